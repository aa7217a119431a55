// SPDX-License-Identifier: GPL-2.0-only
/*
 * eDonkey's messages with tags (ed.h): introductions and files.
 *
 *	e3 01	16 1 | hash 16 | id 4 | port 2 | tags | server 4, port 2: hello
 *		hash 16 | id 4 | port 2 | tags: login to a server
 *	e3 4c	as a hello without its first byte
 *	e3 41	hash 16 | server 4, port 2 | tags
 *	e3 33, 15	count 4 | count * (hash 16 | id 4 | port 2 | tags)
 *
 * PEERs are the sender's ports and the servers; OBJECTs are the files of a
 * result (33), with who has each as another PEER, and those offered (15).
 */
#include "ed_lane.h"

/* Names of tags */
enum {
	FILE_NAME = 0x01,
	FILE_SIZE = 0x02,
	FILE_SIZE_HIGH = 0x3a,
	UDP_PORTS = 0xf9, /* of Kad, then of eDonkey */
};

/* In place of an address and port: the file is complete, or not */
enum { COMPLETE = 0xfbfb, INCOMPLETE = 0xfcfc };

static void next_file(struct p2p_lane *l)
{
	struct ed_lane *ed = ed_of(l);

	if (!ed->items)
		return;
	ed->items--;
	ed->size = 0;
	l->named = 0;
	p2p_mark(l);
	p2p_want(l, ED_FILE, ED_HASH + 4 + 2 + 4);
}

/* Behind the last tag */
static void tagged(struct p2p_step *s)
{
	struct p2p_lane *l = s->lane;
	struct ed_lane *ed = ed_of(l);

	if (ed->form == ED_RESULTS || ed->form == ED_OFFERS) {
		p2p_emit_object(s, P2P_CONTENT_TOLD, p2p_name(l), ed->size ? ed->size : P2P_SIZE_UNKNOWN);
		next_file(l);
	} else {
		p2p_mark(l);
		p2p_want(l, ED_SERVER, 6);
	}
}

static void next_tag(struct p2p_step *s)
{
	if (ed_of(s->lane)->tags--)
		p2p_want(s->lane, ED_TAG, 1);
	else
		tagged(s);
}

static void begin_tags(struct p2p_step *s, u32 count)
{
	if (count > ED_MAX_TAGS)
		return;
	ed_of(s->lane)->tags = (u8)count;
	next_tag(s);
}

/* Of a string @n bytes follow */
static void begin_string(struct p2p_lane *l, u32 n)
{
	if (ed_of(l)->name == FILE_NAME)
		p2p_want_name(l, ED_TAG_END, n);
	else
		p2p_skip(l, ED_TAG_END, n);
}

/* The value follows */
static void begin_value(struct p2p_lane *l)
{
	u8 type = ed_of(l)->type;
	struct p2p_bytes none = { 0 };
	u32 size = ed_value_size(none, 0, type);

	if (type == 0x02)
		p2p_want(l, ED_TAG_STRING, 2);
	else if (type == 0x0a)
		p2p_want(l, ED_TAG_STRING, 1);
	else if (type > 0x10 && size != P2P_NPOS)
		begin_string(l, size);
	else if (type == 0x03 || type == 0x08 || type == 0x09 || type == 0x0b)
		p2p_want(l, ED_TAG_VALUE, (u8)size);
	else if (size <= ED_HASH)
		p2p_skip(l, ED_TAG_END, size);
}

static void value(struct p2p_step *s, struct p2p_bytes b)
{
	struct ed_lane *ed = ed_of(s->lane);
	u64 n = p2p_le64(b, 0);

	if (b.len == 4)
		n = p2p_le32(b, 0);
	else if (b.len == 2)
		n = p2p_le16(b, 0);
	else if (b.len == 1)
		n = p2p_u8(b, 0);
	if (ed->name == FILE_SIZE)
		ed->size |= n;
	else if (ed->name == FILE_SIZE_HIGH)
		ed->size |= n << 32;
	else if (ed->name == UDP_PORTS && ed->form != ED_RESULTS && ed->form != ED_OFFERS) {
		p2p_emit_peer(s, b, 0, 0, (u16)(n >> 16), P2P_UDP);
		p2p_emit_peer(s, b, 0, 0, (u16)n, P2P_UDP);
	}
	next_tag(s);
}

/* hash, or all of it but its first byte | id 4 | port 2 | count 4 */
static void introduction(struct p2p_step *s, struct p2p_bytes b)
{
	p2p_emit_peer(s, b, 0, 0, p2p_le16(b, b.len - 6), P2P_TCP);
	begin_tags(s, p2p_le32(b, b.len - 4));
}

static void file(struct p2p_step *s, struct p2p_bytes b)
{
	u16 port = p2p_le16(b, ED_HASH + 4);

	p2p_set_id(s->lane, b, 0, ED_HASH);
	if (ed_of(s->lane)->form == ED_RESULTS && port != COMPLETE && port != INCOMPLETE)
		ed_emit_peer(s, b, ED_HASH);
	begin_tags(s, p2p_le32(b, ED_HASH + 6));
}

/* The name of a tag, or what comes before it */
static void name(struct p2p_lane *l, u8 state, struct p2p_bytes b)
{
	struct ed_lane *ed = ed_of(l);
	u16 len = p2p_le16(b, 0);

	if (state == ED_TAG) {
		ed->type = p2p_u8(b, 0) & 0x7f;
		ed->name = 0;
		if (p2p_u8(b, 0) & 0x80)
			p2p_want(l, ED_TAG_NAME, 1);
		else
			p2p_want(l, ED_TAG_LENGTH, 2);
	} else if (state == ED_TAG_LENGTH && len != 1) {
		p2p_skip(l, ED_TAG_NAME, len);
	} else if (state == ED_TAG_LENGTH) {
		p2p_want(l, ED_TAG_NAME, 1);
	} else {
		ed->name = p2p_u8(b, 0);
		begin_value(l);
	}
}

void p2p_ed_tags_step(struct p2p_step *s, struct p2p_bytes b)
{
	struct p2p_lane *l = s->lane;

	switch (s->state) {
	case ED_HELLO:
		p2p_want(l, ED_INTRODUCTION, p2p_u8(b, 0) == ED_HASH ? 26 : 25);
		break;
	case ED_INTRODUCTION:
		introduction(s, b);
		break;
	case ED_SERVER:
		ed_emit_peer(s, b, 0);
		break;
	case ED_IDENT:
		ed_emit_peer(s, b, ED_HASH);
		break;
	case ED_RESULTS:
	case ED_OFFERS:
		ed_of(l)->items = p2p_le32(b, 0);
		next_file(l);
		break;
	case ED_FILE:
		file(s, b);
		break;
	case ED_TAG_STRING:
		begin_string(l, b.len == 1 ? p2p_u8(b, 0) : p2p_le16(b, 0));
		break;
	case ED_TAG_VALUE:
		value(s, b);
		break;
	case ED_TAG_END:
		next_tag(s);
		break;
	default:
		name(l, s->state, b);
	}
}
