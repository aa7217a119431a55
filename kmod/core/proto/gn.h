/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptors of Gnutella, over TCP and over UDP alike: RFC-Gnutella 0.6
 * (Klingberg and Manfredi, 2002), and LimeWire's vendor messages.
 *
 *	id 16 | type 1 | TTL 1 | hops 1 | length 4, little endian | payload
 *
 *	0x00 ping: nothing, or GGEP (0xc3)	0x01 pong: port 2 | address 4 | 8
 *	0x02 bye: code 2 | text			0x30 routing table: 0 or 1 | ...
 *	0x31, 0x32 vendor's: vendor 4 | selector 2 | version 2
 *	0x40 push: id 16 | index 4 | address 4 | port 2
 *	0x80 query: flags 2 | text 1		0x81 hit: count 1 | port 2 | address 4 ...
 *
 * Servents since 2001 put 0xff in the id's ninth byte, and little into its last.
 */
#ifndef P2P_CORE_PROTO_GN_H
#define P2P_CORE_PROTO_GN_H

#include "../match.h"

enum {
	GN_HEADER = 23,
	GN_MAX_WAY = 15,     /* TTL and hops together */
	GN_MAX_LENGTH = 65536,
	GN_MAX_ZEROS = 4,    /* in an id, which is random */
};

static inline bool gn_is_id(struct p2p_bytes b, u32 at)
{
	u32 n, zeros = 0;

	for (n = 0; n < 16; n++)
		zeros += !p2p_u8(b, at + n);
	return zeros <= GN_MAX_ZEROS;
}

/* Is the id one of a servent since 2001? */
static inline bool gn_is_modern(struct p2p_bytes b, u32 at)
{
	return p2p_u8(b, at + 8) == 0xff && p2p_u8(b, at + 15) <= 3;
}

static inline bool gn_is_vendor(struct p2p_bytes b, u32 at)
{
	u32 n;

	if (!p2p_be32(b, at))
		return p2p_has(b, at, 4);
	for (n = 0; n < 4; n++)
		if (p2p_u8(b, at + n) < 'A' || p2p_u8(b, at + n) > 'Z')
			return false;
	return true;
}

/* May a payload of @len bytes at @at be of a descriptor of this type? */
static inline bool gn_payload(struct p2p_bytes b, u32 at, u8 type, u32 len)
{
	switch (type) {
	case 0x00:
		return !len || (len > 2 && p2p_u8(b, at) == 0xc3);
	case 0x01:
		return len >= 14 && p2p_be16(b, at);
	case 0x02:
		return len > 2 && p2p_u8(b, at + 1) <= 3;
	case 0x30:
		return p2p_u8(b, at) ? p2p_u8(b, at) == 1 && len > 5 : len == 6;
	case 0x31:
	case 0x32:
		return len >= 8 && gn_is_vendor(b, at);
	case 0x40:
		return len >= 26;
	case 0x80:
		return len >= 3;
	case 0x81:
		return len >= 27 && p2p_u8(b, at) && p2p_be16(b, at + 1);
	}
	return false;
}

/* TTL and hops of the descriptor at @at */
static inline u32 gn_way(struct p2p_bytes b, u32 at)
{
	return p2p_u8(b, at + 17) + p2p_u8(b, at + 18);
}

/* The length of the payload that the header at @at tells; P2P_NPOS: it is none */
static inline u32 gn_length(struct p2p_bytes b, u32 at)
{
	u32 len = p2p_le32(b, at + 19);

	return p2p_has(b, at, GN_HEADER) && gn_way(b, at) <= GN_MAX_WAY &&
			       len <= GN_MAX_LENGTH ?
		       len :
		       P2P_NPOS;
}

/* The size of the descriptor at @at, its header included; 0: there is none */
static inline u32 gn_descriptor(struct p2p_bytes b, u32 at)
{
	u32 len = gn_length(b, at);

	if (len == P2P_NPOS || !gn_way(b, at) || !gn_is_id(b, at) ||
	    !gn_payload(b, at + GN_HEADER, p2p_u8(b, at + 16), len))
		return 0;
	return GN_HEADER + len;
}

#endif
