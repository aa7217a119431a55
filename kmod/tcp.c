// SPDX-License-Identifier: GPL-2.0-only
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "gateway.h"
#include "tcp.h"

static u8 window_scale(const struct sk_buff *skb, u32 at, u32 len)
{
	u8 buf[40], size;
	const u8 *opt = len && len <= sizeof(buf) ? skb_header_pointer(skb, at, len, buf) : NULL;
	u32 i;

	for (i = 0; opt && i < len && opt[i] != TCPOPT_EOL; i += size) {
		size = opt[i] == TCPOPT_NOP ? 1 : i + 1 < len ? opt[i + 1] : 0;
		if (!size || size > len - i)
			break;
		if (opt[i] == TCPOPT_WINDOW && size == TCPOLEN_WINDOW)
			return min_t(u8, opt[i + 2], TCP_MAX_WSCALE);
	}
	return 0;
}

/* false: the packet is not as long as its header */
static bool read_facts(const struct sk_buff *skb, const struct p2p_pkt *pkt, struct kp2p_tcp *facts)
{
	u32 at = pkt->payload_off - pkt->head;
	struct tcphdr buf;
	const struct tcphdr *th = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!th)
		return false;
	facts->window = ntohs(th->window);
	facts->urgent = th->urg;
	facts->scale = 0;
	if (th->syn)
		facts->scale = window_scale(skb, at + sizeof(buf), pkt->head - sizeof(buf));
	return true;
}

/* false without memory, the packet unchanged */
static bool clear_urgent(struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u32 at = pkt->payload_off - pkt->head;
	struct tcphdr *th;
	__be16 *flags, old;

	if (skb_ensure_writable(skb, at + sizeof(*th)))
		return false;
	th = (struct tcphdr *)(skb->data + at);
	flags = (__be16 *)((u8 *)th + 12);
	old = *flags;
	th->urg = 0;
	inet_proto_csum_replace2(&th->check, skb, old, *flags, false);
	inet_proto_csum_replace2(&th->check, skb, th->urg_ptr, 0, false);
	th->urg_ptr = 0;
	return true;
}

enum kp2p_look kp2p_tcp_look(struct kp2p_gw *gw, struct sk_buff *skb, const struct p2p_pkt *pkt,
			     struct kp2p_tcp *facts)
{
	/* no use but to hide */
	if (pkt->frag) {
		kp2p_count(gw, KP2P_N_FRAGMENTS_DROPPED);
		return KP2P_LOOK_REFUSED;
	}
	if (!kp2p_pkt_whole(skb, pkt) || !kp2p_pkt_sound(skb, pkt) || !read_facts(skb, pkt, facts)) {
		kp2p_count(gw, KP2P_N_STREAM_BAD_CHECKSUM);
		return KP2P_LOOK_REFUSED;
	}
	if (!facts->urgent)
		return KP2P_LOOK_READ;
	if (!clear_urgent(skb, pkt))
		return KP2P_LOOK_REFUSED;
	kp2p_count(gw, KP2P_N_STREAM_URGENT);
	return KP2P_LOOK_READ;
}

/* No data has passed that was not read, but perhaps with its SYNs. */
static bool is_young(const struct kp2p_flow *flow)
{
	return atomic64_read(&flow->dir[0].packets) + atomic64_read(&flow->dir[1].packets) <= 2;
}

bool kp2p_tcp_begin(struct kp2p_flow *flow)
{
	struct kp2p_stream *stream = kp2p_stream_add(flow);
	int i;

	for (i = 0; stream && i < 2; i++) {
		if (is_young(flow) && (flow->dir[i].flags & P2P_SYN))
			kp2p_stream_begin_side(stream, i, flow->dir[i].start);
		stream->side[i].scale = TCP_MAX_WSCALE; /* until a SYN says it */
	}
	return stream;
}

/* Does it answer what the other direction has sent? */
static bool is_answer(const struct p2p_reasm *other, u32 ack)
{
	return !other->started || (!p2p_before(ack, other->base) && !p2p_before(other->sent, ack));
}

/* A SYN tells where its direction begins, and how its windows are to be read. Until there
 * was data another one may; an answer to nothing may not.
 */
static void note_syn(struct kp2p_stream *stream, const struct p2p_pkt *pkt,
		     const struct kp2p_tcp *facts, const struct kp2p_part *part)
{
	struct p2p_reasm *queue = &stream->side[pkt->dir].queue;

	if (part->acks && !is_answer(&stream->side[!pkt->dir].queue, part->ack))
		return;
	if (!stream->side[pkt->dir].in)
		kp2p_stream_begin_side(stream, pkt->dir, part->seq);
	if (queue->end == part->seq)
		stream->side[pkt->dir].scale = facts->scale;
}

/* Of a direction whose beginning nobody saw the first segment: what its receiver has not
 * acknowledged may still be to come.
 */
static void begin_amid(struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	u32 ack = ntohl((__force __be32)READ_ONCE(flow->dir[!pkt->dir].ack));
	bool acked = READ_ONCE(flow->dir[!pkt->dir].flags) & P2P_ACK;

	if (acked && p2p_before(ack, pkt->seq) && pkt->seq - ack < 1 << 24)
		p2p_reasm_start(&flow->stream->side[pkt->dir].queue, ack);
}

void kp2p_tcp_part(struct kp2p_flow *flow, const struct p2p_pkt *pkt,
		   const struct kp2p_tcp *facts, struct kp2p_part *part)
{
	struct kp2p_stream *stream = flow->stream;
	bool syn = pkt->flags & P2P_SYN;

	lockdep_assert_held(&flow->lock);
	*part = (struct kp2p_part){
		.seq = pkt->seq + syn,
		.units = pkt->payload_len,
		.off = pkt->payload_off,
		.len = pkt->payload_len,
		.ack = ntohl((__force __be32)pkt->ack),
		.acks = pkt->flags & P2P_ACK,
	};
	if (syn)
		note_syn(stream, pkt, facts, part);
	if (!stream->side[pkt->dir].queue.started && part->units)
		begin_amid(flow, pkt);
	part->window = facts->window << (syn ? 0 : stream->side[pkt->dir].scale);
}
