// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl policy: what is done with applications. */
#include "policy_command.hpp"

#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include "file.hpp"
#include "format.hpp"

namespace p2padm
{

Json to_json(const PolicyState &state)
{
	Json doc = { { "mode", mode_name(state.mode) },
		     { "generation", state.generation },
		     { "default", verdict_name(state.fallback) },
		     { "on_helper_loss",
		       state.helper_loss == KP2PADM_VERDICT_PASS ? "pass" : "block" },
		     { "on_conflict",
		       state.conflict == KP2PADM_VERDICT_RESET ? "end" : "drop" },
		     { "on_unread", state.unread == KP2PADM_VERDICT_PASS ? "pass" : "block" },
		     { "id", has_text(state) ? Json(hex(state.id)) : Json() },
		     { "rule_count", state.rules },
		     { "content_rule_count", state.content_rules },
		     { "host_count", state.hosts },
		     { "trial_seconds", state.trial } };

	if (state.until)
		doc["schedules_until"] = *state.until;
	return doc;
}

std::string read_policy_file(const std::string &file)
{
	if (file == "-")
		return read_all(STDIN_FILENO, "standard input", policy_text_max);
	return read_file(file, policy_text_max);
}

bool has_text(const PolicyState &state)
{
	return std::any_of(state.id.begin(), state.id.end(), [](auto byte) { return byte; });
}

bool says_something(const PolicyState &state)
{
	return has_text(state) || state.rules || state.content_rules;
}

std::string and_content(std::uint32_t rules)
{
	return rules ? fmt::format(", {} content rules", rules) : "";
}

std::optional<std::string> text_in_force(Context &ctx, const PolicyState &state)
{
	if (!says_something(state))
		return "";
	const PolicyHistory history(ctx.history);
	const auto entry = history.find(state.id);
	if (!entry)
		return std::nullopt;
	return history.text(*entry);
}

std::string summary(const PolicyState &state)
{
	std::string out = fmt::format("mode {}, {} rules{}", mode_name(state.mode), state.rules,
				      and_content(state.content_rules));

	if (state.fallback != KP2PADM_VERDICT_PASS)
		out += fmt::format(", default {}", verdict_name(state.fallback));
	if (state.conflict == KP2PADM_VERDICT_RESET)
		out += ", conflicts end flows";
	if (state.unread != KP2PADM_VERDICT_PASS)
		out += ", nothing passes unread for want of room";
	out += fmt::format(", generation {}", state.generation);
	if (state.trial)
		out += fmt::format(", on trial: {} left", human_uptime(state.trial));
	return out;
}

namespace
{

using Options = PolicyOptions;
using Command = int (*)(Context &, const Options &);

/** Adds the commands below "policy": they share one set of options */
class Group
{
public:
	Group(CLI::App &app, Context &ctx)
		: ctx_(ctx), options_(std::make_shared<Options>()),
		  policy_(add_command(
			  app, "policy", "what is done with applications; alone: show",
			  "Example: p2padm-ctl policy load --confirm 5m\n"
			  "docs/policy.md and p2padm-ctl(8) describe the file.\n",
			  options_->json))
	{
		policy_->require_subcommand(0, 1);
		policy_->preparse_callback([run = runner(policy_show)](std::size_t) { run(); });
	}

	CLI::App *add(const std::string &name, const std::string &description,
		      const std::string &help, Command command)
	{
		CLI::App *sub = add_command(*policy_, name, description, help, options_->json);

		sub->callback(runner(command));
		return sub;
	}

	static CLI::Option *add_file(CLI::App *sub, Options &options, const char *what)
	{
		return sub->add_option("-f,--file", options.file, what)->capture_default_str();
	}

	Options &options()
	{
		return *options_;
	}
	std::shared_ptr<Options> shared_options()
	{
		return options_;
	}

private:
	std::function<void()> runner(Command command)
	{
		return [&ctx = ctx_, options = options_, command] {
			ctx.run = [&ctx, options, command] { return command(ctx, *options); };
		};
	}

	Context &ctx_;
	std::shared_ptr<Options> options_;
	CLI::App *policy_;
};

void add_reading(Group &group)
{
	CLI::App *sub = group.add(
		"show", "the policy in force",
		"Prints its text byte for byte, as the history has it; its rules when "
		"the text is\nnot known (exit code 1). HITS: flows it gave a verdict;\n"
		"OBJECTS: files and messages that a content rule decided about.\n"
		"Example: p2padm-ctl policy show > now.toml\n"
		"Example: p2padm-ctl policy show --rules\n",
		policy_show);
	sub->add_flag("--rules", group.options().rules,
		      "whom it calls local and exempt, its rules and what they did");

	sub = group.add("check", "is a file a policy? (needs no privilege)",
			"Prints FILE:LINE:COLUMN: REASON for everything that is wrong.\n"
			"Example: p2padm-ctl policy check -f new.toml\n",
			policy_check);
	Group::add_file(sub, group.options(), "the file; - is standard input");

	sub = group.add("diff", "what a file would change",
			"A unified diff of the text in force and the file, then the rules "
			"that are\nadded, removed or changed.\n"
			"Example: p2padm-ctl policy diff -f new.toml\n",
			policy_diff);
	Group::add_file(sub, group.options(), "the file; - is standard input");
}

void add_test(Group &group, Context &ctx)
{
	CLI::App *sub = group.add(
		"test", "which rule decides about a flow, and why",
		"FLOW is words of the form KEY=VALUE:\n"
		"  app=NAME         what it is named; unknown: nothing; absent: not decided yet\n"
		"  src= dst=        addresses; src sent first\n"
		"  sport= dport=    ports\n"
		"  l4=tcp|udp       tcp unless told\n"
		"  vlan=ID          untagged unless told\n"
		"  confidence=N     percent; 100 where it is named\n"
		"  encrypted=yes|no no unless told\n"
		"  direction=out|in|local|transit, or in-port=NAME out-port=NAME: who is local\n"
		"  at=2026-12-31T23:30  by the policy's time zone, or with Z in UTC; now unless told\n"
		"Content rules are not asked: they are about what flows carry.\n"
		"Example: p2padm-ctl policy test app=bittorrent src=10.1.2.3 at=2026-12-31T23:30\n"
		"Example: p2padm-ctl policy test -f new.toml app=bittorrent vlan=10\n",
		policy_check);
	CLI::Option *file = Group::add_file(sub, group.options(),
					    "a file instead of the policy in force");
	sub->add_option("FLOW", group.options().words, "KEY=VALUE...")->required();
	sub->callback([&ctx, options = group.shared_options(), file] {
		ctx.run = [&ctx, options, from_file = file->count() > 0] {
			return policy_test(ctx, *options, from_file);
		};
	});
}

void add_writing(Group &group)
{
	CLI::App *sub = group.add(
		"load", "install a file: it replaces the whole policy",
		"A file with anything wrong in it is refused, and the policy in force "
		"stays.\nWith --confirm the one before comes back by itself unless "
		"'policy confirm' is\ncalled in time, even if the gateway has become "
		"unreachable.\n"
		"Example: p2padm-ctl policy load --confirm 5m\n",
		policy_load);
	Group::add_file(sub, group.options(), "the file; - is standard input");
	sub->add_option("--confirm", group.options().confirm,
			"on trial for so long: 90s, 5m, 1h");

	group.add("confirm", "the policy on trial stays",
		  "Example: p2padm-ctl policy confirm\n", policy_confirm);

	sub = group.add("rollback", "install again what was installed before",
			"The last ten texts are kept. What is installed so counts as one more: "
			"to roll\nback twice is to be where one was.\n"
			"Example: p2padm-ctl policy rollback\n",
			policy_rollback);
	sub->add_option("N", group.options().back, "how many texts back")
		->check(CLI::PositiveNumber)
		->capture_default_str();

	sub = group.add("set", "a policy of nothing but applications and verdicts",
			"Replaces the whole policy; applications that are not named pass. Flows "
			"that were\ndecided before obey too. p2padm-ctl stats lists the "
			"applications.\n"
			"Example: p2padm-ctl policy set bittorrent=drop\n"
			"Example: p2padm-ctl policy set bittorrent=reset --observe\n",
			policy_set);
	sub->add_option("APP=VERDICT", group.options().words,
			"an application and pass, drop or reset")
		->required();
	sub->add_flag("--observe", group.options().observe,
		      "drop nothing, count what would have been dropped");

	group.add("flush", "back to observing: everything passes",
		  "Example: p2padm-ctl policy flush\n", policy_flush);
}

} // namespace

void add_policy(CLI::App &app, Context &ctx)
{
	Group group(app, ctx);

	add_reading(group);
	add_test(group, ctx);
	add_writing(group);
}

} // namespace p2padm
