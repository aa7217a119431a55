// SPDX-License-Identifier: GPL-2.0-only
#include "policy.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "text.hpp"

namespace p2padm
{

namespace
{

constexpr std::int64_t seconds_a_day = 24 * 3600;

std::string all_lines(const std::string &file, const std::vector<Problem> &problems)
{
	std::string out;

	for (const auto &problem : problems)
		out += (out.empty() ? "" : "\n") + to_string(file, problem);
	return out;
}

void error(Problems &problems, const PolicyRule &rule, const std::string &reason)
{
	problems.errors.push_back({ rule.place, fmt::format("rule '{}': {}", rule.name, reason) });
}

/** Numbers of schedules, from 1 on; the same for rules that hold at the same times */
class Schedules
{
public:
	Schedules(const Policy &policy, std::time_t now)
		: clock_(policy.timezone, now - seconds_a_day,
			 now + schedule_days * seconds_a_day)
	{
	}

	/** 0 when it always holds */
	std::uint16_t number(const When &when)
	{
		if (when.always())
			return 0;
		const auto next = static_cast<std::uint16_t>(moments_.size() + 1);
		const auto [at, fresh] = numbers_.try_emplace(when, next);
		if (fresh)
			moments_.push_back(schedule_moments(when, clock_));
		return at->second;
	}
	std::vector<Moments> take()
	{
		return std::move(moments_);
	}

private:
	ZoneClock clock_;
	std::map<When, std::uint16_t> numbers_;
	std::vector<Moments> moments_;
};

void compile_rules(const Policy &policy, std::time_t now, CompiledPolicy &out,
		   std::vector<p2p_rule> &rules, Problems &problems)
{
	Schedules schedules(policy, now);

	for (const auto &rule : policy.rules) {
		out.names.push_back(rule.name);
		rules.push_back(rule.core);
		rules.back().schedule = schedules.number(rule.when);
		if (rules.back().schedule > P2P_SCHEDULES_MAX) {
			error(problems, rule,
			      fmt::format("more than {} different schedules",
					  static_cast<int>(P2P_SCHEDULES_MAX)));
			return;
		}
	}
	out.schedules = schedules.take();
}

bool before(const p2p_host &a, const p2p_host &b)
{
	return p2p_host_compare(&a, &b) < 0;
}

bool same(const p2p_host &a, const p2p_host &b)
{
	return p2p_host_compare(&a, &b) == 0;
}

/** In the core's order, none twice */
std::vector<p2p_host> compile_hosts(const Policy &policy, Problems &problems)
{
	std::vector<p2p_host> hosts;

	for (std::size_t i = 0; i < policy.rules.size(); i++) {
		const PolicyRule &rule = policy.rules[i];

		if (hosts.size() + rule.hosts.size() > P2P_HOSTS_MAX) {
			error(problems, rule,
			      fmt::format("more than {} hosts in all rules together",
					  static_cast<int>(P2P_HOSTS_MAX)));
			return {};
		}
		for (const auto &prefix : rule.hosts)
			hosts.push_back({ prefix, static_cast<std::uint16_t>(i) });
	}
	std::sort(hosts.begin(), hosts.end(), before);
	hosts.erase(std::unique(hosts.begin(), hosts.end(), same), hosts.end());
	return hosts;
}

void compile_content_rules(const Policy &policy, CompiledPolicy &out, Problems &problems)
{
	if (!problems.errors.empty())
		return;
	out.content = compile_content(policy.content, problems);
	for (const auto &rule : policy.content.rules)
		out.content_names.push_back(rule.name);
}

void fill_set(p2p_set &set, const std::vector<p2p_prefix> &prefixes)
{
	std::copy(prefixes.begin(), prefixes.end(), set.prefix);
	set.n = static_cast<std::uint32_t>(prefixes.size());
}

/** The rule that the core means by number @p at */
const PolicyRule *culprit(const Policy &policy, const p2p_rules &core, p2p_rules_error error,
			  std::uint32_t at)
{
	switch (error) {
	case P2P_RULES_FIELD:
	case P2P_RULES_EMPTY:
		return at < policy.rules.size() ? &policy.rules[at] : nullptr;
	case P2P_RULES_PREFIX:
	case P2P_RULES_ORDER:
	case P2P_RULES_HOST:
	case P2P_RULES_LENGTHS:
		return &policy.rules[core.host[at].rule];
	case P2P_RULES_OK:
	case P2P_RULES_TOO_MANY:
	case P2P_RULES_SET:
		break;
	}
	return nullptr;
}

void prepare(const Policy &policy, p2p_rules &core, Problems &problems)
{
	std::uint32_t at = 0;
	const p2p_rules_error wrong = p2p_rules_prepare(&core, &at);

	if (wrong == P2P_RULES_OK)
		return;
	if (const PolicyRule *rule = culprit(policy, core, wrong, at))
		error(problems, *rule, p2p_rules_error_text(wrong));
	else
		problems.errors.push_back({ {}, p2p_rules_error_text(wrong) });
}

} // namespace

std::string to_string(const std::string &file, const Problem &problem)
{
	const auto &[line, column] = problem.place;
	std::string where = escape(file);

	if (line)
		where += fmt::format(":{}:{}", line, column);
	return where + ": " + escape(problem.reason);
}

PolicyError::PolicyError(const std::string &file, std::vector<Problem> problems)
	: std::runtime_error(all_lines(file, problems)), problems_(std::move(problems))
{
}

RuleSet::RuleSet(std::vector<p2p_rule> rules, std::vector<p2p_host> hosts)
	: rules_(std::move(rules)), hosts_(std::move(hosts)), general_(rules_.size())
{
	core_.rule = rules_.data();
	core_.n = static_cast<std::uint32_t>(rules_.size());
	core_.host = hosts_.data();
	core_.hosts = static_cast<std::uint32_t>(hosts_.size());
	core_.general = general_.data();
}

std::uint64_t CompiledPolicy::active(std::time_t time) const
{
	std::uint64_t bits = 0;

	for (std::size_t i = 0; i < schedules.size(); i++)
		if (holds_at(schedules[i], time))
			bits |= std::uint64_t{ 1 } << i;
	return bits;
}

std::optional<std::int64_t> CompiledPolicy::until() const
{
	std::optional<std::int64_t> first;

	for (const auto &moments : schedules)
		if (!first || moments.back() < *first)
			first = moments.back();
	return first;
}

CompiledPolicy compile_policy(const Policy &policy, std::time_t now, Problems &problems)
{
	CompiledPolicy out;
	std::vector<p2p_rule> rules;

	out.mode = policy.mode;
	out.helper_loss = policy.helper_loss;
	out.conflict = policy.conflict;
	out.unread = policy.unread;
	out.local_ports = policy.local_ports;
	out.exempt_macs = policy.exempt_macs;
	compile_rules(policy, now, out, rules, problems);
	auto hosts = compile_hosts(policy, problems);
	if (!problems.errors.empty())
		return out;

	out.rules = RuleSet(std::move(rules), std::move(hosts));
	p2p_rules &core = out.rules.core();
	core.schedules = static_cast<std::uint32_t>(out.schedules.size());
	core.fallback = policy.fallback;
	fill_set(core.local, policy.local_prefixes);
	fill_set(core.exempt, policy.exempt_prefixes);
	std::copy(policy.exempt_ports.begin(), policy.exempt_ports.end(), core.exempt_port);
	core.exempt_ports = static_cast<std::uint32_t>(policy.exempt_ports.size());
	prepare(policy, core, problems);
	compile_content_rules(policy, out, problems);
	return out;
}

CompiledPolicy policy_from_text(std::string_view text, const std::string &file,
				std::time_t now, std::vector<Problem> &warnings)
{
	Problems problems;
	const Policy policy = parse_policy(text, problems);
	CompiledPolicy compiled;

	if (problems.errors.empty())
		compiled = compile_policy(policy, now, problems);
	if (!problems.errors.empty())
		throw PolicyError(file, std::move(problems.errors));
	compiled.id = policy_id(text);
	warnings = std::move(problems.warnings);
	return compiled;
}

PolicyId policy_id(std::string_view text)
{
	PolicyId id{};

	if (!EVP_Digest(text.data(), text.size(), id.data(), nullptr, EVP_sha256(), nullptr))
		throw std::runtime_error("SHA-256 is not to be had from libcrypto");
	return id;
}

} // namespace p2padm
