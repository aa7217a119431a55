// SPDX-License-Identifier: GPL-2.0-only
/**
 * Content rules, from the policy's [[content]] tables to what the core's
 * content.h takes.
 */
#ifndef P2PADM_COMMON_CONTENT_HPP
#define P2PADM_COMMON_CONTENT_HPP

#include <core/content.h>

#include <cstdint>
#include <string>
#include <vector>

#include "automaton_build.hpp"
#include "problem.hpp"

namespace p2padm
{

class TomlTable;

/** A [[content]]. An empty list is no condition. */
struct ContentRule {
	Place place;
	std::string name;
	p2p_content_rule core{}; ///< but for what it needs
	std::vector<p2p_glob> globs; ///< but for their terms, as the lists below
	std::vector<p2p_extension> extensions;
	std::vector<std::string> keywords; ///< any of them
	std::vector<std::string> all_keywords;
	std::uint8_t in = P2P_FACT_SEARCH | P2P_FACT_CHAT; ///< where keywords count
	std::vector<p2p_content_id> ids;
	std::vector<p2p_sizes> sizes; ///< one, or none
	std::uint64_t types = 0;
};

/** All [[content]] of a policy */
struct ContentRules {
	std::vector<ContentRule> rules;
};

/** Lists that the core's rules point into */
struct ContentLists {
	std::vector<p2p_content_rule> rules;
	std::vector<p2p_glob> globs;
	std::vector<p2p_extension> extensions;
	std::vector<p2p_content_id> ids;
	std::vector<p2p_sizes> sizes;
	std::vector<p2p_typeset> types;
	std::vector<std::uint16_t> mentions;
	std::vector<std::uint32_t> mention_of;
	BuiltAutomaton words; ///< empty: there are no keywords
	std::vector<std::uint8_t> terms; ///< by term: its facts
};

/** What is installed */
class CompiledContent
{
public:
	CompiledContent() = default;
	explicit CompiledContent(ContentLists lists);
	CompiledContent(CompiledContent &&) = default;
	CompiledContent &operator=(CompiledContent &&) = default;

	p2p_content &core()
	{
		return core_;
	}
	const p2p_content &core() const
	{
		return core_;
	}
	const ContentLists &lists() const
	{
		return lists_;
	}

private:
	ContentLists lists_;
	p2p_content core_{};
};

/** Read the [[content]] tables of @p top. With errors, the result is not whole. */
ContentRules parse_content(TomlTable &top);

/** Make of @p content what is installed, prepared; nothing where there is an error */
CompiledContent compile_content(const ContentRules &content, Problems &problems);

} // namespace p2padm

#endif
