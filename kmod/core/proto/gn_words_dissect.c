// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of Gnutella's lines: numbers, ranges, endpoints, and the names of
 * contents (HUGE): urn:sha1: and 32 letters of base32 (RFC 4648), 20 bytes.
 */
#include "gn_lane.h"

enum { DEFAULT_PORT = 6346 };

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool p2p_gn_is_text(struct p2p_bytes b, u32 at, const char *text, u32 len)
{
	u32 n;

	for (n = 0; n < len; n++)
		if (lower(p2p_u8(b, at + n)) != (u8)text[n])
			return false;
	return true;
}

u32 p2p_gn_behind_blanks(struct p2p_bytes b, u32 at)
{
	while (p2p_u8(b, at) == ' ' || p2p_u8(b, at) == '\t')
		at++;
	return at;
}

u64 p2p_gn_decimal(struct p2p_bytes b, u32 *at)
{
	u64 n = 0;
	u8 c;

	for (; (c = p2p_u8(b, *at)) >= '0' && c <= '9'; (*at)++)
		n = n < (u64)1 << 59 ? n * 10 + c - '0' : P2P_SIZE_UNKNOWN;
	return n;
}

bool p2p_gn_set_urn(struct p2p_lane *l, struct p2p_bytes b, u32 at)
{
	u8 id[P2P_TOLD_ID], c;
	struct p2p_bytes whole = { id, sizeof(id) };
	u32 n, bits = 0;

	if (!GN_IS_TEXT(b, at, "urn:sha1:"))
		return false;
	/* base32: five bits a letter, most significant first */
	for (n = 0; n < 32; n++) {
		c = lower(p2p_u8(b, at + 9 + n));
		if (c >= 'a' && c <= 'z')
			c -= 'a';
		else if (c >= '2' && c <= '7')
			c -= '2' - 26;
		else
			return false;
		bits = bits << 5 | c;
		if (n * 5 % 8 >= 3)
			id[n * 5 / 8] = (u8)(bits >> (n * 5 % 8 - 3));
	}
	p2p_set_id(l, whole, 0, sizeof(id));
	return true;
}

void p2p_gn_emit_endpoint(struct p2p_step *s, struct p2p_bytes b, u32 at)
{
	struct p2p_bytes address;
	u8 quad[4];
	u32 n, from;
	u64 part;

	at = p2p_gn_behind_blanks(b, at);
	if (GN_IS_TEXT(b, at, "http://"))
		at += 7;
	for (n = 0; n < 4; n++) {
		from = at;
		part = p2p_gn_decimal(b, &at);
		if (at == from || part > 255 || (n < 3 && p2p_u8(b, at++) != '.'))
			return;
		quad[n] = (u8)part;
	}
	part = DEFAULT_PORT;
	if (p2p_u8(b, at) == ':') {
		at++;
		part = p2p_gn_decimal(b, &at);
	}
	address.data = quad;
	address.len = sizeof(quad);
	if (part <= 0xffff)
		p2p_emit_peer(s, address, 0, 4, (u16)part, P2P_TCP);
}

bool p2p_gn_range(struct p2p_bytes b, u32 *at, u64 *from, u64 *size)
{
	u64 to;

	if (!GN_IS_TEXT(b, *at, "bytes"))
		return false;
	*at = p2p_gn_behind_blanks(b, *at + 5);
	*at = p2p_gn_behind_blanks(b, *at + (p2p_u8(b, *at) == '='));
	*from = p2p_gn_decimal(b, at);
	if (p2p_u8(b, (*at)++) != '-')
		return false;
	*size = P2P_SIZE_UNKNOWN;
	if (p2p_u8(b, *at) < '0' || p2p_u8(b, *at) > '9')
		return true;
	to = p2p_gn_decimal(b, at);
	if (to < *from || to == P2P_SIZE_UNKNOWN)
		return false;
	*size = to - *from + 1;
	return true;
}
