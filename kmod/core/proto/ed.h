/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the wire forms of eDonkey share: numbers are little endian, and a
 * message's length follows from its opcode, or from a count that it holds.
 *
 * Tags describe files and clients, in every form:
 *
 *	type 1 | name length 2 | name | value		the old way
 *	type 1 + 0x80 | name 1 | value			a name of one byte
 *
 *	0x01 hash 16		0x02 string: length 2 | bytes
 *	0x03 number 4		0x04 float 4	0x05 bool 1
 *	0x08 number 2		0x09 number 1	0x0b number 8
 *	0x0a blob: length 1 | bytes		0x11..0x20 string of 1..16 bytes
 */
#ifndef P2P_CORE_PROTO_ED_H
#define P2P_CORE_PROTO_ED_H

#include "../match.h"

enum {
	ED_HASH = 16,
	ED_EDONKEY = 0xe3, /* the first byte of a message */
	ED_EMULE = 0xc5,
	ED_PACKED = 0xd4,
	ED_KAD = 0xe4,
	ED_KAD_PACKED = 0xe5,

	ED_MAX_TAGS = 64,
	ED_MAX_TAG_NAME = 64,
	ED_AT_LEAST = 0xff, /* in place of what each of the counted takes */
};

/**
 * struct ed_form - the length that an opcode fixes
 * @protocol: first byte
 * @op: opcode
 * @size: bytes of the body, or of its part that ends with a count
 * @width: bytes of the count, 0 for none
 * @each: bytes of each that are counted, behind @size; ED_AT_LEAST: any number
 */
struct ed_form {
	u8 protocol;
	u8 op;
	u8 size;
	u8 width;
	u8 each;
};

#define ED_FIXED(protocol, op, size) { ED_##protocol, op, size, 0, 0 }
#define ED_COUNTED(protocol, op, size, width, each) { ED_##protocol, op, size, width, each }
#define ED_LEAST(protocol, op, size) { ED_##protocol, op, size, 0, ED_AT_LEAST }

/* Does a body of @size bytes at @at have this form? */
static inline bool ed_fits(const struct ed_form *form, struct p2p_bytes b, u32 at,
			   u32 size)
{
	u32 count = 0;

	if (form->each == ED_AT_LEAST)
		return size >= form->size;
	if (form->width == 1)
		count = p2p_u8(b, at + form->size - 1);
	if (form->width == 2)
		count = p2p_le16(b, at + form->size - 2);
	return size == form->size + form->each * count &&
	       p2p_has(b, at, form->size);
}

/* The form of a body of @size bytes at @at, NULL if it has none of @forms */
static inline const struct ed_form *ed_form(const struct ed_form *forms,
					    unsigned int count, u16 name,
					    struct p2p_bytes b, u32 at, u32 size)
{
	unsigned int n;

	for (n = 0; n < count; n++)
		if ((forms[n].protocol << 8 | forms[n].op) == name &&
		    ed_fits(&forms[n], b, at, size))
			return &forms[n];
	return NULL;
}

static inline u32 ed_value_size(struct p2p_bytes b, u32 at, u8 type)
{
	switch (type) {
	case 0x01:
		return ED_HASH;
	case 0x02:
		return 2u + p2p_le16(b, at);
	case 0x03:
	case 0x04:
		return 4;
	case 0x05:
	case 0x09:
		return 1;
	case 0x08:
		return 2;
	case 0x0a:
		return 1u + p2p_u8(b, at);
	case 0x0b:
		return 8;
	}
	return type > 0x10 && type <= 0x20 ? type - 0x10u : P2P_NPOS;
}

/* Behind the tag at @at; P2P_NPOS: there is none, or not all of it */
static inline u32 ed_tag(struct p2p_bytes b, u32 at)
{
	u8 type = p2p_u8(b, at);
	u32 name = p2p_le16(b, at + 1), size;

	if (type & 0x80) {
		at += 2;
	} else {
		if (!name || name > ED_MAX_TAG_NAME)
			return P2P_NPOS;
		at += 3 + name;
	}
	size = ed_value_size(b, at, type & 0x7f);
	return p2p_has(b, at, size) ? at + size : P2P_NPOS;
}

/* Behind @count tags at @at; P2P_NPOS: they are not that many */
static inline u32 ed_tags(struct p2p_bytes b, u32 at, u32 count)
{
	u32 n;

	if (count > ED_MAX_TAGS)
		return P2P_NPOS;
	for (n = 0; n < count && at != P2P_NPOS; n++)
		at = ed_tag(b, at);
	return at;
}

/* A number of tags, and the first of them, which may be all that is in sight */
static inline bool ed_tags_begin(struct p2p_bytes b, u32 at)
{
	u32 count = p2p_le32(b, at);

	return count && count <= ED_MAX_TAGS && ed_tag(b, at + 4) != P2P_NPOS;
}

/*
 * A zlib stream (RFC 1950, 1951) of the window of 32 KiB that all use; its
 * first block is compressed.
 */
static inline bool ed_zlib(struct p2p_bytes b, u32 at)
{
	u8 kind = p2p_u8(b, at + 2) >> 1 & 3;

	return p2p_u8(b, at) == 0x78 && !(p2p_u8(b, at + 1) & 0x20) &&
	       p2p_be16(b, at) % 31 == 0 && (kind == 1 || kind == 2);
}

#endif
