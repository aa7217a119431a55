// SPDX-License-Identifier: GPL-2.0-only
// What peers of BitTorrent say, as its tests write it down.
#pragma once

#include <string>

#include "octets.h"

namespace p2p {

inline Octets bt_handshake(const Octets &info_hash)
{
	return be8(19) + text("BitTorrent protocol") + be64(0x100005) + info_hash + text("-LT2080-abcdefghijkl");
}
inline Octets bt_message(unsigned id, const Octets &body = {})
{
	return be32(1 + body.size()) + be8(id) + body;
}
inline Octets bt_request(std::uint32_t index, std::uint32_t begin, std::uint32_t size = 0x4000)
{
	return bt_message(6, be32(index) + be32(begin) + be32(size));
}
inline Octets bt_piece(std::uint32_t index, std::uint32_t begin, const Octets &block)
{
	return bt_message(7, be32(index) + be32(begin) + block);
}
inline Octets bt_extended(unsigned number, const Octets &body) { return bt_message(20, be8(number) + body); }
/// A bencoded string
inline Octets bt_string(const Octets &s) { return text(std::to_string(s.size()) + ":") + s; }

} // namespace p2p
