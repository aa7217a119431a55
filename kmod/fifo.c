// SPDX-License-Identifier: GPL-2.0-only
#include "core/pieces.h"
#include "custody.h"
#include "fifo.h"
#include "gateway.h"

/* As many as NFQUEUE takes, and a device at once */
#define LENGTH 1000

void kp2p_fifo_init(struct kp2p_fifo *fifo)
{
	spin_lock_init(&fifo->lock);
	INIT_LIST_HEAD(&fifo->line);
}

bool kp2p_fifo_is_empty(struct kp2p_fifo *fifo)
{
	bool empty;

	spin_lock_bh(&fifo->lock);
	empty = !fifo->n && !fifo->draining;
	spin_unlock_bh(&fifo->lock);
	return empty;
}

bool kp2p_fifo_is_full(const struct kp2p_fifo *fifo)
{
	return READ_ONCE(fifo->n) >= LENGTH;
}

/* The first of the same owner that came ahead of it, or the line's end */
static struct list_head *place(struct kp2p_fifo *fifo, const struct kp2p_held *held)
{
	struct kp2p_held *at;

	list_for_each_entry(at, &fifo->line, list)
		if (at->owner == held->owner && at->waits && p2p_before(held->seq, at->seq))
			break;
	return &at->list;
}

void kp2p_fifo_put(struct kp2p_fifo *fifo, struct kp2p_held *held, bool fills)
{
	spin_lock_bh(&fifo->lock);
	list_add_tail(&held->list, fills ? place(fifo, held) : &fifo->line);
	WRITE_ONCE(fifo->n, fifo->n + 1);
	spin_unlock_bh(&fifo->lock);
}

void kp2p_fifo_clear(struct kp2p_fifo *fifo, const void *owner, u32 cleared)
{
	struct kp2p_held *held;

	spin_lock_bh(&fifo->lock);
	list_for_each_entry(held, &fifo->line, list)
		if (held->owner == owner && !p2p_before(cleared, held->end))
			held->waits = false;
	spin_unlock_bh(&fifo->lock);
}

static void shift(struct kp2p_fifo *fifo, struct kp2p_held *held, struct list_head *to)
{
	lockdep_assert_held(&fifo->lock);
	list_move_tail(&held->list, to);
	WRITE_ONCE(fifo->n, fifo->n - 1);
}

void kp2p_fifo_leave(struct kp2p_fifo *fifo, const void *owner, struct list_head *to)
{
	struct kp2p_held *held, *next;

	spin_lock_bh(&fifo->lock);
	list_for_each_entry_safe(held, next, &fifo->line, list)
		if (held->owner == owner)
			shift(fifo, held, to);
	spin_unlock_bh(&fifo->lock);
}

void kp2p_fifo_forsake(struct kp2p_fifo *fifo, const struct net_device *dev,
		       struct list_head *to)
{
	struct kp2p_held *held, *next;

	spin_lock_bh(&fifo->lock);
	list_for_each_entry_safe(held, next, &fifo->line, list)
		if (kp2p_custody_uses(held, dev))
			shift(fifo, held, to);
	spin_unlock_bh(&fifo->lock);
}

/* From the line's head, as many as need not wait */
static void take_ready(struct kp2p_fifo *fifo, struct list_head *to)
{
	struct kp2p_held *held, *next;

	list_for_each_entry_safe(held, next, &fifo->line, list) {
		if (held->waits)
			break;
		shift(fifo, held, to);
	}
}

void kp2p_fifo_drain(struct kp2p_gw *gw)
{
	struct kp2p_fifo *fifo = &gw->fifo;
	LIST_HEAD(ready);

	spin_lock_bh(&fifo->lock);
	if (fifo->draining)
		goto out;
	fifo->draining = true;
	while (take_ready(fifo, &ready), !list_empty(&ready)) {
		spin_unlock_bh(&fifo->lock);
		kp2p_custody_release(gw, &ready);
		spin_lock_bh(&fifo->lock);
	}
	fifo->draining = false;
out:
	spin_unlock_bh(&fifo->lock);
}

void kp2p_fifo_tick(struct kp2p_gw *gw)
{
	local_bh_disable();
	rcu_read_lock();
	kp2p_fifo_drain(gw);
	rcu_read_unlock();
	local_bh_enable();
}
