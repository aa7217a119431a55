// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <linux/ktime.h>

#include "core/dissect.h"
#include "event.h"
#include "gateway.h"
#include "policy.h"

static struct kp2p_policy *current_policy(const struct kp2p_gw *gw)
{
	return rcu_dereference_protected(gw->policy, lockdep_is_held(&gw->policy_lock));
}

/* -- putting one in force ---------------------------------------------------- */

/* Packets on another CPU may meet a moment of the old generation; each is
 * judged by one policy as a whole all the same.
 */
static void announce(struct kp2p_gw *gw, u32 generation)
{
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(gw->cpu, cpu)->hot.pass,
			   kp2p_state(generation, 0, KP2P_PASS, true));
}

static void policy_free(struct rcu_head *rcu)
{
	struct kp2p_policy *policy = container_of(rcu, struct kp2p_policy, rcu);

	kp2p_ruleset_put(policy->set);
	kfree(policy);
}

/* What flows that ask for the helper get, as it is now */
static bool is_lost(const struct kp2p_gw *gw, const struct kp2p_ruleset *set)
{
	return set->mode == KP2PADM_MODE_ENFORCE && set->helper_loss != KP2PADM_VERDICT_PASS &&
	       gw->helper != KP2PADM_HELPER_ALIVE;
}

static int put_in_force(struct kp2p_gw *gw, struct kp2p_ruleset *set)
{
	struct kp2p_policy *old = current_policy(gw), *new;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->generation = old ? old->generation + 1 : 1;
	if (!new->generation)
		new->generation = 1;
	new->set = kp2p_ruleset_get(set);
	new->active = kp2p_ruleset_active(set, ktime_get_real_seconds());
	new->lost = is_lost(gw, set);
	new->blocks = set->mode == KP2PADM_MODE_ENFORCE &&
		      (new->lost || set->content || p2p_rules_block(&set->rules));
	rcu_assign_pointer(gw->policy, new);
	announce(gw, new->generation);
	if (old)
		call_rcu(&old->rcu, policy_free);
	return 0;
}

static void trial_end(struct kp2p_gw *gw)
{
	kp2p_ruleset_put(gw->before);
	gw->before = NULL;
}

int kp2p_policy_install(struct kp2p_gw *gw, struct kp2p_ruleset *set, u32 trial)
{
	struct kp2p_ruleset *before;
	int err;

	mutex_lock(&gw->policy_lock);
	/* a trial within a trial ends where the first one would have */
	before = gw->before ?: current_policy(gw)->set;
	kp2p_ruleset_get(before);
	err = put_in_force(gw, set);
	if (err) {
		kp2p_ruleset_put(before);
	} else {
		trial_end(gw);
		if (trial) {
			gw->before = before;
			gw->trial_ends = ktime_get_boottime_seconds() + trial;
		} else {
			kp2p_ruleset_put(before);
		}
		kp2p_event_policy(gw, KP2PADM_WHY_COMMIT);
	}
	mutex_unlock(&gw->policy_lock);
	return err;
}

int kp2p_policy_confirm(struct kp2p_gw *gw)
{
	int err = -ENOENT;

	mutex_lock(&gw->policy_lock);
	if (gw->before) {
		trial_end(gw);
		kp2p_event_policy(gw, KP2PADM_WHY_CONFIRM);
		err = 0;
	}
	mutex_unlock(&gw->policy_lock);
	return err;
}

u32 kp2p_policy_trial(const struct kp2p_gw *gw)
{
	time64_t left = gw->trial_ends - ktime_get_boottime_seconds();

	lockdep_assert_held(&gw->policy_lock);
	if (!gw->before)
		return 0;
	return left > 0 ? left : 1;
}

static void renew(struct kp2p_gw *gw, enum kp2padm_why why)
{
	/* without memory the next tick tries again */
	if (!put_in_force(gw, current_policy(gw)->set))
		kp2p_event_policy(gw, why);
}

void kp2p_policy_renew(struct kp2p_gw *gw)
{
	const struct kp2p_policy *policy = current_policy(gw);

	lockdep_assert_held(&gw->policy_lock);
	if (policy->lost != is_lost(gw, policy->set))
		put_in_force(gw, policy->set);
}

static void revert(struct kp2p_gw *gw)
{
	if (put_in_force(gw, gw->before))
		return; /* without memory: at the next tick */
	trial_end(gw);
	kp2p_event_policy(gw, KP2PADM_WHY_REVERT);
}

void kp2p_policy_tick(struct kp2p_gw *gw)
{
	const struct kp2p_policy *policy;

	mutex_lock(&gw->policy_lock);
	kp2p_helper_tick(gw);
	kp2p_policy_renew(gw);
	if (gw->before && ktime_get_boottime_seconds() >= gw->trial_ends)
		revert(gw);
	policy = current_policy(gw);
	if (policy->active != kp2p_ruleset_active(policy->set, ktime_get_real_seconds()))
		renew(gw, KP2PADM_WHY_SCHEDULE);
	mutex_unlock(&gw->policy_lock);
}

int kp2p_policy_init(struct kp2p_gw *gw)
{
	struct kp2p_ruleset *set = kp2p_ruleset_new(0, 0);
	int err;

	mutex_init(&gw->policy_lock);
	if (!set)
		return -ENOMEM;
	mutex_lock(&gw->policy_lock);
	err = put_in_force(gw, set);
	mutex_unlock(&gw->policy_lock);
	kp2p_ruleset_put(set);
	return err;
}

void kp2p_policy_destroy(struct kp2p_gw *gw)
{
	struct kp2p_policy *policy = rcu_dereference_raw(gw->policy);

	trial_end(gw);
	policy_free(&policy->rcu);
}

/* -- judging --------------------------------------------------------------------- */

static bool is_local_port(const struct kp2p_ruleset *set, const struct net_device *dev)
{
	u32 i;

	for (i = 0; dev && i < set->local_ports; i++)
		if (!strncmp(dev->name, set->local_port[i], IFNAMSIZ))
			return true;
	return false;
}

bool kp2p_policy_exempt_mac(const struct kp2p_policy *policy, const struct sk_buff *skb)
{
	const struct kp2p_ruleset *set = policy->set;
	const struct ethhdr *eth;
	u32 i;

	if (!set->exempt_macs || !skb_mac_header_was_set(skb) || skb_mac_header_len(skb) < ETH_HLEN)
		return false;
	eth = eth_hdr(skb);
	for (i = 0; i < set->exempt_macs; i++)
		if (ether_addr_equal(eth->h_source, set->exempt_mac[i]) ||
		    ether_addr_equal(eth->h_dest, set->exempt_mac[i]))
			return true;
	return false;
}

/* What this packet shows of the flow's ends, under this policy. *@unknown: where its first
 * receiver is
 */
static u8 sides_of(const struct kp2p_policy *policy, const struct kp2p_flow *flow,
		   const struct sk_buff *skb, const struct nf_hook_state *nf, unsigned int dir,
		   bool *unknown)
{
	const struct net_device *out = kp2p_flow_port_to(flow, skb, nf, dir);
	bool from = is_local_port(policy->set, nf->in);
	bool to = is_local_port(policy->set, out);
	bool back = dir != flow->first;

	*unknown = !out && !back && policy->set->local_ports;
	return ((back ? to : from) ? KP2P_SIDE_FROM : 0) |
	       ((back ? from : to) ? KP2P_SIDE_TO : 0) |
	       (kp2p_policy_exempt_mac(policy, skb) ? KP2P_SIDE_EXEMPT : 0);
}

static unsigned int action_of(const struct kp2p_policy *policy, const struct p2p_ruling *ruling)
{
	const u8 helped = 1 << P2P_SET_SCAN | 1 << P2P_SET_AUDIT;
	unsigned int action = KP2P_PASS;
	bool enforces = policy->set->mode == KP2PADM_MODE_ENFORCE;

	if (ruling->exempt)
		return KP2P_PASS;
	if (ruling->verdict != P2P_VERDICT_PASS && enforces)
		action = ruling->verdict == P2P_VERDICT_RESET ? KP2P_RESET : KP2P_DROP;
	else if (policy->lost && (ruling->values & helped))
		action = KP2P_DROP | KP2P_LOST;
	if ((ruling->verdict != P2P_VERDICT_PASS && !enforces) ||
	    ruling->would != P2P_VERDICT_PASS)
		action |= KP2P_WOULD;
	if (enforces && (ruling->sets >> P2P_SET_MARK & 1) &&
	    (action & KP2P_ACTION_MASK) == KP2P_PASS)
		action |= KP2P_MARK;
	return action;
}

/* Is what a flow that has its name carries a stream that somebody can read? All that
 * BitTorrent says by datagrams may have uTP beside it: peers have one port for all.
 */
static bool is_readable(const struct kp2p_flow *flow)
{
	if (flow->key.l4 == P2P_UDP)
		return p2p_proto_app(flow->proto) == P2P_APP_BITTORRENT;
	return p2p_dissects(flow->proto);
}

/* Whoever asks for the helper asks for the bytes, of what has them in order. */
static unsigned int reads(const struct kp2p_policy *policy, const struct kp2p_flow *flow,
			  unsigned int action, const struct p2p_ruling *ruling)
{
	u8 readers = 1 << P2P_SET_SCAN | 1 << P2P_SET_AUDIT;
	u8 asked = ruling->values;

	/* undecided: it may become one that is read */
	if (!(READ_ONCE(flow->state) & KP2P_STATE_SETTLED))
		asked |= policy->set->rules.sets;
	else if (!is_readable(flow))
		return 0;
	if (policy->set->content)
		asked |= readers;
	if (policy->set->mode != KP2PADM_MODE_ENFORCE || ruling->exempt ||
	    (action & KP2P_ACTION_MASK) != KP2P_PASS || !(asked & readers))
		return 0;
	return KP2P_READ;
}

/* May what a flow carries end it? */
static bool ends_flows(const struct kp2p_policy *policy)
{
	return policy->set->content || policy->set->conflict == KP2PADM_VERDICT_RESET;
}

/* What was ended by what it carries stays so, while the policy ends any. */
static unsigned int content_of(const struct kp2p_policy *policy, unsigned int action, u8 sides)
{
	if (!(sides & KP2P_SIDE_BLOCKED) || !ends_flows(policy) ||
	    policy->set->mode != KP2PADM_MODE_ENFORCE || (action & KP2P_ACTION_MASK) != KP2P_PASS)
		return action;
	return (action & ~KP2P_MARK) | (sides & KP2P_SIDE_BLOCKED_RESET ? KP2P_RESET : KP2P_DROP);
}

static struct p2p_subject subject_of(const struct kp2p_flow *flow, u8 sides)
{
	u64 state = READ_ONCE(flow->state);
	bool settled = state & KP2P_STATE_SETTLED;
	bool encrypted = READ_ONCE(flow->notes) & KP2PADM_FLOW_ENCRYPTED;

	return (struct p2p_subject){
		.key = &flow->key,
		.first = READ_ONCE(flow->first),
		.decided = settled || kp2p_state_app(state) != P2P_APP_UNKNOWN,
		.app = kp2p_state_app(state),
		.confidence = READ_ONCE(flow->confidence),
		.encrypted = encrypted ? P2P_TRUE : settled ? P2P_FALSE : P2P_ANY,
		.local = sides & (KP2P_SIDE_FROM | KP2P_SIDE_TO),
		.exempt = sides & KP2P_SIDE_EXEMPT,
	};
}

/* A flow counts once for a rule, however often it is judged: by what is learnt of it, when a
 * schedule begins or ends, when the helper comes or goes.
 */
static void count_flow(const struct kp2p_ruleset *set, struct kp2p_flow *flow,
		       const struct p2p_ruling *ruling)
{
	struct kp2p_hits *hits = set->hits[smp_processor_id()];
	bool again = flow->set == set->number;

	if (ruling->rule != P2P_NO_RULE && !(again && flow->rule == ruling->rule))
		hits[ruling->rule].flows++;
	if (ruling->would_rule != P2P_NO_RULE && !(again && flow->would_rule == ruling->would_rule))
		hits[ruling->would_rule].flows++;
	flow->set = set->number;
}

bool kp2p_policy_judge(const struct kp2p_policy *policy, struct kp2p_flow *flow,
		       const struct sk_buff *skb, const struct nf_hook_state *nf,
		       unsigned int dir)
{
	/* what was ended by what it carries is let go by a policy that ends none */
	u8 kept = KP2P_SIDES_KEPT &
		  ~(ends_flows(policy) ? 0 : KP2P_SIDE_BLOCKED | KP2P_SIDE_BLOCKED_RESET);
	bool unknown;
	u8 sides = sides_of(policy, flow, skb, nf, dir, &unknown) | (flow->sides & kept);
	struct p2p_subject subject = subject_of(flow, sides);
	struct p2p_ruling ruling;
	u64 state = flow->state;
	unsigned int action, wanted;
	u16 notes;

	lockdep_assert_held(&flow->lock);
	subject.local |= unknown << 2;
	p2p_rules_judge(&policy->set->rules, policy->active, &subject, &ruling);
	notes = flow->notes & ~(KP2PADM_FLOW_EXEMPT | KP2PADM_FLOW_OPEN);
	notes |= ruling.exempt ? KP2PADM_FLOW_EXEMPT : 0;
	notes |= ruling.open ? KP2PADM_FLOW_OPEN : 0;
	WRITE_ONCE(flow->notes, notes);
	WRITE_ONCE(flow->sides, sides);
	count_flow(policy->set, flow, &ruling);
	flow->rule = ruling.rule;
	flow->would_rule = ruling.would_rule;
	flow->would = ruling.would;
	flow->mark_rule = ruling.setter[P2P_SET_MARK];
	action = action_of(policy, &ruling);
	if (!ruling.exempt)
		action = content_of(policy, action, sides);
	wanted = reads(policy, flow, action, &ruling);
	action |= wanted;
	if (flow->stream && (action & KP2P_ACTION_MASK) == KP2P_PASS)
		action |= KP2P_READ;
	WRITE_ONCE(flow->state, kp2p_state(policy->generation, kp2p_state_app(state), action,
					   state & KP2P_STATE_SETTLED));
	return wanted;
}

/* What the flow was judged last; false when it was, or may be just now, by another policy */
static bool judged_so(const struct kp2p_policy *policy, const struct kp2p_flow *flow,
		      struct kp2p_ruled *ruled)
{
	u64 state = smp_load_acquire(&flow->state);
	u32 notes = READ_ONCE(flow->notes);

	ruled->action = kp2p_state_action(state);
	ruled->ruling = (struct p2p_ruling){
		.exempt = notes & KP2PADM_FLOW_EXEMPT,
		.open = notes & KP2PADM_FLOW_OPEN,
		.would = READ_ONCE(flow->would),
		.rule = READ_ONCE(flow->rule),
		.would_rule = READ_ONCE(flow->would_rule),
		.setter[P2P_SET_MARK] = READ_ONCE(flow->mark_rule),
	};
	smp_rmb(); /* the same state before and after: what lies between is of it */
	return kp2p_state_generation(state) == policy->generation &&
	       READ_ONCE(flow->state) == state;
}

void kp2p_policy_ask(const struct kp2p_policy *policy, const struct kp2p_flow *flow,
		     struct kp2p_ruled *ruled)
{
	struct p2p_subject subject = subject_of(flow, READ_ONCE(flow->sides));

	ruled->direction = p2p_rules_direction(&policy->set->rules, &subject);
	if (judged_so(policy, flow, ruled))
		return;
	p2p_rules_judge(&policy->set->rules, policy->active, &subject, &ruled->ruling);
	ruled->action = action_of(policy, &ruled->ruling);
	if (!ruled->ruling.exempt)
		ruled->action = content_of(policy, ruled->action, READ_ONCE(flow->sides));
}
