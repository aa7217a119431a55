// SPDX-License-Identifier: GPL-2.0-only
/** The texts of the policies that were installed last, byte for byte. */
#ifndef P2PADM_COMMON_POLICY_HISTORY_HPP
#define P2PADM_COMMON_POLICY_HISTORY_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway.hpp"

namespace p2padm
{

/**
 * A directory with one file a text, named by sequence and id, and an empty one
 * beside it while the text is or was on trial only
 *
 * A file appears whole or not at all; nobody but the directory's owner reads it. Who adds locks
 * the directory, so that CLI and helper may both.
 */
class PolicyHistory
{
public:
	static constexpr std::size_t kept = 10;

	struct Entry {
		std::uint64_t sequence;
		std::string id; ///< as hex() writes it

		std::string file_name() const;
	};

	explicit PolicyHistory(std::filesystem::path directory);

	/** $KP2PADM_STATE/policies; KP2PADM_STATE is /var/lib/kp2padm unless set */
	static std::filesystem::path default_directory();

	/** Oldest first; none where there is no directory. @throw SystemError */
	std::vector<Entry> entries() const;
	/** The newest with that id */
	std::optional<Entry> find(const PolicyId &id) const;
	/** @throw SystemError, std::runtime_error when it is not the text that was added */
	std::string text(const Entry &entry) const;

	/** Was it on trial, and never for good? @throw SystemError */
	bool tried(const Entry &entry) const;
	/** The newest that was in force for good */
	std::optional<Entry> last_good() const;

	/**
	 * Keep a text, and the newest of those before
	 *
	 * The newest text is not added again.
	 *
	 * @param trial it is in force on trial only
	 * @throw SystemError, also when another one holds the directory's lock for long
	 */
	void add(std::string_view text, bool trial = false);
	/** Texts with that id are in force for good. @throw SystemError */
	void confirm(const PolicyId &id);

private:
	std::filesystem::path mark_of(const Entry &entry) const;
	void prune() const;

	std::filesystem::path directory_;
};

} // namespace p2padm

#endif
