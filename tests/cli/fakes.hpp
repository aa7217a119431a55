// SPDX-License-Identifier: GPL-2.0-only
/** Stand-ins for the kernel, and a way to run the program in them. */
#ifndef P2PADM_TESTS_CLI_FAKES_HPP
#define P2PADM_TESTS_CLI_FAKES_HPP

#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "command.hpp"
#include "policy.hpp"

namespace p2padm::test
{

/** What install() was given */
struct Installed {
	std::uint8_t mode;
	PolicyId id;
	std::vector<std::string> names;
	std::vector<p2p_rule> rules;
	std::vector<std::string> content_names;
	std::uint32_t trial;
};

/** What a module would say; a copy of it answers each command */
struct World {
	bool loaded = true;
	bool privileged = true;
	Status status;
	Stats stats;
	std::vector<App> apps;
	std::vector<Flow> flows;
	PolicyState policy;
	std::vector<RuleState> rules;
	std::vector<ContentState> content;
	PolicySets sets;
	int replaced = 0; ///< policies that take this one's place while sets are read
	std::optional<Installed> installed;
	bool refuses = false;	   ///< install() fails as the module would
	bool confirmed = false;
	std::optional<bool> enabled;	   ///< by set_enabled()
	std::optional<std::string> filter; ///< what flows() was asked for
	std::vector<Heard> events;	   ///< what is told, over and over
	std::vector<int> removals;	   ///< what delete_module answers, then 0

	/** A loaded module whose gateway has seen a little */
	World();
};

class FakeGateway : public Gateway
{
public:
	explicit FakeGateway(World &world);

	Status status() override;
	Stats stats() override;
	std::vector<App> apps() override;
	void flows(const std::string &app,
		   const std::function<void(const Flow &)> &sink) override;
	PolicyState policy() override;
	std::vector<RuleState> rules() override;
	std::vector<ContentState> content() override;
	PolicySets policy_sets() override;
	PolicyState install(const CompiledPolicy &policy, std::uint32_t trial) override;
	void confirm() override;
	void attach_helper() override;
	void beat() override;
	bool detach_helper() override;
	int family() const override;
	bool set_enabled(bool enabled) override;
	std::string interface_name(std::uint32_t index) override;

private:
	void need_privilege(const char *operation) const;

	World &world_;
};

/** Links as doctor is told of them */
struct FakeLinks : LinkFacts {
	std::map<std::string, Offloads> offloads_of;
	std::map<std::string, std::string> xdp_of;
	std::map<std::string, std::vector<TcFilter>> filters_of;
	std::vector<Flowtable> tables;
	bool privileged = true;
	bool asked_flowtables = false;

	Offloads offloads(const std::string &port) override;
	std::string xdp(const std::string &port) override;
	std::vector<TcFilter> tc_filters(const std::string &port) override;
	std::vector<Flowtable> flowtables() override;
};

/** A directory that goes with the test */
class TemporaryDirectory
{
public:
	TemporaryDirectory();
	~TemporaryDirectory();
	TemporaryDirectory(const TemporaryDirectory &) = delete;
	TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

	const std::filesystem::path &path() const
	{
		return path_;
	}
	/** Write a file, its directories too. @return its whole path */
	std::string write(const std::string &name, const std::string &text) const;
	void remove(const std::string &name) const;

private:
	std::filesystem::path path_;
};

/** When the tests' commands run: Tuesday, 2026-11-24 12:00 UTC */
inline constexpr std::time_t test_now = 1795521600;

struct Result {
	int code;
	std::string out;
	std::string err;

	Json json() const;
	/** One object a line */
	std::vector<Json> lines() const;
};

/** p2padm-ctl ARGUMENTS... in @p world */
Result ctl(World &world, const std::vector<std::string> &arguments);
/** The same with a history of policies in @p state */
Result ctl(World &world, const TemporaryDirectory &state,
	   const std::vector<std::string> &arguments);
/** The same with sysfs and links of a test's own */
Result ctl(World &world, FakeLinks &links, const std::filesystem::path &root,
	   const std::vector<std::string> &arguments);

} // namespace p2padm::test

#endif
