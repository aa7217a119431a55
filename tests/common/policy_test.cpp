// SPDX-License-Identifier: GPL-2.0-only
#include "policy.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace p2padm
{
namespace
{

constexpr std::time_t now = 1767225600; // 2026-01-01T00:00:00Z

CompiledPolicy good(const std::string &text)
{
	std::vector<Problem> warnings;

	return policy_from_text(text, "file", now, warnings);
}

/** Every problem as LINE:COLUMN REASON */
std::string wrong(const std::string &text)
{
	std::vector<Problem> warnings;
	std::string out;

	try {
		policy_from_text(text, "file", now, warnings);
	} catch (const PolicyError &error) {
		for (const auto &p : error.problems())
			out += std::to_string(p.place.line) + ":" + std::to_string(p.place.column) + " " +
			       p.reason + "\n";
	}
	return out;
}

std::string file(const std::string &path)
{
	std::ifstream in(path);
	std::ostringstream out;

	out << in.rdbuf();
	return out.str();
}

/** A rule with this match and the verdict drop */
std::string matching(const std::string &match)
{
	return "[gateway]\nlocal = { prefixes = [\"10.0.0.0/8\"] }\n"
	       "[[rule]]\nname = \"r\"\nverdict = \"drop\"\nmatch = { " +
	       match + " }\n";
}

std::uint64_t bit(const char *app)
{
	return std::uint64_t{ 1 } << p2p_app_find(app);
}

TEST(Policy, TheExampleMeansWhatItSays)
{
	std::vector<Problem> warnings;
	const auto policy = policy_from_text(file(KP2P_EXAMPLE), "example", now, warnings);
	const auto &core = policy.rules.core();

	EXPECT_EQ(policy.mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(policy.local_ports, std::vector<std::string>{ "eth1" });
	EXPECT_EQ(policy.helper_loss, KP2PADM_VERDICT_PASS);
	EXPECT_EQ(policy.conflict, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(policy.names, (std::vector<std::string>{ "no eDonkey in the labs", "swarms are slow and scanned",
							   "try out: no encrypted BitTorrent" }));
	ASSERT_EQ(core.exempt.n, 1u);
	EXPECT_EQ(core.exempt.prefix[0].len, 24);
	ASSERT_EQ(core.n, 3u);
	EXPECT_EQ(core.rule[0].apps[0], bit("edonkey"));
	EXPECT_EQ(core.rule[0].verdict, P2P_VERDICT_RESET);
	EXPECT_EQ(core.rule[0].schedule, 1);
	EXPECT_EQ(core.rule[1].categories, 1 << P2P_CATEGORY_P2P);
	EXPECT_EQ(core.rule[1].confidence, 60);
	EXPECT_EQ(core.rule[1].verdict, P2P_VERDICT_NONE);
	EXPECT_EQ(core.rule[1].sets & core.rule[1].values, 1 << P2P_SET_SCAN);
	EXPECT_EQ(core.rule[2].encrypted, P2P_TRUE);
	EXPECT_TRUE(core.rule[2].observes);
	ASSERT_EQ(core.hosts, 1u);
	EXPECT_EQ(core.host[0].prefix.len, 16);
	EXPECT_EQ(policy.schedules.size(), 1u);
	EXPECT_EQ(policy.content_names,
		  (std::vector<std::string>{ "the film that we must not pass on",
					     "no programs by file sharing",
					     "try out: who looks for our plans" }));
	const p2p_content &content = policy.content.core();
	ASSERT_EQ(content.rules, 3u);
	EXPECT_EQ(content.ids, 2u);
	EXPECT_EQ(p2p_content_facts(&content, 0), P2P_FACT_ID);
	EXPECT_EQ(p2p_content_facts(&content, 1), P2P_FACT_TYPE | P2P_FACT_SIZE);
	EXPECT_EQ(p2p_content_facts(&content, 2), P2P_FACT_SEARCH | P2P_FACT_CHAT);
	EXPECT_EQ(content.rule[1].verdict, P2P_VERDICT_RESET);
	EXPECT_TRUE(content.rule[2].observes);
	// what is not there yet is said
	std::string said;
	for (const auto &w : warnings)
		said += w.reason + "\n";
	EXPECT_NE(said.find("not in force"), std::string::npos) << said;
}

TEST(Policy, EveryConditionIsCompiled)
{
	auto rule = [](const std::string &match) {
		const auto policy = good(matching(match));
		return policy.rules.core().rule[0];
	};

	EXPECT_EQ(rule("app = \"gnutella\"").apps[0], bit("gnutella"));
	EXPECT_EQ(rule("app = [\"gnutella\", \"edonkey\"]").apps[0], bit("gnutella") | bit("edonkey"));
	EXPECT_EQ(rule("category = [\"p2p\", \"im\"]").categories, 1 << P2P_CATEGORY_P2P | 1 << P2P_CATEGORY_IM);
	EXPECT_EQ(rule("min_confidence = 100").confidence, 100);
	EXPECT_EQ(rule("encrypted = false").encrypted, P2P_FALSE);
	EXPECT_EQ(rule("direction = [\"in\", \"transit\"]").directions, P2P_DIR_IN | P2P_DIR_TRANSIT);
	EXPECT_TRUE(rule("host = \"10.1.2.3\"").by_host);
	const auto vlans = rule("vlan = [0, \"10-20\"]");
	ASSERT_EQ(vlans.vlans, 2);
	EXPECT_EQ(vlans.vlan[0].last, 0);
	EXPECT_EQ(vlans.vlan[1].first, 10);
	EXPECT_EQ(vlans.vlan[1].last, 20);
	EXPECT_EQ(rule("days = \"sat,sun\"").schedule, 1);
	EXPECT_EQ(rule("app = \"edonkey\"").schedule, 0);
}

TEST(Policy, ModifiersAndHead)
{
	const auto policy = good("mode = \"observe\"\ndefault = \"reset\"\n"
				 "[gateway]\non_helper_loss = \"block\"\non_conflict = \"end\"\n"
		"on_unread = \"block\"\n"
				 "[exempt]\nports = [22, 179]\nmacs = [\"00:11:22:aa:bb:cc\"]\n"
				 "[[rule]]\nname = \"a\"\nmark = 0x10\n"
				 "[[rule]]\nname = \"b\"\nmark = \"0x1/0xf\"\npriority = 7\naudit = false\n");
	const auto &core = policy.rules.core();

	EXPECT_EQ(policy.mode, KP2PADM_MODE_OBSERVE);
	EXPECT_EQ(core.fallback, P2P_VERDICT_RESET);
	EXPECT_EQ(policy.helper_loss, KP2PADM_VERDICT_DROP);
	EXPECT_EQ(policy.conflict, KP2PADM_VERDICT_RESET);
	EXPECT_EQ(policy.unread, KP2PADM_VERDICT_DROP);
	ASSERT_EQ(core.exempt_ports, 2u);
	EXPECT_EQ(core.exempt_port[1], 179);
	ASSERT_EQ(policy.exempt_macs.size(), 1u);
	EXPECT_EQ(policy.exempt_macs[0][3], 0xaa);
	EXPECT_EQ(core.rule[0].mark, 0x10u);
	EXPECT_EQ(core.rule[0].mask, 0xffffffffu);
	EXPECT_EQ(core.rule[1].mark, 1u);
	EXPECT_EQ(core.rule[1].mask, 0xfu);
	EXPECT_EQ(core.rule[1].priority, 7u);
	EXPECT_EQ(core.rule[1].sets, 1 << P2P_SET_MARK | 1 << P2P_SET_AUDIT);
	EXPECT_EQ(core.rule[1].values, 1 << P2P_SET_MARK);
}

TEST(Policy, HostsAreSortedAndRulesWithTheSameHoursShareThem)
{
	const auto policy = good(
		"[[rule]]\nname = \"a\"\nverdict = \"drop\"\nmatch = { host = [\"fd00::/8\", \"10.0.0.0/8\"], days = \"mon\" }\n"
		"[[rule]]\nname = \"b\"\nverdict = \"drop\"\nmatch = { host = [\"10.0.0.0/8\", \"9.0.0.0/8\", \"9.0.0.0/8\"], days = \"mon\" }\n");
	const auto &core = policy.rules.core();

	ASSERT_EQ(core.hosts, 4u);
	for (unsigned i = 1; i < core.hosts; i++)
		EXPECT_LT(p2p_host_compare(&core.host[i - 1], &core.host[i]), 0);
	EXPECT_EQ(policy.schedules.size(), 1u);
	EXPECT_EQ(core.rule[1].schedule, 1);
}

TEST(Policy, ErrorsHaveTheirPlaceAndAllOfThemAreTold)
{
	const auto told = wrong("mode = \"enforse\"\n\n[[rule]]\nname = \"a\"\nverdict = \"dorp\"\n"
				"[[rule]]\nname = \"a\"\nverdict = \"drop\"\nmatch = { aap = \"x\" }\n");

	EXPECT_NE(told.find("1:8 "), std::string::npos) << told;
	EXPECT_NE(told.find("5:11 "), std::string::npos) << told;
	EXPECT_NE(told.find("7:8 "), std::string::npos) << told;
	EXPECT_NE(told.find("9:"), std::string::npos) << told;
	EXPECT_NE(told.find("app"), std::string::npos) << told; // did you mean
}

TEST(Policy, IsRefusedAsAWhole)
{
	struct {
		const char *text;
		const char *says;
	} const bad[] = {
		{ "mode = 1", "mode" },
		{ "mode = ", "" }, // no TOML
		{ "nonesuch = 1", "nonesuch" },
		{ "default = \"mark\"", "default" },
		{ "[gateway]\nlocal = { port = [\"eth0\"] }", "ports" },
		{ "[gateway]\nlocal = { ports = [\"a name that is too long\"] }", "interface" },
		{ "[gateway]\ntimezone = \"Europe/Nowhere\"", "time zone" },
		{ "[exempt]\nprefixes = [\"10.0.9.1/24\"]", "10.0.9.0/24" },
		{ "[exempt]\nports = [0]", "ports" },
		{ "[exempt]\nports = [70000]", "ports" },
		{ "[exempt]\nmacs = [\"00:11:22:33:44\"]", "macs" },
		{ "rule = 1", "[[rule]]" },
		{ "[[rule]]\nverdict = \"drop\"", "name" },
		{ "[[rule]]\nname = \"\"\nverdict = \"drop\"", "name" },
		{ "[[rule]]\nname = \"x\\ny\"\nverdict = \"drop\"", "printed" },
		{ "[[rule]]\nname = \"x\"", "neither" },
		{ "[[rule]]\nname = \"x\"\nmark = \"0x10/0x0f\"", "mask" },
		{ "[[rule]]\nname = \"x\"\nmark = -1", "mark" },
		{ "[[rule]]\nname = \"x\"\nshape = \"gone\"", "gone" },
		{ "[scan]\nmax_size = \"2G\"", "max_size" },
		{ "[shape.a]\nrate = \"20mb\"", "rate" },
	};
	for (const auto &b : bad) {
		const auto told = wrong(b.text);

		EXPECT_NE(told, "") << b.text;
		EXPECT_NE(told.find(b.says), std::string::npos) << b.text << ": " << told;
	}
	for (const char *match :
	     { "app = \"nonesuch\"", "app = \"unknown\"", "category = \"web\"", "min_confidence = 101",
	       "encrypted = \"yes\"", "host = \"10.0.0.1/8\"", "host = \"10.0.0.0/33\"", "host = \"x\"",
	       "direction = \"up\"", "vlan = 4095", "vlan = \"20-10\"", "days = \"moon\"", "hours = \"8-18\"",
	       "hours = \"08:00-25:00\"", "hours = \"08:00-08:00\"", "min_confidence = 5.5" })
		EXPECT_NE(wrong(matching(match)), "") << match;
	EXPECT_NE(wrong("[[rule]]\nname = \"r\"\nverdict = \"drop\"\nmatch = { direction = \"in\" }").find("local"),
		  std::string::npos);
}

TEST(Policy, CharactersBeyondAsciiAreForStringsAndComments)
{
	EXPECT_EQ(wrong("# \u0150\n[[rule]]\nname = \"\u0150\\\"\"\nverdict = \"drop\" # \u0150\n"), "");
	EXPECT_EQ(wrong("mode = \"observe\"\n \u0150 = 1\n").substr(0, 4), "2:2 ");
	EXPECT_NE(wrong("mode = 'observe' \u0150"), "");
	EXPECT_NE(wrong("mode = \"observe\n\u0150\""), "");
}

TEST(Policy, HostileTexts)
{
	EXPECT_NE(wrong(std::string(policy_text_max + 1, ' ')), "");
	EXPECT_NE(wrong("a = " + std::string(100000, '[')), "");
	EXPECT_NE(wrong(std::string("mode = \"\0\"", 10)), "");
	std::string many;
	for (unsigned i = 0; i <= P2P_RULES_MAX; i++)
		many += "[[rule]]\nname = \"" + std::to_string(i) + "\"\nverdict = \"drop\"\n";
	EXPECT_NE(wrong(many).find("rules"), std::string::npos);
	// what a terminal would obey is not repeated
	EXPECT_EQ(to_string("f", { { 1, 2 }, "\x1b[2J" }).find('\x1b'), std::string::npos);
}

TEST(Policy, IdIsOfTheExactText)
{
	EXPECT_NE(policy_id("a"), policy_id("a "));
	// FIPS 180-2, the message "abc"
	const auto id = policy_id("abc");
	EXPECT_EQ(id[0], 0xba);
	EXPECT_EQ(id[31], 0xad);
}

TEST(Policy, ScheduleIsActiveWhenItSays)
{
	// 2026-01-05 is a Monday
	const auto policy = good("[gateway]\ntimezone = \"UTC\"\n[[rule]]\nname = \"r\"\nverdict = \"drop\"\n"
				 "match = { days = \"mon-fri\", hours = \"08:00-18:00\" }\n");
	constexpr std::time_t monday = 1767571200;

	EXPECT_EQ(policy.active(monday + 8 * 3600 - 1), 0u);
	EXPECT_EQ(policy.active(monday + 8 * 3600), 1u);
	EXPECT_EQ(policy.active(monday + 18 * 3600 - 1), 1u);
	EXPECT_EQ(policy.active(monday + 18 * 3600), 0u);
	EXPECT_EQ(policy.active(monday - 24 * 3600 + 9 * 3600), 0u); // Sunday
}

} // namespace
} // namespace p2padm
