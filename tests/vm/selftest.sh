#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# selftest: does the lab machine keep its promises? tests/vm/selftest.sh [--all-kernels]
# Runs on the host. Ends with `N passed, N failed`.
# shellcheck disable=SC2016
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd -P)
vm=$top/scripts/vm
work=$(mktemp -d /tmp/kp2padm-selftest.XXXXXX)
trap 'rm -rf "$work"' EXIT
kernels=stock
[ "${1-}" != --all-kernels ] || kernels='stock next debug'
passed=0 failed=0

# expect NAME STATUS STDOUT CMD...: what CMD must exit with and print (its stderr goes to $work/stderr)
expect() {
	local name=$1 status=$2 text=$3 got rc=0
	shift 3
	got=$("$@" 2>"$work/stderr") || rc=$?
	if [ "$rc" = "$status" ] && [ "$got" = "$text" ]; then
		passed=$((passed + 1))
		echo "ok - $name"
	else
		failed=$((failed + 1))
		echo "not ok - $name: exit $rc for $status, '$got' for '$text'"
		tail -n 20 "$work/stderr"
	fi
}

# expect_stderr NAME TEXT: the last command's stderr has TEXT
expect_stderr() {
	mv "$work/stderr" "$work/stderr.before"
	expect "$1" 0 '' grep -q -F -e "$2" "$work/stderr.before"
}

test_command() {
	local args=(printf '<%s>' '' 'a b' "it's" '"$HOME"' $'two\nlines' '*' "\\" '--' 'ü')
	expect 'exit 0, and no output' 0 '' "$vm" -- true
	expect 'exit 3, stdout alone' 3 out "$vm" -- bash -c 'echo out; echo err >&2; exit 3'
	expect_stderr 'stderr alone' err
	expect 'a command that is not there' 127 '' "$vm" -- /no/such/command
	expect 'a command that is killed' 137 '' "$vm" -- bash -c 'kill -9 $$'
	expect 'exact arguments' 0 "$("${args[@]}")" "$vm" -- "${args[@]}"
	expect 'much output' 0 "$(seq 200000 | sha256sum)" bash -c '"$0" -- seq 200000 | sha256sum' "$vm"
	expect 'stdin is empty' 0 0 "$vm" -- bash -c 'wc -c'
	expect 'a pipe reader that leaves early' 0 1 bash -c '"$0" -- seq 100000 | head -n 1' "$vm"
}

test_files() {
	local odd="$work/a b,c'd" code
	mkdir -p "$odd" "$work/out"
	echo host >"$odd/file"
	cd "$top/tests" || exit
	expect 'the working directory in the repository' 0 "$PWD" "$vm" -- pwd
	cd "$odd" || exit
	# shellcheck disable=SC2016
	code='cat file "/host$PWD/file"; echo guest >file && cat file; touch /root/x; echo "$KP2PADM_SELFTEST" >/out/answer'
	expect 'working directory, /host, /out, environment' 0 $'host\nhost\nguest' \
		env KP2PADM_OUT="$work/out" KP2PADM_SELFTEST='x y' "$vm" -- bash -c "$code"
	expect 'what was written in the machine is gone' 0 host cat file
	expect 'what was written in /out is here' 0 'x y' cat "$work/out/answer"
	expect 'nothing lasts' 1 host "$vm" -- bash -c 'cat file; test -e /root/x'
	cd "$top" || exit
}

test_end() {
	local log=$work/killed.log rc=0 pid
	expect 'the time is up' 124 '' "$vm" --timeout 8 -- sleep 100
	"$vm" --log "$log" -- sleep 100 2>/dev/null &
	pid=$!
	until [ -s "$log" ]; do sleep 0.2; done
	kill -TERM "$pid"
	wait "$pid" || rc=$?
	expect 'killed from outside' 0 130 echo "$rc"
	sleep 1
	expect 'and QEMU with it' 1 '' pgrep -f "$log"
	expect 'a panic is a fault' 70 '' "$vm" -- bash -c 'echo c >/proc/sysrq-trigger; sleep 9'
	expect 'a line of the log that is a fault' 70 end "$vm" -- bash -c 'echo "WARNING: selftest" >/dev/kmsg; echo end'
	expect_stderr 'the fault is shown' 'WARNING: selftest'
	expect 'counting: one processor' 0 $'1\ntsc' "$vm" --count -- \
		bash -c 'nproc; cat /sys/devices/system/clocksource/clocksource0/current_clocksource'
	expect 'processors' 0 3 "$vm" --cpus 3 -- nproc
}

# a module that has nothing to do, or with warn=1 something to complain about
write_module() {
	mkdir -p "$1"
	echo 'obj-m := lab_selftest.o' >"$1/Kbuild"
	mkdir -p "$1/kmod"
	echo 'lab_selftest-y := kmod/module.o' >>"$1/Kbuild"
	cat >"$1/kmod/module.c" <<-'C'
		#include <linux/module.h>
		#include <linux/slab.h>
		static bool warn, leak;
		module_param(warn, bool, 0);
		module_param(leak, bool, 0);
		static int __init start(void)
		{
			if (leak)
				pr_info("lost %d\n", !kmalloc(100, GFP_KERNEL));
			return WARN_ON(warn) ? -EINVAL : 0;
		}
		static void __exit stop(void) { }
		module_init(start);
		module_exit(stop);
		MODULE_DESCRIPTION("the lab's self-test");
		MODULE_LICENSE("GPL");
	C
}

test_kernel() {
	local kernel=$1 module=$work/module/build/kmod-$1/lab_selftest.ko
	expect "$kernel: a module is built" 0 "$module" "$top/scripts/build-module" --kernel "$kernel" --source "$work/module"
	cd "$work/module" || exit
	expect "$kernel: and loaded, by the kernel it was built for" 0 yes "$vm" --kernel "$kernel" -- \
		bash -c 'insmod "$1" && rmmod lab_selftest && [ "$(modinfo -F vermagic "$1" | cut -d" " -f1)" = "$(uname -r)" ] &&
			modprobe br_netfilter && ip link add name br9 type bridge vlan_filtering 1 vlan_protocol 802.1ad && echo yes' - "$module"
	expect "$kernel: a warning is a fault" 70 '' "$vm" --kernel "$kernel" -- bash -c 'insmod "$1" warn=1; true' - "$module"
	[ "$kernel" != debug ] ||
		expect "$kernel: a leak is a fault" 70 '' "$vm" --kernel debug -- insmod "$module" leak=1
	cd "$top" || exit
}

test_command
test_files
test_end
write_module "$work/module"
for kernel in $kernels; do
	test_kernel "$kernel"
done
expect 'Mininet' 0 '*** Results: 0% dropped (6/6 received)' \
	"$vm" -- bash -c 'mn --switch lxbr --topo single,3 --test pingall 2>&1 | grep Results'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
