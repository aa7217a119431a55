// SPDX-License-Identifier: GPL-2.0-only
#include "policy_keeper.hpp"

#include <ctime>

#include <fmt/format.h>

#include "error.hpp"
#include "file.hpp"

namespace p2padm
{

PolicyKeeper::PolicyKeeper(std::filesystem::path file, PolicyHistory history, Log log)
	: file_(std::move(file)), history_(std::move(history)), log_(std::move(log))
{
}

void PolicyKeeper::read()
{
	std::vector<Problem> warnings;

	try {
		std::string text = read_file(file_, policy_text_max);

		policy_from_text(text, file_.string(), std::time(nullptr), warnings);
		for (const auto &warning : warnings)
			log_("warning: " + to_string(file_.string(), warning));
		unsettled_ |= text != text_;
		text_ = std::move(text);
		return;
	} catch (const PolicyError &error) {
		log_(error.what());
	} catch (const SystemError &error) {
		log_(error.what());
	}
	log_("the policy in force stays");
}

void PolicyKeeper::note(const PolicyState &state)
{
	if (state.trial)
		tried_ = state.id;
	else if (state.id != PolicyId{})
		lasting_ = state.id;
}

void PolicyKeeper::heard(const Event &event)
{
	if (!event.policy)
		return;
	note(*event.policy);
	if (event.policy->trial || event.why == KP2PADM_WHY_REVERT)
		return;
	if (event.policy->id == tried_)
		tried_ = {};
	try {
		history_.confirm(event.policy->id);
	} catch (const SystemError &error) {
		log_(error.what());
	}
}

/** Was it in force on trial only? */
bool PolicyKeeper::tried(const PolicyId &id) const
{
	const auto entry = history_.find(id);

	return id == tried_ || (entry && history_.tried(*entry));
}

/** The text with that id, if it was in force or is the file's */
std::optional<std::string> PolicyKeeper::text_of(const PolicyId &id) const
{
	if (!text_.empty() && policy_id(text_) == id)
		return text_;
	try {
		if (const auto entry = history_.find(id))
			return history_.text(*entry);
	} catch (const std::runtime_error &error) {
		log_(error.what());
	}
	return std::nullopt;
}

/** Compiled anew each time, so that its schedules reach as far as they can */
bool PolicyKeeper::install(Gateway &gateway, const std::string &text, const std::string &name)
{
	std::vector<Problem> told; // read() has, or whoever installed it first

	try {
		const auto policy = policy_from_text(text, name, std::time(nullptr), told);
		const PolicyState state = gateway.install(policy, 0);

		note(state);
		log_(fmt::format("{} is in force: mode {}, {} rules, generation {}", name,
				 mode_name(state.mode), state.rules, state.generation));
	} catch (const std::runtime_error &error) {
		log_(std::string(error.what()) + "; the policy in force stays");
		return false;
	}
	try {
		history_.add(text);
	} catch (const std::runtime_error &error) {
		log_(std::string("the policy is not kept for a rollback: ") + error.what());
	}
	return true;
}

/** Install the file's text if nothing came of it yet. @return is it in force? */
bool PolicyKeeper::settle(Gateway &gateway, const PolicyState &state)
{
	if (!unsettled_)
		return false;
	const PolicyId id = policy_id(text_);

	if (state.trial) {
		// it stays unsettled: the next SIGHUP asks again
		log_(fmt::format("a policy is on trial: {} is not installed", file_.string()));
		return false;
	}
	if (state.id == id) {
		log_(file_.string() + " is in force already");
	} else if (tried(id)) {
		log_(fmt::format("{} was on trial and was not confirmed: it is not installed "
				 "(p2padm-ctl policy load does)",
				 file_.string()));
		unsettled_ = false;
		return false;
	} else if (!install(gateway, text_, file_.string())) {
		return false;
	}
	unsettled_ = false;
	return true;
}

/** Nothing is in force: what was, last and for good */
void PolicyKeeper::restore(Gateway &gateway)
{
	auto text = text_of(lasting_);

	if (!text) {
		const auto last = history_.last_good();

		text = last ? std::optional(history_.text(*last)) : std::nullopt;
	}
	if (text)
		install(gateway, *text, fmt::format("policy {:.12}", hex(policy_id(*text))));
}

/** Did another text take the place of the file's, which was in force before? */
bool PolicyKeeper::is_superseded(const PolicyState &state) const
{
	const PolicyId id = policy_id(text_);

	if (state.id == id || state.id == PolicyId{} || !history_.find(id))
		return false;
	return state.trial || history_.find(state.id);
}

void PolicyKeeper::begin(Gateway &gateway)
{
	const PolicyState state = gateway.policy();

	if (unsettled_ && is_superseded(state)) {
		log_(fmt::format("policy {:.12} took the place of {}, and stays", hex(state.id),
				 file_.string()));
		unsettled_ = false;
	}
	tend(gateway, state);
}

void PolicyKeeper::resume(Gateway &gateway)
{
	tend(gateway, gateway.policy());
}

void PolicyKeeper::tend(Gateway &gateway, const PolicyState &state)
{
	note(state);
	if (!settle(gateway, state) && state.id == PolicyId{} && !state.trial)
		restore(gateway);
}

void PolicyKeeper::renew(Gateway &gateway, std::time_t now)
{
	const PolicyState state = gateway.policy();
	std::vector<Problem> told;

	if (state.id == PolicyId{})
		return tend(gateway, state); // it was refused before
	note(state); // its event may be lost
	// further than half of what can be told it need not be asked
	if (state.trial || !state.until || *state.until - now > schedule_days * std::int64_t{ 86400 } / 2)
		return;
	const auto text = text_of(state.id);
	if (!text)
		return;
	const auto longer = policy_from_text(*text, "", now, told).until();
	// twice as far from now
	if (longer && *longer - now > 2 * (*state.until - now))
		install(gateway, *text, fmt::format("policy {:.12}, told for longer,",
						    hex(state.id)));
}

} // namespace p2padm
