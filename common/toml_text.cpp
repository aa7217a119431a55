// SPDX-License-Identifier: GPL-2.0-only
#include "toml_text.hpp"

#include <algorithm>

namespace p2padm
{

namespace
{

/** Up to two quotes before the three that end a string are its own */
std::size_t behind(std::string_view text, std::size_t at, char quote)
{
	for (int n = 0; n < 2 && quote && at < text.size() && text[at] == quote; n++)
		at++;
	return at;
}

/** Behind the string that begins at @p at; one of a single line ends with it at the latest */
std::size_t string_end(std::string_view text, std::size_t at)
{
	const char quote = text[at];
	const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
	const bool lines = text.substr(at, 3) == three;
	const std::string_view end = lines ? three : three.substr(0, 1);

	for (at += end.size(); at < text.size(); at++) {
		if (quote == '"' && text[at] == '\\')
			at++;
		else if (text.substr(at, end.size()) == end)
			return behind(text, at + end.size(), lines ? quote : '\0');
		else if (!lines && text[at] == '\n')
			return at;
	}
	return text.size();
}

} // namespace

std::optional<std::size_t> foreign_character(std::string_view text)
{
	std::size_t at = text.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0; // a byte order mark

	while (at < text.size()) {
		if (text[at] == '#')
			at = std::min(text.find('\n', at), text.size());
		else if (text[at] == '"' || text[at] == '\'')
			at = string_end(text, at);
		else if (static_cast<unsigned char>(text[at]) >= 0x80)
			return at;
		else
			at++;
	}
	return std::nullopt;
}

} // namespace p2padm
