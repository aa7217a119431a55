// SPDX-License-Identifier: GPL-2.0-only
#include "schedule.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

namespace p2padm
{

namespace
{

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

/** TZ is @p name as long as this lives */
class ZoneScope
{
public:
	explicit ZoneScope(const std::string &name)
	{
		if (const char *tz = std::getenv("TZ"))
			before_ = tz;
		if (!name.empty())
			setenv("TZ", (":" + name).c_str(), 1);
		tzset();
	}
	~ZoneScope()
	{
		if (before_)
			setenv("TZ", before_->c_str(), 1);
		else
			unsetenv("TZ");
		tzset();
	}
	ZoneScope(const ZoneScope &) = delete;
	ZoneScope &operator=(const ZoneScope &) = delete;

private:
	std::optional<std::string> before_;
};

std::int64_t offset_at(std::int64_t utc)
{
	const auto time = static_cast<std::time_t>(utc);
	std::tm local{};

	localtime_r(&time, &local);
	return local.tm_gmtoff;
}

/** The first second with another offset than @p begin has; @p end has one */
std::int64_t find_change(std::int64_t begin, std::int64_t end)
{
	const std::int64_t offset = offset_at(begin);

	while (end - begin > 1) {
		const std::int64_t middle = begin + (end - begin) / 2;

		(offset_at(middle) == offset ? begin : end) = middle;
	}
	return end;
}

std::int64_t day_of(std::int64_t seconds)
{
	return seconds / day - (seconds % day < 0);
}

/** 0: Monday; day 0 was a Thursday */
int weekday(std::int64_t number)
{
	return static_cast<int>(((number + 3) % 7 + 7) % 7);
}

using Piece = std::pair<std::int64_t, std::int64_t>; // UTC, the end not included

/** What @p when says of the hours that begin on one day, within @p span */
void add_day(const When &when, const ZoneClock::Span &span, std::int64_t number,
	     std::vector<Piece> &out)
{
	static const std::vector<Hours> all_day = { { 0, 0 } };

	for (const auto &hours : when.hours.empty() ? all_day : when.hours) {
		const std::int64_t from = number * day + hours.from * minute;
		const std::int64_t to = number * day + hours.to * minute +
					(hours.to <= hours.from ? day : 0);
		const std::int64_t begin = std::max(from - span.offset, span.begin);
		const std::int64_t end = std::min(to - span.offset, span.end);

		if (begin < end)
			out.emplace_back(begin, end);
	}
}

} // namespace

bool holds_at(const Moments &moments, std::int64_t time)
{
	const auto next = std::upper_bound(moments.begin(), moments.end(), time);

	return (next - moments.begin()) % 2 == 1;
}

bool zone_exists(std::string_view name)
{
	const char *dir = std::getenv("TZDIR");
	const std::filesystem::path root = dir ? dir : "/usr/share/zoneinfo";
	std::error_code none;

	if (name.empty() || name.front() == '/' || name.find("..") != name.npos ||
	    name.find('\0') != name.npos)
		return false;
	return std::filesystem::is_regular_file(root / name, none);
}

ZoneClock::ZoneClock(const std::string &name, std::int64_t begin, std::int64_t end)
{
	const ZoneScope zone(name);
	std::int64_t from = begin;

	// zones do not change back within an hour
	for (std::int64_t at = begin; at < end; at += hour) {
		const std::int64_t next = std::min(at + hour, end);

		if (offset_at(next) == offset_at(at))
			continue;
		const std::int64_t change = find_change(at, next);
		spans_.push_back({ from, change, offset_at(from) });
		from = change;
	}
	if (from < end)
		spans_.push_back({ from, end, offset_at(from) });
}

Moments schedule_moments(const When &when, const ZoneClock &clock)
{
	std::vector<Piece> pieces;
	Moments moments;

	for (const auto &span : clock.spans()) {
		const std::int64_t last = day_of(span.end - 1 + span.offset);

		// what passes midnight began on the day before
		for (std::int64_t number = day_of(span.begin + span.offset) - 1;
		     number <= last; number++)
			if (when.days >> weekday(number) & 1)
				add_day(when, span, number, pieces);
	}
	std::sort(pieces.begin(), pieces.end());
	for (const auto &[begin, end] : pieces) {
		if (!moments.empty() && begin <= moments.back()) {
			moments.back() = std::max(moments.back(), end);
			continue;
		}
		moments.push_back(begin);
		moments.push_back(end);
	}
	// where the clock's end cut it off, it does not cease there
	if (!moments.empty() && moments.back() == clock.spans().back().end)
		moments.pop_back();
	moments.resize(std::min(moments.size(), schedule_moments_max));
	return moments;
}

} // namespace p2padm
