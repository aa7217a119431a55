// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

Octets gnd(unsigned flags, unsigned part, unsigned parts, const Octets &packets = {})
{
	return text("GND") + be8(flags) + be16(0x0800) + be8(part) + be8(parts) + packets;
}
/// A packet with one byte of length; children are a part of the content
Octets packet(std::string_view name, const Octets &content = {}, unsigned flags = 0)
{
	auto control = 1u << 6 | unsigned(name.size() - 1) << 3 | flags;
	return be8(control) + be8(content.size()) + text(name) + content;
}
const Octets ping = packet("PI", packet("IDENT", noise(4)), 4);
bool alone(const Octets &o, unsigned dir = 0)
{
	auto t = Talk::udp();
	t.send(dir, o);
	return t.is(P2P_PROTO_g2_udp);
}

} // namespace

TEST(G2Udp, Reliable)
{
	for (unsigned dir : {0u, 1u}) {
		EXPECT_TRUE(alone(gnd(2, 1, 1, packet("PI")), dir));
		EXPECT_TRUE(alone(gnd(1, 2, 3, noise(400)), dir));
		EXPECT_TRUE(alone(gnd(0, 1, 0), dir)); /* an acknowledgement */
	}
}

TEST(G2Udp, ReliableThatIsNot)
{
	for (const auto &o : {gnd(4, 1, 1, noise(9)), gnd(2, 0, 1, noise(9)), gnd(2, 3, 2, noise(9)), gnd(2, 1, 1), gnd(0, 1, 0, noise(1)),
			      text("GND"), text("GNU is not Unix"), text("GNDaaaaaaaaaa")})
		EXPECT_FALSE(alone(o));
}

TEST(G2Udp, Bare)
{
	EXPECT_TRUE(alone(ping));
	EXPECT_TRUE(alone(packet("PO", packet("RELAY"), 4)));
	EXPECT_FALSE(alone(packet("PI")));
	EXPECT_FALSE(alone(ping + be8(0)));
	EXPECT_FALSE(alone(packet("PI", noise(8), 4)));
	EXPECT_FALSE(alone(packet("pi", packet("IDENT", noise(4)), 4)));
	EXPECT_FALSE(alone(packet("XY", packet("IDENT", noise(4)), 4)));
	EXPECT_FALSE(alone(packet("PI", prefix(packet("IDENT", noise(40)), 20), 4)));
}

TEST(G2Udp, TruncatedAtEveryLength)
{
	for (const auto &o : {gnd(2, 1, 1, ping), ping})
		for (std::size_t n = 1; n <= o.size(); n++) {
			auto t = Talk::udp();
			t.at(0, 0, o, n);
			t.at(1, 0, prefix(o, n));
		}
}
