/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the helper there? One socket of a namespace says that it is the helper's,
 * and goes on saying so. While it is attached the module cannot be removed.
 *
 * gw->helper and what belongs to it are guarded by gw->policy_lock.
 */
#ifndef KP2P_HELPER_H
#define KP2P_HELPER_H

#include <linux/types.h>

struct kp2p_gw;

/**
 * kp2p_helper_attach() - the socket @portid is the helper's
 *
 * Return: 0; -EBUSY while another one is, alive or only silent.
 */
int kp2p_helper_attach(struct kp2p_gw *gw, u32 portid);

/** kp2p_helper_refuse() - one with another KP2PADM_ABI than ours, @abi, asked to be attached */
void kp2p_helper_refuse(struct kp2p_gw *gw, u32 abi);

/** kp2p_helper_beat() - it is alive. Return: 0 or -ENOTCONN: another one is the helper */
int kp2p_helper_beat(struct kp2p_gw *gw, u32 portid);

/** kp2p_helper_detach() - there is no helper, and none is missed. Return: 0 or -ENOTCONN */
int kp2p_helper_detach(struct kp2p_gw *gw);

/** kp2p_helper_closed() - the socket @portid was closed; if it was the helper's, it is lost */
void kp2p_helper_closed(struct kp2p_gw *gw, u32 portid);

/** kp2p_helper_tick() - has it been silent for too long? policy_lock held */
void kp2p_helper_tick(struct kp2p_gw *gw);

/** kp2p_helper_exit() - the gateway ends */
void kp2p_helper_exit(struct kp2p_gw *gw);

#endif
