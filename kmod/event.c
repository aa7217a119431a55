// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "event.h"
#include "gateway.h"
#include "genl.h"

static bool telling; /* the family is there */

void kp2p_event_allow(bool allow)
{
	WRITE_ONCE(telling, allow);
	if (!allow)
		synchronize_net();
}

/* An event with its head; @seq tells where its number goes. NULL without memory. */
static struct sk_buff *event_new(const struct kp2p_gw *gw, enum kp2padm_event type, void **head,
				 struct nlattr **seq)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);

	if (!skb)
		return NULL;
	*head = genlmsg_put(skb, 0, 0, &kp2p_genl_family, 0, KP2PADM_CMD_EVENT);
	*seq = nla_reserve(skb, KP2PADM_A_EVENT_SEQ, sizeof(u64));
	if (*head && *seq &&
	    !kp2p_put_u64(skb, KP2PADM_A_EVENT_TIME, ktime_get_real_ns()) &&
	    !nla_put_u8(skb, KP2PADM_A_EVENT_TYPE, type) &&
	    !kp2p_put_u64(skb, KP2PADM_A_EVENT_GATEWAY, gw->identity))
		return skb;
	nlmsg_free(skb);
	return NULL;
}

/*
 * Give it its number and send it; numbers go out in their order. An event that
 * could not be made takes a number, too.
 */
static void event_send(struct kp2p_gw *gw, struct sk_buff *skb, struct nlattr *seq)
{
	int err = -ENOMEM;
	u64 number;

	spin_lock_bh(&gw->event_lock);
	number = atomic64_inc_return(&gw->event_seq);
	if (skb) {
		memcpy(nla_data(seq), &number, sizeof(number));
		err = genlmsg_multicast_netns(&kp2p_genl_family, gw->net, skb, 0, 0, GFP_ATOMIC);
	}
	if (err == -ESRCH)
		WRITE_ONCE(gw->deaf_until, jiffies + HZ ?: 1);
	kp2p_count(gw, err == -ESRCH ? KP2P_N_EVENTS_UNHEARD :
		       err ? KP2P_N_EVENTS_LOST : KP2P_N_EVENTS);
	spin_unlock_bh(&gw->event_lock);
}

/*
 * Does anybody listen? The kernel knows of listeners in all namespaces together;
 * an event that nobody here took is followed by a second without, or those
 * elsewhere, whoever may make a namespace, would decide what packets cost here.
 */
static bool has_listeners(struct kp2p_gw *gw)
{
	unsigned long deaf = READ_ONCE(gw->deaf_until);

	if (!READ_ONCE(telling) || !genl_has_listeners(&kp2p_genl_family, gw->net, 0))
		return false;
	if (!deaf)
		return true;
	if (time_before(jiffies, deaf))
		return false;
	WRITE_ONCE(gw->deaf_until, 0);
	return true;
}

/* An event that nobody listens for is not made, but takes its number. */
static bool is_heard(struct kp2p_gw *gw)
{
	if (has_listeners(gw))
		return true;
	atomic64_inc(&gw->event_seq);
	kp2p_count(gw, KP2P_N_EVENTS_UNHEARD);
	return false;
}

static struct sk_buff *event_end(struct sk_buff *skb, void *head, int err)
{
	if (!err) {
		genlmsg_end(skb, head);
		return skb;
	}
	nlmsg_free(skb);
	return NULL;
}

/* The rule that an administrator would look for, if there is one */
static int put_rule_name(struct sk_buff *skb, const struct kp2p_gw *gw, const struct kp2p_flow *flow)
{
	const struct kp2p_policy *policy = kp2p_policy_get(gw);
	u64 state = READ_ONCE(flow->state);
	u16 rule = READ_ONCE(flow->rule);

	if ((kp2p_state_action(state) & ~KP2P_READ) == KP2P_WOULD && READ_ONCE(flow->would_rule) != P2P_NO_RULE)
		rule = READ_ONCE(flow->would_rule);
	/* numbers of another policy than the one in force name nothing */
	if (kp2p_state_generation(state) != policy->generation || rule >= policy->set->rules.n)
		return 0;
	return nla_put_string(skb, KP2PADM_A_EVENT_RULE_NAME, policy->set->name[rule]);
}

static_assert((int)KP2PADM_FACT_NAME == P2P_FACT_NAME && (int)KP2PADM_FACT_CHAT == P2P_FACT_CHAT);
static_assert((int)KP2PADM_ID_INFOHASH == P2P_ID_INFOHASH && (int)KP2PADM_ID_TTH == P2P_ID_TTH);

static int put_found(struct sk_buff *skb, const struct kp2p_found *found)
{
	const struct p2p_content_rule *rule = &found->set->content->rule[found->rule];
	struct nlattr *nest = nla_nest_start(skb, KP2PADM_A_EVENT_FOUND);

	if (!nest || nla_put_u32(skb, KP2PADM_A_FOUND_RULE, found->rule) ||
	    nla_put_string(skb, KP2PADM_A_FOUND_RULE_NAME,
			   found->set->content_name[found->rule]) ||
	    nla_put_u8(skb, KP2PADM_A_FOUND_VERDICT, rule->verdict) ||
	    (rule->observes && nla_put_flag(skb, KP2PADM_A_FOUND_OBSERVE)) ||
	    nla_put_u8(skb, KP2PADM_A_FOUND_FACTS, found->facts) ||
	    (found->kind != P2P_ID_NONE &&
	     (nla_put_u8(skb, KP2PADM_A_FOUND_KIND, found->kind) ||
	      nla_put(skb, KP2PADM_A_FOUND_ID, p2p_id_size(found->kind), found->id))))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * struct what - what an event says beside its flow
 * @attr: KP2PADM_A_EVENT_IN or _END
 * @value: of it
 * @found: or NULL
 */
struct what {
	int attr;
	u32 value;
	const struct kp2p_found *found;
};

static int put_value(struct sk_buff *skb, const struct what *what)
{
	if (what->attr == KP2PADM_A_EVENT_IN)
		return what->value && nla_put_u32(skb, what->attr, what->value);
	return nla_put_u8(skb, what->attr, what->value);
}

static int put_flow_event(struct sk_buff *skb, const struct kp2p_gw *gw,
			  const struct kp2p_flow *flow, const struct what *what)
{
	struct nlattr *nest = nla_nest_start(skb, KP2PADM_A_EVENT_FLOW);

	if (!nest || kp2p_put_flow(skb, flow))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return kp2p_put_u64(skb, KP2PADM_A_EVENT_FLOW_ID, kp2p_flow_id(flow)) ||
	       put_value(skb, what) || put_rule_name(skb, gw, flow) ||
	       (what->found && put_found(skb, what->found));
}

static void flow_event(struct kp2p_gw *gw, enum kp2padm_event type,
		       const struct kp2p_flow *flow, const struct what *what)
{
	struct nlattr *seq = NULL;
	struct sk_buff *skb;
	void *head;

	if (!is_heard(gw))
		return;
	skb = event_new(gw, type, &head, &seq);
	rcu_read_lock(); /* the sweeper has only its locks */
	if (skb)
		skb = event_end(skb, head, put_flow_event(skb, gw, flow, what));
	rcu_read_unlock();
	event_send(gw, skb, seq);
}

void kp2p_event_verdict(struct kp2p_gw *gw, const struct kp2p_flow *flow, int in,
			const struct kp2p_found *found)
{
	const struct what what = { KP2PADM_A_EVENT_IN, in, found };

	flow_event(gw, KP2PADM_EVENT_VERDICT, flow, &what);
}

void kp2p_event_end(struct kp2p_gw *gw, const struct kp2p_flow *flow, enum kp2padm_end why)
{
	const struct what what = { KP2PADM_A_EVENT_END, why };

	flow_event(gw, KP2PADM_EVENT_FLOW, flow, &what);
}

static int put_policy_event(struct sk_buff *skb, struct kp2p_gw *gw, enum kp2padm_why why)
{
	struct nlattr *nest = nla_nest_start(skb, KP2PADM_A_EVENT_POLICY);

	if (!nest || kp2p_put_policy(skb, gw))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return nla_put_u8(skb, KP2PADM_A_EVENT_WHY, why);
}

void kp2p_event_policy(struct kp2p_gw *gw, enum kp2padm_why why)
{
	struct nlattr *seq = NULL;
	struct sk_buff *skb;
	void *head;

	if (!is_heard(gw))
		return;
	skb = event_new(gw, KP2PADM_EVENT_POLICY, &head, &seq);
	if (skb)
		skb = event_end(skb, head, put_policy_event(skb, gw, why));
	event_send(gw, skb, seq);
}

void kp2p_event_helper(struct kp2p_gw *gw, enum kp2padm_helper state)
{
	struct nlattr *seq = NULL;
	struct sk_buff *skb;
	void *head;

	if (!is_heard(gw))
		return;
	skb = event_new(gw, KP2PADM_EVENT_HELPER, &head, &seq);
	if (skb)
		skb = event_end(skb, head, nla_put_u8(skb, KP2PADM_A_EVENT_HELPER, state));
	event_send(gw, skb, seq);
}
