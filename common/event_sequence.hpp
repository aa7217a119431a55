// SPDX-License-Identifier: GPL-2.0-only
/** Events carry numbers: what is missing among them. */
#ifndef P2PADM_COMMON_EVENT_SEQUENCE_HPP
#define P2PADM_COMMON_EVENT_SEQUENCE_HPP

#include <cstdint>
#include <optional>

namespace p2padm
{

/** Events that are not told, and why */
struct Lost {
	enum class Why {
		gap,	 ///< numbers are missing
		overrun, ///< the socket had no room; a gap follows and says how many
		away,	 ///< numbers are missing, from while nobody wrote
		write,	 ///< they could not be written
	};

	Why why = Why::gap;
	std::uint64_t events = 0; ///< 0: not known
	std::uint64_t after = 0;  ///< number of the last that was told; 0: none
	std::uint64_t before = 0; ///< of the first one told again; 0: none yet
};

/** The numbers of one gateway after another */
class EventSequence
{
public:
	/** @param last the number that was told last, by whoever wrote before; 0: none */
	explicit EventSequence(std::uint64_t last = 0)
		: last_(last), first_(true), away_(last != 0)
	{
	}

	/** Another gateway: it counts from 1 */
	void restart()
	{
		last_ = 0;
		first_ = false;
	}

	/** @return what is missing before @p seq */
	std::optional<Lost> next(std::uint64_t seq)
	{
		// smaller: meanwhile the module was loaded anew
		const std::uint64_t after = seq > last_ ? last_ : 0;
		const bool known = !first_ || away_;
		const Lost lost{ away_ ? Lost::Why::away : Lost::Why::gap, seq - after - 1, after,
				 seq };

		last_ = seq;
		first_ = away_ = false;
		if (!known || lost.events == 0)
			return std::nullopt;
		return lost;
	}

	std::uint64_t last() const
	{
		return last_;
	}

private:
	std::uint64_t last_;
	bool first_; // what came before is nobody's loss
	bool away_;
};

} // namespace p2padm

#endif
