// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl disable: end this network namespace's gateway. */
#include "command.hpp"

namespace p2padm
{

namespace
{

int disable(Context &ctx, bool json)
{
	const bool changed = ctx.gateway()->set_enabled(false);

	if (json)
		print_json(ctx.out,
			   { { "enabled", false }, { "changed", changed } });
	else if (changed)
		ctx.out << "gateway ended in this network namespace; its flows "
			   "and counters are gone\n";
	else
		ctx.out << "there was no gateway\n";
	return EXIT_OK;
}

} // namespace

void add_disable(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "disable", "end this network namespace's gateway",
		"Traffic goes on, unseen. Flows, counters and policy are "
		"forgotten.\n"
		"Example: p2padm-ctl disable\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return disable(ctx, *json); };
	});
}

} // namespace p2padm
