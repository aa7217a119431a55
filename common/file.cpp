// SPDX-License-Identifier: GPL-2.0-only
#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "error.hpp"

namespace p2padm
{

namespace
{

/** A file that goes unless it is renamed */
class TemporaryFile
{
public:
	explicit TemporaryFile(const std::filesystem::path &target)
		: path_(target.parent_path() / ".new-XXXXXX")
	{
		fd_ = FileDescriptor(mkostemp(path_.data(), O_CLOEXEC)); // mode 0600
		if (fd_.get() < 0)
			throw SystemError("creating " + path_, errno);
	}
	~TemporaryFile()
	{
		if (!path_.empty())
			unlink(path_.c_str());
	}
	TemporaryFile(const TemporaryFile &) = delete;
	TemporaryFile &operator=(const TemporaryFile &) = delete;

	void write(std::string_view text)
	{
		while (!text.empty()) {
			const ssize_t n = ::write(fd_.get(), text.data(), text.size());

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				throw SystemError("writing " + path_, errno);
			text.remove_prefix(static_cast<std::size_t>(n));
		}
		if (fsync(fd_.get()))
			throw SystemError("writing " + path_, errno);
	}
	/** Whoever owns the directory may read what root writes into it. */
	void give_to_owner_of(int directory)
	{
		struct stat st {};

		if (geteuid() == 0 && (fstat(directory, &st) || fchown(fd_.get(), st.st_uid, st.st_gid)))
			throw SystemError("giving " + path_ + " to its directory's owner", errno);
	}
	void rename(const std::filesystem::path &target)
	{
		if (::rename(path_.c_str(), target.c_str()))
			throw SystemError("renaming to " + target.string(), errno);
		path_.clear();
	}

private:
	std::string path_;
	FileDescriptor fd_;
};

} // namespace

FileDescriptor::~FileDescriptor()
{
	if (fd_ >= 0)
		close(fd_);
}

FileDescriptor FileDescriptor::open(const std::filesystem::path &path, int flags, mode_t mode)
{
	FileDescriptor fd(::open(path.c_str(), flags | O_CLOEXEC, mode));

	if (fd.get() < 0)
		throw SystemError("opening " + path.string(), errno);
	return fd;
}

std::string read_all(int fd, const std::string &name, std::size_t most)
{
	std::string text;
	char part[16384];

	for (;;) {
		const ssize_t n = read(fd, part, sizeof(part));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			throw SystemError("reading " + name, errno);
		if (n == 0)
			return text;
		text.append(part, static_cast<std::size_t>(n));
		if (text.size() > most)
			throw SystemError("reading " + name, EFBIG);
	}
}

std::string read_file(const std::filesystem::path &path, std::size_t most)
{
	const auto fd = FileDescriptor::open(path, O_RDONLY | O_NOCTTY);

	return read_all(fd.get(), path.string(), most);
}

void write_file_atomically(const std::filesystem::path &path, std::string_view text)
{
	const auto directory = FileDescriptor::open(path.parent_path(), O_RDONLY | O_DIRECTORY);
	TemporaryFile file(path);

	file.write(text);
	file.give_to_owner_of(directory.get());
	file.rename(path);
	if (fsync(directory.get()))
		throw SystemError("writing " + path.parent_path().string(), errno);
}

} // namespace p2padm
