// SPDX-License-Identifier: GPL-2.0-only
//
// core/automaton.c and its compiler against std::string::find() for each pattern.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "automaton_build.hpp"

using namespace p2padm;

namespace
{

/** Where a pattern ends, and which: how often */
using Found = std::multiset<std::pair<std::size_t, std::uint32_t>>;

Found find_each(const std::vector<std::string> &patterns, const BuiltAutomaton &built,
		const std::string &text)
{
	const std::string folded = fold_case(text);
	std::set<std::uint32_t> done;
	Found out;

	for (std::size_t i = 0; i < patterns.size(); i++) {
		const std::string pattern = fold_case(patterns[i]);

		if (!done.insert(built.numbers[i]).second)
			continue;
		for (auto at = folded.find(pattern); at != folded.npos; at = folded.find(pattern, at + 1))
			out.emplace(at + pattern.size(), built.numbers[i]);
	}
	return out;
}

/** In chunks of the lengths that @p next tells */
Found run(const p2p_automaton &automaton, const std::string &text,
	  const std::function<std::size_t()> &next)
{
	u32 state = 0;
	Found out;

	for (std::size_t begin = 0, n; begin < text.size(); begin += n) {
		n = std::min(next(), text.size() - begin);
		// of exact size, so that the sanitizer sees a read behind it
		const std::vector<std::uint8_t> chunk(text.begin() + begin, text.begin() + begin + n);
		u32 at = 0;

		while (u32 pattern = p2p_automaton_run(
			       &automaton, &state, { chunk.data(), static_cast<u32>(n) }, &at))
			for (; pattern; pattern = p2p_automaton_shorter(&automaton, pattern))
				out.emplace(begin + at, pattern);
		EXPECT_EQ(at, n);
	}
	return out;
}

Found run(const p2p_automaton &automaton, const std::string &text)
{
	return run(automaton, text, [&] { return text.size(); });
}

std::string draw(std::mt19937 &random, unsigned letters, std::size_t length)
{
	std::string out;

	for (; length > 0; length--)
		out += static_cast<char>((random() % 2 ? 'a' : 'A') + random() % letters);
	return out;
}

std::string refusal(const std::vector<std::string> &patterns)
{
	try {
		build_automaton(patterns);
	} catch (const PatternError &error) {
		return error.what();
	}
	return "";
}

TEST(Automaton, FindsWhatASearchForEachFinds)
{
	constexpr unsigned seed = 20070326;
	std::mt19937 random(seed);
	std::size_t found = 0, several = 0;

	for (int round = 0; round < 600; round++) {
		const unsigned letters = 1 + random() % 4;
		const std::size_t least = P2P_PATTERN_MIN + random() % 8;
		std::vector<std::string> patterns;
		std::string text;

		for (unsigned n = random() % 12; n > 0; n--)
			patterns.push_back(draw(random, letters, least + random() % 6));
		while (text.size() < 300)
			text += random() % 8 ? draw(random, letters, random() % 12) :
					       std::string(1, static_cast<char>(random()));
		const BuiltAutomaton built = build_automaton(patterns);
		const p2p_automaton automaton = built.open();
		const Found want = find_each(patterns, built, text);

		ASSERT_EQ(run(automaton, text), want) << "seed " << seed << ", round " << round;
		ASSERT_EQ(run(automaton, text, [&] { return random() % 20; }), want)
			<< "seed " << seed << ", round " << round;
		ASSERT_EQ(run(automaton, text, [] { return 1; }), want)
			<< "seed " << seed << ", round " << round;
		found += want.size();
		for (const auto &[end, pattern] : want)
			several += want.lower_bound({ end, 0 })->second != pattern;
	}
	// the cases are worth something
	EXPECT_GT(found, 20000u);
	EXPECT_GT(several, 2000u);
}

TEST(Automaton, NodesWithoutRows)
{
	std::mt19937 random(1);
	std::vector<std::string> patterns;
	std::string text;

	for (int i = 0; i < 10000; i++)
		patterns.push_back(draw(random, 26, 6 + random() % 10));
	const BuiltAutomaton built = build_automaton(patterns);
	const p2p_automaton automaton = built.open();
	ASSERT_LT(automaton.dense, automaton.nodes);
	EXPECT_LE(std::size_t{ automaton.dense } * automaton.classes * sizeof(s32), automaton_rows_max);
	EXPECT_LE(built.size, 4u << 20);
	for (int i = 0; i < 300; i++) {
		const std::string &pattern = patterns[random() % patterns.size()];

		text += random() % 3 ? pattern : pattern.substr(0, pattern.size() - 1 - random() % 3);
	}
	const Found want = find_each(patterns, built, text);
	EXPECT_GT(want.size(), 100u);
	EXPECT_EQ(run(automaton, text), want);
	EXPECT_EQ(run(automaton, text, [&] { return random() % 9; }), want);
}

TEST(Automaton, CaseIsThatOfASCIIAlone)
{
	const std::vector<std::string> patterns = { "Stra\xc3\x9f" "e", "[x]", "STRA\xc3\x9f" "E" };
	const BuiltAutomaton built = build_automaton(patterns);
	const p2p_automaton automaton = built.open();

	EXPECT_EQ(built.numbers[0], built.numbers[2]);
	EXPECT_EQ(automaton.patterns, 2u);
	EXPECT_EQ(run(automaton, "sTRA\xc3\x9f" "E [X] {x}").size(), 2u);
	EXPECT_TRUE(run(automaton, "stra\xc3\xbf" "e stra\xe3\x9f" "e").empty());
}

TEST(Automaton, OfNoPatternFindsNone)
{
	const BuiltAutomaton built = build_automaton({});
	const p2p_automaton automaton = built.open();

	EXPECT_EQ(automaton.nodes, 1u);
	EXPECT_TRUE(run(automaton, std::string(1000, 'a')).empty());
	EXPECT_TRUE(run(automaton, "").empty());
}

TEST(Automaton, SuffixesFromTheLongestOn)
{
	std::vector<std::string> patterns;
	u32 state = 0, at = 0;

	for (int n = P2P_PATTERN_MIN; n <= P2P_PATTERN_MAX; n++)
		patterns.emplace_back(n, 'a');
	const BuiltAutomaton built = build_automaton(patterns);
	const p2p_automaton automaton = built.open();
	const std::vector<std::uint8_t> text(P2P_PATTERN_MAX, 'a');
	u32 pattern = 0;

	for (u32 n = P2P_PATTERN_MIN; n <= P2P_PATTERN_MAX; n++) {
		pattern = p2p_automaton_run(&automaton, &state, { text.data(), P2P_PATTERN_MAX }, &at);
		ASSERT_EQ(at, n);
		ASSERT_EQ(pattern, built.numbers[n - P2P_PATTERN_MIN]);
	}
	for (auto number = built.numbers.rbegin(); number != built.numbers.rend(); number++) {
		EXPECT_EQ(pattern, *number);
		pattern = p2p_automaton_shorter(&automaton, pattern);
	}
	EXPECT_EQ(pattern, 0u);
}

TEST(Automaton, PatternsThatAreNone)
{
	EXPECT_EQ(refusal({ "a" }), "pattern 'a' has 1 bytes, but must have 2 to 255");
	EXPECT_NE(refusal({ std::string(256, 'a') }), "");
	EXPECT_EQ(refusal({ std::string(255, 'a') }), "");

	std::mt19937 random(1);
	std::vector<std::string> many;
	for (unsigned i = 0; i <= P2P_PATTERNS_MAX; i++)
		many.push_back(std::to_string(1000000 + i));
	EXPECT_EQ(refusal(many), "more than 65535 patterns");
	for (unsigned i = 0; i < 5000; i++)
		many[i] = draw(random, 26, P2P_PATTERN_MAX);
	many.resize(5000);
	EXPECT_EQ(refusal(many), "the patterns need more than 1048576 nodes; fewer or shorter ones would do");
}

// -- what p2p_automaton_open() refuses --------------------------------------------

/** An automaton and where its parts lie */
struct Parts {
	BuiltAutomaton built;
	p2p_automaton_head *head;
	s32 *row;
	p2p_node *node;
	u32 *shorter;
	u8 *skip;
	u8 *label;

	explicit Parts(const std::vector<std::string> &patterns) : built(build_automaton(patterns))
	{
		auto *bytes = reinterpret_cast<u8 *>(built.words.data());

		head = reinterpret_cast<p2p_automaton_head *>(bytes);
		row = reinterpret_cast<s32 *>(head + 1);
		node = reinterpret_cast<p2p_node *>(row + head->dense * head->classes);
		shorter = reinterpret_cast<u32 *>(node + head->nodes + 1);
		skip = reinterpret_cast<u8 *>(shorter + head->patterns + 1);
		label = skip + P2P_PAIRS;
	}
	p2p_automaton_error open() const
	{
		p2p_automaton automaton{};

		return p2p_automaton_open(&automaton, built.words.data(), built.size);
	}
};

struct Refusal {
	const char *what;
	p2p_automaton_error error;
	void (*spoil)(Parts &);
};

// "ab", "bc": nodes 0: "", 1: "a", 2: "b", 3: "ab", 4: "bc"; classes 0, a, b, c
const Refusal refusals[] = {
	{ "magic", P2P_AUTOMATON_HEAD, [](Parts &p) { p.head->magic++; } },
	{ "version", P2P_AUTOMATON_HEAD, [](Parts &p) { p.head->version++; } },
	{ "no head", P2P_AUTOMATON_HEAD, [](Parts &p) { p.built.size = sizeof(p2p_automaton_head) - 1; } },
	{ "no node", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->nodes = 0; } },
	{ "nodes", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->nodes = P2P_NODES_MAX + 1; } },
	{ "patterns", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->patterns = P2P_PATTERNS_MAX + 1; } },
	{ "no class", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->classes = 0; } },
	{ "classes", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->classes = 257; } },
	{ "no row", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->dense = 0; } },
	{ "rows", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->dense++; } },
	{ "no window", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->window = 1; } },
	{ "window", P2P_AUTOMATON_COUNT, [](Parts &p) { p.head->window = P2P_WINDOW_MAX + 1; } },
	{ "size", P2P_AUTOMATON_SIZE, [](Parts &p) { p.head->size--; } },
	{ "cut", P2P_AUTOMATON_SIZE, [](Parts &p) { p.built.size--; } },
	{ "both", P2P_AUTOMATON_SIZE, [](Parts &p) { p.built.size--, p.head->size--; } },
	{ "a node more", P2P_AUTOMATON_SIZE, [](Parts &p) { p.head->nodes++; } },
	{ "class", P2P_AUTOMATON_CLASS, [](Parts &p) { p.head->class_of[255] = 4; } },
	{ "skip", P2P_AUTOMATON_SKIP, [](Parts &p) { p.skip[P2P_PAIRS - 1] = 2; } },
	{ "a large skip", P2P_AUTOMATON_SKIP, [](Parts &p) { p.skip[0] = 255; } },
	{ "the root's children", P2P_AUTOMATON_TREE, [](Parts &p) { p.node[0].first = 2; } },
	{ "its own child", P2P_AUTOMATON_TREE, [](Parts &p) { p.node[1].first = 1; } },
	{ "backwards", P2P_AUTOMATON_TREE, [](Parts &p) { p.node[1].first = 5; } },
	{ "behind the last", P2P_AUTOMATON_TREE, [](Parts &p) { p.node[5].first = 6; } },
	{ "nobody's child", P2P_AUTOMATON_TREE, [](Parts &p) { p.node[5].first = 4; } },
	{ "label", P2P_AUTOMATON_LABEL, [](Parts &p) { p.label[4] = 4; } },
	{ "twins", P2P_AUTOMATON_LABEL, [](Parts &p) { p.label[2] = p.label[1]; } },
	{ "the root's fail link", P2P_AUTOMATON_FAIL, [](Parts &p) { p.node[0].fail = 1; } },
	{ "a fail link to itself", P2P_AUTOMATON_FAIL, [](Parts &p) { p.node[3].fail = 3; } },
	{ "one to its level", P2P_AUTOMATON_FAIL, [](Parts &p) { p.node[4].fail = 3; } },
	{ "one to a level below", P2P_AUTOMATON_FAIL, [](Parts &p) { p.node[2].fail = 3; } },
	{ "one to nowhere", P2P_AUTOMATON_FAIL, [](Parts &p) { p.node[4].fail = ~0u; } },
	{ "the root's output", P2P_AUTOMATON_OUTPUT, [](Parts &p) { p.node[0].output = 1; } },
	{ "output", P2P_AUTOMATON_OUTPUT, [](Parts &p) { p.node[4].output = 3; } },
	{ "shorter than none", P2P_AUTOMATON_OUTPUT, [](Parts &p) { p.shorter[0] = 1; } },
	{ "itself the shorter", P2P_AUTOMATON_OUTPUT, [](Parts &p) { p.shorter[1] = 1; } },
	{ "row", P2P_AUTOMATON_ROW, [](Parts &p) { p.row[0] = 4; } },
	{ "a row's child", P2P_AUTOMATON_ROW, [](Parts &p) { p.row[4 + 2] = -4; } },
	{ "a row by a wrong fail link", P2P_AUTOMATON_ROW, [](Parts &p) { p.node[3].fail = 0; } },
	{ "silent in a row", P2P_AUTOMATON_ROW, [](Parts &p) { p.node[3].output = 0; } },
};

TEST(Automaton, IsRefusedWithItsReason)
{
	ASSERT_EQ(Parts({ "ab", "bc" }).open(), P2P_AUTOMATON_OK);
	for (const auto &refusal : refusals) {
		Parts parts({ "ab", "bc" });

		refusal.spoil(parts);
		EXPECT_EQ(parts.open(), refusal.error) << refusal.what;
		EXPECT_STRNE(p2p_automaton_error_text(refusal.error), "unknown");
	}
}

TEST(Automaton, NoMorePatternsInOnePlaceThanLengths)
{
	std::vector<std::string> patterns;

	for (int i = 0; i < 300; i++)
		patterns.push_back(std::to_string(1000 + i));
	Parts parts(patterns);
	for (u32 i = 1; i <= P2P_PATTERN_MAX; i++)
		parts.shorter[i] = i - 1;
	EXPECT_EQ(parts.open(), P2P_AUTOMATON_OK);
	parts.shorter[P2P_PATTERN_MAX + 1] = P2P_PATTERN_MAX;
	EXPECT_EQ(parts.open(), P2P_AUTOMATON_OUTPUT);
}

} // namespace
