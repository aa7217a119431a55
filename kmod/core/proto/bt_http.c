// SPDX-License-Identifier: GPL-2.0-only
/*
 * BitTorrent trackers over HTTP: announce and scrape of BEP 3 and 48, with
 * the answers of BEP 7 (peers6) and 23 (compact peers).
 *
 *	GET /announce?info_hash=%12...&peer_id=...&port=6881&... HTTP/1.1
 *	GET /scrape?info_hash=%12... HTTP/1.1
 *
 *	HTTP/1.1 200 OK\r\n ... \r\n\r\nd8:completei1e...8:intervali1800e5:peers...e
 *
 * Either side alone tells. The request line is all that is read of a request;
 * of an answer, the header up to its end and the first bytes of the body,
 * which may come in another packet.
 */
#include "../match.h"

enum state {
	UNSEEN,
	REQUEST, /* the request line goes on */
	HEADER,	 /* the answer's header goes on */
	BODY,	 /* the answer's body comes next */
};

/** struct http - how far each direction is */
struct http {
	u8 state[2];
};
_Static_assert(sizeof(struct http) <= P2P_SCRATCH, "fits the scratch");

/* Is there a parameter @name, at the query's begin or behind another one? */
static bool parameter(struct p2p_bytes line, const char *name, u32 len)
{
	u32 at = p2p_find(line, 1, name, len);
	u8 before;

	while (at != P2P_NPOS) {
		before = p2p_u8(line, at - 1);
		if (before == '?' || before == '&')
			return true;
		at = p2p_find(line, at + 1, name, len);
	}
	return false;
}
#define PARAMETER(line, lit) parameter(line, lit, sizeof(lit) - 1)

static enum p2p_match request(struct p2p_bytes b, u8 *state)
{
	u32 end = P2P_FIND(b, 0, " HTTP/");
	struct p2p_bytes line = p2p_slice(b, 0, end);

	if (PARAMETER(line, "info_hash=") &&
	    (PARAMETER(line, "peer_id=") || PARAMETER(line, "port=") ||
	     P2P_FIND(line, 0, "scrape") != P2P_NPOS))
		return P2P_YES;
	if (end != P2P_NPOS || P2P_FIND(b, 0, "\r\n") != P2P_NPOS)
		return P2P_NO;
	*state = REQUEST;
	return P2P_MORE;
}

/* A bencoded dictionary with a key that only trackers send */
static bool answer(struct p2p_bytes b)
{
	u8 digit = p2p_u8(b, 1);

	if (p2p_u8(b, 0) != 'd' || digit < '1' || digit > '9')
		return false;
	return P2P_FIND(b, 1, "8:intervali") != P2P_NPOS ||
	       P2P_FIND(b, 1, "14:failure reason") != P2P_NPOS ||
	       P2P_FIND(b, 1, "5:filesd20:") != P2P_NPOS;
}

/* In the chunked coding a line with the chunk's size comes first. */
static u32 chunk_size(struct p2p_bytes b)
{
	u32 at;
	u8 c;

	for (at = 0; at < 8; at++) {
		c = p2p_u8(b, at) | 0x20;
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			break;
	}
	return at && P2P_IS(b, at, "\r\n") ? at + 2 : 0;
}

static enum p2p_match body(struct p2p_bytes b, bool cut, u8 *state)
{
	struct p2p_bytes inner = p2p_slice(b, chunk_size(b), ~0u);

	if (answer(b) || answer(inner))
		return P2P_YES;
	/* Keys are sorted, so the telling ones stand in front, if not yet. */
	if (!cut && inner.len < 64 && (!inner.len || p2p_u8(inner, 0) == 'd')) {
		*state = BODY;
		return P2P_MORE;
	}
	return P2P_NO;
}

static enum p2p_match response(struct p2p_bytes b, bool cut, u8 *state)
{
	u32 end = P2P_FIND(b, 0, "\r\n\r\n");

	if (end != P2P_NPOS)
		return body(p2p_slice(b, end + 4, ~0u), cut, state);
	*state = HEADER;
	return P2P_MORE;
}

/* Does @b begin like @text, as far as it goes? */
static bool begins(struct p2p_bytes b, const char *text, u32 len)
{
	return p2p_eq(b, 0, text, b.len < len ? b.len : len);
}

enum p2p_match p2p_bt_http_match(const struct p2p_chunk *chunk,
				 struct p2p_scratch *scratch)
{
	struct http *http = (struct http *)scratch;
	u8 *state = &http->state[chunk->dir];
	struct p2p_bytes b = chunk->bytes;

	if (begins(b, "GET ", 4))
		return b.len < 4 ? P2P_MORE : request(b, state);
	if (begins(b, "HTTP/1.", 7))
		return b.len < 7 ? P2P_MORE : response(b, chunk->cut, state);
	if (chunk->head)
		return P2P_NO;

	/* Not the beginning: go on from what was seen of it, or wait for it. */
	switch ((enum state)*state) {
	case REQUEST:
		return request(b, state);
	case HEADER:
		return response(b, chunk->cut, state);
	case BODY:
		return body(b, chunk->cut, state);
	case UNSEEN:
		break;
	}
	return P2P_MORE;
}
