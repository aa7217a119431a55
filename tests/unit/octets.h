// SPDX-License-Identifier: GPL-2.0-only
// Byte strings the way a wire format is written down: field after field.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace p2p {

using Octets = std::vector<std::uint8_t>;

inline Octets operator+(Octets a, const Octets &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

inline Octets &operator+=(Octets &a, const Octets &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

/// The low @p width bytes of @p value, most significant first.
inline Octets be(std::uint64_t value, unsigned width)
{
	Octets out(width);
	for (unsigned i = 0; i < width; i++)
		out[i] = std::uint8_t(value >> 8 * (width - 1 - i));
	return out;
}

inline Octets be8(std::uint64_t v) { return be(v, 1); }
inline Octets be16(std::uint64_t v) { return be(v, 2); }
inline Octets be32(std::uint64_t v) { return be(v, 4); }
inline Octets be64(std::uint64_t v) { return be(v, 8); }
/// The same, least significant byte first
inline Octets le(std::uint64_t value, unsigned width)
{
	Octets out(width);
	for (unsigned i = 0; i < width; i++)
		out[i] = std::uint8_t(value >> 8 * i);
	return out;
}
inline Octets le16(std::uint64_t v) { return le(v, 2); }
inline Octets le32(std::uint64_t v) { return le(v, 4); }
inline Octets le64(std::uint64_t v) { return le(v, 8); }
inline Octets text(std::string_view s) { return {s.begin(), s.end()}; }
inline Octets fill(std::size_t n, std::uint8_t value = 0) { return Octets(n, value); }

/// @p n bytes that look random and are the same in each run.
inline Octets noise(std::size_t n, std::uint32_t seed = 1)
{
	Octets out(n);
	std::uint32_t x = seed * 2654435761u + 12345;
	for (auto &b : out) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		b = std::uint8_t(x >> 24);
	}
	return out;
}

inline Octets prefix(const Octets &o, std::size_t n)
{
	return {o.begin(), o.begin() + std::ptrdiff_t(n)};
}

inline Octets suffix(const Octets &o, std::size_t from)
{
	return {o.begin() + std::ptrdiff_t(from), o.end()};
}

inline p2p_bytes view(const Octets &o)
{
	return {o.data(), std::uint32_t(o.size())};
}

} // namespace p2p
