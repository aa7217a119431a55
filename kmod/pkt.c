// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

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

bool kp2p_pkt_whole(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u16 at = pkt->key.l4 == P2P_TCP ? offsetof(struct tcphdr, check) :
					  offsetof(struct udphdr, check);

	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       (skb_checksum_start_offset(skb) == (int)(pkt->payload_off - pkt->head) &&
		skb->csum_offset == at);
}

bool kp2p_pkt_sound(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	const struct p2p_key *key = &pkt->key;
	u32 len = pkt->head + pkt->payload_len, off = pkt->payload_off - pkt->head;
	__wsum sum;
	__be16 none;

	if (pkt->frag || skb_csum_unnecessary(skb) || skb->ip_summed == CHECKSUM_PARTIAL ||
	    skb_is_gso(skb) || off + len > skb->len)
		return true;
	if (key->l4 == P2P_UDP && key->family == 4 &&
	    (skb_copy_bits(skb, off + 6, &none, sizeof(none)) || !none))
		return true;
	sum = off + len <= skb_headlen(skb) ? csum_partial(skb->data + off, len, 0) :
					      skb_checksum(skb, off, len, 0);
	if (key->family == 4)
		return !csum_tcpudp_magic((__force __be32)key->addr.v4[0],
					  (__force __be32)key->addr.v4[1], len, key->l4, sum);
	return !csum_ipv6_magic((const struct in6_addr *)key->addr.v6[0],
				(const struct in6_addr *)key->addr.v6[1], len, key->l4, sum);
}
