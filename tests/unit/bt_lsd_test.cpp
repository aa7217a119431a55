// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

static const Octets announce =
	text("BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n"
	     "Infohash: 0123456789abcdef0123456789abcdef01234567\r\ncookie: 7\r\n\r\n\r\n");

TEST(Lsd, FirstDatagramDecides)
{
	for (unsigned dir : {0u, 1u}) {
		auto t = Talk::udp();
		t.send(dir, announce);
		EXPECT_TRUE(t.is(P2P_PROTO_bt_lsd));
	}
}

TEST(Lsd, TruncatedAtEveryLength)
{
	for (std::size_t n = 1; n < announce.size(); n++) {
		auto t = Talk::udp();
		t.send(0, prefix(announce, n));
		EXPECT_EQ(t.is(P2P_PROTO_bt_lsd), n >= 22) << n;
		EXPECT_EQ(t.refused(), n < 22) << n;
	}
}

TEST(Lsd, OthersOfItsKind)
{
	for (const char *s : {"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n", "NOTIFY * HTTP/1.1\r\n",
			      "BT-SEARCH * HTTP/1.0\r\n", "bt-search * http/1.1\r\n"}) {
		auto t = Talk::udp();
		t.send(0, text(s));
		EXPECT_TRUE(t.refused()) << s;
	}
}
