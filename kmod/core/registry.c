// SPDX-License-Identifier: GPL-2.0-only
#include "registry.h"

#define P2P_L4_TCP 6
#define P2P_L4_UDP 17

static const struct {
	const char *name;
	enum p2p_category category;
} apps[] = {
	{ "unknown", P2P_CATEGORY_NONE },
#define P2P_APP(id, name, category) { name, P2P_CATEGORY_##category },
#define P2P_PROTO(sym, app, variant, l4)
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
};

static const struct {
	const char *variant;
	enum p2p_app app;
} protos[] = {
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4) { variant, P2P_APP_##app },
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
};

/* A bit in the mask of open protocols is all that a protocol costs a flow. */
_Static_assert(P2P_PROTO_COUNT <= 64, "struct p2p_inspect.open has 64 bits");

const char *p2p_app_name(unsigned int app)
{
	return apps[app < P2P_APP_COUNT ? app : P2P_APP_UNKNOWN].name;
}

unsigned int p2p_app_find(const char *name)
{
	unsigned int app;

	for (app = 1; app < P2P_APP_COUNT; app++)
		if (!strcmp(apps[app].name, name))
			break;
	return app;
}

enum p2p_category p2p_app_category(unsigned int app)
{
	return apps[app < P2P_APP_COUNT ? app : P2P_APP_UNKNOWN].category;
}

const char *p2p_category_name(enum p2p_category category)
{
	switch (category) {
	case P2P_CATEGORY_P2P:
		return "p2p";
	case P2P_CATEGORY_IM:
		return "im";
	case P2P_CATEGORY_NONE:
		break;
	}
	return "none";
}

enum p2p_app p2p_proto_app(unsigned int proto)
{
	return proto < P2P_PROTO_COUNT ? protos[proto].app : P2P_APP_UNKNOWN;
}

const char *p2p_proto_variant(unsigned int proto)
{
	return proto < P2P_PROTO_COUNT ? protos[proto].variant : "";
}

u64 p2p_proto_mask(u8 l4)
{
	u64 mask = 0;

#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, layer)                                    \
	if (l4 == P2P_L4_##layer)                                              \
		mask |= (u64)1 << P2P_PROTO_##sym;
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
	return mask;
}
