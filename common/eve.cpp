// SPDX-License-Identifier: GPL-2.0-only
#include "eve.hpp"

#include <ctime>

#include <fmt/format.h>

#include "community_id.hpp"

namespace p2padm
{

namespace
{

using Json = nlohmann::ordered_json;

constexpr std::uint64_t second = 1'000'000'000, millisecond = 1'000'000;

Json head(std::uint64_t time, const char *type)
{
	return { { "timestamp", eve_timestamp(time) }, { "event_type", type } };
}

/** Who talks to whom, as Suricata names it */
void put_tuple(Json &doc, const Event &event, const Flow &flow, const InterfaceName &name)
{
	doc["flow_id"] = event.flow_id;
	doc["in_iface"] = name(event.in ? event.in : flow.bridge);
	if (flow.vid || flow.cvid) {
		doc["vlan"] = Json::array();
		for (const auto vid : { flow.vid, flow.cvid })
			if (vid)
				doc["vlan"].push_back(vid);
	}
	doc["src_ip"] = flow.src;
	doc["src_port"] = flow.sport;
	doc["dest_ip"] = flow.dst;
	doc["dest_port"] = flow.dport;
	doc["proto"] = flow.l4 == 6 ? "TCP" : "UDP";
	doc["app_proto"] = flow.app;
	doc["community_id"] = community_id(flow.src, flow.dst, flow.sport, flow.dport, flow.l4);
}

const char *flow_state(const Flow &flow)
{
	if (flow.flags & KP2PADM_FLOW_CLOSED)
		return "closed";
	return flow.reply_packets ? "established" : "new";
}

/** Time of what was @p ago milliseconds before; a clock that was set must not wrap it */
std::string before(std::uint64_t time, std::uint64_t ago)
{
	const std::uint64_t span = ago * millisecond;

	return eve_timestamp(time > span ? time - span : 0);
}

Json flow_counts(const Event &event, const Flow &flow)
{
	return { { "pkts_toserver", flow.packets },
		 { "pkts_toclient", flow.reply_packets },
		 { "bytes_toserver", flow.bytes },
		 { "bytes_toclient", flow.reply_bytes },
		 { "start", before(event.time, flow.age) },
		 { "end", before(event.time, flow.idle) },
		 { "age", flow.age / 1000 },
		 { "state", flow_state(flow) } };
}

/** Which content rule, what it did or would have done, and why */
Json found_json(const Found &found)
{
	Json doc = { { "rule", found.rule_name },
		     { found.observes ? "would" : "did", verdict_name(found.verdict) },
		     { "met", fact_names(found.facts) } };

	if (const auto id = id_text(found); !id.empty())
		doc["id"] = id;
	return doc;
}

/** What we alone know of a flow */
void put_flow(Json &ours, const Event &event, const Flow &flow, const InterfaceName &name)
{
	ours["variant"] = flow.variant;
	ours["category"] = category_name(flow.category);
	ours["by"] = by_name(flow.by);
	ours["confidence"] = flow.confidence;
	ours["decided_packet"] = flow.decided;
	ours["direction"] = direction_names(flow.direction);
	ours["verdict"] = verdict_name(flow.verdict);
	if (flow.would)
		ours["would"] = verdict_name(*flow.would);
	if (event.end)
		ours["end"] = end_name(*event.end);
	if (!event.rule_name.empty())
		ours["rule"] = event.rule_name;
	if (event.found)
		ours["content"] = found_json(*event.found);
	ours["flags"] = flow_flag_names(flow.flags);
	ours["bridge"] = name(flow.bridge);
	if (flow.session)
		ours["pppoe"] = flow.session;
}

void put_policy(Json &ours, const PolicyState &policy)
{
	ours["generation"] = policy.generation;
	ours["id"] = hex(policy.id);
	ours["mode"] = mode_name(policy.mode);
	ours["rules"] = policy.rules;
	ours["trial"] = policy.trial;
}

const char *lost_name(Lost::Why why)
{
	switch (why) {
	case Lost::Why::gap:
		return "gap";
	case Lost::Why::overrun:
		return "overrun";
	case Lost::Why::away:
		return "away";
	case Lost::Why::gateway:
		return "gateway";
	case Lost::Why::write:
		return "write";
	}
	return "";
}

Json number_or_null(std::uint64_t number)
{
	return number ? Json(number) : Json();
}

} // namespace

std::string eve_timestamp(std::uint64_t nanoseconds)
{
	const auto seconds = static_cast<std::time_t>(nanoseconds / second);
	std::tm local{};
	char date[32], zone[8];

	localtime_r(&seconds, &local);
	std::strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &local);
	std::strftime(zone, sizeof(zone), "%z", &local);
	return fmt::format("{}.{:06}{}", date, nanoseconds % second / 1000, zone);
}

Json eve_record(const Event &event, const InterfaceName &name)
{
	Json doc = head(event.time, event.type == KP2PADM_EVENT_FLOW ? "flow" : "policy");
	Json ours = { { "event", event_name(event.type) },
		      { "gateway", identity_text(event.gateway) },
		      { "seq", event.seq } };

	if (event.flow) {
		put_tuple(doc, event, *event.flow, name);
		if (event.type == KP2PADM_EVENT_FLOW)
			doc["flow"] = flow_counts(event, *event.flow);
		put_flow(ours, event, *event.flow, name);
	}
	if (event.policy) {
		ours["why"] = why_name(event.why);
		put_policy(ours, *event.policy);
	}
	if (event.helper)
		ours["helper"] = helper_name(*event.helper);
	doc["kp2padm"] = std::move(ours);
	return doc;
}

Json eve_record(const Lost &lost, std::uint64_t now)
{
	Json doc = head(now, "lost");

	doc["kp2padm"] = { { "reason", lost_name(lost.why) },
			   { "gateway", identity_text(lost.gateway) },
			   { "events", number_or_null(lost.events) },
			   { "after", lost.after },
			   { "before", number_or_null(lost.before) } };
	return doc;
}

std::string eve_line(const Json &record)
{
	return record.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

std::uint64_t eve_now()
{
	timespec now{};

	clock_gettime(CLOCK_REALTIME, &now);
	return static_cast<std::uint64_t>(now.tv_sec) * second +
	       static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace p2padm
