// SPDX-License-Identifier: GPL-2.0-only
#include "format.hpp"

#include <algorithm>

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

	return !control && !direction && c != '\\';
}

} // namespace

std::string escape(std::string_view text)
{
	std::string out;

	while (!text.empty()) {
		std::uint32_t value = 0;
		std::size_t len = utf8(text, value);

		if (len && harmless(value)) {
			out += text.substr(0, len);
		} else if (len && value == '\\') {
			out += "\\\\";
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

std::string human(std::uint64_t value)
{
	static constexpr char units[] = " kMGTPE";
	std::uint64_t scale = 1;
	int unit = 0;

	if (value < 1000)
		return fmt::format("{}", value);
	while (value / scale >= 1000) {
		scale *= 1000;
		unit++;
	}
	// cut, not rounded: 999.99k must not become 1000k
	const auto tenths = static_cast<unsigned int>(value / (scale / 10));

	return tenths < 100 ? fmt::format("{}.{}{}", tenths / 10, tenths % 10,
					  units[unit]) :
			      fmt::format("{}{}", tenths / 10, units[unit]);
}

std::string human_ms(std::uint64_t ms)
{
	if (ms < 10'000)
		return fmt::format("{}.{}s", ms / 1000, ms % 1000 / 100);
	const std::uint64_t s = ms / 1000;
	if (s < 120)
		return fmt::format("{}s", s);
	if (s < 2 * 3600)
		return fmt::format("{}m", s / 60);
	if (s < 2 * 86400)
		return fmt::format("{}h", s / 3600);
	return fmt::format("{}d", s / 86400);
}

std::string human_uptime(std::uint64_t s)
{
	if (s < 60)
		return fmt::format("{}s", s);
	if (s < 3600)
		return fmt::format("{}m {:02}s", s / 60, s % 60);
	if (s < 86400)
		return fmt::format("{}h {:02}m", s / 3600, s % 3600 / 60);
	return fmt::format("{}d {:02}h", s / 86400, s % 86400 / 3600);
}

std::string endpoint(const std::string &address, std::uint16_t port)
{
	return address.find(':') == std::string::npos ?
		       fmt::format("{}:{}", address, port) :
		       fmt::format("[{}]:{}", address, port);
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns))
{
}

void Table::add(std::vector<std::string> row)
{
	row.resize(columns_.size());
	rows_.push_back(std::move(row));
}

void Table::fold(std::size_t column, std::size_t width)
{
	fold_column_ = column;
	fold_width_ = width;
}

std::vector<std::size_t> Table::widths() const
{
	std::vector<std::size_t> width;
	std::size_t others = columns_.size() - 1; // the blanks between

	for (std::size_t i = 0; i < columns_.size(); i++) {
		std::size_t w = columns_[i].title.size();

		for (const auto &row : rows_)
			w = std::max(w, row[i].size());
		width.push_back(w);
		others += i == fold_column_ ? 0 : w;
	}
	if (fold_column_ < width.size()) {
		const std::size_t least = columns_[fold_column_].title.size();
		const std::size_t room =
			fold_width_ > others ? fold_width_ - others : 0;

		width[fold_column_] =
			std::max(least, std::min(width[fold_column_], room));
	}
	return width;
}

void Table::print_row(std::ostream &out, const std::vector<std::string> &row,
		      const std::vector<std::size_t> &width) const
{
	std::string line;

	for (std::size_t i = 0; i < row.size(); i++) {
		if (i)
			line += ' ';
		if (row[i].size() > width[i]) {
			// only the folding column: the rest, below its end
			out << line << row[i] << '\n';
			line.append(width[i], ' ');
			std::fill(line.begin(), line.end(), ' ');
			continue;
		}
		const std::size_t pad = width[i] - row[i].size();
		if (columns_[i].align == Align::right)
			line.append(pad, ' ');
		line += row[i];
		if (columns_[i].align == Align::left)
			line.append(pad, ' ');
	}
	line.erase(line.find_last_not_of(' ') + 1);
	out << line << '\n';
}

void Table::print(std::ostream &out) const
{
	const auto width = widths();
	std::vector<std::string> titles;

	for (const auto &column : columns_)
		titles.push_back(column.title);
	print_row(out, titles, width);
	for (const auto &row : rows_)
		print_row(out, row, width);
}

} // namespace p2padm
