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
 * A flow that was decided is left for judging: its state is of no generation.
 * Context: RCU read side, bottom halves off, flow->lock held.
 */
void kp2p_classify(struct kp2p_flow *flow, const struct sk_buff *skb,
		   const struct p2p_pkt *pkt);

/**
 * kp2p_classify_kept() - bytes that came ahead of a gap, now that it is filled
 * @skb: a clone that has them; @pkt says where, and their number
 *
 * Context: flow->lock held.
 */
void kp2p_classify_kept(struct kp2p_flow *flow, const struct sk_buff *skb,
			const struct p2p_pkt *pkt);

#endif
