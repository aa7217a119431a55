// SPDX-License-Identifier: GPL-2.0-only
/** What single values of a policy's text look like: addresses, names, days, hours. */
#ifndef P2PADM_COMMON_POLICY_VALUE_HPP
#define P2PADM_COMMON_POLICY_VALUE_HPP

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy.hpp"
#include "toml_table.hpp"

namespace p2padm
{

/** By KP2PADM_MODE_*, by enum p2p_verdict */
extern const std::vector<std::string> mode_words;
extern const std::vector<std::string> verdict_words;

/** Names so far, and their lines */
using NameLines = std::map<std::string, std::uint32_t>;

/** A number of at most @p most, and nothing else */
std::optional<unsigned int> digits(std::string_view text, unsigned int most);

/** Words between @p separator */
std::vector<std::string> split(const std::string &text, char separator);

/*
 * Each reads one node, and adds what it says to @p out; what is wrong with it is
 * an error of the table's.
 */

/** "bittorrent". @param apps a bit each */
void read_app(TomlTable &table, const toml::node &node, std::uint64_t (&apps)[2]);
/** A rule's "name". @return "" for one that is not called anything that it can be called */
std::string read_rule_name(TomlTable &table, Place place, NameLines &lines);
/** "10.0.0.0/8", "fd00::1". @param most prefixes that @p out takes */
void read_prefix(TomlTable &table, std::string_view key, const toml::node &node,
		 std::vector<p2p_prefix> &out, std::size_t most);
void read_port_number(TomlTable &table, const toml::node &node, std::vector<std::uint16_t> &out);
/** "00:11:22:aa:bb:cc" */
void read_mac(TomlTable &table, const toml::node &node,
	      std::vector<std::array<std::uint8_t, 6>> &out);
/** @return what can be the name of an interface */
std::optional<std::string> read_interface(TomlTable &table, std::string_view key,
					  const toml::node &node);
/** "mon-fri,sun". @param days a bit each, from Monday */
void read_days(TomlTable &table, const toml::node &node, std::uint8_t &days);
/** "22:00-06:00" */
void read_hours(TomlTable &table, const toml::node &node, std::vector<Hours> &out);

} // namespace p2padm

#endif
