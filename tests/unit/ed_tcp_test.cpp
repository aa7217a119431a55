// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "ed.h"
#include "talk.h"

using namespace p2p;

namespace {

Octets message(unsigned protocol, unsigned op, const Octets &body = {})
{
	return be8(protocol) + le32(body.size() + 1) + be8(op) + body;
}
Octets donkey(unsigned op, const Octets &body = {}) { return message(0xe3, op, body); }
Octets mule(unsigned op, const Octets &body = {}) { return message(0xc5, op, body); }

Octets introduction()
{
	return user_hash() + le32(0x0100a8c0) + le16(4662) + le32(3) + string_tag(1, "somebody") + number_tag(0x11, 0x3c) +
	       number_tag(0xfb, 0x80);
}
Octets hello() { return donkey(0x01, be8(16) + introduction() + le32(0) + le16(0)); }
Octets part(std::uint32_t begin = 9728000, std::uint32_t size = 10240)
{
	return be8(0xe3) + le32(25 + size) + be8(0x46) + noise(16) + le32(begin) + le32(begin + size);
}
Octets request()
{
	return donkey(0x47, noise(16) + le32(0) + le32(184320) + le32(0) + le32(184320) + le32(368640) + le32(0));
}
const Octets status = donkey(0x34, le32(20000) + le32(100000));
const Octets new_id = donkey(0x40, le32(0x11223344) + le32(0x19));

bool is_tcp(const Talk &t) { return t.is(P2P_PROTO_ed_tcp); }
bool begun(const Octets &payload, unsigned dir = 0)
{
	auto t = Talk::tcp();
	t.send(dir, payload);
	return is_tcp(t);
}
bool midstream(const Octets &payload, unsigned dir = 0)
{
	auto t = Talk::midstream();
	t.send(dir, payload);
	return is_tcp(t);
}

} // namespace

TEST(EdTcp, Introductions)
{
	const Octets looks[] = {
		hello(), donkey(0x4c, introduction() + le32(0) + le16(0)), donkey(0x01, introduction()),
		mule(0x01, be8(0x49) + be8(1) + le32(1) + number_tag(0x20, 1)),
		mule(0x02, be8(0x49) + be8(1) + le32(1) + short_tag(0x20, "abc")),
	};
	for (const auto &o : looks)
		for (unsigned dir : {0u, 1u}) {
			EXPECT_TRUE(begun(o, dir)) << (&o - looks);
			EXPECT_TRUE(midstream(o, dir)) << (&o - looks);
		}
}

TEST(EdTcp, HelloAtEveryLength)
{
	/* decided as soon as the first tag is whole, and not refused before */
	const Octets all = hello();
	const std::size_t enough = 6 + 1 + 26 + 14;
	for (std::size_t n = 1; n <= all.size(); n++) {
		auto t = Talk::tcp();
		EXPECT_EQ(t.send(0, prefix(all, n)), n < enough ? P2P_MORE : P2P_YES) << n;
	}
	auto drops = Talk::tcp();
	for (std::size_t n = 0; n < all.size(); n++)
		drops.send(0, {all[n]});
	EXPECT_TRUE(is_tcp(drops));
}

TEST(EdTcp, HelloThatNobodySays)
{
	auto tagless = be8(16) + user_hash() + le32(1) + le16(4662) + le32(0);
	auto crowded = be8(16) + user_hash() + le32(1) + le16(4662) + le32(100000) + string_tag(1, "x");
	auto odd = be8(16) + user_hash() + le32(1) + le16(4662) + le32(2) + be8(0x7f) + noise(40);
	for (const auto &o : {tagless, crowded, odd}) {
		EXPECT_FALSE(begun(donkey(0x01, o)));
		EXPECT_FALSE(midstream(donkey(0x01, o)));
	}
}

TEST(EdTcp, OtherBeginningsAreRefused)
{
	for (const auto &o : {text("GET / HTTP/1.1\r\n\r\n"), fill(6), be8(0xe3) + fill(20), be8(0xe3) + le32(1u << 24) + be8(1),
			      be8(0xd4) + text("\xc3\xb2\xa1\x02") + noise(40), text("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86")}) {
		auto t = Talk::tcp();
		t.send(0, o);
		EXPECT_TRUE(t.refused());
	}
}

TEST(EdTcp, ServersSide)
{
	auto greeting = donkey(0x38, le16(19) + text("a server of the lab"));
	EXPECT_TRUE(begun(greeting + new_id, 1));
	EXPECT_TRUE(midstream(greeting + new_id + status, 1));
	auto t = Talk::tcp();
	t.send(1, greeting);
	EXPECT_TRUE(t.undecided()); /* one message of a fixed length is no proof */
	t.send(1, new_id);
	EXPECT_TRUE(is_tcp(t));
	EXPECT_TRUE(midstream(donkey(0x42, noise(16) + be8(3) + noise(18)) + status, 1));
	EXPECT_FALSE(midstream(donkey(0x42, noise(16) + be8(3) + noise(17)) + status, 1));
	EXPECT_TRUE(midstream(donkey(0x32, be8(2) + noise(12)) + new_id));
}

TEST(EdTcp, Packed)
{
	EXPECT_TRUE(begun(message(0xd4, 0x15, zlib(60))));
	EXPECT_TRUE(midstream(message(0xd4, 0x33, zlib(900))));
	for (Octets o : {Octets{0x78, 0x9d, 0xbd}, Octets{0x79, 0x9c, 0xbd}, Octets{0x78, 0x9c, 0xbf}, Octets{0x78, 0x9c}})
		EXPECT_FALSE(midstream(message(0xd4, 0x33, o)));
}

TEST(EdTcp, Requests)
{
	EXPECT_TRUE(midstream(request()));
	EXPECT_TRUE(midstream(mule(0xa3, noise(16) + le64(1ull << 33) + fill(16) + le64((1ull << 33) + 184320) + fill(16))));
	EXPECT_FALSE(midstream(donkey(0x47, noise(16) + fill(24))));
	EXPECT_FALSE(midstream(donkey(0x47, noise(40, 3))));
	EXPECT_FALSE(midstream(prefix(request(), 45)));
	EXPECT_FALSE(midstream(suffix(request(), 1)));
}

TEST(EdTcp, PartsAmidTheData)
{
	for (std::size_t at : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 100u, 999u, 1400u})
		EXPECT_TRUE(midstream(noise(at) + part() + noise(20))) << at;
	EXPECT_TRUE(midstream(fill(1000) + part()));
	EXPECT_TRUE(midstream(fill(3, 0x46) + part()));
	auto packed = be8(0xc5) + le32(25 + 10240) + be8(0x40) + noise(16) + le32(184320) + le32(90000);
	EXPECT_TRUE(midstream(noise(77) + packed + zlib(30)));
	auto big = be8(0xc5) + le32(33 + 10240) + be8(0xa2) + noise(16) + le64(1ull << 33) + le64((1ull << 33) + 10240);
	EXPECT_TRUE(midstream(noise(77) + big));
	auto big_packed = be8(0xc5) + le32(29 + 10240) + be8(0xa1) + noise(16) + le64(1ull << 33) + le32(90000);
	EXPECT_TRUE(midstream(noise(77) + big_packed));
}

TEST(EdTcp, PartsThatDisagree)
{
	auto wrong_end = be8(0xe3) + le32(25 + 10240) + be8(0x46) + noise(16) + le32(0) + le32(10241);
	auto too_small = be8(0xc5) + le32(25 + 10240) + be8(0x40) + noise(16) + le32(0) + le32(500);
	for (const auto &o : {wrong_end, too_small, prefix(part(), 29)}) {
		EXPECT_FALSE(midstream(noise(50) + o));
		EXPECT_FALSE(midstream(o));
	}
}

TEST(EdTcp, DataDirectionAlone)
{
	Octets stream;
	for (unsigned i = 0; i < 8; i++)
		stream += part(9728000 + 10240 * i) + noise(10240, i + 1);
	for (std::size_t mss : {536u, 1348u, 1448u, 1460u})
		for (std::size_t from = 20; from < 10240; from += 1009) {
			auto t = Talk::midstream();
			for (std::size_t at = from; at + mss < stream.size() && t.undecided(); at += mss)
				t.send(0, prefix(suffix(stream, at), mss));
			EXPECT_TRUE(is_tcp(t)) << mss << " " << from;
		}
}

TEST(EdTcp, OneKindIsNoProof)
{
	for (const auto &o : {status, donkey(0x14), mule(0x97), donkey(0x19, noise(16)), mule(0x60, fill(12))}) {
		auto t = Talk::midstream();
		for (unsigned i = 0; i < 25; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_tcp(t));
	}
	auto t = Talk::midstream();
	t.send(0, donkey(0x58, noise(16)) + donkey(0x4f, noise(16)));
	t.send(1, donkey(0x59, noise(16) + le16(4) + text("film")));
	EXPECT_TRUE(is_tcp(t));
}

TEST(EdTcp, MessagesMustFillThePacket)
{
	EXPECT_FALSE(midstream(status + be8(1)));
	EXPECT_FALSE(midstream(prefix(status + new_id, 24)));
	EXPECT_FALSE(midstream(status + be8(1) + new_id));
	EXPECT_FALSE(midstream(be8(0) + status + new_id));
}

TEST(EdTcp, OthersWithTheSameBytesInFront)
{
	const Octets looks[] = {
		text("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86"),	  /* UTF-8 text */
		Octets{0xc5, 0x00, 0x20} + noise(32),		  /* MessagePack: 32 bytes */
		Octets{0xe3, 0x01, 0x00, 0x00} + noise(28),
		Octets{0xe3, 0x05, 0x00, 0x00, 0x00} + fill(5),
		Octets{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0} + fill(16), /* a capture */
		fill(64, 0xe3), fill(64, 0xc5), fill(64, 0),
	};
	for (const auto &o : looks) {
		auto t = Talk::midstream();
		for (unsigned i = 0; i < 24; i++)
			t.send(i & 1, o);
		EXPECT_FALSE(is_tcp(t)) << (&o - looks);
	}
}

TEST(EdTcp, TruncatedAtEveryLength)
{
	Octets all = hello() + request() + message(0xd4, 0x15, zlib(20)) + part() + noise(50);
	for (std::size_t n = 0; n < all.size(); n++) {
		auto t = Talk::midstream();
		t.at(0, 5000, all, n);
		auto u = Talk::midstream();
		u.at(0, 5000, suffix(all, n), all.size() - n);
	}
}
