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

/* Of a content's first bytes those that tell its type are put together, however they are
 * cut: the first ones, and what marks a tar archive.
 */
enum { P2P_READING_FIRST = 16, P2P_READING_TAR = 257, P2P_READING_HEAD = P2P_READING_FIRST + 5 };

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
 * @all: somebody wants to see all data, not only what is judged
 */
struct p2p_reading_env {
	const struct p2p_content *content;
	void (*event)(void *ctx, const struct p2p_event *event);
	void (*ruled)(void *ctx, const struct p2p_found *found, bool would);
	void *ctx;
	bool all;
};

/**
 * struct p2p_reading - of one flow
 * @dissector: of its protocol
 * @object: what is known of the content in hand
 * @talk: and of what is searched for or said
 * @id: of the content in hand, of @kind
 * @head: its first bytes, and behind them those from P2P_READING_TAR on
 * @heads: a bit for each that is there
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
 * @unseen: grows by as many as were data of which no more is judged, and no event tells
 *
 * Return: P2P_CLEARED, or P2P_BLOCKED: @r->verdict says how.
 */
enum p2p_inspected p2p_reading_feed(struct p2p_reading *r, const struct p2p_reading_env *env,
				    unsigned int dir, struct p2p_bytes bytes, u32 *unseen);

/** p2p_reading_judges() - a content's first bytes tell its type, if anybody asks */
P2P_HOT bool p2p_reading_judges(const struct p2p_content *content, u8 app, u8 flags, u32 index,
				u64 at)
{
	return content && at < P2P_FILETYPE_HEAD &&
	       !(flags & (P2P_EVENT_PACKED | P2P_EVENT_METADATA)) &&
	       !(app == P2P_APP_BITTORRENT && index);
}

/** p2p_reading_wants() - is any of the data that @l is amid of to be judged by @content? */
P2P_HOT bool p2p_reading_wants(const struct p2p_reading *r, const struct p2p_content *content,
			       const struct p2p_lane *l)
{
	if (r->verdict != P2P_VERDICT_PASS)
		return true;
	/* nearly all of it is further on */
	if (P2P_LIKELY(l->offset >= P2P_FILETYPE_HEAD))
		return false;
	return p2p_reading_judges(content, r->object.app, l->flags, l->index, l->offset);
}

/**
 * p2p_reading_pass() - the next bytes of a direction are there, but need they be fed?
 *
 * Amid data of which no more is judged by @content they need not, and no event tells of
 * them.
 *
 * Return: how many of the next @len.
 */
P2P_HOT u32 p2p_reading_pass(struct p2p_reading *r, const struct p2p_content *content,
			     unsigned int dir, u32 len)
{
	struct p2p_lane *l = &r->dissector.lane[dir & 1];

	P2P_ONCE(l);
	if (!p2p_lane_is_data(l) || p2p_reading_wants(r, content, l))
		return 0;
	len = p2p_lane_data(l, len);
	p2p_lane_move(l, len);
	return len;
}

/** p2p_reading_skip() - the next @len bytes of a direction will not be seen: p2p_dissect_gap() */
void p2p_reading_skip(struct p2p_reading *r, const struct p2p_reading_env *env, unsigned int dir,
		      u64 len);

/** p2p_reading_found() - what the rules gave their verdict for, where it is not PASS */
struct p2p_found p2p_reading_found(const struct p2p_reading *r);

P2P_END_DECLS

#endif
