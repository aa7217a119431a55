// SPDX-License-Identifier: GPL-2.0-only
// The dual queue between a sender and a receiver, beside a reference that is too
// simple to be wrong: what is known of each byte of the stream.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/reasm.h"
#include "must.h"

namespace p2p {

/// A packet with payload: its place counted from the stream's first byte.
struct Segment {
	std::uint64_t at;
	std::string bytes;

	std::uint64_t end() const { return at + bytes.size(); }
};

/// One direction through the gateway. Places are 64 bits here, 32 in the core.
class Gateway {
public:
	/// What the inspection says of the byte at a place; the default clears all.
	using Inspect = std::function<p2p_inspected(std::uint64_t at, char byte)>;

	Gateway(std::uint32_t isn, Inspect inspect = {}) : isn_{isn}, inspect_{std::move(inspect)}
	{
		p2p_reasm_init(&r_, 0x9e3779b9);
		p2p_reasm_start(&r_, isn);
	}
	~Gateway() { p2p_reasm_free(&r_, &env_); }
	Gateway(const Gateway &) = delete;
	Gateway &operator=(const Gateway &) = delete;

	p2p_reasm_env &env() { return env_; }
	p2p_reasm &core() { return r_; }
	/// The bytes that were inspected, in order.
	const std::string &seen() const { return seen_; }
	std::uint64_t skipped() const { return skipped_; }
	/// Pieces that somebody keeps.
	std::size_t kept() const { return kept_; }
	p2p_depth depth() const
	{
		p2p_depth out;
		p2p_reasm_depth(&r_, &out);
		return out;
	}
	std::uint64_t cleared() const { return place(r_.cleared); }

	p2p_segment send(const Segment &s)
	{
		const auto len = std::uint32_t(s.bytes.size()), charge = len + 100;
		now_ = &s;
		auto got = short_way(number(s.at), len, charge)
				   ? P2P_SEG_ORDERED
				   : p2p_reasm_segment(&r_, &env_, number(s.at), len, charge);
		now_ = nullptr;
		bounded();
		return got;
	}
	p2p_acked ack(std::uint64_t at, std::uint32_t window = 1u << 20)
	{
		auto got = p2p_reasm_ack(&r_, &env_, number(at), window);
		bounded();
		return got;
	}
	p2p_inspected resume() { return p2p_reasm_resume(&r_, &env_); }

private:
	struct Piece : p2p_piece {
		std::string bytes;
	};

	std::uint32_t number(std::uint64_t at) const { return isn_ + std::uint32_t(at); }
	/// The place of a number, near to what was seen
	std::uint64_t place(std::uint32_t seq) const
	{
		std::uint64_t near = seen_.size() + skipped_;
		return near + std::int32_t(seq - number(near));
	}
	void bounded() const
	{
		must(r_.ordered.n + r_.ooo.n == kept_, "every piece is in a queue");
		must(kept_ <= env_.max_pieces, "no more pieces than allowed");
		must(r_.ordered.charge + r_.ooo.charge <= env_.max_bytes, "no more bytes than allowed");
	}

	/// Every other segment that can goes as the kernel's do that nothing waits for.
	bool short_way(std::uint32_t seq, std::uint32_t len, std::uint32_t charge)
	{
		if (!len || inspect_ || !p2p_reasm_is_next(&r_, &env_, seq, charge) || (turn_ = !turn_))
			return false;
		auto *piece = keep(0, len);
		piece->charge = charge;
		p2p_reasm_append(&r_, piece, len);
		seen_ += bytes_of(piece);
		p2p_reasm_clear(&r_);
		return true;
	}
	p2p_piece *keep(std::uint32_t off, std::uint32_t len)
	{
		must(off + len <= now_->bytes.size(), "a piece lies in its packet");
		kept_++;
		auto *piece = new Piece{};
		piece->bytes = now_->bytes.substr(off, len);
		return piece;
	}
	void give(p2p_piece *piece)
	{
		kept_--;
		delete static_cast<Piece *>(piece);
	}
	bool same(const p2p_piece *piece, std::uint32_t at, std::uint32_t off, std::uint32_t len) const
	{
		const auto old = bytes_of(piece);
		must(at + len <= old.size() && off + len <= now_->bytes.size(), "what is compared is there");
		return !old.compare(at, len, now_->bytes, off, len);
	}
	p2p_inspected inspect(const p2p_piece *piece, std::uint32_t at, std::uint32_t len, std::uint32_t *taken)
	{
		const auto bytes = bytes_of(piece);
		must(at + len == bytes.size() && len, "what is inspected is there");
		for (*taken = 0; *taken < len; ++*taken) {
			char byte = bytes[at + *taken];
			auto said = inspect_ ? inspect_(seen_.size() + skipped_, byte) : P2P_CLEARED;
			if (said != P2P_CLEARED)
				return said;
			seen_ += byte;
		}
		return P2P_CLEARED;
	}
	/// Of a piece that was cut at its beginning, the rest
	static std::string_view bytes_of(const p2p_piece *piece)
	{
		const std::string_view bytes = static_cast<const Piece *>(piece)->bytes;
		return bytes.substr(bytes.size() - piece->len);
	}

	static Gateway &self(void *ctx) { return *static_cast<Gateway *>(ctx); }
	static const p2p_reasm_ops ops_;

	std::uint32_t isn_;
	Inspect inspect_;
	p2p_reasm r_{};
	p2p_reasm_env env_{&ops_, this, 1u << 20, 4096, 0, false};
	const Segment *now_ = nullptr;
	std::string seen_;
	std::uint64_t skipped_ = 0;
	std::size_t kept_ = 0;
	bool turn_ = false;
};

inline const p2p_reasm_ops Gateway::ops_ = {
	[](void *c, u32 off, u32 len) { return self(c).keep(off, len); },
	[](void *c, p2p_piece *p) { self(c).give(p); },
	[](void *c, const p2p_piece *p, u32 at, u32 off, u32 len) { return self(c).same(p, at, off, len); },
	[](void *c, const p2p_piece *p, u32 at, u32 len, u32 *taken) { return self(c).inspect(p, at, len, taken); },
	[](void *c, u32 len) { self(c).skipped_ += len; },
};

/// The first copy of each byte; a byte that nobody has sent is -1.
class Bytes {
public:
	int operator[](std::uint64_t at) const { return at < known_.size() ? known_[at] : -1; }
	void put(std::uint64_t at, char byte)
	{
		if (at >= known_.size())
			known_.resize(at + 1, -1);
		if (known_[at] < 0)
			known_[at] = static_cast<unsigned char>(byte);
	}
	void cut(std::uint64_t end) { known_.resize(std::min<std::size_t>(known_.size(), end)); }

private:
	std::vector<short> known_;
};

/// A host that receives: what its application reads is the first copy of each byte.
class Receiver {
public:
	void take(const Segment &s)
	{
		for (std::size_t i = 0; i < s.bytes.size(); i++)
			bytes_.put(s.at + i, s.bytes[i]);
		for (int byte; (byte = bytes_[read_.size()]) >= 0;)
			read_ += char(byte);
	}
	/// Reneging: what was received out of order is gone.
	void forget() { bytes_.cut(read_.size()); }
	const std::string &read() const { return read_; }

private:
	std::string read_;
	Bytes bytes_;
};

/// What is known of each byte, and what therefore must become of a segment.
class Reference {
public:
	/// @p got is what the gateway said; it must be one of what is right.
	void check(const Segment &s, p2p_segment got, bool hold)
	{
		bool differs = false, fresh = false, of_plug = false;
		bool held = hold && s.end() > contiguous_cleared_;

		if (s.bytes.empty())
			return must(got == P2P_SEG_EMPTY, "empty");
		if (s.end() <= acked_)
			return must(got == P2P_SEG_OLD, "below the acknowledgement");
		for (std::size_t i = 0; i < s.bytes.size(); i++) {
			std::uint64_t at = s.at + i;
			if (at < acked_)
				continue;
			int known = bytes_[at];
			fresh |= known < 0;
			differs |= known >= 0 && char(known) != s.bytes[i];
			of_plug |= plug_ && at >= contiguous_cleared_ && at < *plug_;
		}
		if (differs)
			return must(got == P2P_SEG_CONFLICT, "it differs");
		if (of_plug)
			return must(got == P2P_SEG_ABSORBED, "of the plug");
		if (!fresh)
			return must(got == (held ? P2P_SEG_ABSORBED : P2P_SEG_AGAIN), "nothing new");
		if (got == P2P_SEG_NO_ROOM || got == P2P_SEG_OUTSIDE)
			return;
		bool next = s.at <= contiguous();
		for (std::size_t i = 0; i < s.bytes.size(); i++)
			if (s.at + i >= acked_)
				bytes_.put(s.at + i, s.bytes[i]);
		if (!next || plug_)
			return must(got == (hold ? P2P_SEG_HELD : P2P_SEG_AHEAD), "ahead of a gap");
		must(got == P2P_SEG_ORDERED || got == P2P_SEG_PLUG || got == P2P_SEG_BLOCKED, "the next one");
		if (got == P2P_SEG_PLUG)
			plug_ = s.end();
		else
			contiguous_cleared_ = contiguous();
	}
	void acked(std::uint64_t at) { acked_ = std::max(acked_, at); }
	void released()
	{
		plug_.reset();
		contiguous_cleared_ = contiguous();
	}

private:
	std::uint64_t contiguous()
	{
		while (bytes_[contiguous_] >= 0)
			contiguous_++;
		return contiguous_;
	}
	Bytes bytes_;
	std::uint64_t acked_ = 0, contiguous_ = 0, contiguous_cleared_ = 0;
	std::optional<std::uint64_t> plug_;
};

} // namespace p2p
