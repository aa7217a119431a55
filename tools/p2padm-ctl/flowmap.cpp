// SPDX-License-Identifier: GPL-2.0-only
#include "flowmap.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace p2padm
{

namespace
{

// hashed and compared as bytes: no padding
static_assert(sizeof(p2p_key) == 48);

bool closed(const CaptureFlow &flow)
{
	return p2p_tcp_closed(flow.flags[0], flow.flags[1],
			      !flow.seen[0] || !flow.seen[1]);
}

bool ended(const CaptureFlow &flow, const p2p_pkt &pkt, std::int64_t time)
{
	if (pkt.key.l4 == P2P_UDP)
		return time - flow.last > FlowMap::udp_idle_us;
	return p2p_tcp_begins(pkt.flags) && closed(flow);
}

void note_flags(CaptureFlow &flow, const p2p_pkt &pkt)
{
	if (pkt.flags & P2P_SYN)
		flow.start[pkt.dir] = pkt.seq + 1;
	flow.flags[pkt.dir] |= pkt.flags;
}

// The beginning of the payload, as far as it was captured.
p2p_bytes view_of(const Packet &packet, const p2p_pkt &pkt)
{
	return p2p_slice(packet.win, pkt.payload_off,
			 std::min<std::uint32_t>(pkt.payload_len, P2P_VIEW_MAX));
}

p2p_inspect &inspection(CaptureFlow &flow, const p2p_pkt &pkt)
{
	if (flow.inspect) {
		if (pkt.flags & P2P_SYN)
			p2p_inspect_start(flow.inspect.get(),
					  pkt.dir ^ flow.first, pkt.seq + 1);
		return *flow.inspect;
	}
	flow.inspect = std::make_unique<p2p_inspect>();
	p2p_inspect_init(flow.inspect.get(), pkt.key.l4);
	for (unsigned int dir = 0; dir < 2; dir++)
		if (flow.flags[dir] & P2P_SYN)
			p2p_inspect_start(flow.inspect.get(), dir ^ flow.first,
					  flow.start[dir]);
	return *flow.inspect;
}

void inspect(CaptureFlow &flow, const Packet &packet, const p2p_pkt &pkt)
{
	p2p_proto proto = P2P_PROTO_NONE;

	switch (p2p_inspect_feed(&inspection(flow, pkt), &pkt,
				 pkt.dir ^ flow.first, view_of(packet, pkt),
				 &proto)) {
	case P2P_MORE:
		return;
	case P2P_YES_MORE:
		flow.proto = proto;
		flow.decided = static_cast<std::uint32_t>(flow.packets);
		return;
	case P2P_YES:
	case P2P_YES_ENCRYPTED:
		if (flow.proto != P2P_PROTO_NONE)
			break;
		flow.proto = proto;
		flow.decided = static_cast<std::uint32_t>(flow.packets);
		break;
	case P2P_NO:
		if (!p2p_refusal_is_final(pkt.key.l4, flow.seen[pkt.dir])) {
			flow.inspect.reset();
			return;
		}
		flow.decided = static_cast<std::uint32_t>(flow.packets);
		break;
	}
	flow.settled = true;
	flow.inspect.reset();
}

} // namespace

std::string CaptureFlow::address(bool source) const
{
	const unsigned int side = first ^ !source;
	char text[INET6_ADDRSTRLEN] = "";

	if (key.family == 4)
		inet_ntop(AF_INET, &key.addr.v4[side], text, sizeof(text));
	else
		inet_ntop(AF_INET6, key.addr.v6[side], text, sizeof(text));
	return text;
}

std::uint16_t CaptureFlow::port(bool source) const
{
	return ntohs(key.port[first ^ !source]);
}

std::uint64_t FlowMap::Others::sum() const
{
	return exempt + fragments + cut + malformed + resets + full;
}

std::size_t FlowMap::Hash::operator()(const p2p_key &key) const noexcept
{
	return std::hash<std::string_view>{}(
		{ reinterpret_cast<const char *>(&key), sizeof(key) });
}

bool FlowMap::Equal::operator()(const p2p_key &a,
				const p2p_key &b) const noexcept
{
	return std::memcmp(&a, &b, sizeof(a)) == 0;
}

FlowMap::FlowMap(std::size_t max_flows) : max_flows_(max_flows)
{
}

void FlowMap::add(const Packet &packet)
{
	p2p_pkt pkt{};

	switch (p2p_decode(packet.win, packet.ethertype, packet.wire_len, 0,
			   &pkt)) {
	case P2P_PKT_FLOW:
		add_to_flow(packet, pkt);
		break;
	case P2P_PKT_FRAGMENT:
		others_.fragments++;
		break;
	case P2P_PKT_EXEMPT_NOT_IP:
	case P2P_PKT_EXEMPT_NOT_L4:
	case P2P_PKT_EXEMPT_LINK:
	case P2P_PKT_EXEMPT_MULTICAST:
	case P2P_PKT_EXEMPT_CONTROL:
		others_.exempt++;
		break;
	case P2P_PKT_SHORT:
		others_.cut++;
		break;
	case P2P_PKT_BAD:
	case P2P_PKT_DEEP:
		others_.malformed++;
		break;
	}
}

CaptureFlow *FlowMap::find_or_begin(const p2p_pkt &pkt, std::int64_t time)
{
	const auto at = index_.find(pkt.key);

	if (at != index_.end() && !ended(*at->second, pkt, time))
		return at->second;
	// a reset of nothing begins nothing
	if (pkt.flags & P2P_RST) {
		others_.resets++;
		return nullptr;
	}
	if (flows_.size() >= max_flows_) {
		others_.full++;
		return nullptr;
	}
	CaptureFlow &flow = flows_.emplace_back();
	flow.key = pkt.key;
	flow.first = pkt.dir;
	if (at != index_.end()) {
		at->second->inspect.reset(); // nothing follows that it could show
		at->second = &flow;
	} else {
		index_.emplace(pkt.key, &flow);
	}
	return &flow;
}

void FlowMap::add_to_flow(const Packet &packet, const p2p_pkt &pkt)
{
	CaptureFlow *flow = find_or_begin(pkt, packet.time);

	if (!flow)
		return;
	flow->packets++;
	flow->seen[pkt.dir]++;
	flow->bytes += std::uint64_t{ pkt.payload_off } + pkt.payload_len;
	flow->last = packet.time;
	if (pkt.key.l4 == P2P_TCP)
		note_flags(*flow, pkt);
	if (pkt.payload_len && !flow->settled)
		inspect(*flow, packet, pkt);
}

} // namespace p2padm
