// SPDX-License-Identifier: GPL-2.0-only
#include "netlink_gateway.hpp"

#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include <arpa/inet.h>
#include <net/if.h>

#include <cstring>

#include "error.hpp"

namespace p2padm
{

using netlink::Attributes;

namespace
{

Attributes attributes(nlmsghdr *hdr, int max)
{
	return { hdr, GENL_HDRLEN, max };
}

std::string address(const nlattr *attr)
{
	char text[INET6_ADDRSTRLEN];

	if (attr && (nla_len(attr) == 4 || nla_len(attr) == 16))
		if (inet_ntop(nla_len(attr) == 4 ? AF_INET : AF_INET6,
			      nla_data(attr), text, sizeof(text)))
			return text;
	throw SystemError("reading a flow's address", EBADMSG);
}

int resolve(netlink::Socket &socket)
{
	const int family = genl_ctrl_resolve(socket.get(), KP2PADM_GENL_NAME);

	if (family == -NLE_OBJ_NOTFOUND)
		throw NoGateway("the module kp2padm is not loaded "
				"(insmod kp2padm.ko, or modprobe kp2padm)");
	if (family < 0)
		throw SystemError("looking up the netlink family " KP2PADM_GENL_NAME,
				  EIO, nl_geterror(family));
	return family;
}

} // namespace

Status parse_status(nlmsghdr *hdr)
{
	const Attributes a = attributes(hdr, KP2PADM_A_STATUS_MAX);
	Status s;

	s.version = a.string(KP2PADM_A_STATUS_VERSION);
	s.enabled = a.value<std::uint8_t>(KP2PADM_A_STATUS_ENABLED);
	s.mode = a.value<std::uint8_t>(KP2PADM_A_STATUS_MODE);
	s.generation = a.value<std::uint32_t>(KP2PADM_A_STATUS_GENERATION);
	s.flows = a.value<std::uint32_t>(KP2PADM_A_STATUS_FLOWS);
	s.max_flows = a.value<std::uint32_t>(KP2PADM_A_STATUS_MAX_FLOWS);
	s.buckets = a.value<std::uint32_t>(KP2PADM_A_STATUS_BUCKETS);
	s.inspected = a.value<std::uint32_t>(KP2PADM_A_STATUS_INSPECTED);
	s.uptime = a.value<std::uint64_t>(KP2PADM_A_STATUS_UPTIME);
	return s;
}

Stats parse_stats(nlmsghdr *hdr)
{
	const Attributes a = attributes(hdr, KP2PADM_A_STATS_MAX);
	Stats s;

	for (const auto &counter : counters())
		s.values.push_back(a.value<std::uint64_t>(counter.attribute));
	if (const nlattr *chains = a[KP2PADM_A_STATS_CHAINS]) {
		s.chains.resize(nla_len(chains) / sizeof(std::uint32_t));
		std::memcpy(s.chains.data(), nla_data(chains),
			    s.chains.size() * sizeof(std::uint32_t));
	}
	return s;
}

App parse_app(nlmsghdr *hdr)
{
	const Attributes a = attributes(hdr, KP2PADM_A_APP_MAX);
	App app;

	app.name = a.string(KP2PADM_A_APP_NAME);
	app.category = a.value<std::uint8_t>(KP2PADM_A_APP_CATEGORY);
	app.verdict = a.value<std::uint8_t>(KP2PADM_A_APP_VERDICT);
	app.flows = a.value<std::uint64_t>(KP2PADM_A_APP_FLOWS);
	app.packets = a.value<std::uint64_t>(KP2PADM_A_APP_PACKETS);
	app.bytes = a.value<std::uint64_t>(KP2PADM_A_APP_BYTES);
	app.dropped = a.value<std::uint64_t>(KP2PADM_A_APP_DROPPED);
	app.dropped_bytes = a.value<std::uint64_t>(KP2PADM_A_APP_DROPPED_BYTES);
	app.would_drop = a.value<std::uint64_t>(KP2PADM_A_APP_WOULD_DROP);
	app.named = a.value<std::uint64_t>(KP2PADM_A_APP_NAMED);
	return app;
}

Flow parse_flow(nlmsghdr *hdr)
{
	const Attributes a = attributes(hdr, KP2PADM_A_FLOW_MAX);
	Flow f;

	f.app = a.string(KP2PADM_A_FLOW_APP);
	if (f.app.empty())
		f.app = "unknown";
	f.variant = a.string(KP2PADM_A_FLOW_VARIANT);
	f.src = address(a[KP2PADM_A_FLOW_SRC]);
	f.dst = address(a[KP2PADM_A_FLOW_DST]);
	f.sport = ntohs(a.value<std::uint16_t>(KP2PADM_A_FLOW_SPORT));
	f.dport = ntohs(a.value<std::uint16_t>(KP2PADM_A_FLOW_DPORT));
	f.l4 = a.value<std::uint8_t>(KP2PADM_A_FLOW_L4);
	f.bridge = a.value<std::uint32_t>(KP2PADM_A_FLOW_BRIDGE);
	f.vid = a.value<std::uint16_t>(KP2PADM_A_FLOW_VID);
	f.cvid = a.value<std::uint16_t>(KP2PADM_A_FLOW_CVID);
	f.session = a.value<std::uint16_t>(KP2PADM_A_FLOW_SESSION);
	f.category = a.value<std::uint8_t>(KP2PADM_A_FLOW_CATEGORY);
	f.by = a.value<std::uint8_t>(KP2PADM_A_FLOW_BY);
	f.verdict = a.value<std::uint8_t>(KP2PADM_A_FLOW_VERDICT);
	f.flags = a.value<std::uint32_t>(KP2PADM_A_FLOW_FLAGS);
	f.decided = a.value<std::uint32_t>(KP2PADM_A_FLOW_DECIDED);
	f.packets = a.value<std::uint64_t>(KP2PADM_A_FLOW_PACKETS);
	f.bytes = a.value<std::uint64_t>(KP2PADM_A_FLOW_BYTES);
	f.reply_packets = a.value<std::uint64_t>(KP2PADM_A_FLOW_REPLY_PACKETS);
	f.reply_bytes = a.value<std::uint64_t>(KP2PADM_A_FLOW_REPLY_BYTES);
	f.age = a.value<std::uint32_t>(KP2PADM_A_FLOW_AGE);
	f.idle = a.value<std::uint32_t>(KP2PADM_A_FLOW_IDLE);
	return f;
}

Policy parse_policy(nlmsghdr *hdr)
{
	const Attributes a = attributes(hdr, KP2PADM_A_POLICY_MAX);
	Policy policy;
	nlattr *attr;
	int left;

	policy.mode = a.value<std::uint8_t>(KP2PADM_A_POLICY_MODE);
	policy.generation = a.value<std::uint32_t>(KP2PADM_A_POLICY_GENERATION);
	nla_for_each_attr(attr, genlmsg_attrdata(genlmsg_hdr(hdr), 0),
			  genlmsg_attrlen(genlmsg_hdr(hdr), 0), left) {
		if (nla_type(attr) != KP2PADM_A_POLICY_ENTRY)
			continue;
		const Attributes entry(attr, KP2PADM_A_ENTRY_MAX);

		policy.entries.push_back(
			{ entry.string(KP2PADM_A_ENTRY_APP),
			  entry.value<std::uint8_t>(KP2PADM_A_ENTRY_VERDICT) });
	}
	return policy;
}

NetlinkGateway::NetlinkGateway()
	: socket_(NETLINK_GENERIC), family_(resolve(socket_))
{
}

netlink::Message NetlinkGateway::request(std::uint8_t command, int flags) const
{
	return netlink::Message::generic(family_, command, KP2PADM_GENL_VERSION,
					 flags);
}

Status NetlinkGateway::status()
{
	Status out;

	socket_.transact("reading the gateway's status",
		 request(KP2PADM_CMD_STATUS_GET),
		 [&](nlmsghdr *hdr) { out = parse_status(hdr); });
	return out;
}

Stats NetlinkGateway::stats()
{
	Stats out;

	socket_.transact("reading the gateway's counters",
		 request(KP2PADM_CMD_STATS_GET),
		 [&](nlmsghdr *hdr) { out = parse_stats(hdr); });
	return out;
}

std::vector<App> NetlinkGateway::apps()
{
	std::vector<App> out;

	socket_.transact("listing applications",
		 request(KP2PADM_CMD_APP_GET, NLM_F_DUMP),
		 [&](nlmsghdr *hdr) { out.push_back(parse_app(hdr)); });
	return out;
}

void NetlinkGateway::flows(const std::string &app,
			   const std::function<void(const Flow &)> &sink)
{
	auto message = request(KP2PADM_CMD_FLOW_GET, NLM_F_DUMP);

	if (!app.empty())
		message.put_string(KP2PADM_A_FLOW_APP, app);
	socket_.transact(app.empty() ? "listing flows" : "listing flows of " + app,
		 message, [&](nlmsghdr *hdr) { sink(parse_flow(hdr)); });
}

Policy NetlinkGateway::policy()
{
	Policy out;

	socket_.transact("reading the policy", request(KP2PADM_CMD_POLICY_GET),
		 [&](nlmsghdr *hdr) { out = parse_policy(hdr); });
	return out;
}

void NetlinkGateway::set_policy(const Policy &policy)
{
	auto message = request(KP2PADM_CMD_POLICY_SET);

	message.put_u8(KP2PADM_A_POLICY_MODE, policy.mode);
	for (const auto &entry : policy.entries)
		message.put_nest(KP2PADM_A_POLICY_ENTRY, [&] {
			message.put_string(KP2PADM_A_ENTRY_APP, entry.app);
			message.put_u8(KP2PADM_A_ENTRY_VERDICT, entry.verdict);
		});
	socket_.transact("setting the policy", message);
}

bool NetlinkGateway::set_enabled(bool enabled)
{
	auto message = request(KP2PADM_CMD_NET_SET);

	message.put_u8(KP2PADM_A_NET_ENABLED, enabled);
	try {
		socket_.transact(enabled ? "enabling the gateway" : "disabling the gateway",
			 message);
	} catch (const SystemError &error) {
		if (error.code() == EALREADY)
			return false;
		throw;
	}
	return true;
}

std::string NetlinkGateway::interface_name(std::uint32_t index)
{
	auto [at, fresh] = names_.try_emplace(index);
	char name[IF_NAMESIZE];

	if (fresh && if_indextoname(index, name))
		at->second = name;
	return at->second;
}

} // namespace p2padm
