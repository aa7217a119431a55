// SPDX-License-Identifier: GPL-2.0-only
// A shaped class, in simulated time: its rate over every second, who shares it, who
// borrows, what is queued and in which order it comes out.
#include "shaper_model.h"

#include <gtest/gtest.h>

#include <random>

namespace p2p {
namespace {

constexpr u32 kMtu = 1514;
constexpr u64 kStart = 10 * kSecond;

p2p_shaper_rates rates(u64 rate, u64 ceil = 0, u64 host = 0, u64 flow = 0)
{
	const u64 burst = std::max<u64>(2 * kMtu, std::max(rate, ceil) / 500);
	return {rate, ceil ? ceil : rate, burst, host, flow, static_cast<u32>(std::max<u64>(64 * kMtu, std::max(rate, ceil) / 4))};
}

// Sources that always have a few packets queued, in one class, from kStart on
struct Greedy {
	Class& c;
	std::vector<std::pair<int, int>> flows; // host and number
	u32 bytes = kMtu;
	u32 depth = 4; // packets each

	void fill(u64 now)
	{
		for (auto [host, flow] : flows)
			while (c.backlog(host, flow) < depth && c.offer(host, flow, bytes, now) != Class::kRefused)
				;
	}
	// a timer that is up to `late` ns late
	void run(u64 from, u64 to, u64 late = 60'000)
	{
		std::mt19937_64 random(from);
		for (u64 now = from; now < to;) {
			fill(now);
			const u64 when = c.drain(now);
			now = std::min(std::max(when, now + 1), to) + random() % (late + 1);
		}
	}
};

// What came out in every window of a second, stepped by 10 ms
void every_second(const Class& c, u64 from, u64 to, double rate, double slack)
{
	std::vector<u64> sum{0};
	for (const Delivered& d : c.delivered)
		sum.push_back(sum.back() + d.bytes);
	const auto before = [&](u64 when) {
		const auto at = std::partition_point(c.delivered.begin(), c.delivered.end(), [&](auto& d) { return d.when < when; });
		return sum[static_cast<size_t>(at - c.delivered.begin())];
	};
	for (u64 at = from; at + kSecond <= to; at += 10 * kMs) {
		const double got = static_cast<double>(before(at + kSecond) - before(at));
		ASSERT_NEAR(got, rate, rate * 0.01 + slack) << "at " << (at - from) / kMs << " ms";
	}
}

TEST(Shaper, EverySecondBringsItsRate)
{
	for (u64 rate : {32'000ull, 250'000ull, 2'500'000ull, 62'500'000ull}) {
		for (int n : {1, 10, 200}) {
			Class c(rates(rate), kStart);
			Greedy all{c, {}};
			all.depth = n > 50 ? 1 : 4;
			for (int i = 0; i < n; i++)
				all.flows.emplace_back(i % 7, i);
			const u64 seconds = rate > 10'000'000 ? 3 : 8;
			all.run(kStart, kStart + seconds * kSecond);
			every_second(c, kStart + kSecond, kStart + seconds * kSecond, static_cast<double>(rate), kMtu);
			c.check();
		}
	}
}

TEST(Shaper, LargeSegmentsAreAsRight)
{
	Class c(rates(12'500'000), kStart);
	Greedy all{c, {{0, 0}, {0, 1}, {1, 2}}, 65'226, 2};
	all.run(kStart, kStart + 5 * kSecond);
	every_second(c, kStart + kSecond, kStart + 5 * kSecond, 12'500'000, 65'226);
}

double jain(const std::vector<double>& x)
{
	double sum = 0, squares = 0;
	for (double v : x) {
		sum += v;
		squares += v * v;
	}
	return sum * sum / (static_cast<double>(x.size()) * squares);
}

TEST(Shaper, HostsWithOneTenAndAHundredFlowsShareAlike)
{
	Class c(rates(2'500'000), kStart);
	Greedy all{c, {}};
	const int flows[] = {1, 10, 100};
	for (int host = 0; host < 3; host++)
		for (int n = 0; n < flows[host]; n++)
			all.flows.emplace_back(host, n);
	all.run(kStart, kStart + 10 * kSecond);
	std::vector<double> hosts, in_last;
	for (int host = 0; host < 3; host++)
		hosts.push_back(static_cast<double>(c.bytes(kStart + kSecond, kStart + 10 * kSecond, host)));
	for (int n = 0; n < 100; n++)
		in_last.push_back(static_cast<double>(c.bytes(kStart + kSecond, kStart + 10 * kSecond, 2, n)));
	EXPECT_GE(jain(hosts), 0.999) << hosts[0] << " " << hosts[1] << " " << hosts[2];
	EXPECT_GE(jain(in_last), 0.99) << "flows of a host";
}

TEST(Shaper, SharesByBytesWhateverThePacketsAre)
{
	Class c(rates(2'500'000), kStart);
	Greedy small{c, {{0, 0}}, 90, 60}, large{c, {{1, 1}}, 30'000, 3};
	for (u64 now = kStart; now < kStart + 10 * kSecond;) {
		small.fill(now);
		large.fill(now);
		now = c.drain(now);
	}
	std::vector<double> hosts;
	for (int host = 0; host < 2; host++)
		hosts.push_back(static_cast<double>(c.bytes(kStart + kSecond, kStart + 10 * kSecond, host)));
	EXPECT_GE(jain(hosts), 0.99) << hosts[0] << " " << hosts[1];
}

TEST(Shaper, AHostHasItsLimitAndTheOthersTheRest)
{
	Class c(rates(2'500'000, 0, 500'000), kStart);
	Greedy few{c, {{0, 0}, {0, 1}, {1, 2}}};
	few.run(kStart, kStart + 6 * kSecond);
	for (int host : {0, 1})
		EXPECT_NEAR(static_cast<double>(c.bytes(kStart + kSecond, kStart + 6 * kSecond, host)), 2'500'000, 25'000 + kMtu) << host;

	Class full(rates(2'500'000, 0, 500'000), kStart);
	Greedy many{full, {}};
	for (int host = 0; host < 10; host++)
		many.flows.emplace_back(host, 0);
	many.run(kStart, kStart + 6 * kSecond);
	EXPECT_NEAR(static_cast<double>(full.bytes(kStart + kSecond, kStart + 6 * kSecond)), 12'500'000, 125'000 + kMtu);
	for (int host = 0; host < 10; host++)
		EXPECT_NEAR(static_cast<double>(full.bytes(kStart + kSecond, kStart + 6 * kSecond, host)), 1'250'000, 20'000) << host;
}

TEST(Shaper, AFlowHasItsLimitAndItsHostTheRest)
{
	Class c(rates(2'500'000, 0, 1'000'000, 250'000), kStart);
	Greedy all{c, {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}}};
	all.run(kStart, kStart + 6 * kSecond);
	const u64 from = kStart + kSecond, to = kStart + 6 * kSecond;
	for (int flow : {0, 1})
		EXPECT_NEAR(static_cast<double>(c.bytes(from, to, 0, flow)), 1'250'000, 12'500 + kMtu);
	EXPECT_NEAR(static_cast<double>(c.bytes(from, to, 1)), 5'000'000, 50'000 + kMtu) << "five times 250,000 is more than a host may";
	for (int flow = 0; flow < 5; flow++)
		EXPECT_NEAR(static_cast<double>(c.bytes(from, to, 1, flow)), 1'000'000, 20'000);
}

TEST(Shaper, ANewFlowDoesNotWaitForItsHostsOtherLimits)
{
	Class c(rates(2'500'000, 0, 0, 10'000), kStart);
	for (int i = 0; i < 40; i++)
		c.offer(0, 0, kMtu, kStart);
	ASSERT_GT(c.drain(kStart), kStart + 100 * kMs) << "the first flow waits for its own limit";
	const u64 now = kStart + kMs;
	EXPECT_EQ(c.offer(0, 1, kMtu, now), Class::kPassed);
	for (int i = 0; i < 5; i++)
		c.offer(0, 1, kMtu, now);
	c.drain(now + 5 * kMs);
	EXPECT_EQ(c.offer(0, 2, 3000, now + 10 * kMs), Class::kPassed) << "nor does a third";
	c.check();
}

// Two classes of a link: each has its rate, and may have all
TEST(Shaper, BorrowsWhatTheOthersLeaveAndGivesItBack)
{
	const u64 link_rate = 2'500'000;
	Link link(link_rate, 2 * kMtu + link_rate / 500);
	Class p2p(rates(500'000, link_rate), kStart, &link), other(rates(1'990'000, link_rate), kStart, &link);
	Greedy bulk{p2p, {{0, 0}, {1, 1}}}, pages{other, {{2, 2}, {3, 3}}};
	const auto run = [&](u64 from, u64 to, bool both) {
		for (u64 now = from; now < to;) {
			bulk.fill(now);
			if (both)
				pages.fill(now);
			const u64 a = p2p.drain(now), b = other.drain(now);
			now = std::min({std::max(std::min(a, b), now + 1), to});
		}
	};
	run(kStart, kStart + 3 * kSecond, false);
	EXPECT_NEAR(static_cast<double>(p2p.bytes(kStart + kSecond, kStart + 3 * kSecond)), 2.0 * link_rate, 0.02 * link_rate);
	run(kStart + 3 * kSecond, kStart + 6 * kSecond, true);
	// given back within 100 ms
	const u64 given = kStart + 3 * kSecond + 100 * kMs;
	EXPECT_GE(static_cast<double>(other.bytes(given, given + 500 * kMs)), 0.99 * 995'000 - kMtu);
	EXPECT_LE(static_cast<double>(p2p.bytes(given, given + 500 * kMs)), 0.51 * 500'000 + 2 * kMtu + 5000);
	while (other.shaper.packets)
		other.drain(other.delivered.back().when + 10 * kMs);
	run(kStart + 6 * kSecond, kStart + 8 * kSecond, false);
	const u64 taken = kStart + 6 * kSecond + 100 * kMs;
	EXPECT_GE(static_cast<double>(p2p.bytes(taken, taken + 500 * kMs)), 0.99 * link_rate / 2 - kMtu);
	EXPECT_LE(p2p.bytes(taken, taken + kSecond), link_rate * 101 / 100 + kMtu);
}

TEST(Shaper, CeilIsTheMostThatABorrowerHas)
{
	Link link(12'500'000, 50'000);
	Class c(rates(250'000, 1'250'000), kStart, &link);
	Greedy all{c, {{0, 0}, {1, 1}}};
	all.run(kStart, kStart + 5 * kSecond);
	every_second(c, kStart + kSecond, kStart + 5 * kSecond, 1'250'000, kMtu);
}

TEST(Shaper, RoomIsSharedByWhoAsks)
{
	p2p_shaper_rates r = rates(100'000);
	r.room = 100 * kMtu;
	Class c(r, kStart);
	for (int i = 0; i < 500; i++)
		c.offer(0, 0, kMtu, kStart);
	EXPECT_NEAR(c.queued(0, 0), 33 * kMtu, 2 * kMtu) << "a host's only flow has what it leaves";
	for (int i = 0; i < 500; i++)
		c.offer(0, 1, kMtu, kStart);
	const u32 before = c.queued(0, 0) + c.queued(0, 1);
	EXPECT_LE(before, 51 * kMtu) << "one host has half of the room";
	for (int i = 0; i < 500; i++)
		c.offer(1, 2, kMtu, kStart);
	EXPECT_GT(c.queued(1, 2), 15 * kMtu) << "and leaves room for others";
	for (int host = 2; host < 25; host++)
		EXPECT_EQ(c.offer(host, host, kMtu, kStart), Class::kQueued) << host;
	c.check();
	EXPECT_GT(c.shaper.refused, 0u);
}

// Senders that do not answer: CoDel drops, or marks, and the queue's bound holds
TEST(Shaper, WhatStandsTooLongIsDroppedOrMarked)
{
	for (bool ecn : {false, true}) {
		Class c(rates(250'000), kStart);
		c.marks = ecn;
		for (u64 now = kStart; now < kStart + 5 * kSecond; now += 5 * kMs) {
			c.offer(0, 0, kMtu, now);
			c.drain(now);
			c.check();
		}
		EXPECT_EQ(c.dropped > 20, !ecn);
		EXPECT_EQ(c.shaper.marked > 20, ecn);
		EXPECT_EQ(c.shaper.marked, c.marked);
		EXPECT_EQ(c.shaper.dropped, c.dropped);
	}
}

// Whoever paces himself is not queued, and not marked
TEST(Shaper, BelowItsRateNothingIsQueued)
{
	Class c(rates(250'000), kStart);
	for (u64 now = kStart; now < kStart + 5 * kSecond; now += 7 * kMs)
		ASSERT_EQ(c.offer(0, static_cast<int>(now / kMs % 3), kMtu, now), Class::kPassed);
}

TEST(Shaper, AnotherRateIsThereAtOnceAndNothingIsLost)
{
	Class c(rates(10'000, 0, 1'000), kStart);
	for (int i = 0; i < 20; i++)
		for (int flow = 0; flow < 3; flow++)
			c.offer(flow, flow, kMtu, kStart);
	const u32 queued = c.shaper.packets;
	ASSERT_GT(c.drain(kStart), kStart);
	const p2p_shaper_rates fast = rates(12'500'000);
	p2p_shaper_change(&c.shaper, &fast, kStart + kMs);
	u64 now = kStart + kMs, next = now;
	for (; c.shaper.packets; next = c.drain(now))
		now = next;
	EXPECT_LT(now, kStart + 20 * kMs) << "nobody waits for a limit that is gone";
	EXPECT_EQ(c.delivered_packets + c.dropped, c.offered - c.shaper.refused);
	EXPECT_GE(queued, 30u);
	c.check();
}

TEST(Shaper, AHostIsForgottenWhenItsLimitRemembersNothing)
{
	p2p_shaper s;
	const p2p_shaper_rates r{1'000'000, 1'000'000, 10'000, 100'000, 0, 1'000'000};
	p2p_shaper_init(&s, &r, kStart);
	p2p_shaper_host host{};
	p2p_shaper_flow flow{};
	flow.host = &host;
	EXPECT_TRUE(p2p_shaper_host_is_idle(&host, kStart));
	const p2p_shaper_ops ops{[](void *, u32, bool, u64) -> u64 { return 0; }, [](void *, p2p_shaped *) { return false; }};
	ASSERT_TRUE(p2p_shaper_passes(&s, &flow, 10'000, &ops, nullptr, kStart));
	EXPECT_FALSE(p2p_shaper_host_is_idle(&host, kStart + 99 * kMs));
	EXPECT_TRUE(p2p_shaper_host_is_idle(&host, kStart + 100 * kMs));
}

// Everything at random; the model throws where something does not hold
TEST(Shaper, HoldsWhateverHappens)
{
	std::mt19937_64 random(11);
	for (int round = 0; round < 150; round++) {
		const auto some = [&](u64 n) { return random() % n; };
		const auto any = [&] {
			const u64 rate = 1000 << some(16);
			return p2p_shaper_rates{rate, rate << some(4), 1500 + some(100'000), some(2) ? 1000u << some(12) : 0,
									some(2) ? 1000u << some(12) : 0, static_cast<u32>(10'000 + some(400'000))};
		};
		Link link(1000 << some(18), 3000 + some(100'000));
		Class c(any(), kStart, some(2) ? &link : nullptr);
		c.keep = false;
		c.marks = some(2);
		u64 now = kStart;
		for (int step = 0; step < 400; step++) {
			switch (some(12)) {
			case 0:
				now += some(kSecond);
				break;
			case 1:
				c.leave(static_cast<int>(some(4)), static_cast<int>(some(5)));
				break;
			case 2:
				if (some(4) == 0) {
					p2p_shaper_rates other = any();
					other.room = std::max(other.room, c.shaper.room);
					p2p_shaper_change(&c.shaper, &other, now);
				}
				break;
			case 3:
			case 4:
				now += some(20 * kMs);
				c.drain(now);
				break;
			default:
				c.offer(static_cast<int>(some(4)), static_cast<int>(some(5)), static_cast<u32>(60 + some(some(3) ? 1455 : 65'000)), now);
			}
			ASSERT_NO_THROW(c.check()) << round << " " << step;
		}
		for (int i = 0; c.shaper.packets && i < 100'000; i++) {
			const u64 when = c.drain(now);
			ASSERT_NO_THROW(c.check()) << round;
			now = when;
		}
		ASSERT_EQ(c.shaper.packets, 0u) << "all comes out in the end";
	}
}

} // namespace
} // namespace p2p
