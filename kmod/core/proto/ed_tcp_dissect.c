// SPDX-License-Identifier: GPL-2.0-only
/*
 * What eDonkey and eMule say over TCP, between clients and to servers. Wire
 * layout and specification: ed_tcp.c; also ed.h.
 *
 *	e3 47, c5 a3	REQUEST, up to three
 *	e3 46, c5 a2	DATA; c5 40, a1 the same, PACKED
 *	e3 4e		length 2 | text: CHAT
 *	d4 ..		UNREAD
 *
 * What is said of one file: ed_file_dissect.c. Introductions, and files with their
 * tags: ed_tags_dissect.c. Lists of sources and servers, and searches:
 * ed_list_dissect.c. All others are passed over. After a loss the way is found by
 * a part whose begin, end and length agree, or by a request's first 48 bits.
 */
#include "ed_lane.h"

enum {
	MAX_MESSAGE = 2000000,
	HEADER = 6,
	PART = 0x46,
	PACKED_PART = 0x40,
	PART64 = 0xa2,
	PACKED_PART64 = 0xa1,
	REQUEST = 0x47,
	REQUEST64 = 0xa3,
};

/* What messages begin with: bytes, of which the state is told */
static const struct {
	u8 protocol;
	u8 op;
	u8 size;
	u8 state;
} forms[] = {
	{ ED_EDONKEY, PART, 24, ED_PART },
	{ ED_EMULE, PACKED_PART, 24, ED_PACKED_PART },
	{ ED_EMULE, PART64, 32, ED_PART },
	{ ED_EMULE, PACKED_PART64, 28, ED_PACKED_PART },
	{ ED_EDONKEY, REQUEST, 16, ED_RANGES },
	{ ED_EMULE, REQUEST64, 16, ED_RANGES },
	{ ED_EDONKEY, 0x58, 16, ED_ASKED },
	{ ED_EDONKEY, 0x4f, 16, ED_ASKED },
	{ ED_EDONKEY, 0x51, 16, ED_ASKED },
	{ ED_EMULE, 0x81, 16, ED_ASKED },
	{ ED_EMULE, 0x83, 16, ED_ASKED },
	{ ED_EMULE, 0x92, 16, ED_ASKED },
	{ ED_EMULE, 0xa4, 24, ED_SIZED },
	{ ED_EDONKEY, 0x19, 16, ED_ASKED_OF },
	{ ED_EDONKEY, 0x23, 16, ED_ASKED_OF },
	{ ED_EDONKEY, 0x52, 16, ED_HASHES },
	{ ED_EDONKEY, 0x59, 18, ED_NAME },
	{ ED_EDONKEY, 0x50, 18, ED_STATUS },
	{ ED_EMULE, 0x93, 16, ED_MULTI },
	{ ED_EDONKEY, 0x4e, 2, ED_MESSAGE },
	{ ED_EDONKEY, 0x01, 1, ED_HELLO },
	{ ED_EDONKEY, 0x4c, 26, ED_INTRODUCTION },
	{ ED_EDONKEY, 0x41, 26, ED_IDENT },
	{ ED_EDONKEY, 0x33, 4, ED_RESULTS },
	{ ED_EDONKEY, 0x15, 4, ED_OFFERS },
	{ ED_EDONKEY, 0x42, 17, ED_FOUND },
	{ ED_EDONKEY, 0x44, 17, ED_FOUND_OBFUSCATED },
	{ ED_EDONKEY, 0x32, 1, ED_SERVERS },
	{ ED_EDONKEY, 0x35, 6, ED_CALLBACK },
	{ ED_EMULE, 0x82, 18, ED_SOURCES },
	{ ED_EMULE, 0x84, 19, ED_SOURCES2 },
	{ ED_EDONKEY, 0x16, 1, ED_SEARCH },
};

/* protocol 1 | length 4 | opcode 1 of a message */
static void begin(struct p2p_lane *l, struct p2p_bytes b)
{
	unsigned int n;

	p2p_frame(l, p2p_le32(b, 1) - 1);
	l->offset = 0;
	memset(l->own, 0, sizeof(l->own));
	if (p2p_u8(b, 0) == ED_PACKED) {
		p2p_skip(l, ED_UNREAD, l->frame);
		return;
	}
	p2p_skip(l, P2P_START, l->frame);
	for (n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
		if (forms[n].protocol != p2p_u8(b, 0) || forms[n].op != p2p_u8(b, 5))
			continue;
		ed_of(l)->form = forms[n].state;
		p2p_want(l, forms[n].state, forms[n].size);
		return;
	}
}

static void header(struct p2p_step *s, struct p2p_bytes b)
{
	u8 protocol = p2p_u8(b, 0);
	u32 len = p2p_le32(b, 1);

	if ((protocol == ED_EDONKEY || protocol == ED_EMULE || protocol == ED_PACKED) &&
	    len && len <= MAX_MESSAGE)
		begin(s->lane, b);
	else
		p2p_lost(s);
}

/* Is this the protocol and opcode of a part, or of a request for some? */
static bool is_sought(u8 protocol, u8 op)
{
	if (protocol == ED_EDONKEY)
		return op == PART || op == REQUEST;
	return protocol == ED_EMULE && (op == PACKED_PART || op == PART64 ||
					op == PACKED_PART64 || op == REQUEST64);
}

/* Can @b begin a part, or a request for some? The length's high bytes are zero. */
static bool may_begin(struct p2p_bytes b)
{
	u8 protocol = p2p_u8(b, 0);

	return (protocol == ED_EDONKEY || protocol == ED_EMULE) &&
	       !p2p_u8(b, 3) && !p2p_u8(b, 4) &&
	       (b.len < HEADER || is_sought(protocol, p2p_u8(b, 5)));
}

/* A request's length is fixed; whether a part is one shows in the rest of its header. */
static void hunt(struct p2p_step *s, struct p2p_bytes b)
{
	u32 len = p2p_le32(b, 1);
	u8 op = p2p_u8(b, 5);
	bool asks = op == REQUEST || op == REQUEST64;

	if (!may_begin(b) ||
	    (asks ? len != (op == REQUEST ? 41 : 65) : len <= 41)) {
		p2p_hunt_on(s->lane, ED_HUNT, b, may_begin);
		return;
	}
	if (asks)
		p2p_found(s->lane, HEADER);
	begin(s->lane, b);
}

/* hash 16 | begin | end, or size of what is packed; the rest is data */
static void part(struct p2p_step *s, struct p2p_bytes b, bool packed)
{
	struct p2p_lane *l = s->lane;
	u32 width = packed ? b.len - 20 : (b.len - 16) / 2, size;
	u64 from = width == 8 ? p2p_le64(b, 16) : p2p_le32(b, 16);
	u64 to = width == 8 ? p2p_le64(b, 24) : p2p_le32(b, 20);
	bool good = to - from == l->frame && from < to;

	if (packed) {
		size = p2p_le32(b, 16 + width);
		good = size >= l->frame && size <= MAX_MESSAGE;
	}
	if (!good) {
		if (l->flags & P2P_LANE_HUNTING)
			p2p_lost(s);
		return;
	}
	p2p_found(l, HEADER + b.len);
	p2p_set_id(l, b, 0, ED_HASH);
	p2p_pass(l, P2P_START, l->frame, from, packed ? P2P_EVENT_PACKED : 0);
}

/* Three begins, three ends */
static void ranges(struct p2p_step *s, struct p2p_bytes b)
{
	u32 width = b.len / 6, n;
	u64 from, to;

	for (n = 0; n < 3 * width; n += width) {
		from = width == 8 ? p2p_le64(b, n) : p2p_le32(b, n);
		to = width == 8 ? p2p_le64(b, n + 24) : p2p_le32(b, n + 12);
		if (to > from)
			p2p_emit_request(s, from, to - from);
	}
}

static void chat(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	p2p_emit_chat(s, (u32)l->offset + ed_of(l)->items);
	l->offset += l->named;
	ed_of(l)->items -= l->named;
	if (ed_of(l)->items)
		p2p_want_block(l, ED_TEXT, ed_of(l)->items);
}

void p2p_ed_tcp_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case P2P_START:
	case P2P_LOST:
		p2p_want(l, l->flags & P2P_LANE_HUNTING ? ED_HUNT : ED_HEADER, HEADER);
		break;
	case ED_HEADER:
		header(s, b);
		break;
	case ED_HUNT:
		hunt(s, b);
		break;
	case ED_UNREAD:
		p2p_emit_bare(s, P2P_EVENT_UNREAD, 0);
		break;
	case ED_PART:
	case ED_PACKED_PART:
		part(s, b, s->state == ED_PACKED_PART);
		break;
	case ED_RANGES:
		p2p_set_id(l, b, 0, ED_HASH);
		p2p_want_name(l, ED_RANGE, l->frame < 48 ? 24 : 48);
		break;
	case ED_RANGE:
		ranges(s, b);
		break;
	case ED_MESSAGE:
		ed_of(l)->items = p2p_le16(b, 0);
		if (ed_of(l)->items)
			p2p_want_block(l, ED_TEXT, ed_of(l)->items);
		break;
	case ED_TEXT:
		chat(s);
		break;
	default:
		if (s->state >= ED_LISTS)
			p2p_ed_list_step(s, b);
		else if (s->state >= ED_TAGS)
			p2p_ed_tags_step(s, b);
		else
			p2p_ed_file_step(s, b);
	}
}
