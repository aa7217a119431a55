// SPDX-License-Identifier: GPL-2.0-only
// eDonkey's fields, as its tests write them down.
#pragma once

#include "octets.h"

namespace p2p {

/// A tag the old way: its name is a string, here of one byte
inline Octets string_tag(unsigned name, std::string_view value)
{
	return be8(2) + le16(1) + be8(name) + le16(value.size()) + text(value);
}
inline Octets number_tag(unsigned name, std::uint32_t value)
{
	return be8(3) + le16(1) + be8(name) + le32(value);
}
/// A tag of eMule's short form
inline Octets short_tag(unsigned name, std::string_view value)
{
	return be8(0x80 + 0x10 + value.size()) + be8(name) + text(value);
}
inline Octets user_hash(std::uint32_t seed = 7)
{
	Octets h = noise(16, seed);
	h[5] = 14;
	h[14] = 111;
	return h;
}
/// What a zlib stream begins with: its window, and a block of dynamic codes
inline Octets zlib(std::size_t n) { return Octets{0x78, 0x9c, 0xbd} + noise(n - 3, 9); }

} // namespace p2p
