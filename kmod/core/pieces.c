// SPDX-License-Identifier: GPL-2.0-only
#include "pieces.h"

/* Behind @prev on this level; NULL: at the beginning */
static void link(struct p2p_pieces *list, u32 level, struct p2p_piece *prev,
		 struct p2p_piece *piece)
{
	struct p2p_piece **at = prev ? &prev->next[level] : &list->first[level];

	piece->next[level] = *at;
	if (!*at)
		list->last[level] = piece;
	*at = piece;
}

/* The last one before @seq on this level, from @prev (one before @seq, or NULL) on */
static struct p2p_piece *walk(const struct p2p_pieces *list, u32 level, struct p2p_piece *prev,
			      u32 seq)
{
	struct p2p_piece *next = prev ? prev->next[level] : list->first[level];

	for (; next && p2p_before(next->seq, seq); next = next->next[level])
		prev = next;
	return prev;
}

void p2p_pieces_insert(struct p2p_pieces *list, struct p2p_piece *piece)
{
	struct p2p_piece *prev = NULL;
	u32 level;

	if (!list->first[0] || p2p_before(list->last[0]->seq, piece->seq)) {
		p2p_pieces_append(list, piece);
		return;
	}
	p2p_pieces_count(list, piece);
	for (level = P2P_LEVELS; level-- > 0;) {
		prev = walk(list, level, prev, piece->seq);
		if (level < piece->levels)
			link(list, level, prev, piece);
	}
}

struct p2p_piece *p2p_pieces_from(const struct p2p_pieces *list, u32 seq)
{
	struct p2p_piece *prev = NULL;
	u32 level;

	if (!list->first[0] || !p2p_before(seq, p2p_piece_end(list->last[0])))
		return NULL;
	for (level = P2P_LEVELS; level-- > 0;)
		prev = walk(list, level, prev, seq);
	/* what begins at @seq or before may end behind it; pieces do not overlap */
	if (prev && p2p_before(seq, p2p_piece_end(prev)))
		return prev;
	return prev ? prev->next[0] : list->first[0];
}
