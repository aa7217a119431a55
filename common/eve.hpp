// SPDX-License-Identifier: GPL-2.0-only
/** Events as JSON in the form of Suricata's EVE. docs/eve.md has every field. */
#ifndef P2PADM_COMMON_EVE_HPP
#define P2PADM_COMMON_EVE_HPP

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "event.hpp"
#include "event_sequence.hpp"

namespace p2padm
{

/** Name of the interface with that index; "" when it is gone */
using InterfaceName = std::function<std::string(std::uint32_t)>;

/** 2026-11-24T11:02:03.123456+0100, of UTC nanoseconds, in the system's zone */
std::string eve_timestamp(std::uint64_t nanoseconds);

nlohmann::ordered_json eve_record(const Event &event, const InterfaceName &name);

/** @param now UTC, nanoseconds */
nlohmann::ordered_json eve_record(const Lost &lost, std::uint64_t now);

/** One line, its newline included. ASCII: what is not UTF-8 becomes U+FFFD. */
std::string eve_line(const nlohmann::ordered_json &record);

/** UTC, nanoseconds */
std::uint64_t eve_now();

} // namespace p2padm

#endif
