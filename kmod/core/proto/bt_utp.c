// SPDX-License-Identifier: GPL-2.0-only
/*
 * uTP, BitTorrent's transport over UDP. Wire layout and specification: utp.h.
 *
 * The header is never encrypted, so the payload (plain or MSE) does not matter, but
 * for a handshake that stands there in clear.
 *
 * One header fixes few bits, so what counts is agreement: of connections,
 * sequence numbers and acknowledgements between packets, and of time stamps
 * that advance like a clock of microseconds. The latter tell apart what begins
 * with constant bytes (STUN, ESP, OpenVPN, RADIUS, RakNet).
 *
 * The initiator's first data is the handshake, or its stream is encrypted (MSE).
 */
#include "../match.h"
#include "../utp.h"

enum {
	MAX_WINDOW = 1 << 26,
	MAX_FLIGHT = 512, /* packets between two that were sent together */
	STUN_COOKIE = 0x2112a442,

	TICK = 4, /* microseconds; time stamps are kept in 26 bits of these */
	TICK_MASK = (1 << 26) - 1,
	MAX_PAUSE = 35 * 1000000 / TICK, /* clients keep alive every 30 s */
	MAX_REORDER = 1000000 / TICK,
};

/*
 * Points. Two packets of one direction that agree and go on fix some 40 bits of
 * random data, of two directions 55; but constant or counting fields of another
 * protocol come for nothing, hence more than one, and more of a direction that
 * nobody answers. What follows a SYN as it must is certain.
 */
enum { SAME_SIDE = 1, BOTH_SIDES = 2, ENOUGH = 4, CERTAIN = 5, MAX_MISSES = 3 };

/**
 * struct side - a direction's last packet, and what the direction earned
 * @id: connection; 0 before the first packet
 * @seq: sequence number
 * @ack: what it acknowledged
 * @points: agreement
 * @misses: packets that disagreed
 * @ticks: time stamp
 * @syn: was it a SYN?
 * @young: there was a SYN, and no data since
 */
struct side {
	u16 id;
	u16 seq;
	u16 ack;
	u8 points;
	u8 misses;
	u32 ticks : 30;
	u32 syn : 1;
	u32 young : 1;
};

struct utp {
	struct side side[2];
};
_Static_assert(sizeof(struct utp) <= P2P_SCRATCH, "fits the scratch");

/** struct header - one packet's, as far as it is kept */
struct header {
	enum p2p_utp_type type;
	u16 id;
	u16 seq;
	u16 ack;
	u32 ticks;
};

/* Fill @h; where does the payload begin? 0: this is no uTP. */
static u32 parse(struct p2p_bytes b, bool cut, struct header *h)
{
	struct p2p_utp utp;
	bool bare;

	if (p2p_utp_decode(b, b.len + cut, &utp) != P2P_UTP_PACKET || utp.odd || !utp.id ||
	    utp.time == STUN_COOKIE || utp.window >= MAX_WINDOW)
		return 0;
	h->type = (enum p2p_utp_type)utp.type;
	h->id = utp.id;
	h->ticks = utp.time / TICK & TICK_MASK;
	h->seq = utp.seq;
	h->ack = utp.ack;
	bare = utp.head == b.len && !cut;
	switch (h->type) {
	case P2P_UTP_DATA:
		return bare ? 0 : utp.head;
	case P2P_UTP_FIN:
		return utp.head;
	case P2P_UTP_STATE:
	case P2P_UTP_RESET:
		return bare ? utp.head : 0;
	case P2P_UTP_SYN: /* has nothing to measure or acknowledge yet */
		return bare && !utp.difference && !utp.ack ? utp.head : 0;
	}
	return 0;
}

static inline bool near(u16 a, u16 b)
{
	return (u16)(a - b + MAX_FLIGHT) <= 2 * MAX_FLIGHT;
}

/* Is @b behind @a, by what two packets in sequence may differ? */
static inline bool advances(u16 a, u16 b)
{
	u16 step = b - a;

	return step && step <= MAX_FLIGHT;
}

/* Data goes on by its sequence number, what carries none by what it
 * acknowledges: a field that stands still proves nothing.
 */
static inline bool goes_on(const struct side *own, const struct header *h)
{
	return h->type == P2P_UTP_DATA ? advances(own->seq, h->seq) : advances(own->ack, h->ack);
}

/* Points of @h against the last packet of its own direction; -1: they differ */
static int against_own(const struct side *own, const struct header *h)
{
	u32 pause = (h->ticks - own->ticks) & TICK_MASK;
	u16 step = h->seq - own->seq;

	if (pause > MAX_PAUSE && pause <= TICK_MASK - MAX_REORDER)
		return -1;
	if (own->syn && h->type != P2P_UTP_SYN)
		return h->id == (u16)(own->id + 1) && step <= 2 ? CERTAIN : -1;
	if (h->id != own->id || !near(h->seq, own->seq))
		return -1;
	if (own->syn) /* once more */
		return !step && pause ? CERTAIN : 0;
	return pause && pause <= MAX_PAUSE && goes_on(own, h) ? SAME_SIDE : 0;
}

/* The same against the other direction */
static int against_other(const struct side *other, const struct header *h)
{
	if (other->syn)
		return h->id == other->id && h->ack == other->seq ? CERTAIN : -1;
	if (h->id != (u16)(other->id + 1) && h->id != (u16)(other->id - 1))
		return -1;
	return near(h->ack, other->seq) ? BOTH_SIDES : -1;
}

/* One more packet that does not fit */
static enum p2p_match miss(struct side *own)
{
	return ++own->misses > MAX_MISSES ? P2P_NO : P2P_MORE;
}

static enum p2p_match judge(struct side *own, const struct side *other,
			    const struct header *h)
{
	int gain = own->id ? against_own(own, h) : 0;
	int more = other->id ? against_other(other, h) : 0;
	/* what carries no data has its own number, or that of the data to come */
	bool first = own->young && h->type == P2P_UTP_DATA && (u16)(h->seq - own->seq) <= 1;

	own->id = h->id;
	own->seq = h->seq;
	own->ack = h->ack;
	own->ticks = h->ticks & TICK_MASK;
	own->syn = h->type == P2P_UTP_SYN;
	own->young = own->syn || (own->young && h->type != P2P_UTP_DATA);
	if (gain < 0 || more < 0)
		return miss(own);
	own->points += (u8)(gain + more);
	if (own->points + other->points < (other->id ? ENOUGH : CERTAIN))
		return P2P_MORE;
	if (first)
		return P2P_YES_ENCRYPTED;
	return own->young || other->young ? P2P_YES_MORE : P2P_YES;
}

enum p2p_match p2p_bt_utp_match(const struct p2p_chunk *chunk,
				struct p2p_scratch *scratch)
{
	struct utp *utp = (struct utp *)scratch;
	struct side *own = &utp->side[chunk->dir], *other = &utp->side[!chunk->dir];
	struct p2p_bytes b = chunk->bytes;
	struct header h;
	u32 payload = parse(b, chunk->cut, &h);

	if (payload)
		return P2P_IS(b, payload, "\x13" "BitTorrent protocol") ?
			       P2P_YES :
			       judge(own, other, &h);
	/* The DHT (BEP 5) shares the socket: its messages are no miss. */
	if (p2p_u8(b, 0) == 'd' && p2p_u8(b, 1) >= '1' && p2p_u8(b, 1) <= '9')
		return P2P_MORE;
	return own->points || other->points ? miss(own) : P2P_NO;
}
