/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line for all flows of a gateway that are read: what the dual queue is compared with,
 * and no way to run a gateway.
 *
 * A packet that cannot be read yet, ahead of a gap of its flow, stands in the line, and with
 * it everything that came later, of whatever flow. Only what fills the gap goes before what
 * waits for it, or nothing ever would. Behind a thousand packets there is no room.
 *
 * object           writers      readers  freed by
 * the line         its lock     its lock  its stream's end, a device's; or sent
 *
 * The lock is the innermost one. One at a time sends (@draining), without it.
 */
#ifndef KP2P_FIFO_H
#define KP2P_FIFO_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kp2p_gw;
struct kp2p_held;
struct net_device;

/**
 * struct kp2p_fifo - a gateway's line
 * @lock: guards the others
 * @line: struct kp2p_held, in the order that they go
 * @n: how many
 * @draining: somebody sends
 */
struct kp2p_fifo {
	spinlock_t lock;
	struct list_head line;
	unsigned int n;
	bool draining;
};

void kp2p_fifo_init(struct kp2p_fifo *fifo);

/** kp2p_fifo_is_empty() - nothing is before a packet that may go: it need not stand in line */
bool kp2p_fifo_is_empty(struct kp2p_fifo *fifo);

/** kp2p_fifo_is_full() - there is no room; each CPU may put one more, not seeing another's */
bool kp2p_fifo_is_full(const struct kp2p_fifo *fifo);

/**
 * kp2p_fifo_put() - a packet stands in line
 * @held: its owner and what it waits for are set
 * @fills: it fills a gap of its owner's: it goes before what came ahead of it
 */
void kp2p_fifo_put(struct kp2p_fifo *fifo, struct kp2p_held *held, bool fills);

/** kp2p_fifo_clear() - what @owner has in line waits no more, up to the number @cleared */
void kp2p_fifo_clear(struct kp2p_fifo *fifo, const void *owner, u32 cleared);

/** kp2p_fifo_leave() - what @owner has in line goes to @held, to be released or purged */
void kp2p_fifo_leave(struct kp2p_fifo *fifo, const void *owner, struct list_head *held);

/** kp2p_fifo_forsake() - what has to do with @dev goes to @held, to be purged */
void kp2p_fifo_forsake(struct kp2p_fifo *fifo, const struct net_device *dev,
		       struct list_head *held);

/**
 * kp2p_fifo_drain() - send what may go
 *
 * Context: bottom halves off, RCU read side, no lock held.
 */
void kp2p_fifo_drain(struct kp2p_gw *gw);

/** kp2p_fifo_tick() - the same by time: who kept the others waiting may have ended. Process */
void kp2p_fifo_tick(struct kp2p_gw *gw);

#endif
