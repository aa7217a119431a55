// SPDX-License-Identifier: GPL-2.0-only
/** events, hosts and unload. */
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

Flow flow(const std::string &src, const std::string &dst, const std::string &app,
	  std::uint64_t bytes, std::uint64_t reply_bytes)
{
	Flow f;

	f.app = app;
	f.src = src;
	f.dst = dst;
	f.sport = 1000;
	f.dport = 6881;
	f.l4 = 6;
	f.bridge = 5;
	f.packets = 3;
	f.reply_packets = 2;
	f.bytes = bytes;
	f.reply_bytes = reply_bytes;
	return f;
}

World with_events()
{
	World world;
	Event verdict{ .seq = 7, .time = 1'795'521'600'123'456'789, .type = KP2PADM_EVENT_VERDICT };
	Event helper{ .seq = 10, .time = verdict.time, .type = KP2PADM_EVENT_HELPER };

	verdict.flow = flow("192.0.2.1", "198.51.100.7", "bittorrent", 10, 20);
	verdict.flow->verdict = KP2PADM_VERDICT_DROP;
	verdict.rule_name = "no \x1b[31mBitTorrent";
	helper.helper = KP2PADM_HELPER_LOST;
	world.events = { verdict, Overrun{}, helper };
	return world;
}

TEST(Events, AreLines)
{
	World world = with_events();
	const Result r = ctl(world, { "events", "--count", "2" });

	EXPECT_EQ(r.code, 0);
	EXPECT_NE(r.out.find("verdict tcp 192.0.2.1:1000 -> 198.51.100.7:6881 bittorrent drop by "
			     "\"no \\x1b[31mBitTorrent\"\n"),
		  r.out.npos)
		<< r.out;
	EXPECT_NE(r.out.find("helper lost\n"), r.out.npos);
	EXPECT_EQ(r.err, "p2padm-ctl: events: 2 were lost\n");
}

TEST(Events, OfContentRules)
{
	World world = with_events();
	auto &event = std::get<Event>(world.events[0]);

	event.found = Found{ .rule_name = "that\x1b film",
			     .verdict = KP2PADM_VERDICT_RESET,
			     .observes = false,
			     .facts = KP2PADM_FACT_ID | KP2PADM_FACT_TYPE,
			     .kind = KP2PADM_ID_ED2K,
			     .id = { 1, 2 } };
	EXPECT_NE(ctl(world, { "events", "--count", "1" }).out.find(
			  "bittorrent reset by content \"that\\x1b film\": id, type of "
			  "urn:ed2k:0102\n"),
		  std::string::npos)
		<< ctl(world, { "events", "--count", "1" }).out;
	event.found->observes = true;
	event.found->kind = KP2PADM_ID_NONE;
	event.found->id.clear();
	EXPECT_NE(ctl(world, { "events", "--count", "1" }).out.find(
			  "bittorrent would reset by content \"that\\x1b film\": id, type\n"),
		  std::string::npos);
}

TEST(Events, AreObjects)
{
	World world = with_events();
	const auto lines = ctl(world, { "events", "-j", "--count", "2" }).lines();

	ASSERT_EQ(lines.size(), 3u);
	EXPECT_EQ(lines[0]["in_iface"], "br0");
	EXPECT_EQ(lines[0]["kp2padm"]["rule"], "no \x1b[31mBitTorrent");
	EXPECT_EQ(lines[1]["event_type"], "lost");
	EXPECT_EQ(lines[1]["kp2padm"]["events"], 2);
	EXPECT_EQ(lines[2]["kp2padm"]["helper"], "lost");
}

TEST(Events, OfAnotherGateway)
{
	World world = with_events();

	std::get<Event>(world.events[2]).gateway = 2;
	EXPECT_EQ(ctl(world, { "events", "--count", "2" }).err,
		  "p2padm-ctl: events: the gateway ended, and another one began\n"
		  "p2padm-ctl: events: 9 were lost\n");
	const auto lines = ctl(world, { "events", "-j", "--count", "2" }).lines();
	ASSERT_EQ(lines.size(), 4u);
	EXPECT_EQ(lines[1]["kp2padm"]["reason"], "gateway");
	EXPECT_EQ(lines[1]["kp2padm"]["events"], Json());
	EXPECT_EQ(lines[1]["kp2padm"]["after"], 7);
	EXPECT_EQ(lines[2]["kp2padm"]["events"], 9);
	EXPECT_EQ(lines[3]["kp2padm"]["gateway"], "0000000000000002");
}

TEST(Events, NeedAGateway)
{
	World world = with_events();

	world.status.enabled = false;
	EXPECT_EQ(ctl(world, { "events" }).code, 3);
}

TEST(Hosts, AreSummed)
{
	World world;

	world.flows = { flow("10.0.0.1", "10.0.0.2", "bittorrent", 1000, 5000),
			flow("10.0.0.1", "10.0.0.3", "unknown", 10, 20) };
	const Json all = ctl(world, { "hosts", "-j" }).json();
	ASSERT_EQ(all.size(), 3u);
	EXPECT_EQ(all[0]["address"], "10.0.0.1");
	EXPECT_EQ(all[0]["flows"], 2);
	EXPECT_EQ(all[0]["packets"], 10);
	EXPECT_EQ(all[0]["sent"], 1010);
	EXPECT_EQ(all[0]["received"], 5020);
	EXPECT_EQ(all[0]["bytes"], 6030);
	EXPECT_EQ(all[0]["apps"]["bittorrent"]["bytes"], 6000);
	EXPECT_EQ(all[1]["address"], "10.0.0.2");
	EXPECT_EQ(all[1]["sent"], 5000);
	const Result table = ctl(world, { "hosts", "--limit", "1", "--sort", "flows" });
	EXPECT_NE(table.out.find("bittorrent 6.0k, unknown 30"), table.out.npos) << table.out;
	EXPECT_EQ(table.out.find("10.0.0.2"), table.out.npos);
	world.flows.clear();
	EXPECT_EQ(ctl(world, { "hosts" }).out, "no flows\n");
}

TEST(Unload, SendsTheHelperAwayAndWaits)
{
	World world;

	world.removals = { EAGAIN, EBUSY, 0 };
	const Result r = ctl(world, { "unload", "-j" });
	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.json()["helper_detached"], true);
	EXPECT_EQ(world.status.helper, KP2PADM_HELPER_NONE);
	EXPECT_EQ(ctl(world, { "unload", "-j" }).json()["helper_detached"], false);
}

TEST(Unload, SaysWhatIsInTheWay)
{
	World world;
	FakeLinks links;
	TemporaryDirectory root;

	root.write("/sys/module/kp2padm/refcnt", "1\n");
	world.removals = { EAGAIN };
	const Result r = ctl(world, links, root.path(), { "unload" });
	EXPECT_EQ(r.code, 1);
	EXPECT_NE(r.err.find("the module stays: 1 use it"), r.err.npos) << r.err;
	root.write("/sys/module/kp2padm/holders/other/x", "");
	EXPECT_NE(ctl(world, links, root.path(), { "unload" }).err.find("use it: other"),
		  r.err.npos);
	world.removals = { EPERM };
	EXPECT_EQ(ctl(world, { "unload" }).code, 4);
	world.loaded = false;
	EXPECT_EQ(ctl(world, { "unload" }).code, 3);
}

} // namespace
