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

static void set_state(struct kp2p_flow *flow, unsigned int app, bool settled)
{
	u32 generation;
	enum kp2p_action action = kp2p_policy_judge(flow->gw, app, &generation);

	lockdep_assert_held(&flow->lock);
	WRITE_ONCE(flow->state, kp2p_state(generation, app, action, settled));
}

static u32 packets(const struct kp2p_flow *flow)
{
	return atomic64_read(&flow->dir[0].packets) +
	       atomic64_read(&flow->dir[1].packets);
}

static void settle(struct kp2p_flow *flow, unsigned int proto)
{
	unsigned int app = p2p_proto_app(proto);
	struct kp2p_gw *gw = flow->gw;

	flow->decided = packets(flow);
	flow->proto = proto;
	if (app != P2P_APP_UNKNOWN) {
		flow->by = KP2PADM_BY_PAYLOAD;
		this_cpu_inc(gw->cpu->stats.named[proto]);
		kp2p_count(gw, KP2P_N_FLOWS_NAMED);
	} else {
		kp2p_count(gw, KP2P_N_FLOWS_REFUSED);
	}
	kp2p_flow_inspect_end(flow);
	set_state(flow, app, true);
}

/* TCP: where the direction's bytes begin, and which flags it has sent. */
static void note_flags(struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	struct kp2p_dir *dir = &flow->dir[pkt->dir];

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
	bool merged = pkt->key.l4 == P2P_UDP && skb_is_gso(skb);
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
	case P2P_YES:
		settle(flow, proto);
		break;
	case P2P_NO:
		settle(flow, P2P_PROTO_NONE);
		break;
	case P2P_MORE:
		break;
	}
}

void kp2p_classify(struct kp2p_flow *flow, const struct sk_buff *skb,
		   const struct p2p_pkt *pkt)
{
	spin_lock(&flow->lock);
	if (pkt->key.l4 == P2P_TCP)
		note_flags(flow, pkt);
	if (pkt->frag)
		flow->notes |= KP2PADM_FLOW_FRAGMENTS;
	if (pkt->payload_len && !(flow->state & KP2P_STATE_SETTLED))
		inspect(flow, skb, pkt);
	spin_unlock(&flow->lock);
}

u64 kp2p_judge(struct kp2p_flow *flow)
{
	u64 state;

	spin_lock(&flow->lock);
	state = flow->state;
	set_state(flow, kp2p_state_app(state), state & KP2P_STATE_SETTLED);
	state = flow->state;
	spin_unlock(&flow->lock);
	return state;
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
