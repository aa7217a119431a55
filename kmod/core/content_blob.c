// SPDX-License-Identifier: GPL-2.0-only
#include "content_blob.h"

_Static_assert(sizeof(struct p2p_content_head) == 56, "in memory as user space writes it");
_Static_assert(sizeof(struct p2p_content_rule) == 56, "in memory as user space writes it");
_Static_assert(sizeof(struct p2p_glob) == 68, "in memory as user space writes it");
_Static_assert(sizeof(struct p2p_sizes) == 24, "in memory as user space writes it");
_Static_assert(sizeof(struct p2p_typeset) == 16, "in memory as user space writes it");

enum { ALIGNED = 8 };

static u32 mention_ofs(const struct p2p_content_head *head)
{
	return head->words ? head->keywords + 2 : 0;
}

/* What p2p_content_prepare() allows; the automaton has its own limits */
static bool counts_are_right(const struct p2p_content_head *head)
{
	return head->rules && head->rules <= P2P_CONTENT_RULES_MAX &&
	       head->globs <= P2P_GLOBS_MAX && head->extensions <= P2P_EXTENSIONS_MAX &&
	       head->ids <= P2P_CONTENT_IDS_MAX && head->sizes <= P2P_SIZES_MAX &&
	       head->types <= P2P_TYPESETS_MAX && head->terms <= P2P_TERMS_MAX &&
	       head->mentions <= P2P_MENTIONS_MAX && head->keywords <= P2P_PATTERNS_MAX &&
	       head->words <= P2P_AUTOMATON_MAX;
}

/* A list's bytes; counts are right, so that nothing here overflows */
static u32 room(u32 n, size_t size)
{
	return (u32)(n * size + ALIGNED - 1) / ALIGNED * ALIGNED;
}

static u32 size_of(const struct p2p_content_head *head)
{
	return (u32)sizeof(*head) + room(head->rules, sizeof(struct p2p_content_rule)) +
	       room(head->globs, sizeof(struct p2p_glob)) +
	       room(head->extensions, sizeof(struct p2p_extension)) +
	       room(head->ids, sizeof(struct p2p_content_id)) +
	       room(head->sizes, sizeof(struct p2p_sizes)) +
	       room(head->types, sizeof(struct p2p_typeset)) + room(head->terms, sizeof(u8)) +
	       room(head->mentions, sizeof(u16)) + room(mention_ofs(head), sizeof(u32)) +
	       room(head->words, 1);
}

static enum p2p_content_error check_head(const void *blob, u32 len)
{
	const struct p2p_content_head *head = blob;

	if (len < sizeof(*head) || head->magic != P2P_CONTENT_MAGIC ||
	    head->version != P2P_CONTENT_VERSION || head->unused)
		return P2P_CONTENT_HEAD;
	if (!counts_are_right(head))
		return P2P_CONTENT_TOO_MANY;
	if (len > P2P_CONTENT_BLOB_MAX || head->size != len || size_of(head) != len)
		return P2P_CONTENT_SIZE;
	return P2P_CONTENT_OK;
}

/* The list that begins at *@next, which goes to the one behind it */
static const void *list(const u8 **next, u32 n, size_t size)
{
	const u8 *begin = *next;

	*next += room(n, size);
	return begin;
}

/* The head is right: there are as many bytes. Return: the automaton's */
static const void *lay_out(struct p2p_content *content, const struct p2p_content_head *head)
{
	const u8 *next = (const u8 *)(head + 1);

	*content = (struct p2p_content){
		.rules = head->rules,
		.globs = head->globs,
		.extensions = head->extensions,
		.ids = head->ids,
		.sizes = head->sizes,
		.types = head->types,
		.mentions = head->mentions,
		.terms = head->terms,
	};
	content->rule = list(&next, head->rules, sizeof(*content->rule));
	content->glob = list(&next, head->globs, sizeof(*content->glob));
	content->extension = list(&next, head->extensions, sizeof(*content->extension));
	content->id = list(&next, head->ids, sizeof(*content->id));
	content->size = list(&next, head->sizes, sizeof(*content->size));
	content->type = list(&next, head->types, sizeof(*content->type));
	memcpy(content->term, list(&next, head->terms, sizeof(u8)), head->terms);
	content->mention = list(&next, head->mentions, sizeof(*content->mention));
	content->mention_of = list(&next, mention_ofs(head), sizeof(*content->mention_of));
	return next;
}

enum p2p_content_error p2p_content_open(struct p2p_content *content, const void *blob, u32 len,
					u32 *at)
{
	const struct p2p_content_head *head = blob;
	enum p2p_content_error error = check_head(blob, len);
	const void *words;

	*at = 0;
	if (error)
		return error;
	words = lay_out(content, head);
	if (head->words) {
		*at = p2p_automaton_open(&content->words, words, head->words);
		if (*at || content->words.patterns != head->keywords)
			return P2P_CONTENT_AUTOMATON;
	}
	return p2p_content_prepare(content, at);
}
