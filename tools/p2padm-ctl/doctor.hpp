// SPDX-License-Identifier: GPL-2.0-only
/** Findings of doctor, and the two halves that make them. */
#ifndef P2PADM_CTL_DOCTOR_HPP
#define P2PADM_CTL_DOCTOR_HPP

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "facts.hpp"
#include "gateway.hpp"

namespace p2padm
{

enum class Level { ok, warn, bad };

const char *level_name(Level level);

struct Finding {
	Level level;
	std::string check;   ///< what was looked at: "lro", "stp" ...
	std::string object;  ///< where: a port, a bridge; "" for the host
	std::string message; ///< what is so
	std::string advice;  ///< what to do; "" for nothing
};

using Findings = std::vector<Finding>;

/** Opens the gateway, or throws as Context::gateway does */
using OpenGateway = std::function<std::unique_ptr<Gateway>()>;

/** Kernel, module, gateway, br_netfilter */
void check_host(const FileTree &files, const OpenGateway &open,
		const std::string &version, std::time_t now, Findings &out);

/** Bridges, their ports, and what takes packets away from them */
void check_bridges(const FileTree &files, LinkFacts &links, Findings &out);

} // namespace p2padm

#endif
