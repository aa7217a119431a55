// SPDX-License-Identifier: GPL-2.0-only
/* Flows, told over netlink: in dumps and in events. */
#include <net/sock.h>

#include "compat.h"
#include "custody.h"
#include "gateway.h"
#include "genl.h"
#include "stream.h"

const struct nla_policy kp2p_flow_attrs[KP2PADM_A_FLOW_APP + 1] = {
	[KP2PADM_A_FLOW_APP] = { .type = NLA_NUL_STRING, .len = KP2PADM_NAME_MAX - 1 },
};

static int put_endpoints(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	const struct p2p_key *key = &flow->key;
	int len = key->family == 4 ? 4 : 16, src = flow->first, dst = !src;
	const u8 *addr = key->addr.v6[0];

	return nla_put(skb, KP2PADM_A_FLOW_SRC, len, addr + src * len) ||
	       nla_put(skb, KP2PADM_A_FLOW_DST, len, addr + dst * len) ||
	       nla_put_be16(skb, KP2PADM_A_FLOW_SPORT, (__force __be16)key->port[src]) ||
	       nla_put_be16(skb, KP2PADM_A_FLOW_DPORT, (__force __be16)key->port[dst]) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_L4, key->l4) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_BRIDGE, key->bridge) ||
	       (key->vid && nla_put_u16(skb, KP2PADM_A_FLOW_VID, key->vid)) ||
	       (key->cvid && nla_put_u16(skb, KP2PADM_A_FLOW_CVID, key->cvid)) ||
	       (key->session && nla_put_u16(skb, KP2PADM_A_FLOW_SESSION, key->session));
}

/* What the policy in force does with its packets from now on */
static int put_ruling(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	const struct kp2p_policy *policy = kp2p_policy_get(flow->gw);
	u32 flags = kp2p_flow_notes(flow);
	struct kp2p_ruled ruled;
	unsigned int action;

	kp2p_policy_ask(policy, flow, &ruled);
	flags &= ~(KP2PADM_FLOW_EXEMPT | KP2PADM_FLOW_OPEN);
	flags |= (ruled.ruling.exempt ? KP2PADM_FLOW_EXEMPT : 0) |
		 (ruled.ruling.open ? KP2PADM_FLOW_OPEN : 0) |
		 (ruled.action & KP2P_WOULD ? KP2PADM_FLOW_WOULD_DROP : 0) |
		 (ruled.action & KP2P_LOST ? KP2PADM_FLOW_HELPER_LOST : 0);
	action = ruled.action & KP2P_ACTION_MASK;
	return nla_put_u8(skb, KP2PADM_A_FLOW_VERDICT,
			  action == KP2P_PASS ? KP2PADM_VERDICT_PASS :
			  action == KP2P_DROP ? KP2PADM_VERDICT_DROP : KP2PADM_VERDICT_RESET) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_FLAGS, flags) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_DIRECTION, ruled.direction) ||
	       (ruled.ruling.rule != P2P_NO_RULE &&
		nla_put_u16(skb, KP2PADM_A_FLOW_RULE, ruled.ruling.rule)) ||
	       (ruled.ruling.would_rule != P2P_NO_RULE &&
		(nla_put_u8(skb, KP2PADM_A_FLOW_WOULD, ruled.ruling.would) ||
		 nla_put_u16(skb, KP2PADM_A_FLOW_WOULD_RULE, ruled.ruling.would_rule))) ||
	       (ruled.action & KP2P_MARK &&
		nla_put_u16(skb, KP2PADM_A_FLOW_MARK_RULE, ruled.ruling.setter[P2P_SET_MARK]));
}

static int put_decision(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	u64 state = READ_ONCE(flow->state);
	unsigned int app = kp2p_state_app(state), proto = READ_ONCE(flow->proto);

	return nla_put_string(skb, KP2PADM_A_FLOW_APP, p2p_app_name(app)) ||
	       (proto != P2P_PROTO_NONE &&
		nla_put_string(skb, KP2PADM_A_FLOW_VARIANT, p2p_proto_variant(proto))) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_CATEGORY, p2p_app_category(app)) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_BY, READ_ONCE(flow->by)) ||
	       nla_put_u8(skb, KP2PADM_A_FLOW_CONFIDENCE, READ_ONCE(flow->confidence)) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_DECIDED, READ_ONCE(flow->decided));
}

static int put_counts(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	const struct kp2p_dir *to = &flow->dir[flow->first], *from = &flow->dir[!flow->first];
	u32 to_seen = READ_ONCE(to->seen), from_seen = READ_ONCE(from->seen);
	u32 now = (u32)jiffies; /* behind them, or one could lie in the future */
	u32 idle = min(now - to_seen, now - from_seen);

	return kp2p_put_u64(skb, KP2PADM_A_FLOW_PACKETS, atomic64_read(&to->packets)) ||
	       kp2p_put_u64(skb, KP2PADM_A_FLOW_BYTES, atomic64_read(&to->bytes)) ||
	       kp2p_put_u64(skb, KP2PADM_A_FLOW_REPLY_PACKETS, atomic64_read(&from->packets)) ||
	       kp2p_put_u64(skb, KP2PADM_A_FLOW_REPLY_BYTES, atomic64_read(&from->bytes)) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_AGE, jiffies_to_msecs(now - flow->created)) ||
	       nla_put_u32(skb, KP2PADM_A_FLOW_IDLE, jiffies_to_msecs(idle));
}

int kp2p_put_flow(struct sk_buff *skb, const struct kp2p_flow *flow)
{
	return put_endpoints(skb, flow) || put_decision(skb, flow) || put_ruling(skb, flow) ||
	       put_counts(skb, flow);
}

/**
 * struct kept - of one direction, all streams of a flow together
 * @depth: of its queues
 * @gap_age: jiffies, of the oldest gap
 * @holds: packets that are held
 * @hold_units: of the streams in them
 * @fast_passed: as are these, of struct kp2p_stream
 * @held_ever: likewise
 * @conflicts: likewise
 * @bytes_read: likewise
 */
struct kept {
	struct p2p_depth depth;
	u32 gap_age;
	u32 holds;
	u32 hold_units;
	u32 fast_passed;
	u32 held_ever;
	u32 conflicts;
	u64 bytes_read;
};

static void add_depth(struct kept *kept, const struct p2p_reasm *queue)
{
	struct p2p_depth depth;

	p2p_reasm_depth(queue, &depth);
	kept->depth.ordered += depth.ordered;
	kept->depth.ordered_units += depth.ordered_units;
	kept->depth.ahead += depth.ahead;
	kept->depth.ahead_units += depth.ahead_units;
	kept->depth.gaps += depth.gaps;
	if (depth.gaps)
		kept->gap_age = max(kept->gap_age, (u32)jiffies - queue->since);
}

static void add_side(struct kept *kept, const struct kp2p_stream *stream, unsigned int dir)
{
	const struct kp2p_held *held;

	add_depth(kept, &stream->side[dir].queue);
	list_for_each_entry(held, &stream->side[dir].held, list) {
		kept->holds++;
		kept->hold_units += held->end - held->seq;
	}
	kept->fast_passed += stream->side[dir].fast_passed;
	kept->held_ever += stream->side[dir].held_ever;
	kept->conflicts += stream->side[dir].conflicts;
	kept->bytes_read += stream->side[dir].bytes_read;
}

static int put_kept(struct sk_buff *skb, const struct kept *kept)
{
	return nla_put_u32(skb, KP2PADM_A_STREAM_ORDERED, kept->depth.ordered) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_ORDERED_BYTES, kept->depth.ordered_units) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_AHEAD, kept->depth.ahead) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_AHEAD_BYTES, kept->depth.ahead_units) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_GAPS, kept->depth.gaps) ||
	       (kept->depth.gaps && nla_put_u32(skb, KP2PADM_A_STREAM_GAP_AGE,
						jiffies_to_msecs(kept->gap_age))) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_HOLDS, kept->holds) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_HOLDS_BYTES, kept->hold_units) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_FAST_PASSED, kept->fast_passed) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_HELD, kept->held_ever) ||
	       nla_put_u32(skb, KP2PADM_A_STREAM_CONFLICTS, kept->conflicts) ||
	       kp2p_put_u64(skb, KP2PADM_A_STREAM_BYTES_READ, kept->bytes_read);
}

static int put_side(struct sk_buff *skb, int attr, const struct kp2p_stream *stream,
		    unsigned int dir)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	struct kept kept = {};

	for (; stream; stream = stream->next)
		add_side(&kept, stream, dir);
	if (!nest || put_kept(skb, &kept))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* What is kept of a flow whose bytes are read. Most are not, and are not locked. */
static int put_stream(struct sk_buff *skb, struct kp2p_flow *flow)
{
	const struct kp2p_stream *stream;
	int err = 0;

	if (!READ_ONCE(flow->stream))
		return 0;
	spin_lock_bh(&flow->lock);
	/* of one that has left its chain there is something else in its place */
	stream = flow->sides & KP2P_SIDE_GONE ? NULL : flow->stream;
	if (stream)
		err = put_side(skb, KP2PADM_A_FLOW_STREAM, stream, flow->first) ||
		      put_side(skb, KP2PADM_A_FLOW_REPLY_STREAM, stream, !flow->first);
	spin_unlock_bh(&flow->lock);
	return err;
}

static int put_flow(struct sk_buff *skb, struct netlink_callback *cb, struct kp2p_flow *flow)
{
	void *head = kp2p_dump_put(skb, cb, KP2PADM_CMD_FLOW_GET);

	if (!head)
		return -EMSGSIZE;
	if (kp2p_put_flow(skb, flow) || put_stream(skb, flow)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* One bucket, from its cb->args[1]th flow on. */
static int put_bucket(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct kp2p_gw *gw, u32 bucket, int only)
{
	struct kp2p_flow *flow;
	long i = 0;
	int err = 0;

	rcu_read_lock();
	for (flow = rcu_dereference(gw->buckets[bucket]); flow && !err;
	     flow = rcu_dereference(flow->next), i++) {
		if (i < cb->args[1] || (READ_ONCE(flow->notes) & KP2P_NOTE_OVER))
			continue;
		if (only >= 0 && kp2p_state_app(READ_ONCE(flow->state)) != only)
			continue;
		err = put_flow(skb, cb, flow);
		if (err)
			cb->args[1] = i;
	}
	rcu_read_unlock();
	return err;
}

/* The application asked for, -1 for all of them, or -errno */
static int flow_filter(struct netlink_callback *cb, int *only)
{
	const struct nlattr *name = kp2p_dump_attrs(cb)[KP2PADM_A_FLOW_APP];

	*only = -1;
	if (!name)
		return 0;
	if (!strcmp(nla_data(name), p2p_app_name(P2P_APP_UNKNOWN)))
		*only = P2P_APP_UNKNOWN;
	else
		*only = p2p_app_find(nla_data(name));
	if (*only < P2P_APP_COUNT)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, name, "no application has that name");
	return -ENOENT;
}

/*
 * cb->args: [0] bucket, [1] flow within it, to go on with. A bucket that does
 * not fit behind others begins the next message: between two messages flows
 * come and go, and a place within a chain would not hold. Only a chain longer
 * than a message is cut.
 */
int kp2p_flow_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kp2p_gw *gw = kp2p_gateway_of(sock_net(skb->sk), cb->extack);
	int only, err;

	if (!gw)
		return -ENODEV;
	err = flow_filter(cb, &only);
	if (err)
		return err;
	for (; cb->args[0] <= gw->mask; cb->args[0]++, cb->args[1] = 0) {
		void *before = skb_tail_pointer(skb);
		bool first = !skb->len;

		if (put_bucket(skb, cb, gw, cb->args[0], only)) {
			if (!first) {
				nlmsg_trim(skb, before);
				cb->args[1] = 0;
			}
			break;
		}
		if (cb->args[0] % 1024 == 0)
			cond_resched();
	}
	return skb->len;
}
