// SPDX-License-Identifier: GPL-2.0-only
/** A directory that goes with the test. */
#ifndef P2PADM_TESTS_HELPER_DIRECTORY_HPP
#define P2PADM_TESTS_HELPER_DIRECTORY_HPP

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace p2padm::test
{

class Directory
{
public:
	Directory()
	{
		std::string name = testing::TempDir() + "helper-XXXXXX";

		if (!mkdtemp(name.data()))
			throw std::runtime_error("mkdtemp " + name);
		path_ = name;
	}
	~Directory()
	{
		std::error_code ignored;

		std::filesystem::remove_all(path_, ignored);
	}
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;

	std::filesystem::path operator/(const std::string &name) const
	{
		return path_ / name;
	}

private:
	std::filesystem::path path_;
};

inline std::string text_of(const std::filesystem::path &path)
{
	std::ifstream in(path, std::ios::binary);
	std::ostringstream out;

	out << in.rdbuf();
	return out.str();
}

inline void write(const std::filesystem::path &path, const std::string &text)
{
	std::ofstream(path, std::ios::binary) << text;
}

} // namespace p2padm::test

#endif
