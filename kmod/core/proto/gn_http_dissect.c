// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gnutella's transfers (HUGE, RFC 9112), as many in a connection as there are:
 *
 *	GET /get/<index>/<name> HTTP/1.1	OBJECT with its name, as on the wire
 *	GET /uri-res/N2R?urn:sha1:<32 letters>	OBJECT with its id
 *	HTTP/1.1 206 Partial Content		OBJECT of the answer, behind the
 *						headers, then DATA
 *	size in hex [; ...] \r\n bytes \r\n ... 0 \r\n ... \r\n	a chunked body
 *
 * Of a line that is longer than a name, what is behind is not read: a name has
 * that much less room. An answer to HEAD has no body, so requests must have been
 * fed before their answers; of answers alone all have one.
 */
#include "gn_lane.h"

/* Where does " HTTP/" end what is asked for? */
static u32 end_of_target(struct p2p_bytes b)
{
	u32 at;

	for (at = b.len; at > 4; at--)
		if (P2P_IS(b, at, " HTTP/"))
			return at;
	return b.len;
}

void p2p_gn_request(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	u32 urn = P2P_FIND(b, 0, "/uri-res/N2R?"), name = P2P_FIND(b, 0, " /get/");
	u32 bit = (u32)1 << (s->d->asked & 31);

	s->d->heads &= ~bit;
	if (P2P_IS(b, 0, "HEAD "))
		s->d->heads |= bit;
	l->index = s->d->asked++;
	p2p_forget_id(l);
	b.len = end_of_target(b);
	if (urn != P2P_NPOS && p2p_gn_set_urn(l, b, urn + 13)) {
		p2p_emit_object(s, P2P_CONTENT_THERE, P2P_NAMELESS, P2P_SIZE_UNKNOWN);
	} else if (name != P2P_NPOS) {
		name = P2P_FIND(b, name + 6, "/");
		if (name != P2P_NPOS)
			p2p_emit_object(s, P2P_CONTENT_THERE, p2p_slice(b, name + 1, ~0u), P2P_SIZE_UNKNOWN);
	}
	gn_want_header(l, GN_ASK);
}

void p2p_gn_answer(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_dissector *d = s->d;
	struct p2p_lane *l = s->lane;
	u32 at = 9, head = 0, code = (u32)p2p_gn_decimal(b, &at);

	l->index = d->answered;
	l->offset = 0;
	gn_of(l)->size = P2P_SIZE_UNKNOWN;
	gn_of(l)->length = P2P_SIZE_UNKNOWN;
	p2p_forget_id(l);
	if (code / 100 != 1) {
		if (d->answered < d->asked)
			head = d->heads >> (d->answered & 31) & 1;
		d->answered++;
	}
	if (code / 100 == 2)
		l->mine |= GN_CONTENT;
	if (head || code / 100 == 1 || code == 204 || code == 304)
		l->mine |= GN_EMPTY;
	gn_want_header(l, GN_ANSWER);
}

/* @n bytes of the body, then @state */
static void pass(struct p2p_lane *l, u8 state, u64 n)
{
	if (l->mine & GN_CONTENT)
		p2p_pass(l, state, n, l->offset, l->mine & GN_DEFLATED ? P2P_EVENT_PACKED : 0);
	else
		p2p_skip(l, state, n);
}

void p2p_gn_body(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;
	struct gn_lane *gn = gn_of(l);

	if (gn->size == P2P_SIZE_UNKNOWN && !l->offset && !(l->mine & (GN_CHUNKED | GN_DEFLATED)))
		gn->size = gn->length;
	if (l->mine & GN_CONTENT)
		p2p_emit_object(s, P2P_CONTENT_HERE, P2P_NAMELESS, gn->size);
	if (l->mine & GN_EMPTY)
		return;
	if (l->mine & GN_CHUNKED)
		p2p_want_until(l, GN_CHUNK, '\n', '\n');
	else
		pass(l, P2P_START, gn->length);
}

/* The size of a chunk, in hex; P2P_SIZE_UNKNOWN: there is none */
static u64 size_of_chunk(struct p2p_bytes b)
{
	u64 size = 0;
	u32 at;
	u8 c;

	for (at = 0; at < 15; at++) {
		c = p2p_u8(b, at) | 0x20;
		if (c >= '0' && c <= '9')
			size = size << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			size = size << 4 | (c - 'a' + 10);
		else
			break;
	}
	return at ? size : P2P_SIZE_UNKNOWN;
}

void p2p_gn_http_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	u64 size;

	switch (s->state) {
	case GN_CHUNK:
		size = size_of_chunk(b);
		if (size == P2P_SIZE_UNKNOWN)
			p2p_lost(s);
		else if (size)
			pass(l, GN_CHUNK_END, size);
		else
			p2p_want_until(l, GN_TRAILER, '\n', '\n');
		break;
	case GN_CHUNK_END:
		p2p_want_until(l, GN_CHUNK_NEXT, '\n', '\n');
		break;
	case GN_CHUNK_NEXT:
		p2p_want_until(l, GN_CHUNK, '\n', '\n');
		break;
	case GN_TRAILER:
		if (b.len && !P2P_IS(b, 0, "\r"))
			p2p_want_until(l, GN_TRAILER, '\n', '\n');
		break;
	}
}
