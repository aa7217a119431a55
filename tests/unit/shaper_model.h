// SPDX-License-Identifier: GPL-2.0-only
// A shaped class between sources and a sink, in simulated time: what the module does
// around the core (kmod/core/shaper.h), without packets.
#pragma once

#include "core/shaper.h"
#include "must.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace p2p {

inline constexpr u64 kSecond = P2P_SECOND;
inline constexpr u64 kMs = kSecond / 1000;

/// Several classes' link: one word, as the module has it.
struct Link {
	p2p_rate rate;
	u64 depth = 0;
	u64 paid = 0;

	Link(u64 bytes, u64 burst) : rate(p2p_rate_of(bytes)), depth(p2p_rate_time(&rate, burst)) {}
};

struct Packet {
	p2p_shaped shaped{};
	int host;
	int flow;
	u64 number;
};

struct Delivered {
	u64 when;
	u32 bytes;
	int host;
	int flow;
	u64 number;
};

/// One class in one direction, its hosts and flows made on demand.
class Class {
public:
	explicit Class(const p2p_shaper_rates& rates, u64 now, Link *link = nullptr) : link_(link)
	{
		p2p_shaper_init(&shaper, &rates, now);
	}

	/// A packet comes. Return: it passed, was queued, was refused.
	enum Fate { kPassed, kQueued, kRefused };
	Fate offer(int host, int flow, u32 bytes, u64 now)
	{
		offered++;
		Flow& f = flow_of(host, flow);
		const u64 number = f.number++;
		if (p2p_shaper_passes(&shaper, &f.core, bytes, &kOps, this, now)) {
			deliver({now, bytes, host, flow, number});
			return kPassed;
		}
		auto packet = std::make_unique<Packet>();
		packet->host = host;
		packet->flow = flow;
		packet->number = number;
		packet->shaped.bytes = bytes;
		if (!p2p_shaper_queue(&shaper, &f.core, &packet->shaped, now))
			return kRefused;
		packet.release(); // the queue's
		return kQueued;
	}

	/// All that may go now goes. Return: when to ask again
	u64 drain(u64 now)
	{
		u64 when = P2P_NEVER;
		p2p_shaped *gone = nullptr, *shaped;
		while ((shaped = p2p_shaper_next(&shaper, &kOps, this, now, &gone, &when))) {
			const std::unique_ptr<Packet> packet(of(shaped));
			deliver({now, packet->shaped.bytes, packet->host, packet->flow, packet->number});
		}
		drop(gone);
		must(when > now, "who has to come again comes later");
		must((when == P2P_NEVER) == (shaper.packets == 0), "somebody comes for what is queued");
		return when;
	}

	void leave(int host, int flow) { drop(p2p_shaper_leave(&shaper, &flow_of(host, flow).core)); }

	u32 queued(int host, int flow) { return flow_of(host, flow).core.bytes; }
	u32 backlog(int host, int flow) { return flow_of(host, flow).core.packets; }

	/// Bytes that came out in [from, to), of all or of one host, or of one flow of it
	u64 bytes(u64 from, u64 to, int host = -1, int flow = -1) const
	{
		u64 sum = 0;
		for (const Delivered& d : delivered)
			if (d.when >= from && d.when < to && (host < 0 || d.host == host) && (flow < 0 || d.flow == flow))
				sum += d.bytes;
		return sum;
	}

	/// What was queued is counted right, everywhere
	void check()
	{
		u64 bytes = 0, packets = 0;
		for (auto& [h, host] : hosts_) {
			u64 in_host = 0;
			for (auto& [n, flow] : host->flows) {
				u64 in_flow = 0, n_packets = 0;
				for (p2p_shaped *p = flow->core.packets ? flow->core.head : nullptr; p; p = p->next) {
					in_flow += p->bytes;
					n_packets++;
				}
				must(in_flow == flow->core.bytes && n_packets == flow->core.packets, "a flow's queue");
				must((flow->core.share.state == P2P_SHARE_IDLE) == (n_packets == 0), "a flow's state");
				in_host += in_flow;
				packets += n_packets;
			}
			must(in_host == host->core.bytes, "a host's bytes");
			must((host->core.share.state == P2P_SHARE_IDLE) == (in_host == 0), "a host's state");
			bytes += in_host;
		}
		must(bytes == shaper.bytes && packets == shaper.packets, "the class's bytes");
		must(bytes <= shaper.room, "the room is kept");
		must(offered == delivered_packets + dropped + shaper.refused + packets, "nothing is lost");
	}

	~Class()
	{
		for (auto& [h, host] : hosts_)
			for (auto& [n, flow] : host->flows)
				drop(p2p_shaper_leave(&shaper, &flow->core));
	}

	p2p_shaper shaper{};
	std::vector<Delivered> delivered;
	bool keep = true;  ///< remember what came out
	bool marks = false; ///< senders know ECN
	u64 offered = 0;
	u64 delivered_packets = 0;
	u64 dropped = 0;
	u64 marked = 0;
	std::function<void(const Packet&)> on_drop;

private:
	struct Flow {
		p2p_shaper_flow core{};
		u64 number = 0;
		u64 out = 0;
	};
	struct Host {
		p2p_shaper_host core{};
		std::map<int, std::unique_ptr<Flow>> flows;
	};

	Flow& flow_of(int host, int flow)
	{
		auto& h = hosts_[host];
		if (!h)
			h = std::make_unique<Host>();
		auto& f = h->flows[flow];
		if (!f) {
			f = std::make_unique<Flow>();
			f->core.host = &h->core;
		}
		return *f;
	}

	static Packet *of(p2p_shaped *shaped)
	{
		return reinterpret_cast<Packet *>(reinterpret_cast<char *>(shaped) - offsetof(Packet, shaped));
	}

	void deliver(const Delivered& d)
	{
		Flow& f = flow_of(d.host, d.flow);
		must(d.number >= f.out, "a flow's order");
		f.out = d.number + 1;
		delivered_packets++;
		if (keep)
			delivered.push_back(d);
	}

	void drop(p2p_shaped *list)
	{
		while (list) {
			const std::unique_ptr<Packet> packet(of(list));
			list = list->next;
			dropped++;
			if (on_drop)
				on_drop(*packet);
		}
	}

	static u64 lend(void *ctx, u32 bytes, bool assured, u64 now)
	{
		Link *link = static_cast<Class *>(ctx)->link_;
		if (!link)
			return 0;
		const u64 cost = p2p_rate_time(&link->rate, bytes);
		if (!assured && link->paid + std::min(cost, link->depth) > now)
			return link->paid + std::min(cost, link->depth);
		link->paid = p2p_paid_next(link->paid, link->depth, cost, now);
		return 0;
	}
	static bool mark(void *ctx, p2p_shaped *)
	{
		auto *self = static_cast<Class *>(ctx);
		self->marked += self->marks;
		return self->marks;
	}
	static constexpr p2p_shaper_ops kOps{lend, mark};

	std::map<int, std::unique_ptr<Host>> hosts_;
	Link *link_;
};

} // namespace p2p
