// SPDX-License-Identifier: GPL-2.0-only
#include "shaper.h"

enum { MTU = 1514 };

/* -- rounds ---------------------------------------------------------------- */

static inline struct p2p_share *share_of(struct p2p_due *due)
{
	return (struct p2p_share *)((char *)due - offsetof(struct p2p_share, due));
}

static inline struct p2p_shaper_host *host_of(struct p2p_share *share)
{
	return (struct p2p_shaper_host *)((char *)share - offsetof(struct p2p_shaper_host, share));
}

static inline struct p2p_shaper_flow *flow_of(struct p2p_share *share)
{
	return (struct p2p_shaper_flow *)((char *)share - offsetof(struct p2p_shaper_flow, share));
}

/* Its turn is the last. */
static void enter(struct p2p_round *round, struct p2p_share *share)
{
	struct p2p_share *turn = round->turn;

	share->state = P2P_SHARE_IN_ROUND;
	if (!turn) {
		share->next = share;
		share->prev = share;
		round->turn = share;
		return;
	}
	share->next = turn;
	share->prev = turn->prev;
	turn->prev->next = share;
	turn->prev = share;
}

static void leave(struct p2p_round *round, struct p2p_share *share)
{
	switch (share->state) {
	case P2P_SHARE_IN_ROUND:
		if (round->turn == share)
			round->turn = share->next == share ? NULL : share->next;
		share->prev->next = share->next;
		share->next->prev = share->prev;
		break;
	case P2P_SHARE_WAITS:
		p2p_due_remove(&round->wait, &share->due);
		break;
	}
	share->state = P2P_SHARE_IDLE;
}

/* Out of the round until then */
static void wait_until(struct p2p_round *round, struct p2p_share *share, u64 when)
{
	leave(round, share);
	share->state = P2P_SHARE_WAITS;
	share->due.when = when;
	p2p_due_add(&round->wait, &share->due);
}

static void wake(struct p2p_round *round, u64 now)
{
	struct p2p_share *share;

	while (round->wait && round->wait->when <= now) {
		share = share_of(round->wait);
		leave(round, share);
		enter(round, share);
	}
}

static inline u64 soonest(const struct p2p_round *round)
{
	return round->wait ? round->wait->when : P2P_NEVER;
}

/* Whose turn it is. No debt is larger than a quantum, so that each is met once at most. */
static struct p2p_share *turn(struct p2p_round *round, u32 quantum)
{
	while (round->turn && round->turn->credit <= 0) {
		round->turn->credit += (s32)quantum;
		round->turn = round->turn->next;
	}
	return round->turn;
}

/* -- limits of hosts and flows ------------------------------------------------ */

/* The limit may be another one since it was asked last. */
static void renew(struct p2p_share *share, const struct p2p_limit *limit, u64 now)
{
	if (P2P_LIKELY(share->version == limit->version))
		return;
	if (limit->rate && share->version)
		p2p_bucket_change(&share->bucket, limit->rate, limit->burst, now);
	else if (limit->rate)
		p2p_bucket_init(&share->bucket, limit->rate, limit->burst, now);
	share->version = limit->rate ? limit->version : 0;
}

static u64 ready(struct p2p_share *share, const struct p2p_limit *limit, u32 bytes, u64 now)
{
	if (!limit->rate)
		return 0;
	renew(share, limit, now);
	return p2p_bucket_ready(&share->bucket, bytes);
}

static void charge(struct p2p_share *share, const struct p2p_limit *limit, u32 bytes, u64 now)
{
	if (limit->rate)
		p2p_bucket_take(&share->bucket, bytes, now);
}

/* -- the class ------------------------------------------------------------------ */

/* CoDel's target is no less than what a packet and a half take (RFC 8289, 4.4). */
static u64 target_of(const struct p2p_bucket *rate)
{
	u64 time = p2p_rate_time(&rate->rate, MTU + MTU / 2);

	return time > P2P_CODEL_TARGET ? time : P2P_CODEL_TARGET;
}

static void limit_set(struct p2p_limit *limit, u64 rate, u64 burst)
{
	/* 0 is that of who has no bucket yet */
	limit->version = limit->version + 1 ? limit->version + 1 : 1;
	limit->rate = rate;
	limit->burst = burst;
}

static void set(struct p2p_shaper *shaper, const struct p2p_shaper_rates *rates)
{
	limit_set(&shaper->host_limit, rates->host, rates->burst);
	limit_set(&shaper->flow_limit, rates->flow, rates->burst);
	shaper->room = rates->room;
	shaper->target = target_of(&shaper->rate);
}

void p2p_shaper_init(struct p2p_shaper *shaper, const struct p2p_shaper_rates *rates, u64 now)
{
	memset(shaper, 0, sizeof(*shaper));
	p2p_bucket_init(&shaper->rate, rates->rate, rates->burst, now);
	p2p_bucket_init(&shaper->ceil, rates->ceil, rates->burst, now);
	set(shaper, rates);
}

/* Whoever waits is asked again: his limit may be another one. */
static void wake_all(struct p2p_shaper *shaper)
{
	struct p2p_share *share;

	wake(&shaper->hosts, P2P_NEVER);
	share = shaper->hosts.turn;
	if (!share)
		return;
	do {
		wake(&host_of(share)->flows, P2P_NEVER);
		share = share->next;
	} while (share != shaper->hosts.turn);
}

void p2p_shaper_change(struct p2p_shaper *shaper, const struct p2p_shaper_rates *rates, u64 now)
{
	p2p_bucket_change(&shaper->rate, rates->rate, rates->burst, now);
	p2p_bucket_change(&shaper->ceil, rates->ceil, rates->burst, now);
	set(shaper, rates);
	wake_all(shaper);
}

/* Take the class's and the link's tokens. Return: 0, or when to ask again */
static u64 take(struct p2p_shaper *shaper, u32 bytes, const struct p2p_shaper_ops *ops, void *ctx,
		u64 now)
{
	u64 ceil = p2p_bucket_ready(&shaper->ceil, bytes);
	u64 own = p2p_bucket_ready(&shaper->rate, bytes);
	u64 lent;

	if (ceil > now)
		return ceil;
	lent = ops->lend(ctx, bytes, own <= now, now);
	if (lent)
		return own < lent ? own : lent;
	p2p_bucket_take(&shaper->ceil, bytes, now);
	if (own <= now)
		p2p_bucket_take(&shaper->rate, bytes, now);
	return 0;
}

bool p2p_shaper_passes(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow, u32 bytes,
		       const struct p2p_shaper_ops *ops, void *ctx, u64 now)
{
	struct p2p_shaper_host *host = flow->host;

	/* others wait for the same tokens */
	if (flow->packets || host->flows.turn || shaper->hosts.turn)
		return false;
	if (ready(&host->share, &shaper->host_limit, bytes, now) > now ||
	    ready(&flow->share, &shaper->flow_limit, bytes, now) > now ||
	    take(shaper, bytes, ops, ctx, now))
		return false;
	charge(&host->share, &shaper->host_limit, bytes, now);
	charge(&flow->share, &shaper->flow_limit, bytes, now);
	return true;
}

/* See above; a flow without a packet may have one while there is any room at all */
static bool has_room(const struct p2p_shaper *shaper, const struct p2p_shaper_flow *flow, u32 bytes)
{
	u32 room = shaper->bytes < shaper->room ? shaper->room - shaper->bytes : 0;
	u32 taken = flow->host->bytes + flow->bytes;

	if (!flow->packets)
		return bytes <= room;
	return taken <= room && bytes <= room - taken;
}

static void count(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow, s32 packets, u32 bytes)
{
	shaper->packets += (u32)packets;
	flow->packets += (u32)packets;
	shaper->bytes += (u32)packets * bytes;
	flow->bytes += (u32)packets * bytes;
	flow->host->bytes += (u32)packets * bytes;
}

static void begin(struct p2p_round *round, struct p2p_share *share, u32 quantum)
{
	if (share->state != P2P_SHARE_IDLE)
		return;
	share->credit = (s32)quantum;
	enter(round, share);
}

bool p2p_shaper_queue(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow,
		      struct p2p_shaped *packet, u64 now)
{
	struct p2p_shaper_host *host = flow->host;

	if (!has_room(shaper, flow, packet->bytes)) {
		shaper->refused++;
		return false;
	}
	if (!shaper->packets)
		shaper->quantum = MTU;
	if (packet->bytes > shaper->quantum)
		shaper->quantum = packet->bytes;
	packet->next = NULL;
	packet->since = now;
	packet->judged = false;
	if (flow->packets)
		flow->tail->next = packet;
	else
		flow->head = packet;
	flow->tail = packet;
	count(shaper, flow, 1, packet->bytes);
	begin(&host->flows, &flow->share, shaper->quantum);
	/* one that waits for another of its flows is asked what this one needs */
	if (host->share.state == P2P_SHARE_WAITS && host->flows.turn == &flow->share)
		leave(&shaper->hosts, &host->share);
	begin(&shaper->hosts, &host->share, shaper->quantum);
	return true;
}

static void remove(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow)
{
	struct p2p_shaper_host *host = flow->host;

	leave(&host->flows, &flow->share);
	if (!host->flows.turn && !host->flows.wait)
		leave(&shaper->hosts, &host->share);
}

static struct p2p_shaped *pop(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow)
{
	struct p2p_shaped *packet = flow->head;

	flow->head = packet->next;
	count(shaper, flow, -1, packet->bytes);
	if (!flow->packets)
		remove(shaper, flow);
	return packet;
}

/* Whose turn it is, of those whose limits let them. NULL: nobody's, until *@when */
static struct p2p_shaper_flow *candidate(struct p2p_shaper *shaper, u64 now, u64 *when)
{
	struct p2p_shaper_host *host;
	struct p2p_share *share;
	u64 at;

	wake(&shaper->hosts, now);
	while ((share = turn(&shaper->hosts, shaper->quantum))) {
		host = host_of(share);
		wake(&host->flows, now);
		share = turn(&host->flows, shaper->quantum);
		if (!share) {
			wait_until(&shaper->hosts, &host->share, soonest(&host->flows));
			continue;
		}
		at = ready(share, &shaper->flow_limit, flow_of(share)->head->bytes, now);
		if (at > now) {
			wait_until(&host->flows, share, at);
			continue;
		}
		at = ready(&host->share, &shaper->host_limit, flow_of(share)->head->bytes, now);
		if (at <= now)
			return flow_of(share);
		wait_until(&shaper->hosts, &host->share, at);
	}
	*when = soonest(&shaper->hosts);
	return NULL;
}

/* CoDel's word, once for each packet */
static bool drops(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow,
		  const struct p2p_shaper_ops *ops, void *ctx, u64 now)
{
	struct p2p_shaped *packet = flow->head;

	if (packet->judged)
		return false;
	packet->judged = true;
	if (!p2p_codel_drops(&flow->codel, now - packet->since, flow->bytes - packet->bytes,
			     shaper->target, now))
		return false;
	if (ops->mark(ctx, packet)) {
		shaper->marked++;
		return false;
	}
	shaper->dropped++;
	return true;
}

struct p2p_shaped *p2p_shaper_next(struct p2p_shaper *shaper, const struct p2p_shaper_ops *ops,
				   void *ctx, u64 now, struct p2p_shaped **gone, u64 *when)
{
	struct p2p_shaper_flow *flow;
	struct p2p_shaped *packet;
	u32 bytes;

	while ((flow = candidate(shaper, now, when))) {
		if (drops(shaper, flow, ops, ctx, now)) {
			packet = pop(shaper, flow);
			packet->next = *gone;
			*gone = packet;
			continue;
		}
		bytes = flow->head->bytes;
		*when = take(shaper, bytes, ops, ctx, now);
		if (*when)
			return NULL;
		charge(&flow->share, &shaper->flow_limit, bytes, now);
		charge(&flow->host->share, &shaper->host_limit, bytes, now);
		flow->share.credit -= (s32)bytes;
		flow->host->share.credit -= (s32)bytes;
		return pop(shaper, flow);
	}
	return NULL;
}

struct p2p_shaped *p2p_shaper_leave(struct p2p_shaper *shaper, struct p2p_shaper_flow *flow)
{
	struct p2p_shaped *first = flow->head, *packet;

	if (!flow->packets)
		return NULL;
	for (packet = first; packet; packet = packet->next)
		count(shaper, flow, -1, packet->bytes);
	flow->head = NULL;
	remove(shaper, flow);
	return first;
}

bool p2p_shaper_host_is_idle(const struct p2p_shaper_host *host, u64 now)
{
	return !host->bytes && host->share.state == P2P_SHARE_IDLE &&
	       (!host->share.version || p2p_bucket_is_full(&host->share.bucket, now));
}
