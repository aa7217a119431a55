// SPDX-License-Identifier: GPL-2.0-only
/** Where events come from. */
#ifndef P2PADM_COMMON_EVENT_SOURCE_HPP
#define P2PADM_COMMON_EVENT_SOURCE_HPP

#include <variant>
#include <vector>

#include "event.hpp"
#include "netlink.hpp"

namespace p2padm
{

/** The kernel had no room for some; how many shows in the next event's number */
struct Overrun {
};

using Heard = std::variant<Event, Overrun>;

/** A subscription; it ends with the object */
class EventSource
{
public:
	virtual ~EventSource() = default;

	/** Readable when there is something to read() */
	virtual int fd() const = 0;
	/** Some of what has arrived, in order, without waiting; nothing: all is read */
	virtual std::vector<Heard> read() = 0;
};

/** The module's group of this network namespace */
class NetlinkEvents : public EventSource
{
public:
	/** @throw NoGateway, SystemError */
	NetlinkEvents();

	int fd() const override;
	std::vector<Heard> read() override;

private:
	netlink::Socket socket_;
};

} // namespace p2padm

#endif
