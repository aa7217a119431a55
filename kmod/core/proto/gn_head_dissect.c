// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers of Gnutella's handshakes and transfers (RFC-Gnutella 0.6, HUGE, RFC
 * 9112): name: value, a line each, up to an empty one.
 *
 *	X-Alt, X-Alternate-Location, X-Try, X-Try-Ultrapeers, Listen-IP, ...
 *		PEERs: [http://]a.b.c.d:port[/...], with commas between them
 *	X-Gnutella-Content-URN	the content's id
 *	Range: bytes=0-99	REQUEST
 *	Content-Range, Content-Length, Transfer-Encoding, Content-Encoding
 *		where the body belongs, and how long it is
 *	Upgrade: TLS		what follows may be
 *
 * A line is read up to each comma, and of that no more than a name's length. What
 * headers say begins with the line before them.
 */
#include "gn_lane.h"

enum header { OTHER, LIST, LENGTH, RANGE, ASKED, CHUNKS, ENCODING, TYPE, URN, UPGRADE };

#define HEADER(name, header) { name ":", sizeof(name), header }
static const struct {
	const char *name;
	u8 len;
	u8 header;
} headers[] = {
	HEADER("x-alt", LIST),
	HEADER("x-alternate-location", LIST),
	HEADER("alternate-location", LIST),
	HEADER("x-gnutella-alternate-location", LIST),
	HEADER("x-try", LIST),
	HEADER("x-try-ultrapeers", LIST),
	HEADER("listen-ip", LIST),
	HEADER("x-my-address", LIST),
	HEADER("node", LIST),
	HEADER("x-node", LIST),
	HEADER("content-length", LENGTH),
	HEADER("content-range", RANGE),
	HEADER("range", ASKED),
	HEADER("transfer-encoding", CHUNKS),
	HEADER("content-encoding", ENCODING),
	HEADER("content-type", TYPE),
	HEADER("x-gnutella-content-urn", URN),
	HEADER("x-content-urn", URN),
	HEADER("upgrade", UPGRADE),
};

static void content_range(struct p2p_lane *l, struct p2p_bytes b, u32 at)
{
	struct gn_lane *gn = gn_of(l);
	u64 from, size;

	if (!p2p_gn_range(b, &at, &from, &size))
		return;
	l->offset = from;
	if (gn->length == P2P_SIZE_UNKNOWN)
		gn->length = size;
	if (p2p_u8(b, at++) == '/' && p2p_u8(b, at) != '*')
		gn->size = p2p_gn_decimal(b, &at);
}

/* A header of an answer or handshake says how to read on. */
static void meaning(struct p2p_lane *l, enum header header, struct p2p_bytes b, u32 at)
{
	if (header == LENGTH)
		gn_of(l)->length = p2p_gn_decimal(b, &at);
	else if (header == RANGE)
		content_range(l, b, at);
	else if (header == CHUNKS && GN_IS_TEXT(b, at, "chunked"))
		l->mine |= GN_CHUNKED;
	else if (header == ENCODING && !GN_IS_TEXT(b, at, "identity"))
		l->mine |= GN_DEFLATED;
	else if (header == TYPE && GN_IS_TEXT(b, at, "application/dime"))
		l->mine &= ~GN_CONTENT; /* a tree of its hashes */
	else if (header == UPGRADE && GN_IS_TEXT(b, at, "tls"))
		l->mine |= GN_TLS;
}

static void value(struct p2p_step *s, enum header header, struct p2p_bytes b, u32 at)
{
	struct p2p_lane *l = s->lane;
	bool known = l->flags & P2P_LANE_ID;
	u64 from, size;

	at = p2p_gn_behind_blanks(b, at);
	if (header == LIST) {
		l->mine |= GN_ALT;
		p2p_gn_emit_endpoint(s, b, at);
	} else if (header == URN && !known && p2p_gn_set_urn(l, b, at)) {
		if (s->state == GN_ASK)
			p2p_emit_object(s, P2P_CONTENT_THERE, P2P_NAMELESS, P2P_SIZE_UNKNOWN);
	} else if (header == ASKED) {
		if (s->state == GN_ASK && p2p_gn_range(b, &at, &from, &size))
			p2p_emit_request(s, from, size);
	} else if (s->state != GN_ASK) {
		meaning(l, header, b, at);
	}
}

/* Behind the empty line */
static void end(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	if (s->state == GN_ANSWER) {
		p2p_gn_body(s);
	} else if (s->state == GN_SHAKE && (l->mine & GN_CONNECTED) && (l->mine & GN_DEFLATED)) {
		p2p_emit_bare(s, P2P_EVENT_ENCRYPTED, P2P_EVENT_PACKED);
		p2p_quiet(l);
	}
}

void p2p_gn_head_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	bool more = l->mine & GN_MORE;
	unsigned int n;

	if (p2p_u8(b, b.len - 1) == '\r')
		b.len--;
	if (!more && !b.len && l->stop == '\n') {
		end(s);
		return;
	}
	if (!more)
		l->mine &= ~GN_ALT;
	if (more && (l->mine & GN_ALT))
		p2p_gn_emit_endpoint(s, b, 0);
	for (n = 0; !more && n < sizeof(headers) / sizeof(headers[0]); n++)
		if (p2p_gn_is_text(b, 0, headers[n].name, headers[n].len))
			value(s, (enum header)headers[n].header, b, headers[n].len);
	l->mine &= ~GN_MORE;
	if (l->stop == ',')
		l->mine |= GN_MORE;
	gn_want_header(l, s->state);
}
