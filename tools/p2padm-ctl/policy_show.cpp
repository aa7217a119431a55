// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl policy show, diff. */
#include "policy_command.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "diff.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

Json match_json(const RuleState &rule)
{
	Json match = Json::object();

	if (!rule.apps.empty())
		match["app"] = rule.apps;
	for (const std::uint8_t category : { KP2PADM_CATEGORY_P2P, KP2PADM_CATEGORY_IM })
		if (rule.categories >> category & 1)
			match["category"].push_back(category_name(category));
	if (rule.confidence)
		match["min_confidence"] = rule.confidence;
	if (rule.encrypted)
		match["encrypted"] = *rule.encrypted;
	if (rule.directions)
		match["direction"] = direction_names(rule.directions);
	for (const auto &range : rule.vlans)
		match["vlan"].push_back({ range.first, range.last });
	if (rule.by_host)
		match["host"] = "some"; // which, only the text says
	if (rule.schedule)
		match["schedule"] = rule.schedule;
	return match;
}

Json rule_json(const RuleState &rule)
{
	Json doc = { { "number", rule.number },
		     { "name", rule.name },
		     { "mode", mode_name(rule.observes ? KP2PADM_MODE_OBSERVE :
							 KP2PADM_MODE_ENFORCE) },
		     { "match", match_json(rule) } };

	if (rule.verdict)
		doc["verdict"] = verdict_name(*rule.verdict);
	if (rule.mark)
		doc["mark"] = fmt::format("{:#x}/{:#x}", *rule.mark, rule.mask);
	if (rule.priority)
		doc["priority"] = *rule.priority;
	if (rule.scan)
		doc["scan"] = *rule.scan;
	if (rule.audit)
		doc["audit"] = *rule.audit;
	doc["active"] = rule.active;
	doc["flows"] = rule.flows;
	doc["packets"] = rule.packets;
	doc["bytes"] = rule.bytes;
	doc["would_packets"] = rule.would_packets;
	doc["would_bytes"] = rule.would_bytes;
	doc["marked"] = rule.marked;
	return doc;
}

Json content_json(const ContentState &rule)
{
	return { { "number", rule.number },
		 { "name", rule.name },
		 { "mode", mode_name(rule.observes ? KP2PADM_MODE_OBSERVE :
						     KP2PADM_MODE_ENFORCE) },
		 { "verdict", verdict_name(rule.verdict) },
		 { "objects", rule.objects },
		 { "would_objects", rule.would_objects } };
}

std::string action(std::uint8_t verdict, bool observes)
{
	return (observes ? "would " : "") + verdict_name(verdict);
}

void print_rules(std::ostream &out, const std::vector<RuleState> &rules)
{
	using enum Table::Align;
	Table table({ { "#", right }, { "RULE", left }, { "DO", left }, { "NOW", left },
		      { "HITS", right }, { "PACKETS", right }, { "BYTES", right },
		      { "WOULD", right }, { "MARKED", right } });

	for (const auto &rule : rules)
		table.add({ fmt::format("{}", rule.number + 1), escape(rule.name),
			    rule.verdict ? action(*rule.verdict, rule.observes) : "-",
			    rule.active ? "yes" : "no", human(rule.flows), human(rule.packets),
			    human(rule.bytes), human(rule.would_packets), human(rule.marked) });
	if (!table.empty())
		table.print(out);
}

void print_content(std::ostream &out, const std::vector<ContentState> &rules)
{
	using enum Table::Align;
	Table table({ { "#", right }, { "CONTENT RULE", left }, { "DO", left },
		      { "OBJECTS", right }, { "WOULD", right } });

	for (const auto &rule : rules)
		table.add({ fmt::format("{}", rule.number + 1), escape(rule.name),
			    action(rule.verdict, rule.observes), human(rule.objects),
			    human(rule.would_objects) });
	if (!table.empty())
		table.print(out);
}

/** The policy in force, as the module has it */
struct InForce {
	PolicyState state;
	PolicySets sets;
	std::vector<RuleState> rules;
	std::vector<ContentState> content;
};

/** Its parts are asked for one by one: again, where another took its place meanwhile */
InForce read_in_force(Gateway &gateway, const PolicyState &first)
{
	InForce now{ .state = first, .sets = {}, .rules = {}, .content = {} };

	// of one that says nothing anybody may know
	if (!says_something(first))
		return now;
	for (int tries = 5; tries > 0; tries--) {
		now.sets = gateway.policy_sets();
		now.rules = gateway.rules();
		now.content.clear();
		if (now.state.content_rules) // else it may be a module that does not know them
			now.content = gateway.content();
		const PolicyState after = gateway.policy();
		const bool same = after.generation == now.state.generation;
		now.state = after;
		if (same)
			break;
	}
	return now;
}

std::vector<std::string> prefix_texts(const std::vector<kp2padm_prefix> &prefixes)
{
	std::vector<std::string> out;

	for (const auto &prefix : prefixes)
		out.push_back(prefix_text(prefix));
	return out;
}

std::vector<std::string> mac_texts(const PolicySets &sets)
{
	std::vector<std::string> out;

	for (const auto &mac : sets.exempt_macs)
		out.push_back(mac_text(mac));
	return out;
}

int show_json(Context &ctx, const InForce &now)
{
	const auto text = text_in_force(ctx, now.state);
	Json doc = to_json(now.state);

	doc["text"] = text && has_text(now.state) ? Json(*text) : Json();
	doc["local"] = { { "ports", now.sets.local_ports },
			 { "prefixes", prefix_texts(now.sets.local_prefixes) } };
	doc["exempt"] = { { "prefixes", prefix_texts(now.sets.exempt_prefixes) },
			  { "ports", now.sets.exempt_ports },
			  { "macs", mac_texts(now.sets) } };
	doc["rules"] = Json::array();
	for (const auto &rule : now.rules)
		doc["rules"].push_back(rule_json(rule));
	doc["content"] = Json::array();
	for (const auto &rule : now.content)
		doc["content"].push_back(content_json(rule));
	print_json(ctx.out, doc);
	return EXIT_OK;
}

/** One line; none where there is nothing in it */
void print_set(std::ostream &out, const char *what, const std::vector<std::string> &members)
{
	std::string line;

	for (const auto &member : members)
		line += " " + escape(member);
	if (!members.empty())
		fmt::print(out, "{}:{}\n", what, line);
}

int show_rules(Context &ctx, const InForce &now)
{
	std::vector<std::string> ports;

	for (const auto port : now.sets.exempt_ports)
		ports.push_back(std::to_string(port));
	ctx.out << summary(now.state) << '\n';
	print_set(ctx.out, "local ports", now.sets.local_ports);
	print_set(ctx.out, "local prefixes", prefix_texts(now.sets.local_prefixes));
	print_set(ctx.out, "exempt prefixes", prefix_texts(now.sets.exempt_prefixes));
	print_set(ctx.out, "exempt ports", ports);
	print_set(ctx.out, "exempt MACs", mac_texts(now.sets));
	print_rules(ctx.out, now.rules);
	print_content(ctx.out, now.content);
	return EXIT_OK;
}

/** What differs between the rules of two policies, or their content rules, by name */
struct RuleChanges {
	std::vector<std::string> added;
	std::vector<std::string> removed;
	std::vector<std::string> changed;
	bool reordered = false;
};

using Described = std::map<std::string, std::string>; // by name

template <typename Rules> Described describe_all(const Rules &rules)
{
	Described out;

	for (const auto &rule : rules)
		out.emplace(rule.name, describe(rule));
	return out;
}

/** Names of @p rules that are in @p others, in their order */
template <typename Rules>
std::vector<std::string> common_names(const Rules &rules, const Described &others)
{
	std::vector<std::string> out;

	for (const auto &rule : rules)
		if (others.contains(rule.name))
			out.push_back(rule.name);
	return out;
}

template <typename Rules> RuleChanges compare(const Rules &before, const Rules &after)
{
	const Described old_rules = describe_all(before), new_rules = describe_all(after);
	RuleChanges changes;

	for (const auto &rule : after) {
		const auto at = old_rules.find(rule.name);

		if (at == old_rules.end())
			changes.added.push_back(rule.name);
		else if (at->second != new_rules.at(rule.name))
			changes.changed.push_back(rule.name);
	}
	for (const auto &rule : before)
		if (!new_rules.contains(rule.name))
			changes.removed.push_back(rule.name);
	changes.reordered = common_names(before, new_rules) != common_names(after, old_rules);
	return changes;
}

Policy parse(const std::string &text, const std::string &file)
{
	Problems problems;
	Policy policy = parse_policy(text, problems);

	if (!problems.errors.empty())
		throw PolicyError(file, std::move(problems.errors));
	return policy;
}

/** @param kind "rule", "content rule" */
void print_changes(std::ostream &out, const char *kind, const RuleChanges &changes)
{
	const auto names = [&](const char *what, const std::vector<std::string> &list) {
		for (const auto &name : list)
			fmt::print(out, "{} {} '{}'\n", what, kind, escape(name));
	};

	names("added", changes.added);
	names("removed", changes.removed);
	names("changed", changes.changed);
	if (changes.reordered)
		fmt::print(out, "{}s are in another order\n", kind);
}

Json changes_json(const RuleChanges &changes)
{
	return { { "added", changes.added },
		 { "removed", changes.removed },
		 { "changed", changes.changed },
		 { "reordered", changes.reordered } };
}

/** Line by line, so that no line of a file is a command for the terminal */
void print_escaped(std::ostream &out, const std::string &text)
{
	std::istringstream in(text);

	for (std::string line; std::getline(in, line);) {
		std::replace(line.begin(), line.end(), '\t', ' ');
		out << escape(line) << '\n';
	}
}

} // namespace

int policy_show(Context &ctx, const PolicyOptions &options)
{
	const auto gateway = enabled_gateway(ctx);
	const PolicyState state = gateway->policy();

	if (options.json)
		return show_json(ctx, read_in_force(*gateway, state));
	if (options.rules || !says_something(state))
		return show_rules(ctx, read_in_force(*gateway, state));
	if (const auto text = text_in_force(ctx, state)) {
		ctx.out << *text;
		return EXIT_OK;
	}
	show_rules(ctx, read_in_force(*gateway, state));
	fmt::print(ctx.err,
		   "p2padm-ctl: policy show: the text with the id {} is not in {}: these are "
		   "its rules\n",
		   hex(state.id), escape(ctx.history.string()));
	return EXIT_PROBLEM;
}

int policy_diff(Context &ctx, const PolicyOptions &options)
{
	const std::string after = read_policy_file(options.file);
	const Policy new_policy = parse(after, options.file);
	const PolicyState state = enabled_gateway(ctx)->policy();
	const auto before = text_in_force(ctx, state);

	if (!before)
		throw std::runtime_error("policy diff: the text of the policy in force is not in "
					 "the history (policy show --rules lists its rules)");
	const std::string diff =
		unified_diff(*before, "policy in force", after, options.file);
	const Policy old_policy = parse(*before, "policy in force");
	const RuleChanges rules = compare(old_policy.rules, new_policy.rules);
	const RuleChanges content = compare(old_policy.content.rules, new_policy.content.rules);
	if (options.json) {
		Json doc = changes_json(rules);

		doc["same"] = diff.empty();
		doc["diff"] = diff;
		doc["content"] = changes_json(content);
		print_json(ctx.out, doc);
		return EXIT_OK;
	}
	if (diff.empty())
		ctx.out << "no difference\n";
	print_escaped(ctx.out, diff);
	print_changes(ctx.out, "rule", rules);
	print_changes(ctx.out, "content rule", content);
	return EXIT_OK;
}

} // namespace p2padm
