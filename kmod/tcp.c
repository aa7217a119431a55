// SPDX-License-Identifier: GPL-2.0-only
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "tcp.h"

static u8 window_scale(const struct sk_buff *skb, u32 at, u32 len)
{
	u8 buf[40], size;
	const u8 *opt = len && len <= sizeof(buf) ? skb_header_pointer(skb, at, len, buf) : NULL;
	u32 i;

	for (i = 0; opt && i < len && opt[i] != TCPOPT_EOL; i += size) {
		size = opt[i] == TCPOPT_NOP ? 1 : i + 1 < len ? opt[i + 1] : 0;
		if (!size || size > len - i)
			break;
		if (opt[i] == TCPOPT_WINDOW && size == TCPOLEN_WINDOW)
			return min_t(u8, opt[i + 2], TCP_MAX_WSCALE);
	}
	return 0;
}

bool kp2p_tcp_whole(const struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       (skb_checksum_start_offset(skb) == (int)(pkt->payload_off - pkt->head) &&
		skb->csum_offset == offsetof(struct tcphdr, check));
}

bool kp2p_tcp_read(const struct sk_buff *skb, const struct p2p_pkt *pkt, struct kp2p_tcp *facts)
{
	u32 at = pkt->payload_off - pkt->head;
	struct tcphdr buf;
	const struct tcphdr *th = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!th)
		return false;
	facts->window = ntohs(th->window);
	facts->urgent = th->urg;
	facts->scale = 0;
	if (th->syn)
		facts->scale = window_scale(skb, at + sizeof(buf), pkt->head - sizeof(buf));
	return true;
}

bool kp2p_tcp_clear_urgent(struct sk_buff *skb, const struct p2p_pkt *pkt)
{
	u32 at = pkt->payload_off - pkt->head;
	struct tcphdr *th;
	__be16 *flags, old;

	if (skb_ensure_writable(skb, at + sizeof(*th)))
		return false;
	th = (struct tcphdr *)(skb->data + at);
	flags = (__be16 *)((u8 *)th + 12);
	old = *flags;
	th->urg = 0;
	inet_proto_csum_replace2(&th->check, skb, old, *flags, false);
	inet_proto_csum_replace2(&th->check, skb, th->urg_ptr, 0, false);
	th->urg_ptr = 0;
	return true;
}
