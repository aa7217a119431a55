/* SPDX-License-Identifier: GPL-2.0-only */
/* What every settled packet needs and runs: a CPU's own line, and the lookup. */
#ifndef KP2P_HOT_H
#define KP2P_HOT_H

#include "flow.h"

/**
 * struct kp2p_hot - all that a settled packet needs besides its bucket and its
 * flow: one cache line that no other CPU writes
 * @buckets: the table
 * @mask: buckets - 1
 * @secret: the hash's
 * @pass: state of a settled flow that passes under the policy in force
 * @packets: packets met
 * @bytes: their bytes
 */
struct kp2p_hot {
	struct kp2p_flow __rcu **buckets;
	u64 secret[3];
	u64 pass;
	u64 packets;
	u64 bytes;
	u32 mask;
};

static_assert(sizeof(struct kp2p_hot) == 64);

/* The 128-bit product, folded */
static inline u64 kp2p_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

/**
 * kp2p_flow_hash() - a keyed hash of a flow's key
 *
 * Folded multiplication, as in Wang Yi's wyhash: 12 instructions for IPv4 and
 * 24 for IPv6, where jhash takes 40 and 105.
 */
static inline u32 kp2p_flow_hash(const struct p2p_key *key, const u64 *secret)
{
	const u64 *word = (const u64 *)key;
	u64 h = word[0] ^ secret[0];

	if (key->family != 4) {
		h = kp2p_fold(h, word[1] ^ secret[1]);
		h = kp2p_fold(h ^ word[2], word[3] ^ secret[2]);
	}
	h = kp2p_fold(h, word[4] ^ secret[1]);
	return kp2p_fold(h ^ word[5], secret[2]);
}

/** kp2p_chain_find() - the flow of @key in a chain. Context: RCU read side */
static inline struct kp2p_flow *kp2p_chain_find(struct kp2p_flow __rcu *const *head,
						const struct p2p_key *key)
{
	struct kp2p_flow *flow;

	for (flow = rcu_dereference(*head); flow; flow = rcu_dereference(flow->next))
		if (p2p_key_equal(&flow->key, key))
			return flow;
	return NULL;
}

/**
 * kp2p_flow_find() - the flow of @key, or NULL
 *
 * Context: RCU read side. The flow lives until it ends.
 */
static inline struct kp2p_flow *kp2p_flow_find(const struct kp2p_hot *hot,
					       const struct p2p_key *key, u32 hash)
{
	return kp2p_chain_find(&hot->buckets[hash & hot->mask], key);
}

#endif
