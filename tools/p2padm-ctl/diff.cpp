// SPDX-License-Identifier: GPL-2.0-only
#include "diff.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace p2padm
{

namespace
{

constexpr std::size_t around = 3;
constexpr std::size_t most_cells = 4'000'000; // of the table of common lines

using Lines = std::vector<std::string_view>;

/** Each with its newline, so that a last line without one differs */
Lines lines_of(std::string_view text)
{
	Lines out;

	while (!text.empty()) {
		const std::size_t n = std::min(text.find('\n'), text.size() - 1) + 1;

		out.push_back(text.substr(0, n));
		text.remove_prefix(n);
	}
	return out;
}

/** One line: ' ' in both, '-' of the first, '+' of the second text */
struct Edit {
	char kind;
	std::string_view line;
};

/** Longest common subsequence, the textbook's table */
void edit_middle(std::span<const std::string_view> a, std::span<const std::string_view> b,
		 std::vector<Edit> &out)
{
	const std::size_t width = b.size() + 1;
	const bool small = (a.size() + 1) * width <= most_cells;
	std::vector<std::uint32_t> common(small ? (a.size() + 1) * width : 0);
	std::size_t i = 0, k = 0;

	for (std::size_t x = a.size(); small && x-- > 0;)
		for (std::size_t y = b.size(); y-- > 0;)
			common[x * width + y] =
				a[x] == b[y] ? common[(x + 1) * width + y + 1] + 1 :
					       std::max(common[(x + 1) * width + y],
							common[x * width + y + 1]);
	while (small && i < a.size() && k < b.size()) {
		if (a[i] == b[k]) {
			out.push_back({ ' ', a[i++] });
			k++;
		} else if (common[(i + 1) * width + k] >= common[i * width + k + 1]) {
			out.push_back({ '-', a[i++] });
		} else {
			out.push_back({ '+', b[k++] });
		}
	}
	for (; i < a.size(); i++)
		out.push_back({ '-', a[i] });
	for (; k < b.size(); k++)
		out.push_back({ '+', b[k] });
}

std::vector<Edit> edits(const Lines &a, const Lines &b)
{
	const std::size_t shorter = std::min(a.size(), b.size());
	std::size_t head = 0, tail = 0;
	std::vector<Edit> out;

	while (head < shorter && a[head] == b[head])
		out.push_back({ ' ', a[head++] });
	while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
		tail++;
	edit_middle(std::span(a).subspan(head, a.size() - head - tail),
		    std::span(b).subspan(head, b.size() - head - tail), out);
	for (; tail > 0; tail--)
		out.push_back({ ' ', a[a.size() - tail] });
	return out;
}

/** "12" or "12,3": where a hunk begins, counted from 1, and its lines unless it is one */
std::string range(std::size_t first, std::size_t n)
{
	return n == 1 ? fmt::format("{}", first + 1) :
			fmt::format("{},{}", n ? first + 1 : first, n);
}

std::string hunk(std::span<const Edit> edits, std::size_t before, std::size_t after)
{
	std::size_t removed = 0, added = 0;
	std::string body;

	for (const auto &edit : edits) {
		removed += edit.kind != '+';
		added += edit.kind != '-';
		body += edit.kind;
		body += edit.line;
		if (!edit.line.ends_with('\n'))
			body += "\n\\ No newline at end of file\n";
	}
	return fmt::format("@@ -{} +{} @@\n{}", range(before, removed), range(after, added), body);
}

} // namespace

std::string unified_diff(const std::string &before, const std::string &before_name,
			 const std::string &after, const std::string &after_name)
{
	const auto all = edits(lines_of(before), lines_of(after));
	std::size_t line[2] = {}; // of the two texts, at "at"
	std::string out;

	const auto changed = [&](std::size_t from) {
		while (from < all.size() && all[from].kind == ' ')
			from++;
		return from;
	};
	for (std::size_t at = 0, next; (next = changed(at)) < all.size();) {
		const std::size_t begin = std::max(at, next - std::min(next, around));
		std::size_t end = next;

		// as long as the next change is near, it belongs to the same hunk
		for (; next < all.size() && next <= end + 2 * around; next = changed(end))
			end = next + 1;
		end = std::min(end + around, all.size());
		line[0] += begin - at;
		line[1] += begin - at;
		out += hunk(std::span(all).subspan(begin, end - begin), line[0], line[1]);
		for (at = begin; at < end; at++) {
			line[0] += all[at].kind != '+';
			line[1] += all[at].kind != '-';
		}
	}
	if (out.empty())
		return out;
	return fmt::format("--- {}\n+++ {}\n{}", before_name, after_name, out);
}

} // namespace p2padm
