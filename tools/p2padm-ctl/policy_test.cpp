// SPDX-License-Identifier: GPL-2.0-only
/** p2padm-ctl policy test: which rule decides about a flow, and why. */
#include "policy_command.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "explain.hpp"
#include "format.hpp"

namespace p2padm
{

namespace
{

[[noreturn]] void refuse(const std::string &reason)
{
	throw UsageError("policy test: " + reason);
}

/** The words of the command line, each KEY once */
class Words
{
public:
	explicit Words(const std::vector<std::string> &words)
	{
		for (const auto &word : words) {
			const auto equals = word.find('=');
			const std::string key = word.substr(0, equals);

			if (std::find(keys.begin(), keys.end(), key) == keys.end())
				refuse(fmt::format("'{}' is not {}{}", word,
						   fmt::join(keys, "= "), "="));
			if (equals == word.npos || equals + 1 == word.size())
				refuse(fmt::format("{} has no value", key));
			if (!values_.emplace(key, word.substr(equals + 1)).second)
				refuse(fmt::format("{} is named twice", key));
		}
	}

	std::optional<std::string> get(const std::string &key) const
	{
		const auto at = values_.find(key);

		if (at == values_.end())
			return std::nullopt;
		return at->second;
	}

	unsigned int number(const std::string &key, unsigned int most, unsigned int absent) const
	{
		const auto text = get(key);
		unsigned int n = absent;

		if (!text)
			return n;
		const char *end = text->data() + text->size();
		const auto [at, error] = std::from_chars(text->data(), end, n);
		if (error != std::errc() || at != end || n > most)
			refuse(fmt::format("{}={} is no number up to {}", key, *text, most));
		return n;
	}

	/** The place of the value in @p choices, @p absent without one */
	std::size_t choice(const std::string &key, const std::vector<std::string> &choices,
			   std::size_t absent) const
	{
		const auto text = get(key);

		if (!text)
			return absent;
		const auto at = std::find(choices.begin(), choices.end(), *text);
		if (at == choices.end())
			refuse(fmt::format("{}={}: it can be {}", key, *text,
					   fmt::join(choices, ", ")));
		return at - choices.begin();
	}

private:
	static const std::vector<std::string> keys;
	std::map<std::string, std::string> values_;
};

const std::vector<std::string> Words::keys = {
	"app",	      "src",  "dst",	 "sport",     "dport",	 "l4",
	"vlan",	      "confidence", "encrypted", "direction", "in-port", "out-port",
	"at",
};

/** A flow, its source first: the core's order of ends is no matter here */
struct Flow {
	p2p_key key{};
	p2p_subject subject{};
	std::string src, dst;
};

bool is_v6(const std::optional<std::string> &address)
{
	return address && address->find(':') != address->npos;
}

std::string read_address(const Words &words, const std::string &key, bool v6, void *to)
{
	const std::string text = words.get(key).value_or(v6 ? "::" : "0.0.0.0");

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), to) != 1)
		refuse(fmt::format("{}={} is no IPv{} address", key, text, v6 ? 6 : 4));
	return text;
}

unsigned int read_app(const Words &words)
{
	const std::string name = words.get("app").value_or("unknown");
	const unsigned int app = name == "unknown" ? 0 : p2p_app_find(name.c_str());

	if (app == P2P_APP_COUNT)
		refuse(fmt::format("no application '{}'", name));
	return app;
}

/** Who is local, by ports or by what is said of the direction */
std::uint8_t read_local(const Words &words, const CompiledPolicy &policy)
{
	// out: the sender, in: the receiver, local: both, transit: neither
	static constexpr std::uint8_t ends[] = { 1, 2, 3, 0 };
	const auto &ports = policy.local_ports;
	const auto is_local = [&](const std::string &key) {
		const auto name = words.get(key);

		return name && std::find(ports.begin(), ports.end(), *name) != ports.end();
	};

	if (words.get("direction"))
		return ends[words.choice("direction", { "out", "in", "local", "transit" }, 0)];
	return static_cast<std::uint8_t>(is_local("in-port") | is_local("out-port") << 1);
}

Flow read_flow(const Words &words, const CompiledPolicy &policy)
{
	const bool v6 = is_v6(words.get("src")) || is_v6(words.get("dst"));
	const bool named = words.get("app").has_value();
	Flow flow;

	flow.key.family = v6 ? 6 : 4;
	flow.src = read_address(words, "src", v6,
				v6 ? static_cast<void *>(flow.key.addr.v6[0]) : &flow.key.addr.v4[0]);
	flow.dst = read_address(words, "dst", v6,
				v6 ? static_cast<void *>(flow.key.addr.v6[1]) : &flow.key.addr.v4[1]);
	flow.key.port[0] = htons(static_cast<std::uint16_t>(words.number("sport", 65535, 0)));
	flow.key.port[1] = htons(static_cast<std::uint16_t>(words.number("dport", 65535, 0)));
	flow.key.l4 = words.choice("l4", { "tcp", "udp" }, 0) ? P2P_UDP : P2P_TCP;
	flow.key.vid = static_cast<std::uint16_t>(words.number("vlan", 4094, 0));
	flow.subject.decided = named;
	flow.subject.app = static_cast<std::uint8_t>(read_app(words));
	flow.subject.confidence = static_cast<std::uint8_t>(
		words.number("confidence", 100, flow.subject.app ? 100 : 0));
	flow.subject.encrypted = words.choice("encrypted", { "no", "yes" }, 0) ? P2P_TRUE : P2P_FALSE;
	flow.subject.local = read_local(words, policy);
	return flow;
}

// -- the moment

/** The seconds that a clock showing @p text has run since 1970, Z cut off */
std::int64_t read_clock(const std::string &text)
{
	std::istringstream in(text);
	std::tm tm{};

	in >> std::get_time(&tm, "%Y-%m-%dT%H:%M");
	if (in.fail() || in.peek() != std::istringstream::traits_type::eof())
		refuse(fmt::format("at={} is not of the form 2026-12-31T23:30", text));
	return timegm(&tm);
}

std::time_t read_time(const Words &words, const std::string &zone, std::time_t now)
{
	static constexpr std::int64_t day = 24 * 3600;
	std::string text = words.get("at").value_or("");

	if (text.empty())
		return now;
	if (text.ends_with('Z')) {
		text.pop_back();
		return read_clock(text);
	}
	const std::int64_t local = read_clock(text);
	const ZoneClock clock(zone, local - 2 * day, local + 2 * day);

	// of an hour that comes twice, the first
	for (const auto &span : clock.spans())
		if (span.begin <= local - span.offset && local - span.offset < span.end)
			return local - span.offset;
	refuse(fmt::format("at={}: no clock shows that time there", text));
}

// -- the answer

struct Answer {
	Flow flow;
	p2p_ruling ruling{};
	std::uint8_t direction = 0;
	std::vector<Step> steps;
};

Answer judge(const Words &words, const CompiledPolicy &policy, std::time_t time)
{
	Answer out{ .flow = read_flow(words, policy), .ruling = {}, .direction = 0, .steps = {} };
	p2p_rules rules = policy.rules.core(); // the arrays are the policy's
	Question question{ out.flow.subject, policy.active(time) };

	question.subject.key = &out.flow.key;
	if (words.get("direction"))
		rules.local.n = 0; // it is said, not found out
	out.direction = p2p_rules_direction(&rules, &question.subject);
	p2p_rules_judge(&rules, question.active, &question.subject, &out.ruling);
	out.steps = explain(rules, question, out.ruling);
	return out;
}

std::string rule_name(const CompiledPolicy &policy, std::uint16_t rule)
{
	return rule == P2P_NO_RULE ? "" : policy.names[rule];
}

std::string step_text(const CompiledPolicy &policy, const Step &step, const Answer &answer)
{
	const p2p_rule &rule = policy.rules.core().rule[step.rule];

	switch (step.match) {
	case Match::no:
		return "no: " + step.why;
	case Match::open:
		return "open: " + step.why;
	case Match::yes:
		break;
	}
	return (step.rule == answer.ruling.rule ? "decides: " : "matches: ") + action(rule);
}

std::string verdict_text(const CompiledPolicy &policy, const Answer &answer)
{
	const p2p_ruling &ruling = answer.ruling;

	if (ruling.exempt)
		return "pass: it is exempt";
	if (ruling.open)
		return "pass for now: it depends on the application";
	std::string out = verdict_name(ruling.verdict);
	if (ruling.rule != P2P_NO_RULE)
		out += fmt::format(", by rule '{}'", rule_name(policy, ruling.rule));
	else
		out += ruling.verdict == P2P_VERDICT_PASS ? ": no rule decides" :
							    ", by default";
	if (ruling.would_rule != P2P_NO_RULE)
		out += fmt::format("; {} had rule '{}' not only observed",
				   verdict_name(ruling.would), rule_name(policy, ruling.would_rule));
	if (policy.mode == KP2PADM_MODE_OBSERVE && ruling.verdict != P2P_VERDICT_PASS)
		out += "; but the policy observes: it passes";
	return out;
}

void print_answer(std::ostream &out, const CompiledPolicy &policy, const Answer &answer)
{
	const Flow &flow = answer.flow;

	fmt::print(out, "flow     {} {} -> {}, direction {}\n", l4_name(flow.key.l4),
		   endpoint(flow.src, ntohs(flow.key.port[0])),
		   endpoint(flow.dst, ntohs(flow.key.port[1])), direction_list(answer.direction));
	for (const auto &step : answer.steps)
		fmt::print(out, "rule {:<3} '{}': {}\n", step.rule + 1,
			   escape(policy.names[step.rule]),
			   escape(step_text(policy, step, answer)));
	fmt::print(out, "verdict  {}\n", escape(verdict_text(policy, answer)));
	if (const auto rules = policy.content.core().rules)
		fmt::print(out, "content  {} content rules are judged on what it carries\n", rules);
}

const char *match_name(Match match)
{
	switch (match) {
	case Match::no:
		return "no";
	case Match::open:
		return "open";
	case Match::yes:
		break;
	}
	return "yes";
}

Json answer_json(const CompiledPolicy &policy, const Answer &answer)
{
	static constexpr const char *modifiers[] = { "mark", "scan", "audit" };
	const p2p_ruling &ruling = answer.ruling;
	const auto name = [&](std::uint16_t rule) {
		return rule == P2P_NO_RULE ? Json() : Json(rule_name(policy, rule));
	};
	Json doc = { { "verdict", verdict_name(ruling.verdict) },
		     { "rule", name(ruling.rule) },
		     { "open", ruling.open },
		     { "exempt", ruling.exempt },
		     { "would", verdict_name(ruling.would) },
		     { "would_rule", name(ruling.would_rule) },
		     { "mode", mode_name(policy.mode) },
		     { "direction", direction_list(answer.direction) } };

	for (int i = 0; i < P2P_MODIFIERS; i++)
		doc["set_by"][modifiers[i]] = name(ruling.setter[i]);
	doc["content_rule_count"] = policy.content.core().rules;
	doc["steps"] = Json::array();
	for (const auto &step : answer.steps)
		doc["steps"].push_back({ { "rule", policy.names[step.rule] },
					 { "match", match_name(step.match) },
					 { "why", step.why } });
	return doc;
}

} // namespace

int policy_test(Context &ctx, const PolicyOptions &options, bool from_file)
{
	const Words words(options.words);
	std::optional<std::string> text;
	std::vector<Problem> warnings;
	Problems problems;

	if (from_file)
		text = read_policy_file(options.file);
	else
		text = text_in_force(ctx, enabled_gateway(ctx)->policy());
	if (!text)
		throw std::runtime_error("policy test: the text of the policy in force is not in "
					 "the history; name a file with -f");
	const std::string file = from_file ? options.file : "policy in force";
	const std::string zone = parse_policy(*text, problems).timezone;
	const std::time_t time = read_time(words, zone, ctx.now());
	const CompiledPolicy policy = policy_from_text(*text, file, time, warnings);
	const Answer answer = judge(words, policy, time);
	if (options.json)
		print_json(ctx.out, answer_json(policy, answer));
	else
		print_answer(ctx.out, policy, answer);
	return EXIT_OK;
}

} // namespace p2padm
