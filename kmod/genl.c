// SPDX-License-Identifier: GPL-2.0-only
/*
 * One handler a request. The family is not parallel: genl_mutex is held in
 * every handler, so policies and gateways do not change under them.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/kp2padm.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "gateway.h"
#include "genl.h"

static struct genl_family family;

/* nla_put_u64_64bit() wants a padding attribute; readers here copy anyway. */
static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

/* The gateway that a request is about; without one the answer is -ENODEV. */
static struct kp2p_gw *gateway_of(const struct net *net, struct netlink_ext_ack *extack)
{
	struct kp2p_gw *gw = kp2p_gateway(net);

	if (!gw)
		NL_SET_ERR_MSG(extack, "no gateway is enabled in this network namespace");
	return gw;
}

static struct kp2p_gw *gateway_for(struct genl_info *info)
{
	return gateway_of(genl_info_net(info), info->extack);
}

/* A reply to fill, its header in *@head. */
static struct sk_buff *reply_new(struct genl_info *info, void **head)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	if (*head)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int reply_send(struct genl_info *info, struct sk_buff *skb, void *head, int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

/* -- status and counters ------------------------------------------------- */

static int put_status(struct sk_buff *skb, const struct kp2p_gw *gw)
{
	const struct kp2p_policy *policy;
	int err;

	if (nla_put_string(skb, KP2PADM_A_STATUS_VERSION, KP2PADM_VERSION) ||
	    nla_put_u8(skb, KP2PADM_A_STATUS_ENABLED, !!gw))
		return -EMSGSIZE;
	if (!gw)
		return 0;
	rcu_read_lock();
	policy = kp2p_policy_get(gw);
	err = nla_put_u8(skb, KP2PADM_A_STATUS_MODE, policy->mode) ||
	      nla_put_u32(skb, KP2PADM_A_STATUS_GENERATION, policy->generation);
	rcu_read_unlock();
	if (err ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_FLOWS, atomic_read(&gw->flows)) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_MAX_FLOWS, gw->max_flows) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_BUCKETS, gw->mask + 1) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_INSPECTED, atomic_read(&gw->inspected)) ||
	    put_u64(skb, KP2PADM_A_STATUS_UPTIME,
		    ktime_get_boottime_seconds() - gw->enabled_at))
		return -EMSGSIZE;
	return 0;
}

static int status_get(struct sk_buff *request, struct genl_info *info)
{
	void *head;
	struct sk_buff *skb = reply_new(info, &head);

	if (!skb)
		return -ENOMEM;
	return reply_send(info, skb, head,
			  put_status(skb, kp2p_gateway(genl_info_net(info))));
}

/* To walk the table takes milliseconds: it is done for whoever may change it,
 * and once a second for others.
 */
static const struct kp2p_totals *totals_of(struct kp2p_gw *gw, struct sk_buff *request,
					   const struct net *net)
{
	if (netlink_ns_capable(request, net->user_ns, CAP_NET_ADMIN) ||
	    time_after(jiffies, gw->totals_at + HZ)) {
		kp2p_flow_totals(gw, &gw->totals);
		gw->totals_at = jiffies;
	}
	return &gw->totals;
}

static int put_stats(struct sk_buff *skb, struct kp2p_gw *gw,
		     const struct kp2p_totals *totals)
{
	u64 count[KP2P_COUNTERS];
	unsigned int i;

	kp2p_stats_sum(gw, count);
	for (i = 0; i < KP2P_COUNTERS; i++)
		if (put_u64(skb, KP2PADM_A_STATS_PACKETS + i, count[i]))
			return -EMSGSIZE;
	return nla_put(skb, KP2PADM_A_STATS_CHAINS, sizeof(totals->chains), totals->chains);
}

static int stats_get(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = gateway_for(info);
	struct sk_buff *skb;
	void *head;

	if (!gw)
		return -ENODEV;
	skb = reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	return reply_send(info, skb, head,
			  put_stats(skb, gw, totals_of(gw, request, genl_info_net(info))));
}

/* -- enabling ------------------------------------------------------------ */

static int net_set(struct sk_buff *request, struct genl_info *info)
{
	int err;

	if (!info->attrs[KP2PADM_A_NET_ENABLED]) {
		NL_SET_ERR_MSG(info->extack, "KP2PADM_A_NET_ENABLED is missing");
		return -EINVAL;
	}
	if (nla_get_u8(info->attrs[KP2PADM_A_NET_ENABLED])) {
		err = kp2p_gateway_enable(genl_info_net(info));
		if (err == -EALREADY)
			NL_SET_ERR_MSG(info->extack, "the gateway is enabled here already");
		if (err == -EMFILE)
			NL_SET_ERR_MSG(info->extack, "max_gateways are enabled in other namespaces");
	} else {
		err = kp2p_gateway_disable(genl_info_net(info));
		if (err == -EALREADY)
			NL_SET_ERR_MSG(info->extack, "no gateway is enabled here");
	}
	return err;
}

/* -- dumps --------------------------------------------------------------- */

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, cmd);
}

/* Flows that any of the application's protocols found */
static u64 named_flows(struct kp2p_gw *gw, unsigned int app)
{
	unsigned int proto;
	u64 sum = 0;

	for (proto = 0; proto < P2P_PROTO_COUNT; proto++)
		if (p2p_proto_app(proto) == app)
			sum += kp2p_stats_named(gw, proto);
	return sum;
}

static int put_app(struct sk_buff *skb, struct netlink_callback *cb, struct kp2p_gw *gw,
		   const struct kp2p_totals *totals, unsigned int app)
{
	struct kp2p_app_stats stats = kp2p_stats_app(gw, app);
	void *head = dump_put(skb, cb, KP2PADM_CMD_APP_GET);
	u8 verdict;

	if (!head)
		return -EMSGSIZE;
	rcu_read_lock();
	verdict = kp2p_policy_get(gw)->verdict[app];
	rcu_read_unlock();
	if (nla_put_string(skb, KP2PADM_A_APP_NAME, p2p_app_name(app)) ||
	    nla_put_u8(skb, KP2PADM_A_APP_CATEGORY, p2p_app_category(app)) ||
	    nla_put_u8(skb, KP2PADM_A_APP_VERDICT, verdict) ||
	    put_u64(skb, KP2PADM_A_APP_FLOWS, totals->flows[app]) ||
	    put_u64(skb, KP2PADM_A_APP_PACKETS, totals->packets[app]) ||
	    put_u64(skb, KP2PADM_A_APP_BYTES, totals->bytes[app]) ||
	    put_u64(skb, KP2PADM_A_APP_DROPPED, stats.dropped) ||
	    put_u64(skb, KP2PADM_A_APP_DROPPED_BYTES, stats.dropped_bytes) ||
	    put_u64(skb, KP2PADM_A_APP_WOULD_DROP, stats.would_drop) ||
	    put_u64(skb, KP2PADM_A_APP_NAMED, named_flows(gw, app))) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* cb->args[0]: the application to go on with */
static int app_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kp2p_gw *gw = gateway_of(sock_net(skb->sk), cb->extack);
	const struct kp2p_totals *totals;

	if (!gw)
		return -ENODEV;
	if (cb->args[0] >= P2P_APP_COUNT)
		return 0;
	totals = totals_of(gw, cb->skb, gw->net);
	for (; cb->args[0] < P2P_APP_COUNT; cb->args[0]++)
		if (put_app(skb, cb, gw, totals, cb->args[0]))
			break;
	return skb->len;
}

static int put_endpoints(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	const struct p2p_key *key = &flow->key;
	int len = key->family == 4 ? 4 : 16, src = flow->first, dst = !src;
	const u8 *addr = key->addr.v6[0];

	return nla_put(skb, KP2PADM_A_FLOW_SRC, len, addr + src * len) ||
	       nla_put(skb, KP2PADM_A_FLOW_DST, len, addr + dst * len) ||
	       nla_put_be16(skb, KP2PADM_A_FLOW_SPORT, (__force __be16)key->port[src]) ||
	       nla_put_be16(skb, KP2PADM_A_FLOW_DPORT, (__force __be16)key->port[dst]) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_L4, key->l4) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_BRIDGE, key->bridge) ||
	       (key->vid && nla_put_u16(skb, KP2PADM_A_FLOW_VID, key->vid)) ||
	       (key->cvid && nla_put_u16(skb, KP2PADM_A_FLOW_CVID, key->cvid)) ||
	       (key->session && nla_put_u16(skb, KP2PADM_A_FLOW_SESSION, key->session));
}

/* What the policy in force does with its packets from now on */
static enum kp2p_action action_of(const struct kp2p_flow *flow, u64 state)
{
	u32 generation;

	if (!(state & KP2P_STATE_SETTLED))
		return kp2p_state_action(state);
	return kp2p_policy_judge(flow->gw, kp2p_state_app(state), &generation);
}

static int put_decision(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	u64 state = READ_ONCE(flow->state);
	unsigned int app = kp2p_state_app(state), proto = READ_ONCE(flow->proto);
	enum kp2p_action action = action_of(flow, state);
	u32 flags = kp2p_flow_notes(flow);

	if (action == KP2P_WOULD_DROP)
		flags |= KP2PADM_FLOW_WOULD_DROP;
	return nla_put_string(skb, KP2PADM_A_FLOW_APP, p2p_app_name(app)) ||
	       (proto != P2P_PROTO_NONE &&
		nla_put_string(skb, KP2PADM_A_FLOW_VARIANT, p2p_proto_variant(proto))) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_CATEGORY, p2p_app_category(app)) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_BY, READ_ONCE(flow->by)) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_VERDICT,
			  action == KP2P_DROP ? KP2PADM_VERDICT_DROP : KP2PADM_VERDICT_PASS) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_FLAGS, flags) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_DECIDED, READ_ONCE(flow->decided));
}

static int put_counts(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	const struct kp2p_dir *to = &flow->dir[flow->first], *from = &flow->dir[!flow->first];
	u32 to_seen = READ_ONCE(to->seen), from_seen = READ_ONCE(from->seen);
	u32 now = (u32)jiffies; /* behind them, or one could lie in the future */
	u32 idle = min(now - to_seen, now - from_seen);

	return put_u64(skb, KP2PADM_A_FLOW_PACKETS, atomic64_read(&to->packets)) ||
	       put_u64(skb, KP2PADM_A_FLOW_BYTES, atomic64_read(&to->bytes)) ||
	       put_u64(skb, KP2PADM_A_FLOW_REPLY_PACKETS, atomic64_read(&from->packets)) ||
	       put_u64(skb, KP2PADM_A_FLOW_REPLY_BYTES, atomic64_read(&from->bytes)) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_AGE, jiffies_to_msecs(now - flow->created)) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_IDLE, jiffies_to_msecs(idle));
}

static int put_flow(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct kp2p_flow *flow)
{
	void *head = dump_put(skb, cb, KP2PADM_CMD_FLOW_GET);

	if (!head)
		return -EMSGSIZE;
	if (put_endpoints(skb, flow) || put_decision(skb, flow) || put_counts(skb, flow)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* One bucket, from its cb->args[1]th flow on. */
static int put_bucket(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct kp2p_gw *gw, u32 bucket, int only)
{
	const struct kp2p_flow *flow;
	long i = 0;
	int err = 0;

	rcu_read_lock();
	for (flow = rcu_dereference(gw->buckets[bucket]); flow && !err;
	     flow = rcu_dereference(flow->next), i++) {
		if (i < cb->args[1])
			continue;
		if (only >= 0 && kp2p_state_app(READ_ONCE(flow->state)) != only)
			continue;
		err = put_flow(skb, cb, flow);
		if (err)
			cb->args[1] = i;
	}
	rcu_read_unlock();
	return err;
}

/* The application asked for, -1 for all of them, or -errno */
static int flow_filter(struct netlink_callback *cb, int *only)
{
	const struct nlattr *name = kp2p_dump_attrs(cb)[KP2PADM_A_FLOW_APP];

	*only = -1;
	if (!name)
		return 0;
	if (!strcmp(nla_data(name), p2p_app_name(P2P_APP_UNKNOWN)))
		*only = P2P_APP_UNKNOWN;
	else
		*only = p2p_app_find(nla_data(name));
	if (*only < P2P_APP_COUNT)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, name, "no application has that name");
	return -ENOENT;
}

/*
 * cb->args: [0] bucket, [1] flow within it, to go on with. A bucket that does
 * not fit behind others begins the next message: between two messages flows
 * come and go, and a place within a chain would not hold. Only a chain longer
 * than a message is cut.
 */
static int flow_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kp2p_gw *gw = gateway_of(sock_net(skb->sk), cb->extack);
	int only, err;

	if (!gw)
		return -ENODEV;
	err = flow_filter(cb, &only);
	if (err)
		return err;
	for (; cb->args[0] <= gw->mask; cb->args[0]++, cb->args[1] = 0) {
		void *before = skb_tail_pointer(skb);
		bool first = !skb->len;

		if (put_bucket(skb, cb, gw, cb->args[0], only)) {
			if (!first) {
				nlmsg_trim(skb, before);
				cb->args[1] = 0;
			}
			break;
		}
		if (cb->args[0] % 1024 == 0)
			cond_resched();
	}
	return skb->len;
}

/* -- policy -------------------------------------------------------------- */

static int put_entry(struct sk_buff *skb, unsigned int app, u8 verdict)
{
	struct nlattr *nest = nla_nest_start(skb, KP2PADM_A_POLICY_ENTRY);

	if (!nest || nla_put_string(skb, KP2PADM_A_ENTRY_APP, p2p_app_name(app)) ||
	    nla_put_u8(skb, KP2PADM_A_ENTRY_VERDICT, verdict))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_policy(struct sk_buff *skb, const struct kp2p_policy *policy)
{
	unsigned int app;

	if (nla_put_u8(skb, KP2PADM_A_POLICY_MODE, policy->mode) ||
	    nla_put_u32(skb, KP2PADM_A_POLICY_GENERATION, policy->generation))
		return -EMSGSIZE;
	for (app = 1; app < P2P_APP_COUNT; app++)
		if (policy->verdict[app] != KP2PADM_VERDICT_PASS &&
		    put_entry(skb, app, policy->verdict[app]))
			return -EMSGSIZE;
	return 0;
}

static int policy_get(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = gateway_for(info);
	struct sk_buff *skb;
	void *head;
	int err;

	if (!gw)
		return -ENODEV;
	skb = reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	rcu_read_lock();
	err = put_policy(skb, kp2p_policy_get(gw));
	rcu_read_unlock();
	return reply_send(info, skb, head, err);
}

static const struct nla_policy entry_attrs[KP2PADM_A_ENTRY_MAX + 1] = {
	[KP2PADM_A_ENTRY_APP] = { .type = NLA_NUL_STRING, .len = KP2PADM_NAME_MAX - 1 },
	[KP2PADM_A_ENTRY_VERDICT] = NLA_POLICY_MAX(NLA_U8, KP2PADM_VERDICT_DROP),
};

static int parse_entry(const struct nlattr *attr, u8 *verdict, bool *named,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KP2PADM_A_ENTRY_MAX + 1];
	unsigned int app;
	int err = nla_parse_nested(tb, KP2PADM_A_ENTRY_MAX, attr, entry_attrs, extack);

	if (err)
		return err;
	if (!tb[KP2PADM_A_ENTRY_APP] || !tb[KP2PADM_A_ENTRY_VERDICT]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an entry needs an application and a verdict");
		return -EINVAL;
	}
	app = p2p_app_find(nla_data(tb[KP2PADM_A_ENTRY_APP]));
	if (app == P2P_APP_COUNT) {
		NL_SET_ERR_MSG_ATTR(extack, tb[KP2PADM_A_ENTRY_APP],
				    "no application has that name");
		return -ENOENT;
	}
	if (named[app]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the application is named twice");
		return -EINVAL;
	}
	named[app] = true;
	verdict[app] = nla_get_u8(tb[KP2PADM_A_ENTRY_VERDICT]);
	return 0;
}

static int policy_set(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = gateway_for(info);
	u8 verdict[P2P_APP_COUNT] = {};
	bool named[P2P_APP_COUNT] = {};
	const struct nlattr *attr;
	int rest, err;

	if (!gw)
		return -ENODEV;
	if (!info->attrs[KP2PADM_A_POLICY_MODE]) {
		NL_SET_ERR_MSG(info->extack, "KP2PADM_A_POLICY_MODE is missing");
		return -EINVAL;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != KP2PADM_A_POLICY_ENTRY)
			continue;
		err = parse_entry(attr, verdict, named, info->extack);
		if (err)
			return err;
	}
	return kp2p_policy_install(gw, nla_get_u8(info->attrs[KP2PADM_A_POLICY_MODE]),
				   verdict);
}

/* -- the family ---------------------------------------------------------- */

/* Requests that take no attribute still refuse those they are given. */
static const struct nla_policy no_attrs[2] = {
	[1] = { .type = NLA_REJECT },
};

static const struct nla_policy net_attrs[KP2PADM_A_NET_MAX + 1] = {
	[KP2PADM_A_NET_ENABLED] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy flow_attrs[KP2PADM_A_FLOW_APP + 1] = {
	[KP2PADM_A_FLOW_APP] = { .type = NLA_NUL_STRING, .len = KP2PADM_NAME_MAX - 1 },
};

static const struct nla_policy policy_attrs[KP2PADM_A_POLICY_MAX + 1] = {
	[KP2PADM_A_POLICY_MODE] = NLA_POLICY_MAX(NLA_U8, KP2PADM_MODE_ENFORCE),
	[KP2PADM_A_POLICY_GENERATION] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_ENTRY] = NLA_POLICY_NESTED(entry_attrs),
};

#define ATTRS(table) .policy = table, .maxattr = ARRAY_SIZE(table) - 1

static const struct genl_ops ops[] = {
	{ .cmd = KP2PADM_CMD_STATUS_GET, .doit = status_get, ATTRS(no_attrs) },
	{ .cmd = KP2PADM_CMD_NET_SET, .doit = net_set, ATTRS(net_attrs),
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = KP2PADM_CMD_STATS_GET, .doit = stats_get, ATTRS(no_attrs) },
	{ .cmd = KP2PADM_CMD_APP_GET, .dumpit = app_dump, ATTRS(no_attrs) },
	{ .cmd = KP2PADM_CMD_FLOW_GET, .dumpit = flow_dump, ATTRS(flow_attrs),
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = KP2PADM_CMD_POLICY_GET, .doit = policy_get, ATTRS(no_attrs) },
	{ .cmd = KP2PADM_CMD_POLICY_SET, .doit = policy_set, ATTRS(policy_attrs),
	  .flags = GENL_UNS_ADMIN_PERM },
};

static struct genl_family family __ro_after_init = {
	.name = KP2PADM_GENL_NAME,
	.version = KP2PADM_GENL_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};

int kp2p_genl_init(void)
{
	return genl_register_family(&family);
}

void kp2p_genl_exit(void)
{
	genl_unregister_family(&family);
}
