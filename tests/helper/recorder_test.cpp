// SPDX-License-Identifier: GPL-2.0-only
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "error.hpp"

using namespace p2padm;

namespace
{

using Json = nlohmann::ordered_json;

Event event(std::uint64_t seq)
{
	Event e{ .seq = seq, .time = 1, .type = KP2PADM_EVENT_HELPER };

	e.helper = KP2PADM_HELPER_ALIVE;
	return e;
}

struct Recording : testing::Test {
	std::string file;
	std::vector<std::string> said;
	bool full = false;

	Recorder recorder(std::uint64_t last = 0)
	{
		return Recorder(
			[this](const std::string &lines) {
				if (full)
					throw SystemError("writing eve.json", ENOSPC);
				file += lines;
			},
			[](std::uint32_t) { return "br0"; },
			[this](const std::string &text) { said.push_back(text); }, last);
	}

	/** "7", or "gap 2 after 7 before 10" for what is lost */
	std::vector<std::string> told() const
	{
		std::istringstream in(file);
		std::vector<std::string> out;

		for (std::string line; std::getline(in, line);) {
			const Json ours = Json::parse(line)["kp2padm"];

			if (ours.contains("seq"))
				out.push_back(ours["seq"].dump());
			else
				out.push_back(ours["reason"].get<std::string>() + " " +
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
	Recorder r = recorder();

	r.heard({ event(7), event(8) });
	r.heard({ Overrun{}, event(11) });
	EXPECT_EQ(told(), (Lines{ "7", "8", "overrun null after 8 before null",
				  "gap 2 after 8 before 11", "11" }));
}

TEST_F(Recording, AnotherGatewayCountsFromOne)
{
	Recorder r = recorder();

	r.heard({ event(7) });
	r.restart();
	r.heard({ event(1), event(2) });
	r.restart();
	r.heard({ event(9) }); // others listened before we did
	r.heard({ event(3) }); // and one that nobody told us of
	EXPECT_EQ(told(), (Lines{ "7", "1", "2", "gap 8 after 0 before 9", "9",
				  "gap 2 after 0 before 3", "3" }));
}

TEST_F(Recording, WhatWasToldWhileAwayIsLost)
{
	recorder(5).heard({ event(9) });
	recorder(9).heard({ event(10) });
	recorder(10).heard({ event(2) });
	EXPECT_EQ(told(), (Lines{ "away 3 after 5 before 9", "9", "10",
				  "away 1 after 0 before 2", "2" }));
}

TEST_F(Recording, WhatIsNotWrittenIsLostAndSaidOnce)
{
	Recorder r = recorder();

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
	Recorder r = recorder();

	full = true;
	r.heard({ event(1), event(2) });
	full = false;
	r.retry();
	EXPECT_EQ(told(), (Lines{ "write 2 after 0 before 3" }));
}

} // namespace
