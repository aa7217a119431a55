#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which kernel's headers the Makefile takes, of those that are there.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset KDIR MAKEFLAGS MAKELEVEL

# takes WANTED RUNNING
takes() {
	local got
	# shellcheck disable=SC2016 # make's variable
	got=$(make -s --eval='kdir: ; @echo $(KDIR)' headers="$work/headers" running="$2" kdir)
	[ "$got" = "$work/headers-$1" ] || { echo "running $2: got '$got', want ...-$1"; exit 1; }
}

mkdir "$work"/headers-{5.10.0-30,6.1.0-9-test,6.1.0-56}-amd64
takes 6.1.0-56-amd64 none
takes 6.1.0-9-test-amd64 6.1.0-9-test-amd64
mkdir "$work/headers-6.12.9+bpo-amd64"
takes 6.12.9+bpo-amd64 none
rm -r "$work"/headers-6*
takes 6.1 none # which is not there
