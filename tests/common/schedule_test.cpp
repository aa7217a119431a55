// SPDX-License-Identifier: GPL-2.0-only
//
// Schedules against the C library's own reading of each minute.
#include "schedule.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace p2padm
{
namespace
{

/** Within a zone, as localtime() reads it */
class Zone
{
public:
	explicit Zone(const char *name)
	{
		setenv("TZ", name, 1);
		tzset();
	}
	~Zone()
	{
		unsetenv("TZ");
		tzset();
	}
	Zone(const Zone &) = delete;
	Zone &operator=(const Zone &) = delete;

	static bool holds(const When &when, std::time_t time)
	{
		std::tm tm{};

		localtime_r(&time, &tm);
		const int day = (tm.tm_wday + 6) % 7, minute = tm.tm_hour * 60 + tm.tm_min;
		const auto on = [&](int d) { return when.days >> d & 1; };

		if (when.hours.empty())
			return on(day);
		for (const auto &h : when.hours) {
			const bool over = h.to <= h.from;

			if (on(day) && minute >= h.from && (over || minute < h.to))
				return true;
			if (over && on((day + 6) % 7) && minute < h.to)
				return true;
		}
		return false;
	}
};

struct Case {
	const char *zone;
	std::time_t around; ///< a change of its clock, or any time
};

// 2026: Berlin 29 March and 25 October 01:00 UTC; New York 8 March 07:00, 1 November 06:00 UTC;
// Lord Howe moves by half an hour: 4 April 15:00 UTC
const Case cases[] = {
	{ "Europe/Berlin", 1774746000 },   { "Europe/Berlin", 1792890000 },  { "America/New_York", 1772953200 },
	{ "America/New_York", 1793512800 }, { "Asia/Kolkata", 1774746000 },   { "UTC", 1774746000 },
	{ "Australia/Lord_Howe", 1775314800 },
};

const When whens[] = {
	{ When::every_day, {} },
	{ 0x1f, {} },
	{ 0x60, {} },
	{ 0x1f, { { 8 * 60, 18 * 60 } } },
	{ When::every_day, { { 22 * 60, 6 * 60 } } },
	{ 0x40, { { 23 * 60, 5 * 60 } } },	  // begins on Sundays
	{ When::every_day, { { 2 * 60, 3 * 60 } } }, // the hour that is skipped in Berlin
	{ When::every_day, { { 2 * 60 + 15, 2 * 60 + 45 } } },
	{ When::every_day, { { 1 * 60, 2 * 60 } } }, // the hour that comes twice in New York
	{ When::every_day, { { 0, 24 * 60 } } },
	{ 0x15, { { 6 * 60, 9 * 60 }, { 12 * 60, 13 * 60 }, { 20 * 60, 2 * 60 } } },
};

TEST(Schedule, HoldsWheneverTheClockReadsIt)
{
	for (const auto &c : cases) {
		const std::time_t begin = c.around - 10 * 86400, end = c.around + 10 * 86400;
		const ZoneClock clock(c.zone, begin, end);
		const Zone zone(c.zone);

		for (std::size_t n = 0; n < std::size(whens); n++) {
			const auto moments = schedule_moments(whens[n], clock);

			for (std::size_t i = 1; i < moments.size(); i++)
				ASSERT_LT(moments[i - 1], moments[i]) << c.zone << ", " << n;
			for (std::time_t t = begin; t < end; t += 60)
				ASSERT_EQ(holds_at(moments, t), Zone::holds(whens[n], t))
					<< c.zone << ", schedule " << n << ", " << t;
		}
	}
}

TEST(Schedule, KnowsZones)
{
	EXPECT_TRUE(zone_exists("Europe/Berlin"));
	EXPECT_FALSE(zone_exists("Europe/Nowhere"));
	EXPECT_FALSE(zone_exists("../../etc/passwd"));
	EXPECT_FALSE(zone_exists("/etc/passwd"));
}

} // namespace
} // namespace p2padm
