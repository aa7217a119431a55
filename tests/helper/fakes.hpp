// SPDX-License-Identifier: GPL-2.0-only
/** A module to talk to. */
#ifndef P2PADM_TESTS_HELPER_FAKES_HPP
#define P2PADM_TESTS_HELPER_FAKES_HPP

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "error.hpp"
#include "event_source.hpp"
#include "gateway.hpp"
#include "heartbeat.hpp"
#include "policy.hpp"

namespace p2padm::test
{

/** What the kernel has and remembers */
struct Kernel {
	bool loaded = true;
	bool enabled = true;
	std::uint64_t identity = 30; ///< of the gateway
	int attach_error = 0; ///< errno
	int beat_error = 0;
	int install_error = 0;
	int attached = 0; ///< how often
	int beats = 0;
	int detached = 0;
	int open = 0; ///< gateways and subscriptions
	PolicyState policy{};
	int installed = 0;
	std::deque<Heard> events;
};

class FakeGateway : public Gateway
{
public:
	explicit FakeGateway(Kernel &k) : kernel_(k)
	{
		if (!k.loaded)
			throw NoGateway("not loaded");
		k.open++;
	}
	~FakeGateway() override
	{
		kernel_.open--;
	}

	Status status() override
	{
		Status s;

		s.version = "0.2.0";
		s.enabled = kernel_.enabled;
		s.gateway = kernel_.identity;
		return s;
	}
	Stats stats() override
	{
		return {};
	}
	std::vector<App> apps() override
	{
		return {};
	}
	void flows(const std::string &, const std::function<void(const Flow &)> &) override
	{
	}
	PolicyState policy() override
	{
		return kernel_.policy;
	}
	std::vector<RuleState> rules() override
	{
		return {};
	}
	std::vector<ContentState> content() override
	{
		return {};
	}
	PolicySets policy_sets() override
	{
		return {};
	}
	PolicyState install(const CompiledPolicy &policy, std::uint32_t) override
	{
		fail("installing the policy", kernel_.install_error);
		kernel_.installed++;
		kernel_.policy = {};
		kernel_.policy.id = policy.id;
		return kernel_.policy;
	}
	void confirm() override
	{
	}
	void attach_helper() override
	{
		fail("attaching", kernel_.attach_error);
		kernel_.attached++;
	}
	void beat() override
	{
		fail("beating", kernel_.beat_error);
		kernel_.beats++;
	}
	bool detach_helper() override
	{
		kernel_.detached++;
		return true;
	}
	int family() const override
	{
		return 30;
	}
	bool set_enabled(bool) override
	{
		return true;
	}
	std::string interface_name(std::uint32_t) override
	{
		return "br0";
	}

private:
	static void fail(const char *operation, int error)
	{
		if (error)
			throw SystemError(operation, error);
	}

	Kernel &kernel_;
};

/** Beats when it is looked at */
class FakePulse : public Pulse
{
public:
	void begin(std::unique_ptr<Gateway> line) override
	{
		line_ = std::move(line);
	}
	void end() override
	{
		line_.reset();
	}
	void witness() override
	{
		line_->beat();
	}

private:
	std::unique_ptr<Gateway> line_;
};

class FakeEvents : public EventSource
{
public:
	explicit FakeEvents(Kernel &k) : kernel_(k)
	{
		k.open++;
	}
	~FakeEvents() override
	{
		kernel_.open--;
	}
	int fd() const override
	{
		return 99;
	}
	std::vector<Heard> read() override
	{
		std::vector<Heard> out(kernel_.events.begin(), kernel_.events.end());

		kernel_.events.clear();
		return out;
	}

private:
	Kernel &kernel_;
};

} // namespace p2padm::test

#endif
