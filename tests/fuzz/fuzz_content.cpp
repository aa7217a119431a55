// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_content_prepare() of any lists, and facts and judgements of what it takes:
// counts 8 | terms | rules | globs | extensions | ids | sizes | types | mentions | facts
#include <algorithm>
#include <cstring>
#include <string>

#include "automaton_build.hpp"
#include "facts.h"

using namespace p2p;

namespace {

template <typename T> void fill(Input &in, T &to)
{
	const auto bytes = in.take(sizeof(T));

	std::memset(static_cast<void *>(&to), 0, sizeof(T));
	std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t *>(&to));
}

template <typename T> std::vector<T> list(Input &in, std::uint32_t &n)
{
	std::vector<T> out(n);

	for (auto &one : out)
		fill(in, one);
	return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static const std::vector<std::string> words = { "he", "she", "his", "hers" };
	static const auto built = p2padm::build_automaton(words);
	static const p2p_automaton automaton = built.open();
	Input in{data, size};
	p2p_content content{};
	std::uint32_t at = 0;
	p2p_facts facts;

	for (auto *n : {&content.terms, &content.rules, &content.globs, &content.extensions, &content.ids,
			&content.sizes, &content.types, &content.mentions})
		*n = in.u8() % 16;
	for (std::uint32_t i = 0; i < content.terms; i++)
		content.term[i] = in.u8();
	const auto rules = list<p2p_content_rule>(in, content.rules);
	const auto globs = list<p2p_glob>(in, content.globs);
	const auto extensions = list<p2p_extension>(in, content.extensions);
	const auto ids = list<p2p_content_id>(in, content.ids);
	const auto sizes = list<p2p_sizes>(in, content.sizes);
	const auto types = list<p2p_typeset>(in, content.types);
	const auto mentions = list<std::uint16_t>(in, content.mentions);
	std::vector<std::uint32_t> mention_of(automaton.patterns + 2);
	for (auto &begin : mention_of)
		begin = in.u8();
	content.rule = rules.data();
	content.glob = globs.data();
	content.extension = extensions.data();
	content.id = ids.data();
	content.size = sizes.data();
	content.type = types.data();
	content.mention = mentions.data();
	content.mention_of = mention_of.data();
	if (content.mentions)
		content.words = automaton;
	if (p2p_content_prepare(&content, &at) != P2P_CONTENT_OK) {
		MUST(at < 256);
		return 0;
	}
	p2p_facts_begin(&facts, in.u8(), in.u8());
	tell_all(in, content, facts);
	return 0;
}
