// SPDX-License-Identifier: GPL-2.0-only
#include "content.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace p2padm
{

namespace
{

/** Entries begin with their key, and their term follows: their order is that of these bytes */
template <typename Entry> void sort_entries(std::vector<Entry> &entries)
{
	const auto key = [](const Entry &entry) {
		return std::string_view(reinterpret_cast<const char *>(&entry),
					offsetof(Entry, term));
	};

	std::sort(entries.begin(), entries.end(), [&](const Entry &a, const Entry &b) {
		return std::pair(key(a), a.term) < std::pair(key(b), b.term);
	});
	entries.erase(std::unique(entries.begin(), entries.end(),
				  [&](const Entry &a, const Entry &b) {
					  return key(a) == key(b) && a.term == b.term;
				  }),
		      entries.end());
}

class Compiler
{
public:
	explicit Compiler(Problems &problems) : problems_(problems)
	{
	}

	void add(const ContentRule &rule)
	{
		rule_ = &rule;
		lists_.rules.push_back(rule.core);
		add_list(rule.globs, lists_.globs, P2P_FACT_NAME);
		add_list(rule.extensions, lists_.extensions, P2P_FACT_NAME);
		add_list(rule.ids, lists_.ids, P2P_FACT_ID);
		add_list(rule.sizes, lists_.sizes, P2P_FACT_SIZE);
		if (rule.types)
			lists_.types.push_back({ rule.types, need(new_term(P2P_FACT_TYPE)) });
		if (!rule.keywords.empty())
			mention(rule.keywords, need(new_term(rule.in)));
		for (const auto &keyword : rule.all_keywords)
			need_word(keyword);
	}

	ContentLists finish()
	{
		too_many(lists_.globs.size(), P2P_GLOBS_MAX, "shapes of names");
		too_many(lists_.extensions.size(), P2P_EXTENSIONS_MAX, "extensions");
		too_many(lists_.ids.size(), P2P_CONTENT_IDS_MAX, "ids");
		too_many(mentions_.size(), P2P_MENTIONS_MAX, "keywords");
		if (!problems_.errors.empty())
			return {};
		sort_entries(lists_.extensions);
		sort_entries(lists_.ids);
		add_words();
		return std::move(lists_);
	}

private:
	template <typename Entry>
	void add_list(const std::vector<Entry> &from, std::vector<Entry> &to, std::uint8_t facts)
	{
		if (from.empty())
			return;
		const std::uint16_t term = need(new_term(facts));
		for (Entry entry : from) {
			entry.term = term;
			to.push_back(entry);
		}
	}

	/** One that the core has no room for is told once, and stays out of it */
	std::uint16_t new_term(std::uint8_t facts)
	{
		if (lists_.terms.size() == P2P_TERMS_MAX) {
			error(fmt::format("more than {} lists in all content rules together",
					  static_cast<int>(P2P_TERMS_MAX)));
			lists_.terms.pop_back();
		}
		lists_.terms.push_back(facts);
		return static_cast<std::uint16_t>(lists_.terms.size() - 1);
	}

	std::uint16_t need(std::uint16_t term)
	{
		lists_.rules.back().need[term / 64] |= std::uint64_t{ 1 } << term % 64;
		return term;
	}

	void mention(const std::vector<std::string> &keywords, std::uint16_t term)
	{
		for (const auto &keyword : keywords)
			mentions_.emplace_back(keyword, term);
	}

	/** A term of its own, the same for all rules that need it in the same places */
	void need_word(const std::string &keyword)
	{
		const auto found = single_.find({ keyword, rule_->in });

		if (found != single_.end()) {
			need(found->second);
			return;
		}
		const std::uint16_t term = need(new_term(rule_->in));
		single_.emplace(std::pair(keyword, rule_->in), term);
		mention({ keyword }, term);
	}

	/** The automaton of all keywords, and by keyword the terms that it is in */
	void add_words()
	{
		std::vector<std::string> patterns;
		std::vector<std::pair<std::uint32_t, std::uint16_t>> by_word;

		if (mentions_.empty())
			return;
		for (const auto &[keyword, term] : mentions_)
			patterns.push_back(keyword);
		try {
			lists_.words = build_automaton(patterns);
		} catch (const PatternError &wrong) {
			problems_.errors.push_back({ {}, std::string("keywords: ") + wrong.what() });
			return;
		}
		for (std::size_t i = 0; i < mentions_.size(); i++)
			by_word.emplace_back(lists_.words.numbers[i], mentions_[i].second);
		std::sort(by_word.begin(), by_word.end());
		const std::uint32_t words = by_word.back().first;
		for (std::uint32_t word = 0, i = 0; word <= words + 1; word++) {
			while (i < by_word.size() && by_word[i].first < word)
				i++;
			lists_.mention_of.push_back(i);
		}
		for (const auto &[word, term] : by_word)
			lists_.mentions.push_back(term);
	}

	void too_many(std::size_t n, std::size_t most, const char *what)
	{
		if (n > most)
			problems_.errors.push_back(
				{ {}, fmt::format("more than {} {} in all content rules together",
						  most, what) });
	}

	void error(const std::string &reason)
	{
		problems_.errors.push_back(
			{ rule_->place, fmt::format("content rule '{}': {}", rule_->name, reason) });
	}

	Problems &problems_;
	const ContentRule *rule_ = nullptr;
	ContentLists lists_;
	std::vector<std::pair<std::string, std::uint16_t>> mentions_; ///< keyword, term
	std::map<std::pair<std::string, std::uint8_t>, std::uint16_t> single_;
};

} // namespace

CompiledContent::CompiledContent(ContentLists lists) : lists_(std::move(lists))
{
	const auto count = [](const auto &list) { return static_cast<std::uint32_t>(list.size()); };

	core_.rule = lists_.rules.data();
	core_.rules = count(lists_.rules);
	core_.glob = lists_.globs.data();
	core_.globs = count(lists_.globs);
	core_.extension = lists_.extensions.data();
	core_.extensions = count(lists_.extensions);
	core_.id = lists_.ids.data();
	core_.ids = count(lists_.ids);
	core_.size = lists_.sizes.data();
	core_.sizes = count(lists_.sizes);
	core_.type = lists_.types.data();
	core_.types = count(lists_.types);
	core_.mention = lists_.mentions.data();
	core_.mentions = count(lists_.mentions);
	core_.mention_of = lists_.mention_of.data();
	core_.terms = count(lists_.terms);
	std::copy(lists_.terms.begin(), lists_.terms.end(), core_.term);
	if (lists_.words.size)
		core_.words = lists_.words.open();
}

CompiledContent compile_content(const ContentRules &content, Problems &problems)
{
	Compiler compiler(problems);
	std::uint32_t at = 0;

	for (const auto &rule : content.rules) {
		compiler.add(rule);
		if (!problems.errors.empty())
			return {};
	}
	ContentLists lists = compiler.finish();
	if (!problems.errors.empty())
		return {};
	CompiledContent out(std::move(lists));
	if (const auto wrong = p2p_content_prepare(&out.core(), &at))
		problems.errors.push_back({ {}, p2p_content_error_text(wrong) });
	return out;
}

} // namespace p2padm
