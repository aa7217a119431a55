// SPDX-License-Identifier: GPL-2.0-only
#include "user_flow.hpp"

#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>

namespace bench
{

namespace
{

/* As the module's: kmod/stream.c */
constexpr std::uint32_t max_bytes = 4 << 20, max_pieces = 4096;

std::span<const std::uint8_t> payload_of(const Packet &p)
{
	return p.bytes.subspan(p.pkt.payload_off, p.pkt.payload_len);
}

std::uint32_t ack_of(const p2p_pkt &pkt)
{
	return ntohl(pkt.ack);
}

/** The sum of RFC 1071, eight bytes at a time; begins at an even place. */
std::uint64_t add_up(std::span<const std::uint8_t> bytes, std::uint64_t sum = 0)
{
	std::size_t at = 0;

	for (; bytes.size() - at >= 8; at += 8) {
		std::uint64_t word;

		std::memcpy(&word, &bytes[at], sizeof(word));
		sum += word;
		sum += sum < word;
	}
	for (; at < bytes.size(); at++) {
		const std::uint64_t word = at % 2 ? bytes[at] << 8 : bytes[at];

		sum += word;
		sum += sum < word;
	}
	return sum;
}

bool is_sound(const Packet &p)
{
	const p2p_key &key = p.pkt.key;
	const std::uint32_t off = p.pkt.payload_off - p.pkt.head, len = p.pkt.head + p.pkt.payload_len;
	const std::uint8_t tail[4] = { 0, P2P_TCP, static_cast<std::uint8_t>(len >> 8),
				       static_cast<std::uint8_t>(len) };
	std::uint64_t sum;

	if (off + len > p.bytes.size())
		return false;
	sum = add_up(p.bytes.subspan(off, len), add_up(tail));
	sum = add_up({ &key.addr.v6[0][0], key.family == 4 ? 8u : 32u }, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

std::uint8_t scale_of(const Packet &p)
{
	const auto options = p.bytes.subspan(p.pkt.payload_off - p.pkt.head + 20, p.pkt.head - 20u);

	for (std::size_t at = 0; at < options.size() && options[at];) {
		const std::size_t size = options[at] == 1 ? 1 : at + 1 < options.size() ? options[at + 1] : 0;

		if (!size || size > options.size() - at)
			break;
		if (options[at] == 3 && size == 3)
			return std::min<std::uint8_t>(options[at + 2], 14);
		at += size;
	}
	return 0;
}

/** A copy of what was passed, until it is acknowledged. */
struct Kept {
	p2p_piece piece;
	std::uint8_t bytes[];
};

const Kept *kept(const p2p_piece *piece)
{
	return reinterpret_cast<const Kept *>(piece);
}

} // namespace

/** What the core asks for. */
struct Callbacks {
	static p2p_piece *keep(void *ctx, u32 off, u32 len)
	{
		const auto *flow = static_cast<UserFlow *>(ctx);
		auto *copy = static_cast<Kept *>(std::malloc(sizeof(Kept) + len));

		if (!copy)
			return nullptr;
		std::memcpy(copy->bytes, payload_of(*flow->at_hand_).data() + off, len);
		return &copy->piece;
	}
	static void give(void *, p2p_piece *piece) { std::free(piece); }
	static bool same(void *ctx, const p2p_piece *piece, u32 at, u32 off, u32 len)
	{
		const auto *flow = static_cast<UserFlow *>(ctx);

		return !std::memcmp(kept(piece)->bytes + at, payload_of(*flow->at_hand_).data() + off, len);
	}
	static p2p_inspected inspect(void *ctx, const p2p_piece *piece, u32 at, u32 len, u32 *taken)
	{
		auto *flow = static_cast<UserFlow *>(ctx);
		const p2p_reading_env env{ flow->content_, event, ruled, flow, false };

		*taken = len;
		if (flow->state_ != UserFlow::State::read)
			return P2P_CLEARED;
		flow->tally_.bytes_read += len;
		std::uint32_t n = p2p_reading_pass(&flow->reading_, env.content, flow->dir_, len);
		return n == len ? P2P_CLEARED :
				  p2p_reading_feed(&flow->reading_, &env, flow->dir_,
						   { kept(piece)->bytes + at + n, len - n }, &n);
	}
	static void skip(void *ctx, u32 len)
	{
		auto *flow = static_cast<UserFlow *>(ctx);
		const p2p_reading_env env{ flow->content_, event, ruled, flow, false };

		if (flow->state_ == UserFlow::State::read)
			p2p_reading_skip(&flow->reading_, &env, flow->dir_, len);
	}
	static void event(void *, const p2p_event *) {}
	static void ruled(void *, const p2p_found *, bool) {}
	static constexpr p2p_reasm_ops ops{ keep, give, same, inspect, skip };
};

UserFlow::UserFlow(const p2p_content *content, Tally &tally, unsigned first)
	: content_(content), tally_(tally), first_(first)
{
	p2p_inspect_init(&inspect_, P2P_TCP);
	for (auto &side : side_)
		p2p_reasm_init(&side.queue, static_cast<u32>(std::rand()) | 1);
}

UserFlow::~UserFlow()
{
	const auto outside = env();

	for (auto &side : side_)
		p2p_reasm_free(&side.queue, &outside);
}

p2p_reasm_env UserFlow::env()
{
	return { &Callbacks::ops, this, max_bytes, max_pieces, 0, false };
}

void UserFlow::note_syn(const Packet &p)
{
	auto &side = side_[p.pkt.dir];

	p2p_inspect_start(&inspect_, p.pkt.dir ^ first_, p.pkt.seq + 1);
	if (!side.queue.started) {
		p2p_reasm_start(&side.queue, p.pkt.seq + 1);
		side.queue.whole = true;
	}
	side.scale = scale_of(p);
}

void UserFlow::note_ack(const Packet &p)
{
	const auto *window = &p.bytes[p.pkt.payload_off - p.pkt.head + 14];
	const u32 asked = static_cast<u32>(window[0] << 8 | window[1]);
	const auto outside = env();
	auto &other = side_[!p.pkt.dir].queue;

	dir_ = !p.pkt.dir ^ first_;
	if (p2p_reasm_ack(&other, &outside, ack_of(p.pkt),
			  p.pkt.flags & P2P_SYN ? asked : asked << side_[p.pkt.dir].scale) == P2P_ACK_HOLE)
		p2p_reasm_resume(&other, &outside);
}

/* Named: what has been kept of both directions is read. */
void UserFlow::begin_reading(p2p_proto proto)
{
	const auto outside = env();

	tally_.named++;
	if (!p2p_reading_init(&reading_, proto)) {
		state_ = State::unread;
		return;
	}
	state_ = State::read;
	for (unsigned i = 0; i < 2; i++) {
		dir_ = i;
		p2p_reasm_recall(&side_[i ^ first_].queue, &outside);
	}
}

void UserFlow::classify(const Packet &p)
{
	p2p_proto proto = P2P_PROTO_NONE;
	const auto payload = payload_of(p);
	const p2p_bytes view{ payload.data(), std::min<u32>(p.pkt.payload_len, P2P_VIEW_MAX) };

	switch (p2p_inspect_feed(&inspect_, &p.pkt, p.pkt.dir ^ first_, view, &proto)) {
	case P2P_MORE:
	case P2P_YES_MORE:
		break;
	case P2P_YES:
	case P2P_YES_ENCRYPTED:
		begin_reading(proto);
		break;
	case P2P_NO:
		state_ = State::unread;
		break;
	}
}

bool UserFlow::packet(const Packet &p)
{
	const auto outside = env();
	p2p_segment what;

	if (state_ == State::unread)
		return true;
	if (!is_sound(p))
		return false;
	at_hand_ = &p;
	if (p.pkt.flags & P2P_SYN)
		note_syn(p);
	if (p.pkt.flags & P2P_ACK)
		note_ack(p);
	dir_ = p.pkt.dir ^ first_;
	what = p2p_reasm_segment(&side_[p.pkt.dir].queue, &outside, p.pkt.seq + !!(p.pkt.flags & P2P_SYN),
				 p.pkt.payload_len, p.pkt.payload_len);
	if (what == P2P_SEG_EMPTY)
		return true;
	(what == P2P_SEG_ORDERED ? tally_.ordered : tally_.other)++;
	if (state_ == State::undecided)
		classify(p);
	if (state_ == State::read && reading_.verdict != P2P_VERDICT_PASS)
		return false;
	/* nothing is held: there is fast pass, and no verdict that takes time */
	return p2p_segment_fate(what) == P2P_FORWARD;
}

std::size_t UserTable::Hash::operator()(const p2p_key &key) const
{
	std::uint64_t words[sizeof(key) / 8], hash = 0;

	static_assert(sizeof(key) % 8 == 0);
	std::memcpy(words, &key, sizeof(key));
	for (const auto word : words)
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

bool UserTable::packet(std::uint16_t ethertype, std::span<const std::uint8_t> bytes)
{
	const p2p_bytes window{ bytes.data(), static_cast<u32>(bytes.size()) };
	bool passes = true;
	p2p_pkt pkt;

	if (p2p_decode(window, ethertype, window.len, 0, &pkt) != P2P_PKT_FLOW || pkt.key.l4 != P2P_TCP)
		return true;
	pkt.key.bridge = 0;
	auto it = flows_.find(pkt.key);
	if (it == flows_.end() && p2p_tcp_begins(pkt.flags))
		it = flows_.emplace(pkt.key, std::make_unique<UserFlow>(content_, tally_, pkt.dir)).first;
	if (it != flows_.end())
		passes = it->second->packet({ pkt, bytes });
	tally_.dropped += !passes;
	return passes;
}

} // namespace bench
