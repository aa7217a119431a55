// SPDX-License-Identifier: GPL-2.0-only
/*
 * BitTorrent's extended messages: BEP 10, with BEP 9 (ut_metadata) and BEP 11
 * (ut_pex).
 *
 *	number 1 | dictionary | a piece of the description, or nothing
 *
 * number 0 is the handshake; of the others each side makes up its own, which
 * only the other side's handshake tells, perhaps unseen. So a message is known
 * by what its dictionary holds:
 *
 *	5:added, 6:added6	PEERs of 6 and 18 bytes
 *	8:msg_type i1e, 5:piece	DATA, a block of 16 KiB, behind the dictionary
 *	1:p			in the handshake, the sender's port: PEER
 *
 * Bencoding is read byte by byte: i<number>e, <length>:<bytes>, l...e, d...e.
 * Only the outer dictionary's keys mean something; below them, depth is all
 * there is to know.
 */
#include "bt.h"

enum key { OTHER, ADDED, ADDED6, MSG_TYPE, PIECE, LISTENS };

enum {
	MAX_PIECE = 1 << 16,
	ADDRESS4 = 4,
	ADDRESS6 = 16,
};

/**
 * struct dict - where in the dictionary
 * @number: the number or length that is being read
 * @piece: of the description
 * @depth: dictionaries and lists that are open
 * @key: the outer dictionary's last one
 * @value: its value comes next, not another key
 * @shakes: this is the handshake
 * @holds: a piece of the description follows
 */
struct dict {
	u32 number;
	u32 piece;
	u16 depth;
	u8 key;
	u8 value : 1;
	u8 shakes : 1;
	u8 holds : 1;
};
_Static_assert(sizeof(struct dict) <= sizeof(((struct p2p_lane *)0)->own),
	       "fits what a lane has for it");

static struct dict *dict_of(struct p2p_lane *l)
{
	return (struct dict *)l->own;
}

/* A value is over: in the outer dictionary, a key is next */
static void next(struct p2p_lane *l)
{
	struct dict *dict = dict_of(l);

	if (dict->depth == 1)
		dict->value = !dict->value;
	p2p_want(l, BT_VALUE, 1);
}

static void begin_number(struct p2p_lane *l, u8 state, u32 first)
{
	struct dict *dict = dict_of(l);

	dict->number = first;
	p2p_want(l, state, 1);
}

/* Another digit of the number, which stays below 2^32; false: it is none */
static bool digit(struct dict *dict, u8 c)
{
	if (c < '0' || c > '9')
		return false;
	dict->number = dict->number < 100000000 ? dict->number * 10 + c - '0' :
						  P2P_NPOS;
	return true;
}

static void begin_container(struct p2p_lane *l, u8 c)
{
	struct dict *dict = dict_of(l);

	/* the outermost is a dictionary; a key is a string */
	if ((!dict->depth && c != 'd') || (dict->depth == 1 && !dict->value) ||
	    dict->depth == 0xffff)
		return;
	dict->depth++;
	p2p_want(l, BT_VALUE, 1);
}

static void end_container(struct p2p_lane *l)
{
	struct dict *dict = dict_of(l);

	if (--dict->depth)
		next(l);
	else if (dict->holds && dict->piece < MAX_PIECE)
		p2p_pass(l, P2P_START, l->frame, (u64)dict->piece * BT_BLOCK,
			 P2P_EVENT_METADATA);
}

static void value(struct p2p_lane *l, u8 c)
{
	struct dict *dict = dict_of(l);

	if (c == 'd' || c == 'l')
		begin_container(l, c);
	else if (!dict->depth)
		return;
	else if (c == 'e')
		end_container(l);
	else if (c == 'i')
		begin_number(l, BT_NUMBER, 0);
	else if (c >= '0' && c <= '9')
		begin_number(l, BT_LENGTH, c - '0');
}

static void want_peer(struct p2p_lane *l)
{
	struct dict *dict = dict_of(l);
	u8 size = dict->key == ADDED6 ? ADDRESS6 + 2 : ADDRESS4 + 2;

	if (dict->number < size) {
		p2p_skip(l, BT_STRING, dict->number);
		return;
	}
	dict->number -= size;
	p2p_mark(l);
	p2p_want(l, BT_PEERS, size);
}

/* The length of a string is over, or goes on */
static void string(struct p2p_lane *l, u8 c)
{
	struct dict *dict = dict_of(l);
	bool outer = dict->depth == 1;

	if (c != ':') {
		if (digit(dict, c))
			p2p_want(l, BT_LENGTH, 1);
		return;
	}
	if (outer && !dict->value) {
		dict->key = OTHER;
		if (dict->number <= P2P_UNIT_MAX) {
			p2p_want(l, BT_KEY, (u8)dict->number);
			return;
		}
	} else if (outer && !dict->shakes &&
		   (dict->key == ADDED || dict->key == ADDED6)) {
		want_peer(l);
		return;
	}
	p2p_skip(l, BT_STRING, dict->number);
}

static void key(struct p2p_lane *l, struct p2p_bytes b)
{
	static const struct {
		const char *name;
		u8 len;
		u8 key;
	} keys[] = {
		{ "added", 5, ADDED },	     { "added6", 6, ADDED6 },
		{ "msg_type", 8, MSG_TYPE }, { "piece", 5, PIECE },
		{ "p", 1, LISTENS },
	};
	unsigned int n;

	for (n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		if (b.len == keys[n].len && p2p_eq(b, 0, keys[n].name, b.len))
			dict_of(l)->key = keys[n].key;
	next(l);
}

static void number(struct p2p_step *s, u8 c)
{
	struct dict *dict = dict_of(s->lane);

	if (c != 'e') {
		if (c == '-' || digit(dict, c))
			p2p_want(s->lane, BT_NUMBER, 1);
		return;
	}
	if (dict->depth == 1 && dict->value) {
		if (dict->key == MSG_TYPE && !dict->shakes)
			dict->holds = dict->number == 1;
		if (dict->key == PIECE)
			dict->piece = dict->number;
		if (dict->key == LISTENS && dict->shakes && dict->number <= 0xffff)
			p2p_emit_peer(s, p2p_name(s->lane), 0, 0,
				      (u16)dict->number, P2P_TCP);
	}
	next(s->lane);
}

static void peer(struct p2p_step *s, struct p2p_bytes b)
{
	u8 size = (u8)(b.len - 2);

	p2p_emit_peer(s, b, 0, size, p2p_be16(b, size), P2P_TCP);
	want_peer(s->lane);
}

void p2p_bt_ext_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case BT_EXT:
		memset(l->own, 0, sizeof(l->own));
		dict_of(l)->shakes = !p2p_u8(b, 0);
		p2p_want(l, BT_VALUE, 1);
		break;
	case BT_VALUE:
		value(l, p2p_u8(b, 0));
		break;
	case BT_LENGTH:
		string(l, p2p_u8(b, 0));
		break;
	case BT_KEY:
		key(l, b);
		break;
	case BT_STRING:
		next(l);
		break;
	case BT_NUMBER:
		number(s, p2p_u8(b, 0));
		break;
	case BT_PEERS:
		peer(s, b);
	}
}
