// SPDX-License-Identifier: GPL-2.0-only
#include <iostream>

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
		.links = [] { return std::make_unique<KernelLinkFacts>(); },
		.files = FileTree("/"),
		.history = PolicyHistory::default_directory(),
		.now = [] { return std::time(nullptr); },
		.run = {},
	};
	return run(argc, argv, ctx);
}
