// SPDX-License-Identifier: GPL-2.0-only
#include "bucket.h"

enum { FRACTION = 34 }; /* P2P_SECOND << FRACTION is less than 2^64 */

static inline u64 at_most(u64 a, u64 limit)
{
	return a < limit ? a : limit;
}

struct p2p_rate p2p_rate_of(u64 bytes)
{
	struct p2p_rate rate = { .shift = FRACTION };
	u64 mult;

	rate.bytes = bytes < P2P_RATE_MIN ? P2P_RATE_MIN : at_most(bytes, P2P_RATE_MAX);
	mult = (P2P_SECOND << FRACTION) / rate.bytes;
	for (; mult >> 32; mult >>= 1)
		rate.shift--;
	rate.mult = (u32)mult;
	return rate;
}

/* Time of @bytes; *@part: of a nanosecond, what is over before and after, 2^-shift each */
static inline u64 time_of(const struct p2p_rate *rate, u64 bytes, u64 *part)
{
	u64 whole = 0, scaled;

	if (P2P_UNLIKELY(bytes >= rate->bytes)) {
		whole = bytes / rate->bytes * P2P_SECOND;
		bytes %= rate->bytes;
	}
	scaled = bytes * rate->mult + *part; /* less than 10^9 << 34, and 1 << 34 */
	*part = scaled & (((u64)1 << rate->shift) - 1);
	return whole + (scaled >> rate->shift);
}

u64 p2p_rate_time(const struct p2p_rate *rate, u64 bytes)
{
	u64 part = 0;

	return time_of(rate, bytes, &part);
}

u64 p2p_rate_bytes(const struct p2p_rate *rate, u64 time)
{
	return time / P2P_SECOND * rate->bytes + time % P2P_SECOND * rate->bytes / P2P_SECOND;
}

/* The burst that is reckoned with: at least one byte's time, which takes no more than 1 ms */
static u64 depth_of(const struct p2p_rate *rate, u64 burst)
{
	u64 limit = p2p_rate_bytes(rate, P2P_DEPTH_MAX);

	return p2p_rate_time(rate, at_most(burst ? burst : 1, limit));
}

void p2p_bucket_init(struct p2p_bucket *bucket, u64 rate, u64 burst, u64 now)
{
	bucket->rate = p2p_rate_of(rate);
	bucket->depth = depth_of(&bucket->rate, burst);
	bucket->paid = now > bucket->depth ? now - bucket->depth : 0;
	bucket->part = 0;
}

void p2p_bucket_change(struct p2p_bucket *bucket, u64 rate, u64 burst, u64 now)
{
	struct p2p_rate old = bucket->rate;
	u64 paid = bucket->paid;
	u64 bytes = p2p_rate_bytes(&old, paid > now ? paid - now : at_most(now - paid, bucket->depth));
	u64 time;

	p2p_bucket_init(bucket, rate, burst, now);
	time = p2p_rate_time(&bucket->rate, bytes);
	if (paid > now)
		bucket->paid = now + time;
	else
		bucket->paid = now - at_most(time, at_most(bucket->depth, now));
}

u64 p2p_bucket_ready(const struct p2p_bucket *bucket, u64 bytes)
{
	u64 part = bucket->part;
	u64 need = time_of(&bucket->rate, bytes, &part) + (part != 0);

	return bucket->paid + at_most(need, bucket->depth);
}

void p2p_bucket_take(struct p2p_bucket *bucket, u64 bytes, u64 now)
{
	u64 floor = now > bucket->depth ? now - bucket->depth : 0;

	if (bucket->paid < floor) {
		bucket->paid = floor;
		bucket->part = 0;
	}
	bucket->paid += time_of(&bucket->rate, bytes, &bucket->part);
}
