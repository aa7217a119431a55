// SPDX-License-Identifier: GPL-2.0-only
//
// content_blob() and core/content_blob.c: what was compiled is what is opened,
// and what is not whole is refused.
#include <core/content_blob.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>

#include "content_blob.hpp"

using namespace p2padm;

namespace
{

using Blob = std::vector<std::byte>;

/** Rules with some of each list, or none of it */
class Draw
{
public:
	explicit Draw(unsigned seed) : rng_(seed)
	{
	}
	unsigned below(unsigned n)
	{
		return static_cast<unsigned>(rng_() % n);
	}
	std::string letters(unsigned least)
	{
		std::string out;

		for (unsigned n = least + below(4); n > 0; n--)
			out += static_cast<char>('a' + below(3));
		return out;
	}
	ContentRule rule()
	{
		ContentRule r;

		r.core.apps[1] = below(2);
		r.core.verdict = static_cast<std::uint8_t>(below(3));
		r.core.observes = static_cast<std::uint8_t>(below(2));
		for (unsigned n = below(3); n > 0; n--) {
			r.globs.push_back(glob());
			r.extensions.push_back(extension());
		}
		for (unsigned n = below(3); n > 0; n--)
			r.ids.push_back(id());
		for (unsigned n = below(3); n > 0; n--)
			r.keywords.push_back(letters(2));
		if (below(2))
			r.all_keywords.push_back(letters(2));
		if (below(2))
			r.sizes.push_back({ below(5), 5 + below(5), 0 });
		r.types = 1 + below(7);
		return r;
	}

private:
	p2p_glob glob()
	{
		const std::string text = letters(1);
		p2p_glob out{};

		std::copy(text.begin(), text.end(), out.text);
		out.len = static_cast<std::uint16_t>(text.size());
		return out;
	}
	p2p_extension extension()
	{
		const std::string text = letters(1);
		p2p_extension out{};

		std::copy(text.begin(), text.end(), out.text);
		return out;
	}
	p2p_content_id id()
	{
		p2p_content_id out{};

		out.kind = static_cast<std::uint8_t>(1 + below(P2P_ID_TTH));
		out.bytes[0] = static_cast<std::uint8_t>(below(256));
		return out;
	}

	std::mt19937 rng_;
};

CompiledContent compile(const ContentRules &rules)
{
	Problems problems;
	CompiledContent out = compile_content(rules, problems);

	for (const auto &problem : problems.errors)
		ADD_FAILURE() << problem.reason;
	return out;
}

/** A rule of types alone, and one of keywords */
Blob small_blob(bool words)
{
	ContentRules rules;
	ContentRule rule;

	rule.types = 2;
	rules.rules.push_back(rule);
	rule.keywords = { "word", "other" };
	if (words)
		rules.rules.push_back(rule);
	return content_blob(compile(rules));
}

p2p_content_error open(p2p_content &content, const Blob &blob, std::uint32_t *at = nullptr)
{
	std::uint32_t where = 0;

	return p2p_content_open(&content, blob.data(), static_cast<std::uint32_t>(blob.size()),
				at ? at : &where);
}

p2p_content_error open(const Blob &blob)
{
	p2p_content content;

	return open(content, blob);
}

template <typename T> bool same(const T *a, const T *b, std::size_t n)
{
	return !n || !std::memcmp(a, b, n * sizeof(T));
}

void expect_same(const p2p_content &got, const p2p_content &want)
{
	ASSERT_EQ(got.rules, want.rules);
	ASSERT_EQ(got.globs, want.globs);
	ASSERT_EQ(got.extensions, want.extensions);
	ASSERT_EQ(got.ids, want.ids);
	ASSERT_EQ(got.sizes, want.sizes);
	ASSERT_EQ(got.types, want.types);
	ASSERT_EQ(got.mentions, want.mentions);
	ASSERT_EQ(got.terms, want.terms);
	ASSERT_EQ(got.words.nodes, want.words.nodes);
	ASSERT_EQ(got.words.patterns, want.words.patterns);
	EXPECT_TRUE(same(got.rule, want.rule, got.rules));
	EXPECT_TRUE(same(got.glob, want.glob, got.globs));
	EXPECT_TRUE(same(got.extension, want.extension, got.extensions));
	EXPECT_TRUE(same(got.id, want.id, got.ids));
	EXPECT_TRUE(same(got.size, want.size, got.sizes));
	EXPECT_TRUE(same(got.type, want.type, got.types));
	EXPECT_TRUE(same(got.mention, want.mention, got.mentions));
	EXPECT_TRUE(same(got.term, want.term, P2P_TERMS_MAX));
	EXPECT_TRUE(same(&got.of_fact[0][0], &want.of_fact[0][0], sizeof(got.of_fact) / sizeof(u64)));
	if (got.words.nodes) {
		EXPECT_TRUE(same(got.mention_of, want.mention_of, got.words.patterns + 2));
		EXPECT_TRUE(same(got.words.label, want.words.label, got.words.nodes));
	}
}

} // namespace

TEST(ContentBlob, OpensAsItWasCompiled)
{
	Draw draw(20070326);
	unsigned with_words = 0;

	EXPECT_TRUE(content_blob(compile({})).empty());
	for (unsigned i = 0; i < 400; i++) {
		ContentRules rules;
		p2p_content got;

		for (unsigned n = 1 + draw.below(6); n > 0; n--)
			rules.rules.push_back(draw.rule());
		const CompiledContent content = compile(rules);
		const Blob blob = content_blob(content);
		ASSERT_EQ(blob.size() % 8, 0u);
		ASSERT_EQ(open(got, blob), P2P_CONTENT_OK);
		expect_same(got, content.core());
		with_words += got.words.nodes != 0;
	}
	EXPECT_GT(with_words, 200u);
	EXPECT_LT(with_words, 400u);
}

TEST(ContentBlob, ThatIsNotWholeIsRefused)
{
	for (const bool words : { false, true }) {
		const Blob whole = small_blob(words);

		ASSERT_EQ(open(whole), P2P_CONTENT_OK);
		for (std::size_t n = 0; n < whole.size(); n += n < 2000 ? 1 : 997)
			EXPECT_NE(open(Blob(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))),
				  P2P_CONTENT_OK);
		Blob longer = whole;
		longer.resize(whole.size() + 8);
		EXPECT_EQ(open(longer), P2P_CONTENT_SIZE);
	}
}

TEST(ContentBlob, EveryFieldOfItsHeadIsChecked)
{
	const Blob whole = small_blob(true);

	for (std::size_t field = 0; field < sizeof(p2p_content_head) / 4; field++) {
		for (const std::uint32_t value : { 0u, 1u, 0x7fffffffu, 0x80000000u, 0xfffffff8u, 0xffffffffu }) {
			Blob blob = whole;
			std::uint32_t was;

			std::memcpy(&was, &blob[4 * field], 4);
			if (was == value)
				continue;
			std::memcpy(&blob[4 * field], &value, 4);
			EXPECT_NE(open(blob), P2P_CONTENT_OK) << "field " << field << ": " << value;
		}
	}
}

TEST(ContentBlob, ErrorsBelongToTheirParts)
{
	p2p_content content;
	std::uint32_t at = 0;
	Blob blob = small_blob(true);
	const auto head = reinterpret_cast<p2p_content_head *>(blob.data());
	const std::size_t words = blob.size() - (head->words + 7) / 8 * 8;

	// as many bytes for the mentions, but another number of keywords
	head->keywords--;
	EXPECT_EQ(open(content, blob, &at), P2P_CONTENT_AUTOMATON);
	EXPECT_EQ(at, static_cast<std::uint32_t>(P2P_AUTOMATON_OK));
	head->keywords++;
	blob[words] ^= std::byte{ 1 };
	EXPECT_EQ(open(content, blob, &at), P2P_CONTENT_AUTOMATON);
	EXPECT_EQ(at, static_cast<std::uint32_t>(P2P_AUTOMATON_HEAD));
	blob[words] ^= std::byte{ 1 };
	auto *rules = reinterpret_cast<p2p_content_rule *>(head + 1);
	rules[1].verdict = P2P_VERDICT_NONE;
	EXPECT_EQ(open(content, blob, &at), P2P_CONTENT_RULE);
	EXPECT_EQ(at, 1u);
	for (const auto error : { P2P_CONTENT_HEAD, P2P_CONTENT_SIZE, P2P_CONTENT_AUTOMATON })
		EXPECT_STRNE(p2p_content_error_text(error), "unknown");
}

TEST(ContentBlob, TheMostThatThereMayBeFits)
{
	const std::size_t most = sizeof(p2p_content_head) +
				 P2P_CONTENT_RULES_MAX * sizeof(p2p_content_rule) +
				 P2P_GLOBS_MAX * sizeof(p2p_glob) +
				 P2P_EXTENSIONS_MAX * sizeof(p2p_extension) +
				 P2P_CONTENT_IDS_MAX * sizeof(p2p_content_id) +
				 P2P_SIZES_MAX * sizeof(p2p_sizes) +
				 P2P_TYPESETS_MAX * sizeof(p2p_typeset) + P2P_TERMS_MAX +
				 P2P_MENTIONS_MAX * 2 + (P2P_PATTERNS_MAX + 2) * 4 +
				 P2P_AUTOMATON_MAX + 10 * 8;

	EXPECT_LE(most, static_cast<std::size_t>(P2P_CONTENT_BLOB_MAX));
}
