// SPDX-License-Identifier: GPL-2.0-only
/** Two texts, line by line. */
#ifndef P2PADM_CTL_DIFF_HPP
#define P2PADM_CTL_DIFF_HPP

#include <string>

namespace p2padm
{

/**
 * As diff -u writes it, with three lines around what differs; "" for the same
 *
 * What differs in very many lines is shown as replaced as a whole.
 */
std::string unified_diff(const std::string &before, const std::string &before_name,
			 const std::string &after, const std::string &after_name);

} // namespace p2padm

#endif
