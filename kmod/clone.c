// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/slab.h>
#include <net/dst.h>

#include "clone.h"

static unsigned int streams_mib = 128;
module_param(streams_mib, uint, 0644);
MODULE_PARM_DESC(streams_mib, "MiB of packets that are kept of all flows of a gateway together");

static struct kmem_cache *clone_cache;

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

struct kp2p_clone *kp2p_clone_keep(struct kp2p_gw *gw, struct sk_buff *skb, u32 off, bool next)
{
	u32 charge = skb->truesize;
	struct kp2p_clone *clone;

	if (!has_memory(gw, charge, next))
		goto err_memory;
	clone = kmem_cache_alloc(clone_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!clone)
		goto err_memory;
	clone->skb = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (!clone->skb)
		goto err_clone;
	strip(clone->skb);
	clone->off = off;
	return clone;

err_clone:
	kmem_cache_free(clone_cache, clone);
err_memory:
	atomic64_sub(charge, &gw->stream_bytes);
	return NULL;
}

void kp2p_clone_give(struct kp2p_gw *gw, struct kp2p_clone *clone)
{
	atomic64_sub(clone->piece.charge, &gw->stream_bytes);
	consume_skb(clone->skb);
	kmem_cache_free(clone_cache, clone);
}

/* Compared a few at a time */
bool kp2p_clone_same(const struct kp2p_clone *clone, u32 at, const struct sk_buff *skb, u32 off,
		     u32 len)
{
	u8 one[64], other[64];
	const void *x, *y;
	u32 n;

	at += clone->off + clone->piece.off;
	for (; len; len -= n, at += n, off += n) {
		n = min_t(u32, len, sizeof(one));
		x = skb_header_pointer(clone->skb, at, n, one);
		y = skb_header_pointer(skb, off, n, other);
		if (!x || !y || memcmp(x, y, n))
			return false;
	}
	return true;
}

int kp2p_clone_init(void)
{
	clone_cache = KMEM_CACHE(kp2p_clone, 0);
	return clone_cache ? 0 : -ENOMEM;
}

void kp2p_clone_exit(void)
{
	kmem_cache_destroy(clone_cache);
}
