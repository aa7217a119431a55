/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thousands of patterns in one pass: a flat Aho-Corasick automaton (Aho and
 * Corasick, "Efficient string matching", CACM 18(6), 1975).
 *
 * It is compiled in user space, and lies in one piece of memory without a
 * pointer in it. p2p_automaton_open() checks every index before anything runs
 * over it. Nodes are numbered level by level, so that a node's children lie
 * together behind all nodes of its level: one number tells where they begin,
 * and the next node's where they end. That is also how depths are checked
 * without any memory: a fail link must lead in front of the node's own level.
 *
 * What a stream keeps between two chunks is the number of a node.
 *
 * Speed comes from two tables that say nothing new. The first nodes, those near
 * the root where ordinary bytes keep the automaton, have a whole row: the next
 * node for each class of bytes, fail links followed beforehand. And at the root
 * two bytes tell how many may be left out (Wu and Manber, "A fast algorithm for
 * multi-pattern searching", 1994).
 *
 * Upper and lower case are a matter of the automaton, not of a pattern: bytes
 * fall into classes first, and the compiler puts 'a' and 'A' into one. A pattern
 * apart from the others would have to be compared with bytes that a stream does
 * not keep.
 *
 * Time is bound by the bytes: each rises one level at most, each fail link
 * followed falls one at least.
 */
#ifndef P2P_CORE_AUTOMATON_H
#define P2P_CORE_AUTOMATON_H

#include "bytes.h"

P2P_BEGIN_DECLS

enum {
	P2P_AUTOMATON_MAGIC = 0x41325032, /* in the byte order of the host */
	P2P_AUTOMATON_VERSION = 1,
	P2P_AUTOMATON_MAX = 16 << 20,	  /* bytes of a whole automaton */
	P2P_NODES_MAX = 1 << 20,
	P2P_PATTERNS_MAX = 65535,
	P2P_PATTERN_MIN = 2,		  /* bytes of one */
	P2P_PATTERN_MAX = 255,
	P2P_CLASSES_MAX = 256,
	P2P_WINDOW_MAX = 8,
	P2P_PAIRS = 65536,
};

/**
 * struct p2p_automaton_head - what the memory begins with
 * @size: bytes of the whole: head, rows, nodes, shorter, skip, labels
 * @nodes: the root (node 0) and the others
 * @patterns: numbered from 1 on, the shorter before the longer
 * @classes: of bytes
 * @dense: nodes from the root on that have a row
 * @window: bytes that the shortest pattern has, at most P2P_WINDOW_MAX
 * @class_of: a byte's class
 */
struct p2p_automaton_head {
	u32 magic;
	u32 version;
	u32 size;
	u32 nodes;
	u32 patterns;
	u32 classes;
	u32 dense;
	u32 window;
	u8 class_of[256];
};

/**
 * struct p2p_node - bytes read so far that begin a pattern
 * @first: its first child; they end where those of the next node begin. One
 *         more node behind the last says where the last one's end.
 * @fail: the longest of its proper suffixes that is a node
 * @output: the longest pattern that ends here, 0: none
 */
struct p2p_node {
	u32 first;
	u32 fail;
	u32 output;
};

/**
 * struct p2p_automaton - an automaton that has been checked
 * @row: @dense times @classes entries, p2p_automaton_entry() of the next node
 * @node: @nodes + 1
 * @shorter: by pattern: the next shorter one that ends wherever it does, 0: none
 * @skip: by two bytes, as the host reads them: with these at the end of the
 *        window, a pattern can begin so many bytes on at the earliest
 * @label: by node: the class of its last byte
 */
struct p2p_automaton {
	const u8 *class_of;
	const s32 *row;
	const struct p2p_node *node;
	const u32 *shorter;
	const u8 *skip;
	const u8 *label;
	u32 nodes;
	u32 patterns;
	u32 classes;
	u32 dense;
	u32 window;
};

/** enum p2p_automaton_error - what is wrong with one; _OK is 0 */
enum p2p_automaton_error {
	P2P_AUTOMATON_OK,
	P2P_AUTOMATON_HEAD,	/* no automaton, or one of another version */
	P2P_AUTOMATON_COUNT,	/* a count in its head is out of its range */
	P2P_AUTOMATON_SIZE,	/* not as many bytes as its counts need */
	P2P_AUTOMATON_CLASS,	/* a byte's class is out of range */
	P2P_AUTOMATON_TREE,	/* a node's children are not where they must be */
	P2P_AUTOMATON_LABEL,	/* a label is out of range, or not behind its sibling's */
	P2P_AUTOMATON_FAIL,	/* a fail link does not lead to a shorter node */
	P2P_AUTOMATON_OUTPUT,	/* a pattern is not there, or not shorter */
	P2P_AUTOMATON_ROW,	/* a row is not what children and fail links say */
	P2P_AUTOMATON_SKIP,	/* more bytes left out than the window allows */
};

/** p2p_automaton_error_text() - one sentence */
const char *p2p_automaton_error_text(enum p2p_automaton_error error);

/**
 * p2p_automaton_open() - check @len bytes at @blob, and tell what lies where
 * @blob: aligned to 4 bytes; must stay as it is while @a is used
 *
 * Linear in @len. What is checked is that p2p_automaton_run() is safe and takes
 * linear time, not that it finds what somebody meant.
 *
 * Return: P2P_AUTOMATON_OK, or @a is not to be used.
 */
enum p2p_automaton_error p2p_automaton_open(struct p2p_automaton *a, const void *blob, u32 len);

/**
 * p2p_automaton_run() - read bytes until a pattern ends
 * @state: 0 at the beginning of a stream, then what was left there by this
 *         automaton
 * @at: the first byte to read; then the one behind the last that was read
 *
 * Return: the longest pattern that ends in front of *@at; p2p_automaton_shorter()
 * tells the others. 0: none, and all bytes are read.
 */
u32 p2p_automaton_run(const struct p2p_automaton *a, u32 *state, struct p2p_bytes bytes, u32 *at);

/** p2p_automaton_shorter() - the next that ends where @pattern does, 0: none */
static inline u32 p2p_automaton_shorter(const struct p2p_automaton *a, u32 pattern)
{
	return a->shorter[pattern];
}

/**
 * p2p_automaton_entry() - how a row tells of @node
 *
 * Return: 0 for the root, where its row begins if it has one and no pattern
 * ends there, else less than 0: -@node.
 */
static inline s32 p2p_automaton_entry(const struct p2p_node *node, u32 number, u32 dense,
				      u32 classes)
{
	return number < dense && !node[number].output ? (s32)(number * classes) : -(s32)number;
}

P2P_END_DECLS

#endif
