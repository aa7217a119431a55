/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gateway of one network namespace: what the data path needs, and its
 * life. A namespace that was not enabled has none and pays nothing.
 *
 * Enabling and disabling happen under genl_mutex (netlink), at module load and
 * when the namespace ends; these three cannot meet: the family is registered
 * after and removed before the others, and a namespace with an open socket
 * does not end.
 *
 * End of life, in this order: no new packets (hook gone, RCU passed), no
 * sweeper, no proc readers, no flows, no RCU callbacks, then the memory.
 */
#ifndef KP2P_GATEWAY_H
#define KP2P_GATEWAY_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "clone.h"
#include "fifo.h"
#include "flow.h"
#include "hot.h"
#include "helper.h"
#include "policy.h"
#include "stats.h"

struct proc_dir_entry;

#define KP2P_BUCKET_LOCKS 1024

/**
 * struct kp2p_copy - the last cloned packet, to know its copies by
 * @head: its data
 * @id: its flow's hash
 * @in: the port it came from
 * @out: the first one that it went to
 * @when: jiffies
 * @fate: what became of it, enum kp2p_action
 */
struct kp2p_copy {
	const void *head;
	u32 id;
	int in;
	int out;
	u32 when;
	u32 fate;
};

/**
 * struct kp2p_cpu - what each CPU has of a gateway
 * @hot: the settled packet's line
 * @gw: the gateway
 * @copy: the last cloned packet
 * @spent: clones to be others
 * @stats: the other counters
 */
struct kp2p_cpu {
	struct kp2p_hot hot;
	struct kp2p_gw *gw ____cacheline_aligned;
	struct kp2p_copy copy;
	struct kp2p_spent spent;
	struct kp2p_cpu_stats stats;
};

/**
 * struct kp2p_gw - a namespace's gateway
 * @cpu: per CPU; also the hooks' private pointer
 * @net: the namespace
 * @identity: random, not 0; tells it from others, also from one of a module loaded anew
 * @policy: in force
 * @policy_lock: held while another one is put in force, and for what follows
 * @before: the rules that come back when a trial ends; NULL without a trial
 * @trial_ends: seconds since boot
 * @helper: enum kp2padm_helper
 * @helper_portid: its socket, 0: none is attached
 * @helper_beat: jiffies, when it said last that it is alive
 * @helper_refused: KP2PADM_ABI of one that was refused for it, since one was attached; 0: none
 * @drafts: policies on their way in; genl_mutex
 * @n_drafts: how many
 * @event_lock: held while an event that is told gets its number and is sent
 * @event_seq: the last event's number, be it told or not
 * @deaf_until: jiffies until which no event is told, since nobody here took the last; 0: told
 * @enabled_at: seconds since boot
 * @proc: /proc/net/kp2padm
 * @hooks: of the bridge, and of the IP families
 * @buckets: heads of chains, @mask + 1 of them
 * @locks: bucket i is guarded by locks[i % KP2P_BUCKET_LOCKS]
 * @max_flows: limit of @flows
 * @flows: flows that hold memory, those included that wait for RCU
 * @leaving: those that wait for RCU
 * @inspected: flows under inspection
 * @streams: flows whose bytes are read in order
 * @stream_bytes: memory that is kept for them
 * @fifo: where all that is read stands in line, of streams that began with queue=fifo
 * @sweep: expires flows, and evicts them when it is asked for room
 * @sweep_lock: held while flows are unlinked or summed
 * @hand: the bucket that the sweeper visits next
 * @crowded: room was asked for
 * @made_room: jiffies, when the last turn for it ended
 * @totals: the last sums that were asked for, genl_mutex
 * @totals_next: jiffies, when there may be others for anybody
 * @ended: counters of flows that ended, per application
 */
struct kp2p_gw {
	struct kp2p_cpu __percpu *cpu;
	struct net *net;
	u64 identity;
	struct kp2p_policy __rcu *policy;
	struct mutex policy_lock;
	struct kp2p_ruleset *before;
	time64_t trial_ends;
	u8 helper;
	u32 helper_portid;
	unsigned long helper_beat;
	u32 helper_refused;
	struct list_head drafts;
	unsigned int n_drafts;
	spinlock_t event_lock;
	atomic64_t event_seq;
	unsigned long deaf_until;
	time64_t enabled_at;
	struct proc_dir_entry *proc;
	struct nf_hook_ops hooks[2];

	struct kp2p_flow __rcu **buckets;
	spinlock_t *locks;
	u32 mask;
	u32 max_flows;
	atomic_t flows;
	atomic_t leaving;
	atomic_t inspected;
	atomic_t streams;
	atomic64_t stream_bytes;
	struct kp2p_fifo fifo;
	struct delayed_work sweep;
	struct mutex sweep_lock;
	u32 hand;
	unsigned long crowded;
	unsigned long made_room;
	struct kp2p_totals totals;
	unsigned long totals_next;
	struct {
		atomic64_t packets;
		atomic64_t bytes;
	} ended[P2P_APP_COUNT];
};

/** kp2p_count_n() - @n more */
static inline void kp2p_count_n(struct kp2p_gw *gw, enum kp2p_counter counter, u64 n)
{
	this_cpu_add(gw->cpu->stats.count[counter], n);
}

/** kp2p_count() - one more */
static inline void kp2p_count(struct kp2p_gw *gw, enum kp2p_counter counter)
{
	kp2p_count_n(gw, counter, 1);
}

/** kp2p_policy_get() - the one in force. Context: RCU read side */
static inline const struct kp2p_policy *kp2p_policy_get(const struct kp2p_gw *gw)
{
	return rcu_dereference(gw->policy);
}

int kp2p_gateway_init(void);
void kp2p_gateway_exit(void);

/** kp2p_gateway() - @net's gateway, NULL while it is not enabled */
struct kp2p_gw *kp2p_gateway(const struct net *net);

/**
 * kp2p_gateway_enable() - start a gateway that observes
 *
 * Context: process, genl_mutex or module load.
 * Return: 0, -EALREADY, -ENOMEM, -EMFILE with max_gateways of them, -EPERM for
 * a user's namespace, or what registering the hook says.
 */
int kp2p_gateway_enable(struct net *net);

/** kp2p_gateway_disable() - end it. Return: 0 or -EALREADY */
int kp2p_gateway_disable(struct net *net);

#endif
