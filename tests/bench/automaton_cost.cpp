// SPDX-License-Identifier: GPL-2.0-only
/**
 * automaton_cost KEYWORDS random|prefixes|FILE: the content automaton over a
 * mebibyte of random bytes, of the beginnings of keywords, or of a file's text.
 *
 * Prints what was read and found. What it costs is counted by
 *
 *   valgrind --tool=callgrind --toggle-collect=p2p_automaton_run
 *
 * whose "Collected" is instructions; automaton.sh does that for all cases.
 * Keywords are made of syllables, and the same each time.
 */
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "automaton_build.hpp"

namespace
{

constexpr std::size_t text_size = 1 << 20;
constexpr std::size_t chunk_size = 1448; ///< a segment's payload

using Random = std::mt19937;

std::string keyword(Random &random)
{
	static const std::string consonants[] = { "b", "c", "d", "f", "g", "h", "k", "l", "m", "n",
						  "p", "r", "s", "t", "v", "w", "st", "tr", "ch" };
	static const std::string vowels[] = { "a", "e", "i", "o", "u", "ea", "ou" };
	static const std::string ends[] = { "", "n", "r", "s", "t", "ng" };
	std::string out;

	for (unsigned n = 2 + random() % 3; n > 0; n--)
		out += consonants[random() % std::size(consonants)] +
		       vowels[random() % std::size(vowels)] + ends[random() % std::size(ends)];
	return out;
}

/** None shorter than five letters */
std::vector<std::string> keywords(std::size_t n, Random &random)
{
	std::set<std::string> out;

	while (out.size() < n)
		if (auto word = keyword(random); word.size() >= 5)
			out.insert(std::move(word));
	return { out.begin(), out.end() };
}

std::string random_text(Random &random)
{
	std::string out(text_size, '\0');

	for (char &c : out)
		c = static_cast<char>(random());
	return out;
}

/** Each keyword but for its last letter */
std::string prefixes(const std::vector<std::string> &words, Random &random)
{
	std::string out;

	while (out.size() < text_size) {
		const std::string &word = words[random() % words.size()];

		out.append(word, 0, word.size() - 1);
	}
	out.resize(text_size);
	return out;
}

std::string file_text(const char *file)
{
	std::ifstream stream(file, std::ios::binary);
	const std::string once{ std::istreambuf_iterator<char>(stream), {} };
	std::string out;

	if (once.empty()) {
		std::fprintf(stderr, "automaton_cost: %s: there is nothing to read\n", file);
		std::exit(1);
	}
	while (out.size() < text_size)
		out += once;
	out.resize(text_size);
	return out;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 3) {
		std::fprintf(stderr, "usage: %s KEYWORDS random|prefixes|FILE\n", argv[0]);
		return 2;
	}
	Random random(20070326);
	const auto words = keywords(std::strtoul(argv[1], nullptr, 10), random);
	const auto built = p2padm::build_automaton(words);
	const p2p_automaton automaton = built.open();
	const std::string kind = argv[2];
	const std::string text = kind == "random"   ? random_text(random) :
				 kind == "prefixes" ? prefixes(words, random) :
						      file_text(argv[2]);
	u32 state = 0;
	unsigned found = 0;

	for (std::size_t i = 0; i < text.size(); i += chunk_size) {
		const std::size_t n = std::min(chunk_size, text.size() - i);
		const p2p_bytes bytes = { reinterpret_cast<const u8 *>(text.data()) + i,
					  static_cast<u32>(n) };

		for (u32 at = 0; p2p_automaton_run(&automaton, &state, bytes, &at);)
			found++;
	}
	std::printf("{\"bytes\": %zu, \"found\": %u, \"size\": %u, \"nodes\": %u, \"dense\": %u, "
		    "\"classes\": %u, \"window\": %u}\n",
		    text.size(), found, built.size, automaton.nodes, automaton.dense,
		    automaton.classes, automaton.window);
}
