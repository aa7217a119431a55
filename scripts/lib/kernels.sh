# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# The lab's kernels, for scripts/vm and scripts/build-module. Needs common.sh.

# find_kernel stock|next|debug: set
#   lab_root        the lab root
#   kernel_version  what `uname -r` says
#   kernel_build    the directory to build modules against
#   kernel_image    the kernel as it was built
#   kernel_boot     the directory of what QEMU starts: kernel, and initrd without the run's own part
#   kernel_modules  the directory that is /lib/modules, or nothing where the lab root has it
find_kernel() {
	lab_root=$("$KP2PADM_TOP/scripts/labroot")
	use_shared "$lab_root"
	case $1 in
	stock | next)
		kernel_version=$(sed -n "s/^$1=//p" "$lab_root/etc/kp2padm-lab")
		kernel_build=$lab_root/usr/src/linux-headers-$kernel_version
		kernel_image=$lab_root/boot/vmlinuz-$kernel_version
		kernel_modules=
		;;
	debug)
		kernel_build=$("$KP2PADM_TOP/scripts/debug-kernel")
		use_shared "$kernel_build"
		kernel_version=$(<"$kernel_build/include/config/kernel.release")
		kernel_image=$kernel_build/arch/x86/boot/bzImage
		kernel_modules=$kernel_build/lib/modules
		;;
	*) die "no kernel '$1': stock, next or debug" ;;
	esac
	kernel_boot=$(cache_once "boot_$1-$(boot_key)" make_boot)
}

boot_key() { (echo "$lab_root" "$kernel_image" "$kernel_modules"; declare -f make_boot unpack_kernel make_initrd) | key_of; }

# make_boot DIR: DIR/kernel and DIR/initrd, ready for QEMU
make_boot() {
	case $kernel_image in
	*/vmlinuz-*) unpack_kernel "$kernel_image" "$1/kernel" ;;
	*) cp "$kernel_image" "$1/kernel" ;; # the PVH entry is too early for KASAN
	esac
	make_initrd "$1"
}

# unpack_kernel IMAGE OUT: the ELF kernel in a bzImage. QEMU starts it by its PVH entry, and the emulated
# machine need not decompress it (2 of 6 seconds).
unpack_kernel() {
	local magic offset tool
	for magic in '\xfd7zXZ\x00:xz' '\x28\xb5\x2f\xfd:zstd' '\x1f\x8b\x08:gzip'; do
		tool=${magic#*:}
		while read -r offset; do
			tail -c "+$((offset + 1))" "$1" | "$tool" -dc >"$2" 2>/dev/null || true
			[ "$(head -c 4 "$2" | tr -d '\177\0')" != ELF ] || return 0
		done < <(LC_ALL=C grep -aboP "${magic%:*}" "$1" | cut -d: -f1)
	done
	say "no ELF kernel found in $1: taken as it is, which boots more slowly"
	cp "$1" "$2"
}

# DIR/initrd has busybox and the modules that reach the root
make_initrd() {
	local dir=$1/tree module file
	mkdir -p "$dir"/{bin,dev,proc,sys,modules}
	cp "$lab_root/bin/busybox" "$dir/bin/"
	: >"$dir/modules/list"
	[ -n "$kernel_modules" ] ||
		for module in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
			modprobe -d "$lab_root" -S "$kernel_version" --show-depends "$module"
		done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
			cp "$file" "$dir/modules/"
			file=${file##*/}
			case $file in *.xz) unxz "$dir/modules/$file" ;; esac
			echo "${file%.xz}" >>"$dir/modules/list"
		done
	(cd "$dir" && find . | cpio --quiet -o -H newc | gzip -1) >"$1/initrd"
	rm -r "$dir"
}
