// SPDX-License-Identifier: GPL-2.0-only
#include "policy_history.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "error.hpp"
#include "file.hpp"
#include "policy.hpp"

namespace p2padm
{

namespace
{

constexpr std::size_t sequence_digits = 10;

/** SEQUENCE-ID.toml; what is called otherwise is none of ours */
std::optional<PolicyHistory::Entry> parse_name(const std::string &name)
{
	static constexpr std::size_t id_digits = 2 * KP2PADM_POLICY_ID_SIZE;
	const char *end = name.data() + sequence_digits;
	PolicyHistory::Entry entry{};

	if (name.size() != sequence_digits + 1 + id_digits + 5)
		return std::nullopt;
	const auto [at, error] = std::from_chars(name.data(), end, entry.sequence);
	if (error != std::errc() || at != end)
		return std::nullopt;
	entry.id = name.substr(sequence_digits + 1, id_digits);
	if (entry.file_name() != name)
		return std::nullopt;
	return entry;
}

void make_directory(const std::filesystem::path &path)
{
	if (std::filesystem::is_directory(path))
		return;
	if (path.has_parent_path() && path != path.parent_path())
		make_directory(path.parent_path());
	if (mkdir(path.c_str(), 0700) && errno != EEXIST)
		throw SystemError("creating " + path.string(), errno);
}

/** Nobody holds it for long; who does must not keep the helper from its beat */
void lock(int directory, const std::filesystem::path &path)
{
	for (int tries = 50; flock(directory, LOCK_EX | LOCK_NB); tries--) {
		if (errno != EWOULDBLOCK || tries == 0)
			throw SystemError("locking " + path.string(), errno);
		usleep(10'000);
	}
}

} // namespace

std::string PolicyHistory::Entry::file_name() const
{
	return fmt::format("{:0{}}-{}.toml", sequence, sequence_digits, id);
}

PolicyHistory::PolicyHistory(std::filesystem::path directory) : directory_(std::move(directory))
{
}

std::filesystem::path PolicyHistory::default_directory()
{
	const char *state = std::getenv("KP2PADM_STATE");

	return std::filesystem::path(state ? state : "/var/lib/kp2padm") / "policies";
}

std::vector<PolicyHistory::Entry> PolicyHistory::entries() const
{
	std::vector<Entry> out;
	std::error_code error;

	for (std::filesystem::directory_iterator at(directory_, error), end; !error && at != end;
	     at.increment(error))
		if (const auto entry = parse_name(at->path().filename().string()))
			out.push_back(*entry);
	if (error && error != std::errc::no_such_file_or_directory)
		throw SystemError("listing " + directory_.string(), error.value());
	std::sort(out.begin(), out.end(), [](const Entry &a, const Entry &b) {
		return std::tie(a.sequence, a.id) < std::tie(b.sequence, b.id);
	});
	return out;
}

std::optional<PolicyHistory::Entry> PolicyHistory::find(const PolicyId &id) const
{
	const auto all = entries();
	const auto at = std::find_if(all.rbegin(), all.rend(), [name = hex(id)](const Entry &e) {
		return e.id == name;
	});

	if (at == all.rend())
		return std::nullopt;
	return *at;
}

std::string PolicyHistory::text(const Entry &entry) const
{
	const auto path = directory_ / entry.file_name();
	std::string out = read_file(path, policy_text_max);

	if (hex(policy_id(out)) != entry.id)
		throw std::runtime_error(path.string() + " was changed: it is not the text that "
							 "was installed");
	return out;
}

std::filesystem::path PolicyHistory::mark_of(const Entry &entry) const
{
	return directory_ / (entry.file_name() + ".trial");
}

bool PolicyHistory::tried(const Entry &entry) const
{
	std::error_code error;
	const bool there = std::filesystem::exists(mark_of(entry), error);

	if (error)
		throw SystemError("looking for " + mark_of(entry).string(), error.value());
	return there;
}

std::optional<PolicyHistory::Entry> PolicyHistory::last_good() const
{
	const auto all = entries();
	const auto at = std::find_if(all.rbegin(), all.rend(),
				     [this](const Entry &entry) { return !tried(entry); });

	if (at == all.rend())
		return std::nullopt;
	return *at;
}

void PolicyHistory::confirm(const PolicyId &id)
{
	for (const auto &entry : entries())
		if (entry.id == hex(id) && unlink(mark_of(entry).c_str()) && errno != ENOENT)
			throw SystemError("confirming " + entry.file_name(), errno);
}

void PolicyHistory::add(std::string_view text, bool trial)
{
	make_directory(directory_);
	const auto directory = FileDescriptor::open(directory_, O_RDONLY | O_DIRECTORY);

	lock(directory.get(), directory_);
	const auto all = entries();
	const std::string id = hex(policy_id(text));
	if (!trial)
		confirm(policy_id(text));
	if (!all.empty() && all.back().id == id)
		return;
	const Entry entry{ all.empty() ? 1 : all.back().sequence + 1, id };
	// before the text: a text without its mark would be a good one
	if (trial)
		write_file_atomically(mark_of(entry), "");
	write_file_atomically(directory_ / entry.file_name(), text);
	prune();
}

void PolicyHistory::prune() const
{
	const auto all = entries();
	std::error_code left; // the next one tries again

	for (std::size_t i = 0; i + kept < all.size(); i++)
		for (const auto &path : { directory_ / all[i].file_name(), mark_of(all[i]) })
			std::filesystem::remove(path, left);
}

} // namespace p2padm
