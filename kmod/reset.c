// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/if_pppox.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>

#include "bridge.h"
#include "gateway.h"
#include "reset.h"

#define TTL 64
#define PPPOE_LEN 8 /* PPPoE's header and PPP's protocol */
#define ENCAP_MAX (2 * VLAN_HLEN + PPPOE_LEN)

/**
 * struct reset - one to make
 * @pkt: the refused packet
 * @from: the end of pkt->key that it comes from, as it says
 * @seq: its sequence number
 * @ack: its acknowledgement number
 * @flags: RST, perhaps ACK
 */
struct reset {
	const struct p2p_pkt *pkt;
	unsigned int from;
	u32 seq;
	u32 ack;
	u8 flags;
};

/* -- the segment --------------------------------------------------------------- */

static void put_tcp(struct sk_buff *skb, const struct reset *r)
{
	const struct p2p_key *key = &r->pkt->key;
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));

	th->source = (__force __be16)key->port[r->from];
	th->dest = (__force __be16)key->port[!r->from];
	th->seq = htonl(r->seq);
	th->ack_seq = r->flags & P2P_ACK ? htonl(r->ack) : 0;
	th->doff = sizeof(*th) / 4;
	tcp_flag_byte(th) = r->flags;
	if (key->family == 4)
		th->check = tcp_v4_check(sizeof(*th), (__force __be32)key->addr.v4[r->from],
					 (__force __be32)key->addr.v4[!r->from],
					 csum_partial(th, sizeof(*th), 0));
	else
		th->check = csum_ipv6_magic((const struct in6_addr *)key->addr.v6[r->from],
					    (const struct in6_addr *)key->addr.v6[!r->from],
					    sizeof(*th), IPPROTO_TCP,
					    csum_partial(th, sizeof(*th), 0));
}

static void put_ipv4(struct sk_buff *skb, const struct reset *r)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + sizeof(struct tcphdr));
	iph->frag_off = htons(IP_DF);
	iph->ttl = TTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = (__force __be32)r->pkt->key.addr.v4[r->from];
	iph->daddr = (__force __be32)r->pkt->key.addr.v4[!r->from];
	ip_send_check(iph);
}

static void put_ipv6(struct sk_buff *skb, const struct reset *r)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	ip6h->version = 6;
	ip6h->payload_len = htons(sizeof(struct tcphdr));
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = TTL;
	memcpy(&ip6h->saddr, r->pkt->key.addr.v6[r->from], sizeof(ip6h->saddr));
	memcpy(&ip6h->daddr, r->pkt->key.addr.v6[!r->from], sizeof(ip6h->daddr));
}

static u32 segment_len(const struct reset *r)
{
	return (r->pkt->key.family == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)) +
	       sizeof(struct tcphdr);
}

/* IP and TCP behind what is in @skb */
static void put_segment(struct sk_buff *skb, const struct reset *r)
{
	skb->ip_summed = CHECKSUM_NONE;
	if (r->pkt->key.family == 4)
		put_ipv4(skb, r);
	else
		put_ipv6(skb, r);
	skb_set_transport_header(skb, skb->len);
	put_tcp(skb, r);
}

/* -- on a bridge ----------------------------------------------------------------- */

/* Bytes of in-band tags and PPPoE before the packet's IP header, or -1 */
static int encap_len(const struct sk_buff *skb, u32 *pppoe)
{
	__be16 type = skb->protocol, buf;
	const __be16 *next;
	int off = 0;

	*pppoe = 0;
	while (eth_type_vlan(type)) {
		next = skb_header_pointer(skb, off + 2, sizeof(buf), &buf);
		if (!next || off == 2 * VLAN_HLEN)
			return -1;
		type = *next;
		off += VLAN_HLEN;
	}
	if (type == htons(ETH_P_PPP_SES)) {
		*pppoe = off + 4; /* where its length stands */
		off += PPPOE_LEN;
	}
	return off;
}

/* A VLAN's frames have a tag on this port, or not, whatever the packet had */
static void put_tag(struct sk_buff *frame, const struct sk_buff *skb, const struct p2p_pkt *pkt,
		    const struct net_device *port)
{
	const struct net_device *bridge = kp2p_bridge_of(port);
	__be16 proto = skb->vlan_proto;

	if (bridge && kp2p_bridge_filters(bridge)) {
		if (pkt->key.vid && kp2p_bridge_tags(bridge, port, pkt->key.vid, &proto))
			__vlan_hwaccel_put_tag(frame, proto, pkt->key.vid);
	} else if (skb_vlan_tag_present(skb)) {
		__vlan_hwaccel_put_tag(frame, proto, skb_vlan_tag_get_id(skb));
	}
}

/* @back: to where the packet came from */
static struct sk_buff *frame_new(const struct sk_buff *skb, struct net_device *port,
				 const struct reset *r, bool back)
{
	struct sk_buff *frame;
	__be16 *len;
	u32 pppoe;
	int encap = encap_len(skb, &pppoe);

	if (encap < 0 || skb_mac_header_len(skb) < ETH_HLEN)
		return NULL;
	frame = alloc_skb(LL_RESERVED_SPACE(port) + ETH_HLEN + ENCAP_MAX + segment_len(r), GFP_ATOMIC);
	if (!frame)
		return NULL;
	skb_reserve(frame, LL_RESERVED_SPACE(port) + ETH_HLEN);
	skb_reset_network_header(frame);
	if (skb_copy_bits(skb, 0, skb_put(frame, encap), encap)) {
		kfree_skb(frame);
		return NULL;
	}
	if (pppoe) {
		len = (__be16 *)(frame->data + pppoe);
		*len = htons(segment_len(r) + 2);
	}
	put_segment(frame, r);
	frame->protocol = skb->protocol;
	frame->dev = port;
	skb_push(frame, ETH_HLEN);
	skb_reset_mac_header(frame);
	ether_addr_copy(eth_hdr(frame)->h_dest, back ? eth_hdr(skb)->h_source : eth_hdr(skb)->h_dest);
	ether_addr_copy(eth_hdr(frame)->h_source, back ? eth_hdr(skb)->h_dest : eth_hdr(skb)->h_source);
	eth_hdr(frame)->h_proto = skb->protocol;
	put_tag(frame, skb, r->pkt, port);
	return frame;
}

static int send_frame(const struct sk_buff *skb, struct net_device *port, const struct reset *r,
		      bool back)
{
	struct sk_buff *frame = frame_new(skb, port, r, back);
	int err;

	if (!frame)
		return -ENOMEM;
	err = dev_queue_xmit(frame);
	return net_xmit_eval(err);
}

/* -- on a router ------------------------------------------------------------------- */

static struct dst_entry *route_ipv4(struct net *net, const struct reset *r)
{
	/* in somebody else's name */
	struct flowi4 fl4 = {
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
		.flowi4_proto = IPPROTO_TCP,
		.saddr = (__force __be32)r->pkt->key.addr.v4[r->from],
		.daddr = (__force __be32)r->pkt->key.addr.v4[!r->from],
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route_ipv6(struct net *net, const struct reset *r)
{
	struct flowi6 fl6 = { .flowi6_proto = IPPROTO_TCP };
	struct dst_entry *dst;

	memcpy(&fl6.saddr, r->pkt->key.addr.v6[r->from], sizeof(fl6.saddr));
	memcpy(&fl6.daddr, r->pkt->key.addr.v6[!r->from], sizeof(fl6.daddr));
	dst = ip6_route_output(net, NULL, &fl6);
	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static int send_routed(struct net *net, const struct reset *r)
{
	bool v4 = r->pkt->key.family == 4;
	struct dst_entry *dst = v4 ? route_ipv4(net, r) : route_ipv6(net, r);
	struct sk_buff *skb;
	u32 room;

	if (!dst)
		return -EHOSTUNREACH;
	room = LL_RESERVED_SPACE(dst->dev);
	skb = alloc_skb(room + segment_len(r), GFP_ATOMIC);
	if (!skb) {
		dst_release(dst);
		return -ENOMEM;
	}
	skb_reserve(skb, room);
	skb_reset_network_header(skb);
	put_segment(skb, r);
	skb->protocol = v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb_dst_set(skb, dst);
	skb->dev = dst->dev;
	return v4 ? ip_local_out(net, NULL, skb) : ip6_local_out(net, NULL, skb);
}

/* -- both ------------------------------------------------------------------------------ */

/* @back: to whoever sent the packet */
static void send(struct kp2p_gw *gw, const struct sk_buff *skb, const struct nf_hook_state *nf,
		 const struct reset *r, struct net_device *port, bool back)
{
	int err = nf->pf == NFPROTO_BRIDGE ? send_frame(skb, port, r, back) :
					     send_routed(nf->net, r);

	kp2p_count(gw, err ? KP2P_N_RESETS_FAILED : KP2P_N_RESETS_SENT);
}

/* Sequence numbers that the packet takes up */
static u32 taken(const struct p2p_pkt *pkt)
{
	return pkt->payload_len + !!(pkt->flags & P2P_SYN) + !!(pkt->flags & P2P_FIN);
}

static u32 ack_of(const struct p2p_pkt *pkt)
{
	return ntohl((__force __be32)pkt->ack);
}

static void reset_sender(struct kp2p_gw *gw, const struct sk_buff *skb,
			 const struct nf_hook_state *nf, const struct p2p_pkt *pkt)
{
	struct reset r = { .pkt = pkt, .from = !pkt->dir, .flags = P2P_RST };

	if (pkt->flags & P2P_ACK) {
		r.seq = ack_of(pkt);
	} else {
		r.flags |= P2P_ACK;
		r.ack = pkt->seq + taken(pkt);
	}
	send(gw, skb, nf, &r, nf->in, true);
}

static void reset_other(struct kp2p_gw *gw, const struct sk_buff *skb,
			const struct nf_hook_state *nf, const struct p2p_pkt *pkt, u32 ack,
			struct net_device *port)
{
	struct reset r = {
		.pkt = pkt,
		.from = pkt->dir,
		.seq = pkt->seq,
		.ack = ack_of(pkt),
		.flags = P2P_RST | (pkt->flags & P2P_ACK),
	};

	/* a repeated segment begins before what the other end expects */
	if (before(pkt->seq, ack))
		r.seq = ack;
	send(gw, skb, nf, &r, port, false);
	if (r.seq == ack)
		return;
	/* segments before this one were lost on their way: it expects them */
	r.seq = ack;
	send(gw, skb, nf, &r, port, false);
}

void kp2p_reset(struct kp2p_gw *gw, const struct sk_buff *skb, const struct nf_hook_state *nf,
		const struct p2p_pkt *pkt, u32 ack, struct net_device *other)
{
	reset_sender(gw, skb, nf, pkt);
	if (other)
		reset_other(gw, skb, nf, pkt, ack, other);
}
