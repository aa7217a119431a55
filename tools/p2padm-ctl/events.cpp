// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl events: what the gateway tells, as it tells it. */
#include <poll.h>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "eve.hpp"
#include "event_sequence.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

struct Options {
	bool json = false;
	std::uint64_t count = 0; // 0: until it is interrupted
};

/** What a content rule did, or would have done */
std::string found_text(const Found &found)
{
	std::string out = fmt::format("{} {} by content \"{}\": {}", found.observes ? " would" : "",
				      verdict_name(found.verdict), found.rule_name,
				      fmt::join(fact_names(found.facts), ", "));

	if (const auto id = id_text(found); !id.empty())
		out += " of " + id;
	return out;
}

std::string flow_text(const Event &event, const Flow &flow)
{
	std::string out = fmt::format("{} {} -> {} {}{}{}", l4_name(flow.l4),
				      endpoint(flow.src, flow.sport),
				      endpoint(flow.dst, flow.dport), flow.app,
				      flow.variant.empty() ? "" : "/", flow.variant);

	if (event.type == KP2PADM_EVENT_FLOW)
		out += fmt::format(" {}/{} packets {}/{} bytes", flow.packets, flow.reply_packets,
				   flow.bytes, flow.reply_bytes);
	if (event.found)
		return out + found_text(*event.found);
	if (flow.verdict != KP2PADM_VERDICT_PASS || !flow.would)
		out += " " + verdict_name(flow.verdict);
	else
		out += " would " + verdict_name(*flow.would);
	if (!event.rule_name.empty())
		out += " by \"" + event.rule_name + "\"";
	return out;
}

std::string policy_text(const Event &event, const PolicyState &policy)
{
	std::string out = fmt::format("{}: generation {}, mode {}, {} rules, id {:.12}",
				      why_name(event.why), policy.generation,
				      mode_name(policy.mode), policy.rules, hex(policy.id));

	if (policy.trial)
		out += fmt::format(", on trial: {} left", human_uptime(policy.trial));
	return out;
}

std::string event_text(const Event &event)
{
	std::string out = eve_timestamp(event.time) + " " + event_name(event.type);

	if (event.flow)
		out += " " + flow_text(event, *event.flow);
	if (event.policy)
		out += " " + policy_text(event, *event.policy);
	if (event.helper)
		out += " " + helper_name(*event.helper);
	return out;
}

/** Prints what is heard, and what is not */
class Printer
{
public:
	Printer(Context &ctx, const Options &options, Gateway &gateway)
		: ctx_(ctx), options_(options), gateway_(gateway)
	{
	}

	/** @return is it enough? */
	bool print(const Heard &what)
	{
		const auto *event = std::get_if<Event>(&what);

		if (!event)
			return false; // a gap says how many
		for (const auto &lost : sequence_.next({ event->gateway, event->seq }))
			print(lost);
		if (options_.json)
			ctx_.out << eve_line(eve_record(*event, [this](std::uint32_t index) {
				return gateway_.interface_name(index);
			}));
		else
			ctx_.out << escape(event_text(*event)) << '\n';
		return ++printed_ == options_.count;
	}

private:
	void print(const Lost &lost)
	{
		if (options_.json)
			ctx_.out << eve_line(eve_record(lost, eve_now()));
		else if (lost.why == Lost::Why::gateway)
			fmt::print(ctx_.err, "p2padm-ctl: events: the gateway ended, and another one "
					     "began\n");
		else
			fmt::print(ctx_.err, "p2padm-ctl: events: {} were lost\n", lost.events);
	}

	Context &ctx_;
	const Options &options_;
	Gateway &gateway_;
	EventSequence sequence_;
	std::uint64_t printed_ = 0;
};

/** Wait a second at most. @return is there anything? */
bool wait_for(const EventSource &source)
{
	pollfd readable{ .fd = source.fd(), .events = POLLIN, .revents = 0 };
	const int n = poll(&readable, 1, 1000);

	if (n < 0 && errno != EINTR)
		throw SystemError("waiting for events", errno);
	return n > 0;
}

/** A module that goes takes the subscription with it, and tells nobody. */
void check_still_there(Context &ctx, int family)
{
	if (ctx.gateway()->family() != family)
		throw NoGateway("the module was loaded anew; listen again");
}

int events(Context &ctx, const Options &options)
{
	const auto gateway = enabled_gateway(ctx);
	const auto source = ctx.events();
	Printer printer(ctx, options, *gateway);

	while (ctx.out) {
		if (!wait_for(*source)) {
			check_still_there(ctx, gateway->family());
			continue;
		}
		for (const auto &what : source->read())
			if (printer.print(what))
				return EXIT_OK;
		ctx.out.flush();
	}
	return EXIT_PROBLEM;
}

} // namespace

void add_events(CLI::App &app, Context &ctx)
{
	auto options = std::make_shared<Options>();
	CLI::App *sub = add_command(
		app, "events", "what the gateway tells, as it tells it",
		"One line an event: flows that ended, flows that are dropped from now on or would\n"
		"be, policies, the helper. -j: one object a line, as the helper writes them\n"
		"(docs/eve.md). Ends when it is interrupted. Needs CAP_NET_ADMIN.\n"
		"Example: p2padm-ctl events -j | jq 'select(.kp2padm.event == \"verdict\")'\n",
		options->json);

	sub->add_option("--count", options->count, "end after so many events")
		->check(CLI::PositiveNumber);
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] { return events(ctx, *options); };
	});
}

} // namespace p2padm
