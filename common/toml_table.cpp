// SPDX-License-Identifier: GPL-2.0-only
#include "toml_table.hpp"

#include <algorithm>

#include "text.hpp"

namespace p2padm
{

Place place_of(const toml::source_region &region)
{
	return { region.begin.line, region.begin.column };
}

Place place_of(const toml::node &node)
{
	return place_of(node.source());
}

/** What a TOML value is, in an administrator's words */
const char *kind_of(const toml::node &node)
{
	switch (node.type()) {
	case toml::node_type::none:
		return "nothing";
	case toml::node_type::table:
		return "a table";
	case toml::node_type::array:
		return "a list";
	case toml::node_type::string:
		return "a string";
	case toml::node_type::integer:
		return "a whole number";
	case toml::node_type::floating_point:
		return "a number with a point";
	case toml::node_type::boolean:
		return "true or false";
	case toml::node_type::date:
	case toml::node_type::time:
	case toml::node_type::date_time:
		return "a date or time";
	}
	return "something else";
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known)
{
	const std::string near = nearest(word, known);

	return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

std::string joined(std::span<const std::string> words)
{
	std::string out;

	for (const auto &word : words)
		out += (out.empty() ? "" : ", ") + word;
	return out;
}

std::optional<std::int64_t> TomlTable::number_of(const toml::node &node, std::string_view key,
					     std::int64_t least, std::int64_t most)
{
	const auto n = value_of<std::int64_t>(node, key, "a whole number");

	if (n && (*n < least || *n > most)) {
		error(node, fmt::format("{} is {}, but must be from {} to {}", key, *n, least,
					most));
		return std::nullopt;
	}
	return n;
}

std::optional<std::size_t> TomlTable::choice_of(const toml::node &node, std::string_view key,
					    std::span<const std::string> words)
{
	const auto word = value_of<std::string>(node, key, "a string");

	if (!word)
		return std::nullopt;
	const auto at = std::find(words.begin(), words.end(), *word);
	if (at == words.end()) {
		error(node, fmt::format("{} cannot be '{}', only {}{}", key, *word,
					joined(words), did_you_mean(*word, words)));
		return std::nullopt;
	}
	return at - words.begin();
}

void TomlTable::finish()
{
	for (const auto &[key, node] : table_) {
		const std::string name(key.str());
		const bool table = node.is_table() || node.is_array_of_tables();

		if (std::find(known_.begin(), known_.end(), name) == known_.end())
			error(place_of(key.source()),
			      fmt::format("unknown {} '{}'{}", table ? "table" : "key", name,
					  did_you_mean(name, known_)));
	}
}

} // namespace p2padm
