// SPDX-License-Identifier: GPL-2.0-only
#include "automaton_build.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace p2padm
{

namespace
{

/** A node: the sorted patterns from @c first to before @c last begin with its @c depth bytes */
struct Prefix {
	std::uint32_t first;
	std::uint32_t last;
	std::uint32_t depth;
	std::uint32_t pattern; ///< the number of the one that it is, 0: none
};

std::uint8_t fold(std::uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

char upper(char c)
{
	return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

bool before(const std::string &a, const std::string &b)
{
	return std::string_view(a) < std::string_view(b); // as unsigned bytes
}

class Builder
{
public:
	explicit Builder(std::span<const std::string> patterns)
	{
		for (const auto &pattern : patterns)
			add(pattern);
		std::sort(sorted_.begin(), sorted_.end(), before);
		sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
		if (sorted_.size() > P2P_PATTERNS_MAX)
			throw PatternError(fmt::format("more than {} patterns",
						       static_cast<int>(P2P_PATTERNS_MAX)));
		number_.resize(sorted_.size());
		shorter_.resize(sorted_.size() + 1);
		make_classes();
		make_nodes();
		make_links();
		make_rows();
		make_skips();
	}

	BuiltAutomaton finish(std::span<const std::string> patterns) const
	{
		BuiltAutomaton out;
		p2p_automaton_head head = head_;

		out.words.resize((head.size + 3) / 4);
		out.size = head.size;
		auto *to = reinterpret_cast<std::uint8_t *>(out.words.data());
		const auto put = [&to](const void *from, std::size_t n) {
			std::memcpy(to, from, n);
			to += n;
		};
		put(&head, sizeof(head));
		put(rows_.data(), rows_.size() * sizeof(rows_[0]));
		put(nodes_.data(), nodes_.size() * sizeof(nodes_[0]));
		put(shorter_.data(), shorter_.size() * sizeof(shorter_[0]));
		put(skips_.data(), skips_.size());
		put(labels_.data(), labels_.size());
		for (const auto &pattern : patterns)
			out.numbers.push_back(number_of(pattern));
		return out;
	}

private:
	void add(const std::string &pattern)
	{
		if (pattern.size() < P2P_PATTERN_MIN || pattern.size() > P2P_PATTERN_MAX)
			throw PatternError(fmt::format("pattern '{}' has {} bytes, but must have "
						       "{} to {}",
						       pattern, pattern.size(),
						       static_cast<int>(P2P_PATTERN_MIN),
						       static_cast<int>(P2P_PATTERN_MAX)));
		sorted_.push_back(fold_case(pattern));
	}

	std::uint32_t number_of(const std::string &pattern) const
	{
		const auto at = std::lower_bound(sorted_.begin(), sorted_.end(),
						 fold_case(pattern), before);

		return number_[at - sorted_.begin()];
	}

	/** One for each byte that a pattern has, in their order, and 0 for the others */
	void make_classes()
	{
		std::array<bool, 256> used{};

		for (const auto &pattern : sorted_)
			for (const char c : pattern)
				used[static_cast<std::uint8_t>(c)] = true;
		head_.classes = 1;
		for (unsigned byte = 0; byte < used.size(); byte++)
			if (used[byte])
				head_.class_of[byte] = static_cast<std::uint8_t>(head_.classes++);
		for (unsigned byte = 0; byte < used.size(); byte++)
			head_.class_of[byte] = head_.class_of[fold(byte)];
	}

	std::uint8_t class_at(std::uint32_t pattern, std::uint32_t at) const
	{
		return head_.class_of[static_cast<std::uint8_t>(sorted_[pattern][at])];
	}

	/** Level by level; the children of a node are neighbours, in the order of their labels */
	void make_nodes()
	{
		std::uint32_t patterns = 0;

		prefixes_.push_back({ 0, static_cast<std::uint32_t>(sorted_.size()), 0, 0 });
		labels_.push_back(0);
		for (std::size_t i = 0; i < prefixes_.size(); i++) {
			Prefix &prefix = prefixes_[i];

			nodes_.push_back({ static_cast<std::uint32_t>(prefixes_.size()), 0, 0 });
			if (prefix.first < prefix.last &&
			    sorted_[prefix.first].size() == prefix.depth) {
				prefix.pattern = ++patterns;
				number_[prefix.first++] = prefix.pattern;
			}
			add_children(Prefix(prefix)); // which moves the others
			if (prefixes_.size() > P2P_NODES_MAX)
				throw PatternError(fmt::format(
					"the patterns need more than {} nodes; fewer or shorter ones "
					"would do",
					static_cast<int>(P2P_NODES_MAX)));
		}
		nodes_.push_back({ static_cast<std::uint32_t>(prefixes_.size()), 0, 0 });
	}

	void add_children(const Prefix &prefix)
	{
		for (std::uint32_t i = prefix.first, end; i < prefix.last; i = end) {
			const std::uint8_t c = class_at(i, prefix.depth);

			for (end = i + 1; end < prefix.last; end++)
				if (class_at(end, prefix.depth) != c)
					break;
			prefixes_.push_back({ i, end, prefix.depth + 1, 0 });
			labels_.push_back(c);
		}
	}

	/** 0: it has none */
	std::uint32_t child(std::uint32_t node, std::uint8_t c) const
	{
		const auto first = labels_.begin() + nodes_[node].first;
		const auto last = labels_.begin() + nodes_[node + 1].first;
		const auto at = std::lower_bound(first, last, c);

		return at != last && *at == c ? at - labels_.begin() : 0;
	}

	void make_links()
	{
		for (std::uint32_t node = 0; node < labels_.size(); node++) {
			const std::uint32_t pattern = prefixes_[node].pattern;
			const std::uint32_t shorter = nodes_[nodes_[node].fail].output;

			if (pattern)
				shorter_[pattern] = shorter;
			nodes_[node].output = pattern ? pattern : shorter;
			for (std::uint32_t i = nodes_[node].first; i < nodes_[node + 1].first; i++)
				nodes_[i].fail = node ? fail_of(node, labels_[i]) : 0;
		}
	}

	/** Of the child by @p c of @p node, which is not the root */
	std::uint32_t fail_of(std::uint32_t node, std::uint8_t c) const
	{
		std::uint32_t next = 0;

		do {
			node = nodes_[node].fail;
			next = child(node, c);
		} while (!next && node);
		return next;
	}

	void make_rows()
	{
		const std::uint32_t classes = head_.classes;
		const auto most = static_cast<std::uint32_t>(automaton_rows_max /
							     (classes * sizeof(rows_[0])));

		head_.nodes = static_cast<std::uint32_t>(labels_.size());
		head_.dense = std::min(head_.nodes, most);
		rows_.resize(std::size_t{ head_.dense } * classes);
		for (std::uint32_t node = 0; node < head_.dense; node++) {
			std::int32_t *row = &rows_[std::size_t{ node } * classes];

			// the root's is behind it: no node is its own suffix
			if (node)
				std::copy_n(&rows_[std::size_t{ nodes_[node].fail } * classes],
					    classes, row);
			for (std::uint32_t i = nodes_[node].first; i < nodes_[node + 1].first; i++)
				row[labels_[i]] = p2p_automaton_entry(nodes_.data(), i, head_.dense,
								      classes);
		}
	}

	/** By two bytes that stand at the end of the window: how far on may a pattern begin? */
	void make_skips()
	{
		std::size_t window = P2P_WINDOW_MAX;

		for (const auto &pattern : sorted_)
			window = std::min(window, pattern.size());
		skips_.assign(P2P_PAIRS, static_cast<std::uint8_t>(window - 1));
		for (const auto &pattern : sorted_)
			for (std::size_t i = 0; i + 2 <= window; i++)
				add_skip(pattern[i], pattern[i + 1],
					 static_cast<std::uint8_t>(window - 2 - i));
		head_.window = static_cast<std::uint32_t>(window);
		fill_head();
	}

	/** In upper case and in lower */
	void add_skip(char first, char second, std::uint8_t most)
	{
		for (const char a : { first, upper(first) })
			for (const char b : { second, upper(second) }) {
				const char bytes[2] = { a, b };
				std::uint16_t pair;

				std::memcpy(&pair, bytes, sizeof(pair));
				skips_[pair] = std::min(skips_[pair], most);
			}
	}

	void fill_head()
	{
		const std::size_t size = sizeof(head_) + rows_.size() * sizeof(rows_[0]) +
					 nodes_.size() * sizeof(nodes_[0]) +
					 shorter_.size() * sizeof(shorter_[0]) + skips_.size() +
					 labels_.size();

		head_.magic = P2P_AUTOMATON_MAGIC;
		head_.version = P2P_AUTOMATON_VERSION;
		head_.patterns = static_cast<std::uint32_t>(sorted_.size());
		head_.size = static_cast<std::uint32_t>(size);
	}

	std::vector<std::string> sorted_; ///< folded, none twice
	std::vector<std::uint32_t> number_; ///< by their place there
	std::vector<Prefix> prefixes_; ///< by node
	p2p_automaton_head head_{};
	std::vector<std::int32_t> rows_;
	std::vector<p2p_node> nodes_;
	std::vector<std::uint32_t> shorter_;
	std::vector<std::uint8_t> skips_;
	std::vector<std::uint8_t> labels_;
};

static_assert(sizeof(p2p_automaton_head) + automaton_rows_max +
		      (P2P_NODES_MAX + 1) * (sizeof(p2p_node) + 1) +
		      (P2P_PATTERNS_MAX + 1) * sizeof(std::uint32_t) + P2P_PAIRS <=
	      P2P_AUTOMATON_MAX);

} // namespace

std::string fold_case(std::string_view text)
{
	std::string out(text);

	for (char &c : out)
		c = static_cast<char>(fold(static_cast<std::uint8_t>(c)));
	return out;
}

p2p_automaton BuiltAutomaton::open() const
{
	p2p_automaton out{};
	const p2p_automaton_error error = p2p_automaton_open(&out, words.data(), size);

	if (error)
		throw std::logic_error(fmt::format("the automaton as it was compiled: {}",
						   p2p_automaton_error_text(error)));
	return out;
}

BuiltAutomaton build_automaton(std::span<const std::string> patterns)
{
	return Builder(patterns).finish(patterns);
}

} // namespace p2padm
