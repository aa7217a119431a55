// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl hosts: who has how many flows, of what. */
#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

struct Options {
	bool json = false;
	std::size_t limit = 0; // 0: all
	std::string sort = "bytes";
};

struct Sums {
	std::uint64_t flows = 0;
	std::uint64_t packets = 0;
	std::uint64_t sent = 0;	    ///< bytes
	std::uint64_t received = 0; ///< bytes

	std::uint64_t bytes() const
	{
		return sent + received;
	}
	void add(std::uint64_t n, std::uint64_t out, std::uint64_t in)
	{
		flows++;
		packets += n;
		sent += out;
		received += in;
	}
};

struct Host {
	std::string address;
	Sums all;
	std::map<std::string, Sums> apps;

	void add(const Flow &flow, std::uint64_t out, std::uint64_t in)
	{
		const std::uint64_t packets = flow.packets + flow.reply_packets;

		all.add(packets, out, in);
		apps[flow.app].add(packets, out, in);
	}
};

/** Larger comes first */
std::uint64_t sort_key(const Sums &sums, const std::string &sort)
{
	if (sort == "flows")
		return sums.flows;
	return sort == "packets" ? sums.packets : sums.bytes();
}

std::vector<Host> collect(Gateway &gateway, const Options &options)
{
	std::unordered_map<std::string, Host> by_address;
	std::vector<Host> hosts;

	gateway.flows("", [&](const Flow &flow) {
		by_address[flow.src].add(flow, flow.bytes, flow.reply_bytes);
		by_address[flow.dst].add(flow, flow.reply_bytes, flow.bytes);
	});
	for (auto &[address, host] : by_address) {
		host.address = address;
		hosts.push_back(std::move(host));
	}
	std::sort(hosts.begin(), hosts.end(), [&](const Host &a, const Host &b) {
		const auto x = sort_key(a.all, options.sort), y = sort_key(b.all, options.sort);

		return x != y ? x > y : a.address < b.address;
	});
	if (options.limit && hosts.size() > options.limit)
		hosts.resize(options.limit);
	return hosts;
}

Json sums_json(const Sums &sums)
{
	return { { "flows", sums.flows },
		 { "packets", sums.packets },
		 { "bytes", sums.bytes() },
		 { "sent", sums.sent },
		 { "received", sums.received } };
}

Json host_json(const Host &host)
{
	Json doc = { { "address", host.address } };

	doc.update(sums_json(host.all));
	doc["apps"] = Json::object();
	for (const auto &[name, sums] : host.apps)
		doc["apps"][name] = sums_json(sums);
	return doc;
}

/** "bittorrent 1.2M, unknown 3k": bytes, most first */
std::string apps_text(const Host &host)
{
	std::vector<std::pair<std::string, std::uint64_t>> apps;
	std::string out;

	for (const auto &[name, sums] : host.apps)
		apps.emplace_back(name, sums.bytes());
	std::stable_sort(apps.begin(), apps.end(),
			 [](const auto &a, const auto &b) { return a.second > b.second; });
	for (const auto &[name, bytes] : apps)
		out += fmt::format("{}{} {}", out.empty() ? "" : ", ", escape(name), human(bytes));
	return out;
}

void print_hosts(std::ostream &out, const std::vector<Host> &hosts)
{
	using enum Table::Align;
	Table table({ { "HOST", left }, { "FLOWS", right }, { "PACKETS", right },
		      { "SENT", right }, { "RECEIVED", right }, { "APPLICATIONS", left } });

	for (const auto &host : hosts)
		table.add({ host.address, human(host.all.flows), human(host.all.packets),
			    human(host.all.sent), human(host.all.received), apps_text(host) });
	table.print(out);
}

int hosts(Context &ctx, const Options &options)
{
	const auto found = collect(*enabled_gateway(ctx), options);

	if (options.json) {
		Json list = Json::array();

		for (const auto &host : found)
			list.push_back(host_json(host));
		print_json(ctx.out, list);
	} else if (found.empty()) {
		ctx.out << "no flows\n";
	} else {
		print_hosts(ctx.out, found);
	}
	return EXIT_OK;
}

} // namespace

void add_hosts(CLI::App &app, Context &ctx)
{
	auto options = std::make_shared<Options>();
	CLI::App *sub = add_command(
		app, "hosts", "the live flows by address",
		"A flow counts for both of its ends. SENT, RECEIVED: bytes. APPLICATIONS: with\n"
		"their bytes. An address that is in several VLANs is one. Needs CAP_NET_ADMIN.\n"
		"Example: p2padm-ctl hosts --sort flows --limit 10\n",
		options->json);

	sub->add_option("--limit", options->limit, "only so many, the first in the order; 0: all")
		->check(CLI::NonNegativeNumber);
	sub->add_option("--sort", options->sort, "largest first")
		->check(CLI::IsMember({ "bytes", "packets", "flows" }))
		->capture_default_str();
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] { return hosts(ctx, *options); };
	});
}

} // namespace p2padm
