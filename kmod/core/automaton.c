// SPDX-License-Identifier: GPL-2.0-only
#include "automaton.h"

_Static_assert(sizeof(struct p2p_automaton_head) == 288, "in memory as user space writes it");
_Static_assert(sizeof(struct p2p_node) == 12, "in memory as user space writes it");
_Static_assert(P2P_AUTOMATON_MAX / sizeof(s32) < 1u << 31, "a row's place is a s32");

const char *p2p_automaton_error_text(enum p2p_automaton_error error)
{
	switch (error) {
	case P2P_AUTOMATON_OK:
		return "nothing is wrong";
	case P2P_AUTOMATON_HEAD:
		return "it is no automaton, or one of another version";
	case P2P_AUTOMATON_COUNT:
		return "a count in its head is out of its range";
	case P2P_AUTOMATON_SIZE:
		return "it has not as many bytes as its counts need";
	case P2P_AUTOMATON_CLASS:
		return "a byte's class is out of range";
	case P2P_AUTOMATON_TREE:
		return "a node's children are not where they must be";
	case P2P_AUTOMATON_LABEL:
		return "a label is out of range or not in its order";
	case P2P_AUTOMATON_FAIL:
		return "a fail link does not lead to a shorter node";
	case P2P_AUTOMATON_OUTPUT:
		return "a pattern is not there, or not shorter than the one before";
	case P2P_AUTOMATON_ROW:
		return "a row is not what children and fail links say";
	case P2P_AUTOMATON_SKIP:
		return "more bytes are left out than the window allows";
	}
	return "unknown";
}

/* -- checking -------------------------------------------------------------- */

static bool counts_are_right(const struct p2p_automaton_head *head)
{
	return head->nodes && head->nodes <= P2P_NODES_MAX &&
	       head->patterns <= P2P_PATTERNS_MAX && head->classes &&
	       head->classes <= P2P_CLASSES_MAX && head->dense && head->dense <= head->nodes &&
	       head->window >= P2P_PATTERN_MIN && head->window <= P2P_WINDOW_MAX;
}

/* Counts are right: nothing here overflows */
static u64 size_of(const struct p2p_automaton_head *head)
{
	return sizeof(*head) + (u64)head->dense * head->classes * sizeof(s32) +
	       (head->nodes + 1) * sizeof(struct p2p_node) +
	       (head->patterns + 1) * sizeof(u32) + P2P_PAIRS + head->nodes;
}

static enum p2p_automaton_error lay_out(struct p2p_automaton *a, const void *blob, u32 len)
{
	const struct p2p_automaton_head *head = blob;

	if (len < sizeof(*head) || head->magic != P2P_AUTOMATON_MAGIC ||
	    head->version != P2P_AUTOMATON_VERSION)
		return P2P_AUTOMATON_HEAD;
	if (!counts_are_right(head))
		return P2P_AUTOMATON_COUNT;
	if (len > P2P_AUTOMATON_MAX || head->size != len || size_of(head) != len)
		return P2P_AUTOMATON_SIZE;
	a->nodes = head->nodes;
	a->patterns = head->patterns;
	a->classes = head->classes;
	a->dense = head->dense;
	a->window = head->window;
	a->class_of = head->class_of;
	a->row = (const s32 *)(head + 1);
	a->node = (const struct p2p_node *)(a->row + a->dense * a->classes);
	a->shorter = (const u32 *)(a->node + a->nodes + 1);
	a->skip = (const u8 *)(a->shorter + a->patterns + 1);
	a->label = a->skip + P2P_PAIRS;
	return P2P_AUTOMATON_OK;
}

/* Eight bytes at a time: one of 128 or more has its high bit set, one below gets it from the sum */
static bool skips_are_right(const struct p2p_automaton *a)
{
	const u64 ones = 0x0101010101010101ull;
	u64 skips, high = 0;
	u32 i;

	for (i = 0; i < P2P_PAIRS; i += sizeof(skips)) {
		memcpy(&skips, a->skip + i, sizeof(skips));
		high |= skips | (skips + (128 - a->window) * ones);
	}
	return !(high & ones << 7);
}

static enum p2p_automaton_error check_tables(const struct p2p_automaton *a)
{
	u32 i;

	for (i = 0; i < 256; i++)
		if (a->class_of[i] >= a->classes)
			return P2P_AUTOMATON_CLASS;
	return skips_are_right(a) ? P2P_AUTOMATON_OK : P2P_AUTOMATON_SKIP;
}

/* As many patterns end in one place as have different lengths */
static enum p2p_automaton_error check_patterns(const struct p2p_automaton *a)
{
	u32 i, pattern, n;

	if (a->shorter[0])
		return P2P_AUTOMATON_OUTPUT;
	for (i = 1; i <= a->patterns; i++) {
		if (a->shorter[i] >= i)
			return P2P_AUTOMATON_OUTPUT;
		for (pattern = i, n = 0; pattern; pattern = a->shorter[pattern])
			if (++n > P2P_PATTERN_MAX)
				return P2P_AUTOMATON_OUTPUT;
	}
	return P2P_AUTOMATON_OK;
}

static bool children_are_right(const struct p2p_automaton *a, u32 node)
{
	u32 i, first = a->node[node].first, end = a->node[node + 1].first;

	for (i = first; i < end; i++)
		if (a->label[i] >= a->classes || (i > first && a->label[i - 1] >= a->label[i]))
			return false;
	return true;
}

/* Its children where it has one, else what its fail link's row says; the root's is itself. */
static bool row_is_right(const struct p2p_automaton *a, u32 node)
{
	const s32 *row = a->row + node * a->classes;
	const s32 *other = a->row + a->node[node].fail * a->classes;
	u32 c, child = a->node[node].first, end = a->node[node + 1].first;
	s32 next;

	for (c = 0; c < a->classes; c++) {
		next = node ? other[c] : 0;
		if (child < end && a->label[child] == c) {
			next = p2p_automaton_entry(a->node, child, a->dense, a->classes);
			child++;
		}
		if (row[c] != next)
			return false;
	}
	return true;
}

/* @level: the first node of its level */
static enum p2p_automaton_error check_node(const struct p2p_automaton *a, u32 node, u32 level)
{
	const struct p2p_node *n = &a->node[node];

	if (n->fail >= level && (node || n->fail))
		return P2P_AUTOMATON_FAIL;
	if (n->output > a->patterns || (!node && n->output))
		return P2P_AUTOMATON_OUTPUT;
	if (!children_are_right(a, node))
		return P2P_AUTOMATON_LABEL;
	if (node < a->dense && !row_is_right(a, node))
		return P2P_AUTOMATON_ROW;
	return P2P_AUTOMATON_OK;
}

/*
 * Every node but the root is the child of one in front of it. All of these
 * first, since a node's row tells of its children's outputs.
 */
static enum p2p_automaton_error check_tree(const struct p2p_automaton *a)
{
	u32 i;

	if (a->node[0].first != 1 || a->node[a->nodes].first != a->nodes)
		return P2P_AUTOMATON_TREE;
	for (i = 0; i < a->nodes; i++)
		if (a->node[i].first <= i || a->node[i].first > a->node[i + 1].first)
			return P2P_AUTOMATON_TREE;
	return P2P_AUTOMATON_OK;
}

static enum p2p_automaton_error check_nodes(const struct p2p_automaton *a)
{
	enum p2p_automaton_error error;
	u32 i, level = 0, next = 1;

	for (i = 0; i < a->nodes; i++) {
		if (i == next) {
			level = next;
			next = a->node[i].first;
		}
		error = check_node(a, i, level);
		if (error)
			return error;
	}
	return P2P_AUTOMATON_OK;
}

enum p2p_automaton_error p2p_automaton_open(struct p2p_automaton *a, const void *blob, u32 len)
{
	enum p2p_automaton_error error = lay_out(a, blob, len);

	if (!error)
		error = check_tables(a);
	if (!error)
		error = check_patterns(a);
	if (!error)
		error = check_tree(a);
	if (!error)
		error = check_nodes(a);
	return error;
}

/* -- running --------------------------------------------------------------- */

/*
 * The bounded reader would cost a comparison for each byte. Here one is made
 * for several: a pointer never moves farther than the bytes that were counted
 * before.
 *
 * A place is where the automaton stands: a row's beginning (0: the root), or
 * less than 0: minus a node, one without a row or one that has just been
 * entered and where a pattern ends.
 */

/* The two last bytes of the window at @p, as the host reads them */
P2P_HOT u32 skip_of(const struct p2p_automaton *a, const u8 *p)
{
	u16 pair;

	memcpy(&pair, p + a->window - 2, sizeof(pair));
	return a->skip[pair];
}

enum { STRIDE_MAX = 8 * P2P_WINDOW_MAX }; /* bytes that stride() and one skip more may read */

/* A skip of 0 is one again, so that it need not be looked at each time */
P2P_HOT const u8 *stride(const struct p2p_automaton *a, const u8 *p)
{
	p += skip_of(a, p);
	p += skip_of(a, p);
	p += skip_of(a, p);
	p += skip_of(a, p);
	p += skip_of(a, p);
	p += skip_of(a, p);
	p += skip_of(a, p);
	return p;
}

/* At the root: the first byte from @p on that a pattern may begin with. Before @end. */
static const u8 *skip_ahead(const struct p2p_automaton *a, const u8 *p, const u8 *end)
{
	u32 window = a->window, skip;

	while ((size_t)(end - p) >= window) {
		skip = skip_of(a, p);
		if (!skip)
			break;
		p += skip;
		while (skip && end - p >= STRIDE_MAX) {
			p = stride(a, p);
			skip = skip_of(a, p);
			p += skip;
		}
	}
	return p;
}

/*
 * Row after row, at least one byte, until the root or a place below 0 is met or
 * @end. Six instructions a byte: with a goto to one end, gcc 12 makes it seven.
 */
static const u8 *follow_rows(const struct p2p_automaton *a, s32 *place, const u8 *p, const u8 *end)
{
	const u8 *class_of = a->class_of;
	const s32 *row = a->row + *place;
	s32 next = *place;

	for (; end - p >= 4; row = a->row + next) {
		next = row[class_of[*p++]];
		if (next <= 0) {
			*place = next;
			return p;
		}
		row = a->row + next;
		next = row[class_of[*p++]];
		if (next <= 0) {
			*place = next;
			return p;
		}
		row = a->row + next;
		next = row[class_of[*p++]];
		if (next <= 0) {
			*place = next;
			return p;
		}
		row = a->row + next;
		next = row[class_of[*p++]];
		if (next <= 0) {
			*place = next;
			return p;
		}
	}
	while (p < end) {
		next = a->row[(u32)next + class_of[*p++]];
		if (next <= 0)
			break;
	}
	*place = next;
	return p;
}

/* The child by a byte of class @c, 0: none */
static u32 find_child(const struct p2p_automaton *a, u32 node, u32 c)
{
	u32 low = a->node[node].first, high = a->node[node + 1].first, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (a->label[middle] == c)
			return middle;
		if (a->label[middle] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* From a node without a row */
static s32 follow_links(const struct p2p_automaton *a, u32 node, u8 byte)
{
	u32 c = a->class_of[byte], child;

	while (node >= a->dense) {
		child = find_child(a, node, c);
		if (child)
			return -(s32)child;
		node = a->node[node].fail;
	}
	return a->row[node * a->classes + c];
}

u32 p2p_automaton_run(const struct p2p_automaton *a, u32 *state, struct p2p_bytes bytes, u32 *at)
{
	const u8 *p, *end;
	u32 node = *state < a->nodes ? *state : 0;
	s32 place = node < a->dense ? (s32)(node * a->classes) : -(s32)node;

	if (*at >= bytes.len)
		return 0;
	p = bytes.data + *at;
	end = bytes.data + bytes.len;
	do {
		if (!place)
			p = skip_ahead(a, p, end);
		if (place >= 0)
			p = follow_rows(a, &place, p, end);
		else
			place = follow_links(a, (u32)-place, *p++);
	} while (p < end && (place >= 0 || !a->node[-place].output));
	*at = (u32)(p - bytes.data);
	*state = place >= 0 ? (u32)place / a->classes : (u32)-place;
	return place >= 0 ? 0 : a->node[-place].output;
}
