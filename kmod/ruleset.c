// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ruleset.h"

static void ruleset_free(struct kp2p_ruleset *set)
{
	int cpu;
	u32 i;

	for (i = 0; i < P2P_SCHEDULES_MAX; i++)
		kvfree(set->schedule[i].moment);
	for (cpu = 0; set->hits && cpu < nr_cpu_ids; cpu++)
		kvfree(set->hits[cpu]);
	kvfree(set->hits);
	kvfree(set->name);
	kvfree(set->rules.general);
	kvfree(set->rules.host);
	kvfree(set->rules.rule);
	kvfree(set);
}

static void *array(u32 n, size_t size)
{
	/* no array is asked for with nothing in it: that would be no pointer */
	return kvcalloc(n ?: 1, size, GFP_KERNEL_ACCOUNT);
}

struct kp2p_ruleset *kp2p_ruleset_new(u32 rules, u32 hosts)
{
	struct kp2p_ruleset *set = kvzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	int cpu;

	if (!set)
		return NULL;
	refcount_set(&set->users, 1);
	set->rules.n = rules;
	set->rules.hosts = hosts;
	set->rules.rule = array(rules, sizeof(*set->rules.rule));
	set->rules.host = array(hosts, sizeof(*set->rules.host));
	set->rules.general = array(rules, sizeof(*set->rules.general));
	set->name = array(rules, sizeof(*set->name));
	set->hits = array(nr_cpu_ids, sizeof(*set->hits));
	if (!set->rules.rule || !set->rules.host || !set->rules.general || !set->name ||
	    !set->hits)
		goto err;
	for_each_possible_cpu(cpu) {
		set->hits[cpu] = array(rules, sizeof(**set->hits));
		if (!set->hits[cpu])
			goto err;
	}
	return set;

err:
	ruleset_free(set);
	return NULL;
}

void kp2p_ruleset_put(struct kp2p_ruleset *set)
{
	if (set && refcount_dec_and_test(&set->users))
		ruleset_free(set);
}

/* How many of its moments have come */
static u32 moments_by(const struct kp2p_schedule *schedule, s64 now)
{
	u32 low = 0, high = schedule->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (schedule->moment[middle] <= now)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

u64 kp2p_ruleset_active(const struct kp2p_ruleset *set, s64 now)
{
	u64 active = 0;
	u32 i;

	for (i = 0; i < set->rules.schedules; i++)
		active |= (u64)(moments_by(&set->schedule[i], now) & 1) << i;
	return active;
}

s64 kp2p_ruleset_until(const struct kp2p_ruleset *set)
{
	s64 until = 0;
	u32 i;

	for (i = 0; i < set->rules.schedules; i++) {
		s64 last = set->schedule[i].moment[set->schedule[i].n - 1];

		until = i ? min(until, last) : last;
	}
	return until;
}

struct kp2p_hits kp2p_ruleset_hits(const struct kp2p_ruleset *set, u32 rule)
{
	struct kp2p_hits sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kp2p_hits *hits = &set->hits[cpu][rule];

		sum.flows += READ_ONCE(hits->flows);
		sum.packets += READ_ONCE(hits->packets);
		sum.bytes += READ_ONCE(hits->bytes);
		sum.would_packets += READ_ONCE(hits->would_packets);
		sum.would_bytes += READ_ONCE(hits->would_bytes);
		sum.marked += READ_ONCE(hits->marked);
	}
	return sum;
}
