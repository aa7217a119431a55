// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_bridge.h>
#include <linux/module.h>

#include "bridge.h"

bool kp2p_vlan_enabled_nowhere(const struct net_device *bridge)
{
	return false;
}

DEFINE_STATIC_CALL(kp2p_vlan_enabled, kp2p_vlan_enabled_nowhere);

/* Found by name: a plain reference would make insmod fail on a box whose
 * bridge module is not loaded yet and cannot be.
 */
static typeof(&br_vlan_enabled) vlan_enabled;
static typeof(&br_vlan_get_pvid_rcu) vlan_pvid;

u16 kp2p_bridge_pvid(const struct net_device *port)
{
	u16 pvid;

	return vlan_pvid(port, &pvid) ? 0 : pvid;
}

void kp2p_bridge_init(void)
{
	vlan_enabled = symbol_request(br_vlan_enabled);
	vlan_pvid = symbol_request(br_vlan_get_pvid_rcu);
	if (vlan_enabled && vlan_pvid)
		static_call_update(kp2p_vlan_enabled, vlan_enabled);
	else
		pr_warn("no bridge module: load it first, or VLANs of access ports are not told apart\n");
}

void kp2p_bridge_exit(void)
{
	static_call_update(kp2p_vlan_enabled, kp2p_vlan_enabled_nowhere);
	if (vlan_enabled)
		symbol_put(br_vlan_enabled);
	if (vlan_pvid)
		symbol_put(br_vlan_get_pvid_rcu);
}
