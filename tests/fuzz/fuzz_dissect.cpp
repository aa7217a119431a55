// SPDX-License-Identifier: GPL-2.0-only
//
// A flow under dissection: how it is cut decides nothing, and what is told lies
// in what was said
//
//	protocol 1 | seed 1 | a flow (said.h)
#include "said.h"

using namespace p2p;

namespace {

/// The bytes of a direction at the positions that events tell
struct Stream {
	Octets bytes;
	std::vector<bool> known;

	void add(const Said &said)
	{
		auto lost = said.lost == P2P_GAP_UNKNOWN ? 0 : said.lost;
		bytes.insert(bytes.end(), lost, 0);
		known.insert(known.end(), lost, false);
		bytes += said.bytes;
		known.insert(known.end(), said.bytes.size(), true);
	}
	bool holds(std::uint64_t at, const Octets &part) const
	{
		for (std::size_t n = 0; n < part.size(); n++)
			if (at + n >= bytes.size() || !known[at + n] || bytes[at + n] != part[n])
				return false;
		return true;
	}
};

void check(const Told &t, const Stream &stream)
{
	MUST(t.type <= P2P_EVENT_DESYNC && t.begin <= t.end && t.end <= stream.bytes.size());
	switch (p2p_event_type(t.type)) {
	case P2P_EVENT_DATA:
		MUST(!t.bytes.empty() && t.end - t.begin == t.bytes.size());
		MUST(stream.holds(t.begin, t.bytes));
		break;
	case P2P_EVENT_CHAT:
		MUST(t.offset + t.bytes.size() <= t.size);
		[[fallthrough]];
	case P2P_EVENT_BITFIELD:
		MUST(stream.holds(t.end - t.bytes.size(), t.bytes));
		[[fallthrough]];
	case P2P_EVENT_OBJECT:
	case P2P_EVENT_SEARCH:
		MUST(t.bytes.size() <= P2P_NAME_MAX);
		break;
	case P2P_EVENT_PEER:
		MUST(t.port && (t.family == 0 || t.family == 4 || t.family == 6));
		break;
	case P2P_EVENT_REQUEST:
	case P2P_EVENT_HAVE:
	case P2P_EVENT_UNREAD:
	case P2P_EVENT_ENCRYPTED:
	case P2P_EVENT_DESYNC:
		break;
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	auto proto = dissected[in.u8() % dissected.size()];
	auto seed = in.u8();
	auto flow = take_flow(in);
	Stream streams[2];
	for (const auto &said : flow)
		streams[said.dir].add(said);
	auto told = heard(proto, flow);
	std::uint64_t end[2] = {};
	for (const auto &t : told) {
		check(t, streams[t.dir]);
		MUST(t.end >= end[t.dir]);
		end[t.dir] = t.end;
	}
	MUST(heard(proto, flow, 1) == told);
	MUST(heard(proto, shredded(flow, seed)) == told);
	return 0;
}
