// SPDX-License-Identifier: GPL-2.0-only
/*
 * What eDonkey's messages say of one file, that they begin with the hash of.
 *
 *	e3 58, 4f, 51, c5 81, 83, 92	hash 16 | ...: OBJECT, asked for
 *	c5 a4	hash 16 | size 8 | ...: the same
 *	e3 19, 23	hash 16 | size 4, or 0 4 and size 8: of a server
 *	e3 52	hash 16 | ...: OBJECT
 *	e3 59	hash 16 | length 2 | name: OBJECT
 *	e3 50	hash 16 | parts 2 | bits: BITFIELD (least significant bit first);
 *		no parts: it is whole, the BITFIELD empty
 *	c5 93	hash 16 | answers, without the hash: 59, 50 as above; 9d: 20 bytes
 */
#include "ed_lane.h"

/* Behind an answer of several, the next */
static void answered(struct p2p_lane *l)
{
	if (ed_of(l)->form != ED_MULTI)
		return;
	p2p_mark(l);
	p2p_want(l, ED_ANSWER, 1);
}

static void answer(struct p2p_lane *l, u8 op)
{
	if (op == 0x59)
		p2p_want(l, ED_NAME, 2);
	else if (op == 0x50)
		p2p_want(l, ED_STATUS, 2);
	else if (op == 0x9d)
		p2p_skip(l, ED_MULTI, 20);
}

static void status(struct p2p_step *s, u32 parts)
{
	struct p2p_lane *l = s->lane;

	l->offset = 0;
	ed_of(l)->items = (parts + 7) / 8;
	p2p_want_block(l, ED_BITS, ed_of(l)->items);
}

static void bits(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	p2p_emit_bits(s, l->offset + ed_of(l)->items);
	l->offset += l->named;
	ed_of(l)->items -= l->named;
	if (ed_of(l)->items)
		p2p_want_block(l, ED_BITS, ed_of(l)->items);
	else
		answered(l);
}

/* A server is asked: behind the hash, the size 4, or 0 4 and the size 8 */
static void asked_of(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	u64 size = P2P_SIZE_UNKNOWN;

	if (!ed_of(l)->items++) {
		p2p_set_id(l, b, 0, ED_HASH);
		if (l->frame == 4 || l->frame == 12) {
			p2p_want(l, ED_ASKED_OF, (u8)l->frame);
			return;
		}
	} else {
		size = b.len == 12 ? p2p_le64(b, 4) : p2p_le32(b, 0);
	}
	p2p_emit_object(s, P2P_CONTENT_TOLD, P2P_NAMELESS, size);
}

/* The bytes begin with the hash; in an answer of several it was there before */
static void about(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	p2p_set_id(l, b, 0, ED_HASH);
	switch (s->state) {
	case ED_ASKED:
		p2p_emit_object(s, P2P_CONTENT_THERE, P2P_NAMELESS, P2P_SIZE_UNKNOWN);
		break;
	case ED_SIZED:
		p2p_emit_object(s, P2P_CONTENT_THERE, P2P_NAMELESS, p2p_le64(b, ED_HASH));
		break;
	case ED_HASHES:
		p2p_emit_object(s, P2P_CONTENT_HERE, P2P_NAMELESS, P2P_SIZE_UNKNOWN);
		break;
	case ED_NAME:
		p2p_want_name(l, ED_NAMED, p2p_le16(b, b.len - 2));
		break;
	case ED_STATUS:
		status(s, p2p_le16(b, b.len - 2));
		break;
	case ED_MULTI:
		answered(l);
		break;
	}
}

void p2p_ed_file_step(struct p2p_step *s, struct p2p_bytes b)
{
	switch (s->state) {
	case ED_NAMED:
		p2p_emit_object(s, P2P_CONTENT_HERE, p2p_name(s->lane), P2P_SIZE_UNKNOWN);
		answered(s->lane);
		break;
	case ED_ANSWER:
		answer(s->lane, p2p_u8(b, 0));
		break;
	case ED_BITS:
		bits(s);
		break;
	case ED_ASKED_OF:
		asked_of(s, b);
		break;
	default:
		about(s, b);
	}
}
