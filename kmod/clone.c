// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <net/dst.h>

#include "clone.h"
#include "gateway.h"

static unsigned int streams_mib = 128;
module_param(streams_mib, uint, 0644);
MODULE_PARM_DESC(streams_mib, "MiB of packets that are kept of all flows of a gateway together");

/* What a clone need not keep from going: devices, routes, connections. */
static void strip(struct sk_buff *skb)
{
	skb->dev = NULL;
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
}

/* Half of what all flows together may have is for what is next: those that leave gaps
 * stop nobody else.
 */
static bool has_memory(struct kp2p_gw *gw, u32 charge, bool next)
{
	s64 limit = (s64)READ_ONCE(streams_mib) << 20;

	return atomic64_add_return(charge, &gw->stream_bytes) <= (next ? limit : limit / 2);
}

/* A spent clone, to be another one; NULL: there is none */
static struct sk_buff *unspend(struct kp2p_gw *gw)
{
	struct kp2p_spent *spent = this_cpu_ptr(&gw->cpu->spent);
	unsigned int n = spent->n;
	struct sk_buff *skb;

	if (!n)
		return NULL;
	spent->n = --n;
	skb = xchg(&spent->skb[n], NULL);
	if (likely(skb))
		spent->bytes -= skb->truesize;
	if (!n) /* what was flushed was counted */
		spent->bytes = 0;
	return skb;
}

static struct sk_buff *clone_of(struct kp2p_gw *gw, struct sk_buff *skb)
{
	struct sk_buff *spent;

	if (skb_orphan_frags(skb, GFP_ATOMIC | __GFP_NOWARN))
		return NULL;
	spent = unspend(gw);
	return spent ? skb_morph(spent, skb) : skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
}

struct p2p_piece *kp2p_clone_keep(struct kp2p_gw *gw, struct sk_buff *skb, bool next)
{
	u32 charge = skb->truesize;
	struct p2p_piece *piece;
	struct sk_buff *clone;

	if (!has_memory(gw, charge, next))
		goto err_memory;
	clone = clone_of(gw, skb);
	if (!clone)
		goto err_memory;
	strip(clone);
	/* it is nobody else's: so is what it has for its owner */
	piece = (struct p2p_piece *)clone->cb;
	piece->charge = charge;
	return piece;

err_memory:
	atomic64_sub(charge, &gw->stream_bytes);
	return NULL;
}

void kp2p_clone_give(struct kp2p_gw *gw, struct p2p_piece *piece)
{
	atomic64_sub(piece->charge, &gw->stream_bytes);
	consume_skb(kp2p_clone_skb(piece));
}

void kp2p_clone_spend(struct kp2p_gw *gw, struct p2p_piece *piece)
{
	struct kp2p_spent *spent = this_cpu_ptr(&gw->cpu->spent);
	struct sk_buff *skb = kp2p_clone_skb(piece);

	/* One that lies beside its original is no memory of its own; of zerocopy data the
	 * sender waits to hear that they are free.
	 */
	if (spent->n == KP2P_SPENT || skb->fclone != SKB_FCLONE_UNAVAILABLE || skb_zcopy(skb) ||
	    spent->bytes + skb->truesize > KP2P_SPENT_BYTES) {
		kp2p_clone_give(gw, piece);
		return;
	}
	atomic64_sub(piece->charge, &gw->stream_bytes);
	spent->bytes += skb->truesize;
	smp_store_release(&spent->skb[spent->n], skb); /* to kp2p_clone_flush() */
	spent->n++;
}

void kp2p_clone_flush(struct kp2p_gw *gw)
{
	struct kp2p_spent *spent;
	int cpu, i;

	for_each_possible_cpu(cpu) {
		spent = &per_cpu_ptr(gw->cpu, cpu)->spent;
		for (i = 0; i < KP2P_SPENT; i++)
			if (READ_ONCE(spent->skb[i]))
				consume_skb(xchg(&spent->skb[i], NULL));
		cond_resched();
	}
}

/* Compared a few at a time */
bool kp2p_clone_same(const struct p2p_piece *piece, u32 at, const struct sk_buff *skb, u32 off,
		     u32 len)
{
	const struct sk_buff *kept = kp2p_clone_skb(piece);
	u8 one[64], other[64];
	const void *x, *y;
	u32 n;

	at += kp2p_clone_off(piece);
	for (; len; len -= n, at += n, off += n) {
		n = min_t(u32, len, sizeof(one));
		x = skb_header_pointer(kept, at, n, one);
		y = skb_header_pointer(skb, off, n, other);
		if (!x || !y || memcmp(x, y, n))
			return false;
	}
	return true;
}
