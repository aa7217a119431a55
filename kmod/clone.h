/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clones of packets that were forwarded: they share their data with them, and keep
 * nothing else from going. They count by truesize, a gateway's together.
 */
#ifndef KP2P_CLONE_H
#define KP2P_CLONE_H

#include <linux/skbuff.h>

#include "core/pieces.h"
#include "gateway.h"

/**
 * struct kp2p_clone - one, and the piece of a stream that it has
 * @off: of the payload, from skb->data on
 * @len: bytes of it
 */
struct kp2p_clone {
	struct p2p_piece piece;
	struct sk_buff *skb;
	u32 off;
	u32 len;
};

int kp2p_clone_init(void);
void kp2p_clone_exit(void);

/**
 * kp2p_clone_keep() - of @skb, whose payload begins at @off
 * @next: it is the next of its stream, not ahead of a gap
 *
 * Return: NULL without memory: the gateway's, of which half is for those that are next,
 * or the machine's.
 */
struct kp2p_clone *kp2p_clone_keep(struct kp2p_gw *gw, struct sk_buff *skb, u32 off, bool next);

/** kp2p_clone_give() - it is not needed any more */
void kp2p_clone_give(struct kp2p_gw *gw, struct kp2p_clone *clone);

/** kp2p_clone_same() - are @len bytes of its piece, from @at on, those of @skb from @off on? */
bool kp2p_clone_same(const struct kp2p_clone *clone, u32 at, const struct sk_buff *skb, u32 off,
		     u32 len);

#endif
