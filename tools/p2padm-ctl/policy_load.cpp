// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl policy check, load, confirm, rollback, set, flush. */
#include "policy_command.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "format.hpp"

namespace p2padm
{

namespace
{

Json to_json(const std::vector<Problem> &problems)
{
	Json list = Json::array();

	for (const auto &problem : problems)
		list.push_back({ { "line", problem.place.line },
				 { "column", problem.place.column },
				 { "reason", problem.reason } });
	return list;
}

/** A text and what became of it */
struct Loaded {
	CompiledPolicy policy;
	std::vector<Problem> warnings;
};

/** @return nothing when it is no policy, which has been said then */
std::optional<Loaded> compile(Context &ctx, const std::string &text, const std::string &file,
			      bool json)
{
	Loaded out;

	try {
		out.policy = policy_from_text(text, file, ctx.now(), out.warnings);
	} catch (const PolicyError &error) {
		if (json)
			print_json(ctx.out, { { "file", file },
					      { "good", false },
					      { "errors", to_json(error.problems()) } });
		else
			ctx.err << error.what() << '\n';
		return std::nullopt;
	}
	if (!json)
		for (const auto &warning : out.warnings)
			ctx.err << "warning: " << to_string(file, warning) << '\n';
	return out;
}

void print_state(Context &ctx, const PolicyState &state, const std::vector<Problem> &warnings,
		 bool json)
{
	if (json) {
		Json doc = to_json(state);

		doc["warnings"] = to_json(warnings);
		print_json(ctx.out, doc);
		return;
	}
	ctx.out << summary(state) << '\n';
	if (state.trial)
		ctx.out << "the policy before it comes back then, unless: p2padm-ctl policy "
			   "confirm\n";
}

int install(Context &ctx, const std::string &text, const std::string &file,
	    std::uint32_t trial, bool json)
{
	const auto loaded = compile(ctx, text, file, json);

	if (!loaded)
		return EXIT_PROBLEM;
	const auto gateway = enabled_gateway(ctx);
	const PolicyState state = gateway->install(loaded->policy, trial);
	print_state(ctx, state, loaded->warnings, json);
	// behind the installation: what was refused is nothing to roll back to
	PolicyHistory(ctx.history).add(text, state.trial != 0);
	return EXIT_OK;
}

/** Seconds of "90s", "5m", "1h", "300" */
std::uint32_t read_duration(const std::string &text)
{
	static constexpr std::uint32_t longest = KP2PADM_TRIAL_MAX;
	std::uint32_t n = 0, unit = 1;
	const char *end = text.data() + text.size();
	const auto [at, error] = std::from_chars(text.data(), end, n);
	const std::string rest(at, end);

	if (rest == "m")
		unit = 60;
	else if (rest == "h")
		unit = 3600;
	else if (!rest.empty() && rest != "s")
		unit = 0;
	if (error != std::errc() || !unit || !n || n > longest / unit)
		throw UsageError(fmt::format("policy load: --confirm takes 1s to 168h, as 90s, "
					     "5m or 1h, not '{}'",
					     text));
	return n * unit;
}

/** The rule for an APP=VERDICT */
std::string set_rule(const std::string &word, std::vector<std::string> &names)
{
	const auto equals = word.find('=');
	const std::string name = word.substr(0, equals);
	const std::string verdict = equals == word.npos ? "" : word.substr(equals + 1);

	for (const auto known :
	     { KP2PADM_VERDICT_PASS, KP2PADM_VERDICT_DROP, KP2PADM_VERDICT_RESET }) {
		if (name.empty() || verdict != verdict_name(known))
			continue;
		if (std::find(names.begin(), names.end(), name) != names.end())
			throw UsageError(fmt::format(
				"policy set: application '{}' is named twice", name));
		names.push_back(name);
		return fmt::format("\n[[rule]]\nname = \"set {0}\"\n"
				   "match = {{ app = \"{0}\" }}\nverdict = \"{1}\"\n",
				   name, verdict);
	}
	throw UsageError(fmt::format(
		"policy set: '{}' is not APP=pass, APP=drop or APP=reset", word));
}

} // namespace

int policy_check(Context &ctx, const PolicyOptions &options)
{
	const auto loaded =
		compile(ctx, read_policy_file(options.file), options.file, options.json);

	if (!loaded)
		return EXIT_PROBLEM;
	const p2p_rules &core = loaded->policy.rules.core();
	const std::uint32_t content = loaded->policy.content.core().rules;
	if (options.json)
		print_json(ctx.out, { { "file", options.file },
				      { "good", true },
				      { "id", hex(loaded->policy.id) },
				      { "mode", mode_name(loaded->policy.mode) },
				      { "rule_count", core.n },
				      { "content_rule_count", content },
				      { "host_count", core.hosts },
				      { "schedule_count", core.schedules },
				      { "warnings", to_json(loaded->warnings) } });
	else
		fmt::print(ctx.out, "{} is a policy: mode {}, {} rules{}\n", escape(options.file),
			   mode_name(loaded->policy.mode), core.n, and_content(content));
	return EXIT_OK;
}

int policy_load(Context &ctx, const PolicyOptions &options)
{
	const std::uint32_t trial = options.confirm.empty() ? 0 : read_duration(options.confirm);

	return install(ctx, read_policy_file(options.file), options.file, trial, options.json);
}

int policy_confirm(Context &ctx, const PolicyOptions &options)
{
	const auto gateway = enabled_gateway(ctx);

	gateway->confirm();
	const PolicyState state = gateway->policy();
	print_state(ctx, state, {}, options.json);
	PolicyHistory(ctx.history).confirm(state.id);
	return EXIT_OK;
}

int policy_rollback(Context &ctx, const PolicyOptions &options)
{
	const PolicyState state = enabled_gateway(ctx)->policy();
	const PolicyHistory history(ctx.history);
	auto all = history.entries();

	// what is behind the one in force was on trial, or refused to stay
	const auto now = std::find_if(all.rbegin(), all.rend(), [id = hex(state.id)](const auto &e) {
		return e.id == id;
	});
	if (now != all.rend())
		all.erase(std::prev(now.base()), all.end());
	if (options.back > all.size()) {
		fmt::print(ctx.err,
			   "p2padm-ctl: policy rollback: only {} texts before the one in force "
			   "are kept\n",
			   all.size());
		return EXIT_PROBLEM;
	}
	const auto &entry = all[all.size() - options.back];
	return install(ctx, history.text(entry), entry.file_name(), 0, options.json);
}

int policy_set(Context &ctx, const PolicyOptions &options)
{
	std::string text = fmt::format("# p2padm-ctl policy set\nmode = \"{}\"\n",
				       options.observe ? "observe" : "enforce");
	std::vector<std::string> names;

	for (const auto &word : options.words)
		text += set_rule(word, names);
	auto apps = enabled_gateway(ctx)->apps();
	// what nothing has named cannot be judged by name
	std::erase_if(apps, [](const App &app) { return app.name == "unknown"; });
	for (const auto &name : names)
		check_app("policy set", name, apps);
	return install(ctx, text, "policy set", 0, options.json);
}

int policy_flush(Context &ctx, const PolicyOptions &options)
{
	return install(ctx, "# p2padm-ctl policy flush\nmode = \"observe\"\n", "policy flush", 0,
		       options.json);
}

} // namespace p2padm
