// SPDX-License-Identifier: GPL-2.0-only
//
// core/rules.c against a plain reading of what rules.h promises: no index, no
// early end, each rule looked at by itself.
#include <core/rules.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <tuple>
#include <vector>

namespace
{

/** Rules and the memory they lie in */
struct Rules {
	std::vector<p2p_rule> rule;
	std::vector<p2p_host> host;
	std::vector<std::uint16_t> general;
	p2p_rules core{};

	p2p_rules_error prepare(std::uint32_t *at = nullptr)
	{
		std::uint32_t where;

		std::sort(host.begin(), host.end(), [](const auto &a, const auto &b) {
			return p2p_host_compare(&a, &b) < 0;
		});
		host.erase(std::unique(host.begin(), host.end(),
				       [](const auto &a, const auto &b) {
					       return p2p_host_compare(&a, &b) == 0;
				       }),
			   host.end());
		return prepare_as_is(at ? at : &where);
	}
	p2p_rules_error prepare_as_is(std::uint32_t *at)
	{
		general.resize(rule.size() + 1);
		core.rule = rule.data();
		core.n = static_cast<std::uint32_t>(rule.size());
		core.host = host.data();
		core.hosts = static_cast<std::uint32_t>(host.size());
		core.general = general.data();
		return p2p_rules_prepare(&core, at);
	}
};

p2p_rule verdict_rule(std::uint8_t verdict)
{
	p2p_rule rule{};

	rule.verdict = verdict;
	return rule;
}

p2p_prefix prefix(std::uint8_t family, std::uint8_t len, std::vector<std::uint8_t> bytes)
{
	p2p_prefix out{ family, len, {} };

	std::copy(bytes.begin(), bytes.end(), out.addr);
	p2p_prefix_mask(&out);
	return out;
}

p2p_key key_v4(std::array<std::uint8_t, 4> a, std::array<std::uint8_t, 4> b, std::uint16_t vid = 0)
{
	p2p_key key{};

	key.family = 4;
	key.l4 = P2P_TCP;
	key.vid = vid;
	std::memcpy(&key.addr.v4[0], a.data(), 4);
	std::memcpy(&key.addr.v4[1], b.data(), 4);
	return key;
}

// -- the plain reading ---------------------------------------------------------

bool inside(const p2p_prefix &prefix, const p2p_key &key, unsigned end)
{
	const std::uint8_t *addr = key.family == 4 ?
					   reinterpret_cast<const std::uint8_t *>(&key.addr.v4[end]) :
					   key.addr.v6[end];

	if (prefix.family != key.family)
		return false;
	for (unsigned bit = 0; bit < prefix.len; bit++)
		if ((addr[bit / 8] ^ prefix.addr[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

bool inside_any(const p2p_set &set, const p2p_key &key, unsigned end)
{
	return std::any_of(set.prefix, set.prefix + set.n,
			   [&](const p2p_prefix &p) { return inside(p, key, end); });
}

unsigned direction(const p2p_rules &rules, const p2p_subject &s)
{
	const bool from = (s.local & 1) || inside_any(rules.local, *s.key, s.first);
	const bool to = (s.local & 2) || inside_any(rules.local, *s.key, !s.first);

	if (from && to)
		return P2P_DIR_LOCAL;
	if (from)
		return P2P_DIR_OUT;
	return to ? P2P_DIR_IN : P2P_DIR_TRANSIT;
}

/** Yes, no, or nothing: it depends on what the flow turns out to be */
std::optional<bool> holds(const Rules &all, std::size_t n, std::uint64_t active,
			  const p2p_subject &s)
{
	const p2p_rule &r = all.rule[n];
	bool named = false, met = false, vlan = r.vlans == 0;

	for (const auto &h : all.host)
		if (h.rule == n) {
			named = true;
			met = met || inside(h.prefix, *s.key, 0) || inside(h.prefix, *s.key, 1);
		}
	for (unsigned i = 0; i < r.vlans; i++)
		vlan = vlan || (r.vlan[i].first <= s.key->vid && s.key->vid <= r.vlan[i].last);
	if ((named && !met) || !vlan)
		return false;
	if (r.schedule && !(active >> (r.schedule - 1) & 1))
		return false;
	// with a receiver that may be anywhere: what both places say, if they say the same
	if (s.local & 4) {
		p2p_subject here = s, there = s;
		here.local = (s.local & 1) | 2;
		there.local = s.local & 3;
		const auto a = holds(all, n, active, here), b = holds(all, n, active, there);
		return a == b ? a : std::nullopt;
	}
	if (r.directions && !(r.directions & direction(all.core, s)))
		return false;

	const bool any_app = !r.apps[0] && !r.apps[1];
	if (any_app && !r.categories && !r.confidence && r.encrypted == P2P_ANY)
		return true;
	if (!s.decided)
		return std::nullopt;
	if (!any_app && !(r.apps[s.app / 64] >> s.app % 64 & 1))
		return false;
	if (r.categories && !(r.categories >> p2p_app_category(s.app) & 1))
		return false;
	if (s.confidence < r.confidence)
		return false;
	if (r.encrypted != P2P_ANY && s.encrypted == P2P_ANY)
		return std::nullopt;
	return r.encrypted == P2P_ANY || r.encrypted == s.encrypted;
}

p2p_ruling reading(const Rules &all, std::uint64_t active, const p2p_subject &s)
{
	p2p_ruling out{};
	bool decided = false, tried = false;
	std::array<bool, P2P_MODIFIERS> set{};

	out.rule = out.would_rule = P2P_NO_RULE;
	std::fill(std::begin(out.setter), std::end(out.setter), P2P_NO_RULE);
	out.exempt = s.exempt || inside_any(all.core.exempt, *s.key, 0) ||
		     inside_any(all.core.exempt, *s.key, 1);
	for (unsigned i = 0; i < all.core.exempt_ports; i++)
		for (const auto port : s.key->port)
			if (__builtin_bswap16(port) == all.core.exempt_port[i])
				out.exempt = true;
	if (out.exempt)
		return out;
	for (std::size_t n = 0; n < all.rule.size(); n++) {
		const p2p_rule &r = all.rule[n];
		const auto met = holds(all, n, active, s);
		const auto number = static_cast<std::uint16_t>(n);

		if (met && !*met)
			continue;
		if (r.observes) {
			// only what comes before the deciding rule would have decided
			if (r.verdict != P2P_VERDICT_NONE && !decided && !tried) {
				tried = true;
				if (met) {
					out.would = r.verdict;
					out.would_rule = number;
				}
			}
			continue;
		}
		if (r.verdict != P2P_VERDICT_NONE && !decided) {
			decided = true;
			if (met) {
				out.verdict = r.verdict;
				out.rule = number;
			} else {
				out.open = true;
			}
		}
		for (unsigned m = 0; m < P2P_MODIFIERS; m++) {
			if (!(r.sets >> m & 1) || set[m])
				continue;
			set[m] = true;
			if (!met)
				continue;
			out.setter[m] = number;
			out.sets |= 1 << m;
			out.values |= r.values & (1 << m);
		}
	}
	if (!decided && all.core.fallback != P2P_VERDICT_PASS) {
		if (!s.decided)
			out.open = true;
		else if (p2p_app_category(s.app) != P2P_CATEGORY_NONE)
			out.verdict = all.core.fallback;
	}
	return out;
}

// -- drawing -------------------------------------------------------------------

class Draw
{
public:
	explicit Draw(unsigned seed) : rng_(seed)
	{
	}
	unsigned below(unsigned n)
	{
		return static_cast<unsigned>(rng_() % n);
	}
	bool often(unsigned percent)
	{
		return below(100) < percent;
	}
	/** A few addresses close together, so that prefixes meet them */
	std::vector<std::uint8_t> address(std::uint8_t family)
	{
		std::vector<std::uint8_t> out(family == 4 ? 4 : 16);

		out[0] = 10;
		out[1] = static_cast<std::uint8_t>(below(3));
		out[family == 4 ? 2 : 7] = static_cast<std::uint8_t>(below(3) << 6);
		out.back() = static_cast<std::uint8_t>(below(4));
		return out;
	}
	p2p_prefix prefix()
	{
		static constexpr std::uint8_t lengths4[] = { 0, 8, 15, 16, 18, 24, 31, 32 };
		static constexpr std::uint8_t lengths6[] = { 0, 12, 16, 58, 64, 127, 128 };
		const std::uint8_t family = often(60) ? 4 : 6;

		return ::prefix(family, family == 4 ? lengths4[below(8)] : lengths6[below(7)],
				address(family));
	}
	p2p_rule rule(unsigned schedules)
	{
		p2p_rule r{};

		if (often(30))
			r.apps[0] = 1 + below((1u << P2P_APP_COUNT) - 1);
		if (often(20))
			r.categories = static_cast<std::uint8_t>(1 + below(7));
		if (often(25))
			r.directions = static_cast<std::uint8_t>(1 + below(15));
		if (often(15))
			r.confidence = static_cast<std::uint8_t>(below(101));
		if (often(15))
			r.encrypted = static_cast<std::uint8_t>(below(3));
		if (often(25))
			r.vlans = static_cast<std::uint8_t>(1 + below(3));
		for (unsigned i = 0; i < r.vlans; i++)
			r.vlan[i].last = static_cast<std::uint16_t>((r.vlan[i].first = below(5)) + below(3));
		if (often(25))
			r.schedule = static_cast<std::uint16_t>(below(schedules + 1));
		r.verdict = static_cast<std::uint8_t>(often(70) ? below(3) : unsigned{ P2P_VERDICT_NONE });
		if (r.verdict == P2P_VERDICT_NONE || often(20)) {
			r.sets = static_cast<std::uint8_t>(1 + below((1 << P2P_MODIFIERS) - 1));
			r.values = static_cast<std::uint8_t>(r.sets & below(8));
		}
		r.observes = often(20);
		return r;
	}
	Rules rules()
	{
		Rules all;

		all.core.schedules = 3;
		all.core.fallback = static_cast<std::uint8_t>(below(3));
		for (auto *set : { &all.core.local, &all.core.exempt })
			for (set->n = below(3); auto &p : std::span(set->prefix, set->n))
				p = prefix();
		if (often(80))
			all.core.exempt.n = 0;
		if (often(10))
			all.core.exempt_port[all.core.exempt_ports++] = static_cast<std::uint16_t>(1 + below(3));
		for (unsigned n = below(often(20) ? 60 : 8); n > 0; n--) {
			all.rule.push_back(rule(all.core.schedules));
			for (unsigned h = often(50) ? below(4) : 0; h > 0; h--)
				all.host.push_back({ prefix(), static_cast<std::uint16_t>(all.rule.size() - 1) });
		}
		return all;
	}
	p2p_key key()
	{
		p2p_key key{};
		key.family = often(60) ? 4 : 6;
		key.l4 = P2P_UDP;
		key.vid = static_cast<std::uint16_t>(below(8));
		for (unsigned end = 0; end < 2; end++) {
			const auto addr = address(key.family);

			std::memcpy(key.family == 4 ? static_cast<void *>(&key.addr.v4[end]) : key.addr.v6[end],
				    addr.data(), addr.size());
			key.port[end] = __builtin_bswap16(static_cast<std::uint16_t>(1 + below(20)));
		}
		return key;
	}
	p2p_subject subject(const p2p_key &key)
	{
		p2p_subject s{};
		s.key = &key;
		s.first = below(2);
		s.decided = often(70);
		s.app = s.decided ? static_cast<std::uint8_t>(below(P2P_APP_COUNT)) : 0;
		s.confidence = static_cast<std::uint8_t>(s.app ? below(101) : 0);
		s.encrypted = static_cast<std::uint8_t>(below(3));
		s.local = static_cast<std::uint8_t>(often(30) ? below(8) : 0);
		s.exempt = often(2);
		return s;
	}

private:
	std::mt19937 rng_;
};

TEST(Rules, JudgeAsTheyRead)
{
	constexpr unsigned seed = 20070326;
	Draw draw(seed);
	std::array<unsigned, 3> verdicts{};
	unsigned open = 0, would = 0, sets = 0, cases = 0;

	for (unsigned policy = 0; policy < 20000; policy++) {
		Rules all = draw.rules();
		ASSERT_EQ(all.prepare(), P2P_RULES_OK) << "seed " << seed << ", policy " << policy;
		for (unsigned i = 0; i < 12; i++, cases++) {
			const p2p_key key = draw.key();
			const p2p_subject s = draw.subject(key);
			const std::uint64_t active = draw.below(8);
			const p2p_ruling want = reading(all, active, s);
			p2p_ruling got;

			p2p_rules_judge(&all.core, active, &s, &got);
			ASSERT_EQ(std::tie(got.verdict, got.open, got.exempt, got.would, got.rule, got.would_rule),
				  std::tie(want.verdict, want.open, want.exempt, want.would, want.rule, want.would_rule))
				<< "seed " << seed << ", policy " << policy << ", flow " << i;
			ASSERT_EQ(std::tie(got.sets, got.values, got.setter[0], got.setter[1], got.setter[2]),
				  std::tie(want.sets, want.values, want.setter[0], want.setter[1], want.setter[2]))
				<< "seed " << seed << ", policy " << policy << ", flow " << i;
			verdicts.at(got.verdict)++;
			open += got.open;
			would += got.would_rule != P2P_NO_RULE;
			sets += got.sets != 0;
		}
	}
	// the cases are worth something
	EXPECT_GE(cases, 200000u);
	for (const unsigned n : { verdicts[0], verdicts[1], verdicts[2], open, would, sets })
		EXPECT_GT(n, cases / 50);
}

TEST(Rules, TenThousandAboutHostsAreFoundByTheirHosts)
{
	Rules all;

	for (unsigned n = 0; n < 10000; n++) {
		all.rule.push_back(verdict_rule(n % 2 ? P2P_VERDICT_DROP : P2P_VERDICT_RESET));
		all.host.push_back({ prefix(4, 32, { 10, 1, static_cast<std::uint8_t>(n >> 8),
						     static_cast<std::uint8_t>(n) }),
				     static_cast<std::uint16_t>(n) });
	}
	ASSERT_EQ(all.prepare(), P2P_RULES_OK);
	EXPECT_EQ(all.core.generals, 0u);
	EXPECT_EQ(all.core.lengths, 1u);
	for (const unsigned n : { 0u, 1u, 4999u, 9999u }) {
		const p2p_key key = key_v4({ 10, 1, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n) },
					   { 192, 0, 2, 1 });
		p2p_subject s{};
		p2p_ruling got;

		s.key = &key;
		p2p_rules_judge(&all.core, 0, &s, &got);
		EXPECT_EQ(got.rule, n);
	}
}

struct Refusal {
	const char *what;
	p2p_rules_error error;
	std::uint32_t at;
	void (*spoil)(Rules &);
};

const Refusal refusals[] = {
	{ "confidence", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].confidence = 101; } },
	{ "encrypted", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].encrypted = 3; } },
	{ "verdict", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].verdict = 4; } },
	{ "vlans", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].vlans = P2P_RULE_VLANS + 1; } },
	{ "a range backwards", P2P_RULES_FIELD, 1,
	  [](Rules &r) { r.rule[1].vlans = 1, r.rule[1].vlan[0] = { 2, 1 }; } },
	{ "VLAN 4095", P2P_RULES_FIELD, 1,
	  [](Rules &r) { r.rule[1].vlans = 1, r.rule[1].vlan[0] = { 1, 4095 }; } },
	{ "schedule", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].schedule = 1; } },
	{ "modifier", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].sets = 1 << P2P_MODIFIERS; } },
	{ "value of none", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].values = 1; } },
	{ "mark", P2P_RULES_FIELD, 1, [](Rules &r) { r.rule[1].mark = 1; } },
	{ "default", P2P_RULES_FIELD, 0, [](Rules &r) { r.core.fallback = P2P_VERDICT_NONE; } },
	{ "port 0", P2P_RULES_FIELD, 0, [](Rules &r) { r.core.exempt_ports = 1; } },
	{ "nothing said", P2P_RULES_EMPTY, 1, [](Rules &r) { r.rule[1].verdict = P2P_VERDICT_NONE; } },
	{ "family", P2P_RULES_PREFIX, 0, [](Rules &r) { r.host[0].prefix.family = 5; } },
	{ "length", P2P_RULES_PREFIX, 0, [](Rules &r) { r.host[0].prefix.len = 33; } },
	{ "bits behind", P2P_RULES_PREFIX, 0, [](Rules &r) { r.host[0].prefix.addr[3] = 1; } },
	{ "an IPv4 address of 5 bytes", P2P_RULES_PREFIX, 1, [](Rules &r) { r.host[1].prefix.addr[4] = 1; } },
	{ "rule", P2P_RULES_HOST, 1, [](Rules &r) { r.host[1].rule = 2; } },
	{ "order", P2P_RULES_ORDER, 1, [](Rules &r) { std::swap(r.host[0], r.host[1]); } },
	{ "twice", P2P_RULES_ORDER, 1, [](Rules &r) { r.host[1] = r.host[0]; } },
	{ "schedules", P2P_RULES_TOO_MANY, 0, [](Rules &r) { r.core.schedules = P2P_SCHEDULES_MAX + 1; } },
	{ "ports", P2P_RULES_TOO_MANY, 0, [](Rules &r) { r.core.exempt_ports = P2P_PORTS_MAX + 1; } },
	{ "local prefixes", P2P_RULES_TOO_MANY, 0, [](Rules &r) { r.core.local.n = P2P_PREFIXES_MAX + 1; } },
	{ "exempt prefixes", P2P_RULES_TOO_MANY, 0, [](Rules &r) { r.core.exempt.n = P2P_PREFIXES_MAX + 1; } },
	{ "a local prefix that is none", P2P_RULES_SET, 0, [](Rules &r) { r.core.local.n = 1; } },
	{ "too many rules", P2P_RULES_TOO_MANY, 0,
	  [](Rules &r) { r.rule.resize(P2P_RULES_MAX + 1, verdict_rule(P2P_VERDICT_PASS)); } },
	{ "lengths", P2P_RULES_LENGTHS, P2P_LENGTHS_MAX,
	  [](Rules &r) {
		  r.host.clear();
		  for (std::uint8_t len = 0; len <= P2P_LENGTHS_MAX; len++)
			  r.host.push_back({ prefix(6, len, {}), 0 });
	  } },
};

TEST(Rules, AreRefusedWithTheirPlace)
{
	for (const auto &refusal : refusals) {
		std::uint32_t at = 99;
		Rules all;

		all.rule = { verdict_rule(P2P_VERDICT_PASS), verdict_rule(P2P_VERDICT_DROP) };
		all.host = { { prefix(4, 8, { 10 }), 0 }, { prefix(4, 32, { 10, 0, 0, 1 }), 1 } };
		ASSERT_EQ(all.prepare_as_is(&at), P2P_RULES_OK);
		refusal.spoil(all);
		EXPECT_EQ(all.prepare_as_is(&at), refusal.error) << refusal.what;
		EXPECT_EQ(at, refusal.at) << refusal.what;
		EXPECT_STRNE(p2p_rules_error_text(refusal.error), "unknown");
	}
}

TEST(Rules, BlockWhereAnythingCould)
{
	Rules all;

	all.rule = { verdict_rule(P2P_VERDICT_PASS) };
	ASSERT_EQ(all.prepare(), P2P_RULES_OK);
	EXPECT_FALSE(p2p_rules_block(&all.core));
	all.rule.push_back(verdict_rule(P2P_VERDICT_RESET));
	all.rule[1].observes = true;
	ASSERT_EQ(all.prepare(), P2P_RULES_OK);
	EXPECT_FALSE(p2p_rules_block(&all.core));
	all.rule[1].observes = false;
	EXPECT_TRUE(p2p_rules_block(&all.core));
	all.rule.pop_back();
	ASSERT_EQ(all.prepare(), P2P_RULES_OK);
	all.core.fallback = P2P_VERDICT_DROP;
	EXPECT_TRUE(p2p_rules_block(&all.core));
}

} // namespace
