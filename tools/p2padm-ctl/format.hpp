// SPDX-License-Identifier: GPL-2.0-only
/** Text for people: sizes, durations, tables. */
#ifndef P2PADM_CTL_FORMAT_HPP
#define P2PADM_CTL_FORMAT_HPP

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "text.hpp"

namespace p2padm
{

/** 999, 1.2k, 34M, 5.6G: decimal, at most four characters */
std::string human(std::uint64_t value);

/** 0.4s, 12s, 3m, 2h, 5d */
std::string human_ms(std::uint64_t milliseconds);

/** 59s, 3m 20s, 2h 03m, 5d 04h */
std::string human_uptime(std::uint64_t seconds);

/** 192.0.2.1:80, [2001:db8::1]:80 */
std::string endpoint(const std::string &address, std::uint16_t port);

/** Columns as wide as they must be. Cells are ASCII. */
class Table
{
public:
	enum class Align { left, right };
	struct Column {
		std::string title;
		Align align = Align::left;
	};

	explicit Table(std::vector<Column> columns);

	void add(std::vector<std::string> row);
	bool empty() const
	{
		return rows_.empty();
	}

	/**
	 * Let lines grow no wider than @p width: a row whose @p column is too
	 * wide for that goes on in a second line.
	 */
	void fold(std::size_t column, std::size_t width);

	/** Of its widest line, unless it is folded */
	std::size_t width() const;

	void print(std::ostream &out) const;

private:
	std::vector<std::size_t> widths() const;
	void print_row(std::ostream &out, const std::vector<std::string> &row,
		       const std::vector<std::size_t> &width) const;

	std::vector<Column> columns_;
	std::vector<std::vector<std::string>> rows_;
	std::size_t fold_column_ = static_cast<std::size_t>(-1);
	std::size_t fold_width_ = 0;
};

} // namespace p2padm

#endif
