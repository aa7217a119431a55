// SPDX-License-Identifier: GPL-2.0-only
#include <random>

#include <gtest/gtest.h>

#include "core/utp.h"
#include "octets.h"
#include "reasm_model.h"

using namespace p2p;

namespace {

Octets packet(unsigned type, const Octets &extensions = {}, unsigned kind = 0, const Octets &payload = {})
{
	return be8(type << 4 | 1) + be8(kind) + be16(0x1234) + be32(1000000) + be32(5000) + be32(1 << 20) +
	       be16(0xfffe) + be16(7) + extensions + payload;
}

struct Decoded {
	p2p_utp utp{};
	p2p_utp_decoded what;

	explicit Decoded(const Octets &o, std::size_t len = 0)
		: what{p2p_utp_decode({o.data(), std::uint32_t(o.size())}, std::uint32_t(len ? len : o.size()), &utp)}
	{
	}
};

} // namespace

TEST(Utp, Header)
{
	Decoded d{packet(P2P_UTP_DATA, {}, 0, text("hello"))};
	ASSERT_EQ(d.what, P2P_UTP_PACKET);
	EXPECT_EQ(d.utp.type, P2P_UTP_DATA);
	EXPECT_EQ(d.utp.id, 0x1234);
	EXPECT_EQ(d.utp.seq, 0xfffe);
	EXPECT_EQ(d.utp.ack, 7);
	EXPECT_EQ(d.utp.time, 1000000u);
	EXPECT_EQ(d.utp.difference, 5000u);
	EXPECT_EQ(d.utp.window, 1u << 20);
	EXPECT_EQ(d.utp.head, 20u);
	EXPECT_FALSE(d.utp.odd);
}

TEST(Utp, WhatTakesANumber)
{
	for (auto [type, counts] : {std::pair{P2P_UTP_DATA, true}, {P2P_UTP_FIN, true}, {P2P_UTP_STATE, false},
				    {P2P_UTP_RESET, false}, {P2P_UTP_SYN, false}}) {
		Decoded d{packet(type)};
		ASSERT_EQ(d.what, P2P_UTP_PACKET);
		EXPECT_EQ(p2p_utp_counts(&d.utp), counts) << type;
	}
}

// What libtorrent and libutp take for uTP, and what they do not.
TEST(Utp, OthersAreNone)
{
	EXPECT_EQ(Decoded{packet(5)}.what, P2P_UTP_OTHER);
	EXPECT_EQ(Decoded{be8(0x02) + prefix(packet(0), 19)}.what, P2P_UTP_OTHER) << "another version";
	EXPECT_EQ(Decoded{prefix(packet(0), 19)}.what, P2P_UTP_OTHER);
	EXPECT_EQ(Decoded{text("d1:ad2:id20:abcdefghij0123456789e1:q4:pinge")}.what, P2P_UTP_OTHER) << "DHT";
	EXPECT_EQ(Decoded{be64(0x41727101980) + be32(0) + be64(1)}.what, P2P_UTP_OTHER) << "a tracker";
}

TEST(Utp, Extensions)
{
	Octets sack = be8(0) + be8(4) + fill(4, 1), close = be8(0) + be8(4) + fill(4);
	Decoded one{packet(P2P_UTP_DATA, sack, 1, text("x"))};
	EXPECT_EQ(one.what, P2P_UTP_PACKET);
	EXPECT_EQ(one.utp.head, 26u);
	EXPECT_FALSE(one.utp.odd);
	Decoded two{packet(P2P_UTP_DATA, be8(1) + be8(8) + fill(8) + sack, 2)};
	EXPECT_EQ(two.utp.head, 36u);
	EXPECT_FALSE(Decoded{packet(P2P_UTP_FIN, close, 3)}.utp.odd);
	/* unknown, or of a length that means nothing: their receivers pass over them */
	Decoded unknown{packet(P2P_UTP_DATA, sack, 77)}, empty{packet(P2P_UTP_DATA, be8(0) + be8(0), 1)};
	EXPECT_EQ(unknown.what, P2P_UTP_PACKET);
	EXPECT_TRUE(unknown.utp.odd);
	EXPECT_EQ(empty.what, P2P_UTP_PACKET);
	EXPECT_EQ(empty.utp.head, 22u);
	EXPECT_TRUE(empty.utp.odd);
}

TEST(Utp, ExtensionsWithoutEnd)
{
	Octets more = be8(1) + be8(4) + fill(4), sack = be8(0) + be8(4) + fill(4);
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, more + more + more + sack, 1)}.what, P2P_UTP_PACKET);
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, more + more + more + more + sack, 1)}.what, P2P_UTP_BAD);
	/* none that receives it goes on; libutp's resets of version 0 may look so */
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, {}, 1)}.what, P2P_UTP_OTHER) << "there is none";
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, be8(0), 1)}.what, P2P_UTP_OTHER);
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, be8(0) + be8(5) + fill(4), 1)}.what, P2P_UTP_OTHER);
	EXPECT_EQ(Decoded{packet(P2P_UTP_DATA, more + more + more + more, 1)}.what, P2P_UTP_BAD);
	/* one that goes on behind what is shown, not behind the packet */
	Octets cut = packet(P2P_UTP_DATA, be8(0) + be8(200) + fill(10), 1);
	EXPECT_EQ(Decoded(cut, 222).utp.head, 222u);
	EXPECT_EQ(Decoded(cut, 221).what, P2P_UTP_OTHER);
	EXPECT_EQ(Decoded(packet(P2P_UTP_DATA, be8(1) + be8(200) + fill(10), 1), 300).what, P2P_UTP_BAD);
}

TEST(Utp, Widen)
{
	EXPECT_EQ(p2p_utp_widen(0x1fffe, 0x0003), 0x20003u);
	EXPECT_EQ(p2p_utp_widen(0x20003, 0xfffe), 0x1fffeu);
	EXPECT_EQ(p2p_utp_widen(0xfffffffe, 1), 1u) << "round the wide circle, too";
	EXPECT_EQ(p2p_utp_widen(1, 0xfffe), 0xfffffffeu);
	EXPECT_EQ(p2p_utp_widen(5, 5), 5u);
	EXPECT_EQ(p2p_utp_widen(0x10000, 0x7fff), 0x17fffu);
	EXPECT_EQ(p2p_utp_widen(0x10000, 0x8000), 0x8000u);
}

// Packets of 16 bit numbers through the queue, against the same with their places: many
// times round the small circle, and once round the large one; with packets lost behind the
// gateway, out of order, twice, and acknowledgements likewise.
TEST(Utp, NumbersThroughTheQueue)
{
	constexpr std::uint32_t FIRST = 0u - 150000;
	constexpr std::uint64_t PACKETS = 300000;
	std::mt19937 rng{29};
	Gateway g{FIRST};
	Receiver receiver;
	Reference reference;
	std::uint64_t acked = 0;

	auto number = [](std::uint64_t at) { return FIRST + std::uint32_t(at); };
	while (acked < PACKETS) {
		/* the oldest that is missing, now and then, or one of the next thousand */
		std::uint64_t at = acked + (rng() % 3 ? rng() % 1000 : 0);
		at = std::min(at, PACKETS - 1);
		ASSERT_EQ(p2p_utp_widen(g.core().end, std::uint16_t(number(at))), number(at));
		Segment s{at, std::string(1, char(at * 37 >> 3))};
		if (rng() % 50 == 0)
			s.bytes[0] ^= 1; /* it says something else */
		auto what = g.send(s);
		reference.check(s, what, false);
		if (p2p_segment_fate(what) == P2P_FORWARD && rng() % 10)
			receiver.take(s);
		if (rng() % 4)
			continue;
		acked = receiver.read().size();
		std::uint64_t told = acked - std::min<std::uint64_t>(acked, rng() % 8 ? 0 : rng() % 500);
		ASSERT_EQ(p2p_utp_widen(g.core().base, std::uint16_t(number(told))), number(told));
		auto said = g.ack(told, 4096);
		ASSERT_TRUE(said == P2P_ACK_OLD || said == P2P_ACK_NEW);
		reference.acked(told);
	}
	EXPECT_EQ(g.seen().compare(0, PACKETS, receiver.read()), 0);
	EXPECT_EQ(g.skipped(), 0u);
}
