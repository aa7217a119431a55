// SPDX-License-Identifier: GPL-2.0-only
/** Compiled content rules in the one piece of memory that core/content_blob.h describes. */
#ifndef P2PADM_COMMON_CONTENT_BLOB_HPP
#define P2PADM_COMMON_CONTENT_BLOB_HPP

#include <cstddef>
#include <vector>

#include "content.hpp"

namespace p2padm
{

/** @return what p2p_content_open() takes; empty where there are no rules */
std::vector<std::byte> content_blob(const CompiledContent &content);

} // namespace p2padm

#endif
