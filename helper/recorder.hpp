// SPDX-License-Identifier: GPL-2.0-only
/** Events into the EVE file; what is missing is written there, too. */
#ifndef P2PADM_HELPER_RECORDER_HPP
#define P2PADM_HELPER_RECORDER_HPP

#include <functional>
#include <string>
#include <vector>

#include "eve.hpp"
#include "event_sequence.hpp"
#include "event_source.hpp"

namespace p2padm
{

class Recorder
{
public:
	/** Write lines, all or none. @throw SystemError */
	using Write = std::function<void(const std::string &lines)>;
	using Log = std::function<void(const std::string &text)>;

	/** @param last the last event that was written before, by whoever did */
	Recorder(Write write, InterfaceName name, Log log, EventPlace last);

	/** Write down some events, at once */
	void heard(const std::vector<Heard> &some);
	/** It is listened again, after a while in which it was not */
	void resume();
	/** If something could not be written: try to say so */
	void retry();

private:
	/** Lines to be written, and what they tell of */
	struct Batch {
		std::string lines;
		std::uint64_t events = 0; ///< those told to be lost too
		EventPlace first{};	  ///< its first event; without a number: none
	};

	void put(const Heard &what, Batch &batch);
	void flush(const Batch &batch);

	Write write_;
	InterfaceName name_;
	Log log_;
	EventSequence sequence_;
	EventPlace written_;	    ///< the last event written
	std::uint64_t unwritten_ = 0; ///< events that could not be
	bool failing_ = false;	    ///< the last try did
};

} // namespace p2padm

#endif
