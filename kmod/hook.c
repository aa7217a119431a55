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
#include <linux/netfilter_ipv4.h>

#include "classify.h"
#include "custody.h"
#include "event.h"
#include "flow.h"
#include "gateway.h"
#include "hook.h"
#include "pkt.h"
#include "reset.h"
#include "tcp.h"
#include "utp.h"

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

static struct kp2p_gw *gw_of(const struct kp2p_hot *hot)
{
	return container_of(hot, struct kp2p_cpu, hot)->gw;
}

static struct kp2p_copy *copy_of(struct kp2p_hot *hot)
{
	return &container_of(hot, struct kp2p_cpu, hot)->copy;
}

/*
 * The bridge floods by cloning: the copies meet the hook one after another on
 * this CPU, from one port, each to another, all on the same data. A later
 * packet in the same memory is told apart by @id (its flow's hash), by going
 * to the port that the last one went to first, or by its time: TCP repeats a
 * segment from the same memory, and the bridge may have forgotten its way.
 * @id is the flow's hash with what tells the packet from others of its flow.
 */
static noinline bool is_copy(struct kp2p_hot *hot, struct sk_buff *skb,
			     const struct nf_hook_state *nf, u32 id)
{
	struct kp2p_copy this = {
		.head = skb->head,
		.id = id,
		.in = nf->in->ifindex,
		.out = nf->out->ifindex,
		.when = (u32)jiffies,
		.fate = KP2P_PASS,
	};
	struct kp2p_copy *last = copy_of(hot);

	if (last->head == this.head && last->id == this.id &&
	    last->in == this.in && last->out != this.out &&
	    this.when - last->when <= COPY_JIFFIES)
		return true;
	*last = this;
	return false;
}

/* Count the packet, or the copy. @cut: it is several on the wire (GSO).
 * Return: what it adds to other counters.
 */
static __always_inline struct weight weigh(struct kp2p_hot *hot, struct sk_buff *skb,
					   const struct nf_hook_state *nf, u32 id,
					   u32 seq, u32 headers, u32 payload, bool cut)
{
	struct weight w;

	if (unlikely(skb->cloned) && is_copy(hot, skb, nf, id ^ seq ^ payload << 16)) {
		kp2p_count(gw_of(hot), KP2P_N_COPIES);
		return (struct weight){};
	}
	w.packets = likely(!cut) ? 1 : kp2p_pkt_segments(skb, payload);
	w.bytes = w.packets * headers + payload;
	hot->packets += w.packets;
	hot->bytes += w.bytes;
	return w;
}

/* What becomes of a packet becomes of its copies. */
static enum kp2p_action remember(struct kp2p_hot *hot, const struct sk_buff *skb,
				 struct weight w, enum kp2p_action action)
{
	if (skb->cloned && w.packets)
		copy_of(hot)->fate = action;
	return action;
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

/* Is a packet exempt by the policy? Only what was read of it counts. */
static bool is_exempt(const struct kp2p_policy *policy, const struct sk_buff *skb,
		      enum p2p_decoded what, const struct p2p_pkt *pkt)
{
	struct p2p_key key;

	if (kp2p_policy_exempt_mac(policy, skb))
		return true;
	if (what == P2P_PKT_FLOW)
		return p2p_rules_exempt(&policy->set->rules, &pkt->key);
	if (what != P2P_PKT_FRAGMENT)
		return false;
	key = pkt->key;
	memset(key.port, 0, sizeof(key.port));
	return p2p_rules_exempt(&policy->set->rules, &key);
}

static noinline enum kp2p_action other_packet(struct kp2p_hot *hot, struct sk_buff *skb,
					      const struct nf_hook_state *nf,
					      enum p2p_decoded what,
					      const struct p2p_pkt *pkt)
{
	struct kp2p_gw *gw = gw_of(hot);
	struct weight w = weigh(hot, skb, nf, what, 0, 0, skb->len, skb_is_gso(skb));
	const struct kp2p_policy *policy = kp2p_policy_get(gw);
	bool blocks = policy->blocks && !is_exempt(policy, skb, what, pkt);

	/* TCP has no use for fragments but to hide */
	if (blocks && what == P2P_PKT_FRAGMENT && pkt->key.l4 == P2P_TCP)
		return refuse(gw, KP2P_N_FRAGMENTS_DROPPED, w);
	if (blocks && what == P2P_PKT_DEEP)
		return refuse(gw, KP2P_N_UNREADABLE_DROPPED, w);
	kp2p_count_n(gw, counter_of(what), w.packets);
	return KP2P_PASS;
}

/* -- a flow's packet ----------------------------------------------------- */

/* A new flow where there is none, or one that ended and whose tuple begins
 * another; else the one there is.
 */
static noinline struct kp2p_flow *begin(struct kp2p_hot *hot, struct kp2p_flow *flow,
					const struct nf_hook_state *nf,
					const struct p2p_pkt *pkt, u32 hash)
{
	if (flow && (pkt->flags & P2P_SYN) && unlikely(READ_ONCE(flow->claim)))
		kp2p_flow_prove(flow, pkt, nf->in->ifindex);
	if (flow && (!kp2p_flow_reused(flow, pkt) ||
		     kp2p_flow_restart(flow, pkt, nf->in->ifindex)))
		return flow;
	/* a reset of nothing begins nothing */
	if (pkt->flags & P2P_RST)
		return NULL;
	return kp2p_flow_add(gw_of(hot), pkt, hash, nf->in->ifindex);
}

static noinline enum kp2p_action untracked(struct kp2p_hot *hot, const struct sk_buff *skb,
					   const struct p2p_pkt *pkt, struct weight w)
{
	struct kp2p_gw *gw = gw_of(hot);

	/* its flow may have ended since the first copy passed, or did not */
	if (!w.packets)
		return copy_of(hot)->fate;
	if (pkt->flags & P2P_RST) {
		kp2p_count_n(gw, KP2P_N_UNTRACKED_RESET, w.packets);
		return KP2P_PASS;
	}
	if (!READ_ONCE(block_when_full) ||
	    kp2p_policy_get(gw)->set->mode != KP2PADM_MODE_ENFORCE)
		return KP2P_PASS;
	return remember(hot, skb, w, drop_counted(gw, w));
}

/**
 * struct ruled - a flow's verdict at one moment, and the policy that it is of
 * @policy: names the rules
 * @action: enum kp2p_action and the bits beside it
 * @app: the flow's application
 * @rule: that gave the verdict
 * @would_rule: that observes and would have
 * @mark_rule: that marks
 * @would: what the observing rule says
 * @news: dropped, reset, or would be, since this packet
 * @ends: reset for the first time
 * @reads: its bytes are read, or were
 * @unread: they should be, and there is no room
 */
struct ruled {
	const struct kp2p_policy *policy;
	unsigned int action;
	unsigned int app;
	u16 rule;
	u16 would_rule;
	u16 mark_rule;
	u8 would;
	bool news;
	bool ends;
	bool reads;
	bool unread;
};

/* Count a packet on the rule that stops it, or would. Exempt and default: none. */
static void count_rule(const struct ruled *ruled, struct weight w)
{
	const struct kp2p_ruleset *set = ruled->policy->set;
	struct kp2p_hits *hits = set->hits[smp_processor_id()];
	u16 rule = ruled->rule;

	if ((ruled->action & KP2P_WOULD) && ruled->would != KP2PADM_VERDICT_PASS) {
		hits[ruled->would_rule].would_packets += w.packets;
		hits[ruled->would_rule].would_bytes += w.bytes;
	}
	if (rule == P2P_NO_RULE || set->rules.rule[rule].verdict == P2P_VERDICT_PASS)
		return;
	if (set->mode == KP2PADM_MODE_OBSERVE) {
		hits[rule].would_packets += w.packets;
		hits[rule].would_bytes += w.bytes;
	} else if (!(ruled->action & KP2P_LOST)) {
		hits[rule].packets += w.packets;
		hits[rule].bytes += w.bytes;
	}
}

static void mark(struct kp2p_gw *gw, const struct ruled *ruled, struct sk_buff *skb,
		 struct weight w)
{
	const struct kp2p_ruleset *set = ruled->policy->set;
	const struct p2p_rule *rule = &set->rules.rule[ruled->mark_rule];

	skb->mark = (skb->mark & ~rule->mask) | rule->mark;
	if (rule->has_priority)
		skb->priority = rule->priority;
	set->hits[smp_processor_id()][ruled->mark_rule].marked += w.packets;
	kp2p_count_n(gw, KP2P_N_MARKED, w.packets);
}

/* Nobody answers a reset, and datagrams know none. */
static bool is_resettable(const struct p2p_pkt *pkt)
{
	return pkt->key.l4 == P2P_TCP && !(pkt->flags & P2P_RST);
}

static void reset(struct kp2p_gw *gw, const struct kp2p_flow *flow, const struct sk_buff *skb,
		  const struct nf_hook_state *nf, const struct p2p_pkt *pkt, bool first)
{
	const struct kp2p_dir *other = &flow->dir[!pkt->dir];
	u32 ack = ntohl((__force __be32)READ_ONCE(other->ack));
	struct net_device *port = NULL;

	if (!is_resettable(pkt))
		return;
	if (first)
		kp2p_count(gw, KP2P_N_FLOWS_RESET);
	/* where nobody has answered, nobody is told */
	if (first && atomic64_read(&other->packets))
		port = kp2p_flow_port_to(flow, skb, nf, pkt->dir);
	kp2p_reset(gw, skb, nf, pkt, ack ?: pkt->seq, port);
}

static enum kp2p_action act(struct kp2p_gw *gw, const struct ruled *ruled, struct sk_buff *skb,
			    struct weight w)
{
	struct kp2p_app_stats __percpu *app = &gw->cpu->stats.app[ruled->app];
	enum kp2p_action action = ruled->action & KP2P_ACTION_MASK;

	count_rule(ruled, w);
	if (ruled->action & KP2P_WOULD) {
		this_cpu_add(app->would_drop, w.packets);
		kp2p_count_n(gw, KP2P_N_WOULD_DROP, w.packets);
	}
	if (ruled->action & KP2P_LOST)
		kp2p_count_n(gw, KP2P_N_HELPER_LOSS_DROPPED, w.packets);
	if (ruled->action & KP2P_MARK)
		mark(gw, ruled, skb, w);
	if (action == KP2P_PASS)
		return KP2P_PASS;
	this_cpu_add(app->dropped, w.packets);
	this_cpu_add(app->dropped_bytes, w.bytes);
	drop_counted(gw, w);
	return action;
}

/* What the flow has to be told of, and to be noted for */
static bool is_news(unsigned int before, unsigned int action)
{
	const unsigned int bits = KP2P_ACTION_MASK | KP2P_WOULD | KP2P_LOST;

	return (action & bits) && (action & bits) != (before & bits);
}

static bool is_answer(const struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	return pkt->dir != flow->first;
}

static bool passes(const struct kp2p_flow *flow)
{
	return (kp2p_state_action(flow->state) & KP2P_ACTION_MASK) == KP2P_PASS;
}

/* Another verdict, and whether it is read. @held: what must not go on */
static void judge(struct kp2p_flow *flow, const struct sk_buff *skb,
		  const struct nf_hook_state *nf, const struct p2p_pkt *pkt,
		  const struct kp2p_policy *policy, struct list_head *held)
{
	if (kp2p_policy_judge(policy, flow, skb, nf, pkt->dir) || !flow->stream)
		return;
	if (passes(flow))
		kp2p_stream_close(flow);
	else
		kp2p_stream_end(flow, held);
}

/* A stranger's SYN alone costs him nothing, and gets none. Return: false: there is no room. */
static bool begin_stream(struct kp2p_flow *flow, const struct sk_buff *skb,
			 const struct nf_hook_state *nf, const struct p2p_pkt *pkt)
{
	if (pkt->key.l4 == P2P_UDP)
		return kp2p_utp_begin(flow, skb, nf, pkt);
	return !(pkt->payload_len || is_answer(flow, pkt)) || kp2p_tcp_begin(flow);
}

/* By which port its sender speaks. Return: its flow is answered for the first time, and a rule
 * may ask where it went.
 */
static bool note_port(struct kp2p_flow *flow, const struct nf_hook_state *nf,
		      const struct p2p_pkt *pkt, const struct kp2p_policy *policy)
{
	int in = nf->in->ifindex;
	bool first;

	/* what UDP's says is uTP's (utp.c) */
	if (pkt->key.l4 == P2P_TCP && in != flow->dir[!pkt->dir].port)
		WRITE_ONCE(flow->dir[pkt->dir].port, in);
	if (!is_answer(flow, pkt) || (u16)in == flow->port)
		return false;
	first = !(flow->sides & KP2P_SIDE_ANSWERED);
	flow->sides |= KP2P_SIDE_ANSWERED;
	return first && policy->set->local_ports;
}

/* What a packet teaches of its flow, and what follows where that changed something, or
 * where another policy is in force. @held: as judge()
 * Return: false: there is no room to read it.
 */
static bool learn(struct kp2p_flow *flow, const struct sk_buff *skb, const struct nf_hook_state *nf,
		  const struct p2p_pkt *pkt, struct weight w, const struct kp2p_policy *policy,
		  struct list_head *held)
{
	if (w.packets && ((pkt->flags & TURNS) || !(flow->state & KP2P_STATE_SETTLED)))
		kp2p_classify(flow, skb, pkt);
	if (note_port(flow, nf, pkt, policy) ||
	    kp2p_state_generation(flow->state) != policy->generation)
		judge(flow, skb, nf, pkt, policy, held);
	if ((kp2p_state_action(flow->state) & KP2P_READ) && !flow->stream)
		return begin_stream(flow, skb, nf, pkt);
	return true;
}

/* The flow's verdict after this packet */
static void rule(struct kp2p_flow *flow, const struct sk_buff *skb, const struct nf_hook_state *nf,
		 const struct p2p_pkt *pkt, struct weight w, struct ruled *ruled)
{
	LIST_HEAD(held);
	unsigned int before;
	u64 state;

	spin_lock(&flow->lock);
	before = kp2p_state_action(flow->state);
	/* one that has left its chain has nothing to learn with any more */
	if (!(flow->sides & KP2P_SIDE_GONE))
		ruled->unread = !learn(flow, skb, nf, pkt, w, ruled->policy, &held);
	state = flow->state;
	ruled->action = kp2p_state_action(state);
	ruled->app = kp2p_state_app(state);
	ruled->rule = flow->rule;
	ruled->would_rule = flow->would_rule;
	ruled->mark_rule = flow->mark_rule;
	ruled->would = flow->would;
	ruled->news = is_news(before, ruled->action);
	ruled->reads = flow->stream && !(flow->sides & KP2P_SIDE_GONE);
	ruled->ends = (ruled->action & KP2P_ACTION_MASK) == KP2P_RESET && w.packets &&
		      is_resettable(pkt) && !(flow->sides & KP2P_SIDE_RESET);
	if (ruled->ends) {
		flow->sides |= KP2P_SIDE_RESET;
		WRITE_ONCE(flow->dir[pkt->dir].flags, flow->dir[pkt->dir].flags | P2P_RST);
	}
	spin_unlock(&flow->lock);
	if (!list_empty(&held))
		kp2p_custody_purge(flow->gw, &held);
}

/* What becomes of a packet, of a flow that was not settled or is read. @cloned: it has copies */
static __always_inline enum kp2p_action finish(struct kp2p_hot *hot, struct kp2p_flow *flow,
					       const struct p2p_pkt *pkt, enum kp2p_action action,
					       bool cloned)
{
	/* of what is held one copy is enough: its receiver has long spoken */
	if (cloned)
		copy_of(hot)->fate = action == KP2P_STOLEN ? KP2P_DROP : action;
	/* Datagrams that are dropped keep no flow alive: somebody may have forged
	 * the one that named it, and those who try again would be shut out for ever.
	 */
	if (action == KP2P_PASS || action == KP2P_STOLEN || pkt->key.l4 == P2P_TCP)
		WRITE_ONCE(flow->dir[pkt->dir].seen, (u32)jiffies);
	return action;
}

/* A packet that its stream does not let pass */
static noinline void not_through(struct kp2p_flow *flow, enum kp2p_action action,
				 struct sk_buff *skb, const struct nf_hook_state *nf,
				 const struct p2p_pkt *pkt, struct weight w)
{
	struct kp2p_gw *gw = flow->gw;
	struct kp2p_app_stats __percpu *app =
		&gw->cpu->stats.app[kp2p_state_app(READ_ONCE(flow->state))];

	if (action == KP2P_STOLEN)
		return;
	this_cpu_add(app->dropped, w.packets);
	this_cpu_add(app->dropped_bytes, w.bytes);
	drop_counted(gw, w);
	if (action == KP2P_RESET && w.packets)
		reset(gw, flow, skb, nf, pkt, true);
}

/* A flow whose bytes are read. A packet that neither passes nor ends it may be somebody else's
 * behind this.
 */
static __always_inline enum kp2p_action through_stream(struct kp2p_hot *hot, struct kp2p_flow *flow,
						       const struct kp2p_policy *policy,
						       struct sk_buff *skb,
						       const struct nf_hook_state *nf,
						       const struct p2p_pkt *pkt, struct weight w)
{
	bool cloned = skb->cloned && w.packets;
	enum kp2p_action action = kp2p_stream_packet(flow, policy, skb, nf, pkt);

	if (unlikely(action != KP2P_PASS))
		not_through(flow, action, skb, nf, pkt, w);
	return finish(hot, flow, pkt, action, cloned);
}

/* The same of one that is not settled */
static noinline enum kp2p_action begins_through(struct kp2p_hot *hot, struct kp2p_flow *flow,
						const struct kp2p_policy *policy,
						struct sk_buff *skb, const struct nf_hook_state *nf,
						const struct p2p_pkt *pkt, struct weight w)
{
	return through_stream(hot, flow, policy, skb, nf, pkt, w);
}

/* A settled flow that passes, as the policy in force says, but that it is read: there is
 * nothing to learn of it, and nothing else to do.
 */
static bool is_only_read(const struct kp2p_hot *hot, const struct kp2p_flow *flow)
{
	const u64 reads = (u64)KP2P_READ << KP2P_STATE_ACTION_SHIFT;

	return (READ_ONCE(flow->state) & ~KP2P_STATE_APP) == (READ_ONCE(hot->pass) | reads) &&
	       READ_ONCE(flow->stream);
}

/* The FIN of a settled flow that passes, and is not read: all that it teaches is that it came. */
static bool note_end(const struct kp2p_hot *hot, struct kp2p_flow *flow,
		     const struct p2p_pkt *pkt)
{
	struct kp2p_dir *dir = &flow->dir[pkt->dir];
	bool noted;

	if ((pkt->flags & TURNS) != P2P_FIN || pkt->payload_len || pkt->frag)
		return false;
	spin_lock(&flow->lock);
	noted = (flow->state & ~KP2P_STATE_APP) == READ_ONCE(hot->pass) && !flow->stream &&
		!(flow->sides & KP2P_SIDE_GONE) &&
		(!is_answer(flow, pkt) || (flow->sides & KP2P_SIDE_ANSWERED));
	if (noted)
		WRITE_ONCE(dir->flags, dir->flags | pkt->flags);
	spin_unlock(&flow->lock);
	return noted;
}

/* A flow that should be read, and there is no room */
static enum kp2p_action unread(struct kp2p_gw *gw, const struct ruled *ruled, struct weight w)
{
	struct kp2p_app_stats __percpu *app = &gw->cpu->stats.app[ruled->app];

	if (ruled->policy->set->unread == KP2PADM_VERDICT_PASS)
		return KP2P_PASS;
	this_cpu_add(app->dropped, w.packets);
	this_cpu_add(app->dropped_bytes, w.bytes);
	return refuse(gw, KP2P_N_UNREAD_DROPPED, w);
}

static __always_inline enum kp2p_action unsettled(struct kp2p_hot *hot, struct kp2p_flow *flow,
						  struct sk_buff *skb,
						  const struct nf_hook_state *nf,
						  const struct p2p_pkt *pkt, struct weight w)
{
	struct kp2p_gw *gw = gw_of(hot);
	struct ruled ruled = { .policy = kp2p_policy_get(gw) };
	enum kp2p_action action;

	if (pkt->frag && pkt->key.l4 == P2P_TCP && ruled.policy->blocks &&
	    !is_exempt(ruled.policy, skb, P2P_PKT_FLOW, pkt))
		return remember(hot, skb, w, refuse(gw, KP2P_N_FRAGMENTS_DROPPED, w));
	rule(flow, skb, nf, pkt, w, &ruled);
	if (ruled.news)
		kp2p_event_verdict(gw, flow, nf->in->ifindex, NULL);
	action = act(gw, &ruled, skb, w);
	if (action == KP2P_PASS && ruled.reads)
		return begins_through(hot, flow, ruled.policy, skb, nf, pkt, w);
	if (action == KP2P_PASS && ruled.unread)
		action = unread(gw, &ruled, w);
	if (action == KP2P_RESET && w.packets)
		reset(gw, flow, skb, nf, pkt, ruled.ends);
	return finish(hot, flow, pkt, action, skb->cloned && w.packets);
}

/* Of a connection that was read, and is over: data would be read by nobody. */
static enum kp2p_action after_all(struct kp2p_gw *gw, const struct p2p_pkt *pkt, struct weight w)
{
	if (!pkt->payload_len || kp2p_policy_get(gw)->set->mode != KP2PADM_MODE_ENFORCE)
		return KP2P_PASS;
	return refuse(gw, KP2P_N_STREAM_OVER, w);
}

/* A SYN that claims to begin another connection passes, to be answered. With data, which may
 * be another's or nobody's, it is not needed: TCP sends it again without.
 */
static bool is_aside(const struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	return unlikely(READ_ONCE(flow->notes) & KP2P_NOTE_OVER) || kp2p_flow_claims(flow, pkt);
}

/* Anything but a settled flow that passes, or is read */
static noinline enum kp2p_action busy(struct kp2p_hot *hot, struct kp2p_flow *flow,
				      struct sk_buff *skb, const struct nf_hook_state *nf,
				      const struct p2p_pkt *pkt, struct weight w)
{
	if (!w.packets && copy_of(hot)->fate != KP2P_PASS)
		return copy_of(hot)->fate;
	if (is_aside(flow, pkt))
		return finish(hot, flow, pkt, after_all(gw_of(hot), pkt, w), skb->cloned && w.packets);
	if (note_end(hot, flow, pkt))
		return finish(hot, flow, pkt, KP2P_PASS, skb->cloned && w.packets);
	return unsettled(hot, flow, skb, nf, pkt, w);
}

static __always_inline enum kp2p_action flow_packet(struct kp2p_hot *hot,
						    struct sk_buff *skb,
						    const struct nf_hook_state *nf,
						    const struct p2p_pkt *pkt, bool cut)
{
	u32 hash = kp2p_flow_hash(&pkt->key, hot->secret);
	struct kp2p_flow *flow = kp2p_flow_find(hot, &pkt->key, hash);
	struct weight w = weigh(hot, skb, nf, hash, pkt->seq, pkt->payload_off,
				pkt->payload_len, cut);
	bool turn = (pkt->flags & TURNS) | pkt->frag;
	struct kp2p_dir *dir;

	if (unlikely(!flow || turn) && w.packets)
		flow = begin(hot, flow, nf, pkt, hash);
	if (unlikely(!flow))
		return untracked(hot, skb, pkt, w);

	dir = &flow->dir[pkt->dir];
	atomic64_add(w.packets, &dir->packets);
	atomic64_add(w.bytes, &dir->bytes);
	WRITE_ONCE(dir->ack, pkt->ack);
	if (likely((READ_ONCE(flow->state) & ~KP2P_STATE_APP) == READ_ONCE(hot->pass) && !turn)) {
		WRITE_ONCE(dir->seen, (u32)jiffies);
		return KP2P_PASS;
	}
	if (w.packets && !turn && is_only_read(hot, flow))
		return through_stream(hot, flow, kp2p_policy_get(gw_of(hot)), skb, nf, pkt, w);
	return busy(hot, flow, skb, nf, pkt, w);
}

static __always_inline enum kp2p_action packet(void *priv, struct sk_buff *skb,
					       const struct nf_hook_state *nf)
{
	struct kp2p_hot *hot = this_cpu_ptr((struct kp2p_hot __percpu __force *)priv);
	bool cut = skb_is_gso(skb);
	enum p2p_decoded what;
	struct p2p_pkt pkt P2P_UNINITIALIZED; /* the decoder sets what it says */

	what = kp2p_pkt_decode(skb, nf->out, cut, &pkt);
	if (likely(what == P2P_PKT_FLOW))
		return flow_packet(hot, skb, nf, &pkt, cut);
	return other_packet(hot, skb, nf, what, &pkt);
}

/* A packet that an earlier hook queued to user space goes on from there, in
 * process context with bottom halves on.
 */
static noinline enum kp2p_action reinjected(void *priv, struct sk_buff *skb,
					    const struct nf_hook_state *nf)
{
	const struct net_device *bridge = kp2p_bridge_of(nf->out);
	enum kp2p_action action;

	/* its port may have got another master meanwhile */
	if (!bridge || !netif_is_bridge_master(bridge))
		return KP2P_PASS;
	local_bh_disable();
	action = packet(priv, skb, nf);
	local_bh_enable();
	return action;
}

static unsigned int verdict(enum kp2p_action action)
{
	switch (action) {
	case KP2P_PASS:
		break;
	case KP2P_DROP:
	case KP2P_RESET:
		return NF_DROP;
	case KP2P_STOLEN:
		return NF_STOLEN;
	}
	return NF_ACCEPT;
}

static unsigned int on_bridge(void *priv, struct sk_buff *skb, const struct nf_hook_state *nf)
{
	return verdict(likely(softirq_count()) ? packet(priv, skb, nf) :
						 reinjected(priv, skb, nf));
}

/* Routed packets. Bridged ones that br_netfilter shows to this hook, too, are
 * met again on the bridge, behind it; those that only came in by one are not.
 */
static unsigned int on_route(void *priv, struct sk_buff *skb, const struct nf_hook_state *nf)
{
	enum kp2p_action action;
	enum p2p_decoded what;
	struct kp2p_hot *hot;
	struct p2p_pkt pkt;

	if (nf_bridge_get_physoutdev(skb))
		return NF_ACCEPT;
	local_bh_disable();
	hot = this_cpu_ptr((struct kp2p_hot __percpu __force *)priv);
	what = kp2p_pkt_decode_routed(skb, &pkt);
	kp2p_count_n(gw_of(hot), KP2P_N_ROUTED, kp2p_pkt_segments(skb, skb->len));
	action = what == P2P_PKT_FLOW ? flow_packet(hot, skb, nf, &pkt, skb_is_gso(skb)) :
					other_packet(hot, skb, nf, what, &pkt);
	local_bh_enable();
	return verdict(action);
}

int kp2p_hook_register(struct kp2p_gw *gw)
{
	/* Last: continuing a packet from here skips nobody, and br_netfilter,
	 * which resumes behind its own, runs us. A CPU's line is what a hook
	 * needs first, not the gateway.
	 */
	gw->hooks[0] = (struct nf_hook_ops){
		.hook = on_bridge,
		.priv = (void __force *)&gw->cpu->hot,
		.pf = NFPROTO_BRIDGE,
		.hooknum = NF_BR_FORWARD,
		.priority = NF_BR_PRI_LAST,
	};
	gw->hooks[1] = (struct nf_hook_ops){
		.hook = on_route,
		.priv = (void __force *)&gw->cpu->hot,
		.pf = NFPROTO_INET,
		.hooknum = NF_INET_FORWARD,
		.priority = NF_IP_PRI_LAST,
	};
	return nf_register_net_hooks(gw->net, gw->hooks, ARRAY_SIZE(gw->hooks));
}

void kp2p_hook_unregister(struct kp2p_gw *gw)
{
	nf_unregister_net_hooks(gw->net, gw->hooks, ARRAY_SIZE(gw->hooks));
	synchronize_rcu();
}
