// SPDX-License-Identifier: GPL-2.0-only
#include "match.h"

_Static_assert(P2P_HEAD_MAX <= 255 && P2P_INSPECT_STALE <= 255 &&
		       P2P_INSPECT_MIDSTREAM <= 255,
	       "struct p2p_side counts in single bytes");

void p2p_inspect_init(struct p2p_inspect *in, u8 l4)
{
	memset(in, 0, sizeof(*in));
	in->open = p2p_proto_mask(l4);
}

void p2p_inspect_start(struct p2p_inspect *in, unsigned int dir, u32 seq)
{
	struct p2p_side *side = &in->side[dir & 1];

	/* Once there is payload, a second SYN moves nothing. */
	if (side->nth || side->held)
		return;
	side->started = true;
	side->next = seq;
}

/* A switch, not a table: an indirect call costs more than most protocols. */
static enum p2p_match ask(unsigned int proto, const struct p2p_chunk *chunk,
			  struct p2p_scratch *scratch)
{
	switch (proto) {
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4)                                       \
	case P2P_PROTO_##sym:                                                  \
		return p2p_##sym##_match(chunk, scratch);
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
	}
	return P2P_NO;
}

/* Show @chunk to every open protocol, in the registry's order. */
static enum p2p_match show(struct p2p_inspect *in, const struct p2p_chunk *chunk,
			   enum p2p_proto *proto)
{
	unsigned int n;
	u64 open;

	for (open = in->open; open; open &= open - 1) {
		n = (unsigned int)__builtin_ctzll(open);
		switch (ask(n, chunk, &in->scratch[n])) {
		case P2P_NO:
			in->open &= ~((u64)1 << n);
			break;
		case P2P_MORE:
			break;
		case P2P_YES:
			*proto = (enum p2p_proto)n;
			return P2P_YES;
		case P2P_YES_ENCRYPTED:
			*proto = (enum p2p_proto)n;
			return P2P_YES_ENCRYPTED;
		case P2P_YES_MORE:
			if (in->sure)
				return P2P_MORE;
			in->open = (u64)1 << n;
			in->sure = true;
			in->proto = (u8)n;
			*proto = (enum p2p_proto)n;
			return P2P_YES_MORE;
		}
	}
	return in->open ? P2P_MORE : P2P_NO;
}

/* Is @a behind @b on the sequence numbers' circle? */
static inline bool after(u32 a, u32 b)
{
	return a != b && a - b < 0x80000000u;
}

/*
 * One packet's bytes alone, head or no head before them. Counted, so that
 * nobody keeps a flow undecided.
 */
static enum p2p_match show_raw(struct p2p_inspect *in, struct p2p_side *side,
			       struct p2p_chunk *chunk, enum p2p_proto *proto)
{
	chunk->head = false;
	chunk->nth = side->nth++;
	return show(in, chunk, proto);
}

/*
 * The next bytes of a direction's beginning. The first packet is shown where
 * it lies; only what leaves questions open is copied. A head that is full, or
 * goes on behind the view, is over: what follows is shown packet by packet.
 */
static enum p2p_match show_head(struct p2p_inspect *in, struct p2p_side *side,
				struct p2p_chunk *chunk, enum p2p_proto *proto)
{
	struct p2p_bytes fresh = chunk->bytes;
	bool first = !side->held, cut = chunk->cut;
	u32 room = P2P_HEAD_MAX - side->held;
	u32 take = fresh.len < room ? fresh.len : room;
	enum p2p_match got;

	chunk->head = true;
	chunk->nth = side->nth;
	if (!first) {
		p2p_copy(fresh, 0, side->head + side->held, take);
		chunk->bytes.data = side->head;
		chunk->bytes.len = side->held + take;
		chunk->cut = cut || take < fresh.len;
	}
	got = show(in, chunk, proto);
	if (got != P2P_MORE)
		return got;

	if (cut || take == room) {
		side->held = P2P_HEAD_MAX;
		side->nth++;
	} else {
		if (first)
			p2p_copy(fresh, 0, side->head, take);
		side->held += (u8)take;
	}
	if (first || take == fresh.len)
		return P2P_MORE;
	chunk->bytes = fresh;
	chunk->cut = cut;
	chunk->head = false;
	return show(in, chunk, proto);
}

static enum p2p_match feed_tcp(struct p2p_inspect *in, struct p2p_side *side,
			       const struct p2p_pkt *pkt, struct p2p_chunk *chunk,
			       enum p2p_proto *proto)
{
	u32 seq = pkt->seq + (pkt->flags & P2P_SYN ? 1 : 0);
	u32 end = seq + pkt->payload_len;
	bool head = side->started && side->held < P2P_HEAD_MAX;

	if ((side->started || side->nth) && !after(end, side->next)) {
		if (++side->stale < P2P_INSPECT_STALE)
			return P2P_MORE;
		in->open = 0;
		return P2P_NO;
	}
	if (head && after(seq, side->next)) /* ahead of a gap */
		return show_raw(in, side, chunk, proto);
	if (head) {
		chunk->bytes = p2p_slice(chunk->bytes, side->next - seq, ~0u);
		head = chunk->bytes.len != 0;
	}
	side->next = end;
	if (head)
		return show_head(in, side, chunk, proto);
	if (!chunk->bytes.len) { /* all that is new lies behind the view */
		side->held = P2P_HEAD_MAX;
		side->nth++;
		return P2P_MORE;
	}
	return show_raw(in, side, chunk, proto);
}

/* Port @n of @key in host order */
static inline u16 port(const struct p2p_key *key, unsigned int n)
{
	struct p2p_bytes b = { (const u8 *)&key->port[n & 1], 2 };

	return p2p_be16(b, 0);
}

enum p2p_match p2p_inspect_feed(struct p2p_inspect *in, const struct p2p_pkt *pkt,
				unsigned int dir, struct p2p_bytes view,
				enum p2p_proto *proto)
{
	struct p2p_side *side = &in->side[dir & 1];
	struct p2p_chunk chunk = {
		.bytes = p2p_slice(view, 0,
				   pkt->payload_len < P2P_VIEW_MAX ?
					   pkt->payload_len :
					   P2P_VIEW_MAX),
		.l4 = pkt->key.l4,
		.dir = dir & 1,
		.sport = port(&pkt->key, pkt->dir),
		.dport = port(&pkt->key, pkt->dir ^ 1),
	};
	unsigned int limit = P2P_INSPECT_PACKETS;
	enum p2p_match got;

	if (!in->open)
		return P2P_NO;
	if (!pkt->payload_len)
		return P2P_MORE;
	chunk.cut = pkt->frag || chunk.bytes.len < pkt->payload_len;
	if (pkt->key.l4 == P2P_TCP) {
		if (!side->started)
			limit = P2P_INSPECT_MIDSTREAM;
		got = feed_tcp(in, side, pkt, &chunk, proto);
	} else {
		got = show_raw(in, side, &chunk, proto);
	}
	if (got == P2P_MORE && side->nth >= limit) {
		in->open = 0;
		got = P2P_NO;
	}
	if (got == P2P_NO && in->sure) {
		*proto = (enum p2p_proto)in->proto;
		got = P2P_YES;
	}
	return got;
}
