// SPDX-License-Identifier: GPL-2.0-only
#include "codel.h"

enum {
	MAXPACKET = 1514, /* bytes: a queue of no more is empty as soon as its link is */
	COUNT_MAX = 65535,
	RECENT = 16, /* intervals */
};

/* The root of @n * 2^16, rounded down: that of @n, times 256 */
static u64 root_256(u32 n)
{
	u64 value = (u64)n << 16, root = 0, bit;

	for (bit = (u64)1 << 40; bit; bit >>= 2) {
		if (value >= root + bit) {
			value -= root + bit;
			root = root / 2 + bit;
		} else {
			root /= 2;
		}
	}
	return root;
}

static u64 control_law(u64 t, u32 count)
{
	return t + P2P_CODEL_INTERVAL * 256 / root_256(count);
}

/* dodequeue() of RFC 8289, 5.5: was the queue above the target for an interval? */
static bool ok_to_drop(struct p2p_codel *codel, u64 sojourn, u64 backlog, u64 target, u64 now)
{
	if (sojourn < target || backlog <= MAXPACKET) {
		codel->first_above_time = 0;
		return false;
	}
	if (!codel->first_above_time) {
		codel->first_above_time = now + P2P_CODEL_INTERVAL;
		return false;
	}
	return now >= codel->first_above_time;
}

/* Section 5.6 enters so: a queue that was bad a while ago goes on where it was. */
static bool enter(struct p2p_codel *codel, u64 now)
{
	u32 delta = codel->count - codel->lastcount;
	bool recent = now < codel->drop_next + RECENT * P2P_CODEL_INTERVAL;

	codel->dropping = true;
	codel->count = delta > 1 && recent ? delta : 1;
	codel->lastcount = codel->count;
	codel->drop_next = control_law(now, codel->count);
	return true;
}

bool p2p_codel_drops(struct p2p_codel *codel, u64 sojourn, u64 backlog, u64 target, u64 now)
{
	bool ok = ok_to_drop(codel, sojourn, backlog, target, now);
	bool dropped = codel->dropped;

	codel->dropped = false;
	if (!ok) {
		codel->dropping = false;
		return false;
	}
	if (!codel->dropping)
		return enter(codel, now);
	if (dropped)
		codel->drop_next = control_law(codel->drop_next, codel->count);
	if (now < codel->drop_next)
		return false;
	if (codel->count < COUNT_MAX)
		codel->count++;
	codel->dropped = true;
	return true;
}
