// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl policy: show, set or flush what is done with applications. */
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

Json to_json(const Policy &policy)
{
	Json doc = { { "mode", mode_name(policy.mode) },
		     { "generation", policy.generation },
		     { "entries", Json::array() } };

	for (const auto &entry : policy.entries)
		doc["entries"].push_back(
			{ { "app", entry.app },
			  { "verdict", verdict_name(entry.verdict) } });
	return doc;
}

namespace
{

struct Options {
	bool json = false;
	bool observe = false;
	std::vector<std::string> assignments;
};

void print_policy(Context &ctx, const Policy &policy, bool json)
{
	if (json) {
		print_json(ctx.out, to_json(policy));
		return;
	}
	fmt::print(ctx.out, "mode {}, generation {}\n", mode_name(policy.mode),
		   policy.generation);
	for (const auto &entry : policy.entries)
		fmt::print(ctx.out, "  {} {}\n", verdict_name(entry.verdict),
			   escape(entry.app));
	fmt::print(ctx.out, "{} passes\n", policy.entries.empty() ?
						   "everything" :
						   "everything else");
}

PolicyEntry parse_assignment(const std::string &text)
{
	const auto equals = text.find('=');
	const std::string verdict =
		equals == std::string::npos ? "" : text.substr(equals + 1);

	for (const auto known : { KP2PADM_VERDICT_PASS, KP2PADM_VERDICT_DROP })
		if (equals > 0 && verdict == verdict_name(known))
			return { text.substr(0, equals), known };
	throw UsageError(fmt::format(
		"policy set: '{}' is not APP=pass or APP=drop", text));
}

void check_names(const Policy &policy, std::vector<App> apps)
{
	// what nothing has named cannot be judged by name
	std::erase_if(apps, [](const App &app) { return app.name == "unknown"; });
	for (auto at = policy.entries.begin(); at != policy.entries.end(); ++at) {
		const auto same = [at](const PolicyEntry &other) {
			return other.app == at->app;
		};

		check_app("policy set", at->app, apps);
		if (std::any_of(policy.entries.begin(), at, same))
			throw UsageError(fmt::format(
				"policy set: application '{}' is named twice",
				at->app));
	}
}

int show(Context &ctx, const Options &options)
{
	print_policy(ctx, enabled_gateway(ctx)->policy(), options.json);
	return EXIT_OK;
}

int install(Context &ctx, const Policy &policy, const Options &options)
{
	const auto gateway = enabled_gateway(ctx);

	if (!policy.entries.empty())
		check_names(policy, gateway->apps());
	gateway->set_policy(policy);
	print_policy(ctx, gateway->policy(), options.json);
	return EXIT_OK;
}

int set(Context &ctx, const Options &options)
{
	Policy policy;

	policy.mode = options.observe ? KP2PADM_MODE_OBSERVE :
					KP2PADM_MODE_ENFORCE;
	for (const auto &assignment : options.assignments)
		policy.entries.push_back(parse_assignment(assignment));
	return install(ctx, policy, options);
}

} // namespace

void add_policy(CLI::App &app, Context &ctx)
{
	auto options = std::make_shared<Options>();
	const auto run_show = [&ctx, options] {
		ctx.run = [&ctx, options] { return show(ctx, *options); };
	};
	CLI::App *policy = add_command(
		app, "policy", "what is done with applications; alone: show",
		"Example: p2padm-ctl policy set bittorrent=drop\n", options->json);

	policy->require_subcommand(0, 1);
	policy->preparse_callback([run_show](std::size_t) { run_show(); });

	CLI::App *sub = add_command(*policy, "show", "the policy in force",
				    "Example: p2padm-ctl policy show -j\n",
				    options->json);
	sub->callback(run_show);

	sub = add_command(
		*policy, "set", "replace the whole policy",
		"Applications that are not named pass. Flows that were decided "
		"before obey too.\n"
		"p2padm-ctl stats lists the applications.\n"
		"Example: p2padm-ctl policy set bittorrent=drop\n"
		"Example: p2padm-ctl policy set bittorrent=drop --observe\n",
		options->json);
	sub->add_option("APP=VERDICT", options->assignments,
			"an application and pass or drop")
		->required();
	sub->add_flag("--observe", options->observe,
		      "drop nothing, count what would have been dropped");
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] { return set(ctx, *options); };
	});

	sub = add_command(*policy, "flush", "back to observing: everything passes",
			  "Example: p2padm-ctl policy flush\n", options->json);
	sub->callback([&ctx, options] {
		ctx.run = [&ctx, options] {
			return install(ctx, Policy{}, *options);
		};
	});
}

} // namespace p2padm
