/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Custody: the one place that owns packets which the hook has taken.
 *
 * Taken, a packet keeps what it needs to go on from where it was: the hook's
 * state, a reference to every device involved, a route of its own. Nothing of a
 * sending socket is kept, which would stall, nor is skb->cb touched, which the
 * bridge reads behind the hook.
 *
 * It leaves in one of three ways: it goes on, exactly once and in the order of its
 * list; it is dropped, since what it is part of is blocked; it is purged, when a
 * device goes or leaves the bridge, when its flow or the gateway ends.
 *
 * Whoever holds the list holds the packets: lists are guarded by their owner's lock
 * (a stream's by its flow's), and spliced to the stack before anything goes on.
 */
#ifndef KP2P_CUSTODY_H
#define KP2P_CUSTODY_H

#include <linux/list.h>
#include <linux/netfilter.h>

struct kp2p_gw;
struct net_device;

/**
 * struct kp2p_held - a packet in custody
 * @list: its owner's
 * @skb: as it was at the hook
 * @nf: the hook's state; in and out are held
 * @bridge: the master of @nf.out, held; NULL where it is routed
 * @seq: number of its first unit
 * @end: behind its last
 * @owner: whose it is in the line of all (fifo.h), as are the next
 * @waits: it may not go yet
 */
struct kp2p_held {
	struct list_head list;
	struct sk_buff *skb;
	struct nf_hook_state nf;
	struct net_device *bridge;
	u32 seq;
	u32 end;
	const void *owner;
	bool waits;
};

int kp2p_custody_init(void);
void kp2p_custody_exit(void);

/** kp2p_custody_alloc() - room for one packet, to be had before one is needed; or NULL */
struct kp2p_held *kp2p_custody_alloc(void);

/** kp2p_custody_free() - it was not needed; NULL is none */
void kp2p_custody_free(struct kp2p_held *held);

/**
 * kp2p_custody_take() - take a packet from the hook, which must say NF_STOLEN
 * @held: kp2p_custody_alloc()'s
 * @skb: has a route of its own (skb_dst_force()), or none
 *
 * Context: RCU read side, bottom halves off.
 */
void kp2p_custody_take(struct kp2p_held *held, struct sk_buff *skb,
		       const struct nf_hook_state *nf, u32 seq, u32 end);

/**
 * kp2p_custody_release() - all packets of @list go on, in its order
 *
 * One whose device went down or left the bridge meanwhile is dropped and counted.
 * Context: RCU read side, bottom halves off, no lock held.
 */
void kp2p_custody_release(struct kp2p_gw *gw, struct list_head *list);

/** kp2p_custody_uses() - has it to do with @dev? */
bool kp2p_custody_uses(const struct kp2p_held *held, const struct net_device *dev);

/** kp2p_custody_purge() - all packets of @list are dropped and counted. Context: any */
void kp2p_custody_purge(struct kp2p_gw *gw, struct list_head *list);

#endif
