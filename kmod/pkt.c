// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/udp.h>

#include "pkt.h"

/* Headers longer than this are not read. */
#define HEADERS 256

enum p2p_decoded kp2p_pkt_decode_copy(const struct sk_buff *skb, u16 vid,
				      struct p2p_pkt *pkt)
{
	u8 buf[HEADERS];
	struct p2p_bytes win = { buf, min_t(u32, skb->len, HEADERS) };
	enum p2p_decoded what;

	if (skb_copy_bits(skb, 0, buf, win.len))
		return P2P_PKT_BAD;
	what = skb_is_gso(skb) ? p2p_decode_whole(win, ntohs(skb->protocol), skb->len, vid, pkt) :
				 p2p_decode(win, ntohs(skb->protocol), skb->len, vid, pkt);
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

/* IPv4 lets UDP go without */
static bool has_none(const struct sk_buff *skb, u32 off)
{
	__be16 sum;

	return skb_copy_bits(skb, off + offsetof(struct udphdr, check), &sum, sizeof(sum)) || !sum;
}

bool kp2p_pkt_sound(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u32 len = pkt->head + pkt->payload_len, off = pkt->payload_off - pkt->head;

	if (pkt->frag || skb_csum_unnecessary(skb) || skb->ip_summed == CHECKSUM_PARTIAL ||
	    skb_is_gso(skb) || off + len > skb->len)
		return true;
	if (pkt->key.l4 == P2P_UDP && pkt->key.family == 4 && has_none(skb, off))
		return true;
	return kp2p_pkt_agrees(&pkt->key, len, skb_checksum(skb, off, len, 0));
}

bool kp2p_pkt_whole(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u16 at = pkt->key.l4 == P2P_TCP ? offsetof(struct tcphdr, check) :
					  offsetof(struct udphdr, check);

	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       (skb_checksum_start_offset(skb) == (int)(pkt->payload_off - pkt->head) &&
		skb->csum_offset == at);
}
