// SPDX-License-Identifier: GPL-2.0-only
/** The bridges' half of doctor: ports, and what hides packets from us. */
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "doctor.hpp"
#include "error.hpp"

namespace p2padm
{

namespace
{

using enum Level;

constexpr long interface_up = 1; // IFF_UP

std::string net(const std::string &name, const char *attribute)
{
	return "/sys/class/net/" + name + "/" + attribute;
}

bool is_up(const FileTree &files, const std::string &name)
{
	const std::string flags = files.read(net(name, "flags")).value_or("0");

	return std::strtol(flags.c_str(), nullptr, 16) & interface_up;
}

/** What could not be found out is said, and is no reason to stop */
template <typename Check>
void ask(const char *check, const std::string &object, Findings &out, Check run)
{
	try {
		run();
	} catch (const SystemError &error) {
		const bool denied = error.code() == EPERM ||
				    error.code() == EACCES;

		out.push_back({ warn, check, object,
				std::string("not checked: ") + error.what(),
				denied ? "run doctor as root" : "" });
	}
}

/* -- a bridge ------------------------------------------------------------- */

void check_ports(const FileTree &files, const std::string &bridge,
		 const std::vector<std::string> &ports, Findings &out)
{
	std::string names;

	for (const auto &port : ports)
		names += (names.empty() ? "" : ", ") + port;
	if (!is_up(files, bridge))
		out.push_back({ warn, "bridge", bridge, "is down",
				"ip link set " + bridge + " up" });
	else if (ports.size() < 2)
		out.push_back({ warn, "bridge", bridge,
				ports.empty() ? "has no ports" :
						"has one port only: " + names,
				"nothing is forwarded, so nothing is seen" });
	else
		out.push_back({ ok, "bridge", bridge, "ports " + names, "" });
}

void check_stp(const FileTree &files, const std::string &bridge, Findings &out)
{
	const long stp = files.number(net(bridge, "bridge/stp_state")).value_or(0);

	out.push_back({ ok, "stp", bridge,
			stp == 0 ? "off" :
			stp == 1 ? "on (kernel); its frames are exempt" :
				   "on (user space); its frames are exempt",
			"" });
}

void check_vlans(const FileTree &files, const std::string &bridge, Findings &out)
{
	const bool filtering =
		files.number(net(bridge, "bridge/vlan_filtering")).value_or(0);

	if (!filtering) {
		out.push_back({ ok, "vlan", bridge, "filtering off", "" });
		return;
	}
	const long pvid = files.number(net(bridge, "bridge/default_pvid")).value_or(0);
	out.push_back({ ok, "vlan", bridge,
			fmt::format("filtering on, default PVID {}; untagged "
				    "traffic is listed under its port's PVID",
				    pvid),
			"" });
}

/* -- a port --------------------------------------------------------------- */

void check_port_state(const FileTree &files, const std::string &port, Findings &out)
{
	static constexpr const char *names[] = { "disabled", "listening",
						 "learning", "forwarding",
						 "blocking" };
	constexpr long forwarding = 3;
	const long state = files.number(net(port, "brport/state")).value_or(0);

	if (state == forwarding)
		out.push_back({ ok, "state", port, "forwarding", "" });
	else
		out.push_back({ warn, "state", port,
				state >= 0 && state <= 4 ?
					names[state] :
					fmt::format("state {}", state),
				"nothing passes this port: link down, or "
				"spanning tree" });
}

void check_hairpin(const FileTree &files, const std::string &port, Findings &out)
{
	if (files.number(net(port, "brport/hairpin_mode")).value_or(0))
		out.push_back({ warn, "hairpin", port,
				"packets may leave by the port they came in on; "
				"the gateway sees these, too",
				"right for virtual machines behind one port "
				"(VEPA) alone" });
	else
		out.push_back({ ok, "hairpin", port, "off", "" });
}

void check_offloads(LinkFacts &links, const std::string &port, Findings &out)
{
	const Offloads have = links.offloads(port);

	if (have.lro.value_or(false))
		out.push_back({ bad, "lro", port,
				"large receive offload merges packets that "
				"cannot be told apart again: what it forwards "
				"is too big for the next link",
				"ethtool -K " + port + " lro off" });
	else
		out.push_back({ ok, "lro", port, "off", "" });
	out.push_back({ ok, "gro", port,
			fmt::format("{}{}; may stay so",
				    have.gro.value_or(false) ? "on" : "off",
				    have.gro_hw.value_or(false) ?
					    ", in hardware, too" :
					    ""),
			"" });
	if (have.hw_tc.value_or(false))
		out.push_back({ warn, "hw-tc", port,
				"tc rules may be put into hardware: what they "
				"forward there the gateway never sees",
				"ethtool -K " + port + " hw-tc-offload off" });
	else
		out.push_back({ ok, "hw-tc", port, "off", "" });
}

void check_xdp(LinkFacts &links, const std::string &port, Findings &out)
{
	const std::string mode = links.xdp(port);

	if (mode.empty())
		out.push_back({ ok, "xdp", port, "no program", "" });
	else
		out.push_back({ warn, "xdp", port,
				"an XDP program (" + mode +
					") meets packets before the bridge does: "
					"what it drops or redirects is not seen",
				"ip link show " + port + ", bpftool net" });
}

void check_tc(LinkFacts &links, const std::string &port, Findings &out)
{
	const auto filters = links.tc_filters(port);
	bool any = false;

	for (const auto &filter : filters) {
		if (filter.action.empty() && !filter.in_hardware)
			continue;
		any = true;
		const bool sure = filter.action == "redirect" ||
				  filter.in_hardware;
		out.push_back(
			{ sure ? bad : warn, "tc", port,
			  filter.in_hardware ?
				  "an ingress filter (" + filter.kind +
					  ") is in hardware: what it handles is "
					  "not seen" :
			  sure ? "an ingress filter (" + filter.kind +
					  ") redirects packets around the bridge" :
				 "an ingress filter (bpf) may drop or redirect "
				 "packets before the bridge",
			  "tc filter show dev " + port + " ingress" });
	}
	if (!any)
		out.push_back({ ok, "tc", port, "nothing is redirected", "" });
}

/* -- all ports ------------------------------------------------------------ */

// Ports of one switch chip are bridged by the chip: we never see a packet.
void check_switch(const FileTree &files, const std::string &bridge,
		  const std::vector<std::string> &ports, Findings &out)
{
	std::map<std::string, std::vector<std::string>> chips;

	for (const auto &port : ports) {
		const auto id = files.read(net(port, "phys_switch_id"));

		if (id && !id->empty())
			chips[*id].push_back(port);
	}
	if (chips.empty()) {
		out.push_back({ ok, "switchdev", bridge, "no port is a switch "
							 "chip's", "" });
		return;
	}
	for (const auto &[id, members] : chips) {
		std::string names;

		for (const auto &port : members)
			names += (names.empty() ? "" : ", ") + port;
		if (members.size() > 1)
			out.push_back({ bad, "switchdev", bridge,
					names + " belong to one switch chip (" + id +
						"): it forwards between them in "
						"hardware, unseen",
					"use ports of different chips, or a "
					"driver mode without offload" });
		else
			out.push_back({ warn, "switchdev", bridge,
					names + " belongs to a switch chip (" + id +
						")",
					"add no second port of it to this bridge" });
	}
}

// Asking nftables loads it: only asked where it is already.
bool has_nftables(const FileTree &files)
{
	if (files.exists("/sys/module/nf_tables"))
		return true;
	const auto release = files.read("/proc/sys/kernel/osrelease").value_or("");
	const auto builtin =
		files.read("/lib/modules/" + release + "/modules.builtin");

	return builtin && builtin->find("/nf_tables.ko") != std::string::npos;
}

void check_flowtables(const FileTree &files, LinkFacts &links,
		      const std::set<std::string> &ports, Findings &out)
{
	bool any = false;

	if (has_nftables(files))
		for (const auto &table : links.flowtables()) {
			std::string hit;

			for (const auto &device : table.devices)
				if (ports.count(device))
					hit += (hit.empty() ? "" : ", ") + device;
			if (hit.empty())
				continue;
			any = true;
			out.push_back(
				{ table.hardware ? bad : warn, "flowtable",
				  table.table + " " + table.name,
				  fmt::format("offloads routed flows on {}{}: "
					      "they are not seen", hit,
					      table.hardware ? " into hardware" :
							       ""),
				  "take these ports out of the flowtable" });
		}
	if (!any)
		out.push_back({ ok, "flowtable", "", "none on a bridge's port", "" });
}

void check_port(const FileTree &files, LinkFacts &links, const std::string &port,
		Findings &out)
{
	check_port_state(files, port, out);
	check_hairpin(files, port, out);
	ask("offloads", port, out, [&] { check_offloads(links, port, out); });
	ask("xdp", port, out, [&] { check_xdp(links, port, out); });
	ask("tc", port, out, [&] { check_tc(links, port, out); });
}

} // namespace

void check_bridges(const FileTree &files, LinkFacts &links, Findings &out)
{
	std::set<std::string> all_ports;
	bool any = false;

	for (const auto &bridge : files.list("/sys/class/net")) {
		if (!files.exists(net(bridge, "bridge")))
			continue;
		const auto ports = files.list(net(bridge, "brif"));

		any = true;
		check_ports(files, bridge, ports, out);
		check_stp(files, bridge, out);
		check_vlans(files, bridge, out);
		check_switch(files, bridge, ports, out);
		for (const auto &port : ports)
			check_port(files, links, port, out);
		all_ports.insert(ports.begin(), ports.end());
	}
	if (!any)
		out.push_back({ warn, "bridge", "",
				"there is none in this network namespace",
				"without one the gateway sees what this box routes, and "
				"nothing else" });
	else
		ask("flowtable", "", out,
		    [&] { check_flowtables(files, links, all_ports, out); });
}

} // namespace p2padm
