/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow that is read: the dissector of its protocol, and content rules over what it
 * finds.
 *
 * What is remembered of a content is what content.h keeps of its facts, its id and its
 * first bytes. It belongs to the rules that it was judged by: where a text keeps their
 * automaton is a number that means nothing to another one. Whoever gives a reading
 * other rules says so (p2p_reading_renew()).
 */
#ifndef P2P_CORE_READING_H
#define P2P_CORE_READING_H

#include "content.h"
#include "dissect.h"
#include "reasm.h"

P2P_BEGIN_DECLS

/* Of a content's first bytes so many are put together, however they are cut. What is
 * told further behind (a tar archive, an ISO image) is found where it is not cut.
 */
enum { P2P_READING_HEAD = 32 }; /* bits of heads */

/**
 * struct p2p_found - a file or message, and the content rule that it met
 * @id: NULL where @kind is P2P_ID_NONE
 * @rule: its number
 * @facts: enum p2p_fact: by what
 * @kind: enum p2p_id of @id; P2P_ID_NONE: it is not known
 */
struct p2p_found {
	const u8 *id;
	u16 rule;
	u8 facts;
	u8 kind;
};

/**
 * struct p2p_reading_env - what is outside
 * @content: the rules; NULL: there are none
 * @event: what a dissector found, before it is judged
 * @ruled: a rule decides, or (@would) one that observes would have
 */
struct p2p_reading_env {
	const struct p2p_content *content;
	void (*event)(void *ctx, const struct p2p_event *event);
	void (*ruled)(void *ctx, const struct p2p_found *found, bool would);
	void *ctx;
};

/**
 * struct p2p_reading - of one flow
 * @dissector: of its protocol
 * @object: what is known of the content in hand
 * @talk: and of what is searched for or said
 * @id: of the content in hand, of @kind
 * @head: its first bytes; @heads: a bit for each that is there
 * @told: the content in hand was told of for an observing rule
 * @told_talk: and what is searched for or said was, as @told
 * @verdict: enum p2p_verdict of the content rules so far
 * @rule: that gave it, where it is not PASS
 * @facts: enum p2p_fact: what that rule was met by
 */
struct p2p_reading {
	struct p2p_dissector dissector;
	struct p2p_facts object;
	struct p2p_facts talk;
	u8 id[P2P_TOLD_ID];
	u8 head[P2P_READING_HEAD];
	u32 heads;
	u8 kind;
	bool told;
	bool told_talk;
	u8 verdict;
	u8 facts;
	u16 rule;
};

/** p2p_reading_init() - nothing is read yet; false: @proto has no dissector */
bool p2p_reading_init(struct p2p_reading *r, enum p2p_proto proto);

/**
 * p2p_reading_renew() - there are other rules
 *
 * What was told of the content in hand is judged anew by its id alone. To be called
 * only while the verdict is PASS.
 */
void p2p_reading_renew(struct p2p_reading *r, const struct p2p_reading_env *env);

/**
 * p2p_reading_feed() - the next bytes of a direction
 * @dir: 0 for that of the flow's first packet
 *
 * Return: P2P_CLEARED, or P2P_BLOCKED: @r->verdict says how.
 */
enum p2p_inspected p2p_reading_feed(struct p2p_reading *r, const struct p2p_reading_env *env,
				    unsigned int dir, struct p2p_bytes bytes);

/**
 * p2p_reading_pass() - the next bytes of a direction are there, but need they be fed?
 *
 * Amid data of which no more is judged they need not, and no event tells of them.
 *
 * Return: how many of the next @len.
 */
u32 p2p_reading_pass(struct p2p_reading *r, const struct p2p_reading_env *env, unsigned int dir,
		     u32 len);

/** p2p_reading_skip() - the next @len bytes of a direction will not be seen: p2p_dissect_gap() */
void p2p_reading_skip(struct p2p_reading *r, const struct p2p_reading_env *env, unsigned int dir,
		      u64 len);

/** p2p_reading_found() - what the rules gave their verdict for, where it is not PASS */
struct p2p_found p2p_reading_found(const struct p2p_reading *r);

P2P_END_DECLS

#endif
