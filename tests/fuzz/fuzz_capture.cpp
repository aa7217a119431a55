// SPDX-License-Identifier: GPL-2.0-only
//
// strip_link(), then p2p_decode(): link type 1 | bytes not captured 1 | frame
#include <pcap/pcap.h>

#include "capture.hpp"
#include "core/decode.h"
#include "input.h"

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static constexpr int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW,
					DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP};
	Input in{data, size};
	int link = links[in.u8() % std::size(links)];
	unsigned behind = in.u8();
	auto frame = in.rest();
	/* a capture may say of a frame that it was shorter than what there is of it */
	auto wire = behind == 255 ? 0 : std::uint32_t(frame.size() + behind);
	p2padm::Packet packet;

	MUST(p2padm::link_supported(link));
	if (!p2padm::strip_link(link, view(frame), wire, packet)) {
		MUST(frame.size() < 20);
		return 0;
	}
	MUST(packet.win.data >= frame.data() &&
	     packet.win.data + packet.win.len == frame.data() + frame.size());
	MUST(packet.wire_len >= packet.win.len);

	p2p_pkt pkt{};
	if (p2p_decode(packet.win, packet.ethertype, packet.wire_len, 0, &pkt) == P2P_PKT_FLOW)
		MUST(std::uint64_t(pkt.payload_off) + pkt.payload_len <= packet.wire_len);
	return 0;
}
