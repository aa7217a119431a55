// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.hpp"

#include <fcntl.h>

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "file.hpp"

namespace p2padm::test
{

World::World()
{
	status = { .version = "0.2.0", .enabled = true, .mode = KP2PADM_MODE_ENFORCE,
		   .generation = 3, .flows = 7, .max_flows = 1000,
		   .buckets = 256, .inspected = 2, .streams = 4, .stream_bytes = 5000, .uptime = 3723,
		   .abi = KP2PADM_ABI, .helper = KP2PADM_HELPER_ALIVE, .gateway = 0xabc };
	for (std::size_t i = 0; i < counters().size(); i++)
		stats.values.push_back(i + 1); // all different
	for (std::size_t i = 0; i < counters().size(); i++) {
		const std::string name = counters()[i].name;

		if (name.starts_with("untracked") || name.starts_with("uninspected"))
			stats.values[i] = 0;
	}
	stats.chains = { 250, 5, 1, 0 };
	apps = { { .name = "unknown" },
		 { .name = "bittorrent", .category = KP2PADM_CATEGORY_P2P,
		   .flows = 2, .packets = 12345,
		   .bytes = 6'700'000, .dropped = 11, .dropped_bytes = 999,
		   .would_drop = 4, .named = 5 },
		 { .name = "xmpp", .category = KP2PADM_CATEGORY_IM } };
	policy.mode = KP2PADM_MODE_ENFORCE;
	policy.generation = 3;
	policy.rules = 2;
	policy.id.fill(0xab);
	rules.resize(2);
	rules[0].name = "no BitTorrent";
	rules[0].apps = { "bittorrent" };
	rules[0].verdict = KP2PADM_VERDICT_DROP;
	rules[0].flows = 17;
	rules[1].number = 1;
	rules[1].name = "try out";
	rules[1].verdict = KP2PADM_VERDICT_RESET;
	rules[1].observes = true;
}

FakeGateway::FakeGateway(World &world) : world_(world)
{
	if (!world.loaded)
		throw NoGateway("the module kp2padm is not loaded");
}

void FakeGateway::need_privilege(const char *operation) const
{
	if (!world_.privileged)
		throw SystemError(operation, EPERM);
}

Status FakeGateway::status()
{
	return world_.status;
}

Stats FakeGateway::stats()
{
	return world_.stats;
}

std::vector<App> FakeGateway::apps()
{
	return world_.apps;
}

void FakeGateway::flows(const std::string &app,
			const std::function<void(const Flow &)> &sink)
{
	need_privilege("listing flows");
	world_.filter = app;
	for (const auto &flow : world_.flows)
		if (app.empty() || flow.app == app)
			sink(flow);
}

PolicyState FakeGateway::policy()
{
	return world_.policy;
}

std::vector<RuleState> FakeGateway::rules()
{
	need_privilege("listing rules");
	return world_.rules;
}

std::vector<ContentState> FakeGateway::content()
{
	need_privilege("listing content rules");
	return world_.content;
}

PolicySets FakeGateway::policy_sets()
{
	const PolicySets was = world_.sets;

	need_privilege("listing whom the policy calls local and exempt");
	if (world_.replaced) {
		world_.replaced--;
		world_.policy.generation++;
		world_.sets.local_ports = { "new" + std::to_string(world_.policy.generation) };
	}
	return was;
}

PolicyState FakeGateway::install(const CompiledPolicy &policy, std::uint32_t trial)
{
	const p2p_rules &core = policy.rules.core();

	need_privilege("installing the policy");
	if (world_.refuses)
		throw SystemError("installing the policy", EINVAL, "that is wrong");
	world_.installed = { policy.mode, policy.id, policy.names,
			     { core.rule, core.rule + core.n }, policy.content_names, trial };
	world_.policy = { .mode = policy.mode, .fallback = core.fallback, .id = policy.id,
			  .rules = core.n, .hosts = core.hosts,
			  .generation = world_.policy.generation + 1, .trial = trial,
			  .until = {}, .content_rules = policy.content.core().rules };
	world_.rules.clear();
	world_.content.clear();
	world_.sets = {};
	return world_.policy;
}

void FakeGateway::confirm()
{
	need_privilege("confirming the policy on trial");
	world_.confirmed = true;
	world_.policy.trial = 0;
}

void FakeGateway::attach_helper()
{
	need_privilege("attaching to the gateway");
	world_.status.helper = KP2PADM_HELPER_ALIVE;
}

void FakeGateway::beat()
{
	need_privilege("telling the gateway that the helper lives");
}

bool FakeGateway::detach_helper()
{
	need_privilege("detaching the helper");
	if (world_.status.helper == KP2PADM_HELPER_NONE)
		return false;
	world_.status.helper = KP2PADM_HELPER_NONE;
	return true;
}

int FakeGateway::family() const
{
	return 30;
}

bool FakeGateway::set_enabled(bool enabled)
{
	need_privilege(enabled ? "enabling the gateway" : "disabling the gateway");
	world_.enabled = enabled;
	const bool changed = world_.status.enabled != enabled;
	world_.status.enabled = enabled;
	return changed;
}

std::string FakeGateway::interface_name(std::uint32_t index)
{
	return index == 5 ? "br0" : "";
}

Offloads FakeLinks::offloads(const std::string &port)
{
	return offloads_of[port];
}

std::string FakeLinks::xdp(const std::string &port)
{
	return xdp_of[port];
}

std::vector<TcFilter> FakeLinks::tc_filters(const std::string &port)
{
	return filters_of[port];
}

std::vector<Flowtable> FakeLinks::flowtables()
{
	asked_flowtables = true;
	if (!privileged)
		throw SystemError("listing nft flowtables", EPERM);
	return tables;
}

TemporaryDirectory::TemporaryDirectory()
{
	std::string name = testing::TempDir() + "p2padm-XXXXXX";

	if (!mkdtemp(name.data()))
		throw SystemError("creating " + name, errno);
	path_ = name;
}

TemporaryDirectory::~TemporaryDirectory()
{
	std::error_code ignored;

	std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string &name,
				      const std::string &text) const
{
	const auto path = path_ / std::filesystem::path(name).relative_path();

	std::filesystem::create_directories(path.parent_path());
	std::ofstream(path, std::ios::binary) << text;
	return path.string();
}

void TemporaryDirectory::remove(const std::string &name) const
{
	std::filesystem::remove_all(path_ /
				    std::filesystem::path(name).relative_path());
}

Json Result::json() const
{
	return Json::parse(out);
}

std::vector<Json> Result::lines() const
{
	std::istringstream in(out);
	std::vector<Json> objects;

	for (std::string line; std::getline(in, line);)
		objects.push_back(Json::parse(line));
	return objects;
}

namespace
{

Result run_in(World &world, FakeLinks &links, const std::filesystem::path &root,
	      const std::filesystem::path &history, const std::vector<std::string> &arguments)
{
	/** The program owns what it opens; the test keeps the facts */
	struct Borrowed : LinkFacts {
		explicit Borrowed(FakeLinks &l) : links(l)
		{
		}
		Offloads offloads(const std::string &port) override
		{
			return links.offloads(port);
		}
		std::string xdp(const std::string &port) override
		{
			return links.xdp(port);
		}
		std::vector<TcFilter> tc_filters(const std::string &port) override
		{
			return links.tc_filters(port);
		}
		std::vector<Flowtable> flowtables() override
		{
			return links.flowtables();
		}
		FakeLinks &links;
	};
	/** Always readable */
	struct Told : EventSource {
		explicit Told(std::vector<Heard> some) : events(std::move(some))
		{
		}
		int fd() const override
		{
			return null.get();
		}
		std::vector<Heard> read() override
		{
			return events;
		}
		std::vector<Heard> events;
		FileDescriptor null = FileDescriptor::open("/dev/null", O_RDONLY);
	};
	std::ostringstream out, err;
	Context ctx{
		.out = out,
		.err = err,
		.gateway = [&] { return std::make_unique<FakeGateway>(world); },
		.events = [&] { return std::make_unique<Told>(world.events); },
		.links = [&] { return std::make_unique<Borrowed>(links); },
		.files = FileTree(root),
		.history = history,
		.now = [] { return test_now; },
		.remove_module =
			[&] {
				if (world.removals.empty())
					return 0;
				const int error = world.removals.front();
				if (world.removals.size() > 1)
					world.removals.erase(world.removals.begin());
				return error;
			},
		.pause = [] {},
		.run = {},
	};
	std::vector<const char *> argv = { "p2padm-ctl" };

	for (const auto &argument : arguments)
		argv.push_back(argument.c_str());
	const int code = run(static_cast<int>(argv.size()), argv.data(), ctx);
	return { code, out.str(), err.str() };
}

} // namespace

Result ctl(World &world, FakeLinks &links, const std::filesystem::path &root,
	   const std::vector<std::string> &arguments)
{
	return run_in(world, links, root, "/nonexistent/policies", arguments);
}

Result ctl(World &world, const TemporaryDirectory &state,
	   const std::vector<std::string> &arguments)
{
	FakeLinks links;

	return run_in(world, links, "/nonexistent", state.path() / "policies", arguments);
}

Result ctl(World &world, const std::vector<std::string> &arguments)
{
	FakeLinks links;

	return ctl(world, links, "/nonexistent", arguments);
}

} // namespace p2padm::test
