// SPDX-License-Identifier: GPL-2.0-only
//
// p2p_content_prepare() of any lists, and facts and judgements of what it takes:
// counts 8 | terms | rules | globs | extensions | ids | sizes | types | mentions | facts
#include <algorithm>
#include <cstring>
#include <string>

#include "automaton_build.hpp"
#include "core/content.h"
#include "input.h"

using namespace p2p;

namespace {

constexpr int every_fact = (1 << P2P_FACT_BITS) - 1;

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

void judge(const p2p_content &content, const p2p_facts &facts)
{
	p2p_content_ruling ruling;

	p2p_content_judge(&content, &facts, &ruling);
	MUST(ruling.verdict <= P2P_VERDICT_RESET && ruling.would <= P2P_VERDICT_RESET);
	MUST(ruling.rule == P2P_NO_RULE || ruling.rule < content.rules);
	MUST(ruling.would_rule == P2P_NO_RULE || ruling.would_rule < content.rules);
	MUST(!ruling.open || ruling.rule == P2P_NO_RULE);
	MUST(!ruling.open || (~facts.closed & every_fact));
}

void tell(Input &in, const p2p_content &content, p2p_facts &facts)
{
	const auto which = in.u8();
	const auto bytes = in.take(in.u8());

	switch (which % 6) {
	case 0:
		return p2p_facts_name(&content, &facts, view(bytes));
	case 1:
		return p2p_facts_size(&content, &facts, p2p_be64(view(bytes), 0));
	case 2:
		return p2p_facts_type(&content, &facts, p2p_filetype_of(view(bytes), in.u16()));
	case 3:
		return p2p_facts_id(&content, &facts, in.u8() % 5, view(bytes));
	case 4:
		return p2p_facts_text(&content, &facts, which & 64 ? P2P_FACT_CHAT : P2P_FACT_SEARCH,
				      view(bytes));
	default:
		return p2p_facts_close(&facts, in.u8());
	}
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
	do {
		judge(content, facts);
		tell(in, content, facts);
	} while (!in.empty());
	judge(content, facts);
	return 0;
}
