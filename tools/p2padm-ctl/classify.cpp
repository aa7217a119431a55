// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl classify: the module's own classifier on captures. */
#include <map>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "flowmap.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

constexpr std::size_t line_width = 100;

struct Options {
	bool json = false;
	std::vector<std::string> files;
};

struct AppSum {
	std::uint64_t flows = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
};

using Summary = std::map<std::string, AppSum>;

const char *by(const CaptureFlow &flow)
{
	return flow.app() == P2P_APP_UNKNOWN ? "none" : "payload";
}

// The fields are a contract: see design, section 7.
void print_flows_json(std::ostream &out, const std::string &file,
		      const FlowMap &map)
{
	for (const auto &flow : map.flows()) {
		const Json doc = {
			{ "file", file },
			{ "l4", l4_name(flow.key.l4) },
			{ "src", flow.address(true) },
			{ "sport", flow.port(true) },
			{ "dst", flow.address(false) },
			{ "dport", flow.port(false) },
			{ "app", p2p_app_name(flow.app()) },
			{ "variant", p2p_proto_variant(flow.proto) },
			{ "category",
			  p2p_category_name(p2p_app_category(flow.app())) },
			{ "by", by(flow) },
			{ "packets", flow.packets },
			{ "bytes", flow.bytes },
			{ "decided_packet", flow.decided },
		};

		out << doc.dump(-1, ' ', false, Json::error_handler_t::replace)
		    << '\n';
	}
}

std::string app_variant(const CaptureFlow &flow)
{
	const std::string variant = p2p_proto_variant(flow.proto);

	return p2p_app_name(flow.app()) + (variant.empty() ? "" : "/" + variant);
}

std::string why(const CaptureFlow &flow)
{
	if (!flow.settled)
		return "-";
	return fmt::format("{}@{}",
			   flow.app() == P2P_APP_UNKNOWN ? "no" : by(flow),
			   flow.decided);
}

void print_others(std::ostream &out, const FlowMap::Others &others)
{
	const struct {
		std::uint64_t count;
		const char *what;
	} all[] = {
		{ others.exempt, "exempt (not TCP or UDP, multicast, control)" },
		{ others.fragments, "later fragments" },
		{ others.cut, "captured too short" },
		{ others.malformed, "malformed" },
		{ others.resets, "resets of no flow" },
		{ others.full, "of flows beyond the limit" },
	};

	for (const auto &other : all)
		if (other.count)
			fmt::print(out, "{} packets in no flow: {}\n",
				   other.count, other.what);
}

void print_flows(std::ostream &out, const std::string &file, const FlowMap &map)
{
	using enum Table::Align;
	Table table({ { "L4", left }, { "SOURCE -> DESTINATION", left },
		      { "APPLICATION", left }, { "WHY", left },
		      { "PACKETS", right }, { "BYTES", right } });

	for (const auto &flow : map.flows())
		table.add({ l4_name(flow.key.l4),
			    endpoint(flow.address(true), flow.port(true)) +
				    " -> " +
				    endpoint(flow.address(false), flow.port(false)),
			    app_variant(flow), why(flow),
			    fmt::format("{}", flow.packets),
			    human(flow.bytes) });
	fmt::print(out, "{}: {} flows\n", escape(file), map.flows().size());
	table.fold(1, line_width);
	if (!table.empty())
		table.print(out);
	print_others(out, map.others());
	out << '\n';
}

void print_summary(std::ostream &out, const Summary &summary)
{
	using enum Table::Align;
	Table table({ { "APPLICATION", left }, { "FLOWS", right },
		      { "PACKETS", right }, { "BYTES", right } });

	for (const auto &[app, sum] : summary)
		table.add({ app, fmt::format("{}", sum.flows),
			    fmt::format("{}", sum.packets), human(sum.bytes) });
	if (!table.empty())
		table.print(out);
}

/** Read @p file into @p map. @return what went wrong, "" for nothing */
std::string read_capture(const std::string &file, FlowMap &map)
{
	try {
		Capture capture(file);
		Packet packet;

		for (;;) {
			switch (capture.next(packet)) {
			case Capture::Next::packet:
				map.add(packet);
				continue;
			case Capture::Next::cut:
				map.add_cut();
				continue;
			case Capture::Next::end:
				break;
			}
			break;
		}
	} catch (const CaptureError &error) {
		return error.what();
	} catch (const SystemError &error) {
		return error.what();
	}
	if (map.others().full)
		return fmt::format("{}: more than {} flows: {} packets of "
				   "further flows were left out",
				   file, FlowMap::default_max_flows,
				   map.others().full);
	return {};
}

void add_up(Summary &summary, const FlowMap &map)
{
	for (const auto &flow : map.flows()) {
		AppSum &sum = summary[app_variant(flow)];

		sum.flows++;
		sum.packets += flow.packets;
		sum.bytes += flow.bytes;
	}
}

int classify(Context &ctx, const Options &options)
{
	Summary summary;
	int code = EXIT_OK;

	for (const auto &file : options.files) {
		FlowMap map;
		const std::string problem = read_capture(file, map);

		if (options.json)
			print_flows_json(ctx.out, file, map);
		else if (problem.empty() || !map.flows().empty())
			print_flows(ctx.out, file, map);
		add_up(summary, map);
		if (!problem.empty()) {
			ctx.out.flush();
			ctx.err << "p2padm-ctl: classify: " << escape(problem)
				<< '\n';
			code = EXIT_PROBLEM;
		}
	}
	if (!options.json)
		print_summary(ctx.out, summary);
	return code;
}

} // namespace

void add_classify(CLI::App &app, Context &ctx)
{
	auto options = std::make_shared<Options>();
	CLI::App *sub = add_command(
		app, "classify", "the module's own classifier on captures",
		"Needs no module and no privilege. pcap and pcapng; Ethernet "
		"(VLAN, QinQ, PPPoE), Linux\nSLL and SLL2, raw IP, loopback. "
		"-j: one object per flow and line. WHY as in \"flows\".\n"
		"A damaged file is reported, its flows so far are printed, the "
		"other files are read, and\nthe exit code is 1.\n"
		"Example: p2padm-ctl classify site.pcapng\n"
		"Example: tcpdump -i br0 -w - -c 1000 | p2padm-ctl classify -j "
		"- | jq -r .app | sort | uniq -c\n",
		options->json);

	sub->add_option("FILE", options->files, "captures; - is standard input")
		->required();
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] { return classify(ctx, *options); };
	});
}

} // namespace p2padm
