// SPDX-License-Identifier: GPL-2.0-only
//
// A flow that is read by content rules: how it is cut decides nothing, nor whether what nobody
// needs to see is fed, and nothing that follows a verdict changes it. Input: as fuzz_dissect's.
#include "../unit/verdict.h"
#include "said.h"

using namespace p2p;

namespace {

/// Read in pieces of at most @p most bytes
struct Judged {
	explicit Judged(p2p_proto proto, const ContentRules &rules, const Flow &flow, std::size_t most,
			bool passes = false)
		: reading{proto, rules.content(), passes}
	{
		for (const auto &said : flow) {
			const auto found = reading.found();
			const auto inspected = reading.hear({said}, most);
			MUST(!found || reading.found() == found);
			MUST(said.bytes.empty() || (inspected == P2P_BLOCKED) == reading.found().has_value());
		}
		MUST(reading.decided().size() == reading.found().has_value());
		for (const auto &would : reading.would())
			MUST(would.rule == ContentRules::BY_TYPE);
	}
	bool operator==(const Judged &o) const
	{
		return reading.found() == o.reading.found() && reading.would() == o.reading.would() &&
		       reading.data() == o.reading.data();
	}

	Reading reading;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static const ContentRules torrent{P2P_ID_INFOHASH, noise(20, 1)}, ed2k{P2P_ID_ED2K, noise(16, 1)},
		sha1{P2P_ID_SHA1, noise(20, 1)};
	static const ContentRules *const rules[] = {&torrent, &ed2k, &sha1};
	Input in{data, size};
	const auto which = in.u8() % dissected.size();
	const auto seed = in.u8();
	const auto flow = take_flow(in);

	const Judged whole{dissected[which], *rules[which], flow, 65536};
	MUST((whole == Judged{dissected[which], *rules[which], flow, 1}));
	MUST((whole == Judged{dissected[which], *rules[which], shredded(flow, seed), 65536}));
	MUST((whole == Judged{dissected[which], *rules[which], flow, seed % 64 + 1u, true}));
	return 0;
}
