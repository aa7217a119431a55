// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

using namespace p2padm;

namespace
{

struct Parsed {
	std::optional<Options> options;
	int code = -1;
	std::string out, err;
};

Parsed parse(std::vector<const char *> arguments)
{
	Parsed p;
	std::ostringstream out, err;

	arguments.insert(arguments.begin(), "p2padm-helper");
	p.options = parse_options(static_cast<int>(arguments.size()), arguments.data(), out, err,
				  p.code);
	p.out = out.str();
	p.err = err.str();
	return p;
}

TEST(Options, HaveDefaults)
{
	const auto p = parse({});

	ASSERT_TRUE(p.options);
	EXPECT_EQ(p.options->policy, "/etc/kp2padm/policy.toml");
	EXPECT_EQ(p.options->eve, "/var/log/kp2padm/eve.json");
	EXPECT_EQ(p.options->state, "/var/lib/kp2padm");
	EXPECT_EQ(p.options->user, "kp2padm");
	EXPECT_EQ(p.options->eve_limits.size, 64u << 20);
	EXPECT_EQ(p.options->eve_limits.kept, 5u);
}

TEST(Options, SizesHaveUnits)
{
	EXPECT_EQ(parse({ "--eve-max-size", "1MiB" }).options->eve_limits.size, 1u << 20);
	EXPECT_EQ(parse({ "--eve-max-size", "8192" }).options->eve_limits.size, 8192u);
	EXPECT_EQ(parse({ "--eve-keep", "0" }).options->eve_limits.kept, 0u);
}

TEST(Options, WrongOnesAreRefused)
{
	for (const auto &words : std::vector<std::vector<const char *>>{
		     { "--eve-max-size", "1" }, { "--eve-keep", "-1" }, { "--none" }, { "word" } }) {
		const auto p = parse(words);

		EXPECT_FALSE(p.options);
		EXPECT_EQ(p.code, 2);
		EXPECT_NE(p.err, "");
	}
}

TEST(Options, HelpIsHelp)
{
	const auto p = parse({ "--help" });

	EXPECT_FALSE(p.options);
	EXPECT_EQ(p.code, 0);
	EXPECT_NE(p.out.find("--policy"), p.out.npos);
}

} // namespace
