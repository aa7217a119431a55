/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only uTP's streams have: the connections between two ports.
 *
 * Peers keep one port for all they do, so the datagrams of one flow may be of several
 * connections, one for each torrent that both have, and of the DHT. Each connection is a
 * stream of the flow's, found by its number.
 *
 * - A connection is read from its SYN on. Its caller's packets are counted from the SYN's
 *   number; those of who is called from what the caller's first answer says that it has
 *   (BEP 29 and its implementations do not agree), and none passes before. BitTorrent's
 *   callers speak first.
 * - One whose SYN nobody saw is read from the first packet on.
 * - So many connections at a time are read; others are dropped until one has been silent
 *   for a minute, or whoever holds the other end could open the one that is not read.
 *
 * All that follows needs flow->lock.
 */
#ifndef KP2P_UTP_H
#define KP2P_UTP_H

#include "core/utp.h"
#include "pkt.h"
#include "stream.h"

/**
 * kp2p_utp_begin() - a datagram of a flow that has no stream, and shall be read if it is uTP
 *
 * A stranger's SYN alone is remembered with the flow, and costs nothing else.
 * Return: false: there is no room to read it, and it has a name.
 */
bool kp2p_utp_begin(struct kp2p_flow *flow, const struct sk_buff *skb,
		    const struct nf_hook_state *nf, const struct p2p_pkt *pkt);

/**
 * kp2p_utp_look() - what a datagram has to be before it is read
 *
 * One that a receiver may take for uTP is read, or refused if the flow is BitTorrent's.
 * Context: flow->lock not held.
 */
enum kp2p_look kp2p_utp_look(const struct kp2p_flow *flow, const struct sk_buff *skb,
			     const struct p2p_pkt *pkt, struct p2p_utp *utp);

/**
 * kp2p_utp_stream() - the stream of a packet's connection, perhaps a new one
 * @refused: set where there is none because it must not pass; counted
 * @held: what was held of one that gave its place
 */
struct kp2p_stream *kp2p_utp_stream(struct kp2p_flow *flow, const struct nf_hook_state *nf,
				    const struct p2p_pkt *pkt, const struct p2p_utp *utp,
				    bool *refused, struct list_head *held);

/**
 * kp2p_utp_part() - what a packet is to its connection's stream
 *
 * Notes where a direction begins. Return: false, and counted: it has to be dropped.
 */
bool kp2p_utp_part(struct kp2p_flow *flow, struct kp2p_stream *stream,
		   const struct nf_hook_state *nf, const struct p2p_pkt *pkt,
		   const struct p2p_utp *utp, struct kp2p_part *part);

#endif
