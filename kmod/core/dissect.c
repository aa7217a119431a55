// SPDX-License-Identifier: GPL-2.0-only
#include "lane.h"

_Static_assert(sizeof(struct p2p_dissector) <= 768, "one for every flow that is read");

static const struct {
	u8 proto;
	u8 id;
} dissectors[] = {
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4)
#define P2P_DISSECTOR(sym, id) { P2P_PROTO_##sym, P2P_ID_##id },
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
};

/* What names the contents of this flow's protocol; NONE: it has no dissector */
static enum p2p_id kind_of(unsigned int proto)
{
	unsigned int n;

	for (n = 0; n < sizeof(dissectors) / sizeof(dissectors[0]); n++)
		if (dissectors[n].proto == proto)
			return (enum p2p_id)dissectors[n].id;
	return P2P_ID_NONE;
}

bool p2p_dissects(unsigned int proto)
{
	return kind_of(proto) != P2P_ID_NONE;
}

static void call(struct p2p_step *s, struct p2p_bytes b)
{
	switch (s->d->proto) {
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4)
#define P2P_DISSECTOR(sym, id)                                                 \
	case P2P_PROTO_##sym:                                                  \
		p2p_##sym##_step(s, b);                                        \
		break;
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
	}
}

/* -- Events */

static void tell(struct p2p_step *s, struct p2p_event *event, enum p2p_event_type type, u8 flags)
{
	event->type = (u8)type;
	event->dir = s->dir;
	event->app = (u8)p2p_proto_app(s->d->proto);
	event->flags = flags | (s->lane->flags & P2P_LANE_EVENT);
	s->sink->event(s->sink->ctx, event);
}

void p2p_emit(struct p2p_step *s, struct p2p_event *event, enum p2p_event_type type, u8 flags)
{
	/* an item of 4 GiB there is none */
	event->begin = s->lane->at - (u32)((u32)s->lane->at - s->lane->mark);
	event->end = s->lane->at;
	tell(s, event, type, flags);
}

void p2p_emit_bare(struct p2p_step *s, enum p2p_event_type type, u8 flags)
{
	struct p2p_event event = { 0 };

	p2p_emit(s, &event, type, flags);
}

void p2p_emit_peer(struct p2p_step *s, struct p2p_bytes b, u32 at, u8 n, u16 port, u8 l4)
{
	struct p2p_event event = { 0 };

	if (!port || !p2p_copy(b, at, event.peer.address, n))
		return;
	event.peer.family = n == 16 ? 6 : n;
	event.peer.port = port;
	event.peer.l4 = l4;
	p2p_emit(s, &event, P2P_EVENT_PEER, 0);
}

/* The content in hand, into whatever speaks of it */
static void of_content(const struct p2p_step *s, struct p2p_event *event)
{
	const struct p2p_lane *l = s->lane;

	event->object.index = l->index;
	event->object.offset = l->offset;
	event->object.id = l->flags & P2P_LANE_ID ? l->id : NULL;
	event->object.kind = l->flags & P2P_LANE_ID ? s->d->kind : P2P_ID_NONE;
}

void p2p_emit_object(struct p2p_step *s, enum p2p_content_way content, struct p2p_bytes name, u64 size)
{
	struct p2p_event event = { 0 };

	of_content(s, &event);
	event.object.offset = 0;
	event.object.content = (u8)content;
	event.object.size = size;
	event.object.bytes = name;
	p2p_emit(s, &event, P2P_EVENT_OBJECT, name.len ? s->lane->flags & P2P_EVENT_CUT : 0);
}

void p2p_emit_request(struct p2p_step *s, u64 offset, u64 size)
{
	struct p2p_event event = { 0 };

	of_content(s, &event);
	event.object.offset = offset;
	event.object.size = size;
	p2p_emit(s, &event, P2P_EVENT_REQUEST, 0);
}

void p2p_emit_have(struct p2p_step *s, u32 index)
{
	struct p2p_event event = { 0 };

	event.have.index = index;
	p2p_emit(s, &event, P2P_EVENT_HAVE, 0);
}

void p2p_emit_bits(struct p2p_step *s, u64 size)
{
	struct p2p_event event = { 0 };

	of_content(s, &event);
	event.object.index = 0;
	event.object.size = size;
	event.object.bytes = p2p_name(s->lane);
	p2p_emit(s, &event, P2P_EVENT_BITFIELD, 0);
}

void p2p_emit_chat(struct p2p_step *s, u32 size)
{
	struct p2p_event event = { 0 };

	event.text.offset = (u32)s->lane->offset;
	event.text.size = size;
	event.text.bytes = p2p_name(s->lane);
	p2p_emit(s, &event, P2P_EVENT_CHAT, 0);
}

void p2p_emit_search(struct p2p_step *s, struct p2p_bytes text)
{
	struct p2p_event event = { 0 };

	event.text.bytes = text;
	event.text.size = text.len;
	if (!text.len) {
		event.text.id = s->lane->id;
		event.text.kind = s->d->kind;
	}
	p2p_emit(s, &event, P2P_EVENT_SEARCH, text.len ? s->lane->flags & P2P_EVENT_CUT : 0);
}

/* The bytes that come next */
static void emit_data(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_event event P2P_UNINITIALIZED; /* all that DATA has is set */

	of_content(s, &event);
	event.object.size = 0;
	event.object.content = 0;
	event.object.bytes = b;
	event.begin = s->lane->at;
	event.end = s->lane->at + b.len;
	tell(s, &event, P2P_EVENT_DATA,
	     s->lane->flags & (P2P_EVENT_PACKED | P2P_EVENT_METADATA));
}

void p2p_lost(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	if (!(l->flags & P2P_LANE_HUNTING))
		p2p_emit_bare(s, P2P_EVENT_DESYNC, 0);
	l->flags |= P2P_LANE_HUNTING | P2P_EVENT_RESYNCED;
	p2p_frame(l, P2P_UNFRAMED);
	p2p_skip(l, P2P_LOST, 0);
}

/* -- The loop */

static void move(struct p2p_lane *l, u64 n)
{
	l->at += n;
	if (l->frame != P2P_UNFRAMED)
		l->frame -= (u32)n;
}

static bool is_text(const struct p2p_lane *l)
{
	return l->mode == P2P_UNTIL || l->mode == P2P_UNTIL_NAME;
}

static bool is_named(const struct p2p_lane *l)
{
	return l->mode == P2P_GATHER_NAME || l->mode == P2P_UNTIL_NAME;
}

static u8 gathered(const struct p2p_lane *l)
{
	return is_named(l) ? l->named : l->have;
}

/* @b is what was asked for */
static void step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	s->state = l->state;
	if (s->state == P2P_START) {
		p2p_frame(l, P2P_UNFRAMED);
		p2p_mark(l);
	}
	/* what the step does not ask for */
	p2p_skip(l, P2P_START, l->frame == P2P_UNFRAMED ? 0 : l->frame);
	call(s, b);
}

/* What was asked for has been gathered. */
static void step_gathered(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	step(s, is_named(l) ? p2p_name(l) : (struct p2p_bytes){ l->unit, l->have });
}

/* All that needs no more bytes */
static void settle(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;

	while (!l->stream && l->mode != P2P_QUIET && !is_text(l) && gathered(l) == l->need)
		step_gathered(s);
}

/* All that is asked for, if it lies at hand in one piece, need not be gathered. */
static u32 step_at_hand(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	u32 n = l->need;

	if (l->mode != P2P_GATHER || l->have || l->stream || b.len < n)
		return 0;
	move(l, n);
	step(s, (struct p2p_bytes){ b.data, n });
	return n;
}

/* Some of @b goes to the unit or the name */
static u32 gather(struct p2p_lane *l, struct p2p_bytes b)
{
	u8 *have = is_named(l) ? &l->named : &l->have;
	u8 *to = is_named(l) ? l->name : l->unit;
	u32 n = l->need - *have;

	if (n > b.len)
		n = b.len;
	p2p_copy(b, 0, to + *have, n);
	*have += (u8)n;
	move(l, n);
	return n;
}

/* Some of @b is passed over, or on. *@unseen: and was data that nobody wants to see */
static u32 stream(struct p2p_step *s, struct p2p_bytes b, u32 *unseen)
{
	struct p2p_lane *l = s->lane;

	b = p2p_slice(b, 0, l->stream < b.len ? (u32)l->stream : b.len);
	if (l->mode == P2P_PASS) {
		if (!s->sink->wants || s->sink->wants(s->sink->ctx, l))
			emit_data(s, b);
		else
			*unseen += b.len;
	}
	p2p_lane_move(l, b.len);
	return b.len;
}

/* One byte of a text, which its frame ends at the latest */
static u32 spell(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;
	u8 c = p2p_u8(b, 0);
	bool last = c == l->need || c == l->stop;

	if (!l->frame) {
		p2p_skip(l, P2P_START, 0);
		return 0;
	}
	move(l, 1);
	if (l->mode == P2P_UNTIL && !last && l->have < P2P_UNIT_MAX)
		l->unit[l->have++] = c;
	else if (l->mode == P2P_UNTIL_NAME && !last && l->named < P2P_NAME_MAX)
		l->name[l->named++] = c;
	else if (l->mode == P2P_UNTIL_NAME && !last)
		l->flags |= P2P_EVENT_CUT;
	if (last || !l->frame) {
		l->stop = c;
		step_gathered(s);
	}
	return 1;
}

bool p2p_dissect_init(struct p2p_dissector *d, enum p2p_proto proto)
{
	memset(d, 0, sizeof(*d));
	d->proto = (u8)proto;
	d->lane[0].frame = P2P_UNFRAMED;
	d->lane[1].frame = P2P_UNFRAMED;
	d->kind = (u8)kind_of(proto);
	return d->kind != P2P_ID_NONE;
}

/* Some of @b: how much */
static u32 take(struct p2p_step *s, struct p2p_bytes b, u32 *unseen)
{
	u32 n = step_at_hand(s, b);

	if (n)
		return n;
	if (is_text(s->lane))
		return spell(s, b);
	if (gathered(s->lane) < s->lane->need)
		return gather(s->lane, b);
	return stream(s, b, unseen);
}

u32 p2p_dissect_feed(struct p2p_dissector *d, unsigned int dir,
		     struct p2p_bytes bytes, const struct p2p_sink *sink)
{
	struct p2p_step s = { d, &d->lane[dir & 1], sink, 0, dir & 1 };
	struct p2p_lane *l = s.lane;
	u32 unseen = 0;

	for (settle(&s); bytes.len; settle(&s)) {
		if (l->mode == P2P_QUIET) {
			l->at += bytes.len;
			break;
		}
		bytes = p2p_slice(bytes, take(&s, bytes, &unseen), ~0u);
	}
	return unseen;
}

void p2p_dissect_gap(struct p2p_dissector *d, unsigned int dir, u64 len,
		     const struct p2p_sink *sink)
{
	struct p2p_step s = { d, &d->lane[dir & 1], sink, 0, dir & 1 };
	struct p2p_lane *l = s.lane;
	bool known = len != P2P_GAP_UNKNOWN, whole;

	if (!len)
		return;
	settle(&s);
	whole = !is_text(l) && gathered(l) == l->need;
	if (l->mode == P2P_QUIET) {
		l->at += known ? len : 0;
	} else if (known && whole && len <= l->stream) {
		p2p_lane_move(l, len);
	} else if (known && l->frame != P2P_UNFRAMED && len <= l->frame) {
		move(l, len);
		p2p_skip(l, P2P_START, l->frame);
	} else {
		l->at += known ? len : 0;
		p2p_lost(&s);
	}
	settle(&s);
}

void p2p_dissect_end(struct p2p_dissector *d, unsigned int dir)
{
	p2p_quiet(&d->lane[dir & 1]);
}
