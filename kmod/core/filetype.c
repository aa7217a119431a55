// SPDX-License-Identifier: GPL-2.0-only
#include "filetype.h"

static const char *const names[P2P_FILETYPE_COUNT] = {
	[P2P_FILETYPE_UNKNOWN] = "unknown",
#define P2P_FILETYPE(id, name) [P2P_FILETYPE_##id] = name,
#define P2P_MAGIC(id, at, bytes, and_at, and_bytes)
#include "filetype.def"
#undef P2P_FILETYPE
#undef P2P_MAGIC
};

/** struct mark - bytes, and where they stand */
struct mark {
	u32 at;
	u32 len;
	const char *bytes;
};

static const struct {
	u8 type;
	struct mark mark[2];
} magics[] = {
#define P2P_FILETYPE(id, name)
#define P2P_MAGIC(id, at, bytes, and_at, and_bytes)                            \
	{ P2P_FILETYPE_##id,                                                   \
	  { { at, sizeof(bytes) - 1, bytes }, { and_at, sizeof(and_bytes) - 1, and_bytes } } },
#include "filetype.def"
#undef P2P_FILETYPE
#undef P2P_MAGIC
};

const char *p2p_filetype_name(unsigned int type)
{
	return names[type < P2P_FILETYPE_COUNT ? type : P2P_FILETYPE_UNKNOWN];
}

static bool holds_mark(struct p2p_bytes bytes, u64 offset, const struct mark *mark)
{
	return !mark->len || (mark->at >= offset &&
			      p2p_eq(bytes, (u32)(mark->at - offset), mark->bytes, mark->len));
}

enum p2p_filetype p2p_filetype_of(struct p2p_bytes bytes, u64 offset)
{
	u32 i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (holds_mark(bytes, offset, &magics[i].mark[0]) &&
		    holds_mark(bytes, offset, &magics[i].mark[1]))
			return (enum p2p_filetype)magics[i].type;
	return P2P_FILETYPE_UNKNOWN;
}
