// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <deque>
#include <random>

#include <gtest/gtest.h>

#include "core/pieces.h"

namespace {

struct List {
	p2p_pieces list{.first = {}, .last = {}, .n = 0, .charge = 0, .random = 12345};
	std::deque<p2p_piece> memory;

	p2p_piece *piece(std::uint32_t seq, std::uint32_t len, std::uint32_t charge = 1)
	{
		auto &p = memory.emplace_back();
		p.seq = seq;
		p.len = len;
		p.charge = charge;
		return &p;
	}
	std::vector<std::uint32_t> walk(unsigned level = 0) const
	{
		std::vector<std::uint32_t> out;
		for (auto *p = list.first[level]; p; p = p->next[level])
			out.push_back(p->seq);
		return out;
	}
};

std::uint32_t seq_of(const p2p_piece *p) { return p ? p->seq : 0xdead; }

} // namespace

TEST(Pieces, EmptyHasNone)
{
	List l;
	EXPECT_EQ(p2p_pieces_shift(&l.list), nullptr);
	EXPECT_EQ(p2p_pieces_from(&l.list, 0), nullptr);
}

TEST(Pieces, FromFindsTheFirstThatEndsBehind)
{
	List l;
	for (std::uint32_t seq : {10u, 20u, 40u})
		p2p_pieces_append(&l.list, l.piece(seq, 10));
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 0)), 10u);
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 10)), 10u);
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 19)), 10u);
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 20)), 20u);
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 35)), 40u);
	EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, 49)), 40u);
	EXPECT_EQ(p2p_pieces_from(&l.list, 50), nullptr);
}

TEST(Pieces, ShiftGivesTheFirstAndCounts)
{
	List l;
	p2p_pieces_append(&l.list, l.piece(0, 1, 7));
	p2p_pieces_append(&l.list, l.piece(1, 1, 5));
	EXPECT_EQ(l.list.charge, 12u);
	EXPECT_EQ(seq_of(p2p_pieces_shift(&l.list)), 0u);
	EXPECT_EQ(l.list.n, 1u);
	EXPECT_EQ(l.list.charge, 5u);
	EXPECT_EQ(seq_of(p2p_pieces_shift(&l.list)), 1u);
	p2p_pieces_append(&l.list, l.piece(9, 1));
	EXPECT_EQ(l.walk(), std::vector<std::uint32_t>{9});
}

// Against a sorted vector, across the end of the circle
TEST(Pieces, AnyOrderIsSorted)
{
	std::mt19937 rng{1};
	for (int round = 0; round < 50; round++) {
		List l;
		std::uint32_t base = round % 2 ? 0xfffffc00u : 1000u;
		std::vector<std::uint32_t> places(500), known;
		for (std::uint32_t i = 0; i < places.size(); i++)
			places[i] = i;
		std::shuffle(places.begin(), places.end(), rng);
		for (std::uint32_t place : places) {
			p2p_pieces_insert(&l.list, l.piece(base + 4 * place, 1 + place % 4));
			known.insert(std::lower_bound(known.begin(), known.end(), place), place);
			if (rng() % 5 == 0) {
				EXPECT_EQ(seq_of(p2p_pieces_shift(&l.list)), base + 4 * known.front());
				known.erase(known.begin());
			}
			std::uint32_t ask = rng() % 2000;
			auto at = std::find_if(known.begin(), known.end(),
					       [&](auto p) { return 4 * p + 1 + p % 4 > ask; });
			EXPECT_EQ(seq_of(p2p_pieces_from(&l.list, base + ask)),
				  at == known.end() ? 0xdead : base + 4 * *at);
		}
		ASSERT_EQ(l.list.n, known.size());
		for (unsigned level = 0; level < P2P_LEVELS; level++) {
			auto seqs = l.walk(level);
			EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end(),
						   [](auto a, auto b) { return p2p_before(a, b); }));
		}
		EXPECT_EQ(l.walk().size(), known.size());
	}
}

// What a stranger may make of four thousand pieces: each search takes few steps
TEST(Pieces, LevelsAreAsDrawn)
{
	List l;
	for (std::uint32_t i = 0; i < 4096; i++)
		p2p_pieces_append(&l.list, l.piece(i, 1));
	EXPECT_NEAR(double(l.walk(1).size()), 256, 60);
	EXPECT_NEAR(double(l.walk(2).size()), 16, 12);
}
