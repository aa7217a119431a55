// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

Flow bittorrent()
{
	return { .app = "bittorrent", .variant = "tcp", .src = "192.0.2.1",
		 .dst = "198.51.100.7", .sport = 51413, .dport = 6881, .l4 = 6,
		 .bridge = 5, .vid = 10, .cvid = 20, .session = 7,
		 .category = KP2PADM_CATEGORY_P2P, .by = KP2PADM_BY_PAYLOAD,
		 .verdict = KP2PADM_VERDICT_DROP,
		 .flags = KP2PADM_FLOW_SETTLED | KP2PADM_FLOW_MIDSTREAM |
			  KP2PADM_FLOW_CLOSED,
		 .decided = 4, .packets = 1234, .bytes = 1'200'000,
		 .reply_packets = 9, .reply_bytes = 34'000, .age = 9000,
		 .idle = 3400 };
}

Flow other(const std::string &src, std::uint64_t bytes, std::uint64_t packets,
	   std::uint32_t age)
{
	Flow flow;

	flow.app = "unknown";
	flow.src = src;
	flow.dst = "10.0.0.2";
	flow.sport = 1;
	flow.dport = 2;
	flow.l4 = 17;
	flow.packets = packets;
	flow.bytes = bytes;
	flow.age = age;
	return flow;
}

std::vector<std::string> sources(const Result &r)
{
	std::vector<std::string> out;

	for (const auto &flow : r.json())
		out.push_back(flow["src"]);
	return out;
}

std::size_t longest_line(const std::string &text)
{
	std::istringstream in(text);
	std::size_t longest = 0;

	for (std::string line; std::getline(in, line);)
		longest = std::max(longest, line.size());
	return longest;
}

} // namespace

TEST(FlowsCommand, EveryFieldForPrograms)
{
	World world;

	world.flows = { bittorrent() };
	world.flows[0].confidence = 90;
	world.flows[0].direction = KP2PADM_DIR_OUT;
	world.flows[0].rule = 0;
	world.flows[0].would = KP2PADM_VERDICT_RESET;
	world.flows[0].would_rule = 1;
	world.flows[0].mark_rule = 7; // a policy came between the two lists
	const Result r = ctl(world, { "flows", "-j" });
	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.json(),
		  Json::array({ { { "l4", "tcp" },
				  { "src", "192.0.2.1" },
				  { "sport", 51413 },
				  { "dst", "198.51.100.7" },
				  { "dport", 6881 },
				  { "ifindex", 5 },
				  { "bridge", "br0" },
				  { "vlan", 10 },
				  { "inner_vlan", 20 },
				  { "pppoe", 7 },
				  { "app", "bittorrent" },
				  { "variant", "tcp" },
				  { "category", "p2p" },
				  { "by", "payload" },
				  { "confidence", 90 },
				  { "decided_packet", 4 },
				  { "direction", { "out" } },
				  { "verdict", "drop" },
				  { "rule", "no BitTorrent" },
				  { "would", "reset" },
				  { "would_rule", "try out" },
				  { "mark_rule", "#8" },
				  { "flags", { "settled", "midstream", "closed" } },
				  { "packets", 1234 },
				  { "bytes", 1'200'000 },
				  { "reply_packets", 9 },
				  { "reply_bytes", 34'000 },
				  { "age_ms", 9000 },
				  { "idle_ms", 3400 } } }));
}

namespace
{

/** bittorrent() with a gap in what its source sends */
Flow read_flow()
{
	Flow flow = bittorrent();

	flow.vid = flow.cvid = flow.session = 0;
	flow.stream = { .ordered = 2, .ordered_bytes = 2920, .ahead = 3, .ahead_bytes = 4380,
			.holds = 1, .holds_bytes = 1460, .gaps = 2, .gap_age = 3400,
			.fast_passed = 12, .held = 7, .conflicts = 1, .bytes_read = 1'200'000 };
	flow.reply_stream = Stream{};
	return flow;
}

} // namespace

TEST(FlowsCommand, WhatIsKeptForPrograms)
{
	World world;

	world.flows = { read_flow() };
	const Json flow = ctl(world, { "flows", "-j" }).json()[0];
	EXPECT_EQ(flow["stream"], Json({ { "ordered_segments", 2 },
					 { "ordered_bytes", 2920 },
					 { "ahead_segments", 3 },
					 { "ahead_bytes", 4380 },
					 { "holding_segments", 1 },
					 { "holding_bytes", 1460 },
					 { "gaps", 2 },
					 { "gap_ms", 3400 },
					 { "fast_passed", 12 },
					 { "held", 7 },
					 { "conflicts", 1 },
					 { "bytes_read", 1'200'000 } }));
	EXPECT_EQ(flow["reply_stream"]["gaps"], 0);
	EXPECT_EQ(flow["reply_stream"]["gap_ms"], Json());
	world.flows = { bittorrent() };
	EXPECT_FALSE(ctl(world, { "flows", "-j" }).json()[0].contains("stream"));
}

TEST(FlowsCommand, WhatIsKeptForPeople)
{
	World world;

	world.flows = { read_flow(), other("10.0.0.1", 1, 1, 1) };
	std::string out = ctl(world, { "flows" }).out;
	EXPECT_NE(out.find("\n\n"
			   "READ                                 BYTES   KEPT  AHEAD  HOLDS   GAPS FAST HELD DIFFER\n"
			   "192.0.2.1:51413 -> 198.51.100.7:6881  1.2M 2/2.9k 3/4.3k 1/1.4k 2 3.4s   12    7      1\n"),
		  std::string::npos)
		<< out;
	EXPECT_EQ(out.find("6881 -> "), std::string::npos) << "nothing was read of it";
	world.flows[0].reply_stream->bytes_read = 5;
	out = ctl(world, { "flows" }).out;
	EXPECT_NE(out.find("\n198.51.100.7:6881 -> 192.0.2.1:51413     5      -      -      -      -    0    0      0\n"),
		  std::string::npos)
		<< out;
	EXPECT_LE(longest_line(out), 100u);
	world.flows.erase(world.flows.begin());
	EXPECT_EQ(ctl(world, { "flows" }).out.find("READ"), std::string::npos);
}

TEST(FlowsCommand, OnlyWhatIsReadOrHasAGap)
{
	World world;
	Flow whole = read_flow(), behind = read_flow();

	whole.src = "192.0.2.2";
	whole.stream->gaps = 0;
	behind.src = "192.0.2.3";
	behind.stream->gaps = 0;
	behind.reply_stream->gaps = 1;
	world.flows = { other("10.0.0.1", 1, 1, 1), read_flow(), whole, behind };
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--read" })),
		  (std::vector<std::string>{ "192.0.2.1", "192.0.2.2", "192.0.2.3" }));
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--gaps" })),
		  (std::vector<std::string>{ "192.0.2.1", "192.0.2.3" }));
}

TEST(FlowsCommand, AbsentTagsAreAbsent)
{
	World world;

	world.flows = { other("10.0.0.1", 1, 1, 1) };
	const Json flow = ctl(world, { "flows", "-j" }).json()[0];
	for (const char *key : { "vlan", "inner_vlan", "pppoe" })
		EXPECT_FALSE(flow.contains(key)) << key;
	EXPECT_EQ(flow["flags"], Json::array());
	EXPECT_EQ(flow["decided_packet"], 0);
}

TEST(FlowsCommand, NoFlows)
{
	World world;

	EXPECT_EQ(ctl(world, { "flows", "-j" }).json(), Json::array());
	EXPECT_EQ(ctl(world, { "flows" }).out, "no flows\n");
}

TEST(FlowsCommand, SortsAndLimits)
{
	World world;

	world.flows = { other("10.0.0.11", 100, 3, 5), other("10.0.0.12", 300, 1, 9),
			other("10.0.0.13", 200, 2, 7) };
	EXPECT_EQ(sources(ctl(world, { "flows", "-j" })),
		  (std::vector<std::string>{ "10.0.0.12", "10.0.0.13", "10.0.0.11" }));
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--sort", "packets" })),
		  (std::vector<std::string>{ "10.0.0.11", "10.0.0.13", "10.0.0.12" }));
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--sort", "age", "--limit", "2" })),
		  (std::vector<std::string>{ "10.0.0.12", "10.0.0.13" }));
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--limit", "1" })),
		  (std::vector<std::string>{ "10.0.0.12" }));
	EXPECT_EQ(sources(ctl(world, { "flows", "-j", "--limit", "0" })).size(), 3u);
}

TEST(FlowsCommand, TheModuleFilters)
{
	World world;

	world.flows = { bittorrent(), other("10.0.0.1", 1, 1, 1) };
	EXPECT_EQ(ctl(world, { "flows", "-j", "--app", "bittorrent" }).json().size(), 1u);
	EXPECT_EQ(world.filter, "bittorrent");
}

TEST(FlowsCommand, SaysWhichApplicationsThereAre)
{
	World world;
	const Result r = ctl(world, { "flows", "--app", "kazaa" });

	EXPECT_EQ(r.code, 2);
	EXPECT_EQ(r.err, "p2padm-ctl: flows: no application 'kazaa'; the module "
			 "knows: unknown bittorrent xmpp\n");
	EXPECT_FALSE(world.filter);
	EXPECT_EQ(ctl(world, { "flows", "--app", "unknown" }).code, 0);
}

TEST(FlowsCommand, OneLineForPeople)
{
	World world;

	world.flows = { bittorrent() };
	world.flows[0].vid = world.flows[0].cvid = world.flows[0].session = 0;
	EXPECT_EQ(ctl(world, { "flows" }).out,
		  "L4  SOURCE -> DESTINATION                APPLICATION    WHY       DO   PACKETS    BYTES FLAGS IDLE\n"
		  "tcp 192.0.2.1:51413 -> 198.51.100.7:6881 bittorrent/tcp payload@4 drop  1.2k/9 1.2M/34k mc    3.4s\n");
}

TEST(FlowsCommand, WhyAFlowHasNoName)
{
	World world;

	world.flows = { other("10.0.0.1", 2, 1, 1), other("10.0.0.2", 1, 1, 1) };
	world.flows[0].flags = KP2PADM_FLOW_SETTLED | KP2PADM_FLOW_UNINSPECTED;
	world.flows[0].decided = 3;
	const std::string out = ctl(world, { "flows" }).out;
	EXPECT_NE(out.find(" no@3 "), std::string::npos) << out;
	EXPECT_NE(out.find(" unknown     -    "), std::string::npos) << out;
}

TEST(FlowsCommand, RulesWhereThereIsRoom)
{
	World world;

	world.flows = { other("10.0.0.1", 2, 1, 1), other("10.0.0.2", 1, 1, 1),
			other("10.0.0.3", 0, 1, 1) };
	world.flows[0].rule = 0;
	world.flows[1].would_rule = 1;
	const std::string out = ctl(world, { "flows" }).out;
	EXPECT_NE(out.find(" no BitTorrent\n"), std::string::npos) << out;
	EXPECT_NE(out.find(" (try out)\n"), std::string::npos) << out;
	EXPECT_LE(longest_line(out), 100u);
	world.rules[0].name = std::string(40, 'n');
	EXPECT_EQ(ctl(world, { "flows" }).out.find("RULE"), std::string::npos);
}

TEST(FlowsCommand, AHundredColumns)
{
	World world;
	Flow flow = bittorrent();

	flow.src = "2001:db8:1111:2222:3333:4444:5555:6666";
	flow.dst = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
	flow.variant = "tracker";
	flow.decided = 12;
	flow.packets = flow.reply_packets = flow.bytes = flow.reply_bytes = 999'999;
	flow.flags = 0x3f;
	flow.vid = flow.cvid = 0;
	flow.session = 0;
	world.flows = { flow, bittorrent() };
	// two long addresses alone fill it, on a line of their own
	EXPECT_LE(longest_line(ctl(world, { "flows" }).out), 101u)
		<< ctl(world, { "flows" }).out;
}

TEST(FlowsCommand, TagsAreShown)
{
	World world;

	world.flows = { bittorrent() };
	EXPECT_NE(ctl(world, { "flows" }).out.find(
			  "192.0.2.1:51413 -> 198.51.100.7:6881 vlan 10.20 pppoe 7"),
		  std::string::npos);
}

TEST(FlowsCommand, EscapesNames)
{
	World world;

	world.flows = { bittorrent() };
	world.flows[0].app = "a\033[2J";
	EXPECT_EQ(ctl(world, { "flows" }).out.find('\033'), std::string::npos);
	world.flows[0].app = "\xff";
	EXPECT_EQ(ctl(world, { "flows", "-j" }).json()[0]["app"], "\xef\xbf\xbd");
}
