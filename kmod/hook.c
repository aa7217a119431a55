// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet's way: decode, find the flow, count, and for most that is all. The
 * steps return one enum kp2p_action, mapped to netfilter's in one switch.
 *
 * Everything here runs with bottom halves off, inside RCU's read side, on a
 * CPU that it does not leave.
 */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>

#include "classify.h"
#include "flow.h"
#include "gateway.h"
#include "hook.h"
#include "pkt.h"

static bool block_when_full;
module_param(block_when_full, bool, 0644);
MODULE_PARM_DESC(block_when_full, "while enforcing, drop packets of flows that the full table has no room for (default: pass)");

/* More than passes between two copies of a flooded packet, on a virtual machine
 * that has to wait for its CPU, too
 */
#define COPY_JIFFIES (HZ / 4)

/* TCP's beginnings and ends, which even a settled flow must note */
#define TURNS (P2P_SYN | P2P_FIN | P2P_RST)

/**
 * struct weight - what a packet adds to the counters
 * @packets: packets that it is on the wire
 * @bytes: their bytes from the network header on
 *
 * A copy weighs nothing.
 */
struct weight {
	u32 packets;
	u32 bytes;
};

/*
 * The bridge floods by cloning: the copies meet the hook one after another on
 * this CPU, from one port, each to another, all on the same data. A later
 * packet in the same memory is told apart by @id (its flow's hash), by going
 * to the port that the last one went to first, or by its time: TCP repeats a
 * segment from the same memory, and the bridge may have forgotten its way.
 */
static noinline bool is_copy(struct kp2p_hot *hot, const struct sk_buff *skb,
			     const struct nf_hook_state *state, u32 id)
{
	struct kp2p_copy this = {
		.head = skb->head,
		.id = id,
		.in = state->in->ifindex,
		.out = state->out->ifindex,
		.when = (u32)jiffies,
	};
	struct kp2p_copy *last = &container_of(hot, struct kp2p_cpu, hot)->copy;

	if (last->head == this.head && last->id == this.id &&
	    last->in == this.in && last->out != this.out &&
	    this.when - last->when <= COPY_JIFFIES)
		return true;
	*last = this;
	return false;
}

static struct kp2p_gw *gw_of(const struct kp2p_hot *hot)
{
	return container_of(hot, struct kp2p_cpu, hot)->gw;
}

/* Count the packet, or the copy. Return: what it adds to other counters. */
static __always_inline struct weight weigh(struct kp2p_hot *hot, const struct sk_buff *skb,
					   const struct nf_hook_state *state, u32 id,
					   u32 headers, u32 payload)
{
	struct weight w;

	if (unlikely(skb->cloned) && is_copy(hot, skb, state, id)) {
		kp2p_count(gw_of(hot), KP2P_N_COPIES);
		return (struct weight){};
	}
	w.packets = kp2p_pkt_segments(skb, payload);
	w.bytes = w.packets * headers + payload;
	hot->packets += w.packets;
	hot->bytes += w.bytes;
	return w;
}

/* -- what is no flow's packet -------------------------------------------- */

static enum kp2p_action drop_counted(struct kp2p_gw *gw, struct weight w)
{
	kp2p_count_n(gw, KP2P_N_DROPPED, w.packets);
	kp2p_count_n(gw, KP2P_N_DROPPED_BYTES, w.bytes);
	return KP2P_DROP;
}

/* What would hide from us what end hosts accept: refused where that counts */
static enum kp2p_action refuse(struct kp2p_gw *gw, enum kp2p_counter why, struct weight w)
{
	kp2p_count_n(gw, why, w.packets);
	return drop_counted(gw, w);
}

static enum kp2p_counter counter_of(enum p2p_decoded what)
{
	switch (what) {
	case P2P_PKT_EXEMPT_NOT_IP:
		return KP2P_N_EXEMPT_NOT_IP;
	case P2P_PKT_EXEMPT_NOT_L4:
		return KP2P_N_EXEMPT_NOT_L4;
	case P2P_PKT_EXEMPT_LINK:
		return KP2P_N_EXEMPT_LINK;
	case P2P_PKT_EXEMPT_MULTICAST:
		return KP2P_N_EXEMPT_MULTICAST;
	case P2P_PKT_EXEMPT_CONTROL:
		return KP2P_N_EXEMPT_CONTROL;
	case P2P_PKT_FRAGMENT:
		return KP2P_N_FRAGMENTS;
	case P2P_PKT_DEEP:
		return KP2P_N_UNREADABLE;
	case P2P_PKT_FLOW:
	case P2P_PKT_SHORT:
	case P2P_PKT_BAD:
		break;
	}
	return KP2P_N_MALFORMED;
}

static noinline enum kp2p_action other_packet(struct kp2p_hot *hot,
					      const struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      enum p2p_decoded what,
					      const struct p2p_pkt *pkt)
{
	struct kp2p_gw *gw = gw_of(hot);
	struct weight w = weigh(hot, skb, state, what, 0, skb->len);

	bool blocks = kp2p_policy_get(gw)->blocks;

	/* TCP has no use for fragments but to hide */
	if (blocks && what == P2P_PKT_FRAGMENT && pkt->key.l4 == P2P_TCP)
		return refuse(gw, KP2P_N_FRAGMENTS_DROPPED, w);
	if (blocks && what == P2P_PKT_DEEP)
		return refuse(gw, KP2P_N_UNREADABLE_DROPPED, w);
	kp2p_count_n(gw, counter_of(what), w.packets);
	return KP2P_PASS;
}

/* -- a flow's packet ----------------------------------------------------- */

static bool is_reused(const struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	return p2p_tcp_begins(pkt->flags) && kp2p_flow_closed(flow);
}

/* A new flow where there is none, or one that ended and whose tuple begins
 * another; else the one there is.
 */
static noinline struct kp2p_flow *begin(struct kp2p_hot *hot, struct kp2p_flow *flow,
					const struct p2p_pkt *pkt, u32 hash)
{
	if (flow) {
		if (is_reused(flow, pkt))
			kp2p_flow_restart(flow, pkt);
		return flow;
	}
	/* a reset of nothing begins nothing */
	if (pkt->flags & P2P_RST)
		return NULL;
	return kp2p_flow_add(gw_of(hot), pkt, hash);
}

static noinline enum kp2p_action untracked(struct kp2p_hot *hot, const struct p2p_pkt *pkt,
					   struct weight w)
{
	struct kp2p_gw *gw = gw_of(hot);

	if (pkt->flags & P2P_RST) {
		kp2p_count_n(gw, KP2P_N_UNTRACKED_RESET, w.packets);
		return KP2P_PASS;
	}
	if (READ_ONCE(block_when_full) &&
	    kp2p_policy_get(gw)->mode == KP2PADM_MODE_ENFORCE)
		return drop_counted(gw, w);
	return KP2P_PASS;
}

static enum kp2p_action act(struct kp2p_gw *gw, u64 state, struct weight w)
{
	struct kp2p_app_stats __percpu *app = &gw->cpu->stats.app[kp2p_state_app(state)];

	switch (kp2p_state_action(state)) {
	case KP2P_PASS:
		break;
	case KP2P_WOULD_DROP:
		this_cpu_add(app->would_drop, w.packets);
		kp2p_count_n(gw, KP2P_N_WOULD_DROP, w.packets);
		break;
	case KP2P_DROP:
		this_cpu_add(app->dropped, w.packets);
		this_cpu_add(app->dropped_bytes, w.bytes);
		drop_counted(gw, w);
		break;
	}
	return kp2p_state_action(state);
}

/* The state after this packet: learn from it, then obey the policy in force. */
static noinline enum kp2p_action unsettled(struct kp2p_hot *hot, struct kp2p_flow *flow,
					   const struct sk_buff *skb,
					   const struct p2p_pkt *pkt, struct weight w)
{
	struct kp2p_gw *gw = gw_of(hot);
	u64 state;

	if (pkt->frag && pkt->key.l4 == P2P_TCP && kp2p_policy_get(gw)->blocks)
		return refuse(gw, KP2P_N_FRAGMENTS_DROPPED, w);
	state = READ_ONCE(flow->state);
	if (w.packets && ((pkt->flags & TURNS) || !(state & KP2P_STATE_SETTLED))) {
		kp2p_classify(flow, skb, pkt);
		state = READ_ONCE(flow->state);
	}
	if ((state & KP2P_STATE_SETTLED) &&
	    kp2p_state_generation(state) != kp2p_state_generation(READ_ONCE(hot->pass)))
		state = kp2p_judge(flow);
	return act(gw, state, w);
}

static __always_inline enum kp2p_action flow_packet(struct kp2p_hot *hot,
						    const struct sk_buff *skb,
						    const struct nf_hook_state *state,
						    const struct p2p_pkt *pkt)
{
	u32 hash = kp2p_flow_hash(&pkt->key, hot->secret);
	struct kp2p_flow *flow = kp2p_flow_find(hot, &pkt->key, hash);
	struct weight w = weigh(hot, skb, state, hash, pkt->payload_off, pkt->payload_len);
	bool turn = (pkt->flags & TURNS) | pkt->frag;
	struct kp2p_dir *dir;

	if (unlikely(!flow || turn) && w.packets)
		flow = begin(hot, flow, pkt, hash);
	if (unlikely(!flow))
		return untracked(hot, pkt, w);

	dir = &flow->dir[pkt->dir];
	atomic64_add(w.packets, &dir->packets);
	atomic64_add(w.bytes, &dir->bytes);
	WRITE_ONCE(dir->seen, (u32)jiffies);
	if (likely((READ_ONCE(flow->state) & ~KP2P_STATE_APP) == READ_ONCE(hot->pass) && !turn))
		return KP2P_PASS;
	return unsettled(hot, flow, skb, pkt, w);
}

static __always_inline enum kp2p_action packet(void *priv, const struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	struct kp2p_hot *hot = this_cpu_ptr((struct kp2p_hot __percpu __force *)priv);
	enum p2p_decoded what;
	struct p2p_pkt pkt P2P_UNINITIALIZED; /* the decoder sets what it says */

	what = kp2p_pkt_decode(skb, state->out, &pkt);
	if (likely(what == P2P_PKT_FLOW))
		return flow_packet(hot, skb, state, &pkt);
	return other_packet(hot, skb, state, what, &pkt);
}

/* A packet that an earlier hook queued to user space goes on from there, in
 * process context with bottom halves on.
 */
static noinline enum kp2p_action reinjected(void *priv, const struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
	enum kp2p_action action;

	local_bh_disable();
	action = packet(priv, skb, state);
	local_bh_enable();
	return action;
}

static unsigned int hook(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	enum kp2p_action action = likely(softirq_count()) ? packet(priv, skb, state) :
							    reinjected(priv, skb, state);

	switch (action) {
	case KP2P_PASS:
	case KP2P_WOULD_DROP:
		break;
	case KP2P_DROP:
		return NF_DROP;
	}
	return NF_ACCEPT;
}

int kp2p_hook_register(struct kp2p_gw *gw)
{
	gw->hook = (struct nf_hook_ops){
		.hook = hook,
		/* a CPU's line is what the hook needs first, not the gateway */
		.priv = (void __force *)&gw->cpu->hot,
		.pf = NFPROTO_BRIDGE,
		.hooknum = NF_BR_FORWARD,
		/* last: continuing a packet from here skips nobody, and
		 * br_netfilter, which resumes behind its own, runs us
		 */
		.priority = NF_BR_PRI_LAST,
	};
	return nf_register_net_hook(gw->net, &gw->hook);
}

void kp2p_hook_unregister(struct kp2p_gw *gw)
{
	nf_unregister_net_hook(gw->net, &gw->hook);
	synchronize_rcu();
}
