/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP's header, as far as struct p2p_pkt does not tell it. */
#ifndef KP2P_TCP_H
#define KP2P_TCP_H

#include "pkt.h"

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

/** kp2p_tcp_whole() - what is still to be filled in is the checksum, not some of the payload */
bool kp2p_tcp_whole(const struct sk_buff *skb, const struct p2p_pkt *pkt);

/** kp2p_tcp_read() - false: the packet is not as long as its header */
bool kp2p_tcp_read(const struct sk_buff *skb, const struct p2p_pkt *pkt, struct kp2p_tcp *facts);

/**
 * kp2p_tcp_clear_urgent() - all bytes are read in line
 *
 * One that is urgent is read apart from the others, if its receiver's application does
 * not say otherwise: what it reads would not be what was inspected. Return: false without
 * memory, the packet unchanged.
 */
bool kp2p_tcp_clear_urgent(struct sk_buff *skb, const struct p2p_pkt *pkt);

#endif
