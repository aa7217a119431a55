// SPDX-License-Identifier: GPL-2.0-only
#include "content.h"

_Static_assert(P2P_CONTENT_RULES_MAX < (int)P2P_NO_RULE, "rule numbers have 16 bits");
_Static_assert(P2P_FILETYPE_COUNT < 64, "struct p2p_typeset.types has 64 bits");
_Static_assert(P2P_FACT_CHAT == 1 << (P2P_FACT_BITS - 1), "all facts are counted");
_Static_assert(sizeof(struct p2p_extension) == 16, "text and term, nothing between");
_Static_assert(sizeof(struct p2p_content_id) == 28, "kind, bytes and term, nothing between");
_Static_assert(sizeof(struct p2p_facts) == 40, "kept for each object");

enum {
	EXTENSION_KEY = P2P_EXTENSION_MAX,
	ID_KEY = 1 + P2P_ID_MAX + 1, /* its kind and all of its bytes */
};

const char *p2p_content_error_text(enum p2p_content_error error)
{
	switch (error) {
	case P2P_CONTENT_OK:
		return "nothing is wrong";
	case P2P_CONTENT_TOO_MANY:
		return "more of something than a policy may have";
	case P2P_CONTENT_TERM:
		return "a term is of no fact that there is";
	case P2P_CONTENT_RULE:
		return "a content rule's field is out of its range";
	case P2P_CONTENT_EMPTY:
		return "a content rule has no condition";
	case P2P_CONTENT_GLOB:
		return "a shape of names is none";
	case P2P_CONTENT_EXTENSION:
		return "an extension is none, or not in its order";
	case P2P_CONTENT_ID:
		return "an id is none, or not in its order";
	case P2P_CONTENT_SIZES:
		return "a range of sizes is none";
	case P2P_CONTENT_TYPES:
		return "a set of types is none";
	case P2P_CONTENT_WORD:
		return "what a keyword belongs to is not there";
	case P2P_CONTENT_HEAD:
		return "they are no content rules, or those of another version";
	case P2P_CONTENT_SIZE:
		return "content rules have not as many bytes as their counts need";
	case P2P_CONTENT_AUTOMATON:
		return "the automaton of the content rules' keywords is none";
	}
	return "unknown";
}

u32 p2p_id_size(unsigned int kind)
{
	static const u8 sizes[P2P_ID_KINDS] = {
		[P2P_ID_INFOHASH] = 20, [P2P_ID_ED2K] = 16, [P2P_ID_SHA1] = 20, [P2P_ID_TTH] = 24,
	};

	return kind < P2P_ID_KINDS ? sizes[kind] : 0;
}

static u8 fold(u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? (u8)(byte + ('a' - 'A')) : byte;
}

/* -- sorted lists ------------------------------------------------------------ */

/**
 * struct list - entries that begin with their key, in its order
 * @entry: the first
 * @n: how many there are
 * @size: bytes of one
 * @key: bytes of its key; the term follows
 */
struct list {
	const u8 *entry;
	u32 n;
	u32 size;
	u32 key;
};

static struct list extensions_of(const struct p2p_content *content)
{
	return (struct list){ (const u8 *)content->extension, content->extensions,
			      sizeof(struct p2p_extension), EXTENSION_KEY };
}

static struct list ids_of(const struct p2p_content *content)
{
	return (struct list){ (const u8 *)content->id, content->ids,
			      sizeof(struct p2p_content_id), ID_KEY };
}

static const u8 *entry_of(const struct list *list, u32 i)
{
	return list->entry + (size_t)i * list->size;
}

static u16 term_of(const struct list *list, u32 i)
{
	u16 term;

	memcpy(&term, entry_of(list, i) + list->key, sizeof(term));
	return term;
}

/* The first that is not below @key */
static u32 find_first(const struct list *list, const u8 *key)
{
	u32 low = 0, high = list->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (memcmp(entry_of(list, middle), key, list->key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool in_order(const struct list *list, u32 i)
{
	int order = i ? memcmp(entry_of(list, i - 1), entry_of(list, i), list->key) : -1;

	return order < 0 || (!order && term_of(list, i - 1) < term_of(list, i));
}

/* -- checking ---------------------------------------------------------------- */

/* May an entry that @facts can meet be of that term? */
static bool is_term(const struct p2p_content *content, u32 term, u8 facts)
{
	return term < content->terms && (content->term[term] & facts);
}

static bool is_zero(const u8 *bytes, u32 n)
{
	while (n)
		if (bytes[--n])
			return false;
	return true;
}

static bool is_lower(const u8 *bytes, u32 n)
{
	while (n--)
		if (fold(bytes[n]) != bytes[n])
			return false;
	return true;
}

static enum p2p_content_error check_terms(struct p2p_content *content, u32 *at)
{
	u32 i, fact;

	memset(content->of_fact, 0, sizeof(content->of_fact));
	for (i = 0; i < content->terms; i++) {
		*at = i;
		if (!content->term[i] || content->term[i] >> P2P_FACT_BITS)
			return P2P_CONTENT_TERM;
		for (fact = 0; fact < P2P_FACT_BITS; fact++)
			if (content->term[i] >> fact & 1)
				content->of_fact[fact][i / 64] |= 1ull << i % 64;
	}
	return P2P_CONTENT_OK;
}

static enum p2p_content_error check_rule(const struct p2p_content *content,
					 const struct p2p_content_rule *rule)
{
	u32 word, fact;
	u64 known, any = 0;

	if (rule->verdict > P2P_VERDICT_RESET)
		return P2P_CONTENT_RULE;
	for (word = 0; word < P2P_TERM_WORDS; word++) {
		for (known = 0, fact = 0; fact < P2P_FACT_BITS; fact++)
			known |= content->of_fact[fact][word];
		if (rule->need[word] & ~known)
			return P2P_CONTENT_RULE;
		any |= rule->need[word];
	}
	return any ? P2P_CONTENT_OK : P2P_CONTENT_EMPTY;
}

static enum p2p_content_error check_rules(const struct p2p_content *content, u32 *at)
{
	enum p2p_content_error error;
	u32 i;

	for (i = 0; i < content->rules; i++) {
		*at = i;
		error = check_rule(content, &content->rule[i]);
		if (error)
			return error;
	}
	return P2P_CONTENT_OK;
}

static bool is_glob(const struct p2p_content *content, const struct p2p_glob *glob)
{
	return glob->len && glob->len <= P2P_GLOB_MAX && is_lower(glob->text, glob->len) &&
	       is_zero(glob->text + glob->len, P2P_GLOB_MAX - glob->len) &&
	       is_term(content, glob->term, P2P_FACT_NAME);
}

static bool is_extension(const struct p2p_content *content, u32 i)
{
	const struct p2p_extension *extension = &content->extension[i];
	struct list list = extensions_of(content);
	u32 len = 0;

	while (len < P2P_EXTENSION_MAX && extension->text[len])
		len++;
	return len && is_lower(extension->text, len) &&
	       is_zero(extension->text + len, P2P_EXTENSION_MAX - len) &&
	       is_term(content, extension->term, P2P_FACT_NAME) && in_order(&list, i);
}

static bool is_id(const struct p2p_content *content, u32 i)
{
	const struct p2p_content_id *id = &content->id[i];
	struct list list = ids_of(content);
	u32 len = p2p_id_size(id->kind);

	return len && is_zero(id->bytes + len, sizeof(id->bytes) - len) &&
	       is_term(content, id->term, P2P_FACT_ID) && in_order(&list, i);
}

static enum p2p_content_error check_names(const struct p2p_content *content, u32 *at)
{
	for (*at = 0; *at < content->globs; ++*at)
		if (!is_glob(content, &content->glob[*at]))
			return P2P_CONTENT_GLOB;
	for (*at = 0; *at < content->extensions; ++*at)
		if (!is_extension(content, *at))
			return P2P_CONTENT_EXTENSION;
	return P2P_CONTENT_OK;
}

static enum p2p_content_error check_objects(const struct p2p_content *content, u32 *at)
{
	for (*at = 0; *at < content->ids; ++*at)
		if (!is_id(content, *at))
			return P2P_CONTENT_ID;
	for (*at = 0; *at < content->sizes; ++*at)
		if (content->size[*at].least > content->size[*at].most ||
		    !is_term(content, content->size[*at].term, P2P_FACT_SIZE))
			return P2P_CONTENT_SIZES;
	for (*at = 0; *at < content->types; ++*at)
		if (!content->type[*at].types ||
		    content->type[*at].types >> P2P_FILETYPE_COUNT ||
		    !is_term(content, content->type[*at].term, P2P_FACT_TYPE))
			return P2P_CONTENT_TYPES;
	return P2P_CONTENT_OK;
}

static enum p2p_content_error check_words(const struct p2p_content *content, u32 *at)
{
	const u32 *begin = content->mention_of;
	u32 i;

	*at = 0;
	if (!content->words.nodes)
		return content->mentions ? P2P_CONTENT_WORD : P2P_CONTENT_OK;
	if (begin[0] || begin[content->words.patterns + 1] != content->mentions)
		return P2P_CONTENT_WORD;
	for (*at = 0; *at <= content->words.patterns; ++*at) {
		if (begin[*at] > begin[*at + 1] || begin[*at + 1] > content->mentions)
			return P2P_CONTENT_WORD;
		for (i = begin[*at]; i < begin[*at + 1]; i++)
			if (!is_term(content, content->mention[i], P2P_FACTS_TEXT))
				return P2P_CONTENT_WORD;
	}
	return P2P_CONTENT_OK;
}

enum p2p_content_error p2p_content_prepare(struct p2p_content *content, u32 *at)
{
	enum p2p_content_error error;

	*at = 0;
	if (content->rules > P2P_CONTENT_RULES_MAX || content->terms > P2P_TERMS_MAX ||
	    content->globs > P2P_GLOBS_MAX || content->extensions > P2P_EXTENSIONS_MAX ||
	    content->ids > P2P_CONTENT_IDS_MAX || content->sizes > P2P_SIZES_MAX ||
	    content->types > P2P_TYPESETS_MAX || content->mentions > P2P_MENTIONS_MAX)
		return P2P_CONTENT_TOO_MANY;
	error = check_terms(content, at);
	if (!error)
		error = check_rules(content, at);
	if (!error)
		error = check_names(content, at);
	if (!error)
		error = check_objects(content, at);
	if (!error)
		error = check_words(content, at);
	return error;
}

/* -- facts --------------------------------------------------------------------- */

void p2p_facts_begin(struct p2p_facts *facts, u8 app, u8 to_come)
{
	*facts = (struct p2p_facts){ .app = app, .closed = (u8)~to_come };
}

void p2p_facts_close(struct p2p_facts *facts, u8 which)
{
	facts->closed |= which;
}

static void meet(struct p2p_facts *facts, u32 term)
{
	facts->met[term / 64] |= 1ull << term % 64;
}

/* The terms of all entries that have that key */
static void meet_key(const struct list *list, struct p2p_facts *facts, const u8 *key)
{
	u32 i = find_first(list, key);

	for (; i < list->n && !memcmp(entry_of(list, i), key, list->key); i++)
		meet(facts, term_of(list, i));
}

/*
 * A mismatch behind a '*' goes back to it alone, never to one before: what an
 * earlier one could take, it can take. So a byte of the name is compared at most
 * as often as the glob has bytes.
 */
static bool glob_holds(const struct p2p_glob *glob, struct p2p_bytes name)
{
	u32 at = 0, in = 0, star = P2P_NPOS, from = 0;

	while (at < name.len) {
		if (in < glob->len && glob->text[in] == '*') {
			star = ++in;
			from = at;
		} else if (in < glob->len &&
			   (glob->text[in] == '?' || glob->text[in] == fold(p2p_u8(name, at)))) {
			in++;
			at++;
		} else if (star != P2P_NPOS) {
			in = star;
			at = ++from;
		} else {
			return false;
		}
	}
	while (in < glob->len && glob->text[in] == '*')
		in++;
	return in == glob->len;
}

static void meet_extension(const struct p2p_content *content, struct p2p_facts *facts,
			   struct p2p_bytes name)
{
	struct list list = extensions_of(content);
	u8 key[EXTENSION_KEY] = { 0 };
	u32 i, dot = name.len;

	while (dot && p2p_u8(name, dot - 1) != '.')
		dot--;
	if (!dot || name.len - dot > EXTENSION_KEY)
		return;
	for (i = dot; i < name.len; i++)
		key[i - dot] = fold(p2p_u8(name, i));
	meet_key(&list, facts, key);
}

static void meet_words(const struct p2p_content *content, struct p2p_facts *facts, u32 *state,
		       enum p2p_fact fact, struct p2p_bytes text)
{
	u32 at = 0, word, i;

	if (!content->words.nodes)
		return;
	while ((word = p2p_automaton_run(&content->words, state, text, &at)))
		for (; word; word = p2p_automaton_shorter(&content->words, word))
			for (i = content->mention_of[word]; i < content->mention_of[word + 1]; i++)
				if (content->term[content->mention[i]] & fact)
					meet(facts, content->mention[i]);
}

void p2p_facts_name(const struct p2p_content *content, struct p2p_facts *facts,
		    struct p2p_bytes name)
{
	u32 i, state = 0;

	if (name.len > P2P_NAME_MAX)
		name = p2p_slice(name, name.len - P2P_NAME_MAX, P2P_NAME_MAX);
	for (i = 0; i < content->globs; i++)
		if (glob_holds(&content->glob[i], name))
			meet(facts, content->glob[i].term);
	meet_extension(content, facts, name);
	meet_words(content, facts, &state, P2P_FACT_NAME, name);
	p2p_facts_close(facts, P2P_FACT_NAME);
}

void p2p_facts_size(const struct p2p_content *content, struct p2p_facts *facts, u64 size)
{
	u32 i;

	for (i = 0; i < content->sizes; i++)
		if (content->size[i].least <= size && size <= content->size[i].most)
			meet(facts, content->size[i].term);
	p2p_facts_close(facts, P2P_FACT_SIZE);
}

void p2p_facts_type(const struct p2p_content *content, struct p2p_facts *facts,
		    enum p2p_filetype type)
{
	u32 i;

	for (i = 0; i < content->types; i++)
		if (content->type[i].types >> type & 1)
			meet(facts, content->type[i].term);
	p2p_facts_close(facts, P2P_FACT_TYPE);
}

void p2p_facts_id(const struct p2p_content *content, struct p2p_facts *facts,
		  unsigned int kind, struct p2p_bytes id)
{
	struct list list = ids_of(content);
	u8 key[ID_KEY] = { (u8)kind };

	if (!id.len || id.len != p2p_id_size(kind))
		return;
	p2p_copy(id, 0, key + 1, id.len);
	meet_key(&list, facts, key);
}

void p2p_facts_text(const struct p2p_content *content, struct p2p_facts *facts,
		    enum p2p_fact fact, struct p2p_bytes text)
{
	meet_words(content, facts, &facts->word, fact, text);
}

u8 p2p_content_facts(const struct p2p_content *content, u32 rule)
{
	u8 facts = 0;
	u32 term;

	for (term = 0; term < content->terms; term++)
		if (content->rule[rule].need[term / 64] >> term % 64 & 1)
			facts |= content->term[term];
	return facts;
}

/* -- judging ------------------------------------------------------------------- */

enum holds { HOLDS_NOT, HOLDS_MAYBE, HOLDS };

/* @to_come: terms that a fact could still meet */
static enum holds holds(const struct p2p_content_rule *rule, const struct p2p_facts *facts,
			const u64 *to_come)
{
	unsigned int app = facts->app;
	enum holds how = HOLDS;
	u32 word;

	if ((rule->apps[0] | rule->apps[1]) && !(rule->apps[app / 64 & 1] >> app % 64 & 1))
		return HOLDS_NOT;
	for (word = 0; word < P2P_TERM_WORDS; word++) {
		u64 missing = rule->need[word] & ~facts->met[word];

		if (missing & ~to_come[word])
			return HOLDS_NOT;
		if (missing)
			how = HOLDS_MAYBE;
	}
	return how;
}

static void terms_to_come(const struct p2p_content *content, u8 closed, u64 *to_come)
{
	u32 fact, word;

	memset(to_come, 0, P2P_TERM_WORDS * sizeof(*to_come));
	for (fact = 0; fact < P2P_FACT_BITS; fact++)
		if (!(closed >> fact & 1))
			for (word = 0; word < P2P_TERM_WORDS; word++)
				to_come[word] |= content->of_fact[fact][word];
}

void p2p_content_judge(const struct p2p_content *content, const struct p2p_facts *facts,
		       struct p2p_content_ruling *ruling)
{
	u64 to_come[P2P_TERM_WORDS];
	bool observed = false;
	u32 i;

	*ruling = (struct p2p_content_ruling){ .rule = P2P_NO_RULE, .would_rule = P2P_NO_RULE };
	terms_to_come(content, facts->closed, to_come);
	for (i = 0; i < content->rules; i++) {
		const struct p2p_content_rule *rule = &content->rule[i];
		enum holds how = holds(rule, facts, to_come);

		if (how == HOLDS_NOT || (rule->observes && observed))
			continue;
		if (!rule->observes) {
			ruling->open = how == HOLDS_MAYBE;
			if (how == HOLDS) {
				ruling->verdict = rule->verdict;
				ruling->rule = (u16)i;
			}
			return;
		}
		observed = true;
		if (how == HOLDS) {
			ruling->would = rule->verdict;
			ruling->would_rule = (u16)i;
		}
	}
}
