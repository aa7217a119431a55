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
static typeof(&br_vlan_get_info_rcu) vlan_info;
static typeof(&br_vlan_get_proto) vlan_proto;

u16 kp2p_bridge_pvid(const struct net_device *port)
{
	u16 pvid;

	return vlan_pvid(port, &pvid) ? 0 : pvid;
}

bool kp2p_bridge_tags(const struct net_device *bridge, const struct net_device *port, u16 vid,
		      __be16 *proto)
{
	struct bridge_vlan_info info;
	u16 number;

	if (vlan_info(port, vid, &info) || (info.flags & BRIDGE_VLAN_INFO_UNTAGGED) ||
	    vlan_proto(bridge, &number))
		return false;
	*proto = htons(number);
	return true;
}

static bool found(void)
{
	return vlan_enabled && vlan_pvid && vlan_info && vlan_proto;
}

void kp2p_bridge_init(void)
{
	vlan_enabled = symbol_request(br_vlan_enabled);
	vlan_pvid = symbol_request(br_vlan_get_pvid_rcu);
	vlan_info = symbol_request(br_vlan_get_info_rcu);
	vlan_proto = symbol_request(br_vlan_get_proto);
	if (found())
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
	if (vlan_info)
		symbol_put(br_vlan_get_info_rcu);
	if (vlan_proto)
		symbol_put(br_vlan_get_proto);
}
