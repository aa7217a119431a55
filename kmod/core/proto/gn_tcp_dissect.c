// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Gnutella says over TCP. Wire layout and specification: gn_tcp.c, gn.h.
 *
 * A line tells what the direction goes on with:
 *
 *	GNUTELLA CONNECT/0.6	headers, another such line (gn_head_dissect.c)
 *	GNUTELLA/0.6 200 OK	headers, then descriptors; ENCRYPTED where the
 *				headers say that they are deflated, or TLS comes
 *	GIV index:id/name	OBJECT; an empty line, then a request's answer
 *	GET, HEAD; HTTP/1.x	a transfer (gn_http_dissect.c)
 *
 * Descriptors:
 *
 *	0x01 pong: port 2 | address 4 | ...	PEER
 *	0x40 push: id 16 | index 4 | address 4 | port 2 | ...	PEER
 *	0x80 query: flags 2 | text 0 | urn 0x1c ... 0	SEARCH
 *	0x81 hit: count 1 | port 2 | address 4 | speed 4 | count * result	PEER
 *		result: index 4 | size 4 | name 0 | urn 0x1c ... 0	OBJECT
 *
 * After a loss the way is found by the id of a servent since 2001.
 */
#include "gn_lane.h"

enum { PONG = 0x01, PUSH = 0x40, QUERY = 0x80, HIT = 0x81, SEPARATOR = 0x1c };

/* GIV index:32 hex digits/name */
static void giv(struct p2p_step *s, struct p2p_bytes b)
{
	u32 at = P2P_FIND(b, 0, "/");

	p2p_forget_id(s->lane);
	s->lane->index = s->d->asked;
	if (at != P2P_NPOS)
		p2p_emit_object(s, P2P_CONTENT_HERE, p2p_slice(b, at + 1, ~0u), P2P_SIZE_UNKNOWN);
}

static void greeting(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	if (p2p_u8(b, b.len - 1) == '\r')
		b.len--;
	l->mine &= GN_LASTING;
	if (P2P_IS(b, 0, "GNUTELLA")) {
		if (P2P_IS(b, 8, " CONNECT/0.4") || P2P_IS(b, 8, " OK") || P2P_IS(b, 12, " 200"))
			l->mine |= GN_CONNECTED;
		gn_want_header(l, GN_SHAKE);
	} else if (P2P_IS(b, 0, "GIV ")) {
		giv(s, b);
	} else if (P2P_IS(b, 0, "GET ") || P2P_IS(b, 0, "HEAD ")) {
		p2p_gn_request(s, b);
	} else if (P2P_IS(b, 0, "HTTP/1.")) {
		p2p_gn_answer(s, b);
	} else if (b.len) {
		p2p_lost(s);
	}
}

/* A descriptor, of which the header is @b */
static void begin(struct p2p_lane *l, struct p2p_bytes b)
{
	p2p_frame(l, gn_length(b, 0));
	p2p_forget_id(l);
	l->index = 0;
	switch (p2p_u8(b, 16)) {
	case PONG:
		p2p_want(l, GN_PONG, 2 + 4);
		break;
	case PUSH:
		p2p_want(l, GN_PUSH, 16 + 4 + 4 + 2);
		break;
	case QUERY:
		p2p_want(l, GN_QUERY, 2);
		break;
	case HIT:
		p2p_want(l, GN_HIT, 1 + 2 + 4 + 4);
		break;
	default:
		p2p_skip(l, P2P_START, l->frame);
	}
}

static void descriptor(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	if ((l->mine & GN_TLS) && P2P_IS(b, 0, "\x16\x03")) {
		p2p_emit_bare(s, P2P_EVENT_ENCRYPTED, 0);
		p2p_quiet(l);
	} else if (gn_length(b, 0) == P2P_NPOS) {
		p2p_lost(s);
	} else {
		begin(l, b);
	}
}

/* Can @b begin a descriptor with the id of a servent since 2001? */
static bool may_begin(struct p2p_bytes b)
{
	u8 type = p2p_u8(b, 16);

	return (b.len <= 8 || p2p_u8(b, 8) == 0xff) && p2p_u8(b, 15) <= 3 &&
	       (type <= PONG || type == PUSH || type == QUERY || type == HIT);
}

static void hunt(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	if (!may_begin(b) || gn_length(b, 0) == P2P_NPOS || !gn_way(b, 0) || !gn_is_id(b, 0)) {
		p2p_hunt_on(l, GN_HUNT, b, may_begin);
		return;
	}
	l->mine |= GN_CONNECTED;
	p2p_found(l, GN_HEADER);
	begin(l, b);
}

static void next_result(struct p2p_lane *l)
{
	if (!gn_of(l)->length)
		return;
	gn_of(l)->length--;
	p2p_forget_id(l);
	p2p_mark(l);
	p2p_want(l, GN_RESULT, 4 + 4);
}

/* Another of the texts behind a query or a name; the last one ends with a zero */
static void urn(struct p2p_step *s, struct p2p_bytes b, bool query)
{
	struct p2p_lane *l = s->lane;

	if (p2p_gn_set_urn(l, b, 0) && query)
		p2p_emit_search(s, P2P_NAMELESS);
	if (l->stop == SEPARATOR) {
		p2p_want_until(l, s->state, 0, SEPARATOR);
	} else if (!query) {
		p2p_emit_object(s, P2P_CONTENT_TOLD, p2p_name(l), gn_of(l)->size);
		next_result(l);
	}
}

/* A step inside of a descriptor */
static void inside(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case GN_PONG:
		p2p_emit_peer(s, b, 2, 4, p2p_le16(b, 0), P2P_TCP);
		break;
	case GN_PUSH:
		p2p_emit_peer(s, b, 20, 4, p2p_le16(b, 24), P2P_TCP);
		break;
	case GN_QUERY:
		p2p_want_name_until(l, GN_WORDS, 0, 0);
		break;
	case GN_WORDS:
		if (b.len)
			p2p_emit_search(s, b);
		p2p_want_until(l, GN_QUERY_URN, 0, SEPARATOR);
		break;
	case GN_QUERY_URN:
		urn(s, b, true);
		break;
	case GN_HIT:
		p2p_emit_peer(s, b, 3, 4, p2p_le16(b, 1), P2P_TCP);
		gn_of(l)->length = p2p_u8(b, 0);
		next_result(l);
		break;
	case GN_RESULT:
		gn_of(l)->size = p2p_le32(b, 4) == P2P_NPOS ? P2P_SIZE_UNKNOWN : p2p_le32(b, 4);
		p2p_want_name_until(l, GN_RESULT_NAME, 0, 0);
		break;
	case GN_RESULT_NAME:
		p2p_want_until(l, GN_RESULT_URN, 0, SEPARATOR);
		break;
	case GN_RESULT_URN:
		urn(s, b, false);
		break;
	}
}

void p2p_gn_tcp_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case P2P_START:
		if (l->mine & GN_CONNECTED)
			p2p_want(l, GN_DESCRIPTOR, GN_HEADER);
		else
			p2p_want_name_until(l, GN_GREETING, '\n', '\n');
		break;
	case P2P_LOST:
		p2p_want(l, GN_HUNT, GN_HEADER);
		break;
	case GN_GREETING:
		greeting(s, b);
		break;
	case GN_DESCRIPTOR:
		descriptor(s, b);
		break;
	case GN_HUNT:
		hunt(s, b);
		break;
	default:
		if (s->state >= GN_BODIES)
			p2p_gn_http_step(s, b);
		else if (s->state >= GN_HEADS)
			p2p_gn_head_step(s, b);
		else
			inside(s, b);
	}
}
