// SPDX-License-Identifier: GPL-2.0-only
/*
 * BitTorrent local service discovery: BEP 14, and BEP 26 in the same form.
 *
 *	BT-SEARCH * HTTP/1.1\r\n
 *	Host: 239.192.152.143:6771\r\n
 *	Port: <port>\r\n
 *	Infohash: <40 hex digits>\r\n ...
 *
 * One multicast datagram says it all, and nothing else begins like it.
 */
#include "../match.h"

enum p2p_match p2p_bt_lsd_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	(void)scratch;
	return P2P_IS(chunk->bytes, 0, "BT-SEARCH * HTTP/1.1\r\n") ? P2P_YES :
								      P2P_NO;
}
