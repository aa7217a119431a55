// SPDX-License-Identifier: GPL-2.0-only
#include <linux/skbuff.h>

#include "gateway.h"
#include "utp.h"

/* Connections that are read between two ports at a time */
#define CONNECTIONS 16

/* Silent for so long, one gives its place to another; peers keep alive every 30 s. */
#define SILENCE (60 * HZ)

/* Packets ahead of what its receiver has, at most: libtorrent takes some 950, libutp 1,023. */
#define FLIGHT 4096

/* The other direction's connection, where only one has spoken */
#define UNKNOWN 0x10000

static enum p2p_utp_decoded decode(const struct sk_buff *skb, const struct p2p_pkt *pkt,
				   struct p2p_utp *utp)
{
	u8 buf[P2P_UTP_HEAD_MAX];
	u32 len = min_t(u32, pkt->payload_len, sizeof(buf));
	struct p2p_bytes b = { skb_header_pointer(skb, pkt->payload_off, len, buf), len };

	return b.data ? p2p_utp_decode(b, pkt->payload_len, utp) : P2P_UTP_OTHER;
}

/* Without a name it may be anything, which must not suffer from that. */
static bool is_named(const struct kp2p_flow *flow)
{
	return kp2p_state_app(READ_ONCE(flow->state)) != P2P_APP_UNKNOWN;
}

static void count(const struct kp2p_flow *flow, enum kp2p_counter counter)
{
	if (is_named(flow))
		kp2p_count(flow->gw, counter);
}

/* -- connections ----------------------------------------------------------------- */

static struct kp2p_stream *find(const struct kp2p_flow *flow, unsigned int dir, u32 id)
{
	struct kp2p_stream *stream;

	for (stream = flow->stream; stream; stream = stream->next)
		if (stream->id[dir] == id)
			return stream;
	return NULL;
}

/* One direction of it was seen: it has the number before, or behind. */
static struct kp2p_stream *find_half(const struct kp2p_flow *flow, unsigned int dir, u16 id)
{
	struct kp2p_stream *stream;

	for (stream = flow->stream; stream; stream = stream->next)
		if (stream->id[dir] == UNKNOWN &&
		    (stream->id[!dir] == (u16)(id + 1) || stream->id[!dir] == (u16)(id - 1)))
			return stream;
	return NULL;
}

static bool is_silent(const struct kp2p_stream *stream)
{
	return (u32)jiffies - stream->seen > SILENCE;
}

/* Room for one more: the one that is silent the longest gives its place. */
static bool make_room(struct kp2p_flow *flow, struct list_head *held)
{
	struct kp2p_stream *stream, *silent = NULL;
	unsigned int n = 0;

	for (stream = flow->stream; stream; stream = stream->next, n++)
		if (!silent || stream->seen - silent->seen >= 1U << 31)
			silent = stream;
	if (n < CONNECTIONS)
		return true;
	if (!is_silent(silent))
		return false;
	kp2p_stream_drop(flow, silent, held);
	return true;
}

static struct kp2p_stream *add(struct kp2p_flow *flow, unsigned int dir, u32 id, u32 other)
{
	struct kp2p_stream *stream = kp2p_stream_add(flow);

	if (!stream)
		return NULL;
	stream->packets = true;
	stream->id[dir] = id;
	stream->id[!dir] = other;
	stream->seen = (u32)jiffies;
	return stream;
}

/* By a SYN, which came by @port */
static struct kp2p_stream *add_called(struct kp2p_flow *flow, unsigned int dir, u16 id, u16 nr,
				      int port)
{
	struct kp2p_stream *stream = add(flow, dir, (u16)(id + 1), id);

	if (!stream)
		return NULL;
	stream->syn = true;
	stream->caller = dir;
	stream->nr = nr;
	stream->side[dir].in = port;
	kp2p_stream_begin_side(stream, dir, (u16)(nr + 1));
	stream->side[!dir].began = true; /* it will not begin otherwise */
	return stream;
}

/* By which port; 0 where all is on one */
static int port_of(const struct nf_hook_state *nf)
{
	return nf->in == nf->out ? 0 : nf->in->ifindex;
}

/* A SYN's connection. One that is there keeps its number, as its receiver does. */
static struct kp2p_stream *by_syn(struct kp2p_flow *flow, const struct nf_hook_state *nf,
				  unsigned int dir, const struct p2p_utp *utp, bool *refused,
				  struct list_head *held)
{
	struct kp2p_stream *stream = find(flow, dir, (u16)(utp->id + 1));

	if (stream && stream->syn && stream->caller == dir && stream->nr == utp->seq)
		return stream;
	stream = stream ?: find(flow, !dir, utp->id);
	if (stream && is_silent(stream)) {
		kp2p_stream_drop(flow, stream, held);
		stream = NULL;
	}
	*refused = stream || !make_room(flow, held);
	return *refused ? NULL : add_called(flow, dir, utp->id, utp->seq, port_of(nf));
}

/* Of what is no SYN; in mid-stream one direction is met before the other. */
static struct kp2p_stream *by_id(struct kp2p_flow *flow, unsigned int dir, u16 id, bool *refused,
				 struct list_head *held)
{
	struct kp2p_stream *stream = find(flow, dir, id);

	if (stream)
		return stream;
	stream = find_half(flow, dir, id);
	if (stream) {
		stream->id[dir] = id;
		return stream;
	}
	*refused = !make_room(flow, held);
	return *refused ? NULL : add(flow, dir, id, UNKNOWN);
}

struct kp2p_stream *kp2p_utp_stream(struct kp2p_flow *flow, const struct nf_hook_state *nf,
				    const struct p2p_pkt *pkt, const struct p2p_utp *utp,
				    bool *refused, struct list_head *held)
{
	struct kp2p_stream *stream;

	lockdep_assert_held(&flow->lock);
	*refused = false;
	stream = utp->type == P2P_UTP_SYN ? by_syn(flow, nf, pkt->dir, utp, refused, held) :
					    by_id(flow, pkt->dir, utp->id, refused, held);
	if (stream)
		stream->seen = (u32)jiffies;
	if (*refused)
		count(flow, KP2P_N_STREAM_UTP_REFUSED);
	return stream;
}

/* -- the first ones --------------------------------------------------------------- */

/* false: another one was before */
static bool remember(struct kp2p_dir *dir, const struct nf_hook_state *nf,
		     const struct p2p_utp *utp)
{
	u32 start = (u32)utp->id << 16 | utp->seq;

	if (dir->flags & P2P_SYN)
		return dir->start == start;
	dir->start = start;
	dir->port = port_of(nf);
	WRITE_ONCE(dir->flags, dir->flags | P2P_SYN);
	return true;
}

bool kp2p_utp_begin(struct kp2p_flow *flow, const struct sk_buff *skb,
		    const struct nf_hook_state *nf, const struct p2p_pkt *pkt)
{
	const struct kp2p_dir *dir;
	struct p2p_utp utp;
	LIST_HEAD(none);
	bool refused;
	int i;

	lockdep_assert_held(&flow->lock);
	if (pkt->frag || decode(skb, pkt, &utp) != P2P_UTP_PACKET || utp.type == P2P_UTP_RESET ||
	    (utp.type == P2P_UTP_SYN && remember(&flow->dir[pkt->dir], nf, &utp)))
		return true;
	for (i = 0; i < 2; i++) {
		dir = &flow->dir[i];
		if (dir->flags & P2P_SYN)
			add_called(flow, i, dir->start >> 16, (u16)dir->start, dir->port);
	}
	if (!flow->stream)
		kp2p_utp_stream(flow, nf, pkt, &utp, &refused, &none);
	return flow->stream || !is_named(flow) || !(flow->notes & KP2PADM_FLOW_UNINSPECTED);
}

/* -- packets ------------------------------------------------------------------------ */

enum kp2p_look kp2p_utp_look(const struct kp2p_flow *flow, const struct sk_buff *skb,
			     const struct p2p_pkt *pkt, struct p2p_utp *utp)
{
	enum kp2p_look refused = is_named(flow) ? KP2P_LOOK_REFUSED : KP2P_LOOK_BY;

	if (pkt->frag) {
		count(flow, KP2P_N_FRAGMENTS_DROPPED);
		return refused;
	}
	switch (decode(skb, pkt, utp)) {
	case P2P_UTP_OTHER:
		return KP2P_LOOK_BY;
	case P2P_UTP_BAD:
		break;
	case P2P_UTP_PACKET:
		if (utp->type == P2P_UTP_RESET)
			return KP2P_LOOK_BY;
		if (skb_is_gso(skb)) /* several, of which one alone could be told */
			break;
		if (kp2p_pkt_whole(skb, pkt) && kp2p_pkt_sound(skb, pkt))
			return KP2P_LOOK_READ;
		count(flow, KP2P_N_STREAM_BAD_CHECKSUM);
		return refused;
	}
	count(flow, KP2P_N_STREAM_UTP_REFUSED);
	return refused;
}

/* What the other direction's receiver has for its beginning, it says first. */
static void begin_other(struct kp2p_stream *stream, const struct nf_hook_state *nf,
			unsigned int dir, u32 ack)
{
	if (kp2p_stream_own_ack(stream, nf, dir))
		return;
	if (stream->syn)
		kp2p_stream_begin_side(stream, !dir, ack);
	else
		p2p_reasm_start(&stream->side[!dir].queue, ack);
}

bool kp2p_utp_part(struct kp2p_flow *flow, struct kp2p_stream *stream,
		   const struct nf_hook_state *nf, const struct p2p_pkt *pkt,
		   const struct p2p_utp *utp, struct kp2p_part *part)
{
	struct p2p_reasm *queue = &stream->side[pkt->dir].queue;
	struct p2p_reasm *other = &stream->side[!pkt->dir].queue;

	lockdep_assert_held(&flow->lock);
	*part = (struct kp2p_part){
		.seq = p2p_utp_widen(queue->end, utp->seq),
		.units = p2p_utp_counts(utp),
		.off = pkt->payload_off + utp->head,
		.len = pkt->payload_len - utp->head,
		.ack = p2p_utp_widen(other->base, utp->ack + 1),
		.window = FLIGHT,
		.acks = utp->type != P2P_UTP_SYN,
	};
	if (part->acks && !other->started)
		begin_other(stream, nf, pkt->dir, part->ack);
	/* who is called may hang up at once; an end has nothing that could be read */
	if (utp->type == P2P_UTP_FIN && !part->len && stream->syn && !queue->started)
		part->units = 0;
	if (!stream->spoilt && (queue->started || !part->units || !stream->syn))
		return true;
	stream->spoilt |= !is_named(flow);
	count(flow, KP2P_N_STREAM_UTP_REFUSED);
	return false;
}
