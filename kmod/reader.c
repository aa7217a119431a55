// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "reader.h"

static struct kmem_cache *reader_cache;

static_assert(sizeof(struct kp2p_reader) <= 928);

/* -- what is told ------------------------------------------------------------------- */

static void on_event(void *ctx, const struct p2p_event *event)
{
	const struct kp2p_reader *reader = ctx;
	struct kp2p_gw *gw = reader->flow->gw;

	switch ((enum p2p_event_type)event->type) {
	case P2P_EVENT_OBJECT:
		kp2p_count(gw, KP2P_N_OBJECTS);
		break;
	case P2P_EVENT_DATA:
		kp2p_count_n(gw, KP2P_N_OBJECT_BYTES, event->object.bytes.len);
		break;
	case P2P_EVENT_SEARCH:
		kp2p_count(gw, KP2P_N_SEARCHES);
		break;
	case P2P_EVENT_CHAT:
		if (!event->text.offset)
			kp2p_count(gw, KP2P_N_CHATS);
		break;
	case P2P_EVENT_ENCRYPTED:
		kp2p_count(gw, KP2P_N_STREAMS_UNREADABLE);
		break;
	case P2P_EVENT_DESYNC:
		kp2p_count(gw, KP2P_N_STREAMS_DESYNCED);
		break;
	case P2P_EVENT_PEER:
	case P2P_EVENT_REQUEST:
	case P2P_EVENT_HAVE:
	case P2P_EVENT_BITFIELD:
	case P2P_EVENT_UNREAD:
		break;
	}
}

static struct kp2p_found found_of(const struct kp2p_reader *reader, const struct p2p_found *found)
{
	return (struct kp2p_found){
		.set = reader->set,
		.id = found->id,
		.rule = found->rule,
		.facts = found->facts,
		.kind = found->kind,
	};
}

/* A verdict is told by whoever ends the flow. */
static void on_ruled(void *ctx, const struct p2p_found *what, bool would)
{
	const struct kp2p_reader *reader = ctx;
	const struct kp2p_found found = found_of(reader, what);
	struct kp2p_content_hits *hits =
		&reader->set->content_hits[smp_processor_id()][what->rule];

	if (!would) {
		hits->objects++;
		return;
	}
	hits->would_objects++;
	kp2p_event_verdict(reader->flow->gw, reader->flow, 0, &found);
}

struct kp2p_found kp2p_reader_found(const struct kp2p_reader *reader)
{
	const struct p2p_found found = p2p_reading_found(&reader->reading);

	return found_of(reader, &found);
}

static struct p2p_reading_env env_of(struct kp2p_reader *reader)
{
	return (struct p2p_reading_env){
		.content = reader->set->content,
		.event = on_event,
		.ruled = on_ruled,
		.ctx = reader,
	};
}

/* -- bytes -------------------------------------------------------------------------- */

/* They do not lie in one piece. */
static noinline enum p2p_inspected show_parts(struct kp2p_reader *reader,
					      const struct p2p_reading_env *env, unsigned int dir,
					      struct sk_buff *skb, u32 off, u32 len, u32 *unseen)
{
	enum p2p_inspected said = P2P_CLEARED;
	struct skb_seq_state state;
	struct p2p_bytes bytes;
	u32 done = 0;

	/* it tells of whole fragments, also where they go on behind the end */
	skb_prepare_seq_read(skb, off, off + len, &state);
	while (done < len && (bytes.len = skb_seq_read(done, &bytes.data, &state))) {
		bytes.len = min(bytes.len, len - done);
		said = p2p_reading_feed(&reader->reading, env, dir, bytes, unseen);
		done += bytes.len;
		done += kp2p_reader_pass(reader, dir, len - done);
	}
	skb_abort_seq_read(&state);
	return said;
}

enum p2p_inspected kp2p_reader_show(struct kp2p_reader *reader, unsigned int dir,
				    struct sk_buff *skb, u32 off, u32 len)
{
	const struct p2p_reading_env env = env_of(reader);
	enum p2p_inspected said;
	u32 unseen = 0;

	if (off + len > skb_headlen(skb))
		said = show_parts(reader, &env, dir, skb, off, len, &unseen);
	else
		said = p2p_reading_feed(&reader->reading, &env, dir,
					(struct p2p_bytes){ skb->data + off, len }, &unseen);
	kp2p_count_n(reader->flow->gw, KP2P_N_OBJECT_BYTES, unseen);
	return said;
}

void kp2p_reader_skip(struct kp2p_reader *reader, unsigned int dir, u64 len)
{
	const struct p2p_reading_env env = env_of(reader);

	p2p_reading_skip(&reader->reading, &env, dir, len);
}

/* -- life --------------------------------------------------------------------------- */

struct kp2p_reader *kp2p_reader_new(struct kp2p_flow *flow, struct kp2p_ruleset *set)
{
	/* what uTP carries is what peers say over TCP */
	u8 proto = flow->key.l4 == P2P_UDP ? P2P_PROTO_bt_peer : flow->proto;
	struct kp2p_reader *reader = kmem_cache_alloc(reader_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!reader)
		return NULL;
	if (!p2p_reading_init(&reader->reading, proto)) {
		kmem_cache_free(reader_cache, reader);
		return NULL;
	}
	reader->flow = flow;
	reader->set = kp2p_ruleset_get(set);
	return reader;
}

void kp2p_reader_free(struct kp2p_reader *reader)
{
	if (!reader)
		return;
	kp2p_ruleset_put(reader->set);
	kmem_cache_free(reader_cache, reader);
}

void kp2p_reader_change(struct kp2p_reader *reader, struct kp2p_ruleset *set)
{
	struct p2p_reading_env env;

	/* a verdict is a rule's of the rules that gave it */
	if (reader->reading.verdict != P2P_VERDICT_PASS)
		return;
	kp2p_ruleset_put(reader->set);
	reader->set = kp2p_ruleset_get(set);
	env = env_of(reader);
	p2p_reading_renew(&reader->reading, &env);
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
