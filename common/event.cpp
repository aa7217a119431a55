// SPDX-License-Identifier: GPL-2.0-only
#include "event.hpp"

#include <fmt/format.h>

#include "netlink_gateway.hpp"

namespace p2padm
{

using netlink::Attributes;

namespace
{

Found parse_found(const Attributes &a)
{
	Found f;

	f.rule_name = a.string(KP2PADM_A_FOUND_RULE_NAME);
	f.verdict = a.value<std::uint8_t>(KP2PADM_A_FOUND_VERDICT);
	f.observes = a[KP2PADM_A_FOUND_OBSERVE];
	f.facts = a.value<std::uint8_t>(KP2PADM_A_FOUND_FACTS);
	f.kind = a.value<std::uint8_t>(KP2PADM_A_FOUND_KIND);
	f.id = a.array<std::uint8_t>(KP2PADM_A_FOUND_ID);
	return f;
}

std::string urn_of(std::uint8_t kind)
{
	switch (static_cast<kp2padm_id>(kind)) {
	case KP2PADM_ID_NONE:
		return "";
	case KP2PADM_ID_INFOHASH:
		return "urn:btih:";
	case KP2PADM_ID_ED2K:
		return "urn:ed2k:";
	case KP2PADM_ID_SHA1:
		return "urn:sha1:";
	case KP2PADM_ID_TTH:
		return "urn:tree:tiger:";
	}
	return fmt::format("id-{}:", kind);
}

} // namespace

Event parse_event(const Attributes &a)
{
	Event e;

	e.gateway = a.value<std::uint64_t>(KP2PADM_A_EVENT_GATEWAY);
	e.seq = a.value<std::uint64_t>(KP2PADM_A_EVENT_SEQ);
	e.time = a.value<std::uint64_t>(KP2PADM_A_EVENT_TIME);
	e.type = a.value<std::uint8_t>(KP2PADM_A_EVENT_TYPE);
	if (nlattr *flow = a[KP2PADM_A_EVENT_FLOW])
		e.flow = parse_flow(Attributes(flow, KP2PADM_A_FLOW_MAX));
	e.flow_id = a.value<std::uint64_t>(KP2PADM_A_EVENT_FLOW_ID);
	e.in = a.value<std::uint32_t>(KP2PADM_A_EVENT_IN);
	e.rule_name = a.string(KP2PADM_A_EVENT_RULE_NAME);
	if (nlattr *found = a[KP2PADM_A_EVENT_FOUND])
		e.found = parse_found(Attributes(found, KP2PADM_A_FOUND_MAX));
	if (nlattr *policy = a[KP2PADM_A_EVENT_POLICY])
		e.policy = parse_policy_state(Attributes(policy, KP2PADM_A_POLICY_MAX));
	e.why = a.value<std::uint8_t>(KP2PADM_A_EVENT_WHY);
	e.end = a.maybe<std::uint8_t>(KP2PADM_A_EVENT_END);
	e.helper = a.maybe<std::uint8_t>(KP2PADM_A_EVENT_HELPER);
	return e;
}

std::string id_text(const Found &found)
{
	std::string out = urn_of(found.kind);

	for (const auto byte : found.id)
		out += fmt::format("{:02x}", byte);
	return out;
}

std::string event_name(std::uint8_t type)
{
	switch (static_cast<kp2padm_event>(type)) {
	case KP2PADM_EVENT_FLOW:
		return "flow";
	case KP2PADM_EVENT_VERDICT:
		return "verdict";
	case KP2PADM_EVENT_POLICY:
		return "policy";
	case KP2PADM_EVENT_HELPER:
		return "helper";
	}
	return fmt::format("event-{}", type);
}

std::string why_name(std::uint8_t why)
{
	switch (static_cast<kp2padm_why>(why)) {
	case KP2PADM_WHY_COMMIT:
		return "commit";
	case KP2PADM_WHY_CONFIRM:
		return "confirm";
	case KP2PADM_WHY_REVERT:
		return "revert";
	case KP2PADM_WHY_SCHEDULE:
		return "schedule";
	}
	return fmt::format("why-{}", why);
}

std::string end_name(std::uint8_t end)
{
	switch (static_cast<kp2padm_end>(end)) {
	case KP2PADM_END_TIMEOUT:
		return "timeout";
	case KP2PADM_END_CLOSED:
		return "closed";
	case KP2PADM_END_EVICTED:
		return "evicted";
	case KP2PADM_END_REUSED:
		return "reused";
	}
	return fmt::format("end-{}", end);
}

} // namespace p2padm
