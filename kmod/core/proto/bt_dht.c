// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BitTorrent DHT: KRPC messages of BEP 5, with the keys of BEP 32 (want),
 * 42 (ip), 43 (ro), 44 (k, sig, seq, v) and 51 (samples).
 *
 * One datagram is one bencoded dictionary:
 *
 *	d 1:a d 2:id 20:<node> ... e 1:q 4:ping 1:t 2:aa 1:y 1:q e	query
 *	d 1:r d 2:id 20:<node> ... e 1:t 2:aa 1:y 1:r e			response
 *	d 1:e l i201e 7:message e 1:t 2:aa 1:y 1:e e			error
 *
 *	d ... e dictionary   l ... e list   i<digits>e integer   <n>:<bytes>
 *
 * The datagram is walked once, token by token, with a bit for each level that
 * tells dictionaries from lists: no recursion, no look ahead. Keys of which
 * nothing is known are walked over wherever they stand.
 */
#include "../match.h"

enum {
	MAX_DEPTH = 12, /* real messages stay below 5 */
	MAX_DIGITS = 20,
	NODE_ID = 20,
};

/* What was found, a bit each */
enum {
	TRANSACTION = 1 << 0, /* t */
	QUERY = 1 << 1,	      /* y is q; and so on */
	RESPONSE = 1 << 2,
	ERROR = 1 << 3,
	METHOD = 1 << 4, /* q is a string */
	REASON = 1 << 5, /* e is a list */
	ASKER = 1 << 6,	 /* a node id of the right size in a */
	ANSWERER = 1 << 7, /* the same in r */
};

/**
 * struct walk - where the walk stands
 * @b: the datagram
 * @at: the next token
 * @depth: open dictionaries and lists
 * @dicts: bit n is set where level n is a dictionary
 * @keyed: bit n is set where level n awaits the value of a key
 * @top: the key at level 1, 0 if it is not one letter
 * @inner: is the key at level 2 "id"?
 * @found: what was found
 */
struct walk {
	struct p2p_bytes b;
	u32 at;
	unsigned int depth;
	u32 dicts;
	u32 keyed;
	u8 top;
	bool inner;
	u8 found;
};

static inline bool digit(u8 c)
{
	return c >= '0' && c <= '9';
}

/* A string's bytes stand at @w->at; they are what the key before them names. */
static void value(struct walk *w, u32 len)
{
	u8 c = p2p_u8(w->b, w->at);

	if (w->depth == 2 && w->inner && len == NODE_ID)
		w->found |= w->top == 'a' ? ASKER : w->top == 'r' ? ANSWERER : 0;
	if (w->depth != 1)
		return;
	if (w->top == 't')
		w->found |= TRANSACTION;
	else if (w->top == 'q')
		w->found |= METHOD;
	else if (w->top == 'y' && len == 1)
		w->found |= c == 'q' ? QUERY :
			    c == 'r' ? RESPONSE :
			    c == 'e' ? ERROR :
				       0;
}

/* A value begins or, in a dictionary, a key that only a string may be. */
static bool place(struct walk *w, bool string)
{
	u32 level = (u32)1 << w->depth;

	if (!w->depth || !(w->dicts & level))
		return true;
	w->keyed ^= level;
	return string || !(w->keyed & level);
}

static bool string(struct walk *w)
{
	u32 len = 0, level = (u32)1 << w->depth;
	u8 c;

	while (digit(c = p2p_u8(w->b, w->at++))) {
		len = len * 10 + (c - '0');
		if (len > 65535)
			return false;
	}
	if (c != ':' || !w->depth || !place(w, true))
		return false;
	if (!(w->dicts & level) || !(w->keyed & level))
		value(w, len);
	else if (w->depth == 1)
		w->top = len == 1 ? p2p_u8(w->b, w->at) : 0;
	else if (w->depth == 2)
		w->inner = len == 2 && P2P_IS(w->b, w->at, "id");
	w->at += len;
	return true;
}

static bool integer(struct walk *w)
{
	u32 from;

	if (!place(w, false))
		return false;
	w->at++;
	if (p2p_u8(w->b, w->at) == '-')
		w->at++;
	from = w->at;
	while (digit(p2p_u8(w->b, w->at)))
		w->at++;
	if (w->at == from || w->at - from > MAX_DIGITS)
		return false;
	return p2p_u8(w->b, w->at++) == 'e';
}

static bool down(struct walk *w, bool dict)
{
	u32 level;

	if (w->depth == MAX_DEPTH || !place(w, false))
		return false;
	if (w->depth == 1 && w->top == 'e' && !dict)
		w->found |= REASON;
	level = (u32)1 << ++w->depth;
	w->keyed &= ~level;
	w->dicts = dict ? w->dicts | level : w->dicts & ~level;
	if (w->depth == 2)
		w->inner = false;
	w->at++;
	return true;
}

static bool up(struct walk *w)
{
	if (!w->depth || (w->keyed & (u32)1 << w->depth))
		return false;
	w->depth--;
	w->at++;
	return true;
}

static bool token(struct walk *w)
{
	switch (p2p_u8(w->b, w->at)) {
	case 'd':
		return down(w, true);
	case 'l':
		return down(w, false);
	case 'i':
		return integer(w);
	case 'e':
		return up(w);
	}
	return string(w);
}

/* uTP (BEP 29) shares the socket: such a datagram is no reason to give up. */
static bool maybe_utp(struct p2p_bytes b)
{
	return p2p_has(b, 0, 20) && (p2p_u8(b, 0) & 15) == 1 &&
	       p2p_u8(b, 0) < 0x50 && p2p_u8(b, 1) < 4;
}

static bool message(u8 found)
{
	const u8 query = QUERY | METHOD | TRANSACTION | ASKER;
	const u8 response = RESPONSE | TRANSACTION | ANSWERER;
	const u8 error = ERROR | TRANSACTION | REASON;

	return (found & query) == query || (found & response) == response ||
	       (found & error) == error;
}

enum p2p_match p2p_bt_dht_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct walk w = { .b = chunk->bytes };

	(void)scratch;
	if (p2p_u8(w.b, 0) != 'd' || !digit(p2p_u8(w.b, 1)))
		return maybe_utp(w.b) ? P2P_MORE : P2P_NO;
	do {
		if (!token(&w))
			break;
	} while (w.depth && w.at < w.b.len);

	/* Keys are sorted, so a cut message still shows its a or r. */
	if (chunk->cut && w.at >= w.b.len)
		return w.found & (ASKER | ANSWERER) ? P2P_YES : P2P_NO;
	return !w.depth && w.at == w.b.len && message(w.found) ? P2P_YES : P2P_NO;
}
