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

#include "error.hpp"
#include "policy_install.hpp"

namespace p2padm
{

using netlink::Attributes;

namespace
{

std::string address(const nlattr *attr)
{
	char text[INET6_ADDRSTRLEN];

	if (attr && (nla_len(attr) == 4 || nla_len(attr) == 16))
		if (inet_ntop(nla_len(attr) == 4 ? AF_INET : AF_INET6,
			      nla_data(attr), text, sizeof(text)))
			return text;
	throw SystemError("reading a flow's address", EBADMSG);
}

std::optional<bool> boolean(const Attributes &a, int attribute)
{
	if (!a[attribute])
		return std::nullopt;
	return a.value<std::uint8_t>(attribute) != 0;
}

int resolve(netlink::Socket &socket)
{
	const int family = genl_ctrl_resolve(socket.get(), KP2PADM_GENL_NAME);

	if (family == -NLE_OBJ_NOTFOUND)
		throw NoGateway("the module kp2padm is not loaded "
				"(insmod build/kp2padm.ko)");
	if (family < 0)
		throw SystemError("looking up the netlink family " KP2PADM_GENL_NAME,
				  EIO, nl_geterror(family));
	return family;
}

} // namespace

Attributes answer(nlmsghdr *hdr, int max)
{
	return { hdr, GENL_HDRLEN, max };
}

Status parse_status(const Attributes &a)
{
	Status s;

	s.version = a.string(KP2PADM_A_STATUS_VERSION);
	s.enabled = a.value<std::uint8_t>(KP2PADM_A_STATUS_ENABLED);
	s.mode = a.value<std::uint8_t>(KP2PADM_A_STATUS_MODE);
	s.generation = a.value<std::uint32_t>(KP2PADM_A_STATUS_GENERATION);
	s.flows = a.value<std::uint32_t>(KP2PADM_A_STATUS_FLOWS);
	s.max_flows = a.value<std::uint32_t>(KP2PADM_A_STATUS_MAX_FLOWS);
	s.buckets = a.value<std::uint32_t>(KP2PADM_A_STATUS_BUCKETS);
	s.inspected = a.value<std::uint32_t>(KP2PADM_A_STATUS_INSPECTED);
	s.streams = a.value<std::uint32_t>(KP2PADM_A_STATUS_STREAMS);
	s.stream_bytes = a.value<std::uint64_t>(KP2PADM_A_STATUS_STREAM_BYTES);
	s.uptime = a.value<std::uint64_t>(KP2PADM_A_STATUS_UPTIME);
	s.abi = a.value<std::uint32_t>(KP2PADM_A_STATUS_ABI);
	s.helper = a.value<std::uint8_t>(KP2PADM_A_STATUS_HELPER);
	s.gateway = a.value<std::uint64_t>(KP2PADM_A_STATUS_GATEWAY);
	s.refused = a.value<std::uint32_t>(KP2PADM_A_STATUS_REFUSED);
	return s;
}

Stats parse_stats(const Attributes &a)
{
	Stats s;

	for (const auto &counter : counters())
		s.values.push_back(a.value<std::uint64_t>(counter.attribute));
	s.chains = a.array<std::uint32_t>(KP2PADM_A_STATS_CHAINS);
	return s;
}

App parse_app(const Attributes &a)
{
	App app;

	app.name = a.string(KP2PADM_A_APP_NAME);
	app.category = a.value<std::uint8_t>(KP2PADM_A_APP_CATEGORY);
	app.flows = a.value<std::uint64_t>(KP2PADM_A_APP_FLOWS);
	app.packets = a.value<std::uint64_t>(KP2PADM_A_APP_PACKETS);
	app.bytes = a.value<std::uint64_t>(KP2PADM_A_APP_BYTES);
	app.dropped = a.value<std::uint64_t>(KP2PADM_A_APP_DROPPED);
	app.dropped_bytes = a.value<std::uint64_t>(KP2PADM_A_APP_DROPPED_BYTES);
	app.would_drop = a.value<std::uint64_t>(KP2PADM_A_APP_WOULD_DROP);
	app.named = a.value<std::uint64_t>(KP2PADM_A_APP_NAMED);
	return app;
}

Stream parse_stream(const Attributes &a)
{
	Stream s;

	s.ordered = a.value<std::uint32_t>(KP2PADM_A_STREAM_ORDERED);
	s.ordered_bytes = a.value<std::uint32_t>(KP2PADM_A_STREAM_ORDERED_BYTES);
	s.ahead = a.value<std::uint32_t>(KP2PADM_A_STREAM_AHEAD);
	s.ahead_bytes = a.value<std::uint32_t>(KP2PADM_A_STREAM_AHEAD_BYTES);
	s.holds = a.value<std::uint32_t>(KP2PADM_A_STREAM_HOLDS);
	s.holds_bytes = a.value<std::uint32_t>(KP2PADM_A_STREAM_HOLDS_BYTES);
	s.gaps = a.value<std::uint32_t>(KP2PADM_A_STREAM_GAPS);
	s.gap_age = a.maybe<std::uint32_t>(KP2PADM_A_STREAM_GAP_AGE);
	s.fast_passed = a.value<std::uint32_t>(KP2PADM_A_STREAM_FAST_PASSED);
	s.held = a.value<std::uint32_t>(KP2PADM_A_STREAM_HELD);
	s.conflicts = a.value<std::uint32_t>(KP2PADM_A_STREAM_CONFLICTS);
	s.bytes_read = a.value<std::uint64_t>(KP2PADM_A_STREAM_BYTES_READ);
	return s;
}

Flow parse_flow(const Attributes &a)
{
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
	f.confidence = a.value<std::uint8_t>(KP2PADM_A_FLOW_CONFIDENCE);
	f.direction = a.value<std::uint8_t>(KP2PADM_A_FLOW_DIRECTION);
	f.rule = a.maybe<std::uint16_t>(KP2PADM_A_FLOW_RULE);
	f.would = a.maybe<std::uint8_t>(KP2PADM_A_FLOW_WOULD);
	f.would_rule = a.maybe<std::uint16_t>(KP2PADM_A_FLOW_WOULD_RULE);
	f.mark_rule = a.maybe<std::uint16_t>(KP2PADM_A_FLOW_MARK_RULE);
	if (nlattr *stream = a[KP2PADM_A_FLOW_STREAM])
		f.stream = parse_stream(Attributes(stream, KP2PADM_A_STREAM_MAX));
	if (nlattr *stream = a[KP2PADM_A_FLOW_REPLY_STREAM])
		f.reply_stream = parse_stream(Attributes(stream, KP2PADM_A_STREAM_MAX));
	return f;
}

PolicyState parse_policy_state(const Attributes &a)
{
	PolicyState p;

	p.mode = a.value<std::uint8_t>(KP2PADM_A_POLICY_MODE);
	p.fallback = a.value<std::uint8_t>(KP2PADM_A_POLICY_DEFAULT);
	p.helper_loss = a.value<std::uint8_t>(KP2PADM_A_POLICY_HELPER_LOSS);
	p.id = a.value<PolicyId>(KP2PADM_A_POLICY_ID);
	p.rules = a.value<std::uint32_t>(KP2PADM_A_POLICY_RULES);
	p.hosts = a.value<std::uint32_t>(KP2PADM_A_POLICY_HOST_COUNT);
	p.generation = a.value<std::uint32_t>(KP2PADM_A_POLICY_GENERATION);
	p.trial = a.value<std::uint32_t>(KP2PADM_A_POLICY_TRIAL);
	p.until = a.maybe<std::int64_t>(KP2PADM_A_POLICY_UNTIL);
	p.content_rules = a.value<std::uint32_t>(KP2PADM_A_POLICY_CONTENT_RULES);
	p.conflict = a.maybe<std::uint8_t>(KP2PADM_A_POLICY_CONFLICT).value_or(p.conflict);
	p.unread = a.value<std::uint8_t>(KP2PADM_A_POLICY_UNREAD);
	return p;
}

RuleState parse_rule_state(const Attributes &a)
{
	RuleState r;

	r.number = a.value<std::uint32_t>(KP2PADM_A_RULE_NUMBER);
	r.name = a.string(KP2PADM_A_RULE_NAME);
	r.apps = a.strings(KP2PADM_A_RULE_APP);
	r.categories = a.value<std::uint8_t>(KP2PADM_A_RULE_CATEGORY);
	r.confidence = a.value<std::uint8_t>(KP2PADM_A_RULE_CONFIDENCE);
	r.encrypted = boolean(a, KP2PADM_A_RULE_ENCRYPTED);
	r.directions = a.value<std::uint8_t>(KP2PADM_A_RULE_DIRECTION);
	r.vlans = a.array<kp2padm_range>(KP2PADM_A_RULE_VLAN);
	r.schedule = a.value<std::uint16_t>(KP2PADM_A_RULE_SCHEDULE);
	r.by_host = a[KP2PADM_A_RULE_BY_HOST];
	r.verdict = a.maybe<std::uint8_t>(KP2PADM_A_RULE_VERDICT);
	r.observes = a[KP2PADM_A_RULE_OBSERVE];
	r.mark = a.maybe<std::uint32_t>(KP2PADM_A_RULE_MARK);
	r.mask = a.maybe<std::uint32_t>(KP2PADM_A_RULE_MASK).value_or(r.mask);
	r.priority = a.maybe<std::uint32_t>(KP2PADM_A_RULE_PRIORITY);
	r.scan = boolean(a, KP2PADM_A_RULE_SCAN);
	r.audit = boolean(a, KP2PADM_A_RULE_AUDIT);
	r.active = a.maybe<std::uint8_t>(KP2PADM_A_RULE_ACTIVE).value_or(1);
	r.flows = a.value<std::uint64_t>(KP2PADM_A_RULE_FLOWS);
	r.packets = a.value<std::uint64_t>(KP2PADM_A_RULE_PACKETS);
	r.bytes = a.value<std::uint64_t>(KP2PADM_A_RULE_BYTES);
	r.would_packets = a.value<std::uint64_t>(KP2PADM_A_RULE_WOULD_PACKETS);
	r.would_bytes = a.value<std::uint64_t>(KP2PADM_A_RULE_WOULD_BYTES);
	r.marked = a.value<std::uint64_t>(KP2PADM_A_RULE_MARKED);
	return r;
}

ContentState parse_content_state(const Attributes &a)
{
	ContentState c;

	c.number = a.value<std::uint32_t>(KP2PADM_A_CONTENT_NUMBER);
	c.name = a.string(KP2PADM_A_CONTENT_NAME);
	c.verdict = a.value<std::uint8_t>(KP2PADM_A_CONTENT_VERDICT);
	c.observes = a[KP2PADM_A_CONTENT_OBSERVE];
	c.objects = a.value<std::uint64_t>(KP2PADM_A_CONTENT_OBJECTS);
	c.would_objects = a.value<std::uint64_t>(KP2PADM_A_CONTENT_WOULD_OBJECTS);
	return c;
}

void parse_policy_sets(const Attributes &a, PolicySets &sets)
{
	const auto add = [](auto &to, const auto &part) {
		to.insert(to.end(), part.begin(), part.end());
	};

	sets.generation = a.value<std::uint32_t>(KP2PADM_A_POLICY_GENERATION);
	add(sets.local_ports, a.strings(KP2PADM_A_POLICY_LOCAL_PORT));
	add(sets.local_prefixes, a.array<kp2padm_prefix>(KP2PADM_A_POLICY_LOCAL_PREFIX));
	add(sets.exempt_prefixes, a.array<kp2padm_prefix>(KP2PADM_A_POLICY_EXEMPT_PREFIX));
	add(sets.exempt_ports, a.array<std::uint16_t>(KP2PADM_A_POLICY_EXEMPT_PORT));
	add(sets.exempt_macs,
	    a.array<std::array<std::uint8_t, 6>>(KP2PADM_A_POLICY_EXEMPT_MAC));
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

template <typename Parse>
auto NetlinkGateway::ask(const std::string &operation, std::uint8_t command, int max,
			 Parse parse)
{
	decltype(parse(answer(nullptr, max))) out;

	socket_.transact(operation, request(command),
			 [&](nlmsghdr *hdr) { out = parse(answer(hdr, max)); });
	return out;
}

template <typename Parse>
auto NetlinkGateway::list(const std::string &operation, std::uint8_t command, int max,
			  Parse parse)
{
	std::vector<decltype(parse(answer(nullptr, max)))> out;

	socket_.transact(operation, request(command, NLM_F_DUMP),
			 [&](nlmsghdr *hdr) { out.push_back(parse(answer(hdr, max))); });
	return out;
}

Status NetlinkGateway::status()
{
	return ask("reading the gateway's status", KP2PADM_CMD_STATUS_GET,
		   KP2PADM_A_STATUS_MAX, parse_status);
}

Stats NetlinkGateway::stats()
{
	return ask("reading the gateway's counters", KP2PADM_CMD_STATS_GET,
		   KP2PADM_A_STATS_MAX, parse_stats);
}

std::vector<App> NetlinkGateway::apps()
{
	return list("listing applications", KP2PADM_CMD_APP_GET, KP2PADM_A_APP_MAX, parse_app);
}

void NetlinkGateway::flows(const std::string &app,
			   const std::function<void(const Flow &)> &sink)
{
	auto message = request(KP2PADM_CMD_FLOW_GET, NLM_F_DUMP);

	if (!app.empty())
		message.put_string(KP2PADM_A_FLOW_APP, app);
	socket_.transact(app.empty() ? "listing flows" : "listing flows of " + app, message,
			 [&](nlmsghdr *hdr) {
				 sink(parse_flow(answer(hdr, KP2PADM_A_FLOW_MAX)));
			 });
}

PolicyState NetlinkGateway::policy()
{
	return ask("reading the policy", KP2PADM_CMD_POLICY_GET, KP2PADM_A_POLICY_MAX,
		   parse_policy_state);
}

std::vector<RuleState> NetlinkGateway::rules()
{
	return list("listing rules", KP2PADM_CMD_RULE_GET, KP2PADM_A_RULE_MAX, parse_rule_state);
}

std::vector<ContentState> NetlinkGateway::content()
{
	return list("listing content rules", KP2PADM_CMD_CONTENT_GET, KP2PADM_A_CONTENT_MAX,
		    parse_content_state);
}

PolicySets NetlinkGateway::policy_sets()
{
	PolicySets sets;

	socket_.transact("listing whom the policy calls local and exempt",
			 request(KP2PADM_CMD_POLICY_SET_GET, NLM_F_DUMP), [&](nlmsghdr *hdr) {
				 parse_policy_sets(answer(hdr, KP2PADM_A_POLICY_MAX), sets);
			 });
	return sets;
}

PolicyState NetlinkGateway::install(const CompiledPolicy &policy, std::uint32_t trial)
{
	return install_policy(socket_, family_, policy, trial);
}

void NetlinkGateway::confirm()
{
	socket_.transact("confirming the policy on trial", request(KP2PADM_CMD_POLICY_CONFIRM));
}

void NetlinkGateway::attach_helper()
{
	auto message = request(KP2PADM_CMD_HELPER_ATTACH);

	message.put(KP2PADM_A_HELPER_ABI, std::uint32_t{ KP2PADM_ABI });
	socket_.transact("attaching to the gateway", message);
}

void NetlinkGateway::beat()
{
	socket_.transact("telling the gateway that the helper lives",
			 request(KP2PADM_CMD_HELPER_BEAT));
}

bool NetlinkGateway::detach_helper()
{
	try {
		socket_.transact("detaching the helper", request(KP2PADM_CMD_HELPER_DETACH));
	} catch (const SystemError &error) {
		if (error.code() == ENOTCONN)
			return false;
		throw;
	}
	return true;
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
