// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl enable: start a gateway in this network namespace. */
#include "command.hpp"

namespace p2padm
{

namespace
{

int enable(Context &ctx, bool json)
{
	const bool changed = ctx.gateway()->set_enabled(true);

	if (json)
		print_json(ctx.out, { { "enabled", true }, { "changed", changed } });
	else if (changed)
		ctx.out << "gateway enabled in this network namespace; it "
			   "observes\n";
	else
		ctx.out << "the gateway was enabled already\n";
	return EXIT_OK;
}

} // namespace

void add_enable(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "enable", "start a gateway in this network namespace",
		"The namespace that insmod ran in has one already. A new "
		"gateway observes.\n"
		"Example: ip netns exec lab p2padm-ctl enable\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return enable(ctx, *json); };
	});
}

} // namespace p2padm
