// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "policy.hpp"

using namespace p2padm;

namespace
{

constexpr std::time_t now = 1795521600; // Tuesday, 2026-11-24 12:00 UTC

CompiledPolicy compile(const std::string &text)
{
	std::vector<Problem> warnings;

	return policy_from_text(text, "f", now, warnings);
}

std::string refusal(const std::string &text)
{
	try {
		compile(text);
	} catch (const PolicyError &error) {
		return error.what();
	}
	return "";
}

std::string rule(int i, const std::string &match)
{
	return "[[rule]]\nname = \"" + std::to_string(i) + "\"\nverdict = \"pass\"\nmatch = { " +
	       match + " }\n";
}

} // namespace

TEST(PolicyCompile, AllErrorsInOneLineEach)
{
	EXPECT_EQ(refusal("a = 1\nb = 2\n"), "f:1:1: unknown key 'a'\nf:2:1: unknown key 'b'");
}

TEST(PolicyCompile, SchedulesAreShared)
{
	const CompiledPolicy policy = compile(
		"[gateway]\ntimezone = \"UTC\"\n" + rule(0, "hours = [\"08:00-09:00\", \"10:00-11:00\"]") +
		rule(1, "hours = [\"10:00-11:00\", \"08:00-09:00\"], days = \"mon-sun\"") +
		rule(2, "days = \"tue\"") + rule(3, "days = \"mon-sun\""));
	const p2p_rules &core = policy.rules.core();

	ASSERT_EQ(policy.schedules.size(), 2u);
	EXPECT_EQ(core.schedules, 2u);
	EXPECT_EQ(core.rule[0].schedule, 1);
	EXPECT_EQ(core.rule[1].schedule, 1);
	EXPECT_EQ(core.rule[2].schedule, 2);
	EXPECT_EQ(core.rule[3].schedule, 0);
	EXPECT_EQ(policy.active(now), 2u);
	EXPECT_EQ(policy.active(now - 90 * 60), 3u);
	// told for the time that was promised
	EXPECT_GE(policy.schedules[0].back(), now + (schedule_days - 1) * 24 * 3600);
}

TEST(PolicyCompile, TooManySchedules)
{
	std::string text;

	for (int i = 0; i < 64; i++)
		text += rule(i, "hours = \"00:" + std::to_string(i / 10 % 6) + std::to_string(i % 10) +
					(i < 60 ? "-12:00\"" : "-13:00\""));
	EXPECT_EQ(refusal(text), "");
	EXPECT_EQ(refusal(text + rule(64, "days = \"mon\"")),
		  "f:257:1: rule '64': more than 64 different schedules");
}

TEST(PolicyCompile, TooManyHostsAndLengths)
{
	std::string lengths = "host = [", hosts = "host = [";

	for (int len = 1; len <= 33; len++)
		lengths += "\"::/" + std::to_string(len) + "\",";
	EXPECT_EQ(refusal(rule(7, lengths + "]")),
		  "f:1:1: rule '7': more different prefix lengths than a policy may have");
	for (int i = 0; i < 66000; i++)
		hosts += "\"10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
			 std::to_string(i % 256) + "\",";
	EXPECT_EQ(refusal(rule(0, hosts + "]") + rule(1, hosts + "]")),
		  "f:5:1: rule '1': more than 131072 hosts in all rules together");
}

TEST(PolicyCompile, MovesWithItsMemory)
{
	CompiledPolicy a = compile(rule(0, "host = \"10.0.0.0/8\"")), b;

	b = std::move(a);
	p2p_key key{};
	p2p_subject subject{ .key = &key, .first = 0, .decided = true, .app = 0, .confidence = 0,
			     .encrypted = P2P_FALSE, .local = 0, .exempt = false };
	p2p_ruling ruling{};
	key.family = 4;
	key.addr.v6[0][0] = 10;
	p2p_rules_judge(&b.rules.core(), 0, &subject, &ruling);
	EXPECT_EQ(ruling.rule, 0);
}

TEST(PolicyCompile, ContentRulesBesideRules)
{
	const std::string content = "[[content]]\nname = \"0\"\nverdict = \"drop\"\n"
				    "match = { type = \"elf\", keyword = \"word\" }\n";
	const CompiledPolicy policy = compile(rule(0, "vlan = 1") + content);

	EXPECT_EQ(policy.rules.core().n, 1u);
	EXPECT_EQ(policy.content.core().rules, 1u);
	EXPECT_EQ(policy.content.core().words.patterns, 1u);
	EXPECT_EQ(policy.content_names, std::vector<std::string>{ "0" });
	EXPECT_EQ(compile("").content.core().rules, 0u);
	// what is wrong is told where it is, in the order of the text
	EXPECT_EQ(refusal("content = 1\n"), "f:1:11: content must be written as [[content]]");
	EXPECT_EQ(refusal("foo = 1\n" + content + "[[content]]\nname = \"0\"\nverdict = \"pass\"\n"
			  "match = { size = 1 }\n"),
		  "f:1:1: unknown key 'foo'\n"
		  "f:7:8: content rule '0': the rule in line 3 is called '0', too\n"
		  "f:9:11: content rule '0': unknown key 'size'");
}
