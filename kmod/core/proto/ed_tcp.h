/* SPDX-License-Identifier: GPL-2.0-only */
/* The lengths that the opcodes of eDonkey over TCP fix, but for those in ed_tcp.c. */
#ifndef P2P_CORE_PROTO_ED_TCP_H
#define P2P_CORE_PROTO_ED_TCP_H

#include "ed.h"

static const struct ed_form ed_tcp_forms[] = {
	/* with servers: refused, list?, files offered, search, sources? (and the size, 4 or 12) */
	ED_FIXED(EDONKEY, 0x05, 0), ED_FIXED(EDONKEY, 0x14, 0), ED_LEAST(EDONKEY, 0x15, 4),
	ED_LEAST(EDONKEY, 0x16, 3), ED_FIXED(EDONKEY, 0x19, 16), ED_FIXED(EDONKEY, 0x19, 20),
	ED_FIXED(EDONKEY, 0x19, 28), ED_FIXED(EDONKEY, 0x23, 16), ED_FIXED(EDONKEY, 0x23, 20),
	ED_FIXED(EDONKEY, 0x23, 28),
	/* call back, more results?, list, result, status, called back (obfuscated), failed */
	ED_FIXED(EDONKEY, 0x1c, 4), ED_FIXED(EDONKEY, 0x21, 0), ED_COUNTED(EDONKEY, 0x32, 1, 1, 6),
	ED_LEAST(EDONKEY, 0x33, 4), ED_FIXED(EDONKEY, 0x34, 8), ED_FIXED(EDONKEY, 0x35, 6),
	ED_FIXED(EDONKEY, 0x35, 23), ED_FIXED(EDONKEY, 0x36, 0),
	/* message, id (flags, port, address), the server itself, sources (obfuscated) */
	ED_COUNTED(EDONKEY, 0x38, 2, 2, 1), ED_FIXED(EDONKEY, 0x40, 4), ED_FIXED(EDONKEY, 0x40, 8),
	ED_FIXED(EDONKEY, 0x40, 12), ED_FIXED(EDONKEY, 0x40, 16), ED_LEAST(EDONKEY, 0x41, 26),
	ED_COUNTED(EDONKEY, 0x42, 17, 1, 6), ED_LEAST(EDONKEY, 0x44, 17),
	/* between clients: no such file, end of download, files?, files, new id, message */
	ED_FIXED(EDONKEY, 0x48, 16), ED_FIXED(EDONKEY, 0x49, 16), ED_FIXED(EDONKEY, 0x4a, 0),
	ED_LEAST(EDONKEY, 0x4b, 4), ED_FIXED(EDONKEY, 0x4d, 8), ED_COUNTED(EDONKEY, 0x4e, 2, 2, 1),
	/* file, its parts, its hashes?, its hashes */
	ED_FIXED(EDONKEY, 0x4f, 16), ED_LEAST(EDONKEY, 0x50, 18), ED_FIXED(EDONKEY, 0x51, 16),
	ED_COUNTED(EDONKEY, 0x52, 18, 2, 16),
	/* slot?, slot, cancelled, out of parts, name?, name, rank */
	ED_FIXED(EDONKEY, 0x54, 0), ED_FIXED(EDONKEY, 0x54, 16), ED_FIXED(EDONKEY, 0x55, 0),
	ED_FIXED(EDONKEY, 0x56, 0), ED_FIXED(EDONKEY, 0x57, 0), ED_LEAST(EDONKEY, 0x58, 16),
	ED_COUNTED(EDONKEY, 0x59, 18, 2, 1), ED_FIXED(EDONKEY, 0x5c, 4),
	/* between eMules: rank, comment, sources?, sources, both again */
	ED_FIXED(EMULE, 0x60, 12), ED_LEAST(EMULE, 0x61, 5), ED_FIXED(EMULE, 0x81, 16),
	ED_LEAST(EMULE, 0x82, 18), ED_FIXED(EMULE, 0x83, 19), ED_LEAST(EMULE, 0x84, 19),
	/* public key, signature (of which address), state, several in one, its answer */
	ED_COUNTED(EMULE, 0x85, 1, 1, 1), ED_COUNTED(EMULE, 0x86, 1, 1, 1),
	ED_LEAST(EMULE, 0x86, 2), ED_FIXED(EMULE, 0x87, 5),
	ED_LEAST(EMULE, 0x92, 17), ED_LEAST(EMULE, 0x93, 17), ED_LEAST(EMULE, 0xa4, 25),
	/* address?, address, AICH hashes, buddies' ping and pong, tests of firewalls */
	ED_FIXED(EMULE, 0x97, 0), ED_FIXED(EMULE, 0x98, 4), ED_FIXED(EMULE, 0x9b, 38),
	ED_FIXED(EMULE, 0x9d, 36), ED_FIXED(EMULE, 0x9e, 16), ED_FIXED(EMULE, 0x9f, 0),
	ED_FIXED(EMULE, 0xa0, 0), ED_FIXED(EMULE, 0xa7, 8), ED_FIXED(EMULE, 0xa8, 0),
};

#endif
