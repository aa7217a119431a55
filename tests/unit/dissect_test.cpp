// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "bt.h"
#include "told.h"

using namespace p2p;

TEST(Dissect, WhoHasOne)
{
	p2p_dissector d;
	EXPECT_TRUE(p2p_dissect_init(&d, P2P_PROTO_bt_peer));
	EXPECT_FALSE(p2p_dissect_init(&d, P2P_PROTO_bt_dht));
	EXPECT_FALSE(p2p_dissect_init(&d, P2P_PROTO_NONE));
	EXPECT_LE(sizeof(d), 768u);
}

TEST(Dissect, NothingIsFedToNobody)
{
	Listener l{P2P_PROTO_bt_peer};
	l.feed(0, {nullptr, 0});
	l.gap(0, 0);
	EXPECT_TRUE(l.told().empty());
	l.gap(0, P2P_GAP_UNKNOWN);
	l.gap(0, 5);
	l.gap(0, P2P_GAP_UNKNOWN);
	ASSERT_EQ(l.told().size(), 1u); /* lost is lost */
	EXPECT_EQ(line(l.told()[0]), "0 desync 0-0");
}

TEST(Dissect, PositionsGoOnWhatever)
{
	const Octets hello = bt_handshake(noise(20));
	Listener l{P2P_PROTO_bt_peer};
	l.gap(0, 1000);
	l.feed(0, view(noise(500)));
	l.gap(0, 1ull << 40);
	l.feed(0, view(bt_piece(1, 0, fill(0x4000))));
	ASSERT_EQ(l.told().size(), 2u);
	EXPECT_EQ(l.told()[0].end, 1000u);
	EXPECT_EQ(l.told()[1].begin, (1ull << 40) + 1500 + 13);
}

TEST(Dissect, Noise)
{
	for (auto proto : {P2P_PROTO_bt_peer, P2P_PROTO_ed_tcp, P2P_PROTO_gn_tcp})
		for (std::uint32_t seed = 0; seed < 20; seed++)
			EXPECT_EQ(depends_on_cuts(proto, {{0, noise(700, seed)}, {1, noise(700, seed + 99), seed % 3}}, 37), "");
}
