// SPDX-License-Identifier: GPL-2.0-only
/**
 * Days and hours of a time zone, as moments in UTC.
 *
 * A schedule holds whenever the zone's clock reads a time that it names. Where
 * the clock is put forward, what lies in the hour that is skipped does not
 * happen on that day; where it is put back, what lies in the hour that comes
 * twice happens twice.
 */
#ifndef P2PADM_COMMON_SCHEDULE_HPP
#define P2PADM_COMMON_SCHEDULE_HPP

#include <linux/kp2padm.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace p2padm
{

/** How far ahead schedules are told: a year, and time to tell the next */
inline constexpr int schedule_days = 400;

/** Moments that the module takes of a schedule; even, so that it ends as it should */
inline constexpr std::size_t schedule_moments_max = KP2PADM_SCHEDULE_MOMENTS_MAX;

/** Ranges of hours that a rule may have */
inline constexpr std::size_t schedule_hours_max = 8;

/** Minutes of a day; one that ends where it begins or before ends the next day */
struct Hours {
	std::uint16_t from = 0;
	std::uint16_t to = 0;

	auto operator<=>(const Hours &) const = default;
};

/** When a rule holds */
struct When {
	static constexpr std::uint8_t every_day = 0x7f;

	std::uint8_t days = every_day; ///< bit 0: Monday; the day on which hours begin
	std::vector<Hours> hours;      ///< sorted; none: all day

	bool always() const
	{
		return days == every_day && hours.empty();
	}
	auto operator<=>(const When &) const = default;
};

/** It begins to hold at the first, ceases at the second, and so on; UTC, seconds */
using Moments = std::vector<std::int64_t>;

/** Does what @p moments say hold at @p time? */
bool holds_at(const Moments &moments, std::int64_t time);

/** A time zone's offsets from UTC, for a while */
class ZoneClock
{
public:
	/** A while with one offset */
	struct Span {
		std::int64_t begin; ///< UTC, included
		std::int64_t end;   ///< UTC, not included
		std::int64_t offset; ///< local time less UTC, seconds
	};

	/**
	 * From @p begin to @p end
	 *
	 * C++20's time zones are not in GCC 12, so the C library is asked, through
	 * TZ: nobody else may ask it for local time meanwhile.
	 *
	 * @param name of the IANA database; "": the system's
	 */
	ZoneClock(const std::string &name, std::int64_t begin, std::int64_t end);

	const std::vector<Span> &spans() const
	{
		return spans_;
	}

private:
	std::vector<Span> spans_;
};

/** Is there such a zone in the system's IANA database? */
bool zone_exists(std::string_view name);

/**
 * When @p when holds, as far as @p clock tells
 *
 * What holds at the clock's end has no end: the number of moments is then odd.
 * Of more than schedule_moments_max, the first: many ranges are told for less time.
 */
Moments schedule_moments(const When &when, const ZoneClock &clock);

} // namespace p2padm

#endif
