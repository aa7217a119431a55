/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dissection: what the in-order bytes of a TCP flow say, as events.
 *
 * A flow that payload has named is given to its protocol's dissector, chunk by
 * chunk, each direction in order and the two interleaved as they came. How the
 * bytes are cut decides nothing: the same bytes make the same events, but that
 * the bytes of one DATA may come in several.
 *
 * A dissector frames. It allocates nothing, unpacks nothing and looks at a byte
 * once; what it cannot read it skips by its length. Where framing is lost it
 * says DESYNC once and looks for the next place that cannot be mistaken.
 */
#ifndef P2P_CORE_DISSECT_H
#define P2P_CORE_DISSECT_H

#include "bytes.h"
#include "object.h"
#include "registry.h"

P2P_BEGIN_DECLS

enum {
	P2P_UNIT_MAX = 41,  /* "urn:sha1:" and 32 letters */
	P2P_TOLD_ID = 20,  /* bytes of the longest id that is sent */
};

#define P2P_SIZE_UNKNOWN (~(u64)0)
#define P2P_GAP_UNKNOWN (~(u64)0)
#define P2P_HAVE_ALL (~(u32)0)

enum p2p_event_type {
	P2P_EVENT_PEER,	     /* an endpoint that somebody told of */
	P2P_EVENT_OBJECT,    /* a content that was asked for, offered or found */
	P2P_EVENT_DATA,	     /* bytes of a content */
	P2P_EVENT_REQUEST,   /* a range of a content that was asked for */
	P2P_EVENT_HAVE,	     /* a piece that the sender has: BitTorrent */
	P2P_EVENT_BITFIELD,  /* the same, a bit a piece or part */
	P2P_EVENT_CHAT,	     /* text from one user to the other */
	P2P_EVENT_SEARCH,    /* a word or name looked for */
	P2P_EVENT_UNREAD,    /* from begin to end is packed: a message of eMule's */
	P2P_EVENT_ENCRYPTED, /* nothing that follows can be read */
	P2P_EVENT_DESYNC,    /* lost: what follows is not read, or RESYNCED */
};

/** enum p2p_content_way - which way the content of an OBJECT may go */
enum p2p_content_way {
	P2P_CONTENT_TOLD, /* somebody has it: results, offers */
	P2P_CONTENT_HERE, /* in the event's direction: its sender has it */
	P2P_CONTENT_THERE, /* in the other: its sender asks */
	P2P_CONTENT_BOTH,
};

/* Flags of an event */
enum {
	P2P_EVENT_RESYNCED = 1 << 0, /* framing was lost before, and found by its look */
	P2P_EVENT_CUT = 1 << 1,	     /* the name or text was longer */
	P2P_EVENT_PACKED = 1 << 2,   /* DATA: of a zlib stream; ENCRYPTED: it is one */
	P2P_EVENT_METADATA = 1 << 3, /* DATA: of the torrent's description itself */
};

/**
 * struct p2p_event - what a dissector found
 * @begin: position in the direction of the first byte that it speaks of
 * @end: behind the last byte that justifies it
 * @type: enum p2p_event_type
 * @dir: the direction
 * @app: enum p2p_app of the protocol that said it
 * @flags: P2P_EVENT_*
 *
 * What it points to lasts as long as the call.
 */
struct p2p_event {
	u64 begin;
	u64 end;
	u8 type;
	u8 dir;
	u8 app;
	u8 flags;
	union {
		/*
		 * PEER: @family 4 or 6; 0: the sender of the event, who takes
		 * connections at @port of @l4 (6 TCP, 17 UDP)
		 */
		struct {
			u8 address[16];
			u16 port;
			u8 family;
			u8 l4;
		} peer;
		/*
		 * OBJECT, DATA, REQUEST and BITFIELD, of the content @id (of
		 * @kind; NULL for none).
		 *
		 * @index: BitTorrent: the piece, and @offset is from its
		 *         beginning. Gnutella: transfers of a flow are counted,
		 *         the n-th answer is to the n-th request.
		 * @offset: of DATA and REQUEST in the content; PACKED: where
		 *          the block begins that @bytes go on with. BITFIELD:
		 *          of @bytes among its bytes
		 * @size: OBJECT: of the whole content, or unknown. REQUEST: of
		 *        the range. BITFIELD: bytes in all; 0: all there is
		 * @bytes: OBJECT: the name, as on the wire. DATA, BITFIELD
		 */
		struct {
			const u8 *id;
			u64 offset;
			u64 size;
			struct p2p_bytes bytes;
			u32 index;
			u8 kind;
			u8 content;
		} object;
		/*
		 * CHAT: @bytes at @offset of a text of @size bytes; in parts of
		 * P2P_NAME_MAX. SEARCH: a string, or the content @id
		 */
		struct {
			const u8 *id;
			struct p2p_bytes bytes;
			u32 offset;
			u32 size;
			u8 kind;
		} text;
		/* HAVE: a piece, or P2P_HAVE_ALL */
		struct {
			u32 index;
		} have;
	};
};


/* States that all have; a protocol's own begin with P2P_STATES */
enum { P2P_START, P2P_LOST, P2P_STATES };

/* What a lane waits for */
enum {
	P2P_GATHER,	 /* @need bytes in unit, then @stream bytes skipped */
	P2P_GATHER_NAME, /* the same in name */
	P2P_UNTIL,	 /* text up to the byte @need or @stop in unit, without it */
	P2P_UNTIL_NAME,
	P2P_PASS,	 /* @stream bytes that are DATA */
	P2P_QUIET,	 /* nothing: all that follows is passed over */
};

#define P2P_UNFRAMED (~(u32)0)

/**
 * struct p2p_lane - one direction, always waiting for one thing
 * @at: position of the next byte
 * @stream: bytes to pass over, or on, before the next step
 * @offset: where they, or a block of text, belong
 * @own: the protocol's
 * @mark: low half of the position where the item in hand began
 * @frame: bytes left of the message in hand; P2P_UNFRAMED outside of one
 * @index: of the piece, or of the transfer
 * @id: of the content in hand
 * @mode: what is waited for
 * @state: the protocol's, when it is there
 * @need: bytes to gather; or the byte that ends a text
 * @have: bytes gathered in @unit
 * @stop: the other byte that ends a text; then the one that did
 * @flags: P2P_EVENT_*, P2P_LANE_*
 * @mine: the protocol's own
 * @named: bytes gathered in @name
 * @unit: what is gathered
 * @name: a name that is kept meanwhile, or something longer than a unit
 */
struct p2p_lane {
	u64 at;
	u64 stream;
	u64 offset;
	u64 own[2];
	u32 mark;
	u32 frame;
	u32 index;
	u8 id[P2P_TOLD_ID];
	u8 mode;
	u8 state;
	u8 need;
	u8 have;
	u8 stop;
	u8 flags;
	u8 mine;
	u8 named;
	u8 unit[P2P_UNIT_MAX];
	u8 name[P2P_NAME_MAX];
};

/**
 * struct p2p_sink - who is told
 * @event: of what is found
 * @wants: does anybody want to see the data that a lane is amid of? NULL: all of it
 */
struct p2p_sink {
	void (*event)(void *ctx, const struct p2p_event *event);
	bool (*wants)(void *ctx, const struct p2p_lane *l);
	void *ctx;
};

/**
 * struct p2p_dissector - a flow under dissection; 768 bytes
 * @asked: transfers that were asked for, and @answered
 * @heads: a bit for each of the last 32: it was asked for without its bytes
 * @proto: enum p2p_proto
 * @kind: enum p2p_id of its contents
 */
struct p2p_dissector {
	struct p2p_lane lane[2];
	u32 asked;
	u32 answered;
	u32 heads;
	u8 proto;
	u8 kind;
};

/** p2p_dissects() - has @proto a dissector? */
bool p2p_dissects(unsigned int proto);

/** p2p_dissect_init() - begin a flow; false: @proto has no dissector */
bool p2p_dissect_init(struct p2p_dissector *d, enum p2p_proto proto);

/**
 * p2p_dissect_feed() - the next bytes of a direction, as many as there are
 *
 * Return: how many were data that nobody wants to see, and no event tells of.
 */
u32 p2p_dissect_feed(struct p2p_dissector *d, unsigned int dir,
		     struct p2p_bytes bytes, const struct p2p_sink *sink);

/**
 * p2p_lane_is_data() - is it amid of data?
 *
 * Of a content, where @offset, @index and @flags say, of which @stream bytes are to come.
 */
P2P_HOT bool p2p_lane_is_data(const struct p2p_lane *l)
{
	return l->mode == P2P_PASS && l->stream;
}

/**
 * p2p_lane_data() - how many of the next @len bytes are of the data that it is amid of
 *
 * They may be passed by p2p_lane_move(). Without the last one, if that has another step than
 * to ask for what follows, which can wait for that.
 */
P2P_HOT u32 p2p_lane_data(const struct p2p_lane *l, u32 len)
{
	return len < l->stream ? len : (u32)l->stream - (l->state != P2P_START);
}

/** p2p_lane_move() - the next @n bytes, at most @stream, were passed over, or on */
P2P_HOT void p2p_lane_move(struct p2p_lane *l, u64 n)
{
	l->at += n;
	l->stream -= n;
	if (l->frame != P2P_UNFRAMED)
		l->frame -= (u32)n;
	/* what is packed belongs to its block's beginning, all of it */
	if (!(l->flags & P2P_EVENT_PACKED))
		l->offset += n;
}

/**
 * p2p_dissect_gap() - the next @len bytes of a direction will not be seen
 * @len: how many, or P2P_GAP_UNKNOWN where the beginning was missed: positions
 *       then count from here
 *
 * A hole inside of data, or of one message, costs just that.
 */
void p2p_dissect_gap(struct p2p_dissector *d, unsigned int dir, u64 len,
		     const struct p2p_sink *sink);

/** p2p_dissect_end() - a direction has ended; what is fed then is not read */
void p2p_dissect_end(struct p2p_dissector *d, unsigned int dir);

P2P_END_DECLS

#endif
