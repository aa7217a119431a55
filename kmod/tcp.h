/* SPDX-License-Identifier: GPL-2.0-only */
/* What only TCP's streams have: its header, where they begin, how windows are scaled. */
#ifndef KP2P_TCP_H
#define KP2P_TCP_H

#include "pkt.h"
#include "stream.h"

/**
 * struct kp2p_tcp - of one segment
 * @window: as it stands there, not scaled
 * @urgent: it has urgent bytes
 * @scale: a SYN's window scale (RFC 7323), at most 14; 0 without the option
 */
struct kp2p_tcp {
	u32 window;
	bool urgent;
	u8 scale;
};

/**
 * kp2p_tcp_begin() - @flow's bytes shall be read from here on
 *
 * Context: flow->lock held. Return: false: there is no room, as kp2p_stream_add() says.
 */
bool kp2p_tcp_begin(struct kp2p_flow *flow);

/**
 * kp2p_tcp_look() - what a segment has to be before it is read
 *
 * Sound, as long as its header says, and without urgent bytes: their pointer is cleared.
 * One that is urgent is read apart from the others, if its receiver's application does
 * not say otherwise: what it reads would not be what was inspected.
 */
enum kp2p_look kp2p_tcp_look(struct kp2p_gw *gw, struct sk_buff *skb, const struct p2p_pkt *pkt,
			     struct kp2p_tcp *facts);

/**
 * kp2p_tcp_part() - what a segment is to its flow's stream
 *
 * Notes where its direction begins. Context: flow->lock held.
 */
void kp2p_tcp_part(struct kp2p_flow *flow, const struct p2p_pkt *pkt,
		   const struct kp2p_tcp *facts, struct kp2p_part *part);

#endif
