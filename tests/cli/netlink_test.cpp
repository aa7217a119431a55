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
		.put<std::uint64_t>(KP2PADM_A_STATUS_UPTIME, 1ULL << 40);
	const Status s = parse_status(a.hdr());
	EXPECT_EQ(s.version, "0.2.0");
	EXPECT_TRUE(s.enabled);
	EXPECT_EQ(s.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(s.generation, 2u);
	EXPECT_EQ(s.flows, 3u);
	EXPECT_EQ(s.max_flows, 4u);
	EXPECT_EQ(s.buckets, 5u);
	EXPECT_EQ(s.inspected, 6u);
	EXPECT_EQ(s.uptime, 1ULL << 40);
}

TEST(Parse, OlderAndNewerModules)
{
	Answer a;

	// one attribute unknown here, one too short, one string without NUL
	a.put<std::uint32_t>(KP2PADM_A_STATUS_MAX + 7, 1)
		.put<std::uint8_t>(KP2PADM_A_STATUS_UPTIME, 1)
		.raw(KP2PADM_A_STATUS_VERSION, "9.9");
	const Status s = parse_status(a.hdr());
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
	const Stats s = parse_stats(a.hdr());
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
		.put<std::uint8_t>(KP2PADM_A_APP_VERDICT, 1)
		.put<std::uint64_t>(KP2PADM_A_APP_FLOWS, 2)
		.put<std::uint64_t>(KP2PADM_A_APP_PACKETS, 3)
		.put<std::uint64_t>(KP2PADM_A_APP_BYTES, 4)
		.put<std::uint64_t>(KP2PADM_A_APP_DROPPED, 5)
		.put<std::uint64_t>(KP2PADM_A_APP_DROPPED_BYTES, 6)
		.put<std::uint64_t>(KP2PADM_A_APP_WOULD_DROP, 7)
		.put<std::uint64_t>(KP2PADM_A_APP_NAMED, 8);
	const App app = parse_app(a.hdr());
	EXPECT_EQ(app.name, "bittorrent");
	EXPECT_EQ(app.category, KP2PADM_CATEGORY_P2P);
	EXPECT_EQ(app.verdict, KP2PADM_VERDICT_DROP);
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
		.put<std::uint32_t>(KP2PADM_A_FLOW_IDLE, 16);
	const Flow f = parse_flow(a.hdr());
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
}

TEST(Parse, AFlowWithoutAddressIsNone)
{
	Answer none, odd;

	EXPECT_THROW(parse_flow(none.hdr()), SystemError);
	odd.raw(KP2PADM_A_FLOW_SRC, "12345").raw(KP2PADM_A_FLOW_DST, "1234");
	EXPECT_THROW(parse_flow(odd.hdr()), SystemError);
}

TEST(Parse, PolicyWithEntries)
{
	Answer a;

	a.put<std::uint8_t>(KP2PADM_A_POLICY_MODE, 1)
		.put<std::uint32_t>(KP2PADM_A_POLICY_GENERATION, 8);
	for (const char *app : { "one", "two" }) {
		nlattr *nest = nla_nest_start(a.msg(), KP2PADM_A_POLICY_ENTRY);

		a.text(KP2PADM_A_ENTRY_APP, app)
			.put<std::uint8_t>(KP2PADM_A_ENTRY_VERDICT, 1);
		nla_nest_end(a.msg(), nest);
	}
	const Policy p = parse_policy(a.hdr());
	EXPECT_EQ(p.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(p.generation, 8u);
	ASSERT_EQ(p.entries.size(), 2u);
	EXPECT_EQ(p.entries[0].app, "one");
	EXPECT_EQ(p.entries[1].app, "two");
	EXPECT_EQ(p.entries[1].verdict, KP2PADM_VERDICT_DROP);
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
