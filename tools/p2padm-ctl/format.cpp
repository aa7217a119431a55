// SPDX-License-Identifier: GPL-2.0-only
#include "format.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace p2padm
{

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

std::size_t Table::width() const
{
	std::size_t sum = columns_.size() - 1;

	for (const std::size_t w : widths())
		sum += w;
	return sum;
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
