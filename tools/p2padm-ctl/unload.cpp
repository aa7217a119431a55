// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl unload: send the helper away, then remove the module. */
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"

namespace p2padm
{

namespace
{

/** The helper needs a moment to let go */
constexpr int tries = 50; // 0.1 s each

/** @return was there a helper? */
bool detach(Context &ctx)
{
	const auto gateway = ctx.gateway();

	// another namespace's helper is not reached from here: see busy()
	return gateway->status().enabled && gateway->detach_helper();
}

std::string busy(Context &ctx)
{
	const auto users = ctx.files.number("/sys/module/kp2padm/refcnt").value_or(0);
	std::string holders;

	for (const auto &name : ctx.files.list("/sys/module/kp2padm/holders"))
		holders += " " + name;
	if (!holders.empty())
		return "other modules use it:" + holders;
	return fmt::format("{} use it: a helper that was attached again, or in another network "
			   "namespace, or a dump that is under way",
			   users);
}

void tell_sent_away(Context &ctx, bool sent_away)
{
	if (sent_away)
		ctx.err << "p2padm-ctl: unload: the helper was sent away; SIGHUP brings it back\n";
}

int unload(Context &ctx, bool json)
{
	const bool sent_away = detach(ctx);
	int error = 0;

	for (int i = 0; i < tries; i++) {
		error = ctx.remove_module();
		if (error != EBUSY && error != EAGAIN)
			break;
		ctx.pause();
	}
	if (error == EBUSY || error == EAGAIN) {
		fmt::print(ctx.err, "p2padm-ctl: unload: the module stays: {}\n", busy(ctx));
		tell_sent_away(ctx, sent_away);
		return EXIT_PROBLEM;
	}
	if (error) {
		tell_sent_away(ctx, sent_away);
		throw SystemError("removing the module kp2padm", error);
	}
	if (json)
		print_json(ctx.out, { { "unloaded", true }, { "helper_detached", sent_away } });
	else
		fmt::print(ctx.out, "module removed{}\n", sent_away ? "; the helper was sent away" : "");
	return EXIT_OK;
}

} // namespace

void add_unload(CLI::App &app, Context &ctx)
{
	auto json = std::make_shared<bool>(false);
	CLI::App *sub = add_command(
		app, "unload", "send the helper away and remove the module",
		"Traffic goes on, unseen. The helper waits for the module to come back. Waits at\n"
		"most 5 seconds, then says what uses the module. Needs CAP_NET_ADMIN and\n"
		"CAP_SYS_MODULE.\n"
		"Example: p2padm-ctl unload && insmod build/kp2padm.ko\n",
		*json);

	sub->callback([&ctx, json] {
		ctx.run = [&ctx, json] { return unload(ctx, *json); };
	});
}

} // namespace p2padm
