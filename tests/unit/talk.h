// SPDX-License-Identifier: GPL-2.0-only
// A flow under inspection, as a test sends its packets.
#pragma once

#include <algorithm>
#include <optional>

#include "core/match.h"
#include "octets.h"

namespace p2p {

/// Feeds packets of one flow until it is decided; what comes later is ignored.
class Talk {
public:
	explicit Talk(std::uint8_t l4) : l4_{l4} { p2p_inspect_init(&in_, l4); }

	/// TCP with both beginnings known from SYNs.
	static Talk tcp(std::uint32_t seq = 1000)
	{
		Talk t{P2P_TCP};
		t.syn(0, seq);
		t.syn(1, seq + 77777);
		return t;
	}
	/// TCP that began before anybody looked.
	static Talk midstream()
	{
		Talk t{P2P_TCP};
		t.next_[0] = 5000;
		t.next_[1] = 900000;
		return t;
	}
	static Talk udp() { return Talk{P2P_UDP}; }

	void syn(unsigned dir, std::uint32_t seq)
	{
		p2p_inspect_start(&in_, dir, seq);
		next_[dir] = seq;
	}

	/// The next payload of @p dir, in sequence.
	p2p_match send(unsigned dir, const Octets &payload)
	{
		auto seq = next_[dir];
		next_[dir] += std::uint32_t(payload.size());
		return at(dir, seq, payload);
	}

	/// Payload at a sequence number of its own; @p seen limits the view.
	p2p_match at(unsigned dir, std::uint32_t seq, const Octets &payload,
		     std::size_t seen = P2P_VIEW_MAX, std::uint8_t flags = P2P_ACK)
	{
		if (decided_)
			return *decided_;
		// A copy of the exact size: the sanitizer then sees every read behind it.
		Octets shown = prefix(payload, std::min(payload.size(), seen));
		p2p_pkt pkt{};
		pkt.key.l4 = l4_;
		pkt.key.family = 4;
		pkt.key.port[0] = 0xe11a;
		pkt.key.port[1] = 0x3930;
		pkt.dir = std::uint8_t(dir);
		pkt.seq = seq;
		pkt.flags = flags;
		pkt.payload_len = std::uint32_t(payload.size());
		packets_++;
		auto got = p2p_inspect_feed(&in_, &pkt, dir, view(shown), &proto_);
		if (got != P2P_MORE && got != P2P_YES_MORE)
			decided_ = got;
		return got;
	}

	std::uint32_t next(unsigned dir) const { return next_[dir]; }
	bool undecided() const { return !decided_; }
	/// It is @p proto, whatever else is still to be learnt.
	bool is(p2p_proto proto) const { return decided_ != P2P_NO && proto_ == proto; }
	bool encrypted() const { return decided_ == P2P_YES_ENCRYPTED; }
	bool refused() const { return decided_ == P2P_NO; }
	/// May @p proto still claim the flow?
	bool open(p2p_proto proto) const { return undecided() && in_.open >> proto & 1; }
	unsigned packets() const { return packets_; }

private:
	p2p_inspect in_;
	std::uint8_t l4_;
	std::uint32_t next_[2] = {};
	unsigned packets_ = 0;
	std::optional<p2p_match> decided_;
	p2p_proto proto_ = P2P_PROTO_NONE;
};

} // namespace p2p
