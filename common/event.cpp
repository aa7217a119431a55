// SPDX-License-Identifier: GPL-2.0-only
#include "event.hpp"

#include <fmt/format.h>

#include "netlink_gateway.hpp"

namespace p2padm
{

using netlink::Attributes;

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
	if (nlattr *policy = a[KP2PADM_A_EVENT_POLICY])
		e.policy = parse_policy_state(Attributes(policy, KP2PADM_A_POLICY_MAX));
	e.why = a.value<std::uint8_t>(KP2PADM_A_EVENT_WHY);
	e.end = a.maybe<std::uint8_t>(KP2PADM_A_EVENT_END);
	e.helper = a.maybe<std::uint8_t>(KP2PADM_A_EVENT_HELPER);
	return e;
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
