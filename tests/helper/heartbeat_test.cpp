// SPDX-License-Identifier: GPL-2.0-only
#include "heartbeat.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "error.hpp"
#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;
using namespace std::chrono_literals;

namespace
{

/** What another thread may look at */
struct Counts {
	std::atomic<int> beats = 0;
	std::atomic<bool> refused = false;
	std::atomic<bool> closed = false;
};

class Line : public FakeGateway
{
public:
	Line(Kernel &kernel, Counts &counts) : FakeGateway(kernel), counts_(counts)
	{
	}
	~Line() override
	{
		counts_.closed = true;
	}
	void beat() override
	{
		if (counts_.refused)
			throw SystemError("beating", ENOTCONN);
		counts_.beats++;
	}

private:
	Counts &counts_;
};

struct Beating : testing::Test {
	Kernel kernel;
	Counts counts;

	std::unique_ptr<Gateway> line()
	{
		return std::make_unique<Line>(kernel, counts);
	}
	/** A loaded machine is slow: what must happen is waited for */
	template <typename Condition> static bool within(std::chrono::seconds time, Condition holds)
	{
		const auto end = std::chrono::steady_clock::now() + time;

		while (!holds() && std::chrono::steady_clock::now() < end)
			std::this_thread::sleep_for(1ms);
		return holds();
	}
};

TEST_F(Beating, GoesOnWhileItsOwnerWaits)
{
	Heartbeat heart({ .every = 1ms, .patience = 1h });

	heart.begin(line());
	EXPECT_TRUE(within(10s, [this] { return counts.beats >= 20; }));
	heart.end();
	EXPECT_TRUE(counts.closed);
	const int then = counts.beats;
	std::this_thread::sleep_for(20ms);
	EXPECT_EQ(counts.beats, then);
}

TEST_F(Beating, EndsWhenItsOwnerHangs)
{
	Heartbeat heart({ .every = 1ms, .patience = 20ms });

	heart.begin(line());
	std::this_thread::sleep_for(200ms); // the owner hangs
	const int hung = counts.beats;
	std::this_thread::sleep_for(100ms);
	EXPECT_EQ(counts.beats, hung);
	heart.witness(); // it has come back
	EXPECT_TRUE(within(10s, [&] {
		heart.witness();
		return counts.beats > hung;
	}));
}

TEST_F(Beating, WhatWasRefusedIsToldAndNotTriedAgain)
{
	Heartbeat heart({ .every = 1ms, .patience = 1h });
	int code = 0;

	counts.refused = true;
	heart.begin(line());
	EXPECT_TRUE(within(10s, [&] {
		try {
			heart.witness();
		} catch (const SystemError &error) {
			code = error.code();
		}
		return code != 0;
	}));
	EXPECT_EQ(code, ENOTCONN);
	counts.refused = false;
	std::this_thread::sleep_for(20ms);
	EXPECT_EQ(counts.beats, 0);
	heart.begin(line());
	EXPECT_TRUE(within(10s, [this] { return counts.beats > 0; }));
	heart.witness();
}

TEST_F(Beating, ItsEndClosesTheLine)
{
	{
		Heartbeat heart({ .every = 1h, .patience = 1h });

		heart.begin(line());
	}
	EXPECT_TRUE(counts.closed);
}

} // namespace
