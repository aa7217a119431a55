/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pieces of a stream, sorted, none overlapping: a skip list by sequence number
 * (Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990).
 *
 * A stranger chooses in which order pieces come and which are asked for, so a
 * plain list would have him choose the cost: with four thousand pieces a search
 * takes some forty steps here. To append, which is what nearly every packet does,
 * takes one.
 *
 * Sequence numbers are a circle of 2^32. All pieces of a list, and what is asked of
 * it, lie within half of it.
 */
#ifndef P2P_CORE_PIECES_H
#define P2P_CORE_PIECES_H

#include "env.h"

P2P_BEGIN_DECLS

/* Each level has a sixteenth of the one below: 16^3 = 4,096 pieces */
enum { P2P_LEVELS = 3 };

/**
 * struct p2p_piece - some bytes of a stream, in a packet that somebody keeps; 48 bytes
 * @next: by level; only those below @levels mean anything
 * @seq: number of the first byte
 * @len: how many, at least 1
 * @off: where they begin in the packet's payload
 * @charge: the memory that they keep from being freed, bytes
 * @own: its keeper's
 * @own_len: likewise
 * @levels: from 1 to P2P_LEVELS
 */
struct p2p_piece {
	struct p2p_piece *next[P2P_LEVELS];
	u32 seq;
	u32 len;
	u32 off;
	u32 charge;
	u32 own;
	u16 own_len;
	u16 levels;
};

/**
 * struct p2p_pieces - a list of them; all zero is an empty one, but for @random
 * @first: by level
 * @last: by level; means nothing where @first is NULL
 * @n: how many
 * @charge: the sum of theirs
 * @random: what the levels are drawn from; not known to strangers
 */
struct p2p_pieces {
	struct p2p_piece *first[P2P_LEVELS];
	struct p2p_piece *last[P2P_LEVELS];
	u32 n;
	u32 charge;
	u32 random;
};

/* Is @a before @b on the circle? */
static inline bool p2p_before(u32 a, u32 b)
{
	return a - b >= 0x80000000u;
}

/* The number behind its last byte */
static inline u32 p2p_piece_end(const struct p2p_piece *piece)
{
	return piece->seq + piece->len;
}

/**
 * p2p_pieces_count() - one more, and its levels: one more for four bits of zeros
 *
 * They are the upper ones of a linear congruential generator (Press et al., "Numerical
 * Recipes", 1992).
 */
static inline void p2p_pieces_count(struct p2p_pieces *list, struct p2p_piece *piece)
{
	u32 x = list->random * 1664525 + 1013904223;

	list->random = x;
	list->n++;
	list->charge += piece->charge;
	for (piece->levels = 1; P2P_UNLIKELY(x < 1u << 28) && piece->levels < P2P_LEVELS; x <<= 4)
		piece->levels++;
}

/* Of p2p_pieces_append() on one level */
static inline void p2p_pieces_append_at(struct p2p_pieces *list, u32 level, struct p2p_piece *piece)
{
	piece->next[level] = NULL;
	*(list->first[level] ? &list->last[level]->next[level] : &list->first[level]) = piece;
	list->last[level] = piece;
}

/** p2p_pieces_append() - @piece lies behind all others */
static inline void p2p_pieces_append(struct p2p_pieces *list, struct p2p_piece *piece)
{
	u32 level;

	p2p_pieces_count(list, piece);
	p2p_pieces_append_at(list, 0, piece);
	for (level = 1; P2P_UNLIKELY(level < piece->levels); level++)
		p2p_pieces_append_at(list, level, piece);
}

/** p2p_pieces_insert() - @piece overlaps no other */
void p2p_pieces_insert(struct p2p_pieces *list, struct p2p_piece *piece);

/** p2p_pieces_shift() - take the first one out; NULL: there is none */
static inline struct p2p_piece *p2p_pieces_shift(struct p2p_pieces *list)
{
	struct p2p_piece *piece = list->first[0];
	u32 level;

	if (!piece)
		return NULL;
	/* it is the first on each of its levels */
	list->first[0] = piece->next[0];
	for (level = 1; P2P_UNLIKELY(level < piece->levels); level++)
		list->first[level] = piece->next[level];
	list->n--;
	list->charge -= piece->charge;
	return piece;
}

/** p2p_pieces_from() - the first one that ends behind @seq; NULL: there is none */
struct p2p_piece *p2p_pieces_from(const struct p2p_pieces *list, u32 seq);

P2P_END_DECLS

#endif
