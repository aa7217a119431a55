// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "ed.h"
#include "talk.h"

using namespace p2p;

namespace {

Octets donkey(unsigned op, const Octets &body = {}) { return be8(0xe3) + be8(op) + body; }
Octets mule(unsigned op, const Octets &body = {}) { return be8(0xc5) + be8(op) + body; }
Octets found(unsigned n) { return donkey(0x9b, noise(16) + be8(n) + noise(6 * n)); }
Octets overnet_peers(unsigned n)
{
	Octets o = donkey(0x0f, noise(16) + be8(n));
	for (unsigned i = 0; i < n; i++)
		o += noise(22, i + 3) + be8(4);
	return o;
}
bool is_udp(const Talk &t) { return t.is(P2P_PROTO_ed_udp); }
bool alone(const Octets &o, unsigned dir = 0)
{
	auto t = Talk::udp();
	t.send(dir, o);
	return is_udp(t);
}
bool both(const Octets &question, const Octets &answer)
{
	auto t = Talk::udp();
	t.send(0, question);
	t.send(1, answer);
	return is_udp(t);
}

} // namespace

TEST(EdUdp, MarkedChallenges)
{
	auto status = le16(0x1234) + le16(0x55aa), name = le16(0xf0ff) + le16(0x1234);
	EXPECT_TRUE(alone(donkey(0x96, status)));
	EXPECT_TRUE(alone(donkey(0x97, status + noise(28)), 1));
	EXPECT_TRUE(alone(donkey(0xa2, name)));
	EXPECT_TRUE(alone(donkey(0xa3, name + le32(1) + string_tag(1, "lab")), 1));
	EXPECT_FALSE(alone(donkey(0x96, be32(0x12345678))));
	EXPECT_TRUE(both(donkey(0x96, be32(0x12345678)), donkey(0x97, be32(0x12345678) + noise(24))));
}

TEST(EdUdp, SearchesAndResults)
{
	EXPECT_TRUE(alone(donkey(0x98, be8(1) + le16(4) + text("film"))));
	EXPECT_FALSE(alone(donkey(0x98, be8(1) + le16(5) + text("film"))));
	EXPECT_TRUE(both(donkey(0x92, be8(0) + be8(0) + be8(1) + le16(4) + text("film") + be8(1) + le16(1) + text("x")),
			 found(1)));
	EXPECT_TRUE(alone(donkey(0x99, noise(16) + noise(6) + le32(2) + string_tag(1, "film.avi") + number_tag(2, 700)), 1));
	EXPECT_FALSE(alone(donkey(0x99, noise(60)), 1));
}

TEST(EdUdp, SourcesAreAskedForAndAnswered)
{
	EXPECT_TRUE(both(donkey(0x9a, noise(48)), found(2)));
	EXPECT_TRUE(both(donkey(0x94, noise(40)), found(1)));
	EXPECT_FALSE(alone(found(2), 1));
	EXPECT_TRUE(alone(found(2) + found(1), 1)); /* two answers in one */
	EXPECT_FALSE(alone(found(2) + be8(1), 1));
	EXPECT_FALSE(both(donkey(0x9a, noise(47)), found(2)));
}

TEST(EdUdp, BetweenClients)
{
	auto parts = le16(12) + noise(2);
	EXPECT_TRUE(alone(mule(0x90, noise(16) + parts + le16(3))));
	EXPECT_TRUE(alone(mule(0x91, parts + le16(40)), 1));
	for (unsigned op : {0x92u, 0x93u})
		EXPECT_TRUE(both(mule(0x90, noise(16)), mule(op)));
	EXPECT_TRUE(both(mule(0x90, noise(16) + le16(3)), mule(0x91, le16(40))));
	EXPECT_FALSE(alone(mule(0x90, noise(16))));
	EXPECT_FALSE(alone(mule(0x90, noise(16) + le16(200) + noise(4))));
}

TEST(EdUdp, Overnet)
{
	EXPECT_TRUE(alone(overnet_peers(2)));
	EXPECT_TRUE(alone(overnet_peers(4), 1));
	EXPECT_FALSE(alone(overnet_peers(1)));
	EXPECT_FALSE(alone(overnet_peers(2) + be8(0)));
	EXPECT_TRUE(both(donkey(0x0e, be8(4) + noise(16)), overnet_peers(1)));
	EXPECT_TRUE(both(donkey(0x0c, noise(22) + be8(0)), donkey(0x0d)));
	EXPECT_TRUE(alone(donkey(0x13, noise(16) + noise(16, 2) + le32(1) + string_tag(1, "film"))));
}

TEST(EdUdp, OneKindIsNoProof)
{
	for (const auto &o : {donkey(0x96, be32(7)), mule(0x93), mule(0x90, noise(16)), donkey(0x0d), found(1)}) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 30; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_udp(t));
	}
}

TEST(EdUdp, OthersAreRefused)
{
	for (const auto &o : {text("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86"), text("\xe3\x96\x87"), fill(20, 0xe3), fill(20, 0xc5),
			      Octets{0xc5, 0, 0, 0, 1, 8} + noise(1200), Octets{0xe3, 0, 0, 0, 1, 8} + noise(600)}) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_udp(t));
	}
}

TEST(EdUdp, KadBeforeItIsNoReasonToGiveUp)
{
	auto t = Talk::udp();
	t.send(0, be8(0xe4) + be8(0x60));
	t.send(0, mule(0x90, noise(16)));
	t.send(1, mule(0x93));
	EXPECT_TRUE(is_udp(t));
}

TEST(EdUdp, TruncatedAtEveryLength)
{
	const Octets looks[] = {found(2) + found(1), overnet_peers(3), donkey(0x98, be8(1) + le16(4) + text("film")),
				donkey(0x99, noise(22) + le32(1) + string_tag(1, "film")), mule(0x90, noise(16) + le16(12) + noise(4))};
	for (const auto &o : looks)
		for (std::size_t n = 1; n <= o.size(); n++) {
			auto t = Talk::udp();
			t.at(0, 0, o, n);
			t.at(1, 0, prefix(o, n));
		}
}
