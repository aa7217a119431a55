// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_automaton_open() of an automaton that somebody has changed, and
// p2p_automaton_run() over what it takes:
// patterns 1 | (length 1, pattern) each | edits 1 | (part 1, place 2, value 4) each | bytes
#include <algorithm>
#include <cstring>
#include <string>

#include "automaton_build.hpp"
#include "input.h"

using namespace p2p;

namespace {

u32 number(Input &in)
{
	const u32 high = in.u16();

	return high << 16 | in.u16();
}

/* Words of head, rows, nodes and patterns; bytes of skips and labels */
void edit(Input &in, std::vector<std::uint32_t> &words, const p2p_automaton &whole)
{
	auto *bytes = reinterpret_cast<std::uint8_t *>(words.data());
	const auto rows = u32(reinterpret_cast<const std::uint8_t *>(whole.node) - bytes);
	const auto skips = u32(whole.skip - bytes);
	const bool tail = in.u8() & 1;
	const u32 place = in.u16(), value = number(in);

	if (tail)
		bytes[skips + (place & 1 ? place : P2P_PAIRS + place / 2 % whole.nodes)] = std::uint8_t(value);
	else if (place % 4 == 0)
		words[place / 4 % (sizeof(p2p_automaton_head) / 4)] = value;
	else
		words[rows / 4 + place / 4 % ((skips - rows) / 4)] = value;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	std::vector<std::string> patterns(in.u8() % 16);
	p2p_automaton automaton{};
	u32 state, at = 0, before = 0;

	for (auto &pattern : patterns) {
		const auto bytes = in.take(2 + in.u8() % 12);

		pattern.assign(bytes.begin(), bytes.end());
		pattern.resize(std::max<std::size_t>(pattern.size(), P2P_PATTERN_MIN));
	}
	const auto built = p2padm::build_automaton(patterns);
	auto words = built.words;
	p2p_automaton changed{};
	MUST(p2p_automaton_open(&changed, words.data(), built.size) == P2P_AUTOMATON_OK);
	for (unsigned n = in.u8() % 8; n > 0; n--)
		edit(in, words, changed);
	/* of exact size, so that the sanitizer sees a read behind it */
	const auto *first = reinterpret_cast<const std::uint8_t *>(words.data());
	const std::vector<std::uint8_t> blob(first, first + built.size);
	if (p2p_automaton_open(&automaton, blob.data(), built.size) != P2P_AUTOMATON_OK)
		return 0;
	state = in.u8();
	const auto bytes = in.rest();
	while (u32 pattern = p2p_automaton_run(&automaton, &state, view(bytes), &at)) {
		unsigned n = 0;

		MUST(at > before && at <= bytes.size() && state < automaton.nodes);
		before = at;
		for (; pattern; pattern = p2p_automaton_shorter(&automaton, pattern))
			MUST(pattern <= automaton.patterns && ++n <= P2P_PATTERN_MAX);
	}
	MUST(at == bytes.size() && (bytes.empty() || state < automaton.nodes));
	return 0;
}
