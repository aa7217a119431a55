/* SPDX-License-Identifier: GPL-2.0-only */
/* Who reads a stream (core/reading.h): by whose rules, and what is told of it. */
#ifndef KP2P_READER_H
#define KP2P_READER_H

#include <linux/skbuff.h>

#include "core/reading.h"
#include "event.h"
#include "gateway.h"
#include "ruleset.h"

/**
 * struct kp2p_reader - of one flow
 * @reading: what is read, and judged
 * @set: whose rules they are; a user of its own
 * @flow: that it reads
 *
 * It keeps the rules that it began with until it is given others.
 */
struct kp2p_reader {
	struct p2p_reading reading;
	struct kp2p_ruleset *set;
	struct kp2p_flow *flow;
};

int kp2p_reader_init(void);
void kp2p_reader_exit(void);

/**
 * kp2p_reader_new() - for a flow that has a name, under that policy
 *
 * Context: flow->lock held. Return: NULL where its protocol has no dissector, or without
 * memory.
 */
struct kp2p_reader *kp2p_reader_new(struct kp2p_flow *flow, struct kp2p_ruleset *set);

/** kp2p_reader_free() - NULL is none; any context */
void kp2p_reader_free(struct kp2p_reader *reader);

/** kp2p_reader_change() - another policy is in force; nothing where the last one has decided */
void kp2p_reader_change(struct kp2p_reader *reader, struct kp2p_ruleset *set);

/** kp2p_reader_renew() - @set is in force, as nearly always it was */
static inline void kp2p_reader_renew(struct kp2p_reader *reader, struct kp2p_ruleset *set)
{
	if (unlikely(reader->set != set))
		kp2p_reader_change(reader, set);
}

/** kp2p_reader_found() - what the rules gave their verdict for, where it is not PASS */
struct kp2p_found kp2p_reader_found(const struct kp2p_reader *reader);

/** kp2p_reader_pass() - how many of the next @len bytes are data that nobody wants to see */
static inline u32 kp2p_reader_pass(struct kp2p_reader *reader, unsigned int dir, u32 len)
{
	u32 n = p2p_reading_pass(&reader->reading, reader->set->content, dir, len);

	if (n)
		kp2p_count_n(reader->flow->gw, KP2P_N_OBJECT_BYTES, n);
	return n;
}

/** kp2p_reader_show() - of kp2p_reader_feed(): what is to be seen */
enum p2p_inspected kp2p_reader_show(struct kp2p_reader *reader, unsigned int dir,
				    struct sk_buff *skb, u32 off, u32 len);

/**
 * kp2p_reader_feed() - the next bytes of a direction
 * @dir: 0 for the direction of the flow's first packet
 * @skb: has them, @len from @off on
 *
 * Return: P2P_CLEARED, or P2P_BLOCKED: @reader->reading.verdict says how.
 */
static inline enum p2p_inspected kp2p_reader_feed(struct kp2p_reader *reader, unsigned int dir,
						  struct sk_buff *skb, u32 off, u32 len)
{
	u32 n = kp2p_reader_pass(reader, dir, len);

	return likely(n == len) ? P2P_CLEARED : kp2p_reader_show(reader, dir, skb, off + n, len - n);
}

/** kp2p_reader_skip() - the next @len bytes of a direction will not be seen */
void kp2p_reader_skip(struct kp2p_reader *reader, unsigned int dir, u64 len);

#endif
