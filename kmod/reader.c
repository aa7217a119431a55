// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "reader.h"

static struct kmem_cache *reader_cache;

static_assert(sizeof(struct kp2p_reader) <= 1024);

/* -- what the rules say ----------------------------------------------------------- */

static void count(const struct kp2p_ruleset *set, u16 rule, bool would)
{
	struct kp2p_content_hits *hits = &set->content_hits[smp_processor_id()][rule];

	if (would)
		hits->would_objects++;
	else
		hits->objects++;
}

/**
 * struct matter - what is judged
 * @facts: what is known of it
 * @told: it was counted on an observing rule
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
static struct matter object_of(struct kp2p_reader *reader)
{
	return (struct matter){
		.facts = &reader->object,
		.told = &reader->told,
		.id = reader->id,
		.kind = reader->kind,
		.can = P2P_FACT_NAME | P2P_FACT_ID | P2P_FACT_SIZE | P2P_FACT_TYPE,
	};
}

/* An observing rule would have decided. */
static void would(struct kp2p_reader *reader, const struct matter *matter, u16 rule)
{
	const struct kp2p_found found = {
		.set = reader->set,
		.id = matter->id,
		.rule = rule,
		.facts = p2p_content_facts(reader->set->content, rule) & matter->can,
		.kind = matter->kind,
	};

	*matter->told = true;
	count(reader->set, rule, true);
	kp2p_event_verdict(reader->flow->gw, reader->flow, 0, &found);
}

/* What it was is remembered until the flow is ended. */
static void decide(struct kp2p_reader *reader, const struct matter *matter,
		   const struct p2p_content_ruling *ruling)
{
	reader->verdict = ruling->verdict;
	reader->rule = ruling->rule;
	reader->facts = p2p_content_facts(reader->set->content, ruling->rule) & matter->can;
	count(reader->set, ruling->rule, false);
	reader->kind = P2P_ID_NONE;
	if (p2p_id_size(matter->kind) > sizeof(reader->id))
		return;
	reader->kind = matter->kind;
	memmove(reader->id, matter->id, p2p_id_size(matter->kind));
}

/* More is known: does it decide? */
static void judge(struct kp2p_reader *reader, const struct matter *matter)
{
	const struct kp2p_ruleset *set = reader->set;
	struct p2p_content_ruling ruling;

	if (!set->content || reader->verdict != P2P_VERDICT_PASS)
		return;
	p2p_content_judge(set->content, matter->facts, &ruling);
	if (ruling.would != P2P_VERDICT_PASS && !*matter->told)
		would(reader, matter, ruling.would_rule);
	if (ruling.verdict != P2P_VERDICT_PASS)
		decide(reader, matter, &ruling);
}

static void judge_object(struct kp2p_reader *reader)
{
	const struct matter matter = object_of(reader);

	judge(reader, &matter);
}

/* What is told of a content before its bytes, if at all */
#define BEFORE_DATA (P2P_FACT_NAME | P2P_FACT_ID | P2P_FACT_SIZE)

static void object_begin(struct kp2p_reader *reader, u8 app)
{
	/* BitTorrent's peers know each other's content by its id alone */
	u8 told = app == P2P_APP_BITTORRENT ? P2P_FACT_ID : BEFORE_DATA;

	p2p_facts_begin(&reader->object, app, told | P2P_FACT_TYPE);
	reader->kind = P2P_ID_NONE;
	reader->heads = 0;
	reader->told = false;
}

/* Another content is in hand. */
static bool is_other(const struct kp2p_reader *reader, const struct p2p_event *event)
{
	u32 size = p2p_id_size(event->object.kind);

	return !event->object.id || reader->kind != event->object.kind ||
	       memcmp(reader->id, event->object.id, size);
}

static void take_id(struct kp2p_reader *reader, const u8 *id, u8 kind)
{
	struct p2p_bytes bytes = { id, p2p_id_size(kind) };

	if (!id || bytes.len > sizeof(reader->id))
		return;
	reader->kind = kind;
	memcpy(reader->id, id, bytes.len);
	if (!reader->set->content)
		return;
	p2p_facts_id(reader->set->content, &reader->object, kind, bytes);
	p2p_facts_close(&reader->object, P2P_FACT_ID);
}

/* A content was asked for, or offered in answer; of what is only told nobody takes it. */
static void on_object(struct kp2p_reader *reader, const struct p2p_event *event)
{
	const struct p2p_content *content = reader->set->content;

	if (event->object.content == P2P_CONTENT_TOLD)
		return;
	if (is_other(reader, event)) {
		object_begin(reader, event->app);
		take_id(reader, event->object.id, event->object.kind);
	}
	if (!content)
		return;
	if (event->object.bytes.len)
		p2p_facts_name(content, &reader->object, event->object.bytes);
	if (event->object.size != P2P_SIZE_UNKNOWN)
		p2p_facts_size(content, &reader->object, event->object.size);
	judge_object(reader);
}

/* A content's first bytes tell its type. */
static void on_data(struct kp2p_reader *reader, const struct p2p_event *event)
{
	struct p2p_bytes bytes = event->object.bytes, head = { reader->head, 0 };
	u64 at = event->object.offset;
	enum p2p_filetype type;
	u32 n;

	if (!reader->set->content || (event->flags & (P2P_EVENT_PACKED | P2P_EVENT_METADATA)) ||
	    at >= P2P_FILETYPE_HEAD ||
	    (event->app == P2P_APP_BITTORRENT && event->object.index))
		return;
	/* what was not told by now is not told any more: rules that ask for it are out */
	if (~reader->object.closed & BEFORE_DATA) {
		p2p_facts_close(&reader->object, BEFORE_DATA);
		judge_object(reader);
	}
	type = p2p_filetype_of(bytes, at);
	if (type == P2P_FILETYPE_UNKNOWN && at == reader->heads && at < KP2P_HEAD) {
		n = min_t(u32, bytes.len, KP2P_HEAD - reader->heads);
		memcpy(reader->head + reader->heads, bytes.data, n);
		reader->heads += n;
		head.len = reader->heads;
		type = p2p_filetype_of(head, 0);
	}
	if (type == P2P_FILETYPE_UNKNOWN && at + bytes.len < P2P_FILETYPE_HEAD)
		return;
	p2p_facts_type(reader->set->content, &reader->object, type);
	judge_object(reader);
}

/* What is searched for or said, in parts */
static void on_text(struct kp2p_reader *reader, const struct p2p_event *event, enum p2p_fact fact)
{
	const struct p2p_content *content = reader->set->content;
	struct p2p_bytes id = { event->text.id, p2p_id_size(event->text.kind) };
	bool whole = event->text.offset + event->text.bytes.len >= event->text.size;
	const struct matter matter = {
		.facts = &reader->talk,
		.told = &reader->told_talk,
		.id = id.data,
		.kind = id.data ? event->text.kind : P2P_ID_NONE,
		.can = fact | P2P_FACT_ID,
	};

	if (!content)
		return;
	if (!event->text.offset) {
		p2p_facts_begin(&reader->talk, event->app, fact | (id.data ? P2P_FACT_ID : 0));
		reader->told_talk = false;
	}
	if (id.data)
		p2p_facts_id(content, &reader->talk, event->text.kind, id);
	if (event->text.bytes.len)
		p2p_facts_text(content, &reader->talk, fact, event->text.bytes);
	if (fact == P2P_FACT_SEARCH || whole)
		p2p_facts_close(&reader->talk, fact | P2P_FACT_ID);
	judge(reader, &matter);
}

static void on_event(void *ctx, const struct p2p_event *event)
{
	struct kp2p_reader *reader = ctx;

	switch ((enum p2p_event_type)event->type) {
	case P2P_EVENT_OBJECT:
		kp2p_count(reader->flow->gw, KP2P_N_OBJECTS);
		on_object(reader, event);
		break;
	case P2P_EVENT_DATA:
		kp2p_count_n(reader->flow->gw, KP2P_N_OBJECT_BYTES, event->object.bytes.len);
		on_data(reader, event);
		break;
	case P2P_EVENT_SEARCH:
		kp2p_count(reader->flow->gw, KP2P_N_SEARCHES);
		on_text(reader, event, P2P_FACT_SEARCH);
		break;
	case P2P_EVENT_CHAT:
		if (!event->text.offset)
			kp2p_count(reader->flow->gw, KP2P_N_CHATS);
		on_text(reader, event, P2P_FACT_CHAT);
		break;
	case P2P_EVENT_ENCRYPTED:
		kp2p_count(reader->flow->gw, KP2P_N_STREAMS_UNREADABLE);
		break;
	case P2P_EVENT_DESYNC:
		kp2p_count(reader->flow->gw, KP2P_N_STREAMS_DESYNCED);
		break;
	case P2P_EVENT_PEER:
	case P2P_EVENT_REQUEST:
	case P2P_EVENT_HAVE:
	case P2P_EVENT_BITFIELD:
	case P2P_EVENT_UNREAD:
		break;
	}
}

struct kp2p_found kp2p_reader_found(const struct kp2p_reader *reader)
{
	return (struct kp2p_found){
		.set = reader->set,
		.id = reader->id,
		.rule = reader->rule,
		.facts = reader->facts,
		.kind = reader->kind,
	};
}

/* -- bytes -------------------------------------------------------------------------- */

enum p2p_inspected kp2p_reader_feed(struct kp2p_reader *reader, unsigned int dir,
				    struct sk_buff *skb, u32 off, u32 len)
{
	struct p2p_sink sink = { on_event, reader };
	struct skb_seq_state state;
	struct p2p_bytes bytes;
	u32 done = 0;

	/* it tells of whole fragments, also where they go on behind the end */
	skb_prepare_seq_read(skb, off, off + len, &state);
	while (done < len && (bytes.len = skb_seq_read(done, &bytes.data, &state))) {
		bytes.len = min(bytes.len, len - done);
		p2p_dissect_feed(&reader->dissector, dir, bytes, &sink);
		done += bytes.len;
	}
	skb_abort_seq_read(&state);
	return reader->verdict == P2P_VERDICT_PASS ? P2P_CLEARED : P2P_BLOCKED;
}

void kp2p_reader_skip(struct kp2p_reader *reader, unsigned int dir, u64 len)
{
	struct p2p_sink sink = { on_event, reader };

	p2p_dissect_gap(&reader->dissector, dir, len, &sink);
}

/* -- life --------------------------------------------------------------------------- */

struct kp2p_reader *kp2p_reader_new(struct kp2p_flow *flow, struct kp2p_ruleset *set)
{
	/* what uTP carries is what peers say over TCP */
	u8 proto = flow->key.l4 == P2P_UDP ? P2P_PROTO_bt_peer : flow->proto;
	struct kp2p_reader *reader = kmem_cache_zalloc(reader_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!reader)
		return NULL;
	if (!p2p_dissect_init(&reader->dissector, proto)) {
		kmem_cache_free(reader_cache, reader);
		return NULL;
	}
	reader->flow = flow;
	reader->set = kp2p_ruleset_get(set);
	reader->verdict = P2P_VERDICT_PASS;
	object_begin(reader, p2p_proto_app(flow->proto));
	return reader;
}

void kp2p_reader_free(struct kp2p_reader *reader)
{
	if (!reader)
		return;
	kp2p_ruleset_put(reader->set);
	kmem_cache_free(reader_cache, reader);
}

void kp2p_reader_renew(struct kp2p_reader *reader, struct kp2p_ruleset *set)
{
	u8 id[P2P_TOLD_ID], kind = reader->kind;

	if (reader->set == set)
		return;
	kp2p_ruleset_put(reader->set);
	reader->set = kp2p_ruleset_get(set);
	memcpy(id, reader->id, sizeof(id));
	object_begin(reader, reader->object.app);
	memset(&reader->talk, 0, sizeof(reader->talk));
	if (kind == P2P_ID_NONE)
		return;
	take_id(reader, id, kind);
	judge_object(reader);
}

int kp2p_reader_init(void)
{
	reader_cache = KMEM_CACHE(kp2p_reader, 0);
	return reader_cache ? 0 : -ENOMEM;
}

void kp2p_reader_exit(void)
{
	kmem_cache_destroy(reader_cache);
}
