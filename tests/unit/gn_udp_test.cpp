// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "gn.h"
#include "talk.h"

using namespace p2p;

namespace {

bool is_udp(const Talk &t) { return t.is(P2P_PROTO_gn_udp); }
bool alone(const Octets &o, unsigned dir = 0)
{
	auto t = Talk::udp();
	t.send(dir, o);
	return is_udp(t);
}

struct Kind {
	unsigned type;
	Octets payload;
};
const Kind kinds[] = {
	{0x00, {}}, {0x00, text("\xc3\x83SCP\x41\x01")}, {0x01, pong()}, {0x31, text("BEAR") + le16(7) + le16(1)},
	{0x31, fill(4) + le16(10) + le16(1) + fill(9)}, {0x40, noise(26)}, {0x80, query()}, {0x81, hit()},
};

} // namespace

TEST(GnUdp, ModernServentsAtOnce)
{
	for (const auto &kind : kinds)
		for (unsigned dir : {0u, 1u})
			EXPECT_TRUE(alone(descriptor(guid(3), kind.type, kind.payload), dir)) << (&kind - kinds);
}

TEST(GnUdp, OlderOnesByTwo)
{
	for (const auto &kind : kinds) {
		auto t = Talk::udp();
		t.send(0, descriptor(guid(3, false), kind.type, kind.payload));
		EXPECT_TRUE(t.undecided());
		t.send(1, descriptor(guid(4, false), kind.type, kind.payload));
		EXPECT_TRUE(is_udp(t));
		auto same = Talk::udp();
		for (unsigned i = 0; i < 20; i++)
			same.send(i & 1, descriptor(guid(3, false), kind.type, kind.payload));
		EXPECT_FALSE(is_udp(same));
	}
}

TEST(GnUdp, WhatIsNone)
{
	const Octets looks[] = {
		descriptor(guid(3), 0x80, query()) + be8(0), prefix(descriptor(guid(3), 0x80, query()), 29),
		descriptor(guid(3), 0x90, query()), descriptor(guid(3), 0x80, query(), 200, 100),
		descriptor(guid(3), 0x80, query(), 0, 0), descriptor(fill(16), 0x80, query()),
		descriptor(guid(3), 0x01, fill(14)), descriptor(guid(3), 0x31, text("bear") + fill(4)),
		descriptor(guid(3), 0x00, fill(9)), descriptor(guid(3), 0x81, fill(40)), fill(23), fill(40, 0xff),
	};
	for (const auto &o : looks) {
		auto t = Talk::udp();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_udp(t)) << (&o - looks);
	}
}

TEST(GnUdp, TruncatedAtEveryLength)
{
	for (const auto &kind : kinds) {
		auto o = descriptor(guid(3), kind.type, kind.payload);
		for (std::size_t n = 1; n < o.size(); n++) {
			EXPECT_FALSE(alone(prefix(o, n)));
			auto t = Talk::udp();
			t.at(0, 0, o, n);
			EXPECT_FALSE(is_udp(t));
		}
	}
}
