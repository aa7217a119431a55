// SPDX-License-Identifier: GPL-2.0-only
#include "pkt.h"

/* Headers longer than this are not read. */
#define HEADERS 256

enum p2p_decoded kp2p_pkt_decode_copy(const struct sk_buff *skb, u16 vid,
				      struct p2p_pkt *pkt)
{
	u8 buf[HEADERS];
	struct p2p_bytes win = { buf, min_t(u32, skb->len, HEADERS) };
	enum p2p_decoded what = P2P_PKT_BAD;

	if (!skb_copy_bits(skb, 0, buf, win.len))
		what = p2p_decode(win, ntohs(skb->protocol), skb->len, vid, pkt);
	return what == P2P_PKT_SHORT ? P2P_PKT_DEEP : what;
}

struct p2p_bytes kp2p_pkt_view(const struct sk_buff *skb, const struct p2p_pkt *pkt,
			       u8 *buf)
{
	u32 len = min_t(u32, pkt->payload_len, P2P_VIEW_MAX);
	struct p2p_bytes view = { buf, len };

	if (skb_headlen(skb) >= pkt->payload_off + len)
		view.data = skb->data + pkt->payload_off;
	else if (skb_copy_bits(skb, pkt->payload_off, buf, len))
		view.len = 0;
	return view;
}
