// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <iostream>

#include "community_id.hpp"
#include "daemon.hpp"
#include "log.hpp"
#include "sandbox.hpp"

namespace
{

using namespace p2padm;

/** What is done once with privileges, and then never again */
void give_up(const Options &options)
{
	prepare_directory(std::filesystem::path(options.eve).parent_path(), options.user);
	prepare_directory(std::filesystem::path(options.state) / "policies", options.user);
	// OpenSSL loads what it needs at the first use
	community_id("192.0.2.1", "192.0.2.2", 1, 2, 6);
	drop_privileges(options.user);
}

} // namespace

int main(int argc, char **argv)
{
	int code = 0;
	const auto options = parse_options(argc, argv, std::cout, std::cerr, code);

	if (!options)
		return code;
	umask(0027);
	// a file that may grow no more is an error to be told, no reason to die
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	try {
		give_up(*options);
		Daemon daemon(*options);
		// its descriptors are made: from here on it reads what others wrote
		confine();
		daemon.run();
	} catch (const std::exception &error) {
		log_line(error.what());
		return 1;
	}
	return 0;
}
