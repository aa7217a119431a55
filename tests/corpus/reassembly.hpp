// SPDX-License-Identifier: GPL-2.0-only
// The TCP flows of a capture, put together the simplest way: what a test compares with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "../unit/told.h"
#include "capture.hpp"
#include "core/match.h"

namespace p2p {

/// One TCP flow; direction 0 is that of its first packet
class Connection {
public:
	Connection(const p2p_pkt &first) : first_{first.dir} { p2p_inspect_init(&in_, P2P_TCP); }

	void add(const p2p_pkt &pkt, const Octets &payload)
	{
		unsigned dir = pkt.dir != first_;
		auto seq = pkt.seq + (pkt.flags & P2P_SYN ? 1 : 0);
		auto &side = side_[dir];
		ports_[dir] = port(pkt, pkt.dir);
		ports_[!dir] = port(pkt, pkt.dir ^ 1);
		if (pkt.flags & P2P_SYN) {
			p2p_inspect_start(&in_, dir, seq);
			side.base = seq;
		}
		if (proto_ == P2P_PROTO_NONE && !payload.empty())
			p2p_inspect_feed(&in_, &pkt, dir, view(payload), &proto_);
		if (payload.empty())
			return;
		if (!side.base) {
			flow_.push_back({dir, {}, P2P_GAP_UNKNOWN});
			side.base = seq;
		}
		side.waiting[std::int32_t(seq - *side.base)] = payload;
		deliver(dir, false);
	}
	/// All that was said; what is missing at the end is lost
	const Flow &end()
	{
		for (unsigned dir : {0u, 1u})
			deliver(dir, true);
		return flow_;
	}
	p2p_proto proto() const { return proto_; }
	/// "source port>destination port"
	std::string way(unsigned dir) const { return std::to_string(ports_[dir]) + ">" + std::to_string(ports_[!dir]); }

private:
	struct Side {
		std::optional<std::uint32_t> base;	///< sequence number of position 0
		std::int64_t next = 0;			///< position
		std::map<std::int64_t, Octets> waiting; ///< by position
	};

	static unsigned port(const p2p_pkt &pkt, unsigned n)
	{
		auto bytes = reinterpret_cast<const std::uint8_t *>(&pkt.key.port[n & 1]);
		return bytes[0] << 8 | bytes[1];
	}
	void deliver(unsigned dir, bool all)
	{
		auto &side = side_[dir];
		while (!side.waiting.empty()) {
			auto [at, payload] = *side.waiting.begin();
			auto behind = side.next - at;
			if (behind < 0 && !all)
				return;
			side.waiting.erase(side.waiting.begin());
			if (behind >= std::int64_t(payload.size()))
				continue;
			flow_.push_back({dir, suffix(payload, std::size_t(std::max<std::int64_t>(behind, 0))),
					 std::uint64_t(std::max<std::int64_t>(-behind, 0))});
			side.next = at + std::int64_t(payload.size());
		}
	}

	unsigned first_;
	unsigned ports_[2] = {};
	p2p_inspect in_;
	p2p_proto proto_ = P2P_PROTO_NONE;
	Side side_[2];
	Flow flow_;
};

/// All TCP flows of a capture, in the order of their first packets
inline std::vector<std::unique_ptr<Connection>> connections(const std::string &path)
{
	std::vector<std::unique_ptr<Connection>> out;
	std::map<std::string, Connection *> known;
	p2padm::Capture capture{path};
	p2padm::Packet packet;
	for (p2padm::Capture::Next next; (next = capture.next(packet)) != p2padm::Capture::Next::end;) {
		p2p_pkt pkt{};
		if (next != p2padm::Capture::Next::packet ||
		    p2p_decode(packet.win, packet.ethertype, packet.wire_len, 0, &pkt) != P2P_PKT_FLOW || pkt.key.l4 != P2P_TCP)
			continue;
		std::string key(reinterpret_cast<const char *>(&pkt.key), sizeof(pkt.key));
		auto &connection = known[key];
		if (!connection) {
			out.push_back(std::make_unique<Connection>(pkt));
			connection = out.back().get();
		}
		auto b = p2p_slice(packet.win, pkt.payload_off, pkt.payload_len);
		connection->add(pkt, b.len ? Octets(b.data, b.data + b.len) : Octets{});
	}
	return out;
}

} // namespace p2p
