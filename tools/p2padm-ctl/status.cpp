// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl status: is there a gateway here, and how is it? */
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

/** The counters that a status shows; the rest is in "stats" */
constexpr const char *headline[] = { "packets",	      "bytes",
				     "flows_created", "flows_named",
				     "dropped",	      "would_drop" };

int print_json_status(Context &ctx, const Status &s, Gateway &gateway)
{
	Json doc = { { "version", s.version }, { "abi", s.abi }, { "enabled", s.enabled } };

	if (s.enabled) {
		const Stats stats = gateway.stats();

		doc["gateway"] = identity_text(s.gateway);
		doc["mode"] = mode_name(s.mode);
		doc["generation"] = s.generation;
		doc["flows"] = s.flows;
		doc["max_flows"] = s.max_flows;
		doc["buckets"] = s.buckets;
		doc["inspected"] = s.inspected;
		doc["streams"] = s.streams;
		doc["stream_bytes"] = s.stream_bytes;
		doc["uptime"] = s.uptime;
		doc["helper"] = helper_name(s.helper);
		doc["refused_abi"] = s.refused ? Json(s.refused) : Json();
		doc["policy"] = to_json(gateway.policy());
		for (const char *name : headline)
			doc["counters"][name] = stats.value(name);
	}
	print_json(ctx.out, doc);
	return s.enabled ? EXIT_OK : EXIT_NO_GATEWAY;
}

std::string policy_summary(const PolicyState &policy)
{
	std::string out = fmt::format("{} rules", policy.rules);

	if (policy.fallback != KP2PADM_VERDICT_PASS)
		out += fmt::format(", default {}", verdict_name(policy.fallback));
	if (policy.mode == KP2PADM_MODE_OBSERVE)
		out += ", observing: everything passes";
	if (policy.trial)
		out += fmt::format(", on trial: {} left", human_uptime(policy.trial));
	return out;
}

/** Of flows whose bytes are read; nothing where there were none */
void print_streams(std::ostream &out, const Status &s, const Stats &stats)
{
	if (!stats.value("stream_ordered") && !stats.value("stream_fast_passed") &&
	    !stats.value("stream_held"))
		return;
	fmt::print(out, "streams     {} flows are read, {}B kept of them\n", s.streams,
		   human(s.stream_bytes));
	fmt::print(out, "read        {}B in order; {} segments passed ahead of a gap, {} held\n",
		   human(stats.value("stream_bytes_read")), human(stats.value("stream_fast_passed")),
		   human(stats.value("stream_held")));
	fmt::print(out, "stopped     {} segments by their content, {} that differed\n",
		   human(stats.value("stream_blocked")), human(stats.value("stream_conflicts")));
}

int status(Context &ctx, bool json)
{
	const auto gateway = ctx.gateway();
	const Status s = gateway->status();

	if (json)
		return print_json_status(ctx, s, *gateway);
	fmt::print(ctx.out, "module      {}\n", escape(s.version));
	if (!s.enabled) {
		fmt::print(ctx.out, "gateway     not enabled in this network "
				    "namespace (p2padm-ctl enable)\n");
		return EXIT_NO_GATEWAY;
	}
	const Stats stats = gateway->stats();
	fmt::print(ctx.out, "gateway     enabled, up {}\n",
		   human_uptime(s.uptime));
	fmt::print(ctx.out, "mode        {}, policy generation {}\n",
		   mode_name(s.mode), s.generation);
	fmt::print(ctx.out, "policy      {}\n",
		   policy_summary(gateway->policy()));
	fmt::print(ctx.out, "helper      {}{}\n", helper_name(s.helper),
		   s.refused ? fmt::format(", one of another tree was refused (ABI {})", s.refused) :
			       "");
	fmt::print(ctx.out, "flows       {} of {} ({} buckets), {} under inspection\n",
		   s.flows, s.max_flows, s.buckets, s.inspected);
	fmt::print(ctx.out, "traffic     {} packets, {}B\n",
		   human(stats.value("packets")), human(stats.value("bytes")));
	fmt::print(ctx.out, "flows ever  {} created, {} named\n",
		   stats.value("flows_created"), stats.value("flows_named"));
	fmt::print(ctx.out, "dropped     {} packets; {} in observation\n",
		   stats.value("dropped"), stats.value("would_drop"));
	print_streams(ctx.out, s, stats);
	return EXIT_OK;
}

} // namespace

void add_status(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "status", "is there a gateway here, and how is it?",
		"Needs no privilege. Exits with 3 when this network namespace "
		"has no gateway.\n"
		"Example: p2padm-ctl status -j | jq .policy\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return status(ctx, *json); };
	});
}

} // namespace p2padm
