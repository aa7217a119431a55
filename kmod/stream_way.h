/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ways of a packet through its stream: the short one of a segment that goes on
 * where nothing is missing (shortcut.c), and the one that all others take (stream.c).
 */
#ifndef KP2P_STREAM_WAY_H
#define KP2P_STREAM_WAY_H

#include "reader.h"
#include "stream.h"
#include "tcp.h"

extern unsigned int kp2p_stream_kib;
extern unsigned int kp2p_stream_packets;

/** kp2p_stream_limits() - what may be kept of one direction; nothing else is set */
static inline struct p2p_reasm_env kp2p_stream_limits(void)
{
	return (struct p2p_reasm_env){
		.max_bytes = min(READ_ONCE(kp2p_stream_kib), 1U << 20) << 10,
		.max_pieces = READ_ONCE(kp2p_stream_packets),
	};
}

/** kp2p_stream_read() - bytes in order, of a direction that its reader calls @dir */
static inline enum p2p_inspected kp2p_stream_read(struct kp2p_reader *reader,
						  struct kp2p_side *side, unsigned int dir,
						  struct sk_buff *skb, u32 off, u32 len)
{
	kp2p_count_n(reader->flow->gw, KP2P_N_STREAM_BYTES_READ, len);
	side->bytes_read += len;
	return kp2p_reader_feed(reader, dir, skb, off, len);
}

/**
 * kp2p_stream_long_way() - any segment of TCP's
 *
 * Context: as kp2p_stream_packet(), but flow->lock held, and released.
 */
enum kp2p_action kp2p_stream_long_way(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				      struct sk_buff *skb, const struct nf_hook_state *nf,
				      const struct p2p_pkt *pkt, struct kp2p_tcp tcp)
	__releases(flow->lock);

/** kp2p_stream_blocked() - what was just read must not pass. Context: likewise */
enum kp2p_action kp2p_stream_blocked(struct kp2p_flow *flow, const struct nf_hook_state *nf,
				     const struct p2p_pkt *pkt)
	__releases(flow->lock);

/** kp2p_stream_datagram() - kp2p_stream_packet() of UDP */
enum kp2p_action kp2p_stream_datagram(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				      struct sk_buff *skb, const struct nf_hook_state *nf,
				      const struct p2p_pkt *pkt);

#endif
