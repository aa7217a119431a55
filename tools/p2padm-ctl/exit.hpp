// SPDX-License-Identifier: GPL-2.0-only
/** How the program ends. */
#ifndef P2PADM_CTL_EXIT_HPP
#define P2PADM_CTL_EXIT_HPP

#include <stdexcept>

namespace p2padm
{

/** Exit codes; documented in every --help and in p2padm-ctl(8) */
enum ExitCode {
	EXIT_OK = 0,
	EXIT_PROBLEM = 1,    ///< failed, or a problem was found
	EXIT_USAGE = 2,	     ///< the command line is wrong
	EXIT_NO_GATEWAY = 3, ///< module not loaded, or not enabled here
	EXIT_PERMISSION = 4, ///< privileges are missing
};

/** A command line that parses but asks for what does not exist */
class UsageError : public std::runtime_error
{
	using std::runtime_error::runtime_error;
};

} // namespace p2padm

#endif
