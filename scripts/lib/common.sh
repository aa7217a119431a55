# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the lab's scripts share. Source it after `set -euo pipefail`.

# shellcheck disable=SC2034
KP2PADM_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
KP2PADM_CACHE=${KP2PADM_CACHE:-$HOME/.cache/kp2padm}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# need_tools TOOL...: every tool is there, or say what puts it there
need_tools() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || die "$tool is missing: run scripts/setup"
	done
}

# as_root CMD...: directly, or by sudo where this is not root
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$1' must run as root, and there is no sudo here"
	fi
}

# key_of < TEXT: a short name for a content
key_of() { sha256sum | cut -c1-12; }

# cache_once NAME BUILDER: print the cached directory NAME. If it is not there, `BUILDER TMPDIR`
# fills a temporary directory that then gets the name. One builder at a time; a half-built
# directory never has the name; other keys of the same kind (up to the last '-') are removed
# unless a machine still uses them.
cache_once() {
	local dir=$KP2PADM_CACHE/$1 kind=${1%-*} tmp old
	if [ ! -d "$dir" ]; then
		mkdir -p "$KP2PADM_CACHE"
		exec {cache_lock}>"$KP2PADM_CACHE/$kind.lock"
		flock -n "$cache_lock" || { say "waiting for another build of $kind"; flock "$cache_lock"; }
		if [ ! -d "$dir" ]; then
			for old in "$KP2PADM_CACHE/$kind"-* "$KP2PADM_CACHE/tmp-$kind".*; do
				[ ! -d "$old" ] || in_use "$old" || as_root rm -rf "$old" "$old.use"
			done
			tmp=$(mktemp -d "$KP2PADM_CACHE/tmp-$kind.XXXXXX")
			chmod 755 "$tmp"
			"$2" "$tmp" >&2 || die "building $kind failed; what there is of it is in $tmp"
			mv -T "$tmp" "$dir"
		fi
		exec {cache_lock}>&-
	fi
	printf '%s\n' "$dir"
}

# use_shared DIR: say that DIR is in use until this process and its children end
use_shared() {
	exec {use_lock}>"$1.use"
	flock -s "$use_lock"
}

# in_use DIR: some process said use_shared and lives
in_use() { [ -e "$1.use" ] && ! flock -n "$1.use" true; }
