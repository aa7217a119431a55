/* SPDX-License-Identifier: GPL-2.0-only */
/* The only file that knows a kernel version: 6.1 and 6.12 are built and tested. */
#ifndef KP2P_COMPAT_H
#define KP2P_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>

/* kp2p_dump_attrs() - the parsed attributes of a dump request */
static inline struct nlattr **kp2p_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif
