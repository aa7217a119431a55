// SPDX-License-Identifier: GPL-2.0-only
//
// Random data is what encrypted traffic looks like. None of it may be named:
// a million payloads of random bytes and a million of printable ones, as TCP
// from its beginning, TCP in mid-stream, and UDP.
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

class Random {
public:
	explicit Random(std::uint64_t seed) : x_{seed} {}
	/// xorshift64*, Vigna 2016
	std::uint64_t operator()()
	{
		x_ ^= x_ >> 12;
		x_ ^= x_ << 25;
		x_ ^= x_ >> 27;
		return x_ * 2685821657736338717u;
	}

private:
	std::uint64_t x_;
};

/// @return flows that were named, of enough to show @p payloads payloads
unsigned named(std::uint64_t seed, unsigned payloads, bool printable)
{
	Random random{seed};
	unsigned flows = 0, found = 0;
	for (unsigned shown = 0; shown < payloads; flows++) {
		auto kind = random() % 3;
		auto talk = kind == 0 ? Talk::tcp(std::uint32_t(random())) :
			    kind == 1 ? Talk::midstream() :
					Talk::udp();
		for (unsigned n = 0; n < 24 && talk.undecided(); n++, shown++) {
			auto shape = random();
			/* mostly small, sometimes a full packet */
			Octets o(1 + shape % (shape >> 32 & 15 ? 120 : 1448));
			for (std::size_t i = 0; i < o.size();)
				/* all eight of a word: those that are zero at its end, too */
				for (auto bits = random(), n = std::uint64_t{8}; n && i < o.size(); n--, bits >>= 8)
					o[i++] = std::uint8_t(printable ? ' ' + (bits & 0xff) % 95 : bits);
			talk.send(shape >> 40 & 1, o);
		}
		found += !talk.undecided() && !talk.refused();
	}
	EXPECT_GT(flows, payloads / 30);
	return found;
}

} // namespace

TEST(Random, BytesAreNothing)
{
	EXPECT_EQ(named(0x6b703270, 1000000, false), 0u);
}

TEST(Random, TextIsNothing)
{
	EXPECT_EQ(named(0x70616464, 1000000, true), 0u);
}
