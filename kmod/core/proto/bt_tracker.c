// SPDX-License-Identifier: GPL-2.0-only
/*
 * BitTorrent trackers over UDP: BEP 15, with the options of BEP 41 behind an
 * announce. All numbers big endian.
 *
 *	requests				answers
 *	0x41727101980 8 | 0 4 | tid 4		0 4 | tid 4 | connection 8
 *	connection 8 | 1 4 | tid 4 |		1 4 | tid 4 | interval 4 |
 *	  info hash 20 | peer id 20 |		  leechers 4 | seeders 4 |
 *	  downloaded, left, uploaded 8 each |	  n * (address 4 or 16, port 2)
 *	  event 4 | address 4 | key 4 |
 *	  wanted 4 | port 2
 *	connection 8 | 2 4 | tid 4 | n * hash 20   2 4 | tid 4 | n * 12
 *						3 4 | tid 4 | message
 *
 * The constant of a connection request says it all, an announce's fields
 * nearly so. The rest counts in sequence only: an answer after its request, or
 * an announce's answer after a connection's.
 */
#include "../match.h"

enum action { CONNECT, ANNOUNCE, SCRAPE, ERROR, NOTHING };

enum {
	ANNOUNCE_SIZE = 98,
	MAX_EVENT = 3,
	MAX_WANTED = 10000,
	MIN_INTERVAL = 10, /* seconds */
	MAX_INTERVAL = 24 * 3600,
	MAX_PEERS_KNOWN = 1 << 24,
	HASH = 20,
};

/**
 * struct tracker - what was seen of a flow that did not begin with a connect
 * @asked: transaction id of the last scrape
 * @asking: the direction that scraped, plus one; 0 for none
 * @answered: per direction, its last answer's action, plus one; 0 for none
 */
struct tracker {
	u32 asked;
	u8 asking;
	u8 answered[2];
};
_Static_assert(sizeof(struct tracker) <= P2P_SCRATCH, "fits the scratch");

/* A hash has hardly any zeros; tables and padding are full of them. */
static bool like_hash(struct p2p_bytes b, u32 at)
{
	u32 n, zeros = 0;

	for (n = 0; n < HASH; n++)
		zeros += !p2p_u8(b, at + n);
	return p2p_has(b, at, HASH) && zeros <= 3;
}

static bool announce(struct p2p_bytes b)
{
	u32 wanted = p2p_be32(b, 92);

	return p2p_has(b, 0, ANNOUNCE_SIZE) && p2p_be32(b, 8) == ANNOUNCE &&
	       like_hash(b, 16) && !p2p_be16(b, 56) && !p2p_be16(b, 72) &&
	       p2p_be32(b, 80) <= MAX_EVENT && p2p_be16(b, 96) &&
	       (wanted <= MAX_WANTED || wanted == ~0u);
}

static bool scrape(struct p2p_bytes b, bool cut)
{
	return p2p_be32(b, 8) == SCRAPE && p2p_has(b, 16, HASH) &&
	       (cut || (b.len - 16) % HASH == 0) && like_hash(b, 16);
}

static bool announce_answer(struct p2p_bytes b, bool cut)
{
	u32 interval = p2p_be32(b, 8), peers = b.len - 20;

	return p2p_has(b, 0, 20) && interval >= MIN_INTERVAL &&
	       interval <= MAX_INTERVAL &&
	       p2p_be32(b, 12) < MAX_PEERS_KNOWN &&
	       p2p_be32(b, 16) < MAX_PEERS_KNOWN &&
	       (cut || peers % 6 == 0); /* 18 as well */
}

/* An answer's action, as far as it has the form of one */
static enum action answer(struct p2p_bytes b, bool cut)
{
	if (!p2p_be32(b, 4))
		return NOTHING; /* no transaction has the id 0 in practice */
	switch (p2p_be32(b, 0)) {
	case CONNECT:
		return b.len == 16 && p2p_be64(b, 8) ? CONNECT : NOTHING;
	case ANNOUNCE:
		return announce_answer(b, cut) ? ANNOUNCE : NOTHING;
	case SCRAPE:
		return p2p_has(b, 8, 12) && (cut || (b.len - 8) % 12 == 0) ? SCRAPE :
									     NOTHING;
	case ERROR:
		return p2p_has(b, 8, 1) && p2p_u8(b, 8) >= ' ' &&
				       p2p_u8(b, 8) < 0x7f ?
			       ERROR :
			       NOTHING;
	}
	return NOTHING;
}

enum p2p_match p2p_bt_tracker_match(const struct p2p_chunk *chunk,
				    struct p2p_scratch *scratch)
{
	struct tracker *tracker = (struct tracker *)scratch;
	struct p2p_bytes b = chunk->bytes;
	enum action action;

	if (P2P_IS(b, 0, "\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0") &&
	    p2p_has(b, 0, 16))
		return P2P_YES;
	if (announce(b))
		return P2P_YES;
	if (scrape(b, chunk->cut)) {
		tracker->asked = p2p_be32(b, 12);
		tracker->asking = chunk->dir + 1;
		return P2P_MORE;
	}

	action = answer(b, chunk->cut);
	if (action == NOTHING)
		return P2P_NO;
	if (tracker->asking == 2 - chunk->dir &&
	    tracker->asked == p2p_be32(b, 4) &&
	    (action == SCRAPE || action == ERROR))
		return P2P_YES;
	if (action == ANNOUNCE && tracker->answered[chunk->dir] == CONNECT + 1)
		return P2P_YES;
	tracker->answered[chunk->dir] = (u8)(action + 1);
	return P2P_MORE;
}
