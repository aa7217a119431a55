// SPDX-License-Identifier: GPL-2.0-only
#include "nfqueue.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace bench
{

namespace
{

[[noreturn]] void fail(const char *what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

/** One request of the queue's subsystem with one attribute. */
template <typename Value> struct Request {
	nlmsghdr head;
	nfgenmsg family;
	nlattr attribute;
	Value value;

	Request(int type, std::uint16_t queue, std::uint16_t flags, std::uint16_t kind,
		const Value &v)
		: head{ sizeof(*this), static_cast<std::uint16_t>(NFNL_SUBSYS_QUEUE << 8 | type),
			static_cast<std::uint16_t>(NLM_F_REQUEST | flags), 0, 0 },
		  family{ AF_UNSPEC, NFNETLINK_V0, htons(queue) },
		  attribute{ NLA_HDRLEN + sizeof(Value), kind }, value(v)
	{
	}
};

template <typename Message> void send_message(int fd, const Message &message)
{
	sockaddr_nl kernel{};

	kernel.nl_family = AF_NETLINK;
	if (sendto(fd, &message, sizeof(message), 0, reinterpret_cast<sockaddr *>(&kernel),
		   sizeof(kernel)) < 0)
		fail("netlink send");
}

template <typename Value>
void configure(int fd, std::uint16_t queue, std::uint16_t kind, const Value &value)
{
	struct {
		nlmsghdr head;
		nlmsgerr error;
	} answer;

	send_message(fd, Request<Value>(NFQNL_MSG_CONFIG, queue, NLM_F_ACK, kind, value));
	if (recv(fd, &answer, sizeof(answer), 0) < 0)
		fail("netlink receive");
	errno = -answer.error.error;
	if (errno)
		fail("queue");
}

Queued queued(const nlmsghdr *message)
{
	const char *at = reinterpret_cast<const char *>(message) + NLMSG_LENGTH(sizeof(nfgenmsg));
	const char *end = reinterpret_cast<const char *>(message) + message->nlmsg_len;
	const nfqnl_msg_packet_hdr *head = nullptr;
	Queued out{};

	while (end - at >= NLA_HDRLEN) {
		const auto *attribute = reinterpret_cast<const nlattr *>(at);
		const auto *value = reinterpret_cast<const std::uint8_t *>(at + NLA_HDRLEN);

		switch (attribute->nla_type & NLA_TYPE_MASK) {
		case NFQA_PACKET_HDR:
			head = reinterpret_cast<const nfqnl_msg_packet_hdr *>(value);
			break;
		case NFQA_PAYLOAD:
			out.bytes = { value, static_cast<std::size_t>(attribute->nla_len - NLA_HDRLEN) };
			break;
		}
		at += NLA_ALIGN(attribute->nla_len);
	}
	if (!head)
		throw std::runtime_error("a packet without an id");
	out.id = head->packet_id;
	out.ethertype = ntohs(head->hw_protocol);
	return out;
}

} // namespace

Queue::Queue(std::uint16_t number)
	: fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)), number_(number)
{
	const int room = 16 << 20;
	nfqnl_msg_config_params params{};

	if (fd_.get() < 0 || setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		fail("netlink socket");
	params.copy_range = htonl(0xffff);
	params.copy_mode = NFQNL_COPY_PACKET;
	configure(fd_.get(), number, NFQA_CFG_CMD,
		  nfqnl_msg_config_cmd{ NFQNL_CFG_CMD_BIND, 0, htons(AF_BRIDGE) });
	configure(fd_.get(), number, NFQA_CFG_PARAMS, params);
}

bool Queue::receive(const std::function<void(const Queued &)> &show, bool wait)
{
	const auto got = recv(fd_.get(), buffer_.data(), buffer_.size(), wait ? 0 : MSG_DONTWAIT);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got < 0 && errno != ENOBUFS)
		fail("netlink receive");
	/* signed: behind the last message's padding it is below zero */
	auto left = static_cast<int>(got);
	for (auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
	     NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
		show(queued(message));
	return true;
}

void Queue::accept(std::uint32_t id)
{
	verdict(NFQNL_MSG_VERDICT, id, NF_ACCEPT);
}

void Queue::accept_all_to(std::uint32_t id)
{
	verdict(NFQNL_MSG_VERDICT_BATCH, id, NF_ACCEPT);
}

void Queue::drop(std::uint32_t id)
{
	verdict(NFQNL_MSG_VERDICT, id, NF_DROP);
}

void Queue::verdict(int type, std::uint32_t id, std::uint32_t what)
{
	send_message(fd_.get(), Request<nfqnl_msg_verdict_hdr>(type, number_, 0, NFQA_VERDICT_HDR,
							       { htonl(what), id }));
}

} // namespace bench
