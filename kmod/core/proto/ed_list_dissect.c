// SPDX-License-Identifier: GPL-2.0-only
/*
 * eDonkey's lists of endpoints, and searches.
 *
 *	e3 42	hash 16 | count 1 | count * (id 4 | port 2)
 *	e3 44	the same, behind each: options 1, and hash 16 if they have 0x80
 *	e3 32	count 1 | count * (address 4 | port 2)
 *	e3 35	address 4 | port 2 | ...
 *	c5 82	hash 16 | count 2 | count * source; c5 84: version 1 before it
 *		source: id 4 | port 2 | server 4, port 2, and in later versions a
 *		hash 16, and options 1: all of one size, and the address backwards
 *	e3 16	terms to the end: 00 operator 1; 01 string; 02 string | name;
 *		03 number 4 | comparison 1 | name; 08 the same, number 8
 *		string, name: length 2 | bytes
 *
 * The operators stand before what they join, so a search is read as a row.
 */
#include "ed_lane.h"

enum {
	SOURCE = 12,	  /* the first version's */
	SOURCE_MAX = 29,  /* the last's */
	HAS_HASH = 0x80,
	OPERATOR = 0x00,
	WORD = 0x01,
	WORD_OF = 0x02,
	NUMBER = 0x03,
	NUMBER64 = 0x08,
};

static void next_source(struct p2p_lane *l)
{
	struct ed_lane *ed = ed_of(l);

	if (!ed->items)
		return;
	ed->items--;
	p2p_mark(l);
	p2p_want(l, ED_SOURCE, ed->type);
}

static void begin_sources(struct p2p_lane *l, u32 count, u32 size)
{
	if (size > SOURCE_MAX)
		return;
	ed_of(l)->items = count;
	ed_of(l)->type = (u8)size;
	next_source(l);
}

/* Sources of one size, which follows from what there is */
static void begin_exchange(struct p2p_lane *l, u32 count)
{
	u32 size = count ? l->frame / count : 0;

	if (size >= SOURCE && size * count == l->frame)
		begin_sources(l, count, size);
}

static void source(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	struct p2p_bytes backwards;
	u8 address[6];

	if (b.len > SOURCE) {
		address[0] = p2p_u8(b, 3);
		address[1] = p2p_u8(b, 2);
		address[2] = p2p_u8(b, 1);
		address[3] = p2p_u8(b, 0);
		p2p_copy(b, 4, address + 4, 2);
		backwards.data = address;
		backwards.len = sizeof(address);
		ed_emit_peer(s, backwards, 0);
	} else {
		ed_emit_peer(s, b, 0);
	}
	if (ed_of(l)->form == ED_FOUND_OBFUSCATED)
		p2p_want(l, ED_CRYPT, 1);
	else
		next_source(l);
}

static void begin_term(struct p2p_lane *l, u8 type)
{
	ed_of(l)->type = type;
	switch (type) {
	case OPERATOR:
		p2p_want(l, ED_OPERATOR, 1);
		break;
	case WORD:
	case WORD_OF:
		p2p_want(l, ED_WORD, 2);
		break;
	case NUMBER:
		p2p_want(l, ED_LIMIT, 4 + 1 + 2);
		break;
	case NUMBER64:
		p2p_want(l, ED_LIMIT, 8 + 1 + 2);
		break;
	}
}

static void next_term(struct p2p_lane *l)
{
	p2p_mark(l);
	p2p_want(l, ED_SEARCH, 1);
}

static void words(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	if (l->named)
		p2p_emit_search(s, p2p_name(l));
	if (ed_of(l)->type == WORD_OF)
		p2p_want(l, ED_CONDITION, 2);
	else
		next_term(l);
}

static void search_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case ED_SEARCH:
		begin_term(l, p2p_u8(b, 0));
		break;
	case ED_WORD:
		p2p_want_name(l, ED_WORDS, p2p_le16(b, 0));
		break;
	case ED_WORDS:
		words(s);
		break;
	case ED_CONDITION:
	case ED_LIMIT:
		p2p_skip(l, ED_OPERATOR, p2p_le16(b, b.len - 2));
		break;
	case ED_OPERATOR:
		next_term(l);
		break;
	}
}

void p2p_ed_list_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case ED_FOUND:
	case ED_FOUND_OBFUSCATED:
	case ED_SERVERS:
		begin_sources(l, p2p_u8(b, b.len - 1), 6);
		break;
	case ED_CALLBACK:
		ed_emit_peer(s, b, 0);
		break;
	case ED_SOURCES:
	case ED_SOURCES2:
		begin_exchange(l, p2p_le16(b, b.len - 2));
		break;
	case ED_SOURCE:
		source(s, b);
		break;
	case ED_CRYPT:
		p2p_skip(l, ED_NEXT_SOURCE, p2p_u8(b, 0) & HAS_HASH ? ED_HASH : 0);
		break;
	case ED_NEXT_SOURCE:
		next_source(l);
		break;
	default:
		search_step(s, b);
	}
}
