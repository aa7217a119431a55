/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clones of packets that were forwarded: they share their data with them, and keep
 * nothing else from going. They count by truesize, a gateway's together.
 *
 * A clone that is not needed any more is the next one's memory: what a CPU keeps of
 * such spent ones is so little that nobody has to count it, and gone with the sweeper's
 * next turn.
 */
#ifndef KP2P_CLONE_H
#define KP2P_CLONE_H

#include <linux/skbuff.h>

#include "core/pieces.h"

struct kp2p_gw;

#define KP2P_SPENT 64
#define KP2P_SPENT_BYTES (256 << 10) /* of their data, by truesize */

/**
 * struct kp2p_spent - a CPU's spent clones
 * @skb: whoever exchanges one has it
 * @n: those below are there, or were taken by kp2p_clone_flush(); this CPU's, bottom halves off
 * @bytes: what they keep from going, or kept; likewise
 */
struct kp2p_spent {
	struct sk_buff *skb[KP2P_SPENT];
	unsigned int n;
	unsigned int bytes;
};

/**
 * kp2p_clone_keep() - of @skb. Context: bottom halves off
 * @next: it is the next of its stream, not ahead of a gap
 *
 * The piece lies in the clone itself; only its @charge is set, its @own is not, which is
 * where the payload begins. Return: NULL without memory: the gateway's, of which half is
 * for those that are next, or the machine's.
 */
struct p2p_piece *kp2p_clone_keep(struct kp2p_gw *gw, struct sk_buff *skb, bool next);

/** kp2p_clone_give() - it is not needed any more; any context */
void kp2p_clone_give(struct kp2p_gw *gw, struct p2p_piece *piece);

/** kp2p_clone_spend() - the same, and another one will be soon. Context: bottom halves off */
void kp2p_clone_spend(struct kp2p_gw *gw, struct p2p_piece *piece);

/** kp2p_clone_flush() - free what is spent. Context: process */
void kp2p_clone_flush(struct kp2p_gw *gw);

/** kp2p_clone_skb() - the clone that a piece is of */
static inline struct sk_buff *kp2p_clone_skb(const struct p2p_piece *piece)
{
	static_assert(sizeof(*piece) <= sizeof_field(struct sk_buff, cb));
	return container_of((void *)piece, struct sk_buff, cb);
}

/** kp2p_clone_off() - where the piece begins in it, from skb->data on */
static inline u32 kp2p_clone_off(const struct p2p_piece *piece)
{
	return piece->own + piece->off;
}

/** kp2p_clone_same() - are @len bytes of a piece, from @at on, those of @skb from @off on? */
bool kp2p_clone_same(const struct p2p_piece *piece, u32 at, const struct sk_buff *skb, u32 off,
		     u32 len);

#endif
