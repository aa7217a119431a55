// SPDX-License-Identifier: GPL-2.0-only
/** The text of content rules: what each key takes. */
#include <fmt/format.h>

#include "content.hpp"
#include "content_value.hpp"
#include "policy_value.hpp"
#include "toml_table.hpp"

namespace p2padm
{

namespace
{

std::vector<std::string> type_words()
{
	std::vector<std::string> out;

	for (unsigned int type = 0; type < P2P_FILETYPE_COUNT; type++)
		out.emplace_back(p2p_filetype_name(type));
	return out;
}

void read_places(TomlTable &match, ContentRule &rule)
{
	static const std::vector<std::string> places = { "search", "chat", "name" };
	static constexpr std::uint8_t facts[] = { P2P_FACT_SEARCH, P2P_FACT_CHAT, P2P_FACT_NAME };
	std::uint8_t in = 0;

	match.each("in", [&](const toml::node &node) {
		if (const auto at = match.choice_of(node, "in", places))
			in |= facts[*at];
		if (rule.keywords.empty() && rule.all_keywords.empty())
			match.error(node, "in says where keywords count, and there are none");
	});
	if (in)
		rule.in = in;
}

void read_sizes(TomlTable &match, ContentRule &rule)
{
	const auto least = read_size(match, "min_size");
	const auto most = read_size(match, "max_size");

	if (least && most && *least > *most)
		match.error(*match.raw().get("min_size"), "min_size is above max_size");
	else if (least || most)
		rule.sizes.push_back({ least.value_or(0), most.value_or(UINT64_MAX), 0 });
}

void read_match(TomlTable &match, ContentRule &rule)
{
	static const std::vector<std::string> types = type_words();

	match.each("app", [&](const toml::node &node) { read_app(match, node, rule.core.apps); });
	match.each("name", [&](const toml::node &node) { read_glob(match, node, rule.globs); });
	match.each("extension", [&](const toml::node &node) {
		read_extension(match, node, rule.extensions);
	});
	match.each("keyword", [&](const toml::node &node) {
		read_keyword(match, "keyword", node, rule.keywords);
	});
	match.each("all_keywords", [&](const toml::node &node) {
		read_keyword(match, "all_keywords", node, rule.all_keywords);
	});
	read_places(match, rule);
	match.each("id", [&](const toml::node &node) { read_content_id(match, node, rule.ids); });
	read_sizes(match, rule);
	match.each("type", [&](const toml::node &node) {
		if (const auto at = match.choice_of(node, "type", types))
			rule.types |= std::uint64_t{ 1 } << *at;
	});
}

/** It may be one for an application alone: that is what a [[rule]] is for */
bool asks_content(const ContentRule &rule)
{
	return !rule.globs.empty() || !rule.extensions.empty() || !rule.keywords.empty() ||
	       !rule.all_keywords.empty() || !rule.ids.empty() || !rule.sizes.empty() ||
	       rule.types;
}

void read_content(const toml::table &raw, NameLines &lines, Problems &problems, ContentRules &out)
{
	const auto *named = raw.get_as<std::string>("name");
	const std::string what = named ? fmt::format("content rule '{}'", named->get()) :
					 "content rule";
	TomlTable table(raw, what, problems);
	const std::size_t errors = problems.errors.size();
	ContentRule rule;

	rule.place = place_of(raw);
	rule.name = read_rule_name(table, rule.place, lines);
	if (const auto mode = table.choice("mode", mode_words))
		rule.core.observes = *mode == KP2PADM_MODE_OBSERVE;
	table.table("match", what, [&](TomlTable &match) { read_match(match, rule); });
	if (!table.raw().contains("verdict"))
		table.error(rule.place, "it must have a verdict");
	if (const auto verdict = table.choice("verdict", verdict_words))
		rule.core.verdict = static_cast<std::uint8_t>(*verdict);
	table.finish();
	if (problems.errors.size() == errors && !asks_content(rule))
		table.error(rule.place, "it has no condition on content; for applications and "
					"hosts there is [[rule]]");
	out.rules.push_back(std::move(rule));
}

} // namespace

ContentRules parse_content(TomlTable &top)
{
	const toml::node *node = top.get("content");
	const auto *list = node ? node->as_array() : nullptr;
	ContentRules out;
	NameLines lines;

	if (node && !list)
		top.error(*node, "content must be written as [[content]]");
	if (!list)
		return out;
	for (const auto &one : *list) {
		if (out.rules.size() == P2P_CONTENT_RULES_MAX) {
			top.error(one, fmt::format("more than {} content rules",
						   static_cast<int>(P2P_CONTENT_RULES_MAX)));
			return out;
		}
		if (const auto *table = one.as_table())
			read_content(*table, lines, top.problems(), out);
		else
			top.error(one, "content must be written as [[content]]");
	}
	return out;
}

} // namespace p2padm
