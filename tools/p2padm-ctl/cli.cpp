// SPDX-License-Identifier: GPL-2.0-only
#include <exception>
#include <string_view>

#include "command.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

constexpr const char *exit_codes =
	"\nExit codes: 0 done, 1 failed or a problem was found, 2 wrong usage,\n"
	"3 module not loaded or no gateway in this network namespace,\n"
	"4 permission missing (needs CAP_NET_ADMIN).";

int complain(Context &ctx, const std::string &what, ExitCode code)
{
	ctx.err << "p2padm-ctl: " << escape(what) << '\n';
	return code;
}

std::string advice(const SystemError &error)
{
	// what the kernel refuses before the module sees it comes without words
	return error.code() == EPERM && error.kernel_text().empty() ?
		       " (this needs CAP_NET_ADMIN in the network namespace: be root)" :
		       "";
}

ExitCode exit_code(const SystemError &error)
{
	switch (error.code()) {
	case EPERM:
	case EACCES:
		return EXIT_PERMISSION;
	case ENODEV: // the gateway ended after it was asked for its status
		return EXIT_NO_GATEWAY;
	default:
		return EXIT_PROBLEM;
	}
}

int run_guarded(Context &ctx)
{
	try {
		return ctx.run();
	} catch (const UsageError &error) {
		return complain(ctx, error.what(), EXIT_USAGE);
	} catch (const NoGateway &error) {
		return complain(ctx, error.what(), EXIT_NO_GATEWAY);
	} catch (const SystemError &error) {
		return complain(ctx, error.what() + advice(error), exit_code(error));
	} catch (const std::exception &error) {
		return complain(ctx, error.what(), EXIT_PROBLEM);
	}
}

/** What the command line has where a command belongs; "" when that is not its fault */
std::string unknown_command(const CLI::App &app)
{
	const CLI::App *at = &app;
	std::string path;

	while (!at->get_subcommands().empty()) {
		at = at->get_subcommands().front();
		path += at->get_name() + " ";
	}
	const auto rest = at->remaining();
	if (at->get_subcommands({}).empty() || rest.empty() || rest.front().starts_with('-'))
		return {};
	return path + rest.front();
}

int parse_failed(Context &ctx, const CLI::App &app, const CLI::ParseError &error)
{
	std::ostringstream err;
	const int code = app.exit(error, ctx.out, err);

	if (code == 0) // --help, --version
		return EXIT_OK;
	const std::string unknown = unknown_command(app);
	ctx.err << "p2padm-ctl: "
		<< escape(unknown.empty() ? error.what() : "no command '" + unknown + "'")
		<< "\nTry 'p2padm-ctl --help', or --help behind a command.\n";
	return EXIT_USAGE;
}

} // namespace

const char *program_version()
{
	return P2PADM_CTL_VERSION;
}

CLI::App *add_command(CLI::App &app, const std::string &name,
		      const std::string &description,
		      const std::string &examples, bool &json)
{
	CLI::App *sub = app.add_subcommand(name, description);

	sub->add_flag("-j,--json", json, "machine-readable output");
	sub->footer("\n" + examples + exit_codes);
	return sub;
}

std::unique_ptr<Gateway> enabled_gateway(Context &ctx)
{
	auto gateway = ctx.gateway();

	if (!gateway->status().enabled)
		throw NoGateway("no gateway in this network namespace "
				"(p2padm-ctl enable starts one)");
	return gateway;
}

void check_app(const std::string &operation, const std::string &name,
	       const std::vector<App> &apps)
{
	std::string known;

	for (const auto &app : apps) {
		if (app.name == name)
			return;
		known += " " + app.name;
	}
	throw UsageError(operation + ": no application '" + name +
			 "'; the module knows:" + known);
}

void print_json(std::ostream &out, const Json &document)
{
	out << document.dump(2, ' ', false, Json::error_handler_t::replace)
	    << '\n';
}

void add_commands(CLI::App &app, Context &ctx)
{
	add_status(app, ctx);
	add_enable(app, ctx);
	add_disable(app, ctx);
	add_stats(app, ctx);
	add_flows(app, ctx);
	add_hosts(app, ctx);
	add_events(app, ctx);
	add_policy(app, ctx);
	add_unload(app, ctx);
	add_doctor(app, ctx);
	add_classify(app, ctx);
}

int run(int argc, const char *const *argv, Context &ctx)
{
	CLI::App app("p2padm-ctl: the kP2PADM gateway of this network namespace",
		     "p2padm-ctl");
	int code;

	app.require_subcommand(1);
	app.set_version_flag("--version", std::string("p2padm-ctl ") +
						  program_version());
	app.footer(std::string("\nExample: p2padm-ctl flows --app bittorrent "
			       "--sort bytes --limit 20") +
		   exit_codes + "\nSee p2padm-ctl(8).");
	add_commands(app, ctx);

	try {
		app.parse(argc, argv);
		code = run_guarded(ctx);
	} catch (const CLI::ParseError &error) {
		code = parse_failed(ctx, app, error);
	}
	ctx.out.flush();
	if (!ctx.out)
		return complain(ctx, "writing standard output failed",
				EXIT_PROBLEM);
	return code;
}

} // namespace p2padm
