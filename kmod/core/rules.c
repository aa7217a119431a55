// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"

_Static_assert(P2P_APP_COUNT <= 128, "struct p2p_rule.apps has 128 bits");
_Static_assert(P2P_RULES_MAX < P2P_NO_RULE, "rule numbers have 16 bits");
_Static_assert(P2P_SCHEDULES_MAX <= 64, "active schedules are a word");

const char *p2p_rules_error_text(enum p2p_rules_error error)
{
	switch (error) {
	case P2P_RULES_OK:
		return "nothing is wrong";
	case P2P_RULES_TOO_MANY:
		return "more rules, hosts, schedules, prefixes or ports than a policy may have";
	case P2P_RULES_FIELD:
		return "a rule's field is out of its range";
	case P2P_RULES_EMPTY:
		return "a rule has neither a verdict nor a modifier";
	case P2P_RULES_PREFIX:
		return "a host's prefix is none";
	case P2P_RULES_ORDER:
		return "hosts are not in their order";
	case P2P_RULES_HOST:
		return "a host is of a rule that is not there";
	case P2P_RULES_LENGTHS:
		return "more different prefix lengths than a policy may have";
	case P2P_RULES_SET:
		return "a local or exempt prefix is none";
	}
	return "unknown";
}

/* -- prefixes -------------------------------------------------------------- */

static bool is_family(u8 family)
{
	return family == 4 || family == 6;
}

static u32 bits_of(u8 family)
{
	return family == 4 ? 32 : 128;
}

void p2p_prefix_mask(struct p2p_prefix *prefix)
{
	u32 i, whole = prefix->len / 8;

	if (prefix->len % 8)
		prefix->addr[whole++] &= (u8)(0xff00 >> prefix->len % 8);
	for (i = whole; i < sizeof(prefix->addr); i++)
		prefix->addr[i] = 0;
}

static bool is_prefix(const struct p2p_prefix *prefix)
{
	struct p2p_prefix masked = *prefix;

	if (!is_family(prefix->family) || prefix->len > bits_of(prefix->family))
		return false;
	p2p_prefix_mask(&masked);
	return !memcmp(masked.addr, prefix->addr, sizeof(masked.addr));
}

static int prefix_compare(const struct p2p_prefix *a, const struct p2p_prefix *b)
{
	if (a->family != b->family)
		return a->family - b->family;
	if (a->len != b->len)
		return a->len - b->len;
	return memcmp(a->addr, b->addr, sizeof(a->addr));
}

int p2p_host_compare(const struct p2p_host *a, const struct p2p_host *b)
{
	int order = prefix_compare(&a->prefix, &b->prefix);

	return order ? order : a->rule - b->rule;
}

/* An end's address, cut to @len bits */
static struct p2p_prefix prefix_of(const struct p2p_key *key, u32 end, u8 len)
{
	struct p2p_prefix prefix = { .family = key->family, .len = len };

	if (key->family == 4)
		memcpy(prefix.addr, &key->addr.v4[end & 1], 4);
	else
		memcpy(prefix.addr, key->addr.v6[end & 1], 16);
	p2p_prefix_mask(&prefix);
	return prefix;
}

static bool set_holds(const struct p2p_set *set, const struct p2p_key *key, u32 end)
{
	struct p2p_prefix cut;
	u32 i;

	for (i = 0; i < set->n; i++) {
		if (set->prefix[i].family != key->family)
			continue;
		cut = prefix_of(key, end, set->prefix[i].len);
		if (!prefix_compare(&cut, &set->prefix[i]))
			return true;
	}
	return false;
}

static bool is_set(const struct p2p_set *set)
{
	u32 i;

	for (i = 0; i < set->n; i++)
		if (!is_prefix(&set->prefix[i]))
			return false;
	return true;
}

/* -- checking -------------------------------------------------------------- */

static bool is_rule(const struct p2p_rules *rules, const struct p2p_rule *rule)
{
	u32 i;

	if (rule->confidence > 100 || rule->encrypted > P2P_TRUE ||
	    rule->verdict > P2P_VERDICT_NONE || rule->vlans > P2P_RULE_VLANS ||
	    rule->schedule > rules->schedules || rule->sets >> P2P_MODIFIERS ||
	    rule->values & ~rule->sets || rule->mark & ~rule->mask)
		return false;
	for (i = 0; i < rule->vlans; i++)
		if (rule->vlan[i].first > rule->vlan[i].last || rule->vlan[i].last > 4094)
			return false;
	return true;
}

static enum p2p_rules_error check_rules(struct p2p_rules *rules, u32 *at)
{
	u32 i;

	rules->sets = 0;
	for (i = 0; i < rules->n; i++) {
		*at = i;
		if (!is_rule(rules, &rules->rule[i]))
			return P2P_RULES_FIELD;
		if (rules->rule[i].verdict == P2P_VERDICT_NONE && !rules->rule[i].sets)
			return P2P_RULES_EMPTY;
		rules->rule[i].by_host = false;
		if (!rules->rule[i].observes)
			rules->sets |= rules->rule[i].sets;
	}
	return P2P_RULES_OK;
}

/* The hosts of one length more. */
static bool count_length(struct p2p_rules *rules, u32 i)
{
	const struct p2p_prefix *prefix = &rules->host[i].prefix;
	struct p2p_length *last = rules->length + rules->lengths - 1;

	if (!rules->lengths || last->family != prefix->family || last->len != prefix->len) {
		if (rules->lengths == P2P_LENGTHS_MAX)
			return false;
		last = rules->length + rules->lengths++;
		*last = (struct p2p_length){ prefix->family, prefix->len, i, 0 };
	}
	last->n++;
	return true;
}

static enum p2p_rules_error check_hosts(struct p2p_rules *rules, u32 *at)
{
	u32 i;

	rules->lengths = 0;
	for (i = 0; i < rules->hosts; i++) {
		const struct p2p_host *host = &rules->host[i];

		*at = i;
		if (!is_prefix(&host->prefix))
			return P2P_RULES_PREFIX;
		if (host->rule >= rules->n)
			return P2P_RULES_HOST;
		if (i && p2p_host_compare(host - 1, host) >= 0)
			return P2P_RULES_ORDER;
		if (!count_length(rules, i))
			return P2P_RULES_LENGTHS;
		rules->rule[host->rule].by_host = true;
	}
	return P2P_RULES_OK;
}

enum p2p_rules_error p2p_rules_prepare(struct p2p_rules *rules, u32 *at)
{
	enum p2p_rules_error error;
	u32 i;

	*at = 0;
	if (rules->n > P2P_RULES_MAX || rules->hosts > P2P_HOSTS_MAX ||
	    rules->schedules > P2P_SCHEDULES_MAX || rules->local.n > P2P_PREFIXES_MAX ||
	    rules->exempt.n > P2P_PREFIXES_MAX || rules->exempt_ports > P2P_PORTS_MAX)
		return P2P_RULES_TOO_MANY;
	if (rules->fallback > P2P_VERDICT_RESET)
		return P2P_RULES_FIELD;
	for (i = 0; i < rules->exempt_ports; i++)
		if (!rules->exempt_port[i])
			return P2P_RULES_FIELD;
	if (!is_set(&rules->local) || !is_set(&rules->exempt))
		return P2P_RULES_SET;
	error = check_rules(rules, at);
	if (!error)
		error = check_hosts(rules, at);
	if (error)
		return error;
	rules->generals = 0;
	for (i = 0; i < rules->n; i++)
		if (!rules->rule[i].by_host)
			rules->general[rules->generals++] = (u16)i;
	return P2P_RULES_OK;
}

/* -- candidates: rules that may match, in their order ------------------------ */

/**
 * struct walk - where the search stands
 * @general: the next of the rules without hosts
 * @part: hosts that hold an endpoint; those of one prefix lie together
 * @parts: how many there are
 */
struct walk {
	u32 general;
	u32 parts;
	struct {
		u32 at;
		u32 end;
	} part[2 * P2P_LENGTHS_MAX];
};

/* The first host of a length that is not below @prefix */
static u32 find_host(const struct p2p_rules *rules, const struct p2p_length *length,
		     const struct p2p_prefix *prefix)
{
	u32 low = length->first, high = low + length->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (prefix_compare(&rules->host[middle].prefix, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void walk_begin(struct walk *walk, const struct p2p_rules *rules,
		       const struct p2p_key *key)
{
	const struct p2p_length *length;
	struct p2p_prefix prefix;
	u32 end, at;

	walk->general = 0;
	walk->parts = 0;
	for (length = rules->length; length < rules->length + rules->lengths; length++) {
		if (length->family != key->family)
			continue;
		for (end = 0; end < 2; end++) {
			prefix = prefix_of(key, end, length->len);
			at = find_host(rules, length, &prefix);
			if (at == length->first + length->n ||
			    prefix_compare(&rules->host[at].prefix, &prefix))
				continue;
			walk->part[walk->parts].at = at;
			walk->part[walk->parts++].end = length->first + length->n;
		}
	}
}

/* Is the part's next host still one of its prefix? @at: one that is, or was the last */
static bool part_goes_on(const struct p2p_rules *rules, u32 at, u32 end)
{
	return at + 1 < end &&
	       !prefix_compare(&rules->host[at].prefix, &rules->host[at + 1].prefix);
}

/* The next rule's number, P2P_NO_RULE behind the last */
static u32 walk_next(struct walk *walk, const struct p2p_rules *rules)
{
	u32 next = P2P_NO_RULE, i;

	if (walk->general < rules->generals)
		next = rules->general[walk->general];
	for (i = 0; i < walk->parts; i++)
		if (rules->host[walk->part[i].at].rule < next)
			next = rules->host[walk->part[i].at].rule;
	if (walk->general < rules->generals && rules->general[walk->general] == next)
		walk->general++;
	for (i = 0; i < walk->parts;) {
		u32 at = walk->part[i].at, end = walk->part[i].end;

		if (rules->host[at].rule != next) {
			i++;
		} else if (part_goes_on(rules, at, end)) {
			walk->part[i++].at++;
		} else {
			walk->part[i] = walk->part[--walk->parts];
		}
	}
	return next;
}

/* -- matching ---------------------------------------------------------------- */

u8 p2p_rules_direction(const struct p2p_rules *rules, const struct p2p_subject *subject)
{
	bool from = (subject->local & 1) ||
		    set_holds(&rules->local, subject->key, subject->first);
	bool to = (subject->local & 2) ||
		  set_holds(&rules->local, subject->key, !subject->first);

	if (from)
		return to ? P2P_DIR_LOCAL : P2P_DIR_OUT;
	return to ? P2P_DIR_IN : P2P_DIR_TRANSIT;
}

/* The directions that it may have: two where nobody knows where its receiver is */
static u8 directions(const struct p2p_rules *rules, const struct p2p_subject *subject)
{
	u8 direction = p2p_rules_direction(rules, subject);

	if (!(subject->local & 4))
		return direction;
	if (direction == P2P_DIR_OUT)
		return P2P_DIR_OUT | P2P_DIR_LOCAL;
	return direction == P2P_DIR_TRANSIT ? P2P_DIR_IN | P2P_DIR_TRANSIT : direction;
}

static bool holds_vlan(const struct p2p_rule *rule, u16 vid)
{
	u32 i;

	for (i = 0; i < rule->vlans; i++)
		if (rule->vlan[i].first <= vid && vid <= rule->vlan[i].last)
			return true;
	return !rule->vlans;
}

/* What a flow's application says, and how sure it is */
static bool holds_app(const struct p2p_rule *rule, const struct p2p_subject *subject)
{
	unsigned int app = subject->app;

	if ((rule->apps[0] | rule->apps[1]) && !(rule->apps[app / 64 & 1] >> app % 64 & 1))
		return false;
	if (rule->categories && !(rule->categories >> p2p_app_category(app) & 1))
		return false;
	return subject->confidence >= rule->confidence;
}

static bool asks_app(const struct p2p_rule *rule)
{
	return rule->apps[0] || rule->apps[1] || rule->categories || rule->confidence ||
	       rule->encrypted;
}

enum holds { HOLDS_NOT, HOLDS_MAYBE, HOLDS };

/* @may_be: its directions, 0 until a rule asks for them */
static enum holds holds(const struct p2p_rules *rules, const struct p2p_rule *rule, u64 active,
			const struct p2p_subject *subject, u8 *may_be)
{
	bool open = false;

	if (rule->schedule && !(active >> (rule->schedule - 1) & 1))
		return HOLDS_NOT;
	if (!holds_vlan(rule, subject->key->vid))
		return HOLDS_NOT;
	if (rule->directions) {
		if (!*may_be)
			*may_be = directions(rules, subject);
		if (!(rule->directions & *may_be))
			return HOLDS_NOT;
		open = *may_be & ~rule->directions;
	}
	if (!subject->decided && asks_app(rule))
		return HOLDS_MAYBE;
	if (!holds_app(rule, subject))
		return HOLDS_NOT;
	if (rule->encrypted && rule->encrypted != subject->encrypted) {
		if (subject->encrypted != P2P_ANY)
			return HOLDS_NOT;
		open = true;
	}
	return open ? HOLDS_MAYBE : HOLDS;
}

/* -- judging ------------------------------------------------------------------- */

/**
 * struct judging - what is still to be found
 * @verdict: no rule has decided
 * @would: no observing rule has
 * @modifiers: a bit for each that no rule has set
 */
struct judging {
	bool verdict;
	bool would;
	u8 modifiers;
};

static void take_verdict(struct judging *open, const struct p2p_rule *rule, u32 number,
			 enum holds how, struct p2p_ruling *ruling)
{
	if (rule->verdict == P2P_VERDICT_NONE || !open->verdict)
		return;
	if (rule->observes) {
		if (how == HOLDS && open->would) {
			ruling->would = rule->verdict;
			ruling->would_rule = (u16)number;
		}
		open->would = false;
		return;
	}
	open->verdict = false;
	if (how == HOLDS) {
		ruling->verdict = rule->verdict;
		ruling->rule = (u16)number;
	} else {
		ruling->open = true;
	}
}

static void take_modifiers(struct judging *open, const struct p2p_rule *rule, u32 number,
			   enum holds how, struct p2p_ruling *ruling)
{
	u8 mine = rule->sets & open->modifiers;
	u32 i;

	if (rule->observes)
		return;
	open->modifiers &= (u8)~mine;
	if (how != HOLDS)
		return;
	ruling->sets |= mine;
	ruling->values |= mine & rule->values;
	for (i = 0; i < P2P_MODIFIERS; i++)
		if (mine >> i & 1)
			ruling->setter[i] = (u16)number;
}

/* Where no rule has decided: the default, which is for P2P and IM alone */
static void take_default(const struct p2p_rules *rules, const struct p2p_subject *subject,
			 struct p2p_ruling *ruling)
{
	if (rules->fallback == P2P_VERDICT_PASS)
		return;
	if (!subject->decided)
		ruling->open = true;
	else if (p2p_app_category(subject->app) != P2P_CATEGORY_NONE)
		ruling->verdict = rules->fallback;
}

bool p2p_rules_exempt(const struct p2p_rules *rules, const struct p2p_key *key)
{
	u32 i, end;

	for (end = 0; end < 2; end++) {
		struct p2p_bytes port = { (const u8 *)&key->port[end], 2 };

		for (i = 0; i < rules->exempt_ports; i++)
			if (rules->exempt_port[i] == p2p_be16(port, 0))
				return true;
		if (set_holds(&rules->exempt, key, end))
			return true;
	}
	return false;
}

void p2p_rules_judge(const struct p2p_rules *rules, u64 active,
		     const struct p2p_subject *subject, struct p2p_ruling *ruling)
{
	struct judging open = { true, true, rules->sets };
	u8 may_be = 0;
	struct walk walk P2P_UNINITIALIZED; /* walk_begin() sets what is used */
	u32 number;

	*ruling = (struct p2p_ruling){
		.verdict = P2P_VERDICT_PASS,
		.would = P2P_VERDICT_PASS,
		.rule = P2P_NO_RULE,
		.would_rule = P2P_NO_RULE,
		.setter = { P2P_NO_RULE, P2P_NO_RULE, P2P_NO_RULE },
	};
	if (subject->exempt || p2p_rules_exempt(rules, subject->key)) {
		ruling->exempt = true;
		return;
	}
	if (!rules->n) {
		take_default(rules, subject, ruling);
		return;
	}
	walk_begin(&walk, rules, subject->key);
	while ((open.verdict || open.modifiers) &&
	       (number = walk_next(&walk, rules)) != P2P_NO_RULE) {
		const struct p2p_rule *rule = &rules->rule[number];
		enum holds how = holds(rules, rule, active, subject, &may_be);

		if (how == HOLDS_NOT)
			continue;
		take_verdict(&open, rule, number, how, ruling);
		take_modifiers(&open, rule, number, how, ruling);
	}
	if (open.verdict)
		take_default(rules, subject, ruling);
}

bool p2p_rules_block(const struct p2p_rules *rules)
{
	u32 i;

	for (i = 0; i < rules->n; i++)
		if (!rules->rule[i].observes && (rules->rule[i].verdict == P2P_VERDICT_DROP ||
						 rules->rule[i].verdict == P2P_VERDICT_RESET))
			return true;
	return rules->fallback != P2P_VERDICT_PASS;
}
