// SPDX-License-Identifier: GPL-2.0-only
#include "eve.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "community_id.hpp"

using namespace p2padm;

namespace
{

// vectors of the specification's baseline (seed 0) and of its test captures
TEST(CommunityId, IsAsPublished)
{
	EXPECT_EQ(community_id("128.232.110.120", "66.35.250.204", 34855, 80, 6),
		  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	EXPECT_EQ(community_id("66.35.250.204", "128.232.110.120", 80, 34855, 6),
		  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	EXPECT_EQ(community_id("192.168.1.52", "8.8.8.8", 54585, 53, 17),
		  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	EXPECT_EQ(community_id("2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887",
			       25, 63943, 6),
		  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

TEST(CommunityId, NeedsTwoAddressesOfAKind)
{
	EXPECT_THROW(community_id("192.0.2.1", "::1", 1, 2, 6), std::invalid_argument);
	EXPECT_THROW(community_id("192.0.2.1", "x", 1, 2, 6), std::invalid_argument);
}

struct Eve : testing::Test {
	Event event{ .seq = 7, .time = 1'795'521'600'123'456'789, .type = KP2PADM_EVENT_FLOW };

	Eve()
	{
		setenv("TZ", "CET-1", 1);
		tzset();
		Flow f;
		f.app = "bittorrent";
		f.variant = "tcp";
		f.src = "128.232.110.120";
		f.dst = "66.35.250.204";
		f.sport = 34855;
		f.dport = 80;
		f.l4 = 6;
		f.bridge = 5;
		f.category = KP2PADM_CATEGORY_P2P;
		f.by = KP2PADM_BY_PAYLOAD;
		f.packets = 4;
		f.reply_packets = 3;
		f.bytes = 400;
		f.reply_bytes = 300;
		f.age = 2500;
		f.idle = 500;
		event.flow = f;
		event.flow_id = 1234;
	}
	~Eve() override
	{
		unsetenv("TZ");
		tzset();
	}
	nlohmann::ordered_json record() const
	{
		return eve_record(event, [](std::uint32_t index) {
			return index == 5 ? "br0" : "eth" + std::to_string(index);
		});
	}
};

TEST_F(Eve, AFlowsEnd)
{
	const auto doc = record();

	EXPECT_EQ(doc["timestamp"], "2026-11-24T13:00:00.123456+0100");
	EXPECT_EQ(doc["event_type"], "flow");
	EXPECT_EQ(doc["flow_id"], 1234);
	EXPECT_EQ(doc["in_iface"], "br0");
	EXPECT_FALSE(doc.contains("vlan"));
	EXPECT_EQ(doc["src_ip"], "128.232.110.120");
	EXPECT_EQ(doc["dest_port"], 80);
	EXPECT_EQ(doc["proto"], "TCP");
	EXPECT_EQ(doc["app_proto"], "bittorrent");
	EXPECT_EQ(doc["community_id"], "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	EXPECT_EQ(doc["flow"]["start"], "2026-11-24T12:59:57.623456+0100");
	EXPECT_EQ(doc["flow"]["end"], "2026-11-24T12:59:59.623456+0100");
	EXPECT_EQ(doc["flow"]["age"], 2);
	EXPECT_EQ(doc["flow"]["state"], "established");
	EXPECT_EQ(doc["flow"]["bytes_toclient"], 300);
	EXPECT_EQ(doc["kp2padm"]["seq"], 7);
	EXPECT_EQ(doc["kp2padm"]["variant"], "tcp");
}

TEST_F(Eve, AVerdict)
{
	event.type = KP2PADM_EVENT_VERDICT;
	event.in = 9;
	event.rule_name = "try";
	event.flow->vid = 10;
	event.flow->cvid = 20;
	event.flow->would = KP2PADM_VERDICT_DROP;
	const auto doc = record();

	EXPECT_EQ(doc["event_type"], "policy");
	EXPECT_EQ(doc["in_iface"], "eth9");
	EXPECT_EQ(doc["vlan"].dump(), "[10,20]");
	EXPECT_FALSE(doc.contains("flow"));
	EXPECT_EQ(doc["kp2padm"]["event"], "verdict");
	EXPECT_EQ(doc["kp2padm"]["verdict"], "pass");
	EXPECT_EQ(doc["kp2padm"]["would"], "drop");
	EXPECT_EQ(doc["kp2padm"]["rule"], "try");
}

TEST_F(Eve, AContentRulesVerdict)
{
	event.type = KP2PADM_EVENT_VERDICT;
	event.flow->verdict = KP2PADM_VERDICT_RESET;
	event.found = Found{ .rule_name = "that torrent",
			     .verdict = KP2PADM_VERDICT_RESET,
			     .observes = false,
			     .facts = KP2PADM_FACT_ID | KP2PADM_FACT_SIZE,
			     .kind = KP2PADM_ID_INFOHASH,
			     .id = { 0x01, 0xab, 0xff } };
	auto doc = record();

	EXPECT_EQ(doc["event_type"], "policy");
	EXPECT_EQ(doc["kp2padm"]["verdict"], "reset");
	EXPECT_FALSE(doc["kp2padm"].contains("rule"));
	EXPECT_EQ(doc["kp2padm"]["content"].dump(),
		  R"({"rule":"that torrent","did":"reset","met":["id","size"],"id":"urn:btih:01abff"})");

	event.found = Found{ .rule_name = "words",
			     .verdict = KP2PADM_VERDICT_DROP,
			     .observes = true,
			     .facts = KP2PADM_FACT_CHAT,
			     .kind = KP2PADM_ID_NONE,
			     .id = {} };
	doc = record();
	EXPECT_EQ(doc["in_iface"], "br0");
	EXPECT_EQ(doc["kp2padm"]["content"].dump(),
		  R"({"rule":"words","would":"drop","met":["chat"]})");
	event.found.reset();
	EXPECT_FALSE(record()["kp2padm"].contains("content"));
}

TEST(Found, AnIdIsWrittenAsInAPolicy)
{
	Found found;

	found.id = { 0x0f };
	for (const auto &[kind, text] :
	     { std::pair{ KP2PADM_ID_INFOHASH, "urn:btih:0f" }, { KP2PADM_ID_ED2K, "urn:ed2k:0f" },
	       { KP2PADM_ID_SHA1, "urn:sha1:0f" }, { KP2PADM_ID_TTH, "urn:tree:tiger:0f" } }) {
		found.kind = kind;
		EXPECT_EQ(id_text(found), text);
	}
	found.kind = 99; // of a newer module
	EXPECT_EQ(id_text(found), "id-99:0f");
	EXPECT_EQ(id_text({}), "");
}

TEST_F(Eve, APolicy)
{
	event.type = KP2PADM_EVENT_POLICY;
	event.flow.reset();
	event.policy = PolicyState{};
	event.policy->generation = 4;
	event.why = KP2PADM_WHY_REVERT;
	const auto doc = record();

	EXPECT_EQ(doc["kp2padm"]["generation"], 4);
	EXPECT_EQ(doc["kp2padm"]["why"], "revert");
	EXPECT_EQ(doc["kp2padm"]["id"].get<std::string>().size(), 64u);
}

TEST_F(Eve, ALineIsALine)
{
	event.rule_name = "a\nb\xff\xc3\xa4";
	const std::string line = eve_line(record());

	EXPECT_EQ(line.find('\n'), line.size() - 1);
	EXPECT_NE(line.find("a\\nb\\ufffd\\u00e4"), line.npos) << line;
}

TEST(EventSequence, KnowsWhatIsMissing)
{
	EventSequence s;

	EXPECT_TRUE(s.next({ 1, 5 }).empty()); // what was before is nobody's loss
	EXPECT_TRUE(s.next({ 1, 6 }).empty());
	const auto lost = s.next({ 1, 9 });
	ASSERT_EQ(lost.size(), 1u);
	EXPECT_EQ(lost[0].why, Lost::Why::gap);
	EXPECT_EQ(lost[0].events, 2u);
	EXPECT_EQ(lost[0].after, 6u);
	EXPECT_EQ(lost[0].before, 9u);
	EXPECT_EQ(s.last(), (EventPlace{ 1, 9 }));
}

TEST(EventSequence, KnowsAnotherGatewayByItsIdentity)
{
	EventSequence s;

	s.next({ 1, 9 });
	auto lost = s.next({ 2, 10 }); // which its number does not tell
	ASSERT_EQ(lost.size(), 2u);
	EXPECT_EQ(lost[0].why, Lost::Why::gateway);
	EXPECT_EQ(lost[0].events, 0u);
	EXPECT_EQ(lost[0].gateway, 1u);
	EXPECT_EQ(lost[0].after, 9u);
	EXPECT_EQ(lost[1].why, Lost::Why::away);
	EXPECT_EQ(lost[1].events, 9u);
	EXPECT_EQ(lost[1].gateway, 2u);
	EXPECT_EQ(lost[1].after, 0u);
	lost = s.next({ 3, 1 });
	ASSERT_EQ(lost.size(), 1u);
	EXPECT_EQ(lost[0].why, Lost::Why::gateway);
}

TEST(EventSequence, GoesOnWhereAnotherEnded)
{
	EventSequence again({ 1, 9 }), first{ EventPlace{} };

	const auto lost = again.next({ 1, 12 });
	ASSERT_EQ(lost.size(), 1u);
	EXPECT_EQ(lost[0].why, Lost::Why::away);
	EXPECT_EQ(lost[0].events, 2u);
	EXPECT_EQ(first.next({ 1, 3 }).at(0).events, 2u);
	EXPECT_TRUE(EventSequence(EventPlace{}).next({ 1, 1 }).empty());
}

} // namespace
