// SPDX-License-Identifier: GPL-2.0-only
// A fuzzer's bytes, taken apart field after field. What is not there is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/bytes.h"

namespace p2p {

class Input {
public:
	Input(const std::uint8_t *data, std::size_t size) : data_{data}, size_{size} {}

	bool empty() const { return at_ == size_; }
	std::uint8_t u8() { return empty() ? 0 : data_[at_++]; }
	std::uint16_t u16()
	{
		auto high = u8();
		return std::uint16_t(high << 8 | u8());
	}
	/// A copy of exact size, so that the sanitizer sees a read behind it.
	std::vector<std::uint8_t> take(std::size_t n)
	{
		n = n < size_ - at_ ? n : size_ - at_;
		std::vector<std::uint8_t> out(data_ + at_, data_ + at_ + n);
		at_ += n;
		return out;
	}
	std::vector<std::uint8_t> rest() { return take(size_ - at_); }

private:
	const std::uint8_t *data_;
	std::size_t size_;
	std::size_t at_ = 0;
};

inline p2p_bytes view(const std::vector<std::uint8_t> &o, std::size_t n = ~std::size_t{0})
{
	return {o.data(), std::uint32_t(n < o.size() ? n : o.size())};
}

/// A property that must hold whatever the input.
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			std::fprintf(stderr, "%s:%d: must: %s\n", __FILE__,    \
				     __LINE__, #condition);                    \
			std::abort();                                          \
		}                                                              \
	} while (0)

} // namespace p2p
