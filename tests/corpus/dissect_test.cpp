// SPDX-License-Identifier: GPL-2.0-only
//
// Every capture's flows under dissection: how they are cut decides nothing, what
// is told is what tshark found in them (dissect/, by oracle.py), and captures of
// one content agree on its bytes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reassembly.hpp"

using namespace p2p;
namespace fs = std::filesystem;

namespace {

const fs::path here{KP2P_CORPUS};

using Facts = std::vector<std::string>;

/// An event as oracle.py writes it; empty where it writes none
std::string fact(const Told &t)
{
	auto n = [](std::uint64_t v) { return " " + std::to_string(v); };
	switch (p2p_event_type(t.type)) {
	case P2P_EVENT_PEER: {
		if (!t.family)
			return (t.l4 == 6 ? "listens tcp" : "listens udp") + n(t.port);
		std::string dotted;
		for (auto b : t.address)
			dotted += (dotted.empty() ? "" : ".") + std::to_string(b);
		return "peer " + dotted + ":" + std::to_string(t.port);
	}
	case P2P_EVENT_OBJECT:
		if (t.kind == P2P_ID_INFOHASH)
			return "hash " + hex(t.id);
		if (t.content == P2P_CONTENT_TOLD)
			return "told " + hex(t.id) + n(t.size) + " " + t.text();
		return t.content == P2P_CONTENT_HERE ? "named " + hex(t.id) + " " + t.text() : "asked " + hex(t.id);
	case P2P_EVENT_DATA:
		if (t.app == P2P_APP_BITTORRENT)
			return "data" + n(t.index) + n(t.offset) + n(t.bytes.size());
		return "data " + hex(t.id) + n(t.offset) + n(t.bytes.size());
	case P2P_EVENT_REQUEST:
		return "request" + n(t.index) + n(t.offset) + n(t.size);
	case P2P_EVENT_HAVE:
		return t.index == P2P_HAVE_ALL ? "have all" : "have" + n(t.index);
	case P2P_EVENT_BITFIELD:
		return t.offset ? "" : "bitfield" + n(t.size);
	case P2P_EVENT_SEARCH:
		return "search " + t.text();
	case P2P_EVENT_CHAT:
	case P2P_EVENT_UNREAD:
	case P2P_EVENT_ENCRYPTED:
	case P2P_EVENT_DESYNC:
		break;
	}
	return {};
}

/// By direction ("source port>destination port")
using ByWay = std::map<std::string, Facts>;

ByWay read_oracle(const fs::path &path)
{
	ByWay out;
	std::ifstream file{path};
	for (std::string text; std::getline(file, text);)
		if (text.front() != '#')
			out[text.substr(0, text.find(' '))].push_back(text.substr(text.find(' ') + 1));
	return out;
}

/// tshark tells of data only when all of a message is there, and transfers of Gnutella not at all
void leave_out_what_is_cut(Facts &facts, const Facts &expected)
{
	for (auto at = facts.size(); at-- > 0;)
		if (facts[at].starts_with("data")) {
			if (std::find(expected.begin(), expected.end(), facts[at]) == expected.end())
				facts.erase(facts.begin() + std::ptrdiff_t(at));
			return;
		}
}

struct Corpus : testing::TestWithParam<fs::path> {};

std::vector<fs::path> captures()
{
	std::vector<fs::path> out;
	for (const auto &entry : fs::directory_iterator(here / "captures"))
		out.push_back(entry.path());
	std::sort(out.begin(), out.end());
	return out;
}

} // namespace

TEST_P(Corpus, CutsDecideNothing)
{
	for (const auto &connection : connections(GetParam())) {
		const auto &flow = connection->end();
		std::size_t bytes = 0;
		for (const auto &said : flow)
			bytes += said.bytes.size();
		/* whoever it is: also those whose bytes are another protocol's */
		for (auto proto : {P2P_PROTO_bt_peer, P2P_PROTO_ed_tcp, P2P_PROTO_gn_tcp}) {
			bool own = connection->proto() == proto;
			EXPECT_EQ(depends_on_cuts(proto, flow, own && bytes < 2000 ? 1 : 1 + bytes / (own ? 200 : 20)), "");
		}
	}
}

TEST_P(Corpus, TellsWhatTsharkFinds)
{
	auto oracle = here / "dissect" / GetParam().stem();
	oracle += ".txt";
	ByWay expected = read_oracle(oracle), found;
	p2p_dissector d;
	bool any = false;
	for (const auto &connection : connections(GetParam())) {
		if (!p2p_dissect_init(&d, connection->proto()))
			continue;
		any = true;
		for (const auto &t : heard(connection->proto(), connection->end())) {
			/* Gnutella's OBJECTs are of transfers here, which tshark does not read */
			bool transfer = t.app == P2P_APP_GNUTELLA &&
					(t.type == P2P_EVENT_OBJECT || t.type == P2P_EVENT_DATA || t.type == P2P_EVENT_REQUEST);
			auto text = fact(t);
			if (!text.empty() && !transfer && !(t.flags & P2P_EVENT_METADATA) &&
			    !(t.app == P2P_APP_EDONKEY && text.starts_with("listens udp")))
				found[connection->way(t.dir)].push_back(text);
		}
	}
	for (auto &[way, facts] : found)
		leave_out_what_is_cut(facts, expected[way]);
	std::erase_if(found, [](const auto &f) { return f.second.empty(); });
	std::erase_if(expected, [](const auto &f) { return f.second.empty(); });
	EXPECT_EQ(found, expected);
	EXPECT_EQ(any, fs::exists(oracle));
}

INSTANTIATE_TEST_SUITE_P(Captures, Corpus, testing::ValuesIn(captures()), [](const auto &capture) {
	auto name = capture.param.stem().string();
	std::replace(name.begin(), name.end(), '-', '_');
	return name;
});

TEST(Contents, CapturesAgreeOnTheirBytes)
{
	std::map<std::tuple<Octets, std::uint64_t, std::uint64_t>, std::uint8_t> known;
	std::size_t twice = 0;
	for (const auto &capture : captures())
		for (const auto &connection : connections(capture)) {
			p2p_dissector d;
			if (!p2p_dissect_init(&d, connection->proto()))
				continue;
			for (const auto &t : heard(connection->proto(), connection->end())) {
				if (t.type != P2P_EVENT_DATA || !t.kind || t.flags & (P2P_EVENT_PACKED | P2P_EVENT_METADATA))
					continue;
				for (std::size_t n = 0; n < t.bytes.size(); n++) {
					auto [at, fresh] = known.try_emplace({t.id, t.index, t.offset + n}, t.bytes[n]);
					twice += !fresh;
					ASSERT_EQ(at->second, t.bytes[n]) << capture << " " << line(t);
				}
			}
		}
	EXPECT_GT(known.size(), 10000u);
	RecordProperty("bytes", int(known.size()));
	RecordProperty("twice", int(twice));
	std::printf("%zu bytes, %zu of them more than once\n", known.size(), twice);
}
