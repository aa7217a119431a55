// SPDX-License-Identifier: GPL-2.0-only
//
// One protocol's match function (FUZZ_PROTO), asked without the framework
//
//	chunks: flags 1 (1 direction, 2 head, 4 cut) | size 2 | payload
#include "core/match.h"
#include "input.h"

#define GLUE(a, b, c) a##b##c
#define MATCH(sym) GLUE(p2p_, sym, _match)

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	p2p_scratch scratch{};
	std::uint8_t nth[2] = {0, 0};

	while (!in.empty()) {
		unsigned flags = in.u8();
		auto payload = in.take(in.u16() % (P2P_VIEW_MAX + 1));
		p2p_chunk chunk{};
		chunk.bytes = view(payload);
		chunk.dir = flags & 1;
		chunk.head = flags & 2;
		chunk.cut = flags & 4;
		chunk.nth = nth[chunk.dir]++;
		auto got = MATCH(FUZZ_PROTO)(&chunk, &scratch);
		MUST(got == P2P_NO || got == P2P_MORE || got == P2P_YES || got == P2P_YES_ENCRYPTED || got == P2P_YES_MORE);
		if (got != P2P_MORE)
			break;
	}
	return 0;
}
