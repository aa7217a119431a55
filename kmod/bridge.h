/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bridge knows of its ports.
 *
 * The bridge module is loaded with this one; where that cannot be, a warning
 * says what is missing, and the rest works. Its functions are static calls, since every packet asks.
 */
#ifndef KP2P_BRIDGE_H
#define KP2P_BRIDGE_H

#include <linux/netdevice.h>
#include <linux/static_call.h>

void kp2p_bridge_init(void);
void kp2p_bridge_exit(void);

bool kp2p_vlan_enabled_nowhere(const struct net_device *bridge);
DECLARE_STATIC_CALL(kp2p_vlan_enabled, kp2p_vlan_enabled_nowhere);

/**
 * kp2p_bridge_of() - the bridge that @port belongs to, or NULL
 *
 * Context: RCU read side.
 */
static inline const struct net_device *kp2p_bridge_of(const struct net_device *port)
{
	return netdev_master_upper_dev_get_rcu((struct net_device *)port);
}

/** kp2p_bridge_filters() - does @bridge filter VLANs? Context: RCU read side */
static inline bool kp2p_bridge_filters(const struct net_device *bridge)
{
	return static_call(kp2p_vlan_enabled)(bridge);
}

/**
 * kp2p_bridge_pvid() - the VLAN of an untagged frame that leaves by @port of a
 * bridge that filters VLANs
 *
 * The bridge strips the tag before its forward hook where the port's
 * configuration says so; this tells what it was.
 * Context: RCU read side. Return: 0 when the port has no PVID.
 */
u16 kp2p_bridge_pvid(const struct net_device *port);

/**
 * kp2p_bridge_tags() - do frames of @vid leave by @port with a tag?
 * @proto: set to the tag's protocol, if so
 *
 * @bridge filters VLANs. Context: RCU read side.
 */
bool kp2p_bridge_tags(const struct net_device *bridge, const struct net_device *port, u16 vid,
		      __be16 *proto);

#endif
