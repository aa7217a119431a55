/* SPDX-License-Identifier: GPL-2.0-only */
/* What applications and protocols there are, as protos.def lists them. */
#ifndef P2P_CORE_REGISTRY_H
#define P2P_CORE_REGISTRY_H

#include "env.h"

P2P_BEGIN_DECLS

enum p2p_category { P2P_CATEGORY_NONE, P2P_CATEGORY_P2P, P2P_CATEGORY_IM };

/** enum p2p_app - an application; 0 is a flow that nothing has named */
enum p2p_app {
	P2P_APP_UNKNOWN,
#define P2P_APP(id, name, category) P2P_APP_##id,
#define P2P_PROTO(sym, app, variant, l4)
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
	P2P_APP_COUNT
};

/** enum p2p_proto - one wire form, with one match function */
enum p2p_proto {
#define P2P_APP(id, name, category)
#define P2P_PROTO(sym, app, variant, l4) P2P_PROTO_##sym,
#include "proto/protos.def"
#undef P2P_APP
#undef P2P_PROTO
	P2P_PROTO_COUNT,
	P2P_PROTO_NONE = P2P_PROTO_COUNT
};

/** p2p_app_name() - lower-case name; "unknown" for 0 or an id out of range */
const char *p2p_app_name(unsigned int app);

/**
 * p2p_app_find() - the application of that name
 *
 * Return: its id, or P2P_APP_COUNT where there is none ("unknown" has none).
 */
unsigned int p2p_app_find(const char *name);

enum p2p_category p2p_app_category(unsigned int app);

/** p2p_category_name() - "none", "p2p" or "im" */
const char *p2p_category_name(enum p2p_category category);

/** p2p_proto_app() - the application it belongs to; UNKNOWN out of range */
enum p2p_app p2p_proto_app(unsigned int proto);

/** p2p_proto_variant() - name of its wire form; "" out of range */
const char *p2p_proto_variant(unsigned int proto);

/** p2p_proto_mask() - a bit for every protocol on @l4 (6 TCP, 17 UDP) */
u64 p2p_proto_mask(u8 l4);

P2P_END_DECLS

#endif
