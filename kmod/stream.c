// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/skbuff.h>
#include <net/dst.h>

#include "classify.h"
#include "clone.h"
#include "custody.h"
#include "event.h"
#include "fifo.h"
#include "gateway.h"
#include "pkt.h"
#include "reader.h"
#include "stream.h"
#include "stream_way.h"
#include "tcp.h"
#include "utp.h"

unsigned int kp2p_stream_kib = 4096;
module_param_named(stream_kib, kp2p_stream_kib, uint, 0644);
MODULE_PARM_DESC(stream_kib, "KiB of packets that are kept of one direction of a flow");

unsigned int kp2p_stream_packets = 4096;
module_param_named(stream_packets, kp2p_stream_packets, uint, 0644);
MODULE_PARM_DESC(stream_packets, "packets that are kept of one direction of a flow");

static unsigned int gap_seconds = 30;
module_param(gap_seconds, uint, 0644);
MODULE_PARM_DESC(gap_seconds, "seconds after which no more is passed ahead of a gap that nobody fills");

/* Of an undecided flow's direction so many are kept to be read once it has a name. */
#define UNDECIDED_PACKETS 64

/* struct work - a packet at hand, as the dual queue's environment */
struct work {
	struct kp2p_gw *gw;
	struct kp2p_flow *flow;
	struct kp2p_stream *stream;
	struct sk_buff *skb;
	const struct p2p_pkt *pkt;
	struct kp2p_part part;
	unsigned int first; /* the flow's first packet's direction */
	unsigned int dir; /* the one that is inspected: 0 for @first */
};

/* -- what the dual queue asks for ---------------------------------------------- */

static struct p2p_piece *keep(void *ctx, u32 off, u32 len)
{
	struct work *work = ctx;
	bool next = work->part.seq + off == work->stream->side[work->pkt->dir].queue.end;
	struct p2p_piece *piece = kp2p_clone_keep(work->gw, work->skb, next);

	if (!piece)
		return NULL;
	piece->own = work->part.off;
	piece->own_len = work->stream->packets ? work->part.len : 0;
	return piece;
}

static void give(void *ctx, struct p2p_piece *piece)
{
	struct work *work = ctx;

	kp2p_clone_spend(work->gw, piece);
}

static bool same(void *ctx, const struct p2p_piece *piece, u32 at, u32 off, u32 len)
{
	const struct work *work = ctx;

	if (!work->stream->packets)
		return kp2p_clone_same(piece, at, work->skb, work->part.off + off, len);
	return piece->own_len == work->part.len &&
	       kp2p_clone_same(piece, 0, work->skb, work->part.off, piece->own_len);
}

/* Of an undecided flow what came ahead of a gap was not yet seen as what follows. The
 * packet at hand was.
 */
static noinline void classify(const struct work *work, const struct p2p_piece *piece, u32 at,
			      u32 len)
{
	struct sk_buff *clone = kp2p_clone_skb(piece);
	struct p2p_pkt kept = *work->pkt;

	if (clone->head == work->skb->head)
		return;
	kept.dir = work->dir ^ work->first;
	kept.flags = P2P_ACK;
	kept.seq = piece->seq + at;
	kept.payload_off = kp2p_clone_off(piece) + at;
	kept.payload_len = len;
	kp2p_classify_kept(work->flow, clone, &kept);
}

static enum p2p_inspected inspect(void *ctx, const struct p2p_piece *piece, u32 at, u32 len,
				  u32 *taken)
{
	const struct work *work = ctx;
	u32 off = kp2p_clone_off(piece) + at;

	*taken = len;
	if (work->stream->packets) {
		off = piece->own;
		len = piece->own_len;
	} else if (!work->stream->reader) {
		classify(work, piece, at, len);
	}
	if (!work->stream->reader)
		return P2P_CLEARED;
	return kp2p_stream_read(work->stream->reader, &work->stream->side[work->dir ^ work->first],
				work->dir, kp2p_clone_skb(piece), off, len);
}

static void skip(void *ctx, u32 len)
{
	const struct work *work = ctx;
	bool packets = work->stream->packets; /* nobody knows what was in them */

	kp2p_count_n(work->gw, packets ? KP2P_N_STREAM_UTP_SKIPPED : KP2P_N_STREAM_BYTES_SKIPPED, len);
	if (work->stream->reader) {
		kp2p_reader_skip(work->stream->reader, work->dir, packets ? P2P_GAP_UNKNOWN : len);
		return;
	}
	/* whoever reads it later does not read it from its beginning */
	work->stream->side[work->dir ^ work->first].queue.whole = false;
	work->stream->side[work->dir ^ work->first].began = false;
}

static const struct p2p_reasm_ops ops = {
	.keep = keep,
	.give = give,
	.same = same,
	.inspect = inspect,
	.skip = skip,
};

static struct p2p_reasm_env env_of(struct work *work)
{
	struct p2p_reasm_env env = kp2p_stream_limits();

	env.ops = &ops;
	env.ctx = work;
	env.now = (u32)jiffies;
	env.hold = work->stream->mode != KP2P_QUEUE_FAST;
	return env;
}

/* -- packets ------------------------------------------------------------------- */

/* What was passed while nobody answered was not compared, and perhaps not what the other
 * end took: once it speaks, what it has not acknowledged is read anew. Of uTP nobody sends
 * any before he was answered, but to be read instead of what he sends then.
 */
static void sighted(struct work *work, const struct p2p_reasm_env *env)
{
	struct kp2p_stream *stream = work->stream;
	struct p2p_reasm *queue = &stream->side[!work->pkt->dir].queue;

	if (!queue->forgetful)
		return;
	queue->forgetful = false;
	if (!p2p_before(work->part.ack, queue->end))
		return;
	stream->spoilt |= stream->syn;
	p2p_reasm_free(queue, env);
	p2p_reasm_start(queue, work->part.ack);
	stream->side[!work->pkt->dir].began = false;
	if (stream->reader)
		kp2p_reader_skip(stream->reader, work->dir ^ 1, P2P_GAP_UNKNOWN);
}

/* Where all is on one port, nobody can tell. */
bool kp2p_stream_own_ack(const struct kp2p_stream *stream, const struct nf_hook_state *nf,
			 unsigned int dir)
{
	int in = stream->side[!dir].in;

	return in && nf->in->ifindex == in && in != stream->side[!dir].out;
}

static enum kp2p_counter counter_of(enum p2p_segment what)
{
	switch (what) {
	case P2P_SEG_AHEAD:
		return KP2P_N_STREAM_FAST_PASSED;
	case P2P_SEG_AGAIN:
		return KP2P_N_STREAM_AGAIN;
	case P2P_SEG_OLD:
		return KP2P_N_STREAM_OLD;
	case P2P_SEG_PLUG:
	case P2P_SEG_HELD:
		return KP2P_N_STREAM_HELD;
	case P2P_SEG_ABSORBED:
		return KP2P_N_STREAM_ABSORBED;
	case P2P_SEG_CONFLICT:
		return KP2P_N_STREAM_CONFLICTS;
	case P2P_SEG_NO_ROOM:
		return KP2P_N_STREAM_NO_ROOM;
	case P2P_SEG_OUTSIDE:
		return KP2P_N_STREAM_OUTSIDE;
	case P2P_SEG_BLOCKED: /* block() does */
	case P2P_SEG_EMPTY:
	case P2P_SEG_ORDERED:
	case P2P_SEGMENTS:
		break;
	}
	return KP2P_N_STREAM_ORDERED;
}

static void count_segment(struct work *work, enum p2p_segment what)
{
	enum kp2p_counter counter = counter_of(what);
	unsigned int dir = work->pkt->dir;

	kp2p_count(work->gw, counter);
	work->stream->side[dir].fast_passed += counter == KP2P_N_STREAM_FAST_PASSED;
	work->stream->side[dir].held_ever += counter == KP2P_N_STREAM_HELD;
	work->stream->side[dir].conflicts += counter == KP2P_N_STREAM_CONFLICTS;
}

/* The packet at hand, to the room that was had for it */
static struct kp2p_held *take(struct work *work, const struct nf_hook_state *nf)
{
	struct kp2p_held *held = work->stream->spare;
	u32 seq = work->part.seq;

	work->stream->spare = NULL;
	kp2p_custody_take(held, work->skb, nf, seq, seq + work->part.units);
	return held;
}

/* In custody, by number */
static enum kp2p_action hold(struct work *work, const struct nf_hook_state *nf)
{
	struct kp2p_held *new = take(work, nf), *at;
	struct list_head *held = &work->stream->side[work->pkt->dir].held;

	list_for_each_entry_reverse(at, held, list)
		if (!p2p_before(new->seq, at->seq))
			break;
	list_add(&new->list, &at->list);
	return KP2P_STOLEN;
}

/* Of a direction, is there one that is held and may go? */
static bool may_go(const struct kp2p_stream *stream, unsigned int dir)
{
	const struct list_head *held = &stream->side[dir].held;

	return !list_empty(held) &&
	       !p2p_before(stream->side[dir].queue.cleared,
			   list_first_entry(held, struct kp2p_held, list)->end);
}

static void let_go(struct work *work, unsigned int dir)
{
	struct kp2p_stream *stream = work->stream;

	if (stream->mode == KP2P_QUEUE_FIFO)
		kp2p_fifo_clear(&work->gw->fifo, &stream->side[dir],
				stream->side[dir].queue.cleared);
	while (may_go(stream, dir))
		list_move_tail(stream->side[dir].held.next, &stream->out);
}

/* The packet may go: at once, or between those of its flow that go, too */
static enum kp2p_action forward(struct work *work, const struct nf_hook_state *nf)
{
	struct kp2p_stream *stream = work->stream;

	if (!stream->draining && list_empty(&stream->out) && !may_go(stream, work->pkt->dir))
		return KP2P_PASS;
	list_add_tail(&take(work, nf)->list, &stream->out);
	let_go(work, work->pkt->dir);
	return KP2P_STOLEN;
}

/* In the line of all flows. @waits: it may not go yet; @fills: others of it wait for it. */
static enum kp2p_action line_up(struct work *work, const struct nf_hook_state *nf, bool waits,
				bool fills)
{
	struct kp2p_fifo *fifo = &work->gw->fifo;
	unsigned int dir = work->pkt->dir;
	enum kp2p_action action = KP2P_STOLEN;
	struct kp2p_held *held;

	if (!waits && kp2p_fifo_is_empty(fifo))
		return KP2P_PASS;
	if (kp2p_fifo_is_full(fifo)) {
		kp2p_count(work->gw, KP2P_N_STREAM_NO_ROOM);
		action = KP2P_DROP;
	} else {
		held = take(work, nf);
		held->owner = &work->stream->side[dir];
		held->waits = waits;
		kp2p_fifo_put(fifo, held, fills);
	}
	if (fills)
		let_go(work, dir);
	return action;
}

static void note_ack(struct work *work, const struct p2p_reasm_env *env,
		     const struct nf_hook_state *nf)
{
	struct kp2p_stream *stream = work->stream;
	unsigned int dir = work->pkt->dir;
	struct p2p_reasm *other = &stream->side[!dir].queue;

	if (kp2p_stream_own_ack(stream, nf, dir)) {
		kp2p_count(work->gw, KP2P_N_STREAM_ACKS_REFUSED);
		return;
	}
	work->dir ^= 1;
	switch (p2p_reasm_ack(other, env, work->part.ack, work->part.window)) {
	case P2P_ACK_OLD:
	case P2P_ACK_NEW:
		break;
	case P2P_ACK_HOLE:
		kp2p_count(work->gw, KP2P_N_STREAM_HOLES);
		p2p_reasm_resume(other, env);
		let_go(work, !dir);
		break;
	case P2P_ACK_BEYOND:
		kp2p_count(work->gw, KP2P_N_STREAM_ACKS_REFUSED);
		break;
	}
	work->dir ^= 1;
}

/* -- reading ------------------------------------------------------------------- */

/* What has been kept of a direction, to the reader that there is now */
static enum p2p_inspected read_kept(struct work *work, const struct p2p_reasm_env *env,
				    unsigned int dir)
{
	struct kp2p_stream *stream = work->stream;
	struct p2p_reasm *queue = &stream->side[dir].queue;
	enum p2p_inspected said;

	work->dir = dir ^ work->first;
	if (!stream->side[dir].began)
		kp2p_reader_skip(stream->reader, work->dir, P2P_GAP_UNKNOWN);
	said = queue->whole ? p2p_reasm_recall(queue, env) : P2P_CLEARED;
	work->dir = work->pkt->dir ^ work->first;
	return said;
}

/* Nobody can read it, or (@wanted) there is no memory for who would: as the policy says, it goes
 * on unread, or waits for that.
 */
static enum p2p_inspected without_reader(struct work *work, const struct kp2p_policy *policy,
					 bool wanted)
{
	struct kp2p_stream *stream = work->stream;
	int i;

	if (wanted) {
		kp2p_count(work->gw, KP2P_N_STREAMS_NOMEM);
		WRITE_ONCE(work->flow->notes, work->flow->notes | KP2PADM_FLOW_UNINSPECTED);
		if (policy->set->unread != KP2PADM_VERDICT_PASS)
			return P2P_WAITS;
	}
	stream->asked = true;
	for (i = 0; i < 2; i++)
		stream->side[i].queue.whole = false;
	return P2P_CLEARED;
}

/* The flow has got its name: its protocol's dissector reads it from the beginning. Who
 * was called speaks second.
 */
static enum p2p_inspected begin_reading(struct work *work, const struct p2p_reasm_env *env,
					const struct kp2p_flow *flow,
					const struct kp2p_policy *policy)
{
	bool readable = flow->key.l4 == P2P_UDP || p2p_dissects(flow->proto);
	struct kp2p_stream *stream = work->stream;
	enum p2p_inspected said;

	if (readable)
		stream->reader = kp2p_reader_new(work->flow, policy->set);
	if (!stream->reader)
		return without_reader(work, policy, readable);
	stream->asked = true;
	said = read_kept(work, env, flow->first);
	return said == P2P_CLEARED ? read_kept(work, env, !flow->first) : said;
}

/* An undecided flow, of which more has passed than is kept for it */
static void bound_undecided(struct kp2p_stream *stream)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!stream->side[i].queue.whole ||
		    stream->side[i].queue.ordered.n <= UNDECIDED_PACKETS)
			continue;
		stream->side[i].queue.whole = false;
		stream->side[i].began = false;
	}
}

static enum p2p_inspected tend_reader(struct work *work, const struct p2p_reasm_env *env,
				      const struct kp2p_flow *flow,
				      const struct kp2p_policy *policy)
{
	struct kp2p_stream *stream = work->stream;

	if (stream->reader) {
		kp2p_reader_renew(stream->reader, policy->set);
		return stream->reader->reading.verdict == P2P_VERDICT_PASS ? P2P_CLEARED : P2P_BLOCKED;
	}
	if (kp2p_state_app(flow->state) != P2P_APP_UNKNOWN && !stream->asked)
		return begin_reading(work, env, flow, policy);
	bound_undecided(stream);
	return P2P_CLEARED;
}

/* Nobody reads it any more: it follows what was held. */
static enum kp2p_action follow(struct work *work, const struct nf_hook_state *nf)
{
	struct kp2p_held *held = kp2p_custody_alloc();

	if (!held) {
		kp2p_count(work->gw, KP2P_N_STREAM_NO_ROOM);
		return KP2P_DROP;
	}
	kp2p_custody_take(held, work->skb, nf, 0, 0);
	list_add_tail(&held->list, &work->stream->out);
	return KP2P_STOLEN;
}

/* Send what may go; nobody else does. */
static void drain(struct kp2p_flow *flow, struct kp2p_stream *stream)
{
	LIST_HEAD(list);

	spin_lock(&flow->lock);
	while (!list_empty(&stream->out)) {
		list_splice_init(&stream->out, &list);
		spin_unlock(&flow->lock);
		kp2p_custody_release(flow->gw, &list);
		spin_lock(&flow->lock);
	}
	stream->draining = false;
	if (stream->closing && !(flow->sides & KP2P_SIDE_GONE)) {
		kp2p_stream_detach(flow, stream);
		/* its next packet asks whether it is read */
		WRITE_ONCE(flow->state, flow->state & ~kp2p_state(~0, 0, 0, 0));
	}
	spin_unlock(&flow->lock);
}

/* Nobody fills its gap: what is ahead of it is not passed for ever. */
static bool is_stuck(const struct work *work, const struct p2p_reasm_env *env,
		     const struct p2p_reasm *queue)
{
	u32 limit = min(READ_ONCE(gap_seconds), 3600U) * HZ;

	return queue->ooo.n && !queue->waiting && p2p_before(queue->end, work->part.seq) &&
	       work->part.units && env->now - queue->since > limit;
}

/* What it carries ends the flow: its next packet is judged so, which is no news then. */
static enum kp2p_action end_flow(struct work *work, struct kp2p_flow *flow,
				 const struct nf_hook_state *nf, bool reset,
				 const struct kp2p_found *found)
{
	struct kp2p_dir *dir = &flow->dir[work->pkt->dir];
	u64 state = flow->state;
	unsigned int also = kp2p_state_action(state) & (KP2P_WOULD | KP2P_LOST);

	flow->sides |= KP2P_SIDE_BLOCKED;
	if (reset) {
		flow->sides |= KP2P_SIDE_BLOCKED_RESET | KP2P_SIDE_RESET;
		WRITE_ONCE(dir->flags, dir->flags | P2P_RST);
	}
	WRITE_ONCE(flow->state, kp2p_state(0, kp2p_state_app(state),
					   also | (reset ? KP2P_RESET : KP2P_DROP),
					   state & KP2P_STATE_SETTLED));
	kp2p_event_verdict(work->gw, flow, nf->in->ifindex, found);
	return reset ? KP2P_RESET : KP2P_DROP;
}

/* by the content rules */
static noinline enum kp2p_action block(struct work *work, struct kp2p_flow *flow,
				       const struct nf_hook_state *nf)
{
	const struct kp2p_reader *reader = work->stream->reader;
	const struct kp2p_found found = kp2p_reader_found(reader);

	kp2p_count(work->gw, KP2P_N_STREAM_BLOCKED);
	return end_flow(work, flow, nf, reader->reading.verdict == P2P_VERDICT_RESET, &found);
}

/* A segment differs from what had passed. */
static noinline enum kp2p_action conflict(struct work *work, struct kp2p_flow *flow,
					  const struct kp2p_policy *policy,
					  const struct nf_hook_state *nf)
{
	if (policy->set->conflict != KP2PADM_VERDICT_RESET)
		return KP2P_DROP;
	kp2p_count(work->gw, KP2P_N_STREAMS_ENDED);
	flow->notes |= KP2PADM_FLOW_DIFFERED;
	return end_flow(work, flow, nf, true, NULL);
}

/* What its reader says does not let the packet at hand pass. */
static enum kp2p_action not_read(struct work *work, struct kp2p_flow *flow,
				 const struct nf_hook_state *nf, enum p2p_inspected said)
{
	if (said == P2P_BLOCKED)
		return block(work, flow, nf);
	kp2p_count(work->gw, KP2P_N_UNREAD_DROPPED);
	return KP2P_DROP;
}

/* Room for a packet that may have to be held, before anything is noted of it */
static bool has_spare(struct kp2p_gw *gw, struct kp2p_stream *stream)
{
	if (!stream->spare)
		stream->spare = kp2p_custody_alloc();
	if (!stream->spare)
		kp2p_count(gw, KP2P_N_STREAM_NO_ROOM);
	return stream->spare;
}

static enum kp2p_action segment(struct work *work, struct kp2p_flow *flow,
				const struct kp2p_policy *policy,
				const struct nf_hook_state *nf)
{
	const struct p2p_pkt *pkt = work->pkt;
	const struct kp2p_part *part = &work->part;
	struct kp2p_stream *stream = work->stream;
	struct p2p_reasm *queue = &stream->side[pkt->dir].queue;
	struct p2p_reasm_env env = env_of(work);
	enum p2p_inspected said;
	enum p2p_segment what;
	bool gap;

	work->first = flow->first;
	work->dir = pkt->dir ^ work->first;
	if (part->acks) {
		sighted(work, &env);
		note_ack(work, &env, nf);
	}
	said = tend_reader(work, &env, flow, policy);
	if (said != P2P_CLEARED)
		return not_read(work, flow, nf, said);
	if (is_stuck(work, &env, queue)) {
		kp2p_count(work->gw, KP2P_N_STREAM_GAPS_GIVEN_UP);
		return KP2P_DROP;
	}
	/* one direction alone passes here */
	queue->forgetful = part->acks && !atomic64_read(&flow->dir[!pkt->dir].packets);
	gap = queue->ooo.n;
	what = p2p_reasm_segment(queue, &env, part->seq, part->units, work->skb->truesize);
	/* it may just have got its name, by what this one made contiguous */
	if (what == P2P_SEG_ORDERED && !stream->reader)
		said = tend_reader(work, &env, flow, policy);
	if (said != P2P_CLEARED)
		return not_read(work, flow, nf, said);
	if (what != P2P_SEG_EMPTY && what != P2P_SEG_BLOCKED)
		count_segment(work, what);
	if (p2p_segment_fate(what) != P2P_DROP && part->units) {
		stream->side[pkt->dir].in = nf->in->ifindex;
		stream->side[pkt->dir].out = nf->out->ifindex;
	}
	if (stream->mode == KP2P_QUEUE_FIFO && p2p_segment_fate(what) != P2P_DROP)
		return line_up(work, nf, p2p_segment_fate(what) == P2P_HOLD,
			       gap && what == P2P_SEG_ORDERED);
	switch (p2p_segment_fate(what)) {
	case P2P_FORWARD:
		return forward(work, nf);
	case P2P_HOLD:
		return hold(work, nf);
	case P2P_DROP:
		break;
	}
	if (what == P2P_SEG_CONFLICT)
		return conflict(work, flow, policy, nf);
	return what == P2P_SEG_BLOCKED ? block(work, flow, nf) : KP2P_DROP;
}

/* A datagram of a flow that has no name yet, and may be anything: it passes, and is kept
 * until it can be read. One that would not have passed spoils what it is a part of.
 */
static enum kp2p_action overhear(struct work *work, const struct kp2p_flow *flow,
				 const struct nf_hook_state *nf)
{
	struct kp2p_stream *stream = work->stream;
	struct p2p_reasm_env env = env_of(work);
	enum p2p_segment what;

	env.hold = false;
	work->first = flow->first;
	work->dir = work->pkt->dir ^ work->first;
	if (work->part.acks)
		note_ack(work, &env, nf);
	bound_undecided(stream);
	what = p2p_reasm_segment(&stream->side[work->pkt->dir].queue, &env, work->part.seq,
				 work->part.units, work->skb->truesize);
	if (p2p_segment_fate(what) != P2P_FORWARD)
		stream->spoilt = true;
	else if (what != P2P_SEG_EMPTY)
		count_segment(work, what);
	return KP2P_PASS;
}

/* Datagrams of a flow that has no name yet may be anything, which must not suffer. */
static bool is_anything(const struct kp2p_flow *flow)
{
	return flow->key.l4 == P2P_UDP && kp2p_state_app(flow->state) == P2P_APP_UNKNOWN;
}

/* A packet of a flow that has no stream, or a datagram that belongs to none: it was ended
 * just now, or closed, or there was no room for one.
 */
static enum kp2p_action unread(const struct kp2p_flow *flow, const struct kp2p_policy *policy)
{
	if (flow->sides & KP2P_SIDE_BLOCKED)
		return KP2P_DROP;
	if (!(kp2p_state_action(flow->state) & KP2P_READ))
		return KP2P_PASS;
	if (!(flow->notes & KP2PADM_FLOW_UNINSPECTED))
		return KP2P_DROP;
	if (policy->set->unread == KP2PADM_VERDICT_PASS)
		return KP2P_PASS;
	kp2p_count(flow->gw, KP2P_N_UNREAD_DROPPED);
	return KP2P_DROP;
}

static enum kp2p_action through(struct work *work, struct kp2p_flow *flow,
				const struct kp2p_policy *policy, const struct nf_hook_state *nf)
{
	if (work->stream->closing)
		return follow(work, nf);
	if (is_anything(flow))
		return overhear(work, flow, nf);
	return segment(work, flow, policy, nf);
}

/* Its stream, and what it is to it; NULL, and @action what becomes of it */
static struct kp2p_stream *stream_of(struct work *work, struct kp2p_flow *flow,
				     const struct kp2p_policy *policy,
				     const struct nf_hook_state *nf, const struct kp2p_tcp *tcp,
				     const struct p2p_utp *utp, enum kp2p_action *action,
				     struct list_head *held)
{
	struct kp2p_stream *stream = flow->stream;
	bool refused = false;

	*action = is_anything(flow) ? KP2P_PASS : KP2P_DROP;
	/* one that has left its chain has no stream, nor where it would be */
	if (flow->sides & KP2P_SIDE_GONE)
		return NULL;
	if (work->pkt->key.l4 == P2P_UDP && stream)
		stream = kp2p_utp_stream(flow, nf, work->pkt, utp, &refused, held);
	if (!stream && !refused && !is_anything(flow))
		*action = unread(flow, policy);
	if (!stream)
		return NULL;
	if (stream->closing)
		return stream;
	if (!has_spare(work->gw, stream))
		return NULL;
	if (!stream->packets)
		kp2p_tcp_part(flow, work->pkt, tcp, &work->part);
	else if (!kp2p_utp_part(flow, stream, nf, work->pkt, utp, &work->part))
		return NULL;
	return stream;
}

/* A packet was seen to. What is blocked has nothing that is kept any more, what may go is
 * sent. @ended: what was held of streams that have ended.
 */
static enum kp2p_action leave(struct kp2p_stream *stream, struct kp2p_flow *flow,
			      enum kp2p_action action, struct list_head *ended)
	__releases(flow->lock)
{
	bool drains, lines_up = stream->mode == KP2P_QUEUE_FIFO;

	if (flow->sides & KP2P_SIDE_BLOCKED)
		kp2p_stream_end(flow, ended);
	drains = !stream->draining && !list_empty(&stream->out);
	stream->draining |= drains;
	spin_unlock(&flow->lock);
	if (!list_empty(ended))
		kp2p_custody_purge(flow->gw, ended);
	if (drains)
		drain(flow, stream);
	if (lines_up)
		kp2p_fifo_drain(flow->gw);
	return action;
}

/* Any packet, as its header says. Context: flow->lock held, and released */
static enum kp2p_action long_way(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				 struct sk_buff *skb, const struct nf_hook_state *nf,
				 const struct p2p_pkt *pkt, const struct kp2p_tcp *tcp,
				 const struct p2p_utp *utp)
	__releases(flow->lock)
{
	struct work work = { .gw = flow->gw, .flow = flow, .skb = skb, .pkt = pkt };
	enum kp2p_action action;
	LIST_HEAD(ended);

	/* it may be held */
	if (skb_dst(skb) && !skb_dst_force(skb)) {
		spin_unlock(&flow->lock);
		return KP2P_DROP;
	}
	work.stream = stream_of(&work, flow, policy, nf, tcp, utp, &action, &ended);
	if (work.stream)
		return leave(work.stream, flow, through(&work, flow, policy, nf), &ended);
	spin_unlock(&flow->lock);
	if (!list_empty(&ended))
		kp2p_custody_purge(flow->gw, &ended);
	return action;
}

enum kp2p_action kp2p_stream_long_way(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				      struct sk_buff *skb, const struct nf_hook_state *nf,
				      const struct p2p_pkt *pkt, struct kp2p_tcp tcp)
	__releases(flow->lock)
{
	return long_way(flow, policy, skb, nf, pkt, &tcp, NULL);
}

enum kp2p_action kp2p_stream_blocked(struct kp2p_flow *flow, const struct nf_hook_state *nf,
				     const struct p2p_pkt *pkt)
	__releases(flow->lock)
{
	struct work work = { .gw = flow->gw, .stream = flow->stream, .pkt = pkt };
	enum kp2p_action action = block(&work, flow, nf);
	LIST_HEAD(ended);

	return leave(work.stream, flow, action, &ended);
}

enum kp2p_action kp2p_stream_datagram(struct kp2p_flow *flow, const struct kp2p_policy *policy,
				      struct sk_buff *skb, const struct nf_hook_state *nf,
				      const struct p2p_pkt *pkt)
{
	struct p2p_utp utp;

	switch (kp2p_utp_look(flow, skb, pkt, &utp)) {
	case KP2P_LOOK_READ:
		break;
	case KP2P_LOOK_BY:
		return KP2P_PASS;
	case KP2P_LOOK_REFUSED:
		return KP2P_DROP;
	}
	spin_lock(&flow->lock);
	return long_way(flow, policy, skb, nf, pkt, NULL, &utp);
}
