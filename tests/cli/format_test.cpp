// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "format.hpp"

using namespace p2padm;

TEST(Escape, LeavesTextAlone)
{
	EXPECT_EQ(escape("bittorrent/tcp 1.2.3.4"), "bittorrent/tcp 1.2.3.4");
	EXPECT_EQ(escape("\u00dcbung \u4e16.pcap"), "\u00dcbung \u4e16.pcap");
	EXPECT_EQ(escape(""), "");
}

TEST(Escape, WritesOutWhatATerminalObeys)
{
	EXPECT_EQ(escape("a\033[31mb"), "a\\x1b[31mb");
	EXPECT_EQ(escape("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d");
	EXPECT_EQ(escape(std::string_view("a\0b", 3)), "a\\x00b");
	EXPECT_EQ(escape("\x7f"), "\\x7f");
	EXPECT_EQ(escape("\u009b31m"), "\\xc2\\x9b31m"); // C1: CSI in one
	EXPECT_EQ(escape("\u202egpj.exe"), "\\xe2\\x80\\xaegpj.exe");
	EXPECT_EQ(escape("a\\x1b"), "a\\\\x1b"); // cannot be forged
}

TEST(Escape, WritesOutWhatIsNotUtf8)
{
	EXPECT_EQ(escape("\x9b"), "\\x9b");
	EXPECT_EQ(escape("\xc3"), "\\xc3");
	EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf");	    // overlong
	EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // surrogate
	EXPECT_EQ(escape("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
	EXPECT_EQ(escape("\xff" "a"), "\\xffa");
}

TEST(Human, FourCharactersAtMost)
{
	EXPECT_EQ(human(0), "0");
	EXPECT_EQ(human(999), "999");
	EXPECT_EQ(human(1000), "1.0k");
	EXPECT_EQ(human(9999), "9.9k");
	EXPECT_EQ(human(10000), "10k");
	EXPECT_EQ(human(999'999), "999k");
	EXPECT_EQ(human(1'000'000), "1.0M");
	EXPECT_EQ(human(std::numeric_limits<std::uint64_t>::max()), "18E");
	for (std::uint64_t v = 1; v < 1ULL << 63; v *= 2)
		EXPECT_LE(human(v - 1).size(), 4u) << v - 1;
}

TEST(Human, Durations)
{
	EXPECT_EQ(human_ms(0), "0.0s");
	EXPECT_EQ(human_ms(9'999), "9.9s");
	EXPECT_EQ(human_ms(10'000), "10s");
	EXPECT_EQ(human_ms(119'999), "119s");
	EXPECT_EQ(human_ms(120'000), "2m");
	EXPECT_EQ(human_ms(7'200'000), "2h");
	EXPECT_EQ(human_ms(4'294'967'295), "49d");
	EXPECT_EQ(human_uptime(59), "59s");
	EXPECT_EQ(human_uptime(200), "3m 20s");
	EXPECT_EQ(human_uptime(3723), "1h 02m");
	EXPECT_EQ(human_uptime(90000), "1d 01h");
}

TEST(Endpoint, BracketsIpv6)
{
	EXPECT_EQ(endpoint("192.0.2.1", 80), "192.0.2.1:80");
	EXPECT_EQ(endpoint("2001:db8::1", 80), "[2001:db8::1]:80");
}

TEST(Table, AlignsAndTrims)
{
	using enum Table::Align;
	Table table({ { "A", left }, { "NUM", right }, { "TEXT", left } });
	std::ostringstream out;

	table.add({ "abc", "1", "x" });
	table.add({ "a", "12345", "" });
	table.print(out);
	EXPECT_EQ(out.str(), "A     NUM TEXT\n"
			     "abc     1 x\n"
			     "a   12345\n");
}

TEST(Table, FoldsWhatIsTooWide)
{
	using enum Table::Align;
	Table table({ { "L4", left }, { "FLOW", left }, { "N", right } });
	std::ostringstream out;

	table.add({ "tcp", "short", "1" });
	table.add({ "udp", "a very long one", "2" });
	table.fold(1, 12);
	table.print(out);
	EXPECT_EQ(out.str(), "L4  FLOW   N\n"
			     "tcp short  1\n"
			     "udp a very long one\n"
			     "           2\n");
}
