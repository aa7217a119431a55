// SPDX-License-Identifier: GPL-2.0-only
#include "wire.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace bench
{

namespace
{

/* Frames handed to one sendmmsg(). */
constexpr std::size_t chunk = 64;

[[noreturn]] void fail(const std::string &what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

Fd open_file(const std::string &path)
{
	Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));

	if (fd.get() < 0)
		fail(path);
	return fd;
}

std::string read_file(const Fd &fd)
{
	std::array<char, 64> buf;
	const auto n = pread(fd.get(), buf.data(), buf.size(), 0);

	if (n < 0)
		fail("read");
	return { buf.data(), static_cast<std::size_t>(n) };
}

/** Every frame past the queueing discipline, none received here. */
Fd packet_socket(const char *device)
{
	Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
	const int on = 1, room = 32 << 20;
	sockaddr_ll to{};

	if (fd.get() < 0)
		fail("socket");
	to.sll_family = AF_PACKET;
	to.sll_ifindex = static_cast<int>(if_nametoindex(device));
	if (!to.sll_ifindex)
		fail(device);
	if (bind(fd.get(), reinterpret_cast<sockaddr *>(&to), sizeof(to)) ||
	    setsockopt(fd.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ||
	    setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		fail("packet socket");
	return fd;
}

/** A packet socket in the namespace @name, from our own. */
Fd socket_in(const std::string &name)
{
	const Fd home = open_file("/proc/self/ns/net");
	const Fd there = open_file("/run/netns/" + name);

	if (setns(there.get(), CLONE_NEWNET))
		fail("namespace " + name);
	Fd fd = packet_socket("eth0");
	if (setns(home.get(), CLONE_NEWNET))
		fail("own namespace");
	return fd;
}

/** Before each frame on a packet socket: struct virtio_net_hdr, whose header is C's alone. */
struct Left {
	std::uint8_t flags, gso_type;
	std::uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
constexpr std::uint8_t NEEDS_CSUM = 1, GSO_TCPV4 = 1, GSO_TCPV6 = 4;

/** What @frame leaves to a device. */
Left left_by(const Frame &frame)
{
	Left left{};

	if (!frame.checksum_start)
		return left;
	left.flags = NEEDS_CSUM;
	left.csum_start = frame.checksum_start;
	left.csum_offset = 16;
	if (frame.segment) {
		left.gso_type = frame.checksum_start == 14 + 20 ? GSO_TCPV4 : GSO_TCPV6;
		left.gso_size = frame.segment;
		left.hdr_len = frame.head_len;
	}
	return left;
}

void send_from(const Fd &socket, std::span<const Frame> frames)
{
	std::array<mmsghdr, chunk> messages{};
	std::array<Left, chunk> left;
	std::array<iovec, 3 * chunk> pieces;
	std::size_t n = 0;

	for (const auto &frame : frames) {
		auto &message = messages[n].msg_hdr;

		left[n] = left_by(frame);
		pieces[3 * n] = { &left[n], sizeof(left[n]) };
		pieces[3 * n + 1] = { const_cast<std::uint8_t *>(frame.head.data()), frame.head_len };
		pieces[3 * n + 2] = { const_cast<std::uint8_t *>(frame.payload.data()),
				      frame.payload.size() };
		message.msg_iov = &pieces[3 * n++];
		message.msg_iovlen = frame.payload.empty() ? 2 : 3;
	}
	for (std::size_t sent = 0; sent < n;) {
		const int got = sendmmsg(socket.get(), &messages[sent],
					 static_cast<unsigned>(n - sent), 0);
		if (got < 0)
			fail("sendmmsg");
		sent += static_cast<std::size_t>(got);
	}
}

} // namespace

Fd &Fd::operator=(Fd &&from) noexcept
{
	std::swap(fd_, from.fd_);
	return *this;
}

Fd::~Fd()
{
	if (fd_ >= 0)
		close(fd_);
}

std::uint64_t now()
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return static_cast<std::uint64_t>(t.tv_sec) * 1000000000u +
	       static_cast<std::uint64_t>(t.tv_nsec);
}

std::uint64_t idle()
{
	const std::string text = read_file(open_file("/proc/uptime"));

	return static_cast<std::uint64_t>(
		std::llround(std::strtod(text.c_str() + text.find(' '), nullptr) * 1e9));
}

Wire::Wire()
	: socket_{ socket_in("a"), socket_in("b") },
	  counter_{ open_file("/sys/class/net/pa/statistics/tx_packets"),
		    open_file("/sys/class/net/pb/statistics/tx_packets") }
{
}

void Wire::send(std::span<const Frame> frames)
{
	while (!frames.empty()) {
		const Side from = frames[0].from;
		std::size_t n = 1;

		while (n < frames.size() && n < chunk && frames[n].from == from)
			n++;
		send_from(socket_[static_cast<int>(from)], frames.first(n));
		frames = frames.subspan(n);
	}
}

std::uint64_t Wire::arrived() const
{
	std::uint64_t sum = 0;

	for (const auto &counter : counter_)
		sum += std::strtoull(read_file(counter).c_str(), nullptr, 10);
	return sum;
}

std::uint64_t Wire::timed(std::span<const Frame> frames)
{
	/* With a program in the path, giving way lets it work; with none, the
	 * frames are there when they were sent.
	 */
	constexpr int patience = 20000;
	const std::uint64_t want = arrived() + frames.size();
	const std::uint64_t start = now();

	send(frames);
	for (int i = 0; arrived() < want; i++) {
		if (i == patience)
			throw std::runtime_error("frames were lost on the way");
		sched_yield();
	}
	return now() - start;
}

} // namespace bench
