// SPDX-License-Identifier: GPL-2.0-only
/** What the module's messages become, and what the kernel's errors become. */
#include <gtest/gtest.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

#include <array>

#include "error.hpp"
#include "event.hpp"
#include "link_facts.hpp"
#include "netlink_gateway.hpp"

using namespace p2padm;

namespace
{

struct Free {
	void operator()(nl_msg *msg) const
	{
		nlmsg_free(msg);
	}
};

/** An answer under construction */
class Answer
{
public:
	Answer() : msg_(nlmsg_alloc())
	{
		genlmsg_put(msg_.get(), 0, 0, 30, 0, 0, 1, 1);
	}
	template <typename T> Answer &put(int attribute, T value)
	{
		nla_put(msg_.get(), attribute, sizeof(value), &value);
		return *this;
	}
	Answer &text(int attribute, const std::string &value)
	{
		nla_put_string(msg_.get(), attribute, value.c_str());
		return *this;
	}
	Answer &raw(int attribute, const std::string &value)
	{
		nla_put(msg_.get(), attribute, static_cast<int>(value.size()),
			value.data());
		return *this;
	}
	/** What @p parts has, as a nest */
	Answer &nest(int attribute, Answer &parts)
	{
		nlmsghdr *inner = parts.hdr();

		nla_put(msg_.get(), attribute, genlmsg_attrlen(genlmsg_hdr(inner), 0),
			genlmsg_attrdata(genlmsg_hdr(inner), 0));
		return *this;
	}
	nl_msg *msg()
	{
		return msg_.get();
	}
	nlmsghdr *hdr()
	{
		return nlmsg_hdr(msg_.get());
	}

private:
	std::unique_ptr<nl_msg, Free> msg_;
};

} // namespace

TEST(Parse, Status)
{
	Answer a;

	a.text(KP2PADM_A_STATUS_VERSION, "0.2.0")
		.put<std::uint8_t>(KP2PADM_A_STATUS_ENABLED, 1)
		.put<std::uint8_t>(KP2PADM_A_STATUS_MODE, KP2PADM_MODE_ENFORCE)
		.put<std::uint32_t>(KP2PADM_A_STATUS_GENERATION, 2)
		.put<std::uint32_t>(KP2PADM_A_STATUS_FLOWS, 3)
		.put<std::uint32_t>(KP2PADM_A_STATUS_MAX_FLOWS, 4)
		.put<std::uint32_t>(KP2PADM_A_STATUS_BUCKETS, 5)
		.put<std::uint32_t>(KP2PADM_A_STATUS_INSPECTED, 6)
		.put<std::uint64_t>(KP2PADM_A_STATUS_UPTIME, 1ULL << 40)
		.put<std::uint32_t>(KP2PADM_A_STATUS_ABI, 7)
		.put<std::uint8_t>(KP2PADM_A_STATUS_HELPER, KP2PADM_HELPER_LOST)
		.put<std::uint64_t>(KP2PADM_A_STATUS_GATEWAY, 1ULL << 63)
		.put<std::uint32_t>(KP2PADM_A_STATUS_REFUSED, 8)
		.put<std::uint32_t>(KP2PADM_A_STATUS_STREAMS, 9)
		.put<std::uint64_t>(KP2PADM_A_STATUS_STREAM_BYTES, 1ULL << 33);
	const Status s = parse_status(answer(a.hdr(), KP2PADM_A_STATUS_MAX));
	EXPECT_EQ(s.version, "0.2.0");
	EXPECT_TRUE(s.enabled);
	EXPECT_EQ(s.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(s.generation, 2u);
	EXPECT_EQ(s.flows, 3u);
	EXPECT_EQ(s.max_flows, 4u);
	EXPECT_EQ(s.buckets, 5u);
	EXPECT_EQ(s.inspected, 6u);
	EXPECT_EQ(s.uptime, 1ULL << 40);
	EXPECT_EQ(s.abi, 7u);
	EXPECT_EQ(s.helper, KP2PADM_HELPER_LOST);
	EXPECT_EQ(s.gateway, 1ULL << 63);
	EXPECT_EQ(s.refused, 8u);
	EXPECT_EQ(s.streams, 9u);
	EXPECT_EQ(s.stream_bytes, 1ULL << 33);
}

TEST(Parse, OlderAndNewerModules)
{
	Answer a;

	// one attribute unknown here, one too short, one string without NUL
	a.put<std::uint32_t>(KP2PADM_A_STATUS_MAX + 7, 1)
		.put<std::uint8_t>(KP2PADM_A_STATUS_UPTIME, 1)
		.raw(KP2PADM_A_STATUS_VERSION, "9.9");
	const Status s = parse_status(answer(a.hdr(), KP2PADM_A_STATUS_MAX));
	EXPECT_EQ(s.version, "9.9");
	EXPECT_FALSE(s.enabled);
	EXPECT_EQ(s.uptime, 0u);
}

TEST(Parse, Stats)
{
	Answer a;
	const std::array<std::uint32_t, 3> chains = { 4, 3, 2 };

	for (const auto &counter : counters())
		a.put<std::uint64_t>(counter.attribute, counter.attribute * 10ULL);
	a.put(KP2PADM_A_STATS_CHAINS, chains);
	const Stats s = parse_stats(answer(a.hdr(), KP2PADM_A_STATS_MAX));
	ASSERT_EQ(s.values.size(), counters().size());
	for (const auto &counter : counters())
		EXPECT_EQ(s.value(counter.name), counter.attribute * 10ULL);
	EXPECT_EQ(s.chains, (std::vector<std::uint32_t>{ 4, 3, 2 }));
	EXPECT_EQ(s.value("nonsense"), 0u);
}

TEST(Parse, App)
{
	Answer a;

	a.text(KP2PADM_A_APP_NAME, "bittorrent")
		.put<std::uint8_t>(KP2PADM_A_APP_CATEGORY, 1)
		.put<std::uint64_t>(KP2PADM_A_APP_FLOWS, 2)
		.put<std::uint64_t>(KP2PADM_A_APP_PACKETS, 3)
		.put<std::uint64_t>(KP2PADM_A_APP_BYTES, 4)
		.put<std::uint64_t>(KP2PADM_A_APP_DROPPED, 5)
		.put<std::uint64_t>(KP2PADM_A_APP_DROPPED_BYTES, 6)
		.put<std::uint64_t>(KP2PADM_A_APP_WOULD_DROP, 7)
		.put<std::uint64_t>(KP2PADM_A_APP_NAMED, 8);
	const App app = parse_app(answer(a.hdr(), KP2PADM_A_APP_MAX));
	EXPECT_EQ(app.name, "bittorrent");
	EXPECT_EQ(app.category, KP2PADM_CATEGORY_P2P);
	EXPECT_EQ(app.flows, 2u);
	EXPECT_EQ(app.packets, 3u);
	EXPECT_EQ(app.bytes, 4u);
	EXPECT_EQ(app.dropped, 5u);
	EXPECT_EQ(app.dropped_bytes, 6u);
	EXPECT_EQ(app.would_drop, 7u);
	EXPECT_EQ(app.named, 8u);
}

TEST(Parse, Flow)
{
	Answer a;

	a.text(KP2PADM_A_FLOW_APP, "bittorrent")
		.raw(KP2PADM_A_FLOW_SRC, std::string("\xc0\x00\x02\x01", 4))
		.raw(KP2PADM_A_FLOW_DST, std::string("\x20\x01\x0d\xb8", 4) +
						 std::string(11, '\0') + "\x01")
		.put<std::uint16_t>(KP2PADM_A_FLOW_SPORT, htons(51413))
		.put<std::uint16_t>(KP2PADM_A_FLOW_DPORT, htons(80))
		.put<std::uint8_t>(KP2PADM_A_FLOW_L4, 17)
		.put<std::uint32_t>(KP2PADM_A_FLOW_BRIDGE, 2)
		.put<std::uint16_t>(KP2PADM_A_FLOW_VID, 3)
		.put<std::uint16_t>(KP2PADM_A_FLOW_CVID, 4)
		.put<std::uint16_t>(KP2PADM_A_FLOW_SESSION, 5)
		.text(KP2PADM_A_FLOW_VARIANT, "utp")
		.put<std::uint8_t>(KP2PADM_A_FLOW_CATEGORY, 1)
		.put<std::uint8_t>(KP2PADM_A_FLOW_BY, 1)
		.put<std::uint8_t>(KP2PADM_A_FLOW_VERDICT, 1)
		.put<std::uint32_t>(KP2PADM_A_FLOW_FLAGS, 9)
		.put<std::uint32_t>(KP2PADM_A_FLOW_DECIDED, 10)
		.put<std::uint64_t>(KP2PADM_A_FLOW_PACKETS, 11)
		.put<std::uint64_t>(KP2PADM_A_FLOW_BYTES, 12)
		.put<std::uint64_t>(KP2PADM_A_FLOW_REPLY_PACKETS, 13)
		.put<std::uint64_t>(KP2PADM_A_FLOW_REPLY_BYTES, 14)
		.put<std::uint32_t>(KP2PADM_A_FLOW_AGE, 15)
		.put<std::uint32_t>(KP2PADM_A_FLOW_IDLE, 16)
		.put<std::uint8_t>(KP2PADM_A_FLOW_CONFIDENCE, 17)
		.put<std::uint8_t>(KP2PADM_A_FLOW_DIRECTION, KP2PADM_DIR_IN)
		.put<std::uint16_t>(KP2PADM_A_FLOW_RULE, 18)
		.put<std::uint8_t>(KP2PADM_A_FLOW_WOULD, KP2PADM_VERDICT_RESET)
		.put<std::uint16_t>(KP2PADM_A_FLOW_WOULD_RULE, 19)
		.put<std::uint16_t>(KP2PADM_A_FLOW_MARK_RULE, 20);
	const Flow f = parse_flow(answer(a.hdr(), KP2PADM_A_FLOW_MAX));
	EXPECT_EQ(f.app, "bittorrent");
	EXPECT_EQ(f.variant, "utp");
	EXPECT_EQ(f.src, "192.0.2.1");
	EXPECT_EQ(f.dst, "2001:db8::1");
	EXPECT_EQ(f.sport, 51413);
	EXPECT_EQ(f.dport, 80);
	EXPECT_EQ(f.l4, 17);
	EXPECT_EQ(f.bridge, 2u);
	EXPECT_EQ(f.vid, 3);
	EXPECT_EQ(f.cvid, 4);
	EXPECT_EQ(f.session, 5);
	EXPECT_EQ(f.category, 1);
	EXPECT_EQ(f.by, 1);
	EXPECT_EQ(f.verdict, 1);
	EXPECT_EQ(f.flags, 9u);
	EXPECT_EQ(f.decided, 10u);
	EXPECT_EQ(f.packets, 11u);
	EXPECT_EQ(f.bytes, 12u);
	EXPECT_EQ(f.reply_packets, 13u);
	EXPECT_EQ(f.reply_bytes, 14u);
	EXPECT_EQ(f.age, 15u);
	EXPECT_EQ(f.idle, 16u);
	EXPECT_EQ(f.confidence, 17);
	EXPECT_EQ(f.direction, KP2PADM_DIR_IN);
	EXPECT_EQ(f.rule, 18);
	EXPECT_EQ(f.would, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(f.would_rule, 19);
	EXPECT_EQ(f.mark_rule, 20);
}

TEST(Parse, Stream)
{
	Answer a, to, from;

	to.put<std::uint32_t>(KP2PADM_A_STREAM_ORDERED, 1)
		.put<std::uint32_t>(KP2PADM_A_STREAM_ORDERED_BYTES, 2)
		.put<std::uint32_t>(KP2PADM_A_STREAM_AHEAD, 3)
		.put<std::uint32_t>(KP2PADM_A_STREAM_AHEAD_BYTES, 4)
		.put<std::uint32_t>(KP2PADM_A_STREAM_HOLDS, 5)
		.put<std::uint32_t>(KP2PADM_A_STREAM_HOLDS_BYTES, 6)
		.put<std::uint32_t>(KP2PADM_A_STREAM_GAPS, 7)
		.put<std::uint32_t>(KP2PADM_A_STREAM_GAP_AGE, 8)
		.put<std::uint32_t>(KP2PADM_A_STREAM_FAST_PASSED, 9)
		.put<std::uint32_t>(KP2PADM_A_STREAM_HELD, 10)
		.put<std::uint32_t>(KP2PADM_A_STREAM_CONFLICTS, 11)
		.put<std::uint64_t>(KP2PADM_A_STREAM_BYTES_READ, 1ULL << 40);
	from.put<std::uint32_t>(KP2PADM_A_STREAM_AHEAD, 12);
	a.raw(KP2PADM_A_FLOW_SRC, "1234")
		.raw(KP2PADM_A_FLOW_DST, "1234")
		.nest(KP2PADM_A_FLOW_STREAM, to)
		.nest(KP2PADM_A_FLOW_REPLY_STREAM, from);
	const Flow f = parse_flow(answer(a.hdr(), KP2PADM_A_FLOW_MAX));
	ASSERT_TRUE(f.stream && f.reply_stream);
	EXPECT_EQ(f.stream->ordered, 1u);
	EXPECT_EQ(f.stream->ordered_bytes, 2u);
	EXPECT_EQ(f.stream->ahead, 3u);
	EXPECT_EQ(f.stream->ahead_bytes, 4u);
	EXPECT_EQ(f.stream->holds, 5u);
	EXPECT_EQ(f.stream->holds_bytes, 6u);
	EXPECT_EQ(f.stream->gaps, 7u);
	EXPECT_EQ(f.stream->gap_age, 8u);
	EXPECT_EQ(f.stream->fast_passed, 9u);
	EXPECT_EQ(f.stream->held, 10u);
	EXPECT_EQ(f.stream->conflicts, 11u);
	EXPECT_EQ(f.stream->bytes_read, 1ULL << 40);
	EXPECT_EQ(f.reply_stream->ahead, 12u);
	EXPECT_FALSE(f.reply_stream->gap_age);
}

TEST(Parse, AContentRulesEvent)
{
	Answer a, found, plain;

	found.put<std::uint32_t>(KP2PADM_A_FOUND_RULE, 3)
		.text(KP2PADM_A_FOUND_RULE_NAME, "that film")
		.put<std::uint8_t>(KP2PADM_A_FOUND_VERDICT, KP2PADM_VERDICT_DROP)
		.raw(KP2PADM_A_FOUND_OBSERVE, "")
		.put<std::uint8_t>(KP2PADM_A_FOUND_FACTS, KP2PADM_FACT_NAME)
		.put<std::uint8_t>(KP2PADM_A_FOUND_KIND, KP2PADM_ID_SHA1)
		.raw(KP2PADM_A_FOUND_ID, std::string("\1\0\xff", 3));
	a.nest(KP2PADM_A_EVENT_FOUND, found);
	const Event e = parse_event(answer(a.hdr(), KP2PADM_A_EVENT_MAX));
	ASSERT_TRUE(e.found);
	EXPECT_EQ(e.found->rule_name, "that film");
	EXPECT_EQ(e.found->verdict, KP2PADM_VERDICT_DROP);
	EXPECT_TRUE(e.found->observes);
	EXPECT_EQ(e.found->facts, KP2PADM_FACT_NAME);
	EXPECT_EQ(id_text(*e.found), "urn:sha1:0100ff");
	EXPECT_FALSE(parse_event(answer(plain.hdr(), KP2PADM_A_EVENT_MAX)).found);
}

TEST(Parse, AFlowWithoutAddressIsNone)
{
	Answer none, odd;

	EXPECT_THROW(parse_flow(answer(none.hdr(), KP2PADM_A_FLOW_MAX)), SystemError);
	odd.raw(KP2PADM_A_FLOW_SRC, "12345").raw(KP2PADM_A_FLOW_DST, "1234");
	EXPECT_THROW(parse_flow(answer(odd.hdr(), KP2PADM_A_FLOW_MAX)), SystemError);
}

TEST(Parse, PolicyState)
{
	Answer a, fresh;
	PolicyId id;

	id.fill(5);
	a.put<std::uint8_t>(KP2PADM_A_POLICY_MODE, KP2PADM_MODE_ENFORCE)
		.put<std::uint8_t>(KP2PADM_A_POLICY_DEFAULT, KP2PADM_VERDICT_RESET)
		.put<std::uint8_t>(KP2PADM_A_POLICY_HELPER_LOSS, KP2PADM_VERDICT_DROP)
		.put(KP2PADM_A_POLICY_ID, id)
		.put<std::uint32_t>(KP2PADM_A_POLICY_RULES, 6)
		.put<std::uint32_t>(KP2PADM_A_POLICY_HOST_COUNT, 7)
		.put<std::uint32_t>(KP2PADM_A_POLICY_TRIAL, 8)
		.put<std::uint32_t>(KP2PADM_A_POLICY_GENERATION, 9)
		.put<std::int64_t>(KP2PADM_A_POLICY_UNTIL, 1LL << 40)
		.put<std::uint32_t>(KP2PADM_A_POLICY_CONTENT_RULES, 3)
		.put<std::uint8_t>(KP2PADM_A_POLICY_CONFLICT, KP2PADM_VERDICT_RESET)
		.put<std::uint8_t>(KP2PADM_A_POLICY_UNREAD, KP2PADM_VERDICT_DROP);
	const PolicyState p = parse_policy_state(answer(a.hdr(), KP2PADM_A_POLICY_MAX));
	EXPECT_EQ(p.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(p.fallback, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(p.helper_loss, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(p.id, id);
	EXPECT_EQ(p.rules, 6u);
	EXPECT_EQ(p.hosts, 7u);
	EXPECT_EQ(p.trial, 8u);
	EXPECT_EQ(p.generation, 9u);
	EXPECT_EQ(p.until, 1LL << 40);
	EXPECT_EQ(p.content_rules, 3u);
	EXPECT_EQ(p.conflict, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(p.unread, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(parse_policy_state(answer(fresh.hdr(), KP2PADM_A_POLICY_MAX)).conflict,
		  KP2PADM_VERDICT_DROP);
	EXPECT_FALSE(parse_policy_state(answer(fresh.hdr(), KP2PADM_A_POLICY_MAX)).until);
}

TEST(Parse, ContentState)
{
	Answer a, plain;

	a.put<std::uint32_t>(KP2PADM_A_CONTENT_NUMBER, 4)
		.text(KP2PADM_A_CONTENT_NAME, "one")
		.put<std::uint8_t>(KP2PADM_A_CONTENT_VERDICT, KP2PADM_VERDICT_RESET)
		.raw(KP2PADM_A_CONTENT_OBSERVE, "")
		.put<std::uint64_t>(KP2PADM_A_CONTENT_OBJECTS, 5)
		.put<std::uint64_t>(KP2PADM_A_CONTENT_WOULD_OBJECTS, 6);
	const ContentState c = parse_content_state(answer(a.hdr(), KP2PADM_A_CONTENT_MAX));
	EXPECT_EQ(c.number, 4u);
	EXPECT_EQ(c.name, "one");
	EXPECT_EQ(c.verdict, KP2PADM_VERDICT_RESET);
	EXPECT_TRUE(c.observes);
	EXPECT_EQ(c.objects, 5u);
	EXPECT_EQ(c.would_objects, 6u);
	EXPECT_FALSE(parse_content_state(answer(plain.hdr(), KP2PADM_A_CONTENT_MAX)).observes);
}

TEST(Parse, PolicySetsInParts)
{
	Answer first, second;
	const std::array<kp2padm_prefix, 2> local = { { { 4, 8, { 10 } }, { 6, 8, { 0xfd } } } };
	const kp2padm_prefix more = { 4, 32, { 192, 0, 2, 1 } };
	PolicySets sets;

	first.text(KP2PADM_A_POLICY_LOCAL_PORT, "eth1")
		.text(KP2PADM_A_POLICY_LOCAL_PORT, "eth2")
		.put(KP2PADM_A_POLICY_LOCAL_PREFIX, local)
		.put(KP2PADM_A_POLICY_EXEMPT_PREFIX, more)
		.put(KP2PADM_A_POLICY_EXEMPT_PORT, std::array<std::uint16_t, 2>{ 22, 65535 })
		.raw(KP2PADM_A_POLICY_EXEMPT_MAC, { "\2\0\0\0\0\1\2\0\0\0\0\xfe", 12 })
		.put<std::uint32_t>(KP2PADM_A_POLICY_GENERATION, 7);
	second.put(KP2PADM_A_POLICY_LOCAL_PREFIX, more)
		.put<std::uint32_t>(KP2PADM_A_POLICY_GENERATION, 7);
	parse_policy_sets(answer(first.hdr(), KP2PADM_A_POLICY_MAX), sets);
	parse_policy_sets(answer(second.hdr(), KP2PADM_A_POLICY_MAX), sets);
	EXPECT_EQ(sets.generation, 7u);
	EXPECT_EQ(sets.local_ports, (std::vector<std::string>{ "eth1", "eth2" }));
	ASSERT_EQ(sets.local_prefixes.size(), 3u);
	EXPECT_EQ(prefix_text(sets.local_prefixes[1]), "fd00::/8");
	EXPECT_EQ(prefix_text(sets.local_prefixes[2]), "192.0.2.1/32");
	EXPECT_EQ(sets.exempt_prefixes.size(), 1u);
	EXPECT_EQ(sets.exempt_ports, (std::vector<std::uint16_t>{ 22, 65535 }));
	ASSERT_EQ(sets.exempt_macs.size(), 2u);
	EXPECT_EQ(mac_text(sets.exempt_macs[1]), "02:00:00:00:00:fe");
	EXPECT_EQ(prefix_text({ 5, 8, {} }), "family-5");
}

TEST(Parse, RuleState)
{
	Answer a, plain;
	const std::array<kp2padm_range, 2> vlans = { { { 0, 0 }, { 10, 20 } } };

	a.text(KP2PADM_A_RULE_NAME, "one")
		.text(KP2PADM_A_RULE_APP, "bittorrent")
		.text(KP2PADM_A_RULE_APP, "xmpp")
		.put<std::uint8_t>(KP2PADM_A_RULE_CATEGORY, 6)
		.put<std::uint8_t>(KP2PADM_A_RULE_CONFIDENCE, 60)
		.put<std::uint8_t>(KP2PADM_A_RULE_ENCRYPTED, 0)
		.put<std::uint8_t>(KP2PADM_A_RULE_DIRECTION, KP2PADM_DIR_OUT)
		.put(KP2PADM_A_RULE_VLAN, vlans)
		.put<std::uint16_t>(KP2PADM_A_RULE_SCHEDULE, 3)
		.put<std::uint8_t>(KP2PADM_A_RULE_VERDICT, KP2PADM_VERDICT_RESET)
		.raw(KP2PADM_A_RULE_OBSERVE, "")
		.put<std::uint32_t>(KP2PADM_A_RULE_MARK, 16)
		.put<std::uint32_t>(KP2PADM_A_RULE_MASK, 255)
		.put<std::uint32_t>(KP2PADM_A_RULE_PRIORITY, 4)
		.put<std::uint8_t>(KP2PADM_A_RULE_SCAN, 1)
		.put<std::uint32_t>(KP2PADM_A_RULE_NUMBER, 2)
		.put<std::uint8_t>(KP2PADM_A_RULE_ACTIVE, 0)
		.put<std::uint64_t>(KP2PADM_A_RULE_FLOWS, 11)
		.put<std::uint64_t>(KP2PADM_A_RULE_PACKETS, 12)
		.put<std::uint64_t>(KP2PADM_A_RULE_BYTES, 13)
		.put<std::uint64_t>(KP2PADM_A_RULE_WOULD_PACKETS, 14)
		.put<std::uint64_t>(KP2PADM_A_RULE_WOULD_BYTES, 15)
		.put<std::uint64_t>(KP2PADM_A_RULE_MARKED, 16);
	const RuleState r = parse_rule_state(answer(a.hdr(), KP2PADM_A_RULE_MAX));
	EXPECT_EQ(r.name, "one");
	EXPECT_EQ(r.apps, (std::vector<std::string>{ "bittorrent", "xmpp" }));
	EXPECT_EQ(r.categories, 6);
	EXPECT_EQ(r.confidence, 60);
	EXPECT_EQ(r.encrypted, false);
	EXPECT_EQ(r.directions, KP2PADM_DIR_OUT);
	ASSERT_EQ(r.vlans.size(), 2u);
	EXPECT_EQ(r.vlans[1].last, 20);
	EXPECT_EQ(r.schedule, 3);
	EXPECT_EQ(r.verdict, KP2PADM_VERDICT_RESET);
	EXPECT_TRUE(r.observes);
	EXPECT_EQ(r.mark, 16u);
	EXPECT_EQ(r.mask, 255u);
	EXPECT_EQ(r.priority, 4u);
	EXPECT_EQ(r.scan, true);
	EXPECT_FALSE(r.audit);
	EXPECT_EQ(r.number, 2u);
	EXPECT_FALSE(r.active);
	EXPECT_EQ(r.flows, 11u);
	EXPECT_EQ(r.packets, 12u);
	EXPECT_EQ(r.bytes, 13u);
	EXPECT_EQ(r.would_packets, 14u);
	EXPECT_EQ(r.would_bytes, 15u);
	EXPECT_EQ(r.marked, 16u);

	const RuleState nothing = parse_rule_state(answer(plain.hdr(), KP2PADM_A_RULE_MAX));
	EXPECT_FALSE(nothing.verdict || nothing.mark || nothing.priority || nothing.encrypted);
	EXPECT_TRUE(nothing.active);
}

namespace
{

/** matchall with one mirred action, as the kernel lists it */
Answer mirred_filter(int eaction, std::uint32_t flags)
{
	Answer a;
	tc_mirred parms{};

	parms.eaction = eaction;
	a.put(TCA_MATCHALL_FLAGS, flags);
	nlattr *actions = nla_nest_start(a.msg(), TCA_MATCHALL_ACT);
	nlattr *one = nla_nest_start(a.msg(), 1);
	a.text(TCA_ACT_KIND, "mirred");
	nlattr *options = nla_nest_start(a.msg(), TCA_ACT_OPTIONS);
	a.put(TCA_MIRRED_PARMS, parms);
	nla_nest_end(a.msg(), options);
	nla_nest_end(a.msg(), one);
	nla_nest_end(a.msg(), actions);
	return a;
}

TcFilter filter_of(const std::string &kind, Answer &options)
{
	Answer outer;

	nla_put(outer.msg(), TCA_OPTIONS,
		genlmsg_attrlen(genlmsg_hdr(options.hdr()), 0),
		genlmsg_attrdata(genlmsg_hdr(options.hdr()), 0));
	return parse_tc_filter(kind,
			       genlmsg_attrdata(genlmsg_hdr(outer.hdr()), 0));
}

} // namespace

TEST(TcFilters, RedirectIsFound)
{
	Answer redirect = mirred_filter(TCA_EGRESS_REDIR, 0);
	Answer ingress = mirred_filter(TCA_INGRESS_REDIR, 0);
	Answer mirror = mirred_filter(TCA_EGRESS_MIRROR, 0);

	EXPECT_EQ(filter_of("matchall", redirect).action, "redirect");
	EXPECT_EQ(filter_of("matchall", ingress).action, "redirect");
	EXPECT_EQ(filter_of("matchall", mirror).action, "");
	EXPECT_EQ(filter_of("nonsense", redirect).action, "");
}

TEST(TcFilters, HardwareAndPrograms)
{
	Answer in_hw = mirred_filter(TCA_EGRESS_MIRROR, TCA_CLS_FLAGS_IN_HW);
	Answer not_in_hw = mirred_filter(TCA_EGRESS_MIRROR, TCA_CLS_FLAGS_NOT_IN_HW);
	Answer direct, indirect;

	EXPECT_TRUE(filter_of("matchall", in_hw).in_hardware);
	EXPECT_FALSE(filter_of("matchall", not_in_hw).in_hardware);
	direct.put<std::uint32_t>(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	indirect.put<std::uint32_t>(TCA_BPF_FLAGS, 0);
	EXPECT_EQ(filter_of("bpf", direct).action, "bpf");
	EXPECT_EQ(filter_of("bpf", indirect).action, "");
}

// The running kernel, through a family that every user may ask.
TEST(Transact, TheKernelsErrnoAndWords)
{
	netlink::Socket socket(NETLINK_ROUTE);
	netlink::Message request(RTM_GETNEIGH, 0);
	ndmsg neighbour{};

	neighbour.ndm_type = 1; // must be zero in a request
	request.append(neighbour);
	try {
		socket.transact("asking for a neighbour", request);
		FAIL() << "the kernel took it";
	} catch (const SystemError &error) {
		EXPECT_EQ(error.code(), EINVAL);
		EXPECT_NE(error.kernel_text(), "");
		EXPECT_EQ(std::string(error.what()),
			  "asking for a neighbour: Invalid argument (kernel: " +
				  error.kernel_text() + ")");
	}
}

TEST(Transact, AnswersAndTheirEnd)
{
	netlink::Socket socket(NETLINK_ROUTE);

	// twice on one socket: a do and a dump, each read to its end
	for (int i = 0; i < 2; i++) {
		netlink::Message one(RTM_GETLINK, 0);
		netlink::Message all(RTM_GETLINK, NLM_F_DUMP);
		ifinfomsg link{};
		int answers = 0;

		all.append(link);
		link.ifi_index = 1; // lo, in every namespace
		one.append(link);
		socket.transact("reading lo", one, [&](nlmsghdr *) { answers++; });
		EXPECT_EQ(answers, 1);
		socket.transact("listing links", all,
				[&](nlmsghdr *) { answers++; });
		EXPECT_GT(answers, 1);
	}
}

TEST(Transact, WhatAHandlerThrowsComesOut)
{
	netlink::Socket socket(NETLINK_ROUTE);
	netlink::Message all(RTM_GETLINK, NLM_F_DUMP);

	all.append(ifinfomsg{});
	EXPECT_THROW(socket.transact("listing links", all,
				     [](nlmsghdr *) { throw 5; }),
		     int);
}

TEST(LinkFacts, OfARealLink)
{
	KernelLinkFacts links;

	EXPECT_EQ(links.xdp("lo"), "");
	EXPECT_TRUE(links.tc_filters("lo").empty());
	EXPECT_TRUE(links.offloads("lo").gro.has_value());
	EXPECT_THROW(links.offloads("nonsense0"), SystemError);
	EXPECT_THROW(links.xdp("nonsense0"), SystemError);
	EXPECT_THROW(links.tc_filters("nonsense0"), SystemError);
}
