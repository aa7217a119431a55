// SPDX-License-Identifier: GPL-2.0-only
#include <random>

#include <gtest/gtest.h>

#include "reasm_model.h"

using namespace p2p;

namespace {

constexpr std::uint32_t NEAR_WRAP = 0xffffff00u;

std::string letters(std::size_t n, std::mt19937 &rng)
{
	std::string out(n, 0);
	for (auto &c : out)
		c = char('a' + rng() % 26);
	return out;
}

/// The inspection that lets everything wait until told.
struct Gate {
	std::uint64_t until = 0;
	Gateway::Inspect inspect()
	{
		return [this](std::uint64_t at, char) { return at < until ? P2P_CLEARED : P2P_WAITS; };
	}
};

/// Blocks where a word has just become whole.
Gateway::Inspect forbids(std::string word)
{
	return [word, last = std::string{}](std::uint64_t, char byte) mutable {
		last += byte;
		if (last.size() > word.size())
			last.erase(0, 1);
		return last == word ? P2P_BLOCKED : P2P_CLEARED;
	};
}

} // namespace

TEST(Reasm, InOrder)
{
	Gateway g{NEAR_WRAP};
	for (std::uint64_t at = 0; at < 1000; at += 10)
		ASSERT_EQ(g.send({at, std::string(10, 'x')}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), std::string(1000, 'x'));
	EXPECT_EQ(g.kept(), 100u) << "remembered";
	EXPECT_EQ(g.ack(500), P2P_ACK_NEW);
	EXPECT_EQ(g.kept(), 50u);
	EXPECT_EQ(g.ack(505), P2P_ACK_NEW);
	EXPECT_EQ(g.kept(), 50u) << "half a piece";
	EXPECT_EQ(g.ack(1000), P2P_ACK_NEW);
	EXPECT_EQ(g.kept(), 0u);
}

TEST(Reasm, FastPass)
{
	Gateway g{1000};
	EXPECT_EQ(g.send({0, "ab"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_AHEAD);
	EXPECT_EQ(g.send({8, "ij"}), P2P_SEG_AHEAD);
	EXPECT_EQ(g.seen(), "ab");
	EXPECT_EQ(g.send({2, "cd"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), "abcdef");
	EXPECT_EQ(g.send({6, "gh"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), "abcdefghij");
}

TEST(Reasm, Depth)
{
	Gateway g{NEAR_WRAP};
	p2p_depth depth = g.depth();
	EXPECT_EQ(depth.ordered + depth.ahead + depth.gaps, 0u);
	g.send({0, "ab"});
	g.send({2, "cd"});
	g.send({6, "gh"});
	g.send({8, "ij"});
	g.send({250, "0123456789"});
	depth = g.depth();
	EXPECT_EQ(depth.ordered, 2u);
	EXPECT_EQ(depth.ordered_units, 4u);
	EXPECT_EQ(depth.ahead, 3u);
	EXPECT_EQ(depth.ahead_units, 14u);
	EXPECT_EQ(depth.gaps, 2u);
	g.send({4, "ef"});
	g.ack(6);
	depth = g.depth();
	EXPECT_EQ(depth.ordered, 2u);
	EXPECT_EQ(depth.ordered_units, 4u);
	EXPECT_EQ(depth.ahead, 1u);
	EXPECT_EQ(depth.gaps, 1u);
}

TEST(Reasm, WithoutFastPass)
{
	Gateway g{1000};
	g.env().hold = true;
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_HELD);
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_ABSORBED);
	EXPECT_EQ(g.send({4, "eX"}), P2P_SEG_CONFLICT);
	EXPECT_EQ(g.send({0, "abcd"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.cleared(), 6u);
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_AGAIN);
}

TEST(Reasm, TheFirstCopyWins)
{
	Gateway g{NEAR_WRAP};
	g.send({0, "abcd"});
	g.send({6, "gh"});
	EXPECT_EQ(g.send({0, "abXd"}), P2P_SEG_CONFLICT) << "behind";
	EXPECT_EQ(g.send({5, "fgX"}), P2P_SEG_CONFLICT) << "ahead";
	EXPECT_EQ(g.send({2, "cdefgh"}), P2P_SEG_ORDERED) << "cut anew, the same";
	EXPECT_EQ(g.seen(), "abcdefgh");
	EXPECT_EQ(g.send({0, "abcdefgh"}), P2P_SEG_AGAIN);
	g.ack(4);
	EXPECT_EQ(g.send({0, "XXXX"}), P2P_SEG_OLD) << "its receiver has it";
	EXPECT_EQ(g.send({0, "XXXXef"}), P2P_SEG_AGAIN);
	EXPECT_EQ(g.send({0, "XXXXeX"}), P2P_SEG_CONFLICT);
}

TEST(Reasm, OneSegmentFillsManyGaps)
{
	Gateway g{5};
	g.send({2, "c"});
	g.send({4, "e"});
	g.send({6, "g"});
	EXPECT_EQ(g.kept(), 3u);
	EXPECT_EQ(g.send({1, "bcdefghi"}), P2P_SEG_AHEAD);
	EXPECT_EQ(g.kept(), 7u);
	EXPECT_EQ(g.send({0, "a"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), "abcdefghi");
}

TEST(Reasm, ThePlugWaitsAlone)
{
	Gate gate{2};
	Gateway g{1000, gate.inspect()};
	EXPECT_EQ(g.send({0, "ab"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_AHEAD);
	EXPECT_EQ(g.send({2, "cd"}), P2P_SEG_PLUG);
	EXPECT_EQ(g.send({6, "gh"}), P2P_SEG_AHEAD) << "what follows does not wait";
	EXPECT_EQ(g.send({2, "cd"}), P2P_SEG_ABSORBED);
	EXPECT_EQ(g.send({1, "bcdef"}), P2P_SEG_ABSORBED);
	EXPECT_EQ(g.send({3, "d"}), P2P_SEG_ABSORBED);
	EXPECT_EQ(g.send({3, "X"}), P2P_SEG_CONFLICT);
	EXPECT_EQ(g.send({4, "ef"}), P2P_SEG_AGAIN);
	EXPECT_EQ(g.cleared(), 2u);
	gate.until = 3;
	EXPECT_EQ(g.resume(), P2P_WAITS);
	EXPECT_EQ(g.seen(), "abc");
	gate.until = 7; // not behind what is contiguous with it
	EXPECT_EQ(g.resume(), P2P_WAITS);
	EXPECT_EQ(g.cleared(), 2u);
	gate.until = 8;
	EXPECT_EQ(g.resume(), P2P_CLEARED);
	EXPECT_EQ(g.cleared(), 8u);
	EXPECT_EQ(g.send({2, "cd"}), P2P_SEG_AGAIN);
}

TEST(Reasm, NoRoomIsNotForwarded)
{
	Gateway g{1000};
	g.env().max_pieces = 4;
	g.send({0, "a"});
	g.send({2, "c"});
	g.send({4, "e"});
	g.send({6, "g"});
	EXPECT_EQ(g.send({8, "i"}), P2P_SEG_NO_ROOM);
	EXPECT_EQ(g.send({1, "b"}), P2P_SEG_NO_ROOM) << "nor is the plug";
	EXPECT_EQ(g.seen(), "a");
	EXPECT_EQ(g.send({2, "c"}), P2P_SEG_AGAIN) << "what is remembered passes";
	g.ack(1);
	EXPECT_EQ(g.send({8, "i"}), P2P_SEG_NO_ROOM) << "what is left is for the plug";
	EXPECT_EQ(g.send({1, "b"}), P2P_SEG_ORDERED);
	g.env().max_pieces = 4096;
	g.env().max_bytes = 404; // four of a byte and the rest
	EXPECT_EQ(g.send({3, "d"}), P2P_SEG_NO_ROOM);
	EXPECT_EQ(g.seen(), "abc");
}

TEST(Reasm, MidstreamBeginsWhereItIsMet)
{
	p2p_reasm r;
	Gateway g{0};
	p2p_reasm_free(&g.core(), &g.env());
	EXPECT_EQ(g.send({5000, "abc"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.send({4000, "old"}), P2P_SEG_OLD);
	EXPECT_EQ(g.send({4998, "XXabcde"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), "abcde");
	EXPECT_EQ(g.ack(4990), P2P_ACK_OLD);
	p2p_reasm_init(&r, 1);
	EXPECT_EQ(p2p_reasm_ack(&r, &g.env(), 77, 10), P2P_ACK_BEYOND) << "before anything came";
}

TEST(Reasm, OutsideTheWindow)
{
	Gateway g{NEAR_WRAP};
	g.send({0, "abc"});
	EXPECT_EQ(g.send({(1u << 30) + 3, "x"}), P2P_SEG_OUTSIDE) << "another connection's";
	g.ack(3, 10);
	EXPECT_EQ(g.send({14, "x"}), P2P_SEG_OUTSIDE);
	EXPECT_EQ(g.send({13, "x"}), P2P_SEG_AHEAD) << "a probe of a window that is full";
	EXPECT_EQ(g.ack(3, 0), P2P_ACK_OLD) << "a window that was asked for once is";
	EXPECT_EQ(g.send({12, "x"}), P2P_SEG_AHEAD);
	EXPECT_EQ(g.ack(100, 1000), P2P_ACK_BEYOND);
	EXPECT_EQ(g.send({20, "x"}), P2P_SEG_OUTSIDE) << "what means nothing opens none";
}

TEST(Reasm, WhatPassedElsewhereIsAHole)
{
	Gateway g{NEAR_WRAP};
	g.send({0, "ab"});
	g.send({4, "efgh"});
	g.send({10, "kl"});
	EXPECT_EQ(g.ack(6), P2P_ACK_HOLE);
	EXPECT_EQ(g.skipped(), 4u);
	EXPECT_EQ(g.resume(), P2P_CLEARED);
	EXPECT_EQ(g.seen(), "abgh");
	EXPECT_EQ(g.send({2, "cd"}), P2P_SEG_OLD);
	EXPECT_EQ(g.send({8, "ij"}), P2P_SEG_ORDERED);
	EXPECT_EQ(g.seen(), "abghijkl");
	EXPECT_EQ(g.ack(13), P2P_ACK_NEW) << "one more, for a FIN";
	EXPECT_EQ(g.kept(), 0u);
}

TEST(Reasm, WithoutSightOfTheReceiver)
{
	Gateway g{1};
	g.core().forgetful = true;
	g.send({0, "ab"});
	EXPECT_EQ(g.kept(), 0u);
	g.send({4, "ef"});
	EXPECT_EQ(g.send({0, "XX"}), P2P_SEG_OLD);
	g.send({2, "cd"});
	EXPECT_EQ(g.seen(), "abcdef");
	EXPECT_EQ(g.kept(), 0u);
}

TEST(Reasm, WhatWasTakenCanBeShownAgain)
{
	Gateway g{NEAR_WRAP};
	g.core().whole = true;
	g.send({0, "ab"});
	g.send({2, "cd"});
	g.send({6, "gh"});
	g.ack(4);
	EXPECT_EQ(g.kept(), 3u) << "nothing is forgotten";
	EXPECT_EQ(g.send({0, "XX"}), P2P_SEG_OLD) << "nor compared, below";
	EXPECT_EQ(p2p_reasm_recall(&g.core(), &g.env()), P2P_CLEARED);
	EXPECT_EQ(g.seen(), "abcdabcd");
	EXPECT_EQ(g.kept(), 1u);
}

TEST(Reasm, WhatIsBlockedWhenItIsShownAgain)
{
	bool forbidden = false;
	Gateway g{1, [&](std::uint64_t, char c) { return forbidden && c == 'c' ? P2P_BLOCKED : P2P_CLEARED; }};
	g.core().whole = true;
	g.send({0, "abcd"});
	forbidden = true;
	EXPECT_EQ(p2p_reasm_recall(&g.core(), &g.env()), P2P_BLOCKED);
}

// Forbidden bytes, cut into one to four segments at every place and sent in every
// order: they are found before their last one is let through.
TEST(Reasm, AWordIsFoundHoweverItIsCut)
{
	const std::string stream = "xxFORBIDDENyy", word = "FORBIDDEN";
	for (unsigned mask = 0; mask < 1u << (stream.size() - 1); mask++) {
		std::vector<Segment> segments{{0, {}}};
		for (std::size_t i = 0; i < stream.size(); i++) {
			segments.back().bytes += stream[i];
			if (mask >> i & 1 && i + 1 < stream.size())
				segments.push_back({i + 1, {}});
		}
		if (segments.size() > 4)
			continue;
		std::vector<std::size_t> order(segments.size());
		for (std::size_t i = 0; i < order.size(); i++)
			order[i] = i;
		do {
			Gateway g{NEAR_WRAP, forbids(word)};
			Receiver receiver;
			bool blocked = false;
			for (auto i : order) {
				auto got = g.send(segments[i]);
				blocked |= got == P2P_SEG_BLOCKED;
				if (blocked)
					break;
				receiver.take(segments[i]);
			}
			ASSERT_TRUE(blocked);
			ASSERT_EQ(receiver.read().find(word), std::string::npos);
		} while (std::next_permutation(order.begin(), order.end()));
	}
}

namespace {

/// Sender, gateway, a network that loses behind it, receiver; beside the reference.
class Path {
public:
	explicit Path(std::uint32_t seed)
		: rng_{seed}, stream_{letters(200 + rng_() % 3000, rng_)},
		  gateway_{std::uint32_t(rng_()), gate_.inspect()}
	{
		gate_.until = rng_() % 2 ? ~0ull : 0;
		gateway_.env().hold = rng_() % 4 == 0;
		gateway_.env().max_pieces = rng_() % 3 ? 4096 : 8 + rng_() % 20;
	}
	/// A sender that says other things at times, when @p hostile.
	void run(bool hostile)
	{
		for (int step = 0; step < 30000 && receiver_.read().size() < stream_.size(); step++) {
			if (rng_() % 8 == 0)
				acknowledge();
			if (gate_.until != ~0ull && rng_() % 6 == 0)
				let_go();
			if (rng_() % 200 == 0)
				receiver_.forget();
			send(hostile);
			check();
		}
	}
	bool arrived() const { return receiver_.read() == stream_; }
	void all_acknowledged()
	{
		gateway_.ack(stream_.size());
		EXPECT_EQ(gateway_.kept(), 0u);
	}
	const std::string &stream() const { return stream_; }
	const Gateway &gateway() const { return gateway_; }

private:
	void send(bool hostile)
	{
		std::uint64_t first = acked_ > 20 && rng_() % 9 == 0 ? acked_ - rng_() % 20 : acked_;
		std::uint64_t at = std::min<std::uint64_t>(first + rng_() % 200, stream_.size() - 1);
		Segment s{at, stream_.substr(at, 1 + rng_() % 60)};
		if (rng_() % 4 == 0)
			s = {acked_, stream_.substr(acked_, 1 + rng_() % 40)};
		if (hostile && rng_() % 5 == 0)
			s.bytes[rng_() % s.bytes.size()] ^= 1;
		auto what = gateway_.send(s);
		reference_.check(s, what, gateway_.env().hold);
		switch (p2p_segment_fate(what)) {
		case P2P_FORWARD:
			deliver(s);
			break;
		case P2P_HOLD:
			held_.push_back(s);
			break;
		case P2P_DROP:
			break;
		}
		release();
	}
	void deliver(const Segment &s)
	{
		if (rng_() % 10)
			receiver_.take(s);
	}
	// what is held and may go, in order
	void release()
	{
		std::stable_sort(held_.begin(), held_.end(), [](auto &a, auto &b) { return a.at < b.at; });
		std::erase_if(held_, [&](const Segment &s) {
			if (s.end() > gateway_.cleared())
				return false;
			deliver(s);
			return true;
		});
	}
	void let_go()
	{
		gate_.until = gateway_.seen().size() + rng_() % 300;
		if (gateway_.resume() == P2P_CLEARED)
			reference_.released();
		release();
	}
	void acknowledge()
	{
		acked_ = receiver_.read().size();
		auto what = gateway_.ack(acked_);
		must(what != P2P_ACK_HOLE && what != P2P_ACK_BEYOND, "the receiver has what passed here");
		reference_.acked(acked_);
	}
	void check()
	{
		const auto &read = receiver_.read(), &seen = gateway_.seen();
		must(read.size() <= gateway_.cleared(), "nothing is read that was not cleared");
		must(seen.compare(0, read.size(), read) == 0, "what is read is what was inspected");
	}

	std::mt19937 rng_;
	std::string stream_;
	Gate gate_;
	Gateway gateway_;
	Receiver receiver_;
	Reference reference_;
	std::vector<Segment> held_;
	std::uint64_t acked_ = 0;
};

} // namespace

TEST(Reasm, AnHonestSenderArrives)
{
	for (std::uint32_t seed = 0; seed < 150; seed++) {
		SCOPED_TRACE(seed);
		Path path{seed};
		ASSERT_NO_THROW(path.run(false));
		ASSERT_TRUE(path.arrived());
		EXPECT_EQ(path.gateway().seen(), path.stream());
		path.all_acknowledged();
	}
}

TEST(Reasm, WhatAHostileSenderHasReadWasInspected)
{
	for (std::uint32_t seed = 1000; seed < 1150; seed++) {
		SCOPED_TRACE(seed);
		Path path{seed};
		ASSERT_NO_THROW(path.run(true));
	}
}
