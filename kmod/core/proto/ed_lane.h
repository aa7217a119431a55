/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of eDonkey's dissector have in common. */
#ifndef P2P_CORE_PROTO_ED_LANE_H
#define P2P_CORE_PROTO_ED_LANE_H

#include "../lane.h"
#include "ed.h"

/* States, each named for what its step is given */
enum {
	/* ed_tcp_dissect.c */
	ED_HEADER = P2P_STATES,
	ED_HUNT,
	ED_UNREAD,
	ED_RANGES,
	ED_RANGE,
	ED_PART,
	ED_PACKED_PART,
	ED_MESSAGE,
	ED_TEXT,
	/* ed_file_dissect.c */
	ED_ASKED,    /* hash of a file that the other side may have */
	ED_SIZED,    /* the same, and its size, 8 */
	ED_ASKED_OF, /* the same; a server is asked, and the size may follow */
	ED_HASHES,   /* hash of a file that the sender has */
	ED_NAME,     /* length of its name */
	ED_NAMED,
	ED_STATUS, /* number of its parts */
	ED_BITS,
	ED_MULTI, /* hash, answers to several questions */
	ED_ANSWER,
	/* ed_tags_dissect.c */
	ED_TAGS,
	ED_HELLO = ED_TAGS,
	ED_INTRODUCTION,
	ED_SERVER,
	ED_IDENT,
	ED_RESULTS,
	ED_OFFERS,
	ED_FILE,
	ED_TAG,
	ED_TAG_SHORT,
	ED_TAG_LENGTH,
	ED_TAG_NAME,
	ED_TAG_STRING,
	ED_TAG_VALUE,
	ED_TAG_END,
	/* ed_list_dissect.c */
	ED_LISTS,
	ED_FOUND = ED_LISTS,
	ED_FOUND_OBFUSCATED,
	ED_SERVERS,
	ED_CALLBACK,
	ED_SOURCES,
	ED_SOURCES2,
	ED_SOURCE,
	ED_CRYPT,
	ED_NEXT_SOURCE,
	ED_SEARCH,
	ED_OPERATOR,
	ED_WORD,
	ED_WORDS,
	ED_CONDITION,
	ED_LIMIT,
};

enum { ED_MAX_LOW_ID = 0x1000000 }; /* ids below are no addresses */

/**
 * struct ed_lane - the message in hand
 * @size: of the file
 * @items: that follow; or bytes
 * @tags: that follow
 * @type: of the tag or term; bytes of each source
 * @name: of the tag
 * @form: the first state of this message
 */
struct ed_lane {
	u64 size;
	u32 items;
	u8 tags;
	u8 type;
	u8 name;
	u8 form;
};
_Static_assert(sizeof(struct ed_lane) <= sizeof(((struct p2p_lane *)0)->own),
	       "fits what a lane has for it");

static inline struct ed_lane *ed_of(struct p2p_lane *l)
{
	return (struct ed_lane *)l->own;
}

/* id 4 | port 2 at @at, unless nobody can call there */
static inline void ed_emit_peer(struct p2p_step *s, struct p2p_bytes b, u32 at)
{
	if (p2p_le32(b, at) >= ED_MAX_LOW_ID)
		p2p_emit_peer(s, b, at, 4, p2p_le16(b, at + 4), P2P_TCP);
}

void p2p_ed_file_step(struct p2p_step *s, struct p2p_bytes b);
void p2p_ed_tags_step(struct p2p_step *s, struct p2p_bytes b);
void p2p_ed_list_step(struct p2p_step *s, struct p2p_bytes b);

#endif
