// SPDX-License-Identifier: GPL-2.0-only
#ifndef P2PADM_COMMON_TOML_TEXT_HPP
#define P2PADM_COMMON_TOML_TEXT_HPP

#include <optional>
#include <string_view>

namespace p2padm
{

/**
 * Where a text has a character beyond ASCII outside of strings and comments
 *
 * TOML 1.0 has none there, and toml++ 3.3 must not see one: it asks whether it
 * is white space by a switch that ends in what it calls unreachable, but is not.
 *
 * @return offset of its first byte
 */
std::optional<std::size_t> foreign_character(std::string_view text);

} // namespace p2padm

#endif
