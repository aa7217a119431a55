// SPDX-License-Identifier: GPL-2.0-only
/**
 * The gateway as the commands see it: values out, one interface.
 *
 * NetlinkGateway speaks to the module; tests have fakes. Numbers that the
 * kernel may extend (modes, verdicts ...) stay numbers here and get their
 * names in one place below.
 */
#ifndef P2PADM_CTL_GATEWAY_HPP
#define P2PADM_CTL_GATEWAY_HPP

#include <linux/kp2padm.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2padm
{

/** One counter of KP2PADM_COUNTERS */
struct CounterInfo {
	std::uint16_t attribute;
	const char *name;
	const char *help;
};

/** All counters, in the ABI's order */
std::span<const CounterInfo> counters();

struct Status {
	std::string version;
	bool enabled = false;
	std::uint8_t mode = KP2PADM_MODE_OBSERVE;
	std::uint32_t generation = 0;
	std::uint32_t flows = 0;
	std::uint32_t max_flows = 0;
	std::uint32_t buckets = 0;
	std::uint32_t inspected = 0;
	std::uint64_t uptime = 0; ///< seconds
};

struct Stats {
	std::vector<std::uint64_t> values; ///< as counters() lists them
	std::vector<std::uint32_t> chains; ///< buckets with 0, 1, ... flows

	/** The counter called @p name; 0 where there is none */
	std::uint64_t value(std::string_view name) const;
};

struct App {
	std::string name;
	std::uint8_t category = KP2PADM_CATEGORY_NONE;
	std::uint8_t verdict = KP2PADM_VERDICT_PASS;
	std::uint64_t flows = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
	std::uint64_t dropped = 0;
	std::uint64_t dropped_bytes = 0;
	std::uint64_t would_drop = 0;
	std::uint64_t named = 0;
};

struct Flow {
	std::string app;
	std::string variant;
	std::string src; ///< address as text
	std::string dst;
	std::uint16_t sport = 0; ///< host order
	std::uint16_t dport = 0;
	std::uint8_t l4 = 0;
	std::uint32_t bridge = 0; ///< interface index
	std::uint16_t vid = 0;	  ///< 0: none; also below
	std::uint16_t cvid = 0;
	std::uint16_t session = 0;
	std::uint8_t category = KP2PADM_CATEGORY_NONE;
	std::uint8_t by = KP2PADM_BY_NONE;
	std::uint8_t verdict = KP2PADM_VERDICT_PASS;
	std::uint32_t flags = 0; ///< enum kp2padm_flow_flags
	std::uint32_t decided = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
	std::uint64_t reply_packets = 0;
	std::uint64_t reply_bytes = 0;
	std::uint32_t age = 0;	///< milliseconds
	std::uint32_t idle = 0; ///< milliseconds
};

struct PolicyEntry {
	std::string app;
	std::uint8_t verdict = KP2PADM_VERDICT_PASS;
};

struct Policy {
	std::uint8_t mode = KP2PADM_MODE_OBSERVE;
	std::uint32_t generation = 0; ///< ignored by set_policy()
	std::vector<PolicyEntry> entries;
};

/** What the commands ask of the module. All may throw SystemError or NoGateway. */
class Gateway
{
public:
	virtual ~Gateway() = default;

	virtual Status status() = 0;
	virtual Stats stats() = 0;
	virtual std::vector<App> apps() = 0;
	/** Every flow, or those of @p app alone when it is not empty */
	virtual void flows(const std::string &app,
			   const std::function<void(const Flow &)> &sink) = 0;
	virtual Policy policy() = 0;
	virtual void set_policy(const Policy &policy) = 0;
	/** @return false when it was so already */
	virtual bool set_enabled(bool enabled) = 0;
	/** Name of the interface with that index; "" when it is gone */
	virtual std::string interface_name(std::uint32_t index) = 0;
};

std::string mode_name(std::uint8_t mode);
std::string verdict_name(std::uint8_t verdict);
std::string category_name(std::uint8_t category);
std::string by_name(std::uint8_t by);
/** Names of the bits set in enum kp2padm_flow_flags */
std::vector<std::string> flow_flag_names(std::uint32_t flags);
std::string l4_name(std::uint8_t l4);

} // namespace p2padm

#endif
