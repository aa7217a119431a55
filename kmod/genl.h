/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family: include/uapi/linux/kp2padm.h. */
#ifndef KP2P_GENL_H
#define KP2P_GENL_H

int kp2p_genl_init(void);
void kp2p_genl_exit(void);

#endif
