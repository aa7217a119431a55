// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "core/content_blob.h"
#include "ruleset.h"

/* What is counted by CPU: an array for each */
static void counters_free(void **counters)
{
	int cpu;

	for (cpu = 0; counters && cpu < nr_cpu_ids; cpu++)
		kvfree(counters[cpu]);
	kvfree(counters);
}

static void ruleset_free(struct kp2p_ruleset *set)
{
	u32 i;

	for (i = 0; i < P2P_SCHEDULES_MAX; i++)
		kvfree(set->schedule[i].moment);
	counters_free((void **)set->content_hits);
	kvfree(set->content_name);
	kvfree(set->content);
	kvfree(set->content_blob);
	counters_free((void **)set->hits);
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

/* @n counters of @size bytes for each CPU; NULL without memory */
static void *counters_new(u32 n, size_t size)
{
	void **counters = array(nr_cpu_ids, sizeof(*counters));
	int cpu;

	if (!counters)
		return NULL;
	for_each_possible_cpu(cpu) {
		counters[cpu] = array(n, size);
		if (!counters[cpu]) {
			counters_free(counters);
			return NULL;
		}
	}
	return counters;
}

struct kp2p_ruleset *kp2p_ruleset_new(u32 rules, u32 hosts)
{
	static atomic_t numbers;
	struct kp2p_ruleset *set = kvzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);

	if (!set)
		return NULL;
	refcount_set(&set->users, 1);
	set->number = (u32)atomic_inc_return(&numbers) ?: 1;
	set->conflict = KP2PADM_VERDICT_DROP;
	set->rules.n = rules;
	set->rules.hosts = hosts;
	set->rules.rule = array(rules, sizeof(*set->rules.rule));
	set->rules.host = array(hosts, sizeof(*set->rules.host));
	set->rules.general = array(rules, sizeof(*set->rules.general));
	set->name = array(rules, sizeof(*set->name));
	set->hits = counters_new(rules, sizeof(**set->hits));
	if (set->rules.rule && set->rules.host && set->rules.general && set->name && set->hits)
		return set;
	ruleset_free(set);
	return NULL;
}

int kp2p_ruleset_content_new(struct kp2p_ruleset *set, u32 size)
{
	set->content_blob = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	set->content_name = array(P2P_CONTENT_RULES_MAX, sizeof(*set->content_name));
	if (!set->content_blob || !set->content_name)
		return -ENOMEM;
	set->content_size = size;
	return 0;
}

int kp2p_ruleset_content_open(struct kp2p_ruleset *set, enum p2p_content_error *error)
{
	struct p2p_content *content = kvmalloc(sizeof(*content), GFP_KERNEL_ACCOUNT);
	u32 at;

	if (!content)
		return -ENOMEM;
	cond_resched();
	*error = p2p_content_open(content, set->content_blob, set->content_size, &at);
	cond_resched();
	if (*error) {
		kvfree(content);
		return -EINVAL;
	}
	set->content_hits = counters_new(content->rules, sizeof(**set->content_hits));
	if (!set->content_hits) {
		kvfree(content);
		return -ENOMEM;
	}
	set->content = content;
	return 0;
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

struct kp2p_content_hits kp2p_ruleset_content_hits(const struct kp2p_ruleset *set, u32 rule)
{
	struct kp2p_content_hits sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kp2p_content_hits *hits = &set->content_hits[cpu][rule];

		sum.objects += READ_ONCE(hits->objects);
		sum.would_objects += READ_ONCE(hits->would_objects);
	}
	return sum;
}
