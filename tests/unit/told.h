// SPDX-License-Identifier: GPL-2.0-only
// A flow under dissection, and what the dissector told of it.
#pragma once

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/dissect.h"
#include "octets.h"

namespace p2p {

/// An event with all that it points to; DATA that go on in one another are one
struct Told {
	unsigned type, dir, app, flags;
	std::uint64_t begin, end;
	unsigned kind = 0, content = 0, family = 0, l4 = 0, port = 0;
	std::uint64_t index = 0, offset = 0, size = 0;
	Octets id, address, bytes;

	bool operator==(const Told &) const = default;

	explicit Told(const p2p_event &e)
		: type{e.type}, dir{e.dir}, app{e.app}, flags{e.flags}, begin{e.begin}, end{e.end}
	{
		switch (p2p_event_type(type)) {
		case P2P_EVENT_PEER:
			family = e.peer.family;
			l4 = e.peer.l4;
			port = e.peer.port;
			address.assign(e.peer.address, e.peer.address + (family == 6 ? 16 : family));
			break;
		case P2P_EVENT_OBJECT:
		case P2P_EVENT_DATA:
		case P2P_EVENT_REQUEST:
		case P2P_EVENT_BITFIELD:
			named(e.object.kind, e.object.id);
			content = e.object.content;
			index = e.object.index;
			offset = e.object.offset;
			size = e.object.size;
			holds(e.object.bytes);
			break;
		case P2P_EVENT_CHAT:
		case P2P_EVENT_SEARCH:
			named(e.text.kind, e.text.id);
			offset = e.text.offset;
			size = e.text.size;
			holds(e.text.bytes);
			break;
		case P2P_EVENT_HAVE:
			index = e.have.index;
			break;
		case P2P_EVENT_UNREAD:
		case P2P_EVENT_ENCRYPTED:
		case P2P_EVENT_DESYNC:
			break;
		}
	}

	/// Is @p next the bytes that follow?
	bool goes_on(const Told &next) const
	{
		auto moved = flags & P2P_EVENT_PACKED ? 0 : bytes.size();
		return type == P2P_EVENT_DATA && next.type == type && dir == next.dir && flags == next.flags &&
		       end == next.begin && index == next.index && id == next.id && offset + moved == next.offset;
	}
	std::string text() const { return {bytes.begin(), bytes.end()}; }

private:
	void named(unsigned what, const std::uint8_t *bytes_of_id)
	{
		kind = what;
		if (kind)
			id.assign(bytes_of_id, bytes_of_id + (kind == P2P_ID_ED2K ? 16 : 20));
	}
	void holds(p2p_bytes b)
	{
		if (b.len)
			bytes.assign(b.data, b.data + b.len);
	}
};

inline std::string hex(const Octets &o)
{
	static const char digits[] = "0123456789abcdef";
	std::string out;
	for (auto b : o) {
		out += digits[b >> 4];
		out += digits[b & 15];
	}
	return out;
}

/// One line of it, as the corpus's expectations have them; bytes that are no name are summed up
inline std::string line(const Told &t)
{
	static const char *const types[] = {"peer", "object", "data", "request", "have", "bitfield",
					    "chat", "search", "unread", "encrypted", "desync"};
	auto n = [](std::uint64_t v) { return v == P2P_SIZE_UNKNOWN ? std::string{"?"} : std::to_string(v); };
	std::string out = std::to_string(t.dir) + " " + types[t.type] + " " + n(t.begin) + "-" + n(t.end);
	if (t.flags)
		out += " flags=" + n(t.flags);
	if (t.type == P2P_EVENT_PEER)
		return out + " " + hex(t.address) + ":" + n(t.port) + "/" + n(t.l4);
	if (t.type == P2P_EVENT_HAVE)
		return out + " " + n(t.index);
	if (t.kind)
		out += " id=" + hex(t.id);
	if (t.type <= P2P_EVENT_BITFIELD)
		out += " index=" + n(t.index) + " offset=" + n(t.offset) + " size=" + n(t.size) + " way=" + n(t.content);
	if (t.type == P2P_EVENT_DATA || t.type == P2P_EVENT_BITFIELD)
		return out + " bytes=" + n(t.bytes.size());
	return t.bytes.empty() ? out : out + " " + t.text();
}

inline std::ostream &operator<<(std::ostream &out, const Told &t) { return out << line(t); }

/// What one side said, or what is missing of it (@p lost bytes; P2P_GAP_UNKNOWN)
struct Said {
	unsigned dir;
	Octets bytes;
	std::uint64_t lost = 0;
};
using Flow = std::vector<Said>;

/// A dissector, and all that it told
class Listener {
public:
	explicit Listener(p2p_proto proto) { p2p_dissect_init(&d_, proto); }

	void feed(unsigned dir, p2p_bytes b)
	{
		// A copy of the exact size: the sanitizer then sees every read behind it.
		Octets shown(b.data, b.data + b.len);
		p2p_sink sink{event, nullptr, this};
		p2p_dissect_feed(&d_, dir, view(shown), &sink);
	}
	void gap(unsigned dir, std::uint64_t len)
	{
		p2p_sink sink{event, nullptr, this};
		p2p_dissect_gap(&d_, dir, len, &sink);
	}
	void end(unsigned dir) { p2p_dissect_end(&d_, dir); }

	/// Everything said, in pieces of at most @p most bytes
	Listener &hear(const Flow &flow, std::size_t most = 65536)
	{
		for (const auto &said : flow) {
			if (said.lost)
				gap(said.dir, said.lost);
			for (std::size_t at = 0; at < said.bytes.size(); at += most)
				feed(said.dir, p2p_slice(view(said.bytes), std::uint32_t(at), std::uint32_t(most)));
		}
		return *this;
	}

	const std::vector<Told> &told() const { return told_; }
	std::vector<Told> told(p2p_event_type type) const
	{
		std::vector<Told> out;
		for (const auto &t : told_)
			if (t.type == type)
				out.push_back(t);
		return out;
	}

private:
	static void event(void *ctx, const p2p_event *e)
	{
		auto &told = static_cast<Listener *>(ctx)->told_;
		Told t{*e};
		if (!told.empty() && told.back().goes_on(t)) {
			told.back().bytes += t.bytes;
			told.back().end = t.end;
		} else {
			told.push_back(std::move(t));
		}
	}

	p2p_dissector d_;
	std::vector<Told> told_;
};

inline std::vector<Told> heard(p2p_proto proto, const Flow &flow, std::size_t most = 65536)
{
	return Listener{proto}.hear(flow, most).told();
}

/// @p flow with what is said at @p which cut at @p at
inline Flow cut(const Flow &flow, std::size_t which, std::size_t at)
{
	Flow out = flow;
	Said rest{flow[which].dir, suffix(flow[which].bytes, at)};
	out[which].bytes.resize(at);
	out.insert(out.begin() + std::ptrdiff_t(which) + 1, rest);
	return out;
}

/// Cut at random places
inline Flow shredded(const Flow &flow, std::uint32_t seed)
{
	std::minstd_rand random{seed + 1};
	Flow out;
	for (const auto &said : flow) {
		out.push_back({said.dir, {}, said.lost});
		for (std::size_t at = 0; at < said.bytes.size();) {
			std::size_t n = 1 + random() % (random() % 4 ? 40 : 2000);
			n = std::min(n, said.bytes.size() - at);
			out.push_back({said.dir, prefix(suffix(said.bytes, at), n)});
			at += n;
		}
	}
	return out;
}

/**
 * How the bytes are cut decides nothing: one by one, at every place (every
 * @p stride of them), in many at random.
 *
 * @return the first way in which it does; empty: none
 */
inline std::string depends_on_cuts(p2p_proto proto, const Flow &flow, std::size_t stride = 1)
{
	const auto whole = heard(proto, flow);
	if (heard(proto, flow, 1) != whole)
		return "byte by byte";
	for (std::size_t which = 0; which < flow.size(); which++)
		for (std::size_t at = 1; at < flow[which].bytes.size(); at += stride)
			if (heard(proto, cut(flow, which, at)) != whole)
				return std::to_string(which) + " cut at " + std::to_string(at);
	for (std::uint32_t seed = 0; seed < 20; seed++)
		if (heard(proto, shredded(flow, seed)) != whole)
			return "seed " + std::to_string(seed);
	return {};
}

} // namespace p2p
