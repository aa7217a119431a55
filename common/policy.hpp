// SPDX-License-Identifier: GPL-2.0-only
/**
 * A policy, from its text to what the module is told.
 *
 * parse_policy() reads the text, compile_policy() makes of it what the core's
 * rules engine takes, policy_from_text() does both. docs/policy.md describes
 * the text. A text with any error in it is no policy at all.
 */
#ifndef P2PADM_COMMON_POLICY_HPP
#define P2PADM_COMMON_POLICY_HPP

#include <core/rules.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "content.hpp"
#include "gateway.hpp"
#include "problem.hpp"
#include "schedule.hpp"

namespace p2padm
{

/** Bytes that a policy's text may have */
inline constexpr std::size_t policy_text_max = 16 << 20;

/** Local ports and exempt MAC addresses that the module takes */
inline constexpr std::size_t policy_local_ports_max = KP2PADM_POLICY_LOCAL_PORTS_MAX;
inline constexpr std::size_t policy_exempt_macs_max = KP2PADM_POLICY_EXEMPT_MACS_MAX;

/** A text that is no policy. what() has a line for each problem, all of them. */
class PolicyError : public std::runtime_error
{
public:
	PolicyError(const std::string &file, std::vector<Problem> problems);

	const std::vector<Problem> &problems() const noexcept
	{
		return problems_;
	}

private:
	std::vector<Problem> problems_;
};

/** A [[rule]] */
struct PolicyRule {
	Place place;
	std::string name;
	p2p_rule core{}; ///< but for its schedule
	std::vector<p2p_prefix> hosts;
	When when;
};

/** A whole text. An array is no longer than the core or the ABI allows. */
struct Policy {
	std::uint8_t mode = KP2PADM_MODE_OBSERVE;
	std::uint8_t fallback = P2P_VERDICT_PASS; ///< "default"
	std::uint8_t helper_loss = KP2PADM_VERDICT_PASS;
	std::uint8_t conflict = KP2PADM_VERDICT_DROP;
	std::uint8_t unread = KP2PADM_VERDICT_PASS;
	std::string timezone; ///< "": the system's
	std::vector<std::string> local_ports;
	std::vector<p2p_prefix> local_prefixes;
	std::vector<p2p_prefix> exempt_prefixes;
	std::vector<std::uint16_t> exempt_ports;
	std::vector<std::array<std::uint8_t, 6>> exempt_macs;
	std::vector<PolicyRule> rules;
	ContentRules content;
};

/** Rules with the memory that they point into */
class RuleSet
{
public:
	RuleSet() = default;
	RuleSet(std::vector<p2p_rule> rules, std::vector<p2p_host> hosts);
	RuleSet(RuleSet &&) = default;
	RuleSet &operator=(RuleSet &&) = default;

	/** What is not an array may be set before p2p_rules_prepare() */
	p2p_rules &core()
	{
		return core_;
	}
	const p2p_rules &core() const
	{
		return core_;
	}

private:
	std::vector<p2p_rule> rules_;
	std::vector<p2p_host> hosts_;
	std::vector<std::uint16_t> general_;
	p2p_rules core_{};
};

/** What is installed */
struct CompiledPolicy {
	PolicyId id{};
	std::uint8_t mode = KP2PADM_MODE_OBSERVE;
	std::uint8_t helper_loss = KP2PADM_VERDICT_PASS;
	std::uint8_t conflict = KP2PADM_VERDICT_DROP;
	std::uint8_t unread = KP2PADM_VERDICT_PASS;
	RuleSet rules; ///< prepared
	std::vector<std::string> names; ///< of the rules
	std::vector<std::string> local_ports;
	std::vector<std::array<std::uint8_t, 6>> exempt_macs;
	std::vector<Moments> schedules;
	CompiledContent content;
	std::vector<std::string> content_names; ///< of the content rules

	/** A bit for each schedule that holds at @p time, as p2p_rules_judge() takes it */
	std::uint64_t active(std::time_t time) const;

	/** The last moment of the schedule that is told for the shortest time, UTC */
	std::optional<std::int64_t> until() const;
};

/** Read a text. Where @p problems has errors then, the result is not whole. */
Policy parse_policy(std::string_view text, Problems &problems);

/**
 * Make of @p policy what is installed, but for the id
 *
 * Schedules are told from shortly before @p now for schedule_days.
 */
CompiledPolicy compile_policy(const Policy &policy, std::time_t now, Problems &problems);

/**
 * Both, and the id
 *
 * @param file names the text in errors
 * @param warnings gets what should be known of a policy that is a good one
 * @throw PolicyError
 */
CompiledPolicy policy_from_text(std::string_view text, const std::string &file,
				std::time_t now, std::vector<Problem> &warnings);

/** SHA-256 of a text */
PolicyId policy_id(std::string_view text);

} // namespace p2padm

#endif
