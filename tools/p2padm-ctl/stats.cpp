// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl stats: every counter, every application, the chains. */
#include <array>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

Json stats_json(const Status &status, const Stats &stats, const std::vector<App> &apps)
{
	Json doc = { { "counters", Json::object() },
		     { "gauges",
		       { { "flows", status.flows },
			 { "inspected", status.inspected },
			 { "streams", status.streams },
			 { "stream_bytes", status.stream_bytes } } },
		     { "apps", Json::array() },
		     { "chains", stats.chains } };

	for (const auto &counter : counters())
		doc["counters"][counter.name] = stats.value(counter.name);
	for (const auto &app : apps)
		doc["apps"].push_back({
			{ "app", app.name },
			{ "category", category_name(app.category) },
			{ "flows", app.flows },
			{ "named", app.named },
			{ "packets", app.packets },
			{ "bytes", app.bytes },
			{ "dropped", app.dropped },
			{ "dropped_bytes", app.dropped_bytes },
			{ "would_drop", app.would_drop },
		});
	return doc;
}

/** What counters are about, in this order; the first has all that no other has */
constexpr struct {
	const char *title;
	std::array<std::string_view, 3> begins; ///< their names begin so; "": no more
} groups[] = {
	{ "PACKETS", {} },
	{ "FLOWS", { "flows_", "untracked_", "uninspected_" } },
	{ "STREAMS", { "stream", "released", "purged" } },
	{ "CONTENTS", { "object", "searches", "chats" } },
	{ "EVENTS", { "events" } },
};

std::string_view group_of(std::string_view name)
{
	for (const auto &group : groups)
		for (const auto begin : group.begins)
			if (!begin.empty() && name.starts_with(begin))
				return group.title;
	return groups[0].title;
}

void print_counters(std::ostream &out, const Stats &stats)
{
	using enum Table::Align;
	Table table({ { "COUNTER", left }, { "VALUE", right }, { "MEANING", left } });

	for (const auto &group : groups) {
		table.add({ group.title, "", "" });
		for (const auto &counter : counters())
			if (group_of(counter.name) == group.title)
				table.add({ std::string("  ") + counter.name,
					    fmt::format("{}", stats.value(counter.name)),
					    counter.help });
	}
	table.print(out);
}

void print_apps(std::ostream &out, const std::vector<App> &apps)
{
	using enum Table::Align;
	Table table({ { "APPLICATION", left }, { "KIND", left },
		      { "FLOWS", right }, { "EVER", right },
		      { "PACKETS", right }, { "BYTES", right },
		      { "DROPPED", right }, { "WOULD DROP", right } });

	for (const auto &app : apps)
		table.add({ escape(app.name), category_name(app.category),
			    fmt::format("{}", app.flows),
			    fmt::format("{}", app.named), human(app.packets),
			    human(app.bytes), human(app.dropped),
			    human(app.would_drop) });
	table.print(out);
}

void print_chains(std::ostream &out, const std::vector<std::uint32_t> &chains)
{
	using enum Table::Align;
	Table table({ { "FLOWS IN BUCKET", right }, { "BUCKETS", right } });

	for (std::size_t i = 0; i < chains.size(); i++)
		table.add({ fmt::format("{}{}", i,
					i + 1 == chains.size() ? " or more" : ""),
			    fmt::format("{}", chains[i]) });
	table.print(out);
}

int stats(Context &ctx, bool json)
{
	const auto gateway = enabled_gateway(ctx);
	const Stats all = gateway->stats();
	const auto apps = gateway->apps();

	if (json) {
		print_json(ctx.out, stats_json(gateway->status(), all, apps));
		return EXIT_OK;
	}
	print_counters(ctx.out, all);
	ctx.out << '\n';
	print_apps(ctx.out, apps);
	ctx.out << '\n';
	print_chains(ctx.out, all.chains);
	return EXIT_OK;
}

} // namespace

void add_stats(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "stats", "every counter, every application, the hash chains",
		"Needs no privilege. With -j also gauges: how much there is now. EVER: flows that were named so since the "
		"gateway was enabled.\n"
		"Example: p2padm-ctl stats -j | jq .counters.dropped\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return stats(ctx, *json); };
	});
}

} // namespace p2padm
