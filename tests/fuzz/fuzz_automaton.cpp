// SPDX-License-Identifier: GPL-2.0-only
//
// The content automaton against a search for each pattern, over a few letters
// and in chunks of any length:
// patterns 1 | letters 1 | (length 1, pattern) each | (length 1, chunk) to the end
#include <algorithm>
#include <set>
#include <string>

#include "automaton_build.hpp"
#include "input.h"

using namespace p2p;

namespace {

using Found = std::set<std::pair<std::size_t, std::uint32_t>>;

std::string text(Input &in, std::size_t length, unsigned letters)
{
	std::string out;

	for (const auto byte : in.take(length))
		out += letters ? char("aAbB"[byte % letters]) : char(byte);
	return out;
}

void search(const std::string &folded, const std::string &pattern, std::uint32_t number, Found &found)
{
	for (auto at = folded.find(pattern); at != folded.npos; at = folded.find(pattern, at + 1))
		found.emplace(at + pattern.size(), number);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	std::vector<std::string> patterns(in.u8() % 16);
	const unsigned letters = in.u8() % 5;
	std::string whole;
	Found got, want;
	u32 state = 0;

	for (auto &pattern : patterns) {
		pattern = text(in, 2 + in.u8() % 12, letters);
		pattern.resize(std::max<std::size_t>(pattern.size(), P2P_PATTERN_MIN));
	}
	const auto built = p2padm::build_automaton(patterns);
	const p2p_automaton automaton = built.open();
	while (!in.empty()) {
		const std::string chunk = text(in, in.u8(), letters);
		const std::vector<std::uint8_t> bytes(chunk.begin(), chunk.end());
		u32 at = 0, before = 0;

		while (u32 pattern = p2p_automaton_run(&automaton, &state, view(bytes), &at)) {
			MUST(at > before && at <= bytes.size());
			before = at;
			for (; pattern; pattern = p2p_automaton_shorter(&automaton, pattern))
				MUST(got.emplace(whole.size() + at, pattern).second);
		}
		MUST(at == bytes.size());
		whole += chunk;
	}
	const std::string folded = p2padm::fold_case(whole);
	for (std::size_t i = 0; i < patterns.size(); i++)
		search(folded, p2padm::fold_case(patterns[i]), built.numbers[i], want);
	MUST(got == want);
	return 0;
}
