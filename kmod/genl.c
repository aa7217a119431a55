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
#include "draft.h"
#include "event.h"
#include "gateway.h"
#include "genl.h"
#include "helper.h"

struct kp2p_gw *kp2p_gateway_of(const struct net *net, struct netlink_ext_ack *extack)
{
	struct kp2p_gw *gw = kp2p_gateway(net);

	if (!gw)
		NL_SET_ERR_MSG(extack, "no gateway is enabled in this network namespace");
	return gw;
}

struct kp2p_gw *kp2p_gateway_for(struct genl_info *info)
{
	return kp2p_gateway_of(genl_info_net(info), info->extack);
}

struct sk_buff *kp2p_reply_new(struct genl_info *info, void **head)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &kp2p_genl_family, 0, info->genlhdr->cmd);
	if (*head)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

int kp2p_reply_send(struct genl_info *info, struct sk_buff *skb, void *head, int err)
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
	u32 refused;
	int err;

	if (nla_put_string(skb, KP2PADM_A_STATUS_VERSION, KP2PADM_VERSION) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_ABI, KP2PADM_ABI) ||
	    nla_put_u8(skb, KP2PADM_A_STATUS_ENABLED, !!gw))
		return -EMSGSIZE;
	if (!gw)
		return 0;
	rcu_read_lock();
	policy = kp2p_policy_get(gw);
	err = nla_put_u8(skb, KP2PADM_A_STATUS_MODE, policy->set->mode) ||
	      nla_put_u32(skb, KP2PADM_A_STATUS_GENERATION, policy->generation);
	rcu_read_unlock();
	refused = READ_ONCE(gw->helper_refused);
	if (err ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_FLOWS, atomic_read(&gw->flows)) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_MAX_FLOWS, gw->max_flows) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_BUCKETS, gw->mask + 1) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_INSPECTED, atomic_read(&gw->inspected)) ||
	    nla_put_u32(skb, KP2PADM_A_STATUS_STREAMS, atomic_read(&gw->streams)) ||
	    kp2p_put_u64(skb, KP2PADM_A_STATUS_STREAM_BYTES, atomic64_read(&gw->stream_bytes)) ||
	    nla_put_u8(skb, KP2PADM_A_STATUS_HELPER, READ_ONCE(gw->helper)) ||
	    kp2p_put_u64(skb, KP2PADM_A_STATUS_GATEWAY, gw->identity) ||
	    (refused && nla_put_u32(skb, KP2PADM_A_STATUS_REFUSED, refused)) ||
	    kp2p_put_u64(skb, KP2PADM_A_STATUS_UPTIME,
		    ktime_get_boottime_seconds() - gw->enabled_at))
		return -EMSGSIZE;
	return 0;
}

static int status_get(struct sk_buff *request, struct genl_info *info)
{
	void *head;
	struct sk_buff *skb = kp2p_reply_new(info, &head);

	if (!skb)
		return -ENOMEM;
	return kp2p_reply_send(info, skb, head,
			  put_status(skb, kp2p_gateway(genl_info_net(info))));
}

/* To walk the table takes milliseconds, or a second where it is very large: it
 * is done for whoever may change it, and for others once a second and in a
 * twentieth of the time at most.
 */
static const struct kp2p_totals *totals_of(struct kp2p_gw *gw, struct sk_buff *request,
					   const struct net *net)
{
	if (netlink_ns_capable(request, net->user_ns, CAP_NET_ADMIN) ||
	    time_after(jiffies, gw->totals_next)) {
		unsigned long began = jiffies;

		kp2p_flow_totals(gw, &gw->totals);
		gw->totals_next = jiffies + max(HZ, 20 * (jiffies - began));
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
		if (kp2p_put_u64(skb, KP2PADM_A_STATS_PACKETS + i, count[i]))
			return -EMSGSIZE;
	return nla_put(skb, KP2PADM_A_STATS_CHAINS, sizeof(totals->chains), totals->chains);
}

static int stats_get(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	struct sk_buff *skb;
	void *head;

	if (!gw)
		return -ENODEV;
	skb = kp2p_reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	return kp2p_reply_send(info, skb, head,
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
		if (err == -EPERM)
			NL_SET_ERR_MSG(info->extack, "user namespaces may have no gateway of their own (module parameter user_namespaces)");
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

void *kp2p_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &kp2p_genl_family,
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
	void *head = kp2p_dump_put(skb, cb, KP2PADM_CMD_APP_GET);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_string(skb, KP2PADM_A_APP_NAME, p2p_app_name(app)) ||
	    nla_put_u8(skb, KP2PADM_A_APP_CATEGORY, p2p_app_category(app)) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_FLOWS, totals->flows[app]) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_PACKETS, totals->packets[app]) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_BYTES, totals->bytes[app]) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_DROPPED, stats.dropped) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_DROPPED_BYTES, stats.dropped_bytes) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_WOULD_DROP, stats.would_drop) ||
	    kp2p_put_u64(skb, KP2PADM_A_APP_NAMED, named_flows(gw, app))) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* cb->args[0]: the application to go on with */
static int app_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kp2p_gw *gw = kp2p_gateway_of(sock_net(skb->sk), cb->extack);
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

/* -- the helper ---------------------------------------------------------- */

static int helper_attach(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	const struct nlattr *abi = info->attrs[KP2PADM_A_HELPER_ABI];
	int err;

	if (!gw)
		return -ENODEV;
	if (!abi || nla_get_u32(abi) != KP2PADM_ABI) {
		if (abi)
			kp2p_helper_refuse(gw, nla_get_u32(abi));
		NL_SET_ERR_MSG(info->extack, "this module and this helper do not belong together: KP2PADM_ABI differs");
		return -EPROTO;
	}
	err = kp2p_helper_attach(gw, info->snd_portid);
	if (err == -EBUSY)
		NL_SET_ERR_MSG(info->extack, "another helper is attached");
	return err;
}

static int helper_beat(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	int err;

	if (!gw)
		return -ENODEV;
	err = kp2p_helper_beat(gw, info->snd_portid);
	if (err)
		NL_SET_ERR_MSG(info->extack, "this socket is not the helper's");
	return err;
}

static int helper_detach(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	int err;

	if (!gw)
		return -ENODEV;
	err = kp2p_helper_detach(gw);
	if (err)
		NL_SET_ERR_MSG(info->extack, "no helper is attached");
	return err;
}

/* -- the family ---------------------------------------------------------- */

const struct nla_policy kp2p_no_attrs[2] = {
	[1] = { .type = NLA_REJECT },
};

static const struct nla_policy net_attrs[KP2PADM_A_NET_MAX + 1] = {
	[KP2PADM_A_NET_ENABLED] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy helper_attrs[KP2PADM_A_HELPER_MAX + 1] = {
	[KP2PADM_A_HELPER_ABI] = { .type = NLA_U32 },
};

#define ADMIN .flags = GENL_UNS_ADMIN_PERM

static const struct genl_ops ops[] = {
	{ .cmd = KP2PADM_CMD_STATUS_GET, .doit = status_get, KP2P_ATTRS(kp2p_no_attrs) },
	{ .cmd = KP2PADM_CMD_NET_SET, .doit = net_set, KP2P_ATTRS(net_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_STATS_GET, .doit = stats_get, KP2P_ATTRS(kp2p_no_attrs) },
	{ .cmd = KP2PADM_CMD_APP_GET, .dumpit = app_dump, KP2P_ATTRS(kp2p_no_attrs) },
	{ .cmd = KP2PADM_CMD_FLOW_GET, .dumpit = kp2p_flow_dump, KP2P_ATTRS(kp2p_flow_attrs),
	  ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_GET, .doit = kp2p_policy_get_doit, KP2P_ATTRS(kp2p_no_attrs) },
	{ .cmd = KP2PADM_CMD_RULE_GET, .start = kp2p_ruleset_start, .dumpit = kp2p_rule_dump,
	  .done = kp2p_ruleset_done, KP2P_ATTRS(kp2p_no_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_SET_GET, .start = kp2p_ruleset_start,
	  .dumpit = kp2p_policy_set_dump, .done = kp2p_ruleset_done, KP2P_ATTRS(kp2p_no_attrs),
	  ADMIN },
	{ .cmd = KP2PADM_CMD_CONTENT_GET, .start = kp2p_ruleset_start, .dumpit = kp2p_content_dump,
	  .done = kp2p_ruleset_done, KP2P_ATTRS(kp2p_no_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_BEGIN, .doit = kp2p_policy_begin_doit,
	  KP2P_ATTRS(kp2p_begin_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_ADD, .doit = kp2p_policy_add_doit, KP2P_ATTRS(kp2p_add_attrs),
	  ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_COMMIT, .doit = kp2p_policy_commit_doit,
	  KP2P_ATTRS(kp2p_commit_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_POLICY_CONFIRM, .doit = kp2p_policy_confirm_doit,
	  KP2P_ATTRS(kp2p_no_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_HELPER_ATTACH, .doit = helper_attach, KP2P_ATTRS(helper_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_HELPER_BEAT, .doit = helper_beat, KP2P_ATTRS(kp2p_no_attrs), ADMIN },
	{ .cmd = KP2PADM_CMD_HELPER_DETACH, .doit = helper_detach, KP2P_ATTRS(kp2p_no_attrs),
	  ADMIN },
};

static const struct genl_multicast_group groups[] = {
	{ .name = KP2PADM_GROUP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family kp2p_genl_family __ro_after_init = {
	.name = KP2PADM_GENL_NAME,
	.version = KP2PADM_GENL_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/* A socket that ends takes with it what it began. */
static int on_netlink(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *closed = data;
	struct kp2p_gw *gw;

	if (event != NETLINK_URELEASE || closed->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	/* every such socket of the machine ends here; what it began, it began with a gateway */
	if (!kp2p_gateway(closed->net))
		return NOTIFY_DONE;
	genl_lock();
	gw = kp2p_gateway(closed->net);
	if (gw) {
		kp2p_draft_closed(gw, closed->portid);
		kp2p_helper_closed(gw, closed->portid);
	}
	genl_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block netlink_notifier = {
	.notifier_call = on_netlink,
};

int kp2p_genl_init(void)
{
	int err = netlink_register_notifier(&netlink_notifier);

	if (err)
		return err;
	err = genl_register_family(&kp2p_genl_family);
	if (err)
		netlink_unregister_notifier(&netlink_notifier);
	else
		kp2p_event_allow(true);
	return err;
}

void kp2p_genl_exit(void)
{
	kp2p_event_allow(false); /* the gateways end behind the family */
	genl_unregister_family(&kp2p_genl_family);
	netlink_unregister_notifier(&netlink_notifier);
}
