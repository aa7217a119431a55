// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "talk.h"

using namespace p2p;

namespace {

const std::uint32_t tid = 0xc0ffee01;

Octets connect() { return be64(0x41727101980) + be32(0) + be32(tid); }
Octets connected() { return be32(0) + be32(tid) + be64(0x1122334455667788); }
Octets announce(unsigned event = 2, std::uint32_t wanted = ~0u)
{
	return be64(0x1122334455667788) + be32(1) + be32(tid + 1) + noise(20) + text("-LT2080-") + noise(12) +
	       be64(0) + be64(4000000) + be64(0) + be32(event) + be32(0) + noise(4) + be32(wanted) + be16(6881);
}
Octets announced(unsigned peers, std::uint32_t t = tid + 1, std::uint32_t interval = 1800)
{
	return be32(1) + be32(t) + be32(interval) + be32(3) + be32(4) + noise(6 * peers);
}
Octets scrape(unsigned hashes = 1)
{
	Octets o = be64(0x1122334455667788) + be32(2) + be32(tid + 2);
	for (unsigned i = 0; i < hashes; i++)
		o += noise(20, i + 5);
	return o;
}
Octets scraped(unsigned hashes = 1, std::uint32_t t = tid + 2) { return be32(2) + be32(t) + fill(12 * hashes, 1); }
bool is_tracker(const Talk &t) { return t.is(P2P_PROTO_bt_tracker); }

} // namespace

TEST(UdpTracker, ConnectSaysItAll)
{
	for (unsigned dir : {0u, 1u}) {
		auto t = Talk::udp();
		EXPECT_EQ(t.send(dir, connect()), P2P_YES);
		EXPECT_TRUE(is_tracker(t));
	}
	for (std::size_t n = 1; n < 16; n++) {
		auto t = Talk::udp();
		EXPECT_NE(t.send(0, prefix(connect(), n)), P2P_YES) << n;
	}
}

TEST(UdpTracker, AnnounceAlone)
{
	for (const auto &o : {announce(), announce(0, 200), announce(3) + be8(2) + be8(9) + text("/announce")}) {
		auto t = Talk::udp();
		t.send(0, o);
		EXPECT_TRUE(is_tracker(t));
	}
	for (const auto &o : {announce(4), announce(2, 1000000), prefix(announce(), 97)}) {
		auto t = Talk::udp();
		t.send(0, o);
		EXPECT_TRUE(t.refused());
	}
	auto t = Talk::udp();
	t.send(0, be64(1) + be32(1) + fill(86));
	EXPECT_TRUE(t.refused());
}

TEST(UdpTracker, AnswersAlone)
{
	auto t = Talk::udp();
	EXPECT_EQ(t.send(1, connected()), P2P_MORE);
	EXPECT_EQ(t.send(1, announced(5)), P2P_YES);
	EXPECT_TRUE(is_tracker(t));

	auto six = Talk::udp();
	six.send(1, connected());
	six.send(1, announced(0, tid + 1) + noise(18 * 4));
	EXPECT_TRUE(is_tracker(six));

	/* what looks like an announce's answer, again and again, may be anybody's counters */
	auto later = Talk::udp();
	for (unsigned i = 0; i < 12; i++)
		EXPECT_NE(later.send(0, announced(2, tid + i)), P2P_YES);
}

TEST(UdpTracker, ScrapeIsAnswered)
{
	auto t = Talk::udp();
	EXPECT_EQ(t.send(0, scrape(3)), P2P_MORE);
	EXPECT_EQ(t.send(1, scraped(3)), P2P_YES);
	EXPECT_TRUE(is_tracker(t));
	auto error = Talk::udp();
	error.send(0, scrape());
	EXPECT_EQ(error.send(1, be32(3) + be32(tid + 2) + text("no such torrent")), P2P_YES);
	auto wrong = Talk::udp();
	wrong.send(0, scrape());
	EXPECT_NE(wrong.send(1, scraped(1, 5)), P2P_YES);
	auto same = Talk::udp();
	same.send(0, scrape());
	EXPECT_NE(same.send(0, scraped()), P2P_YES); /* nobody answers himself */
}

TEST(UdpTracker, OthersWithSmallNumbersInFront)
{
	const Octets looks[] = {
		be32(0) + be32(7) + be64(0x55), be32(1) + be32(5) + be32(1) + be32(0) + be32(0),
		be32(1) + be32(0x77) + be32(0) + fill(40), be32(2) + be32(9) + noise(24),
		be32(3) + be32(1) + fill(8), fill(16), fill(98), fill(20, 0xff),
		be32(5) + be32(1) + noise(64), /* sFlow */
	};
	for (const auto &a : looks)
		for (const auto &b : looks) {
			auto t = Talk::udp();
			for (unsigned i = 0; i < 24; i++)
				t.send(i & 1, i & 2 ? a : b);
			EXPECT_FALSE(is_tracker(t)) << (&a - looks) << " " << (&b - looks);
		}
	/* An echo: both sides send what looks like an answer. */
	auto echo = Talk::udp();
	for (unsigned i = 0; i < 20; i++)
		echo.send(i & 1, connected());
	EXPECT_FALSE(is_tracker(echo));
}

TEST(UdpTracker, TruncatedAtEveryLength)
{
	for (const auto &o : {announce() + be8(2) + be8(9) + text("/announce"), announced(5), scrape(3), scraped(3)})
		for (std::size_t n = 1; n <= o.size(); n++) {
			auto t = Talk::udp();
			t.at(0, 0, o, n);
			t.at(1, 0, prefix(o, n));
		}
}
