# SPDX-License-Identifier: GPL-2.0-only
# make          module, tools             make demo         see it at work
# make check    all tests                 make check-quick  before a commit
# make check-debug  on a debug kernel     make bench        what it costs
#
# The module is built for the running kernel, or for KDIR=/path/to/headers. Where the running one's
# are missing, the newest there are serve, of 6.1 at least, which the bare 6.1 stands for.

running := $(shell uname -r)
headers := /usr/src/linux-headers
KDIR ?= $(firstword $(realpath /lib/modules/$(running)/build $(headers)-$(running)) \
	$(shell printf '%s\n' $(headers)-6.1 $(wildcard $(headers)-*-amd64) | sort -V | tail -n 1))
JOBS ?= $(shell nproc)

.PHONY: all module tools lab-tools demo check check-quick check-debug bench setup clean

all: module tools

module:
	@test -d "$(KDIR)" || { echo "no kernel headers: scripts/setup --build, or make KDIR=..."; exit 1; }
	@release=$$(cat "$(KDIR)/include/config/kernel.release" 2>/dev/null || echo "$(KDIR)"); \
		[ "$$release" = "$(running)" ] || echo "building for $$release, running $(running)" >&2
	+scripts/build-module --kdir "$(KDIR)" --out build/kmod
	@ln -sf kmod/kp2padm.ko build/kp2padm.ko

tools:
	@cmake -S . -B build/host -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null || \
		{ echo "cmake failed: scripts/setup --build installs what it needs"; exit 1; }
	@cmake --build build/host -j$(JOBS) --target p2padm-ctl p2padm-helper
	@ln -sf host/p2padm-ctl build/p2padm-ctl
	@ln -sf host/p2padm-helper build/p2padm-helper

# what the real-kernel tests need besides
lab-tools: tools
	@cmake --build build/host -j$(JOBS) --target p2padm-helper-other-abi
	@ln -sf host/p2padm-helper-other-abi build/p2padm-helper-other-abi

setup:
	scripts/setup --all

demo:
	scripts/setup --all
	$(MAKE) tools
	scripts/build-module --kernel stock
	scripts/demo

check:
	scripts/check

check-quick:
	scripts/check --quick

check-debug:
	scripts/check --debug

bench:
	scripts/setup --all
	scripts/bench

clean:
	rm -rf build
