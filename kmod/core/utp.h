/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uTP, BitTorrent's transport over UDP (BEP 29), as far as its streams need it. All
 * numbers big endian.
 *
 *	type * 16 + version 1 | extension 1 | connection 2 | timestamp 4 |
 *	timestamp difference 4 | window 4 | sequence 2 | acknowledged 2 | extensions
 *
 *	version 1; extension: 0 none, 1 selective ack, 2 extension bits, 3 close
 *	reason; each begins with the next one's number and its own length
 *
 * The initiator's SYN carries connection n, which is the connection of all that it
 * receives; what it sends later carries n + 1. SYN, DATA and FIN take a sequence
 * number each, whatever they carry; STATE and RESET do not. A resent packet is the
 * same but for its header, so a stream is one of packets, and a packet its unit.
 *
 * What its receivers (libtorrent, libutp) take for uTP and for its payload must be
 * taken so here: they ask for the version and the type, and walk the extensions by
 * their lengths, known or not.
 */
#ifndef P2P_CORE_UTP_H
#define P2P_CORE_UTP_H

#include "bytes.h"

P2P_BEGIN_DECLS

enum p2p_utp_type { P2P_UTP_DATA, P2P_UTP_FIN, P2P_UTP_STATE, P2P_UTP_RESET, P2P_UTP_SYN };

enum {
	P2P_UTP_HEADER = 20,
	P2P_UTP_HEAD_MAX = 160, /* with extensions; none that is sent has half of it */
	P2P_UTP_EXTENSIONS = 4,
};

/** enum p2p_utp_decoded - what a datagram is */
enum p2p_utp_decoded {
	P2P_UTP_OTHER,	/* no uTP to anybody: a header that goes on behind its end is none */
	P2P_UTP_BAD,	/* with more extensions than are read: where its payload begins is unknown */
	P2P_UTP_PACKET,
};

/**
 * struct p2p_utp - a packet's header
 * @type: enum p2p_utp_type
 * @odd: an extension is one that nobody knows, or of a length that it cannot have
 * @id: connection
 * @seq: sequence number
 * @ack: the last one that came in order
 * @time: microseconds, its sender's clock
 * @difference: as it saw the other one's
 * @window: bytes
 * @head: where the payload begins
 */
struct p2p_utp {
	u8 type;
	bool odd;
	u16 id;
	u16 seq;
	u16 ack;
	u32 time;
	u32 difference;
	u32 window;
	u32 head;
};

/**
 * p2p_utp_decode() - read a datagram's header
 * @b: its first bytes, P2P_UTP_HEAD_MAX of them or all
 * @len: how many it has
 * @utp: filled in where it is P2P_UTP_PACKET; @utp->head <= @len then
 */
enum p2p_utp_decoded p2p_utp_decode(struct p2p_bytes b, u32 len, struct p2p_utp *utp);

/** p2p_utp_counts() - does it take a sequence number of its stream? A SYN's is before it. */
static inline bool p2p_utp_counts(const struct p2p_utp *utp)
{
	return utp->type == P2P_UTP_DATA || utp->type == P2P_UTP_FIN;
}

/** p2p_utp_widen() - the number on the circle of 2^32 that is @nr here, and next to @near */
static inline u32 p2p_utp_widen(u32 near, u16 nr)
{
	u16 ahead = nr - (u16)near;

	return near + ahead - (ahead & 0x8000 ? 0x10000 : 0);
}

P2P_END_DECLS

#endif
