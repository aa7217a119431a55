/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy on its way in: begun, filled piece by piece, put in force at once. */
#ifndef KP2P_DRAFT_H
#define KP2P_DRAFT_H

#include <linux/kp2padm.h>
#include <net/genetlink.h>

struct kp2p_gw;

int kp2p_policy_begin_doit(struct sk_buff *request, struct genl_info *info);
int kp2p_policy_add_doit(struct sk_buff *request, struct genl_info *info);
int kp2p_policy_commit_doit(struct sk_buff *request, struct genl_info *info);
extern const struct nla_policy kp2p_begin_attrs[KP2PADM_A_POLICY_UNREAD + 1];
extern const struct nla_policy kp2p_add_attrs[KP2PADM_A_POLICY_CONTENT_NAME + 1];
extern const struct nla_policy kp2p_commit_attrs[KP2PADM_A_POLICY_TRIAL + 1];

/** kp2p_draft_closed() - the socket @portid was closed: its draft goes. genl_mutex held */
void kp2p_draft_closed(struct kp2p_gw *gw, u32 portid);

/** kp2p_draft_exit() - the gateway ends: all of them go */
void kp2p_draft_exit(struct kp2p_gw *gw);

#endif
