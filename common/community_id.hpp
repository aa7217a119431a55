// SPDX-License-Identifier: GPL-2.0-only
/** Community ID version 1: the same name for a flow in every tool. */
#ifndef P2PADM_COMMON_COMMUNITY_ID_HPP
#define P2PADM_COMMON_COMMUNITY_ID_HPP

#include <cstdint>
#include <string>

namespace p2padm
{

/**
 * The name of a TCP or UDP flow, either way round
 *
 * https://github.com/corelight/community-id-spec, with seed 0.
 *
 * @param src,dst addresses as text, both of one family
 * @throw std::invalid_argument when they are not
 */
std::string community_id(const std::string &src, const std::string &dst, std::uint16_t sport,
			 std::uint16_t dport, std::uint8_t l4);

} // namespace p2padm

#endif
