// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <vector>

#include "text.hpp"

using namespace p2padm;

TEST(Text, Printable)
{
	for (const char *good : { "", "a b", "Größe", "a\\b", "日本" })
		EXPECT_TRUE(printable(good)) << good;
	for (const char *bad : { "a\n", "\t", "\x7f", "\xff", "\xc3", "\xe2\x80\xae" })
		EXPECT_FALSE(printable(bad)) << bad;
}

TEST(Text, Nearest)
{
	const std::vector<std::string> known = { "mode", "match", "verdict" };

	EXPECT_EQ(nearest("mod", known), "mode");
	EXPECT_EQ(nearest("verdikt", known), "verdict");
	EXPECT_EQ(nearest("verdcit", known), "verdict");
	EXPECT_EQ(nearest("mt", known), "");
	EXPECT_EQ(nearest("", known), "");
	EXPECT_EQ(nearest("colour", known), "");
	EXPECT_EQ(nearest(std::string(1000, 'm'), known), "");
}
