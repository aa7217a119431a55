// SPDX-License-Identifier: GPL-2.0-only
/**
 * What every subcommand gets and how it is added: one file a subcommand, each
 * with its options, its help and one function that returns an exit code.
 */
#ifndef P2PADM_CTL_COMMAND_HPP
#define P2PADM_CTL_COMMAND_HPP

#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "error.hpp"
#include "event_source.hpp"
#include "exit.hpp"
#include "facts.hpp"
#include "gateway.hpp"

namespace p2padm
{

/** Keys stay in the order they were added */
using Json = nlohmann::ordered_json;

/** Where a command reads and writes; tests fill in fakes */
struct Context {
	std::ostream &out;
	std::ostream &err;
	std::function<std::unique_ptr<Gateway>()> gateway;
	std::function<std::unique_ptr<EventSource>()> events;
	std::function<std::unique_ptr<LinkFacts>()> links;
	FileTree files; ///< sysfs and procfs
	std::filesystem::path history; ///< of policies' texts
	std::function<std::time_t()> now;
	std::function<int()> remove_module; ///< @return 0 or an errno
	std::function<void()> pause;	    ///< for 0.1 s
	/** Set while the command line is parsed: what it asks for */
	std::function<int()> run;
};

/** Run the program. @return its exit code */
int run(int argc, const char *const *argv, Context &ctx);

/** Every command there is, to @p app */
void add_commands(CLI::App &app, Context &ctx);

void add_status(CLI::App &app, Context &ctx);
void add_enable(CLI::App &app, Context &ctx);
void add_disable(CLI::App &app, Context &ctx);
void add_stats(CLI::App &app, Context &ctx);
void add_flows(CLI::App &app, Context &ctx);
void add_hosts(CLI::App &app, Context &ctx);
void add_events(CLI::App &app, Context &ctx);
void add_policy(CLI::App &app, Context &ctx);
void add_unload(CLI::App &app, Context &ctx);
void add_doctor(CLI::App &app, Context &ctx);
void add_classify(CLI::App &app, Context &ctx);

/** A subcommand with -j, and @p examples and the exit codes in its help */
CLI::App *add_command(CLI::App &app, const std::string &name,
		      const std::string &description,
		      const std::string &examples, bool &json);

/**
 * The gateway of this namespace
 *
 * @throw NoGateway also when the module is loaded but not enabled here: its
 *        dumps are then empty, which must not look like "no flows"
 */
std::unique_ptr<Gateway> enabled_gateway(Context &ctx);

/**
 * Is there an application called @p name?
 *
 * The module decides, but it cannot say what the choice would have been.
 *
 * @throw UsageError with the names there are; @p operation begins it
 */
void check_app(const std::string &operation, const std::string &name,
	       const std::vector<App> &apps);

/** One JSON document; bytes that are not UTF-8 become U+FFFD */
void print_json(std::ostream &out, const Json &document);

Json to_json(const PolicyState &state);

/** Version of this program; the module of the same tree has the same */
const char *program_version();

} // namespace p2padm

#endif
