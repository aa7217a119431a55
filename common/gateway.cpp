// SPDX-License-Identifier: GPL-2.0-only
#include "gateway.hpp"

#include <arpa/inet.h>

#include <fmt/format.h>

namespace p2padm
{

namespace
{

constexpr CounterInfo counter_table[] = {
#define X(id, name, help) { KP2PADM_A_STATS_##id, #name, help },
	KP2PADM_COUNTERS(X)
#undef X
};

// A newer module may know more than this header: say the number.
std::string unnamed(const char *what, unsigned int value)
{
	return fmt::format("{}-{}", what, value);
}

struct BitName {
	std::uint32_t bit;
	const char *name;
};

std::vector<std::string> bit_names(const char *what, std::uint32_t bits,
				   std::span<const BitName> names)
{
	std::vector<std::string> out;

	for (const auto &one : names) {
		if (bits & one.bit)
			out.emplace_back(one.name);
		bits &= ~one.bit;
	}
	if (bits)
		out.push_back(fmt::format("{}-{:#x}", what, bits));
	return out;
}

} // namespace

std::span<const CounterInfo> counters()
{
	return counter_table;
}

std::uint64_t Stats::value(std::string_view name) const
{
	const auto all = counters();

	for (std::size_t i = 0; i < all.size() && i < values.size(); i++)
		if (name == all[i].name)
			return values[i];
	return 0;
}

std::string mode_name(std::uint8_t mode)
{
	switch (static_cast<kp2padm_mode>(mode)) {
	case KP2PADM_MODE_OBSERVE:
		return "observe";
	case KP2PADM_MODE_ENFORCE:
		return "enforce";
	}
	return unnamed("mode", mode);
}

std::string verdict_name(std::uint8_t verdict)
{
	switch (static_cast<kp2padm_verdict>(verdict)) {
	case KP2PADM_VERDICT_PASS:
		return "pass";
	case KP2PADM_VERDICT_DROP:
		return "drop";
	case KP2PADM_VERDICT_RESET:
		return "reset";
	}
	return unnamed("verdict", verdict);
}

std::string category_name(std::uint8_t category)
{
	switch (static_cast<kp2padm_category>(category)) {
	case KP2PADM_CATEGORY_NONE:
		return "none";
	case KP2PADM_CATEGORY_P2P:
		return "p2p";
	case KP2PADM_CATEGORY_IM:
		return "im";
	}
	return unnamed("category", category);
}

std::string by_name(std::uint8_t by)
{
	switch (static_cast<kp2padm_by>(by)) {
	case KP2PADM_BY_NONE:
		return "none";
	case KP2PADM_BY_PAYLOAD:
		return "payload";
	}
	return unnamed("by", by);
}

std::string helper_name(std::uint8_t helper)
{
	switch (static_cast<kp2padm_helper>(helper)) {
	case KP2PADM_HELPER_NONE:
		return "none";
	case KP2PADM_HELPER_ALIVE:
		return "alive";
	case KP2PADM_HELPER_LOST:
		return "lost";
	}
	return unnamed("helper", helper);
}

std::vector<std::string> direction_names(std::uint8_t directions)
{
	static constexpr BitName names[] = {
		{ KP2PADM_DIR_OUT, "out" },
		{ KP2PADM_DIR_IN, "in" },
		{ KP2PADM_DIR_LOCAL, "local" },
		{ KP2PADM_DIR_TRANSIT, "transit" },
	};

	return bit_names("direction", directions, names);
}

std::vector<std::string> flow_flag_names(std::uint32_t flags)
{
	static constexpr BitName names[] = {
		{ KP2PADM_FLOW_SETTLED, "settled" },
		{ KP2PADM_FLOW_MIDSTREAM, "midstream" },
		{ KP2PADM_FLOW_ASYMMETRIC, "asymmetric" },
		{ KP2PADM_FLOW_CLOSED, "closed" },
		{ KP2PADM_FLOW_FRAGMENTS, "fragments" },
		{ KP2PADM_FLOW_UNINSPECTED, "uninspected" },
		{ KP2PADM_FLOW_WOULD_DROP, "would_drop" },
		{ KP2PADM_FLOW_EXEMPT, "exempt" },
		{ KP2PADM_FLOW_OPEN, "open" },
		{ KP2PADM_FLOW_ENCRYPTED, "encrypted" },
		{ KP2PADM_FLOW_HELPER_LOST, "helper_lost" },
		{ KP2PADM_FLOW_DIFFERED, "differed" },
	};

	return bit_names("flags", flags, names);
}

std::vector<std::string> fact_names(std::uint8_t facts)
{
	static constexpr BitName names[] = {
		{ KP2PADM_FACT_NAME, "name" },	   { KP2PADM_FACT_ID, "id" },
		{ KP2PADM_FACT_SIZE, "size" },	   { KP2PADM_FACT_TYPE, "type" },
		{ KP2PADM_FACT_SEARCH, "search" }, { KP2PADM_FACT_CHAT, "chat" },
	};

	return bit_names("facts", facts, names);
}

std::string hex(const PolicyId &id)
{
	std::string out;

	for (const auto byte : id)
		out += fmt::format("{:02x}", byte);
	return out;
}

std::string identity_text(std::uint64_t gateway)
{
	return fmt::format("{:016x}", gateway);
}

std::string prefix_text(const kp2padm_prefix &prefix)
{
	char text[INET6_ADDRSTRLEN];

	if ((prefix.family != 4 && prefix.family != 6) ||
	    !inet_ntop(prefix.family == 4 ? AF_INET : AF_INET6, prefix.addr, text, sizeof(text)))
		return unnamed("family", prefix.family);
	return fmt::format("{}/{}", text, prefix.len);
}

std::string mac_text(const std::array<std::uint8_t, 6> &mac)
{
	return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2],
			   mac[3], mac[4], mac[5]);
}

std::string l4_name(std::uint8_t l4)
{
	if (l4 == 6)
		return "tcp";
	if (l4 == 17)
		return "udp";
	return unnamed("l4", l4);
}

} // namespace p2padm
