// SPDX-License-Identifier: GPL-2.0-only
#include "facts.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace p2padm
{

namespace
{

constexpr std::size_t read_limit = 1 << 20; // what doctor reads is small

} // namespace

FileTree::FileTree(std::filesystem::path root) : root_(std::move(root))
{
}

std::filesystem::path FileTree::at(const std::string &path) const
{
	return root_ / std::filesystem::path(path).relative_path();
}

bool FileTree::exists(const std::string &path) const
{
	std::error_code ignored;

	return std::filesystem::exists(at(path), ignored);
}

std::optional<std::string> FileTree::read(const std::string &path) const
{
	std::ifstream in(at(path), std::ios::binary);
	std::string text(read_limit, '\0');

	if (!in)
		return {};
	in.read(text.data(), static_cast<std::streamsize>(text.size()));
	if (in.bad() || (in.gcount() == 0 && !in.eof()))
		return {};
	text.resize(static_cast<std::size_t>(in.gcount()));
	if (!text.empty() && text.back() == '\n')
		text.pop_back();
	return text;
}

std::optional<long> FileTree::number(const std::string &path) const
{
	const auto text = read(path);
	long value = 0;

	if (!text)
		return {};
	const char *end = text->data() + text->size();
	if (std::from_chars(text->data(), end, value).ptr != end || text->empty())
		return {};
	return value;
}

std::vector<std::string> FileTree::list(const std::string &path) const
{
	std::vector<std::string> out;
	std::error_code ignored;

	for (const auto &entry :
	     std::filesystem::directory_iterator(at(path), ignored))
		out.push_back(entry.path().filename().string());
	std::sort(out.begin(), out.end());
	return out;
}

} // namespace p2padm
