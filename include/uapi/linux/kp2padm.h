/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The kernel's side of kP2PADM, as user space sees it: one generic netlink
 * family. docs/netlink/kp2padm.yaml describes the same; a check compares them.
 *
 * Everything is per network namespace: a socket speaks to the gateway of the
 * namespace it was opened in. Numbers are in host order but for addresses and
 * where a type says be16.
 */
#ifndef _UAPI_LINUX_KP2PADM_H
#define _UAPI_LINUX_KP2PADM_H

#define KP2PADM_GENL_NAME "kp2padm"
#define KP2PADM_GENL_VERSION 1

#define KP2PADM_NAME_MAX 32 /* application and variant names, with the NUL */

/* enum kp2padm_cmd - requests. "admin": needs CAP_NET_ADMIN in the namespace */
enum kp2padm_cmd {
	KP2PADM_CMD_UNSPEC,
	KP2PADM_CMD_STATUS_GET, /* do -> KP2PADM_A_STATUS_* */
	KP2PADM_CMD_NET_SET,	/* do, admin: KP2PADM_A_NET_* */
	KP2PADM_CMD_STATS_GET,	/* do -> KP2PADM_A_STATS_* */
	KP2PADM_CMD_APP_GET,	/* dump -> one KP2PADM_A_APP_* an application */
	KP2PADM_CMD_FLOW_GET,	/* dump, admin -> one KP2PADM_A_FLOW_* a flow */
	KP2PADM_CMD_POLICY_GET, /* do -> KP2PADM_A_POLICY_* */
	KP2PADM_CMD_POLICY_SET, /* do, admin: KP2PADM_A_POLICY_*; replaces all */
	__KP2PADM_CMD_MAX,
};
#define KP2PADM_CMD_MAX (__KP2PADM_CMD_MAX - 1)

/* enum kp2padm_mode - what verdicts do */
enum kp2padm_mode {
	KP2PADM_MODE_OBSERVE, /* everything passes; what would drop is counted */
	KP2PADM_MODE_ENFORCE,
};

/* enum kp2padm_verdict - what the policy says of an application */
enum kp2padm_verdict {
	KP2PADM_VERDICT_PASS,
	KP2PADM_VERDICT_DROP,
};

/* enum kp2padm_category - kinds of applications */
enum kp2padm_category {
	KP2PADM_CATEGORY_NONE,
	KP2PADM_CATEGORY_P2P,
	KP2PADM_CATEGORY_IM,
};

/* enum kp2padm_by - what named a flow */
enum kp2padm_by {
	KP2PADM_BY_NONE,
	KP2PADM_BY_PAYLOAD,
};

/* enum kp2padm_flow_flags - what else is known of a flow */
enum kp2padm_flow_flags {
	KP2PADM_FLOW_SETTLED = 1 << 0,	  /* its application is decided */
	KP2PADM_FLOW_MIDSTREAM = 1 << 1,  /* TCP that began before we saw it */
	KP2PADM_FLOW_ASYMMETRIC = 1 << 2, /* one direction alone passes here */
	KP2PADM_FLOW_CLOSED = 1 << 3,	  /* TCP: reset, or FIN from every side we see */
	KP2PADM_FLOW_FRAGMENTS = 1 << 4,  /* begins of fragmented packets seen */
	KP2PADM_FLOW_UNINSPECTED = 1 << 5, /* some of its payload was passed unread */
	KP2PADM_FLOW_WOULD_DROP = 1 << 6, /* it passes because the policy observes */
};

enum kp2padm_a_status {
	KP2PADM_A_STATUS_UNSPEC,
	KP2PADM_A_STATUS_VERSION,    /* string: the module's version */
	KP2PADM_A_STATUS_ENABLED,    /* u8: does this namespace have a gateway? */
	KP2PADM_A_STATUS_MODE,	     /* u8: enum kp2padm_mode */
	KP2PADM_A_STATUS_GENERATION, /* u32: of the policy in force */
	KP2PADM_A_STATUS_FLOWS,	     /* u32: flows that hold memory now */
	KP2PADM_A_STATUS_MAX_FLOWS,  /* u32: their limit */
	KP2PADM_A_STATUS_BUCKETS,    /* u32: hash buckets */
	KP2PADM_A_STATUS_INSPECTED,  /* u32: flows under inspection now */
	KP2PADM_A_STATUS_UPTIME,     /* u64: seconds since it was enabled */
	__KP2PADM_A_STATUS_MAX,
};
#define KP2PADM_A_STATUS_MAX (__KP2PADM_A_STATUS_MAX - 1)

enum kp2padm_a_net {
	KP2PADM_A_NET_UNSPEC,
	KP2PADM_A_NET_ENABLED, /* u8: 1 starts a gateway here, 0 ends it */
	__KP2PADM_A_NET_MAX,
};
#define KP2PADM_A_NET_MAX (__KP2PADM_A_NET_MAX - 1)

/*
 * KP2PADM_COUNTERS - every counter of a namespace, once, for all who list them.
 * X(ID, name, help): attribute KP2PADM_A_STATS_<ID>, u64. Packets unless the
 * name says otherwise. PACKETS has everything in it but COPIES. New ones are
 * added at the end.
 */
#define KP2PADM_COUNTERS(X)                                                    \
	X(PACKETS, packets, "packets met, flooded copies apart")               \
	X(BYTES, bytes, "their bytes from the network header on, as on the wire") \
	X(COPIES, copies, "flooded copies of a packet already counted")        \
	X(EXEMPT_NOT_IP, exempt_not_ip, "exempt: ARP and others that are not IP") \
	X(EXEMPT_NOT_L4, exempt_not_l4, "exempt: IP, but neither TCP nor UDP") \
	X(EXEMPT_LINK, exempt_link, "exempt: link-local or unspecified address") \
	X(EXEMPT_MULTICAST, exempt_multicast, "exempt: multicast and broadcast") \
	X(EXEMPT_CONTROL, exempt_control, "exempt: DHCP, routing, redundancy") \
	X(FRAGMENTS, fragments, "later fragments, passed uninspected")         \
	X(FRAGMENTS_DROPPED, fragments_dropped, "TCP fragments dropped where the policy blocks") \
	X(MALFORMED, malformed, "headers that contradict themselves, passed")  \
	X(UNREADABLE, unreadable, "more headers than are read, passed")        \
	X(UNREADABLE_DROPPED, unreadable_dropped, "the same, dropped where the policy blocks") \
	X(UNTRACKED_FULL, untracked_full, "packets of flows the full table had no room for") \
	X(UNTRACKED_NOMEM, untracked_nomem, "packets of flows there was no memory for") \
	X(UNTRACKED_RESET, untracked_reset, "resets for which there is no flow, passed") \
	X(UNINSPECTED_FULL, uninspected_full, "payload packets passed unread: too many flows under inspection") \
	X(UNINSPECTED_NOMEM, uninspected_nomem, "payload packets passed unread for want of memory") \
	X(FLOWS_CREATED, flows_created, "flows created")                       \
	X(FLOWS_EXPIRED, flows_expired, "flows ended by time-out or close")    \
	X(FLOWS_EVICTED, flows_evicted, "flows evicted to make room")          \
	X(FLOWS_NAMED, flows_named, "flows an application was found for")      \
	X(FLOWS_REFUSED, flows_refused, "flows every protocol refused")        \
	X(DROPPED, dropped, "packets dropped by the policy")                   \
	X(DROPPED_BYTES, dropped_bytes, "their bytes")                         \
	X(WOULD_DROP, would_drop, "packets an enforced policy would have dropped")

enum kp2padm_a_stats {
	KP2PADM_A_STATS_UNSPEC,
	KP2PADM_A_STATS_CHAINS, /* u32 array: buckets with 0, 1, 2 ... flows, the last: or more */
#define KP2PADM_X(id, name, help) KP2PADM_A_STATS_##id,
	KP2PADM_COUNTERS(KP2PADM_X)
#undef KP2PADM_X
	__KP2PADM_A_STATS_MAX,
};
#define KP2PADM_A_STATS_MAX (__KP2PADM_A_STATS_MAX - 1)

enum kp2padm_a_app {
	KP2PADM_A_APP_UNSPEC,
	KP2PADM_A_APP_NAME,	     /* string */
	KP2PADM_A_APP_CATEGORY,	     /* u8: enum kp2padm_category */
	KP2PADM_A_APP_VERDICT,	     /* u8: enum kp2padm_verdict, by the policy */
	KP2PADM_A_APP_FLOWS,	     /* u64: live flows */
	KP2PADM_A_APP_PACKETS,	     /* u64: packets of its flows, live and ended */
	KP2PADM_A_APP_BYTES,	     /* u64 */
	KP2PADM_A_APP_DROPPED,	     /* u64: packets dropped, contained in PACKETS */
	KP2PADM_A_APP_DROPPED_BYTES, /* u64 */
	KP2PADM_A_APP_WOULD_DROP,    /* u64: packets, in observe mode */
	KP2PADM_A_APP_NAMED,	     /* u64: flows ever named so */
	__KP2PADM_A_APP_MAX,
};
#define KP2PADM_A_APP_MAX (__KP2PADM_A_APP_MAX - 1)

enum kp2padm_a_flow {
	KP2PADM_A_FLOW_UNSPEC,
	KP2PADM_A_FLOW_APP,	      /* string; in a request: only these flows */
	KP2PADM_A_FLOW_SRC,	      /* binary, 4 or 16 bytes: who sent first */
	KP2PADM_A_FLOW_DST,	      /* binary, 4 or 16 bytes */
	KP2PADM_A_FLOW_SPORT,	      /* u16, be */
	KP2PADM_A_FLOW_DPORT,	      /* u16, be */
	KP2PADM_A_FLOW_L4,	      /* u8: 6 or 17 */
	KP2PADM_A_FLOW_BRIDGE,	      /* u32: interface index */
	KP2PADM_A_FLOW_VID,	      /* u16; absent without a VLAN */
	KP2PADM_A_FLOW_CVID,	      /* u16; inner VLAN, absent without one */
	KP2PADM_A_FLOW_SESSION,	      /* u16; PPPoE session, absent without one */
	KP2PADM_A_FLOW_VARIANT,	      /* string: wire form; absent when unknown */
	KP2PADM_A_FLOW_CATEGORY,      /* u8: enum kp2padm_category */
	KP2PADM_A_FLOW_BY,	      /* u8: enum kp2padm_by */
	KP2PADM_A_FLOW_VERDICT,	      /* u8: enum kp2padm_verdict in force for it */
	KP2PADM_A_FLOW_FLAGS,	      /* u32: enum kp2padm_flow_flags */
	KP2PADM_A_FLOW_DECIDED,	      /* u32: the packet that settled it, from 1 */
	KP2PADM_A_FLOW_PACKETS,	      /* u64: from SRC to DST */
	KP2PADM_A_FLOW_BYTES,	      /* u64 */
	KP2PADM_A_FLOW_REPLY_PACKETS, /* u64: from DST to SRC */
	KP2PADM_A_FLOW_REPLY_BYTES,   /* u64 */
	KP2PADM_A_FLOW_AGE,	      /* u32: milliseconds since its first packet */
	KP2PADM_A_FLOW_IDLE,	      /* u32: milliseconds since its last packet */
	__KP2PADM_A_FLOW_MAX,
};
#define KP2PADM_A_FLOW_MAX (__KP2PADM_A_FLOW_MAX - 1)

enum kp2padm_a_policy {
	KP2PADM_A_POLICY_UNSPEC,
	KP2PADM_A_POLICY_MODE,	     /* u8: enum kp2padm_mode; required to set */
	KP2PADM_A_POLICY_GENERATION, /* u32: reply only */
	KP2PADM_A_POLICY_ENTRY,	     /* nest, repeated: KP2PADM_A_ENTRY_* */
	__KP2PADM_A_POLICY_MAX,
};
#define KP2PADM_A_POLICY_MAX (__KP2PADM_A_POLICY_MAX - 1)

/* One application's verdict; applications without an entry pass. */
enum kp2padm_a_entry {
	KP2PADM_A_ENTRY_UNSPEC,
	KP2PADM_A_ENTRY_APP,	 /* string */
	KP2PADM_A_ENTRY_VERDICT, /* u8: enum kp2padm_verdict */
	__KP2PADM_A_ENTRY_MAX,
};
#define KP2PADM_A_ENTRY_MAX (__KP2PADM_A_ENTRY_MAX - 1)

#endif
