// SPDX-License-Identifier: GPL-2.0-only
/** What is wrong with a policy's text, and where. */
#ifndef P2PADM_COMMON_PROBLEM_HPP
#define P2PADM_COMMON_PROBLEM_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace p2padm
{

/** A place in a policy's text; both count from 1, 0: the text as a whole */
struct Place {
	std::uint32_t line = 0;
	std::uint32_t column = 0;
};

/** What is wrong with a text, or should be known of it, and where */
struct Problem {
	Place place;
	std::string reason;
};

/** FILE:LINE:COLUMN: REASON, without what a terminal obeys */
std::string to_string(const std::string &file, const Problem &problem);

/** Errors and warnings as they are found */
struct Problems {
	std::vector<Problem> errors;
	std::vector<Problem> warnings;
};

} // namespace p2padm

#endif
