// SPDX-License-Identifier: GPL-2.0-only
/** Events carry numbers: what is missing among them. */
#ifndef P2PADM_COMMON_EVENT_SEQUENCE_HPP
#define P2PADM_COMMON_EVENT_SEQUENCE_HPP

#include <cstdint>
#include <utility>
#include <vector>

namespace p2padm
{

/** An event's place: each gateway numbers its own, from 1 */
struct EventPlace {
	std::uint64_t gateway = 0; ///< its identity; 0: not known
	std::uint64_t seq = 0;	   ///< 0: before the first

	bool operator==(const EventPlace &) const = default;
};

/** Events that are not told, and why */
struct Lost {
	enum class Why {
		gap,	 ///< numbers are missing
		overrun, ///< the socket had no room; a gap follows and says how many
		away,	 ///< numbers are missing, from while nobody listened
		gateway, ///< it ended, and whether it had more to tell is not known
		write,	 ///< they could not be written
	};

	Why why = Why::gap;
	std::uint64_t events = 0;  ///< 0: not known
	std::uint64_t gateway = 0; ///< whose numbers these are; 0: not known
	std::uint64_t after = 0;   ///< number of the last that was told; 0: none
	std::uint64_t before = 0;  ///< of the first one told again; 0: none yet
};

/** The events of one gateway after another, as they are heard */
class EventSequence
{
public:
	/** Of whoever begins to listen: what was before is nobody's loss */
	EventSequence() = default;
	/** Of whoever goes on behind @p last; without a number all that was before is missing */
	explicit EventSequence(EventPlace last) : last_(last), begun_(true), away_(true)
	{
	}

	/** Nobody listened for a while */
	void away()
	{
		away_ = true;
	}

	/** @return what is missing before the event at @p place */
	std::vector<Lost> next(EventPlace place)
	{
		std::vector<Lost> out;

		if (std::exchange(begun_, true)) {
			if (place.gateway != last_.gateway)
				change(place.gateway, out);
			if (place.seq > last_.seq + 1)
				out.push_back({ away_ ? Lost::Why::away : Lost::Why::gap,
						place.seq - last_.seq - 1, place.gateway,
						last_.seq, place.seq });
		}
		last_ = place;
		away_ = false;
		return out;
	}

	EventPlace last() const
	{
		return last_;
	}

private:
	/** Another gateway: nobody listened from its beginning on */
	void change(std::uint64_t gateway, std::vector<Lost> &out)
	{
		if (last_.seq)
			out.push_back({ Lost::Why::gateway, 0, last_.gateway, last_.seq, 0 });
		last_ = { gateway, 0 };
		away_ = true;
	}

	EventPlace last_;
	bool begun_ = false; // what came before is somebody's loss
	bool away_ = false;
};

} // namespace p2padm

#endif
