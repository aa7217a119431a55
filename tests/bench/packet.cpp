// SPDX-License-Identifier: GPL-2.0-only
#include "packet.hpp"

#include <algorithm>
#include <cstring>

namespace bench
{

namespace
{

/*
 * Nobody has these addresses: the bridge learns where they live from their
 * frames, and the far host's stack refuses what is not for it at once.
 */
constexpr std::array<std::uint8_t, 6> mac[2] = {
	{ 0x02, 0, 0, 0, 0x77, 0x0a },
	{ 0x02, 0, 0, 0, 0x77, 0x0b },
};

constexpr std::uint8_t TCP = 6, UDP = 17;

Frame frame_of(Side from, Bytes payload)
{
	return { .head = {}, .head_len = 0, .checksum_start = 0, .segment = 0, .from = from,
		 .payload = payload };
}

/** Writes big-endian fields one behind the other. */
class Writer
{
public:
	explicit Writer(Frame &frame) : frame_(frame) { frame_.head_len = 0; }

	void u8(std::uint8_t v) { frame_.head[frame_.head_len++] = v; }
	void u16(std::uint32_t v)
	{
		u8(static_cast<std::uint8_t>(v >> 8));
		u8(static_cast<std::uint8_t>(v));
	}
	void u32(std::uint32_t v)
	{
		u16(v >> 16);
		u16(v & 0xffff);
	}
	void bytes(Bytes v)
	{
		for (const auto byte : v)
			u8(byte);
	}

private:
	Frame &frame_;
};

/** Internet checksum's sum, over an even number of bytes but for the last. */
std::uint64_t sum_of(Bytes bytes, std::uint64_t start = 0)
{
	for (std::size_t i = 0; i < bytes.size(); i++)
		start += i % 2 ? bytes[i] : bytes[i] << 8;
	return start;
}

std::uint16_t fold(std::uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

void patch(Frame &frame, std::size_t at, std::uint16_t v)
{
	frame.head[at] = static_cast<std::uint8_t>(v >> 8);
	frame.head[at + 1] = static_cast<std::uint8_t>(v);
}

Bytes address(const Tuple &tuple, Side side)
{
	return Bytes(tuple.addr[static_cast<int>(side)]).first(tuple.ipv6 ? 16 : 4);
}

/** Everything before TCP or UDP, of which @len bytes follow. */
void network(Writer &w, const Tuple &tuple, Side from, std::uint8_t l4,
	     std::size_t len)
{
	w.bytes(mac[static_cast<int>(other(from))]);
	w.bytes(mac[static_cast<int>(from)]);
	if (tuple.ipv6) {
		w.u16(0x86dd);
		w.u32(0x60000000);
		w.u16(static_cast<std::uint32_t>(len));
		w.u8(l4);
		w.u8(64);
	} else {
		w.u16(0x0800);
		w.u16(0x4500);
		w.u16(static_cast<std::uint32_t>(20 + len));
		w.u32(0x00004000); /* do not fragment */
		w.u8(64);
		w.u8(l4);
		w.u16(0);
	}
	w.bytes(address(tuple, from));
	w.bytes(address(tuple, other(from)));
}

constexpr std::size_t ip = 14;

std::size_t head_of(const Tuple &tuple)
{
	return ip + (tuple.ipv6 ? 40 : 20);
}

/** What the L4 checksum begins with: addresses, protocol and length. */
std::uint64_t pseudo_sum(const Tuple &tuple, std::uint8_t l4, std::size_t len)
{
	return sum_of(address(tuple, Side::b), sum_of(address(tuple, Side::a), l4 + len));
}

void finish_network(Frame &frame, const Tuple &tuple)
{
	if (!tuple.ipv6)
		patch(frame, ip + 10, fold(sum_of(Bytes(frame.head).subspan(ip, 20))));
}

/** Both checksums; @field: of the L4 one, from the L4 header on. */
void finish(Frame &frame, const Tuple &tuple, std::uint8_t l4, std::size_t field,
	    const Payload &payload)
{
	const std::size_t head = head_of(tuple);
	const Bytes header = Bytes(frame.head).subspan(head, frame.head_len - head);

	finish_network(frame, tuple);
	const auto pseudo = pseudo_sum(tuple, l4, header.size() + payload.bytes().size());
	patch(frame, head + field, fold(sum_of(header, pseudo) + payload.sum()));
}

/** The same, but the L4 checksum is left to a device, which wants what it begins with. */
void finish_partial(Frame &frame, const Tuple &tuple, std::uint8_t l4, std::size_t field)
{
	const std::size_t head = head_of(tuple);
	const std::size_t len = frame.head_len - head + frame.payload.size();

	finish_network(frame, tuple);
	patch(frame, head + field, static_cast<std::uint16_t>(~fold(pseudo_sum(tuple, l4, len))));
	frame.checksum_start = static_cast<std::uint8_t>(head);
}

std::uint16_t port_of(const Tuple &tuple, Side side)
{
	return tuple.port[static_cast<int>(side)];
}

/** Up to the options, of which 12 bytes follow, and @len bytes of payload. */
void tcp_header(Writer &w, const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		std::uint32_t ack, std::size_t len)
{
	network(w, tuple, from, TCP, 32 + len);
	w.u16(port_of(tuple, from));
	w.u16(port_of(tuple, other(from)));
	w.u32(seq);
	w.u32(flags & ACK ? ack : 0);
	w.u8(32 / 4 << 4);
	w.u8(flags);
	w.u16(502);
	w.u32(0); /* checksum, urgent */
}

/** A segment with time stamps, but for its checksums. */
Frame tcp_unsummed(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		   std::uint32_t ack, const Payload &payload)
{
	Frame frame = frame_of(from, payload.bytes());
	Writer w(frame);

	tcp_header(w, tuple, from, flags, seq, ack, payload.bytes().size());
	w.u32(0x0101080a); /* nop, nop, time stamps */
	w.u32(seq >> 10);
	w.u32(ack >> 10);
	return frame;
}

} // namespace

Payload::Payload(std::vector<std::uint8_t> bytes)
	: bytes_(std::move(bytes)), sum_(sum_of(bytes_))
{
}

std::uint64_t Random::operator()()
{
	std::uint64_t z = state_ += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

std::uint32_t Random::below(std::uint32_t n)
{
	return static_cast<std::uint32_t>(((*this)() >> 32) * n >> 32);
}

std::vector<std::uint8_t> Random::bytes(std::size_t n)
{
	std::vector<std::uint8_t> out(n);

	std::ranges::generate(out, [this] { return static_cast<std::uint8_t>((*this)()); });
	return out;
}

Tuple make_tuple(std::uint32_t index, std::uint8_t space, bool ipv6)
{
	Random random(index);
	const auto far = random.below(1 << 14);
	Tuple tuple{};

	tuple.ipv6 = ipv6;
	tuple.port[0] = static_cast<std::uint16_t>(32768 + (index & 0x3fff));
	tuple.port[1] = static_cast<std::uint16_t>(random.below(2) ? 443 : 8192 + random.below(16384));
	/* the client carries the index: 10.space... and 2001:db8:a:... */
	const std::uint8_t client[4] = { 10, space, static_cast<std::uint8_t>(index >> 22),
					 static_cast<std::uint8_t>(1 + (index >> 14)) };
	const std::uint8_t server[4] = { 198, 18, static_cast<std::uint8_t>(far >> 8),
					 static_cast<std::uint8_t>(far) };

	if (!ipv6) {
		std::ranges::copy(client, tuple.addr[0].begin());
		std::ranges::copy(server, tuple.addr[1].begin());
		return tuple;
	}
	for (auto &addr : tuple.addr)
		addr = { 0x20, 0x01, 0x0d, 0xb8 };
	tuple.addr[0][5] = 0x0a;
	tuple.addr[1][5] = 0x0b;
	std::ranges::copy(client, tuple.addr[0].begin() + 12);
	std::ranges::copy(server, tuple.addr[1].begin() + 12);
	return tuple;
}

Frame tcp(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
	  std::uint32_t ack, const Payload &payload)
{
	Frame frame = tcp_unsummed(tuple, from, flags, seq, ack, payload);

	finish(frame, tuple, TCP, 16, payload);
	return frame;
}

Frame tcp_merged(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		 std::uint32_t ack, const Payload &payload, std::uint16_t segment)
{
	Frame frame = tcp_unsummed(tuple, from, flags, seq, ack, payload);

	if (payload.bytes().size() > segment)
		frame.segment = segment;
	finish_partial(frame, tuple, TCP, 16);
	return frame;
}

Frame tcp_begin(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		std::uint32_t ack)
{
	Frame frame = frame_of(from, {});
	Writer w(frame);

	tcp_header(w, tuple, from, flags, seq, ack, 0);
	w.u32(0x020405b4); /* largest segment: 1460 */
	w.u32(0x01030307); /* nop, window scale */
	w.u32(0x01010402); /* nop, nop, selective acknowledgements */
	finish(frame, tuple, TCP, 16, Payload());
	return frame;
}

Frame udp(const Tuple &tuple, Side from, const Payload &payload)
{
	Frame frame = frame_of(from, payload.bytes());
	Writer w(frame);

	network(w, tuple, from, UDP, 8 + payload.bytes().size());
	w.u16(port_of(tuple, from));
	w.u16(port_of(tuple, other(from)));
	w.u16(static_cast<std::uint32_t>(8 + payload.bytes().size()));
	w.u16(0);
	finish(frame, tuple, UDP, 6, payload);
	return frame;
}

} // namespace bench
