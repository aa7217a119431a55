// SPDX-License-Identifier: GPL-2.0-only
// What models of the core demand of it.
#pragma once

#include <stdexcept>

namespace p2p {

/// What must hold, did not.
struct Broken : std::logic_error {
	using std::logic_error::logic_error;
};
inline void must(bool holds, const char *what)
{
	if (!holds)
		throw Broken{what};
}

} // namespace p2p
