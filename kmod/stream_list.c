// SPDX-License-Identifier: GPL-2.0-only
/* A flow's streams: how they come and go. */
#include <linux/module.h>
#include <linux/slab.h>

#include "clone.h"
#include "custody.h"
#include "fifo.h"
#include "gateway.h"
#include "reader.h"
#include "stream.h"

static const char *const queues[] = {
	[KP2P_QUEUE_FAST] = "fast",
	[KP2P_QUEUE_HOLD] = "hold",
	[KP2P_QUEUE_FIFO] = "fifo",
};

static int set_queue(const char *val, const struct kernel_param *kp)
{
	int mode = sysfs_match_string(queues, val);

	if (mode < 0)
		return mode;
	WRITE_ONCE(*(unsigned int *)kp->arg, mode);
	return 0;
}

static int get_queue(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", queues[*(unsigned int *)kp->arg]);
}

static const struct kernel_param_ops queue_ops = {
	.set = set_queue,
	.get = get_queue,
};

static unsigned int queue_mode = KP2P_QUEUE_FAST;
module_param_cb(queue, &queue_ops, &queue_mode, 0644);
MODULE_PARM_DESC(queue, "fast: forward at once what comes ahead of a gap; hold: keep it until the gap is filled; fifo: and all flows that are read behind it, for benchmarks alone; of flows from now on");

static unsigned int max_streams = 1 << 15;
module_param(max_streams, uint, 0644);
MODULE_PARM_DESC(max_streams, "flows of a gateway, or connections of uTP, that are read at a time; others pass unread");

static_assert(sizeof(struct kp2p_stream) <= 576);
/* what kp2p_stream.unlike stands for */
static_assert(!KP2P_QUEUE_FAST && offsetofend(struct kp2p_stream, packets) ==
				  offsetofend(struct kp2p_stream, unlike));

static struct kmem_cache *stream_cache;

static void give(void *ctx, struct p2p_piece *piece)
{
	kp2p_clone_give(ctx, piece);
}

/* Nothing else is asked of it where its queues are emptied. */
static const struct p2p_reasm_ops ops = { .give = give };

void kp2p_stream_begin_side(struct kp2p_stream *stream, unsigned int dir, u32 seq)
{
	p2p_reasm_start(&stream->side[dir].queue, seq);
	stream->side[dir].queue.whole = !stream->asked;
	stream->side[dir].began = true;
}

struct kp2p_stream *kp2p_stream_add(struct kp2p_flow *flow)
{
	struct kp2p_gw *gw = flow->gw;
	struct kp2p_stream *stream;
	int i;

	lockdep_assert_held(&flow->lock);
	if ((unsigned int)atomic_inc_return(&gw->streams) > READ_ONCE(max_streams)) {
		kp2p_count(gw, KP2P_N_STREAMS_FULL);
		goto refuse;
	}
	stream = kmem_cache_zalloc(stream_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!stream) {
		kp2p_count(gw, KP2P_N_STREAMS_NOMEM);
		goto refuse;
	}
	for (i = 0; i < 2; i++) {
		p2p_reasm_init(&stream->side[i].queue, get_random_u32());
		INIT_LIST_HEAD(&stream->side[i].held);
	}
	INIT_LIST_HEAD(&stream->out);
	stream->mode = READ_ONCE(queue_mode);
	stream->next = flow->stream;
	WRITE_ONCE(flow->stream, stream);
	return stream;

refuse:
	atomic_dec(&gw->streams);
	flow->notes |= KP2PADM_FLOW_UNINSPECTED; /* until there is room */
	return NULL;
}

static void stream_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(stream_cache, container_of(rcu, struct kp2p_stream, rcu));
}

/* It keeps nothing and reads nothing any more; what was held may go. */
static void empty(struct kp2p_flow *flow, struct kp2p_stream *stream)
{
	const struct p2p_reasm_env env = { .ops = &ops, .ctx = flow->gw };
	int i;

	for (i = 0; i < 2; i++) {
		p2p_reasm_free(&stream->side[i].queue, &env);
		list_splice_tail_init(&stream->side[i].held, &stream->out);
		if (stream->mode == KP2P_QUEUE_FIFO)
			kp2p_fifo_leave(&flow->gw->fifo, &stream->side[i], &stream->out);
	}
	kp2p_custody_free(stream->spare);
	stream->spare = NULL;
	kp2p_reader_free(stream->reader);
	stream->reader = NULL;
}

void kp2p_stream_detach(struct kp2p_flow *flow, struct kp2p_stream *stream)
{
	struct kp2p_stream **at = &flow->stream;

	while (*at && *at != stream)
		at = &(*at)->next;
	if (!*at)
		return;
	WRITE_ONCE(*at, stream->next);
	atomic_dec(&flow->gw->streams);
	call_rcu(&stream->rcu, stream_free_rcu);
}

void kp2p_stream_drop(struct kp2p_flow *flow, struct kp2p_stream *stream, struct list_head *held)
{
	empty(flow, stream);
	list_splice_tail_init(&stream->out, held);
	kp2p_stream_detach(flow, stream);
}

void kp2p_stream_end(struct kp2p_flow *flow, struct list_head *held)
{
	while (flow->stream)
		kp2p_stream_drop(flow, flow->stream, held);
}

void kp2p_stream_close(struct kp2p_flow *flow)
{
	struct kp2p_stream *stream, *next;

	for (stream = flow->stream; stream; stream = next) {
		next = stream->next;
		if (stream->closing)
			continue;
		empty(flow, stream);
		stream->closing = true;
		if (!stream->draining && list_empty(&stream->out))
			kp2p_stream_detach(flow, stream);
	}
	if (!flow->stream)
		WRITE_ONCE(flow->state, flow->state & ~kp2p_state(0, 0, KP2P_READ, 0));
}

/* Packets came by other ports before their host went to another one. */
static bool any_uses(const struct list_head *list, const struct net_device *dev)
{
	const struct kp2p_held *held;

	list_for_each_entry(held, list, list)
		if (kp2p_custody_uses(held, dev))
			return true;
	return false;
}

static bool uses(const struct kp2p_stream *stream, const struct net_device *dev)
{
	int i;

	for (i = 0; i < 2; i++)
		if (stream->side[i].in == dev->ifindex || stream->side[i].out == dev->ifindex ||
		    any_uses(&stream->side[i].held, dev))
			return true;
	return any_uses(&stream->out, dev);
}

void kp2p_stream_forsake(struct kp2p_flow *flow, const struct net_device *dev,
			 struct list_head *held)
{
	struct kp2p_stream *stream, *next;

	for (stream = flow->stream; stream; stream = next) {
		next = stream->next;
		if (flow->key.bridge == dev->ifindex || uses(stream, dev))
			kp2p_stream_drop(flow, stream, held);
	}
}

int kp2p_stream_init(void)
{
	stream_cache = KMEM_CACHE(kp2p_stream, 0);
	return stream_cache ? 0 : -ENOMEM;
}

/* Whoever calls this has waited for RCU's callbacks. */
void kp2p_stream_exit(void)
{
	kmem_cache_destroy(stream_cache);
}
