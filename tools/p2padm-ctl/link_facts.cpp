// SPDX-License-Identifier: GPL-2.0-only
#include "link_facts.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <type_traits>

#include "error.hpp"
#include "netlink.hpp"

namespace p2padm
{

using netlink::Attributes;

namespace
{

class Descriptor
{
public:
	explicit Descriptor(int fd) : fd_(fd)
	{
	}
	~Descriptor()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	Descriptor(const Descriptor &) = delete;
	Descriptor &operator=(const Descriptor &) = delete;
	int get() const
	{
		return fd_;
	}

private:
	int fd_;
};

/** ethtool's feature strings and their state, through one ioctl socket */
class Ethtool
{
public:
	explicit Ethtool(const std::string &port)
		: port_(port), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
	{
		if (fd_.get() < 0)
			throw SystemError("opening a socket for ethtool", errno);
	}

	std::vector<std::string> feature_names() const
	{
		const std::uint32_t count = feature_count();
		std::vector<char> memory(sizeof(ethtool_gstrings) +
					 std::size_t{ count } * ETH_GSTRING_LEN);
		ethtool_gstrings head{};
		head.cmd = ETHTOOL_GSTRINGS;
		head.string_set = ETH_SS_FEATURES;
		head.len = count;
		std::memcpy(memory.data(), &head, sizeof(head));
		call("asking for the features of ", memory.data());

		std::vector<std::string> names;
		for (std::uint32_t i = 0; i < count; i++) {
			const char *name = memory.data() + sizeof(head) +
					   std::size_t{ i } * ETH_GSTRING_LEN;
			names.emplace_back(name, strnlen(name, ETH_GSTRING_LEN));
		}
		return names;
	}

	std::vector<bool> active(std::size_t count) const
	{
		const std::size_t blocks = (count + 31) / 32;
		std::vector<char> memory(sizeof(ethtool_gfeatures) +
					 blocks *
						 sizeof(ethtool_get_features_block));
		ethtool_gfeatures head{};
		std::vector<bool> out;

		head.cmd = ETHTOOL_GFEATURES;
		head.size = static_cast<std::uint32_t>(blocks);
		std::memcpy(memory.data(), &head, sizeof(head));
		call("asking which features are active on ", memory.data());
		for (std::size_t i = 0; i < count; i++) {
			ethtool_get_features_block block;

			std::memcpy(&block,
				    memory.data() + sizeof(head) +
					    i / 32 * sizeof(block),
				    sizeof(block));
			out.push_back(block.active >> (i % 32) & 1);
		}
		return out;
	}

private:
	std::uint32_t feature_count() const
	{
		// the struct ends in an array without length: one entry here
		std::vector<char> memory(sizeof(ethtool_sset_info) +
					 sizeof(std::uint32_t));
		ethtool_sset_info head{};
		std::uint32_t count;

		head.cmd = ETHTOOL_GSSET_INFO;
		head.sset_mask = 1ULL << ETH_SS_FEATURES;
		std::memcpy(memory.data(), &head, sizeof(head));
		call("asking for the number of features of ", memory.data());
		std::memcpy(&count, memory.data() + sizeof(head), sizeof(count));
		return count;
	}

	void call(const char *what, void *data) const
	{
		ifreq request{};

		port_.copy(request.ifr_name, IFNAMSIZ - 1);
		request.ifr_data = static_cast<char *>(data);
		if (ioctl(fd_.get(), SIOCETHTOOL, &request) < 0)
			throw SystemError(what + port_, errno);
	}

	std::string port_;
	Descriptor fd_;
};

int index_of(const std::string &port)
{
	const unsigned int index = if_nametoindex(port.c_str());

	if (!index)
		throw SystemError("looking up " + port, errno);
	return static_cast<int>(index);
}

/** Where a kind of filter keeps its actions and flags; 0 for nowhere */
struct FilterLayout {
	const char *kind;
	int max;
	int actions;
	int flags;
};

constexpr FilterLayout layouts[] = {
	{ "flower", TCA_FLOWER_MAX, TCA_FLOWER_ACT, TCA_FLOWER_FLAGS },
	{ "matchall", TCA_MATCHALL_MAX, TCA_MATCHALL_ACT, TCA_MATCHALL_FLAGS },
	{ "u32", TCA_U32_MAX, TCA_U32_ACT, TCA_U32_FLAGS },
	{ "bpf", TCA_BPF_MAX, TCA_BPF_ACT, TCA_BPF_FLAGS_GEN },
	{ "basic", TCA_BASIC_MAX, TCA_BASIC_ACT, 0 },
	{ "fw", TCA_FW_MAX, TCA_FW_ACT, 0 },
};

bool redirects(nlattr *actions)
{
	nlattr *attr;
	int left;

	nla_for_each_nested(attr, actions, left) {
		const Attributes action(attr, TCA_ACT_MAX);

		if (action.string(TCA_ACT_KIND) != "mirred")
			continue;
		const auto mirred =
			Attributes(action[TCA_ACT_OPTIONS], TCA_MIRRED_MAX)
				.value<tc_mirred>(TCA_MIRRED_PARMS);
		if (mirred.eaction == TCA_EGRESS_REDIR ||
		    mirred.eaction == TCA_INGRESS_REDIR)
			return true;
	}
	return false;
}

Flowtable parse_flowtable(nlmsghdr *hdr)
{
	const Attributes a(hdr, sizeof(nfgenmsg), NFTA_FLOWTABLE_MAX);
	Flowtable out;
	nlattr *attr;
	int left;

	out.table = a.string(NFTA_FLOWTABLE_TABLE);
	out.name = a.string(NFTA_FLOWTABLE_NAME);
	out.hardware = ntohl(a.value<std::uint32_t>(NFTA_FLOWTABLE_FLAGS)) &
		       NFT_FLOWTABLE_HW_OFFLOAD;
	const Attributes hook(a[NFTA_FLOWTABLE_HOOK], NFTA_FLOWTABLE_HOOK_MAX);
	if (!hook[NFTA_FLOWTABLE_HOOK_DEVS])
		return out;
	nla_for_each_nested(attr, hook[NFTA_FLOWTABLE_HOOK_DEVS], left) {
		if (nla_type(attr) == NFTA_DEVICE_NAME)
			out.devices.push_back(netlink::text_of(attr));
	}
	return out;
}

} // namespace

Offloads KernelLinkFacts::offloads(const std::string &port)
{
	const Ethtool ethtool(port);
	const auto names = ethtool.feature_names();
	const auto active = ethtool.active(names.size());
	Offloads out;

	for (std::size_t i = 0; i < names.size(); i++) {
		if (names[i] == "rx-gro")
			out.gro = active[i];
		else if (names[i] == "rx-lro")
			out.lro = active[i];
		else if (names[i] == "rx-gro-hw")
			out.gro_hw = active[i];
		else if (names[i] == "hw-tc-offload")
			out.hw_tc = active[i];
	}
	return out;
}

std::string KernelLinkFacts::xdp(const std::string &port)
{
	netlink::Socket socket(NETLINK_ROUTE);
	netlink::Message request(RTM_GETLINK, 0);
	ifinfomsg link{};
	std::string out;

	link.ifi_index = index_of(port);
	request.append(link);
	socket.transact("reading the link " + port, request, [&](nlmsghdr *hdr) {
		const Attributes a(hdr, sizeof(ifinfomsg), IFLA_MAX);
		const Attributes program(a[IFLA_XDP], IFLA_XDP_MAX);

		switch (program.value<std::uint8_t>(IFLA_XDP_ATTACHED)) {
		case XDP_ATTACHED_NONE:
			break;
		case XDP_ATTACHED_DRV:
			out = "driver";
			break;
		case XDP_ATTACHED_SKB:
			out = "generic";
			break;
		case XDP_ATTACHED_HW:
			out = "hardware";
			break;
		default: // a mode of a later kernel is one, too
			out = "several";
			break;
		}
	});
	return out;
}

TcFilter parse_tc_filter(const std::string &kind, nlattr *options)
{
	TcFilter out{ .kind = kind, .action = "", .in_hardware = false };

	for (const auto &layout : layouts) {
		if (kind != layout.kind)
			continue;
		const Attributes a(options, layout.max);

		if (layout.actions && a[layout.actions] &&
		    redirects(a[layout.actions]))
			out.action = "redirect";
		if (layout.flags)
			out.in_hardware = a.value<std::uint32_t>(layout.flags) &
					  TCA_CLS_FLAGS_IN_HW;
		// the program itself may do anything with the packet
		if (kind == "bpf" && out.action.empty() &&
		    (a.value<std::uint32_t>(TCA_BPF_FLAGS) &
		     TCA_BPF_FLAG_ACT_DIRECT))
			out.action = "bpf";
	}
	return out;
}

std::vector<TcFilter> KernelLinkFacts::tc_filters(const std::string &port)
{
	netlink::Socket socket(NETLINK_ROUTE);
	std::vector<TcFilter> out;

	// the old ingress qdisc and clsact's ingress side: the same block, so
	// what one of them lists is enough
	netlink::Message request(RTM_GETTFILTER, NLM_F_DUMP);
	tcmsg filter{};
	filter.tcm_ifindex = index_of(port);
	filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	request.append(filter);
	socket.transact("listing tc filters of " + port, request,
			[&](nlmsghdr *hdr) {
				const Attributes a(hdr, sizeof(tcmsg), TCA_MAX);

				if (a[TCA_OPTIONS])
					out.push_back(parse_tc_filter(
						a.string(TCA_KIND),
						a[TCA_OPTIONS]));
			});
	return out;
}

std::vector<Flowtable> KernelLinkFacts::flowtables()
{
	netlink::Socket socket(NETLINK_NETFILTER);
	netlink::Message request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE,
				 NLM_F_DUMP);
	std::vector<Flowtable> out;

	request.append(nfgenmsg{ .nfgen_family = AF_UNSPEC,
				 .version = NFNETLINK_V0,
				 .res_id = 0 });
	socket.transact("listing nft flowtables", request, [&](nlmsghdr *hdr) {
		out.push_back(parse_flowtable(hdr));
	});
	return out;
}

} // namespace p2padm
