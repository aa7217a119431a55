// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "bt.h"
#include "told.h"

using namespace p2p;

namespace {

const Octets hash = noise(20, 42);
const Octets hello = bt_handshake(hash);
constexpr auto bt = P2P_PROTO_bt_peer;

/// Told by @p bytes behind a handshake, and the same however they are cut
std::vector<Told> after_hello(const Octets &bytes)
{
	const Flow flow{{0, hello + bytes}};
	EXPECT_EQ(depends_on_cuts(bt, flow, bytes.size() > 4000 ? 61 : 1), "");
	auto told = heard(bt, flow);
	EXPECT_EQ(told.at(0).type, unsigned(P2P_EVENT_OBJECT));
	told.erase(told.begin());
	return told;
}
std::vector<std::string> lines(const std::vector<Told> &told)
{
	std::vector<std::string> out;
	for (const auto &t : told)
		out.push_back(line(t));
	return out;
}
using Lines = std::vector<std::string>;

} // namespace

TEST(BtDissect, Handshake)
{
	auto told = heard(bt, {{0, hello}, {1, hello}});
	ASSERT_EQ(told.size(), 2u);
	for (unsigned dir : {0u, 1u}) {
		EXPECT_EQ(told[dir].type, unsigned(P2P_EVENT_OBJECT));
		EXPECT_EQ(told[dir].dir, dir);
		EXPECT_EQ(told[dir].app, unsigned(P2P_APP_BITTORRENT));
		EXPECT_EQ(told[dir].kind, unsigned(P2P_ID_INFOHASH));
		EXPECT_EQ(told[dir].id, hash);
		EXPECT_EQ(told[dir].content, unsigned(P2P_CONTENT_BOTH));
		EXPECT_EQ(told[dir].size, P2P_SIZE_UNKNOWN);
		EXPECT_EQ(told[dir].begin, 0u);
		EXPECT_EQ(told[dir].end, 48u); /* as soon as the hash is there */
	}
}

TEST(BtDissect, Messages)
{
	Octets bits = noise(600, 3);
	auto told = after_hello(be32(0) + bt_message(2) + bt_message(5, bits) + bt_message(4, be32(7)) + bt_message(14) +
				bt_request(3, 0x8000) + bt_message(8, fill(12)) + bt_message(9, be16(6881)) +
				bt_message(15) + bt_message(99, noise(50)));
	EXPECT_EQ(lines(told), (Lines{
		"0 bitfield 82-337 id=" + hex(hash) + " index=0 offset=0 size=600 way=0 bytes=255",
		"0 bitfield 337-592 id=" + hex(hash) + " index=0 offset=255 size=600 way=0 bytes=255",
		"0 bitfield 592-682 id=" + hex(hash) + " index=0 offset=510 size=600 way=0 bytes=90",
		"0 have 682-691 7",
		"0 have 691-696 4294967295",
		"0 request 696-713 id=" + hex(hash) + " index=3 offset=32768 size=16384 way=0",
		"0 peer 730-737 :6881/17",
	}));
	Octets all;
	for (const auto &t : told)
		if (t.type == P2P_EVENT_BITFIELD)
			all += t.bytes;
	EXPECT_EQ(all, bits);
}

TEST(BtDissect, Pieces)
{
	Octets a = noise(0x4000, 1), b = noise(777, 2);
	auto told = after_hello(bt_piece(5, 0x4000, a) + bt_message(4, be32(1)) + bt_piece(0xffffffff, 0xffffffff, b) +
				bt_piece(1, 2, {}));
	ASSERT_EQ(told.size(), 3u);
	EXPECT_EQ(line(told[0]), "0 data 81-16465 id=" + hex(hash) + " index=5 offset=16384 size=0 way=0 bytes=16384");
	EXPECT_EQ(told[0].bytes, a);
	EXPECT_EQ(line(told[1]), "0 have 16465-16474 1");
	EXPECT_EQ(told[2].bytes, b);
	EXPECT_EQ(told[2].index, 0xffffffffu);
	EXPECT_EQ(told[2].offset, 0xffffffffu);
}

TEST(BtDissect, MessagesOfAnotherLengthArePassedOver)
{
	auto told = after_hello(bt_message(4, be32(7) + be8(0)) + bt_message(4, be16(7)) + bt_message(6, fill(13)) +
				bt_message(7, fill(7)) + bt_message(9, be8(1)) + bt_message(14, be8(1)) + bt_message(5) +
				bt_message(20) + bt_message(4, be32(9)));
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].index, 9u);
}

TEST(BtDissect, ExtendedHandshake)
{
	auto told = after_hello(bt_extended(0, text("d1:ei0e1:md11:ut_metadatai2e6:ut_pexi1e1:pi9ee13:metadata_sizei34256e"
						    "1:pi51413e4:reqqi500e1:v17:libtorrent/2.0.8.6:yourip4:") +
						       be32(0x0a4d0001) + text("e")));
	ASSERT_EQ(lines(told).size(), 1u);
	EXPECT_EQ(told[0].port, 51413u);
	EXPECT_EQ(told[0].family, 0u);
	EXPECT_EQ(told[0].l4, 6u);
	for (auto port : {"0", "65536", "4294967297", "-1e"}) {
		auto none = after_hello(bt_extended(0, text(std::string{"d1:pi"} + port + "ee")));
		EXPECT_TRUE(none.empty() || none[0].port == 1) << port;
	}
	/* in another message it means nothing, nor does a list before it help */
	EXPECT_TRUE(after_hello(bt_extended(3, text("d1:pi51413ee"))).empty());
	EXPECT_TRUE(after_hello(bt_extended(0, text("ld1:pi51413eee"))).empty());
	EXPECT_TRUE(after_hello(bt_extended(0, text("d1:md1:pi51413eee"))).empty());
}

TEST(BtDissect, PeerExchange)
{
	Octets four = be32(0xc6336401) + be16(6881) + be32(0xc6336402) + be16(0) + be32(0xc6336403) + be16(80);
	Octets six = text("\x20\x01\x0d\xb8") + noise(12) + be16(51413);
	auto told = after_hello(bt_extended(1, text("d5:added") + bt_string(four) + text("7:added.f3:abc6:added6") +
						       bt_string(six) + text("8:added6.f1:x7:dropped6:aaaaaae")));
	ASSERT_EQ(told.size(), 3u); /* port 0 is nobody's */
	EXPECT_EQ(hex(told[0].address), "c6336401");
	EXPECT_EQ(told[0].port, 6881u);
	EXPECT_EQ(told[1].port, 80u);
	EXPECT_EQ(told[1].end - told[1].begin, 6u);
	EXPECT_EQ(told[2].family, 6u);
	EXPECT_EQ(told[2].address, prefix(six, 16));
	EXPECT_EQ(told[2].port, 51413u);
	/* a string that is not of six-byte entries ends where it ends */
	EXPECT_EQ(after_hello(bt_extended(1, text("d5:added") + bt_string(prefix(four, 17)) + text("1:xi1ee"))).size(), 1u);
	/* one that claims to be longer than its message takes nothing from the next */
	auto next = after_hello(bt_extended(1, text("d5:added600:") + prefix(four, 6)) + bt_message(4, be32(3)));
	ASSERT_EQ(next.size(), 2u);
	EXPECT_EQ(next[0].type, unsigned(P2P_EVENT_PEER));
	EXPECT_EQ(next[1].type, unsigned(P2P_EVENT_HAVE));
}

TEST(BtDissect, LargePeerExchange)
{
	Octets many;
	for (unsigned i = 0; i < 5000; i++)
		many += be32(0xc6336400 + i) + be16(1 + i);
	auto told = heard(bt, {{0, hello + bt_extended(1, text("d5:added") + bt_string(many) + text("e"))}});
	EXPECT_EQ(told.size(), 5001u);
}

TEST(BtDissect, Metadata)
{
	Octets part = noise(300, 8);
	auto told = after_hello(bt_extended(2, text("d8:msg_typei1e5:piecei2e10:total_sizei33068ee") + part) +
				bt_extended(2, text("d8:msg_typei0e5:piecei2ee") + part) +
				bt_extended(2, text("d8:msg_typei2e5:piecei2ee")));
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].flags, unsigned(P2P_EVENT_METADATA));
	EXPECT_EQ(told[0].offset, 32768u);
	EXPECT_EQ(told[0].bytes, part);
	/* and a piece behind it is no metadata */
	auto next = after_hello(bt_extended(2, text("d8:msg_typei1e5:piecei0ee") + part) + bt_piece(0, 0, part));
	ASSERT_EQ(next.size(), 2u);
	EXPECT_EQ(next[1].flags, 0u);
}

TEST(BtDissect, BencodingThatIsNone)
{
	Octets deep = text("d1:a") + fill(3000, 'l') + fill(3000, 'e') + text("1:pi7ee");
	for (const auto &o : {text("d"), text("e"), text("de"), text("i1e"), text("dd"), text("dldee"), text("d1:a"), text("d9:p"),
			      text("d:"), text("d1:p1:x1:pi6ee1"), text("di1ei2ee"), text("d99999999999999:x"), deep, fill(300, 'd'),
			      noise(200), text("d1:aee")}) {
		auto told = after_hello(bt_extended(0, o) + bt_message(4, be32(3)));
		ASSERT_FALSE(told.empty());
		EXPECT_EQ(told.back().type, unsigned(P2P_EVENT_HAVE)); /* the frame holds */
	}
}

TEST(BtDissect, ALengthThatNobodyTakes)
{
	auto told = after_hello(bt_message(4, be32(3)) + be32((1 << 20) + 1) + be8(7) + noise(300) + bt_message(4, be32(5)));
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(line(told[1]), "0 desync 77-82");
}

TEST(BtDissect, AHeaderBehindALengthThatNobodyTakes)
{
	auto told = after_hello(bt_message(4, be32(3)) + be32((1 << 20) + 1) + bt_piece(5, 0, fill(16384, 'x')));
	ASSERT_GE(told.size(), 3u);
	EXPECT_EQ(line(told[1]), "0 desync 77-82");
	EXPECT_EQ(told[2].type, unsigned(P2P_EVENT_DATA));
	EXPECT_EQ(told[2].index, 5u);
}

TEST(BtDissect, NoHandshake)
{
	EXPECT_EQ(lines(heard(bt, {{0, noise(3000)}})), Lines{"0 desync 0-20"});
	EXPECT_TRUE(heard(bt, {{0, prefix(hello, 40)}}).empty());
}

TEST(BtDissect, MidstreamIsFoundByABlock)
{
	Octets a = noise(0x4000, 1), b = noise(0x4000, 2);
	for (std::size_t before : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 1000u}) {
		Flow flow{{1, noise(before, 9) + bt_piece(5, 0x4000, a) + bt_piece(5, 0x8000, b) + bt_message(4, be32(1)), P2P_GAP_UNKNOWN}};
		auto told = heard(bt, flow);
		ASSERT_EQ(told.size(), 4u) << before;
		EXPECT_EQ(told[0].type, unsigned(P2P_EVENT_DESYNC));
		EXPECT_EQ(told[1].bytes, a);
		EXPECT_EQ(told[1].kind, unsigned(P2P_ID_NONE)); /* whose they are nobody said */
		EXPECT_EQ(told[1].flags, unsigned(P2P_EVENT_RESYNCED));
		EXPECT_EQ(told[1].begin, before + 13);
		EXPECT_EQ(told[2].offset, 0x8000u);
		EXPECT_EQ(told[2].bytes, b);
		EXPECT_EQ(told[3].type, unsigned(P2P_EVENT_HAVE));
		EXPECT_EQ(depends_on_cuts(bt, flow, 997), "");
	}
}

TEST(BtDissect, MidstreamIsFoundByARequest)
{
	for (std::size_t before : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 500u})
		for (const auto &last : {Octets{}, fill(3), be8(0x0d), text("\x40\x09"), be32(0)}) {
			Flow flow{{1, noise(before, 9) + last + bt_request(5, 0x4000) + bt_message(4, be32(1)), P2P_GAP_UNKNOWN}};
			auto told = heard(bt, flow);
			ASSERT_EQ(told.size(), 3u) << before;
			EXPECT_EQ(told[1].type, unsigned(P2P_EVENT_REQUEST));
			EXPECT_EQ(told[1].begin, before + last.size());
			EXPECT_EQ(told[1].offset, 0x4000u);
			EXPECT_EQ(told[1].size, 0x4000u);
			EXPECT_EQ(told[2].type, unsigned(P2P_EVENT_HAVE));
			EXPECT_EQ(depends_on_cuts(bt, flow, 13), "");
		}
}

TEST(BtDissect, Holes)
{
	Octets a = noise(0x4000, 1);
	Octets said = hello + bt_message(5, noise(40)) + bt_piece(5, 0, a) + bt_message(4, be32(8)) + bt_piece(6, 0, a);
	auto lose = [&](std::size_t from, std::size_t n) {
		Flow flow{{0, prefix(said, from)}, {0, suffix(said, from + n), n}};
		EXPECT_EQ(depends_on_cuts(bt, flow, 997), "");
		return heard(bt, flow);
	};
	/* in a block: just those bytes, up to its last */
	for (std::size_t n : {1u, 1460u, 0x4000u - 1000u}) {
		auto told = lose(68 + 45 + 13 + 1000, n);
		ASSERT_EQ(told.size(), n == 0x4000 - 1000 ? 5u : 6u);
		EXPECT_EQ(told[2].bytes, prefix(a, 1000));
		if (told.size() == 6) {
			EXPECT_EQ(told[3].offset, 1000 + n);
			EXPECT_EQ(told[3].bytes, suffix(a, 1000 + n));
		}
		EXPECT_EQ(told.back().bytes, a);
		EXPECT_EQ(told.back().flags, 0u);
	}
	/* in a bit field: the rest of it */
	auto told = lose(68 + 20, 3);
	EXPECT_EQ(told[1].type, unsigned(P2P_EVENT_DATA));
	/* over its end: a block finds the way again, and says so */
	told = lose(68 + 20, 100);
	EXPECT_EQ(line(told[1]), "0 desync 73-188");
	EXPECT_EQ(told[2].index, 6u);
	EXPECT_EQ(told[2].flags, unsigned(P2P_EVENT_RESYNCED));
}

TEST(BtDissect, TheOtherDirectionIsNotDisturbed)
{
	auto told = heard(bt, {{0, hello}, {1, noise(40)}, {0, bt_message(4, be32(1))}});
	ASSERT_EQ(told.size(), 3u);
	EXPECT_EQ(told[2].type, unsigned(P2P_EVENT_HAVE));
}

TEST(BtDissect, NothingBehindTheEnd)
{
	Listener l{bt};
	l.hear({{0, hello}});
	l.end(0);
	l.hear({{0, bt_message(4, be32(1))}, {1, hello}});
	EXPECT_EQ(l.told().size(), 2u);
}
