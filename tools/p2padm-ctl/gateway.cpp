// SPDX-License-Identifier: GPL-2.0-only
#include "gateway.hpp"

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

std::vector<std::string> flow_flag_names(std::uint32_t flags)
{
	static constexpr struct {
		std::uint32_t bit;
		const char *name;
	} names[] = {
		{ KP2PADM_FLOW_SETTLED, "settled" },
		{ KP2PADM_FLOW_MIDSTREAM, "midstream" },
		{ KP2PADM_FLOW_ASYMMETRIC, "asymmetric" },
		{ KP2PADM_FLOW_CLOSED, "closed" },
		{ KP2PADM_FLOW_FRAGMENTS, "fragments" },
		{ KP2PADM_FLOW_UNINSPECTED, "uninspected" },
		{ KP2PADM_FLOW_WOULD_DROP, "would_drop" },
	};
	std::vector<std::string> out;

	for (const auto &flag : names) {
		if (flags & flag.bit)
			out.emplace_back(flag.name);
		flags &= ~flag.bit;
	}
	if (flags)
		out.push_back(fmt::format("flags-{:#x}", flags));
	return out;
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
