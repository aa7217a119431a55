/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Content rules in one piece of memory, as user space compiles them and the
 * kernel is given them.
 *
 * It begins with a head, which says how many there are of everything. Then come
 * the lists, each padded with up to 7 bytes to a multiple of 8, in this order,
 * and without a pointer anywhere:
 *
 *   rules       struct p2p_content_rule each
 *   globs       struct p2p_glob
 *   extensions  struct p2p_extension
 *   ids         struct p2p_content_id
 *   sizes       struct p2p_sizes
 *   types       struct p2p_typeset
 *   terms       one byte: enum p2p_fact
 *   mentions    u16: a term
 *   mention_of  u32: @keywords + 2 of them, none where there is no automaton
 *   automaton   @words bytes, as automaton.h describes them
 *
 * Numbers are in the order of the host: both ends are the same machine.
 */
#ifndef P2P_CORE_CONTENT_BLOB_H
#define P2P_CORE_CONTENT_BLOB_H

#include "content.h"

P2P_BEGIN_DECLS

enum {
	P2P_CONTENT_MAGIC = 0x43325032, /* in the byte order of the host */
	P2P_CONTENT_VERSION = 2,
	P2P_CONTENT_BLOB_MAX = 32 << 20, /* bytes; all lists at their most have less */
};

/**
 * struct p2p_content_head - what the memory begins with
 * @size: bytes of the whole, head and padding included
 * @keywords: patterns of the automaton
 * @words: bytes of the automaton, 0: there are no keywords
 *
 * The others are those of struct p2p_content.
 */
struct p2p_content_head {
	u32 magic;
	u32 version;
	u32 size;
	u32 rules;
	u32 globs;
	u32 extensions;
	u32 ids;
	u32 sizes;
	u32 types;
	u32 terms;
	u32 mentions;
	u32 keywords;
	u32 words;
	u32 unused; /* 0 */
};

/**
 * p2p_content_open() - check @len bytes at @blob, and tell what lies where
 * @content: what is told; all of it is set
 * @blob: aligned to 8 bytes; must stay as it is while @content is used
 * @at: number of what is wrong; of P2P_CONTENT_AUTOMATON: enum p2p_automaton_error
 *
 * Linear in @len. p2p_content_prepare() is part of it.
 *
 * Return: P2P_CONTENT_OK, or @content is not to be used.
 */
enum p2p_content_error p2p_content_open(struct p2p_content *content, const void *blob, u32 len,
					u32 *at);

P2P_END_DECLS

#endif
