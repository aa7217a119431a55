// SPDX-License-Identifier: GPL-2.0-only
#include "policy_value.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "text.hpp"

namespace p2padm
{

const std::vector<std::string> mode_words = { "observe", "enforce" };
const std::vector<std::string> verdict_words = { "pass", "drop", "reset" };

static_assert(KP2PADM_MODE_ENFORCE == 1 && P2P_VERDICT_RESET == 2);

std::optional<unsigned int> digits(std::string_view text, unsigned int most)
{
	unsigned int n = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);

	if (error != std::errc() || end != text.data() + text.size() || n > most)
		return std::nullopt;
	return n;
}

std::vector<std::string> split(const std::string &text, char separator)
{
	std::vector<std::string> out(1);

	for (const char c : text)
		if (c == separator)
			out.emplace_back();
		else if (c != ' ' || !out.back().empty())
			out.back() += c;
	for (auto &word : out)
		word.erase(word.find_last_not_of(' ') + 1);
	return out;
}

namespace
{

const std::vector<std::string> weekdays = { "mon", "tue", "wed", "thu",
					    "fri", "sat", "sun" };

std::string text_of(const p2p_prefix &prefix)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(prefix.family == 4 ? AF_INET : AF_INET6, prefix.addr, text, sizeof(text));
	return fmt::format("{}/{}", text, prefix.len);
}

/** "" and a prefix, or what is wrong with the text */
std::string read_prefix(const std::string &text, p2p_prefix &prefix)
{
	const auto slash = text.find('/');
	const std::string address = text.substr(0, slash);

	prefix = {};
	prefix.family = address.find(':') == address.npos ? 4 : 6;
	const unsigned int bits = prefix.family == 4 ? 32 : 128;
	if (address.find('\0') != address.npos ||
	    inet_pton(prefix.family == 4 ? AF_INET : AF_INET6, address.c_str(), prefix.addr) != 1)
		return fmt::format("'{}' is no address", text);
	const auto len = slash == text.npos ? bits : digits(text.substr(slash + 1), bits);
	if (!len)
		return fmt::format("'{}' has no length from 0 to {}", text, bits);
	prefix.len = static_cast<std::uint8_t>(*len);
	p2p_prefix masked = prefix;
	p2p_prefix_mask(&masked);
	if (std::memcmp(masked.addr, prefix.addr, sizeof(masked.addr)))
		return fmt::format("'{}' has bits behind its length; did you mean '{}'?",
				   text, text_of(masked));
	return "";
}

bool is_interface(const std::string &name)
{
	return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
	       std::all_of(name.begin(), name.end(), [](unsigned char c) {
		       return c > ' ' && c != '/' && c != ':' && c != 0x7f;
	       });
}

std::optional<std::size_t> weekday(const std::string &word)
{
	const auto at = std::find(weekdays.begin(), weekdays.end(), word);

	if (at == weekdays.end())
		return std::nullopt;
	return at - weekdays.begin();
}

/** "mon" or "fri-mon": bits, 0 for what is neither */
std::uint8_t read_day_range(const std::string &text)
{
	const auto ends = split(text, '-');
	const auto first = weekday(ends.front());
	const auto last = weekday(ends.back());
	std::uint8_t days = 0;

	if (ends.size() > 2 || !first || !last)
		return 0;
	for (std::size_t day = *first;; day = (day + 1) % 7) {
		days |= static_cast<std::uint8_t>(1 << day);
		if (day == *last)
			return days;
	}
}

/** "08:00" in minutes, "24:00" too */
std::optional<std::uint16_t> read_clock(const std::string &text)
{
	if (text.size() != 5 || text[2] != ':')
		return std::nullopt;
	const auto hour = digits(text.substr(0, 2), 24);
	const auto minute = digits(text.substr(3), 59);
	if (!hour || !minute || *hour * 60 + *minute > 24 * 60)
		return std::nullopt;
	return static_cast<std::uint16_t>(*hour * 60 + *minute);
}

} // namespace

void read_app(TomlTable &table, const toml::node &node, std::uint64_t (&apps)[2])
{
	const auto name = table.value_of<std::string>(node, "app", "a string");
	std::vector<std::string> known;

	if (!name)
		return;
	const unsigned int app = p2p_app_find(name->c_str());
	if (app < P2P_APP_COUNT && name->find('\0') == name->npos) {
		apps[app / 64] |= std::uint64_t{ 1 } << app % 64;
		return;
	}
	for (unsigned int i = 1; i < P2P_APP_COUNT; i++)
		known.emplace_back(p2p_app_name(i));
	table.error(node, fmt::format("no application '{}'; there are {}{}", *name,
				      joined(known), did_you_mean(*name, known)));
}

std::string read_rule_name(TomlTable &table, Place place, NameLines &lines)
{
	const toml::node *node = table.get("name");
	const auto name = node ? table.value_of<std::string>(*node, "name", "a string") :
				 std::nullopt;

	if (!node)
		table.error(place, "a rule must have a name");
	if (!name)
		return "";
	if (name->empty() || name->size() >= KP2PADM_RULE_NAME_MAX || !printable(*name)) {
		table.error(*node, fmt::format("name must have 1 to {} bytes that can be "
					       "printed",
					       KP2PADM_RULE_NAME_MAX - 1));
		return "";
	}
	const auto [at, fresh] = lines.try_emplace(*name, place_of(*node).line);
	if (!fresh)
		table.error(*node, fmt::format("the rule in line {} is called '{}', too",
					       at->second, *name));
	return *name;
}

void read_prefix(TomlTable &table, std::string_view key, const toml::node &node,
		 std::vector<p2p_prefix> &out, std::size_t most)
{
	const auto text = table.value_of<std::string>(node, key, "a string");
	p2p_prefix prefix{};

	if (!text)
		return;
	const std::string wrong = read_prefix(*text, prefix);
	if (!wrong.empty())
		table.error(node, fmt::format("{}: {}", key, wrong));
	else if (out.size() == most)
		table.error(node, fmt::format("{}: more than {} of them", key, most));
	else
		out.push_back(prefix);
}

void read_port_number(TomlTable &table, const toml::node &node, std::vector<std::uint16_t> &out)
{
	const auto port = table.number_of(node, "ports", 1, 65535);

	if (port && out.size() == P2P_PORTS_MAX)
		table.error(node, fmt::format("ports: more than {} of them",
					      static_cast<int>(P2P_PORTS_MAX)));
	else if (port)
		out.push_back(static_cast<std::uint16_t>(*port));
}

void read_mac(TomlTable &table, const toml::node &node,
	      std::vector<std::array<std::uint8_t, 6>> &out)
{
	const auto text = table.value_of<std::string>(node, "macs", "a string");
	std::array<std::uint8_t, 6> mac{};
	bool good = text && text->size() == 17;

	for (std::size_t i = 0; good && i < mac.size(); i++) {
		const char *begin = text->data() + 3 * i;
		const auto [end, error] = std::from_chars(begin, begin + 2, mac[i], 16);

		good = error == std::errc() && end == begin + 2 &&
		       (i == mac.size() - 1 || *end == ':');
	}
	if (good)
		out.push_back(mac);
	else if (text)
		table.error(node, fmt::format("macs: '{}' is not of the form "
					      "00:11:22:aa:bb:cc",
					      *text));
}

std::optional<std::string> read_interface(TomlTable &table, std::string_view key,
					  const toml::node &node)
{
	const auto name = table.value_of<std::string>(node, key, "a string");

	if (!name || is_interface(*name))
		return name;
	table.error(node, fmt::format("{}: '{}' cannot be the name of an interface", key,
				      *name));
	return std::nullopt;
}

void read_days(TomlTable &table, const toml::node &node, std::uint8_t &days)
{
	const auto text = table.value_of<std::string>(node, "days", "a string");

	if (!text)
		return;
	for (const auto &part : split(*text, ',')) {
		const std::uint8_t more = read_day_range(part);

		if (!more)
			table.error(node, fmt::format("days: '{}' is neither a day nor a "
						      "range of days, as mon or mon-fri",
						      part));
		days |= more;
	}
}

void read_hours(TomlTable &table, const toml::node &node, std::vector<Hours> &out)
{
	const auto text = table.value_of<std::string>(node, "hours", "a string");

	if (!text)
		return;
	const auto ends = split(*text, '-');
	const auto from = read_clock(ends.front());
	const auto to = read_clock(ends.back());
	if (ends.size() != 2 || !from || !to || *from == 24 * 60)
		table.error(node, fmt::format("hours: '{}' is not of the form 08:00-18:00", *text));
	else if (*from == *to)
		table.error(node, fmt::format("hours: '{}' is no time at all; leave it out for "
					      "the whole day",
					      *text));
	else if (out.size() == schedule_hours_max)
		table.error(node, fmt::format("hours: more than {} ranges", schedule_hours_max));
	else
		out.push_back({ *from, *to });
}

} // namespace p2padm
