/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy in force, and what it says of a flow.
 *
 * A policy is a ruleset at one time: which schedules hold, whether the helper
 * is there. It never changes: whatever changes makes another one, with the next
 * generation. A flow remembers the generation it was judged under and is judged
 * again when that is not the one in force, so settled flows notice at their
 * next packet, no flow is visited, and no packet sees half of two.
 *
 * object         writers           readers      freed by
 * gw->policy     gw->policy_lock   RCU          RCU, replaced or at the gateway's end
 * gw->before     gw->policy_lock   policy_lock  when the trial ends
 * rulesets       nobody            any          their last user
 */
#ifndef KP2P_POLICY_H
#define KP2P_POLICY_H

#include <linux/netfilter.h>
#include <linux/rcupdate.h>

#include "flow.h"
#include "ruleset.h"

struct kp2p_gw;

/**
 * struct kp2p_policy - immutable once installed
 * @generation: never 0, so that a new flow's state matches none
 * @blocks: enforced, and at least one rule drops or resets
 * @lost: flows that ask for the helper are dropped, since it is lost
 * @active: a bit for each schedule that holds
 * @set: the rules
 * @rcu: for its release
 */
struct kp2p_policy {
	u32 generation;
	bool blocks;
	bool lost;
	u64 active;
	struct kp2p_ruleset *set;
	struct rcu_head rcu;
};

/** kp2p_policy_init() - a new gateway's: observe, no rules. Return: 0 or -ENOMEM */
int kp2p_policy_init(struct kp2p_gw *gw);

/** kp2p_policy_destroy() - at the gateway's end; nobody reads it any more */
void kp2p_policy_destroy(struct kp2p_gw *gw);

/**
 * kp2p_policy_install() - put a ruleset in force
 * @set: prepared; a user of its own is added
 * @trial: seconds after which the one before comes back, 0: it stays
 *
 * Context: process. Return: 0 or -ENOMEM, the old one unchanged.
 */
int kp2p_policy_install(struct kp2p_gw *gw, struct kp2p_ruleset *set, u32 trial);

/** kp2p_policy_confirm() - the one on trial stays. Return: 0, -ENOENT without a trial */
int kp2p_policy_confirm(struct kp2p_gw *gw);

/** kp2p_policy_trial() - seconds left of the trial; 0: there is none. policy_lock held */
u32 kp2p_policy_trial(const struct kp2p_gw *gw);

/**
 * kp2p_policy_tick() - what time brings: schedules, the end of a trial, silence
 * of the helper
 *
 * Context: process, twice a second.
 */
void kp2p_policy_tick(struct kp2p_gw *gw);

/** kp2p_policy_renew() - the same rules; the helper came or went. policy_lock held */
void kp2p_policy_renew(struct kp2p_gw *gw);


/**
 * kp2p_policy_judge() - judge @flow, and write to it what follows
 * @skb: a packet of it, at the hook
 * @nf: the hook's state
 * @dir: the packet's direction
 *
 * Context: RCU read side, flow->lock held.
 * Return: shall its bytes be read? One that has a stream goes through it in either case.
 */
bool kp2p_policy_judge(const struct kp2p_policy *policy, struct kp2p_flow *flow,
		       const struct sk_buff *skb, const struct nf_hook_state *nf,
		       unsigned int dir);

/**
 * struct kp2p_ruled - what the policy in force says of a flow, for reports
 * @action: enum kp2p_action and the bits beside it
 * @ruling: the rules' own words
 * @direction: enum kp2padm_direction
 */
struct kp2p_ruled {
	unsigned int action;
	struct p2p_ruling ruling;
	u8 direction;
};

/** kp2p_policy_ask() - judge without a packet, changing nothing. Context: RCU read side */
void kp2p_policy_ask(const struct kp2p_policy *policy, const struct kp2p_flow *flow,
		     struct kp2p_ruled *ruled);

/** kp2p_policy_exempt_mac() - is the packet from or to an exempt MAC address? */
bool kp2p_policy_exempt_mac(const struct kp2p_policy *policy, const struct sk_buff *skb);

#endif
