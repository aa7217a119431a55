// SPDX-License-Identifier: GPL-2.0-only
#include "link.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

using State = Link::State;

Event helper(std::uint8_t state)
{
	Event e{ .type = KP2PADM_EVENT_HELPER };

	e.helper = state;
	return e;
}

struct Line : testing::Test {
	Kernel kernel;
	std::vector<std::string> said;
	int attachments = 0;
	std::size_t heard = 0;
	int watched = 0;
	int watch_error = 0;
	FakePulse pulse;
	Link link{ {
		.gateway = [this] { return std::make_unique<FakeGateway>(kernel); },
		.events = [this] { return std::make_unique<FakeEvents>(kernel); },
		.attached = [this] { attachments++; },
		.heard = [this](const std::vector<Heard> &some) { heard += some.size(); },
		.watch =
			[this](int) {
				if (watch_error)
					throw SystemError("watching", watch_error);
				watched++;
			},
		.forget = [this](int) { watched--; },
		.log = [this](const std::string &text) { said.push_back(text); },
		.pulse = pulse,
	} };

	void attach()
	{
		link.tick();
		kernel.events.push_back(helper(KP2PADM_HELPER_ALIVE));
		link.readable();
		ASSERT_EQ(link.state(), State::attached);
	}
	void dismiss()
	{
		kernel.events.push_back(helper(KP2PADM_HELPER_NONE));
		link.readable();
		ASSERT_EQ(link.state(), State::dismissed);
	}
};

TEST_F(Line, AttachesAndBeats)
{
	attach();
	link.tick();
	link.tick();
	EXPECT_EQ(kernel.attached, 1);
	EXPECT_EQ(kernel.beats, 2);
	EXPECT_EQ(watched, 1);
	EXPECT_EQ(attachments, 1);
}

TEST_F(Line, WaitsForTheModuleAndSaysSoOnce)
{
	kernel.loaded = false;
	link.tick();
	link.tick();
	EXPECT_EQ(said.size(), 1u);
	EXPECT_EQ(link.state(), State::away);
	kernel.loaded = true;
	kernel.enabled = false;
	link.tick();
	EXPECT_EQ(kernel.attached, 0);
	kernel.enabled = true;
	attach();
}

TEST_F(Line, RefusedItAsksSeldomAndSaysSoOnce)
{
	kernel.attach_error = EPROTO;
	for (int i = 0; i < 50; i++)
		link.tick();
	EXPECT_EQ(link.state(), State::refused);
	EXPECT_EQ(said.size(), 1u);
	EXPECT_EQ(kernel.open, 0);
	EXPECT_EQ(attachments, 0);
	kernel.attach_error = 0;
	for (int i = 0; i < 25; i++)
		link.tick();
	EXPECT_EQ(link.state(), State::attached);
}

TEST_F(Line, SentAwayItLetsGoUntilTheGatewayIsAnother)
{
	attach();
	dismiss();
	EXPECT_EQ(kernel.open, 0);
	EXPECT_EQ(watched, 0);
	for (int i = 0; i < 5; i++)
		link.tick();
	EXPECT_EQ(kernel.attached, 1);
	kernel.identity++;
	attach();
	EXPECT_EQ(attachments, 2);
}

TEST_F(Line, SentAwayItComesWhenTheModuleWasGone)
{
	attach();
	dismiss();
	kernel.loaded = false;
	link.tick();
	kernel.loaded = true;
	attach();
}

TEST_F(Line, SentAwayItComesWhenTold)
{
	attach();
	dismiss();
	link.attach_again();
	EXPECT_EQ(link.state(), State::attached);
	EXPECT_EQ(attachments, 2);
	link.attach_again();
	EXPECT_EQ(kernel.attached, 2);
}

TEST_F(Line, AnothersDepartureIsNotOurs)
{
	link.tick();
	kernel.events.push_back(helper(KP2PADM_HELPER_NONE)); // told before we attached
	kernel.events.push_back(helper(KP2PADM_HELPER_ALIVE));
	kernel.events.push_back(helper(KP2PADM_HELPER_LOST)); // we were slow
	link.readable();
	EXPECT_EQ(link.state(), State::attached);
	EXPECT_EQ(heard, 3u);
}

TEST_F(Line, ABeatThatIsRefusedTellsTheSame)
{
	attach();
	kernel.beat_error = ENOTCONN;
	kernel.events.push_back(helper(KP2PADM_HELPER_NONE));
	link.tick();
	EXPECT_EQ(link.state(), State::dismissed);
	EXPECT_EQ(heard, 2u); // nothing that was told is missed
	link.tick();
	EXPECT_EQ(kernel.attached, 1);
}

TEST_F(Line, AGatewayThatEndedAndBeganBetweenTwoBeatsIsAnotherOne)
{
	attach();
	kernel.beat_error = ENOTCONN;
	kernel.events.push_back(helper(KP2PADM_HELPER_LOST));
	link.tick();
	EXPECT_EQ(link.state(), State::away);
	EXPECT_EQ(heard, 2u);
	kernel.beat_error = 0;
	link.tick();
	EXPECT_EQ(link.state(), State::attached);
	EXPECT_EQ(attachments, 2);
}

TEST_F(Line, WhatFailsOnTheWayLeavesNothingOpen)
{
	watch_error = ENOMEM;
	link.tick();
	EXPECT_EQ(link.state(), State::away);
	EXPECT_EQ(kernel.open, 0);
	watch_error = 0;
	link.tick();
	EXPECT_EQ(link.state(), State::attached);
}

TEST_F(Line, AGatewayThatEndsIsWaitedFor)
{
	attach();
	kernel.beat_error = ENODEV;
	link.tick();
	EXPECT_EQ(link.state(), State::away);
	EXPECT_EQ(kernel.open, 0);
	kernel.beat_error = 0;
	attach();
	EXPECT_EQ(attachments, 2);
}

TEST_F(Line, GoesInOrder)
{
	attach();
	kernel.events.push_back(helper(KP2PADM_HELPER_NONE));
	link.detach();
	EXPECT_EQ(kernel.detached, 1);
	EXPECT_EQ(kernel.open, 0);
	EXPECT_EQ(heard, 2u);
	link.detach();
	EXPECT_EQ(kernel.detached, 1);
}

} // namespace
