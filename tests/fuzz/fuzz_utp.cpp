// SPDX-License-Identifier: GPL-2.0-only
//
// uTP's decoder: bytes behind what is shown 2 | near 4 | packet
#include <cstring>

#include "core/utp.h"
#include "input.h"

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	unsigned behind = in.u16();
	std::uint32_t near = std::uint32_t(in.u16()) << 16;
	near |= in.u16();
	auto packet = in.rest();
	std::uint32_t len = std::uint32_t(packet.size()) + behind;
	p2p_utp utp{};
	auto what = p2p_utp_decode(view(packet), len, &utp);

	MUST(what == P2P_UTP_OTHER || what == P2P_UTP_BAD || what == P2P_UTP_PACKET);
	if (what != P2P_UTP_PACKET)
		return 0;
	MUST(packet.size() >= P2P_UTP_HEADER && (packet[0] & 15) == 1 && utp.type == packet[0] >> 4);
	MUST(utp.type <= P2P_UTP_SYN && utp.head >= P2P_UTP_HEADER && utp.head <= len);
	MUST(packet[1] || utp.head == P2P_UTP_HEADER);

	/* Exactly its header is enough, and a byte less is not. */
	p2p_utp again{};
	if (utp.head <= packet.size()) {
		MUST(p2p_utp_decode(view(packet, utp.head), utp.head, &again) == P2P_UTP_PACKET);
		MUST(again.head == utp.head && again.seq == utp.seq && again.ack == utp.ack && again.id == utp.id);
	}
	MUST(p2p_utp_decode(view(packet), utp.head - 1, &again) != P2P_UTP_PACKET);

	std::uint32_t wide = p2p_utp_widen(near, utp.seq);
	MUST(std::uint16_t(wide) == utp.seq && wide - near + 0x8000 < 0x10000);
	return 0;
}
