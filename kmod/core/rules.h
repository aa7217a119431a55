/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules: what a policy says of a flow.
 *
 * The first rule that matches and has a verdict decides; a modifier (mark,
 * scan, audit) is set by the first rule that matches and names it. A rule that
 * only observes decides nothing: the first of those that would have had another
 * say is told apart, and the search goes on behind it.
 *
 * A flow's application is unknown at its first packet. Whether a rule that asks
 * for it matches is then open, and so is every verdict behind such a rule: the
 * flow passes, inspected, and is judged again when its application or its
 * confidence changes. A verdict that no application could change is given at
 * once.
 *
 * Rules are tried in their order, but those that name hosts are found by them:
 * a binary search for each length of prefix in use, so that ten thousand rules
 * about hosts cost a decision little more than one.
 *
 * Nothing here allocates: whoever holds the memory gives it to
 * p2p_rules_prepare(), which checks everything it is told.
 */
#ifndef P2P_CORE_RULES_H
#define P2P_CORE_RULES_H

#include "decode.h"
#include "registry.h"

P2P_BEGIN_DECLS

enum {
	P2P_RULES_MAX = 16384,
	P2P_HOSTS_MAX = 131072,	  /* prefixes of all rules together */
	P2P_LENGTHS_MAX = 32,	  /* different lengths of them, IPv4 and IPv6 apart */
	P2P_RULE_VLANS = 8,	  /* ranges of a rule */
	P2P_PREFIXES_MAX = 256,	  /* of a set: local, exempt */
	P2P_PORTS_MAX = 64,	  /* exempt ones */
	P2P_SCHEDULES_MAX = 64,
	P2P_NO_RULE = 0xffff,
};

enum p2p_verdict { P2P_VERDICT_PASS, P2P_VERDICT_DROP, P2P_VERDICT_RESET, P2P_VERDICT_NONE };

enum p2p_tri { P2P_ANY, P2P_FALSE, P2P_TRUE };

/** enum p2p_direction - of a flow's first packet, by who is local */
enum p2p_direction {
	P2P_DIR_OUT = 1 << 0,	  /* its sender is local, its receiver is not */
	P2P_DIR_IN = 1 << 1,	  /* its receiver is local, its sender is not */
	P2P_DIR_LOCAL = 1 << 2,	  /* both are */
	P2P_DIR_TRANSIT = 1 << 3, /* neither is, or nobody is called local */
};

/** enum p2p_modifier - what a rule may set besides its verdict */
enum p2p_modifier { P2P_SET_MARK, P2P_SET_SCAN, P2P_SET_AUDIT, P2P_MODIFIERS };

/** struct p2p_prefix - an address's first @len bits, the others zero; IPv4: 4 bytes */
struct p2p_prefix {
	u8 family; /* 4 or 6 */
	u8 len;
	u8 addr[16];
};

/** struct p2p_host - a prefix that rule number @rule names */
struct p2p_host {
	struct p2p_prefix prefix;
	u16 rule;
};

/** struct p2p_range - VLAN ids, both ends included */
struct p2p_range {
	u16 first;
	u16 last;
};

/**
 * struct p2p_rule - conditions, all of which must hold, and what then follows
 * @apps: a bit for each application, 0: any
 * @categories: a bit for each category, 0: any
 * @directions: enum p2p_direction, 0: any
 * @confidence: at least that, in percent
 * @encrypted: enum p2p_tri
 * @by_host: one of its prefixes must hold an endpoint; set by p2p_rules_prepare()
 * @vlans: how many of @vlan are used, 0: any; 0 in a range is "untagged"
 * @schedule: number of its schedule from 1 on, 0: always
 * @verdict: enum p2p_verdict
 * @observes: it decides nothing, it counts
 * @sets: a bit for each modifier that it names
 * @values: a bit for each modifier: on or off (a mark is always on)
 * @mark: bits of the packet's mark to set
 * @mask: bits of the packet's mark that @mark speaks of
 * @priority: the packet's priority, if @has_priority
 */
struct p2p_rule {
	u64 apps[2];
	u8 categories;
	u8 directions;
	u8 confidence;
	u8 encrypted;
	u8 by_host;
	u8 vlans;
	u16 schedule;
	struct p2p_range vlan[P2P_RULE_VLANS];
	u8 verdict;
	u8 observes;
	u8 sets;
	u8 values;
	u8 has_priority;
	u32 mark;
	u32 mask;
	u32 priority;
};

/** struct p2p_length - the hosts of one family and prefix length: @n of them from @first on */
struct p2p_length {
	u8 family;
	u8 len;
	u32 first;
	u32 n;
};

/** struct p2p_set - prefixes of any length, tried one by one */
struct p2p_set {
	struct p2p_prefix prefix[P2P_PREFIXES_MAX];
	u32 n;
};

/**
 * struct p2p_rules - a policy's rules
 * @rule: @n of them
 * @host: @hosts of them, sorted by p2p_host_compare(), none twice
 * @general: room for @n numbers: rules that name no host
 * @generals: how many there are
 * @length: the parts of @host
 * @lengths: how many there are
 * @schedules: how many there are
 * @sets: modifiers that any rule names
 * @fallback: enum p2p_verdict for P2P and IM where no rule has one ("default")
 * @local: prefixes of those who are called local
 * @exempt: prefixes whose flows always pass
 * @exempt_port: ports, host order, likewise
 * @exempt_ports: how many there are
 *
 * p2p_rules_prepare() sets @general, @generals, @length, @lengths, @sets and
 * the rules' by_host.
 */
struct p2p_rules {
	struct p2p_rule *rule;
	struct p2p_host *host;
	u16 *general;
	u32 n;
	u32 hosts;
	u32 generals;
	u32 lengths;
	u32 schedules;
	struct p2p_length length[P2P_LENGTHS_MAX];
	u8 sets;
	u8 fallback;
	struct p2p_set local;
	struct p2p_set exempt;
	u16 exempt_port[P2P_PORTS_MAX];
	u32 exempt_ports;
};

/** enum p2p_rules_error - what is wrong with rules; _OK is 0 */
enum p2p_rules_error {
	P2P_RULES_OK,
	P2P_RULES_TOO_MANY,	 /* rules, hosts, schedules, prefixes or ports */
	P2P_RULES_FIELD,	 /* a field of rule *at is out of its range */
	P2P_RULES_EMPTY,	 /* rule *at has neither verdict nor modifier */
	P2P_RULES_PREFIX,	 /* host *at: no such family or length, or bits behind it */
	P2P_RULES_ORDER,	 /* host *at is not behind the one before */
	P2P_RULES_HOST,		 /* host *at names a rule that is not there */
	P2P_RULES_LENGTHS,	 /* more different lengths than P2P_LENGTHS_MAX */
	P2P_RULES_SET,		 /* a local or exempt prefix is none */
};

/** p2p_rules_error_text() - one sentence */
const char *p2p_rules_error_text(enum p2p_rules_error error);

/**
 * p2p_host_compare() - by family, length, address, rule
 *
 * Return: below, equal to or above 0.
 */
int p2p_host_compare(const struct p2p_host *a, const struct p2p_host *b);

/** p2p_prefix_mask() - clear the bits behind @prefix->len; len must be in range */
void p2p_prefix_mask(struct p2p_prefix *prefix);

/**
 * p2p_rules_prepare() - check everything, and set what finds rules by hosts
 * @at: number of the rule or host that is wrong
 *
 * Return: P2P_RULES_OK, and p2p_rules_judge() is safe to use.
 */
enum p2p_rules_error p2p_rules_prepare(struct p2p_rules *rules, u32 *at);

/**
 * struct p2p_subject - a flow, as rules see it
 * @key: addresses, ports and VLAN
 * @first: the end (0 or 1 of @key) that sent its first packet
 * @decided: its application will not change any more (or is known)
 * @app: enum p2p_app
 * @confidence: in percent
 * @encrypted: enum p2p_tri: what it carries cannot be read; P2P_ANY: not known yet
 * @local: bit 0: the first packet's sender is on a local port; bit 1: its receiver;
 *	bit 2: nobody knows where its receiver is
 * @exempt: by what the core cannot see (MAC addresses)
 */
struct p2p_subject {
	const struct p2p_key *key;
	u8 first;
	bool decided;
	u8 app;
	u8 confidence;
	u8 encrypted;
	u8 local;
	bool exempt;
};

/**
 * struct p2p_ruling - what the rules say
 * @verdict: PASS, DROP or RESET
 * @open: another application could have changed the verdict: PASS for now
 * @exempt: passes because of an exemption; nothing else is set
 * @rule: the rule that decided, P2P_NO_RULE for the default or none
 * @would: PASS, or DROP or RESET by the first observing rule that would have
 *         decided so, before @rule
 * @would_rule: that rule
 * @sets: modifiers that a rule has set
 * @values: whether on or off
 * @setter: by enum p2p_modifier: the rule, P2P_NO_RULE for none
 */
struct p2p_ruling {
	u8 verdict;
	bool open;
	bool exempt;
	u8 would;
	u16 rule;
	u16 would_rule;
	u8 sets;
	u8 values;
	u16 setter[P2P_MODIFIERS];
};

/**
 * p2p_rules_judge() - what follows for a flow
 * @active: a bit for each schedule, from 0 on: does it hold now?
 */
void p2p_rules_judge(const struct p2p_rules *rules, u64 active,
		     const struct p2p_subject *subject, struct p2p_ruling *ruling);

/** p2p_rules_direction() - enum p2p_direction of a flow */
u8 p2p_rules_direction(const struct p2p_rules *rules, const struct p2p_subject *subject);

/** p2p_rules_exempt() - is an endpoint exempt by address or port? */
bool p2p_rules_exempt(const struct p2p_rules *rules, const struct p2p_key *key);

/** p2p_rules_block() - could any flow be dropped or reset? */
bool p2p_rules_block(const struct p2p_rules *rules);

P2P_END_DECLS

#endif
