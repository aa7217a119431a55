/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table.
 *
 * One object a flow, found by a canonical key, both directions alike. A
 * settled packet reads the bucket and the flow's first line and writes one
 * line of its own direction: no lock, no list move, nothing shared between
 * flows.
 *
 * object    writers                      readers          freed by
 * chain     bucket lock (insert, unlink) RCU              sweeper, after RCU
 * state     flow->lock                   READ_ONCE        with the flow
 * inspect   flow->lock                   under flow->lock at settling, or as it leaves its chain
 * stream    flow->lock                   under flow->lock policy, device, or likewise
 * key       nobody once inserted   any              with the flow
 * verdict   flow->lock             flow->lock       with the flow
 * counters  atomic, from any CPU         any              folded into the table's
 *
 * Only the sweeper (one work item, gw->sweep_lock held) unlinks a flow, so
 * whoever holds sweep_lock sees every live flow exactly once.
 */
#ifndef KP2P_FLOW_H
#define KP2P_FLOW_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "core/match.h"

struct kp2p_gw;
struct kp2p_stream;
struct net_device;
struct nf_hook_state;
struct sk_buff;

/*
 * flow->state: everything a settled packet needs, in one word that is read at
 * once: the policy generation it was judged under (0: it must be judged), the
 * application, what is done with its packets, whether it is settled.
 */
#define KP2P_STATE_APP_SHIFT 32
#define KP2P_STATE_APP (0xffULL << KP2P_STATE_APP_SHIFT)
#define KP2P_STATE_ACTION_SHIFT 40
#define KP2P_STATE_SETTLED (1ULL << 48)

/** enum kp2p_action - what is done with a packet */
enum kp2p_action {
	KP2P_PASS,
	KP2P_DROP,
	KP2P_RESET, /* dropped, and both ends are told */
	KP2P_STOLEN, /* in custody; of a packet only */
};

/* What else is done with a flow's packets: bits of its state beside the action */
#define KP2P_ACTION_MASK 3
#define KP2P_WOULD (1 << 2) /* counted: a policy or a rule that observes would drop them */
#define KP2P_MARK (1 << 3)  /* marked */
#define KP2P_LOST (1 << 4)  /* dropped because the helper is lost */
#define KP2P_READ (1 << 5)  /* its bytes are read in order: it has a stream, or should */

static inline u64 kp2p_state(u32 generation, unsigned int app,
			     unsigned int action, bool settled)
{
	return generation | (u64)app << KP2P_STATE_APP_SHIFT |
	       (u64)action << KP2P_STATE_ACTION_SHIFT |
	       (settled ? KP2P_STATE_SETTLED : 0);
}

static inline u32 kp2p_state_generation(u64 state)
{
	return (u32)state;
}

static inline unsigned int kp2p_state_app(u64 state)
{
	return (state & KP2P_STATE_APP) >> KP2P_STATE_APP_SHIFT;
}

/* enum kp2p_action and the bits beside it */
static inline unsigned int kp2p_state_action(u64 state)
{
	return (state >> KP2P_STATE_ACTION_SHIFT) & 0xff;
}

/**
 * struct kp2p_dir - one direction of a flow, alone in its cache line
 * @packets: packets met, as on the wire (a GSO packet counts its segments)
 * @bytes: their bytes from the network header on
 * @seen: jiffies of the last one
 * @start: TCP sequence number of the first payload byte, if @flags has SYN; over UDP, the
 *         first SYN of uTP's: its connection and its number
 * @port: the interface that this came by; over TCP, that its last SYN or undecided packet did
 * @ack: TCP acknowledgement number of the last one, network order: what a reset
 *       must begin with
 * @flags: TCP flags met; complete while the flow is undecided, afterwards for
 *         SYN, FIN and RST
 */
struct kp2p_dir {
	atomic64_t packets;
	atomic64_t bytes;
	u32 seen;
	u32 start;
	u32 ack;
	int port;
	u8 flags;
} ____cacheline_aligned;

/* Bits of flow->sides: what only a packet shows of a flow's ends */
#define KP2P_SIDE_FROM (1 << 0)	  /* the first packet's sender is at a local port */
#define KP2P_SIDE_TO (1 << 1)	  /* its receiver is */
#define KP2P_SIDE_EXEMPT (1 << 2) /* one of them has an exempt MAC address */
#define KP2P_SIDE_RESET (1 << 3)  /* both ends were told of the reset */
#define KP2P_SIDE_ANSWERED (1 << 4) /* undecided, it was answered from another port */
#define KP2P_SIDE_GONE (1 << 5)	  /* it is in no chain any more */
#define KP2P_SIDE_BLOCKED (1 << 6) /* what it carries has ended it */
#define KP2P_SIDE_BLOCKED_RESET (1 << 7) /* by a reset */
/* what another judgement does not ask anew */
#define KP2P_SIDES_KEPT (KP2P_SIDE_RESET | KP2P_SIDE_ANSWERED | KP2P_SIDE_GONE | \
			 KP2P_SIDE_BLOCKED | KP2P_SIDE_BLOCKED_RESET)

/* A bit of flow->notes that nobody is told of: the connection has ended, what read it is gone.
 * The flow stays as long as an open one would, so that whoever goes on with it is not taken
 * for somebody new.
 */
#define KP2P_NOTE_OVER (1 << 15)

/**
 * struct kp2p_flow - 256 bytes, four lines: who, two directions, the rest
 * @next: the chain
 * @state: see above
 * @key: which flow
 * @dir: by the packet's direction: [0] from the lower endpoint
 * @lock: state, inspect and what follows; taken only while undecided, for
 *        TCP's SYN, FIN and RST and when the policy's generation changed
 * @created: jiffies
 * @visited: jiffies of the second-chance hand's last visit
 * @decided: the packet that settled it, counted from 1
 * @by: enum kp2padm_by
 * @proto: enum p2p_proto
 * @first: the direction of its first packet
 * @sides: KP2P_SIDE_*
 * @notes: KP2PADM_FLOW_MIDSTREAM, _FRAGMENTS, _UNINSPECTED, _EXEMPT, _OPEN,
 *         _ENCRYPTED, _DIFFERED; KP2P_NOTE_OVER
 * @rule: that gave the verdict, P2P_NO_RULE for none; this and the next two
 *        are numbers of the policy that @state names
 * @would_rule: that observes and would have given it
 * @mark_rule: that marks its packets
 * @would: its verdict: enum kp2padm_verdict
 * @confidence: percent
 * @port: the interface its first packet came by: its index's lower half
 * @claim: what an answer acknowledges to another connection on its tuple, 0: to none
 * @set: the ruleset that it was counted by
 * @gw: whose table it is in
 * @inspect: while it is undecided and has payload
 * @stream: while its bytes are read in order
 * @rcu: for its release, when the other two mean nothing any more (KP2P_SIDE_GONE)
 */
struct kp2p_flow {
	struct kp2p_flow __rcu *next;
	u64 state;
	struct p2p_key key;

	struct kp2p_dir dir[2];

	spinlock_t lock ____cacheline_aligned;
	u32 created;
	u32 visited;
	u32 decided;
	u8 by;
	u8 proto;
	u8 first;
	u8 sides;
	u16 notes;
	u16 rule;
	u16 would_rule;
	u16 mark_rule;
	u8 would;
	u8 confidence;
	u16 port;
	u32 claim;
	u32 set;
	struct kp2p_gw *gw;
	union {
		struct {
			struct p2p_inspect *inspect;
			struct kp2p_stream *stream;
		};
		struct rcu_head rcu;
	};
};

int kp2p_flow_init(void);
void kp2p_flow_exit(void);

/**
 * kp2p_flow_table_init() - an empty table for @gw, gw->max_flows big
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int kp2p_flow_table_init(struct kp2p_gw *gw);

/**
 * kp2p_flow_table_start() - begin to expire flows; the table has its hooks
 */
void kp2p_flow_table_start(struct kp2p_gw *gw);

/**
 * kp2p_flow_table_destroy() - free the table and every flow
 *
 * Context: process; no packet path can reach the table any more.
 */
void kp2p_flow_table_destroy(struct kp2p_gw *gw);

/**
 * kp2p_flow_add() - a new flow for @pkt
 * @port: index of the interface it came by
 *
 * Context: RCU read side, bottom halves off. Return: the flow, which another
 * CPU may have added first; NULL when the table is full or there is no
 * memory: both are counted.
 */
struct kp2p_flow *kp2p_flow_add(struct kp2p_gw *gw, const struct p2p_pkt *pkt,
				u32 hash, int port);

/**
 * kp2p_flow_restart() - @pkt begins another connection on @flow's tuple, in the
 * same place
 * @port: index of the interface it came by
 *
 * Where the one before is read, or was ended by what it carries, the SYN is but a claim:
 * who sent the end of that one may have seen to it that nobody got it. It is proven by
 * who answers, see kp2p_flow_prove().
 *
 * Context: RCU read side, bottom halves off, no lock held. Return: false when it
 * has left its chain meanwhile: another flow is needed.
 */
bool kp2p_flow_restart(struct kp2p_flow *flow, const struct p2p_pkt *pkt, int port);

/** kp2p_flow_claims() - is @pkt a SYN that kp2p_flow_restart() took for a claim? */
static inline bool kp2p_flow_claims(const struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	u32 claim = READ_ONCE(flow->claim);

	return unlikely(claim) && p2p_tcp_begins(pkt->flags) && claim == pkt->seq + 1;
}

/**
 * kp2p_flow_prove() - @pkt has a SYN; if it comes from the other side and acknowledges
 * what was claimed, the other connection has begun
 *
 * Context: as kp2p_flow_restart()
 */
void kp2p_flow_prove(struct kp2p_flow *flow, const struct p2p_pkt *pkt, int port);

/**
 * kp2p_flow_port_to() - the port that a packet's receiver is at
 * @dir: the packet's direction
 *
 * A bridge that has forgotten a receiver sends copies everywhere, which of TCP's flows decides
 * nothing: he is where he has spoken.
 *
 * Context: RCU read side. Return: NULL: nobody knows, he has not spoken yet.
 */
struct net_device *kp2p_flow_port_to(const struct kp2p_flow *flow, const struct sk_buff *skb,
				     const struct nf_hook_state *nf, unsigned int dir);

/**
 * kp2p_flow_inspect() - memory to inspect @flow with
 *
 * Context: flow->lock held. Return: flow->inspect, allocated and empty when
 * there was none; NULL at the limit or without memory: both are counted.
 */
struct p2p_inspect *kp2p_flow_inspect(struct kp2p_flow *flow);

/** kp2p_flow_inspect_end() - give it back; flow->lock held */
void kp2p_flow_inspect_end(struct kp2p_flow *flow);

/**
 * kp2p_flow_reused() - does @pkt begin another connection on @flow's tuple?
 *
 * It is a SYN, and the connection before has ended, or was none: nobody has
 * answered, and it began in mid-stream or with another number. Anybody can send
 * that, and it must not stand in the way of who comes after.
 */
bool kp2p_flow_reused(const struct kp2p_flow *flow, const struct p2p_pkt *pkt);

/**
 * kp2p_flow_forsake() - a device goes: end all streams that have to do with it
 *
 * Context: process, may sleep.
 */
void kp2p_flow_forsake(struct kp2p_gw *gw, const struct net_device *dev);

/** kp2p_flow_closed() - TCP: has the connection ended? See p2p_tcp_closed() */
bool kp2p_flow_closed(const struct kp2p_flow *flow);

/** kp2p_flow_notes() - KP2PADM_FLOW_* of a flow, for reports */
u32 kp2p_flow_notes(const struct kp2p_flow *flow);

/** kp2p_flow_id() - tells it from all others of its gateway, dead ones too; 53 bits */
u64 kp2p_flow_id(const struct kp2p_flow *flow);

/* The last entry of a count of chains: so many flows or more */
#define KP2P_CHAINS 8

/**
 * struct kp2p_totals - sums over a table
 * @flows: live flows per application
 * @packets: packets per application, of live and of ended flows
 * @bytes: bytes likewise
 * @chains: buckets by their number of flows
 */
struct kp2p_totals {
	u64 flows[P2P_APP_COUNT];
	u64 packets[P2P_APP_COUNT];
	u64 bytes[P2P_APP_COUNT];
	u32 chains[KP2P_CHAINS];
};

/**
 * kp2p_flow_totals() - walk the whole table
 *
 * Exact, but for a connection whose tuple is used again during the walk: it
 * may be missing this once. Never decreasing, but for flows that were unknown
 * and got a name. Context: process, may sleep.
 */
void kp2p_flow_totals(struct kp2p_gw *gw, struct kp2p_totals *totals);

#endif
