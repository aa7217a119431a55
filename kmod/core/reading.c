// SPDX-License-Identifier: GPL-2.0-only
#include "reading.h"

/* What is told of a content before its bytes, if at all */
#define BEFORE_DATA (P2P_FACT_NAME | P2P_FACT_ID | P2P_FACT_SIZE)

/* struct work - a reading that goes on, as the dissector's listener */
struct work {
	struct p2p_reading *r;
	const struct p2p_reading_env *env;
};

/* -- what the rules say ----------------------------------------------------------- */

/**
 * struct matter - what is judged
 * @facts: what is known of it
 * @told: it was told of for an observing rule
 * @id: its id
 * @kind: enum p2p_id, P2P_ID_NONE: it is not known
 * @can: enum p2p_fact that it can have
 */
struct matter {
	const struct p2p_facts *facts;
	bool *told;
	const u8 *id;
	u8 kind;
	u8 can;
};

/* The content in hand */
static struct matter object_of(struct p2p_reading *r)
{
	return (struct matter){
		.facts = &r->object,
		.told = &r->told,
		.id = r->id,
		.kind = r->kind,
		.can = P2P_FACT_NAME | P2P_FACT_ID | P2P_FACT_SIZE | P2P_FACT_TYPE,
	};
}

/* An observing rule would have decided. */
static void would(const struct work *work, const struct matter *matter, u16 rule)
{
	const struct p2p_found found = {
		.id = matter->id,
		.rule = rule,
		.facts = p2p_content_facts(work->env->content, rule) & matter->can,
		.kind = matter->kind,
	};

	*matter->told = true;
	work->env->ruled(work->env->ctx, &found, true);
}

/* What it was is remembered until the flow is ended. */
static void decide(const struct work *work, const struct matter *matter,
		   const struct p2p_content_ruling *ruling)
{
	struct p2p_reading *r = work->r;
	struct p2p_found found;

	r->verdict = ruling->verdict;
	r->rule = ruling->rule;
	r->facts = p2p_content_facts(work->env->content, ruling->rule) & matter->can;
	r->kind = P2P_ID_NONE;
	if (p2p_id_size(matter->kind) <= sizeof(r->id)) {
		r->kind = matter->kind;
		memmove(r->id, matter->id, p2p_id_size(matter->kind));
	}
	found = p2p_reading_found(r);
	work->env->ruled(work->env->ctx, &found, false);
}

/* More is known: does it decide? */
static void judge(const struct work *work, const struct matter *matter)
{
	const struct p2p_content *content = work->env->content;
	struct p2p_content_ruling ruling;

	if (!content || work->r->verdict != P2P_VERDICT_PASS)
		return;
	p2p_content_judge(content, matter->facts, &ruling);
	if (ruling.would != P2P_VERDICT_PASS && !*matter->told)
		would(work, matter, ruling.would_rule);
	if (ruling.verdict != P2P_VERDICT_PASS)
		decide(work, matter, &ruling);
}

static void judge_object(const struct work *work)
{
	const struct matter matter = object_of(work->r);

	judge(work, &matter);
}

/* -- what is found ---------------------------------------------------------------- */

static void object_begin(struct p2p_reading *r, u8 app)
{
	/* BitTorrent's peers know each other's content by its id alone */
	u8 told = app == P2P_APP_BITTORRENT ? P2P_FACT_ID : BEFORE_DATA;

	p2p_facts_begin(&r->object, app, told | P2P_FACT_TYPE);
	r->kind = P2P_ID_NONE;
	r->heads = 0;
	r->told = false;
}

/* Another content is in hand. */
static bool is_other(const struct p2p_reading *r, const struct p2p_event *event)
{
	u32 size = p2p_id_size(event->object.kind);

	return !event->object.id || r->kind != event->object.kind ||
	       memcmp(r->id, event->object.id, size);
}

static void take_id(const struct work *work, const u8 *id, u8 kind)
{
	struct p2p_bytes bytes = { id, p2p_id_size(kind) };
	struct p2p_reading *r = work->r;

	if (!id || bytes.len > sizeof(r->id))
		return;
	r->kind = kind;
	memcpy(r->id, id, bytes.len);
	if (!work->env->content)
		return;
	p2p_facts_id(work->env->content, &r->object, kind, bytes);
	p2p_facts_close(&r->object, P2P_FACT_ID);
}

/* A content was asked for, or offered in answer; of what is only told nobody takes it. */
static void on_object(const struct work *work, const struct p2p_event *event)
{
	const struct p2p_content *content = work->env->content;
	struct p2p_reading *r = work->r;

	if (event->object.content == P2P_CONTENT_TOLD)
		return;
	if (is_other(r, event)) {
		object_begin(r, event->app);
		take_id(work, event->object.id, event->object.kind);
	}
	if (!content)
		return;
	if (event->object.bytes.len)
		p2p_facts_name(content, &r->object, event->object.bytes);
	if (event->object.size != P2P_SIZE_UNKNOWN)
		p2p_facts_size(content, &r->object, event->object.size);
	judge_object(work);
}

/**
 * struct window - bytes of a content that are put together
 * @at: where it begins
 * @len: how many
 * @slot: where they are kept
 */
struct window {
	u32 at;
	u32 len;
	u32 slot;
};

static const struct window windows[] = {
	{ 0, P2P_READING_FIRST, 0 },
	{ P2P_READING_TAR, P2P_READING_HEAD - P2P_READING_FIRST, P2P_READING_FIRST },
};

/* As the bytes tell it that are there by now in a window, those from @at on among them */
static enum p2p_filetype type_in(struct p2p_reading *r, const struct window *window,
				 struct p2p_bytes bytes, u32 at)
{
	u32 skip = at < window->at ? window->at - at : 0, from, to;

	if (at >= window->at + window->len || skip >= bytes.len)
		return P2P_FILETYPE_UNKNOWN;
	from = window->slot + at + skip - window->at;
	bytes = p2p_slice(bytes, skip, window->slot + window->len - from);
	to = from + bytes.len;
	p2p_copy(bytes, 0, r->head + from, bytes.len);
	r->heads |= ((u32)1 << to) - ((u32)1 << from);
	/* those beside them: some may be lost */
	while (from > window->slot && (r->heads >> (from - 1) & 1))
		from--;
	while (to < window->slot + window->len && (r->heads >> to & 1))
		to++;
	bytes.data = r->head + from;
	bytes.len = to - from;
	return p2p_filetype_of(bytes, window->at + from - window->slot);
}

static enum p2p_filetype type_of(struct p2p_reading *r, struct p2p_bytes bytes, u64 at)
{
	enum p2p_filetype type = p2p_filetype_of(bytes, at);
	u32 i;

	for (i = 0; i < sizeof(windows) / sizeof(windows[0]) && type == P2P_FILETYPE_UNKNOWN; i++)
		type = type_in(r, &windows[i], bytes, (u32)at);
	return type;
}

static void on_data(const struct work *work, const struct p2p_event *event)
{
	struct p2p_bytes bytes = event->object.bytes;
	struct p2p_reading *r = work->r;
	u64 at = event->object.offset;
	enum p2p_filetype type;

	if (!p2p_reading_judges(work->env->content, event->app, event->flags,
				event->object.index, at))
		return;
	/* what was not told by now is not told any more: rules that ask for it are out */
	if (~r->object.closed & BEFORE_DATA) {
		p2p_facts_close(&r->object, BEFORE_DATA);
		judge_object(work);
	}
	type = type_of(r, bytes, at);
	if (type == P2P_FILETYPE_UNKNOWN && at + bytes.len < P2P_FILETYPE_HEAD)
		return;
	p2p_facts_type(work->env->content, &r->object, type);
	judge_object(work);
}

/* What is searched for or said, in parts */
static void on_text(const struct work *work, const struct p2p_event *event, enum p2p_fact fact)
{
	const struct p2p_content *content = work->env->content;
	struct p2p_bytes id = { event->text.id, p2p_id_size(event->text.kind) };
	bool whole = event->text.offset + event->text.bytes.len >= event->text.size;
	struct p2p_reading *r = work->r;
	const struct matter matter = {
		.facts = &r->talk,
		.told = &r->told_talk,
		.id = id.data,
		.kind = id.data ? event->text.kind : P2P_ID_NONE,
		.can = fact | P2P_FACT_ID,
	};

	if (!content)
		return;
	if (!event->text.offset) {
		p2p_facts_begin(&r->talk, event->app, fact | (id.data ? P2P_FACT_ID : 0));
		r->told_talk = false;
	}
	if (id.data)
		p2p_facts_id(content, &r->talk, event->text.kind, id);
	if (event->text.bytes.len)
		p2p_facts_text(content, &r->talk, fact, event->text.bytes);
	if (fact == P2P_FACT_SEARCH || whole)
		p2p_facts_close(&r->talk, fact | P2P_FACT_ID);
	judge(work, &matter);
}

static void on_event(void *ctx, const struct p2p_event *event)
{
	const struct work *work = ctx;

	work->env->event(work->env->ctx, event);
	/* what was decided, and of what, stays as it is */
	if (work->r->verdict != P2P_VERDICT_PASS)
		return;
	switch ((enum p2p_event_type)event->type) {
	case P2P_EVENT_OBJECT:
		on_object(work, event);
		break;
	case P2P_EVENT_DATA:
		on_data(work, event);
		break;
	case P2P_EVENT_SEARCH:
		on_text(work, event, P2P_FACT_SEARCH);
		break;
	case P2P_EVENT_CHAT:
		on_text(work, event, P2P_FACT_CHAT);
		break;
	case P2P_EVENT_ENCRYPTED:
	case P2P_EVENT_DESYNC:
	case P2P_EVENT_PEER:
	case P2P_EVENT_REQUEST:
	case P2P_EVENT_HAVE:
	case P2P_EVENT_BITFIELD:
	case P2P_EVENT_UNREAD:
		break;
	}
}

struct p2p_found p2p_reading_found(const struct p2p_reading *r)
{
	return (struct p2p_found){
		.id = r->kind == P2P_ID_NONE ? NULL : r->id,
		.rule = r->rule,
		.facts = r->facts,
		.kind = r->kind,
	};
}

/* -- bytes -------------------------------------------------------------------------- */

bool p2p_reading_init(struct p2p_reading *r, enum p2p_proto proto)
{
	memset(r, 0, sizeof(*r));
	r->verdict = P2P_VERDICT_PASS;
	object_begin(r, (u8)p2p_proto_app(proto));
	return p2p_dissect_init(&r->dissector, proto);
}

static bool wants(void *ctx, const struct p2p_lane *l)
{
	const struct work *work = ctx;

	return work->env->all || p2p_reading_wants(work->r, work->env->content, l);
}

enum p2p_inspected p2p_reading_feed(struct p2p_reading *r, const struct p2p_reading_env *env,
				    unsigned int dir, struct p2p_bytes bytes, u32 *unseen)
{
	struct work work = { r, env };
	const struct p2p_sink sink = { on_event, wants, &work };

	*unseen += p2p_dissect_feed(&r->dissector, dir, bytes, &sink);
	return r->verdict == P2P_VERDICT_PASS ? P2P_CLEARED : P2P_BLOCKED;
}

void p2p_reading_skip(struct p2p_reading *r, const struct p2p_reading_env *env, unsigned int dir,
		      u64 len)
{
	struct work work = { r, env };
	const struct p2p_sink sink = { on_event, NULL, &work };

	p2p_dissect_gap(&r->dissector, dir, len, &sink);
}

void p2p_reading_renew(struct p2p_reading *r, const struct p2p_reading_env *env)
{
	const struct work work = { r, env };
	u8 id[P2P_TOLD_ID], kind = r->kind;

	memcpy(id, r->id, sizeof(id));
	object_begin(r, r->object.app);
	memset(&r->talk, 0, sizeof(r->talk));
	if (kind == P2P_ID_NONE)
		return;
	take_id(&work, id, kind);
	judge_object(&work);
}
