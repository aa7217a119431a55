// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

TEST(PolicyCommand, Show)
{
	World world;

	EXPECT_EQ(ctl(world, { "policy", "show" }).out,
		  "mode enforce, generation 3\n"
		  "  drop bittorrent\n"
		  "everything else passes\n");
	EXPECT_EQ(ctl(world, { "policy" }).out,
		  ctl(world, { "policy", "show" }).out);
	EXPECT_EQ(ctl(world, { "policy", "-j" }).json(),
		  ctl(world, { "policy", "show", "-j" }).json());
	EXPECT_EQ(ctl(world, { "policy", "show", "-j" }).json(),
		  Json({ { "mode", "enforce" },
			 { "generation", 3 },
			 { "entries",
			   Json::array({ { { "app", "bittorrent" },
					   { "verdict", "drop" } } }) } }));
}

TEST(PolicyCommand, SetReplacesAndEnforces)
{
	World world;
	const Result r =
		ctl(world, { "policy", "set", "xmpp=drop", "bittorrent=pass", "-j" });

	EXPECT_EQ(r.code, 0) << r.err;
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_ENFORCE);
	ASSERT_EQ(world.installed->entries.size(), 2u);
	EXPECT_EQ(world.installed->entries[0].app, "xmpp");
	EXPECT_EQ(world.installed->entries[0].verdict, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(world.installed->entries[1].app, "bittorrent");
	EXPECT_EQ(world.installed->entries[1].verdict, KP2PADM_VERDICT_PASS);
	EXPECT_EQ(r.json()["generation"], 4); // as the module has it now
}

TEST(PolicyCommand, SetObserves)
{
	World world;

	EXPECT_EQ(ctl(world, { "policy", "set", "--observe", "xmpp=drop" }).code, 0);
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_OBSERVE);
	EXPECT_EQ(world.installed->entries.size(), 1u);
}

TEST(PolicyCommand, Flush)
{
	World world;
	const Result r = ctl(world, { "policy", "flush" });

	EXPECT_EQ(r.code, 0);
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_OBSERVE);
	EXPECT_TRUE(world.installed->entries.empty());
	EXPECT_EQ(r.out, "mode observe, generation 4\neverything passes\n");
}

TEST(PolicyCommand, RefusesWhatItDoesNotKnow)
{
	for (const auto &wrong : std::vector<std::vector<std::string>>{
		     { "bitorrent=drop" },
		     { "unknown=drop" },
		     { "bittorrent" },
		     { "=drop" },
		     { "bittorrent=" },
		     { "bittorrent=block" },
		     { "bittorrent=drop=drop" },
		     { "bittorrent=drop", "bittorrent=pass" } }) {
		World world;
		std::vector<std::string> arguments = { "policy", "set" };

		arguments.insert(arguments.end(), wrong.begin(), wrong.end());
		const Result r = ctl(world, arguments);
		EXPECT_EQ(r.code, 2) << wrong[0];
		EXPECT_FALSE(world.installed) << wrong[0];
		EXPECT_EQ(r.out, "");
		EXPECT_NE(r.err.find("policy set: "), std::string::npos) << r.err;
	}
}

TEST(PolicyCommand, SaysWhichNamesThereAre)
{
	World world;
	const Result r = ctl(world, { "policy", "set", "kazaa=drop" });

	EXPECT_EQ(r.err, "p2padm-ctl: policy set: no application 'kazaa'; the "
			 "module knows: bittorrent xmpp\n");
}
