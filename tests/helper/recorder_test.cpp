// SPDX-License-Identifier: GPL-2.0-only
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "error.hpp"

using namespace p2padm;

namespace
{

using Json = nlohmann::ordered_json;

Event event(std::uint64_t seq, std::uint64_t gateway = 0xa)
{
	Event e{ .gateway = gateway, .seq = seq, .time = 1, .type = KP2PADM_EVENT_HELPER };

	e.helper = KP2PADM_HELPER_ALIVE;
	return e;
}

struct Recording : testing::Test {
	std::string file;
	std::vector<std::string> said;
	bool full = false;

	/** One that goes on behind @p last of gateway a; 0: the file had no event */
	Recorder recorder(std::uint64_t last)
	{
		return Recorder(
			[this](const std::string &lines) {
				if (full)
					throw SystemError("writing eve.json", ENOSPC);
				file += lines;
			},
			[](std::uint32_t) { return "br0"; },
			[this](const std::string &text) { said.push_back(text); },
			last ? EventPlace{ 0xa, last } : EventPlace{});
	}

	/** "7", or "gap 2 after 7 before 10" for what is lost; "b 7" of another gateway than a */
	std::vector<std::string> told() const
	{
		std::istringstream in(file);
		std::vector<std::string> out;

		for (std::string line; std::getline(in, line);) {
			const Json ours = Json::parse(line)["kp2padm"];
			const auto id = ours["gateway"].get<std::string>();
			const std::string whose = id == "000000000000000a" ? "" : id.substr(15) + " ";

			if (ours.contains("seq"))
				out.push_back(whose + ours["seq"].dump());
			else
				out.push_back(whose + ours["reason"].get<std::string>() + " " +
					      ours["events"].dump() + " after " +
					      ours["after"].dump() + " before " +
					      ours["before"].dump());
		}
		return out;
	}
};

using Lines = std::vector<std::string>;

TEST_F(Recording, GapsAreTold)
{
	Recorder r = recorder(6);

	r.heard({ event(7), event(8) });
	r.heard({ Overrun{}, event(11) });
	EXPECT_EQ(told(), (Lines{ "7", "8", "overrun null after 8 before null",
				  "gap 2 after 8 before 11", "11" }));
}

TEST_F(Recording, AnotherGatewayIsKnownByItsIdentity)
{
	Recorder r = recorder(6);

	r.heard({ event(7) });
	r.heard({ event(1, 0xb), event(2, 0xb) });
	r.heard({ event(9, 0xc) }); // its numbers go on where the one before ended, or further
	r.heard({ event(3, 0xd) });
	EXPECT_EQ(told(), (Lines{ "7", "gateway null after 7 before null", "b 1", "b 2",
				  "b gateway null after 2 before null",
				  "c away 8 after 0 before 9", "c 9",
				  "c gateway null after 9 before null",
				  "d away 2 after 0 before 3", "d 3" }));
}

TEST_F(Recording, WhatHappenedWhileNobodyListenedIsLost)
{
	recorder(5).heard({ event(9) });
	recorder(9).heard({ event(10) });
	recorder(10).heard({ event(12, 0xb) }); // not the numbers tell them apart
	recorder(0).heard({ event(3) });	// it was never listened
	recorder(0).heard({ event(1) });
	EXPECT_EQ(told(), (Lines{ "away 3 after 5 before 9", "9", "10",
				  "gateway null after 10 before null",
				  "b away 11 after 0 before 12", "b 12",
				  "away 2 after 0 before 3", "3", "1" }));
}

TEST_F(Recording, ListenedAgain)
{
	Recorder r = recorder(6);

	r.heard({ event(7) });
	r.resume();
	r.heard({ event(10), event(12) });
	EXPECT_EQ(told(), (Lines{ "7", "away 2 after 7 before 10", "10",
				  "gap 1 after 10 before 12", "12" }));
}

TEST_F(Recording, WhatIsNotWrittenIsLostAndSaidOnce)
{
	Recorder r = recorder(0);

	r.heard({ event(1) });
	full = true;
	r.heard({ event(2), event(3) });
	r.heard({ event(6) }); // and two that were not heard
	r.retry();
	EXPECT_EQ(said.size(), 1u);
	full = false;
	r.heard({ event(7) });
	EXPECT_EQ(told(), (Lines{ "1", "write 5 after 1 before 7", "7" }));
	EXPECT_EQ(said.size(), 2u);
	r.retry();
	EXPECT_EQ(told().size(), 3u);
}

TEST_F(Recording, ThatItWorksAgainIsSaidWithoutAnEvent)
{
	Recorder r = recorder(0);

	full = true;
	r.heard({ event(1), event(2) });
	full = false;
	r.retry();
	EXPECT_EQ(told(), (Lines{ "write 2 after 0 before 3" }));
}

TEST_F(Recording, WhatIsNotWrittenOfTwoGateways)
{
	Recorder r = recorder(6);

	full = true;
	r.heard({ event(7), event(1, 0xb), event(2, 0xb) });
	full = false;
	r.heard({ event(3, 0xb) });
	EXPECT_EQ(told(), (Lines{ "b write 3 after 0 before 3", "b 3" }));
}

} // namespace
