// SPDX-License-Identifier: GPL-2.0-only
//
// The text of [[content]] tables: parse_content(), and compile_content() of what
// is taken.
#include "content.hpp"
#include "input.h"
#include "toml_table.hpp"
#include "toml_text.hpp"

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char *>(data), size);
	p2padm::Problems problems;

	if (p2padm::foreign_character(text))
		return 0;
	const toml::parse_result result = toml::parse(text);
	if (!result)
		return 0;
	p2padm::TomlTable top(result.table(), "", problems);
	const auto rules = p2padm::parse_content(top);
	top.finish();
	for (const auto &p : problems.errors)
		MUST(!p.reason.empty());
	if (!problems.errors.empty())
		return 0;
	const auto content = p2padm::compile_content(rules, problems);
	if (problems.errors.empty())
		MUST(content.core().rules == rules.rules.size());
	return 0;
}
