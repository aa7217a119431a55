// SPDX-License-Identifier: GPL-2.0-only
/**
 * Flows of one capture, classified by the module's own core.
 *
 * What the module does with a packet is repeated step by step (kmod/hook.c,
 * kmod/classify.c): who sent first is the source, a reset begins no flow, a
 * fresh SYN on a closed connection begins another, a decided flow only counts.
 * The difference is time: a capture's UDP flow ends after udp_idle_us without
 * a packet, a TCP flow never by time.
 */
#ifndef P2PADM_CTL_FLOWMAP_HPP
#define P2PADM_CTL_FLOWMAP_HPP

#include <core/match.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "capture.hpp"

namespace p2padm
{

/** One flow; its source is who sent first */
struct CaptureFlow {
	p2p_key key{};
	std::uint8_t first = 0; ///< direction of its first packet
	bool settled = false;
	p2p_proto proto = P2P_PROTO_NONE;
	std::uint32_t decided = 0; ///< the packet that settled it; 0: none did
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0; ///< from the network header on, no padding
	std::int64_t last = 0;	 ///< time of its last packet
	std::uint64_t seen[2] = {};  ///< packets, by key direction
	std::uint8_t flags[2] = {};  ///< TCP flags met, by key direction
	std::uint32_t start[2] = {}; ///< first payload byte, where SYN was met
	std::unique_ptr<p2p_inspect> inspect; ///< while it is undecided

	p2p_app app() const
	{
		return p2p_proto_app(proto);
	}
	std::string address(bool source) const;
	std::uint16_t port(bool source) const; ///< host order
};

class FlowMap
{
public:
	static constexpr std::size_t default_max_flows = 1'000'000;
	static constexpr std::int64_t udp_idle_us = 180'000'000;

	/** Packets that are in no flow, by reason */
	struct Others {
		std::uint64_t exempt = 0;    ///< not TCP or UDP, multicast, control
		std::uint64_t fragments = 0; ///< later ones: they have no ports
		std::uint64_t cut = 0;	     ///< captured too short for headers
		std::uint64_t malformed = 0; ///< headers that contradict themselves or have no end
		std::uint64_t resets = 0;    ///< resets of no flow
		std::uint64_t full = 0;	     ///< of flows beyond the limit

		std::uint64_t sum() const;
	};

	explicit FlowMap(std::size_t max_flows = default_max_flows);

	void add(const Packet &packet);
	void add_cut()
	{
		others_.cut++;
	}

	/** In the order of their first packets */
	const std::deque<CaptureFlow> &flows() const
	{
		return flows_;
	}
	const Others &others() const
	{
		return others_;
	}

private:
	struct Hash {
		std::size_t operator()(const p2p_key &key) const noexcept;
	};
	struct Equal {
		bool operator()(const p2p_key &a, const p2p_key &b) const noexcept;
	};

	CaptureFlow *find_or_begin(const p2p_pkt &pkt, std::int64_t time);
	void add_to_flow(const Packet &packet, const p2p_pkt &pkt);

	std::size_t max_flows_;
	std::deque<CaptureFlow> flows_; // addresses stay
	std::unordered_map<p2p_key, CaptureFlow *, Hash, Equal> index_;
	Others others_;
};

} // namespace p2padm

#endif
