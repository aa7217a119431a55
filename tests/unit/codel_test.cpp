// SPDX-License-Identifier: GPL-2.0-only
// CoDel, by what RFC 8289 says of it: when the first packet goes, the law by which others
// follow, what ends it, and a sender that answers.
#include "core/codel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <vector>

namespace {

constexpr u64 kMs = 1'000'000;
constexpr u64 kInterval = P2P_CODEL_INTERVAL, kTarget = P2P_CODEL_TARGET;
constexpr u64 kMuch = 1'000'000; // bytes behind the packet

// Packets a millisecond apart, each of which stood for `sojourn`: when those went that had to
std::vector<u64> drops(p2p_codel& codel, u64 sojourn, u64 from, u64 until, u64 backlog = kMuch)
{
	std::vector<u64> gone;
	for (u64 now = from; now < until; now += kMs)
		if (p2p_codel_drops(&codel, sojourn, backlog, kTarget, now))
			gone.push_back(now);
	return gone;
}

TEST(Codel, LeavesAGoodQueueAlone)
{
	p2p_codel codel{};
	EXPECT_TRUE(drops(codel, kTarget - 1, kMs, 2000 * kMs).empty());
	EXPECT_TRUE(drops(codel, 50 * kMs, 2000 * kMs, 4000 * kMs, 1514).empty()) << "one packet is no queue";
}

TEST(Codel, WaitsAnIntervalAndThenFollowsItsLaw)
{
	p2p_codel codel{};
	const std::vector<u64> gone = drops(codel, 20 * kMs, 10 * kMs, 1500 * kMs);
	ASSERT_GT(gone.size(), 20u);
	EXPECT_EQ(gone[0], 110 * kMs);
	// the n-th comes interval / sqrt(n) after the one before, as far as a packet a
	// millisecond shows it
	double next = static_cast<double>(gone[0]);
	for (size_t n = 1; n < gone.size(); n++) {
		next += static_cast<double>(kInterval) / std::sqrt(n);
		EXPECT_NEAR(static_cast<double>(gone[n]), next, 1.5 * kMs) << n;
	}
}

TEST(Codel, EndsWithAQueueThatBecomesGood)
{
	p2p_codel codel{};
	ASSERT_GT(drops(codel, 20 * kMs, 10 * kMs, 600 * kMs).size(), 3u);
	EXPECT_TRUE(drops(codel, kMs, 600 * kMs, 610 * kMs).empty());
	EXPECT_FALSE(codel.dropping);
	// and is patient again: an interval passes before the next
	EXPECT_EQ(drops(codel, 20 * kMs, 610 * kMs, 709 * kMs).size(), 0u);
}

TEST(Codel, GoesOnNearWhereItWasWhenTheQueueSoonIsBadAgain)
{
	p2p_codel codel{};
	const size_t first = drops(codel, 20 * kMs, 10 * kMs, 1500 * kMs).size();
	drops(codel, kMs, 1500 * kMs, 1501 * kMs);
	drops(codel, 20 * kMs, 1501 * kMs, 1602 * kMs);
	EXPECT_EQ(codel.count, first - 1); // count - lastcount: lastcount was 1
	// but not after a long time
	drops(codel, kMs, 1602 * kMs, 1603 * kMs);
	drops(codel, 20 * kMs, 9000 * kMs, 9102 * kMs);
	EXPECT_EQ(codel.count, 1u);
}

TEST(Codel, CountsNoFurtherThanItCan)
{
	p2p_codel codel{};
	codel.dropping = true;
	codel.first_above_time = 1;
	codel.count = 65534;
	codel.drop_next = kMs;
	for (u64 now = 2 * kMs; now < 2000 * kMs; now += kMs / 4)
		p2p_codel_drops(&codel, 20 * kMs, kMuch, kTarget, now);
	EXPECT_EQ(codel.count, 65535u);
	EXPECT_GT(codel.drop_next, 700 * kMs) << "the law still moves";
}

// A sender that halves its window at a loss (and adds a packet each round trip) over a link
// of 10 Mbit/s and 20 ms: the queue stands near the target, the link is not idle.
TEST(Codel, KeepsTheQueueOfASenderThatAnswersNearItsTarget)
{
	p2p_codel codel{};
	const u64 packet = 1'200'000; // 1,500 bytes at 10 Mbit/s
	const u64 rtt = 20 * kMs;
	std::deque<u64> queue;            // when each came
	std::deque<std::pair<u64, bool>> acks; // when the sender hears of each, and whether it was lost
	double window = 10;
	u64 flight = 0, free = 0, answered = 0, stood = 0, sent = 0;
	for (u64 now = kMs; now < 60'000 * kMs; now += 100'000) {
		while (!acks.empty() && acks.front().first <= now) {
			flight--;
			if (acks.front().second && now - answered > rtt) {
				window = std::max(2.0, window / 2);
				answered = now;
			} else if (!acks.front().second) {
				window += 1 / window;
			}
			acks.pop_front();
		}
		for (; flight < window; flight++)
			queue.push_back(now);
		while (!queue.empty() && free <= now) {
			const u64 sojourn = now - queue.front();
			queue.pop_front();
			const bool lost = p2p_codel_drops(&codel, sojourn, queue.size() * 1500, kTarget, now);
			acks.emplace_back(now + rtt, lost);
			if (lost)
				continue;
			free = now + packet;
			if (now > 10'000 * kMs) {
				stood += sojourn;
				sent++;
			}
		}
	}
	EXPECT_GT(sent, 50'000 * kMs / packet * 9 / 10) << "the link is used";
	EXPECT_LT(stood / sent, 3 * kTarget) << "the queue's mean";
}

} // namespace
