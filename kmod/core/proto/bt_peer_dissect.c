// SPDX-License-Identifier: GPL-2.0-only
/*
 * What peers of BitTorrent say. Wire layout and specifications: bt_peer.c.
 *
 *	handshake	OBJECT: the info hash, contents both ways
 *	4, 5, 14	HAVE, BITFIELD (most significant bit first), HAVE of all
 *	6		REQUEST: index, begin, size
 *	7		DATA: index, and offset from the piece's beginning
 *	9		PEER: the sender's port of the DHT
 *	20		PEER, DATA of the description: bt_ext_dissect.c
 *
 * All others are passed over, as are those whose length is not their kind's. A
 * length that no client takes is none: framing is lost. It is found again at
 * the header of a block of 16 KiB, or a request for one: each fixes 70 bits.
 */
#include "bt.h"

enum {
	GREETING = BT_STATES,
	HASH,
	HEAD,
	HAVE,
	BITS,
	REQUEST,
	SIZE,
	PIECE,
	PORT,
	HUNT,
};

enum {
	SHAKEN = 1,  /* mine: messages follow */
	HEADER = 5,  /* length, id */
	PLACED = 13, /* and index, begin */
};

P2P_COLD void greeting(struct p2p_step *s, struct p2p_bytes b)
{
	if (P2P_IS(b, 0, BT_GREETING))
		p2p_want(s->lane, HASH, 8 + 20);
	else
		p2p_lost(s);
}

/* reserved 8 | info hash 20, and the peer's id to come */
P2P_COLD void hash(struct p2p_step *s, struct p2p_bytes b)
{
	s->lane->mine |= SHAKEN;
	p2p_set_id(s->lane, b, 8, 20);
	p2p_emit_object(s, P2P_CONTENT_BOTH, P2P_NAMELESS, P2P_SIZE_UNKNOWN);
	p2p_skip(s->lane, P2P_START, 20);
}

static void want_bits(struct p2p_lane *l)
{
	if (l->frame)
		p2p_want_block(l, BITS, l->frame);
}

/* Of what kind is the message whose body is the rest of the frame? */
static void message(struct p2p_step *s, u8 id)
{
	struct p2p_lane *l = s->lane;

	l->index = 0;
	l->offset = 0;
	switch (id) {
	case BT_HAVE:
		if (l->frame == 4)
			p2p_want(l, HAVE, 4);
		break;
	case BT_BITFIELD:
		want_bits(l);
		break;
	case BT_REQUEST:
		if (l->frame == 12)
			p2p_want(l, REQUEST, 12);
		break;
	case BT_PIECE:
		p2p_want(l, PIECE, 8);
		break;
	case BT_PORT:
		if (l->frame == 2)
			p2p_want(l, PORT, 2);
		break;
	case BT_HAVE_ALL:
		if (!l->frame)
			p2p_emit_have(s, P2P_HAVE_ALL);
		break;
	case BT_EXTENDED:
		p2p_want(l, BT_EXT, 1);
		break;
	}
}

/* Can @b begin a block, or a request for one? */
static bool may_begin(struct p2p_bytes b)
{
	u32 n = b.len < 5 ? b.len : 5;

	return !p2p_be16(b, 0) && !p2p_u8(b, 0) &&
	       (p2p_eq(b, 0, "\0\0\x40\x09\x07", n) || p2p_eq(b, 0, "\0\0\0\x0d\x06", n));
}

/* No client takes such a length: what follows it may be a header. */
P2P_COLD void lost(struct p2p_step *s, struct p2p_bytes rest)
{
	p2p_lost(s);
	if (may_begin(rest))
		p2p_want_on(s->lane, HUNT, PLACED, rest);
}

/* Nothing alone, which keeps the connection, has no id: what was read for one begins the next */
static void head(struct p2p_step *s, struct p2p_bytes b)
{
	u32 len = p2p_be32(b, 0);

	if (len > BT_MAX_MESSAGE) {
		lost(s, p2p_slice(b, 4, 1));
	} else if (!len) {
		p2p_mark_back(s->lane, 1);
		p2p_want_on(s->lane, HEAD, HEADER, p2p_slice(b, 4, 1));
	} else {
		p2p_frame(s->lane, len - 1);
		p2p_skip(s->lane, P2P_START, len - 1); /* unless it is known */
		message(s, p2p_u8(b, 4));
	}
}

P2P_COLD void bits(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	p2p_emit_bits(s, l->offset + l->named + l->frame);
	l->offset += l->named;
	want_bits(l);
}

/* index 4 | begin 4 at @at */
static void place(struct p2p_lane *l, struct p2p_bytes b, u32 at)
{
	l->index = p2p_be32(b, at);
	l->offset = p2p_be32(b, at + 4);
}

/* index 4 | begin 4 at @at, and the block to come */
static void piece(struct p2p_lane *l, struct p2p_bytes b, u32 at)
{
	l->index = p2p_be32(b, at);
	p2p_pass(l, P2P_START, l->frame, p2p_be32(b, at + 4), 0);
}

P2P_COLD void hunt(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	if (!may_begin(b) || !bt_is_place(b, 5)) {
		p2p_hunt_on(l, HUNT, b, may_begin);
		return;
	}
	l->mine |= SHAKEN;
	p2p_found(l, PLACED);
	if (p2p_u8(b, 4) == BT_PIECE) {
		p2p_frame(l, BT_BLOCK);
		piece(l, b, 5);
	} else {
		p2p_frame(l, 4);
		place(l, b, 5);
		p2p_want(l, SIZE, 4);
	}
}

void p2p_bt_peer_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case P2P_START:
		if (l->mine & SHAKEN)
			p2p_want(l, HEAD, HEADER);
		else
			p2p_want(l, GREETING, 20);
		break;
	case P2P_LOST:
		p2p_want(l, HUNT, PLACED);
		break;
	case GREETING:
		greeting(s, b);
		break;
	case HASH:
		hash(s, b);
		break;
	case HEAD:
		head(s, b);
		break;
	case HAVE:
		p2p_emit_have(s, p2p_be32(b, 0));
		break;
	case BITS:
		bits(s);
		break;
	case REQUEST:
		place(l, b, 0);
		p2p_emit_request(s, l->offset, p2p_be32(b, 8));
		break;
	case SIZE:
		p2p_emit_request(s, l->offset, p2p_be32(b, 0));
		break;
	case PIECE:
		piece(l, b, 0);
		break;
	case PORT:
		p2p_emit_peer(s, b, 0, 0, p2p_be16(b, 0), P2P_UDP);
		break;
	case HUNT:
		hunt(s, b);
		break;
	default:
		p2p_bt_ext_step(s, b);
	}
}
