/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/net/kp2padm/: counters, flows, protocols; read-only, per namespace. */
#ifndef KP2P_PROC_H
#define KP2P_PROC_H

struct kp2p_gw;

/** kp2p_proc_init() - make the files. Return: 0 or -ENOMEM */
int kp2p_proc_init(struct kp2p_gw *gw);

/** kp2p_proc_exit() - take them away; waits for readers */
void kp2p_proc_exit(struct kp2p_gw *gw);

#endif
