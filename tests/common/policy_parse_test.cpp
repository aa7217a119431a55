// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <algorithm>

#include "policy.hpp"

using namespace p2padm;

namespace
{

std::vector<std::string> lines(const std::vector<Problem> &problems)
{
	std::vector<std::string> out;

	for (const auto &problem : problems)
		out.push_back(to_string("f", problem));
	return out;
}

std::vector<std::string> errors(const std::string &text)
{
	Problems problems;

	parse_policy(text, problems);
	return lines(problems.errors);
}

Policy parse(const std::string &text)
{
	Problems problems;
	Policy policy = parse_policy(text, problems);

	EXPECT_EQ(lines(problems.errors), std::vector<std::string>{}) << text;
	return policy;
}

/** One rule with those conditions, where somebody is local */
std::string with_match(const std::string &match)
{
	return "[gateway]\nlocal = { ports = [\"eth1\"] }\n[[rule]]\nname = \"r\"\n"
	       "verdict = \"drop\"\nmatch = { " + match + " }\n";
}

PolicyRule rule(const std::string &match)
{
	return parse(with_match(match)).rules.at(0);
}

/** The one error of one rule, its place cut off */
std::string wrong(const std::string &match)
{
	const auto all = errors(with_match(match));
	const std::string begin = "rule 'r': ";

	EXPECT_EQ(all.size(), 1u) << match;
	if (all.empty())
		return "";
	EXPECT_EQ(all[0].rfind("f:6:", 0), 0u) << all[0];
	return all[0].substr(std::min(all[0].size(), all[0].find(begin) + begin.size()));
}

std::string known_apps()
{
	std::string out;

	for (unsigned int app = 1; app < P2P_APP_COUNT; app++)
		out += std::string(app > 1 ? ", " : "") + p2p_app_name(app);
	return out;
}

PolicyRule modifiers(const std::string &keys)
{
	return parse("[[rule]]\nname = \"r\"\n" + keys + "\n").rules.at(0);
}

} // namespace

TEST(PolicyParse, AnEmptyTextObserves)
{
	const Policy policy = parse("");

	EXPECT_EQ(policy.mode, KP2PADM_MODE_OBSERVE);
	EXPECT_EQ(policy.fallback, P2P_VERDICT_PASS);
	EXPECT_EQ(policy.conflict, KP2PADM_VERDICT_DROP);
	EXPECT_TRUE(policy.rules.empty());
}

TEST(PolicyParse, OnConflict)
{
	EXPECT_EQ(parse("[gateway]\non_conflict = \"drop\"\n").conflict, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(errors("[gateway]\non_conflict = \"pass\"\n").size(), 1u);
	EXPECT_EQ(errors("[gateway]\non_conflict = 1\n").size(), 1u);
}

TEST(PolicyParse, OnUnread)
{
	EXPECT_EQ(parse("").unread, KP2PADM_VERDICT_PASS);
	EXPECT_EQ(parse("[gateway]\non_unread = \"pass\"\n").unread, KP2PADM_VERDICT_PASS);
	EXPECT_EQ(errors("[gateway]\non_unread = \"drop\"\n").size(), 1u);
}

TEST(PolicyParse, TheWhole)
{
	const Policy policy = parse("mode = \"enforce\"\ndefault = \"reset\"\n"
				    "[gateway]\nbridge = \"br0\"\non_helper_loss = \"block\"\n"
				    "on_conflict = \"end\"\non_unread = \"block\"\n"
				    "timezone = \"America/New_York\"\n"
				    "local = { ports = [\"eth1\", \"eth1.10\"], prefixes = [\"10.0.0.0/8\"] }\n"
				    "[exempt]\nprefixes = [\"::/0\"]\nports = [22, 65535]\n"
				    "macs = [\"00:1A:22:aa:bb:cc\"]\n");

	EXPECT_EQ(policy.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(policy.fallback, P2P_VERDICT_RESET);
	EXPECT_EQ(policy.helper_loss, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(policy.conflict, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(policy.unread, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(policy.timezone, "America/New_York");
	EXPECT_EQ(policy.local_ports, (std::vector<std::string>{ "eth1", "eth1.10" }));
	ASSERT_EQ(policy.local_prefixes.size(), 1u);
	EXPECT_EQ(policy.local_prefixes[0].len, 8);
	EXPECT_EQ(policy.exempt_prefixes.at(0).family, 6);
	EXPECT_EQ(policy.exempt_ports, (std::vector<std::uint16_t>{ 22, 65535 }));
	EXPECT_EQ(policy.exempt_macs.at(0),
		  (std::array<std::uint8_t, 6>{ 0x00, 0x1a, 0x22, 0xaa, 0xbb, 0xcc }));
}

TEST(PolicyParse, Conditions)
{
	PolicyRule r = rule("app = \"bittorrent\", category = [\"p2p\", \"im\"], min_confidence = 60, "
			    "encrypted = false, direction = [\"in\", \"transit\"], "
			    "vlan = [0, \"10-20\", \"30\"]");

	EXPECT_EQ(r.name, "r");
	EXPECT_EQ(r.core.verdict, P2P_VERDICT_DROP);
	EXPECT_EQ(r.core.apps[0], 1u << P2P_APP_BITTORRENT);
	EXPECT_EQ(r.core.categories, 6);
	EXPECT_EQ(r.core.confidence, 60);
	EXPECT_EQ(r.core.encrypted, P2P_FALSE);
	EXPECT_EQ(r.core.directions, P2P_DIR_IN | P2P_DIR_TRANSIT);
	ASSERT_EQ(r.core.vlans, 3);
	EXPECT_EQ(r.core.vlan[1].first, 10);
	EXPECT_EQ(r.core.vlan[1].last, 20);
	EXPECT_EQ(r.core.vlan[2].last, 30);
	r = rule("host = [\"10.1.0.0/16\", \"192.0.2.1\", \"2001:db8::/32\"]");
	ASSERT_EQ(r.hosts.size(), 3u);
	EXPECT_EQ(r.hosts[1].len, 32);
	EXPECT_EQ(r.hosts[2].family, 6);
	EXPECT_EQ(r.hosts[2].addr[1], 0x01);
	r = rule("days = \"fri-mon\", hours = [\"22:00-06:00\", \"08:00-24:00\"]");
	EXPECT_EQ(r.when.days, 0x71);
	EXPECT_EQ(r.when.hours, (std::vector<Hours>{ { 480, 1440 }, { 1320, 360 } }));
	EXPECT_EQ(rule("days = \"sat, sun\"").when.days, 0x60);
	EXPECT_EQ(rule("days = [\"mon\", \"wed-thu\"]").when.days, 0x0d);
}

TEST(PolicyParse, Modifiers)
{
	p2p_rule r = modifiers("mark = \"0x10/0xff\"\nscan = true\naudit = false").core;

	EXPECT_EQ(r.verdict, P2P_VERDICT_NONE);
	EXPECT_EQ(r.mark, 0x10u);
	EXPECT_EQ(r.mask, 0xffu);
	EXPECT_EQ(r.sets, 7);
	EXPECT_EQ(r.values, 1 << P2P_SET_MARK | 1 << P2P_SET_SCAN);
	EXPECT_FALSE(r.has_priority);
	r = modifiers("mark = 0x20").core;
	EXPECT_EQ(r.mark, 0x20u);
	EXPECT_EQ(r.mask, 0xffffffffu);
	r = modifiers("priority = 7").core;
	EXPECT_TRUE(r.has_priority);
	EXPECT_EQ(r.priority, 7u);
	EXPECT_EQ(r.mask, 0u);
	EXPECT_EQ(r.sets, 1 << P2P_SET_MARK);
	EXPECT_EQ(modifiers("mode = \"observe\"\nverdict = \"pass\"").core.observes, 1);
}

TEST(PolicyParse, WrongConditions)
{
	EXPECT_EQ(wrong("app = \"bittorent\""), "no application 'bittorent'; there are " + known_apps() +
						"; did you mean 'bittorrent'?");
	EXPECT_EQ(wrong("app = []"), "app is an empty list; leave it out");
	EXPECT_EQ(wrong("app = 5"), "app is a whole number, but must be a string");
	EXPECT_EQ(wrong("category = \"none\""), "category cannot be 'none', only p2p, im");
	EXPECT_EQ(wrong("min_confidence = 101"), "min_confidence is 101, but must be from 0 to 100");
	EXPECT_EQ(wrong("encrypted = 1"), "encrypted is a whole number, but must be true or false");
	EXPECT_EQ(wrong("host = \"10.1.0.5/16\""),
		  "host: '10.1.0.5/16' has bits behind its length; did you mean '10.1.0.0/16'?");
	EXPECT_EQ(wrong("host = \"2001:db8::1/32\""),
		  "host: '2001:db8::1/32' has bits behind its length; did you mean "
		  "'2001:db8::/32'?");
	EXPECT_EQ(wrong("host = \"10.1\""), "host: '10.1' is no address");
	EXPECT_EQ(wrong("host = \"10.0.0.0/33\""), "host: '10.0.0.0/33' has no length from 0 to 32");
	EXPECT_EQ(wrong("host = \"::/\""), "host: '::/' has no length from 0 to 128");
	EXPECT_EQ(wrong("host = \"10.0.0.0/+8\""), "host: '10.0.0.0/+8' has no length from 0 to 32");
	for (const char *vlan : { "4095", "-1", "\"20-10\"", "\"1-4095\"", "\"1-2-3\"", "\"\"", "1.5",
				  "[1,2,3,4,5,6,7,8,9]" })
		EXPECT_NE(wrong(std::string("vlan = ") + vlan), "") << vlan;
	for (const char *days : { "\"\"", "\"monday\"", "\"mon-\"", "\"mon-tue-wed\"", "1", "\"mon,\"" })
		EXPECT_NE(wrong(std::string("days = ") + days), "") << days;
	for (const char *hours : { "\"8:00-9:00\"", "\"08:00\"", "\"08:00-08:00\"", "\"24:00-08:00\"",
				   "\"08:60-09:00\"", "\"08:00-24:01\"", "\"08:00-09:00-10:00\"" })
		EXPECT_NE(wrong(std::string("hours = ") + hours), "") << hours;
	EXPECT_EQ(wrong("vlans = 1"), "unknown key 'vlans'; did you mean 'vlan'?");
}

TEST(PolicyParse, WrongRules)
{
	const auto one = [](const std::string &text) {
		const auto all = errors(text);

		return all.size() == 1 ? all[0] : std::to_string(all.size()) + " errors";
	};

	EXPECT_EQ(one("[[rule]]\nverdict = \"drop\"\n"), "f:1:1: a rule must have a name");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\n"),
		  "f:1:1: rule 'a': it has neither a verdict nor anything else to do");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\nverdict = \"pass\"\n[[rule]]\nname = \"a\"\n"
		      "verdict = \"pass\"\n"),
		  "f:5:8: rule 'a': the rule in line 2 is called 'a', too");
	EXPECT_EQ(one("[[rule]]\nname = \"a\\n\"\nverdict = \"pass\"\n"),
		  "f:2:8: rule 'a\\x0a': name must have 1 to 63 bytes that can be printed");
	EXPECT_EQ(one("[[rule]]\nname = \"" + std::string(64, 'x') + "\"\nverdict = \"pass\"\n")
			  .substr(0, 6), "f:2:8:");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\nverdict = \"pass\"\nmark = \"0x100/0xff\"\n"),
		  "f:4:8: rule 'a': mark 0x100 has bits outside its mask 0xff");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\nmark = \"0/0\"\nverdict = \"pass\"\n"),
		  "f:3:8: rule 'a': mark has a mask of 0: it would mark nothing");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\nshape = \"bulk\"\n"),
		  "f:3:9: rule 'a': there is no [shape.bulk]");
	EXPECT_EQ(one("[rule]\nname = \"a\"\n"), "f:1:1: rule must be written as [[rule]]");
	EXPECT_EQ(one("[[rule]]\nname = \"a\"\nverdict = \"pass\"\nmatch = { direction = \"in\" }\n"),
		  "f:4:23: rule 'a': direction means nothing where [gateway] names no one as local");
}

TEST(PolicyParse, WrongTables)
{
	EXPECT_EQ(errors("mod = 1\n[gatway]\n"),
		  (std::vector<std::string>{
			  "f:1:1: unknown key 'mod'; did you mean 'mode'?",
			  "f:2:2: unknown table 'gatway'; did you mean 'gateway'?" }));
	EXPECT_EQ(errors("[gateway]\ntimezone = \"Europe/Nowhere\"\nbridge = \"a/b\"\n").size(), 2u);
	EXPECT_EQ(errors("[exempt]\nports = [0, 65536, \"x\"]\nmacs = [\"0:1:2:3:4:5\", 5]\n").size(), 5u);
	EXPECT_EQ(errors("[exempt]\nprefixes = \"::/0\"\n"),
		  std::vector<std::string>{
			  "f:2:12: [exempt]: prefixes is a string, but must be a list" });
	EXPECT_EQ(errors("[shape.a]\nrate = \"20\"\nceil = \"mbit\"\nper_host = \"1 mbit\"\n").size(), 3u);
	EXPECT_EQ(errors("[scan]\nmax_size = \"2GB\"\ndeadline = \"x\"\nencrypted = \"block\"\n").size(), 3u);
	EXPECT_EQ(errors("[audit]\nchat = true\nfiles = 1\n").size(), 2u);
	EXPECT_EQ(errors("mode = \"enforce\n").size(), 1u); // not TOML
	EXPECT_EQ(errors("mode = \"enforce\"\nmode = \"observe\"\n").size(), 1u);
}

TEST(PolicyParse, Limits)
{
	std::string ports = "[exempt]\nports = [";

	for (int i = 1; i <= 65; i++)
		ports += std::to_string(i) + ",";
	EXPECT_EQ(errors(ports + "]\n").size(), 1u);
	std::string prefixes = "[gateway]\nlocal = { prefixes = [";
	for (int i = 0; i <= 256; i++)
		prefixes += "\"10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24\",";
	EXPECT_EQ(errors(prefixes + "] }\n").size(), 1u);
	std::string names = "[gateway]\nlocal = { ports = [", macs = "[exempt]\nmacs = [";
	for (int i = 0; i < 32; i++)
		names += "\"eth" + std::to_string(i) + "\",";
	for (int i = 0; i < 64; i++)
		macs += "\"00:00:00:00:00:" + std::to_string(10 + i) + "\",";
	EXPECT_EQ(errors(names + "] }\n" + macs + "]\n").size(), 0u);
	EXPECT_EQ(errors(names + "\"lan\"] }\n" + macs + "\"00:00:00:00:00:00\"]\n").size(), 2u);
	std::string rules;
	for (int i = 0; i <= P2P_RULES_MAX; i++)
		rules += "[[rule]]\nname = \"" + std::to_string(i) + "\"\nverdict = \"pass\"\n";
	EXPECT_EQ(errors(rules), std::vector<std::string>{ "f:49153:1: more than 16384 rules" });
}

TEST(PolicyParse, Warnings)
{
	Problems problems;
	const Policy policy = parse_policy("[[rule]]\nname = \"s\"\nshape = \"bulk\"\n"
					   "[[rule]]\nname = \"all\"\nverdict = \"drop\"\n"
					   "[shape.bulk]\nrate = \"20mbit\"\n[scan]\n[audit]\n",
					   problems);

	EXPECT_TRUE(problems.errors.empty());
	EXPECT_EQ(lines(problems.warnings),
		  (std::vector<std::string>{
			  "f:3:9: rule 's': shape is not in force in this version",
			  "f:4:1: rule 'all': it has no condition: it is for all TCP and UDP but for "
			  "what is exempt",
			  "f:7:1: [shape.bulk]: not in force in this version",
			  "f:9:1: [scan]: not in force in this version",
			  "f:10:1: [audit]: not in force in this version" }));
	ASSERT_EQ(policy.rules.size(), 1u); // a rule that only shapes has nothing to do
}
