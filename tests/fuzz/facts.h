// SPDX-License-Identifier: GPL-2.0-only
// Facts of a fuzzer's input told to content rules, and what they must say of them.
#pragma once

#include "core/content.h"
#include "input.h"

namespace p2p {

inline void judge(const p2p_content &content, const p2p_facts &facts)
{
	p2p_content_ruling ruling;

	p2p_content_judge(&content, &facts, &ruling);
	MUST(ruling.verdict <= P2P_VERDICT_RESET && ruling.would <= P2P_VERDICT_RESET);
	MUST(ruling.rule == P2P_NO_RULE || ruling.rule < content.rules);
	MUST(ruling.would_rule == P2P_NO_RULE || ruling.would_rule < content.rules);
	MUST(!ruling.open || ruling.rule == P2P_NO_RULE);
	MUST(!ruling.open || (facts.closed & ((1 << P2P_FACT_BITS) - 1)) != (1 << P2P_FACT_BITS) - 1);
}

inline void tell(Input &in, const p2p_content &content, p2p_facts &facts)
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

/* what is left of the input: facts, and a judgement before and behind each */
inline void tell_all(Input &in, const p2p_content &content, p2p_facts &facts)
{
	do {
		judge(content, facts);
		tell(in, content, facts);
	} while (!in.empty());
	judge(content, facts);
}

} // namespace p2p
