/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A shaped class in one direction: who sends next, and when.
 *
 *	link      shared by all classes, whoever calls lends from it (struct p2p_shaper_ops)
 *	  class   rate: its own; ceil: with what it borrows
 *	    host  at most its limit; its turn comes as often as any other's
 *	      flow  at most its limit; its turn within its host likewise; a queue, and CoDel
 *
 * Turns are deficit round robin (Shreedhar and Varghese, 1995) with the largest packet as
 * quantum, so that a turn always sends one. Who has no tokens of his own is out of the
 * round until he has, so nobody waits for him; who is in the round waits for the class.
 *
 * A packet whose class, host and flow have tokens and nobody before it passes at once.
 * A flow that has a queue never overtakes it.
 *
 * Room is shared by dynamic thresholds (Choudhury and Hahne, "Dynamic queue length
 * thresholds for shared-memory packet switches", 1998): a host may have as much queued as
 * is free, a flow as much as its host has left of that. So one alone gets half, a hundred
 * an equal part each, there is always some for one more, and nobody's packets have to be
 * thrown out for it.
 *
 * Nothing here allocates, and packets are their owner's: struct p2p_shaped is a part of
 * what he keeps. Times are nanoseconds, see bucket.h; bytes are those on the wire.
 */
#ifndef P2P_CORE_SHAPER_H
#define P2P_CORE_SHAPER_H

#include "bucket.h"
#include "codel.h"
#include "due.h"

P2P_BEGIN_DECLS

/**
 * struct p2p_shaped - a queued packet
 * @next: of its flow's queue
 * @since: when it came
 * @bytes: on the wire; of what is cut later (GSO), all together
 * @judged: CoDel lets it pass
 */
struct p2p_shaped {
	struct p2p_shaped *next;
	u64 since;
	u32 bytes;
	bool judged;
};

/**
 * struct p2p_limit - of each host, or of each flow, of a class
 * @rate: bytes a second; 0: none
 * @burst: bytes
 * @version: another one whenever these change
 */
struct p2p_limit {
	u64 rate;
	u64 burst;
	u32 version;
};

enum p2p_share_state { P2P_SHARE_IDLE, P2P_SHARE_IN_ROUND, P2P_SHARE_WAITS };

/**
 * struct p2p_share - what a class has of a host, and a host of a flow
 * @next, @prev: in the round
 * @due: among those who wait
 * @bucket: its own limit, if @version is not 0
 * @version: of the limit that @bucket is made of
 * @credit: bytes that it may send in this turn
 * @state: enum p2p_share_state
 */
struct p2p_share {
	struct p2p_share *next;
	struct p2p_share *prev;
	struct p2p_due due;
	struct p2p_bucket bucket;
	u32 version;
	s32 credit;
	u8 state;
};

/**
 * struct p2p_round - those who share
 * @turn: whose turn it is, NULL: nobody's; the others follow
 * @wait: the soonest of those who wait
 */
struct p2p_round {
	struct p2p_share *turn;
	struct p2p_due *wait;
};

/**
 * struct p2p_shaper_host - a host, or a prefix; all zero is a new one
 * @share: of the class
 * @flows: those of its flows that have packets
 * @bytes: queued
 */
struct p2p_shaper_host {
	struct p2p_share share;
	struct p2p_round flows;
	u32 bytes;
};

/**
 * struct p2p_shaper_flow - all zero but for @host is a new one
 * @share: of its host
 * @host: whose it is
 * @head, @tail: its queue
 * @packets, @bytes: in it
 * @codel: its queue's
 */
struct p2p_shaper_flow {
	struct p2p_share share;
	struct p2p_shaper_host *host;
	struct p2p_shaped *head;
	struct p2p_shaped *tail;
	u32 packets;
	u32 bytes;
	struct p2p_codel codel;
};

/**
 * struct p2p_shaper_ops - what the class asks of its owner
 * @lend: may @bytes more pass the link? @assured: they are of the class's own rate, and
 *	do in any case. Return: 0, and they are charged; else when to ask again.
 * @mark: mark the packet as having met congestion (ECN). Return: false: its sender would
 *	not know what that means.
 */
struct p2p_shaper_ops {
	u64 (*lend)(void *ctx, u32 bytes, bool assured, u64 now);
	bool (*mark)(void *ctx, struct p2p_shaped *packet);
};

/**
 * struct p2p_shaper - a class in one direction
 * @hosts: those that have packets
 * @rate: its own
 * @ceil: what it never exceeds
 * @host_limit, @flow_limit: of each
 * @room: bytes that may be queued
 * @bytes, @packets: queued
 * @quantum: the largest packet since nothing was queued
 * @target: CoDel's
 * @marked, @dropped: by CoDel
 * @refused: for want of room
 */
struct p2p_shaper {
	struct p2p_round hosts;
	struct p2p_bucket rate;
	struct p2p_bucket ceil;
	struct p2p_limit host_limit;
	struct p2p_limit flow_limit;
	u32 room;
	u32 bytes;
	u32 packets;
	u32 quantum;
	u64 target;
	u64 marked;
	u64 dropped;
	u64 refused;
};

/**
 * struct p2p_shaper_rates - what an administrator says of a class
 * @rate, @ceil: bytes a second; @ceil at least @rate
 * @burst: bytes, of both
 * @host, @flow: bytes a second of each, 0: no limit
 * @room: bytes that may be queued
 */
struct p2p_shaper_rates {
	u64 rate;
	u64 ceil;
	u64 burst;
	u64 host;
	u64 flow;
	u32 room;
};

void p2p_shaper_init(struct p2p_shaper *shaper, const struct p2p_shaper_rates *rates, u64 now);

/** p2p_shaper_change() - other rates from now on; what is queued stays, in its order */
void p2p_shaper_change(struct p2p_shaper *shaper, const struct p2p_shaper_rates *rates, u64 now);

/**
 * p2p_shaper_passes() - may a packet that came just now pass at once?
 *
 * If so, it is charged. If not, it is to be queued.
 */
bool p2p_shaper_passes(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow, u32 bytes,
		       const struct p2p_shaper_ops *ops, void *ctx, u64 now);

/**
 * p2p_shaper_queue() - a packet that came just now waits behind those of its flow
 * @packet: ->bytes is set
 *
 * Return: false: there is no room, and it is counted as refused.
 */
bool p2p_shaper_queue(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow,
		      struct p2p_shaped *packet, u64 now);

/**
 * p2p_shaper_next() - the packet that may go now; NULL: none
 * @gone: those that CoDel dropped are put before it
 * @when: without one: when to ask again, P2P_NEVER with nothing queued
 */
struct p2p_shaped *p2p_shaper_next(struct p2p_shaper *shaper, const struct p2p_shaper_ops *ops,
				   void *ctx, u64 now, struct p2p_shaped **gone, u64 *when);

/** p2p_shaper_leave() - the flow ends. Return: what it had queued, which are not counted */
struct p2p_shaped *p2p_shaper_leave(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow);

/** p2p_shaper_host_is_idle() - nothing is queued of it, and its limit remembers nothing */
bool p2p_shaper_host_is_idle(const struct p2p_shaper_host *host, u64 now);

P2P_END_DECLS

#endif
