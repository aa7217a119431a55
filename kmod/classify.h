/* SPDX-License-Identifier: GPL-2.0-only */
/* The undecided flow: TCP's beginning and end, the protocols' answers. */
#ifndef KP2P_CLASSIFY_H
#define KP2P_CLASSIFY_H

#include "flow.h"

struct sk_buff;

int kp2p_classify_init(void);
void kp2p_classify_exit(void);

/**
 * kp2p_classify() - what a packet tells of its flow
 *
 * For packets of undecided flows, and for every SYN, FIN and RST.
 * Context: RCU read side, bottom halves off. Takes flow->lock.
 */
void kp2p_classify(struct kp2p_flow *flow, const struct sk_buff *skb,
		   const struct p2p_pkt *pkt);

/**
 * kp2p_judge() - bring flow->state to the policy in force
 *
 * Context: RCU read side, bottom halves off. Takes flow->lock.
 * Return: the state now.
 */
u64 kp2p_judge(struct kp2p_flow *flow);

#endif
