/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Token buckets, in nanoseconds.
 *
 * A bucket keeps no tokens but a time, `paid`: until when all that passed has been
 * paid for at its rate. Its level is what the rate brings from then until now, no more
 * than its depth (the burst); a time to come is a debt. So nothing has to be filled
 * at intervals, one word changes for a packet, and two may share a bucket that is one
 * atomic word. It is the generic cell rate algorithm's view of it (ITU-T I.371, annex
 * A, virtual scheduling), which admits exactly what a token bucket admits.
 *
 * Times are nanoseconds of a clock that never goes back and begins near 0.
 */
#ifndef P2P_CORE_BUCKET_H
#define P2P_CORE_BUCKET_H

#include "env.h"

P2P_BEGIN_DECLS

#define P2P_SECOND 1000000000ull
#define P2P_NEVER (~(u64)0)

/* Bytes a second: 8 kbit/s to 100 Gbit/s. And the longest burst: more is no shaping. */
#define P2P_RATE_MIN 1000ull
#define P2P_RATE_MAX 12500000000ull
#define P2P_DEPTH_MAX (60 * P2P_SECOND)

/**
 * struct p2p_rate - so fast, and how long a byte takes then
 * @bytes: a second
 * @mult: a byte takes @mult / 2^@shift ns; at least 30 bits, right to 1 in 10^9
 */
struct p2p_rate {
	u64 bytes;
	u32 mult;
	u8 shift;
};

/** p2p_rate_of() - @bytes a second, brought within P2P_RATE_MIN and P2P_RATE_MAX */
struct p2p_rate p2p_rate_of(u64 bytes);

/** p2p_rate_time() - nanoseconds that @bytes take, rounded down; of 200 years of them at most */
u64 p2p_rate_time(const struct p2p_rate *rate, u64 bytes);

/** p2p_rate_bytes() - whole bytes that it brings in @time ns */
u64 p2p_rate_bytes(const struct p2p_rate *rate, u64 time);

/**
 * struct p2p_bucket - one
 * @rate: what fills it
 * @depth: its burst, as time
 * @paid: see above
 * @part: what was spent beyond @paid, in 2^-@rate.shift ns: less than one
 */
struct p2p_bucket {
	struct p2p_rate rate;
	u64 depth;
	u64 paid;
	u64 part;
};

/**
 * p2p_bucket_init() - a full one
 * @rate: bytes a second
 * @burst: bytes that may pass at once
 */
void p2p_bucket_init(struct p2p_bucket *bucket, u64 rate, u64 burst, u64 now);

/** p2p_bucket_change() - another rate and burst; its level stays, in bytes, as far as it fits */
void p2p_bucket_change(struct p2p_bucket *bucket, u64 rate, u64 burst, u64 now);

/**
 * p2p_bucket_ready() - from when on @bytes may pass, if nothing else does
 *
 * What is larger than the burst passes when the bucket is full, and leaves a debt.
 */
u64 p2p_bucket_ready(const struct p2p_bucket *bucket, u64 bytes);

/** p2p_bucket_take() - @bytes pass now, be it ready or not */
void p2p_bucket_take(struct p2p_bucket *bucket, u64 bytes, u64 now);

/** p2p_bucket_is_full() - nothing that it remembers matters any more */
static inline bool p2p_bucket_is_full(const struct p2p_bucket *bucket, u64 now)
{
	return now >= bucket->paid + bucket->depth;
}

/*
 * A bucket that several share without a lock is one word, @paid, which its owner
 * exchanges atomically for what these say.
 */

/**
 * p2p_paid_next() - @paid after @cost ns were spent now
 * @depth: the burst, as time
 *
 * A debt is no longer than @depth either: what was promised beyond the rate is not
 * collected from those who come later.
 */
static inline u64 p2p_paid_next(u64 paid, u64 depth, u64 cost, u64 now)
{
	u64 floor = now > depth ? now - depth : 0;
	u64 next = (paid > floor ? paid : floor) + cost;

	return next < now + depth ? next : now + depth;
}

P2P_END_DECLS

#endif
