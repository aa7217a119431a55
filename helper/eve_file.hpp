// SPDX-License-Identifier: GPL-2.0-only
/** The file that events are written to: whole lines, rotated by size. */
#ifndef P2PADM_HELPER_EVE_FILE_HPP
#define P2PADM_HELPER_EVE_FILE_HPP

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "event_sequence.hpp"
#include "file.hpp"

namespace p2padm
{

class EveFile
{
public:
	struct Limits {
		std::uint64_t size = 64 << 20; ///< bytes, then the file is rotated
		unsigned int kept = 5;	       ///< FILE.1 (newest) ... FILE.N
	};

	EveFile(std::filesystem::path path, Limits limits);

	/**
	 * Open it anew: it may have been renamed
	 *
	 * What a crash left of a line is cut off.
	 *
	 * @throw SystemError; there is no file then, and append() tries again
	 */
	void open();

	/**
	 * Add lines: all of them, or none and the file is as it was
	 *
	 * @throw SystemError
	 */
	void append(std::string_view lines);

	const std::filesystem::path &path() const
	{
		return path_;
	}

private:
	void write(std::string_view lines);
	void rotate();

	std::filesystem::path path_;
	Limits limits_;
	FileDescriptor fd_;
	std::uint64_t size_ = 0;
	std::uint64_t rotate_at_ = 0;
};

/**
 * The last event that a file of lines has, or told to be lost
 *
 * @return without a number where there is none, or the file cannot be read
 */
EventPlace last_place(const std::filesystem::path &path);

} // namespace p2padm

#endif
