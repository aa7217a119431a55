// SPDX-License-Identifier: GPL-2.0-only
//
// A fuzz target without a fuzzer: every file of the directories given, whole
// and cut at every length, as an ordinary test.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

int main(int argc, char **argv)
{
	std::vector<std::filesystem::path> files;
	for (int i = 1; i < argc; i++)
		for (const auto &entry : std::filesystem::recursive_directory_iterator(argv[i]))
			if (entry.is_regular_file())
				files.push_back(entry.path());
	std::sort(files.begin(), files.end());
	std::size_t runs = 0;
	for (const auto &file : files) {
		std::ifstream stream(file, std::ios::binary);
		std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
		for (std::size_t n = 0; n <= bytes.size(); n++, runs++) {
			std::vector<std::uint8_t> input(bytes.begin(), bytes.begin() + long(n));
			LLVMFuzzerTestOneInput(input.data(), input.size());
		}
	}
	std::printf("%zu files, %zu runs\n", files.size(), runs);
	return files.empty(); /* an empty corpus tests nothing */
}
