/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters: per CPU, written with bottom halves off, summed when asked for. */
#ifndef KP2P_STATS_H
#define KP2P_STATS_H

#include <linux/types.h>
#include <linux/kp2padm.h>

#include "core/registry.h"

struct kp2p_gw;

/** enum kp2p_counter - every counter of KP2PADM_COUNTERS */
enum kp2p_counter {
#define KP2P_X(id, name, help) KP2P_N_##id,
	KP2PADM_COUNTERS(KP2P_X)
#undef KP2P_X
	KP2P_COUNTERS
};

/**
 * struct kp2p_cpu_stats - one CPU's counters but for packets and bytes, which
 * are in its hot line
 * @count: by enum kp2p_counter
 * @app: what the policy did to each application
 * @named: flows found by each protocol
 */
struct kp2p_cpu_stats {
	u64 count[KP2P_COUNTERS];
	struct kp2p_app_stats {
		u64 dropped;
		u64 dropped_bytes;
		u64 would_drop;
	} app[P2P_APP_COUNT];
	u64 named[P2P_PROTO_COUNT];
};

/** kp2p_stats_sum() - @count[KP2P_COUNTERS], over all CPUs */
void kp2p_stats_sum(struct kp2p_gw *gw, u64 *count);

/** kp2p_stats_app() - one application's, over all CPUs */
struct kp2p_app_stats kp2p_stats_app(struct kp2p_gw *gw, unsigned int app);

/** kp2p_stats_named() - flows that a protocol found, over all CPUs */
u64 kp2p_stats_named(struct kp2p_gw *gw, unsigned int proto);

/** kp2p_counter_name() - lower case, as user space shows it */
const char *kp2p_counter_name(enum kp2p_counter counter);

#endif
