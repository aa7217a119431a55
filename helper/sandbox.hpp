// SPDX-License-Identifier: GPL-2.0-only
/** Privileges: all but what the daemon needs are given up, for good. */
#ifndef P2PADM_HELPER_SANDBOX_HPP
#define P2PADM_HELPER_SANDBOX_HPP

#include <filesystem>
#include <string>

namespace p2padm
{

/**
 * A directory for a daemon that becomes @p user ("" for the same one): made,
 * with those above it, and given to the user where it is missing; left alone
 * where it is there
 *
 * @throw std::runtime_error, SystemError
 */
void prepare_directory(const std::filesystem::path &path, const std::string &user);

/**
 * The same, but one that is there and root's is given to the user with its files:
 * what root's commands put there before is the daemon's from now on
 *
 * @throw std::runtime_error, SystemError
 */
void adopt_directory(const std::filesystem::path &path, const std::string &user);

/**
 * Keep CAP_NET_ADMIN alone, become @p user unless it is "", and never again get
 * more
 *
 * @throw std::runtime_error
 */
void drop_privileges(const std::string &user);

/**
 * From now on any system call that the daemon has no use for kills it, in any of its
 * threads; those that are to be must be there
 *
 * @throw SystemError
 */
void confine();

} // namespace p2padm

#endif
