// SPDX-License-Identifier: GPL-2.0-only
/** Which policy the helper puts in force, and when. */
#ifndef P2PADM_HELPER_POLICY_KEEPER_HPP
#define P2PADM_HELPER_POLICY_KEEPER_HPP

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "event.hpp"
#include "gateway.hpp"
#include "policy.hpp"
#include "policy_history.hpp"

namespace p2padm
{

/**
 * The file is one of the ways in which an administrator says what is to be in
 * force; `p2padm-ctl policy` is the other. What was said last counts:
 *
 *   the helper begins      the file, unless its text was in force before and
 *                          another that is known took its place
 *   SIGHUP                 the file, if its text is another than before
 *   the module is new      what was in force last, for good
 *   a schedule nears       what is in force, told for longer
 *   its end
 *
 * While a policy is on trial nothing is installed, and a text whose trial was not
 * confirmed never is because the file has it.
 */
class PolicyKeeper
{
public:
	using Log = std::function<void(const std::string &text)>;

	PolicyKeeper(std::filesystem::path file, PolicyHistory history, Log log);

	/** Read the file; a bad one is told, line by line, and changes nothing */
	void read();

	/** The helper has begun. @throw std::runtime_error, also where the history cannot be read */
	void begin(Gateway &gateway);
	/** The helper was there before; the gateway may be a new one. @throw std::runtime_error */
	void resume(Gateway &gateway);
	/** Something else may have been installed, confirmed, or taken back */
	void heard(const Event &event);
	/** Now and then. @throw std::runtime_error */
	void renew(Gateway &gateway, std::time_t now);

private:
	void tend(Gateway &gateway, const PolicyState &state);
	void note(const PolicyState &state);
	bool tried(const PolicyId &id) const;
	bool is_superseded(const PolicyState &state) const;
	std::optional<std::string> text_of(const PolicyId &id) const;
	bool settle(Gateway &gateway, const PolicyState &state);
	void restore(Gateway &gateway);
	bool install(Gateway &gateway, const std::string &text, const std::string &name);

	std::filesystem::path file_;
	PolicyHistory history_;
	Log log_;
	std::string text_;	///< the file's last good one; "" before it had any
	bool unsettled_ = false; ///< nothing came of it yet
	PolicyId lasting_{};	///< in force last, for good
	PolicyId tried_{};	///< on trial last, and not confirmed
};

} // namespace p2padm

#endif
