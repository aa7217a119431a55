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

/* It is dropped, which is counted. */
static struct kp2p_tcp refuse(struct kp2p_gw *gw, enum kp2p_counter counter)
{
	kp2p_count(gw, counter);
	return (struct kp2p_tcp){ .look = KP2P_LOOK_REFUSED };
}

struct kp2p_tcp kp2p_tcp_look_closer(struct kp2p_gw *gw, struct sk_buff *skb,
				     const struct p2p_pkt *pkt)
{
	u32 at = pkt->payload_off - pkt->head;
	struct kp2p_tcp tcp = { .look = KP2P_LOOK_READ };
	const struct tcphdr *th;
	struct tcphdr buf;

	/* no use but to hide */
	if (pkt->frag)
		return refuse(gw, KP2P_N_FRAGMENTS_DROPPED);
	th = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!th || !kp2p_pkt_whole(skb, pkt) || !kp2p_pkt_sound(skb, pkt))
		return refuse(gw, KP2P_N_STREAM_BAD_CHECKSUM);
	tcp.window = ntohs(th->window);
	if (th->syn)
		tcp.scale = window_scale(skb, at + sizeof(buf), pkt->head - sizeof(buf));
	if (!th->urg)
		return tcp;
	if (!clear_urgent(skb, pkt))
		return (struct kp2p_tcp){ .look = KP2P_LOOK_REFUSED };
	kp2p_count(gw, KP2P_N_STREAM_URGENT);
	return tcp;
}

/* No data has passed that was not read, but perhaps with its SYNs, which may be many. */
static bool is_young(const struct kp2p_flow *flow)
{
	return (!flow->inspect && !(flow->state & KP2P_STATE_SETTLED)) ||
	       atomic64_read(&flow->dir[0].packets) + atomic64_read(&flow->dir[1].packets) <= 2;
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
		     const struct kp2p_tcp *tcp, const struct kp2p_part *part)
{
	struct p2p_reasm *queue = &stream->side[pkt->dir].queue;

	if (part->acks && !is_answer(&stream->side[!pkt->dir].queue, part->ack))
		return;
	if (!stream->side[pkt->dir].in)
		kp2p_stream_begin_side(stream, pkt->dir, part->seq);
	if (queue->end == part->seq)
		stream->side[pkt->dir].scale = tcp->scale;
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

void kp2p_tcp_part_begins(struct kp2p_flow *flow, const struct p2p_pkt *pkt,
			  const struct kp2p_tcp *tcp, const struct kp2p_part *part)
{
	lockdep_assert_held(&flow->lock);
	if (pkt->flags & P2P_SYN)
		note_syn(flow->stream, pkt, tcp, part);
	if (!flow->stream->side[pkt->dir].queue.started && part->units)
		begin_amid(flow, pkt);
}
