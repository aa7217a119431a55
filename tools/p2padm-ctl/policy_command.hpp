// SPDX-License-Identifier: GPL-2.0-only
/** What the commands below "policy" share. */
#ifndef P2PADM_CTL_POLICY_COMMAND_HPP
#define P2PADM_CTL_POLICY_COMMAND_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "policy.hpp"
#include "policy_history.hpp"

namespace p2padm
{

inline constexpr const char *default_policy_file = "/etc/kp2padm/policy.toml";

struct PolicyOptions {
	bool json = false;
	bool observe = false;
	bool rules = false;
	std::string file = default_policy_file;
	std::string confirm; ///< how long a trial is; "": no trial
	unsigned int back = 1;
	std::vector<std::string> words; ///< APP=VERDICT..., or a flow's KEY=VALUE...
};

// One function a command; each returns an exit code.
int policy_check(Context &ctx, const PolicyOptions &options);
int policy_load(Context &ctx, const PolicyOptions &options);
int policy_confirm(Context &ctx, const PolicyOptions &options);
int policy_rollback(Context &ctx, const PolicyOptions &options);
int policy_set(Context &ctx, const PolicyOptions &options);
int policy_flush(Context &ctx, const PolicyOptions &options);
int policy_show(Context &ctx, const PolicyOptions &options);
int policy_diff(Context &ctx, const PolicyOptions &options);
/** @param from_file -f was given: it is not about the policy in force */
int policy_test(Context &ctx, const PolicyOptions &options, bool from_file);

/** A policy's file, standard input for "-" */
std::string read_policy_file(const std::string &file);

/** Is there a policy in force that was made from a text? */
bool has_text(const PolicyState &state);

/** Is there one that says anything, or is it the one that nobody has installed? */
bool says_something(const PolicyState &state);

/** ", 2 content rules", "" for none */
std::string and_content(std::uint32_t rules);

/**
 * The text of the policy in force, "" where none was installed
 *
 * @return nothing where there is one that is not in the history
 */
std::optional<std::string> text_in_force(Context &ctx, const PolicyState &state);

/** One line: mode, rules, generation, trial */
std::string summary(const PolicyState &state);

/** Its conditions and what it does, in one line; the same for rules that are the same */
std::string describe(const PolicyRule &rule);
std::string describe(const ContentRule &rule);

} // namespace p2padm

#endif
