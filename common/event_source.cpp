// SPDX-License-Identifier: GPL-2.0-only
#include "event_source.hpp"

#include <netlink/genl/ctrl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "error.hpp"
#include "netlink_gateway.hpp"

namespace p2padm
{

namespace
{

/** Some ten thousand events: a second of the worst storm */
constexpr int receive_buffer = 16 << 20;
/** An event is far smaller */
constexpr std::size_t largest = 64 << 10;
/** So that who reads gets to do other things, too */
constexpr std::size_t at_once = 256;

/** What the limit for unprivileged sockets allows, where the other is refused */
void set_receive_buffer(int fd)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
}

void subscribe(nl_sock *sock)
{
	const int on = 1, fd = nl_socket_get_fd(sock);
	const int group = genl_ctrl_resolve_grp(sock, KP2PADM_GENL_NAME, KP2PADM_GROUP_EVENTS);

	if (group < 0)
		throw NoGateway("the module kp2padm is not loaded, or tells no events");
	set_receive_buffer(fd);
	// the module counts then what this socket had no room for
	if (setsockopt(fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		throw SystemError("listening to the gateway's events", errno);
}

/** The events of one datagram. What cannot be read is a gap in the numbers. */
void take(char *data, int size, std::vector<Heard> &out)
{
	for (auto *hdr = reinterpret_cast<nlmsghdr *>(data); nlmsg_ok(hdr, size);
	     hdr = nlmsg_next(hdr, &size)) {
		if (hdr->nlmsg_type < NLMSG_MIN_TYPE || hdr->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
			continue;
		try {
			out.emplace_back(parse_event(answer(hdr, KP2PADM_A_EVENT_MAX)));
		} catch (const SystemError &) {
			continue;
		}
	}
}

} // namespace

NetlinkEvents::NetlinkEvents() : socket_(NETLINK_GENERIC)
{
	subscribe(socket_.get());
}

int NetlinkEvents::fd() const
{
	return nl_socket_get_fd(socket_.get());
}

std::vector<Heard> NetlinkEvents::read()
{
	std::vector<Heard> out;
	alignas(nlmsghdr) char data[largest];

	while (out.size() < at_once) {
		sockaddr_nl from{};
		socklen_t length = sizeof(from);
		const ssize_t n = recvfrom(fd(), data, sizeof(data), MSG_DONTWAIT,
					   reinterpret_cast<sockaddr *>(&from), &length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS)
			out.emplace_back(Overrun{});
		else if (n < 0 && errno == EAGAIN)
			break;
		else if (n < 0)
			throw SystemError("reading the gateway's events", errno);
		else if (from.nl_pid == 0) // the kernel's
			take(data, static_cast<int>(n), out);
	}
	return out;
}

} // namespace p2padm
