// SPDX-License-Identifier: GPL-2.0-only
#include "utp.h"

/* Are all lengths of this kind ones that are sent? */
static bool is_known(u8 kind, u8 size)
{
	return kind <= 3 && size && size % 4 == 0;
}

/* Behind the extensions: more than @len if they do not end in the packet, 0 if they do not
 * in what is read of it.
 */
static u32 behind_extensions(struct p2p_bytes b, u32 len, bool *odd)
{
	u8 kind = p2p_u8(b, 1), size;
	u32 at = P2P_UTP_HEADER;
	unsigned int n;

	for (n = 0; kind && n < P2P_UTP_EXTENSIONS; n++) {
		if (at + 2 > len)
			return len + 1;
		if (!p2p_has(b, at, 2))
			return 0;
		size = p2p_u8(b, at + 1);
		*odd |= !is_known(kind, size);
		kind = p2p_u8(b, at);
		at += 2u + size;
	}
	return kind && at <= len ? 0 : at;
}

enum p2p_utp_decoded p2p_utp_decode(struct p2p_bytes b, u32 len, struct p2p_utp *utp)
{
	bool odd = false;
	u32 head;

	b = p2p_slice(b, 0, len);
	if (!p2p_has(b, 0, P2P_UTP_HEADER) || (p2p_u8(b, 0) & 15) != 1 ||
	    p2p_u8(b, 0) >> 4 > P2P_UTP_SYN)
		return P2P_UTP_OTHER;
	head = behind_extensions(b, len, &odd);
	if (!head)
		return P2P_UTP_BAD;
	if (head > len)
		return P2P_UTP_OTHER;
	*utp = (struct p2p_utp){
		.type = p2p_u8(b, 0) >> 4,
		.odd = odd,
		.id = p2p_be16(b, 2),
		.time = p2p_be32(b, 4),
		.difference = p2p_be32(b, 8),
		.window = p2p_be32(b, 12),
		.seq = p2p_be16(b, 16),
		.ack = p2p_be16(b, 18),
		.head = head,
	};
	return P2P_UTP_PACKET;
}
