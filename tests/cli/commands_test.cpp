// SPDX-License-Identifier: GPL-2.0-only
/** status, enable, disable, stats. */
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

TEST(StatusCommand, ForPeople)
{
	World world;
	const Result r = ctl(world, { "status" });

	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.err, "");
	for (const char *text :
	     { "0.2.0", "up 1h 02m", "mode        enforce, policy generation 3",
	       "policy      2 rules\n", "helper      alive", "7 of 1000 (256 buckets), 2 under inspection" })
		EXPECT_NE(r.out.find(text), std::string::npos) << text << r.out;
}

TEST(StatusCommand, WhatWasRead)
{
	World world;
	const auto human_of = [&](const char *name) {
		return std::to_string(world.stats.value(name));
	};
	const std::string out = ctl(world, { "status" }).out;

	EXPECT_NE(out.find("streams     4 flows are read, 5.0kB kept of them\n"), std::string::npos) << out;
	EXPECT_NE(out.find("read        " + human_of("stream_bytes_read") + "B in order; " +
			   human_of("stream_fast_passed") + " segments passed ahead of a gap, " +
			   human_of("stream_held") + " held\n"),
		  std::string::npos)
		<< out;
	EXPECT_NE(out.find("stopped     " + human_of("stream_blocked") +
			   " segments by their content, " + human_of("stream_conflicts") +
			   " that differed\n"),
		  std::string::npos)
		<< out;
	for (std::size_t i = 0; i < counters().size(); i++)
		if (std::string(counters()[i].name).starts_with("stream_"))
			world.stats.values[i] = 0;
	EXPECT_EQ(ctl(world, { "status" }).out.find("in order"), std::string::npos);
}

TEST(StatusCommand, ForPrograms)
{
	World world;
	const Json doc = ctl(world, { "status", "--json" }).json();

	EXPECT_EQ(doc["version"], "0.2.0");
	EXPECT_EQ(doc["enabled"], true);
	EXPECT_EQ(doc["mode"], "enforce");
	EXPECT_EQ(doc["generation"], 3);
	EXPECT_EQ(doc["flows"], 7);
	EXPECT_EQ(doc["max_flows"], 1000);
	EXPECT_EQ(doc["buckets"], 256);
	EXPECT_EQ(doc["inspected"], 2);
	EXPECT_EQ(doc["uptime"], 3723);
	EXPECT_EQ(doc["abi"], KP2PADM_ABI);
	EXPECT_EQ(doc["helper"], "alive");
	EXPECT_EQ(doc["gateway"], "0000000000000abc");
	EXPECT_EQ(doc["refused_abi"], Json());
	EXPECT_EQ(doc["policy"]["rule_count"], 2);
	EXPECT_EQ(doc["policy"]["on_helper_loss"], "pass");
	EXPECT_EQ(doc["policy"]["on_conflict"], "drop");
	EXPECT_EQ(doc["policy"]["on_unread"], "pass");
	world.policy.unread = KP2PADM_VERDICT_DROP;
	EXPECT_EQ(ctl(world, { "status", "--json" }).json()["policy"]["on_unread"], "block");
	EXPECT_EQ(doc["streams"], 4);
	EXPECT_EQ(doc["stream_bytes"], 5000);
	world.policy.conflict = KP2PADM_VERDICT_RESET;
	EXPECT_EQ(ctl(world, { "status", "--json" }).json()["policy"]["on_conflict"], "end");
	EXPECT_EQ(doc["counters"]["packets"], world.stats.value("packets"));
	EXPECT_EQ(doc["counters"]["would_drop"], world.stats.value("would_drop"));
	EXPECT_EQ(doc["counters"].size(), 6u);
}

TEST(StatusCommand, AHelperThatWasRefused)
{
	World world;

	world.status.refused = 999;
	EXPECT_NE(ctl(world, { "status" }).out.find("one of another tree was refused (ABI 999)"),
		  std::string::npos);
	EXPECT_EQ(ctl(world, { "status", "-j" }).json()["refused_abi"], 999);
}

TEST(StatusCommand, WithoutGatewayPrintsAndExitsWithThree)
{
	World world;

	world.status = { .version = "0.2.0", .enabled = false };
	Result r = ctl(world, { "status" });
	EXPECT_EQ(r.code, 3);
	EXPECT_NE(r.out.find("not enabled"), std::string::npos);
	r = ctl(world, { "status", "-j" });
	EXPECT_EQ(r.code, 3);
	EXPECT_EQ(r.json(),
		  Json({ { "version", "0.2.0" }, { "abi", 0 }, { "enabled", false } }));
}

TEST(StatusCommand, ObservingSaysThatNothingIsDropped)
{
	World world;

	world.policy.mode = world.status.mode = KP2PADM_MODE_OBSERVE;
	EXPECT_NE(ctl(world, { "status" }).out.find("everything passes"),
		  std::string::npos);
	world.policy.mode = KP2PADM_MODE_ENFORCE;
	world.policy.fallback = KP2PADM_VERDICT_RESET;
	world.policy.trial = 61;
	EXPECT_NE(ctl(world, { "status" }).out.find(
			  "policy      2 rules, default reset, on trial: 1m 01s left\n"),
		  std::string::npos);
}

TEST(StatusCommand, EscapesWhatTheKernelSends)
{
	World world;

	world.status.version = "1\033]0;x\a";
	const Result r = ctl(world, { "status" });
	EXPECT_EQ(r.out.find('\033'), std::string::npos);
	EXPECT_NE(r.out.find("1\\x1b]0;x\\x07"), std::string::npos);
}

TEST(EnableCommand, BothWays)
{
	World world;

	world.status.enabled = false;
	Json doc = ctl(world, { "enable", "-j" }).json();
	EXPECT_EQ(doc, Json({ { "enabled", true }, { "changed", true } }));
	EXPECT_EQ(world.enabled, true);
	doc = ctl(world, { "enable", "-j" }).json();
	EXPECT_EQ(doc, Json({ { "enabled", true }, { "changed", false } }));
	doc = ctl(world, { "disable", "-j" }).json();
	EXPECT_EQ(doc, Json({ { "enabled", false }, { "changed", true } }));
	EXPECT_EQ(world.enabled, false);
	const Result r = ctl(world, { "disable" });
	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.out, "there was no gateway\n");
}

TEST(StatsCommand, ForPrograms)
{
	World world;
	const Result r = ctl(world, { "stats", "-j" });
	const Json doc = r.json();

	EXPECT_EQ(r.code, 0);
	ASSERT_EQ(doc["counters"].size(), counters().size());
	for (std::size_t i = 0; i < counters().size(); i++)
		EXPECT_EQ(doc["counters"][counters()[i].name],
			  world.stats.values[i])
			<< counters()[i].name;
	EXPECT_EQ(doc["gauges"],
		  Json({ { "flows", 7 }, { "inspected", 2 }, { "streams", 4 }, { "stream_bytes", 5000 } }));
	EXPECT_EQ(doc["chains"], Json({ 250, 5, 1, 0 }));
	ASSERT_EQ(doc["apps"].size(), 3u);
	EXPECT_EQ(doc["apps"][1], Json({ { "app", "bittorrent" },
					 { "category", "p2p" },
					 { "flows", 2 },
					 { "named", 5 },
					 { "packets", 12345 },
					 { "bytes", 6'700'000 },
					 { "dropped", 11 },
					 { "dropped_bytes", 999 },
					 { "would_drop", 4 } }));
}

TEST(StatsCommand, ForPeople)
{
	World world;
	const Result r = ctl(world, { "stats" });

	for (const auto &counter : counters()) {
		EXPECT_NE(r.out.find(counter.name), std::string::npos);
		EXPECT_NE(r.out.find(counter.help), std::string::npos);
	}
	std::vector<std::string> names; // of groups, and in them
	std::istringstream in(r.out);
	for (std::string line; std::getline(in, line) && !line.empty();)
		names.push_back(line.substr(0, line.find(' ', 2)));
	EXPECT_EQ(names.size(), 1 + 5 + counters().size()) << "each counter once";
	const auto place = [&](const char *name) {
		return std::find(names.begin(), names.end(), name) - names.begin();
	};
	EXPECT_EQ(place("PACKETS"), 1);
	EXPECT_EQ(place("  packets"), 2);
	EXPECT_LT(place("STREAMS"), place("  stream_ordered"));
	EXPECT_LT(place("  streams_ended"), place("CONTENTS"));
	EXPECT_LT(place("  stream_ordered"), place("  purged"));
	EXPECT_LT(place("  purged"), place("CONTENTS"));
	EXPECT_LT(place("CONTENTS"), place("  chats"));
	EXPECT_LT(place("  chats"), place("EVENTS"));
	EXPECT_NE(r.out.find("bittorrent  p2p      2    5     12k  6.7M"),
		  std::string::npos)
		<< r.out;
	EXPECT_NE(r.out.find("      3 or more       0"), std::string::npos) << r.out;
}

TEST(Names, WhatALaterModuleSendsIsANumber)
{
	EXPECT_EQ(mode_name(9), "mode-9");
	EXPECT_EQ(verdict_name(9), "verdict-9");
	EXPECT_EQ(category_name(9), "category-9");
	EXPECT_EQ(by_name(9), "by-9");
	EXPECT_EQ(helper_name(9), "helper-9");
	EXPECT_EQ(direction_names(0x42), (std::vector<std::string>{ "in", "direction-0x40" }));
	EXPECT_EQ(l4_name(132), "l4-132");
	EXPECT_EQ(flow_flag_names(1u << 31 | KP2PADM_FLOW_CLOSED),
		  (std::vector<std::string>{ "closed", "flags-0x80000000" }));
}
