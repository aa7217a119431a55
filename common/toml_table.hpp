// SPDX-License-Identifier: GPL-2.0-only
/** A TOML table as it is read key by key, and what is wrong with it. */
#ifndef P2PADM_COMMON_TOML_TABLE_HPP
#define P2PADM_COMMON_TOML_TABLE_HPP

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "problem.hpp"

namespace p2padm
{

Place place_of(const toml::source_region &region);
Place place_of(const toml::node &node);

/** What a TOML value is, in an administrator's words */
const char *kind_of(const toml::node &node);

/** "; did you mean 'KNOWN'?", "" where none is near */
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

/** With commas between */
std::string joined(std::span<const std::string> words);

/**
 * A table being read
 *
 * Each key that is asked for is one that it may have; finish() says which
 * others it has.
 */
class TomlTable
{
public:
	TomlTable(const toml::table &table, std::string what, Problems &problems)
		: table_(table), what_(std::move(what)), problems_(problems)
	{
	}

	const toml::node *get(std::string_view key)
	{
		known_.emplace_back(key);
		return table_.get(key);
	}

	void error(Place place, const std::string &reason)
	{
		problems_.errors.push_back(
			{ place, what_.empty() ? reason : what_ + ": " + reason });
	}
	void error(const toml::node &node, const std::string &reason)
	{
		error(place_of(node), reason);
	}
	void warn(Place place, const std::string &reason)
	{
		problems_.warnings.push_back(
			{ place, what_.empty() ? reason : what_ + ": " + reason });
	}

	/** The key's value as a T; errors are told */
	template <typename T>
	std::optional<T> value(std::string_view key, const char *wanted)
	{
		const toml::node *node = get(key);

		if (!node)
			return std::nullopt;
		return value_of<T>(*node, key, wanted);
	}
	template <typename T>
	std::optional<T> value_of(const toml::node &node, std::string_view key,
				  const char *wanted)
	{
		const auto *typed = node.as<T>();

		if (!typed) {
			error(node, fmt::format("{} is {}, but must be {}", key,
						kind_of(node), wanted));
			return std::nullopt;
		}
		return typed->get();
	}
	std::optional<std::string> string(std::string_view key)
	{
		return value<std::string>(key, "a string");
	}
	std::optional<bool> boolean(std::string_view key)
	{
		return value<bool>(key, "true or false");
	}
	std::optional<std::int64_t> number(std::string_view key, std::int64_t least,
					   std::int64_t most)
	{
		const toml::node *node = get(key);

		return node ? number_of(*node, key, least, most) : std::nullopt;
	}
	std::optional<std::int64_t> number_of(const toml::node &node, std::string_view key,
					      std::int64_t least, std::int64_t most);

	/** The number of the word that the value is, among @p words */
	std::optional<std::size_t> choice(std::string_view key,
					  std::span<const std::string> words)
	{
		const toml::node *node = get(key);

		return node ? choice_of(*node, key, words) : std::nullopt;
	}
	std::optional<std::size_t> choice_of(const toml::node &node, std::string_view key,
					     std::span<const std::string> words);

	/** Each of a list, or the one value that stands for a list of one */
	template <typename Read> void each(std::string_view key, Read read)
	{
		const toml::node *node = get(key);

		if (!node)
			return;
		const auto *list = node->as_array();
		if (!list) {
			read(*node);
			return;
		}
		if (list->empty())
			error(*node, fmt::format("{} is an empty list; leave it out", key));
		for (const auto &one : *list)
			read(one);
	}
	/** Each of a list that must be one */
	template <typename Read> void list(std::string_view key, Read read)
	{
		const toml::node *node = get(key);

		if (!node)
			return;
		const auto *list = node->as_array();
		if (!list) {
			error(*node, fmt::format("{} is {}, but must be a list", key,
						 kind_of(*node)));
			return;
		}
		for (const auto &one : *list)
			read(one);
	}

	/** Read a table within; nothing where there is none */
	template <typename Read> void table(std::string_view key, const std::string &what, Read read)
	{
		const toml::node *node = get(key);

		if (!node)
			return;
		const auto *inner = node->as_table();
		if (!inner) {
			error(*node, fmt::format("{} is {}, but must be a table", key,
						 kind_of(*node)));
			return;
		}
		TomlTable reader(*inner, what, problems_);
		read(reader);
		reader.finish();
	}

	/** Say which keys it may not have */
	void finish();

	const toml::table &raw() const
	{
		return table_;
	}
	Problems &problems()
	{
		return problems_;
	}

private:
	const toml::table &table_;
	std::string what_;
	Problems &problems_;
	std::vector<std::string> known_;
};

} // namespace p2padm

#endif
