// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl doctor: would the gateway see and do what it should? */
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "doctor.hpp"
#include "format.hpp"

namespace p2padm
{

const char *level_name(Level level)
{
	switch (level) {
	case Level::ok:
		return "ok";
	case Level::warn:
		return "warn";
	case Level::bad:
		return "bad";
	}
	return "";
}

namespace
{

void print_findings(std::ostream &out, const Findings &findings)
{
	std::size_t width = 0;

	for (const auto &f : findings)
		width = std::max(width, f.check.size());
	for (const auto &f : findings) {
		fmt::print(out, "{:<4} {:<{}} {}{}{}\n", level_name(f.level),
			   f.check, width, escape(f.object),
			   f.object.empty() ? "" : ": ", escape(f.message));
		if (!f.advice.empty())
			fmt::print(out, "{:<{}} -> {}\n", "", width + 5,
				   escape(f.advice));
	}
}

int doctor(Context &ctx, bool json)
{
	Findings findings;
	long count[3] = {};

	check_host(ctx.files, ctx.gateway, program_version(), ctx.now(), findings);
	check_bridges(ctx.files, *ctx.links(), findings);
	for (const auto &finding : findings)
		count[static_cast<int>(finding.level)]++;
	if (json) {
		Json doc = { { "ok", count[0] },
			     { "warn", count[1] },
			     { "bad", count[2] },
			     { "findings", Json::array() } };

		for (const auto &f : findings)
			doc["findings"].push_back({ { "level", level_name(f.level) },
						    { "check", f.check },
						    { "object", f.object },
						    { "message", f.message },
						    { "advice", f.advice } });
		print_json(ctx.out, doc);
	} else {
		print_findings(ctx.out, findings);
		fmt::print(ctx.out, "{} ok, {} to look at, {} bad\n", count[0],
			   count[1], count[2]);
	}
	return count[2] ? EXIT_PROBLEM : EXIT_OK;
}

} // namespace

void add_doctor(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "doctor", "would the gateway see and do what it should?",
		"Looks at kernel, module, bridges, ports, offloads and what "
		"may take packets away from\nthe gateway; changes nothing. "
		"Exits with 1 when something is bad. As root it sees more.\n"
		"Example: p2padm-ctl doctor -j | jq '.findings[] | "
		"select(.level != \"ok\")'\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return doctor(ctx, *json); };
	});
}

} // namespace p2padm
