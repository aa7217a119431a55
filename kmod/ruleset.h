/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator wrote, as the kernel keeps it: rules, their names,
 * schedules and counters. Filled by one transaction, then never changed but
 * for the counters.
 */
#ifndef KP2P_RULESET_H
#define KP2P_RULESET_H

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/kp2padm.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "core/content.h"
#include "core/rules.h"

/**
 * struct kp2p_hits - what a rule did, on one CPU; written with bottom halves off
 * @flows: flows that it gave a verdict, or would have
 * @packets: packets dropped
 * @bytes: their bytes
 * @would_packets: packets that it would have dropped
 * @would_bytes: their bytes
 * @marked: packets marked
 */
struct kp2p_hits {
	u64 flows;
	u64 packets;
	u64 bytes;
	u64 would_packets;
	u64 would_bytes;
	u64 marked;
};

/**
 * struct kp2p_content_hits - what a content rule did, on one CPU; likewise
 * @objects: files and messages that it decided about
 * @would_objects: those that it would have decided about
 */
struct kp2p_content_hits {
	u64 objects;
	u64 would_objects;
};

/**
 * struct kp2p_schedule - when it holds: from moment[0] until moment[1], from
 * moment[2] ...
 * @moment: seconds, UTC, each later than the one before
 * @n: how many there are
 */
struct kp2p_schedule {
	s64 *moment;
	u32 n;
};

/**
 * struct kp2p_ruleset - see above
 * @rules: what the core judges by
 * @name: by rule
 * @hits: by CPU, each by rule
 * @content: what files and messages are judged by; NULL where there are no content rules
 * @content_name: by content rule
 * @content_hits: by CPU, each by content rule
 * @content_blob: what @content points into
 * @content_size: its bytes, 0: there is none
 * @schedule: rules.schedules of them
 * @local_port: names of interfaces behind which everybody is local
 * @local_ports: how many there are
 * @exempt_mac: whose flows always pass
 * @exempt_macs: how many there are
 * @mode: enum kp2padm_mode
 * @helper_loss: enum kp2padm_verdict of flows that ask for a helper that is lost
 * @conflict: KP2PADM_VERDICT_DROP or _RESET: of a segment that differs from what had passed,
 *	or of its flow
 * @unread: KP2PADM_VERDICT_PASS or _DROP: of flows that there is no room to read
 * @id: of the text it was made from
 * @number: tells it from others, never 0
 * @users: policies and transactions that hold it
 */
struct kp2p_ruleset {
	struct p2p_rules rules;
	char (*name)[KP2PADM_RULE_NAME_MAX];
	struct kp2p_hits **hits;
	struct p2p_content *content;
	char (*content_name)[KP2PADM_RULE_NAME_MAX];
	struct kp2p_content_hits **content_hits;
	void *content_blob;
	u32 content_size;
	struct kp2p_schedule schedule[P2P_SCHEDULES_MAX];
	char local_port[KP2PADM_POLICY_LOCAL_PORTS_MAX][IFNAMSIZ];
	u32 local_ports;
	u8 exempt_mac[KP2PADM_POLICY_EXEMPT_MACS_MAX][ETH_ALEN];
	u32 exempt_macs;
	u8 mode;
	u8 helper_loss;
	u8 conflict;
	u8 unread;
	u8 id[KP2PADM_POLICY_ID_SIZE];
	u32 number;
	refcount_t users;
};

/**
 * kp2p_ruleset_new() - room for so many rules and hosts, all of them zero
 *
 * Context: process. Return: it, with one user; NULL without memory. The caller
 * has checked the numbers against P2P_RULES_MAX and P2P_HOSTS_MAX.
 */
struct kp2p_ruleset *kp2p_ruleset_new(u32 rules, u32 hosts);

/**
 * kp2p_ruleset_content_new() - room for content rules of @size bytes, and for their names
 *
 * Context: process. Return: 0 or -ENOMEM. The caller has checked @size against
 * P2P_CONTENT_BLOB_MAX, and fills @content_blob.
 */
int kp2p_ruleset_content_new(struct kp2p_ruleset *set, u32 size);

/**
 * kp2p_ruleset_content_open() - check @content_blob, which is whole, and make @content of it
 * @error: enum p2p_content_error, where -EINVAL is returned
 *
 * Context: process; tens of milliseconds for the largest. Return: 0, -ENOMEM, -EINVAL.
 */
int kp2p_ruleset_content_open(struct kp2p_ruleset *set, enum p2p_content_error *error);

static inline struct kp2p_ruleset *kp2p_ruleset_get(struct kp2p_ruleset *set)
{
	refcount_inc(&set->users);
	return set;
}

/** kp2p_ruleset_put() - one user less; any context */
void kp2p_ruleset_put(struct kp2p_ruleset *set);

/** kp2p_ruleset_active() - a bit for each schedule that holds at @now (s, UTC) */
u64 kp2p_ruleset_active(const struct kp2p_ruleset *set, s64 now);

/**
 * kp2p_ruleset_until() - the last moment of the schedule that ends first
 *
 * Return: seconds, UTC; 0 where there is no schedule.
 */
s64 kp2p_ruleset_until(const struct kp2p_ruleset *set);

/** kp2p_ruleset_hits() - one rule's counters, over all CPUs */
struct kp2p_hits kp2p_ruleset_hits(const struct kp2p_ruleset *set, u32 rule);

/** kp2p_ruleset_content_hits() - likewise of a content rule */
struct kp2p_content_hits kp2p_ruleset_content_hits(const struct kp2p_ruleset *set, u32 rule);

#endif
