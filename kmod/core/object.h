/* SPDX-License-Identifier: GPL-2.0-only */
/* What a content is known by: for those who find it (dissect.h) and judge it (content.h). */
#ifndef P2P_CORE_OBJECT_H
#define P2P_CORE_OBJECT_H

enum { P2P_NAME_MAX = 255 }; /* bytes of a name */

/** enum p2p_id - what an id is made of, and its bytes */
enum p2p_id {
	P2P_ID_NONE,
	P2P_ID_INFOHASH, /* 20: SHA-1 of a torrent's description; of BitTorrent v2 the first 20 */
	P2P_ID_ED2K,	 /* 16: MD4 of the parts' MD4 */
	P2P_ID_SHA1,	 /* 20: of the file */
	P2P_ID_TTH,	 /* 24: Tiger tree */
	P2P_ID_KINDS,
	P2P_ID_MAX = 24,
};

#endif
