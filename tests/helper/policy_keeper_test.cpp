// SPDX-License-Identifier: GPL-2.0-only
#include "policy_keeper.hpp"

#include "directory.hpp"
#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

constexpr const char *good = "mode = \"enforce\"\n[[rule]]\nname = \"r\"\nverdict = \"drop\"\n"
			     "match = { app = \"bittorrent\" }\n";

constexpr const char *other = "mode = \"observe\"\n";
constexpr const char *third = "mode = \"enforce\"\n";
constexpr const char *hours = "mode = \"enforce\"\n[[rule]]\nname = \"r\"\nverdict = \"drop\"\n"
			      "match = { app = \"bittorrent\", hours = \"08:00-18:00\" }\n";

struct Keeping : testing::Test {
	Directory dir;
	Kernel kernel;
	FakeGateway gateway{ kernel };
	std::string said;
	PolicyHistory history{ dir / "policies" };
	PolicyKeeper keeper{ dir / "policy.toml", history,
			     [this](const std::string &text) { said += text + "\n"; } };

	void read(const std::string &text)
	{
		write(dir / "policy.toml", text);
		keeper.read();
	}
	/** What SIGHUP does */
	void reload(const std::string &text)
	{
		read(text);
		keeper.resume(gateway);
	}
	/** An administrator's `policy load`, or the end of a trial, as it is heard */
	void in_force(const std::string &text, std::uint32_t trial = 0,
		      std::uint8_t why = KP2PADM_WHY_COMMIT)
	{
		kernel.policy = {};
		kernel.policy.id = policy_id(text);
		kernel.policy.trial = trial;
		Event event;
		event.policy = kernel.policy;
		event.why = why;
		keeper.heard(event);
		history.add(text, trial != 0);
	}
	bool is_in_force(const std::string &text) const
	{
		return kernel.policy.id == policy_id(text);
	}
};

TEST_F(Keeping, InstallsAndKeepsTheText)
{
	read(good);
	keeper.begin(gateway);
	EXPECT_TRUE(is_in_force(good));
	ASSERT_EQ(history.entries().size(), 1u);
	EXPECT_EQ(history.text(history.entries()[0]), good);
}

TEST_F(Keeping, ABadOneIsRefusedWithItsPlace)
{
	read(good);
	keeper.begin(gateway);
	reload("mode = \"enforce\"\n[[rule]]\nname = \"r\"\nverdict = \"dorp\"\n");
	EXPECT_NE(said.find("policy.toml:4:"), said.npos) << said;
	EXPECT_NE(said.find("the policy in force stays"), said.npos);
	EXPECT_TRUE(is_in_force(good));
	EXPECT_EQ(kernel.installed, 1);
}

TEST_F(Keeping, WithoutAGoodOneNothingIsInstalled)
{
	keeper.read(); // no such file
	keeper.begin(gateway);
	keeper.resume(gateway);
	EXPECT_EQ(kernel.installed, 0);
}

TEST_F(Keeping, WhatIsInForceAlreadyIsNotInstalledAtTheStart)
{
	kernel.policy.id = policy_id(good);
	read(good);
	keeper.begin(gateway);
	EXPECT_EQ(kernel.installed, 0);
}

TEST_F(Keeping, AnEditedFileIsInstalledAtTheStart)
{
	in_force(good);
	read(other);
	keeper.begin(gateway);
	EXPECT_TRUE(is_in_force(other));
}

TEST_F(Keeping, AFileWhosePlaceAnotherTookIsNotInstalledAtTheStart)
{
	history.add(good);
	in_force(other);
	read(good);
	keeper.begin(gateway);
	EXPECT_TRUE(is_in_force(other));
	EXPECT_NE(said.find("stays"), said.npos);
}

TEST_F(Keeping, AfterABootItIs)
{
	history.add(good);
	history.add(other);
	read(good);
	keeper.begin(gateway);
	EXPECT_TRUE(is_in_force(good));
}

TEST_F(Keeping, ASignalWithoutANewTextChangesNothing)
{
	read(good);
	keeper.begin(gateway);
	in_force(other);
	reload(good); // a rotation of logs
	EXPECT_TRUE(is_in_force(other));
	reload(third);
	EXPECT_TRUE(is_in_force(third));
	reload(good); // an older text, but the file has it now
	EXPECT_TRUE(is_in_force(good));
}

TEST_F(Keeping, ATrialIsLeftAlone)
{
	in_force(other, 60);
	read(good);
	keeper.begin(gateway);
	reload(good);
	EXPECT_EQ(kernel.installed, 0);
	EXPECT_NE(said.find("on trial"), said.npos);
	in_force(third, 0, KP2PADM_WHY_REVERT);
	reload(good); // it was not forgotten
	EXPECT_TRUE(is_in_force(good));
}

TEST_F(Keeping, ATrialThatWasNotConfirmedIsNotInstalled)
{
	read(good);
	keeper.begin(gateway);
	in_force(third, 60);
	in_force(good, 0, KP2PADM_WHY_REVERT);
	reload(third);
	EXPECT_TRUE(is_in_force(good));
	EXPECT_NE(said.find("not confirmed"), said.npos);
	EXPECT_EQ(kernel.installed, 1);
}

TEST_F(Keeping, NorIsOneThatWasOnTrialWhenTheHelperBegan)
{
	in_force(third, 60);
	read(third);
	keeper.begin(gateway);
	in_force(good, 0, KP2PADM_WHY_REVERT);
	reload(third);
	EXPECT_TRUE(is_in_force(good));
}

TEST_F(Keeping, OneThatWasConfirmedIs)
{
	read(good);
	keeper.begin(gateway);
	in_force(third, 60);
	in_force(third, 0, KP2PADM_WHY_CONFIRM);
	in_force(other);
	reload(third);
	EXPECT_TRUE(is_in_force(third));
}

TEST_F(Keeping, NorAfterAPowerCycle)
{
	history.add(good);
	history.add(third, true);
	read(third);
	keeper.begin(gateway);
	EXPECT_TRUE(is_in_force(good)); // the last for good
}

TEST_F(Keeping, OneThatIsConfirmedBehindTheBeginningStays)
{
	history.add(good);
	in_force(third, 60);
	read(good);
	keeper.begin(gateway);
	in_force(third, 0, KP2PADM_WHY_CONFIRM);
	reload(good); // a rotation of logs
	EXPECT_TRUE(is_in_force(third));
}

TEST_F(Keeping, ANewModuleGetsWhatWasInForceLastForGood)
{
	read(good);
	keeper.begin(gateway);
	in_force(other);
	in_force(third, 60);
	kernel.policy = {}; // loaded anew
	keeper.resume(gateway);
	EXPECT_TRUE(is_in_force(other));
}

TEST_F(Keeping, OrTheFileThatChangedMeanwhile)
{
	read(good);
	keeper.begin(gateway);
	kernel.policy = {};
	reload(third);
	EXPECT_TRUE(is_in_force(third));
}

TEST_F(Keeping, WhatTheModuleRefusesIsSaidAndTriedAgain)
{
	read(good);
	kernel.install_error = ENOMEM;
	keeper.begin(gateway);
	EXPECT_NE(said.find("the policy in force stays"), said.npos);
	EXPECT_TRUE(history.entries().empty());
	kernel.install_error = 0;
	keeper.renew(gateway, std::time(nullptr));
	EXPECT_TRUE(is_in_force(good));
}

TEST_F(Keeping, SchedulesAreToldForLongerBeforeTheyEnd)
{
	const std::time_t now = std::time(nullptr), day = 86400;

	read(hours);
	keeper.begin(gateway);
	ASSERT_EQ(kernel.installed, 1);
	kernel.policy.until = now + (schedule_days - 10) * day;
	keeper.renew(gateway, now);
	EXPECT_EQ(kernel.installed, 1);
	kernel.policy.until = now + (schedule_days / 2 - 2) * day;
	kernel.policy.trial = 60;
	keeper.renew(gateway, now);
	EXPECT_EQ(kernel.installed, 1);
	kernel.policy.trial = 0;
	keeper.renew(gateway, now);
	EXPECT_EQ(kernel.installed, 2);
	EXPECT_TRUE(is_in_force(hours));
}

TEST_F(Keeping, OfAPolicyThatNobodyKnowsTheyAreNot)
{
	kernel.policy.id = policy_id(hours);
	kernel.policy.until = std::time(nullptr) + 60;
	keeper.renew(gateway, std::time(nullptr));
	EXPECT_EQ(kernel.installed, 0);
}

} // namespace
