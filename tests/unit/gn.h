// SPDX-License-Identifier: GPL-2.0-only
// Gnutella's descriptors, as its tests write them down.
#pragma once

#include "octets.h"

namespace p2p {

/// A servent's id: one of 2001 or later, or an older one that is all random
inline Octets guid(std::uint32_t seed, bool modern = true)
{
	Octets g = noise(16, seed);
	if (modern) {
		g[8] = 0xff;
		g[15] = 0;
	}
	return g;
}
inline Octets descriptor(const Octets &id, unsigned type, const Octets &payload = {}, unsigned ttl = 3, unsigned hops = 0)
{
	return id + be8(type) + be8(ttl) + be8(hops) + le32(payload.size()) + payload;
}
inline Octets pong() { return le16(6346) + be32(0x0a4d0001) + le32(1) + le32(4096); }
inline Octets query() { return be16(0x8000) + text("film") + be8(0); }
inline Octets hit()
{
	return be8(1) + le16(6346) + be32(0x0a4d0001) + le32(350) + le32(1) + le32(4096) + text("film") + be16(0) + noise(16);
}

} // namespace p2p
