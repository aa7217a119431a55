// SPDX-License-Identifier: GPL-2.0-only
#include "text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace p2padm
{

namespace
{

/**
 * One UTF-8 character (RFC 3629) at the start of @p text
 *
 * @param value its code point
 * @return its length; 0 when there is none: overlong forms, surrogates and
 *         what is cut off are none
 */
std::size_t utf8(std::string_view text, std::uint32_t &value)
{
	static constexpr std::uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const auto first = static_cast<unsigned char>(text[0]);
	std::size_t len = first < 0x80		  ? 1 :
			  (first & 0xe0) == 0xc0 ? 2 :
			  (first & 0xf0) == 0xe0 ? 3 :
			  (first & 0xf8) == 0xf0 ? 4 :
						   0;

	if (len == 0 || len > text.size())
		return 0;
	value = len == 1 ? first : first & (0x7f >> len);
	for (std::size_t i = 1; i < len; i++) {
		const auto next = static_cast<unsigned char>(text[i]);

		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3f);
	}
	if ((len > 1 && value < least[len]) || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return len;
}

bool harmless(std::uint32_t c)
{
	const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
	const bool direction = c == 0x61c || c == 0x200e || c == 0x200f ||
			       (c >= 0x2028 && c <= 0x202e) ||
			       (c >= 0x2066 && c <= 0x2069);

	return !control && !direction;
}

/** Insertions, removals and changes of a byte that make @p a into @p b */
std::size_t mistakes(std::string_view a, std::string_view b)
{
	std::vector<std::size_t> row(b.size() + 1);

	std::iota(row.begin(), row.end(), 0);
	for (std::size_t i = 0; i < a.size(); i++) {
		std::size_t corner = row[0];

		row[0] = i + 1;
		for (std::size_t k = 0; k < b.size(); k++) {
			const std::size_t change = corner + (a[i] != b[k]);

			corner = row[k + 1];
			row[k + 1] = std::min({ change, corner + 1, row[k] + 1 });
		}
	}
	return row.back();
}

} // namespace

std::string escape(std::string_view text)
{
	std::string out;

	while (!text.empty()) {
		std::uint32_t value = 0;
		std::size_t len = utf8(text, value);

		if (len && value == '\\') {
			out += "\\\\";
		} else if (len && harmless(value)) {
			out += text.substr(0, len);
		} else {
			len = std::max<std::size_t>(len, 1);
			for (const char c : text.substr(0, len))
				out += fmt::format(
					"\\x{:02x}",
					static_cast<unsigned char>(c));
		}
		text.remove_prefix(len);
	}
	return out;
}

bool printable(std::string_view text)
{
	while (!text.empty()) {
		std::uint32_t value = 0;
		const std::size_t len = utf8(text, value);

		if (!len || !harmless(value))
			return false;
		text.remove_prefix(len);
	}
	return true;
}

std::string nearest(std::string_view word, std::span<const std::string> known)
{
	static constexpr std::size_t longest = 64; // whoever typed more meant nothing
	std::size_t least = std::min<std::size_t>(2, word.size() / 3) + 1;
	std::string best;

	if (word.size() > longest)
		return best;
	for (const auto &one : known) {
		const std::size_t n = mistakes(word, one);

		if (n < least) {
			least = n;
			best = one;
		}
	}
	return best;
}

} // namespace p2padm
