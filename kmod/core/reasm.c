// SPDX-License-Identifier: GPL-2.0-only
#include "reasm.h"

void p2p_reasm_init(struct p2p_reasm *r, u32 random)
{
	memset(r, 0, sizeof(*r));
	r->ordered.random = random;
	r->ooo.random = random;
}

void p2p_reasm_start(struct p2p_reasm *r, u32 seq)
{
	r->base = seq;
	r->cleared = seq;
	r->parsed = seq;
	r->end = seq;
	r->sent = seq;
	r->started = true;
}

/* -- what is known ----------------------------------------------------------- */

static inline u32 later(u32 a, u32 b)
{
	return p2p_before(a, b) ? b : a;
}

static inline u32 earlier(u32 a, u32 b)
{
	return p2p_before(a, b) ? a : b;
}

/* Pieces that one segment may overlap, or become: who cuts a stream into single bytes
 * would have each segment cost a thousand.
 */
#define TOUCHED 128

/*
 * struct segment - the one at hand: units [@seq, @end), those from @from on matter;
 * @touched: pieces that it had to do with
 */
struct segment {
	u32 seq;
	u32 end;
	u32 from;
	u32 charge;
	u32 touched;
};

/*
 * Does it say the same as these pieces where they overlap? *@known: how many of its
 * units they have.
 */
P2P_COLD bool agrees(const struct p2p_pieces *list, const struct p2p_reasm_env *env,
		     struct segment *s, u32 *known)
{
	const struct p2p_piece *piece = p2p_pieces_from(list, s->from);
	u32 from, to;

	for (; piece && p2p_before(piece->seq, s->end); piece = piece->next[0]) {
		if (s->touched++ == TOUCHED)
			return true; /* it will have no room */
		from = later(piece->seq, s->from);
		to = earlier(p2p_piece_end(piece), s->end);
		if (!env->ops->same(env->ctx, piece, from - piece->seq, from - s->seq, to - from))
			return false;
		*known += to - from;
	}
	return true;
}

/* Has its receiver not asked for it, or is it of another connection? */
static bool is_outside(const struct p2p_reasm *r, u32 seq)
{
	return (r->has_edge && p2p_before(r->edge, seq)) || seq - r->end + P2P_FAR >= 2 * P2P_FAR;
}

/* -- what is kept ------------------------------------------------------------ */

static void give_all(const struct p2p_reasm_env *env, struct p2p_pieces *list)
{
	struct p2p_piece *piece;

	while ((piece = p2p_pieces_shift(list)))
		env->ops->give(env->ctx, piece);
}

/* Forget what lies below r->base. What waits lies above. */
static void forget(struct p2p_reasm *r, const struct p2p_reasm_env *env)
{
	struct p2p_piece *piece;

	while ((piece = p2p_reasm_forgotten(r)))
		env->ops->give(env->ctx, piece);
}

/*
 * Is there room for one more piece of this segment beside what it has? What is ahead
 * of a gap gets three quarters, or nothing could fill the gap.
 */
static bool has_room(const struct p2p_reasm *r, const struct p2p_reasm_env *env,
		     const struct segment *s, const struct p2p_pieces *with)
{
	u64 pieces = (u64)r->ooo.n + with->n + 1;
	u64 bytes = (u64)r->ooo.charge + with->charge + s->charge;

	if (p2p_before(r->end, s->from) &&
	    (pieces > env->max_pieces / 4 * 3 || bytes > env->max_bytes / 4 * 3))
		return false;
	return pieces + r->ordered.n <= env->max_pieces &&
	       bytes + r->ordered.charge <= env->max_bytes;
}

/* One more piece: the units [@from, @to) of the segment; NULL: no room, no memory */
static struct p2p_piece *keep(const struct p2p_reasm *r, const struct p2p_reasm_env *env,
			      const struct segment *s, const struct p2p_pieces *with, u32 from,
			      u32 to)
{
	struct p2p_piece *piece;

	if (!has_room(r, env, s, with))
		return NULL;
	piece = env->ops->keep(env->ctx, from - s->seq, to - from);
	if (!piece)
		return NULL;
	piece->seq = from;
	piece->len = to - from;
	piece->off = from - s->seq;
	piece->charge = s->charge;
	return piece;
}

/* Pieces for all of the segment that nobody has; false, and none: no room */
static bool keep_new(const struct p2p_reasm *r, const struct p2p_reasm_env *env,
		     const struct segment *s, struct p2p_pieces *fresh)
{
	u32 from = later(s->from, r->end), to;
	const struct p2p_piece *known = p2p_pieces_from(&r->ooo, from);
	struct p2p_piece *piece;

	while (p2p_before(from, s->end)) {
		to = known ? earlier(known->seq, s->end) : s->end;
		if (p2p_before(from, to)) {
			piece = fresh->n < TOUCHED ? keep(r, env, s, fresh, from, to) : NULL;
			if (!piece) {
				give_all(env, fresh);
				return false;
			}
			p2p_pieces_append(fresh, piece);
		}
		if (!known)
			break;
		from = p2p_piece_end(known);
		known = known->next[0];
	}
	return true;
}

/* To the queue of what is contiguous */
static void order(struct p2p_reasm *r, struct p2p_piece *piece)
{
	p2p_pieces_append(&r->ordered, piece);
	r->end = p2p_piece_end(piece);
	if (!r->at)
		r->at = piece;
}

/* Move what is contiguous now from one queue to the other. */
static void order_ooo(struct p2p_reasm *r)
{
	while (r->ooo.first[0] && r->ooo.first[0]->seq == r->end)
		order(r, p2p_pieces_shift(&r->ooo));
}

/* -- inspecting -------------------------------------------------------------- */

static enum p2p_inspected inspect(struct p2p_reasm *r, const struct p2p_reasm_env *env)
{
	enum p2p_inspected said;
	u32 at, taken;

	for (; r->at; r->at = r->at->next[0]) {
		at = r->parsed - r->at->seq;
		taken = 0;
		said = env->ops->inspect(env->ctx, r->at, at, r->at->len - at, &taken);
		r->parsed += taken;
		if (said != P2P_CLEARED)
			return said;
	}
	r->cleared = r->end;
	r->waiting = false;
	if (r->forgetful) {
		r->base = r->cleared;
		forget(r, env);
	}
	return P2P_CLEARED;
}

enum p2p_inspected p2p_reasm_recall(struct p2p_reasm *r, const struct p2p_reasm_env *env)
{
	enum p2p_inspected said = P2P_CLEARED;
	struct p2p_piece *piece;
	u32 len, taken;

	for (piece = r->ordered.first[0]; piece && said == P2P_CLEARED; piece = piece->next[0]) {
		len = earlier(p2p_piece_end(piece), r->parsed) - piece->seq;
		if (!p2p_before(piece->seq, r->parsed))
			break;
		taken = 0;
		said = env->ops->inspect(env->ctx, piece, 0, len, &taken);
	}
	r->whole = false;
	forget(r, env);
	return said;
}

enum p2p_inspected p2p_reasm_resume(struct p2p_reasm *r, const struct p2p_reasm_env *env)
{
	return inspect(r, env);
}

/*
 * Nothing below @to will be inspected any more. What was forwarded of it is still
 * remembered.
 */
static void skip(struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 to)
{
	struct p2p_piece *first;
	u32 cut;

	env->ops->skip(env->ctx, to - r->parsed);
	r->at = NULL;
	while ((first = r->ooo.first[0]) && p2p_before(first->seq, to)) {
		if (!p2p_before(to, p2p_piece_end(first))) {
			env->ops->give(env->ctx, p2p_pieces_shift(&r->ooo));
			continue;
		}
		cut = to - first->seq;
		first->seq += cut;
		first->off += cut;
		first->len -= cut;
	}
	r->parsed = to;
	r->end = to;
	r->cleared = to;
	r->waiting = false;
	r->since = env->now;
	order_ooo(r);
}

/* -- what comes -------------------------------------------------------------- */

/* Put the new pieces where they belong; is there more that is contiguous? */
static bool take_in(struct p2p_reasm *r, const struct p2p_reasm_env *env, struct p2p_pieces *fresh)
{
	u32 before = r->end;
	struct p2p_piece *piece;

	while ((piece = p2p_pieces_shift(fresh))) {
		if (!r->ooo.first[0])
			r->since = env->now;
		if (piece->seq == r->end) {
			order(r, piece);
			order_ooo(r);
		} else {
			p2p_pieces_insert(&r->ooo, piece);
		}
	}
	return r->end != before;
}

/* A segment that made more contiguous, with nothing held before it */
static enum p2p_segment judge(struct p2p_reasm *r, const struct p2p_reasm_env *env,
			      const struct segment *s)
{
	r->sent = later(r->sent, s->end);
	r->since = env->now;
	switch (inspect(r, env)) {
	case P2P_CLEARED:
		return P2P_SEG_ORDERED;
	case P2P_WAITS:
		r->waiting = true;
		r->plug = s->end;
		return P2P_SEG_PLUG;
	case P2P_BLOCKED:
		break;
	}
	return P2P_SEG_BLOCKED;
}

/* The next one, and nothing is ahead: what nearly all are */
static enum p2p_segment judge_next(struct p2p_reasm *r, const struct p2p_reasm_env *env,
				   const struct segment *s)
{
	struct p2p_piece *piece = env->ops->keep(env->ctx, 0, s->end - s->seq);

	if (!piece)
		return P2P_SEG_NO_ROOM;
	piece->charge = s->charge;
	p2p_reasm_append(r, piece, s->end - s->seq);
	r->at = piece;
	return judge(r, env, s);
}

/* One of which some is new */
P2P_COLD enum p2p_segment judge_new(struct p2p_reasm *r, const struct p2p_reasm_env *env,
				    const struct segment *s)
{
	struct p2p_pieces fresh = { .random = r->ordered.random };

	if (!keep_new(r, env, s, &fresh))
		return P2P_SEG_NO_ROOM;
	if (!fresh.n) /* it is of what was skipped */
		return P2P_SEG_OUTSIDE;
	/* another waits: there is a gap before this one, as its receiver sees it */
	if (take_in(r, env, &fresh) && !r->waiting)
		return judge(r, env, s);
	r->sent = later(r->sent, s->end);
	return env->hold ? P2P_SEG_HELD : P2P_SEG_AHEAD;
}

enum p2p_segment p2p_reasm_segment(struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 seq,
				   u32 len, u32 charge)
{
	struct segment s = { .seq = seq, .end = seq + len, .from = seq, .charge = charge };
	u32 known = 0;

	if (!len)
		return P2P_SEG_EMPTY;
	if (!r->started)
		p2p_reasm_start(r, seq);
	if (len >= P2P_FAR || is_outside(r, seq))
		return P2P_SEG_OUTSIDE;
	if (p2p_reasm_is_next(r, env, seq, charge))
		return judge_next(r, env, &s);
	if (!p2p_before(r->base, s.end))
		return P2P_SEG_OLD;
	s.from = later(seq, r->base);
	if (p2p_before(s.from, r->sent)) {
		if (!agrees(&r->ordered, env, &s, &known) || !agrees(&r->ooo, env, &s, &known))
			return P2P_SEG_CONFLICT;
		if (s.touched > TOUCHED)
			return P2P_SEG_NO_ROOM;
		if (r->waiting && p2p_before(s.from, r->plug) && p2p_before(r->cleared, s.end))
			return P2P_SEG_ABSORBED;
	}
	if (known == s.end - s.from)
		return env->hold && p2p_before(r->cleared, s.end) ? P2P_SEG_ABSORBED : P2P_SEG_AGAIN;
	return judge_new(r, env, &s);
}

enum p2p_acked p2p_reasm_ack(struct p2p_reasm *r, const struct p2p_reasm_env *env, u32 ack,
			     u32 window)
{
	enum p2p_acked what = p2p_reasm_note_ack(r, &ack, window);

	if (what != P2P_ACK_NEW)
		return what;
	if (p2p_before(r->cleared, ack)) {
		skip(r, env, later(ack, r->end));
		what = P2P_ACK_HOLE;
	}
	r->base = ack;
	forget(r, env);
	return what;
}

void p2p_reasm_depth(const struct p2p_reasm *r, struct p2p_depth *depth)
{
	const struct p2p_piece *piece = r->ordered.first[0];
	u32 end = r->end;

	*depth = (struct p2p_depth){
		.ordered = r->ordered.n,
		.ordered_units = piece ? r->end - piece->seq : 0,
		.ahead = r->ooo.n,
	};
	for (piece = r->ooo.first[0]; piece; piece = piece->next[0]) {
		depth->gaps += piece->seq != end;
		depth->ahead_units += piece->len;
		end = p2p_piece_end(piece);
	}
}

void p2p_reasm_free(struct p2p_reasm *r, const struct p2p_reasm_env *env)
{
	u32 random = r->ordered.random;

	give_all(env, &r->ordered);
	give_all(env, &r->ooo);
	p2p_reasm_init(r, random);
}
