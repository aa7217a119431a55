// SPDX-License-Identifier: GPL-2.0-only
#include "core/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

TEST(Registry, NamesAndFindsEveryApplication)
{
	std::set<std::string> names;
	for (unsigned app = 1; app < P2P_APP_COUNT; app++) {
		std::string name = p2p_app_name(app);
		EXPECT_TRUE(names.insert(name).second) << name;
		EXPECT_EQ(p2p_app_find(name.c_str()), app);
		EXPECT_NE(p2p_app_category(app), P2P_CATEGORY_NONE) << name;
		for (char c : name)
			EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) << name;
	}
	EXPECT_EQ(p2p_app_find("unknown"), unsigned(P2P_APP_COUNT));
	EXPECT_EQ(p2p_app_find(""), unsigned(P2P_APP_COUNT));
	EXPECT_EQ(p2p_app_find("BitTorrent"), unsigned(P2P_APP_COUNT));
}

TEST(Registry, OutOfRangeIsUnknown)
{
	EXPECT_STREQ(p2p_app_name(0), "unknown");
	EXPECT_STREQ(p2p_app_name(P2P_APP_COUNT), "unknown");
	EXPECT_STREQ(p2p_app_name(~0u), "unknown");
	EXPECT_EQ(p2p_app_category(~0u), P2P_CATEGORY_NONE);
	EXPECT_EQ(p2p_proto_app(P2P_PROTO_NONE), P2P_APP_UNKNOWN);
	EXPECT_STREQ(p2p_proto_variant(P2P_PROTO_NONE), "");
}

TEST(Registry, EveryProtocolHasOneTransport)
{
	EXPECT_EQ(p2p_proto_mask(6) & p2p_proto_mask(17), 0u);
	EXPECT_EQ(p2p_proto_mask(6) | p2p_proto_mask(17),
		  (std::uint64_t{1} << P2P_PROTO_COUNT) - 1);
	EXPECT_EQ(p2p_proto_mask(1), 0u);
	for (unsigned proto = 0; proto < P2P_PROTO_COUNT; proto++) {
		EXPECT_NE(p2p_proto_app(proto), P2P_APP_UNKNOWN);
		EXPECT_STRNE(p2p_proto_variant(proto), "");
	}
}

TEST(Registry, BitTorrent)
{
	EXPECT_STREQ(p2p_app_name(P2P_APP_BITTORRENT), "bittorrent");
	EXPECT_EQ(p2p_app_category(P2P_APP_BITTORRENT), P2P_CATEGORY_P2P);
	EXPECT_STREQ(p2p_category_name(P2P_CATEGORY_P2P), "p2p");
	EXPECT_STREQ(p2p_category_name(P2P_CATEGORY_IM), "im");
	EXPECT_STREQ(p2p_category_name(P2P_CATEGORY_NONE), "none");
	EXPECT_STREQ(p2p_proto_variant(P2P_PROTO_bt_utp), "utp");
}

TEST(Registry, EDonkeyAndGnutella)
{
	EXPECT_STREQ(p2p_app_name(P2P_APP_EDONKEY), "edonkey");
	EXPECT_STREQ(p2p_app_name(P2P_APP_GNUTELLA), "gnutella");
	EXPECT_EQ(p2p_proto_app(P2P_PROTO_ed_kad), P2P_APP_EDONKEY);
	EXPECT_STREQ(p2p_proto_variant(P2P_PROTO_ed_kad), "kad");
	EXPECT_EQ(p2p_app_category(P2P_APP_GNUTELLA), P2P_CATEGORY_P2P);
}
