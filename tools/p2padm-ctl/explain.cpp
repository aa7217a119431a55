// SPDX-License-Identifier: GPL-2.0-only
#include "explain.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy_command.hpp"

namespace p2padm
{

namespace
{

constexpr std::size_t hosts_shown = 3;

std::string join(const std::vector<std::string> &words)
{
	return fmt::format("{}", fmt::join(words, ", "));
}

bool holds_address(const p2p_prefix &prefix, const p2p_key &key, int end)
{
	p2p_prefix cut{ key.family, prefix.len, {} };

	if (prefix.family != key.family)
		return false;
	if (key.family == 4)
		std::memcpy(cut.addr, &key.addr.v4[end], 4);
	else
		std::memcpy(cut.addr, key.addr.v6[end], 16);
	p2p_prefix_mask(&cut);
	return !std::memcmp(cut.addr, prefix.addr, sizeof(cut.addr));
}

/** "" where one of its hosts is an end of the flow, or it names none */
std::string host_misses(const p2p_rules &rules, std::uint32_t number, const p2p_key &key)
{
	std::vector<std::string> shown;

	if (!rules.rule[number].by_host)
		return "";
	for (const auto &host : std::span(rules.host, rules.hosts)) {
		if (host.rule != number)
			continue;
		if (holds_address(host.prefix, key, 0) || holds_address(host.prefix, key, 1))
			return "";
		if (shown.size() < hosts_shown)
			shown.push_back(to_string(host.prefix));
		else
			shown.back() = "...";
	}
	return fmt::format("neither end is in {}", join(shown));
}

bool holds_vlan(const p2p_rule &rule, std::uint16_t vid)
{
	bool holds = !rule.vlans;

	for (const auto &range : std::span(rule.vlan, rule.vlans))
		holds |= range.first <= vid && vid <= range.last;
	return holds;
}

/** What is known at the first packet */
std::string packet_misses(const p2p_rules &rules, std::uint32_t number,
			  const Question &question)
{
	const p2p_rule &rule = rules.rule[number];
	const p2p_subject &flow = question.subject;
	const std::uint8_t direction = p2p_rules_direction(&rules, &flow);

	if (rule.schedule && !(question.active >> (rule.schedule - 1) & 1))
		return "it is not the time";
	if (!holds_vlan(rule, flow.key->vid))
		return fmt::format("VLAN {} is not in {}", flow.key->vid, vlan_ranges(rule));
	if (rule.directions && !(rule.directions & direction))
		return fmt::format("the direction is {}, not {}", direction_list(direction),
				   direction_list(rule.directions));
	return host_misses(rules, number, *flow.key);
}

bool asks_app(const p2p_rule &rule)
{
	return rule.apps[0] || rule.apps[1] || rule.categories || rule.confidence ||
	       rule.encrypted != P2P_ANY;
}

/** What is known when the application is */
std::string app_misses(const p2p_rule &rule, const p2p_subject &flow)
{
	if ((rule.apps[0] || rule.apps[1]) && !(rule.apps[flow.app / 64] >> flow.app % 64 & 1))
		return fmt::format("the application is {}, not {}", p2p_app_name(flow.app),
				   app_names(rule));
	if (rule.categories && !(rule.categories >> p2p_app_category(flow.app) & 1))
		return fmt::format("the category is {}, not {}",
				   p2p_category_name(p2p_app_category(flow.app)),
				   category_names(rule.categories));
	if (flow.confidence < rule.confidence)
		return fmt::format("the confidence is {} %, less than {} %", flow.confidence,
				   rule.confidence);
	if (rule.encrypted == P2P_TRUE && flow.encrypted == P2P_FALSE)
		return "it is not encrypted";
	if (rule.encrypted == P2P_FALSE && flow.encrypted == P2P_TRUE)
		return "it is encrypted";
	return "";
}

std::string hex_bytes(std::span<const std::uint8_t> bytes)
{
	std::string out;

	for (const auto byte : bytes)
		out += fmt::format("{:02x}", byte);
	return out;
}

/** Up to its NUL, or all of it */
std::string text_of(std::span<const std::uint8_t> bytes)
{
	return { bytes.begin(), std::find(bytes.begin(), bytes.end(), 0) };
}

Step step(const p2p_rules &rules, std::uint32_t number, const Question &question)
{
	const p2p_rule &rule = rules.rule[number];
	const std::string packet = packet_misses(rules, number, question);

	if (!packet.empty())
		return { number, Match::no, packet };
	if (!question.subject.decided && asks_app(rule))
		return { number, Match::open, "its application is not decided yet" };
	const std::string app = app_misses(rule, question.subject);
	return { number, app.empty() ? Match::yes : Match::no, app };
}

} // namespace

std::vector<Step> explain(const p2p_rules &rules, const Question &question,
			  const p2p_ruling &ruling)
{
	std::vector<Step> out;

	for (std::uint32_t i = 0; !ruling.exempt && i < rules.n; i++) {
		out.push_back(step(rules, i, question));
		if (i == ruling.rule)
			break;
	}
	return out;
}

std::string to_string(const p2p_prefix &prefix)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(prefix.family == 4 ? AF_INET : AF_INET6, prefix.addr, text, sizeof(text));
	return fmt::format("{}/{}", text, prefix.len);
}

std::string app_names(const p2p_rule &rule)
{
	std::vector<std::string> names;

	for (unsigned int app = 0; app < P2P_APP_COUNT; app++)
		if (rule.apps[app / 64] >> app % 64 & 1)
			names.emplace_back(p2p_app_name(app));
	return join(names);
}

std::string category_names(std::uint8_t categories)
{
	std::vector<std::string> names;

	for (const auto category : { P2P_CATEGORY_NONE, P2P_CATEGORY_P2P, P2P_CATEGORY_IM })
		if (categories >> category & 1)
			names.emplace_back(p2p_category_name(category));
	return join(names);
}

std::string direction_list(std::uint8_t directions)
{
	return join(direction_names(directions));
}

std::string vlan_ranges(const p2p_rule &rule)
{
	std::vector<std::string> ranges;

	for (const auto &range : std::span(rule.vlan, rule.vlans))
		ranges.push_back(range.first == range.last ?
					 fmt::format("{}", range.first) :
					 fmt::format("{}-{}", range.first, range.last));
	return join(ranges);
}

std::string action(const p2p_rule &rule)
{
	std::vector<std::string> words;
	const auto on = [&](p2p_modifier modifier) {
		return rule.values >> modifier & 1 ? "" : "no ";
	};

	if (rule.verdict != P2P_VERDICT_NONE)
		words.push_back((rule.observes ? "would " : "") + verdict_name(rule.verdict));
	if (rule.mask)
		words.push_back(fmt::format("mark {:#x}/{:#x}", rule.mark, rule.mask));
	if (rule.has_priority)
		words.push_back(fmt::format("priority {}", rule.priority));
	if (rule.sets >> P2P_SET_SCAN & 1)
		words.push_back(fmt::format("{}scan", on(P2P_SET_SCAN)));
	if (rule.sets >> P2P_SET_AUDIT & 1)
		words.push_back(fmt::format("{}audit", on(P2P_SET_AUDIT)));
	return join(words);
}

std::string describe(const PolicyRule &rule)
{
	std::vector<std::string> words;
	const auto add = [&](const char *what, const std::string &text) {
		if (!text.empty())
			words.push_back(fmt::format("{} {}", what, text));
	};
	std::string hosts, hours;

	for (const auto &host : rule.hosts)
		hosts += (hosts.empty() ? "" : " ") + to_string(host);
	for (const auto &one : rule.when.hours)
		hours += fmt::format("{}-{} ", one.from, one.to);
	add("app", app_names(rule.core));
	add("category", category_names(rule.core.categories));
	add("confidence", fmt::format("{}", rule.core.confidence));
	add("encrypted", fmt::format("{}", rule.core.encrypted));
	add("host", hosts);
	add("direction", direction_list(rule.core.directions));
	add("vlan", vlan_ranges(rule.core));
	add("days", fmt::format("{:#x}", rule.when.days));
	add("hours", hours);
	add("do", action(rule.core));
	add("observes", fmt::format("{}", rule.core.observes));
	return join(words);
}

std::string describe(const ContentRule &rule)
{
	std::vector<std::string> words;

	words.push_back(fmt::format("app {:x} {:x}", rule.core.apps[0], rule.core.apps[1]));
	for (const auto &glob : rule.globs)
		words.push_back("name " + text_of(glob.text));
	for (const auto &extension : rule.extensions)
		words.push_back("extension " + text_of(extension.text));
	for (const auto &keyword : rule.keywords)
		words.push_back("any keyword " + keyword);
	for (const auto &keyword : rule.all_keywords)
		words.push_back("keyword " + keyword);
	for (const auto &id : rule.ids)
		words.push_back(fmt::format("id {} {}", id.kind, hex_bytes(id.bytes)));
	for (const auto &size : rule.sizes)
		words.push_back(fmt::format("size {}-{}", size.least, size.most));
	words.push_back(fmt::format("in {:#x}", rule.in));
	words.push_back(fmt::format("types {:#x}", rule.types));
	words.push_back(fmt::format("do {}", rule.core.verdict));
	words.push_back(fmt::format("observes {}", rule.core.observes));
	return join(words);
}

} // namespace p2padm
