// SPDX-License-Identifier: GPL-2.0-only
/**
 * nfq_accept [QUEUE]
 *
 * The least that a gateway in user space does: it is given every packet whole,
 * looks at none and accepts each with a verdict of its own. Prints "ready" and
 * works until it is killed.
 */
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <system_error>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>

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

int open_queue(std::uint16_t queue)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	const int room = 16 << 20;
	nfqnl_msg_config_params params{};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		fail("netlink socket");
	params.copy_range = htonl(0xffff);
	params.copy_mode = NFQNL_COPY_PACKET;
	configure(fd, queue, NFQA_CFG_CMD,
		  nfqnl_msg_config_cmd{ NFQNL_CFG_CMD_BIND, 0, htons(AF_BRIDGE) });
	configure(fd, queue, NFQA_CFG_PARAMS, params);
	return fd;
}

/** The packet's id, in network order. */
std::uint32_t id_of(const nlmsghdr *message)
{
	const char *at = reinterpret_cast<const char *>(message) + NLMSG_LENGTH(sizeof(nfgenmsg));
	const char *end = reinterpret_cast<const char *>(message) + message->nlmsg_len;

	while (end - at >= NLA_HDRLEN) {
		const auto *attribute = reinterpret_cast<const nlattr *>(at);

		if ((attribute->nla_type & NLA_TYPE_MASK) == NFQA_PACKET_HDR)
			return reinterpret_cast<const nfqnl_msg_packet_hdr *>(at + NLA_HDRLEN)
				->packet_id;
		at += NLA_ALIGN(attribute->nla_len);
	}
	throw std::runtime_error("a packet without an id");
}

void accept_all(int fd, std::uint16_t queue)
{
	alignas(nlmsghdr) std::array<char, 0x10000 + 4096> buffer;

	while (true) {
		const auto got = recv(fd, buffer.data(), buffer.size(), 0);

		if (got < 0 && errno != ENOBUFS && errno != EINTR)
			fail("netlink receive");
		/* signed: behind the last message's padding it is below zero */
		auto left = static_cast<int>(got);
		for (auto *message = reinterpret_cast<const nlmsghdr *>(buffer.data());
		     NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
			send_message(fd, Request<nfqnl_msg_verdict_hdr>(
						 NFQNL_MSG_VERDICT, queue, 0, NFQA_VERDICT_HDR,
						 { htonl(NF_ACCEPT), id_of(message) }));
	}
}

} // namespace

int main(int argc, char **argv)
try {
	const auto queue = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
	const int fd = open_queue(queue);

	std::puts("ready");
	std::fflush(stdout);
	accept_all(fd, queue);
} catch (const std::exception &error) {
	std::fprintf(stderr, "nfq_accept: %s\n", error.what());
	return 1;
}
