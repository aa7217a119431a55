/* SPDX-License-Identifier: GPL-2.0-only */
/* What matching and dissecting BitTorrent's peers have in common: see bt_peer.c. */
#ifndef P2P_CORE_PROTO_BT_H
#define P2P_CORE_PROTO_BT_H

#include "../decode.h"
#include "../lane.h"

enum {
	BT_CHOKE = 0,
	BT_UNCHOKE = 1,
	BT_INTERESTED = 2,
	BT_NOT_INTERESTED = 3,
	BT_HAVE = 4,
	BT_BITFIELD = 5,
	BT_REQUEST = 6,
	BT_PIECE = 7,
	BT_CANCEL = 8,
	BT_PORT = 9,
	BT_SUGGEST = 13,
	BT_HAVE_ALL = 14,
	BT_HAVE_NONE = 15,
	BT_REJECT = 16,
	BT_ALLOWED_FAST = 17,
	BT_EXTENDED = 20,

	BT_BLOCK = 0x4000,
	BT_MAX_INDEX = 1 << 22,
	BT_MAX_BEGIN = 1 << 26, /* no client makes larger pieces */
	BT_MAX_MESSAGE = 1 << 20,
};

#define BT_GREETING "\x13" "BitTorrent protocol"

/* index | begin at @at: of a block that somebody could ask for */
static inline bool bt_is_place(struct p2p_bytes b, u32 at)
{
	u32 begin = p2p_be32(b, at + 4);

	return p2p_has(b, at, 8) && p2p_be32(b, at) < BT_MAX_INDEX &&
	       begin < BT_MAX_BEGIN && begin % BT_BLOCK == 0;
}

/* Steps inside of an extended message: bt_ext_dissect.c */
enum { BT_EXT = P2P_STATES, BT_VALUE, BT_LENGTH, BT_STRING, BT_KEY, BT_NUMBER, BT_PEERS, BT_STATES };
void p2p_bt_ext_step(struct p2p_step *s, struct p2p_bytes b);

#endif
