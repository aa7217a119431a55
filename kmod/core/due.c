// SPDX-License-Identifier: GPL-2.0-only
#include "due.h"

/* Two heaps become one; either may be empty. Neither has a sibling. */
static struct p2p_due *merge(struct p2p_due *a, struct p2p_due *b)
{
	struct p2p_due *other;

	if (!a || !b)
		return a ? a : b;
	if (b->when < a->when) {
		other = a;
		a = b;
		b = other;
	}
	b->next = a->child;
	if (b->next)
		b->next->back = b;
	b->back = a;
	a->child = b;
	return a;
}

/* All heaps from @child on become one: in pairs, then pair by pair from the last one on. */
static struct p2p_due *merge_all(struct p2p_due *child)
{
	struct p2p_due *pairs = NULL, *all = NULL, *a, *b;

	while (child) {
		a = child;
		b = a->next;
		child = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = merge(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		a = pairs;
		pairs = a->next;
		a->next = NULL;
		all = merge(all, a);
	}
	return all;
}

void p2p_due_add(struct p2p_due **first, struct p2p_due *due)
{
	due->child = NULL;
	due->next = NULL;
	*first = merge(*first, due);
	(*first)->back = NULL;
}

void p2p_due_remove(struct p2p_due **first, struct p2p_due *due)
{
	struct p2p_due *children = merge_all(due->child);

	if (due->back) {
		if (due->back->child == due)
			due->back->child = due->next;
		else
			due->back->next = due->next;
		if (due->next)
			due->next->back = due->back;
		*first = merge(*first, children);
	} else {
		*first = children;
	}
	if (*first)
		(*first)->back = NULL;
}
