// SPDX-License-Identifier: GPL-2.0-only
/** What the module tells the group "events". */
#ifndef P2PADM_COMMON_EVENT_HPP
#define P2PADM_COMMON_EVENT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway.hpp"
#include "netlink.hpp"

namespace p2padm
{

/** A file or message, and the content rule that it met */
struct Found {
	std::string rule_name;
	std::uint8_t verdict = KP2PADM_VERDICT_PASS;
	bool observes = false; ///< the rule; it decided nothing
	std::uint8_t facts = 0; ///< enum kp2padm_fact
	std::uint8_t kind = KP2PADM_ID_NONE; ///< enum kp2padm_id
	std::vector<std::uint8_t> id;
};

/** One event; what its kind does not tell is absent or 0 */
struct Event {
	std::uint64_t gateway = 0; ///< its identity: whose number this is
	std::uint64_t seq = 0;
	std::uint64_t time = 0; ///< UTC, nanoseconds
	std::uint8_t type = 0;	///< enum kp2padm_event
	std::optional<Flow> flow{};
	std::uint64_t flow_id = 0;
	std::uint32_t in = 0; ///< interface index; 0: not said
	std::string rule_name{};
	std::optional<Found> found{};
	std::optional<PolicyState> policy{};
	std::uint8_t why = 0; ///< enum kp2padm_why
	std::optional<std::uint8_t> end{}; ///< enum kp2padm_end
	std::optional<std::uint8_t> helper{}; ///< enum kp2padm_helper
};

/** @throw SystemError when a part cannot be read */
Event parse_event(const netlink::Attributes &a);

/** As a policy has it: "urn:btih:" and hexadecimal digits; "": it is not known */
std::string id_text(const Found &found);

/** Names as EVE records and the CLI write them */
std::string event_name(std::uint8_t type);
std::string why_name(std::uint8_t why);
std::string end_name(std::uint8_t end);

} // namespace p2padm

#endif
