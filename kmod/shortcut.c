// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way through a stream. Nearly all segments of a flow that is read go on where
 * nothing is missing and nothing held: there is nothing to ask of them but whether their
 * bytes may pass. What is done here kp2p_stream_long_way() would do, too, in many times as
 * many steps; but for an acknowledgement of the sender's own that says nothing new, which is
 * not counted.
 */
#include "clone.h"
#include "stream_way.h"

static u32 ack_of(const struct p2p_pkt *pkt)
{
	return ntohl((__force __be32)pkt->ack);
}

/* Is it such a segment, of direction @side? */
static bool goes_on(const struct kp2p_stream *stream, const struct kp2p_side *side,
		    const struct kp2p_side *other, const struct kp2p_policy *policy,
		    const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	const struct kp2p_reader *reader = stream->reader;
	const struct p2p_reasm_env env = kp2p_stream_limits();

	if (stream->unlike)
		return false;
	if (!reader || reader->set != policy->set)
		return false;
	if ((pkt->flags & (P2P_SYN | P2P_ACK)) != P2P_ACK ||
	    side->queue.forgetful | other->queue.forgetful)
		return false;
	return !p2p_before(other->queue.cleared, ack_of(pkt)) &&
	       (!pkt->payload_len ||
		(side->queue.has_edge &&
		 p2p_reasm_is_next(&side->queue, &env, pkt->seq, skb->truesize)));
}

/* What its receiver has was cleared, and is forgotten. */
static noinline void note_news(struct kp2p_flow *flow, const struct nf_hook_state *nf,
			       const struct p2p_pkt *pkt, struct p2p_reasm *other, u32 window)
{
	struct kp2p_gw *gw = flow->gw;
	u32 ack = ack_of(pkt);
	struct p2p_piece *piece;
	enum p2p_acked what;

	what = kp2p_stream_own_ack(flow->stream, nf, pkt->dir) ?
		       P2P_ACK_BEYOND : p2p_reasm_note_ack(other, &ack, window);
	if (what == P2P_ACK_BEYOND)
		kp2p_count(gw, KP2P_N_STREAM_ACKS_REFUSED);
	if (what != P2P_ACK_NEW)
		return;
	other->base = ack;
	while ((piece = p2p_reasm_forgotten(other)))
		kp2p_clone_spend(gw, piece);
}

/* Its bytes, of which @piece is kept */
static enum p2p_inspected read(const struct kp2p_flow *flow, const struct kp2p_stream *stream,
			       struct kp2p_side *side, struct p2p_piece *piece,
			       struct sk_buff *skb, const struct nf_hook_state *nf,
			       const struct p2p_pkt *pkt)
{
	enum p2p_inspected said;

	piece->own = pkt->payload_off;
	p2p_reasm_append(&side->queue, piece, pkt->payload_len);
	side->in = nf->in->ifindex;
	side->out = nf->out->ifindex;
	said = kp2p_stream_read(stream->reader, side, pkt->dir ^ flow->first, skb,
				pkt->payload_off, pkt->payload_len);
	if (likely(said == P2P_CLEARED))
		p2p_reasm_clear(&side->queue);
	return said;
}

static noinline enum kp2p_action no_room(struct kp2p_flow *flow)
	__releases(flow->lock)
{
	kp2p_count(flow->gw, KP2P_N_STREAM_NO_ROOM);
	spin_unlock(&flow->lock);
	return KP2P_DROP;
}

enum kp2p_action kp2p_stream_packet(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				    struct sk_buff *skb, const struct nf_hook_state *nf,
				    const struct p2p_pkt *pkt)
{
	struct kp2p_side *side, *other;
	struct kp2p_stream *stream;
	struct p2p_piece *piece;
	struct kp2p_tcp tcp;

	if (pkt->key.l4 != P2P_TCP)
		return kp2p_stream_datagram(flow, policy, skb, nf, pkt);
	tcp = kp2p_tcp_look(flow->gw, skb, pkt);
	if (tcp.look != KP2P_LOOK_READ)
		return KP2P_DROP;
	spin_lock(&flow->lock);
	stream = flow->stream;
	if (!stream)
		return kp2p_stream_long_way(flow, policy, skb, nf, pkt, tcp);
	side = &stream->side[pkt->dir];
	other = &stream->side[!pkt->dir];
	P2P_ONCE(side);
	P2P_ONCE(other);
	if (!goes_on(stream, side, other, policy, skb, pkt))
		return kp2p_stream_long_way(flow, policy, skb, nf, pkt, tcp);
	tcp.window <<= side->scale;
	if (p2p_reasm_is_news(&other->queue, ack_of(pkt), tcp.window))
		note_news(flow, nf, pkt, &other->queue, tcp.window);
	if (pkt->payload_len) {
		piece = kp2p_clone_keep(flow->gw, skb, true);
		if (unlikely(!piece))
			return no_room(flow);
		if (unlikely(read(flow, stream, side, piece, skb, nf, pkt) != P2P_CLEARED))
			return kp2p_stream_blocked(flow, nf, pkt);
		kp2p_count(flow->gw, KP2P_N_STREAM_ORDERED);
	}
	spin_unlock(&flow->lock);
	return KP2P_PASS;
}
