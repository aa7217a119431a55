// SPDX-License-Identifier: GPL-2.0-only
#include "core/bytes.h"

#include <gtest/gtest.h>

#include "octets.h"

using namespace p2p;

TEST(Bytes, ReadsBigEndian)
{
	Octets o = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};
	auto b = view(o);
	EXPECT_EQ(p2p_u8(b, 1), 0x82);
	EXPECT_EQ(p2p_be16(b, 0), 0x0182);
	EXPECT_EQ(p2p_be32(b, 0), 0x01820384u);
	EXPECT_EQ(p2p_be32(b, 4), 0x05860788u);
	EXPECT_EQ(p2p_be64(b, 0), 0x0182038405860788u);
}

TEST(Bytes, ReadsLittleEndian)
{
	Octets o = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};
	auto b = view(o);
	EXPECT_EQ(p2p_le16(b, 0), 0x8201);
	EXPECT_EQ(p2p_le32(b, 4), 0x88078605u);
	EXPECT_EQ(p2p_le64(b, 0), 0x8807860584038201u);
	EXPECT_EQ(p2p_le16(b, 7), 0);
	EXPECT_EQ(p2p_le32(b, 5), 0u);
	EXPECT_EQ(p2p_le64(b, 1), 0u);
}

TEST(Bytes, YieldsZeroOutside)
{
	for (std::uint32_t len = 0; len <= 9; len++) {
		Octets o(len, 0xff);
		auto b = view(o);
		for (std::uint32_t off : {0u, 1u, 7u, 8u, 9u, 10u, 0x7fffffffu, 0xfffffff8u, ~0u}) {
			auto fits = [&](std::uint32_t n) { return std::uint64_t(off) + n <= len; };
			EXPECT_EQ(p2p_has(b, off, 4), fits(4));
			EXPECT_EQ(p2p_u8(b, off), fits(1) ? 0xff : 0);
			EXPECT_EQ(p2p_be16(b, off), fits(2) ? 0xffff : 0);
			EXPECT_EQ(p2p_be32(b, off), fits(4) ? ~0u : 0u);
			EXPECT_EQ(p2p_be64(b, off), fits(8) ? ~std::uint64_t{0} : 0u);
		}
	}
}

TEST(Bytes, LengthThatWrapsIsNotInside)
{
	Octets o(16);
	EXPECT_FALSE(p2p_has(view(o), 8, ~0u));
	EXPECT_FALSE(p2p_has(view(o), ~0u, ~0u));
	EXPECT_TRUE(p2p_has(view(o), 16, 0));
	EXPECT_FALSE(p2p_has(view(o), 17, 0));
}

TEST(Bytes, CopyIsAllOrNothing)
{
	Octets o = {1, 2, 3};
	std::uint8_t to[3] = {9, 9, 9};
	EXPECT_FALSE(p2p_copy(view(o), 1, to, 3));
	EXPECT_EQ(to[0], 9);
	EXPECT_TRUE(p2p_copy(view(o), 1, to, 2));
	EXPECT_EQ(to[0], 2);
	EXPECT_EQ(to[1], 3);
	EXPECT_EQ(to[2], 9);
}

TEST(Bytes, SliceClamps)
{
	Octets o = {1, 2, 3, 4};
	EXPECT_EQ(p2p_slice(view(o), 1, 2).len, 2u);
	EXPECT_EQ(p2p_u8(p2p_slice(view(o), 1, 2), 0), 2);
	EXPECT_EQ(p2p_slice(view(o), 3, ~0u).len, 1u);
	EXPECT_EQ(p2p_slice(view(o), 9, 1).len, 0u);
	EXPECT_EQ(p2p_slice(view(o), ~0u, ~0u).len, 0u);
}

TEST(Bytes, FindsFirstFromThere)
{
	Octets o = text("abcabcab");
	EXPECT_EQ(P2P_FIND(view(o), 0, "abc"), 0u);
	EXPECT_EQ(P2P_FIND(view(o), 1, "abc"), 3u);
	EXPECT_EQ(P2P_FIND(view(o), 4, "abc"), P2P_NPOS);
	EXPECT_EQ(P2P_FIND(view(o), ~0u, "a"), P2P_NPOS);
	EXPECT_TRUE(P2P_IS(view(o), 3, "abc"));
	EXPECT_FALSE(P2P_IS(view(o), 6, "abc"));
}

TEST(Bytes, EmptyWindowWithoutAPointer)
{
	p2p_bytes none{nullptr, 0};
	std::uint8_t to = 9;
	EXPECT_TRUE(p2p_eq(none, 0, "", 0));
	EXPECT_FALSE(P2P_IS(none, 0, "x"));
	EXPECT_TRUE(p2p_copy(none, 0, &to, 0));
	EXPECT_EQ(p2p_slice(none, 5, 5).len, 0u);
	EXPECT_EQ(p2p_u8(none, 0), 0);
	EXPECT_EQ(P2P_FIND(none, 0, "x"), P2P_NPOS);
}
