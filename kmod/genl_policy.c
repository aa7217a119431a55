// SPDX-License-Identifier: GPL-2.0-only
/* The policy in force, told over netlink: as a whole, and rule by rule. */
#include <net/sock.h>

#include "gateway.h"
#include "genl.h"

int kp2p_put_policy(struct sk_buff *skb, struct kp2p_gw *gw)
{
	const struct kp2p_policy *policy =
		rcu_dereference_protected(gw->policy, lockdep_is_held(&gw->policy_lock));
	const struct kp2p_ruleset *set = policy->set;
	s64 until = kp2p_ruleset_until(set);
	u32 trial = kp2p_policy_trial(gw);

	if (nla_put_u8(skb, KP2PADM_A_POLICY_MODE, set->mode) ||
	    nla_put_u8(skb, KP2PADM_A_POLICY_DEFAULT, set->rules.fallback) ||
	    nla_put_u8(skb, KP2PADM_A_POLICY_HELPER_LOSS, set->helper_loss) ||
	    nla_put(skb, KP2PADM_A_POLICY_ID, sizeof(set->id), set->id) ||
	    nla_put_u32(skb, KP2PADM_A_POLICY_RULES, set->rules.n) ||
	    nla_put_u32(skb, KP2PADM_A_POLICY_HOST_COUNT, set->rules.hosts) ||
	    nla_put_u32(skb, KP2PADM_A_POLICY_GENERATION, policy->generation) ||
	    (trial && nla_put_u32(skb, KP2PADM_A_POLICY_TRIAL, trial)) ||
	    (set->rules.schedules && kp2p_put_u64(skb, KP2PADM_A_POLICY_UNTIL, until)) ||
	    (set->content &&
	     (nla_put_u32(skb, KP2PADM_A_POLICY_CONTENT_SIZE, set->content_size) ||
	      nla_put_u32(skb, KP2PADM_A_POLICY_CONTENT_RULES, set->content->rules))) ||
	    nla_put_u8(skb, KP2PADM_A_POLICY_CONFLICT, set->conflict) ||
	    nla_put_u8(skb, KP2PADM_A_POLICY_UNREAD, set->unread))
		return -EMSGSIZE;
	return 0;
}

int kp2p_policy_get_doit(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	struct sk_buff *skb;
	void *head;
	int err;

	if (!gw)
		return -ENODEV;
	skb = kp2p_reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	mutex_lock(&gw->policy_lock);
	err = kp2p_put_policy(skb, gw);
	mutex_unlock(&gw->policy_lock);
	return kp2p_reply_send(info, skb, head, err);
}

int kp2p_policy_confirm_doit(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	int err;

	if (!gw)
		return -ENODEV;
	err = kp2p_policy_confirm(gw);
	if (err)
		NL_SET_ERR_MSG(info->extack, "no policy is on trial");
	return err;
}

/*
 * A dump shows one ruleset, whatever is installed meanwhile.
 * cb->args: [0] the ruleset, held; [1] its active schedules; [2] the rule, the content
 * rule or the part of its sets to go on with; [3] its policy's generation
 */
int kp2p_ruleset_start(struct netlink_callback *cb)
{
	struct kp2p_gw *gw = kp2p_gateway_of(sock_net(cb->skb->sk), cb->extack);
	const struct kp2p_policy *policy;

	if (!gw)
		return -ENODEV;
	mutex_lock(&gw->policy_lock);
	policy = rcu_dereference_protected(gw->policy, lockdep_is_held(&gw->policy_lock));
	cb->args[0] = (long)kp2p_ruleset_get(policy->set);
	cb->args[1] = (long)policy->active;
	cb->args[3] = policy->generation;
	mutex_unlock(&gw->policy_lock);
	return 0;
}

int kp2p_ruleset_done(struct netlink_callback *cb)
{
	kp2p_ruleset_put((struct kp2p_ruleset *)cb->args[0]);
	return 0;
}

static int put_hits(struct sk_buff *skb, const struct kp2p_ruleset *set, u32 number)
{
	struct kp2p_hits hits = kp2p_ruleset_hits(set, number);

	return kp2p_put_u64(skb, KP2PADM_A_RULE_FLOWS, hits.flows) ||
	       kp2p_put_u64(skb, KP2PADM_A_RULE_PACKETS, hits.packets) ||
	       kp2p_put_u64(skb, KP2PADM_A_RULE_BYTES, hits.bytes) ||
	       kp2p_put_u64(skb, KP2PADM_A_RULE_WOULD_PACKETS, hits.would_packets) ||
	       kp2p_put_u64(skb, KP2PADM_A_RULE_WOULD_BYTES, hits.would_bytes) ||
	       kp2p_put_u64(skb, KP2PADM_A_RULE_MARKED, hits.marked);
}

static int put_apps(struct sk_buff *skb, const struct p2p_rule *rule)
{
	unsigned int app;

	for (app = 0; app < P2P_APP_COUNT; app++)
		if ((rule->apps[app / 64] >> (app % 64) & 1) &&
		    nla_put_string(skb, KP2PADM_A_RULE_APP, p2p_app_name(app)))
			return -EMSGSIZE;
	return 0;
}

/* As they were added, but for hosts, of which there may be many */
static int put_conditions(struct sk_buff *skb, const struct p2p_rule *rule)
{
	return put_apps(skb, rule) ||
	       (rule->by_host && nla_put_flag(skb, KP2PADM_A_RULE_BY_HOST)) ||
	       (rule->categories &&
		nla_put_u8(skb, KP2PADM_A_RULE_CATEGORY, rule->categories)) ||
	       (rule->confidence &&
		nla_put_u8(skb, KP2PADM_A_RULE_CONFIDENCE, rule->confidence)) ||
	       (rule->encrypted != P2P_ANY &&
		nla_put_u8(skb, KP2PADM_A_RULE_ENCRYPTED, rule->encrypted == P2P_TRUE)) ||
	       (rule->directions &&
		nla_put_u8(skb, KP2PADM_A_RULE_DIRECTION, rule->directions)) ||
	       (rule->vlans && nla_put(skb, KP2PADM_A_RULE_VLAN,
				       rule->vlans * sizeof(rule->vlan[0]), rule->vlan)) ||
	       (rule->schedule &&
		nla_put_u16(skb, KP2PADM_A_RULE_SCHEDULE, rule->schedule));
}

static int put_flag(struct sk_buff *skb, int attr, const struct p2p_rule *rule,
		    enum p2p_modifier what)
{
	return (rule->sets >> what & 1) && nla_put_u8(skb, attr, rule->values >> what & 1);
}

static int put_modifiers(struct sk_buff *skb, const struct p2p_rule *rule)
{
	return (rule->mask && (nla_put_u32(skb, KP2PADM_A_RULE_MARK, rule->mark) ||
			       nla_put_u32(skb, KP2PADM_A_RULE_MASK, rule->mask))) ||
	       (rule->has_priority &&
		nla_put_u32(skb, KP2PADM_A_RULE_PRIORITY, rule->priority)) ||
	       put_flag(skb, KP2PADM_A_RULE_SCAN, rule, P2P_SET_SCAN) ||
	       put_flag(skb, KP2PADM_A_RULE_AUDIT, rule, P2P_SET_AUDIT);
}

static int put_rule(struct sk_buff *skb, struct netlink_callback *cb, u32 number)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];
	const struct p2p_rule *rule = &set->rules.rule[number];
	u64 active = (u64)cb->args[1];
	bool holds = !rule->schedule || (active >> (rule->schedule - 1) & 1);
	void *head = kp2p_dump_put(skb, cb, KP2PADM_CMD_RULE_GET);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_u32(skb, KP2PADM_A_RULE_NUMBER, number) ||
	    nla_put_string(skb, KP2PADM_A_RULE_NAME, set->name[number]) ||
	    put_conditions(skb, rule) || put_modifiers(skb, rule) ||
	    (rule->verdict != P2P_VERDICT_NONE &&
	     nla_put_u8(skb, KP2PADM_A_RULE_VERDICT, rule->verdict)) ||
	    (rule->observes && nla_put_flag(skb, KP2PADM_A_RULE_OBSERVE)) ||
	    nla_put_u8(skb, KP2PADM_A_RULE_ACTIVE, holds) ||
	    put_hits(skb, set, number)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int kp2p_rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];

	for (; cb->args[2] < set->rules.n; cb->args[2]++)
		if (put_rule(skb, cb, cb->args[2]))
			break;
	return skb->len;
}

/* What a message has of a set of prefixes: with as much of all sets it is not full */
#define SET_PART 32

static int put_prefixes(struct sk_buff *skb, int attr, const struct p2p_set *prefixes, u32 part)
{
	u32 first = part * SET_PART;

	if (first >= prefixes->n)
		return 0;
	return nla_put(skb, attr,
		       min_t(u32, prefixes->n - first, SET_PART) * sizeof(prefixes->prefix[0]),
		       &prefixes->prefix[first]);
}

/* The sets that are told in their first part, as a whole */
static int put_small_sets(struct sk_buff *skb, const struct kp2p_ruleset *set)
{
	u32 i;

	for (i = 0; i < set->local_ports; i++)
		if (nla_put_string(skb, KP2PADM_A_POLICY_LOCAL_PORT, set->local_port[i]))
			return -EMSGSIZE;
	return (set->rules.exempt_ports &&
		nla_put(skb, KP2PADM_A_POLICY_EXEMPT_PORT,
			set->rules.exempt_ports * sizeof(set->rules.exempt_port[0]),
			set->rules.exempt_port)) ||
	       (set->exempt_macs && nla_put(skb, KP2PADM_A_POLICY_EXEMPT_MAC,
					    set->exempt_macs * sizeof(set->exempt_mac[0]),
					    set->exempt_mac));
}

static int put_sets(struct sk_buff *skb, struct netlink_callback *cb, u32 part)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];
	void *head = kp2p_dump_put(skb, cb, KP2PADM_CMD_POLICY_SET_GET);

	if (!head)
		return -EMSGSIZE;
	if ((!part && put_small_sets(skb, set)) ||
	    put_prefixes(skb, KP2PADM_A_POLICY_LOCAL_PREFIX, &set->rules.local, part) ||
	    put_prefixes(skb, KP2PADM_A_POLICY_EXEMPT_PREFIX, &set->rules.exempt, part) ||
	    nla_put_u32(skb, KP2PADM_A_POLICY_GENERATION, cb->args[3])) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int kp2p_policy_set_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];
	u32 most = max(set->rules.local.n, set->rules.exempt.n);

	/* also of empty sets there is a part: it has the generation */
	for (; !cb->args[2] || cb->args[2] * SET_PART < most; cb->args[2]++)
		if (put_sets(skb, cb, cb->args[2]))
			break;
	return skb->len;
}

static int put_content(struct sk_buff *skb, struct netlink_callback *cb, u32 number)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];
	const struct p2p_content_rule *rule = &set->content->rule[number];
	struct kp2p_content_hits hits = kp2p_ruleset_content_hits(set, number);
	void *head = kp2p_dump_put(skb, cb, KP2PADM_CMD_CONTENT_GET);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_u32(skb, KP2PADM_A_CONTENT_NUMBER, number) ||
	    nla_put_string(skb, KP2PADM_A_CONTENT_NAME, set->content_name[number]) ||
	    nla_put_u8(skb, KP2PADM_A_CONTENT_VERDICT, rule->verdict) ||
	    (rule->observes && nla_put_flag(skb, KP2PADM_A_CONTENT_OBSERVE)) ||
	    kp2p_put_u64(skb, KP2PADM_A_CONTENT_OBJECTS, hits.objects) ||
	    kp2p_put_u64(skb, KP2PADM_A_CONTENT_WOULD_OBJECTS, hits.would_objects)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int kp2p_content_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct kp2p_ruleset *set = (const struct kp2p_ruleset *)cb->args[0];
	u32 rules = set->content ? set->content->rules : 0;

	for (; cb->args[2] < rules; cb->args[2]++)
		if (put_content(skb, cb, cb->args[2]))
			break;
	return skb->len;
}
