// SPDX-License-Identifier: GPL-2.0-only
/** Command line, help and exit codes, for all subcommands alike. */
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

using Words = std::vector<std::string>;

/** The words of every command below @p app, groups of commands among them */
std::vector<Words> commands_of(const CLI::App &app, const Words &before = {})
{
	std::vector<Words> out;

	for (const CLI::App *sub : app.get_subcommands({})) {
		Words words = before;

		words.push_back(sub->get_name());
		out.push_back(words);
		for (const auto &below : commands_of(*sub, words))
			out.push_back(below);
	}
	return out;
}

std::vector<Words> commands()
{
	std::ostringstream nowhere;
	Context ctx{
		.out = nowhere,
		.err = nowhere,
		.gateway = {},
		.events = {},
		.links = {},
		.files = FileTree("/nonexistent"),
		.history = "/nonexistent",
		.now = {},
		.remove_module = {},
		.pause = {},
		.run = {},
	};
	CLI::App app;

	add_commands(app, ctx);
	return commands_of(std::as_const(app));
}

} // namespace

TEST(Cli, EveryHelpTeaches)
{
	World world;

	const auto all = commands();
	EXPECT_GT(all.size(), 11u); // those of policy, too
	for (auto command : all) {
		command.push_back("--help");
		const Result r = ctl(world, command);

		EXPECT_EQ(r.code, 0) << command[0];
		EXPECT_NE(r.out.find("Example: "), std::string::npos) << r.out;
		EXPECT_NE(r.out.find("Exit codes: "), std::string::npos) << r.out;
		EXPECT_NE(r.out.find("--json"), std::string::npos) << r.out;
		EXPECT_EQ(r.err, "");
	}
}

TEST(Cli, HelpAndVersionSucceed)
{
	World world;

	EXPECT_EQ(ctl(world, { "--help" }).code, 0);
	EXPECT_EQ(ctl(world, { "policy", "--help" }).code, 0);
	const Result r = ctl(world, { "--version" });
	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.out, std::string("p2padm-ctl ") + program_version() + "\n");
}

TEST(Cli, WrongUsageIsTwo)
{
	World world;

	for (const auto &arguments : std::vector<std::vector<std::string>>{
		     {},
		     { "nonsense" },
		     { "status", "--nonsense" },
		     { "status", "extra" },
		     { "flows", "--limit", "x" },
		     { "flows", "--limit", "-1" },
		     { "flows", "--sort", "colour" },
		     { "policy", "sho" },
		     { "policy", "set" },
		     { "policy", "test" },
		     { "policy", "rollback", "0" },
		     { "policy", "load", "--confirm" },
		     { "classify" } }) {
		const Result r = ctl(world, arguments);

		EXPECT_EQ(r.code, 2) << r.err;
		EXPECT_EQ(r.out, "");
		EXPECT_EQ(r.err.rfind("p2padm-ctl: ", 0), 0u) << r.err;
	}
}

TEST(Cli, AnUnknownCommandIsNamed)
{
	World world;

	EXPECT_NE(ctl(world, { "nosuch" }).err.find(": no command 'nosuch'\n"), std::string::npos);
	EXPECT_NE(ctl(world, { "policy", "sho" }).err.find(": no command 'policy sho'\n"),
		  std::string::npos);
	for (const auto &arguments : std::vector<std::vector<std::string>>{
		     {}, { "--nosuch" }, { "status", "extra" }, { "policy", "set" } }) {
		const Result r = ctl(world, arguments);

		EXPECT_EQ(r.err.find("no command"), std::string::npos) << r.err;
	}
}

TEST(Cli, NoModuleIsThree)
{
	World world;

	world.loaded = false;
	for (const auto &command : { "status", "enable", "disable", "stats", "flows" }) {
		const Result r = ctl(world, { command });

		EXPECT_EQ(r.code, 3) << command;
		EXPECT_NE(r.err.find("not loaded"), std::string::npos) << r.err;
	}
	EXPECT_EQ(ctl(world, { "policy", "show" }).code, 3);
	EXPECT_EQ(ctl(world, { "policy", "flush" }).code, 3);
}

TEST(Cli, NoGatewayIsThree)
{
	World world;

	world.status = { .version = "0.2.0", .enabled = false };
	for (const auto &command : std::vector<std::vector<std::string>>{
		     { "stats" },
		     { "flows" },
		     { "flows", "-j" },
		     { "policy", "show" },
		     { "policy", "set", "bittorrent=drop" },
		     { "policy", "confirm" },
		     { "policy", "rollback" },
		     { "policy", "test", "app=bittorrent" },
		     { "policy", "flush" } }) {
		const Result r = ctl(world, command);

		EXPECT_EQ(r.code, 3) << command[0];
		EXPECT_EQ(r.out, "");
		EXPECT_NE(r.err.find("no gateway in this network namespace"),
			  std::string::npos)
			<< r.err;
	}
	EXPECT_FALSE(world.installed);
}

TEST(Cli, MissingPrivilegeIsFour)
{
	World world;

	world.privileged = false;
	for (const auto &command : std::vector<std::vector<std::string>>{
		     { "flows" },
		     { "enable" },
		     { "disable" },
		     { "policy", "flush" },
		     { "policy", "show" },
		     { "policy", "confirm" },
		     { "policy", "set", "bittorrent=drop" } }) {
		const Result r = ctl(world, command);

		EXPECT_EQ(r.code, 4) << command[0];
		EXPECT_NE(r.err.find("needs CAP_NET_ADMIN"), std::string::npos) << r.err;
		EXPECT_NE(r.err.find("Operation not permitted"), std::string::npos)
			<< r.err;
	}
	EXPECT_EQ(ctl(world, { "status" }).code, 0);
	EXPECT_EQ(ctl(world, { "stats" }).code, 0);
}

TEST(Cli, KernelsWordsAreShown)
{
	const SystemError error("setting the policy", EINVAL, "that is wrong");

	EXPECT_STREQ(error.what(),
		     "setting the policy: Invalid argument (kernel: that is wrong)");
}

TEST(Cli, OutputThatCannotBeWrittenIsAnError)
{
	struct Full : std::streambuf {
	} full; // overflow() of the base class fails
	World world;
	std::ostream out(&full);
	std::ostringstream err;
	Context ctx{
		.out = out,
		.err = err,
		.gateway = [&] { return std::make_unique<FakeGateway>(world); },
		.events = {},
		.links = [] { return std::make_unique<FakeLinks>(); },
		.files = FileTree("/nonexistent"),
		.history = "/nonexistent",
		.now = [] { return test_now; },
		.remove_module = {},
		.pause = {},
		.run = {},
	};
	const char *argv[] = { "p2padm-ctl", "status" };

	EXPECT_EQ(run(2, argv, ctx), 1);
	EXPECT_NE(err.str().find("standard output"), std::string::npos);
}
