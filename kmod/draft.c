// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy on its way in: begun, filled piece by piece, checked as a whole and
 * put in force at once. A socket has one draft; it ends with the commit, with
 * an error, with another begin or with the socket. All under genl_mutex.
 */
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "core/content_blob.h"
#include "draft.h"
#include "gateway.h"
#include "genl.h"

#define DRAFTS 8 /* of a gateway at a time; each may hold tens of megabytes */

/**
 * struct kp2p_draft - one of them
 * @list: gw->drafts
 * @portid: of the socket
 * @set: what is filled; as large as was said at the beginning
 * @rules: rules added so far
 * @hosts: hosts added so far
 * @content: bytes of content rules added so far
 * @content_names: their names, likewise
 */
struct kp2p_draft {
	struct list_head list;
	u32 portid;
	struct kp2p_ruleset *set;
	u32 rules;
	u32 hosts;
	u32 content;
	u32 content_names;
};

static struct kp2p_draft *draft_find(const struct kp2p_gw *gw, u32 portid)
{
	struct kp2p_draft *draft;

	list_for_each_entry(draft, &gw->drafts, list)
		if (draft->portid == portid)
			return draft;
	return NULL;
}

static void draft_free(struct kp2p_gw *gw, struct kp2p_draft *draft)
{
	list_del(&draft->list);
	gw->n_drafts--;
	kp2p_ruleset_put(draft->set);
	kfree(draft);
}

void kp2p_draft_closed(struct kp2p_gw *gw, u32 portid)
{
	struct kp2p_draft *draft = draft_find(gw, portid);

	if (draft)
		draft_free(gw, draft);
}

void kp2p_draft_exit(struct kp2p_gw *gw)
{
	struct kp2p_draft *draft, *next;

	list_for_each_entry_safe(draft, next, &gw->drafts, list)
		draft_free(gw, draft);
}

/* @content: bytes of content rules */
static int draft_new(struct kp2p_gw *gw, u32 portid, u32 rules, u32 hosts, u32 content)
{
	struct kp2p_draft *draft = kzalloc(sizeof(*draft), GFP_KERNEL_ACCOUNT);

	if (!draft)
		return -ENOMEM;
	draft->set = kp2p_ruleset_new(rules, hosts);
	if (!draft->set || (content && kp2p_ruleset_content_new(draft->set, content))) {
		kp2p_ruleset_put(draft->set);
		kfree(draft);
		return -ENOMEM;
	}
	draft->portid = portid;
	list_add(&draft->list, &gw->drafts);
	gw->n_drafts++;
	return 0;
}

/* -- begin ---------------------------------------------------------------------- */

static u32 u32_of(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/* @count things of @size bytes, at most @max: into @to */
static int take_array(const struct nlattr *attr, void *to, size_t size, u32 max, u32 *count,
		      struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	if (nla_len(attr) % size || nla_len(attr) / size > max) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "not a whole number of entries, or more than a policy may have");
		return -EINVAL;
	}
	memcpy(to, nla_data(attr), nla_len(attr));
	*count = nla_len(attr) / size;
	return 0;
}

static int take_prefixes(const struct nlattr *attr, struct p2p_set *set,
			 struct netlink_ext_ack *extack)
{
	static_assert(sizeof(struct p2p_prefix) == sizeof(struct kp2padm_prefix));
	return take_array(attr, set->prefix, sizeof(set->prefix[0]), P2P_PREFIXES_MAX, &set->n,
			  extack);
}

static int take_ports(struct genl_info *info, struct kp2p_ruleset *set)
{
	const struct nlattr *attr;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != KP2PADM_A_POLICY_LOCAL_PORT)
			continue;
		if (set->local_ports == KP2PADM_POLICY_LOCAL_PORTS_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "more local ports than a policy may have");
			return -EINVAL;
		}
		nla_strscpy(set->local_port[set->local_ports++], attr, IFNAMSIZ);
	}
	return 0;
}

static int take_head(struct genl_info *info, struct kp2p_ruleset *set)
{
	struct nlattr **attrs = info->attrs;
	int err;

	set->mode = nla_get_u8(attrs[KP2PADM_A_POLICY_MODE]);
	if (attrs[KP2PADM_A_POLICY_DEFAULT])
		set->rules.fallback = nla_get_u8(attrs[KP2PADM_A_POLICY_DEFAULT]);
	if (attrs[KP2PADM_A_POLICY_HELPER_LOSS])
		set->helper_loss = nla_get_u8(attrs[KP2PADM_A_POLICY_HELPER_LOSS]);
	if (attrs[KP2PADM_A_POLICY_CONFLICT])
		set->conflict = nla_get_u8(attrs[KP2PADM_A_POLICY_CONFLICT]);
	if (attrs[KP2PADM_A_POLICY_UNREAD])
		set->unread = nla_get_u8(attrs[KP2PADM_A_POLICY_UNREAD]);
	if (attrs[KP2PADM_A_POLICY_ID])
		memcpy(set->id, nla_data(attrs[KP2PADM_A_POLICY_ID]), sizeof(set->id));
	err = take_ports(info, set);
	if (!err)
		err = take_prefixes(attrs[KP2PADM_A_POLICY_LOCAL_PREFIX], &set->rules.local,
				    info->extack);
	if (!err)
		err = take_prefixes(attrs[KP2PADM_A_POLICY_EXEMPT_PREFIX], &set->rules.exempt,
				    info->extack);
	if (!err)
		err = take_array(attrs[KP2PADM_A_POLICY_EXEMPT_PORT], set->rules.exempt_port,
				 sizeof(u16), P2P_PORTS_MAX, &set->rules.exempt_ports, info->extack);
	if (!err)
		err = take_array(attrs[KP2PADM_A_POLICY_EXEMPT_MAC], set->exempt_mac, ETH_ALEN,
				 KP2PADM_POLICY_EXEMPT_MACS_MAX, &set->exempt_macs, info->extack);
	return err;
}

const struct nla_policy kp2p_begin_attrs[KP2PADM_A_POLICY_UNREAD + 1] = {
	[KP2PADM_A_POLICY_RULE ... KP2PADM_A_POLICY_UNTIL] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_MODE] = NLA_POLICY_MAX(NLA_U8, KP2PADM_MODE_ENFORCE),
	[KP2PADM_A_POLICY_DEFAULT] = NLA_POLICY_MAX(NLA_U8, KP2PADM_VERDICT_RESET),
	[KP2PADM_A_POLICY_HELPER_LOSS] = NLA_POLICY_MAX(NLA_U8, KP2PADM_VERDICT_DROP),
	[KP2PADM_A_POLICY_ID] = NLA_POLICY_EXACT_LEN(KP2PADM_POLICY_ID_SIZE),
	[KP2PADM_A_POLICY_RULES] = NLA_POLICY_MAX(NLA_U32, P2P_RULES_MAX),
	[KP2PADM_A_POLICY_HOST_COUNT] = { .type = NLA_U32 },
	[KP2PADM_A_POLICY_LOCAL_PORT] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[KP2PADM_A_POLICY_LOCAL_PREFIX] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_EXEMPT_PREFIX] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_EXEMPT_PORT] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_EXEMPT_MAC] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_CONTENT_SIZE] = { .type = NLA_U32 },
	[KP2PADM_A_POLICY_CONTENT ... KP2PADM_A_POLICY_CONTENT_RULES] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_CONFLICT] =
		NLA_POLICY_RANGE(NLA_U8, KP2PADM_VERDICT_DROP, KP2PADM_VERDICT_RESET),
	[KP2PADM_A_POLICY_UNREAD] = NLA_POLICY_MAX(NLA_U8, KP2PADM_VERDICT_DROP),
};

int kp2p_policy_begin_doit(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	u32 rules = u32_of(info->attrs[KP2PADM_A_POLICY_RULES]);
	u32 hosts = u32_of(info->attrs[KP2PADM_A_POLICY_HOST_COUNT]);
	u32 content = u32_of(info->attrs[KP2PADM_A_POLICY_CONTENT_SIZE]);
	int err;

	if (!gw)
		return -ENODEV;
	kp2p_draft_closed(gw, info->snd_portid);
	if (!info->attrs[KP2PADM_A_POLICY_MODE]) {
		NL_SET_ERR_MSG(info->extack, "KP2PADM_A_POLICY_MODE is missing");
		return -EINVAL;
	}
	if (hosts > P2P_HOSTS_MAX) {
		NL_SET_ERR_MSG(info->extack, "more hosts than a policy may have");
		return -EINVAL;
	}
	if (content > P2P_CONTENT_BLOB_MAX) {
		NL_SET_ERR_MSG(info->extack, "more content rules than a policy may have");
		return -EINVAL;
	}
	if (gw->n_drafts == DRAFTS) {
		NL_SET_ERR_MSG(info->extack, "too many policies are on their way in");
		return -EBUSY;
	}
	err = draft_new(gw, info->snd_portid, rules, hosts, content);
	if (err)
		return err;
	err = take_head(info, draft_find(gw, info->snd_portid)->set);
	if (err)
		kp2p_draft_closed(gw, info->snd_portid);
	return err;
}

/* -- add -------------------------------------------------------------------------- */

static const struct nla_policy rule_attrs[KP2PADM_A_RULE_AUDIT + 1] = {
	[KP2PADM_A_RULE_NAME] = { .type = NLA_NUL_STRING, .len = KP2PADM_RULE_NAME_MAX - 1 },
	[KP2PADM_A_RULE_APP] = { .type = NLA_NUL_STRING, .len = KP2PADM_NAME_MAX - 1 },
	[KP2PADM_A_RULE_CATEGORY] = { .type = NLA_U8 },
	[KP2PADM_A_RULE_CONFIDENCE] = NLA_POLICY_MAX(NLA_U8, 100),
	[KP2PADM_A_RULE_ENCRYPTED] = NLA_POLICY_MAX(NLA_U8, 1),
	[KP2PADM_A_RULE_DIRECTION] = NLA_POLICY_MAX(NLA_U8, 15),
	[KP2PADM_A_RULE_VLAN] = { .type = NLA_BINARY },
	[KP2PADM_A_RULE_SCHEDULE] = NLA_POLICY_MAX(NLA_U16, P2P_SCHEDULES_MAX),
	[KP2PADM_A_RULE_VERDICT] = NLA_POLICY_MAX(NLA_U8, KP2PADM_VERDICT_RESET),
	[KP2PADM_A_RULE_OBSERVE] = { .type = NLA_FLAG },
	[KP2PADM_A_RULE_MARK] = { .type = NLA_U32 },
	[KP2PADM_A_RULE_MASK] = { .type = NLA_U32 },
	[KP2PADM_A_RULE_PRIORITY] = { .type = NLA_U32 },
	[KP2PADM_A_RULE_SCAN] = NLA_POLICY_MAX(NLA_U8, 1),
	[KP2PADM_A_RULE_AUDIT] = NLA_POLICY_MAX(NLA_U8, 1),
};

static int take_apps(const struct nlattr *nest, struct p2p_rule *rule,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	unsigned int app;
	int rest;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) != KP2PADM_A_RULE_APP)
			continue;
		app = p2p_app_find(nla_data(attr));
		if (app == P2P_APP_COUNT) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "no application has that name");
			return -ENOENT;
		}
		rule->apps[app / 64] |= 1ULL << app % 64;
	}
	return 0;
}

static void take_modifiers(struct nlattr **attrs, struct p2p_rule *rule)
{
	static const struct {
		u8 modifier;
		u8 attr;
	} switches[] = {
		{ P2P_SET_SCAN, KP2PADM_A_RULE_SCAN },
		{ P2P_SET_AUDIT, KP2PADM_A_RULE_AUDIT },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		const struct nlattr *attr = attrs[switches[i].attr];

		if (!attr)
			continue;
		rule->sets |= 1 << switches[i].modifier;
		rule->values |= nla_get_u8(attr) << switches[i].modifier;
	}
	if (!attrs[KP2PADM_A_RULE_MARK] && !attrs[KP2PADM_A_RULE_PRIORITY])
		return;
	rule->sets |= 1 << P2P_SET_MARK;
	rule->values |= 1 << P2P_SET_MARK;
	if (attrs[KP2PADM_A_RULE_MARK]) {
		rule->mark = nla_get_u32(attrs[KP2PADM_A_RULE_MARK]);
		rule->mask = attrs[KP2PADM_A_RULE_MASK] ?
				     nla_get_u32(attrs[KP2PADM_A_RULE_MASK]) : ~0U;
	}
	rule->has_priority = !!attrs[KP2PADM_A_RULE_PRIORITY];
	rule->priority = u32_of(attrs[KP2PADM_A_RULE_PRIORITY]);
}

static void take_conditions(struct nlattr **attrs, struct p2p_rule *rule)
{
	const struct nlattr *attr;

	attr = attrs[KP2PADM_A_RULE_CATEGORY];
	rule->categories = attr ? nla_get_u8(attr) : 0;
	attr = attrs[KP2PADM_A_RULE_DIRECTION];
	rule->directions = attr ? nla_get_u8(attr) : 0;
	attr = attrs[KP2PADM_A_RULE_CONFIDENCE];
	rule->confidence = attr ? nla_get_u8(attr) : 0;
	attr = attrs[KP2PADM_A_RULE_ENCRYPTED];
	rule->encrypted = !attr ? P2P_ANY : nla_get_u8(attr) ? P2P_TRUE : P2P_FALSE;
	attr = attrs[KP2PADM_A_RULE_SCHEDULE];
	rule->schedule = attr ? nla_get_u16(attr) : 0;
	attr = attrs[KP2PADM_A_RULE_VERDICT];
	rule->verdict = attr ? nla_get_u8(attr) : P2P_VERDICT_NONE;
	rule->observes = nla_get_flag(attrs[KP2PADM_A_RULE_OBSERVE]);
}

static int take_vlans(const struct nlattr *attr, struct p2p_rule *rule,
		      struct netlink_ext_ack *extack)
{
	u32 n = 0;
	int err;

	static_assert(sizeof(struct p2p_range) == sizeof(struct kp2padm_range));
	err = take_array(attr, rule->vlan, sizeof(rule->vlan[0]), P2P_RULE_VLANS, &n, extack);
	rule->vlans = n;
	return err;
}

static bool is_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (iscntrl(*c))
			return false;
	return *name;
}

static int add_rule(struct kp2p_draft *draft, const struct nlattr *nest,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[KP2PADM_A_RULE_AUDIT + 1];
	struct p2p_rule *rule;
	int err;

	if (draft->rules == draft->set->rules.n) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "more rules than were announced");
		return -EINVAL;
	}
	err = nla_parse_nested(attrs, KP2PADM_A_RULE_AUDIT, nest, rule_attrs, extack);
	if (err)
		return err;
	if (!attrs[KP2PADM_A_RULE_NAME] || !is_name(nla_data(attrs[KP2PADM_A_RULE_NAME]))) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a rule needs a name, without control characters");
		return -EINVAL;
	}
	rule = &draft->set->rules.rule[draft->rules];
	nla_strscpy(draft->set->name[draft->rules], attrs[KP2PADM_A_RULE_NAME],
		    KP2PADM_RULE_NAME_MAX);
	take_conditions(attrs, rule);
	take_modifiers(attrs, rule);
	err = take_vlans(attrs[KP2PADM_A_RULE_VLAN], rule, extack);
	if (!err)
		err = take_apps(nest, rule, extack);
	draft->rules++;
	return err;
}

static int add_hosts(struct kp2p_draft *draft, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	struct p2p_rules *rules = &draft->set->rules;
	u32 n = 0;
	int err;

	static_assert(sizeof(struct p2p_host) == sizeof(struct kp2padm_host));
	err = take_array(attr, rules->host + draft->hosts, sizeof(rules->host[0]),
			 rules->hosts - draft->hosts, &n, extack);
	draft->hosts += n;
	return err;
}

static int add_schedule(struct kp2p_draft *draft, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	struct p2p_rules *rules = &draft->set->rules;
	struct kp2p_schedule *schedule = &draft->set->schedule[rules->schedules];
	u32 n = 0, i;
	int err;

	if (rules->schedules == P2P_SCHEDULES_MAX || nla_len(attr) < sizeof(s64)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an empty schedule, or more of them than a policy may have");
		return -EINVAL;
	}
	schedule->moment = kvcalloc(min_t(u32, nla_len(attr) / sizeof(s64), KP2PADM_SCHEDULE_MOMENTS_MAX),
				    sizeof(s64), GFP_KERNEL_ACCOUNT);
	if (!schedule->moment)
		return -ENOMEM;
	err = take_array(attr, schedule->moment, sizeof(s64), KP2PADM_SCHEDULE_MOMENTS_MAX, &n, extack);
	if (err)
		return err;
	for (i = 1; i < n; i++) {
		if (schedule->moment[i] > schedule->moment[i - 1])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attr, "a schedule's moment is not behind the one before");
		return -EINVAL;
	}
	schedule->n = n;
	rules->schedules++;
	return 0;
}

static int add_content(struct kp2p_draft *draft, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	u32 len = nla_len(attr);

	if (len > draft->set->content_size - draft->content) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "more bytes of content rules than were announced");
		return -EINVAL;
	}
	if (len)
		memcpy((u8 *)draft->set->content_blob + draft->content, nla_data(attr), len);
	draft->content += len;
	return 0;
}

static int add_content_name(struct kp2p_draft *draft, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	if (!draft->set->content_size || draft->content_names == P2P_CONTENT_RULES_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "more names of content rules than there are such rules");
		return -EINVAL;
	}
	if (!is_name(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a content rule needs a name, without control characters");
		return -EINVAL;
	}
	nla_strscpy(draft->set->content_name[draft->content_names++], attr,
		    KP2PADM_RULE_NAME_MAX);
	return 0;
}

static int add(struct kp2p_draft *draft, struct genl_info *info)
{
	const struct nlattr *attr;
	int rest, err = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		switch (nla_type(attr)) {
		case KP2PADM_A_POLICY_RULE:
			err = add_rule(draft, attr, info->extack);
			break;
		case KP2PADM_A_POLICY_HOSTS:
			err = add_hosts(draft, attr, info->extack);
			break;
		case KP2PADM_A_POLICY_SCHEDULE:
			err = add_schedule(draft, attr, info->extack);
			break;
		case KP2PADM_A_POLICY_CONTENT:
			err = add_content(draft, attr, info->extack);
			break;
		case KP2PADM_A_POLICY_CONTENT_NAME:
			err = add_content_name(draft, attr, info->extack);
			break;
		}
		if (err)
			break;
	}
	return err;
}

const struct nla_policy kp2p_add_attrs[KP2PADM_A_POLICY_CONTENT_NAME + 1] = {
	[1 ... KP2PADM_A_POLICY_EXEMPT_MAC] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_TRIAL ... KP2PADM_A_POLICY_CONTENT_SIZE] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_RULE] = NLA_POLICY_NESTED(rule_attrs),
	[KP2PADM_A_POLICY_HOSTS] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_SCHEDULE] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_CONTENT] = { .type = NLA_BINARY },
	[KP2PADM_A_POLICY_CONTENT_NAME] = { .type = NLA_NUL_STRING,
					    .len = KP2PADM_RULE_NAME_MAX - 1 },
};

/* The draft of the socket that asks; -ENOENT without one, and extack says so */
static struct kp2p_draft *draft_of(struct kp2p_gw *gw, struct genl_info *info)
{
	struct kp2p_draft *draft = draft_find(gw, info->snd_portid);

	if (!draft)
		NL_SET_ERR_MSG(info->extack, "this socket has begun no policy");
	return draft;
}

int kp2p_policy_add_doit(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	struct kp2p_draft *draft;
	int err;

	if (!gw)
		return -ENODEV;
	draft = draft_of(gw, info);
	if (!draft)
		return -ENOENT;
	err = add(draft, info);
	if (err)
		draft_free(gw, draft);
	return err;
}

/* -- commit ------------------------------------------------------------------------- */

/* extack keeps the pointer: @text is constant */
static int refuse(struct netlink_ext_ack *extack, const char *text)
{
	if (extack)
		extack->_msg = text;
	return -EINVAL;
}

static int check_rules(struct kp2p_draft *draft, struct netlink_ext_ack *extack)
{
	struct p2p_rules *rules = &draft->set->rules;
	enum p2p_rules_error error;
	u32 at;

	if (draft->rules != rules->n || draft->hosts != rules->hosts) {
		NL_SET_ERR_MSG(extack, "fewer rules or hosts than were announced");
		return -EINVAL;
	}
	error = p2p_rules_prepare(rules, &at);
	return error ? refuse(extack, p2p_rules_error_text(error)) : 0;
}

static int check_content(struct kp2p_draft *draft, struct netlink_ext_ack *extack)
{
	enum p2p_content_error error;
	int err;

	if (!draft->set->content_size)
		return 0;
	if (draft->content != draft->set->content_size) {
		NL_SET_ERR_MSG(extack, "fewer bytes of content rules than were announced");
		return -EINVAL;
	}
	err = kp2p_ruleset_content_open(draft->set, &error);
	if (err == -EINVAL)
		return refuse(extack, p2p_content_error_text(error));
	if (err)
		return err;
	if (draft->content_names != draft->set->content->rules) {
		NL_SET_ERR_MSG(extack, "not as many names as there are content rules");
		return -EINVAL;
	}
	return 0;
}

static int commit(struct kp2p_gw *gw, struct kp2p_draft *draft, struct genl_info *info)
{
	struct sk_buff *skb;
	void *head;
	int err = check_rules(draft, info->extack);

	if (!err)
		err = check_content(draft, info->extack);
	if (err)
		return err;
	/* what can fail comes before the policy is in force */
	skb = kp2p_reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	err = kp2p_policy_install(gw, draft->set, u32_of(info->attrs[KP2PADM_A_POLICY_TRIAL]));
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	mutex_lock(&gw->policy_lock);
	err = kp2p_put_policy(skb, gw);
	mutex_unlock(&gw->policy_lock);
	/* it is in force, whether or not its owner can hear so */
	kp2p_reply_send(info, skb, head, err);
	return 0;
}

const struct nla_policy kp2p_commit_attrs[KP2PADM_A_POLICY_TRIAL + 1] = {
	[1 ... KP2PADM_A_POLICY_SCHEDULE] = { .type = NLA_REJECT },
	[KP2PADM_A_POLICY_TRIAL] = { .type = NLA_U32 },
};

int kp2p_policy_commit_doit(struct sk_buff *request, struct genl_info *info)
{
	struct kp2p_gw *gw = kp2p_gateway_for(info);
	struct kp2p_draft *draft;
	int err;

	if (!gw)
		return -ENODEV;
	draft = draft_of(gw, info);
	if (!draft)
		return -ENOENT;
	if (u32_of(info->attrs[KP2PADM_A_POLICY_TRIAL]) > KP2PADM_TRIAL_MAX) {
		NL_SET_ERR_MSG(info->extack, "a trial lasts a week at most");
		err = -ERANGE;
	} else {
		err = commit(gw, draft, info);
	}
	draft_free(gw, draft);
	return err;
}
