// SPDX-License-Identifier: GPL-2.0-only
/** Files: owners of descriptors, whole reads, writes that happen or do not. */
#ifndef P2PADM_COMMON_FILE_HPP
#define P2PADM_COMMON_FILE_HPP

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace p2padm
{

/** A file descriptor and its end */
class FileDescriptor
{
public:
	FileDescriptor() = default;
	explicit FileDescriptor(int fd) : fd_(fd)
	{
	}
	FileDescriptor(FileDescriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1))
	{
	}
	FileDescriptor &operator=(FileDescriptor &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}
	~FileDescriptor();

	/** open(2) with O_CLOEXEC. @throw SystemError */
	static FileDescriptor open(const std::filesystem::path &path, int flags, mode_t mode = 0);

	int get() const noexcept
	{
		return fd_;
	}

private:
	int fd_ = -1;
};

/**
 * A whole file
 *
 * @throw SystemError; EFBIG when it has more than @p most bytes
 */
std::string read_file(const std::filesystem::path &path, std::size_t most);

/** Everything there is to read, as read_file() */
std::string read_all(int fd, const std::string &name, std::size_t most);

/**
 * A file of that name with that text, mode 0600, its directory's owner's, on the disk: it is there whole,
 * or the one before is
 *
 * @throw SystemError
 */
void write_file_atomically(const std::filesystem::path &path, std::string_view text);

} // namespace p2padm

#endif
