// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

enum { DATA, FIN, STATE, RESET, SYN };

struct Header {
	unsigned type;
	unsigned id;
	std::uint32_t time;
	unsigned seq;
	unsigned ack;
	std::uint32_t diff = 5000;
	std::uint32_t window = 1 << 20;
	Octets extensions = {};
	unsigned kind = 0;

	Octets operator()(const Octets &payload = {}) const
	{
		return be8(type << 4 | 1) + be8(kind) + be16(id) + be32(time) + be32(diff) + be32(window) + be16(seq) +
		       be16(ack) + extensions + payload;
	}
};

Octets syn(unsigned id = 100, std::uint32_t time = 1000000, unsigned seq = 7)
{
	return Header{SYN, id, time, seq, 0, 0}();
}
bool is_utp(const Talk &t) { return t.is(P2P_PROTO_bt_utp); }

} // namespace

TEST(Utp, SynAndState)
{
	auto t = Talk::udp();
	EXPECT_EQ(t.send(0, syn()), P2P_MORE);
	EXPECT_EQ(t.send(1, Header{STATE, 100, 500, 333, 7}()), P2P_YES_MORE);
	EXPECT_TRUE(is_utp(t));
	EXPECT_TRUE(t.undecided());
}

// A connection from its SYN to its first data, and whether that is encrypted.
TEST(Utp, FirstDataShowsWhetherItIsEncrypted)
{
	const Octets handshake = text("\x13" "BitTorrent protocol") + noise(48);
	const Octets asked = Header{STATE, 101, 1050000, 8, 333}(); // no data, as some send first
	for (bool early : {false, true}) {
		for (bool clear : {false, true}) {
			auto t = Talk::udp();
			t.send(0, syn());
			t.send(1, Header{STATE, 100, 500, 333, 7}());
			if (early) {
				EXPECT_EQ(t.send(0, asked), P2P_MORE);
			}
			t.send(0, Header{DATA, 101, 1060000, 8, 333}(clear ? handshake : noise(200)));
			EXPECT_TRUE(is_utp(t));
			EXPECT_FALSE(t.undecided());
			EXPECT_EQ(t.encrypted(), !clear);
		}
	}
	auto late = Talk::udp(); /* the first one is lost: nobody knows */
	late.send(0, syn());
	late.send(1, Header{STATE, 100, 500, 333, 7}());
	EXPECT_EQ(late.send(0, Header{DATA, 101, 1060000, 9, 333}(noise(200))), P2P_YES);
}

TEST(Utp, NamedOnceIsNamedForGood)
{
	auto t = Talk::udp();
	t.send(0, syn());
	t.send(1, Header{STATE, 100, 500, 333, 7}());
	for (int i = 0; i < P2P_INSPECT_PACKETS && t.undecided(); i++)
		t.send(1, noise(100, i + 1));
	EXPECT_FALSE(t.undecided());
	EXPECT_TRUE(is_utp(t));
	EXPECT_FALSE(t.encrypted());
}

TEST(Utp, InitiatorAlone)
{
	auto t = Talk::udp();
	t.send(0, syn());
	EXPECT_EQ(t.send(0, Header{DATA, 101, 1050000, 8, 333}(noise(200))), P2P_YES_ENCRYPTED);
	EXPECT_TRUE(is_utp(t));
}

TEST(Utp, SynThatNobodyAnswers)
{
	auto t = Talk::udp();
	t.send(0, syn());
	EXPECT_EQ(t.send(0, syn(100, 4000000)), P2P_YES_MORE);
	auto copy = Talk::udp(); /* the same packet again proves nothing */
	copy.send(0, syn());
	EXPECT_EQ(copy.send(0, syn()), P2P_MORE);
}

TEST(Utp, SynMustBeOne)
{
	auto refused = [](const Octets &o) {
		auto t = Talk::udp();
		t.send(0, o);
		return !t.open(P2P_PROTO_bt_utp);
	};
	EXPECT_FALSE(refused(syn()));
	EXPECT_FALSE(refused(Header{.type = SYN, .id = 1, .time = 1, .seq = 1, .ack = 0, .diff = 0,
				    .extensions = be8(0) + be8(8) + fill(8), .kind = 2}()));
	EXPECT_TRUE(refused(syn() + be8(1)));
	EXPECT_TRUE(refused(Header{SYN, 100, 1, 7, 1, 0}()));
	EXPECT_TRUE(refused(Header{SYN, 100, 1, 7, 0, 9}()));
	EXPECT_TRUE(refused(Header{SYN, 0, 1, 7, 0, 0}()));
	EXPECT_TRUE(refused(Header{5, 100, 1, 7, 0, 0}()));
}

TEST(Utp, HandshakeInTheClear)
{
	Octets sack = be8(0) + be8(4) + fill(4, 1);
	for (unsigned dir : {0u, 1u}) {
		auto t = Talk::udp();
		t.send(dir, Header{DATA, 9, 1, 2, 3}(text("\x13" "BitTorrent protocol") + noise(48)));
		EXPECT_TRUE(is_utp(t));
		auto u = Talk::udp();
		u.send(dir, Header{.type = DATA, .id = 9, .time = 1, .seq = 2, .ack = 3, .extensions = sack, .kind = 1}(
				    text("\x13" "BitTorrent protocol") + noise(48)));
		EXPECT_TRUE(is_utp(u));
	}
}

TEST(Utp, MidstreamBothSides)
{
	auto t = Talk::udp();
	t.send(0, Header{DATA, 501, 10000, 65534, 900}(noise(900)));
	t.send(1, Header{STATE, 500, 777777, 900, 65534}());
	EXPECT_TRUE(t.undecided());
	t.send(0, Header{DATA, 501, 30000, 65535, 900}(noise(900)));
	EXPECT_TRUE(is_utp(t));
}

TEST(Utp, MidstreamOneSide)
{
	auto data = Talk::udp();
	for (unsigned i = 0; i < 12; i++)
		data.send(0, Header{DATA, 501, 0xfffff000u + 1000 * i, 65530 + i, 900}(noise(900, i + 1)));
	EXPECT_TRUE(is_utp(data));
	EXPECT_LE(data.packets(), 6u);

	auto acks = Talk::udp();
	for (unsigned i = 0; i < 12; i++)
		acks.send(1, Header{STATE, 500, 5000 + 1000 * i, 900, 40 + i}());
	EXPECT_TRUE(is_utp(acks));
}

TEST(Utp, LossAndReorderingAreNoMiss)
{
	auto t = Talk::udp();
	for (unsigned i : {0u, 2u, 1u, 3u, 9u, 4u, 5u, 6u})
		t.send(0, Header{DATA, 501, 50000 + 1000 * i, 100 + i, 900}(noise(900, i + 1)));
	EXPECT_TRUE(is_utp(t));
}

TEST(Utp, SharesItsSocketWithTheDht)
{
	auto t = Talk::udp();
	t.send(0, syn());
	t.send(1, text("d1:xi1ee")); /* no message, but no foreigner either */
	t.send(1, Header{STATE, 100, 500, 333, 7}());
	EXPECT_TRUE(is_utp(t));
}

TEST(Utp, ExtensionsAreBounded)
{
	auto verdict = [](const Octets &extensions, unsigned kind) {
		auto t = Talk::udp();
		t.send(0, Header{.type = STATE, .id = 9, .time = 1, .seq = 2, .ack = 3, .extensions = extensions, .kind = kind}());
		return t.open(P2P_PROTO_bt_utp);
	};
	Octets sack = be8(0) + be8(4) + fill(4), more = be8(1) + be8(4) + fill(4);
	EXPECT_TRUE(verdict(sack, 1));
	EXPECT_TRUE(verdict(be8(1) + be8(8) + fill(8) + sack, 2));
	EXPECT_TRUE(verdict(more + more + more + sack, 1));
	EXPECT_FALSE(verdict(more + more + more + more + sack, 1));
	EXPECT_FALSE(verdict(sack, 4));
	EXPECT_FALSE(verdict(be8(0) + be8(3) + fill(3), 1));
	EXPECT_FALSE(verdict(be8(0) + be8(0), 1));
	EXPECT_FALSE(verdict(be8(0) + be8(200) + fill(4), 1));
	EXPECT_FALSE(verdict({}, 1));
}

TEST(Utp, OthersAreNot)
{
	/* What a protocol with a constant beginning and a counter may look like */
	auto named = [](auto make) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, make(i));
		auto one = Talk::udp();
		for (unsigned i = 0; i < 12; i++)
			one.send(0, make(i));
		return is_utp(t) || is_utp(one);
	};
	/* STUN binding answers, ESP in UDP, WireGuard, RTP, RADIUS, RakNet, DNS, OpenVPN, QUIC */
	EXPECT_FALSE(named([](unsigned i) { return be16(0x0101) + be16(12) + be32(0x2112a442) + noise(12, i) + be16(0x20) + be16(8) + noise(8); }));
	EXPECT_FALSE(named([](unsigned i) { return be32(0x01000234) + be32(i + 1) + noise(100, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be32(0x01000000) + noise(144, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be16(0x8060) + be16(i) + be32(160 * i) + be32(0x1234567) + noise(160, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be8(1) + be8(i & 3) + be16(80) + noise(76, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be8(1) + be64(1000 * i) + be64(0x00ffff00fefefefe) + be64(0xfdfdfdfd12345678) + noise(8); }));
	EXPECT_FALSE(named([](unsigned i) { return be16(0x0100 + i) + be16(0x0100) + be16(1) + fill(6) + text("\3www\7example\3com") + fill(1) + be32(0x10001); }));
	EXPECT_FALSE(named([](unsigned i) { return be8(0x31) + noise(100, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be8(0x41) + text("constid8") + noise(60, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be32(0x01000001) + be32(7) + be32(7) + be32(i) + be32(i) + noise(30, i); }));
	/* time stamps that advance behind constant numbers; a little-endian counter there */
	EXPECT_FALSE(named([](unsigned i) { return be32(0x01000007) + be32(1000000 + 20000 * i) + be32(i) + be32(1000) + be32(0x00050006) + noise(40, i + 1); }));
	EXPECT_FALSE(named([](unsigned i) { return be32(0x01000007) + be32(i << 24) + be32(9) + be32(1000) + be32(0x00050006) + noise(40, i + 1); }));
	EXPECT_FALSE(named([](unsigned) { return fill(40, 1); }));
	EXPECT_FALSE(named([](unsigned) { return fill(40); }));
}

TEST(Utp, ForeignTrafficIsRefusedAtOnce)
{
	for (const Octets &o : {noise(100), fill(20), text("hello"), be8(0x41) + fill(19), be8(1)}) {
		auto t = Talk::udp();
		t.send(0, o);
		EXPECT_FALSE(t.open(P2P_PROTO_bt_utp));
	}
}

TEST(Utp, TruncatedAtEveryLength)
{
	Octets all = Header{.type = DATA, .id = 9, .time = 1, .seq = 2, .ack = 3,
			    .extensions = be8(1) + be8(8) + fill(8) + be8(0) + be8(4) + fill(4), .kind = 2}(
		text("\x13" "BitTorrent protocol"));
	for (std::size_t n = 1; n <= all.size(); n++) {
		auto t = Talk::udp();
		t.at(0, 0, all, n);
		t.at(1, 0, prefix(all, n));
	}
}
