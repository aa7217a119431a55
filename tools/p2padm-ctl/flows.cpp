// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl flows: the live flows, one line each. */
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

constexpr std::size_t line_width = 100;

struct Options {
	bool json = false;
	std::string app;
	std::size_t limit = 0; // 0: all
	std::string sort = "bytes";
	bool read = false; // only flows whose bytes are read
	bool gaps = false; // only those with a gap now
};

bool has_gap(const Flow &flow)
{
	return (flow.stream && flow.stream->gaps) ||
	       (flow.reply_stream && flow.reply_stream->gaps);
}

bool is_wanted(const Flow &flow, const Options &options)
{
	return (!options.read || flow.stream) && (!options.gaps || has_gap(flow));
}

/** Larger comes first */
std::uint64_t sort_key(const Flow &flow, const std::string &sort)
{
	if (sort == "packets")
		return flow.packets + flow.reply_packets;
	if (sort == "age")
		return flow.age;
	return flow.bytes + flow.reply_bytes;
}

/**
 * The flows asked for, sorted
 *
 * With a limit only that many are ever held: a full table has a million.
 */
std::vector<Flow> collect(Gateway &gateway, const Options &options)
{
	std::vector<Flow> heap;
	const auto before = [&](const Flow &a, const Flow &b) {
		return sort_key(a, options.sort) > sort_key(b, options.sort);
	};

	gateway.flows(options.app, [&](const Flow &flow) {
		if (!is_wanted(flow, options))
			return;
		heap.push_back(flow);
		if (options.limit == 0)
			return;
		std::push_heap(heap.begin(), heap.end(), before);
		if (heap.size() > options.limit) {
			std::pop_heap(heap.begin(), heap.end(), before);
			heap.pop_back();
		}
	});
	std::stable_sort(heap.begin(), heap.end(), before);
	return heap;
}

/** Names of the rules in force, by number */
using RuleNames = std::map<std::uint16_t, std::string>;

/** None where no flow needs one: ten thousand rules are many messages */
RuleNames rule_names(Gateway &gateway, const std::vector<Flow> &flows)
{
	const bool wanted = std::any_of(flows.begin(), flows.end(), [](const Flow &flow) {
		return flow.rule || flow.would_rule || flow.mark_rule;
	});
	RuleNames names;

	if (wanted)
		for (const auto &rule : gateway.rules())
			names.emplace(static_cast<std::uint16_t>(rule.number), rule.name);
	return names;
}

/** A policy that came meanwhile may not have the rule: then its number */
std::string rule_name(const RuleNames &names, std::uint16_t number)
{
	const auto at = names.find(number);

	return at == names.end() ? fmt::format("#{}", number + 1) : at->second;
}

Json rule_json(const RuleNames &names, const std::optional<std::uint16_t> &number)
{
	return number ? Json(rule_name(names, *number)) : Json();
}

Json stream_json(const Stream &stream)
{
	return { { "ordered_segments", stream.ordered },
		 { "ordered_bytes", stream.ordered_bytes },
		 { "ahead_segments", stream.ahead },
		 { "ahead_bytes", stream.ahead_bytes },
		 { "holding_segments", stream.holds },
		 { "holding_bytes", stream.holds_bytes },
		 { "gaps", stream.gaps },
		 { "gap_ms", stream.gap_age ? Json(*stream.gap_age) : Json() },
		 { "fast_passed", stream.fast_passed },
		 { "held", stream.held },
		 { "conflicts", stream.conflicts },
		 { "bytes_read", stream.bytes_read } };
}

Json flow_json(const Flow &flow, const std::string &bridge, const RuleNames &names)
{
	Json doc = {
		{ "l4", l4_name(flow.l4) },
		{ "src", flow.src },
		{ "sport", flow.sport },
		{ "dst", flow.dst },
		{ "dport", flow.dport },
		{ "ifindex", flow.bridge },
		{ "bridge", bridge },
	};

	if (flow.vid)
		doc["vlan"] = flow.vid;
	if (flow.cvid)
		doc["inner_vlan"] = flow.cvid;
	if (flow.session)
		doc["pppoe"] = flow.session;
	doc["app"] = flow.app;
	doc["variant"] = flow.variant;
	doc["category"] = category_name(flow.category);
	doc["by"] = by_name(flow.by);
	doc["confidence"] = flow.confidence;
	doc["decided_packet"] = flow.decided;
	doc["direction"] = direction_names(flow.direction);
	doc["verdict"] = verdict_name(flow.verdict);
	doc["rule"] = rule_json(names, flow.rule);
	if (flow.would) {
		doc["would"] = verdict_name(*flow.would);
		doc["would_rule"] = rule_json(names, flow.would_rule);
	}
	if (flow.mark_rule)
		doc["mark_rule"] = rule_json(names, flow.mark_rule);
	doc["flags"] = flow_flag_names(flow.flags);
	doc["packets"] = flow.packets;
	doc["bytes"] = flow.bytes;
	doc["reply_packets"] = flow.reply_packets;
	doc["reply_bytes"] = flow.reply_bytes;
	doc["age_ms"] = flow.age;
	doc["idle_ms"] = flow.idle;
	if (flow.stream)
		doc["stream"] = stream_json(*flow.stream);
	if (flow.reply_stream)
		doc["reply_stream"] = stream_json(*flow.reply_stream);
	return doc;
}

// An array with one flow a line, written as it goes.
void print_flows_json(Context &ctx, Gateway &gateway,
		      const std::vector<Flow> &flows)
{
	const RuleNames names = rule_names(gateway, flows);
	const char *separator = "";

	ctx.out << '[';
	for (const auto &flow : flows) {
		ctx.out << separator << '\n'
			<< flow_json(flow, gateway.interface_name(flow.bridge), names)
				   .dump(-1, ' ', false,
					 Json::error_handler_t::replace);
		separator = ",";
	}
	ctx.out << "\n]\n";
}

std::string ends(const Flow &flow, bool reply = false)
{
	const std::string src = endpoint(flow.src, flow.sport);
	const std::string dst = endpoint(flow.dst, flow.dport);

	return reply ? dst + " -> " + src : src + " -> " + dst;
}

std::string where(const Flow &flow)
{
	std::string out = ends(flow);

	if (flow.vid)
		out += fmt::format(" vlan {}", flow.vid);
	if (flow.cvid)
		out += fmt::format("{}{}", flow.vid ? "." : " vlan .", flow.cvid);
	if (flow.session)
		out += fmt::format(" pppoe {}", flow.session);
	return out;
}

std::string why(const Flow &flow)
{
	if (!(flow.flags & KP2PADM_FLOW_SETTLED))
		return "-";
	return flow.by == KP2PADM_BY_NONE ?
		       fmt::format("no@{}", flow.decided) :
		       fmt::format("{}@{}", by_name(flow.by), flow.decided);
}

// One letter a flag, its first but for one; what is settled shows in "why" already.
std::string flag_letters(std::uint32_t flags)
{
	std::string out;

	for (const auto &name : flow_flag_names(flags & ~KP2PADM_FLOW_SETTLED))
		out += name == "exempt" ? 'x' : name[0];
	return out.empty() ? "-" : out;
}

/** The rule that gave the verdict, or would have */
std::string rule_cell(const Flow &flow, const RuleNames &names)
{
	if (flow.rule)
		return escape(rule_name(names, *flow.rule));
	if (flow.would_rule)
		return "(" + escape(rule_name(names, *flow.would_rule)) + ")";
	return "-";
}

Table flow_table(const std::vector<Flow> &flows, const RuleNames *names)
{
	using enum Table::Align;
	std::vector<Table::Column> columns = {
		{ "L4", left }, { "SOURCE -> DESTINATION", left }, { "APPLICATION", left },
		{ "WHY", left }, { "DO", left }, { "PACKETS", right }, { "BYTES", right },
		{ "FLAGS", left }, { "IDLE", right }
	};
	if (names)
		columns.push_back({ "RULE", left });
	Table table(std::move(columns));

	for (const auto &flow : flows)
		table.add({ l4_name(flow.l4), where(flow),
			    escape(flow.app + (flow.variant.empty() ? "" : "/") +
				   flow.variant),
			    why(flow), verdict_name(flow.verdict),
			    human(flow.packets) + "/" + human(flow.reply_packets),
			    human(flow.bytes) + "/" + human(flow.reply_bytes),
			    flag_letters(flow.flags), human_ms(flow.idle),
			    names ? rule_cell(flow, *names) : "" });
	return table;
}

/** With the rules where there is room for them */
void print_flows(std::ostream &out, Gateway &gateway, const std::vector<Flow> &flows)
{
	const RuleNames names = rule_names(gateway, flows);
	Table table = flow_table(flows, nullptr);

	if (!names.empty())
		if (Table whole = flow_table(flows, &names); whole.width() <= line_width)
			table = std::move(whole);
	table.fold(1, line_width);
	table.print(out);
}

/** Segments/bytes */
std::string depth(std::uint32_t segments, std::uint32_t bytes)
{
	return segments ? human(segments) + "/" + human(bytes) : "-";
}

/** How many, and for how long */
std::string gap_cell(const Stream &stream)
{
	if (!stream.gaps)
		return "-";
	return fmt::format("{} {}", stream.gaps, human_ms(stream.gap_age.value_or(0)));
}

bool is_idle(const Stream &stream)
{
	return !stream.bytes_read && !stream.ordered && !stream.ahead && !stream.holds &&
	       !stream.fast_passed && !stream.held && !stream.conflicts;
}

void add_stream(Table &table, const Flow &flow, const Stream &stream, bool reply)
{
	if (is_idle(stream))
		return;
	table.add({ ends(flow, reply), human(stream.bytes_read),
		    depth(stream.ordered, stream.ordered_bytes),
		    depth(stream.ahead, stream.ahead_bytes),
		    depth(stream.holds, stream.holds_bytes), gap_cell(stream),
		    human(stream.fast_passed), human(stream.held), human(stream.conflicts) });
}

/** Of the flows whose bytes are read, each direction that had any */
void print_streams(std::ostream &out, const std::vector<Flow> &flows)
{
	using enum Table::Align;
	Table table({ { "READ", left }, { "BYTES", right }, { "KEPT", right },
		      { "AHEAD", right }, { "HOLDS", right }, { "GAPS", right },
		      { "FAST", right }, { "HELD", right }, { "DIFFER", right } });

	for (const auto &flow : flows) {
		if (flow.stream)
			add_stream(table, flow, *flow.stream, false);
		if (flow.reply_stream)
			add_stream(table, flow, *flow.reply_stream, true);
	}
	if (table.empty())
		return;
	out << '\n';
	table.fold(0, line_width);
	table.print(out);
}

int flows(Context &ctx, const Options &options)
{
	const auto gateway = enabled_gateway(ctx);

	if (!options.app.empty())
		check_app("flows", options.app, gateway->apps());
	const auto found = collect(*gateway, options);

	if (options.json) {
		print_flows_json(ctx, *gateway, found);
	} else if (found.empty()) {
		ctx.out << "no flows\n";
	} else {
		print_flows(ctx.out, *gateway, found);
		print_streams(ctx.out, found);
	}
	return EXIT_OK;
}

} // namespace

void add_flows(CLI::App &app, Context &ctx)
{
	auto options = std::make_shared<Options>();
	CLI::App *sub = add_command(
		app, "flows", "the live flows, one line each",
		"SOURCE sent first. WHY: what named the flow, at which packet; "
		"no@N: every protocol\nhad refused it at packet N; -: not "
		"decided yet. PACKETS and BYTES: from SOURCE/to it.\n"
		"FLAGS: m began before the gateway, a one direction only, "
		"c closed, f fragments seen,\nu some payload passed unread, "
		"w would be dropped, x exempt, o verdict open,\ne encrypted, h helper "
		"lost, d ended: a segment differed. RULE, where there is room: what gave the verdict; in\n"
		"parentheses: what would have. Needs CAP_NET_ADMIN.\n"
		"READ: the directions of flows whose bytes are read, and how many were. Now, as\n"
		"segments/bytes: KEPT in order, AHEAD of a gap, HOLDS: waiting to go on; GAPS: how\n"
		"many, and for how long. So far, segments: FAST passed ahead of a gap, HELD,\n"
		"DIFFER: dropped, since they differed from what had passed.\n"
		"Example: p2padm-ctl flows --app bittorrent --limit 20\n"
		"Example: p2padm-ctl flows -j | jq '.[] | select(.by == "
		"\"payload\")'\n",
		options->json);

	sub->add_option("--app", options->app,
			"only flows of this application (or: unknown)");
	sub->add_option("--limit", options->limit,
			"only so many, the first in the order; 0: all")
		->check(CLI::NonNegativeNumber);
	sub->add_option("--sort", options->sort, "largest first")
		->check(CLI::IsMember({ "bytes", "packets", "age" }))
		->capture_default_str();
	sub->add_flag("--read", options->read, "only flows whose bytes are read");
	sub->add_flag("--gaps", options->gaps, "only those in which something is missing now");
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] { return flows(ctx, *options); };
	});
}

} // namespace p2padm
