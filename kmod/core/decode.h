/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One packet's headers, read once.
 *
 * From the network header on: 802.1Q and 802.1ad tags, a PPPoE session
 * (RFC 2516), IPv4 (RFC 791), IPv6 with extension headers (RFC 8200), TCP
 * (RFC 9293), UDP (RFC 768). The result says what the packet is to a gateway:
 * part of a flow, a later fragment of one, exempt, or not understood.
 */
#ifndef P2P_CORE_DECODE_H
#define P2P_CORE_DECODE_H

#include "bytes.h"

P2P_BEGIN_DECLS

enum { P2P_TCP = 6, P2P_UDP = 17 };

/* The TCP flag byte */
enum {
	P2P_FIN = 0x01,
	P2P_SYN = 0x02,
	P2P_RST = 0x04,
	P2P_ACK = 0x10,
};

/** p2p_tcp_begins() - is this the first packet of a connection? */
static inline bool p2p_tcp_begins(u8 flags)
{
	return (flags & (P2P_SYN | P2P_ACK)) == P2P_SYN;
}

/**
 * p2p_tcp_closed() - has a connection ended?
 * @a: all flags that one side has sent
 * @b: all of the other's
 * @alone: one side has sent nothing, or not on this path
 */
static inline bool p2p_tcp_closed(u8 a, u8 b, bool alone)
{
	return ((a | b) & P2P_RST) || ((alone ? a | b : a & b) & P2P_FIN);
}

/**
 * struct p2p_key - what makes two packets one flow, both directions alike
 * @addr: the two endpoints' addresses, network order; the lower endpoint
 *        (address, then port) first. IPv4 uses the first eight bytes, the
 *        rest is zero.
 * @port: their ports, network order, in the same order
 * @bridge: interface index of the bridge; 0 elsewhere. Not set by the decoder.
 * @vid: outer VLAN id, 0 for none
 * @cvid: inner VLAN id, 0 for none
 * @session: PPPoE session id, 0 for none
 * @l4: P2P_TCP or P2P_UDP
 * @family: 4 or 6
 *
 * 48 bytes without padding: it is hashed and compared as words.
 */
struct p2p_key {
	union {
		u64 word[4];
		u32 v4[2];
		u8 v6[2][16];
	} addr;
	u16 port[2];
	u32 bridge;
	u16 vid;
	u16 cvid;
	u16 session;
	u8 l4;
	u8 family;
};

/**
 * struct p2p_pkt - a decoded packet
 * @key: its flow
 * @dir: 0 when the lower endpoint sent it, 1 when the higher did
 * @frag: the first of several fragments
 * @flags: TCP flags; 0 for UDP
 * @head: bytes of the TCP or UDP header that ends at @payload_off; 0: of a
 *        first fragment, not all of it
 * @payload_off: where its payload begins, from the network header on
 * @payload_len: payload bytes on the wire, which the window given to the
 *               decoder need not hold
 * @seq: TCP sequence number
 * @ack: TCP acknowledgement number as it stands there, in network order,
 *       whether or not @flags says that it counts
 */
struct p2p_pkt {
	struct p2p_key key;
	u8 dir;
	bool frag;
	u8 flags;
	u8 head;
	u32 payload_off;
	u32 payload_len;
	u32 seq;
	u32 ack;
};

/** enum p2p_decoded - what a packet is */
enum p2p_decoded {
	P2P_PKT_FLOW,		  /* all of struct p2p_pkt is set */
	P2P_PKT_FRAGMENT,	  /* later fragment of TCP or UDP: no ports */
	P2P_PKT_EXEMPT_NOT_IP,	  /* ARP, LLDP, ...: never touched */
	P2P_PKT_EXEMPT_NOT_L4,	  /* ICMP, IGMP, OSPF, ESP, tunnels, ... */
	P2P_PKT_EXEMPT_LINK,	  /* an address that is link-local or unspecified */
	P2P_PKT_EXEMPT_MULTICAST, /* but not the P2P discovery groups */
	P2P_PKT_EXEMPT_CONTROL,	  /* DHCP, routing, redundancy: by port */
	P2P_PKT_SHORT,		  /* the headers go on beyond the window */
	P2P_PKT_DEEP,		  /* more IPv6 extension headers than are read */
	P2P_PKT_BAD,		  /* headers that contradict themselves */
};

/**
 * p2p_decode() - read the headers of one packet
 * @win: a window from the network header on; 128 bytes hold all but absurd
 *       header chains
 * @ethertype: what stands there, host order
 * @wire_len: bytes the packet has from there on; at least @win.len
 * @vid: VLAN id that was taken out of the packet before, 0 for none; in-band
 *       tags that follow are then inner ones
 * @pkt: result; @pkt->key is complete but for the bridge. Set for
 *       P2P_PKT_FLOW alone; of P2P_PKT_FRAGMENT only key.l4, key.family and
 *       the addresses hold.
 *
 * A window as long as the packet is never P2P_PKT_SHORT. Bounded: two tags (and eight of VLAN 0),
 * one PPPoE header, eight IPv6 extension headers.
 */
enum p2p_decoded p2p_decode(struct p2p_bytes win, u16 ethertype, u32 wire_len,
			    u16 vid, struct p2p_pkt *pkt);

/**
 * p2p_decode_whole() - the same for a packet that is cut into several later
 *
 * What such a packet's IP and UDP headers say of its length is not what goes
 * out: whoever cuts it writes them anew.
 */
enum p2p_decoded p2p_decode_whole(struct p2p_bytes win, u16 ethertype, u32 wire_len,
				  u16 vid, struct p2p_pkt *pkt);

/** p2p_key_equal() - the same flow? */
static inline bool p2p_key_equal(const struct p2p_key *a, const struct p2p_key *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	if (((x[0] ^ y[0]) | (x[4] ^ y[4]) | (x[5] ^ y[5])) != 0)
		return false;
	if (a->family == 4)
		return true;
	return ((x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

P2P_END_DECLS

#endif
