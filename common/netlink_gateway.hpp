// SPDX-License-Identifier: GPL-2.0-only
/** The gateway of this network namespace, over generic netlink. */
#ifndef P2PADM_COMMON_NETLINK_GATEWAY_HPP
#define P2PADM_COMMON_NETLINK_GATEWAY_HPP

#include <map>

#include "gateway.hpp"
#include "netlink.hpp"

namespace p2padm
{

class NetlinkGateway : public Gateway
{
public:
	/** @throw NoGateway when the module is not loaded, SystemError */
	NetlinkGateway();

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
	int family() const override
	{
		return family_; // the kernel gives numbers in turn
	}
	bool set_enabled(bool enabled) override;
	std::string interface_name(std::uint32_t index) override;

private:
	netlink::Message request(std::uint8_t command, int flags = 0) const;
	/** One question, one answer, read by @p parse */
	template <typename Parse>
	auto ask(const std::string &operation, std::uint8_t command, int max, Parse parse);
	template <typename Parse>
	auto list(const std::string &operation, std::uint8_t command, int max, Parse parse);

	netlink::Socket socket_;
	int family_;
	std::map<std::uint32_t, std::string> names_;
};

/** What follows the headers of an answer of the family */
netlink::Attributes answer(nlmsghdr *hdr, int max);

/** Decoders of one answer's attributes, or of what an event nests */
Status parse_status(const netlink::Attributes &a);
Stats parse_stats(const netlink::Attributes &a);
App parse_app(const netlink::Attributes &a);
Flow parse_flow(const netlink::Attributes &a);
PolicyState parse_policy_state(const netlink::Attributes &a);
RuleState parse_rule_state(const netlink::Attributes &a);
ContentState parse_content_state(const netlink::Attributes &a);
/** A message of many: adds its part to @p sets */
void parse_policy_sets(const netlink::Attributes &a, PolicySets &sets);

} // namespace p2padm

#endif
