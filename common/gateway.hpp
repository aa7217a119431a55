// SPDX-License-Identifier: GPL-2.0-only
/**
 * The gateway as user space sees it: values out, one interface.
 *
 * NetlinkGateway speaks to the module; tests have fakes. Numbers that the
 * kernel may extend (modes, verdicts ...) stay numbers here and get their
 * names in one place below.
 */
#ifndef P2PADM_COMMON_GATEWAY_HPP
#define P2PADM_COMMON_GATEWAY_HPP

#include <linux/kp2padm.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
	std::uint32_t streams = 0;	///< flows whose bytes are read
	std::uint64_t stream_bytes = 0; ///< memory of the packets that are kept for them
	std::uint64_t uptime = 0;	///< seconds
	std::uint32_t abi = 0;	  ///< KP2PADM_ABI of the module
	std::uint8_t helper = KP2PADM_HELPER_NONE;
	std::uint64_t gateway = 0; ///< its identity: another one has another; 0: there is none
	std::uint32_t refused = 0; ///< KP2PADM_ABI of a helper that was refused for it; 0: none
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
	std::uint64_t flows = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
	std::uint64_t dropped = 0;
	std::uint64_t dropped_bytes = 0;
	std::uint64_t would_drop = 0;
	std::uint64_t named = 0;
};

/** One direction of a flow whose bytes are read */
struct Stream {
	std::uint32_t ordered = 0; ///< segments kept that are contiguous
	std::uint32_t ordered_bytes = 0; ///< of the stream; also below
	std::uint32_t ahead = 0; ///< segments kept that are ahead of a gap
	std::uint32_t ahead_bytes = 0;
	std::uint32_t holds = 0; ///< packets that are held now
	std::uint32_t holds_bytes = 0;
	std::uint32_t gaps = 0;
	std::optional<std::uint32_t> gap_age{}; ///< milliseconds
	std::uint32_t fast_passed = 0; ///< segments so far; also below
	std::uint32_t held = 0;
	std::uint32_t conflicts = 0;
	std::uint64_t bytes_read = 0;
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
	std::uint8_t confidence = 0; ///< percent
	std::uint8_t direction = 0;  ///< enum kp2padm_direction; 0: not said
	std::optional<std::uint16_t> rule{}; ///< that gave the verdict
	std::optional<std::uint8_t> would{}; ///< verdict of an observing rule
	std::optional<std::uint16_t> would_rule{};
	std::optional<std::uint16_t> mark_rule{};
	std::optional<Stream> stream{}; ///< from src to dst; absent of one that is not read
	std::optional<Stream> reply_stream{};
};

/** SHA-256 of the text that a policy was made from; zeros: of none */
using PolicyId = std::array<std::uint8_t, KP2PADM_POLICY_ID_SIZE>;

/** The policy in force, but for its rules */
struct PolicyState {
	std::uint8_t mode = KP2PADM_MODE_OBSERVE;
	std::uint8_t fallback = KP2PADM_VERDICT_PASS; ///< "default"
	std::uint8_t helper_loss = KP2PADM_VERDICT_PASS;
	std::uint8_t conflict = KP2PADM_VERDICT_DROP;
	std::uint8_t unread = KP2PADM_VERDICT_PASS;
	PolicyId id{};
	std::uint32_t rules = 0;
	std::uint32_t hosts = 0;
	std::uint32_t generation = 0;
	std::uint32_t trial = 0; ///< seconds until it is taken back; 0: it stays
	std::optional<std::int64_t> until{}; ///< the earliest of its schedules' last moments, UTC
	std::uint32_t content_rules = 0;
};

/** Whom and what the policy in force calls local and exempt */
struct PolicySets {
	std::uint32_t generation = 0;
	std::vector<std::string> local_ports;
	std::vector<kp2padm_prefix> local_prefixes;
	std::vector<kp2padm_prefix> exempt_prefixes;
	std::vector<std::uint16_t> exempt_ports;
	std::vector<std::array<std::uint8_t, 6>> exempt_macs;
};

/** A rule in force; what it does not say is absent, empty or 0 */
struct RuleState {
	std::uint32_t number = 0;
	std::string name;
	std::vector<std::string> apps;
	std::uint8_t categories = 0; ///< bits
	std::uint8_t confidence = 0;
	std::optional<bool> encrypted{};
	std::uint8_t directions = 0; ///< bits
	std::vector<kp2padm_range> vlans;
	bool by_host = false;
	std::uint16_t schedule = 0;
	std::optional<std::uint8_t> verdict{};
	bool observes = false;
	std::optional<std::uint32_t> mark{};
	std::uint32_t mask = 0xffffffff;
	std::optional<std::uint32_t> priority{};
	std::optional<bool> scan{};
	std::optional<bool> audit{};
	bool active = true; ///< its schedule holds
	std::uint64_t flows = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
	std::uint64_t would_packets = 0;
	std::uint64_t would_bytes = 0;
	std::uint64_t marked = 0;
};

struct CompiledPolicy;

/** What is asked of the module. All may throw SystemError or NoGateway. */
/** A content rule in force */
struct ContentState {
	std::uint32_t number = 0;
	std::string name;
	std::uint8_t verdict = KP2PADM_VERDICT_PASS;
	bool observes = false;
	std::uint64_t objects = 0; ///< files and messages that it decided about
	std::uint64_t would_objects = 0;
};

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
	virtual PolicyState policy() = 0;
	/** The rules in force, in their order */
	virtual std::vector<RuleState> rules() = 0;
	/** The content rules in force, in their order */
	virtual std::vector<ContentState> content() = 0;
	/** All of one policy: of the generation that they say */
	virtual PolicySets policy_sets() = 0;
	/**
	 * Replace the whole policy, in one transaction
	 *
	 * @param trial seconds after which the one before it comes back unless
	 *        confirm() was called; 0: it stays
	 * @return what is then in force
	 */
	virtual PolicyState install(const CompiledPolicy &policy,
				    std::uint32_t trial) = 0;
	/** The policy on trial stays */
	virtual void confirm() = 0;
	/**
	 * This object's socket is the helper's from now on
	 *
	 * It is for as long as the object is there, and beat() is called at least
	 * every KP2PADM_BEAT_TIMEOUT seconds.
	 *
	 * @throw SystemError: EPROTO when the module has another KP2PADM_ABI,
	 *        EBUSY when another helper is attached
	 */
	virtual void attach_helper() = 0;
	/** @throw SystemError: ENOTCONN when this socket is not the helper's */
	virtual void beat() = 0;
	/** Whoever is the helper is no more. @return false when there was none */
	virtual bool detach_helper() = 0;
	/** Another one when the module was loaded anew */
	virtual int family() const = 0;
	/** @return false when it was so already */
	virtual bool set_enabled(bool enabled) = 0;
	/** Name of the interface with that index; "" when it is gone */
	virtual std::string interface_name(std::uint32_t index) = 0;
};

std::string mode_name(std::uint8_t mode);
std::string verdict_name(std::uint8_t verdict);
std::string category_name(std::uint8_t category);
std::string by_name(std::uint8_t by);
std::string helper_name(std::uint8_t helper);
/** Names of the bits set in enum kp2padm_direction: "out", "in" ... */
std::vector<std::string> direction_names(std::uint8_t directions);
/** Names of the bits set in enum kp2padm_flow_flags */
std::vector<std::string> flow_flag_names(std::uint32_t flags);
/** Names of the bits set in enum kp2padm_fact: "name", "id" ... */
std::vector<std::string> fact_names(std::uint8_t facts);
std::string l4_name(std::uint8_t l4);
/** A gateway's identity: 16 hexadecimal digits */
std::string identity_text(std::uint64_t gateway);
/** 64 hexadecimal digits */
std::string hex(const PolicyId &id);
/** 10.0.0.0/8, fd00::/8 */
std::string prefix_text(const kp2padm_prefix &prefix);
/** 02:00:00:00:00:01 */
std::string mac_text(const std::array<std::uint8_t, 6> &mac);

} // namespace p2padm

#endif
