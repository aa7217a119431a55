// SPDX-License-Identifier: GPL-2.0-only
/** The host's half of doctor: kernel, module, gateway, br_netfilter. */
#include <cstdio>

#include <fmt/format.h>

#include "doctor.hpp"
#include "error.hpp"

namespace p2padm
{

namespace
{

using enum Level;

constexpr const char *module_dir = "/sys/module/kp2padm";
constexpr const char *efi_secure_boot =
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

void check_kernel(const FileTree &files, Findings &out)
{
	const auto release = files.read("/proc/sys/kernel/osrelease").value_or("");
	unsigned int major = 0, minor = 0;

	if (std::sscanf(release.c_str(), "%u.%u", &major, &minor) != 2)
		out.push_back({ warn, "kernel", "", "its version cannot be read",
				"is /proc mounted?" });
	else if (!files.exists("/proc/modules"))
		out.push_back({ bad, "kernel", "",
				release + " has no loadable modules",
				"boot a kernel with CONFIG_MODULES, such as Debian's" });
	else if (major < 6 || (major == 6 && minor < 1))
		out.push_back({ warn, "kernel", "",
				release + " is older than any that was tested",
				"6.1 or later" });
	else if (major > 6 || minor > 12)
		out.push_back({ warn, "kernel", "",
				release + " is newer than any that was tested",
				"6.1 and 6.12 were; try it where nothing depends on it" });
	else
		out.push_back({ ok, "kernel", "", release, "" });
}

void check_taint(const FileTree &files, Findings &out)
{
	// bits of /proc/sys/kernel/tainted: Documentation/admin-guide
	static constexpr struct {
		int bit;
		const char *what;
	} serious[] = {
		{ 4, "a machine check was reported" },
		{ 5, "a bad page was met" },
		{ 7, "the kernel has oopsed" },
		{ 9, "the kernel has warned" },
		{ 14, "a soft lockup occurred" },
	};
	const long taint = files.number("/proc/sys/kernel/tainted").value_or(0);
	bool any = false;

	for (const auto &t : serious)
		if (taint >> t.bit & 1) {
			any = true;
			out.push_back({ warn, "taint", "",
					std::string(t.what) + " since it booted",
					"read dmesg; reboot before trusting it" });
		}
	if (!any)
		out.push_back({ ok, "taint", "",
				fmt::format("{}{}", taint,
					    taint >> 12 & 1 ?
						    " (out-of-tree modules: expected)" :
						    ""),
				"" });
}

// Whether the kernel would refuse the module: only worth a word before it is in.
void check_loadable(const FileTree &files, Findings &out)
{
	const auto lockdown = files.read("/sys/kernel/security/lockdown");
	const bool locked = lockdown &&
			    (lockdown->find("[integrity]") != std::string::npos ||
			     lockdown->find("[confidentiality]") !=
				     std::string::npos);
	const auto secure = files.read(efi_secure_boot);

	if (files.number("/proc/sys/kernel/modules_disabled").value_or(0))
		out.push_back({ bad, "lockdown", "",
				"this kernel takes no modules until it reboots",
				"kernel.modules_disabled is 1: find who sets it" });
	else if (locked)
		out.push_back({ bad, "lockdown", "",
				"locked down: an unsigned module is refused",
				"sign kp2padm.ko with an enrolled key (mokutil), "
				"or turn secure boot off" });
	else if (secure && secure->size() >= 5 && (*secure)[4] == 1)
		out.push_back({ warn, "lockdown", "",
				"secure boot is on: an unsigned module may be refused",
				"sign kp2padm.ko with an enrolled key (mokutil)" });
	else
		out.push_back({ ok, "lockdown", "", "none", "" });
}

bool check_module(const FileTree &files, const std::string &version, Findings &out)
{
	if (!files.exists(module_dir)) {
		out.push_back({ bad, "module", "", "kp2padm is not loaded",
				"insmod build/kp2padm.ko" });
		check_loadable(files, out);
		return false;
	}
	const auto state = files.read(std::string(module_dir) + "/initstate");
	if (state && *state != "live") {
		out.push_back({ bad, "module", "", "kp2padm is " + *state, "" });
		return false;
	}
	const auto loaded =
		files.read(std::string(module_dir) + "/version").value_or("");
	if (loaded != version)
		out.push_back({ warn, "module", "",
				fmt::format("its version is {}, this program's {}",
					    loaded.empty() ? "unknown" : loaded,
					    version),
				"install both from one tree" });
	else
		out.push_back({ ok, "module", "", "loaded, version " + loaded, "" });
	return true;
}

void check_table(const Status &status, const Stats &stats, Findings &out)
{
	const auto full = stats.value("untracked_full");

	if (status.flows > status.max_flows / 10 * 9)
		out.push_back({ warn, "table", "",
				fmt::format("{} flows of at most {}",
					    status.flows, status.max_flows),
				"load the module with a larger max_flows" });
	else if (full)
		out.push_back({ warn, "table", "",
				fmt::format("was full: {} packets of flows it "
					    "had no room for", full),
				"load the module with a larger max_flows" });
	else
		out.push_back({ ok, "table", "",
				fmt::format("{} flows of at most {}",
					    status.flows, status.max_flows),
				"" });
}

void check_inspection(const Stats &stats, Findings &out)
{
	const auto full = stats.value("uninspected_full");
	const auto nomem =
		stats.value("untracked_nomem") + stats.value("uninspected_nomem");

	if (full)
		out.push_back({ warn, "inspection", "",
				fmt::format("{} packets passed unread: too many "
					    "flows under inspection", full),
				"load the module with a larger max_inspected" });
	else
		out.push_back({ ok, "inspection", "", "every flow had room", "" });
	if (nomem)
		out.push_back({ warn, "memory", "",
				fmt::format("{} packets passed unread for want "
					    "of memory", nomem),
				"give the machine more memory" });
	else
		out.push_back({ ok, "memory", "", "was never short", "" });
}

void check_abi(const Status &status, Findings &out)
{
	if (status.refused)
		out.push_back({ bad, "abi", "",
				fmt::format("a helper whose is {} asked and was refused: the module's "
					    "is {}",
					    status.refused, status.abi),
				"install module and programs from one tree, and start that helper" });
	else if (status.abi == KP2PADM_ABI)
		out.push_back({ ok, "abi", "", fmt::format("{}", status.abi), "" });
	else
		out.push_back({ bad, "abi", "",
				fmt::format("the module's is {}, this program's {}: a helper of "
					    "this tree does not attach",
					    status.abi, KP2PADM_ABI),
				"install module and programs from one tree" });
}

void check_helper(const Status &status, const PolicyState &policy, Findings &out)
{
	const bool blocks = policy.helper_loss != KP2PADM_VERDICT_PASS;
	const std::string state = helper_name(status.helper);

	if (status.helper == KP2PADM_HELPER_ALIVE)
		out.push_back({ ok, "helper", "", state, "" });
	else if (blocks)
		out.push_back({ bad, "helper", "",
				state + ": what asks for it is dropped (on_helper_loss = "
					"\"block\")",
				"start p2padm-helper" });
	else if (status.helper == KP2PADM_HELPER_LOST)
		out.push_back({ warn, "helper", "", state + ": events are not written",
				"start p2padm-helper; its log says why it went" });
	else
		out.push_back({ ok, "helper", "", "none is attached", "" });
}

void check_schedules(const PolicyState &policy, std::time_t now, Findings &out)
{
	static constexpr std::int64_t day = 24 * 3600, soon = 30 * day;

	if (!policy.until)
		return;
	const std::int64_t left = *policy.until - now;
	if (left > soon)
		out.push_back({ ok, "schedules", "", fmt::format("told for {} days", left / day),
				"" });
	else
		out.push_back({ left > 0 ? warn : bad, "schedules", "",
				left > 0 ? fmt::format("end in {} days: rules with hours then no "
						       "longer change", left / day) :
					   "have ended: rules with hours no longer change",
				"load the policy again, or run p2padm-helper, which does" });
}

void check_policy(const PolicyState &policy, std::time_t now, Findings &out)
{
	if (policy.trial)
		out.push_back({ warn, "policy", "",
				fmt::format("on trial: the one before it comes back in {} s",
					    policy.trial),
				"p2padm-ctl policy confirm, if it shall stay" });
	else
		out.push_back({ ok, "policy", "",
				fmt::format("generation {}, {} rules", policy.generation,
					    policy.rules),
				"" });
	check_schedules(policy, now, out);
}

void check_gateway(const OpenGateway &open, std::time_t now, Findings &out)
{
	try {
		const auto gateway = open();
		const Status status = gateway->status();

		if (!status.enabled) {
			out.push_back({ bad, "gateway", "",
					"not enabled in this network namespace",
					"p2padm-ctl enable" });
			return;
		}
		out.push_back({ ok, "gateway", "",
				"enabled, mode " + mode_name(status.mode), "" });
		const Stats stats = gateway->stats();
		check_table(status, stats, out);
		check_inspection(stats, out);
		const PolicyState policy = gateway->policy();
		check_abi(status, out);
		check_helper(status, policy, out);
		check_policy(policy, now, out);
	} catch (const std::runtime_error &error) {
		out.push_back({ bad, "gateway", "", error.what(),
				"do module and program belong together?" });
	}
}

void check_br_netfilter(const FileTree &files, Findings &out)
{
	static constexpr const char *calls[] = { "bridge-nf-call-iptables",
						 "bridge-nf-call-ip6tables",
						 "bridge-nf-call-arptables" };
	std::string on;

	if (!files.exists("/proc/sys/net/bridge")) {
		out.push_back({ ok, "br_netfilter", "", "not loaded", "" });
		return;
	}
	for (const char *name : calls)
		if (files.number(std::string("/proc/sys/net/bridge/") + name)
			    .value_or(0))
			on += fmt::format("{}{}", on.empty() ? "" : ", ", name);
	if (on.empty())
		out.push_back({ ok, "br_netfilter", "",
				"loaded, calls nothing", "" });
	else
		out.push_back(
			{ warn, "br_netfilter", "",
			  on + " on: bridged packets pass iptables, and conntrack "
			       "where it is loaded; harmless to the gateway, but "
			       "it costs every packet far more than the gateway",
			  "unless iptables must see bridged traffic: sysctl -w "
			  "net.bridge.bridge-nf-call-iptables=0 (and the others)" });
}

} // namespace

void check_host(const FileTree &files, const OpenGateway &open,
		const std::string &version, std::time_t now, Findings &out)
{
	check_kernel(files, out);
	check_taint(files, out);
	if (check_module(files, version, out))
		check_gateway(open, now, out);
	check_br_netfilter(files, out);
}

} // namespace p2padm
