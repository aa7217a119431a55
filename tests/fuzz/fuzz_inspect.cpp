// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_inspect_feed(): a flow's packets in any order, overlapping, cut
//
//	flags 1: 1 UDP, 2 SYN of direction 0 seen, 4 of direction 1 | initial sequence 2
//	then packets: flags 1 | size 1 | [sequence 2] | [view 1] | payload
//	  flags: 1 direction, 2 a sequence number of its own, 4 a shorter view,
//	  8 size counts 16 bytes, 16 SYN
#include "core/match.h"
#include "input.h"

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	unsigned flow = in.u8();
	std::uint32_t first = 0xffff8000u + in.u16();
	std::uint32_t next[2] = {first, first};
	unsigned shown[2] = {0, 0};
	p2p_inspect inspect;

	p2p_inspect_init(&inspect, flow & 1 ? P2P_UDP : P2P_TCP);
	for (unsigned dir = 0; dir < 2; dir++)
		if (flow & 2u << dir)
			p2p_inspect_start(&inspect, dir, first);

	auto named = P2P_PROTO_NONE;
	while (!in.empty()) {
		unsigned flags = in.u8(), dir = flags & 1;
		std::size_t len = in.u8() * (flags & 8 ? 16u : 1u);
		std::uint32_t seq = flags & 2 ? first + in.u16() - 64 : next[dir];
		std::size_t seen = flags & 4 ? in.u8() : std::size_t{P2P_VIEW_MAX};
		auto payload = in.take(len);
		payload.resize(payload.size() < seen ? payload.size() : seen);

		p2p_pkt pkt{};
		pkt.key.l4 = flow & 1 ? P2P_UDP : P2P_TCP;
		pkt.key.family = 4;
		pkt.dir = std::uint8_t(dir);
		pkt.seq = seq;
		pkt.flags = std::uint8_t(flags & 16 ? +P2P_SYN : +P2P_ACK);
		pkt.payload_len = std::uint32_t(len);
		next[dir] = seq + pkt.payload_len;

		auto proto = P2P_PROTO_NONE;
		auto got = p2p_inspect_feed(&inspect, &pkt, dir, view(payload), &proto);
		shown[dir] += len != 0;
		MUST((got == P2P_NO || got == P2P_MORE) == (proto == P2P_PROTO_NONE));
		if (proto != P2P_PROTO_NONE) {
			MUST(p2p_proto_mask(pkt.key.l4) >> proto & 1);
			MUST(named == P2P_PROTO_NONE || named == proto);
			MUST(got != P2P_YES_MORE || named == P2P_PROTO_NONE);
			named = proto;
		}
		if (got == P2P_YES || got == P2P_YES_ENCRYPTED)
			return 0;
		if (got == P2P_NO) {
			MUST(inspect.open == 0 && named == P2P_PROTO_NONE);
			return 0;
		}
		/* Nobody stays undecided. */
		MUST(shown[dir] < P2P_HEAD_MAX + P2P_INSPECT_MIDSTREAM + P2P_INSPECT_STALE);
	}
	return 0;
}
