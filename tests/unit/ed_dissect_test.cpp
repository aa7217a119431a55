// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "ed.h"
#include "told.h"

using namespace p2p;

namespace {

constexpr auto ed = P2P_PROTO_ed_tcp;
const Octets file = noise(16, 5);
const std::string id = " id=" + hex(file);

Octets message(unsigned protocol, unsigned op, const Octets &body = {})
{
	return be8(protocol) + le32(body.size() + 1) + be8(op) + body;
}
Octets donkey(unsigned op, const Octets &body = {}) { return message(0xe3, op, body); }
Octets mule(unsigned op, const Octets &body = {}) { return message(0xc5, op, body); }
Octets counted(std::string_view s) { return le16(s.size()) + text(s); }
Octets endpoint(std::uint32_t address, unsigned port) { return be32(address) + le16(port); }

std::vector<Told> tells(const Octets &bytes)
{
	const Flow flow{{0, bytes}};
	EXPECT_EQ(depends_on_cuts(ed, flow, bytes.size() > 3000 ? 61 : 1), "");
	return heard(ed, flow);
}
using Lines = std::vector<std::string>;
Lines lines(const std::vector<Told> &told)
{
	Lines out;
	for (const auto &t : told)
		out.push_back(line(t));
	return out;
}
Lines said(const Octets &bytes) { return lines(tells(bytes)); }

Octets introduction()
{
	return user_hash() + le32(0x0100a8c0) + le16(4662) + le32(4) + string_tag(1, "somebody") + number_tag(0x11, 0x3c) +
	       number_tag(0xf9, 4672u << 16 | 4673) + short_tag(0x55, "aMule");
}

} // namespace

TEST(EdDissect, Introductions)
{
	auto server = endpoint(0xc6336401, 4661);
	for (const auto &o : {donkey(0x01, be8(16) + introduction() + server), donkey(0x4c, introduction() + server)}) {
		auto told = tells(o + mule(0x97));
		ASSERT_EQ(told.size(), 4u);
		EXPECT_EQ(told[0].family, 0u);
		EXPECT_EQ(told[0].port, 4662u);
		EXPECT_EQ(told[0].l4, 6u);
		EXPECT_EQ(told[1].port, 4672u);
		EXPECT_EQ(told[1].l4, 17u);
		EXPECT_EQ(told[2].port, 4673u);
		EXPECT_EQ(hex(told[3].address), "c6336401");
		EXPECT_EQ(told[3].end - told[3].begin, 6u);
		EXPECT_EQ(told[3].app, unsigned(P2P_APP_EDONKEY));
	}
	EXPECT_EQ(tells(donkey(0x01, introduction())).size(), 3u); /* a login */
	EXPECT_EQ(tells(donkey(0x4c, introduction() + fill(6))).size(), 3u);
}

TEST(EdDissect, WhatIsSaidOfAFile)
{
	EXPECT_EQ(said(donkey(0x58, file + noise(5)) + donkey(0x4f, file) + mule(0x81, file)), (Lines{
		"0 object 0-22" + id + " index=0 offset=0 size=? way=2",
		"0 object 27-49" + id + " index=0 offset=0 size=? way=2",
		"0 object 49-71" + id + " index=0 offset=0 size=? way=2",
	}));
	EXPECT_EQ(said(mule(0xa4, file + le64(5ull << 32) + be8(0x58))), Lines{"0 object 0-30" + id + " index=0 offset=0 size=21474836480 way=2"});
	EXPECT_EQ(said(donkey(0x59, file + counted("a film.avi"))), Lines{"0 object 0-34" + id + " index=0 offset=0 size=? way=1 a film.avi"});
	EXPECT_EQ(said(donkey(0x59, file + counted(""))), Lines{"0 object 0-24" + id + " index=0 offset=0 size=? way=1"});
	EXPECT_EQ(said(donkey(0x50, file + le16(9) + be16(0xff01))), Lines{"0 bitfield 24-26" + id + " index=0 offset=0 size=2 way=0 bytes=2"});
	EXPECT_EQ(said(donkey(0x50, file + le16(0))), Lines{"0 bitfield 24-24" + id + " index=0 offset=0 size=0 way=0 bytes=0"});
	EXPECT_EQ(said(donkey(0x52, file + le16(2) + noise(32))), Lines{"0 object 0-22" + id + " index=0 offset=0 size=? way=1"});
	EXPECT_EQ(said(donkey(0x19, file)), Lines{"0 object 0-22" + id + " index=0 offset=0 size=? way=0"});
	EXPECT_EQ(said(donkey(0x19, file + le32(4096))), Lines{"0 object 0-26" + id + " index=0 offset=0 size=4096 way=0"});
	EXPECT_EQ(said(donkey(0x23, file + le32(0) + le64(1ull << 33))), Lines{"0 object 0-34" + id + " index=0 offset=0 size=8589934592 way=0"});
}

TEST(EdDissect, NamesAreCut)
{
	std::string longer(300, 'x');
	auto told = tells(donkey(0x59, file + counted(longer)) + donkey(0x59, file + counted("y")));
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(told[0].text(), longer.substr(0, 255));
	EXPECT_EQ(told[0].flags, unsigned(P2P_EVENT_CUT));
	EXPECT_EQ(told[0].end, 6u + 18 + 300);
	EXPECT_EQ(told[1].flags, 0u);
	/* one that claims to be longer than its message is no name */
	EXPECT_EQ(tells(donkey(0x59, file + le16(20) + noise(10)) + donkey(0x59, file + counted("y"))).size(), 1u);
}

TEST(EdDissect, SeveralAnswers)
{
	auto told = tells(mule(0x93, file + be8(0x59) + counted("a film") + be8(0x50) + le16(3) + be8(7) + be8(0x9d) + noise(20) +
					     be8(0x59) + counted("again")));
	EXPECT_EQ(lines(told), (Lines{
		"0 object 22-31" + id + " index=0 offset=0 size=? way=1 a film",
		"0 bitfield 34-35" + id + " index=0 offset=0 size=1 way=0 bytes=1",
		"0 object 56-64" + id + " index=0 offset=0 size=? way=1 again",
	}));
	EXPECT_TRUE(tells(mule(0x93, file + be8(0x77) + be8(0x59) + counted("no"))).empty());
}

TEST(EdDissect, Requests)
{
	auto told = tells(donkey(0x47, file + le32(0) + le32(184320) + le32(0) + le32(184320) + le32(368640) + le32(0)));
	EXPECT_EQ(lines(told), (Lines{
		"0 request 0-46" + id + " index=0 offset=0 size=184320 way=0",
		"0 request 0-46" + id + " index=0 offset=184320 size=184320 way=0",
	}));
	told = tells(mule(0xa3, file + le64(1ull << 33) + fill(16) + le64((1ull << 33) + 10) + fill(16)));
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].offset, 1ull << 33);
	EXPECT_EQ(told[0].size, 10u);
}

TEST(EdDissect, Parts)
{
	Octets a = noise(10240, 1), b = noise(500, 2);
	auto part = [](std::uint32_t at, const Octets &o) { return donkey(0x46, file + le32(at) + le32(at + o.size()) + o); };
	auto told = tells(part(9728000, a) + part(9738240, b) +
			  mule(0xa2, file + le64(1ull << 33) + le64((1ull << 33) + b.size()) + b));
	ASSERT_EQ(told.size(), 3u);
	EXPECT_EQ(line(told[0]), "0 data 30-10270" + id + " index=0 offset=9728000 size=0 way=0 bytes=10240");
	EXPECT_EQ(told[0].bytes, a);
	EXPECT_EQ(told[1].bytes, b);
	EXPECT_EQ(told[1].offset, 9738240u);
	EXPECT_EQ(told[2].offset, 1ull << 33);
	EXPECT_EQ(told[2].bytes, b);
}

TEST(EdDissect, PackedParts)
{
	Octets z = zlib(300);
	auto told = tells(mule(0x40, file + le32(184320) + le32(600) + z) + mule(0x40, file + le32(184320) + le32(600) + z) +
			  mule(0xa1, file + le64(1ull << 33) + le32(600) + z));
	ASSERT_EQ(told.size(), 3u);
	for (const auto &t : told) {
		EXPECT_EQ(t.type, unsigned(P2P_EVENT_DATA));
		EXPECT_EQ(t.flags, unsigned(P2P_EVENT_PACKED));
		EXPECT_EQ(t.bytes, z);
	}
	EXPECT_EQ(told[1].offset, 184320u); /* of the block, not of these bytes */
	EXPECT_EQ(told[2].offset, 1ull << 33);
}

TEST(EdDissect, PartsThatDisagreeAreNone)
{
	auto wrong_end = donkey(0x46, file + le32(0) + le32(11) + noise(10));
	auto backwards = donkey(0x46, file + le32(0) + le32(0));
	auto too_small = mule(0x40, file + le32(0) + le32(5) + noise(10));
	EXPECT_EQ(tells(wrong_end + backwards + too_small + donkey(0x4f, file)).size(), 1u);
}

TEST(EdDissect, Chat)
{
	std::string words;
	for (unsigned i = 0; i < 60; i++)
		words += "word " + std::to_string(i) + " ";
	auto told = tells(donkey(0x4e, counted("hello")) + donkey(0x4e, counted(words)) + donkey(0x4e, counted("")));
	ASSERT_EQ(told.size(), 3u);
	EXPECT_EQ(line(told[0]), "0 chat 8-13 hello");
	EXPECT_EQ(told[0].size, 5u);
	EXPECT_EQ(told[1].text() + told[2].text(), words);
	EXPECT_EQ(told[2].offset, 255u);
	EXPECT_EQ(told[2].size, words.size());
}

TEST(EdDissect, Searches)
{
	auto told = tells(donkey(0x16, be16(0) + be16(0) + be8(1) + counted("some") + be8(1) + counted("film") + be8(2) + counted("Video") +
					       counted("\x03") + be8(3) + le32(1000) + be8(1) + counted("\x02") + be8(8) + le64(1) +
					       be8(2) + counted("\x02") + be8(1) + counted("last")));
	Lines words;
	for (const auto &t : told) {
		EXPECT_EQ(t.type, unsigned(P2P_EVENT_SEARCH));
		words.push_back(t.text());
	}
	EXPECT_EQ(words, (Lines{"some", "film", "Video", "last"}));
	EXPECT_EQ(told[0].begin, 10u); /* the term with its type */
	EXPECT_EQ(told[0].end, 17u);
	EXPECT_TRUE(tells(donkey(0x16, be8(1) + counted(""))).empty());
	EXPECT_TRUE(tells(donkey(0x16, be8(7) + noise(30))).empty());
}

TEST(EdDissect, Results)
{
	Octets one = file + endpoint(0xc6336401, 4662) + le32(3) + string_tag(1, "a film.avi") + number_tag(2, 700000000) +
		     number_tag(0x15, 3);
	Octets two = noise(16, 6) + endpoint(0x05000000, 4662) + le32(4) + short_tag(1, "song.mp3") + number_tag(2, 5) +
		     number_tag(0x3a, 2) + (be8(0x82) + be8(9) + counted("ignored"));
	Octets three = noise(16, 7) + endpoint(0xfbfbfbfb, 0xfbfb) + le32(0);
	auto told = tells(donkey(0x33, le32(3) + one + two + three + be8(1)));
	EXPECT_EQ(lines(told), (Lines{
		"0 peer 10-36 c6336401:4662/6",
		"0 object 10-68" + id + " index=0 offset=0 size=700000000 way=0 a film.avi",
		"0 object 68-131 id=" + hex(noise(16, 6)) + " index=0 offset=0 size=8589934597 way=0 song.mp3",
		"0 object 131-157 id=" + hex(noise(16, 7)) + " index=0 offset=0 size=? way=0",
	}));
	told = tells(donkey(0x15, le32(2) + one + two));
	ASSERT_EQ(told.size(), 2u); /* who offers is not whom they name */
	EXPECT_EQ(told[0].text(), "a film.avi");
	/* a count that is a lie, tags without end */
	EXPECT_EQ(tells(donkey(0x33, le32(0xffffffff) + one) + donkey(0x4f, file)).size(), 3u);
	auto crowd = file + endpoint(0xc6336401, 4662) + le32(100000) + string_tag(1, "x");
	EXPECT_EQ(tells(donkey(0x15, le32(1) + crowd) + donkey(0x4f, file)).size(), 1u);
}

TEST(EdDissect, EveryKindOfTag)
{
	auto old = [](unsigned type, const Octets &value) { return be8(type) + le16(4) + text("name") + value; };
	Octets tags = old(1, noise(16)) + old(2, counted("text")) + old(3, le32(1)) + old(4, le32(1)) + old(5, be8(1)) + old(8, le16(1)) +
		      old(9, be8(1)) + old(0x0a, be8(3) + noise(3)) + old(0x0b, le64(1)) + old(0x11, be8('x')) + old(0x20, noise(16)) +
		      (be8(0x88) + be8(2) + le16(4096)) + (be8(0x89) + be8(0x33) + be8(1)) + (be8(0x8b) + be8(0x3a) + le64(0)) +
		      short_tag(1, "last");
	auto told = tells(donkey(0x15, le32(1) + file + fill(6) + le32(15) + tags));
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].text(), "last");
	EXPECT_EQ(told[0].size, 4096u);
	/* a kind that nobody knows the size of ends it */
	EXPECT_TRUE(tells(donkey(0x15, le32(1) + file + fill(6) + le32(2) + old(0x7e, noise(9)) + short_tag(1, "no"))).empty());
}

TEST(EdDissect, Sources)
{
	auto three = endpoint(0xc6336401, 1) + endpoint(0x05000000, 2) + endpoint(0xc6336403, 3);
	EXPECT_EQ(said(donkey(0x42, file + be8(3) + three)), (Lines{"0 peer 23-29 c6336401:1/6", "0 peer 35-41 c6336403:3/6"}));
	EXPECT_EQ(said(donkey(0x44, file + be8(2) + endpoint(0xc6336401, 1) + be8(0x83) + noise(16) + endpoint(0xc6336402, 2) + be8(0))),
		  (Lines{"0 peer 23-29 c6336401:1/6", "0 peer 46-52 c6336402:2/6"}));
	EXPECT_EQ(said(donkey(0x32, be8(1) + endpoint(0xc6336409, 4661))), Lines{"0 peer 7-13 c6336409:4661/6"});
	EXPECT_EQ(said(donkey(0x35, endpoint(0xc6336409, 4662) + noise(17))), Lines{"0 peer 0-12 c6336409:4662/6"});
	EXPECT_EQ(said(donkey(0x41, noise(16) + endpoint(0xc6336409, 4661) + le32(0))), Lines{"0 peer 0-32 c6336409:4661/6"});
	EXPECT_TRUE(tells(donkey(0x42, file + be8(200))).empty());
}

TEST(EdDissect, SourceExchange)
{
	auto first = endpoint(0xc6336401, 4662) + endpoint(0x01020304, 4661);
	auto later = le32(0xc6336401) + le16(4662) + endpoint(0x01020304, 4661) + noise(16); /* the address backwards */
	for (unsigned op : {0x82u, 0x84u}) {
		Octets head = (op == 0x84 ? be8(4) : Octets{}) + file;
		for (const auto &entry : {first, later, later + be8(3)}) {
			auto told = tells(mule(op, head + le16(2) + entry + entry));
			ASSERT_EQ(told.size(), 2u);
			EXPECT_EQ(hex(told[1].address), "c6336401");
			EXPECT_EQ(told[1].port, 4662u);
			EXPECT_EQ(told[1].end - told[1].begin, entry.size());
		}
		EXPECT_TRUE(tells(mule(op, head + le16(0))).empty());
		EXPECT_TRUE(tells(mule(op, head + le16(2) + first)).empty());
		EXPECT_TRUE(tells(mule(op, head + le16(1) + first + be8(0))).empty() == false); /* 13 bytes each */
		EXPECT_TRUE(tells(mule(op, head + le16(1) + noise(40))).empty());
	}
}

TEST(EdDissect, PackedMessages)
{
	EXPECT_EQ(said(message(0xd4, 0x15, zlib(60)) + donkey(0x4f, file)),
		  (Lines{"0 unread 0-66", "0 object 66-88" + id + " index=0 offset=0 size=? way=2"}));
}

TEST(EdDissect, Loss)
{
	EXPECT_EQ(said(donkey(0x4f, file) + noise(100)), (Lines{"0 object 0-22" + id + " index=0 offset=0 size=? way=2", "0 desync 22-28"}));
	EXPECT_EQ(said(be8(0xe3) + le32(0) + be8(1)), Lines{"0 desync 0-6"});
	EXPECT_EQ(said(be8(0xe3) + le32(2000001) + be8(1)), Lines{"0 desync 0-6"});
	EXPECT_EQ(said(be8(0xe4) + le32(1) + be8(1)), Lines{"0 desync 0-6"});
}

TEST(EdDissect, MidstreamIsFoundByAPart)
{
	Octets a = noise(10240, 1);
	for (std::size_t before : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 500u})
		for (const auto &part : {donkey(0x46, file + le32(0) + le32(a.size()) + a),
					 mule(0xa2, file + le64(1ull << 33) + le64((1ull << 33) + a.size()) + a),
					 mule(0x40, file + le32(0) + le32(70000) + a), mule(0xa1, file + le64(0) + le32(70000) + a)}) {
			Flow flow{{0, noise(before, 4) + part + donkey(0x4f, file), P2P_GAP_UNKNOWN}};
			auto told = heard(ed, flow);
			ASSERT_EQ(told.size(), 3u) << before;
			EXPECT_EQ(told[1].bytes, a);
			EXPECT_TRUE(told[1].flags & P2P_EVENT_RESYNCED);
			EXPECT_EQ(told[2].type, unsigned(P2P_EVENT_OBJECT));
			EXPECT_EQ(depends_on_cuts(ed, flow, 499), "");
		}
	/* and who asks for parts, by the request for some */
	for (const auto &ask : {donkey(0x47, file + le32(0) + fill(8) + le32(5) + fill(8)), mule(0xa3, file + fill(24) + le64(5) + fill(16))}) {
		Flow flow{{1, noise(33) + ask + donkey(0x4f, file), P2P_GAP_UNKNOWN}};
		auto told = heard(ed, flow);
		ASSERT_EQ(told.size(), 3u);
		EXPECT_EQ(told[1].type, unsigned(P2P_EVENT_REQUEST));
		EXPECT_EQ(told[1].begin, 33u);
		EXPECT_EQ(depends_on_cuts(ed, flow), "");
	}
	/* what only looks like one is none, and told once */
	EXPECT_EQ(said(noise(6) + donkey(0x46, file + le32(0) + le32(7) + noise(3000)) + donkey(0x4f, file)), Lines{"0 desync 0-6"});
}

TEST(EdDissect, Holes)
{
	Octets a = noise(10240, 1);
	Octets all = donkey(0x4f, file) + donkey(0x46, file + le32(0) + le32(a.size()) + a) + donkey(0x59, file + counted("name"));
	auto lose = [&](std::size_t from, std::size_t n) {
		Flow flow{{0, prefix(all, from)}, {0, suffix(all, from + n), n}};
		EXPECT_EQ(depends_on_cuts(ed, flow, 499), "");
		return heard(ed, flow);
	};
	auto told = lose(22 + 30 + 100, 1460); /* in the data */
	ASSERT_EQ(told.size(), 4u);
	EXPECT_EQ(told[1].bytes, prefix(a, 100));
	EXPECT_EQ(told[2].offset, 1560u);
	EXPECT_EQ(told[2].bytes, suffix(a, 1560));
	told = lose(22 + 10, 100); /* in a part's header: the whole part */
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(told[1].text(), "name");
	told = lose(22 + 2, 100); /* in a message's header */
	EXPECT_EQ(lines(told).back(), "0 desync 22-124");
}
