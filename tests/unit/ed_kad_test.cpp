// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "ed.h"
#include "talk.h"

using namespace p2p;

namespace {

Octets kad(unsigned op, const Octets &body = {}) { return be8(0xe4) + be8(op) + body; }
Octets contacts(unsigned n)
{
	Octets o;
	for (unsigned i = 0; i < n; i++)
		o += noise(16, i + 20) + be32(0x01336401) + le16(4672) + le16(4662) + be8(8);
	return o;
}
Octets hello(unsigned op, const Octets &tags = be8(0)) { return kad(op, noise(16) + le16(4662) + be8(8) + tags); }
Octets request(unsigned target, unsigned receiver = 2, unsigned wanted = 11)
{
	return kad(0x21, be8(wanted) + noise(16, target) + noise(16, receiver));
}
Octets entries(unsigned n)
{
	return le16(n) + noise(16, 5) + be8(2) + string_tag(1, "film.avi") + number_tag(2, 700000000);
}
bool is_kad(const Talk &t) { return t.is(P2P_PROTO_ed_kad); }
bool alone(const Octets &o, unsigned dir = 0)
{
	auto t = Talk::udp();
	t.send(dir, o);
	return is_kad(t);
}
bool both(const Octets &question, const Octets &answer)
{
	auto t = Talk::udp();
	t.send(0, question);
	t.send(1, answer);
	return is_kad(t);
}

} // namespace

TEST(Kad, Hello)
{
	for (unsigned dir : {0u, 1u})
		for (unsigned op : {0x11u, 0x19u}) {
			EXPECT_TRUE(alone(hello(op), dir));
			EXPECT_TRUE(alone(hello(op, be8(1) + number_tag(0xfc, 4672)), dir));
		}
	EXPECT_FALSE(alone(hello(0x11, be8(1))));
	EXPECT_FALSE(alone(hello(0x11, be8(0) + be8(0))));
	EXPECT_FALSE(alone(kad(0x11, noise(16) + le16(0) + be8(8) + be8(0))));
	EXPECT_FALSE(alone(kad(0x11, noise(16) + le16(4662) + be8(80) + be8(0))));
}

TEST(Kad, Contacts)
{
	EXPECT_TRUE(alone(kad(0x29, noise(16) + be8(4) + contacts(4))));
	EXPECT_TRUE(alone(kad(0x28, noise(16) + be8(2) + contacts(2))));
	EXPECT_TRUE(alone(kad(0x09, noise(16) + le16(4662) + be8(8) + le16(20) + contacts(20))));
	EXPECT_TRUE(alone(kad(0x08, le16(3) + contacts(3))));
	EXPECT_FALSE(alone(kad(0x29, noise(16) + be8(5) + contacts(4))));
	EXPECT_FALSE(alone(kad(0x29, noise(16) + be8(4) + noise(100))));
	EXPECT_FALSE(alone(kad(0x29, noise(16) + be8(0))));
}

TEST(Kad, RequestsForNodes)
{
	EXPECT_FALSE(alone(request(1)));
	EXPECT_TRUE(both(request(1), kad(0x29, noise(16) + be8(0))));
	EXPECT_TRUE(both(request(1), kad(0x29, noise(16) + be8(1) + contacts(1))));
	auto t = Talk::udp(); /* one side, twice: the same receiver, another target */
	t.send(0, request(1));
	t.send(0, request(9));
	EXPECT_TRUE(is_kad(t));
	auto again = Talk::udp(), others = Talk::udp();
	for (unsigned i = 0; i < 24; i++) {
		again.send(0, request(1));
		others.send(0, request(i + 1, i + 50));
	}
	EXPECT_FALSE(is_kad(again));
	EXPECT_FALSE(is_kad(others));
	EXPECT_FALSE(both(request(1, 2, 7), request(9, 2, 7)));
}

TEST(Kad, Searches)
{
	EXPECT_TRUE(alone(kad(0x33, noise(16) + le16(0))));
	EXPECT_TRUE(alone(kad(0x33, noise(16) + le16(0x8000) + be8(1) + le16(3) + text("dvd"))));
	EXPECT_TRUE(alone(kad(0x34, noise(16) + le16(0) + le64(700000000))));
	EXPECT_TRUE(alone(kad(0x35, noise(16) + le64(700000000))));
	EXPECT_FALSE(alone(kad(0x33, noise(18))));
	EXPECT_FALSE(alone(kad(0x34, noise(26))));
	EXPECT_TRUE(alone(kad(0x3b, noise(16) + noise(16, 2) + entries(3)), 1));
	EXPECT_TRUE(alone(kad(0x38, noise(16) + entries(3)), 1));
	EXPECT_FALSE(alone(kad(0x3b, noise(80)), 1));
}

TEST(Kad, Publishing)
{
	EXPECT_TRUE(alone(kad(0x43, noise(16) + entries(1))));
	EXPECT_TRUE(alone(kad(0x40, noise(16) + entries(1))));
	EXPECT_TRUE(alone(kad(0x44, noise(16) + noise(16, 2) + be8(1) + number_tag(0xff, 4))));
	EXPECT_FALSE(alone(kad(0x44, noise(16) + noise(16, 2) + be8(0))));
	/* tags of eDonkey's short form: no Kad */
	EXPECT_FALSE(alone(kad(0x43, noise(16) + le16(1) + noise(16, 5) + be8(1) + short_tag(1, "film"))));
	EXPECT_TRUE(both(kad(0x4b, noise(16) + be8(9)), kad(0x60)));
}

TEST(Kad, PingAndFirewall)
{
	EXPECT_TRUE(both(kad(0x60), kad(0x61, le16(4672))));
	EXPECT_TRUE(both(kad(0x53, le16(4662) + noise(16) + be8(1)), kad(0x58, be32(0x01336401))));
	EXPECT_TRUE(both(kad(0x10, noise(25)), kad(0x18, noise(25, 2))));
	EXPECT_FALSE(alone(kad(0x60)));
}

TEST(Kad, Packed)
{
	Octets best = zlib(200);
	best[1] = 0xda;
	EXPECT_TRUE(alone(be8(0xe5) + be8(0x43) + best));
	EXPECT_FALSE(alone(be8(0xe5) + be8(0x43) + zlib(200)));
	EXPECT_TRUE(both(be8(0xe5) + be8(0x43) + zlib(200), kad(0x4b, noise(16) + be8(9))));
	EXPECT_FALSE(alone(be8(0xe5) + be8(0x60) + best));
	EXPECT_FALSE(alone(be8(0xe5) + be8(0x43) + noise(200)));
}

TEST(Kad, OneKindIsNoProof)
{
	for (const auto &o : {kad(0x60), kad(0x61, le16(1)), kad(0x50, le16(1)), kad(0x10, noise(25)), kad(0x29, noise(16) + be8(0))}) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 30; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_kad(t));
	}
}

TEST(Kad, OthersAreRefused)
{
	for (const auto &o : {text("\xe4\xbd\xa0\xe5\xa5\xbd"), fill(35, 0xe4), Octets{0xe4, 0, 0, 0, 1, 8} + noise(600),
			      Octets{0xe5, 0, 0, 0, 1, 8} + noise(600), Octets{0xe4, 0x21}, fill(35)}) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_kad(t));
	}
}

TEST(Kad, ClientsBeforeItAreNoReasonToGiveUp)
{
	auto t = Talk::udp();
	t.send(0, be8(0xc5) + be8(0x90) + noise(16));
	t.send(1, hello(0x11));
	EXPECT_TRUE(is_kad(t));
}

TEST(Kad, TruncatedAtEveryLength)
{
	const Octets looks[] = {hello(0x11, be8(1) + number_tag(0xfc, 1)), kad(0x29, noise(16) + be8(4) + contacts(4)), request(1),
				kad(0x3b, noise(32) + entries(2)), kad(0x44, noise(32) + be8(1) + number_tag(1, 1)),
				be8(0xe5) + be8(0x43) + zlib(9)};
	for (const auto &o : looks)
		for (std::size_t n = 1; n <= o.size(); n++) {
			auto t = Talk::udp();
			t.at(0, 0, o, n);
			t.at(1, 0, prefix(o, n));
		}
}
