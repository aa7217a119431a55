// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_content_open() of any bytes, or of a whole that somebody has changed, and
// facts and judgements of what it takes:
// whole 1 | (edits 1, (part 1, place 2, value 4) each) or (length 2, bytes) | facts
#include <algorithm>
#include <cstring>
#include <string>

#include "content_blob.hpp"
#include "core/content_blob.h"
#include "facts.h"

using namespace p2p;

namespace {

/* One of each, and keywords: what bytes alone would hardly come to */
std::vector<std::uint8_t> whole()
{
	p2padm::ContentRules rules;
	p2padm::ContentRule rule;
	p2padm::Problems problems;

	rule.core.verdict = P2P_VERDICT_DROP;
	rule.globs.push_back({{'*', 'a'}, 2, 0});
	rule.extensions = {{{'a'}, 0}, {{'b'}, 0}};
	rule.ids = {{P2P_ID_ED2K, {1}, 0}, {P2P_ID_INFOHASH, {2}, 0}};
	rule.sizes.push_back({1, 9, 0});
	rule.types = 6;
	rule.keywords = {"he", "she", "his", "hers"};
	rules.rules.push_back(rule);
	rule = {};
	rule.core.observes = 1;
	rule.all_keywords = {"he", "is"};
	rules.rules.push_back(rule);
	const auto blob = p2padm::content_blob(p2padm::compile_content(rules, problems));
	MUST(problems.errors.empty());
	const auto *first = reinterpret_cast<const std::uint8_t *>(blob.data());
	return {first, first + blob.size()};
}

/* A word of the head, of the lists, of the automaton's head or of what follows it */
void edit(Input &in, std::vector<std::uint8_t> &blob, const p2p_content_head &head)
{
	const u32 end = u32(blob.size()), words = end - (head.words + 7) / 8 * 8;
	const u32 begin[] = {0, sizeof(head), words, words + u32(sizeof(p2p_automaton_head)), end};
	const u32 part = in.u8() % 4, place = in.u16();
	const u32 value = u32(in.u16()) << 16 | in.u16();
	const u32 at = begin[part] + place * (part == 3 ? 4 : 1) % (begin[part + 1] - begin[part] - 3);

	std::memcpy(&blob[at], &value, sizeof(value));
}

std::vector<std::uint8_t> changed(Input &in)
{
	static const auto good = whole();
	auto blob = good;
	p2p_content_head head;

	std::memcpy(&head, good.data(), sizeof(head));
	for (unsigned n = in.u8() % 8; n > 0; n--)
		edit(in, blob, head);
	return blob;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	const bool from_whole = in.u8() & 1;
	/* of exact size, so that the sanitizer sees a read behind it */
	const auto blob = from_whole ? changed(in) : in.take(in.u16());
	p2p_content content;
	p2p_facts facts;
	u32 at = 0;

	std::memset(static_cast<void *>(&content), 0xa5, sizeof(content));
	if (p2p_content_open(&content, blob.data(), u32(blob.size()), &at) != P2P_CONTENT_OK)
		return 0;
	MUST(content.rules && content.rules <= P2P_CONTENT_RULES_MAX);
	p2p_facts_begin(&facts, in.u8(), in.u8());
	tell_all(in, content, facts);
	return 0;
}
