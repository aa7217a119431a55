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
 * @random: what the levels are drawn from; never 0, not known to strangers
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

/** p2p_pieces_append() - @piece lies behind all others */
void p2p_pieces_append(struct p2p_pieces *list, struct p2p_piece *piece);

/** p2p_pieces_insert() - @piece overlaps no other */
void p2p_pieces_insert(struct p2p_pieces *list, struct p2p_piece *piece);

/** p2p_pieces_shift() - take the first one out; NULL: there is none */
struct p2p_piece *p2p_pieces_shift(struct p2p_pieces *list);

/** p2p_pieces_from() - the first one that ends behind @seq; NULL: there is none */
struct p2p_piece *p2p_pieces_from(const struct p2p_pieces *list, u32 seq);

P2P_END_DECLS

#endif
