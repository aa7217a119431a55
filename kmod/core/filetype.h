/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of file it is, by bytes that files of that kind have: filetype.def. */
#ifndef P2P_CORE_FILETYPE_H
#define P2P_CORE_FILETYPE_H

#include "bytes.h"

P2P_BEGIN_DECLS

/** enum p2p_filetype - 0 is a file whose bytes tell nothing */
enum p2p_filetype {
	P2P_FILETYPE_UNKNOWN,
#define P2P_FILETYPE(id, name) P2P_FILETYPE_##id,
#define P2P_MAGIC(id, at, bytes, and_at, and_bytes)
#include "filetype.def"
#undef P2P_FILETYPE
#undef P2P_MAGIC
	P2P_FILETYPE_COUNT
};

/* With so many of a file's first bytes, unknown is an answer. */
enum { P2P_FILETYPE_HEAD = 262 };

/** p2p_filetype_name() - lower-case name; "unknown" for 0 or out of range */
const char *p2p_filetype_name(unsigned int type);

/** p2p_filetype_of() - what the bytes tell that a file has from @offset on */
enum p2p_filetype p2p_filetype_of(struct p2p_bytes bytes, u64 offset);

P2P_END_DECLS

#endif
