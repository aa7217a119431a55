// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gnutella over UDP: one descriptor (gn.h) a datagram, whose length is the
 * datagram's. Sent for pings, queries and hits "out of band" (LimeWire, 2003).
 *
 * The id of a servent since 2001 makes one certain: 60 bits. Of older ones it
 * takes two, with different ids, or somebody's constant header would do.
 */
#include "gn.h"

/**
 * struct gn - what came before
 * @id: the beginning of the last descriptor's id, 0 for none
 */
struct gn {
	u32 id;
};
_Static_assert(sizeof(struct gn) <= P2P_SCRATCH, "fits the scratch");

enum p2p_match p2p_gn_udp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct gn *gn = (struct gn *)scratch;
	struct p2p_bytes b = chunk->bytes;
	u32 last = gn->id;

	if (chunk->cut || gn_descriptor(b, 0) != b.len || !b.len)
		return P2P_NO;
	gn->id = p2p_be32(b, 0);
	if (gn_is_modern(b, 0) || (last && last != gn->id))
		return P2P_YES;
	return P2P_MORE;
}
