// SPDX-License-Identifier: GPL-2.0-only
/** Ethernet frames of made-up connections, with right lengths and checksums. */
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace bench
{

using Bytes = std::span<const std::uint8_t>;

/** Who sends: the host in namespace a or the one in b. */
enum class Side : std::uint8_t { a, b };

inline Side other(Side side)
{
	return side == Side::a ? Side::b : Side::a;
}

enum TcpFlags : std::uint8_t { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/** A connection between a host behind a and one behind b. */
struct Tuple {
	std::array<std::uint8_t, 16> addr[2]; /* by Side; IPv4 in the first four */
	std::uint16_t port[2];
	bool ipv6;
};

/** Payload that many frames share, summed for their checksums once. */
class Payload
{
public:
	Payload() = default;
	explicit Payload(std::vector<std::uint8_t> bytes);

	Bytes bytes() const { return bytes_; }
	std::uint64_t sum() const { return sum_; }

private:
	std::vector<std::uint8_t> bytes_;
	std::uint64_t sum_ = 0;
};

/**
 * A frame in two pieces: headers of its own and its payload, which must
 * outlive it.
 */
struct Frame {
	std::array<std::uint8_t, 14 + 40 + 32> head;
	std::uint8_t head_len;
	/* From the first byte on; 0: the checksum is there. Else it is left to the sender's device,
	 * which for whoever forwards the frame is as good as verified.
	 */
	std::uint8_t checksum_start;
	std::uint16_t segment; /* bytes of payload in one on the wire; 0: it is one itself */
	Side from;
	Bytes payload;
};

/**
 * The connection number @index, the same in every run.
 *
 * Different for each @index below 2^26; @space keeps workloads apart.
 */
Tuple make_tuple(std::uint32_t index, std::uint8_t space, bool ipv6);

/** A TCP segment with time stamps, as hosts send it; window 502. */
Frame tcp(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
	  std::uint32_t ack, const Payload &payload);

/**
 * The same as a network card and GRO hand it on: its checksum is verified, and its payload may
 * be that of several segments of at most @segment bytes.
 */
Frame tcp_merged(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		 std::uint32_t ack, const Payload &payload, std::uint16_t segment);

/** A SYN or SYN/ACK that says largest segment, window scale (7) and selective acknowledgements. */
Frame tcp_begin(const Tuple &tuple, Side from, std::uint8_t flags, std::uint32_t seq,
		std::uint32_t ack);

Frame udp(const Tuple &tuple, Side from, const Payload &payload);

/** A seeded generator (splitmix64): the same bytes on every machine. */
class Random
{
public:
	explicit Random(std::uint64_t seed) : state_(seed) {}
	std::uint64_t operator()();
	std::uint32_t below(std::uint32_t n);
	std::vector<std::uint8_t> bytes(std::size_t n);

private:
	std::uint64_t state_;
};

} // namespace bench
