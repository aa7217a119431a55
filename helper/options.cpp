// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <CLI/CLI.hpp>

#include "text.hpp"

namespace p2padm
{

namespace
{

void add_options(CLI::App &app, Options &options)
{
	app.add_option("--policy", options.policy, "the policy, read at the start and at SIGHUP")
		->capture_default_str();
	app.add_option("--eve", options.eve, "where events are written, one JSON object a line")
		->capture_default_str();
	app.add_option("--state", options.state, "where policies are kept for a rollback")
		->capture_default_str();
	app.add_option("--user", options.user, "whom to become if started as root; keeps "
					       "CAP_NET_ADMIN")
		->capture_default_str();
	app.add_option("--eve-max-size", options.eve_limits.size,
		       "bytes after which the file is rotated (64MiB)")
		->transform(CLI::AsSizeValue(false))
		->check(CLI::Range(std::uint64_t{ 4096 }, std::uint64_t{ 1 } << 50));
	app.add_option("--eve-keep", options.eve_limits.kept, "rotated files that are kept")
		->check(CLI::Range(0u, 1000u))
		->capture_default_str();
}

} // namespace

std::optional<Options> parse_options(int argc, const char *const *argv, std::ostream &out,
				     std::ostream &err, int &code)
{
	CLI::App app("p2padm-helper: carries the policy to the kP2PADM gateway of this network "
		     "namespace, and writes its events",
		     "p2padm-helper");
	Options options;

	app.set_version_flag("--version", "p2padm-helper " P2PADM_VERSION);
	app.footer("\nRuns in the foreground. SIGHUP: reads the policy again and reopens the "
		   "events' file.\nSee p2padm-helper(8).");
	add_options(app, options);
	try {
		app.parse(argc, argv);
		return options;
	} catch (const CLI::ParseError &error) {
		std::ostringstream usage;

		code = app.exit(error, out, usage) ? 2 : 0;
		if (code)
			err << "p2padm-helper: " << escape(error.what())
			    << "\nTry 'p2padm-helper --help'.\n";
	}
	return std::nullopt;
}

} // namespace p2padm
