/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Content rules: what a policy says of files and of what people write.
 *
 * A rule needs terms, all of them. A term is a list, and it is met by one of
 * its entries: a shape of names, an extension, a keyword, an id, a range of
 * sizes, a type. So "any of these" is a term, and "all of these" are several.
 *
 * Facts arrive one by one: an object's id may be known before its name, its
 * type with its first data. What is remembered of an object or a message is
 * which terms were met and which facts have been told for good, not the facts
 * themselves. A term that is not met is open while a fact is to come that could
 * meet it.
 *
 * The first rule that holds and does not observe decides; where an earlier one
 * is open, so is the verdict, and the object passes for now. The first rule
 * that observes and would have decided is told apart. A rule's number is that
 * of its counter.
 *
 * Nothing here allocates: whoever holds the memory gives it to
 * p2p_content_prepare(), which checks everything it is told.
 */
#ifndef P2P_CORE_CONTENT_H
#define P2P_CORE_CONTENT_H

#include "automaton.h"
#include "filetype.h"
#include "object.h"
#include "rules.h"

P2P_BEGIN_DECLS

enum {
	P2P_CONTENT_RULES_MAX = 1024,
	P2P_TERMS_MAX = 256,
	P2P_TERM_WORDS = P2P_TERMS_MAX / 64,
	P2P_GLOB_MAX = 64,	  /* bytes of a shape */
	P2P_GLOBS_MAX = 256,
	P2P_EXTENSION_MAX = 14,
	P2P_EXTENSIONS_MAX = 4096,
	P2P_CONTENT_IDS_MAX = 262144,
	P2P_MENTIONS_MAX = 131072,
	P2P_SIZES_MAX = 256,
	P2P_TYPESETS_MAX = 256,
};

/** enum p2p_fact - what may become known of an object or a message */
enum p2p_fact {
	P2P_FACT_NAME = 1 << 0,
	P2P_FACT_ID = 1 << 1,	  /* any of several */
	P2P_FACT_SIZE = 1 << 2,
	P2P_FACT_TYPE = 1 << 3,
	P2P_FACT_SEARCH = 1 << 4, /* what somebody looks for */
	P2P_FACT_CHAT = 1 << 5,	  /* what somebody says */
	P2P_FACT_BITS = 6,
	P2P_FACTS_TEXT = P2P_FACT_NAME | P2P_FACT_SEARCH | P2P_FACT_CHAT,
};

/**
 * struct p2p_content_rule - what must be met, and what then follows
 * @apps: a bit for each application, 0: any
 * @need: a bit for each term that must be met; at least one
 * @verdict: PASS, DROP or RESET
 * @observes: it decides nothing, it counts
 */
struct p2p_content_rule {
	u64 apps[2];
	u64 need[P2P_TERM_WORDS];
	u8 verdict;
	u8 observes;
};

/**
 * struct p2p_glob - a shape of whole names: '*' is any bytes, '?' any one
 * @text: ASCII letters in lower case, the others 0
 */
struct p2p_glob {
	u8 text[P2P_GLOB_MAX];
	u16 len;
	u16 term;
};

/** struct p2p_extension - what follows a name's last '.', likewise, 0 behind it */
struct p2p_extension {
	u8 text[P2P_EXTENSION_MAX];
	u16 term;
};

/** struct p2p_content_id - enum p2p_id, and the id, 0 behind it */
struct p2p_content_id {
	u8 kind;
	u8 bytes[P2P_ID_MAX + 1];
	u16 term;
};

/** struct p2p_sizes - bytes of an object, both ends included */
struct p2p_sizes {
	u64 least;
	u64 most;
	u16 term;
};

/** struct p2p_typeset - a bit for each enum p2p_filetype */
struct p2p_typeset {
	u64 types;
	u16 term;
};

/**
 * struct p2p_content - content rules, and the lists of their terms
 * @rule: @rules of them
 * @glob: @globs of them
 * @extension: @extensions of them, sorted by text and term, none twice
 * @id: @ids of them, sorted by kind, bytes and term, none twice
 * @size: @sizes of them
 * @type: @types of them
 * @words: the keywords; no node: there are none
 * @mention: @mentions terms, those of a keyword together
 * @mention_of: by keyword: where they begin; they end where those of the next
 *              one begin; @words.patterns + 2 of them
 * @term: by term: the enum p2p_fact that can meet it
 * @terms: how many there are
 * @of_fact: by bit of enum p2p_fact: the terms that it can meet
 *
 * p2p_content_prepare() sets @of_fact.
 */
struct p2p_content {
	const struct p2p_content_rule *rule;
	const struct p2p_glob *glob;
	const struct p2p_extension *extension;
	const struct p2p_content_id *id;
	const struct p2p_sizes *size;
	const struct p2p_typeset *type;
	const u16 *mention;
	const u32 *mention_of;
	u32 rules;
	u32 globs;
	u32 extensions;
	u32 ids;
	u32 sizes;
	u32 types;
	u32 mentions;
	u32 terms;
	struct p2p_automaton words;
	u8 term[P2P_TERMS_MAX];
	u64 of_fact[P2P_FACT_BITS][P2P_TERM_WORDS];
};

/** enum p2p_content_error - what is wrong with content rules; _OK is 0 */
enum p2p_content_error {
	P2P_CONTENT_OK,
	P2P_CONTENT_TOO_MANY,	/* of anything */
	P2P_CONTENT_TERM,	/* term *at: no fact, or one that there is not */
	P2P_CONTENT_RULE,	/* a field of rule *at is out of its range */
	P2P_CONTENT_EMPTY,	/* rule *at needs nothing */
	P2P_CONTENT_GLOB,	/* glob *at, likewise */
	P2P_CONTENT_EXTENSION,	/* extension *at: out of range, or out of order */
	P2P_CONTENT_ID,		/* id *at, likewise */
	P2P_CONTENT_SIZES,	/* range *at of sizes */
	P2P_CONTENT_TYPES,	/* set *at of types */
	P2P_CONTENT_WORD,	/* the mentions of keyword *at */
	/* of content_blob.h alone */
	P2P_CONTENT_HEAD,	/* no content rules, or those of another version */
	P2P_CONTENT_SIZE,	/* not as many bytes as the counts in its head need */
	P2P_CONTENT_AUTOMATON,	/* the keywords' automaton: enum p2p_automaton_error *at */
};

/** p2p_content_error_text() - one sentence */
const char *p2p_content_error_text(enum p2p_content_error error);

/** p2p_id_size() - bytes of an id, 0 for a kind that is none */
u32 p2p_id_size(unsigned int kind);

/**
 * p2p_content_prepare() - check everything, and set what is derived
 * @at: number of what is wrong
 *
 * @words has been opened by p2p_automaton_open().
 *
 * Return: P2P_CONTENT_OK, and the functions below are safe to use.
 */
enum p2p_content_error p2p_content_prepare(struct p2p_content *content, u32 *at);

/** p2p_content_facts() - enum p2p_fact: bits of those that @rule, from 0, asks for */
u8 p2p_content_facts(const struct p2p_content *content, u32 rule);

/**
 * struct p2p_facts - what is known of an object or a message
 * @met: a bit for each term
 * @word: where its text keeps the automaton
 * @closed: enum p2p_fact that will not tell more
 * @app: enum p2p_app
 */
struct p2p_facts {
	u64 met[P2P_TERM_WORDS];
	u32 word;
	u8 closed;
	u8 app;
};

/** p2p_facts_begin() - nothing is known but the application. @to_come: enum p2p_fact */
void p2p_facts_begin(struct p2p_facts *facts, u8 app, u8 to_come);

/** p2p_facts_close() - no more of these (enum p2p_fact) will be told */
void p2p_facts_close(struct p2p_facts *facts, u8 which);

/*
 * Each tells a fact. Name, size and type are told once, and closed by it; ids
 * and texts are closed by p2p_facts_close().
 */
void p2p_facts_name(const struct p2p_content *content, struct p2p_facts *facts,
		    struct p2p_bytes name);
void p2p_facts_size(const struct p2p_content *content, struct p2p_facts *facts, u64 size);
void p2p_facts_type(const struct p2p_content *content, struct p2p_facts *facts,
		    enum p2p_filetype type);

/** p2p_facts_id() - one of its ids; nothing for one that has not the size of its @kind */
void p2p_facts_id(const struct p2p_content *content, struct p2p_facts *facts,
		  unsigned int kind, struct p2p_bytes id);

/**
 * p2p_facts_text() - more of what is searched for or said, in order
 * @fact: P2P_FACT_SEARCH or P2P_FACT_CHAT, the same for all of a message
 */
void p2p_facts_text(const struct p2p_content *content, struct p2p_facts *facts,
		    enum p2p_fact fact, struct p2p_bytes text);

/**
 * struct p2p_content_ruling - what the rules say
 * @verdict: PASS, DROP or RESET
 * @open: a fact to come may change it: PASS for now
 * @would: PASS, or what the first observing rule would have decided, before @rule
 * @rule: the rule that decided, P2P_NO_RULE for none
 * @would_rule: that rule
 */
struct p2p_content_ruling {
	u8 verdict;
	bool open;
	u8 would;
	u16 rule;
	u16 would_rule;
};

/** p2p_content_judge() - what follows from what is known */
void p2p_content_judge(const struct p2p_content *content, const struct p2p_facts *facts,
		       struct p2p_content_ruling *ruling);

P2P_END_DECLS

#endif
