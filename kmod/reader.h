/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reads a stream: the dissector of the flow's protocol, and the policy's content
 * rules over what it finds.
 *
 * A reader keeps the rules that it began with until it is given others: where a
 * text keeps their automaton is a number that means nothing to another one.
 */
#ifndef KP2P_READER_H
#define KP2P_READER_H

#include <linux/skbuff.h>

#include "core/content.h"
#include "core/dissect.h"
#include "core/reasm.h"
#include "event.h"
#include "gateway.h"

/* Of a content's first bytes so many are put together, however they are cut. What is
 * told further behind (a tar archive, an ISO image) is found where it is not cut.
 */
#define KP2P_HEAD 32

/**
 * struct kp2p_reader - of one flow
 * @dissector: of its protocol
 * @object: what is known of the content in hand
 * @talk: and of what is searched for or said
 * @id: of the content in hand, of @kind
 * @head: its first bytes, @heads of them
 * @told: the content in hand was counted on an observing rule
 * @verdict: enum p2p_verdict of the content rules so far
 * @rule: that gave it, where it is not PASS
 * @facts: enum p2p_fact: what that rule was met by
 * @told_talk: and what is searched for or said was, as @told
 * @set: whose rules they are; a user of its own
 * @flow: that it reads
 */
struct kp2p_reader {
	struct p2p_dissector dissector;
	struct p2p_facts object;
	struct p2p_facts talk;
	u8 id[P2P_TOLD_ID];
	u8 head[KP2P_HEAD];
	u8 kind;
	u8 heads;
	bool told;
	u8 verdict;
	u16 rule;
	u8 facts;
	bool told_talk;
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

/**
 * kp2p_reader_renew() - another policy is in force
 *
 * What was told of the content in hand is judged anew by its id alone.
 */
void kp2p_reader_renew(struct kp2p_reader *reader, struct kp2p_ruleset *set);

/** kp2p_reader_found() - what the rules gave their verdict for, where it is not PASS */
struct kp2p_found kp2p_reader_found(const struct kp2p_reader *reader);

/**
 * kp2p_reader_feed() - the next bytes of a direction
 * @dir: 0 for the direction of the flow's first packet
 * @skb: has them, @len from @off on
 *
 * Return: P2P_CLEARED, or P2P_BLOCKED: @reader->verdict says how.
 */
enum p2p_inspected kp2p_reader_feed(struct kp2p_reader *reader, unsigned int dir,
				    struct sk_buff *skb, u32 off, u32 len);

/** kp2p_reader_skip() - the next @len bytes of a direction will not be seen */
void kp2p_reader_skip(struct kp2p_reader *reader, unsigned int dir, u64 len);

#endif
