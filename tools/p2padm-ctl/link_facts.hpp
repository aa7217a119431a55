// SPDX-License-Identifier: GPL-2.0-only
/** LinkFacts from the running kernel: ethtool's ioctl, rtnetlink, nftables. */
#ifndef P2PADM_CTL_LINK_FACTS_HPP
#define P2PADM_CTL_LINK_FACTS_HPP

#include "facts.hpp"

struct nlattr;

namespace p2padm
{

class KernelLinkFacts : public LinkFacts
{
public:
	Offloads offloads(const std::string &port) override;
	std::string xdp(const std::string &port) override;
	std::vector<TcFilter> tc_filters(const std::string &port) override;
	std::vector<Flowtable> flowtables() override;
};

/** The tc filter of @p kind that its TCA_OPTIONS describe */
TcFilter parse_tc_filter(const std::string &kind, nlattr *options);

} // namespace p2padm

#endif
