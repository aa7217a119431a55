// SPDX-License-Identifier: GPL-2.0-only
/**
 * core_cost: what the core alone costs, natively: decoding a packet, and
 * inspecting a flow's first payloads until they are decided.
 *
 * Prints one JSON object. Nanoseconds; instructions in the counting machine.
 */
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "core/match.h"
#include "wire.hpp"
#include "workload.hpp"

namespace
{

using namespace bench;

constexpr int turns = 2000;

/** A packet at a page's beginning, wherever the heap is: the C library's ways differ by that. */
struct alignas(4096) Flat {
	std::array<std::uint8_t, 4096> bytes;
	std::size_t len;

	const std::uint8_t *data() const { return bytes.data(); }
	std::size_t size() const { return len; }
	std::uint8_t operator[](std::size_t i) const { return bytes[i]; }
};

/** The frame as the core gets it: from the network header on. */
Flat flat(const Frame &frame)
{
	Flat out;
	auto *end = std::copy(frame.head.begin() + 14, frame.head.begin() + frame.head_len,
			      out.bytes.data());

	end = std::ranges::copy(frame.payload, end).out;
	out.len = static_cast<std::size_t>(end - out.bytes.data());
	return out;
}

p2p_decoded decode(const Flat &packet, p2p_pkt *pkt)
{
	const auto len = static_cast<u32>(packet.size());

	return p2p_decode({ packet.data(), len }, packet[0] >> 4 == 6 ? 0x86dd : 0x0800, len, 0,
			  pkt);
}

double spent(const std::function<void()> &work)
{
	work();
	const auto start = now();
	for (int i = 0; i < turns; i++)
		work();
	return static_cast<double>(now() - start) / turns;
}

/** Without what calling it through a std::function costs. */
double per_turn(const std::function<void()> &work)
{
	static const double empty = spent([] {});

	return spent(work) - empty;
}

double decode_cost(bool ipv6)
{
	const auto workload = make_workload({ .workload = "settled", .ipv6 = ipv6 });
	const auto packet = flat(workload->next()[0]);
	volatile int sink;
	p2p_pkt pkt;

	return per_turn([&] { sink = decode(packet, &pkt); });
}

/** The first connection of a workload, until it is decided; what decided it. */
double inspect_cost(const std::string &name, std::string *result)
{
	auto workload = make_workload({ .workload = name });
	std::vector<p2p_pkt> packets;
	std::vector<Flat> bytes;
	const auto frames = workload->next();

	/* connections of a batch go step by step: every eighth is the first's */
	for (std::size_t i = 0; i < frames.size(); i += workload->units()) {
		bytes.push_back(flat(frames[i]));
		decode(bytes.back(), &packets.emplace_back());
	}
	return per_turn([&] {
		p2p_inspect in;
		p2p_proto proto = P2P_PROTO_NONE;
		const unsigned first = packets[0].dir;

		p2p_inspect_init(&in, P2P_TCP);
		*result = "open";
		for (std::size_t i = 0; i < packets.size(); i++) {
			const auto &pkt = packets[i];

			if (pkt.flags & P2P_SYN)
				p2p_inspect_start(&in, pkt.dir ^ first, pkt.seq + 1);
			if (!pkt.payload_len)
				continue;
			const auto got = p2p_inspect_feed(
				&in, &pkt, pkt.dir ^ first,
				{ bytes[i].data() + pkt.payload_off, pkt.payload_len }, &proto);
			if (got != P2P_MORE) {
				*result = got != P2P_NO ? p2p_app_name(p2p_proto_app(proto)) :
							   "unknown";
				break;
			}
		}
	});
}

} // namespace

int main()
{
	std::string bt, tls, random;

	std::printf("{\"decode_v4\": %.0f, \"decode_v6\": %.0f", decode_cost(false),
		    decode_cost(true));
	for (const auto *name : { "bt", "tls", "random" }) {
		std::string result;
		const double cost = inspect_cost(name, &result);

		std::printf(", \"inspect_%s\": %.0f, \"inspect_%s_is\": \"%s\"", name, cost, name,
			    result.c_str());
	}
	std::printf("}\n");
}
