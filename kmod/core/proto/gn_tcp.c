// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gnutella over TCP: RFC-Gnutella 0.4 and 0.6 (Klingberg and Manfredi, 2002),
 * HUGE for transfers by hash (Mohr, 2002).
 *
 *	GNUTELLA CONNECT/0.6\r\n headers \r\n\r\n	the caller
 *	GNUTELLA/0.6 200 OK\r\n headers \r\n\r\n	both then
 *	GNUTELLA OK\n\n					the answer to 0.4
 *
 * Descriptors follow (gn.h), often deflated, when nothing of them is seen.
 * Transfers are HTTP, on connections of their own:
 *
 *	GIV <index>:<32 hex digits>/<name>\n\n		a caller who was pushed
 *	GET /get/<index>/<name> HTTP/1.1\r\n headers
 *	GET /uri-res/N2R?urn:sha1:<32 letters> HTTP/1.1\r\n headers
 *
 * HTTP counts with a header that only servents send. In mid-stream, descriptors
 * fill a packet; one of a servent since 2001 has some 60 bits of its own.
 */
#include "gn.h"

enum { PROOF = 2, ONE = 1 };

/**
 * struct gn - what was seen
 * @score: descriptors in mid-stream
 * @id: the beginning of the last one's id
 * @headers: per direction, do HTTP's headers go on?
 */
struct gn {
	u32 score;
	u32 id;
	bool headers[2];
};
_Static_assert(sizeof(struct gn) <= P2P_SCRATCH, "fits the scratch");

/* Does @b begin like @text, as far as it goes? */
static bool begins(struct p2p_bytes b, const char *text, u32 len)
{
	return p2p_eq(b, 0, text, b.len < len ? b.len : len);
}
#define BEGINS(b, lit) begins(b, lit, sizeof(lit) - 1)

/* Behind the decimal digits at @at */
static u32 behind_digits(struct p2p_bytes b, u32 at)
{
	u32 n;

	for (n = 0; n < 10 && p2p_u8(b, at) >= '0' && p2p_u8(b, at) <= '9'; n++)
		at++;
	return at;
}

static bool hex(struct p2p_bytes b, u32 at, u32 count)
{
	u32 n;
	u8 c;

	for (n = 0; n < count; n++) {
		c = p2p_u8(b, at + n) | 0x20;
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
	}
	return true;
}

/* "GIV " stands there already; so much of it goes into the head of a direction */
static enum p2p_match giv(struct p2p_bytes b)
{
	u32 at = behind_digits(b, 4);

	if (!p2p_has(b, at, 34))
		return P2P_MORE;
	return at > 4 && p2p_u8(b, at) == ':' && hex(b, at + 1, 32) &&
			       p2p_u8(b, at + 33) == '/' ?
		       P2P_YES :
		       P2P_NO;
}

/* Headers that no other HTTP has */
static bool servent(struct p2p_bytes b)
{
	return P2P_FIND(b, 0, "\nX-Gnutella-") != P2P_NPOS ||
	       P2P_FIND(b, 0, "\nX-Queue: ") != P2P_NPOS ||
	       P2P_FIND(b, 0, "\nX-Thex-URI: /uri-res/") != P2P_NPOS ||
	       P2P_FIND(b, 0, "\nX-NAlt: ") != P2P_NPOS ||
	       P2P_FIND(b, 0, "\nX-Alt: ") != P2P_NPOS;
}

static enum p2p_match headers(struct p2p_bytes b, bool *go_on)
{
	u32 end = P2P_FIND(b, 0, "\r\n\r\n");

	*go_on = end == P2P_NPOS;
	if (servent(p2p_slice(b, 0, end)))
		return P2P_YES;
	return *go_on ? P2P_MORE : P2P_NO;
}

/* /get/<index>/ or /uri-res/N2R?urn:sha1: behind "GET " or "HEAD " */
static enum p2p_match request(struct p2p_bytes b, u32 path, bool *go_on)
{
	struct p2p_bytes rest = p2p_slice(b, path, ~0u);
	u32 index;

	if (BEGINS(rest, "/uri-res/N2R?urn:sha1:"))
		return headers(b, go_on);
	if (!BEGINS(rest, "/get/"))
		return P2P_NO;
	index = behind_digits(rest, 5);
	if (index < rest.len && (index == 5 || p2p_u8(rest, index) != '/'))
		return P2P_NO;
	return headers(b, go_on);
}

/* Descriptors from the packet's first byte to its last, or nothing counts. */
static void chain(struct gn *gn, struct p2p_bytes b, bool cut)
{
	u32 at = 0, size, id = gn->id, score = 0;

	while (p2p_has(b, at, GN_HEADER)) {
		size = gn_descriptor(b, at);
		if (!size)
			return;
		if (gn_is_modern(b, at))
			score = PROOF;
		else if (p2p_be32(b, at) != id)
			score += ONE;
		id = p2p_be32(b, at);
		at += size;
	}
	if (at == b.len || cut) {
		gn->score += score;
		gn->id = id;
	}
}

static enum p2p_match handshake(struct p2p_bytes b)
{
	struct p2p_bytes rest = p2p_slice(b, 8, ~0u);

	if (P2P_IS(rest, 0, " CONNECT/") || P2P_IS(rest, 0, "/0.") ||
	    P2P_IS(rest, 0, " OK\n"))
		return P2P_YES;
	return BEGINS(rest, " CONNECT/") || BEGINS(rest, "/0.") || BEGINS(rest, " OK\n") ?
		       P2P_MORE :
		       P2P_NO;
}

/* The texts that a direction, or a packet, may begin with */
static enum p2p_match greeting(struct p2p_bytes b, bool *go_on)
{
	if (BEGINS(b, "GNUTELLA"))
		return handshake(b);
	if (BEGINS(b, "GIV "))
		return giv(b);
	if (BEGINS(b, "GET "))
		return request(b, 4, go_on);
	if (BEGINS(b, "HEAD "))
		return request(b, 5, go_on);
	return BEGINS(b, "HTTP/1.") ? headers(b, go_on) : P2P_NO;
}

enum p2p_match p2p_gn_tcp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct gn *gn = (struct gn *)scratch;
	struct p2p_bytes b = chunk->bytes;
	bool *go_on = &gn->headers[chunk->dir];
	enum p2p_match got = greeting(b, go_on);

	if (got != P2P_NO || chunk->head)
		return got;
	if (*go_on && headers(b, go_on) == P2P_YES)
		return P2P_YES;
	chain(gn, b, chunk->cut);
	return gn->score >= PROOF ? P2P_YES : P2P_MORE;
}
