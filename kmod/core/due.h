/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who waits until when: the soonest first. A pairing heap (Fredman, Sedgewick, Sleator,
 * Tarjan, 1986): to come costs one comparison, to leave some log n of them.
 */
#ifndef P2P_CORE_DUE_H
#define P2P_CORE_DUE_H

#include "env.h"

P2P_BEGIN_DECLS

/**
 * struct p2p_due - part of who waits
 * @when: until then; not changed while it waits
 * @child: the first of those behind it
 * @next: the next one with the same parent
 * @back: the one before it, of a first child its parent
 */
struct p2p_due {
	u64 when;
	struct p2p_due *child;
	struct p2p_due *next;
	struct p2p_due *back;
};

/** p2p_due_add() - @due->when is set. *@first: the soonest of all, NULL: nobody waits */
void p2p_due_add(struct p2p_due **first, struct p2p_due *due);

/** p2p_due_remove() - it waits no longer */
void p2p_due_remove(struct p2p_due **first, struct p2p_due *due);

P2P_END_DECLS

#endif
