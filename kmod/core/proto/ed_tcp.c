// SPDX-License-Identifier: GPL-2.0-only
/*
 * eDonkey and eMule over TCP, between clients and to servers: Kulbak and
 * Bickson, "The eMule Protocol Specification" (2005), and the opcodes that
 * eMule and aMule added since. All numbers little endian.
 *
 *	protocol 1 | length 4 | opcode 1 | body (length - 1)
 *
 *	protocol: 0xe3 eDonkey, 0xc5 eMule, 0xd4 eMule with a body in zlib
 *
 *	e3 01 hello:	16 1 | hash 16 | id 4 | port 2 | tags | server 4, port 2
 *	e3 01 login:	hash 16 | id 4 | port 2 | tags; e3 4c hello's answer too
 *	c5 01, 02:	version 1 | protocol 1 | tags; e3 41 server: see below
 *	e3 46 part:	hash 16 | begin 4 | end 4 | data; c5 a2 with 8 and 8
 *	c5 40 packed:	hash 16 | begin 4 | packed size 4 | data; c5 a1 with 8 and 4
 *	e3 47 request:	hash 16 | begin 4 * 3 | end 4 * 3; c5 a3 with 8 each
 *
 *	tags: count 4 | count * tag (ed.h)
 *
 * All others are in ed_tcp.h, with what fixes their lengths. Messages are a
 * chain that must fill the packet; those with much structure are proof, of
 * the others it takes different ones. In mid-stream there are the headers of
 * parts amid the data, every 10 KiB, in which length, begin and end agree.
 */
#include "ed_tcp.h"

enum {
	MAX_MESSAGE = 2000000,
	MAX_PACKED = 1 << 18, /* blocks are of 180 KiB before they are packed */
	MAX_BLOCK = 1 << 20,
	HEADER = 6,
};

/*
 * Evidence, as in bt_peer.c: protocol, opcode and the length that these fix
 * are some 40 bits of random data, a length that need only be possible 20. They
 * are worth less than proof since somebody's constant may look like one.
 */
enum { PROOF = 40, FIXED = 20, POSSIBLE = 8 };

/**
 * struct ed - evidence from both directions
 * @kinds: a bit for each opcode met, modulo 64
 * @score: what they are worth
 */
struct ed {
	u64 kinds;
	u32 score;
};
_Static_assert(sizeof(struct ed) <= P2P_SCRATCH, "fits the scratch");

/* hash 16 | id 4 | port 2 | tags at @at */
static bool introduction(struct p2p_bytes b, u32 at)
{
	return ed_tags_begin(b, at + ED_HASH + 6);
}

/* Pairs of begin and end at @at, numbers of @width bytes; unused ones are zero */
static bool ranges(struct p2p_bytes b, u32 at, u32 width)
{
	u64 begin, end, used = 0;
	u32 n;

	if (!p2p_has(b, at, 6 * width))
		return false;
	for (n = 0; n < 3; n++) {
		begin = width == 8 ? p2p_le64(b, at) : p2p_le32(b, at);
		end = width == 8 ? p2p_le64(b, at + 3 * 8) :
				   p2p_le32(b, at + 3 * 4);
		if (end < begin || end - begin > MAX_BLOCK)
			return false;
		used += end - begin;
		at += width;
	}
	return used != 0;
}

/* The message of @len bytes at @at is data: where it belongs and its size agree. */
static bool data(struct p2p_bytes b, u32 at, u32 len)
{
	u32 body = at + HEADER + ED_HASH;

	switch (p2p_u8(b, at) << 8 | p2p_u8(b, at + 5)) {
	case ED_EDONKEY << 8 | 0x46:
		return p2p_has(b, body, 8) && len > 25 &&
		       p2p_le32(b, body + 4) - p2p_le32(b, body) == len - 25;
	case ED_EMULE << 8 | 0xa2:
		return p2p_has(b, body, 16) && len > 33 &&
		       p2p_le64(b, body + 8) - p2p_le64(b, body) == len - 33;
	case ED_EMULE << 8 | 0x40:
		return p2p_has(b, body, 8) && len > 25 &&
		       p2p_le32(b, body + 4) >= len - 25 &&
		       p2p_le32(b, body + 4) <= MAX_PACKED;
	case ED_EMULE << 8 | 0xa1:
		return p2p_has(b, body, 12) && len > 29 &&
		       p2p_le32(b, body + 8) >= len - 29 &&
		       p2p_le32(b, body + 8) <= MAX_PACKED;
	}
	return false;
}

/* What a message of a kind that nothing else looks like is worth; 0: no such */
static unsigned int worth_of_structure(struct p2p_bytes b, u32 at, u32 len)
{
	u32 body = at + HEADER;

	switch (p2p_u8(b, at) << 8 | p2p_u8(b, at + 5)) {
	case ED_EDONKEY << 8 | 0x01:
		if (p2p_u8(b, body) == ED_HASH && introduction(b, body + 1))
			return PROOF;
		return introduction(b, body) ? PROOF : 0;
	case ED_EDONKEY << 8 | 0x4c:
		return introduction(b, body) ? PROOF : 0;
	case ED_EMULE << 8 | 0x01:
	case ED_EMULE << 8 | 0x02:
		return ed_tags_begin(b, body + 2) ? PROOF : 0;
	case ED_EDONKEY << 8 | 0x47:
		return len == 41 && ranges(b, body + ED_HASH, 4) ? PROOF : 0;
	case ED_EMULE << 8 | 0xa3:
		return len == 65 && ranges(b, body + ED_HASH, 8) ? PROOF : 0;
	}
	if (p2p_u8(b, at) == ED_PACKED)
		return ed_zlib(b, body) ? PROOF : 0;
	return data(b, at, len) ? PROOF : 0;
}

/* What the message of @len bytes at @at is worth; 0: it is none. */
static unsigned int worth(struct p2p_bytes b, u32 at, u32 len)
{
	const struct ed_form *form;
	unsigned int gain;

	if (!len || len > MAX_MESSAGE)
		return 0;
	gain = worth_of_structure(b, at, len);
	if (gain)
		return gain;
	form = ed_form(ed_tcp_forms, sizeof(ed_tcp_forms) / sizeof(ed_tcp_forms[0]),
		       (u16)(p2p_u8(b, at) << 8 | p2p_u8(b, at + 5)), b,
		       at + HEADER, len - 1);
	if (!form)
		return 0;
	return form->each == ED_AT_LEAST ? POSSIBLE : FIXED;
}

/*
 * Messages from the packet's first byte to its last, or nothing counts. Only
 * behind a proof may the last one be incomplete.
 */
static void chain(struct ed *ed, struct p2p_bytes b, bool cut)
{
	u32 at = 0, score = 0, len, gain;
	u64 kinds = ed->kinds, kind;

	while (p2p_has(b, at, HEADER)) {
		len = p2p_le32(b, at + 1);
		gain = worth(b, at, len);
		if (!gain)
			return;
		kind = (u64)1 << (p2p_u8(b, at + 5) & 63);
		if (gain == PROOF || !(kinds & kind))
			score += gain;
		kinds |= kind;
		at += 5 + len;
	}
	if (at == b.len || cut || score >= PROOF) {
		ed->kinds = kinds;
		ed->score += score;
	}
}

/*
 * The header of a part, anywhere. The two bytes before its opcode are zero,
 * since parts come in 10 KiB; a byte that is no zero can be none of them, so
 * this looks at every third.
 */
static bool holds_part(struct p2p_bytes b)
{
	u32 at, skip;

	for (at = 5; at < b.len; at += skip) {
		skip = 3;
		switch (p2p_u8(b, at)) {
		case 0x00:
			skip = 1;
			break;
		case 0x40:
		case 0x46:
		case 0xa1:
		case 0xa2:
			if (!p2p_be16(b, at - 2) &&
			    data(b, at - 5, p2p_le32(b, at - 4)))
				return true;
		}
	}
	return false;
}

/* Can a direction begin with @b, of which there may be more to come? */
static bool opening(struct p2p_bytes b)
{
	u8 protocol = p2p_u8(b, 0);
	u32 len = p2p_le32(b, 1);

	if (protocol != ED_EDONKEY && protocol != ED_EMULE && protocol != ED_PACKED)
		return false;
	return !p2p_has(b, 0, 5) || (len && len <= MAX_MESSAGE);
}

enum p2p_match p2p_ed_tcp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct ed *ed = (struct ed *)scratch;
	struct p2p_bytes b = chunk->bytes;

	if (chunk->head && !opening(b))
		return P2P_NO;
	chain(ed, b, chunk->cut);
	if (ed->score >= PROOF)
		return P2P_YES;
	return !chunk->head && holds_part(b) ? P2P_YES : P2P_MORE;
}
