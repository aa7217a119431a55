// SPDX-License-Identifier: GPL-2.0-only
#include "core/match.h"

#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

const Octets handshake = text("\x13" "BitTorrent protocol") + fill(8) + noise(20) + text("-LT2080-") + noise(12, 3);
const Octets web = text("GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n");

} // namespace

TEST(Match, OpensTheTransportsProtocols)
{
	p2p_inspect in;
	p2p_inspect_init(&in, P2P_TCP);
	EXPECT_EQ(in.open, p2p_proto_mask(P2P_TCP));
	p2p_inspect_init(&in, P2P_UDP);
	EXPECT_EQ(in.open, p2p_proto_mask(P2P_UDP));
	EXPECT_LE(sizeof(in), 1024u);
}

TEST(Match, NothingToAsk)
{
	Talk t{47};
	EXPECT_EQ(t.send(0, handshake), P2P_NO);
}

TEST(Match, ForeignFlowIsRefusedByItsFirstPayload)
{
	auto t = Talk::tcp();
	EXPECT_EQ(t.send(0, web), P2P_NO);
	EXPECT_EQ(t.packets(), 1u);
}

TEST(Match, EmptyPacketsSayNothing)
{
	auto t = Talk::tcp();
	for (int i = 0; i < 1000; i++)
		EXPECT_EQ(t.send(0, {}), P2P_MORE);
	EXPECT_EQ(t.send(0, handshake), P2P_YES);
}

TEST(Match, OneByteAtATimeHidesNothing)
{
	for (std::size_t step = 1; step < 20; step++)
		for (unsigned dir : {0u, 1u}) {
			auto t = Talk::tcp();
			for (std::size_t at = 0; at < handshake.size() && t.undecided(); at += step)
				t.send(dir, prefix(suffix(handshake, at), std::min(step, handshake.size() - at)));
			EXPECT_TRUE(t.is(P2P_PROTO_bt_peer)) << step;
			EXPECT_LE(t.packets(), (20 + step - 1) / step);
		}
}

TEST(Match, ForeignFlowByteByByteIsRefused)
{
	auto t = Talk::tcp();
	for (auto c : web)
		t.send(0, {c});
	EXPECT_TRUE(t.refused());
	EXPECT_LE(t.packets(), 32u); /* the request line */
}

TEST(Match, SequenceNumbersWrap)
{
	for (std::uint32_t back = 0; back <= 24; back++) {
		Talk t{P2P_TCP};
		t.syn(0, 0u - back);
		for (std::size_t at = 0; at < 20; at += 3)
			t.send(0, prefix(suffix(handshake, at), 3));
		EXPECT_TRUE(t.is(P2P_PROTO_bt_peer)) << back;
	}
}

TEST(Match, RetransmissionsBringNothingNew)
{
	auto t = Talk::tcp(1000);
	t.at(0, 1000, prefix(handshake, 5));
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(t.at(0, 1000, prefix(handshake, 5)), P2P_MORE);
	EXPECT_EQ(t.at(0, 1005, prefix(suffix(handshake, 5), 15)), P2P_YES);
}

TEST(Match, OverlapsBringTheirNewBytesOnly)
{
	auto t = Talk::tcp(1000);
	t.at(0, 1000, prefix(handshake, 10));
	/* The first copy wins: the overlap says something else. */
	t.at(0, 1004, text("XXXXXX") + prefix(suffix(handshake, 10), 4));
	t.at(0, 998, text("YY") + prefix(handshake, 14)); /* from before the head */
	EXPECT_TRUE(t.undecided());
	EXPECT_EQ(t.at(0, 1013, suffix(handshake, 13)), P2P_YES);
}

TEST(Match, SegmentsAheadOfAGapDoNotAdvance)
{
	auto t = Talk::tcp(1000);
	t.at(0, 1000, prefix(handshake, 8));
	t.at(0, 1016, suffix(handshake, 16));
	EXPECT_EQ(t.at(0, 1008, prefix(suffix(handshake, 8), 8)), P2P_MORE);
	EXPECT_EQ(t.at(0, 1016, suffix(handshake, 16)), P2P_YES);
}

TEST(Match, FirstSegmentArrivesLast)
{
	auto t = Talk::tcp(1000);
	t.at(0, 1068, noise(500));
	t.at(0, 1568, noise(500, 2));
	EXPECT_EQ(t.at(0, 1000, handshake), P2P_YES);
}

TEST(Match, DataOnTheSyn)
{
	Talk t{P2P_TCP};
	p2p_inspect in;
	p2p_inspect_init(&in, P2P_TCP);
	p2p_inspect_start(&in, 0, 1001);
	p2p_pkt pkt{};
	pkt.key.l4 = P2P_TCP;
	pkt.flags = P2P_SYN;
	pkt.seq = 1000;
	pkt.payload_len = 10;
	auto proto = P2P_PROTO_NONE;
	Octets head = prefix(handshake, 10);
	EXPECT_EQ(p2p_inspect_feed(&in, &pkt, 0, view(head), &proto), P2P_MORE);
	pkt.flags = P2P_ACK;
	pkt.seq = 1011;
	pkt.payload_len = 58;
	Octets rest = suffix(handshake, 10);
	EXPECT_EQ(p2p_inspect_feed(&in, &pkt, 0, view(rest), &proto), P2P_YES);
	EXPECT_EQ(proto, P2P_PROTO_bt_peer);
}

TEST(Match, SecondSynMovesNothing)
{
	auto t = Talk::tcp(1000);
	t.at(0, 1000, prefix(handshake, 10));
	t.syn(0, 9000);
	EXPECT_EQ(t.at(0, 1010, suffix(handshake, 10)), P2P_YES);

	auto u = Talk::tcp(1000);
	u.syn(0, 9000); /* before any payload it may */
	u.at(0, 9000, prefix(handshake, 10));
	EXPECT_EQ(u.at(0, 9010, suffix(handshake, 10)), P2P_YES);
}

TEST(Match, ViewShorterThanThePacket)
{
	for (std::size_t seen = 1; seen <= handshake.size(); seen++) {
		auto t = Talk::tcp(1000);
		auto got = t.at(0, 1000, handshake, seen);
		EXPECT_EQ(got, seen < 20 ? P2P_MORE : P2P_YES) << seen;
		/* What follows is not contiguous with what was seen: no head. */
		if (got == P2P_MORE) {
			t.at(0, 1068, text("torrent protocol"));
			EXPECT_TRUE(t.undecided());
		}
	}
}

TEST(Match, NoViewAtAll)
{
	auto t = Talk::tcp(1000);
	for (int i = 0; i < 40; i++)
		t.at(0, 1000 + 100 * i, noise(100), 0);
	EXPECT_TRUE(t.refused());
}

TEST(Match, NobodyStaysUndecided)
{
	/* Ever new bytes that leave a question open */
	auto t = Talk::tcp(1000);
	t.send(0, text("GET /"));
	while (t.undecided() && t.packets() < 1000)
		t.send(0, fill(40, 'a'));
	EXPECT_TRUE(t.refused());
	EXPECT_LE(t.packets(), unsigned(P2P_HEAD_MAX + P2P_INSPECT_PACKETS));

	auto one = Talk::tcp(1000);
	one.send(0, text("GET /"));
	while (one.undecided() && one.packets() < 1000)
		one.send(0, text("a"));
	EXPECT_TRUE(one.refused());
	EXPECT_LE(one.packets(), unsigned(P2P_HEAD_MAX + P2P_INSPECT_PACKETS));

	auto again = Talk::tcp(1000);
	again.at(0, 1000, text("\x13"));
	while (again.undecided() && again.packets() < 1000)
		again.at(0, 1000, text("\x13"));
	EXPECT_TRUE(again.refused());
	EXPECT_LE(again.packets(), unsigned(P2P_INSPECT_STALE + 1));

	auto gap = Talk::tcp(1000);
	while (gap.undecided() && gap.packets() < 1000)
		gap.at(0, 2000 + 20 * gap.packets(), noise(20));
	EXPECT_TRUE(gap.refused());
	EXPECT_LE(gap.packets(), unsigned(P2P_INSPECT_PACKETS));

	auto middle = Talk::midstream();
	while (middle.undecided() && middle.packets() < 1000)
		middle.send(0, noise(1400, middle.packets()));
	EXPECT_TRUE(middle.refused());
	EXPECT_LE(middle.packets(), unsigned(P2P_INSPECT_MIDSTREAM));
}

TEST(Match, ParameterBehindTheHeadIsStillSeen)
{
	/* A request in two segments; what matters begins behind 128 bytes. */
	Octets line = text("GET /announce.php?passkey=") + fill(140, 'k') +
		      text("&info_hash=%01%02&port=6881 HTTP/1.1\r\n\r\n");
	for (std::size_t cut = 1; cut < 160; cut++) {
		auto t = Talk::tcp();
		t.send(0, prefix(line, cut));
		t.send(0, suffix(line, cut));
		EXPECT_TRUE(t.is(P2P_PROTO_bt_http)) << cut;
	}
}

TEST(Match, AFirstFragmentIsNotTheWholeDatagram)
{
	/* a DHT answer that goes on in the next fragment */
	Octets begin = text("d1:rd2:id20:abcdefghij01234567895:nodes416:") + noise(300);
	for (bool frag : {false, true}) {
		p2p_inspect in;
		p2p_inspect_init(&in, P2P_UDP);
		p2p_pkt pkt{};
		pkt.key.l4 = P2P_UDP;
		pkt.frag = frag;
		pkt.payload_len = std::uint32_t(begin.size());
		p2p_proto proto = P2P_PROTO_NONE;
		EXPECT_EQ(p2p_inspect_feed(&in, &pkt, 0, view(begin), &proto) == P2P_YES, frag);
	}
}

TEST(Match, OnlyUdpHasSeveralTries)
{
	EXPECT_TRUE(p2p_refusal_is_final(P2P_TCP, 1));
	EXPECT_FALSE(p2p_refusal_is_final(P2P_UDP, P2P_UDP_TRIES - 1));
	EXPECT_TRUE(p2p_refusal_is_final(P2P_UDP, P2P_UDP_TRIES));
}
