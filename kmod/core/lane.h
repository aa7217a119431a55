/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dissector is written with.
 *
 * It is a step function: called with the bytes that it asked for, all of them,
 * it emits what they mean and asks for what it wants next. Nothing that it does
 * can depend on how the bytes were cut, since it never sees that. Inside of a
 * frame nothing reaches behind its end: who asks for more than there is gets the
 * rest skipped, and so does who asks for nothing. Between frames the state is
 * P2P_START, whose step does nothing but ask; a frame that nobody can find, P2P_LOST.
 *
 * Each step but those into P2P_START and P2P_LOST must be asked for with bytes,
 * or follow from some: that is what ends the loop.
 */
#ifndef P2P_CORE_LANE_H
#define P2P_CORE_LANE_H

#include "dissect.h"

P2P_BEGIN_DECLS

/* Flags of a lane beside its events' */
enum {
	P2P_LANE_ID = 1 << 6,	   /* id is known */
	P2P_LANE_HUNTING = 1 << 7, /* lost, and not yet found again */
	P2P_LANE_EVENT = P2P_EVENT_RESYNCED, /* flags that go into each event */
};

#define P2P_NAMELESS ((struct p2p_bytes){ NULL, 0 })

/** struct p2p_step - what a step knows */
struct p2p_step {
	struct p2p_dissector *d;
	struct p2p_lane *lane;
	const struct p2p_sink *sink;
	u8 state;
	u8 dir;
};

/* Every dissector's step: proto/<symbol>_dissect.c */
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4)
#define P2P_DISSECTOR(sym, id)                                                 \
	void p2p_##sym##_step(struct p2p_step *s, struct p2p_bytes b);
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO

/* -- What a step asks for */

static inline void p2p_wait(struct p2p_lane *l, u8 state, u8 mode, u8 need, u64 stream)
{
	if (l->frame != P2P_UNFRAMED && need + stream > l->frame) {
		state = P2P_START;
		mode = P2P_GATHER;
		need = 0;
		stream = l->frame;
	}
	l->state = state;
	l->mode = mode;
	l->need = need;
	l->stream = stream;
	l->have = 0;
}

/** p2p_want() - @n bytes, at most P2P_UNIT_MAX */
static inline void p2p_want(struct p2p_lane *l, u8 state, u8 n)
{
	p2p_wait(l, state, P2P_GATHER, n, 0);
}

/** p2p_want_name() - @n bytes into the name; what is too long is cut */
static inline void p2p_want_name(struct p2p_lane *l, u8 state, u32 n)
{
	u8 take = n < P2P_NAME_MAX ? (u8)n : P2P_NAME_MAX;

	l->named = 0;
	l->flags &= ~P2P_EVENT_CUT;
	if (take < n)
		l->flags |= P2P_EVENT_CUT;
	p2p_wait(l, state, P2P_GATHER_NAME, take, n - take);
}

/** p2p_want_block() - the next part, a name's length, of @left bytes; an item of its own */
static inline void p2p_want_block(struct p2p_lane *l, u8 state, u32 left)
{
	l->mark = (u32)l->at;
	p2p_want_name(l, state, left < P2P_NAME_MAX ? left : P2P_NAME_MAX);
}

/** p2p_want_until() - a text that ends with byte @end or @other, which is left in stop, or with the frame */
static inline void p2p_want_until(struct p2p_lane *l, u8 state, u8 end, u8 other)
{
	p2p_wait(l, state, P2P_UNTIL, 0, 0);
	l->need = end;
	l->stop = other;
}

/** p2p_want_name_until() - the same, into the name */
static inline void p2p_want_name_until(struct p2p_lane *l, u8 state, u8 end, u8 other)
{
	l->named = 0;
	l->flags &= ~P2P_EVENT_CUT;
	p2p_wait(l, state, P2P_UNTIL_NAME, 0, 0);
	l->need = end;
	l->stop = other;
}

/** p2p_skip() - nothing of the next @n bytes */
static inline void p2p_skip(struct p2p_lane *l, u8 state, u64 n)
{
	p2p_wait(l, state, P2P_GATHER, 0, n);
}

/** p2p_pass() - the next @n bytes are DATA at @offset of the content; @flags PACKED, METADATA */
static inline void p2p_pass(struct p2p_lane *l, u8 state, u64 n, u64 offset, u8 flags)
{
	p2p_wait(l, state, P2P_PASS, 0, n);
	l->offset = offset;
	l->flags &= ~(P2P_EVENT_PACKED | P2P_EVENT_METADATA);
	l->flags |= flags;
}

/** p2p_want_on() - @n bytes, of which the first, @b, were gathered before */
static inline void p2p_want_on(struct p2p_lane *l, u8 state, u8 n, struct p2p_bytes b)
{
	p2p_want(l, state, n);
	l->have = (u8)b.len;
	memmove(l->unit, b.data, b.len);
}

/**
 * p2p_hunt_on() - @b, all that was gathered, is not what is hunted for
 * @may_begin: can it begin with these bytes, of which there are more to come?
 *
 * The first of its ends that can is kept, and made as long again.
 */
static inline void p2p_hunt_on(struct p2p_lane *l, u8 state, struct p2p_bytes b,
			       bool (*may_begin)(struct p2p_bytes b))
{
	struct p2p_bytes end;
	u32 at = 0;

	do
		end = p2p_slice(b, ++at, ~0u);
	while (end.len && !may_begin(end));
	p2p_want_on(l, state, (u8)b.len, end);
}

/** p2p_frame() - the next @n bytes belong together */
static inline void p2p_frame(struct p2p_lane *l, u32 n)
{
	l->frame = n;
}

static inline void p2p_quiet(struct p2p_lane *l)
{
	l->mode = P2P_QUIET;
}

/** p2p_mark() - an item begins with the next byte */
static inline void p2p_mark(struct p2p_lane *l)
{
	l->mark = (u32)l->at;
}

/** p2p_mark_back() - an item began @n bytes ago */
static inline void p2p_mark_back(struct p2p_lane *l, u32 n)
{
	l->mark = (u32)l->at - n;
}

/** p2p_found() - what was hunted for is there: it began @n bytes ago */
static inline void p2p_found(struct p2p_lane *l, u32 n)
{
	l->flags &= ~P2P_LANE_HUNTING;
	p2p_mark_back(l, n);
}

/** p2p_name() - the name, or the long unit, that was gathered */
static inline struct p2p_bytes p2p_name(const struct p2p_lane *l)
{
	struct p2p_bytes b = { l->name, l->named };

	return b;
}

/** p2p_set_id() - the content in hand has the @n bytes of @b at @at as its id */
static inline void p2p_set_id(struct p2p_lane *l, struct p2p_bytes b, u32 at, u32 n)
{
	if (p2p_copy(b, at, l->id, n))
		l->flags |= P2P_LANE_ID;
}

/** p2p_forget_id() - another content, of which it is not known */
static inline void p2p_forget_id(struct p2p_lane *l)
{
	l->flags &= ~P2P_LANE_ID;
}

/* -- What a step tells */

/** p2p_lost() - this is no frame */
void p2p_lost(struct p2p_step *s);

/** p2p_emit() - from the mark to here is an @event of @type with @flags */
void p2p_emit(struct p2p_step *s, struct p2p_event *event, enum p2p_event_type type, u8 flags);

/** p2p_emit_bare() - the same for a type that says all */
void p2p_emit_bare(struct p2p_step *s, enum p2p_event_type type, u8 flags);

/** p2p_emit_peer() - the @n bytes (4 or 16; 0: the sender) of @b at @at, and a port */
void p2p_emit_peer(struct p2p_step *s, struct p2p_bytes b, u32 at, u8 n, u16 port, u8 l4);

/** p2p_emit_object() - the content in hand, with a @name of what is in name, or none */
void p2p_emit_object(struct p2p_step *s, enum p2p_content_way content, struct p2p_bytes name, u64 size);

/** p2p_emit_request() - @size bytes at @offset were asked for */
void p2p_emit_request(struct p2p_step *s, u64 offset, u64 size);

/** p2p_emit_have() - a piece, or P2P_HAVE_ALL */
void p2p_emit_have(struct p2p_step *s, u32 index);

/** p2p_emit_bits() - the name in hand is a part of @size bytes of a bit field */
void p2p_emit_bits(struct p2p_step *s, u64 size);

/** p2p_emit_chat() - the name in hand is a part of a text of @size bytes */
void p2p_emit_chat(struct p2p_step *s, u32 size);

/** p2p_emit_search() - @text was looked for; none: the content in hand */
void p2p_emit_search(struct p2p_step *s, struct p2p_bytes text);

P2P_END_DECLS

#endif
