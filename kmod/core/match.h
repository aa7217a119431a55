/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classification by payload: one flow's first packets against all protocols.
 *
 * A protocol is a function that looks at one chunk of payload and answers no,
 * more or yes. A no is final: the protocol is not asked again for this flow,
 * and a flow that every protocol has refused is settled. What a stream cuts
 * into small segments is put together again, up to P2P_HEAD_MAX bytes of each
 * direction's beginning, so one byte at a time hides nothing there.
 *
 * Nothing here depends on ports being the usual ones, on seeing the beginning
 * of a flow, or on seeing both of its directions.
 */
#ifndef P2P_CORE_MATCH_H
#define P2P_CORE_MATCH_H

#include "bytes.h"
#include "decode.h"
#include "registry.h"

P2P_BEGIN_DECLS

enum {
	P2P_HEAD_MAX = 128,	  /* bytes kept of each direction's beginning */
	P2P_VIEW_MAX = 2048,	  /* more of one packet is never looked at */
	P2P_INSPECT_PACKETS = 12, /* payload packets of a direction, then no */
	P2P_INSPECT_MIDSTREAM = 32, /* the same, TCP whose SYN we never saw */
	P2P_INSPECT_STALE = 64,	  /* TCP packets without a new byte, then no */
	P2P_UDP_TRIES = 3,	  /* datagrams of a direction before a no is final */
	P2P_SCRATCH = 24,	  /* bytes a protocol may remember of a flow */
};

/**
 * enum p2p_match - what a protocol says of what it was shown
 * @P2P_NO: it is not this one's
 * @P2P_MORE: it may be
 * @P2P_YES: it is
 * @P2P_YES_ENCRYPTED: it is, and what it carries cannot be read
 * @P2P_YES_MORE: it is; whether it is encrypted shows in a packet to come (over UDP
 *	only). From now on this protocol alone is asked.
 */
enum p2p_match { P2P_NO, P2P_MORE, P2P_YES, P2P_YES_ENCRYPTED, P2P_YES_MORE };

/**
 * struct p2p_chunk - what a protocol is shown
 * @bytes: payload. Of a TCP direction whose beginning is known (@head): the
 *         contiguous bytes from its first on. Else one packet's payload.
 * @head: @bytes begins at the first byte that this direction ever sent
 * @cut: the packet goes on behind @bytes (never shown whole)
 * @l4: P2P_TCP or P2P_UDP
 * @dir: 0 for the direction of the flow's first packet, 1 for the other
 * @nth: packets with payload shown before in this direction; those that only
 *       lengthened its head are not counted
 * @sport: source port, host order
 * @dport: destination port, host order
 */
struct p2p_chunk {
	struct p2p_bytes bytes;
	bool head;
	bool cut;
	u8 l4;
	u8 dir;
	u8 nth;
	u16 sport;
	u16 dport;
};

/**
 * struct p2p_scratch - a protocol's memory of one flow, zero at first
 *
 * Protocols lay their own small struct over it (at most P2P_SCRATCH bytes,
 * asserted where they do).
 */
struct p2p_scratch {
	u64 word[P2P_SCRATCH / 8];
};

/* Every protocol's match function: proto/<symbol>.c */
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4)                                       \
	enum p2p_match p2p_##sym##_match(const struct p2p_chunk *chunk,        \
					 struct p2p_scratch *scratch);
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO

/**
 * struct p2p_side - one direction of a flow under inspection
 * @next: TCP sequence number that follows the bytes in @head; once there is
 *        nothing more to hold, that follows the newest byte shown
 * @started: @next is known from a SYN: the direction has a head
 * @nth: packets with payload shown, but for those that lengthened @head; at
 *       most P2P_INSPECT_MIDSTREAM
 * @stale: TCP packets that brought no new byte; at most P2P_INSPECT_STALE
 * @held: bytes in @head; P2P_HEAD_MAX: the head is over, @head means nothing
 */
struct p2p_side {
	u32 next;
	bool started;
	u8 nth;
	u8 stale;
	u8 held;
	u8 head[P2P_HEAD_MAX];
};

/** struct p2p_inspect - a flow under inspection; about half a kilobyte */
struct p2p_inspect {
	u64 open;  /* a bit for each protocol that has not refused */
	bool sure; /* the one that is open said P2P_YES_MORE */
	u8 proto;  /* that one */
	struct p2p_side side[2];
	struct p2p_scratch scratch[P2P_PROTO_COUNT];
};

/** p2p_inspect_init() - begin a flow over @l4 with every protocol open */
void p2p_inspect_init(struct p2p_inspect *in, u8 l4);

/**
 * p2p_inspect_start() - a SYN told where a direction's bytes begin
 * @dir: 0 for the direction of the flow's first packet
 * @seq: sequence number of its first payload byte
 */
void p2p_inspect_start(struct p2p_inspect *in, unsigned int dir, u32 seq);

/**
 * p2p_inspect_feed() - show one packet's payload to the open protocols
 * @pkt: the decoded packet; its ports, sequence number and length are used
 * @dir: 0 for the direction of the flow's first packet
 * @view: the payload's first bytes, at most P2P_VIEW_MAX of them; may be
 *        fewer than @pkt->payload_len
 * @proto: set to the protocol where it is one's, else untouched
 *
 * Return: P2P_YES or P2P_YES_ENCRYPTED when there is no more to learn; P2P_NO
 * when every protocol has refused or the limit of packets is reached; else
 * P2P_MORE, or once P2P_YES_MORE, behind which a P2P_NO does not come.
 */
enum p2p_match p2p_inspect_feed(struct p2p_inspect *in, const struct p2p_pkt *pkt,
				unsigned int dir, struct p2p_bytes view,
				enum p2p_proto *proto);

/**
 * p2p_refusal_is_final() - every protocol has refused: is the flow settled?
 * @packets: packets of this direction so far, this one included
 *
 * Not by a sender's first datagrams: anybody can begin with one that means
 * nothing. The inspection may be forgotten and begun anew.
 */
static inline bool p2p_refusal_is_final(u8 l4, u64 packets)
{
	return l4 != P2P_UDP || packets >= P2P_UDP_TRIES;
}

P2P_END_DECLS

#endif
