/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done with each application's packets.
 *
 * A policy never changes: it is replaced as a whole, by generation. A flow
 * remembers the generation it was judged under and is judged again when that
 * is not the one in force, so settled flows notice a new policy at their next
 * packet, and no packet sees half of one.
 */
#ifndef KP2P_POLICY_H
#define KP2P_POLICY_H

#include <linux/kp2padm.h>
#include <linux/rcupdate.h>

#include "flow.h"

struct kp2p_gw;

/**
 * struct kp2p_policy - immutable once installed
 * @generation: never 0, so that a new flow's state matches none
 * @mode: enum kp2padm_mode
 * @blocks: enforced, and at least one application is dropped
 * @verdict: enum kp2padm_verdict, by application
 * @rcu: for its release
 */
struct kp2p_policy {
	u32 generation;
	u8 mode;
	bool blocks;
	u8 verdict[P2P_APP_COUNT];
	struct rcu_head rcu;
};

/** kp2p_policy_init() - a new gateway's: observe, everything passes */
int kp2p_policy_init(struct kp2p_gw *gw);

/** kp2p_policy_destroy() - at the gateway's end; nobody reads it any more */
void kp2p_policy_destroy(struct kp2p_gw *gw);

/**
 * kp2p_policy_install() - put a policy in force
 * @verdict: enum kp2padm_verdict, by application
 *
 * Context: process, genl_mutex. Return: 0 or -ENOMEM, the old one unchanged.
 */
int kp2p_policy_install(struct kp2p_gw *gw, enum kp2padm_mode mode,
			const u8 verdict[P2P_APP_COUNT]);

/** kp2p_policy_get() - the one in force. Context: RCU read side */
const struct kp2p_policy *kp2p_policy_get(const struct kp2p_gw *gw);

/**
 * kp2p_policy_judge() - what the policy in force does with @app
 * @generation: set to the generation that says so
 *
 * Context: RCU read side.
 */
enum kp2p_action kp2p_policy_judge(const struct kp2p_gw *gw, unsigned int app,
				   u32 *generation);

#endif
