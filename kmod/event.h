/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened, told to whoever listens to the group "events". Lossy, but
 * never silently: each event has a number and is counted, also one that is lost
 * and one that nobody listens for. While nobody listens that is all that is made.
 */
#ifndef KP2P_EVENT_H
#define KP2P_EVENT_H

#include <linux/kp2padm.h>
#include <linux/types.h>

struct kp2p_flow;
struct kp2p_gw;
struct kp2p_ruleset;

/**
 * struct kp2p_found - a file or message, and the content rule that it met
 * @set: the rule's
 * @rule: its number
 * @facts: enum p2p_fact: by what
 * @kind: enum p2p_id of @id; P2P_ID_NONE: it is not known
 */
struct kp2p_found {
	const struct kp2p_ruleset *set;
	const u8 *id;
	u16 rule;
	u8 facts;
	u8 kind;
};

/**
 * kp2p_event_allow() - from now on events are told, or not
 *
 * Context: process. When it returns, no packet tells one that is not allowed.
 */
void kp2p_event_allow(bool allow);

/**
 * kp2p_event_verdict() - @flow got another verdict, or would by a content rule
 * @in: index of the interface that the packet came by; 0: it is not known
 * @found: by a content rule, else NULL
 *
 * Context: bottom halves off, any lock but gw->event_lock. @flow stays for the call.
 */
void kp2p_event_verdict(struct kp2p_gw *gw, const struct kp2p_flow *flow, int in,
			const struct kp2p_found *found);

/** kp2p_event_end() - @flow ended; context as before */
void kp2p_event_end(struct kp2p_gw *gw, const struct kp2p_flow *flow, enum kp2padm_end why);

/** kp2p_event_policy() - another policy is in force; policy_lock held */
void kp2p_event_policy(struct kp2p_gw *gw, enum kp2padm_why why);

/** kp2p_event_helper() - the helper came or went; policy_lock held */
void kp2p_event_helper(struct kp2p_gw *gw, enum kp2padm_helper state);

#endif
