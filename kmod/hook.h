/* SPDX-License-Identifier: GPL-2.0-only */
/* Where packets meet the gateway. */
#ifndef KP2P_HOOK_H
#define KP2P_HOOK_H

struct kp2p_gw;

/**
 * kp2p_hook_register() - from now on @gw meets what its bridges forward
 *
 * Context: process. Return: 0 or -errno.
 */
int kp2p_hook_register(struct kp2p_gw *gw);

/**
 * kp2p_hook_unregister() - and from now on no more
 *
 * Context: process, sleeps. At return no packet is inside the hook.
 */
void kp2p_hook_unregister(struct kp2p_gw *gw);

#endif
