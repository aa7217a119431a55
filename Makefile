# SPDX-License-Identifier: GPL-2.0-only
# make          module, tools             make demo         see it at work
# make check    all tests                 make check-quick  before a commit
# make check-debug  on a debug kernel     make bench        what it costs
#
# The module is built for the running kernel, or for KDIR=/path/to/headers.

KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(lastword $(sort $(wildcard /usr/src/linux-headers-6.1.*-amd64))))
JOBS ?= $(shell nproc)

.PHONY: all module tools lab-tools demo check check-quick check-debug bench setup clean

all: module tools

module:
	@test -d "$(KDIR)" || { echo "no kernel headers: scripts/setup --build, or make KDIR=..."; exit 1; }
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
