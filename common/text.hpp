// SPDX-License-Identifier: GPL-2.0-only
/** Text from elsewhere: what may be shown, and what was probably meant. */
#ifndef P2PADM_COMMON_TEXT_HPP
#define P2PADM_COMMON_TEXT_HPP

#include <span>
#include <string>
#include <string_view>

namespace p2padm
{

/**
 * @p text with everything a terminal could take for a command written as \xNN:
 * control characters, bidirectional overrides, bytes that are not UTF-8.
 * Newline and tab too: a name cannot forge a line.
 */
std::string escape(std::string_view text);

/** Is it UTF-8 without anything that escape() would write as \xNN? */
bool printable(std::string_view text);

/**
 * The one of @p known that is nearest to @p word
 *
 * @return "" when none is near: two mistakes at most, and not in a short word
 */
std::string nearest(std::string_view word, std::span<const std::string> known);

} // namespace p2padm

#endif
