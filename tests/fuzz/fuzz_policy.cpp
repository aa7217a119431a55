// SPDX-License-Identifier: GPL-2.0-only
//
// A policy's text: parse_policy(), and compile_policy() of what is taken. Hours
// are left out: to ask the C library for a year of them takes too long here, and
// tests/common/schedule_test.cpp has every minute of them.
#include "input.h"
#include "policy.hpp"

using namespace p2p;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char *>(data), size);
	p2padm::Problems problems;
	p2padm::Policy policy = p2padm::parse_policy(text, problems);

	for (const auto &p : problems.errors)
		MUST(!p.reason.empty());
	if (!problems.errors.empty())
		return 0;
	for (auto &rule : policy.rules)
		rule.when = {};
	const auto compiled = p2padm::compile_policy(policy, 1767225600, problems);
	if (!problems.errors.empty())
		return 0;
	MUST(compiled.rules.core().n == policy.rules.size());
	MUST(compiled.names.size() == policy.rules.size());
	return 0;
}
