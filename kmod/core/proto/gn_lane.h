/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of Gnutella's dissector have in common. */
#ifndef P2P_CORE_PROTO_GN_LANE_H
#define P2P_CORE_PROTO_GN_LANE_H

#include "../lane.h"
#include "gn.h"

/* States, each named for what its step is given */
enum {
	/* gn_tcp_dissect.c */
	GN_GREETING = P2P_STATES,
	GN_DESCRIPTOR,
	GN_HUNT,
	GN_PONG,
	GN_PUSH,
	GN_QUERY,
	GN_WORDS,
	GN_QUERY_URN,
	GN_HIT,
	GN_RESULT,
	GN_RESULT_NAME,
	GN_RESULT_URN,
	/* gn_head_dissect.c */
	GN_HEADS,
	GN_SHAKE = GN_HEADS, /* a header of a handshake */
	GN_ASK,		     /* of a request */
	GN_ANSWER,	     /* of an answer */
	/* gn_http_dissect.c */
	GN_BODIES,
	GN_CHUNK = GN_BODIES,
	GN_CHUNK_END,
	GN_CHUNK_NEXT,
	GN_TRAILER,
};

/* Of a lane: mine */
enum {
	GN_CONNECTED = 1 << 0, /* descriptors follow */
	GN_TLS = 1 << 1,       /* or TLS */
	GN_DEFLATED = 1 << 2,
	GN_CHUNKED = 1 << 3,
	GN_CONTENT = 1 << 4, /* the body is the content, */
	GN_EMPTY = 1 << 5,   /* or there is none */
	GN_MORE = 1 << 6,    /* a header goes on behind a comma, */
	GN_ALT = 1 << 7,     /* and is a list of endpoints */
	GN_LASTING = GN_CONNECTED | GN_TLS,
};

/**
 * struct gn_lane - what is in hand
 * @size: of the file
 * @length: of the body, or P2P_SIZE_UNKNOWN; results that follow in a hit
 */
struct gn_lane {
	u64 size;
	u64 length;
};
_Static_assert(sizeof(struct gn_lane) <= sizeof(((struct p2p_lane *)0)->own),
	       "fits what a lane has for it");

static inline struct gn_lane *gn_of(struct p2p_lane *l)
{
	return (struct gn_lane *)l->own;
}

/** gn_want_header() - a header follows, or its next part */
static inline void gn_want_header(struct p2p_lane *l, u8 state)
{
	p2p_want_name_until(l, state, '\n', ',');
}

/* -- Words, gn_words_dissect.c */

/** p2p_gn_is_text() - does @text stand at @at, in letters of either case? */
bool p2p_gn_is_text(struct p2p_bytes b, u32 at, const char *text, u32 len);
#define GN_IS_TEXT(b, at, lit) p2p_gn_is_text(b, at, lit, sizeof(lit) - 1)

/** p2p_gn_behind_blanks() - the offset behind the blanks at @at */
u32 p2p_gn_behind_blanks(struct p2p_bytes b, u32 at);

/** p2p_gn_decimal() - the number at *@at, which moves behind it; none is 0 */
u64 p2p_gn_decimal(struct p2p_bytes b, u32 *at);

/** p2p_gn_range() - bytes=0-99 or bytes 0-99 at *@at: where from, and how many */
bool p2p_gn_range(struct p2p_bytes b, u32 *at, u64 *from, u64 *size);

/** p2p_gn_set_urn() - the content's id, if urn:sha1: and it stand at @at */
bool p2p_gn_set_urn(struct p2p_lane *l, struct p2p_bytes b, u32 at);

/** p2p_gn_emit_endpoint() - [http://]a.b.c.d[:port] at @at */
void p2p_gn_emit_endpoint(struct p2p_step *s, struct p2p_bytes b, u32 at);

/* -- Steps, and how they begin */

void p2p_gn_head_step(struct p2p_step *s, struct p2p_bytes b);
void p2p_gn_http_step(struct p2p_step *s, struct p2p_bytes b);

/** p2p_gn_request() - "GET " or "HEAD " begin the line @b */
void p2p_gn_request(struct p2p_step *s, struct p2p_bytes b);

/** p2p_gn_answer() - "HTTP/1." begins the line @b */
void p2p_gn_answer(struct p2p_step *s, struct p2p_bytes b);

/** p2p_gn_body() - behind the last header of an answer */
void p2p_gn_body(struct p2p_step *s);

#endif
