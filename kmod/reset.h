/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a TCP connection, told to its ends in each other's name. */
#ifndef KP2P_RESET_H
#define KP2P_RESET_H

#include <linux/netfilter.h>

#include "core/decode.h"

struct kp2p_gw;
struct net_device;

/**
 * kp2p_reset() - tell whoever sent @pkt, and the other end too
 * @skb: the packet, which is dropped afterwards
 * @nf: the hook's state
 * @ack: the acknowledgement number that the other end sent last, host order
 * @other: the port that the other end is told by; NULL: it is not
 *
 * A reset carries the number that its receiver expects next (RFC 9293, 3.10.7;
 * RFC 5961: nothing else is accepted): for the sender that is what @pkt
 * acknowledges; for the other end what it acknowledged last, or what @pkt
 * begins with, when more than that is on its way. On a bridge resets leave by
 * the packet's own ports, past every hook; elsewhere they are sent as this
 * box's own packets are. Neither comes back to the forward hook.
 *
 * Context: RCU read side, bottom halves off, no lock held.
 */
void kp2p_reset(struct kp2p_gw *gw, const struct sk_buff *skb, const struct nf_hook_state *nf,
		const struct p2p_pkt *pkt, u32 ack, struct net_device *other);

#endif
