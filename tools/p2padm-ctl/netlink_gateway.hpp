// SPDX-License-Identifier: GPL-2.0-only
/** The gateway of this network namespace, over generic netlink. */
#ifndef P2PADM_CTL_NETLINK_GATEWAY_HPP
#define P2PADM_CTL_NETLINK_GATEWAY_HPP

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
	Policy policy() override;
	void set_policy(const Policy &policy) override;
	bool set_enabled(bool enabled) override;
	std::string interface_name(std::uint32_t index) override;

private:
	netlink::Message request(std::uint8_t command, int flags = 0) const;

	netlink::Socket socket_;
	int family_;
	std::map<std::uint32_t, std::string> names_;
};

/** Decoders of one answer's attributes; @p hdr is the netlink header */
Status parse_status(nlmsghdr *hdr);
Stats parse_stats(nlmsghdr *hdr);
App parse_app(nlmsghdr *hdr);
Flow parse_flow(nlmsghdr *hdr);
Policy parse_policy(nlmsghdr *hdr);

} // namespace p2padm

#endif
