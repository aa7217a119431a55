// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_decode(): type 2 | vid 1 | bytes behind the window 1 | a window 1 | packet
#include <algorithm>
#include <cstring>

#include "core/decode.h"
#include "input.h"

using namespace p2p;
using Octets = std::vector<std::uint8_t>;

namespace {

struct Result {
	p2p_decoded what;
	p2p_pkt pkt;
};

Result decode(const Octets &win, unsigned type, std::size_t wire, unsigned vid)
{
	Result r;
	std::memset(&r.pkt, 0, sizeof(r.pkt));
	r.what = p2p_decode(view(win), std::uint16_t(type), std::uint32_t(wire), std::uint16_t(vid), &r.pkt);
	return r;
}

bool same(const Result &a, const Result &b, unsigned shift = 0)
{
	if (a.what != b.what)
		return false;
	if (a.what != P2P_PKT_FLOW)
		return true;
	return !std::memcmp(&a.pkt.key, &b.pkt.key, sizeof(p2p_key)) && a.pkt.dir == b.pkt.dir &&
	       a.pkt.frag == b.pkt.frag && a.pkt.flags == b.pkt.flags && a.pkt.seq == b.pkt.seq &&
	       a.pkt.payload_off + shift == b.pkt.payload_off && a.pkt.payload_len == b.pkt.payload_len;
}

/// The answer to a packet whose ports stand straight behind the addresses
bool swap_ends(Octets &packet, unsigned type)
{
	std::size_t size = type == 0x0800 ? 4 : 16, at = type == 0x0800 ? 12 : 8;
	std::size_t ports = type == 0x0800 ? (packet.at(0) & 15) * 4u : 40;
	if (type == 0x86dd && packet.at(6) != P2P_TCP && packet.at(6) != P2P_UDP)
		return false;
	std::swap_ranges(packet.begin() + long(at), packet.begin() + long(at + size), packet.begin() + long(at + size));
	std::swap_ranges(packet.begin() + long(ports), packet.begin() + long(ports + 2), packet.begin() + long(ports + 2));
	return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	unsigned type = in.u16(), vid = in.u8();
	std::size_t behind = in.u8(), shorter = in.u8();
	behind = behind == 255 ? 100000 : behind; /* a super-packet */
	Octets packet = in.rest();
	std::size_t wire = packet.size() + behind;
	auto whole = decode(packet, type, wire, vid);

	MUST(behind || whole.what != P2P_PKT_SHORT);
	if (whole.what == P2P_PKT_FLOW) {
		MUST(whole.pkt.key.l4 == P2P_TCP || whole.pkt.key.l4 == P2P_UDP);
		MUST(whole.pkt.key.family == 4 || whole.pkt.key.family == 6);
		MUST(std::uint64_t(whole.pkt.payload_off) + whole.pkt.payload_len <= wire);
	}

	/* A packet that is cut later lies within its own length, whatever its headers say. */
	p2p_pkt cut{};
	if (p2p_decode_whole(view(packet), std::uint16_t(type), std::uint32_t(wire), std::uint16_t(vid), &cut) ==
	    P2P_PKT_FLOW)
		MUST(std::uint64_t(cut.payload_off) + cut.payload_len <= wire && cut.head <= cut.payload_off);

	/* A smaller window shows the same or asks for more. */
	Octets part(packet.begin(), packet.begin() + long(std::min(shorter, packet.size())));
	auto partly = decode(part, type, wire, vid);
	MUST(partly.what == P2P_PKT_SHORT || same(whole, partly));

	if (type != 0x0800 && type != 0x86dd)
		return 0;
	/* The general way, which a tag takes, agrees with the plain one. */
	Octets tagged = {0xe0, 0x00, std::uint8_t(type >> 8), std::uint8_t(type)};
	tagged.insert(tagged.end(), packet.begin(), packet.end());
	MUST(same(whole, decode(tagged, 0x8100, wire + 4, vid), 4));

	/* Both directions are one flow. */
	if (whole.what != P2P_PKT_FLOW || !swap_ends(packet, type))
		return 0;
	auto back = decode(packet, type, wire, vid);
	if (back.what == P2P_PKT_FLOW) {
		const auto &key = whole.pkt.key;
		bool loop = key.port[0] == key.port[1] &&
			    (key.family == 4 ? key.addr.v4[0] == key.addr.v4[1] :
					       !std::memcmp(key.addr.v6[0], key.addr.v6[1], 16));
		MUST(p2p_key_equal(&key, &back.pkt.key));
		MUST(loop || whole.pkt.dir != back.pkt.dir);
	}
	return 0;
}
