// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BitTorrent peer wire protocol over TCP: BEP 3, with the messages of
 * BEP 5 (port), 6 (fast extension) and 10 (extension protocol).
 *
 *	19 "BitTorrent protocol" | reserved 8 | info hash 20 | peer id 20
 *
 * opens each direction. Then messages follow, all numbers big endian:
 *
 *	length 4 | id 1 | payload (length - 1); length 0 is a keep-alive
 *
 *	0 choke, 1 unchoke, 2 interested, 3 not interested, 14, 15 have all/none
 *	4 have, 13 suggest, 17 allowed fast:	index 4
 *	5 bitfield:				a bit a piece
 *	6 request, 8 cancel, 16 reject:		index 4 | begin 4 | size 4
 *	7 piece:				index 4 | begin 4 | block
 *	9 port: 2	20 extended: id 1 | bencoded dictionary
 *
 * Of a flow whose beginning was not seen there are two tells. A packet of
 * small messages is a chain that must fill the packet to its last byte; and
 * amid the data stand the headers of pieces, 16 KiB apart. A block is fetched
 * as 16 KiB at a multiple of 16 KiB by every client, which fixes about 90 bits
 * of a request and 70 of a piece's header: random bytes show the latter in one
 * packet of 10^18. Other protocols with a length and a type in front are told
 * apart by the lengths, which the type fixes here.
 */
#include "../match.h"
#include "bt.h"

/*
 * Evidence, in bits that random data or another protocol would have to hit. A
 * message of the data exchange is proof; the small ones are so together only,
 * each kind once, since somebody else's heartbeat may look like one of them.
 */
enum { PROOF = 40, SOME_BITS = 10, FEW_BITS = 6 };

enum { MAX_BLOCK = 0x20000 };

/**
 * struct peer - evidence from packets in mid-stream
 * @kinds: a bit for each message id met
 * @score: what they are worth
 */
struct peer {
	u32 kinds;
	u32 score;
};
_Static_assert(sizeof(struct peer) <= P2P_SCRATCH, "fits the scratch");

/* A block of @size at @at; a torrent's last one may have any size. */
static unsigned int worth_of_block(struct p2p_bytes b, u32 at, u32 size)
{
	if (!bt_is_place(b, at) || !size || size > MAX_BLOCK)
		return 0;
	return size % BT_BLOCK == 0 ? PROOF : SOME_BITS;
}

/* An extended message is a dictionary, at least to begin with. */
static unsigned int worth_of_extended(struct p2p_bytes b, u32 at)
{
	struct p2p_bytes dict = p2p_slice(b, at + 1, 64);
	u8 first = p2p_u8(dict, 1);

	if (p2p_u8(b, at) > 16 || p2p_u8(dict, 0) != 'd' || first < '1' ||
	    first > '9')
		return 0;
	return P2P_FIND(dict, 1, "1:md") != P2P_NPOS ||
			       P2P_IS(dict, 1, "5:added") ||
			       P2P_IS(dict, 1, "8:msg_type") ?
		       PROOF :
		       SOME_BITS;
}

/* What the message of @len bytes at @at is worth; 0: it is none. */
static unsigned int worth(struct p2p_bytes b, u32 at, u32 len)
{
	u32 body = at + 1;

	switch (p2p_u8(b, at)) {
	case BT_CHOKE:
	case BT_UNCHOKE:
	case BT_INTERESTED:
	case BT_NOT_INTERESTED:
	case BT_HAVE_ALL:
	case BT_HAVE_NONE:
		return len == 1 ? FEW_BITS : 0;
	case BT_HAVE:
	case BT_SUGGEST:
	case BT_ALLOWED_FAST:
		return len == 5 && p2p_be32(b, body) < BT_MAX_INDEX ? SOME_BITS : 0;
	case BT_BITFIELD:
		return len > 1 ? FEW_BITS : 0;
	case BT_REQUEST:
	case BT_CANCEL:
	case BT_REJECT:
		return len == 13 ? worth_of_block(b, body, p2p_be32(b, body + 8)) : 0;
	case BT_PIECE:
		return len > 9 ? worth_of_block(b, body, len - 9) : 0;
	case BT_PORT:
		return len == 3 && p2p_be16(b, body) ? SOME_BITS : 0;
	case BT_EXTENDED:
		return len > 4 ? worth_of_extended(b, body) : 0;
	}
	return 0;
}

/*
 * Messages from the packet's first byte to its last, or nothing counts. Only
 * behind a proof may the last one be incomplete: blocks are, and so is the
 * end of a long row of requests.
 */
static void chain(struct peer *peer, struct p2p_bytes b, bool cut)
{
	u32 at = 0, kinds = peer->kinds, score = 0, len, gain, kind;

	while (p2p_has(b, at, 5)) {
		len = p2p_be32(b, at);
		at += 4;
		if (!len)
			continue; /* a keep-alive: zeros are worth nothing */
		gain = len < BT_MAX_MESSAGE ? worth(b, at, len) : 0;
		if (!gain)
			return;
		kind = (u32)1 << p2p_u8(b, at);
		if (gain == PROOF || !(kinds & kind))
			score += gain;
		kinds |= kind;
		at += len;
	}
	if (at == b.len || cut || score >= PROOF || P2P_IS(b, at, "\0\0\0\0")) {
		peer->kinds = kinds;
		peer->score += score;
	}
}

/*
 * length 0x4009 | id 7 | index | begin, anywhere. Horspool's search: a byte
 * that is not in the pattern skips all of it, so this looks at every fifth.
 */
static bool holds_piece(struct p2p_bytes b)
{
	u32 at, skip;

	for (at = 4; at < b.len; at += skip) {
		switch (p2p_u8(b, at)) {
		case 0x07:
			if (P2P_IS(b, at - 4, "\0\0\x40\x09\x07") &&
			    bt_is_place(b, at + 1))
				return true;
			skip = 5;
			break;
		case 0x00:
			skip = 3;
			break;
		case 0x40:
			skip = 2;
			break;
		case 0x09:
			skip = 1;
			break;
		default:
			skip = 5;
		}
	}
	return false;
}

enum p2p_match p2p_bt_peer_match(const struct p2p_chunk *chunk,
				 struct p2p_scratch *scratch)
{
	static const char handshake[] = BT_GREETING;
	const u32 whole = sizeof(handshake) - 1;
	struct peer *peer = (struct peer *)scratch;
	struct p2p_bytes b = chunk->bytes;

	if (p2p_eq(b, 0, handshake, b.len < whole ? b.len : whole))
		return b.len < whole ? P2P_MORE : P2P_YES;
	if (chunk->head)
		return P2P_NO;
	chain(peer, b, chunk->cut);
	return peer->score >= PROOF || holds_piece(b) ? P2P_YES : P2P_MORE;
}
