// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "command.hpp"
#include "link_facts.hpp"
#include "netlink_gateway.hpp"
#include "policy_history.hpp"

int main(int argc, char **argv)
{
	using namespace p2padm;

	std::ios::sync_with_stdio(false);
	Context ctx{
		.out = std::cout,
		.err = std::cerr,
		.gateway = [] { return std::make_unique<NetlinkGateway>(); },
		.events = [] { return std::make_unique<NetlinkEvents>(); },
		.links = [] { return std::make_unique<KernelLinkFacts>(); },
		.files = FileTree("/"),
		.history = PolicyHistory::default_directory(),
		.now = [] { return std::time(nullptr); },
		// O_NONBLOCK: a module that is in use is refused at once
		.remove_module =
			[] {
				return syscall(SYS_delete_module, "kp2padm", O_NONBLOCK) ? errno : 0;
			},
		.pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); },
		.run = {},
	};
	return run(argc, argv, ctx);
}
