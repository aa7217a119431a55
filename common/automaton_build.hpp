// SPDX-License-Identifier: GPL-2.0-only
/** Patterns, compiled into the automaton that core/automaton.h describes. */
#ifndef P2PADM_COMMON_AUTOMATON_BUILD_HPP
#define P2PADM_COMMON_AUTOMATON_BUILD_HPP

#include <core/automaton.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace p2padm
{

/** Bytes that the rows of an automaton may take: more would be colder than what they save */
inline constexpr std::size_t automaton_rows_max = 2 << 20;

/** Patterns that no automaton can be made of */
class PatternError : public std::runtime_error
{
	using std::runtime_error::runtime_error;
};

/** What the kernel is given */
struct BuiltAutomaton {
	std::vector<std::uint32_t> words; ///< the automaton, aligned as it must be
	std::uint32_t size = 0; ///< its bytes
	std::vector<std::uint32_t> numbers; ///< of the patterns, as they were given

	/** It must stay where it is while the result is used. @throw std::logic_error */
	p2p_automaton open() const;
};

/** ASCII letters in lower case, other bytes as they are */
std::string fold_case(std::string_view text);

/**
 * Compile @p patterns, ASCII letters in any case
 *
 * The same pattern twice, but for the case, has one number.
 *
 * @throw PatternError for a pattern of a length that is none, or too many
 */
BuiltAutomaton build_automaton(std::span<const std::string> patterns);

} // namespace p2padm

#endif
