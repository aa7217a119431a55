// SPDX-License-Identifier: GPL-2.0-only
#include "link.hpp"

#include <cerrno>

#include "error.hpp"

namespace p2padm
{

namespace
{

constexpr unsigned int refused_ticks = 20; // 10 s
/** More than the socket holds; who tells faster than we read is not waited for */
constexpr int drained_reads = 256;

constexpr const char *dismissal = "sent away by an administrator";

} // namespace

Link::Link(Host host) : host_(std::move(host))
{
}

Link::~Link() = default;

void Link::say(const std::string &text)
{
	if (text != said_)
		host_.log(text);
	said_ = text;
}

void Link::tick()
{
	switch (state_) {
	case State::attached:
		return beat();
	case State::refused:
		if (wait_ && wait_--)
			return;
		return connect();
	case State::away:
	case State::dismissed:
		return connect();
	}
}

void Link::connect()
{
	try {
		auto gateway = host_.gateway();

		const Status status = gateway->status();

		if (!status.enabled)
			throw NoGateway("no gateway in this network namespace");
		if (state_ == State::dismissed && status.gateway == known_)
			return;
		// before it attaches: nothing of what follows is missed
		attach(std::move(gateway), host_.events());
	} catch (const NoGateway &error) {
		stay_away(State::away, std::string("waiting: ") + error.what());
	} catch (const SystemError &error) {
		const bool refused = error.code() == EPROTO || error.code() == EBUSY;

		stay_away(refused ? State::refused : State::away,
			  std::string("not attached: ") + error.what());
	}
}

/** It is not attached, or no longer; its sockets go, so that the module is free to go */
void Link::stay_away(State next, const std::string &why)
{
	if (watched_)
		host_.forget(events_->fd());
	watched_ = false;
	host_.pulse.end();
	events_.reset();
	gateway_.reset();
	state_ = next;
	if (next == State::away)
		known_ = 0;
	if (next == State::refused)
		wait_ = refused_ticks;
	say(why);
}

void Link::attach(std::unique_ptr<Gateway> gateway, std::unique_ptr<EventSource> events)
{
	// beats have a socket of their own, which is the helper's, and no part in what is asked here
	auto line = host_.gateway();
	const Status status = line->status();

	line->attach_helper();
	host_.pulse.begin(std::move(line));
	gateway_ = std::move(gateway);
	events_ = std::move(events);
	host_.watch(events_->fd());
	watched_ = true;
	known_ = status.gateway;
	state_ = State::attached;
	told_alive_ = false;
	say("attached, module " + status.version);
	host_.attached();
}

void Link::beat()
{
	try {
		host_.pulse.witness();
	} catch (const SystemError &error) {
		// sent away, it was told so; else the gateway is another one
		if (hear_all())
			stay_away(State::dismissed, dismissal);
		else
			stay_away(State::away, error.what());
	}
}

void Link::readable()
{
	if (hear(events_->read()))
		let_go(State::dismissed, dismissal);
}

/** @return was it sent away? */
bool Link::hear(const std::vector<Heard> &some)
{
	bool dismissed = false;

	host_.heard(some);
	for (const auto &what : some) {
		const auto *event = std::get_if<Event>(&what);

		if (!event || !event->helper)
			continue;
		// what is told before is of one who was there before us
		told_alive_ |= *event->helper == KP2PADM_HELPER_ALIVE;
		dismissed |= told_alive_ && *event->helper == KP2PADM_HELPER_NONE;
	}
	return dismissed;
}

/** Hear all that was told. @return was it sent away? */
bool Link::hear_all()
{
	bool dismissed = false;

	for (int i = 0; i < drained_reads; i++) {
		const auto some = events_->read();

		if (some.empty())
			break;
		dismissed |= hear(some);
	}
	return dismissed;
}

void Link::let_go(State next, const std::string &why)
{
	hear_all();
	stay_away(next, why);
}

void Link::attach_again()
{
	if (state_ == State::attached)
		return;
	state_ = State::away; // forget that we were sent away
	connect();
}

void Link::detach()
{
	if (state_ != State::attached)
		return;
	try {
		gateway_->detach_helper();
	} catch (const SystemError &error) {
		host_.log(error.what());
	}
	let_go(State::dismissed, "detached");
}

} // namespace p2padm
