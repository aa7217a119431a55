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

#include <linux/types.h>

#define KP2PADM_GENL_NAME "kp2padm"
#define KP2PADM_GENL_VERSION 1

/*
 * What module and helper agree on; a helper with another number is refused.
 * Raised when the meaning of what is here changes.
 */
#define KP2PADM_ABI 1

#define KP2PADM_NAME_MAX 32 /* application and variant names, with the NUL */
#define KP2PADM_RULE_NAME_MAX 64 /* names of rules, with the NUL */
#define KP2PADM_POLICY_ID_SIZE 32 /* of the text a policy was made from: its SHA-256 */
#define KP2PADM_GROUP_EVENTS "events" /* multicast, admin: KP2PADM_CMD_EVENT */
/* What a policy may have of each; the module refuses more. */
#define KP2PADM_POLICY_LOCAL_PORTS_MAX 32
#define KP2PADM_POLICY_EXEMPT_MACS_MAX 64
#define KP2PADM_SCHEDULE_MOMENTS_MAX 4096
#define KP2PADM_TRIAL_MAX 604800 /* seconds: a week */
#define KP2PADM_BEAT_TIMEOUT 2 /* seconds without a beat, and the helper is lost */

/* enum kp2padm_cmd - requests. "admin": needs CAP_NET_ADMIN in the namespace */
enum kp2padm_cmd {
	KP2PADM_CMD_UNSPEC,
	KP2PADM_CMD_STATUS_GET, /* do -> KP2PADM_A_STATUS_* */
	KP2PADM_CMD_NET_SET,	/* do, admin: KP2PADM_A_NET_* */
	KP2PADM_CMD_STATS_GET,	/* do -> KP2PADM_A_STATS_* */
	KP2PADM_CMD_APP_GET,	/* dump -> one KP2PADM_A_APP_* an application */
	KP2PADM_CMD_FLOW_GET,	/* dump, admin -> one KP2PADM_A_FLOW_* a flow */
	KP2PADM_CMD_POLICY_GET, /* do -> KP2PADM_A_POLICY_* */
	KP2PADM_CMD_RULE_GET,	/* dump, admin -> one KP2PADM_A_RULE_* a rule */
	/*
	 * A policy is larger than a message. One transaction a socket: begin, as
	 * many adds as it takes, commit. It ends with the commit, another begin,
	 * an error or the socket.
	 */
	KP2PADM_CMD_POLICY_BEGIN,   /* do, admin: KP2PADM_A_POLICY_* */
	KP2PADM_CMD_POLICY_ADD,	    /* do, admin: KP2PADM_A_POLICY_RULE, _HOSTS, _SCHEDULE, _CONTENT,
				     * _CONTENT_NAME */
	KP2PADM_CMD_POLICY_COMMIT,  /* do, admin: KP2PADM_A_POLICY_TRIAL -> KP2PADM_A_POLICY_* */
	KP2PADM_CMD_POLICY_CONFIRM, /* do, admin: a policy on trial stays */
	KP2PADM_CMD_HELPER_ATTACH,  /* do, admin: KP2PADM_A_HELPER_*; this socket is the helper's */
	KP2PADM_CMD_HELPER_BEAT,    /* do, admin: it is alive */
	KP2PADM_CMD_HELPER_DETACH,  /* do, admin: whoever is the helper is no more */
	KP2PADM_CMD_EVENT,	    /* multicast: KP2PADM_A_EVENT_* */
	KP2PADM_CMD_POLICY_SET_GET, /* dump, admin -> KP2PADM_A_POLICY_LOCAL_PORT, _LOCAL_PREFIX,
				     * _EXEMPT_PREFIX, _EXEMPT_PORT, _EXEMPT_MAC, _GENERATION */
	KP2PADM_CMD_CONTENT_GET,    /* dump, admin -> one KP2PADM_A_CONTENT_* a content rule */
	__KP2PADM_CMD_MAX,
};
#define KP2PADM_CMD_MAX (__KP2PADM_CMD_MAX - 1)

/* enum kp2padm_mode - what verdicts do */
enum kp2padm_mode {
	KP2PADM_MODE_OBSERVE, /* everything passes; what would drop is counted */
	KP2PADM_MODE_ENFORCE,
};

/* enum kp2padm_verdict - what the policy says of a flow */
enum kp2padm_verdict {
	KP2PADM_VERDICT_PASS,
	KP2PADM_VERDICT_DROP,
	KP2PADM_VERDICT_RESET, /* dropped, and TCP's ends are told */
};

/* enum kp2padm_direction - of a flow's first packet; bits */
enum kp2padm_direction {
	KP2PADM_DIR_OUT = 1 << 0,     /* from one who is local to one who is not */
	KP2PADM_DIR_IN = 1 << 1,      /* the other way */
	KP2PADM_DIR_LOCAL = 1 << 2,   /* both are local */
	KP2PADM_DIR_TRANSIT = 1 << 3, /* neither is */
};

/* enum kp2padm_helper - is a helper there? */
enum kp2padm_helper {
	KP2PADM_HELPER_NONE, /* never seen, or it went by itself */
	KP2PADM_HELPER_ALIVE,
	KP2PADM_HELPER_LOST, /* its socket was closed, or it was silent for too long */
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
	KP2PADM_FLOW_WOULD_DROP = 1 << 6, /* it passes because the policy, or a rule, observes */
	KP2PADM_FLOW_EXEMPT = 1 << 7,	  /* it passes because the policy exempts it */
	KP2PADM_FLOW_OPEN = 1 << 8,	  /* its verdict depends on what it turns out to be */
	KP2PADM_FLOW_ENCRYPTED = 1 << 9,  /* what it carries cannot be read */
	KP2PADM_FLOW_HELPER_LOST = 1 << 10, /* dropped, since it asks for a helper that is lost */
	KP2PADM_FLOW_DIFFERED = 1 << 11, /* ended, since a segment differed from what had passed */
};

/* enum kp2padm_fact - what of a file or message a content rule was met by; bits */
enum kp2padm_fact {
	KP2PADM_FACT_NAME = 1 << 0,
	KP2PADM_FACT_ID = 1 << 1,
	KP2PADM_FACT_SIZE = 1 << 2,
	KP2PADM_FACT_TYPE = 1 << 3,
	KP2PADM_FACT_SEARCH = 1 << 4, /* keywords in what somebody looks for */
	KP2PADM_FACT_CHAT = 1 << 5,   /* and in what somebody says */
};

/* enum kp2padm_id - what an id is made of */
enum kp2padm_id {
	KP2PADM_ID_NONE,
	KP2PADM_ID_INFOHASH, /* SHA-1 of a torrent's description */
	KP2PADM_ID_ED2K,     /* MD4 of the parts' MD4 */
	KP2PADM_ID_SHA1,     /* of the file */
	KP2PADM_ID_TTH,	     /* Tiger tree */
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
	KP2PADM_A_STATUS_ABI,	     /* u32: KP2PADM_ABI */
	KP2PADM_A_STATUS_HELPER,     /* u8: enum kp2padm_helper */
	KP2PADM_A_STATUS_GATEWAY,    /* u64: random, not 0: tells this gateway from others */
	KP2PADM_A_STATUS_REFUSED,    /* u32: KP2PADM_ABI of a helper refused for it, since one
				      * was attached; absent without */
	KP2PADM_A_STATUS_STREAMS,    /* u32: flows whose bytes are read now */
	KP2PADM_A_STATUS_STREAM_BYTES, /* u64: memory of the packets that are kept for them */
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
	X(FRAGMENTS_DROPPED, fragments_dropped, "fragments dropped: TCP's where the policy blocks, and of uTP that is read") \
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
	X(WOULD_DROP, would_drop, "packets an enforced policy would have dropped") \
	X(BAD_CHECKSUM, bad_checksum, "packets of undecided flows, passed unread: their checksum is wrong") \
	X(ROUTED, routed, "packets met at the IP forward hook, contained in packets") \
	X(MARKED, marked, "packets that the policy marked")                    \
	X(FLOWS_RESET, flows_reset, "flows ended by a reset")                  \
	X(RESETS_SENT, resets_sent, "resets sent to the ends of flows")        \
	X(RESETS_FAILED, resets_failed, "resets that could not be sent")       \
	X(HELPER_LOSS_DROPPED, helper_loss_dropped, "packets dropped for want of the helper") \
	X(EVENTS, events, "events told to the group")                          \
	X(EVENTS_LOST, events_lost, "events that could not be told, for want of memory or of room") \
	X(EVENTS_UNHEARD, events_unheard, "events that nobody listened for") \
	X(STREAM_ORDERED, stream_ordered, "segments read in order, and passed") \
	X(STREAM_FAST_PASSED, stream_fast_passed, "segments ahead of a gap, passed at once") \
	X(STREAM_AGAIN, stream_again, "segments that said once more what had passed, passed") \
	X(STREAM_OLD, stream_old, "segments that their receiver has, or from before they were read, passed") \
	X(STREAM_HELD, stream_held, "segments held: they wait for a verdict, or without fast pass for a gap") \
	X(STREAM_ABSORBED, stream_absorbed, "segments dropped: they said once more what is held") \
	X(STREAM_CONFLICTS, stream_conflicts, "segments dropped: they differ from what had passed") \
	X(STREAM_NO_ROOM, stream_no_room, "segments dropped: there was no room to remember them") \
	X(STREAM_OUTSIDE, stream_outside, "segments dropped: outside of their receiver's window") \
	X(STREAM_BLOCKED, stream_blocked, "segments dropped: what they carry is blocked") \
	X(STREAM_BAD_CHECKSUM, stream_bad_checksum, "segments dropped: their checksum is wrong") \
	X(STREAM_URGENT, stream_urgent, "segments whose urgent pointer was cleared, passed") \
	X(STREAM_ACKS_REFUSED, stream_acks_refused, "acknowledgements that meant nothing, passed") \
	X(STREAM_HOLES, stream_holes, "acknowledgements of what did not pass here") \
	X(STREAM_GAPS_GIVEN_UP, stream_gaps_given_up, "gaps that nobody filled in time") \
	X(STREAM_BYTES_READ, stream_bytes_read, "bytes read in order")         \
	X(OBJECTS, objects, "contents that were asked for, offered or found")  \
	X(OBJECT_BYTES, object_bytes, "bytes of contents")                     \
	X(SEARCHES, searches, "words and contents that were searched for")     \
	X(CHATS, chats, "messages from one user to another")                   \
	X(STREAMS_UNREADABLE, streams_unreadable, "flows that went on packed or encrypted") \
	X(STREAMS_DESYNCED, streams_desynced, "times that a protocol's thread was lost") \
	X(STREAM_BYTES_SKIPPED, stream_bytes_skipped, "bytes of read flows that were not read") \
	X(STREAMS_FULL, streams_full, "packets of flows that are not read: too many are") \
	X(STREAMS_NOMEM, streams_nomem, "packets of flows that are not read for want of memory") \
	X(RELEASED, released, "packets that were held and went on")            \
	X(PURGED, purged, "packets that were held and dropped: their flow, device or gateway went") \
	X(STREAMS_ENDED, streams_ended, "flows ended: a segment differed from what had passed") \
	X(STREAM_UTP_REFUSED, stream_utp_refused, "uTP packets dropped: too many connections, or not to be told what they are") \
	X(STREAM_UTP_SKIPPED, stream_utp_skipped, "uTP packets of read connections that were not read")                     \
	X(UNREAD_DROPPED, unread_dropped, "packets dropped: there is no room to read their flow") \
	X(STREAM_OVER, stream_over, "segments dropped: their connection was read, and is over")

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
	KP2PADM_A_FLOW_CONFIDENCE,    /* u8: percent */
	KP2PADM_A_FLOW_DIRECTION,     /* u8: enum kp2padm_direction */
	KP2PADM_A_FLOW_RULE,	      /* u16: that gave the verdict; absent for the default or none */
	KP2PADM_A_FLOW_WOULD,	      /* u8: enum kp2padm_verdict of an observing rule; absent without */
	KP2PADM_A_FLOW_WOULD_RULE,    /* u16: that rule */
	KP2PADM_A_FLOW_MARK_RULE,     /* u16: that marks its packets */
	/* of a flow whose bytes are read; not in events */
	KP2PADM_A_FLOW_STREAM,	      /* nest: KP2PADM_A_STREAM_*; from SRC to DST */
	KP2PADM_A_FLOW_REPLY_STREAM,  /* nest: KP2PADM_A_STREAM_*; from DST to SRC */
	__KP2PADM_A_FLOW_MAX,
};
#define KP2PADM_A_FLOW_MAX (__KP2PADM_A_FLOW_MAX - 1)

/* enum kp2padm_a_stream - one direction of a flow whose bytes are read */
enum kp2padm_a_stream {
	KP2PADM_A_STREAM_UNSPEC,
	KP2PADM_A_STREAM_ORDERED,     /* u32: segments kept that are contiguous */
	KP2PADM_A_STREAM_ORDERED_BYTES, /* u32: of the stream in them; of uTP's, packets */
	KP2PADM_A_STREAM_AHEAD,	      /* u32: segments kept that are ahead of a gap */
	KP2PADM_A_STREAM_AHEAD_BYTES, /* u32: of the stream in them; of uTP's, packets */
	KP2PADM_A_STREAM_HOLDS,	      /* u32: packets that are held now */
	KP2PADM_A_STREAM_HOLDS_BYTES, /* u32: of the stream in them; of uTP's, packets */
	KP2PADM_A_STREAM_GAPS,	      /* u32: how many there are now */
	KP2PADM_A_STREAM_GAP_AGE,     /* u32: milliseconds that the first of them is there; absent
				       * without one */
	KP2PADM_A_STREAM_FAST_PASSED, /* u32: segments passed ahead of a gap so far */
	KP2PADM_A_STREAM_HELD,	      /* u32: segments held so far */
	KP2PADM_A_STREAM_CONFLICTS,   /* u32: segments so far that differed from what had passed */
	KP2PADM_A_STREAM_BYTES_READ,  /* u64: in order */
	__KP2PADM_A_STREAM_MAX,
};
#define KP2PADM_A_STREAM_MAX (__KP2PADM_A_STREAM_MAX - 1)

enum kp2padm_a_policy {
	KP2PADM_A_POLICY_UNSPEC,
	KP2PADM_A_POLICY_MODE,		/* u8: enum kp2padm_mode; required to begin */
	KP2PADM_A_POLICY_DEFAULT,	/* u8: enum kp2padm_verdict, for P2P and IM; pass if absent */
	KP2PADM_A_POLICY_HELPER_LOSS,	/* u8: KP2PADM_VERDICT_PASS or _DROP; pass if absent */
	KP2PADM_A_POLICY_ID,		/* binary, KP2PADM_POLICY_ID_SIZE; zeros if absent */
	KP2PADM_A_POLICY_RULES,		/* u32: how many rules are added; 0 if absent */
	KP2PADM_A_POLICY_HOST_COUNT,	/* u32: how many hosts; 0 if absent */
	KP2PADM_A_POLICY_LOCAL_PORT,	/* a set: string, repeated: name of an interface */
	KP2PADM_A_POLICY_LOCAL_PREFIX,	/* a set: binary: struct kp2padm_prefix array */
	KP2PADM_A_POLICY_EXEMPT_PREFIX,	/* a set: binary: struct kp2padm_prefix array */
	KP2PADM_A_POLICY_EXEMPT_PORT,	/* a set: binary: u16 array */
	KP2PADM_A_POLICY_EXEMPT_MAC,	/* a set: binary: 6 bytes each */
	KP2PADM_A_POLICY_RULE,		/* to add: nest, repeated: KP2PADM_A_RULE_* */
	KP2PADM_A_POLICY_HOSTS,		/* to add: binary: struct kp2padm_host array, in order */
	KP2PADM_A_POLICY_SCHEDULE,	/* to add: binary: s64 array, UTC, seconds; see below */
	KP2PADM_A_POLICY_TRIAL,		/* u32: to commit: seconds after which the policy before it
					 * comes back unless confirmed; reply: those left */
	KP2PADM_A_POLICY_GENERATION,	/* u32: reply only */
	KP2PADM_A_POLICY_UNTIL,		/* s64: reply only: the earliest of the schedules' last
					 * moments, UTC, seconds */
	KP2PADM_A_POLICY_CONTENT_SIZE,	/* u32: bytes of content rules that are added; 0 if absent */
	KP2PADM_A_POLICY_CONTENT,	/* to add: binary: the next of them; see below */
	KP2PADM_A_POLICY_CONTENT_NAME,	/* to add: string, repeated: of the content rules, in order */
	KP2PADM_A_POLICY_CONTENT_RULES, /* u32: reply only: how many content rules */
	KP2PADM_A_POLICY_CONFLICT,	/* u8: where a segment differs from what had passed:
					 * KP2PADM_VERDICT_DROP: it is dropped; _RESET: its flow is
					 * ended; drop if absent */
	KP2PADM_A_POLICY_UNREAD,	/* u8: of flows that there is no room to read: KP2PADM_VERDICT_PASS
					 * or _DROP; pass if absent */
	__KP2PADM_A_POLICY_MAX,
};
#define KP2PADM_A_POLICY_MAX (__KP2PADM_A_POLICY_MAX - 1)

/*
 * Sets are not told by POLICY_GET, where they would not fit beside each other, but
 * by POLICY_SET_GET: each message has a part of each, in order, and all messages
 * of a dump are of one policy.
 */

/*
 * A schedule is a list of moments, each later than the one before: at the first
 * it begins to hold, at the second it ceases to, and so on; behind the last it
 * stays as it is. Rules name it by its number, from 1 in the order they are added.
 */

/*
 * Content rules say what is done with files and with what people write. They are
 * compiled in user space into one piece of memory, which the source's
 * kmod/core/content_blob.h describes: lists, and an automaton of all keywords. The
 * module checks all of it at the commit, and as many names must have been added as
 * there are rules in it.
 */

/* struct kp2padm_prefix - addr: network order, IPv4 in its first 4 bytes; what
 * is behind the first len bits is zero
 */
struct kp2padm_prefix {
	__u8 family; /* 4 or 6 */
	__u8 len;
	__u8 addr[16];
};

/* struct kp2padm_host - a prefix that a rule names. Hosts are added sorted by
 * family, len, addr (as bytes), rule; none twice.
 */
struct kp2padm_host {
	struct kp2padm_prefix prefix;
	__u16 rule; /* from 0 */
};

/* struct kp2padm_range - VLAN ids, both included; 0 is "untagged" */
struct kp2padm_range {
	__u16 first;
	__u16 last;
};

/* What a condition says nothing of may be anything. */
enum kp2padm_a_rule {
	KP2PADM_A_RULE_UNSPEC,
	KP2PADM_A_RULE_NAME,	   /* string */
	KP2PADM_A_RULE_APP,	   /* string, repeated */
	KP2PADM_A_RULE_CATEGORY,   /* u8: bit 1 << enum kp2padm_category */
	KP2PADM_A_RULE_CONFIDENCE, /* u8: at least that, percent */
	KP2PADM_A_RULE_ENCRYPTED,  /* u8: 0 or 1 */
	KP2PADM_A_RULE_DIRECTION,  /* u8: enum kp2padm_direction */
	KP2PADM_A_RULE_VLAN,	   /* binary: struct kp2padm_range array, up to 8 */
	KP2PADM_A_RULE_SCHEDULE,   /* u16: number of its schedule, from 1 */
	KP2PADM_A_RULE_VERDICT,	   /* u8: enum kp2padm_verdict; absent: none */
	KP2PADM_A_RULE_OBSERVE,	   /* flag: it decides nothing, it counts */
	KP2PADM_A_RULE_MARK,	   /* u32: bits to set */
	KP2PADM_A_RULE_MASK,	   /* u32: bits that MARK speaks of; all if absent */
	KP2PADM_A_RULE_PRIORITY,   /* u32: the packet's priority */
	KP2PADM_A_RULE_SCAN,	   /* u8: 0 or 1 */
	KP2PADM_A_RULE_AUDIT,	   /* u8: 0 or 1 */
	/* reply only */
	KP2PADM_A_RULE_NUMBER,	    /* u32: from 0 */
	KP2PADM_A_RULE_ACTIVE,	    /* u8: its schedule holds */
	KP2PADM_A_RULE_FLOWS,	    /* u64: how often it gave a verdict, or would have */
	KP2PADM_A_RULE_PACKETS,	    /* u64: packets dropped by it */
	KP2PADM_A_RULE_BYTES,	    /* u64 */
	KP2PADM_A_RULE_WOULD_PACKETS, /* u64: packets that it would have dropped */
	KP2PADM_A_RULE_WOULD_BYTES, /* u64 */
	KP2PADM_A_RULE_MARKED,	    /* u64: packets that it marked */
	KP2PADM_A_RULE_BY_HOST,	    /* flag: it names hosts, which are not told */
	__KP2PADM_A_RULE_MAX,
};
#define KP2PADM_A_RULE_MAX (__KP2PADM_A_RULE_MAX - 1)

/* enum kp2padm_a_content - a content rule of the policy in force */
enum kp2padm_a_content {
	KP2PADM_A_CONTENT_UNSPEC,
	KP2PADM_A_CONTENT_NUMBER,  /* u32: from 0 */
	KP2PADM_A_CONTENT_NAME,	   /* string */
	KP2PADM_A_CONTENT_VERDICT, /* u8: enum kp2padm_verdict */
	KP2PADM_A_CONTENT_OBSERVE, /* flag: it decides nothing, it counts */
	KP2PADM_A_CONTENT_OBJECTS, /* u64: files and messages that it decided about */
	KP2PADM_A_CONTENT_WOULD_OBJECTS, /* u64: those that it would have decided about */
	__KP2PADM_A_CONTENT_MAX,
};
#define KP2PADM_A_CONTENT_MAX (__KP2PADM_A_CONTENT_MAX - 1)

/* enum kp2padm_a_found - a file or message, and the content rule that it met */
enum kp2padm_a_found {
	KP2PADM_A_FOUND_UNSPEC,
	KP2PADM_A_FOUND_RULE,	   /* u32: the content rule, from 0 */
	KP2PADM_A_FOUND_RULE_NAME, /* string */
	KP2PADM_A_FOUND_VERDICT,   /* u8: enum kp2padm_verdict */
	KP2PADM_A_FOUND_OBSERVE,   /* flag: it decided nothing, it counted */
	KP2PADM_A_FOUND_FACTS,	   /* u8: enum kp2padm_fact */
	KP2PADM_A_FOUND_KIND,	   /* u8: enum kp2padm_id; absent where no id is known */
	KP2PADM_A_FOUND_ID,	   /* binary: the id, likewise */
	__KP2PADM_A_FOUND_MAX,
};
#define KP2PADM_A_FOUND_MAX (__KP2PADM_A_FOUND_MAX - 1)

enum kp2padm_a_helper {
	KP2PADM_A_HELPER_UNSPEC,
	KP2PADM_A_HELPER_ABI, /* u32: KP2PADM_ABI; required */
	__KP2PADM_A_HELPER_MAX,
};
#define KP2PADM_A_HELPER_MAX (__KP2PADM_A_HELPER_MAX - 1)

/* enum kp2padm_event - what happened */
enum kp2padm_event {
	KP2PADM_EVENT_FLOW,	/* a flow ended that was named or not let pass: FLOW */
	KP2PADM_EVENT_VERDICT,	/* a flow is dropped or reset from now on, or would be: FLOW; by
				 * a content rule: FOUND */
	KP2PADM_EVENT_POLICY,	/* another policy is in force: POLICY, WHY */
	KP2PADM_EVENT_HELPER,	/* the helper came, went or was lost: HELPER */
};

/* enum kp2padm_why - what put a policy in force */
enum kp2padm_why {
	KP2PADM_WHY_COMMIT,
	KP2PADM_WHY_CONFIRM,  /* the one on trial stays */
	KP2PADM_WHY_REVERT,   /* the trial was over */
	KP2PADM_WHY_SCHEDULE, /* the same one; a schedule began or ended to hold */
};

/* enum kp2padm_end - why a flow ended. What lives when the gateway ends is not told. */
enum kp2padm_end {
	KP2PADM_END_TIMEOUT,
	KP2PADM_END_CLOSED,  /* both ends closed it, or one reset it */
	KP2PADM_END_EVICTED, /* the full table needed its room */
	KP2PADM_END_REUSED,  /* another connection took its ports */
};

enum kp2padm_a_event {
	KP2PADM_A_EVENT_UNSPEC,
	KP2PADM_A_EVENT_SEQ,	/* u64: one more than the event before, from 1; a gap is a loss */
	KP2PADM_A_EVENT_TIME,	/* u64: UTC, nanoseconds */
	KP2PADM_A_EVENT_TYPE,	/* u8: enum kp2padm_event */
	KP2PADM_A_EVENT_FLOW,	/* nest: KP2PADM_A_FLOW_* */
	KP2PADM_A_EVENT_FLOW_ID, /* u64: the same in every event of a flow */
	KP2PADM_A_EVENT_IN,	/* u32: index of the interface its packet came by; absent where a
				 * content rule observes */
	KP2PADM_A_EVENT_POLICY,	/* nest: KP2PADM_A_POLICY_* as POLICY_GET replies */
	KP2PADM_A_EVENT_WHY,	/* u8: enum kp2padm_why */
	KP2PADM_A_EVENT_HELPER,	/* u8: enum kp2padm_helper */
	KP2PADM_A_EVENT_RULE_NAME,  /* string: of the rule that gave the verdict, or would have */
	KP2PADM_A_EVENT_END,	/* u8: enum kp2padm_end, of EVENT_FLOW */
	KP2PADM_A_EVENT_GATEWAY, /* u64: whose number it is: KP2PADM_A_STATUS_GATEWAY */
	KP2PADM_A_EVENT_FOUND,	/* nest: KP2PADM_A_FOUND_* */
	__KP2PADM_A_EVENT_MAX,
};
#define KP2PADM_A_EVENT_MAX (__KP2PADM_A_EVENT_MAX - 1)

#endif
