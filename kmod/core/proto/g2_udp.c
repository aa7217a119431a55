// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gnutella2 over UDP: the reliable datagrams and packets of Stokes, "Gnutella2
 * Protocol Specification" (2003), which servents of Gnutella speak as well.
 *
 *	"GND" | flags 1 | sequence 2 | part 1 | parts 1 [| packets]
 *
 *	flags: 1 deflated, 2 acknowledge; parts 0 acknowledges that part
 *
 *	packet: control 1 | length 1..3 | name 1..8 | children and payload
 *	control: bytes of the length * 64 + (bytes of the name - 1) * 8 + flags;
 *	flag 4: children come first, packets themselves
 *
 * A bare packet must be a ping or what answers it, of exactly the datagram's
 * length; with a child inside, since a name of two letters is not much.
 */
#include "../match.h"

enum { GND_HEADER = 8, COMPOUND = 4 };

/* The name's place and the packet's size, 0 if there is none at @at */
static u32 packet(struct p2p_bytes b, u32 at, u32 *name)
{
	u8 control = p2p_u8(b, at), n, c;
	u32 letters = (control >> 3 & 7) + 1u;

	/* One byte of length is what small ones have; flag 2 is the byte order's. */
	if (control >> 6 != 1 || control & 3)
		return 0;
	*name = at + 2;
	for (n = 0; n < letters; n++) {
		c = p2p_u8(b, *name + n);
		if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
			return 0;
	}
	return 2 + letters + p2p_u8(b, at + 1);
}

static bool bare(struct p2p_bytes b)
{
	u32 name, child, size = packet(b, 0, &name);

	if (!size || size != b.len || !(p2p_u8(b, 0) & COMPOUND))
		return false;
	if (!P2P_IS(b, name, "PI") && !P2P_IS(b, name, "PO"))
		return false;
	size = packet(b, name + 2, &child);
	return size && size <= b.len - (name + 2);
}

static bool reliable(struct p2p_bytes b)
{
	u8 flags = p2p_u8(b, 3), part = p2p_u8(b, 6), parts = p2p_u8(b, 7);

	if (!P2P_IS(b, 0, "GND") || flags > 3 || !part)
		return false;
	return parts ? part <= parts && b.len > GND_HEADER : b.len == GND_HEADER;
}

enum p2p_match p2p_g2_udp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	(void)scratch;
	return reliable(chunk->bytes) || (!chunk->cut && bare(chunk->bytes)) ? P2P_YES :
									       P2P_NO;
}
