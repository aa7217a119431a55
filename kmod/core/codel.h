/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CoDel: how long packets stand in a queue decides which are too many.
 *
 * Nichols and Jacobson, "Controlled Delay Active Queue Management", RFC 8289, whose
 * names are kept here. A queue is good as long as it empties once in an interval; one
 * that stays above the target loses a packet, then another after interval / sqrt(2),
 * interval / sqrt(3) and so on, until it does.
 */
#ifndef P2P_CORE_CODEL_H
#define P2P_CORE_CODEL_H

#include "env.h"

P2P_BEGIN_DECLS

#define P2P_CODEL_TARGET 5000000ull	/* ns, at least: a queue that is good stands no longer */
#define P2P_CODEL_INTERVAL 100000000ull /* ns: within it a sender can have answered */

/**
 * struct p2p_codel - of one queue; all zero is a new one's
 * @first_above_time: when the queue will have been above the target for an interval; 0: it is not
 * @drop_next: when the next one goes, while @dropping
 * @count: how many went since @dropping
 * @lastcount: @count when it began
 * @dropping: the queue is above the target, and packets go
 * @dropped: the last one went
 */
struct p2p_codel {
	u64 first_above_time;
	u64 drop_next;
	u32 count;
	u32 lastcount;
	bool dropping;
	bool dropped;
};

/**
 * p2p_codel_drops() - shall the packet at the queue's head go?
 * @sojourn: ns that it stood there
 * @backlog: bytes behind it
 * @target: ns, P2P_CODEL_TARGET or, of a slow queue, what a packet and a half take
 * @now: ns
 *
 * Asked once for each packet that leaves the queue. One that should go may be marked
 * (ECN) instead, and pass.
 */
bool p2p_codel_drops(struct p2p_codel *codel, u64 sojourn, u64 backlog, u64 target, u64 now);

P2P_END_DECLS

#endif
