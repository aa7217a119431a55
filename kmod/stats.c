// SPDX-License-Identifier: GPL-2.0-only
#include "gateway.h"
#include "stats.h"

static const char *const names[] = {
#define KP2P_X(id, name, help) #name,
	KP2PADM_COUNTERS(KP2P_X)
#undef KP2P_X
};

const char *kp2p_counter_name(enum kp2p_counter counter)
{
	return names[counter];
}

void kp2p_stats_sum(struct kp2p_gw *gw, u64 *count)
{
	unsigned int i;
	int cpu;

	memset(count, 0, KP2P_COUNTERS * sizeof(*count));
	for_each_possible_cpu(cpu) {
		const struct kp2p_cpu *c = per_cpu_ptr(gw->cpu, cpu);

		for (i = 0; i < KP2P_COUNTERS; i++)
			count[i] += READ_ONCE(c->stats.count[i]);
		count[KP2P_N_PACKETS] += READ_ONCE(c->hot.packets);
		count[KP2P_N_BYTES] += READ_ONCE(c->hot.bytes);
	}
}

struct kp2p_app_stats kp2p_stats_app(struct kp2p_gw *gw, unsigned int app)
{
	struct kp2p_app_stats sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kp2p_app_stats *a =
			&per_cpu_ptr(gw->cpu, cpu)->stats.app[app];

		sum.dropped += READ_ONCE(a->dropped);
		sum.dropped_bytes += READ_ONCE(a->dropped_bytes);
		sum.would_drop += READ_ONCE(a->would_drop);
	}
	return sum;
}

u64 kp2p_stats_named(struct kp2p_gw *gw, unsigned int proto)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(gw->cpu, cpu)->stats.named[proto]);
	return sum;
}
