// SPDX-License-Identifier: GPL-2.0-only
/** The daemon's command line. */
#ifndef P2PADM_HELPER_OPTIONS_HPP
#define P2PADM_HELPER_OPTIONS_HPP

#include <optional>
#include <ostream>
#include <string>

#include "eve_file.hpp"

namespace p2padm
{

struct Options {
	std::string policy = "/etc/kp2padm/policy.toml";
	std::string eve = "/var/log/kp2padm/eve.json";
	std::string state = "/var/lib/kp2padm";
	std::string user = "kp2padm"; ///< whom to become where it is root
	EveFile::Limits eve_limits;
};

/**
 * @param code set where there is nothing to run: --help, or a wrong command line,
 *        which @p err is told
 */
std::optional<Options> parse_options(int argc, const char *const *argv, std::ostream &out,
				     std::ostream &err, int &code);

} // namespace p2padm

#endif
