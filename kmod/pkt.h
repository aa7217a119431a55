/* SPDX-License-Identifier: GPL-2.0-only */
/* From an skb to the core's view of a packet: the only reader of skbs. */
#ifndef KP2P_PKT_H
#define KP2P_PKT_H

#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "bridge.h"
#include "core/match.h"

/**
 * kp2p_pkt_decode_copy() - decode a packet whose linear part ends amid the
 * headers, from a copy of its beginning
 */
enum p2p_decoded kp2p_pkt_decode_copy(const struct sk_buff *skb, u16 vid,
				      struct p2p_pkt *pkt);

static inline enum p2p_decoded kp2p_pkt_headers(const struct sk_buff *skb, u16 vid, bool cut,
						struct p2p_pkt *pkt)
{
	struct p2p_bytes win = { skb->data, skb_headlen(skb) };
	enum p2p_decoded what;

	if (unlikely(cut))
		what = p2p_decode_whole(win, ntohs(skb->protocol), skb->len, vid, pkt);
	else
		what = p2p_decode(win, ntohs(skb->protocol), skb->len, vid, pkt);
	if (unlikely(what == P2P_PKT_SHORT))
		what = kp2p_pkt_decode_copy(skb, vid, pkt);
	return what;
}

/**
 * kp2p_pkt_decode() - decode what the bridge forwards
 * @skb: at the bridge's forward hook: data is behind the Ethernet header
 * @out: the port that it leaves by
 * @cut: it is several on the wire (GSO)
 * @pkt: as p2p_decode() sets it, key.bridge and the normalised VLAN included
 *
 * Context: RCU read side. Never changes or linearizes the skb.
 */
static inline enum p2p_decoded kp2p_pkt_decode(const struct sk_buff *skb,
					       const struct net_device *out, bool cut,
					       struct p2p_pkt *pkt)
{
	const struct net_device *bridge = kp2p_bridge_of(out);
	u16 vid = skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : 0;
	enum p2p_decoded what;

	if (!vid && bridge && unlikely(kp2p_bridge_filters(bridge)))
		vid = kp2p_bridge_pvid(out);
	what = kp2p_pkt_headers(skb, vid, cut, pkt);
	pkt->key.bridge = bridge ? bridge->ifindex : 0;
	return what;
}

/** kp2p_pkt_decode_routed() - the same at the IP families' forward hook */
static inline enum p2p_decoded kp2p_pkt_decode_routed(const struct sk_buff *skb,
						      struct p2p_pkt *pkt)
{
	return kp2p_pkt_headers(skb, 0, skb_is_gso(skb), pkt);
}

/**
 * kp2p_pkt_segments() - packets that this skb is on the wire
 * @payload: its bytes behind the headers
 */
static inline u32 kp2p_pkt_segments(const struct sk_buff *skb, u32 payload)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (likely(!shinfo->gso_size))
		return 1;
	/* a virtual machine's packet may leave the count to us */
	return max_t(u32, shinfo->gso_segs ?: DIV_ROUND_UP(payload, shinfo->gso_size), 1);
}

/** kp2p_pkt_agrees() - does @sum, of all of TCP or UDP, agree with its pseudo header? */
static inline bool kp2p_pkt_agrees(const struct p2p_key *key, u32 len, __wsum sum)
{
	if (key->family == 4)
		return !csum_tcpudp_magic((__force __be32)key->addr.v4[0],
					  (__force __be32)key->addr.v4[1], len, key->l4, sum);
	return !csum_ipv6_magic((const struct in6_addr *)key->addr.v6[0],
				(const struct in6_addr *)key->addr.v6[1], len, key->l4, sum);
}

/**
 * kp2p_pkt_good_tcp() - kp2p_pkt_whole() and kp2p_pkt_sound() of nearly all of TCP's
 *
 * They are no fragments, and what has to be summed up lies in one piece.
 */
static inline bool kp2p_pkt_good_tcp(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u32 len = pkt->head + pkt->payload_len, off = pkt->payload_off - pkt->head;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return skb_checksum_start_offset(skb) == (int)off &&
		       skb->csum_offset == offsetof(struct tcphdr, check);
	return skb_csum_unnecessary(skb) || skb_is_gso(skb) ||
	       (off + len <= skb_headlen(skb) &&
		kp2p_pkt_agrees(&pkt->key, len, csum_partial(skb->data + off, len, 0)));
}

/**
 * kp2p_pkt_sound() - is the checksum of TCP or UDP right?
 *
 * What was checked before, or is still to be filled in, is. Of a first fragment
 * nothing can be said; it is taken for sound.
 */
bool kp2p_pkt_sound(const struct sk_buff *skb, const struct p2p_pkt *pkt);

/** kp2p_pkt_whole() - what is still to be filled in is the checksum, not some of the payload */
bool kp2p_pkt_whole(const struct sk_buff *skb, const struct p2p_pkt *pkt);

/**
 * kp2p_pkt_view() - the payload's first bytes
 * @buf: P2P_VIEW_MAX bytes, used when they do not lie in one piece
 *
 * Return: at most P2P_VIEW_MAX bytes; valid as long as skb and @buf are.
 */
struct p2p_bytes kp2p_pkt_view(const struct sk_buff *skb, const struct p2p_pkt *pkt,
			       u8 *buf);

#endif
