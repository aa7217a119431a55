// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounds. The table holds gw->max_flows flows, counted until RCU has freed
 * them. When seven eighths are used the sweeper is woken and evicts by second
 * chance (a clock: a flow met since the hand's last visit stays, another goes)
 * until three quarters are; so a flood of single packets drives out itself
 * before it drives out a connection. The hand turns once a step at most, so
 * that every live flow has time to be met between two visits. When the table
 * is full all the same, the packets of new flows pass unread, or are dropped
 * with block_when_full=1; both are counted.
 *
 * Inspections are bounded by max_inspected. Those of flows that fell silent
 * are given up, and what was said without an answer gets half of the room: it
 * costs its sender nothing.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "bridge.h"
#include "custody.h"
#include "event.h"
#include "flow.h"
#include "gateway.h"
#include "hot.h"
#include "stream.h"

#define SWEEP_PERIOD	(10 * HZ) /* every bucket is visited once in that */
#define SWEEP_STEP	(HZ / 2)
#define SWEEP_BATCH	256 /* buckets between two cond_resched() */
#define CROWDED_BIT	0

static int set_max_flows(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1024, 1 << 24);
}

static int set_seconds(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, 7 * 24 * 3600);
}

static const struct kernel_param_ops max_flows_ops = {
	.set = set_max_flows,
	.get = param_get_uint,
};

static const struct kernel_param_ops seconds_ops = {
	.set = set_seconds,
	.get = param_get_uint,
};

static unsigned int max_flows = 1 << 18;
module_param_cb(max_flows, &max_flows_ops, &max_flows, 0644);
MODULE_PARM_DESC(max_flows, "flows of a gateway, 256 bytes each; read when a gateway is enabled (1024 to 16777216)");

static unsigned int max_inspected = 1 << 16;
module_param(max_inspected, uint, 0644);
MODULE_PARM_DESC(max_inspected, "flows of a gateway under inspection at a time, below 1 KiB each; half of them may be one-sided");

static unsigned int timeout_tcp_new = 60;
module_param_cb(timeout_tcp_new, &seconds_ops, &timeout_tcp_new, 0644);
MODULE_PARM_DESC(timeout_tcp_new, "seconds a TCP connection is kept that has not got beyond its handshake; an inspection is given up after as long a silence");

static unsigned int timeout_tcp = 3600;
module_param_cb(timeout_tcp, &seconds_ops, &timeout_tcp, 0644);
MODULE_PARM_DESC(timeout_tcp, "seconds an idle TCP connection is kept");

static unsigned int timeout_tcp_closed = 10;
module_param_cb(timeout_tcp_closed, &seconds_ops, &timeout_tcp_closed, 0644);
MODULE_PARM_DESC(timeout_tcp_closed, "seconds an ended TCP connection is kept");

static unsigned int timeout_udp = 30;
module_param_cb(timeout_udp, &seconds_ops, &timeout_udp, 0644);
MODULE_PARM_DESC(timeout_udp, "seconds an unanswered UDP flow is kept");

static unsigned int timeout_udp_stream = 180;
module_param_cb(timeout_udp_stream, &seconds_ops, &timeout_udp_stream, 0644);
MODULE_PARM_DESC(timeout_udp_stream, "seconds an answered UDP flow is kept");

static struct kmem_cache *flow_cache;
static struct kmem_cache *inspect_cache;

/* Lock debugging and PREEMPT_RT make spinlocks larger. */
#if !defined(CONFIG_DEBUG_SPINLOCK) && !defined(CONFIG_DEBUG_LOCK_ALLOC) && \
	!defined(CONFIG_PREEMPT_RT) && L1_CACHE_BYTES == 64
static_assert(sizeof(struct kp2p_flow) == 4 * 64);
#endif
static_assert(offsetof(struct kp2p_flow, key) + sizeof(struct p2p_key) <= 64);
static_assert(sizeof(struct p2p_key) == 48);
static_assert(sizeof(struct p2p_inspect) <= 1024);
static_assert(P2P_APP_COUNT <= 256);

/* -- inspection memory --------------------------------------------------- */

static bool is_answered(const struct kp2p_flow *flow)
{
	return atomic64_read(&flow->dir[!READ_ONCE(flow->first)].packets) != 0;
}

static unsigned int inspect_limit(const struct kp2p_flow *flow)
{
	unsigned int limit = READ_ONCE(max_inspected);

	/* an answer that its sender gives himself costs him no more than silence */
	return READ_ONCE(flow->sides) & KP2P_SIDE_ANSWERED ? limit : limit / 2;
}

struct p2p_inspect *kp2p_flow_inspect(struct kp2p_flow *flow)
{
	struct kp2p_gw *gw = flow->gw;

	lockdep_assert_held(&flow->lock);
	if (flow->inspect)
		return flow->inspect;
	if ((unsigned int)atomic_inc_return(&gw->inspected) > inspect_limit(flow)) {
		kp2p_count(gw, KP2P_N_UNINSPECTED_FULL);
		goto refuse;
	}
	flow->inspect = kmem_cache_alloc(inspect_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow->inspect) {
		kp2p_count(gw, KP2P_N_UNINSPECTED_NOMEM);
		goto refuse;
	}
	p2p_inspect_init(flow->inspect, flow->key.l4);
	return flow->inspect;

refuse:
	atomic_dec(&gw->inspected);
	flow->notes |= KP2PADM_FLOW_UNINSPECTED;
	return NULL;
}

static void inspect_free(struct kp2p_flow *flow)
{
	if (!flow->inspect)
		return;
	kmem_cache_free(inspect_cache, flow->inspect);
	WRITE_ONCE(flow->inspect, NULL); /* the sweeper looks without the lock */
	atomic_dec(&flow->gw->inspected);
}

void kp2p_flow_inspect_end(struct kp2p_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	inspect_free(flow);
}

/* -- the end of a flow --------------------------------------------------- */

/* Tell, once, of a flow that was named, or that the policy did not just let pass. */
static void tell_end(struct kp2p_flow *flow, enum kp2padm_end why)
{
	u64 state = READ_ONCE(flow->state);

	if (READ_ONCE(flow->notes) & KP2P_NOTE_OVER)
		return;
	if (kp2p_state_app(state) != P2P_APP_UNKNOWN || (kp2p_state_action(state) & ~KP2P_READ) != KP2P_PASS)
		kp2p_event_end(flow->gw, flow, why);
}

/* What a flow counted goes to its application, exactly once: at its end, and at
 * the release what packets in flight on other CPUs added since.
 */
static void fold(struct kp2p_flow *flow)
{
	unsigned int app = kp2p_state_app(READ_ONCE(flow->state));
	int i;

	for (i = 0; i < 2; i++) {
		atomic64_add(atomic64_xchg(&flow->dir[i].packets, 0),
			     &flow->gw->ended[app].packets);
		atomic64_add(atomic64_xchg(&flow->dir[i].bytes, 0),
			     &flow->gw->ended[app].bytes);
	}
}

/* What reads it ends; what was held of it is purged. flow->lock held, or nobody has it */
static void stop_reading(struct kp2p_flow *flow)
{
	LIST_HEAD(held);

	inspect_free(flow);
	if (!flow->stream)
		return;
	kp2p_stream_end(flow, &held);
	kp2p_custody_purge(flow->gw, &held);
}

static void flow_release(struct kp2p_flow *flow)
{
	struct kp2p_gw *gw = flow->gw;

	fold(flow);
	kmem_cache_free(flow_cache, flow);
	atomic_dec(&gw->flows);
}

static void flow_free(struct kp2p_flow *flow)
{
	stop_reading(flow);
	flow_release(flow);
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	struct kp2p_flow *flow = container_of(rcu, struct kp2p_flow, rcu);

	atomic_dec(&flow->gw->leaving);
	flow_release(flow);
}

/* -- adding -------------------------------------------------------------- */

static spinlock_t *bucket_lock(struct kp2p_gw *gw, u32 bucket)
{
	return &gw->locks[bucket % KP2P_BUCKET_LOCKS];
}

static void want_room(struct kp2p_gw *gw)
{
	unsigned long next = READ_ONCE(gw->made_room) + SWEEP_STEP, now = jiffies;

	if (!test_and_set_bit(CROWDED_BIT, &gw->crowded))
		mod_delayed_work(system_unbound_wq, &gw->sweep,
				 time_before(now, next) ? next - now : 0);
}

/* Space for one more flow, or NULL; counted either way. */
static struct kp2p_flow *flow_alloc(struct kp2p_gw *gw)
{
	unsigned int n = atomic_inc_return(&gw->flows);
	struct kp2p_flow *flow;

	if (n > gw->max_flows - gw->max_flows / 8)
		want_room(gw);
	if (n > gw->max_flows) {
		kp2p_count(gw, KP2P_N_UNTRACKED_FULL);
		goto refuse;
	}
	flow = kmem_cache_zalloc(flow_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (flow)
		return flow;
	kp2p_count(gw, KP2P_N_UNTRACKED_NOMEM);
refuse:
	atomic_dec(&gw->flows);
	return NULL;
}

/* @first: who begins it, in mid-stream or not. Nobody else has it yet, or flow->lock is held. */
static void flow_begin(struct kp2p_flow *flow, unsigned int first, bool midstream, int port)
{
	u32 now = (u32)jiffies;
	int i;

	WRITE_ONCE(flow->state, 0);
	WRITE_ONCE(flow->first, first);
	flow->created = now;
	flow->visited = now;
	flow->decided = 0;
	flow->by = KP2PADM_BY_NONE;
	flow->proto = P2P_PROTO_NONE;
	flow->confidence = 0;
	flow->port = (u16)port;
	WRITE_ONCE(flow->sides, 0);
	flow->rule = P2P_NO_RULE;
	flow->would_rule = P2P_NO_RULE;
	flow->mark_rule = P2P_NO_RULE;
	flow->would = KP2PADM_VERDICT_PASS;
	WRITE_ONCE(flow->notes, midstream ? KP2PADM_FLOW_MIDSTREAM : 0);
	WRITE_ONCE(flow->claim, 0);
	flow->set = 0;
	for (i = 0; i < 2; i++) {
		WRITE_ONCE(flow->dir[i].seen, now);
		WRITE_ONCE(flow->dir[i].flags, 0);
		flow->dir[i].start = 0;
		WRITE_ONCE(flow->dir[i].ack, 0);
	}
}

static struct kp2p_flow *flow_new(struct kp2p_gw *gw, const struct p2p_pkt *pkt, int port)
{
	struct kp2p_flow *flow = flow_alloc(gw);

	if (!flow)
		return NULL;
	flow->key = pkt->key;
	spin_lock_init(&flow->lock);
	flow->gw = gw;
	flow_begin(flow, pkt->dir, pkt->key.l4 == P2P_TCP && !(pkt->flags & P2P_SYN), port);
	return flow;
}

struct kp2p_flow *kp2p_flow_add(struct kp2p_gw *gw, const struct p2p_pkt *pkt,
				u32 hash, int port)
{
	u32 bucket = hash & gw->mask;
	struct kp2p_flow *flow = flow_new(gw, pkt, port), *other;

	if (!flow)
		return NULL;
	spin_lock(bucket_lock(gw, bucket));
	other = kp2p_chain_find(&gw->buckets[bucket], &pkt->key);
	if (!other) {
		RCU_INIT_POINTER(flow->next, gw->buckets[bucket]);
		rcu_assign_pointer(gw->buckets[bucket], flow);
	}
	spin_unlock(bucket_lock(gw, bucket));
	if (other) {
		flow_free(flow);
		return other;
	}
	kp2p_count(gw, KP2P_N_FLOWS_CREATED);
	return flow;
}

/* The connection's end is not believed for itself, but by one who was answered anew. */
static bool is_guarded(const struct kp2p_flow *flow)
{
	return (flow->sides & KP2P_SIDE_ANSWERED) &&
	       (flow->stream || (flow->sides & KP2P_SIDE_BLOCKED) || (flow->notes & KP2P_NOTE_OVER));
}

/* Another connection, which @first began */
static void begin_again(struct kp2p_flow *flow, unsigned int first, int port)
{
	struct kp2p_gw *gw = flow->gw;

	tell_end(flow, KP2PADM_END_REUSED);
	fold(flow);
	stop_reading(flow);
	flow_begin(flow, first, false, port);
	kp2p_count(gw, KP2P_N_FLOWS_EXPIRED);
	kp2p_count(gw, KP2P_N_FLOWS_CREATED);
}

bool kp2p_flow_restart(struct kp2p_flow *flow, const struct p2p_pkt *pkt, int port)
{
	bool gone;

	spin_lock(&flow->lock);
	gone = flow->sides & KP2P_SIDE_GONE;
	if (gone || !kp2p_flow_reused(flow, pkt)) /* another CPU was first */
		goto out;
	if (is_guarded(flow)) {
		WRITE_ONCE(flow->claim, pkt->seq + 1);
		flow->dir[pkt->dir].port = port;
	} else {
		begin_again(flow, pkt->dir, port);
	}
out:
	spin_unlock(&flow->lock);
	return !gone;
}

void kp2p_flow_prove(struct kp2p_flow *flow, const struct p2p_pkt *pkt, int port)
{
	struct kp2p_dir *claimed = &flow->dir[!pkt->dir];
	u32 claim;

	spin_lock(&flow->lock);
	claim = flow->claim;
	if (claim && !(flow->sides & KP2P_SIDE_GONE) && port != claimed->port &&
	    (pkt->flags & (P2P_SYN | P2P_ACK | P2P_RST)) == (P2P_SYN | P2P_ACK) &&
	    ntohl((__force __be32)pkt->ack) == claim) {
		begin_again(flow, !pkt->dir, claimed->port);
		claimed->start = claim;
		WRITE_ONCE(claimed->flags, P2P_SYN);
	}
	spin_unlock(&flow->lock);
}

struct net_device *kp2p_flow_port_to(const struct kp2p_flow *flow, const struct sk_buff *skb,
				     const struct nf_hook_state *nf, unsigned int dir)
{
	struct net_device *port;

	if (nf->pf != NFPROTO_BRIDGE || !skb->cloned || flow->key.l4 != P2P_TCP)
		return nf->out;
	port = dev_get_by_index_rcu(nf->net, READ_ONCE(flow->dir[!dir].port));
	return port && kp2p_bridge_of(port) == kp2p_bridge_of(nf->in) ? port : NULL;
}

/* -- sweeping ------------------------------------------------------------ */

bool kp2p_flow_closed(const struct kp2p_flow *flow)
{
	return p2p_tcp_closed(READ_ONCE(flow->dir[0].flags),
			      READ_ONCE(flow->dir[1].flags), !is_answered(flow));
}

bool kp2p_flow_reused(const struct kp2p_flow *flow, const struct p2p_pkt *pkt)
{
	const struct kp2p_dir *dir = &flow->dir[pkt->dir];

	if (!p2p_tcp_begins(pkt->flags))
		return false;
	if (kp2p_flow_closed(flow))
		return true;
	return !is_answered(flow) &&
	       !((READ_ONCE(dir->flags) & P2P_SYN) && READ_ONCE(dir->start) == pkt->seq + 1);
}

/* Two of three: the initiator's ACK, an answer, a decision. Paths may be
 * asymmetric, and data may come with the SYN. What began in mid-stream and
 * stays without an answer may be one forged segment.
 */
static bool is_established(const struct kp2p_flow *flow)
{
	bool alone = (READ_ONCE(flow->notes) & KP2PADM_FLOW_MIDSTREAM) && !is_answered(flow);
	bool ack = READ_ONCE(flow->dir[READ_ONCE(flow->first)].flags) & P2P_ACK;
	bool settled = READ_ONCE(flow->state) & KP2P_STATE_SETTLED;

	return ack + is_answered(flow) + settled >= (alone ? 3 : 2);
}

static unsigned int timeout(const struct kp2p_flow *flow)
{
	if (flow->key.l4 == P2P_UDP)
		return is_answered(flow) ? READ_ONCE(timeout_udp_stream) :
					   READ_ONCE(timeout_udp);
	if (kp2p_flow_closed(flow) && !(READ_ONCE(flow->notes) & KP2P_NOTE_OVER))
		return READ_ONCE(timeout_tcp_closed);
	return is_established(flow) ? READ_ONCE(timeout_tcp) :
				      READ_ONCE(timeout_tcp_new);
}

static u32 last_seen(const struct kp2p_flow *flow)
{
	u32 a = READ_ONCE(flow->dir[0].seen), b = READ_ONCE(flow->dir[1].seen);

	return (s32)(a - b) > 0 ? a : b;
}

/**
 * struct turn - one turn of the sweeper's hand, or a part of it
 * @now: jiffies
 * @fresh: jiffies within which no flow expires: the shortest time-out
 * @silent: jiffies after which an inspection is given up
 * @evict: take what was not met since the last visit, too
 */
struct turn {
	u32 now;
	u32 fresh;
	u32 silent;
	bool evict;
};

static struct turn turn_begin(bool evict)
{
	unsigned int new = READ_ONCE(timeout_tcp_new);
	unsigned int tcp = min3(new, READ_ONCE(timeout_tcp), READ_ONCE(timeout_tcp_closed));
	unsigned int udp = min(READ_ONCE(timeout_udp), READ_ONCE(timeout_udp_stream));

	return (struct turn){
		.now = (u32)jiffies,
		.fresh = min(tcp, udp) * HZ,
		.silent = new * HZ,
		.evict = evict,
	};
}

static bool is_expired(const struct kp2p_flow *flow, const struct turn *turn)
{
	s32 idle = turn->now - last_seen(flow);

	/* most flows of a busy table, which is what its sweeping costs */
	if (idle <= (s32)turn->fresh)
		return false;
	return idle > (s32)timeout(flow) * HZ;
}

/* Under inspection, but nothing comes. It can begin again. */
static bool is_silent(const struct kp2p_flow *flow, const struct turn *turn)
{
	return READ_ONCE(flow->inspect) &&
	       (s32)(turn->now - last_seen(flow)) > (s32)turn->silent;
}

/* The hand of the clock: met since its last visit? Before the first one, a
 * second packet counts; a flow of one has no second chance.
 */
static bool is_idle(struct kp2p_flow *flow, u32 now)
{
	bool met = (s32)(last_seen(flow) - flow->visited) > 0;

	if (flow->visited == flow->created)
		met = atomic64_read(&flow->dir[0].packets) +
		      atomic64_read(&flow->dir[1].packets) > 1;
	flow->visited = now;
	return !met;
}

static bool is_crowded(struct kp2p_gw *gw)
{
	u32 staying = atomic_read(&gw->flows) - atomic_read(&gw->leaving);

	return staying > gw->max_flows / 4 * 3;
}

static void unlink(struct kp2p_gw *gw, struct kp2p_flow __rcu **link,
		   struct kp2p_flow *flow, bool expired)
{
	enum kp2padm_end timeout = kp2p_flow_closed(flow) ? KP2PADM_END_CLOSED :
							    KP2PADM_END_TIMEOUT;

	rcu_assign_pointer(*link, rcu_access_pointer(flow->next));
	spin_lock(&flow->lock); /* whoever has found it begins no connection with it */
	WRITE_ONCE(flow->sides, flow->sides | KP2P_SIDE_GONE);
	stop_reading(flow);
	spin_unlock(&flow->lock);
	tell_end(flow, expired ? timeout : KP2PADM_END_EVICTED);
	fold(flow);
	atomic_inc(&gw->leaving);
	call_rcu(&flow->rcu, flow_free_rcu);
}

/* Nobody else unlinks, so the chain can be read without its lock. */
static bool is_due(struct kp2p_gw *gw, u32 bucket, const struct turn *turn)
{
	const struct kp2p_flow *flow;

	flow = rcu_dereference_protected(gw->buckets[bucket],
					 lockdep_is_held(&gw->sweep_lock));
	for (; flow; flow = rcu_dereference_protected(flow->next,
						      lockdep_is_held(&gw->sweep_lock)))
		if (turn->evict || is_expired(flow, turn) || is_silent(flow, turn))
			return true;
	return false;
}

/* A connection that has ended, and was read or stopped by what it carried: the flow stays, see
 * KP2P_NOTE_OVER. Return: false: it need not.
 */
static bool retire(struct kp2p_flow *flow)
{
	bool retires;

	spin_lock(&flow->lock);
	retires = kp2p_flow_closed(flow) && is_guarded(flow) && !(flow->notes & KP2P_NOTE_OVER);
	if (retires) {
		stop_reading(flow);
		tell_end(flow, KP2PADM_END_CLOSED);
		WRITE_ONCE(flow->notes, flow->notes | KP2P_NOTE_OVER);
	}
	spin_unlock(&flow->lock);
	return retires;
}

/* Its inspection may have ended meanwhile, or be needed again: no harm. */
static void inspect_give_up(struct kp2p_flow *flow)
{
	spin_lock(&flow->lock);
	inspect_free(flow);
	spin_unlock(&flow->lock);
}

/* Take from one bucket what has expired and, on the hunt for room, was idle. */
static void sweep_bucket(struct kp2p_gw *gw, u32 bucket, const struct turn *turn)
{
	struct kp2p_flow __rcu **link = &gw->buckets[bucket];
	u32 expired = 0, evicted = 0;
	struct kp2p_flow *flow;

	spin_lock_bh(bucket_lock(gw, bucket));
	while ((flow = rcu_dereference_protected(
			*link, lockdep_is_held(bucket_lock(gw, bucket))))) {
		bool over = is_expired(flow, turn);

		if (over && retire(flow))
			over = false;
		if (!over && !(turn->evict && is_idle(flow, turn->now))) {
			if (is_silent(flow, turn))
				inspect_give_up(flow);
			link = &flow->next;
			continue;
		}
		unlink(gw, link, flow, over);
		expired += over;
		evicted += !over;
	}
	kp2p_count_n(gw, KP2P_N_FLOWS_EXPIRED, expired);
	kp2p_count_n(gw, KP2P_N_FLOWS_EVICTED, evicted);
	spin_unlock_bh(bucket_lock(gw, bucket));
}

static void sweep_buckets(struct kp2p_gw *gw, u32 n, bool evict)
{
	struct turn turn = turn_begin(evict);
	u32 i;

	lockdep_assert_held(&gw->sweep_lock);
	for (i = 0; i < n; i++) {
		if (is_due(gw, gw->hand, &turn))
			sweep_bucket(gw, gw->hand, &turn);
		gw->hand = (gw->hand + 1) & gw->mask;
		if (i % SWEEP_BATCH == 0)
			cond_resched();
	}
}

/* One turn of the hand at most; what is still crowded then waits. */
static void make_room(struct kp2p_gw *gw)
{
	u32 done;

	for (done = 0; done <= gw->mask && is_crowded(gw); done += SWEEP_BATCH)
		sweep_buckets(gw, SWEEP_BATCH, true);
	WRITE_ONCE(gw->made_room, jiffies);
	clear_bit(CROWDED_BIT, &gw->crowded);
}

static void sweep(struct work_struct *work)
{
	struct kp2p_gw *gw = container_of(to_delayed_work(work), struct kp2p_gw, sweep);

	mutex_lock(&gw->sweep_lock);
	if (test_bit(CROWDED_BIT, &gw->crowded))
		make_room(gw);
	sweep_buckets(gw, (gw->mask + 1) / (SWEEP_PERIOD / SWEEP_STEP), false);
	mutex_unlock(&gw->sweep_lock);
	kp2p_clone_flush(gw);
	kp2p_fifo_tick(gw);
	kp2p_policy_tick(gw);
	queue_delayed_work(system_unbound_wq, &gw->sweep, SWEEP_STEP);
}

static void forsake_bucket(struct kp2p_gw *gw, u32 bucket, const struct net_device *dev,
			   struct list_head *held)
{
	struct kp2p_flow *flow;

	rcu_read_lock();
	for (flow = rcu_dereference(gw->buckets[bucket]); flow;
	     flow = rcu_dereference(flow->next)) {
		if (!READ_ONCE(flow->stream))
			continue;
		spin_lock_bh(&flow->lock);
		kp2p_stream_forsake(flow, dev, held);
		spin_unlock_bh(&flow->lock);
	}
	rcu_read_unlock();
}

void kp2p_flow_forsake(struct kp2p_gw *gw, const struct net_device *dev)
{
	LIST_HEAD(held);
	u32 bucket;

	if (!atomic_read(&gw->streams))
		return;
	mutex_lock(&gw->sweep_lock); /* nobody leaves his chain meanwhile */
	for (bucket = 0; bucket <= gw->mask; bucket++) {
		forsake_bucket(gw, bucket, dev, &held);
		if (bucket % SWEEP_BATCH == 0)
			cond_resched();
	}
	mutex_unlock(&gw->sweep_lock);
	kp2p_fifo_forsake(&gw->fifo, dev, &held);
	kp2p_custody_purge(gw, &held);
}

/* -- reports ------------------------------------------------------------- */

u64 kp2p_flow_id(const struct kp2p_flow *flow)
{
	const u64 *secret = this_cpu_ptr(flow->gw->cpu)->hot.secret;
	siphash_key_t key = { { secret[0], secret[1] } };

	/* JSON's numbers are whole up to 53 bits */
	return siphash_2u64((unsigned long)flow, flow->created, &key) >> 11;
}

static bool is_asymmetric(const struct kp2p_flow *flow)
{
	/* an ACK answers something that did not pass here */
	return flow->key.l4 == P2P_TCP &&
	       (READ_ONCE(flow->dir[READ_ONCE(flow->first)].flags) & P2P_ACK) &&
	       !is_answered(flow);
}

u32 kp2p_flow_notes(const struct kp2p_flow *flow)
{
	u32 notes = READ_ONCE(flow->notes) & ~KP2P_NOTE_OVER;

	if (READ_ONCE(flow->state) & KP2P_STATE_SETTLED)
		notes |= KP2PADM_FLOW_SETTLED;
	if (flow->key.l4 == P2P_TCP && kp2p_flow_closed(flow))
		notes |= KP2PADM_FLOW_CLOSED;
	if (is_asymmetric(flow))
		notes |= KP2PADM_FLOW_ASYMMETRIC;
	return notes;
}

static void add_flow(struct kp2p_totals *totals, const struct kp2p_flow *flow)
{
	unsigned int app = kp2p_state_app(READ_ONCE(flow->state));
	int i;

	totals->flows[app] += !(READ_ONCE(flow->notes) & KP2P_NOTE_OVER);
	for (i = 0; i < 2; i++) {
		totals->packets[app] += atomic64_read(&flow->dir[i].packets);
		totals->bytes[app] += atomic64_read(&flow->dir[i].bytes);
	}
}

static void add_bucket(struct kp2p_totals *totals, const struct kp2p_gw *gw, u32 bucket)
{
	const struct kp2p_flow *flow;
	unsigned int len = 0;

	rcu_read_lock();
	for (flow = rcu_dereference(gw->buckets[bucket]); flow;
	     flow = rcu_dereference(flow->next), len++)
		add_flow(totals, flow);
	rcu_read_unlock();
	totals->chains[min(len, KP2P_CHAINS - 1U)]++;
}

void kp2p_flow_totals(struct kp2p_gw *gw, struct kp2p_totals *totals)
{
	unsigned int app;
	u32 bucket;

	memset(totals, 0, sizeof(*totals));
	mutex_lock(&gw->sweep_lock);
	for (app = 0; app < P2P_APP_COUNT; app++) {
		totals->packets[app] = atomic64_read(&gw->ended[app].packets);
		totals->bytes[app] = atomic64_read(&gw->ended[app].bytes);
	}
	for (bucket = 0; bucket <= gw->mask; bucket++) {
		add_bucket(totals, gw, bucket);
		if (bucket % SWEEP_BATCH == 0)
			cond_resched();
	}
	mutex_unlock(&gw->sweep_lock);
}

/* -- the table's life ---------------------------------------------------- */

int kp2p_flow_table_init(struct kp2p_gw *gw)
{
	u32 i, n;

	gw->max_flows = READ_ONCE(max_flows);
	n = roundup_pow_of_two(gw->max_flows);
	gw->mask = n - 1;
	gw->buckets = kvcalloc(n, sizeof(*gw->buckets), GFP_KERNEL_ACCOUNT);
	if (!gw->buckets)
		return -ENOMEM;
	gw->locks = kvmalloc_array(KP2P_BUCKET_LOCKS, sizeof(*gw->locks),
				   GFP_KERNEL_ACCOUNT);
	if (!gw->locks)
		goto err_locks;
	for (i = 0; i < KP2P_BUCKET_LOCKS; i++)
		spin_lock_init(&gw->locks[i]);
	mutex_init(&gw->sweep_lock);
	INIT_DELAYED_WORK(&gw->sweep, sweep);
	gw->made_room = jiffies - SWEEP_STEP;
	return 0;

err_locks:
	kvfree(gw->buckets);
	return -ENOMEM;
}

void kp2p_flow_table_start(struct kp2p_gw *gw)
{
	queue_delayed_work(system_unbound_wq, &gw->sweep, SWEEP_STEP);
}

void kp2p_flow_table_destroy(struct kp2p_gw *gw)
{
	struct kp2p_flow *flow, *next;
	u32 bucket;

	/* The work queues itself again, which this knows how to stop. */
	cancel_delayed_work_sync(&gw->sweep);
	for (bucket = 0; bucket <= gw->mask; bucket++) {
		for (flow = rcu_dereference_raw(gw->buckets[bucket]); flow; flow = next) {
			next = rcu_dereference_raw(flow->next);
			flow_free(flow);
		}
		if (bucket % SWEEP_BATCH == 0)
			cond_resched();
	}
	rcu_barrier(); /* flow_free_rcu() counts in *gw */
	kvfree(gw->locks);
	kvfree(gw->buckets);
}

int kp2p_flow_init(void)
{
	flow_cache = KMEM_CACHE(kp2p_flow, SLAB_HWCACHE_ALIGN);
	if (!flow_cache)
		return -ENOMEM;
	inspect_cache = kmem_cache_create("kp2p_inspect", sizeof(struct p2p_inspect),
					  0, 0, NULL);
	if (!inspect_cache)
		goto err_inspect;
	return 0;

err_inspect:
	kmem_cache_destroy(flow_cache);
	return -ENOMEM;
}

void kp2p_flow_exit(void)
{
	/* flows still waiting for RCU are freed before their caches go */
	rcu_barrier();
	kmem_cache_destroy(inspect_cache);
	kmem_cache_destroy(flow_cache);
}
