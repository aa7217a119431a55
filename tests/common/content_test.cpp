// SPDX-License-Identifier: GPL-2.0-only
//
// core/content.c, compiled from ContentRules, against a plain reading of what
// content.h promises: all facts kept, each list tried entry by entry.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <random>
#include <tuple>

#include "content.hpp"

using namespace p2padm;

namespace
{

p2p_bytes bytes_of(const std::string &text)
{
	return { reinterpret_cast<const u8 *>(text.data()), static_cast<u32>(text.size()) };
}

p2p_glob glob(const std::string &text)
{
	p2p_glob out{};

	std::copy(text.begin(), text.end(), out.text);
	out.len = static_cast<std::uint16_t>(text.size());
	return out;
}

p2p_extension extension(const std::string &text)
{
	p2p_extension out{};

	std::copy(text.begin(), text.end(), out.text);
	return out;
}

p2p_content_id content_id(p2p_id kind, std::uint8_t last)
{
	p2p_content_id out{};

	out.kind = static_cast<std::uint8_t>(kind);
	out.bytes[p2p_id_size(kind) - 1] = last;
	return out;
}

CompiledContent compile(const ContentRules &rules)
{
	Problems problems;
	CompiledContent out = compile_content(rules, problems);

	for (const auto &problem : problems.errors)
		ADD_FAILURE() << problem.reason;
	return out;
}

/** What is known of an object or a message */
struct Known {
	std::uint8_t app = 0;
	std::uint8_t to_come = 0; ///< facts not yet told
	std::optional<std::string> name;
	std::vector<p2p_content_id> ids;
	std::optional<std::uint64_t> size;
	std::optional<p2p_filetype> type;
	std::uint8_t where = 0; ///< of the text
	std::string text;
};

// -- the plain reading ---------------------------------------------------------

bool matches(const char *glob, const char *end, const std::string &name, std::size_t at)
{
	if (glob == end)
		return at == name.size();
	if (*glob == '*')
		return matches(glob + 1, end, name, at) ||
		       (at < name.size() && matches(glob, end, name, at + 1));
	return at < name.size() && (*glob == '?' || *glob == name[at]) &&
	       matches(glob + 1, end, name, at + 1);
}

bool matches(const p2p_glob &glob, const std::string &name)
{
	const char *text = reinterpret_cast<const char *>(glob.text);

	return matches(text, text + glob.len, fold_case(name), 0);
}

bool has_extension(const std::string &name, const p2p_extension &extension)
{
	const std::string wanted(reinterpret_cast<const char *>(extension.text),
				 strnlen(reinterpret_cast<const char *>(extension.text),
					 sizeof(extension.text)));
	const std::string folded = fold_case(name);
	const auto dot = folded.rfind('.');

	return dot != folded.npos && folded.substr(dot + 1) == wanted;
}

bool says(const Known &known, const std::string &keyword, std::uint8_t in)
{
	if ((in & known.where) && fold_case(known.text).find(keyword) != std::string::npos)
		return true;
	return (in & P2P_FACT_NAME) && known.name &&
	       fold_case(*known.name).find(keyword) != std::string::npos;
}

bool same_id(const p2p_content_id &a, const p2p_content_id &b)
{
	return a.kind == b.kind && std::equal(std::begin(a.bytes), std::end(a.bytes), b.bytes);
}

/** Yes, no, or nothing while a fact of @p facts is to come */
std::optional<bool> either(bool yes, const Known &known, std::uint8_t facts)
{
	if (yes)
		return true;
	return known.to_come & facts ? std::nullopt : std::optional(false);
}

template <typename List, typename Test> bool any_of(const List &list, Test test)
{
	return std::any_of(list.begin(), list.end(), test);
}

std::optional<bool> holds(const ContentRule &rule, const Known &known)
{
	std::vector<std::optional<bool>> conditions;

	if ((rule.core.apps[0] || rule.core.apps[1]) &&
	    !(rule.core.apps[known.app / 64] >> known.app % 64 & 1))
		return false;
	if (!rule.globs.empty())
		conditions.push_back(either(known.name && any_of(rule.globs, [&](const auto &glob) {
						    return matches(glob, *known.name);
					    }), known, P2P_FACT_NAME));
	if (!rule.extensions.empty())
		conditions.push_back(either(known.name && any_of(rule.extensions, [&](const auto &one) {
						    return has_extension(*known.name, one);
					    }), known, P2P_FACT_NAME));
	if (!rule.keywords.empty())
		conditions.push_back(either(any_of(rule.keywords, [&](const auto &keyword) {
						    return says(known, keyword, rule.in);
					    }), known, rule.in));
	for (const auto &keyword : rule.all_keywords)
		conditions.push_back(either(says(known, keyword, rule.in), known, rule.in));
	if (!rule.ids.empty())
		conditions.push_back(either(any_of(rule.ids, [&](const auto &id) {
						    return any_of(known.ids, [&](const auto &other) {
							    return same_id(id, other);
						    });
					    }), known, P2P_FACT_ID));
	for (const auto &range : rule.sizes)
		conditions.push_back(either(known.size && range.least <= *known.size &&
						    *known.size <= range.most,
					    known, P2P_FACT_SIZE));
	if (rule.types)
		conditions.push_back(either(known.type && (rule.types >> *known.type & 1), known,
					    P2P_FACT_TYPE));
	if (any_of(conditions, [](const auto &one) { return one && !*one; }))
		return false;
	if (any_of(conditions, [](const auto &one) { return !one; }))
		return std::nullopt;
	return true;
}

p2p_content_ruling reading(const ContentRules &content, const Known &known)
{
	p2p_content_ruling out{ P2P_VERDICT_PASS, false, P2P_VERDICT_PASS, P2P_NO_RULE, P2P_NO_RULE };
	bool observed = false;

	for (std::size_t i = 0; i < content.rules.size(); i++) {
		const auto &core = content.rules[i].core;
		const auto met = holds(content.rules[i], known);

		if (met && !*met)
			continue;
		if (!core.observes) {
			out.open = !met;
			out.verdict = met ? core.verdict : std::uint8_t{ P2P_VERDICT_PASS };
			out.rule = static_cast<std::uint16_t>(met ? i : std::size_t{ P2P_NO_RULE });
			return out;
		}
		if (!observed && met) {
			out.would = core.verdict;
			out.would_rule = static_cast<std::uint16_t>(i);
		}
		observed = true;
	}
	return out;
}

// -- drawing -------------------------------------------------------------------

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
	bool often(unsigned percent)
	{
		return below(100) < percent;
	}
	std::string letters(const char *from, unsigned n)
	{
		std::string out;

		for (; n > 0; n--)
			out += from[below(static_cast<unsigned>(std::strlen(from)))];
		return out;
	}
	template <typename T> std::vector<T> some(unsigned percent, const std::function<T()> &one)
	{
		std::vector<T> out;

		for (unsigned n = often(percent) ? 1 + below(3) : 0; n > 0; n--)
			out.push_back(one());
		return out;
	}
	p2p_content_id id()
	{
		return content_id(static_cast<p2p_id>(1 + below(P2P_ID_TTH)),
				  static_cast<std::uint8_t>(below(4)));
	}
	ContentRule rule()
	{
		ContentRule r;

		if (often(30))
			r.core.apps[0] = 1 + below(7);
		r.core.verdict = static_cast<std::uint8_t>(below(3));
		r.core.observes = often(30);
		r.globs = some<p2p_glob>(30, [&] { return glob(letters("ab?**.", 1 + below(6))); });
		r.extensions = some<p2p_extension>(20, [&] { return extension(letters("ab", 1 + below(2))); });
		r.keywords = some<std::string>(30, [&] { return letters("ab", 2 + below(3)); });
		r.all_keywords = some<std::string>(20, [&] { return letters("ab", 2 + below(2)); });
		r.in = static_cast<std::uint8_t>(P2P_FACT_SEARCH * below(2) | P2P_FACT_CHAT * below(2) |
						 P2P_FACT_NAME * below(2));
		if (!r.in)
			r.in = P2P_FACT_SEARCH;
		r.ids = some<p2p_content_id>(20, [&] { return id(); });
		if (often(20))
			r.sizes.push_back({ below(5), 5 + below(5), 0 });
		if (often(20))
			r.types = 1 + below(7);
		if (r.globs.empty() && r.extensions.empty() && r.keywords.empty() &&
		    r.all_keywords.empty() && r.ids.empty() && r.sizes.empty() && !r.types)
			r.types = 6;
		return r;
	}
	std::mt19937 &rng()
	{
		return rng_;
	}

private:
	std::mt19937 rng_;
};

/** An object or a message as it becomes known, and what the core was told */
struct Story {
	const p2p_content &core;
	Draw &draw;
	Known known;
	p2p_facts facts{};

	void begin()
	{
		const bool object = draw.often(60);

		known.app = static_cast<std::uint8_t>(draw.below(4));
		known.where = draw.often(50) ? P2P_FACT_SEARCH : P2P_FACT_CHAT;
		known.to_come = object ? P2P_FACT_NAME | P2P_FACT_ID | P2P_FACT_SIZE | P2P_FACT_TYPE :
					 known.where;
		p2p_facts_begin(&facts, known.app, known.to_come);
	}
	void close(std::uint8_t fact)
	{
		known.to_come &= static_cast<std::uint8_t>(~fact);
		p2p_facts_close(&facts, fact);
	}
	void tell(std::uint8_t fact)
	{
		if (draw.often(10)) {
			close(fact);
		} else if (fact == P2P_FACT_NAME) {
			known.name = draw.letters("abAB..", draw.below(9));
			p2p_facts_name(&core, &facts, bytes_of(*known.name));
		} else if (fact == P2P_FACT_SIZE) {
			known.size = draw.below(12);
			p2p_facts_size(&core, &facts, *known.size);
		} else if (fact == P2P_FACT_TYPE) {
			known.type = static_cast<p2p_filetype>(draw.below(4));
			p2p_facts_type(&core, &facts, *known.type);
		} else if (fact == P2P_FACT_ID) {
			known.ids.push_back(draw.id());
			const auto &id = known.ids.back();
			p2p_facts_id(&core, &facts, id.kind, { id.bytes, p2p_id_size(id.kind) });
		} else {
			const std::string more = draw.letters("abAB ", draw.below(6));

			known.text += more;
			p2p_facts_text(&core, &facts, static_cast<p2p_fact>(fact), bytes_of(more));
		}
		if (fact & (P2P_FACT_NAME | P2P_FACT_SIZE | P2P_FACT_TYPE))
			known.to_come &= static_cast<std::uint8_t>(~fact);
	}
	std::uint8_t next()
	{
		std::uint8_t fact;

		do
			fact = static_cast<std::uint8_t>(1 << draw.below(P2P_FACT_BITS));
		while (!(known.to_come & fact));
		return fact;
	}
};

TEST(Content, JudgesAsItReads)
{
	constexpr unsigned seed = 20070326;
	Draw draw(seed);
	unsigned cases = 0, open = 0, would = 0, rule = 0, after_open = 0;

	for (unsigned policy = 0; policy < 1500; policy++) {
		ContentRules rules;

		for (unsigned n = draw.below(8); n > 0; n--)
			rules.rules.push_back(draw.rule());
		const CompiledContent content = compile(rules);
		for (unsigned i = 0; i < 12; i++) {
			Story story{ content.core(), draw, {}, {} };
			bool was_open = false;

			for (story.begin();; story.tell(story.next()), cases++) {
				const auto want = reading(rules, story.known);
				p2p_content_ruling got;

				p2p_content_judge(&content.core(), &story.facts, &got);
				ASSERT_EQ(std::tie(got.verdict, got.open, got.would, got.rule, got.would_rule),
					  std::tie(want.verdict, want.open, want.would, want.rule, want.would_rule))
					<< "seed " << seed << ", policy " << policy << ", story " << i;
				open += got.open;
				would += got.would_rule != P2P_NO_RULE;
				rule += got.rule != P2P_NO_RULE;
				after_open += was_open && got.rule != P2P_NO_RULE;
				was_open = got.open;
				if (!story.known.to_come)
					break;
			}
		}
	}
	// the cases are worth something
	for (const unsigned n : { open, would, rule, after_open })
		EXPECT_GT(n, cases / 100);
}

TEST(Content, AHundredThousandIds)
{
	ContentRules rules;
	ContentRule rule;

	for (unsigned i = 0; i < 100000; i++) {
		p2p_content_id id{};
		const unsigned mixed = i * 2654435761u;

		id.kind = static_cast<std::uint8_t>(1 + i % P2P_ID_TTH);
		std::memcpy(id.bytes, &mixed, sizeof(mixed));
		rule.ids.push_back(id);
	}
	rule.core.verdict = P2P_VERDICT_DROP;
	rules.rules.push_back(rule);
	const CompiledContent content = compile(rules);
	ASSERT_EQ(content.core().ids, 100000u);
	for (unsigned i = 0; i < 100000; i += 997) {
		p2p_content_id id = rule.ids[i];
		p2p_facts facts;

		p2p_facts_begin(&facts, 0, P2P_FACT_ID);
		p2p_facts_id(&content.core(), &facts, id.kind, { id.bytes, p2p_id_size(id.kind) - 1 });
		p2p_facts_id(&content.core(), &facts, P2P_ID_KINDS, { id.bytes, 20 });
		p2p_facts_id(&content.core(), &facts, 1 + id.kind % P2P_ID_TTH,
			     { id.bytes, p2p_id_size(1 + id.kind % P2P_ID_TTH) });
		EXPECT_EQ(facts.met[0], 0u);
		p2p_facts_id(&content.core(), &facts, id.kind, { id.bytes, p2p_id_size(id.kind) });
		EXPECT_EQ(facts.met[0], 1u);
	}
}

TEST(Content, OfALongNameTheEndCounts)
{
	ContentRules rules;

	rules.rules.resize(2);
	rules.rules[0].globs = { glob("*a*b*.exe") };
	rules.rules[1].extensions = { extension("exe") };
	const CompiledContent content = compile(rules);
	const std::string name = "b" + std::string(1000, 'a') + ".EXE";
	p2p_facts facts;

	p2p_facts_begin(&facts, 0, P2P_FACT_NAME);
	p2p_facts_name(&content.core(), &facts, bytes_of(name));
	EXPECT_EQ(facts.met[0], 2u);
}

// -- what p2p_content_prepare() refuses ------------------------------------------

struct Refusal {
	const char *what;
	p2p_content_error error;
	std::uint32_t at;
	void (*spoil)(ContentLists &);
};

// terms 0: globs, 1: extensions, 2: ids, 3: sizes, 4: types, 5: keywords
const Refusal refusals[] = {
	{ "rules", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.rules.resize(P2P_CONTENT_RULES_MAX + 1); } },
	{ "globs", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.globs.resize(P2P_GLOBS_MAX + 1); } },
	{ "extensions", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.extensions.resize(P2P_EXTENSIONS_MAX + 1); } },
	{ "ids", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.ids.resize(P2P_CONTENT_IDS_MAX + 1); } },
	{ "sizes", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.sizes.resize(P2P_SIZES_MAX + 1); } },
	{ "types", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.types.resize(P2P_TYPESETS_MAX + 1); } },
	{ "mentions", P2P_CONTENT_TOO_MANY, 0, [](ContentLists &l) { l.mentions.resize(P2P_MENTIONS_MAX + 1); } },
	{ "a term of no fact", P2P_CONTENT_TERM, 1, [](ContentLists &l) { l.terms[1] = 0; } },
	{ "no such fact", P2P_CONTENT_TERM, 1, [](ContentLists &l) { l.terms[1] = 1 << P2P_FACT_BITS; } },
	{ "verdict", P2P_CONTENT_RULE, 0, [](ContentLists &l) { l.rules[0].verdict = P2P_VERDICT_NONE; } },
	{ "no such term", P2P_CONTENT_RULE, 0, [](ContentLists &l) { l.rules[0].need[0] |= 1 << 6; } },
	{ "nothing needed", P2P_CONTENT_EMPTY, 0, [](ContentLists &l) { l.rules[0].need[0] = 0; } },
	{ "an empty glob", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].len = 0; } },
	{ "a long glob", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].len = P2P_GLOB_MAX + 1; } },
	{ "upper case", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].text[0] = 'A'; } },
	{ "bytes behind", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].text[63] = 'a'; } },
	{ "a glob of ids", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].term = 2; } },
	{ "no such term", P2P_CONTENT_GLOB, 1, [](ContentLists &l) { l.globs[1].term = 6; } },
	{ "an empty extension", P2P_CONTENT_EXTENSION, 0, [](ContentLists &l) { l.extensions[0] = { {}, 1 }; } },
	{ "one in upper case", P2P_CONTENT_EXTENSION, 1, [](ContentLists &l) { l.extensions[1].text[0] = 'Z'; } },
	{ "bytes behind", P2P_CONTENT_EXTENSION, 1, [](ContentLists &l) { l.extensions[1].text[9] = 'z'; } },
	{ "its term", P2P_CONTENT_EXTENSION, 1, [](ContentLists &l) { l.extensions[1].term = 4; } },
	{ "twice", P2P_CONTENT_EXTENSION, 1, [](ContentLists &l) { l.extensions[1] = l.extensions[0]; } },
	{ "out of order", P2P_CONTENT_EXTENSION, 1, [](ContentLists &l) { std::swap(l.extensions[0], l.extensions[1]); } },
	{ "no such kind", P2P_CONTENT_ID, 1, [](ContentLists &l) { l.ids[1].kind = P2P_ID_KINDS; } },
	{ "bytes behind", P2P_CONTENT_ID, 1, [](ContentLists &l) { l.ids[1].bytes[16] = 1; } },
	{ "its term", P2P_CONTENT_ID, 1, [](ContentLists &l) { l.ids[1].term = 0; } },
	{ "out of order", P2P_CONTENT_ID, 1, [](ContentLists &l) { std::swap(l.ids[0], l.ids[1]); } },
	{ "backwards", P2P_CONTENT_SIZES, 0, [](ContentLists &l) { l.sizes[0] = { 2, 1, 3 }; } },
	{ "its term", P2P_CONTENT_SIZES, 0, [](ContentLists &l) { l.sizes[0].term = 4; } },
	{ "no type", P2P_CONTENT_TYPES, 0, [](ContentLists &l) { l.types[0].types = 0; } },
	{ "no such type", P2P_CONTENT_TYPES, 0, [](ContentLists &l) { l.types[0].types = 1ull << P2P_FILETYPE_COUNT; } },
	{ "its term", P2P_CONTENT_TYPES, 0, [](ContentLists &l) { l.types[0].term = 3; } },
	{ "no beginning", P2P_CONTENT_WORD, 0, [](ContentLists &l) { l.mention_of[0] = 1; } },
	{ "no end", P2P_CONTENT_WORD, 0, [](ContentLists &l) { l.mention_of.back()++; } },
	{ "behind the end", P2P_CONTENT_WORD, 1, [](ContentLists &l) { l.mention_of[2] = 9; } },
	{ "backwards", P2P_CONTENT_WORD, 1, [](ContentLists &l) { l.mention_of[1] = 1, l.mention_of[2] = 0; } },
	{ "its term", P2P_CONTENT_WORD, 1, [](ContentLists &l) { l.mentions[0] = 3; } },
	{ "no words", P2P_CONTENT_WORD, 0, [](ContentLists &l) { l.words = {}; } },
};

ContentRules one_of_each()
{
	ContentRules out;
	ContentRule rule;

	rule.globs = { glob("*a"), glob("b") };
	rule.extensions = { extension("a"), extension("b") };
	rule.ids = { content_id(P2P_ID_INFOHASH, 1), content_id(P2P_ID_ED2K, 1) };
	rule.sizes = { { 0, 1, 0 } };
	rule.types = 2;
	rule.keywords = { "word", "other" };
	out.rules.push_back(rule);
	return out;
}

TEST(Content, IsRefusedWithItsPlace)
{
	for (const auto &refusal : refusals) {
		ContentLists lists = compile(one_of_each()).lists();
		std::uint32_t at = 99;

		refusal.spoil(lists);
		CompiledContent spoilt(std::move(lists));
		EXPECT_EQ(p2p_content_prepare(&spoilt.core(), &at), refusal.error) << refusal.what;
		EXPECT_EQ(at, refusal.at) << refusal.what;
		EXPECT_STRNE(p2p_content_error_text(refusal.error), "unknown");
	}
}

TEST(Content, TooMuchIsToldWithItsRule)
{
	const auto refusal = [](const ContentRules &rules) {
		Problems problems;

		compile_content(rules, problems);
		return problems.errors.empty() ? "" : to_string("f", problems.errors[0]);
	};
	ContentRules rules;
	ContentRule rule;

	rule.types = 2;
	rules.rules.assign(P2P_TERMS_MAX, rule);
	EXPECT_EQ(refusal(rules), "");
	rule.name = "r";
	rule.place = { 7, 1 };
	rules.rules.push_back(rule);
	EXPECT_EQ(refusal(rules), "f:7:1: content rule 'r': more than 256 lists in all content rules together");
	rules.rules.assign(1, rule);
	rules.rules[0].globs.assign(P2P_GLOBS_MAX + 1, glob("a"));
	EXPECT_EQ(refusal(rules), "f: more than 256 shapes of names in all content rules together");
	// single keywords that several rules need are one list
	rule.all_keywords = { "ab", "cd" };
	rules.rules.assign(100, rule);
	EXPECT_EQ(compile(rules).core().terms, 102u);
}

} // namespace
