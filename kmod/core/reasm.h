/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dual queue and fast pass, on abstract segments of one direction of a stream.
 *
 *	            acknowledged     cleared      parsed   end        sent
 *	                 |  remembered  |   waiting  |       |           |
 *	  forgotten      [====== ordered ============|=======]  gap  [=] gap [==]
 *	                                                             ooo
 *
 * `ordered` holds the contiguous segments, in order: those that passed and are
 * remembered until their receiver acknowledges them, then those that wait for a
 * verdict. `ooo` holds clones of what came ahead of a gap. Fast pass: a segment
 * ahead of a gap is forwarded at once, and its clone waits alone.
 *
 * What holds, whatever is sent (tests/unit/reasm_test.cpp tries to break it):
 *
 * - The receiver's in-order point never passes `cleared`. Each gap keeps what was
 *   not forwarded, the plug; the segment that fills it is held until everything
 *   contiguous behind it was inspected, too.
 * - What was forwarded is remembered until it is acknowledged; the first copy wins.
 *   A segment that differs in one byte from it is not forwarded, one that says the
 *   same always is.
 * - What there is no room to remember is not forwarded.
 *
 * Numbers are TCP's, or any others that count units of a stream and go round at
 * 2^32: of uTP, whose packets are not cut anew, a packet is one unit.
 *
 * Nothing here allocates, nor touches a packet; struct p2p_reasm_ops does.
 */
#ifndef P2P_CORE_REASM_H
#define P2P_CORE_REASM_H

#include "pieces.h"

P2P_BEGIN_DECLS

/** enum p2p_inspected - what the inspection says of some bytes */
enum p2p_inspected {
	P2P_CLEARED, /* they may pass */
	P2P_WAITS,   /* those behind the ones it took may not yet */
	P2P_BLOCKED, /* they must not */
};

/**
 * struct p2p_reasm_ops - who keeps packets and looks at bytes
 * @keep: a piece of the packet at hand: @len units from @off of its payload on; sets
 *	nothing of it. NULL: there is no memory.
 * @give: a piece is not needed any more
 * @same: are @len units of @piece, from @at of it on, those from @off of the packet at
 *	hand on?
 * @inspect: the next @len units of the stream, @at of @piece and behind. *@taken: how
 *	many the inspection took, all of them where it clears.
 * @skip: @len units of the stream will not be shown
 */
struct p2p_reasm_ops {
	struct p2p_piece *(*keep)(void *ctx, u32 off, u32 len);
	void (*give)(void *ctx, struct p2p_piece *piece);
	bool (*same)(void *ctx, const struct p2p_piece *piece, u32 at, u32 off, u32 len);
	enum p2p_inspected (*inspect)(void *ctx, const struct p2p_piece *piece, u32 at, u32 len,
				      u32 *taken);
	void (*skip)(void *ctx, u32 len);
};

/**
 * struct p2p_reasm_env - what is outside
 * @max_bytes: memory that the pieces of one direction may keep; three quarters of it
 *	may be ahead of a gap
 * @max_pieces: how many they may be, likewise
 * @now: a clock; its unit is its owner's
 * @hold: no fast pass: what is ahead of a gap is held
 */
struct p2p_reasm_env {
	const struct p2p_reasm_ops *ops;
	void *ctx;
	u32 max_bytes;
	u32 max_pieces;
	u32 now;
	bool hold;
};

/**
 * enum p2p_segment - what becomes of a segment
 *
 * Forwarded, held, or dropped: p2p_segment_fate() says which.
 */
enum p2p_segment {
	P2P_SEG_EMPTY,	  /* it has no payload */
	P2P_SEG_ORDERED,  /* it is the next one, inspected and cleared */
	P2P_SEG_AHEAD,	  /* it is ahead of a gap: fast pass */
	P2P_SEG_AGAIN,	  /* it says once more what was forwarded */
	P2P_SEG_OLD,	  /* its receiver has it, or it is from before we looked */
	P2P_SEG_PLUG,	  /* it fills the gap, and waits for a verdict */
	P2P_SEG_HELD,	  /* it is ahead of a gap, and there is no fast pass */
	P2P_SEG_ABSORBED, /* it says once more what is held */
	P2P_SEG_CONFLICT, /* it differs from what was forwarded */
	P2P_SEG_NO_ROOM,  /* it could not be remembered */
	P2P_SEG_OUTSIDE,  /* its receiver has not asked for so much */
	P2P_SEG_BLOCKED,  /* it, or what it made contiguous, must not pass */
	P2P_SEGMENTS,
};

enum p2p_fate { P2P_FORWARD, P2P_HOLD, P2P_DROP };

static inline enum p2p_fate p2p_segment_fate(enum p2p_segment what)
{
	if (what <= P2P_SEG_OLD)
		return P2P_FORWARD;
	return what <= P2P_SEG_HELD ? P2P_HOLD : P2P_DROP;
}

/**
 * struct p2p_reasm - one direction of a stream
 * @ordered: contiguous pieces up to @end
 * @ooo: pieces behind a gap
 * @at: the piece of @ordered that is inspected next; NULL: none waits
 * @base: nothing below is remembered: what the receiver acknowledged last, or where we
 *	began to look
 * @cleared: what is below may pass to the receiver's application
 * @parsed: the inspection took what is below
 * @end: of the contiguous units
 * @sent: the highest that was forwarded or held
 * @edge: the highest that the receiver has ever asked for, if @has_edge
 * @plug: behind the segment that is held, while @waiting
 * @since: when the gap came to be, while @ooo is not empty
 * @started: the first unit's number is known
 * @waiting: a plug is held
 * @forgetful: nobody sees what the receiver acknowledges: what is cleared is forgotten
 * @whole: nothing is forgotten yet, since it may have to be shown again
 */
struct p2p_reasm {
	struct p2p_pieces ordered;
	struct p2p_pieces ooo;
	struct p2p_piece *at;
	u32 base;
	u32 cleared;
	u32 parsed;
	u32 end;
	u32 sent;
	u32 edge;
	u32 plug;
	u32 since;
	bool started;
	bool has_edge;
	bool waiting;
	bool forgetful;
	bool whole;
};

/** p2p_reasm_init() - an empty one; @random: not known to strangers */
void p2p_reasm_init(struct p2p_reasm *r, u32 random);

/** p2p_reasm_start() - its first unit will be @seq; only before anything was kept */
void p2p_reasm_start(struct p2p_reasm *r, u32 seq);

/**
 * p2p_reasm_segment() - a segment came
 * @seq: number of its first unit
 * @len: how many units it has
 * @charge: memory that a piece of it would keep, bytes
 *
 * One that was not started begins in mid-stream, with this segment.
 */
enum p2p_segment p2p_reasm_segment(struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 seq,
				   u32 len, u32 charge);

/**
 * p2p_reasm_is_next() - does a segment at @seq go on where all before it was cleared, its
 * receiver having asked for it, if he was heard, and is there room? Nearly all do.
 *
 * p2p_reasm_append() follows then, of a piece with all of it, and p2p_reasm_clear() where
 * the inspection clears that. Who does not take this short way comes to the same by
 * p2p_reasm_segment().
 */
P2P_HOT bool p2p_reasm_is_next(const struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 seq,
			       u32 charge)
{
	return (r->has_edge ? !p2p_before(r->edge, seq) : r->started) && seq == r->end &&
	       r->cleared == seq && !r->ooo.n && r->ordered.n < env->max_pieces &&
	       (u64)r->ordered.charge + charge <= env->max_bytes;
}

/** p2p_reasm_append() - @piece, of which only @charge is set, has @len units from r->end on */
P2P_HOT void p2p_reasm_append(struct p2p_reasm *r, struct p2p_piece *piece, u32 len)
{
	piece->seq = r->end;
	piece->len = len;
	piece->off = 0;
	p2p_pieces_append(&r->ordered, piece);
	r->end += len;
	if (p2p_before(r->sent, r->end))
		r->sent = r->end;
}

/** p2p_reasm_clear() - the inspection took and cleared the piece that was appended */
P2P_HOT void p2p_reasm_clear(struct p2p_reasm *r)
{
	r->parsed = r->end;
	r->cleared = r->end;
}

/**
 * enum p2p_acked - what an acknowledgement said
 * @P2P_ACK_OLD: nothing new
 * @P2P_ACK_NEW: some of what was forwarded is forgotten
 * @P2P_ACK_HOLE: the receiver has what did not pass here, or was not cleared; it
 *	was skipped. What is held below @base need not be sent any more, and
 *	p2p_reasm_resume() has to follow.
 * @P2P_ACK_BEYOND: nobody has sent that; it means nothing
 */
enum p2p_acked { P2P_ACK_OLD, P2P_ACK_NEW, P2P_ACK_HOLE, P2P_ACK_BEYOND };

/**
 * p2p_reasm_ack() - the receiver acknowledged what is below @ack
 * @window: so many more it asks for
 *
 * To be told of what came from where the receiver is: a sender who could tell this
 * would say what is inspected.
 */
enum p2p_acked p2p_reasm_ack(struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 ack,
			     u32 window);

/** p2p_reasm_is_news() - does an acknowledgement say more than the ones before it? */
P2P_HOT bool p2p_reasm_is_news(const struct p2p_reasm *r, u32 ack, u32 window)
{
	return ack != r->base || p2p_before(r->edge, ack + window) || !r->has_edge;
}

/* No window is larger (RFC 7323): what is further away is of another connection */
#define P2P_FAR (1u << 30)

/**
 * p2p_reasm_note_ack() - of p2p_reasm_ack(): what it says, before anything is forgotten
 * @ack: what it says of the units; none behind r->sent on return
 *
 * Return: P2P_ACK_NEW: there is something new, and r->base is not yet set
 */
P2P_HOT enum p2p_acked p2p_reasm_note_ack(struct p2p_reasm *r, u32 *ack, u32 window)
{
	/* one more, for a FIN */
	if (!r->started || p2p_before(r->sent + 1, *ack))
		return P2P_ACK_BEYOND;
	if (*ack - r->base + P2P_FAR >= 2 * P2P_FAR)
		return P2P_ACK_OLD;
	if (!r->has_edge || p2p_before(r->edge, *ack + window))
		r->edge = *ack + window;
	r->has_edge = true;
	if (p2p_before(r->sent, *ack))
		*ack = r->sent;
	return p2p_before(r->base, *ack) ? P2P_ACK_NEW : P2P_ACK_OLD;
}

/** p2p_reasm_forgotten() - the next piece that r->base has left behind; NULL: none is left */
P2P_HOT struct p2p_piece *p2p_reasm_forgotten(struct p2p_reasm *r)
{
	const struct p2p_piece *first = r->ordered.first[0];

	if (!first || first == r->at || r->whole || p2p_before(r->base, p2p_piece_end(first)))
		return NULL;
	return p2p_pieces_shift(&r->ordered);
}

/**
 * p2p_reasm_resume() - the inspection can go on, or tries to
 *
 * Return: P2P_CLEARED, and nothing is held any more; or as the inspection says.
 */
enum p2p_inspected p2p_reasm_resume(struct p2p_reasm *r, const struct p2p_reasm_env *env);

/**
 * p2p_reasm_recall() - show the inspection once more what it took from the first unit
 * on, all of which is there while @whole; it is not from now on
 *
 * Return: P2P_CLEARED, or what the inspection says; nothing is held for it.
 */
enum p2p_inspected p2p_reasm_recall(struct p2p_reasm *r, const struct p2p_reasm_env *env);

/**
 * struct p2p_depth - how much a direction keeps, for reports
 * @ordered: pieces that are contiguous
 * @ordered_units: of the stream in them
 * @ahead: pieces ahead of a gap
 * @ahead_units: likewise
 * @gaps: how many there are
 */
struct p2p_depth {
	u32 ordered;
	u32 ordered_units;
	u32 ahead;
	u32 ahead_units;
	u32 gaps;
};

/** p2p_reasm_depth() - takes a step for each piece ahead of a gap */
void p2p_reasm_depth(const struct p2p_reasm *r, struct p2p_depth *depth);

/** p2p_reasm_free() - give back all pieces; it is as after p2p_reasm_init() */
void p2p_reasm_free(struct p2p_reasm *r, const struct p2p_reasm_env *env);

P2P_END_DECLS

#endif
