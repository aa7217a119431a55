// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "classify.h"
#include "gateway.h"
#include "pkt.h"

/* Where payload is put together that does not lie in one piece. Used with
 * bottom halves off, by one packet at a time.
 */
static u8 __percpu *views;

/* How sure a name is, in percent. In mid-stream less of a protocol's form is
 * seen than where it begins.
 */
#define SURE 100
#define SURE_MIDSTREAM 80

static u32 packets(const struct kp2p_flow *flow)
{
	return atomic64_read(&flow->dir[0].packets) +
	       atomic64_read(&flow->dir[1].packets);
}

static bool is_named(const struct kp2p_flow *flow)
{
	return kp2p_state_app(flow->state) != P2P_APP_UNKNOWN;
}

/* Of no generation: whoever meets it next has it judged. */
static void learnt(struct kp2p_flow *flow, bool settled)
{
	unsigned int app = p2p_proto_app(flow->proto);

	WRITE_ONCE(flow->state, kp2p_state(0, app, KP2P_PASS, settled));
}

static void name(struct kp2p_flow *flow, unsigned int proto)
{
	struct kp2p_gw *gw = flow->gw;

	flow->decided = packets(flow);
	flow->proto = proto;
	flow->by = KP2PADM_BY_PAYLOAD;
	flow->confidence = flow->notes & KP2PADM_FLOW_MIDSTREAM ? SURE_MIDSTREAM : SURE;
	this_cpu_inc(gw->cpu->stats.named[proto]);
	kp2p_count(gw, KP2P_N_FLOWS_NAMED);
	learnt(flow, false);
}

/* A flow that has a name keeps it. */
static void settle(struct kp2p_flow *flow, unsigned int proto)
{
	if (!is_named(flow) && proto != P2P_PROTO_NONE)
		name(flow, proto);
	if (!is_named(flow)) {
		flow->decided = packets(flow);
		flow->proto = P2P_PROTO_NONE;
		kp2p_count(flow->gw, KP2P_N_FLOWS_REFUSED);
	}
	kp2p_flow_inspect_end(flow);
	learnt(flow, true);
}

/* Of a flow that is read a reset must be one that its receiver believes (RFC 5961), or
 * it would be where the reading stops. What a receiver who is not seen believes nobody
 * knows.
 */
static bool is_believed(const struct kp2p_flow *flow, const struct sk_buff *skb,
			const struct p2p_pkt *pkt)
{
	const struct kp2p_dir *other = &flow->dir[!pkt->dir];
	u32 ack = ntohl((__force __be32)READ_ONCE(other->ack));

	return !flow->stream ||
	       ((pkt->seq == ack || !atomic64_read(&other->packets)) &&
		kp2p_pkt_sound(skb, pkt));
}

/* TCP: where the direction's bytes begin, and which flags it has sent. */
static void note_flags(struct kp2p_flow *flow, const struct sk_buff *skb,
		       const struct p2p_pkt *pkt)
{
	struct kp2p_dir *dir = &flow->dir[pkt->dir];

	if ((pkt->flags & P2P_RST) && !is_believed(flow, skb, pkt))
		return;
	if (pkt->flags & P2P_SYN) {
		dir->start = pkt->seq + 1;
		if (flow->inspect)
			p2p_inspect_start(flow->inspect, pkt->dir ^ flow->first,
					  dir->start);
	}
	WRITE_ONCE(dir->flags, dir->flags | pkt->flags);
}

/* Tell a new inspection where TCP's directions begin, if SYNs said so. */
static void inspect_begin(struct kp2p_flow *flow, struct p2p_inspect *in)
{
	int i;

	for (i = 0; i < 2; i++)
		if (flow->dir[i].flags & P2P_SYN)
			p2p_inspect_start(in, i ^ flow->first, flow->dir[i].start);
}

/*
 * Show a packet's payload: TCP's as it is, of merged datagrams (UDP GRO, a
 * virtual machine's segmentation) each by itself.
 */
static enum p2p_match show(struct kp2p_flow *flow, struct p2p_inspect *in,
			   const struct sk_buff *skb, const struct p2p_pkt *pkt,
			   enum p2p_proto *proto)
{
	/* one datagram that is to be fragmented (UFO) is not merged */
	bool merged = skb_is_gso(skb) && (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4);
	u32 size = merged ? skb_shinfo(skb)->gso_size : pkt->payload_len;
	u32 end = pkt->payload_off + pkt->payload_len;
	u64 nth = atomic64_read(&flow->dir[pkt->dir].packets) -
		  kp2p_pkt_segments(skb, pkt->payload_len);
	enum p2p_match got = P2P_MORE;
	struct p2p_pkt one = *pkt;
	bool again = false;

	for (; one.payload_off < end && got == P2P_MORE; one.payload_off += size) {
		one.payload_len = min(size, end - one.payload_off);
		got = p2p_inspect_feed(in, &one, pkt->dir ^ flow->first,
				       kp2p_pkt_view(skb, &one, this_cpu_ptr(views)), proto);
		if (got == P2P_YES_MORE) {
			if (!is_named(flow))
				name(flow, *proto);
			got = P2P_MORE;
		}
		again = got == P2P_NO && !p2p_refusal_is_final(pkt->key.l4, ++nth);
		if (again) {
			p2p_inspect_init(in, pkt->key.l4);
			got = P2P_MORE;
		}
	}
	if (again)
		kp2p_flow_inspect_end(flow);
	return got;
}

static void inspect(struct kp2p_flow *flow, const struct sk_buff *skb,
		    const struct p2p_pkt *pkt)
{
	bool begun = flow->inspect;
	struct p2p_inspect *in = kp2p_flow_inspect(flow);
	enum p2p_proto proto;

	if (!in)
		return;
	if (!begun)
		inspect_begin(flow, in);

	switch (show(flow, in, skb, pkt, &proto)) {
	case P2P_YES_ENCRYPTED:
		flow->notes |= KP2PADM_FLOW_ENCRYPTED;
		fallthrough;
	case P2P_YES:
		settle(flow, proto);
		break;
	case P2P_NO:
		settle(flow, P2P_PROTO_NONE);
		break;
	case P2P_MORE:
	case P2P_YES_MORE: /* show() has taken its name */
		break;
	}
}

void kp2p_classify_kept(struct kp2p_flow *flow, const struct sk_buff *skb,
			const struct p2p_pkt *pkt)
{
	lockdep_assert_held(&flow->lock);
	if (!(flow->state & KP2P_STATE_SETTLED))
		inspect(flow, skb, pkt);
}

void kp2p_classify(struct kp2p_flow *flow, const struct sk_buff *skb,
		   const struct p2p_pkt *pkt)
{
	lockdep_assert_held(&flow->lock);
	/* its receiver will not take it: nothing is learnt from it */
	if (pkt->payload_len && !kp2p_pkt_sound(skb, pkt)) {
		kp2p_count(flow->gw, KP2P_N_BAD_CHECKSUM);
		return;
	}
	if (pkt->key.l4 == P2P_TCP)
		note_flags(flow, skb, pkt);
	if (pkt->frag)
		flow->notes |= KP2PADM_FLOW_FRAGMENTS;
	if (pkt->payload_len && !(flow->state & KP2P_STATE_SETTLED))
		inspect(flow, skb, pkt);
}

int kp2p_classify_init(void)
{
	views = __alloc_percpu(P2P_VIEW_MAX, 8);
	return views ? 0 : -ENOMEM;
}

void kp2p_classify_exit(void)
{
	free_percpu(views);
}
