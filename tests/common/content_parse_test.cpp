// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <algorithm>

#include "content.hpp"
#include "toml_table.hpp"

using namespace p2padm;

namespace
{

ContentRules read(const std::string &text, std::vector<std::string> &errors)
{
	const toml::parse_result result = toml::parse(text);
	Problems problems;

	EXPECT_TRUE(result) << text;
	TomlTable top(result.table(), "", problems);
	ContentRules out = parse_content(top);
	top.finish();
	for (const auto &problem : problems.errors)
		errors.push_back(to_string("f", problem));
	return out;
}

std::vector<std::string> errors(const std::string &text)
{
	std::vector<std::string> out;

	read(text, out);
	return out;
}

std::string with_match(const std::string &match)
{
	return "[[content]]\nname = \"r\"\nverdict = \"drop\"\nmatch = { " + match + " }\n";
}

ContentRule rule(const std::string &match)
{
	std::vector<std::string> wrong;
	ContentRules rules = read(with_match(match), wrong);

	EXPECT_EQ(wrong, std::vector<std::string>{}) << match;
	return rules.rules.at(0);
}

/** The one error of one rule, its place cut off */
std::string wrong(const std::string &match)
{
	const auto all = errors(with_match(match));
	const std::string begin = "content rule 'r': ";

	EXPECT_EQ(all.size(), 1u) << match;
	if (all.empty())
		return "";
	EXPECT_EQ(all[0].rfind("f:4:", 0), 0u) << all[0];
	return all[0].substr(std::min(all[0].size(), all[0].find(begin) + begin.size()));
}

std::string hex(const p2p_content_id &id)
{
	std::string out;

	for (std::uint32_t i = 0; i < p2p_id_size(id.kind); i++)
		out += fmt::format("{:02x}", id.bytes[i]);
	return out;
}

} // namespace

TEST(ContentParse, TheWhole)
{
	std::vector<std::string> wrong;
	const ContentRules rules = read(
		"[[content]]\nname = \"a\"\nmode = \"observe\"\nverdict = \"reset\"\n"
		"match = { app = [\"bittorrent\", \"edonkey\"], name = \"*Crack?\", extension = [\"EXE\", \"scr\"] }\n"
		"[[content]]\nname = \"b\"\nverdict = \"pass\"\n"
		"match = { keyword = [\"Warez\"], all_keywords = [\"x y\", \"\u00e9\"], in = \"name\", "
		"min_size = \"10B\", max_size = \"2GiB\", type = [\"exe\", \"unknown\"] }\n",
		wrong);

	EXPECT_EQ(wrong, std::vector<std::string>{});
	ASSERT_EQ(rules.rules.size(), 2u);
	const ContentRule &a = rules.rules[0], &b = rules.rules[1];
	EXPECT_EQ(a.name, "a");
	EXPECT_EQ(a.place.line, 1u);
	EXPECT_TRUE(a.core.observes);
	EXPECT_EQ(a.core.verdict, P2P_VERDICT_RESET);
	EXPECT_EQ(a.core.apps[0], 1u << P2P_APP_BITTORRENT | 1u << P2P_APP_EDONKEY);
	ASSERT_EQ(a.globs.size(), 1u);
	EXPECT_EQ(std::string(a.globs[0].text, a.globs[0].text + a.globs[0].len), "*crack?");
	ASSERT_EQ(a.extensions.size(), 2u);
	EXPECT_STREQ(reinterpret_cast<const char *>(a.extensions[0].text), "exe");
	EXPECT_FALSE(b.core.observes);
	EXPECT_EQ(b.keywords, std::vector<std::string>{ "warez" });
	EXPECT_EQ(b.all_keywords, (std::vector<std::string>{ "x y", "\u00e9" }));
	EXPECT_EQ(b.in, P2P_FACT_NAME);
	ASSERT_EQ(b.sizes.size(), 1u);
	EXPECT_EQ(b.sizes[0].least, 10u);
	EXPECT_EQ(b.sizes[0].most, std::uint64_t{ 2 } << 30);
	EXPECT_EQ(b.types, 1u << P2P_FILETYPE_EXE | 1u << P2P_FILETYPE_UNKNOWN);

	Problems problems;
	const CompiledContent content = compile_content(rules, problems);
	EXPECT_TRUE(problems.errors.empty());
	EXPECT_EQ(content.core().terms, 7u);
	EXPECT_EQ(content.core().words.patterns, 3u);
}

TEST(ContentParse, NothingIsNoRule)
{
	std::vector<std::string> wrong;

	EXPECT_TRUE(read("", wrong).rules.empty());
	EXPECT_TRUE(wrong.empty());
}

TEST(ContentParse, Ids)
{
	const ContentRule r = rule(
		"id = [\"urn:btih:0123456789ABCDEF0123456789abcdef01234567\", "
		"\"URN:BTIH:aerukz4jvpg66ajdivtytk6n54asgrlh\", \"urn:ed2k:31d6cfe0d16ae931b73c59d7e0c089c0\", "
		"\"urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ\", "
		"\"urn:tree:tiger:LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ\"]");

	ASSERT_EQ(r.ids.size(), 5u);
	EXPECT_EQ(hex(r.ids[0]), "0123456789abcdef0123456789abcdef01234567");
	EXPECT_EQ(hex(r.ids[1]), hex(r.ids[0]));
	EXPECT_EQ(r.ids[2].kind, P2P_ID_ED2K);
	EXPECT_EQ(hex(r.ids[2]), "31d6cfe0d16ae931b73c59d7e0c089c0");
	// of nothing, as sha1sum and Tiger tree say
	EXPECT_EQ(hex(r.ids[3]), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	EXPECT_EQ(hex(r.ids[4]), "5d9ed00a030e638bdb753a6a24fb900e5a63b8e73e6c25b6");
}

TEST(ContentParse, WhatIsWrong)
{
	EXPECT_EQ(wrong("name = \"\""), "name: '' must have 1 to 64 bytes that can be printed");
	EXPECT_EQ(wrong("name = 1"), "name is a whole number, but must be a string");
	EXPECT_EQ(wrong("name = []"), "name is an empty list; leave it out");
	EXPECT_EQ(wrong("extension = \"tar.gz\""),
		  "extension: 'tar.gz': it is what follows the last '.'; for more there is name");
	EXPECT_EQ(wrong("keyword = \"a\""), "keyword: 'a' must have 2 to 255 bytes that can be printed");
	EXPECT_EQ(wrong("all_keywords = \"a\\u0007b\""),
		  "all_keywords: 'a\\x07b' must have 2 to 255 bytes that can be printed");
	EXPECT_EQ(wrong("name = \"a\", in = \"chat\""), "in says where keywords count, and there are none");
	EXPECT_EQ(wrong("keyword = \"ab\", in = \"chats\""),
		  "in cannot be 'chats', only search, chat, name; did you mean 'chat'?");
	EXPECT_EQ(wrong("min_size = \"10\""), "min_size: '10' is not a number and one of B, KiB, MiB, GiB, TiB");
	EXPECT_EQ(wrong("max_size = \"99999999999999TiB\""),
		  "max_size: '99999999999999TiB' is not a number and one of B, KiB, MiB, GiB, TiB");
	EXPECT_EQ(wrong("min_size = \"2B\", max_size = \"1B\""), "min_size is above max_size");
	EXPECT_EQ(wrong("name = \"a\", hots = 1"), "unknown key 'hots'");
	EXPECT_EQ(wrong("app = \"edonky\"").rfind("no application 'edonky'; there are ", 0), 0u);
	EXPECT_EQ(wrong("type = \"exee\"").rfind("type cannot be 'exee', only unknown, zip", 0), 0u);
	for (const char *id : { "", "urn:btih:", "btih:0123456789abcdef0123456789abcdef01234567",
				"urn:btih:0123456789abcdef0123456789abcdef0123456", "urn:ed2k:g1d6cfe0d16ae931b73c59d7e0c089c0",
				"urn:tree:tiger:LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNR", "urn:sha1:1I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ" })
		EXPECT_EQ(wrong(fmt::format("id = \"{}\"", id)),
			  fmt::format("id: '{}' is no urn:btih:, urn:ed2k:, urn:sha1: or urn:tree:tiger: with its digits", id));
}

TEST(ContentParse, WhatIsMissing)
{
	EXPECT_EQ(errors("content = 1\n"), std::vector<std::string>{ "f:1:11: content must be written as [[content]]" });
	EXPECT_EQ(errors("[[content]]\nmatch = { name = \"a\" }\nverdict = \"drop\"\n"),
		  std::vector<std::string>{ "f:1:1: content rule: a rule must have a name" });
	EXPECT_EQ(errors("[[content]]\nname = \"a\"\nmatch = { name = \"a\" }\n"),
		  std::vector<std::string>{ "f:1:1: content rule 'a': it must have a verdict" });
	EXPECT_EQ(errors("[[content]]\nname = \"a\"\nverdict = \"drop\"\nmatch = { app = \"edonkey\" }\n"),
		  std::vector<std::string>{ "f:1:1: content rule 'a': it has no condition on content; for applications "
					    "and hosts there is [[rule]]" });
	EXPECT_EQ(errors(with_match("name = \"a\"") + with_match("name = \"a\"")),
		  std::vector<std::string>{ "f:6:8: content rule 'r': the rule in line 2 is called 'r', too" });
}
