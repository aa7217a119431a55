// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/dst.h>

#include "custody.h"
#include "gateway.h"

static struct kmem_cache *held_cache;

static void hold(struct net_device *dev)
{
	if (dev)
		dev_hold(dev);
}

static void put(struct net_device *dev)
{
	if (dev)
		dev_put(dev);
}

struct kp2p_held *kp2p_custody_alloc(void)
{
	return kmem_cache_alloc(held_cache, GFP_ATOMIC | __GFP_NOWARN);
}

void kp2p_custody_free(struct kp2p_held *held)
{
	if (held)
		kmem_cache_free(held_cache, held);
}

void kp2p_custody_take(struct kp2p_held *held, struct sk_buff *skb,
		       const struct nf_hook_state *nf, u32 seq, u32 end)
{
	skb_orphan(skb);
	held->skb = skb;
	held->nf = *nf;
	held->nf.sk = NULL;
	held->bridge = nf->pf == NFPROTO_BRIDGE ? netdev_master_upper_dev_get_rcu(nf->out) : NULL;
	held->seq = seq;
	held->end = end;
	hold(held->nf.in);
	hold(held->nf.out);
	hold(held->bridge);
}

bool kp2p_custody_uses(const struct kp2p_held *held, const struct net_device *dev)
{
	return held->nf.in == dev || held->nf.out == dev || held->bridge == dev;
}

/* The skb is its taker's. */
static void forget(struct kp2p_held *held)
{
	put(held->nf.in);
	put(held->nf.out);
	put(held->bridge);
	kp2p_custody_free(held);
}

/* The way that it was on is still there. */
static bool can_go_on(const struct kp2p_held *held)
{
	struct net_device *out = held->nf.out;

	if (!netif_running(out) || !netif_device_present(out))
		return false;
	return held->nf.pf != NFPROTO_BRIDGE ||
	       (held->bridge && netdev_master_upper_dev_get_rcu(out) == held->bridge);
}

void kp2p_custody_release(struct kp2p_gw *gw, struct list_head *list)
{
	struct kp2p_held *held, *next;

	list_for_each_entry_safe(held, next, list, list) {
		list_del(&held->list);
		if (can_go_on(held)) {
			kp2p_count(gw, KP2P_N_RELEASED);
			held->nf.okfn(held->nf.net, NULL, held->skb);
		} else {
			kp2p_count(gw, KP2P_N_PURGED);
			kfree_skb(held->skb);
		}
		forget(held);
	}
}

void kp2p_custody_purge(struct kp2p_gw *gw, struct list_head *list)
{
	struct kp2p_held *held, *next;

	local_bh_disable();
	list_for_each_entry_safe(held, next, list, list) {
		list_del(&held->list);
		kp2p_count(gw, KP2P_N_PURGED);
		kfree_skb(held->skb);
		forget(held);
	}
	local_bh_enable();
}

int kp2p_custody_init(void)
{
	held_cache = KMEM_CACHE(kp2p_held, 0);
	return held_cache ? 0 : -ENOMEM;
}

void kp2p_custody_exit(void)
{
	kmem_cache_destroy(held_cache);
}
