// SPDX-License-Identifier: GPL-2.0-only
/** A compiled policy as netlink messages: begin, adds, commit. */
#ifndef P2PADM_COMMON_POLICY_INSTALL_HPP
#define P2PADM_COMMON_POLICY_INSTALL_HPP

#include <vector>

#include "netlink.hpp"
#include "policy.hpp"

namespace p2padm
{

/**
 * The requests of one transaction, in their order
 *
 * Rules, hosts and names are in messages below 16 KiB, content rules in parts of
 * 32 KiB; a schedule, which cannot be divided, has a message of its own.
 *
 * @param trial seconds, 0 for none
 */
std::vector<netlink::Message> policy_messages(int family, const CompiledPolicy &policy,
					      std::uint32_t trial);

/**
 * Install it
 *
 * @return what is then in force
 * @throw SystemError: nothing has changed then
 */
PolicyState install_policy(netlink::Socket &socket, int family, const CompiledPolicy &policy,
			   std::uint32_t trial);

} // namespace p2padm

#endif
