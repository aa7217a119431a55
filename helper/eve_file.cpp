// SPDX-License-Identifier: GPL-2.0-only
#include "eve_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include <nlohmann/json.hpp>

#include "error.hpp"

namespace p2padm
{

namespace
{

/** Far more than a line has */
constexpr std::uint64_t tail_size = 64 << 10;

/** The last bytes of a file */
std::string tail_of(int fd, std::uint64_t size)
{
	std::string out(std::min(size, tail_size), '\0');
	const ssize_t n =
		pread(fd, out.data(), out.size(), static_cast<off_t>(size - out.size()));

	out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
	return out;
}

/** Cut off what is behind the last newline. @return the size then */
std::uint64_t cut_torn_line(int fd, std::uint64_t size)
{
	const std::string tail = tail_of(fd, size);
	const auto newline = tail.rfind('\n');
	const std::uint64_t torn =
		tail.size() - (newline == tail.npos ? 0 : newline + 1);

	if (torn && ftruncate(fd, static_cast<off_t>(size - torn)))
		throw SystemError("cutting off a torn line", errno);
	return size - torn;
}

std::filesystem::path numbered(const std::filesystem::path &path, unsigned int number)
{
	return number ? std::filesystem::path(path.string() + "." + std::to_string(number)) : path;
}

/** 0 where it is none, and where a record is older than gateways' identities */
std::uint64_t identity_of(const nlohmann::json &ours)
{
	const auto at = ours.find("gateway");
	std::uint64_t out = 0;

	if (at != ours.end() && at->is_string()) {
		const auto &text = at->get_ref<const std::string &>();

		std::from_chars(text.data(), text.data() + text.size(), out, 16);
	}
	return out;
}

EventPlace place_of(const std::string &line)
{
	const auto doc = nlohmann::json::parse(line, nullptr, false);

	if (!doc.is_object() || !doc.contains("kp2padm"))
		return {};
	const auto &ours = doc["kp2padm"];
	for (const char *name : { "seq", "before" })
		if (const auto at = ours.find(name); at != ours.end() && at->is_number_unsigned())
			return { identity_of(ours), at->get<std::uint64_t>() - (name[0] == 'b') };
	return {};
}

} // namespace

EveFile::EveFile(std::filesystem::path path, Limits limits)
	: path_(std::move(path)), limits_(limits)
{
}

void EveFile::open()
{
	struct stat st {};

	fd_ = FileDescriptor(); // the old one is done with, also where this fails
	// O_NONBLOCK: a FIFO would wait here for its reader
	FileDescriptor fd = FileDescriptor::open(
		path_, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fstat(fd.get(), &st))
		throw SystemError("opening " + path_.string(), errno);
	if (!S_ISREG(st.st_mode))
		throw SystemError("opening " + path_.string() + ", which is no regular file", EINVAL);
	// before it is cut: half a line may be another one's that is being written
	if (flock(fd.get(), LOCK_EX | LOCK_NB))
		throw SystemError("locking " + path_.string() + ", which another helper writes", errno);
	size_ = cut_torn_line(fd.get(), static_cast<std::uint64_t>(st.st_size));
	rotate_at_ = limits_.size;
	fd_ = std::move(fd);
}

void EveFile::append(std::string_view lines)
{
	if (fd_.get() < 0)
		open();
	write(lines);
	size_ += lines.size();
	if (size_ >= rotate_at_)
		rotate();
}

void EveFile::write(std::string_view lines)
{
	std::string_view left = lines;

	while (!left.empty()) {
		const ssize_t n = ::write(fd_.get(), left.data(), left.size());

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			const int code = n < 0 ? errno : ENOSPC;

			// half a line must not stay; where it does, open() cuts it off
			if (left.size() < lines.size() &&
			    ftruncate(fd_.get(), static_cast<off_t>(size_)))
				fd_ = FileDescriptor();
			throw SystemError("writing " + path_.string(), code);
		}
		left.remove_prefix(static_cast<std::size_t>(n));
	}
}

void EveFile::rotate()
{
	// where it cannot be renamed it grows, and the next try is as far away
	rotate_at_ = size_ + limits_.size;
	if (limits_.kept == 0 && unlink(path_.c_str()))
		return;
	for (unsigned int n = limits_.kept; n > 0; n--)
		if (rename(numbered(path_, n - 1).c_str(), numbered(path_, n).c_str()) && n == 1)
			return;
	try {
		open();
	} catch (const SystemError &) {
		return; // the lines are written; append() tries again, and says so
	}
}

EventPlace last_place(const std::filesystem::path &path)
{
	struct stat st {};

	try {
		const auto fd = FileDescriptor::open(path, O_RDONLY | O_NONBLOCK);

		if (fstat(fd.get(), &st) || !S_ISREG(st.st_mode))
			return {};
		std::string tail = tail_of(fd.get(), static_cast<std::uint64_t>(st.st_size));

		while (!tail.empty()) {
			const auto end = tail.find_last_not_of('\n');
			const auto begin = end == tail.npos ? tail.npos : tail.rfind('\n', end);
			const std::size_t at = begin == tail.npos ? 0 : begin + 1;

			if (const EventPlace place = place_of(tail.substr(at)); place.seq)
				return place;
			tail.resize(at);
		}
	} catch (const SystemError &) {
		return {}; // there is none yet, or it is refused when it is opened
	}
	return {};
}

} // namespace p2padm
