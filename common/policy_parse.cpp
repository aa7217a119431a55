// SPDX-License-Identifier: GPL-2.0-only
/** The text of a policy: TOML, and what each key takes. */
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "policy.hpp"
#include "policy_value.hpp"
#include "text.hpp"
#include "toml_table.hpp"
#include "toml_text.hpp"

namespace p2padm
{

namespace
{

// -- words and what they stand for

const std::vector<std::string> losses = { "pass", "block" };
const std::vector<std::string> conflicts = { "drop", "end" };
const std::vector<std::string> directions = { "out", "in", "local", "transit" };

static_assert(P2P_DIR_TRANSIT == 1 << 3);

// -- a rule's other conditions

void add_vlans(TomlTable &table, const toml::node &node, p2p_rule &rule, p2p_range range)
{
	if (rule.vlans == P2P_RULE_VLANS)
		table.error(node, fmt::format("vlan: more than {} ranges",
					      static_cast<int>(P2P_RULE_VLANS)));
	else
		rule.vlan[rule.vlans++] = range;
}

void read_vlan(TomlTable &table, const toml::node &node, p2p_rule &rule)
{
	static constexpr unsigned int last_vlan = 4094;

	if (node.is_integer()) {
		if (const auto id = table.number_of(node, "vlan", 0, last_vlan)) {
			const auto vid = static_cast<std::uint16_t>(*id);

			add_vlans(table, node, rule, { vid, vid });
		}
		return;
	}
	const auto text = table.value_of<std::string>(node, "vlan",
						      "a number or a range as \"10-20\"");
	if (!text)
		return;
	const auto ends = split(*text, '-');
	const auto first = digits(ends.front(), last_vlan);
	const auto last = digits(ends.back(), last_vlan);
	if (ends.size() > 2 || !first || !last || *first > *last)
		table.error(node, fmt::format("vlan: '{}' is no range of VLAN ids from 0 "
					      "(untagged) to {}",
					      *text, last_vlan));
	else
		add_vlans(table, node, rule,
			  { static_cast<std::uint16_t>(*first),
			    static_cast<std::uint16_t>(*last) });
}

void read_match(TomlTable &match, PolicyRule &rule, bool has_local)
{
	static const std::vector<std::string> categories = { "p2p", "im" };
	std::uint8_t days = 0;

	match.each("app", [&](const toml::node &node) { read_app(match, node, rule.core.apps); });
	match.each("category", [&](const toml::node &node) {
		if (const auto at = match.choice_of(node, "category", categories))
			rule.core.categories |= static_cast<std::uint8_t>(2 << *at);
	});
	if (const auto percent = match.number("min_confidence", 0, 100))
		rule.core.confidence = static_cast<std::uint8_t>(*percent);
	if (const auto encrypted = match.boolean("encrypted"))
		rule.core.encrypted = *encrypted ? P2P_TRUE : P2P_FALSE;
	match.each("host", [&](const toml::node &node) {
		read_prefix(match, "host", node, rule.hosts, P2P_HOSTS_MAX);
	});
	match.each("direction", [&](const toml::node &node) {
		if (const auto at = match.choice_of(node, "direction", directions))
			rule.core.directions |= static_cast<std::uint8_t>(1 << *at);
		if (!has_local)
			match.error(node, "direction means nothing where [gateway] names no "
					  "one as local");
	});
	match.each("vlan", [&](const toml::node &node) { read_vlan(match, node, rule.core); });
	match.each("days", [&](const toml::node &node) { read_days(match, node, days); });
	match.each("hours", [&](const toml::node &node) {
		read_hours(match, node, rule.when.hours);
	});
	if (days)
		rule.when.days = days;
	std::sort(rule.when.hours.begin(), rule.when.hours.end());
}

// -- what a rule does

/** A number, or the number that a string spells: 16, 0x10 */
std::optional<std::uint32_t> read_word(std::string text)
{
	const int base = text.starts_with("0x") ? 16 : 10;
	std::uint32_t word = 0;

	if (base == 16)
		text.erase(0, 2);
	const auto [end, error] =
		std::from_chars(text.data(), text.data() + text.size(), word, base);
	if (error != std::errc() || end != text.data() + text.size())
		return std::nullopt;
	return word;
}

void set_mark(TomlTable &table, const toml::node &node, p2p_rule &rule, std::uint32_t mark,
	      std::uint32_t mask)
{
	if (mark & ~mask) {
		table.error(node, fmt::format("mark {:#x} has bits outside its mask {:#x}", mark,
					      mask));
		return;
	}
	if (!mask) {
		table.error(node, "mark has a mask of 0: it would mark nothing");
		return;
	}
	rule.mark = mark;
	rule.mask = mask;
	rule.sets |= 1 << P2P_SET_MARK;
	rule.values |= 1 << P2P_SET_MARK;
}

void read_mark(TomlTable &table, p2p_rule &rule)
{
	const toml::node *node = table.get("mark");

	if (!node)
		return;
	if (node->is_integer()) {
		if (const auto mark = table.number_of(*node, "mark", 0, UINT32_MAX))
			set_mark(table, *node, rule, static_cast<std::uint32_t>(*mark),
				 UINT32_MAX);
		return;
	}
	const auto text = table.value_of<std::string>(*node, "mark",
						      "a number or \"MARK/MASK\"");
	if (!text)
		return;
	const auto slash = text->find('/');
	const auto mark = read_word(text->substr(0, slash));
	const auto mask = slash == text->npos ? UINT32_MAX : read_word(text->substr(slash + 1));
	if (!mark || !mask)
		table.error(*node, fmt::format("mark: '{}' is not of the form 0x10/0xff", *text));
	else
		set_mark(table, *node, rule, *mark, *mask);
}

void read_modifiers(TomlTable &table, p2p_rule &rule)
{
	const auto flag = [&](const char *key, p2p_modifier modifier) {
		if (const auto on = table.boolean(key)) {
			rule.sets |= static_cast<std::uint8_t>(1 << modifier);
			rule.values |= static_cast<std::uint8_t>(*on << modifier);
		}
	};

	read_mark(table, rule);
	if (const auto priority = table.number("priority", 0, UINT32_MAX)) {
		rule.priority = static_cast<std::uint32_t>(*priority);
		rule.has_priority = true;
		rule.sets |= 1 << P2P_SET_MARK;
		rule.values |= 1 << P2P_SET_MARK;
	}
	flag("scan", P2P_SET_SCAN);
	flag("audit", P2P_SET_AUDIT);
}

/** What the rest of the text has to be known of to read a rule */
struct Surroundings {
	bool has_local = false;
	std::vector<std::string> shapes;
	NameLines lines;
};

bool read_shape(TomlTable &table, const Surroundings &around)
{
	const toml::node *node = table.get("shape");
	const auto name = node ? table.value_of<std::string>(*node, "shape", "a string") :
				 std::nullopt;

	if (!name)
		return false;
	if (std::find(around.shapes.begin(), around.shapes.end(), *name) == around.shapes.end())
		table.error(*node, fmt::format("there is no [shape.{}]{}", *name,
					       did_you_mean(*name, around.shapes)));
	table.warn(place_of(*node), "shape is not in force in this version");
	return true;
}

bool matches_all(const PolicyRule &rule)
{
	const p2p_rule &core = rule.core;

	return !core.apps[0] && !core.apps[1] && !core.categories && !core.confidence &&
	       !core.encrypted && !core.directions && !core.vlans && rule.hosts.empty() &&
	       rule.when.always();
}

void read_rule(const toml::table &raw, Surroundings &around, Problems &problems,
	       std::vector<PolicyRule> &out)
{
	const auto *named = raw.get_as<std::string>("name");
	TomlTable table(raw, named ? fmt::format("rule '{}'", named->get()) : "", problems);
	PolicyRule rule;

	rule.place = place_of(raw);
	rule.name = read_rule_name(table, rule.place, around.lines);
	if (const auto mode = table.choice("mode", mode_words))
		rule.core.observes = *mode == KP2PADM_MODE_OBSERVE;
	table.table("match", rule.name.empty() ? "match" : fmt::format("rule '{}'", rule.name),
		    [&](TomlTable &match) { read_match(match, rule, around.has_local); });
	const toml::node *verdict = table.get("verdict");
	const auto choice = verdict ? table.choice_of(*verdict, "verdict", verdict_words) :
				      std::nullopt;
	rule.core.verdict = static_cast<std::uint8_t>(choice.value_or(P2P_VERDICT_NONE));
	read_modifiers(table, rule.core);
	const bool shapes = read_shape(table, around);
	table.finish();

	if (!verdict && !rule.core.sets && !shapes) {
		table.error(rule.place, "it has neither a verdict nor anything else to do");
		return;
	}
	if (rule.core.verdict != P2P_VERDICT_PASS && choice && matches_all(rule))
		table.warn(rule.place, "it has no condition: it is for all TCP and UDP but for "
				       "what is exempt");
	if (!verdict && !rule.core.sets)
		return; // the module would have nothing to do for it
	out.push_back(std::move(rule));
}

void read_rules(TomlTable &top, Surroundings &around, Policy &policy)
{
	const toml::node *node = top.get("rule");
	const auto *list = node ? node->as_array() : nullptr;

	if (node && !list)
		top.error(*node, "rule must be written as [[rule]]");
	if (!list)
		return;
	for (const auto &one : *list) {
		if (policy.rules.size() == P2P_RULES_MAX) {
			top.error(one, fmt::format("more than {} rules",
						   static_cast<int>(P2P_RULES_MAX)));
			return;
		}
		if (const auto *table = one.as_table())
			read_rule(*table, around, top.problems(), policy.rules);
		else
			top.error(one, "rule must be written as [[rule]]");
	}
}

// -- the other tables

void read_local(TomlTable &local, Policy &policy)
{
	local.list("ports", [&](const toml::node &node) {
		if (const auto name = read_interface(local, "ports", node)) {
			if (policy.local_ports.size() == policy_local_ports_max)
				local.error(node, fmt::format("ports: more than {} of them",
							      policy_local_ports_max));
			else
				policy.local_ports.push_back(*name);
		}
	});
	local.list("prefixes", [&](const toml::node &node) {
		read_prefix(local, "prefixes", node, policy.local_prefixes, P2P_PREFIXES_MAX);
	});
}

void read_gateway(TomlTable &gateway, Policy &policy)
{
	if (const toml::node *bridge = gateway.get("bridge"))
		read_interface(gateway, "bridge", *bridge);
	gateway.table("local", "[gateway] local",
		      [&](TomlTable &local) { read_local(local, policy); });
	if (gateway.choice("on_helper_loss", losses) == 1)
		policy.helper_loss = KP2PADM_VERDICT_DROP;
	if (gateway.choice("on_conflict", conflicts) == 1)
		policy.conflict = KP2PADM_VERDICT_RESET;
	if (gateway.choice("on_unread", losses) == 1)
		policy.unread = KP2PADM_VERDICT_DROP;
	const toml::node *zone = gateway.get("timezone");
	const auto name = zone ? gateway.value_of<std::string>(*zone, "timezone", "a string") :
				 std::nullopt;
	if (name && !zone_exists(*name))
		gateway.error(*zone, fmt::format("there is no time zone '{}' here; they are "
						 "called like 'Europe/Berlin'",
						 *name));
	policy.timezone = name.value_or("");
}

void read_exempt(TomlTable &exempt, Policy &policy)
{
	exempt.list("prefixes", [&](const toml::node &node) {
		read_prefix(exempt, "prefixes", node, policy.exempt_prefixes, P2P_PREFIXES_MAX);
	});
	exempt.list("ports", [&](const toml::node &node) {
		read_port_number(exempt, node, policy.exempt_ports);
	});
	exempt.list("macs", [&](const toml::node &node) {
		if (policy.exempt_macs.size() == policy_exempt_macs_max)
			exempt.error(node, fmt::format("macs: more than {} of them",
						       policy_exempt_macs_max));
		else
			read_mac(exempt, node, policy.exempt_macs);
	});
}

/** A number and one of @p units */
void read_quantity(TomlTable &table, std::string_view key, std::span<const std::string> units)
{
	const toml::node *node = table.get(key);
	const auto text = node ? table.value_of<std::string>(*node, key, "a string") :
				 std::nullopt;

	if (!text)
		return;
	const auto unit = text->find_first_not_of("0123456789");
	const bool good = unit != 0 && unit != text->npos &&
			  digits(text->substr(0, unit), UINT32_MAX) &&
			  std::find(units.begin(), units.end(), text->substr(unit)) != units.end();
	if (!good)
		table.error(*node, fmt::format("{}: '{}' is not a number and one of {}", key,
					       *text, joined(units)));
}

void not_in_force(TomlTable &table)
{
	table.warn(place_of(table.raw()), "not in force in this version");
}

void read_shapes(TomlTable &shapes, Surroundings &around)
{
	static const std::vector<std::string> rates = { "bit", "kbit", "mbit", "gbit" };

	for (const auto &[key, node] : shapes.raw()) {
		const std::string name(key.str());

		around.shapes.push_back(name);
		shapes.table(name, fmt::format("[shape.{}]", name), [&](TomlTable &shape) {
			not_in_force(shape);
			for (const char *rate : { "rate", "ceil", "per_host" })
				read_quantity(shape, rate, rates);
		});
	}
}

void read_scan(TomlTable &scan)
{
	static const std::vector<std::string> sizes = { "B", "KiB", "MiB", "GiB" };
	static const std::vector<std::string> times = { "ms", "s", "m" };
	static const std::vector<std::string> encrypted = { "pass", "drop" };

	not_in_force(scan);
	scan.string("engine");
	read_quantity(scan, "max_size", sizes);
	read_quantity(scan, "deadline", times);
	scan.choice("encrypted", encrypted);
}

void read_audit(TomlTable &audit)
{
	static const std::vector<std::string> chats = { "off", "metadata", "content" };

	not_in_force(audit);
	audit.choice("chat", chats);
	audit.boolean("files");
}

Policy read_policy(const toml::table &raw, Problems &problems)
{
	TomlTable top(raw, "", problems);
	Surroundings around;
	Policy policy;

	if (const auto mode = top.choice("mode", mode_words))
		policy.mode = static_cast<std::uint8_t>(*mode);
	if (const auto verdict = top.choice("default", verdict_words))
		policy.fallback = static_cast<std::uint8_t>(*verdict);
	top.table("gateway", "[gateway]", [&](TomlTable &table) { read_gateway(table, policy); });
	top.table("exempt", "[exempt]", [&](TomlTable &table) { read_exempt(table, policy); });
	top.table("shape", "[shape]", [&](TomlTable &table) { read_shapes(table, around); });
	top.table("scan", "[scan]", read_scan);
	top.table("audit", "[audit]", read_audit);
	// where [gateway] is wrong, that has been said
	around.has_local = !policy.local_ports.empty() || !policy.local_prefixes.empty() ||
			   !problems.errors.empty();
	read_rules(top, around, policy);
	policy.content = parse_content(top);
	top.finish();
	return policy;
}

void sort_by_place(std::vector<Problem> &problems)
{
	std::stable_sort(problems.begin(), problems.end(), [](const Problem &a, const Problem &b) {
		return std::pair(a.place.line, a.place.column) <
		       std::pair(b.place.line, b.place.column);
	});
}

} // namespace

Policy parse_policy(std::string_view text, Problems &problems)
{
	if (text.size() > policy_text_max) {
		problems.errors.push_back({ {}, fmt::format("it has more than {} MiB", policy_text_max >> 20) });
		return {};
	}
	if (const auto at = foreign_character(text)) {
		const auto line = std::count(text.begin(), text.begin() + *at, '\n') + 1;
		const auto column = *at - (text.rfind('\n', *at) + 1) + 1;

		problems.errors.push_back({ { static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column) },
					    "a character beyond ASCII outside of strings and comments" });
		return {};
	}
	const toml::parse_result result = toml::parse(text);

	if (!result) {
		problems.errors.push_back({ place_of(result.error().source()),
					    std::string(result.error().description()) });
		return {};
	}
	Policy policy = read_policy(result.table(), problems);
	sort_by_place(problems.errors);
	sort_by_place(problems.warnings);
	return policy;
}

} // namespace p2padm
