// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kad, the distributed table of eMule and aMule, versions 1 and 2: Brunner,
 * "A performance evaluation of the Kad-protocol" (2006), and the opcodes of
 * aMule. All numbers little endian, one message a datagram.
 *
 *	0xe4 | opcode 1 | body		0xe5 | opcode 1 | body in zlib
 *
 *	contact: id 16 | address 4 | UDP port 2 | TCP port 2 | version 1
 *	09 nodes:	id 16 | TCP port 2 | version 1 | count 2 | contacts; 08 count first
 *	11, 19 hello:	id 16 | TCP port 2 | version 1 | count 1 | tags (ed.h)
 *	21, 20 nodes?:	how many 1 | target 16 | receiver's id 16
 *	29, 28 nodes:	target 16 | count 1 | contacts
 *	33 keyword?:	target 16 | from 2 [| what to search for]
 *	34 sources?:	target 16 | from 2 | size 8; 35 comments? without from
 *	3b results:	sender 16 | target 16 | count 2 | count * (id 16 | count 1 | tags)
 *	43 publish:	target 16 | count 2 | count * (id 16 | count 1 | tags)
 *	44, 45 publish:	target 16 | sender 16 | count 1 | tags
 *
 * The rest has a fixed length: see the table. Protocol, opcode and the length
 * that it fixes are 16 bits: not enough by themselves. What makes it certain
 * is structure, or messages of several kinds; and one who asks a node for nodes
 * names it each time, and something else that he looks for.
 */
#include "ed.h"

enum {
	FIXED = 16,
	COUNTED = 24,
	ENOUGH = 32,
	CONTACT = 25,
	MAX_VERSION = 15,
	MAX_RESULTS = 512,
};

/**
 * struct kad - evidence from both directions
 * @kinds: a bit for each opcode met, modulo 64
 * @receiver: whom the last request for nodes was for, its id's first bytes
 * @target: what that was about
 * @score: bits
 */
struct kad {
	u64 kinds;
	u32 receiver;
	u32 target;
	u32 score;
};
_Static_assert(sizeof(struct kad) <= P2P_SCRATCH, "fits the scratch");

static const struct ed_form forms[] = {
	/* version 2: nodes to begin with?, hello's acknowledgement, published, acknowledged */
	ED_FIXED(KAD, 0x01, 0), ED_FIXED(KAD, 0x22, 17), ED_FIXED(KAD, 0x4b, 17),
	ED_FIXED(KAD, 0x4b, 18), ED_FIXED(KAD, 0x4c, 0),
	/* firewalled?, again, your address, reached, buddy?, buddy, call back */
	ED_FIXED(KAD, 0x50, 2), ED_FIXED(KAD, 0x53, 19), ED_FIXED(KAD, 0x58, 4),
	ED_FIXED(KAD, 0x59, 0), ED_FIXED(KAD, 0x51, 34), ED_FIXED(KAD, 0x5a, 34),
	ED_FIXED(KAD, 0x5a, 35), ED_FIXED(KAD, 0x52, 34),
	/* ping, pong, firewalled by UDP? */
	ED_FIXED(KAD, 0x60, 0), ED_FIXED(KAD, 0x61, 2), ED_FIXED(KAD, 0x62, 3),
	/* version 1: nodes to begin with?, hello, its answer, published */
	ED_FIXED(KAD, 0x00, 25), ED_FIXED(KAD, 0x10, 25), ED_FIXED(KAD, 0x18, 25),
	ED_FIXED(KAD, 0x48, 17),
};

/* @count contacts from @at to the datagram's end */
static unsigned int worth_of_contacts(struct p2p_bytes b, u32 at, u32 count)
{
	u32 n;

	if (b.len != at + CONTACT * count)
		return 0;
	for (n = 0; n < count; n++, at += CONTACT)
		if (!p2p_be16(b, at + 20) || p2p_u8(b, at + 24) > MAX_VERSION)
			return 0;
	return count > 1 ? ENOUGH : COUNTED;
}

/* count 1 | tags from @at to the datagram's end */
static bool tags_to_end(struct p2p_bytes b, u32 at)
{
	return p2p_has(b, at, 1) && ed_tags(b, at + 1, p2p_u8(b, at)) == b.len;
}

/*
 * count 2 | id 16 | count 1 | tags ...: the first of several at @at. Kad names its
 * tags the old way, which is ten bits more of random data than the new one.
 */
static unsigned int worth_of_entries(struct p2p_bytes b, u32 at)
{
	u32 count = p2p_le16(b, at), tags = p2p_u8(b, at + 18);

	return count && count <= MAX_RESULTS && tags && tags <= ED_MAX_TAGS &&
			       !(p2p_u8(b, at + 19) & 0x80) && ed_tag(b, at + 19) != P2P_NPOS ?
		       ENOUGH :
		       0;
}

static unsigned int worth_of_request(struct kad *kad, struct p2p_bytes b)
{
	u32 target = p2p_be32(b, 3), receiver = p2p_be32(b, 19);
	u8 wanted = p2p_u8(b, 2) & 31;
	bool again;

	if (b.len != 35 || (wanted != 2 && wanted != 4 && wanted != 11))
		return 0;
	again = kad->receiver == receiver && kad->target && kad->target != target;
	kad->receiver = receiver;
	kad->target = target;
	return again ? ENOUGH : FIXED;
}

/* Searches; sizes and places in the list of results are no large numbers. */
static unsigned int worth_of_search(struct p2p_bytes b)
{
	switch (p2p_u8(b, 1)) {
	case 0x33:
		return p2p_has(b, 18, 2) && !(p2p_le16(b, 18) & 0x7fff) ? ENOUGH : 0;
	case 0x34:
		return b.len == 28 && !(p2p_le64(b, 20) >> 40) ? ENOUGH : 0;
	case 0x35:
		return b.len == 26 && !(p2p_le64(b, 18) >> 40) ? ENOUGH : 0;
	}
	return 0;
}

/* Messages with more to tell them by than a length */
static unsigned int worth_of_structure(struct kad *kad, struct p2p_bytes b)
{
	switch (p2p_u8(b, 1)) {
	case 0x09:
		return worth_of_contacts(b, 23, p2p_le16(b, 21));
	case 0x08:
		return worth_of_contacts(b, 4, p2p_le16(b, 2));
	case 0x29:
	case 0x28:
		return worth_of_contacts(b, 19, p2p_u8(b, 18));
	case 0x11:
	case 0x19:
		return p2p_be16(b, 18) && p2p_u8(b, 20) <= MAX_VERSION &&
				       tags_to_end(b, 21) ?
			       ENOUGH :
			       0;
	case 0x20:
	case 0x21:
		return worth_of_request(kad, b);
	case 0x3b:
		return worth_of_entries(b, 34);
	case 0x38:
	case 0x40:
	case 0x43:
		return worth_of_entries(b, 18);
	case 0x44:
	case 0x45:
		return p2p_u8(b, 34) && tags_to_end(b, 34) ? ENOUGH : 0;
	}
	return worth_of_search(b);
}

/* Only what may be long is ever packed. */
static bool may_be_packed(u8 op)
{
	switch (op) {
	case 0x08:
	case 0x09:
	case 0x28:
	case 0x29:
	case 0x33:
	case 0x38:
	case 0x3b:
	case 0x40:
	case 0x43:
	case 0x44:
	case 0x45:
		return true;
	}
	return false;
}

/* As eMule packs it, as small as can be and in one block, it is certain. */
static unsigned int worth_of_packed(struct p2p_bytes b)
{
	if (!may_be_packed(p2p_u8(b, 1)) || !ed_zlib(b, 2))
		return 0;
	return p2p_u8(b, 3) == 0xda && (p2p_u8(b, 4) & 1) ? ENOUGH : COUNTED;
}

static unsigned int worth(struct kad *kad, struct p2p_bytes b)
{
	unsigned int gain;

	if (p2p_u8(b, 0) == ED_KAD_PACKED)
		return worth_of_packed(b);
	gain = worth_of_structure(kad, b);
	if (gain)
		return gain;
	return ed_form(forms, sizeof(forms) / sizeof(forms[0]), p2p_be16(b, 0), b, 2,
		       b.len - 2) ?
		       FIXED :
		       0;
}

enum p2p_match p2p_ed_kad_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct kad *kad = (struct kad *)scratch;
	struct p2p_bytes b = chunk->bytes;
	unsigned int gain;
	u64 kind;

	switch (p2p_u8(b, 0)) {
	case ED_KAD:
	case ED_KAD_PACKED:
		break;
	case ED_EDONKEY:
	case ED_EMULE:
		return P2P_MORE; /* the same socket's, see ed_udp.c */
	default:
		return P2P_NO;
	}
	if (chunk->cut || b.len < 2)
		return P2P_NO;
	gain = worth(kad, b);
	if (!gain)
		return kad->score ? P2P_MORE : P2P_NO;
	kind = (u64)1 << (p2p_u8(b, 1) & 63);
	if (gain == ENOUGH || !(kad->kinds & kind))
		kad->score += gain;
	kad->kinds |= kind;
	return kad->score >= ENOUGH ? P2P_YES : P2P_MORE;
}
