// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every packet of every flow comes through here, settled ones too. So there
 * are two ways. The plain one takes TCP or UDP straight behind an IP header
 * without options: once the window is known to hold 20 bytes of each, all it
 * reads is at constant offsets, whose checks the compiler proves and drops.
 * Whatever is not plain goes the general way, which would decode the plain
 * packets just the same.
 */
#include "decode.h"

enum {
	ETH_IPV4 = 0x0800,
	ETH_IPV6 = 0x86dd,
	ETH_8021Q = 0x8100,
	ETH_8021AD = 0x88a8,
	ETH_QINQ_OLD = 0x9100, /* before 802.1ad, still met */
	ETH_PPPOE_SESSION = 0x8864,

	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,

	IP6_HOPOPTS = 0,
	IP6_ROUTING = 43,
	IP6_FRAGMENT = 44,
	IP6_AUTH = 51,
	IP6_DSTOPTS = 60,

	L4_WINDOW = 20, /* bytes of TCP or UDP that are ever read */
	MAX_TAGS = 2,
	MAX_PRIORITY_TAGS = 8, /* of VLAN 0: end hosts take off any number */
	MAX_EXTENSIONS = 8,

	/* BEP 14, local service discovery */
	LSD_PORT = 6771,
};
#define LSD_GROUP_V4 0xefc0988fu /* 239.192.152.143 */

/**
 * struct segment - what an IP header (or several) carries
 * @bytes: its first L4_WINDOW bytes, as far as there are any in the window
 * @off: where it begins, from the IP header on
 * @len: bytes of it in this packet
 * @l4: its protocol
 * @first: the first of several fragments
 * @later: a fragment, but not the first
 * @unsized: over IPv6, where UDP may leave its length out: RFC 2675 asks that
 *           of jumbograms, and end hosts take it of any packet
 * @whole: of a packet that is cut later (GSO): its headers' lengths are
 *         whatever its sender wrote, all that is there is sent
 */
struct segment {
	struct p2p_bytes bytes;
	u32 off;
	u32 len;
	u8 l4;
	bool first;
	bool later;
	bool unsized;
	bool whole;
};

/* The packet has @len bytes of what needs @need, the window has too few. */
P2P_HOT enum p2p_decoded lacks(u32 len, u32 need)
{
	return len < need ? P2P_PKT_BAD : P2P_PKT_SHORT;
}

/*
 * Control protocols that a site cannot do without, by either port. The
 * multicast ones among them are exempt by address already; what is here
 * covers their unicast and broadcast forms.
 */
P2P_HOT bool control_udp(u16 port)
{
	switch (port) {
	case 67: /* DHCP, RFC 2131 */
	case 68:
	case 520: /* RIP, RFC 2453 */
	case 521: /* RIPng, RFC 2080 */
	case 546: /* DHCPv6, RFC 8415 */
	case 547:
	case 646:  /* LDP discovery, RFC 5036 */
	case 1985: /* HSRP, RFC 2281 */
	case 2029: /* HSRP for IPv6 */
	case 3222: /* GLBP */
	case 3784: /* BFD, one hop, RFC 5881 */
	case 3785: /* BFD echo */
	case 4784: /* BFD, many hops, RFC 5883 */
		return true;
	}
	return false;
}

P2P_HOT bool control_tcp(u16 port)
{
	return port == 179 || port == 646; /* BGP, RFC 4271; LDP, RFC 5036 */
}

P2P_HOT bool control(u8 l4, u16 sport, u16 dport)
{
	if (l4 == P2P_TCP)
		return control_tcp(sport) || control_tcp(dport);
	return control_udp(sport) || control_udp(dport);
}

/* A packet to the group that P2P programs find each other in */
static enum p2p_decoded discovery(struct segment s)
{
	if (s.l4 != P2P_UDP || s.later)
		return P2P_PKT_EXEMPT_MULTICAST;
	if (!p2p_has(s.bytes, 0, 4))
		return lacks(s.len, 4);
	return p2p_be16(s.bytes, 2) == LSD_PORT ? P2P_PKT_FLOW :
						   P2P_PKT_EXEMPT_MULTICAST;
}

/* Neither 0.0.0.0 nor link-local, multicast or above */
static inline bool ordinary_v4(u32 a)
{
	return a - 1 < 0xdfffffff && a >> 16 != 0xa9fe;
}

static enum p2p_decoded special_v4(u32 src, u32 dst, struct segment s)
{
	const u32 broadcast = 0xffffffff;

	if (src >> 28 == 0xe || src == broadcast)
		return P2P_PKT_BAD;
	if (!src || !dst)
		return P2P_PKT_EXEMPT_LINK;
	if (dst == LSD_GROUP_V4)
		return discovery(s);
	if (dst >> 28 == 0xe || dst == broadcast)
		return P2P_PKT_EXEMPT_MULTICAST;
	if (src >> 16 == 0xa9fe || dst >> 16 == 0xa9fe)
		return P2P_PKT_EXEMPT_LINK;
	return P2P_PKT_FLOW; /* 240.0.0.0/4 is reserved, not forbidden */
}

/* Not in ::/8 (unspecified, loopback), fe00::/8 or ff00::/8 */
P2P_HOT bool ordinary_v6(u8 first)
{
	return (u8)(first + 2) > 2;
}

static inline bool link_local_v6(u32 word)
{
	return word >> 22 == 0xfe80 >> 6;
}

static enum p2p_decoded special_v6(struct p2p_bytes ip, struct segment s)
{
	static const u8 lsd[16] = { 0xff, 0x15, [12] = 0xef, 0xc0, 0x98, 0x8f };
	static const u8 none[16];
	u32 src = p2p_be32(ip, 8), dst = p2p_be32(ip, 24);

	if (src >> 24 == 0xff)
		return P2P_PKT_BAD;
	if (p2p_eq(ip, 8, none, 16) || p2p_eq(ip, 24, none, 16))
		return P2P_PKT_EXEMPT_LINK;
	if (p2p_eq(ip, 24, lsd, 16))
		return discovery(s);
	if (dst >> 24 == 0xff)
		return P2P_PKT_EXEMPT_MULTICAST;
	if (link_local_v6(src) || link_local_v6(dst))
		return P2P_PKT_EXEMPT_LINK;
	return P2P_PKT_FLOW;
}

/* The ports of the lower and of the higher endpoint, as two loads' worth */
P2P_HOT void order_ports(u16 sport, u16 dport, bool above, struct p2p_pkt *pkt)
{
	pkt->dir = above;
	pkt->key.port[0] = above ? dport : sport;
	pkt->key.port[1] = above ? sport : dport;
}

/* The lower endpoint first. Any order will do, so it is the memory's own. */
P2P_HOT void order_v4(struct p2p_bytes ip, u16 sport, u16 dport,
			    struct p2p_pkt *pkt)
{
	u32 src = 0, dst = 0;
	bool above;

	p2p_copy(ip, 12, &src, 4);
	p2p_copy(ip, 16, &dst, 4);
	above = P2P_LIKELY(src != dst) ? src > dst : sport > dport;
	pkt->key.addr.v4[0] = above ? dst : src;
	pkt->key.addr.v4[1] = above ? src : dst;
	pkt->key.addr.word[1] = 0;
	pkt->key.addr.word[2] = 0;
	pkt->key.addr.word[3] = 0;
	pkt->key.family = 4;
	order_ports(sport, dport, above, pkt);
}

P2P_HOT void order_v6(struct p2p_bytes ip, u16 sport, u16 dport,
			    struct p2p_pkt *pkt)
{
	u64 src0 = 0, src1 = 0, dst0 = 0, dst1 = 0;
	bool above;
	u32 low;

	/* scalars, not arrays: an array on the stack costs its protector */
	p2p_copy(ip, 8, &src0, 8);
	p2p_copy(ip, 24, &dst0, 8);
	above = src0 > dst0;
	if (P2P_UNLIKELY(src0 == dst0)) {
		p2p_copy(ip, 16, &src1, 8);
		p2p_copy(ip, 32, &dst1, 8);
		above = src1 != dst1 ? src1 > dst1 : sport > dport;
	}
	low = above ? 24 : 8;
	p2p_copy(ip, low, &pkt->key.addr.v6[0], 16);
	p2p_copy(ip, 32 - low, &pkt->key.addr.v6[1], 16);
	pkt->key.family = 6;
	order_ports(sport, dport, above, pkt);
}

/*
 * The rest of a first fragment's header may come in the next one (RFC 1858
 * tells why a sender would do that): ports are enough for a flow.
 */
P2P_COLD enum p2p_decoded torn(u32 end, struct p2p_pkt *pkt)
{
	pkt->flags = 0;
	pkt->head = 0;
	pkt->seq = 0;
	pkt->ack = 0;
	pkt->payload_off = end;
	pkt->payload_len = 0;
	return P2P_PKT_FLOW;
}

P2P_HOT enum p2p_decoded tcp(struct segment s, struct p2p_pkt *pkt)
{
	u32 head;

	if (P2P_UNLIKELY(!p2p_has(s.bytes, 0, 20)))
		return s.first && s.len < 20 ? torn(s.off + s.len, pkt) : lacks(s.len, 20);
	head = p2p_u8(s.bytes, 12) / 16 * 4u;
	if (P2P_UNLIKELY(head < 20))
		return P2P_PKT_BAD;
	if (P2P_UNLIKELY(head > s.len))
		return s.first ? torn(s.off + s.len, pkt) : P2P_PKT_BAD;
	pkt->flags = p2p_u8(s.bytes, 13);
	pkt->head = (u8)head;
	pkt->seq = p2p_be32(s.bytes, 4);
	p2p_copy(s.bytes, 8, &pkt->ack, 4);
	pkt->payload_off = s.off + head;
	pkt->payload_len = s.len - head;
	return P2P_PKT_FLOW;
}

P2P_HOT enum p2p_decoded udp(struct segment s, struct p2p_pkt *pkt)
{
	u32 len;

	if (P2P_UNLIKELY(!p2p_has(s.bytes, 0, 8)))
		return s.first && s.len < 8 ? torn(s.off + s.len, pkt) : lacks(s.len, 8);
	len = p2p_be16(s.bytes, 4);
	if (P2P_UNLIKELY(s.whole || (!len && s.unsized)))
		len = s.len;
	if (P2P_UNLIKELY(len < 8))
		return P2P_PKT_BAD;
	if (P2P_UNLIKELY(len > s.len)) {
		if (!s.first)
			return P2P_PKT_BAD;
		len = s.len;
	}
	pkt->flags = 0;
	pkt->head = 8;
	pkt->seq = 0;
	pkt->ack = 0;
	pkt->payload_off = s.off + 8;
	pkt->payload_len = len - 8;
	return P2P_PKT_FLOW;
}

/* From the ports on; @ip is the IP header they are ordered with. */
P2P_HOT enum p2p_decoded transport(struct segment s,
					 struct p2p_bytes ip, u8 family,
					 struct p2p_pkt *pkt)
{
	u16 sport = 0, dport = 0;

	pkt->key.l4 = s.l4;
	pkt->frag = s.first;
	if (P2P_LIKELY(!s.later)) {
		p2p_copy(s.bytes, 0, &sport, 2);
		p2p_copy(s.bytes, 2, &dport, 2);
	}
	if (family == 4)
		order_v4(ip, sport, dport, pkt);
	else
		order_v6(ip, sport, dport, pkt);
	if (P2P_UNLIKELY(s.later))
		return P2P_PKT_FRAGMENT;
	if (P2P_UNLIKELY(!p2p_has(s.bytes, 0, 4)))
		return lacks(s.len, 4);
	if (P2P_UNLIKELY(control(s.l4, p2p_be16(s.bytes, 0),
				 p2p_be16(s.bytes, 2))))
		return P2P_PKT_EXEMPT_CONTROL;
	return s.l4 == P2P_TCP ? tcp(s, pkt) : udp(s, pkt);
}

/* @win: from the IP header on; @len: bytes the packet has from there */
static enum p2p_decoded ipv4(struct p2p_bytes win, u32 len, bool whole, struct p2p_pkt *pkt)
{
	struct segment s;
	u32 head, total, frag, src, dst;
	enum p2p_decoded what;

	if (!p2p_has(win, 0, 20))
		return lacks(len, 20);
	head = p2p_u8(win, 0) % 16 * 4u;
	total = p2p_be16(win, 2);
	if (whole || (!total && len > 0xffff))
		total = len; /* also "BIG TCP": the length is the buffer's */
	if (p2p_u8(win, 0) / 16 != 4 || head < 20 || total < head || total > len)
		return P2P_PKT_BAD;

	s.l4 = p2p_u8(win, 9);
	if (s.l4 != P2P_TCP && s.l4 != P2P_UDP)
		return P2P_PKT_EXEMPT_NOT_L4;
	frag = p2p_be16(win, 6);
	s.later = (frag & 0x1fff) != 0;
	s.first = (frag & 0x3fff) == 0x2000;
	s.unsized = false;
	s.whole = whole;
	s.off = head;
	s.len = total - head;
	s.bytes = p2p_slice(p2p_slice(win, head, s.len), 0, L4_WINDOW);

	src = p2p_be32(win, 12);
	dst = p2p_be32(win, 16);
	if (!ordinary_v4(src) || !ordinary_v4(dst)) {
		what = special_v4(src, dst, s);
		if (what != P2P_PKT_FLOW)
			return what;
	}
	return transport(s, p2p_slice(win, 0, 20), 4, pkt);
}

/*
 * extensions() - walk the extension headers from @at on
 * @next: the first one's number; the number of what follows them on return
 *
 * Return: P2P_PKT_FLOW and @at behind the last one, or what stopped it.
 */
static enum p2p_decoded extensions(struct p2p_bytes win, u32 len, u32 *at,
				   u8 *next, struct segment *s)
{
	unsigned int n;
	u32 size;

	for (n = 0; n <= MAX_EXTENSIONS; n++) {
		switch (*next) {
		case IP6_HOPOPTS:
		case IP6_ROUTING:
		case IP6_DSTOPTS:
			size = (p2p_u8(win, *at + 1) + 1) * 8u;
			break;
		case IP6_AUTH:
			size = (p2p_u8(win, *at + 1) + 2) * 4u;
			break;
		case IP6_FRAGMENT:
			size = 8;
			break;
		default:
			return P2P_PKT_FLOW;
		}
		if (!p2p_has(win, *at, 8))
			return lacks(len - *at, 8);
		if (size > len - *at)
			return P2P_PKT_BAD;
		if (*next == IP6_FRAGMENT) {
			s->later = p2p_be16(win, *at + 2) >> 3 != 0;
			s->first = !s->later && (p2p_u8(win, *at + 3) & 1);
		}
		*next = p2p_u8(win, *at);
		*at += size;
		if (s->later)
			return P2P_PKT_FLOW;
	}
	return P2P_PKT_DEEP;
}

static enum p2p_decoded ipv6(struct p2p_bytes win, u32 len, bool whole, struct p2p_pkt *pkt)
{
	struct segment s;
	u32 at = 40, total;
	enum p2p_decoded what;

	if (!p2p_has(win, 0, 40))
		return lacks(len, 40);
	total = 40u + p2p_be16(win, 4);
	/* RFC 2675, "BIG TCP"; and Linux takes a zero before a hop-by-hop header
	 * for a jumbogram's of any size
	 */
	if (whole || (total == 40 && (len > 40 + 0xffff || p2p_u8(win, 6) == IP6_HOPOPTS)))
		total = len;
	if (p2p_u8(win, 0) / 16 != 6 || total > len)
		return P2P_PKT_BAD;

	s.l4 = p2p_u8(win, 6);
	s.first = false;
	s.later = false;
	s.unsized = true;
	s.whole = whole;
	if (s.l4 != P2P_TCP && s.l4 != P2P_UDP) {
		what = extensions(p2p_slice(win, 0, total), total, &at, &s.l4, &s);
		if (what != P2P_PKT_FLOW)
			return what;
		if (s.l4 != P2P_TCP && s.l4 != P2P_UDP)
			return P2P_PKT_EXEMPT_NOT_L4;
	}
	s.off = at;
	s.len = total - at;
	s.bytes = p2p_slice(p2p_slice(win, at, s.len), 0, L4_WINDOW);

	if (!ordinary_v6(p2p_u8(win, 8)) || !ordinary_v6(p2p_u8(win, 24))) {
		what = special_v6(win, s);
		if (what != P2P_PKT_FLOW)
			return what;
	}
	return transport(s, p2p_slice(win, 0, 40), 6, pkt);
}

/**
 * struct link - what stands between the network header and the IP header
 * @off: where the next header begins
 * @type: its Ethernet type
 * @vid: outer VLAN
 * @cvid: inner VLAN
 * @session: PPPoE session
 */
struct link {
	u32 off;
	u16 type;
	u16 vid;
	u16 cvid;
	u16 session;
};

static bool is_tag(u16 type)
{
	return type == ETH_8021Q || type == ETH_8021AD || type == ETH_QINQ_OLD;
}

static enum p2p_decoded tags(struct p2p_bytes win, u32 len, struct link *link)
{
	unsigned int n;
	u16 id;

	for (n = 0; n < MAX_TAGS + MAX_PRIORITY_TAGS; n++) {
		if (!is_tag(link->type))
			return P2P_PKT_FLOW;
		if (!p2p_has(win, link->off, 4))
			return lacks(len - link->off, 4);
		id = p2p_be16(win, link->off) & 0xfff; /* 0: a priority alone */
		if (!link->vid)
			link->vid = id;
		else if (!link->cvid)
			link->cvid = id;
		else if (id)
			return P2P_PKT_EXEMPT_NOT_IP; /* a third VLAN */
		link->type = p2p_be16(win, link->off + 2);
		link->off += 4;
	}
	return is_tag(link->type) ? P2P_PKT_DEEP : P2P_PKT_FLOW;
}

/* RFC 2516: ver 1, type 1, code 0 | session | length | PPP protocol */
static enum p2p_decoded pppoe(struct p2p_bytes win, u32 len, struct link *link)
{
	u32 size;

	if (!p2p_has(win, link->off, 8))
		return lacks(len - link->off, 8);
	size = p2p_be16(win, link->off + 4);
	if (p2p_be16(win, link->off) != 0x1100 || size < 2 ||
	    size > len - link->off - 6)
		return P2P_PKT_BAD;
	link->session = p2p_be16(win, link->off + 2);
	switch (p2p_be16(win, link->off + 6)) {
	case PPP_IPV4:
		link->type = ETH_IPV4;
		break;
	case PPP_IPV6:
		link->type = ETH_IPV6;
		break;
	default:
		return P2P_PKT_EXEMPT_NOT_IP;
	}
	link->off += 8;
	return P2P_PKT_FLOW;
}

/* Any packet at all. Not inlined: the plain way would pay for its registers. */
static __attribute__((__noinline__)) enum p2p_decoded
general(struct p2p_bytes win, u16 ethertype, u32 len, u16 vid, bool whole, struct p2p_pkt *pkt)
{
	struct link link = { .type = ethertype, .vid = vid };
	enum p2p_decoded what = tags(win, len, &link);

	if (what == P2P_PKT_FLOW && link.type == ETH_PPPOE_SESSION)
		what = pppoe(win, len, &link);
	if (what != P2P_PKT_FLOW)
		return what;
	win = p2p_slice(win, link.off, ~0u);
	len -= link.off;
	switch (link.type) {
	case ETH_IPV4:
		what = ipv4(win, len, whole, pkt);
		break;
	case ETH_IPV6:
		what = ipv6(win, len, whole, pkt);
		break;
	default:
		return P2P_PKT_EXEMPT_NOT_IP;
	}
	pkt->key.bridge = 0;
	pkt->key.vid = link.vid;
	pkt->key.cvid = link.cvid;
	pkt->key.session = link.session;
	pkt->payload_off += link.off;
	return what;
}

P2P_HOT bool tcp_or_udp(u8 l4)
{
	return l4 == P2P_TCP || l4 == P2P_UDP;
}

/* By its first byte alone: some ordinary ones in 169/8 go the general way. */
P2P_HOT bool plain_address_v4(u8 first)
{
	return (u8)(first - 1) < 223 && first != 169;
}

/* @len: bytes the packet has; @whole: whatever its header says */
P2P_HOT bool plain_v4(struct p2p_bytes win, u32 len, bool whole)
{
	u32 total = whole ? len : p2p_be16(win, 2);

	return p2p_has(win, 0, 20 + L4_WINDOW) && p2p_u8(win, 0) == 0x45 &&
	       total >= 20 + L4_WINDOW && total <= len &&
	       !(p2p_be16(win, 6) & 0x3fff) && tcp_or_udp(p2p_u8(win, 9)) &&
	       plain_address_v4(p2p_u8(win, 12)) &&
	       plain_address_v4(p2p_u8(win, 16));
}

P2P_HOT bool plain_v6(struct p2p_bytes win, u32 len, bool whole)
{
	u32 size = whole ? len - 40 : p2p_be16(win, 4);

	return p2p_has(win, 0, 40 + L4_WINDOW) && p2p_u8(win, 0) / 16 == 6 &&
	       size >= L4_WINDOW && size + 40 <= len &&
	       tcp_or_udp(p2p_u8(win, 6)) && ordinary_v6(p2p_u8(win, 8)) &&
	       ordinary_v6(p2p_u8(win, 24));
}

P2P_HOT enum p2p_decoded decode(struct p2p_bytes win, u16 ethertype, u32 wire_len, u16 vid,
				bool whole, struct p2p_pkt *pkt)
{
	struct segment s = { .whole = whole };
	bool v4 = ethertype == ETH_IPV4;

	if (v4 && P2P_LIKELY(plain_v4(win, wire_len, whole))) {
		s.off = 20;
		s.len = (whole ? wire_len : p2p_be16(win, 2)) - 20u;
		s.l4 = p2p_u8(win, 9);
	} else if (ethertype == ETH_IPV6 && P2P_LIKELY(plain_v6(win, wire_len, whole))) {
		s.off = 40;
		s.len = whole ? wire_len - 40 : p2p_be16(win, 4);
		s.l4 = p2p_u8(win, 6);
		s.unsized = true;
	} else {
		return general(win, ethertype, wire_len, vid, whole, pkt);
	}
	s.bytes = p2p_slice(win, s.off, L4_WINDOW);
	pkt->key.bridge = 0;
	pkt->key.vid = vid;
	pkt->key.cvid = 0;
	pkt->key.session = 0;
	return v4 ? transport(s, p2p_slice(win, 0, 20), 4, pkt) :
		    transport(s, p2p_slice(win, 0, 40), 6, pkt);
}

enum p2p_decoded p2p_decode(struct p2p_bytes win, u16 ethertype, u32 wire_len,
			    u16 vid, struct p2p_pkt *pkt)
{
	return decode(win, ethertype, wire_len, vid, false, pkt);
}

enum p2p_decoded p2p_decode_whole(struct p2p_bytes win, u16 ethertype, u32 wire_len,
				  u16 vid, struct p2p_pkt *pkt)
{
	return decode(win, ethertype, wire_len, vid, true, pkt);
}
