// SPDX-License-Identifier: GPL-2.0-only
#include "policy_install.hpp"

#include <linux/kp2padm.h>
#include <linux/netlink.h>

#include <algorithm>
#include <string>

#include "content_blob.hpp"
#include "netlink_gateway.hpp"

namespace p2padm
{

namespace
{

using netlink::Message;

/** A message that has as much gets no more rules or hosts: the largest rule fits, too */
constexpr std::size_t message_full = 11 << 10;
constexpr std::size_t message_room = 64 << 10;
constexpr std::size_t hosts_a_message = 512;
constexpr std::size_t content_a_message = 32 << 10;

// what the core has and what is sent are the same bytes
static_assert(sizeof(p2p_prefix) == sizeof(kp2padm_prefix) &&
	      offsetof(p2p_prefix, len) == offsetof(kp2padm_prefix, len) &&
	      offsetof(p2p_prefix, addr) == offsetof(kp2padm_prefix, addr));
static_assert(sizeof(p2p_host) == sizeof(kp2padm_host) &&
	      offsetof(p2p_host, rule) == offsetof(kp2padm_host, rule));
static_assert(sizeof(p2p_range) == sizeof(kp2padm_range) &&
	      offsetof(p2p_range, last) == offsetof(kp2padm_range, last));

Message request(int family, std::uint8_t command)
{
	return Message::generic(family, command, KP2PADM_GENL_VERSION, NLM_F_ACK, message_room);
}

Message begin_message(int family, const CompiledPolicy &policy, std::size_t content)
{
	Message m = request(family, KP2PADM_CMD_POLICY_BEGIN);
	const p2p_rules &core = policy.rules.core();

	m.put_u8(KP2PADM_A_POLICY_MODE, policy.mode);
	m.put_u8(KP2PADM_A_POLICY_DEFAULT, core.fallback);
	m.put_u8(KP2PADM_A_POLICY_HELPER_LOSS, policy.helper_loss);
	m.put_u8(KP2PADM_A_POLICY_CONFLICT, policy.conflict);
	m.put_u8(KP2PADM_A_POLICY_UNREAD, policy.unread);
	m.put(KP2PADM_A_POLICY_ID, policy.id);
	m.put(KP2PADM_A_POLICY_RULES, core.n);
	m.put(KP2PADM_A_POLICY_HOST_COUNT, core.hosts);
	for (const auto &port : policy.local_ports)
		m.put_string(KP2PADM_A_POLICY_LOCAL_PORT, port);
	m.put_array(KP2PADM_A_POLICY_LOCAL_PREFIX,
		    std::span(core.local.prefix, core.local.n));
	m.put_array(KP2PADM_A_POLICY_EXEMPT_PREFIX,
		    std::span(core.exempt.prefix, core.exempt.n));
	m.put_array(KP2PADM_A_POLICY_EXEMPT_PORT,
		    std::span(core.exempt_port, core.exempt_ports));
	m.put_array(KP2PADM_A_POLICY_EXEMPT_MAC, std::span(policy.exempt_macs));
	if (content)
		m.put(KP2PADM_A_POLICY_CONTENT_SIZE, static_cast<std::uint32_t>(content));
	return m;
}

void put_conditions(Message &m, const p2p_rule &rule)
{
	for (unsigned int app = 0; app < P2P_APP_COUNT; app++)
		if (rule.apps[app / 64] >> app % 64 & 1)
			m.put_string(KP2PADM_A_RULE_APP, p2p_app_name(app));
	if (rule.categories)
		m.put_u8(KP2PADM_A_RULE_CATEGORY, rule.categories);
	if (rule.confidence)
		m.put_u8(KP2PADM_A_RULE_CONFIDENCE, rule.confidence);
	if (rule.encrypted != P2P_ANY)
		m.put_u8(KP2PADM_A_RULE_ENCRYPTED, rule.encrypted == P2P_TRUE);
	if (rule.directions)
		m.put_u8(KP2PADM_A_RULE_DIRECTION, rule.directions);
	m.put_array(KP2PADM_A_RULE_VLAN, std::span(rule.vlan, rule.vlans));
	if (rule.schedule)
		m.put(KP2PADM_A_RULE_SCHEDULE, rule.schedule);
}

void put_modifiers(Message &m, const p2p_rule &rule)
{
	if (rule.mask) {
		m.put(KP2PADM_A_RULE_MARK, rule.mark);
		m.put(KP2PADM_A_RULE_MASK, rule.mask);
	}
	if (rule.has_priority)
		m.put(KP2PADM_A_RULE_PRIORITY, rule.priority);
	if (rule.sets >> P2P_SET_SCAN & 1)
		m.put_u8(KP2PADM_A_RULE_SCAN, rule.values >> P2P_SET_SCAN & 1);
	if (rule.sets >> P2P_SET_AUDIT & 1)
		m.put_u8(KP2PADM_A_RULE_AUDIT, rule.values >> P2P_SET_AUDIT & 1);
}

void put_rule(Message &m, const p2p_rule &rule, const std::string &name)
{
	m.put_nest(KP2PADM_A_POLICY_RULE, [&] {
		m.put_string(KP2PADM_A_RULE_NAME, name);
		put_conditions(m, rule);
		if (rule.verdict != P2P_VERDICT_NONE)
			m.put_u8(KP2PADM_A_RULE_VERDICT, rule.verdict);
		if (rule.observes)
			m.put_flag(KP2PADM_A_RULE_OBSERVE);
		put_modifiers(m, rule);
	});
}

void add_rules(int family, const CompiledPolicy &policy, std::vector<Message> &out)
{
	const p2p_rules &core = policy.rules.core();

	for (std::uint32_t i = 0; i < core.n; i++) {
		if (i == 0 || out.back().size() >= message_full)
			out.push_back(request(family, KP2PADM_CMD_POLICY_ADD));
		put_rule(out.back(), core.rule[i], policy.names[i]);
	}
}

void add_hosts(int family, const p2p_rules &core, std::vector<Message> &out)
{
	std::span<const p2p_host> left(core.host, core.hosts);

	while (!left.empty()) {
		const auto part = left.first(std::min(left.size(), hosts_a_message));

		out.push_back(request(family, KP2PADM_CMD_POLICY_ADD));
		out.back().put_array(KP2PADM_A_POLICY_HOSTS, part);
		left = left.subspan(part.size());
	}
}

void add_schedules(int family, const CompiledPolicy &policy, std::vector<Message> &out)
{
	for (const auto &moments : policy.schedules) {
		out.push_back(request(family, KP2PADM_CMD_POLICY_ADD));
		out.back().put_array(KP2PADM_A_POLICY_SCHEDULE, std::span(moments));
	}
}

void add_content(int family, const CompiledPolicy &policy, std::span<const std::byte> left,
		 std::vector<Message> &out)
{
	while (!left.empty()) {
		const auto part = left.first(std::min(left.size(), content_a_message));

		out.push_back(request(family, KP2PADM_CMD_POLICY_ADD));
		out.back().put_array(KP2PADM_A_POLICY_CONTENT, part);
		left = left.subspan(part.size());
	}
	for (std::size_t i = 0; i < policy.content_names.size(); i++) {
		if (i == 0 || out.back().size() >= message_full)
			out.push_back(request(family, KP2PADM_CMD_POLICY_ADD));
		out.back().put_string(KP2PADM_A_POLICY_CONTENT_NAME, policy.content_names[i]);
	}
}

} // namespace

std::vector<Message> policy_messages(int family, const CompiledPolicy &policy,
				     std::uint32_t trial)
{
	const std::vector<std::byte> content = content_blob(policy.content);
	std::vector<Message> out;

	out.push_back(begin_message(family, policy, content.size()));
	add_rules(family, policy, out);
	add_hosts(family, policy.rules.core(), out);
	add_schedules(family, policy, out);
	add_content(family, policy, content, out);
	out.push_back(request(family, KP2PADM_CMD_POLICY_COMMIT));
	if (trial)
		out.back().put(KP2PADM_A_POLICY_TRIAL, trial);
	return out;
}

PolicyState install_policy(netlink::Socket &socket, int family, const CompiledPolicy &policy,
			   std::uint32_t trial)
{
	PolicyState state;

	for (const auto &message : policy_messages(family, policy, trial))
		socket.transact("installing the policy", message, [&](nlmsghdr *hdr) {
			state = parse_policy_state(answer(hdr, KP2PADM_A_POLICY_MAX));
		});
	return state;
}

} // namespace p2padm
