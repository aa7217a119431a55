/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow's bytes as its receivers will read them: the kernel's side of the dual queue
 * (core/reasm.h). What counts in it are units: TCP's are bytes (tcp.h), uTP's are packets
 * (utp.h), and a flow of its datagrams has a stream for each of its connections.
 *
 * Only a flow that something wants to read has a stream: content rules, rules that
 * say scan or audit, and while it is undecided, a policy that has any of these. What
 * is kept are clones, which share their data with what was forwarded; they count by truesize.
 *
 * object           writers      readers  freed by
 * flow->stream     flow->lock   any      flow's end, policy, device: RCU
 * a stream         flow->lock            with it
 * a stream's held  flow->lock            spliced, then custody's
 *
 * Whoever releases what was held is the only one to send for the stream while he
 * does (@draining): he splices what may go under the lock and sends it without.
 * What may go meanwhile is put behind it.
 */
#ifndef KP2P_STREAM_H
#define KP2P_STREAM_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>

#include "core/reasm.h"
#include "flow.h"
#include "policy.h"

/**
 * enum kp2p_queue - where what came ahead of a gap waits, by the module's parameter queue
 * @KP2P_QUEUE_FAST: nowhere: it goes on, and a clone waits
 * @KP2P_QUEUE_HOLD: by itself, in custody of its flow
 * @KP2P_QUEUE_FIFO: in the line of all flows that are read, and keeps them waiting (fifo.h)
 */
enum kp2p_queue { KP2P_QUEUE_FAST, KP2P_QUEUE_HOLD, KP2P_QUEUE_FIFO };

/**
 * struct kp2p_side - one direction of a stream
 * @queue: the dual queue
 * @held: struct kp2p_held, by number
 * @in: index of the port that the data came by last; 0: there was none
 * @out: and by which it left
 * @scale: of the windows that it announces
 * @began: it is read from its first byte on
 * @fast_passed: segments that were passed ahead of a gap
 * @held_ever: that were held
 * @conflicts: that differed from what had passed
 * @bytes_read: in order
 */
struct kp2p_side {
	struct p2p_reasm queue;
	struct list_head held;
	int in;
	int out;
	u8 scale;
	bool began;
	u32 fast_passed;
	u32 held_ever;
	u32 conflicts;
	u64 bytes_read;
};

/**
 * struct kp2p_stream - both directions of a flow, or of a connection of uTP's
 * @next: another one of the flow
 * @side: by the packet's direction
 * @reader: reads them, once the flow has a name
 * @out: struct kp2p_held that may go, in order
 * @spare: room for the next packet that is held
 * @unlike: any of the next four: it is not what nearly all are
 * @mode: enum kp2p_queue, as it began with
 * @draining: somebody sends what may go
 * @closing: nobody reads it any more; it ends when @out has been sent
 * @packets: its units are packets: it is uTP's, as are @syn to @id
 * @asked: it has a name: its reader was asked for, whether or not there is one
 * @syn: it is read from its SYN on
 * @spoilt: before it had a name, or was answered, something passed that may not be what
 *	was read; nothing does any more
 * @caller: who sent the SYN, if @syn
 * @nr: and its sequence number
 * @seen: jiffies of the last packet
 * @id: connection, by the packet's direction
 * @rcu: for its release
 */
struct kp2p_stream {
	struct kp2p_stream *next;
	struct kp2p_side side[2];
	struct kp2p_reader *reader;
	struct list_head out;
	struct kp2p_held *spare;
	union {
		u32 unlike;
		struct {
			u8 mode;
			bool draining;
			bool closing;
			bool packets;
		};
	};
	bool asked;
	bool syn;
	bool spoilt;
	u8 caller;
	u16 nr;
	u32 seen;
	u32 id[2];
	struct rcu_head rcu;
};

/**
 * struct kp2p_part - what a packet is to its stream
 * @seq: number of its first unit
 * @units: how many it has
 * @off: where its payload begins, from skb->data on
 * @len: bytes of it
 * @ack: the other direction's units below are there, if @acks
 * @window: and so many more are asked for
 * @acks: it says what has come
 */
struct kp2p_part {
	u32 seq;
	u32 units;
	u32 off;
	u32 len;
	u32 ack;
	u32 window;
	bool acks;
};

/** enum kp2p_look - what a first look at a packet says */
enum kp2p_look {
	KP2P_LOOK_READ,	   /* it is for its stream */
	KP2P_LOOK_BY,	   /* it belongs to none, and passes */
	KP2P_LOOK_REFUSED, /* it has to be dropped, which is counted */
};

int kp2p_stream_init(void);
void kp2p_stream_exit(void);

/**
 * kp2p_stream_add() - one more for @flow
 *
 * Context: flow->lock held. Return: NULL at the limit, or without memory: that is
 * counted, and what it would have read passes unread.
 */
struct kp2p_stream *kp2p_stream_add(struct kp2p_flow *flow);

/** kp2p_stream_begin_side() - a direction is read from its first unit on, which is @seq */
void kp2p_stream_begin_side(struct kp2p_stream *stream, unsigned int dir, u32 seq);

/**
 * kp2p_stream_end() - the flow ends
 * @held: what was held, for kp2p_custody_purge()
 *
 * Context: flow->lock held, or nobody else has the flow.
 */
void kp2p_stream_end(struct kp2p_flow *flow, struct list_head *held);

/** kp2p_stream_detach() - it is empty, and leaves; perhaps it has. Context: flow->lock held */
void kp2p_stream_detach(struct kp2p_flow *flow, struct kp2p_stream *stream);

/** kp2p_stream_drop() - one of the flow's ends; else as kp2p_stream_end() */
void kp2p_stream_drop(struct kp2p_flow *flow, struct kp2p_stream *stream, struct list_head *held);

/**
 * kp2p_stream_close() - nobody reads them any more
 *
 * What was held goes before the packet at hand, which is for kp2p_stream_packet(), as
 * all are while flow->stream is there.
 *
 * Context: flow->lock held.
 */
void kp2p_stream_close(struct kp2p_flow *flow);

/**
 * kp2p_stream_own_ack() - does a packet of @dir come from where the other one's data do?
 *
 * What it acknowledges is then its sender's own.
 */
bool kp2p_stream_own_ack(const struct kp2p_stream *stream, const struct nf_hook_state *nf,
			 unsigned int dir);

/**
 * kp2p_stream_packet() - a packet of a flow that has a stream
 *
 * Context: RCU read side, bottom halves off, flow->lock not held.
 * Return: KP2P_PASS, KP2P_DROP, KP2P_STOLEN: it is in custody; KP2P_RESET: what the
 * flow carries has ended it, just now, and both ends have to be told.
 */
enum kp2p_action kp2p_stream_packet(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				    struct sk_buff *skb, const struct nf_hook_state *nf,
				    const struct p2p_pkt *pkt);

/**
 * kp2p_stream_forsake() - end it if it has to do with a device that goes
 * @held: as kp2p_stream_end()
 *
 * Context: flow->lock held.
 */
void kp2p_stream_forsake(struct kp2p_flow *flow, const struct net_device *dev,
			 struct list_head *held);

#endif
