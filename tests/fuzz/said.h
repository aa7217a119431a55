// SPDX-License-Identifier: GPL-2.0-only
//
// A flow that is said, out of a fuzzer's input:
//
//	said: flags 1 (1 direction, 2 lost before) | lost 2, if so; 0xffff: nobody
//	knows | size 2 | bytes
#ifndef KP2P_FUZZ_SAID_H
#define KP2P_FUZZ_SAID_H

#include <array>

#include "../unit/told.h"
#include "input.h"

namespace p2p {

/// The protocols that have a dissector
constexpr std::array dissected{P2P_PROTO_bt_peer, P2P_PROTO_ed_tcp, P2P_PROTO_gn_tcp};

/// All that is left of the input
inline Flow take_flow(Input &in)
{
	Flow flow;

	while (!in.empty()) {
		const auto flags = in.u8();
		Said said{flags & 1u, {}};
		if (flags & 2)
			said.lost = in.u16();
		if (said.lost == 0xffff)
			said.lost = P2P_GAP_UNKNOWN;
		said.bytes = in.take(in.u16());
		flow.push_back(said);
	}
	return flow;
}

} // namespace p2p

#endif
