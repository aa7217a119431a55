// SPDX-License-Identifier: GPL-2.0-only
// Token buckets, against one that counts tokens in exact arithmetic and against what
// the issue asks: 1 % and one packet of every second, never more than the burst.
#include "core/bucket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace {

constexpr u64 kSecond = P2P_SECOND;
const std::vector<u64> kRates = {1000, 32'000, 125'000, 1'250'000, 62'500'000, 1'250'000'000, P2P_RATE_MAX};

TEST(Rate, TimeAndBytesAreRight)
{
	for (u64 bytes : {P2P_RATE_MIN, 1001ull, 12345ull, 999'999'937ull, P2P_RATE_MAX - 1, P2P_RATE_MAX}) {
		const p2p_rate rate = p2p_rate_of(bytes);
		EXPECT_EQ(rate.bytes, bytes);
		EXPECT_GE(rate.mult, 1u << 30) << bytes;
		for (u64 n : {0ull, 1ull, 64ull, 1514ull, 65536ull, 1ull << 30}) {
			const long double exact = static_cast<long double>(n) * kSecond / bytes;
			EXPECT_NEAR(static_cast<double>(p2p_rate_time(&rate, n) - exact), 0, 1 + static_cast<double>(exact) / 5e8)
				<< bytes << " " << n;
		}
		for (u64 time : {u64{1}, kSecond - 1, kSecond, 59 * kSecond + 1})
			EXPECT_EQ(p2p_rate_bytes(&rate, time), static_cast<u64>(static_cast<unsigned __int128>(time) * bytes / kSecond));
	}
}

TEST(Rate, IsBroughtWithinItsBounds)
{
	EXPECT_EQ(p2p_rate_of(0).bytes, P2P_RATE_MIN);
	EXPECT_EQ(p2p_rate_of(~0ull).bytes, P2P_RATE_MAX);
}

TEST(Bucket, BeginsFullAndFillsNoFurther)
{
	p2p_bucket b;
	for (u64 now : {u64{0}, 5 * kSecond, 1000 * kSecond}) {
		p2p_bucket_init(&b, 1'000'000, 10'000, now);
		now += now ? 0 : 10'000'000; // a clock that began just now has brought nothing yet
		EXPECT_LE(p2p_bucket_ready(&b, 10'000), now);
		p2p_bucket_take(&b, 10'000, now);
		EXPECT_EQ(p2p_bucket_ready(&b, 1), now + 1000);
		EXPECT_FALSE(p2p_bucket_is_full(&b, now + 9'999'999));
		EXPECT_TRUE(p2p_bucket_is_full(&b, now + 10'000'000));
		now += 100 * kSecond;
		p2p_bucket_take(&b, 10'000, now);
		EXPECT_EQ(p2p_bucket_ready(&b, 1), now + 1000);
	}
}

TEST(Bucket, LargerThanItsBurstPassesWhenItIsFullAndIsPaidFor)
{
	p2p_bucket b;
	const u64 now = 50 * kSecond;
	p2p_bucket_init(&b, 1'000'000, 1500, now);
	EXPECT_LE(p2p_bucket_ready(&b, 64'000), now);
	p2p_bucket_take(&b, 64'000, now);
	EXPECT_EQ(p2p_bucket_ready(&b, 1500), now + 64'000'000);
}

// A source that always has something to send: every window of a second after the first
TEST(Bucket, EverySecondBringsItsRate)
{
	std::mt19937_64 random(5);
	for (u64 rate : kRates) {
		const u64 mtu = rate < 100'000 ? 1514 : 65'226; // as large as GSO makes them
		const u64 burst = std::max<u64>(2 * 1514, rate / 500);
		const u64 count = rate > 1'000'000'000 ? 3 : 12;
		p2p_bucket b;
		u64 now = 7 * kSecond;
		p2p_bucket_init(&b, rate, burst, now);
		std::vector<std::pair<u64, u64>> sent;
		const u64 end = now + count * kSecond;
		while (now < end) {
			const u64 len = 60 + random() % (std::min(mtu, std::max(burst, u64{1514})) - 59);
			if (const u64 ready = p2p_bucket_ready(&b, len); ready > now)
				now = ready + (random() % 4 ? 0 : std::min<u64>(random() % 50'000, b.depth / 2)); // a late timer
			p2p_bucket_take(&b, len, now);
			sent.emplace_back(now, len);
		}
		u64 in_window = 0;
		size_t first = 0;
		for (size_t last = 0; last < sent.size(); last++) {
			in_window += sent[last].second;
			while (sent[last].first - sent[first].first >= kSecond)
				in_window -= sent[first++].second;
			if (sent[last].first < 9 * kSecond)
				continue;
			const double slack = static_cast<double>(rate) * 0.01 + static_cast<double>(mtu);
			ASSERT_NEAR(static_cast<double>(in_window), static_cast<double>(rate), slack) << rate;
		}
		// and over all of it nothing is lost or won but the burst
		const u64 all = std::accumulate(sent.begin(), sent.end(), u64{0}, [](u64 n, auto& s) { return n + s.second; });
		EXPECT_NEAR(static_cast<double>(all), static_cast<double>(rate) * count, static_cast<double>(rate) * 1e-6 + burst + mtu)
			<< rate;
	}
}

// The definition of a token bucket: in no interval more than burst + rate * its length
TEST(Bucket, NoIntervalHasMoreThanItsBurst)
{
	std::mt19937_64 random(6);
	for (int round = 0; round < 200; round++) {
		const u64 rate = kRates[random() % kRates.size()], burst = 1514 + random() % 100'000;
		p2p_bucket b;
		u64 now = kSecond + random() % kSecond;
		p2p_bucket_init(&b, rate, burst, now);
		std::vector<std::pair<u64, u64>> sent;
		for (int i = 0; i < 300; i++) {
			const u64 len = 60 + random() % 1455;
			if (p2p_bucket_ready(&b, len) <= now) {
				p2p_bucket_take(&b, len, now);
				sent.emplace_back(now, len);
			}
			now += random() % (2 * len * kSecond / rate + 2);
		}
		ASSERT_FALSE(sent.empty());
		for (size_t i = 0; i < sent.size(); i += 7) {
			u64 sum = 0;
			for (size_t k = i; k < sent.size(); k++) {
				sum += sent[k].second;
				const long double most = burst + static_cast<long double>(rate) * (sent[k].first - sent[i].first) / kSecond;
				ASSERT_LE(sum, most + 1) << rate << " " << burst;
			}
		}
	}
}

// Tokens counted one by one, exactly: the same answers
TEST(Bucket, AgreesWithOneThatCountsTokens)
{
	std::mt19937_64 random(7);
	for (int round = 0; round < 300; round++) {
		const u64 rate = 1000 + random() % 2'000'000'000, burst = 2000 + random() % 200'000;
		p2p_bucket b;
		u64 now = kSecond;
		p2p_bucket_init(&b, rate, burst, now);
		long double tokens = p2p_rate_bytes(&b.rate, now - b.paid);
		const long double depth = static_cast<long double>(b.depth) * rate / kSecond;
		for (int i = 0; i < 500; i++) {
			const u64 len = 60 + random() % 1900;
			const long double margin = tokens - len;
			const bool ready = p2p_bucket_ready(&b, len) <= now;
			const long double blur = 2 + static_cast<long double>(rate) * 3 / kSecond; // of a few ns
			if (std::abs(margin) > blur) {
				ASSERT_EQ(ready, margin > 0) << rate << " " << burst;
			}
			if (ready) {
				p2p_bucket_take(&b, len, now);
				tokens -= len;
			}
			const u64 step = random() % (3 * len * kSecond / rate + 2);
			now += step;
			tokens = std::min(depth, tokens + static_cast<long double>(step) * rate / kSecond);
		}
	}
}

// 64-byte packets of 100 Gbit/s take 5.12 ns each: what is over is not lost
TEST(Bucket, PartsOfANanosecondAddUp)
{
	p2p_bucket b;
	const u64 now = kSecond;
	p2p_bucket_init(&b, P2P_RATE_MAX, 1500, now);
	for (int i = 0; i < 1'000'000; i++)
		p2p_bucket_take(&b, 64, now);
	EXPECT_NEAR(static_cast<double>(b.paid - now), 5'120'000.0, 5'120'000 * 1e-6 + b.depth);
}

TEST(Bucket, AnotherRateKeepsItsLevel)
{
	p2p_bucket b;
	const u64 now = 100 * kSecond;
	for (u64 spent : {0ull, 4000ull, 9000ull, 50'000ull}) {
		for (u64 rate : kRates) {
			p2p_bucket_init(&b, 1'000'000, 10'000, now);
			p2p_bucket_take(&b, spent, now);
			p2p_bucket_change(&b, rate, 10'000, now);
			const double level = 10'000.0 - static_cast<double>(spent);
			const double got = b.paid > now ? -static_cast<double>(p2p_rate_bytes(&b.rate, b.paid - now))
											: static_cast<double>(p2p_rate_bytes(&b.rate, now - b.paid));
			EXPECT_NEAR(got, level, 2 + static_cast<double>(rate) * 2 / kSecond) << rate << " " << spent;
		}
	}
}

TEST(Bucket, ASmallerBurstTakesWhatDoesNotFit)
{
	p2p_bucket b;
	const u64 now = 100 * kSecond;
	p2p_bucket_init(&b, 1'000'000, 100'000, now);
	p2p_bucket_change(&b, 1'000'000, 2000, now);
	p2p_bucket_take(&b, 2000, now);
	EXPECT_EQ(p2p_bucket_ready(&b, 1), now + 1000);
}

TEST(Paid, SharedByManyIsABucketWithABoundedDebt)
{
	const u64 depth = 2'000'000, now = 100 * kSecond;
	EXPECT_EQ(p2p_paid_next(0, depth, 500, now), now - depth + 500);
	EXPECT_EQ(p2p_paid_next(now - 100, depth, 500, now), now + 400);
	EXPECT_EQ(p2p_paid_next(now + depth - 1, depth, 500, now), now + depth);
	EXPECT_EQ(p2p_paid_next(0, depth, 500, 1000), 500u);
}

} // namespace
