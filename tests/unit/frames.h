// SPDX-License-Identifier: GPL-2.0-only
// Packets as a test writes them down, from the IP header on.
#pragma once

#include <array>

#include "octets.h"

namespace p2p {

inline Octets v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return be8(a) + be8(b) + be8(c) + be8(d);
}

/// An IPv6 address of its first and last 32 bits.
inline Octets v6(std::uint32_t first, std::uint32_t last)
{
	return be32(first) + fill(8) + be32(last);
}

inline Octets tcp(unsigned sport, unsigned dport, const Octets &payload = {},
		  std::uint32_t seq = 1, std::uint8_t flags = 0x18, unsigned options = 0)
{
	return be16(sport) + be16(dport) + be32(seq) + be32(2) +
	       be8((20 + options) / 4 << 4) + be8(flags) + be16(1024) + fill(4) +
	       fill(options, 1) + payload;
}

inline Octets udp(unsigned sport, unsigned dport, const Octets &payload = {})
{
	return be16(sport) + be16(dport) + be16(8 + payload.size()) + fill(2) + payload;
}

struct Ipv4 {
	Octets src = v4(10, 0, 0, 1);
	Octets dst = v4(192, 0, 2, 2);
	unsigned proto = 6;
	unsigned frag = 0x4000;
	unsigned options = 0;
	int total = -1;
	unsigned version = 4;

	Octets operator()(const Octets &l4) const
	{
		unsigned head = 20 + options;
		return be8(version << 4 | head / 4) + be8(0) +
		       be16(total < 0 ? head + l4.size() : unsigned(total)) + be16(7) +
		       be16(frag) + be8(64) + be8(proto) + be16(0) + src + dst +
		       fill(options, 1) + l4;
	}
};

struct Ipv6 {
	Octets src = v6(0x20010db8, 1);
	Octets dst = v6(0x20010db8, 2);
	unsigned next = 6;
	int size = -1;
	unsigned version = 6;

	Octets operator()(const Octets &rest) const
	{
		return be8(version << 4) + fill(3) +
		       be16(size < 0 ? rest.size() : unsigned(size)) + be8(next) + be8(64) +
		       src + dst + rest;
	}
};

/// An IPv6 extension header of @p units * 8 bytes that names what follows.
inline Octets extension(unsigned next, unsigned units = 1)
{
	return be8(next) + be8(units - 1) + fill(units * 8 - 2);
}

inline Octets fragment(unsigned next, unsigned offset, bool more)
{
	return be8(next) + be8(0) + be16(offset << 3 | more) + be32(99);
}

inline Octets tag(unsigned id, unsigned type) { return be16(id) + be16(type); }

inline Octets pppoe(const Octets &ip, unsigned protocol, unsigned session = 77)
{
	return be16(0x1100) + be16(session) + be16(ip.size() + 2) + be16(protocol) + ip;
}

} // namespace p2p
