// SPDX-License-Identifier: GPL-2.0-only
/** Every check of doctor: seen to fire, and seen not to. */
#include <gtest/gtest.h>

#include "fakes.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

/** A machine on which all is well; each test spoils one thing */
struct Doctor : testing::Test {
	TemporaryDirectory root;
	FakeLinks links;
	World world;

	Doctor()
	{
		root.write("/proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
		root.write("/proc/modules", "");
		root.write("/proc/sys/kernel/tainted", "12288\n"); // O and E
		root.write("/proc/sys/kernel/modules_disabled", "0\n");
		root.write("/sys/module/kp2padm/initstate", "live\n");
		root.write("/sys/module/kp2padm/version",
			   std::string(program_version()) + "\n");
		root.write("/sys/kernel/security/lockdown",
			   "[none] integrity confidentiality\n");
		root.write("/sys/module/nf_tables/initstate", "live\n");
		root.write("/sys/class/net/lo/flags", "0x9\n");
		root.write("/sys/class/net/br0/flags", "0x1003\n");
		root.write("/sys/class/net/br0/bridge/stp_state", "0\n");
		root.write("/sys/class/net/br0/bridge/vlan_filtering", "0\n");
		root.write("/sys/class/net/br0/bridge/default_pvid", "1\n");
		for (const std::string port : { "eth0", "eth1" }) {
			const std::string dir = "/sys/class/net/" + port;

			root.write("/sys/class/net/br0/brif/" + port, "");
			root.write(dir + "/flags", "0x1103\n");
			root.write(dir + "/brport/state", "3\n");
			root.write(dir + "/brport/hairpin_mode", "0\n");
			links.offloads_of[port] = { .gro = true, .lro = false,
						    .gro_hw = {}, .hw_tc = false };
		}
	}

	void count(const std::string &counter, std::uint64_t value)
	{
		for (std::size_t i = 0; i < counters().size(); i++)
			if (counter == counters()[i].name)
				world.stats.values[i] = value;
	}

	Json findings()
	{
		const Result r = ctl(world, links, root.path(), { "doctor", "-j" });
		const Json doc = r.json();

		EXPECT_EQ(r.code, doc["bad"] > 0 ? 1 : 0);
		EXPECT_EQ(doc["ok"].get<std::size_t>() +
				  doc["warn"].get<std::size_t>() +
				  doc["bad"].get<std::size_t>(),
			  doc["findings"].size());
		return doc["findings"];
	}

	/** Exactly one finding is not ok: this one */
	void expect(const std::string &level, const std::string &check,
		    const std::string &object, const std::string &text)
	{
		int others = 0;

		for (const auto &f : findings()) {
			if (f["level"] == "ok")
				continue;
			others++;
			EXPECT_EQ(f["level"], level) << f;
			EXPECT_EQ(f["check"], check) << f;
			EXPECT_EQ(f["object"], object) << f;
			EXPECT_NE(f["message"].get<std::string>().find(text),
				  std::string::npos)
				<< f;
		}
		EXPECT_EQ(others, 1);
	}

	/** All is ok, and this check says so */
	void expect_ok(const std::string &check, const std::string &object,
		       const std::string &text)
	{
		bool found = false;

		for (const auto &f : findings()) {
			EXPECT_EQ(f["level"], "ok") << f;
			found |= f["check"] == check && f["object"] == object &&
				 f["message"].get<std::string>().find(text) !=
					 std::string::npos;
		}
		EXPECT_TRUE(found) << check << " " << object << " " << text;
	}
};

} // namespace

TEST_F(Doctor, AllIsWell)
{
	expect_ok("kernel", "", "6.1.0-56-amd64");
	expect_ok("module", "", "loaded, version");
	expect_ok("gateway", "", "enabled, mode enforce");
	expect_ok("taint", "", "out-of-tree modules: expected");
	expect_ok("table", "", "7 flows of at most 1000");
	expect_ok("inspection", "", "had room");
	expect_ok("memory", "", "never short");
	expect_ok("br_netfilter", "", "not loaded");
	expect_ok("bridge", "br0", "ports eth0, eth1");
	expect_ok("stp", "br0", "off");
	expect_ok("vlan", "br0", "filtering off");
	expect_ok("switchdev", "br0", "no port");
	expect_ok("state", "eth1", "forwarding");
	expect_ok("hairpin", "eth0", "off");
	expect_ok("lro", "eth0", "off");
	expect_ok("gro", "eth0", "on; may stay so");
	expect_ok("hw-tc", "eth0", "off");
	expect_ok("xdp", "eth0", "no program");
	expect_ok("tc", "eth1", "nothing is redirected");
	expect_ok("flowtable", "", "none on a bridge's port");
}

TEST_F(Doctor, ForPeople)
{
	links.offloads_of["eth0"].lro = true;
	const Result r = ctl(world, links, root.path(), { "doctor" });

	EXPECT_EQ(r.code, 1);
	EXPECT_NE(r.out.find("bad  lro "), std::string::npos) << r.out;
	EXPECT_NE(r.out.find(" -> ethtool -K eth0 lro off\n"), std::string::npos);
	EXPECT_NE(r.out.find(" ok, 0 to look at, 1 bad\n"), std::string::npos);
}

TEST_F(Doctor, Kernel)
{
	root.write("/proc/sys/kernel/osrelease", "5.10.0\n");
	expect("warn", "kernel", "", "older");
	root.write("/proc/sys/kernel/osrelease", "6.12.1\n");
	expect_ok("kernel", "", "6.12.1");
	for (const char *newer : { "6.13.0\n", "7.0.0\n" }) {
		root.write("/proc/sys/kernel/osrelease", newer);
		expect("warn", "kernel", "", "newer");
	}
	root.write("/proc/sys/kernel/osrelease", "\n");
	expect("warn", "kernel", "", "cannot be read");
}

TEST_F(Doctor, KernelWithoutModules)
{
	root.remove("/proc/modules");
	expect("bad", "kernel", "", "no loadable modules");
}

TEST_F(Doctor, Taint)
{
	root.write("/proc/sys/kernel/tainted", "128\n");
	expect("warn", "taint", "", "oopsed");
	root.write("/proc/sys/kernel/tainted", "512\n");
	expect("warn", "taint", "", "warned");
	root.write("/proc/sys/kernel/tainted", "0\n");
	expect_ok("taint", "", "0");
}

TEST_F(Doctor, ModuleNotLoaded)
{
	root.remove("/sys/module/kp2padm");
	world.loaded = false;
	expect("bad", "module", "", "not loaded");
}

TEST_F(Doctor, ModuleCannotBeLoaded)
{
	root.remove("/sys/module/kp2padm");
	const auto lockdown = [&] {
		for (const auto &f : findings())
			if (f["check"] == "lockdown")
				return f["level"].get<std::string>();
		return std::string("absent");
	};
	const char *efi = "/sys/firmware/efi/efivars/"
			  "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

	EXPECT_EQ(lockdown(), "ok");
	root.write(efi, std::string("\6\0\0\0\0", 5));
	EXPECT_EQ(lockdown(), "ok");
	root.write(efi, std::string("\6\0\0\0\1", 5));
	EXPECT_EQ(lockdown(), "warn");
	root.write("/sys/kernel/security/lockdown",
		   "none [integrity] confidentiality\n");
	EXPECT_EQ(lockdown(), "bad");
	root.remove("/sys/kernel/security/lockdown");
	root.remove(efi);
	EXPECT_EQ(lockdown(), "ok");
	root.write("/proc/sys/kernel/modules_disabled", "1\n");
	EXPECT_EQ(lockdown(), "bad");
}

TEST_F(Doctor, ModuleOfAnotherState)
{
	root.write("/sys/module/kp2padm/initstate", "going\n");
	expect("bad", "module", "", "going");
}

TEST_F(Doctor, ModuleOfAnotherVersion)
{
	root.write("/sys/module/kp2padm/version", "0.0.9\n");
	expect("warn", "module", "", "0.0.9");
	root.remove("/sys/module/kp2padm/version");
	expect("warn", "module", "", "unknown");
}

TEST_F(Doctor, GatewayNotEnabled)
{
	world.status.enabled = false;
	expect("bad", "gateway", "", "not enabled");
}

TEST_F(Doctor, GatewayThatDoesNotAnswer)
{
	world.loaded = false; // in sysfs, but no netlink family
	expect("bad", "gateway", "", "not loaded");
}

TEST_F(Doctor, Table)
{
	world.status.flows = 901;
	expect("warn", "table", "", "901 flows of at most 1000");
	world.status.flows = 7;
	count("untracked_full", 5);
	expect("warn", "table", "", "was full: 5 packets");
}

TEST_F(Doctor, Inspection)
{
	count("uninspected_full", 3);
	expect("warn", "inspection", "", "3 packets passed unread");
}

TEST_F(Doctor, Memory)
{
	count("uninspected_nomem", 2);
	expect("warn", "memory", "", "2 packets");
	count("untracked_nomem", 2);
	expect("warn", "memory", "", "4 packets");
}

TEST_F(Doctor, BrNetfilter)
{
	root.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "0\n");
	expect_ok("br_netfilter", "", "calls nothing");
	root.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
	expect("warn", "br_netfilter", "", "bridge-nf-call-iptables on");
	root.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "0\n");
	root.write("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "1\n");
	expect("warn", "br_netfilter", "", "bridge-nf-call-ip6tables on");
}

TEST_F(Doctor, NoBridge)
{
	root.remove("/sys/class/net/br0");
	expect("warn", "bridge", "", "none in this network namespace");
	EXPECT_FALSE(links.asked_flowtables);
}

TEST_F(Doctor, BridgeDownOrWithoutPorts)
{
	root.write("/sys/class/net/br0/flags", "0x1002\n");
	expect("warn", "bridge", "br0", "is down");
	root.write("/sys/class/net/br0/flags", "0x1003\n");
	root.remove("/sys/class/net/br0/brif/eth1");
	expect("warn", "bridge", "br0", "one port only: eth0");
	root.remove("/sys/class/net/br0/brif/eth0");
	expect("warn", "bridge", "br0", "has no ports");
}

TEST_F(Doctor, SpanningTreeAndVlans)
{
	root.write("/sys/class/net/br0/bridge/stp_state", "1\n");
	expect_ok("stp", "br0", "on (kernel)");
	root.write("/sys/class/net/br0/bridge/stp_state", "2\n");
	expect_ok("stp", "br0", "on (user space)");
	root.write("/sys/class/net/br0/bridge/vlan_filtering", "1\n");
	expect_ok("vlan", "br0", "filtering on, default PVID 1");
}

TEST_F(Doctor, PortState)
{
	root.write("/sys/class/net/eth1/brport/state", "4\n");
	expect("warn", "state", "eth1", "blocking");
	root.write("/sys/class/net/eth1/brport/state", "0\n");
	expect("warn", "state", "eth1", "disabled");
}

TEST_F(Doctor, Hairpin)
{
	root.write("/sys/class/net/eth0/brport/hairpin_mode", "1\n");
	expect("warn", "hairpin", "eth0", "leave by the port");
}

TEST_F(Doctor, Offloads)
{
	links.offloads_of["eth0"].lro = true;
	expect("bad", "lro", "eth0", "large receive offload");
	links.offloads_of["eth0"].lro = {}; // a device that has none
	expect_ok("lro", "eth0", "off");
	links.offloads_of["eth0"].gro_hw = true;
	expect_ok("gro", "eth0", "in hardware, too");
	links.offloads_of["eth0"].gro = false;
	expect_ok("gro", "eth0", "off");
	links.offloads_of["eth1"].hw_tc = true;
	expect("warn", "hw-tc", "eth1", "hardware");
}

TEST_F(Doctor, SwitchChip)
{
	root.write("/sys/class/net/eth0/phys_switch_id", "00aa\n");
	expect("warn", "switchdev", "br0", "eth0 belongs to a switch chip (00aa)");
	root.write("/sys/class/net/eth1/phys_switch_id", "00bb\n");
	EXPECT_EQ(ctl(world, links, root.path(), { "doctor" }).code, 0);
	root.write("/sys/class/net/eth1/phys_switch_id", "00aa\n");
	expect("bad", "switchdev", "br0", "eth0, eth1 belong to one switch chip");
}

TEST_F(Doctor, Xdp)
{
	links.xdp_of["eth1"] = "driver";
	expect("warn", "xdp", "eth1", "(driver)");
}

TEST_F(Doctor, TrafficControl)
{
	links.filters_of["eth0"] = { { "flower", "", false } };
	expect_ok("tc", "eth0", "nothing is redirected");
	links.filters_of["eth0"] = { { "flower", "redirect", false } };
	expect("bad", "tc", "eth0", "redirects packets around the bridge");
	links.filters_of["eth0"] = { { "flower", "", true } };
	expect("bad", "tc", "eth0", "in hardware");
	links.filters_of["eth0"] = { { "bpf", "bpf", false } };
	expect("warn", "tc", "eth0", "may drop or redirect");
}

TEST_F(Doctor, Flowtables)
{
	links.tables = { { "inet f", "ft", { "eth7" }, true } };
	expect_ok("flowtable", "", "none on a bridge's port");
	links.tables = { { "f", "ft", { "eth7", "eth1" }, false } };
	expect("warn", "flowtable", "f ft", "routed flows on eth1");
	links.tables[0].hardware = true;
	expect("bad", "flowtable", "f ft", "into hardware");
}

TEST_F(Doctor, FlowtablesAreNotAskedForWhereThatWouldLoadNftables)
{
	root.remove("/sys/module/nf_tables");
	findings();
	EXPECT_FALSE(links.asked_flowtables);
	root.write("/lib/modules/6.1.0-56-amd64/modules.builtin",
		   "kernel/net/netfilter/nf_tables.ko\n");
	findings();
	EXPECT_TRUE(links.asked_flowtables);
}

TEST_F(Doctor, WhatCouldNotBeAskedIsSaid)
{
	links.privileged = false;
	expect("warn", "flowtable", "", "not checked");
}

TEST_F(Doctor, Helper)
{
	expect_ok("helper", "", "alive");
	world.status.helper = KP2PADM_HELPER_NONE;
	expect_ok("helper", "", "none is attached");
	world.status.helper = KP2PADM_HELPER_LOST;
	expect("warn", "helper", "", "lost: events are not written");
	world.policy.helper_loss = KP2PADM_VERDICT_DROP;
	expect("bad", "helper", "", "what asks for it is dropped");
}

TEST_F(Doctor, Abi)
{
	expect_ok("abi", "", "1");
	world.status.abi = KP2PADM_ABI + 1;
	expect("bad", "abi", "", "does not attach");
	world.status.abi = KP2PADM_ABI;
	world.status.refused = 999;
	expect("bad", "abi", "", "a helper whose is 999 asked and was refused: the module's is 1");
}

TEST_F(Doctor, Policy)
{
	expect_ok("policy", "", "generation 3, 2 rules");
	world.policy.trial = 90;
	expect("warn", "policy", "", "on trial: the one before it comes back in 90 s");
}

TEST_F(Doctor, Schedules)
{
	world.policy.until = test_now + 31 * 86400;
	expect_ok("schedules", "", "told for 31 days");
	world.policy.until = test_now + 30 * 86400;
	expect("warn", "schedules", "", "end in 30 days");
	world.policy.until = test_now - 1;
	expect("bad", "schedules", "", "have ended");
}
