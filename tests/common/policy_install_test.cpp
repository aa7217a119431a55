// SPDX-License-Identifier: GPL-2.0-only
/** The messages of a transaction, read back as the module would. */
#include <core/content_blob.h>

#include <gtest/gtest.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include <cstring>
#include <linux/genetlink.h>

#include "netlink_gateway.hpp"
#include "policy_install.hpp"

using namespace p2padm;

namespace
{

constexpr std::time_t now = 1795521600;

CompiledPolicy compile(const std::string &text)
{
	std::vector<Problem> warnings;

	return policy_from_text(text, "f", now, warnings);
}

nlmsghdr *header(const netlink::Message &message)
{
	return nlmsg_hdr(message.get());
}

std::uint8_t command(const netlink::Message &message)
{
	return static_cast<genlmsghdr *>(nlmsg_data(header(message)))->cmd;
}

netlink::Attributes attributes(const netlink::Message &message)
{
	return answer(header(message), KP2PADM_A_POLICY_MAX);
}

/** Everything that was added, in its order */
struct Added {
	std::vector<RuleState> rules;
	std::vector<kp2padm_host> hosts;
	std::vector<Moments> schedules;
};

Added read_back(const std::vector<netlink::Message> &messages)
{
	Added out;
	nlattr *attr;
	int left;

	for (const auto &message : messages) {
		genlmsghdr *genl = static_cast<genlmsghdr *>(nlmsg_data(header(message)));

		if (genl->cmd != KP2PADM_CMD_POLICY_ADD)
			continue;
		nla_for_each_attr(attr, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
			if (nla_type(attr) == KP2PADM_A_POLICY_RULE)
				out.rules.push_back(parse_rule_state(
					netlink::Attributes(attr, KP2PADM_A_RULE_MAX)));
		const auto a = attributes(message);
		for (const auto &host : a.array<kp2padm_host>(KP2PADM_A_POLICY_HOSTS))
			out.hosts.push_back(host);
		if (a[KP2PADM_A_POLICY_SCHEDULE])
			out.schedules.push_back(a.array<std::int64_t>(KP2PADM_A_POLICY_SCHEDULE));
	}
	return out;
}

} // namespace

TEST(PolicyInstall, BeginSaysWhatComes)
{
	const CompiledPolicy policy = compile(
		"mode = \"enforce\"\ndefault = \"drop\"\n"
		"[gateway]\non_helper_loss = \"block\"\non_conflict = \"end\"\n"
		"on_unread = \"block\"\n"
		"local = { ports = [\"eth1\", \"eth2\"], prefixes = [\"10.0.0.0/8\"] }\n"
		"[exempt]\nprefixes = [\"2001:db8::/32\"]\nports = [22]\n"
		"macs = [\"00:11:22:33:44:55\"]\n"
		"[[rule]]\nname = \"a\"\nverdict = \"drop\"\nmatch = { host = \"10.0.0.1\" }\n");
	const auto messages = policy_messages(30, policy, 0);
	ASSERT_EQ(messages.size(), 4u);
	EXPECT_EQ(command(messages[0]), KP2PADM_CMD_POLICY_BEGIN);
	EXPECT_EQ(command(messages[1]), KP2PADM_CMD_POLICY_ADD);
	EXPECT_EQ(command(messages[2]), KP2PADM_CMD_POLICY_ADD);
	EXPECT_EQ(command(messages[3]), KP2PADM_CMD_POLICY_COMMIT);
	for (const auto &message : messages)
		EXPECT_TRUE(header(message)->nlmsg_flags & NLM_F_ACK);
	const auto a = attributes(messages[0]);
	const PolicyState state = parse_policy_state(a);
	EXPECT_EQ(state.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(state.fallback, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(state.helper_loss, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(state.conflict, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(state.unread, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(state.id, policy.id);
	EXPECT_EQ(state.rules, 1u);
	EXPECT_EQ(state.hosts, 1u);
	EXPECT_EQ(a.strings(KP2PADM_A_POLICY_LOCAL_PORT),
		  (std::vector<std::string>{ "eth1", "eth2" }));
	const auto local = a.array<kp2padm_prefix>(KP2PADM_A_POLICY_LOCAL_PREFIX);
	ASSERT_EQ(local.size(), 1u);
	EXPECT_EQ(local[0].addr[0], 10);
	EXPECT_EQ(local[0].len, 8);
	EXPECT_EQ(a.array<kp2padm_prefix>(KP2PADM_A_POLICY_EXEMPT_PREFIX).at(0).family, 6);
	EXPECT_EQ(a.array<std::uint16_t>(KP2PADM_A_POLICY_EXEMPT_PORT),
		  std::vector<std::uint16_t>{ 22 });
	EXPECT_EQ((a.array<std::array<std::uint8_t, 6>>(KP2PADM_A_POLICY_EXEMPT_MAC).at(0)[5]), 0x55);
	EXPECT_FALSE(attributes(messages[3])[KP2PADM_A_POLICY_TRIAL]);
	EXPECT_EQ(attributes(policy_messages(30, policy, 300).back())
			  .value<std::uint32_t>(KP2PADM_A_POLICY_TRIAL), 300u);
}

TEST(PolicyInstall, EveryFieldOfARule)
{
	const CompiledPolicy policy = compile(
		"[gateway]\nlocal = { ports = [\"eth1\"] }\n"
		"[[rule]]\nname = \"all\"\nmode = \"observe\"\nverdict = \"reset\"\n"
		"mark = \"0x10/0xf0\"\npriority = 3\nscan = true\naudit = false\n"
		"match = { app = \"bittorrent\", category = \"im\", min_confidence = 7, "
		"encrypted = true, direction = \"transit\", vlan = \"1-5\", days = \"mon\" }\n"
		"[[rule]]\nname = \"none\"\nverdict = \"pass\"\n"
		"[[rule]]\nname = \"priority\"\npriority = 0\n");
	const auto added = read_back(policy_messages(30, policy, 0));
	ASSERT_EQ(added.rules.size(), 3u);
	const RuleState &all = added.rules[0], &none = added.rules[1], &priority = added.rules[2];
	EXPECT_EQ(all.name, "all");
	EXPECT_EQ(all.apps, std::vector<std::string>{ "bittorrent" });
	EXPECT_EQ(all.categories, 1 << KP2PADM_CATEGORY_IM);
	EXPECT_EQ(all.confidence, 7);
	EXPECT_EQ(all.encrypted, true);
	EXPECT_EQ(all.directions, KP2PADM_DIR_TRANSIT);
	EXPECT_EQ(all.vlans.at(0).last, 5);
	EXPECT_EQ(all.schedule, 1);
	EXPECT_EQ(all.verdict, KP2PADM_VERDICT_RESET);
	EXPECT_TRUE(all.observes);
	EXPECT_EQ(all.mark, 0x10u);
	EXPECT_EQ(all.mask, 0xf0u);
	EXPECT_EQ(all.priority, 3u);
	EXPECT_EQ(all.scan, true);
	EXPECT_EQ(all.audit, false);
	EXPECT_EQ(none.verdict, KP2PADM_VERDICT_PASS);
	EXPECT_FALSE(none.observes || none.schedule || none.mark || none.priority || none.scan ||
		     none.audit || none.encrypted || none.directions || none.categories);
	EXPECT_EQ(priority.priority, 0u);
	EXPECT_FALSE(priority.mark || priority.verdict);
	EXPECT_EQ(added.schedules, policy.schedules);
}

TEST(PolicyInstall, ManyInOrderAndInSmallMessages)
{
	std::string text;

	for (int i = 0; i < 3000; i++)
		text += "[[rule]]\nname = \"rule with a long name, number " + std::to_string(i) +
			"\"\nverdict = \"drop\"\nmatch = { host = [\"10.0." + std::to_string(i / 256) + "." +
			std::to_string(i % 256) + "\", \"2001:db8::" + std::to_string(i % 1000) +
			"\"] }\n";
	const CompiledPolicy policy = compile(text);
	const auto messages = policy_messages(30, policy, 0);
	for (const auto &message : messages)
		EXPECT_LT(message.size(), 16384u);
	const auto added = read_back(messages);
	ASSERT_EQ(added.rules.size(), 3000u);
	for (std::size_t i = 0; i < added.rules.size(); i++)
		EXPECT_EQ(added.rules[i].name, policy.names[i]);
	ASSERT_EQ(added.hosts.size(), policy.rules.core().hosts);
	EXPECT_EQ(std::memcmp(added.hosts.data(), policy.rules.core().host,
			      added.hosts.size() * sizeof(kp2padm_host)), 0);
}

// The module takes so many moments of one; a year of eight ranges a day has more.
TEST(PolicyInstall, TheLongestScheduleFits)
{
	std::string hours;

	for (int i = 0; i < 8; i++)
		hours += "\"0" + std::to_string(i) + ":00-0" + std::to_string(i) + ":30\",";
	const CompiledPolicy policy = compile("[[rule]]\nname = \"a\"\nverdict = \"drop\"\nmatch = { "
					      "hours = [" + hours + "] }\n");
	const auto added = read_back(policy_messages(30, policy, 0));
	ASSERT_EQ(added.schedules.size(), 1u);
	EXPECT_EQ(added.schedules[0].size(), schedule_moments_max);
	EXPECT_EQ(added.schedules, policy.schedules);
}

TEST(PolicyInstall, TheEmptyPolicy)
{
	const auto messages = policy_messages(30, compile(""), 0);

	ASSERT_EQ(messages.size(), 2u);
	EXPECT_EQ(parse_policy_state(attributes(messages[0])).rules, 0u);
}

TEST(PolicyInstall, ContentRulesInParts)
{
	std::string text = "[[content]]\nname = \"first\"\nmatch = { keyword = [\"word\", \"other\"] }\n"
			   "verdict = \"drop\"\n";
	std::vector<std::byte> blob;
	std::vector<std::string> names;
	p2p_content content;
	std::uint32_t at = 0;

	for (int i = 0; i < 300; i++)
		text += "[[content]]\nname = \"" + std::string(59, 'n') + std::to_string(1000 + i) +
			"\"\nmatch = { all_keywords = \"word\" }\nverdict = \"pass\"\n";
	const CompiledPolicy policy = compile(text);
	const auto messages = policy_messages(30, policy, 0);
	for (const auto &message : messages) {
		const auto a = attributes(message);
		const auto part = a.array<std::byte>(KP2PADM_A_POLICY_CONTENT);
		const auto more = a.strings(KP2PADM_A_POLICY_CONTENT_NAME);

		EXPECT_LT(message.size(), 40u << 10);
		blob.insert(blob.end(), part.begin(), part.end());
		names.insert(names.end(), more.begin(), more.end());
	}
	EXPECT_EQ(attributes(messages[0]).value<std::uint32_t>(KP2PADM_A_POLICY_CONTENT_SIZE), blob.size());
	EXPECT_GT(messages.size(), 6u);
	ASSERT_EQ(p2p_content_open(&content, blob.data(), static_cast<std::uint32_t>(blob.size()), &at),
		  P2P_CONTENT_OK);
	EXPECT_EQ(content.rules, 301u);
	EXPECT_EQ(content.words.patterns, 2u);
	ASSERT_EQ(names.size(), 301u);
	EXPECT_EQ(names, policy.content_names);
	EXPECT_EQ(names[0], "first");
	// without them nothing is said of them
	EXPECT_FALSE(attributes(policy_messages(30, compile(""), 0)[0])[KP2PADM_A_POLICY_CONTENT_SIZE]);
}
