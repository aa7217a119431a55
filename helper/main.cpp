// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "community_id.hpp"
#include "daemon.hpp"
#include "log.hpp"
#include "sandbox.hpp"

namespace
{

using namespace p2padm;

/** Whom to become: "" to stay who it is */
std::string user_of(const Options &options)
{
	return geteuid() != 0 || options.user == "root" ? "" : options.user;
}

/** What is done once with privileges, and then never again */
void give_up(const Options &options)
{
	const std::string user = user_of(options);

	prepare_directory(std::filesystem::path(options.eve).parent_path(), user);
	adopt_directory(std::filesystem::path(options.state) / "policies", user);
	// OpenSSL loads what it needs at the first use
	community_id("192.0.2.1", "192.0.2.2", 1, 2, 6);
	drop_privileges(user);
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
		// its descriptors and its thread are made: from here on it reads what others wrote
		confine();
		daemon.run();
	} catch (const std::exception &error) {
		log_line(error.what());
		return 1;
	}
	return 0;
}
