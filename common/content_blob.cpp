// SPDX-License-Identifier: GPL-2.0-only
#include "content_blob.hpp"

#include <core/content_blob.h>

#include <algorithm>
#include <span>
#include <type_traits>

namespace p2padm
{

namespace
{

constexpr std::size_t aligned = 8;

void append(std::vector<std::byte> &out, std::span<const std::byte> bytes)
{
	out.insert(out.end(), bytes.begin(), bytes.end());
	out.resize((out.size() + aligned - 1) / aligned * aligned);
}

template <typename Entry>
void append_list(std::vector<std::byte> &out, const std::vector<Entry> &list)
{
	static_assert(std::is_trivially_copyable_v<Entry>);
	append(out, std::as_bytes(std::span(list)));
}

p2p_content_head head_of(const p2p_content &content, const BuiltAutomaton &words)
{
	p2p_content_head head{};

	head.magic = P2P_CONTENT_MAGIC;
	head.version = P2P_CONTENT_VERSION;
	head.rules = content.rules;
	head.globs = content.globs;
	head.extensions = content.extensions;
	head.ids = content.ids;
	head.sizes = content.sizes;
	head.types = content.types;
	head.terms = content.terms;
	head.mentions = content.mentions;
	head.keywords = content.words.patterns;
	head.words = words.size;
	return head;
}

} // namespace

std::vector<std::byte> content_blob(const CompiledContent &content)
{
	const ContentLists &lists = content.lists();
	p2p_content_head head = head_of(content.core(), lists.words);
	const auto head_bytes = std::as_writable_bytes(std::span(&head, 1));
	std::vector<std::byte> out;

	if (lists.rules.empty())
		return out;
	append(out, head_bytes);
	append_list(out, lists.rules);
	append_list(out, lists.globs);
	append_list(out, lists.extensions);
	append_list(out, lists.ids);
	append_list(out, lists.sizes);
	append_list(out, lists.types);
	append_list(out, lists.terms);
	append_list(out, lists.mentions);
	append_list(out, lists.mention_of);
	append(out, std::as_bytes(std::span(lists.words.words)).first(lists.words.size));
	head.size = static_cast<std::uint32_t>(out.size());
	std::copy(head_bytes.begin(), head_bytes.end(), out.begin());
	return out;
}

} // namespace p2padm
