// SPDX-License-Identifier: GPL-2.0-only
/*
 * eDonkey over UDP: to servers (0xe3), between eMules (0xc5), and Overnet
 * (0xe3 with opcodes of its own): Kulbak and Bickson, "The eMule Protocol
 * Specification" (2005), and what eMule and aMule added since. All numbers
 * little endian, one message a datagram.
 *
 *	protocol 1 | opcode 1 | body
 *
 *	e3 96 status?:	challenge 4; its answer e3 97 begins with the same
 *	e3 98, 92 search: what to search for; e3 90 with tags before it
 *	e3 99 result:	hash 16 | id 4 | port 2 | tags
 *	e3 9a sources?:	n * hash 16; e3 94 with sizes
 *	e3 9b sources:	hash 16 | count 1 | count * (id 4 | port 2)
 *	e3 a2 name?:	challenge 4; its answer e3 a3 begins with the same
 *	c5 90 file?:	hash 16 [| parts 2 | a bit a part] [| complete sources 2]
 *	c5 91 queued:	[parts 2 | a bit a part |] rank 2; 92 no file, 93 full
 *	e3 0f (Overnet): hash 16 | count 1 | count * (hash 16 | address 4 | port 2 | kind 1)
 *
 * A protocol, an opcode and the length that it fixes are 16 bits; what has a
 * count is 8 more. One such message is not enough, two of different kinds are.
 */
#include "ed.h"

enum { FIXED = 16, COUNTED = 24, ENOUGH = 32, MAX_PARTS = 8192 };

/**
 * struct udp - evidence from both directions
 * @kinds: a bit for each opcode met, modulo 64
 * @score: bits
 */
struct udp {
	u64 kinds;
	u32 score;
};
_Static_assert(sizeof(struct udp) <= P2P_SCRATCH, "fits the scratch");

static const struct ed_form forms[] = {
	/* servers: status? and status of several ages, list, name?, call back */
	ED_FIXED(EDONKEY, 0x96, 4), ED_FIXED(EDONKEY, 0x97, 12), ED_FIXED(EDONKEY, 0x97, 16),
	ED_FIXED(EDONKEY, 0x97, 24), ED_FIXED(EDONKEY, 0x97, 28), ED_FIXED(EDONKEY, 0x97, 32),
	ED_FIXED(EDONKEY, 0x97, 40), ED_COUNTED(EDONKEY, 0xa1, 1, 1, 6), ED_FIXED(EDONKEY, 0xa2, 0),
	ED_FIXED(EDONKEY, 0xa2, 4), ED_FIXED(EDONKEY, 0x9c, 10),
	/* eMule: file? (complete sources), queued, no file, full, call back, test of a port */
	ED_FIXED(EMULE, 0x90, 16), ED_FIXED(EMULE, 0x90, 18), ED_FIXED(EMULE, 0x91, 2),
	ED_FIXED(EMULE, 0x92, 0), ED_FIXED(EMULE, 0x93, 0), ED_FIXED(EMULE, 0x95, 19),
	ED_FIXED(EMULE, 0xfe, 1),
	/* Overnet: connect, peers, publicize, its answer, search, peers, ask for results */
	ED_FIXED(EDONKEY, 0x0a, 23), ED_COUNTED(EDONKEY, 0x0b, 2, 2, 23), ED_FIXED(EDONKEY, 0x0c, 23),
	ED_FIXED(EDONKEY, 0x0d, 0), ED_FIXED(EDONKEY, 0x0e, 17), ED_COUNTED(EDONKEY, 0x0f, 17, 1, 23),
	ED_FIXED(EDONKEY, 0x10, 21),
	/* end of results, published, who?, I, seen, address?, address */
	ED_FIXED(EDONKEY, 0x12, 16), ED_FIXED(EDONKEY, 0x14, 16), ED_FIXED(EDONKEY, 0x1e, 0),
	ED_FIXED(EDONKEY, 0x15, 22), ED_FIXED(EDONKEY, 0x16, 2), ED_FIXED(EDONKEY, 0x1b, 2),
	ED_FIXED(EDONKEY, 0x1c, 4),
};

/* A tree of what to search for: a string that is all, or an operator and one */
static unsigned int worth_of_search(struct p2p_bytes b, u32 at)
{
	if (p2p_u8(b, at) == 1)
		return p2p_le16(b, at + 1) == b.len - at - 3 ? ENOUGH : 0;
	return !p2p_u8(b, at) && p2p_u8(b, at + 1) <= 2 && p2p_u8(b, at + 2) <= 3 &&
			       p2p_has(b, at, 8) ?
		       FIXED :
		       0;
}

/* Several answers stand behind each other, with their protocol and opcode. */
static unsigned int worth_of_sources(struct p2p_bytes b)
{
	u32 at = 0, answers = 0, count;

	do {
		count = p2p_u8(b, at + 18);
		at += 19 + 6 * count;
		answers++;
	} while (count && P2P_IS(b, at, "\xe3\x9b"));
	if (!count || at != b.len)
		return 0;
	return answers > 1 ? ENOUGH : COUNTED;
}

/* count 2 | a bit a part at @at, and 2 bytes behind; eMule leaves out no bits */
static unsigned int worth_of_parts(struct p2p_bytes b, u32 at)
{
	u32 parts = p2p_le16(b, at);

	return parts && parts <= MAX_PARTS && b.len == at + 4 + (parts + 7) / 8 ? ENOUGH : 0;
}

/* aMule and eMule mark their challenges: of a status, of a name. */
static unsigned int worth_of_challenge(struct p2p_bytes b, bool marked)
{
	return marked && p2p_has(b, 2, 4) ? ENOUGH : 0;
}

/* Hashes of 16 bytes, @behind bytes of size behind each */
static unsigned int worth_of_hashes(struct p2p_bytes b, u32 behind)
{
	u32 size = b.len - 2, each = ED_HASH + behind;

	return size && size % each == 0 && size / each <= 32 ? FIXED : 0;
}

/* Messages with more to tell them by than a length */
static unsigned int worth_of_structure(struct p2p_bytes b)
{
	u32 peers;

	switch (p2p_be16(b, 0)) {
	case 0xe396:
	case 0xe397:
		return worth_of_challenge(b, p2p_le16(b, 4) == 0x55aa);
	case 0xe3a2:
	case 0xe3a3:
		return worth_of_challenge(b, p2p_le16(b, 2) == 0xf0ff);
	case 0xe398:
	case 0xe392:
		return worth_of_search(b, 2);
	case 0xe399:
		return ed_tags_begin(b, 2 + ED_HASH + 6) ? ENOUGH : 0;
	case 0xe394:
		return worth_of_hashes(b, 4);
	case 0xe39a:
		return worth_of_hashes(b, 0);
	case 0xe39b:
		return worth_of_sources(b);
	case 0xc590:
		return worth_of_parts(b, 2 + ED_HASH);
	case 0xc591:
		return worth_of_parts(b, 2);
	case 0xe311:
	case 0xe313: /* Overnet: a result, something published */
		return ed_tags_begin(b, 2 + 2 * ED_HASH) ? ENOUGH : 0;
	case 0xe30f:
		peers = p2p_u8(b, 18);
		return peers > 1 && b.len == 19 + 23 * peers ? ENOUGH : 0;
	}
	return 0;
}

static unsigned int worth(struct p2p_bytes b)
{
	const struct ed_form *form;
	unsigned int gain;

	gain = worth_of_structure(b);
	if (gain)
		return gain;
	form = ed_form(forms, sizeof(forms) / sizeof(forms[0]), p2p_be16(b, 0), b, 2,
		       b.len - 2);
	if (!form)
		return 0;
	return form->width ? COUNTED : FIXED;
}

enum p2p_match p2p_ed_udp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct udp *udp = (struct udp *)scratch;
	struct p2p_bytes b = chunk->bytes;
	unsigned int gain;
	u64 kind;

	switch (p2p_u8(b, 0)) {
	case ED_EDONKEY:
	case ED_EMULE:
		break;
	case ED_KAD:
	case ED_KAD_PACKED:
		return P2P_MORE; /* the same socket's, see ed_kad.c */
	default:
		return P2P_NO;
	}
	if (chunk->cut || b.len < 2)
		return P2P_NO;
	gain = worth(b);
	if (!gain)
		return udp->score ? P2P_MORE : P2P_NO;
	kind = (u64)1 << (p2p_u8(b, 1) & 63);
	if (!(udp->kinds & kind))
		udp->score += gain;
	udp->kinds |= kind;
	return udp->score >= ENOUGH ? P2P_YES : P2P_MORE;
}
