// SPDX-License-Identifier: GPL-2.0-only
/** Rules in words: what they ask, and why one does not match a flow. */
#ifndef P2PADM_CTL_EXPLAIN_HPP
#define P2PADM_CTL_EXPLAIN_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "policy.hpp"

namespace p2padm
{

/** What a rule makes of a flow */
enum class Match { no, open, yes };

struct Step {
	std::uint32_t rule;
	Match match;
	std::string why; ///< "" when it matches
};

/** A flow at a moment */
struct Question {
	p2p_subject subject;
	std::uint64_t active; ///< schedules that hold
};

/** Each rule up to the one that decides, or all when the default does */
std::vector<Step> explain(const p2p_rules &rules, const Question &question,
			  const p2p_ruling &ruling);

/** "10.1.0.0/16" */
std::string to_string(const p2p_prefix &prefix);
/** Of bits, with commas between */
std::string app_names(const p2p_rule &rule);
std::string category_names(std::uint8_t categories);
std::string direction_list(std::uint8_t directions);
std::string vlan_ranges(const p2p_rule &rule);
/** "drop", "would drop", "" where it has none, and modifiers */
std::string action(const p2p_rule &rule);

} // namespace p2padm

#endif
