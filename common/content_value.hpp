// SPDX-License-Identifier: GPL-2.0-only
/** What single values of a [[content]] look like: shapes, keywords, ids, sizes. */
#ifndef P2PADM_COMMON_CONTENT_VALUE_HPP
#define P2PADM_COMMON_CONTENT_VALUE_HPP

#include <core/content.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "toml_table.hpp"

namespace p2padm
{

/*
 * Each reads one node, and adds what it says to @p out; what is wrong with it is
 * an error of the table's.
 */

/** "*crack?.zip" */
void read_glob(TomlTable &table, const toml::node &node, std::vector<p2p_glob> &out);
/** "exe" */
void read_extension(TomlTable &table, const toml::node &node, std::vector<p2p_extension> &out);
void read_keyword(TomlTable &table, std::string_view key, const toml::node &node,
		  std::vector<std::string> &out);
/** "urn:btih:" and 40 hexadecimal digits or 32 of base 32; urn:ed2k:, urn:sha1:, urn:tree:tiger: */
void read_content_id(TomlTable &table, const toml::node &node, std::vector<p2p_content_id> &out);

/** "700MiB", the key's value. @return bytes */
std::optional<std::uint64_t> read_size(TomlTable &table, std::string_view key);

} // namespace p2padm

#endif
