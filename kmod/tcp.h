/* SPDX-License-Identifier: GPL-2.0-only */
/* What only TCP's streams have: its header, where they begin, how windows are scaled. */
#ifndef KP2P_TCP_H
#define KP2P_TCP_H

#include "pkt.h"
#include "stream.h"

/**
 * struct kp2p_tcp - what a first look at a segment says
 * @window: as it stands there, not scaled
 * @scale: a SYN's window scale (RFC 7323), at most 14; 0 without the option
 * @look: enum kp2p_look: KP2P_LOOK_READ or KP2P_LOOK_REFUSED
 */
struct kp2p_tcp {
	u32 window;
	u8 scale;
	u8 look;
};

/**
 * kp2p_tcp_begin() - @flow's bytes shall be read from here on
 *
 * Context: flow->lock held. Return: false: there is no room, as kp2p_stream_add() says.
 */
bool kp2p_tcp_begin(struct kp2p_flow *flow);

/** kp2p_tcp_look_closer() - of kp2p_tcp_look(): what few segments are */
struct kp2p_tcp kp2p_tcp_look_closer(struct kp2p_gw *gw, struct sk_buff *skb,
				     const struct p2p_pkt *pkt);

/**
 * kp2p_tcp_look() - what a segment has to be before it is read
 *
 * Sound, as long as its header says, and without urgent bytes: their pointer is cleared.
 * One that is urgent is read apart from the others, if its receiver's application does
 * not say otherwise: what it reads would not be what was inspected.
 */
static inline struct kp2p_tcp kp2p_tcp_look(struct kp2p_gw *gw, struct sk_buff *skb,
					    const struct p2p_pkt *pkt)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + pkt->payload_off - pkt->head);

	if (unlikely(pkt->frag || skb_headlen(skb) < pkt->payload_off || th->syn || th->urg ||
		     !kp2p_pkt_good_tcp(skb, pkt)))
		return kp2p_tcp_look_closer(gw, skb, pkt);
	return (struct kp2p_tcp){ .window = ntohs(th->window), .look = KP2P_LOOK_READ };
}

/** kp2p_tcp_part_begins() - of kp2p_tcp_part(): the first segment, or a SYN */
void kp2p_tcp_part_begins(struct kp2p_flow *flow, const struct p2p_pkt *pkt,
			  const struct kp2p_tcp *tcp, const struct kp2p_part *part);

/**
 * kp2p_tcp_part() - what a segment is to its flow's stream
 *
 * Notes where its direction begins. Context: flow->lock held.
 */
static inline void kp2p_tcp_part(struct kp2p_flow *flow, const struct p2p_pkt *pkt,
				 const struct kp2p_tcp *tcp, struct kp2p_part *part)
{
	bool syn = pkt->flags & P2P_SYN;

	part->seq = pkt->seq + syn;
	part->units = pkt->payload_len;
	part->off = pkt->payload_off;
	part->len = pkt->payload_len;
	part->ack = ntohl((__force __be32)pkt->ack);
	part->acks = pkt->flags & P2P_ACK;
	if (unlikely(syn || (part->units && !flow->stream->side[pkt->dir].queue.started)))
		kp2p_tcp_part_begins(flow, pkt, tcp, part);
	part->window = tcp->window << (syn ? 0 : flow->stream->side[pkt->dir].scale);
}

#endif
