// SPDX-License-Identifier: GPL-2.0-only
/** What the daemon says: lines on standard error. */
#ifndef P2PADM_HELPER_LOG_HPP
#define P2PADM_HELPER_LOG_HPP

#include <string>

namespace p2padm
{

/** @param text may have several lines; each is written without what a terminal obeys */
void log_line(const std::string &text);

} // namespace p2padm

#endif
