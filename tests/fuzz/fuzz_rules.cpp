// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_rules_prepare(), and p2p_rules_judge() of what it takes:
// rules 1 | hosts 1 | counts 5 | rules | hosts | local and exempt prefixes | flows
#include <algorithm>
#include <cstring>

#include "core/rules.h"
#include "input.h"

using namespace p2p;

namespace {

template <typename T> void fill(Input &in, T &to)
{
	const auto bytes = in.take(sizeof(T));

	std::memset(static_cast<void *>(&to), 0, sizeof(T));
	std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t *>(&to));
}

void judge(Input &in, const p2p_rules &rules)
{
	p2p_subject subject{};
	p2p_ruling ruling;
	p2p_key key;

	fill(in, key);
	subject.key = &key;
	subject.first = in.u8() & 1;
	subject.decided = in.u8() & 1;
	subject.app = in.u8() % P2P_APP_COUNT;
	subject.confidence = in.u8();
	subject.local = in.u8();
	p2p_rules_judge(&rules, in.u16(), &subject, &ruling);
	MUST(ruling.verdict <= P2P_VERDICT_RESET && ruling.would <= P2P_VERDICT_RESET);
	MUST(ruling.rule == P2P_NO_RULE || ruling.rule < rules.n);
	MUST(ruling.would_rule == P2P_NO_RULE || ruling.would_rule < rules.n);
	for (const auto setter : ruling.setter)
		MUST(setter == P2P_NO_RULE || setter < rules.n);
	MUST(!ruling.open || ruling.verdict == P2P_VERDICT_PASS);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	std::vector<p2p_rule> rule(in.u8() % 32);
	std::vector<p2p_host> host(in.u8() % 64);
	std::vector<std::uint16_t> general(rule.size());
	p2p_rules rules{};
	std::uint32_t at = 0;

	rules.rule = rule.data();
	rules.n = std::uint32_t(rule.size());
	rules.host = host.data();
	rules.hosts = std::uint32_t(host.size());
	rules.general = general.data();
	rules.schedules = in.u8();
	rules.fallback = in.u8();
	rules.local.n = in.u8() % 4;
	rules.exempt.n = in.u8() % 4;
	rules.exempt_ports = in.u8() % 4;
	for (auto &r : rule)
		fill(in, r);
	for (auto &h : host)
		fill(in, h);
	/* one time in two they are in order, or few would be taken */
	if (in.u8() & 1)
		std::sort(host.begin(), host.end(),
			  [](const auto &a, const auto &b) { return p2p_host_compare(&a, &b) < 0; });
	for (auto *set : {&rules.local, &rules.exempt})
		for (std::uint32_t i = 0; i < set->n; i++)
			fill(in, set->prefix[i]);
	for (std::uint32_t i = 0; i < rules.exempt_ports; i++)
		rules.exempt_port[i] = in.u16();
	if (p2p_rules_prepare(&rules, &at) != P2P_RULES_OK) {
		MUST(at <= std::max(rules.n, rules.hosts));
		return 0;
	}
	for (int i = 0; i < 4; i++)
		judge(in, rules);
	return 0;
}
