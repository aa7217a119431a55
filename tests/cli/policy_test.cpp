// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <filesystem>

#include "fakes.hpp"
#include "policy_history.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

const std::string good = "mode = \"enforce\"\n"
			 "[gateway]\ntimezone = \"Europe/Berlin\"\nlocal = { ports = [\"eth1\"] }\n"
			 "[exempt]\nports = [22]\n"
			 "[[rule]]\nname = \"work\"\n"
			 "match = { app = \"bittorrent\", days = \"mon-fri\", hours = "
			 "\"08:00-18:00\" }\nverdict = \"reset\"\n"
			 "[[rule]]\nname = \"vlan\"\nmatch = { vlan = 10, direction = \"out\" }\n"
			 "verdict = \"drop\"\nmode = \"observe\"\n"
			 "[[rule]]\nname = \"hosts\"\n"
			 "match = { host = [\"10.1.0.0/16\", \"2001:db8::/32\"] }\n"
			 "verdict = \"drop\"\nscan = true\n";
const std::string other = "mode = \"observe\"\n[[rule]]\nname = \"hosts\"\nverdict = \"pass\"\n"
			  "[[rule]]\nname = \"new\"\nmatch = { encrypted = true }\nmark = 1\n";

const std::string files = "[[content]]\nname = \"no archives\"\n"
			  "match = { extension = [\"zip\", \"rar\"] }\nverdict = \"reset\"\n"
			  "[[content]]\nname = \"try out: words\"\nmode = \"observe\"\n"
			  "match = { keyword = \"word\" }\nverdict = \"drop\"\n";

/** A world, a state directory and files in it */
class PolicyCommand : public testing::Test
{
protected:
	Result policy(std::vector<std::string> arguments)
	{
		arguments.insert(arguments.begin(), "policy");
		return ctl(world, state, arguments);
	}
	Result load(const std::string &text, const std::vector<std::string> &more = {})
	{
		std::vector<std::string> arguments = { "load", "-f", state.write("p.toml", text) };

		arguments.insert(arguments.end(), more.begin(), more.end());
		return policy(arguments);
	}
	PolicyHistory history() const
	{
		return PolicyHistory(state.path() / "policies");
	}

	World world;
	TemporaryDirectory state;
};

bool has(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

} // namespace

TEST_F(PolicyCommand, CheckNeedsNoModule)
{
	world.loaded = world.privileged = false;
	const std::string file = state.write("p.toml", good);
	const Result r = policy({ "check", "-f", file });
	EXPECT_EQ(r.code, 0) << r.err;
	EXPECT_EQ(r.out, file + " is a policy: mode enforce, 3 rules\n");
	const Json doc = policy({ "check", "-j", "-f", file }).json();
	EXPECT_EQ(doc["good"], true);
	EXPECT_EQ(doc["rule_count"], 3);
	EXPECT_EQ(doc["host_count"], 2);
	EXPECT_EQ(doc["schedule_count"], 1);
	EXPECT_EQ(doc["id"], hex(policy_id(good)));
	EXPECT_FALSE(std::filesystem::exists(state.path() / "policies"));
}

TEST_F(PolicyCommand, CheckListsAllThatIsWrong)
{
	const std::string file = state.write("bad.toml", "mode = \"on\"\nfoo = 1\n");
	const Result r = policy({ "check", "-f", file });
	EXPECT_EQ(r.code, 1);
	EXPECT_EQ(r.out, "");
	EXPECT_EQ(r.err, file + ":1:8: mode cannot be 'on', only observe, enforce\n" + file +
				 ":2:1: unknown key 'foo'\n");
	const Json doc = policy({ "check", "-j", "-f", file }).json();
	EXPECT_EQ(doc["good"], false);
	EXPECT_EQ(doc["errors"][1],
		  Json({ { "line", 2 }, { "column", 1 }, { "reason", "unknown key 'foo'" } }));
}

TEST_F(PolicyCommand, AFileThatIsNotThere)
{
	const Result r = policy({ "load", "-f", (state.path() / "none").string() });
	EXPECT_EQ(r.code, 1);
	EXPECT_TRUE(has(r.err, "none: No such file or directory")) << r.err;
}

TEST_F(PolicyCommand, LoadInstallsAndKeeps)
{
	const Result r = load(good);
	EXPECT_EQ(r.code, 0) << r.err;
	EXPECT_EQ(r.out, "mode enforce, 3 rules, generation 4\n");
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->names, (std::vector<std::string>{ "work", "vlan", "hosts" }));
	EXPECT_EQ(world.installed->trial, 0u);
	EXPECT_EQ(world.installed->id, policy_id(good));
	EXPECT_EQ(policy({ "show" }).out, good);
}

TEST_F(PolicyCommand, ABadFileChangesNothing)
{
	EXPECT_EQ(load("mode = 1\n").code, 1);
	EXPECT_FALSE(world.installed);
	EXPECT_TRUE(history().entries().empty());
}

TEST_F(PolicyCommand, WhatTheModuleRefusesIsNotKept)
{
	world.refuses = true;
	const Result r = load(good);
	EXPECT_EQ(r.code, 1);
	EXPECT_TRUE(has(r.err, "that is wrong")) << r.err;
	EXPECT_TRUE(history().entries().empty());
}

TEST_F(PolicyCommand, WarningsDoNotStopIt)
{
	const Result r = load("[audit]\nchat = \"off\"\n");
	EXPECT_EQ(r.code, 0);
	EXPECT_TRUE(has(r.err, ":1:1: [audit]: not in force in this version\n")) << r.err;
	EXPECT_EQ(load("[audit]\nfiles = true\n", { "-j" }).json()["warnings"].size(), 1u);
}

TEST_F(PolicyCommand, TrialAndConfirm)
{
	for (const auto &[text, seconds] : std::vector<std::pair<std::string, std::uint32_t>>{
		     { "5m", 300 }, { "90s", 90 }, { "168h", 604800 }, { "7", 7 } }) {
		const Result r = load(good, { "--confirm", text });
		EXPECT_EQ(r.code, 0) << r.err;
		EXPECT_EQ(world.installed->trial, seconds);
		EXPECT_TRUE(has(r.out, "policy confirm")) << r.out;
	}
	EXPECT_EQ(policy({ "confirm", "-j" }).json()["trial_seconds"], 0);
	EXPECT_TRUE(world.confirmed);
	for (const char *text : { "", "0", "x", "5d", "169h", "-1", "99999999999" })
		EXPECT_EQ(load(good, { "--confirm=" + std::string(text) }).code,
			  2)
			<< text;
}

TEST_F(PolicyCommand, ShowWithoutItsText)
{
	const Result r = policy({ "show" });
	EXPECT_EQ(r.code, 1);
	EXPECT_TRUE(has(r.out, "mode enforce, 2 rules, generation 3\n")) << r.out;
	EXPECT_TRUE(has(r.out, "no BitTorrent drop")) << r.out;
	EXPECT_TRUE(has(r.out, "would reset")) << r.out;
	EXPECT_TRUE(has(r.err, hex(world.policy.id))) << r.err;
	EXPECT_EQ(policy({}).out, r.out);
}

TEST_F(PolicyCommand, ShowForPrograms)
{
	Json doc = policy({ "show", "-j" }).json();
	EXPECT_EQ(doc["text"], Json());
	ASSERT_EQ(doc["rules"].size(), 2u);
	EXPECT_EQ(doc["rules"][0]["name"], "no BitTorrent");
	EXPECT_EQ(doc["rules"][0]["flows"], 17);
	EXPECT_EQ(doc["rules"][0]["match"], Json({ { "app", { "bittorrent" } } }));
	EXPECT_EQ(doc["rules"][1]["mode"], "observe");
	load(other);
	doc = policy({ "show", "-j" }).json();
	EXPECT_EQ(doc["text"], other);
	EXPECT_EQ(doc["id"], hex(policy_id(other)));
}

TEST_F(PolicyCommand, ShowSaysWhomItCallsLocalAndExempt)
{
	world.sets = { .generation = 3,
		       .local_ports = { "eth1", "eth\x1b" },
		       .local_prefixes = { { 4, 8, { 10 } }, { 6, 8, { 0xfd } } },
		       .exempt_prefixes = { { 4, 32, { 192, 0, 2, 1 } } },
		       .exempt_ports = { 22, 65535 },
		       .exempt_macs = { { 2, 0, 0, 0, 0, 0xfe } } };
	const Result r = policy({ "show", "--rules" });
	EXPECT_TRUE(has(r.out, "generation 3\n"
			       "local ports: eth1 eth\\x1b\n"
			       "local prefixes: 10.0.0.0/8 fd00::/8\n"
			       "exempt prefixes: 192.0.2.1/32\n"
			       "exempt ports: 22 65535\n"
			       "exempt MACs: 02:00:00:00:00:fe\n"))
		<< r.out;
	const Json doc = policy({ "show", "-j" }).json();
	EXPECT_EQ(doc["local"], Json({ { "ports", { "eth1", "eth\x1b" } },
				       { "prefixes", { "10.0.0.0/8", "fd00::/8" } } }));
	EXPECT_EQ(doc["exempt"]["prefixes"], Json::array({ "192.0.2.1/32" }));
	EXPECT_EQ(doc["exempt"]["ports"], Json::array({ 22, 65535 }));
	EXPECT_EQ(doc["exempt"]["macs"], Json::array({ "02:00:00:00:00:fe" }));
	world.sets = {};
	EXPECT_FALSE(has(policy({ "show", "--rules" }).out, "exempt"));
	EXPECT_EQ(policy({ "show", "-j" }).json()["exempt"]["ports"], Json::array());
}

TEST_F(PolicyCommand, ShowIsOfOnePolicy)
{
	world.replaced = 2;
	const Json doc = policy({ "show", "-j" }).json();
	EXPECT_EQ(doc["generation"], 5);
	EXPECT_EQ(doc["local"]["ports"], Json::array({ "new5" }));
}

TEST_F(PolicyCommand, ShowOfAFreshGateway)
{
	world.policy = {};
	world.rules.clear();
	world.privileged = false;
	const Result r = policy({ "show" });
	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.out, "mode observe, 0 rules, generation 0\n");
	EXPECT_EQ(policy({ "show", "-j" }).json()["id"], Json());
}

TEST_F(PolicyCommand, DiffOfTextAndRules)
{
	load(good);
	EXPECT_EQ(policy({ "diff", "-f", state.write("p.toml", good) }).out, "no difference\n");
	const std::string file = state.write("new.toml", other);
	const Result r = policy({ "diff", "-f", file });
	EXPECT_EQ(r.code, 0) << r.err;
	EXPECT_TRUE(has(r.out, "--- policy in force\n+++ " + file + "\n@@ ")) << r.out;
	EXPECT_TRUE(has(r.out, "-mode = \"enforce\"\n")) << r.out;
	EXPECT_TRUE(has(r.out, "added rule 'new'\nremoved rule 'work'\nremoved rule 'vlan'\n"
			       "changed rule 'hosts'\n"))
		<< r.out;
	const Json doc = policy({ "diff", "-j", "-f", file }).json();
	EXPECT_EQ(doc["same"], false);
	EXPECT_EQ(doc["removed"], Json({ "work", "vlan" }));
	EXPECT_EQ(doc["reordered"], false);
}

TEST_F(PolicyCommand, DiffSeesAnotherOrder)
{
	const std::string a = "[[rule]]\nname = \"a\"\nverdict = \"pass\"\n";
	const std::string b = "[[rule]]\nname = \"b\"\nverdict = \"pass\"\n";

	load(a + b);
	const Json doc = policy({ "diff", "-j", "-f", state.write("ba.toml", b + a) }).json();
	EXPECT_EQ(doc["reordered"], true);
	EXPECT_EQ(doc["changed"], Json::array());
}

TEST_F(PolicyCommand, DiffAgainstNothingAndAgainstTheUnknown)
{
	const std::string file = state.write("p.toml", other);

	EXPECT_EQ(policy({ "diff", "-f", file }).code, 1); // its text is not known
	world.policy = {};
	EXPECT_EQ(policy({ "diff", "-j", "-f", file }).json()["added"],
		  Json({ "hosts", "new" }));
}

TEST_F(PolicyCommand, RollbackByteForByte)
{
	load("# one\n");
	load("# two\r\n");
	load("# three");
	EXPECT_EQ(policy({ "rollback" }).code, 0);
	EXPECT_EQ(policy({ "show" }).out, "# two\r\n");
	EXPECT_EQ(policy({ "rollback" }).code, 0); // there and back again
	EXPECT_EQ(policy({ "show" }).out, "# three");
	EXPECT_EQ(policy({ "rollback", "4" }).code, 0);
	EXPECT_EQ(policy({ "show" }).out, "# one\n");
	const Result r = policy({ "rollback", "9" });
	EXPECT_EQ(r.code, 1);
	EXPECT_TRUE(has(r.err, "only 5 texts")) << r.err;
}

TEST_F(PolicyCommand, RollbackFromWhatIsNotKept)
{
	load("# one\n");
	world.policy.id.fill(1); // another host's history
	EXPECT_EQ(policy({ "rollback" }).code, 0);
	EXPECT_EQ(policy({ "show" }).out, "# one\n");
}

TEST_F(PolicyCommand, SetIsAPolicyOfRules)
{
	const Result r = policy({ "set", "bittorrent=reset", "-j" });
	EXPECT_EQ(r.code, 0) << r.err;
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_ENFORCE);
	EXPECT_EQ(world.installed->names, (std::vector<std::string>{ "set bittorrent" }));
	EXPECT_EQ(world.installed->rules[0].verdict, P2P_VERDICT_RESET);
	EXPECT_EQ(world.installed->rules[0].apps[0], 1u << P2P_APP_BITTORRENT);
	EXPECT_EQ(r.json()["generation"], 4);
	EXPECT_TRUE(has(policy({ "show" }).out, "name = \"set bittorrent\"\n"));
	EXPECT_EQ(policy({ "set", "--observe", "bittorrent=drop" }).code, 0);
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_OBSERVE);
}

TEST_F(PolicyCommand, FlushCanBeRolledBack)
{
	load(good);
	EXPECT_EQ(policy({ "flush" }).out, "mode observe, 0 rules, generation 5\n");
	EXPECT_EQ(world.installed->mode, KP2PADM_MODE_OBSERVE);
	EXPECT_TRUE(world.installed->rules.empty());
	EXPECT_EQ(policy({ "rollback" }).code, 0);
	EXPECT_EQ(policy({ "show" }).out, good);
}

TEST_F(PolicyCommand, SetRefusesWhatItDoesNotKnow)
{
	for (const auto &wrong : std::vector<std::vector<std::string>>{
		     { "bitorrent=drop" },
		     { "unknown=drop" },
		     { "bittorrent" },
		     { "=drop" },
		     { "bittorrent=" },
		     { "bittorrent=block" },
		     { "bittorrent=drop=drop" },
		     { "bittorrent=drop", "bittorrent=pass" } }) {
		std::vector<std::string> arguments = { "set" };

		arguments.insert(arguments.end(), wrong.begin(), wrong.end());
		const Result r = policy(arguments);
		EXPECT_EQ(r.code, 2) << wrong[0];
		EXPECT_FALSE(world.installed) << wrong[0];
		EXPECT_EQ(r.out, "");
		EXPECT_TRUE(has(r.err, "policy set: ")) << r.err;
	}
	EXPECT_EQ(policy({ "set", "kazaa=drop" }).err,
		  "p2padm-ctl: policy set: no application 'kazaa'; the module knows: "
		  "bittorrent xmpp\n");
}

TEST_F(PolicyCommand, TestSaysWhichRuleAndWhy)
{
	const std::string file = state.write("p.toml", good);
	const auto ask = [&](std::vector<std::string> words) {
		words.insert(words.begin(), { "test", "-f", file });
		return policy(words).out;
	};

	world.loaded = false; // a file needs no module
	EXPECT_EQ(ask({ "app=bittorrent", "src=10.1.2.3", "dst=192.0.2.1", "sport=7", "dport=80",
			"at=2026-11-24T09:00" }),
		  "flow     tcp 10.1.2.3:7 -> 192.0.2.1:80, direction transit\n"
		  "rule 1   'work': decides: reset\n"
		  "verdict  reset, by rule 'work'\n");
	EXPECT_EQ(ask({ "app=bittorrent", "src=10.1.2.3", "at=2026-11-24T07:00" }),
		  "flow     tcp 10.1.2.3:0 -> 0.0.0.0:0, direction transit\n"
		  "rule 1   'work': no: it is not the time\n"
		  "rule 2   'vlan': no: VLAN 0 is not in 10\n"
		  "rule 3   'hosts': decides: drop, scan\n"
		  "verdict  drop, by rule 'hosts'\n");
	EXPECT_EQ(ask({ "app=unknown", "src=10.2.0.1", "vlan=10", "in-port=eth1", "l4=udp" }),
		  "flow     udp 10.2.0.1:0 -> 0.0.0.0:0, direction out\n"
		  "rule 1   'work': no: the application is unknown, not bittorrent\n"
		  "rule 2   'vlan': matches: would drop\n"
		  "rule 3   'hosts': no: neither end is in 10.1.0.0/16, 2001:db8::/32\n"
		  "verdict  pass: no rule decides; drop had rule 'vlan' not only observed\n");
	EXPECT_TRUE(has(ask({ "vlan=10", "direction=in" }),
			"rule 2   'vlan': no: the direction is in, not out\n"));
	EXPECT_TRUE(has(ask({ "src=2001:db8::1", "dport=22" }), "verdict  pass: it is exempt\n"));
	EXPECT_TRUE(has(ask({ "src=2001:db8::1" }), "verdict  pass for now"));
}

TEST_F(PolicyCommand, TestOfOtherConditions)
{
	const std::string file = state.write(
		"p.toml", "default = \"drop\"\n[[rule]]\nname = \"a\"\n"
			  "match = { category = \"im\" }\nverdict = \"pass\"\n"
			  "[[rule]]\nname = \"b\"\nmatch = { min_confidence = 60 }\n"
			  "mark = \"0x10/0xff\"\n"
			  "[[rule]]\nname = \"c\"\nmatch = { encrypted = true }\naudit = false\n"
			  "[[rule]]\nname = \"d\"\nmatch = { encrypted = false }\npriority = 3\n");
	const Json doc = policy({ "test", "-j", "-f", file, "app=bittorrent", "confidence=59" }).json();

	EXPECT_EQ(doc["verdict"], "drop");
	EXPECT_EQ(doc["rule"], Json());
	EXPECT_EQ(doc["mode"], "observe");
	EXPECT_EQ(doc["set_by"]["mark"], "d");
	EXPECT_EQ(doc["steps"][0]["why"], "the category is p2p, not im");
	EXPECT_EQ(doc["steps"][1]["why"], "the confidence is 59 %, less than 60 %");
	EXPECT_EQ(doc["steps"][2]["why"], "it is not encrypted");
	EXPECT_EQ(doc["steps"][3]["match"], "yes");
	EXPECT_TRUE(has(policy({ "test", "-f", file, "app=bittorrent" }).out,
			"verdict  drop, by default; but the policy observes: it passes\n"));
}

TEST_F(PolicyCommand, TestOfThePolicyInForce)
{
	EXPECT_EQ(policy({ "test", "app=bittorrent" }).code, 1); // its text is not known
	load(good);
	EXPECT_TRUE(has(policy({ "test", "app=bittorrent" }).out, "decides: reset"));
	world.policy = {};
	EXPECT_TRUE(has(policy({ "test", "app=bittorrent" }).out, "pass: no rule decides"));
}

TEST_F(PolicyCommand, TestRefusesWhatIsNoFlow)
{
	const std::string file = state.write("p.toml", good);

	for (const char *wrong :
	     { "nonsense", "colour=red", "app=", "app=kazaa", "src=10.1", "sport=65536", "l4=icmp",
	       "vlan=4095", "confidence=101", "encrypted=1", "direction=up", "at=tomorrow",
	       "at=2026-13-01T00:00", "at=2026-03-29T02:30" }) {
		const Result r = policy({ "test", "-f", file, wrong });
		EXPECT_EQ(r.code, 2) << wrong << r.err;
	}
	EXPECT_EQ(policy({ "test", "-f", file, "vlan=1", "vlan=2" }).code, 2);
	EXPECT_EQ(policy({ "test", "-f", file, "src=10.0.0.1", "dst=::1" }).code, 2);
}

TEST_F(PolicyCommand, ContentRulesAreCheckedAndLoaded)
{
	const std::string file = state.write("p.toml", good + files);
	EXPECT_EQ(policy({ "check", "-f", file }).out,
		  file + " is a policy: mode enforce, 3 rules, 2 content rules\n");
	EXPECT_EQ(policy({ "check", "-j", "-f", file }).json()["content_rule_count"], 2);
	EXPECT_EQ(load(good + files).out, "mode enforce, 3 rules, 2 content rules, generation 4\n");
	ASSERT_TRUE(world.installed);
	EXPECT_EQ(world.installed->content_names,
		  (std::vector<std::string>{ "no archives", "try out: words" }));
	EXPECT_EQ(load(files, { "-j" }).json()["content_rule_count"], 2);
	const Result r = load(files + "[[content]]\nname = \"x\"\n");
	EXPECT_EQ(r.code, 1);
	EXPECT_TRUE(has(r.err, ":10:1: content rule 'x': it must have a verdict")) << r.err;
}

TEST_F(PolicyCommand, ShowOfContentRules)
{
	world.policy.content_rules = 2;
	world.content = { { .number = 0, .name = "no archives", .verdict = KP2PADM_VERDICT_RESET,
			    .observes = false, .objects = 12, .would_objects = 0 },
			  { .number = 1, .name = "words\x1b", .verdict = KP2PADM_VERDICT_DROP,
			    .observes = true, .objects = 0, .would_objects = 3 } };
	const Result r = policy({ "show", "--rules" });
	EXPECT_TRUE(has(r.out, "2 rules, 2 content rules, generation 3\n")) << r.out;
	EXPECT_TRUE(has(r.out, "CONTENT RULE")) << r.out;
	EXPECT_TRUE(has(r.out, "words\\x1b")) << r.out;
	EXPECT_TRUE(has(r.out, "would drop")) << r.out;
	const Json doc = policy({ "show", "-j" }).json();
	ASSERT_EQ(doc["content"].size(), 2u);
	EXPECT_EQ(doc["content"][0], Json({ { "number", 0 }, { "name", "no archives" },
					    { "mode", "enforce" }, { "verdict", "reset" },
					    { "objects", 12 }, { "would_objects", 0 } }));
	EXPECT_EQ(doc["content"][1]["mode"], "observe");
	// a module that says nothing of content rules is not asked for them
	world.policy.content_rules = 0;
	EXPECT_EQ(policy({ "show", "-j" }).json()["content"], Json::array());
}

TEST_F(PolicyCommand, DiffOfContentRules)
{
	std::string changed = files;

	load(files);
	changed.replace(changed.find("zip"), 3, "arj");
	const std::string file = state.write("new.toml", changed + "[[content]]\nname = \"large\"\n"
							 "match = { min_size = \"2GiB\" }\nverdict = \"drop\"\n");
	const Result r = policy({ "diff", "-f", file });
	EXPECT_TRUE(has(r.out, "added content rule 'large'\nchanged content rule 'no archives'\n")) << r.out;
	const Json doc = policy({ "diff", "-j", "-f", file }).json();
	EXPECT_EQ(doc["content"]["changed"], Json({ "no archives" }));
	EXPECT_EQ(doc["content"]["removed"], Json::array());
	EXPECT_EQ(doc["changed"], Json::array());
}

TEST_F(PolicyCommand, TestSaysThatContentIsNotAsked)
{
	const std::string file = state.write("p.toml", files);
	const Result r = policy({ "test", "-f", file, "app=bittorrent" });
	EXPECT_EQ(r.code, 0) << r.err;
	EXPECT_TRUE(has(r.out, "content  2 content rules are judged on what it carries\n")) << r.out;
	EXPECT_EQ(policy({ "test", "-j", "-f", file, "app=bittorrent" }).json()["content_rule_count"], 2);
}
