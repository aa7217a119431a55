// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

const Octets handshake = text("\x13" "BitTorrent protocol") + fill(8) + noise(20) + text("-LT2080-") + noise(12, 3);

Octets message(unsigned id, const Octets &body = {}) { return be32(body.size() + 1) + be8(id) + body; }
Octets request(unsigned index, unsigned block, unsigned id = 6)
{
	return message(id, be32(index) + be32(block * 0x4000) + be32(0x4000));
}
Octets piece_header(unsigned index, unsigned block, unsigned size = 0x4000)
{
	return be32(size + 9) + be8(7) + be32(index) + be32(block * 0x4000);
}
bool is_peer(const Talk &t) { return t.is(P2P_PROTO_bt_peer); }

bool midstream(const Octets &payload, unsigned dir = 0)
{
	auto t = Talk::midstream();
	t.send(dir, payload);
	return is_peer(t);
}

} // namespace

TEST(Peer, HandshakeInEitherDirection)
{
	for (unsigned dir : {0u, 1u}) {
		auto t = Talk::tcp();
		EXPECT_EQ(t.send(dir, handshake), P2P_YES);
		EXPECT_TRUE(is_peer(t));
		auto u = Talk::midstream(); /* the SYN went another way */
		EXPECT_EQ(u.send(dir, handshake), P2P_YES);
	}
}

TEST(Peer, HandshakeAtEveryLength)
{
	for (std::size_t n = 1; n <= handshake.size(); n++) {
		auto t = Talk::tcp();
		EXPECT_EQ(t.send(0, prefix(handshake, n)), n < 20 ? P2P_MORE : P2P_YES) << n;
		Octets wrong = prefix(handshake, std::min<std::size_t>(n, 20));
		wrong.back() ^= 1;
		auto u = Talk::tcp();
		EXPECT_EQ(u.send(0, wrong), P2P_NO) << n;
	}
}

TEST(Peer, AnswerDecidesWhenTheFirstSideIsUnseen)
{
	Talk t{P2P_TCP};
	t.syn(1, 500);
	EXPECT_EQ(t.send(1, handshake), P2P_YES);
}

TEST(Peer, Requests)
{
	for (unsigned id : {6u, 8u, 16u})
		EXPECT_TRUE(midstream(request(3, 5, id)));
	EXPECT_TRUE(midstream(message(2) + request(3, 5) + request(3, 6)));
	Octets row;
	for (unsigned i = 0; i < 86; i++)
		row += request(7, i);
	EXPECT_TRUE(midstream(prefix(row, 1448))); /* ends amid a request */
}

TEST(Peer, RequestsThatNobodyMakes)
{
	EXPECT_FALSE(midstream(message(6, be32(1u << 30) + be32(0) + be32(0x4000))));
	EXPECT_FALSE(midstream(message(6, be32(1) + be32(5) + be32(0x4000))));
	EXPECT_FALSE(midstream(message(6, be32(1) + be32(0) + be32(0))));
	EXPECT_FALSE(midstream(message(6, be32(1) + be32(0) + be32(0x100000))));
	EXPECT_FALSE(midstream(message(6, be32(1) + be32(0) + be32(0x4000) + be8(0))));
	EXPECT_FALSE(midstream(suffix(request(3, 5), 1)));
	EXPECT_FALSE(midstream(prefix(request(3, 5), 16)));
}

TEST(Peer, PieceHeaders)
{
	EXPECT_TRUE(midstream(piece_header(9, 2) + noise(1000)));
	for (std::size_t at : {1u, 2u, 3u, 4u, 5u, 100u, 999u, 1400u})
		EXPECT_TRUE(midstream(noise(at) + piece_header(9, 2) + noise(20))) << at;
	EXPECT_TRUE(midstream(fill(1000) + piece_header(9, 2)));
	EXPECT_TRUE(midstream(text("\x40\x09") + fill(3) + piece_header(9, 2)));
	EXPECT_FALSE(midstream(noise(50) + prefix(piece_header(9, 2), 12)));
	EXPECT_FALSE(midstream(noise(50) + be32(0x4009) + be8(7) + be32(1u << 25) + be32(0) + noise(50)));
	EXPECT_FALSE(midstream(noise(50) + be32(0x4009) + be8(7) + be32(1) + be32(77) + noise(50)));
	EXPECT_TRUE(midstream(piece_header(1, 3, 0x8000) + noise(600)));
}

TEST(Peer, DataDirectionAlone)
{
	/* 16 KiB blocks in segments of every common size, from anywhere */
	Octets stream;
	for (unsigned i = 0; i < 6; i++)
		stream += piece_header(5, i) + noise(0x4000, i + 1);
	for (std::size_t mss : {1208u, 1348u, 1400u, 1448u, 1460u})
		for (std::size_t from = 20; from < 0x4000; from += 1009) {
			auto t = Talk::midstream();
			for (std::size_t at = from; at + mss < stream.size() && t.undecided(); at += mss)
				t.send(0, prefix(suffix(stream, at), mss));
			EXPECT_TRUE(is_peer(t)) << mss << " " << from;
		}
}

TEST(Peer, SmallMessagesNeedCompany)
{
	auto t = Talk::midstream();
	for (unsigned i = 0; i < 25; i++)
		t.send(0, message(4, be32(i))); /* somebody's heartbeat, for all we know */
	EXPECT_FALSE(is_peer(t));

	auto u = Talk::midstream();
	u.send(0, message(1) + message(4, be32(5)) + message(4, be32(9)));
	u.send(1, message(2) + message(20, be8(1) + text("d1:xi1ee")));
	u.send(1, message(9, be16(6881)));
	EXPECT_TRUE(is_peer(u));
}

TEST(Peer, ExtensionMessages)
{
	EXPECT_TRUE(midstream(message(20, be8(0) + text("d1:md11:ut_metadatai3ee1:v5:LT2.0e"))));
	EXPECT_TRUE(midstream(message(20, be8(1) + text("d5:added6:\1\2\3\4\5\6e"))));
	EXPECT_TRUE(midstream(message(20, be8(2) + text("d8:msg_typei0e5:piecei0ee"))));
	EXPECT_FALSE(midstream(message(20, be8(1) + text("{\"d\":1}"))));
}

TEST(Peer, ZerosAreNeverEvidence)
{
	for (std::size_t n : {1u, 4u, 5u, 8u, 13u, 64u, 1448u}) {
		auto t = Talk::midstream();
		for (int i = 0; i < 40; i++)
			t.send(unsigned(i & 1), fill(n));
		EXPECT_FALSE(is_peer(t)) << n;
	}
}

TEST(Peer, OthersWithLengthsInFront)
{
	const Octets looks[] = {
		/* Kafka: size, api key, version, correlation, client */
		be32(30) + be16(3) + be16(1) + be32(7) + be16(8) + text("consumer") + fill(12),
		be32(0x4009) + be16(0x0700) + be16(1) + be32(7) + noise(64),
		/* Thrift, framed */
		be32(20) + be32(0x80010001) + be32(4) + text("ping") + be32(1) + be8(0) + fill(3),
		/* SSH agent: request identities, success */
		be32(1) + be8(11),
		be32(1) + be8(6),
		/* PostgreSQL: startup, terminate, SSL request */
		be32(8) + be32(80877103),
		be32(41) + be32(0x30000) + text("user") + be8(0) + text("postgres") + fill(20),
		/* MySQL, TDS, DNS over TCP, Diameter, NetBIOS session, RPC record */
		Octets{5, 0, 0, 0, 1, 0, 0, 0, 0},
		Octets{18, 1, 0, 47, 0, 0, 1, 0} + fill(39),
		be16(29) + be16(0x1234) + be16(0x0100) + be16(1) + fill(6) + text("\7example\3com") + fill(1) + be32(0x10001),
		be32(0x01000014) + be32(0x80000118) + fill(12),
		be32(0x00000045) + text("\xffSMB") + noise(65),
		be32(0x80000028) + be32(5) + fill(36),
		/* An X11 or VNC like run of small big-endian numbers */
		be32(5) + be8(4) + be32(0) + be32(5) + be8(5) + be32(0),
		be32(13) + be8(6) + be32(1) + be32(2) + be32(3),
	};
	for (const auto &o : looks) {
		auto t = Talk::midstream();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_peer(t)) << (&o - looks);
		auto u = Talk::tcp();
		u.send(0, o);
		EXPECT_TRUE(u.refused()) << (&o - looks);
	}
}

TEST(Peer, TruncatedAtEveryLength)
{
	Octets all = message(1) + request(3, 5) + piece_header(1, 2) + noise(50);
	for (std::size_t n = 0; n < all.size(); n++) {
		auto t = Talk::midstream();
		t.at(0, 5000, all, n);
		auto u = Talk::midstream();
		u.at(0, 5000, prefix(all, n), n);
	}
}
