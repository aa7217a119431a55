/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family: what its files share. */
#ifndef KP2P_GENL_H
#define KP2P_GENL_H

#include <linux/kp2padm.h>
#include <net/genetlink.h>

struct kp2p_flow;
struct kp2p_gw;

int kp2p_genl_init(void);
void kp2p_genl_exit(void);

extern struct genl_family kp2p_genl_family;

/* Members of an operation's entry: its attributes */
#define KP2P_ATTRS(table) .policy = table, .maxattr = ARRAY_SIZE(table) - 1

/* Requests that take no attribute still refuse those they are given. */
extern const struct nla_policy kp2p_no_attrs[2];

/* A reply to fill, its header in *@head; NULL without memory */
struct sk_buff *kp2p_reply_new(struct genl_info *info, void **head);
/* Send it, or free it when @err says that it could not be filled */
int kp2p_reply_send(struct genl_info *info, struct sk_buff *skb, void *head, int err);
/* One message of a dump */
void *kp2p_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

/* The gateway that a request is about; NULL without one, and extack says so */
struct kp2p_gw *kp2p_gateway_of(const struct net *net, struct netlink_ext_ack *extack);
struct kp2p_gw *kp2p_gateway_for(struct genl_info *info);

/* nla_put_u64_64bit() wants a padding attribute; readers here copy anyway. */
static inline int kp2p_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

/* genl_flow.c: KP2PADM_A_FLOW_*. Context: RCU read side */
int kp2p_put_flow(struct sk_buff *skb, const struct kp2p_flow *flow);
int kp2p_flow_dump(struct sk_buff *skb, struct netlink_callback *cb);
extern const struct nla_policy kp2p_flow_attrs[KP2PADM_A_FLOW_APP + 1];

/* genl_policy.c: KP2PADM_A_POLICY_*, gw->policy_lock held */
int kp2p_put_policy(struct sk_buff *skb, struct kp2p_gw *gw);
int kp2p_policy_get_doit(struct sk_buff *request, struct genl_info *info);
int kp2p_policy_confirm_doit(struct sk_buff *request, struct genl_info *info);
/* of all dumps below: they hold the ruleset that they show */
int kp2p_ruleset_start(struct netlink_callback *cb);
int kp2p_ruleset_done(struct netlink_callback *cb);
int kp2p_rule_dump(struct sk_buff *skb, struct netlink_callback *cb);
int kp2p_policy_set_dump(struct sk_buff *skb, struct netlink_callback *cb);
int kp2p_content_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
