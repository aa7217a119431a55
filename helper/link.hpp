// SPDX-License-Identifier: GPL-2.0-only
/** The line to the module: attached, beating, and back when the module is. */
#ifndef P2PADM_HELPER_LINK_HPP
#define P2PADM_HELPER_LINK_HPP

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event_source.hpp"
#include "gateway.hpp"
#include "heartbeat.hpp"

namespace p2padm
{

/**
 * A state machine that tick() drives, every half second
 *
 *   away       no module, or no gateway here       asked for at each tick
 *   refused    another ABI, or another helper      asked for now and then
 *   attached   its pulse beats, of which each tick is the witness
 *   dismissed  an administrator sent it away       until the gateway is another,
 *                                                  or attach_again()
 */
class Link
{
public:
	enum class State { away, refused, attached, dismissed };

	struct Host {
		/** @throw NoGateway, SystemError */
		std::function<std::unique_ptr<Gateway>()> gateway;
		std::function<std::unique_ptr<EventSource>()> events;
		std::function<void()> attached;
		std::function<void(const std::vector<Heard> &)> heard;
		/** The events' descriptor is there, or goes */
		std::function<void(int fd)> watch, forget;
		std::function<void(const std::string &)> log;
		Pulse &pulse;
	};

	explicit Link(Host host);
	~Link();

	void tick();
	/** There is something to read */
	void readable();
	/** Whatever was: try now */
	void attach_again();
	/** Go in order. What was told till then is heard. */
	void detach();

	State state() const
	{
		return state_;
	}
	/** Null unless attached */
	Gateway *gateway() const
	{
		return gateway_.get();
	}

private:
	void connect();
	void attach(std::unique_ptr<Gateway> gateway, std::unique_ptr<EventSource> events);
	void beat();
	void let_go(State next, const std::string &why);
	void stay_away(State next, const std::string &why);
	bool hear(const std::vector<Heard> &some);
	bool hear_all();
	void say(const std::string &text);

	Host host_;
	State state_ = State::away;
	std::unique_ptr<Gateway> gateway_;
	std::unique_ptr<EventSource> events_;
	std::uint64_t known_ = 0; ///< the gateway we were attached to; 0: it is gone
	bool watched_ = false;	 ///< the loop has the events' descriptor
	bool told_alive_ = false; ///< the module said that we are there
	unsigned int wait_ = 0;	 ///< ticks until a refused one asks again
	std::string said_;	 ///< why it is not attached: once
};

} // namespace p2padm

#endif
