/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bounded reader: the only way a parser reads hostile bytes.
 *
 * A struct p2p_bytes is a window on memory somebody else owns. Every accessor
 * takes an offset and checks it; a read that does not fit yields 0 (or false),
 * never a byte from outside. Parsers therefore test what they read, not where,
 * and use p2p_has() where "zero" and "absent" must differ.
 */
#ifndef P2P_CORE_BYTES_H
#define P2P_CORE_BYTES_H

#include "env.h"

/**
 * struct p2p_bytes - @len readable bytes at @data
 *
 * An empty window may have no pointer. C forbids even to add 0 to it, or to
 * compare no bytes there, hence the tests for 0 below.
 */
struct p2p_bytes {
	const u8 *data;
	u32 len;
};

#define P2P_NPOS ((u32)~0u)

/** p2p_has() - are the @n bytes from offset @off on inside the window? */
static inline bool p2p_has(struct p2p_bytes b, u32 off, u32 n)
{
	return off <= b.len && n <= b.len - off;
}

static inline u8 p2p_u8(struct p2p_bytes b, u32 off)
{
	return off < b.len ? b.data[off] : 0;
}

static inline u16 p2p_be16(struct p2p_bytes b, u32 off)
{
	const u8 *p;

	if (!p2p_has(b, off, 2))
		return 0;
	p = b.data + off;
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 p2p_be32(struct p2p_bytes b, u32 off)
{
	const u8 *p;

	if (!p2p_has(b, off, 4))
		return 0;
	p = b.data + off;
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u64 p2p_be64(struct p2p_bytes b, u32 off)
{
	return p2p_has(b, off, 8) ?
		       (u64)p2p_be32(b, off) << 32 | p2p_be32(b, off + 4) :
		       0;
}

static inline u16 p2p_le16(struct p2p_bytes b, u32 off)
{
	u16 v = p2p_be16(b, off);

	return (u16)(v << 8 | v >> 8);
}

static inline u32 p2p_le32(struct p2p_bytes b, u32 off)
{
	return __builtin_bswap32(p2p_be32(b, off));
}

static inline u64 p2p_le64(struct p2p_bytes b, u32 off)
{
	return __builtin_bswap64(p2p_be64(b, off));
}

/** p2p_copy() - the @n bytes at @off into @to; false, and nothing, if absent */
static inline bool p2p_copy(struct p2p_bytes b, u32 off, void *to, u32 n)
{
	if (!p2p_has(b, off, n))
		return false;
	if (n)
		memcpy(to, b.data + off, n);
	return true;
}

/** p2p_slice() - the part from @off on, at most @n bytes, clamped to @b */
static inline struct p2p_bytes p2p_slice(struct p2p_bytes b, u32 off, u32 n)
{
	if (off > b.len)
		off = b.len;
	if (off)
		b.data += off;
	b.len -= off;
	if (b.len > n)
		b.len = n;
	return b;
}

/** p2p_eq() - do the bytes at @off equal the @n bytes at @text? */
static inline bool p2p_eq(struct p2p_bytes b, u32 off, const void *text, u32 n)
{
	return p2p_has(b, off, n) && (!n || !memcmp(b.data + off, text, n));
}

/** P2P_IS() - does the string literal @lit stand at offset @off? */
#define P2P_IS(b, off, lit) p2p_eq(b, off, lit, sizeof(lit) - 1)

/**
 * p2p_find() - where does @text stand first, searching from @from on?
 * @n: length of @text, at least 1
 *
 * Return: the offset, or P2P_NPOS. Costs at most one pass over @b.
 */
static inline u32 p2p_find(struct p2p_bytes b, u32 from, const char *text, u32 n)
{
	u32 at;

	for (at = from; p2p_has(b, at, n); at++)
		if (b.data[at] == (u8)text[0] && !memcmp(b.data + at, text, n))
			return at;
	return P2P_NPOS;
}

/** P2P_FIND() - p2p_find() for a string literal */
#define P2P_FIND(b, from, lit) p2p_find(b, from, lit, sizeof(lit) - 1)

#endif
