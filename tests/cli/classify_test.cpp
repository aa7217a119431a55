// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "capture_builder.hpp"
#include "fakes.hpp"
#include "flowmap.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

struct Classify : testing::Test {
	TemporaryDirectory dir;
	World world;

	Result json(const std::string &content)
	{
		return ctl(world, { "classify", "--json",
				    dir.write("capture", content) });
	}
	/** The one flow of a capture that must be whole */
	Json only_flow(const std::string &content)
	{
		const Result r = json(content);
		const auto flows = r.lines();

		EXPECT_EQ(r.code, 0) << r.err;
		EXPECT_EQ(flows.size(), 1u) << r.out;
		return flows.empty() ? Json() : flows[0];
	}
	std::vector<Json> flows(const std::vector<Net> &packets)
	{
		return json(pcap_file(link_ethernet, records(link_ethernet, packets)))
			.lines();
	}
};

std::vector<Net> six()
{
	return { net6(ipv6(1, 2, 6, tcp(51413, 6881, 1000, syn))),
		 net6(ipv6(2, 1, 6, tcp(6881, 51413, 9000, syn | ack))),
		 net6(ipv6(1, 2, 6, tcp(51413, 6881, 1001, ack, handshake()))) };
}

struct LinkCase {
	LinkType link;
	bool ipv4;
	bool ipv6;
};

struct ClassifyLink : Classify, testing::WithParamInterface<LinkCase> {
};

} // namespace

TEST_F(Classify, TheContractsFields)
{
	const std::string path = dir.write(
		"site.pcap", pcap_file(link_ethernet, records(link_ethernet,
							 bittorrent_connection())));
	const Result r = ctl(world, { "classify", "--json", path });

	EXPECT_EQ(r.code, 0);
	EXPECT_EQ(r.err, "");
	const auto flows = r.lines();
	ASSERT_EQ(flows.size(), 1u);
	EXPECT_EQ(flows[0], Json({ { "file", path },
				   { "l4", "tcp" },
				   { "src", "10.0.0.1" },
				   { "sport", 51413 },
				   { "dst", "10.0.0.2" },
				   { "dport", 6881 },
				   { "app", "bittorrent" },
				   { "variant", "tcp" },
				   { "category", "p2p" },
				   { "by", "payload" },
				   { "packets", 5 },
				   { "bytes", 5 * 40 + 2 * 68 },
				   { "decided_packet", 4 } }));
}

TEST_F(Classify, AnUnknownFlow)
{
	const auto found = flows({ net4(ipv4(
		v4(1), v4(2), 17, udp(5000, 5001, "hello there"))) });

	ASSERT_EQ(found.size(), 1u);
	EXPECT_EQ(found[0]["app"], "unknown");
	EXPECT_EQ(found[0]["variant"], "");
	EXPECT_EQ(found[0]["category"], "none");
	EXPECT_EQ(found[0]["by"], "none");
	EXPECT_EQ(found[0]["l4"], "udp");
	EXPECT_EQ(found[0]["bytes"], 39);
}

TEST_F(Classify, ADatagramOfNothingHidesNothing)
{
	const std::string query = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
	std::vector<Net> talk;

	for (const char *data : { "x", "y" })
		talk.push_back(net4(ipv4(v4(1), v4(2), 17, udp(5000, 5001, data))));
	talk.push_back(net4(ipv4(v4(1), v4(2), 17, udp(5000, 5001, query))));
	auto found = flows(talk);
	ASSERT_EQ(found.size(), 1u);
	EXPECT_EQ(found[0]["variant"], "dht");
	EXPECT_EQ(found[0]["decided_packet"], 3);

	talk.insert(talk.begin(), net4(ipv4(v4(1), v4(2), 17, udp(5000, 5001, "z"))));
	found = flows(talk);
	EXPECT_EQ(found[0]["app"], "unknown");
	EXPECT_EQ(found[0]["decided_packet"], 3);
}

TEST_P(ClassifyLink, BothFormats)
{
	const LinkCase &c = GetParam();

	if (c.ipv4) {
		const auto packets = records(c.link, bittorrent_connection());

		for (const auto &file : { pcap_file(c.link, packets), pcapng_file(c.link, packets) }) {
			const Json flow = only_flow(file);
			EXPECT_EQ(flow["app"], "bittorrent");
			EXPECT_EQ(flow["src"], "10.0.0.1");
			EXPECT_EQ(flow["packets"], 5);
			EXPECT_EQ(flow["bytes"], 336);
		}
	}
	if (c.ipv6) {
		const auto packets = records(c.link, six());

		for (const auto &file : { pcap_file(c.link, packets), pcapng_file(c.link, packets) }) {
			const Json flow = only_flow(file);
			EXPECT_EQ(flow["app"], "bittorrent");
			EXPECT_EQ(flow["src"], "2001:db8::1");
			EXPECT_EQ(flow["dst"], "2001:db8::2");
			EXPECT_EQ(flow["packets"], 3);
			EXPECT_EQ(flow["decided_packet"], 3);
		}
	}
}

INSTANTIATE_TEST_SUITE_P(
	All, ClassifyLink,
	testing::Values(LinkCase{ link_ethernet, true, true },
			LinkCase{ link_sll, true, true },
			LinkCase{ link_sll2, true, true },
			LinkCase{ link_raw, true, true },
			LinkCase{ link_ipv4, true, false },
			LinkCase{ link_ipv6, false, true },
			LinkCase{ link_null, true, true },
			LinkCase{ link_loop, true, true }),
	[](const auto &test) { return "Link" + std::to_string(test.param.link); });

TEST_F(Classify, LoopbackOfTheOtherByteOrder)
{
	std::vector<Record> packets;

	for (const auto &packet : six())
		packets.push_back({ .bytes = be32(30) + packet.bytes });
	EXPECT_EQ(only_flow(pcap_file(link_null, packets))["app"], "bittorrent");
}

TEST_F(Classify, TagsAndSessions)
{
	using Wrap = std::function<Net(const Net &)>;
	const std::vector<Wrap> wraps = {
		[](const Net &n) { return tagged(0x8100, 10, n); },
		[](const Net &n) {
			return tagged(0x88a8, 10, tagged(0x8100, 20, n));
		},
		[](const Net &n) {
			return tagged(0x8100, 10, tagged(0x8100, 20, n));
		},
		[](const Net &n) { return pppoe(7, n); },
		[](const Net &n) { return tagged(0x8100, 10, pppoe(7, n)); },
	};

	for (const auto &wrap : wraps)
		for (const auto &connection : { bittorrent_connection(), six() }) {
			std::vector<Net> packets;

			for (const auto &packet : connection)
				packets.push_back(wrap(packet));
			const auto found = flows(packets);
			ASSERT_EQ(found.size(), 1u);
			EXPECT_EQ(found[0]["app"], "bittorrent");
			EXPECT_EQ(found[0]["packets"], packets.size());
		}
}

TEST_F(Classify, OtherVlanOtherFlow)
{
	const Net packet = net4(ipv4(v4(1), v4(2), 17, udp(1111, 2222, "x")));

	EXPECT_EQ(flows({ packet, tagged(0x8100, 10, packet),
			  tagged(0x8100, 11, packet), pppoe(1, packet),
			  pppoe(2, packet) })
			  .size(),
		  5u);
}

TEST_F(Classify, TheSourceIsWhoSentFirst)
{
	auto packets = bittorrent_connection();

	packets.erase(packets.begin()); // begins with the SYN/ACK
	const auto found = flows(packets);
	ASSERT_EQ(found.size(), 1u);
	EXPECT_EQ(found[0]["src"], "10.0.0.2");
	EXPECT_EQ(found[0]["sport"], 6881);
	EXPECT_EQ(found[0]["app"], "bittorrent");
}

TEST_F(Classify, ByteByByteHidesNothing)
{
	auto packets = bittorrent_connection();
	const std::string text = handshake();

	packets.resize(3);
	for (std::size_t i = 0; i < text.size(); i++)
		packets.push_back(net4(ipv4(
			v4(1), v4(2), 6,
			tcp(51413, 6881, static_cast<std::uint32_t>(1001 + i), ack,
			    text.substr(i, 1)))));
	const auto found = flows(packets);
	ASSERT_EQ(found.size(), 1u);
	EXPECT_EQ(found[0]["app"], "bittorrent");
	EXPECT_GT(found[0]["decided_packet"], 4);
}

TEST_F(Classify, AFreshSynOnAClosedConnectionBeginsAnother)
{
	auto packets = bittorrent_connection();
	const auto again = bittorrent_connection();

	packets.insert(packets.end(), again.begin(), again.end());
	EXPECT_EQ(flows(packets).size(), 1u); // it was not closed

	packets = bittorrent_connection();
	packets.push_back(net4(ipv4(v4(1), v4(2), 6, tcp(51413, 6881, 1069, rst))));
	packets.insert(packets.end(), again.begin(), again.end());
	auto found = flows(packets);
	ASSERT_EQ(found.size(), 2u);
	EXPECT_EQ(found[0]["packets"], 6);
	EXPECT_EQ(found[1]["packets"], 5);
	EXPECT_EQ(found[1]["app"], "bittorrent");

	packets = bittorrent_connection();
	packets.push_back(
		net4(ipv4(v4(1), v4(2), 6, tcp(51413, 6881, 1069, fin | ack))));
	auto half = packets;
	packets.push_back(
		net4(ipv4(v4(2), v4(1), 6, tcp(6881, 51413, 9069, fin | ack))));
	packets.insert(packets.end(), again.begin(), again.end());
	EXPECT_EQ(flows(packets).size(), 2u);
	half.insert(half.end(), again.begin(), again.end());
	EXPECT_EQ(flows(half).size(), 1u); // one FIN closes nothing
}

TEST_F(Classify, AResetOfNothingBeginsNothing)
{
	EXPECT_EQ(flows({ net4(ipv4(v4(1), v4(2), 6, tcp(1111, 2222, 1, rst))) })
			  .size(),
		  0u);
}

TEST_F(Classify, UdpEndsByTime)
{
	const std::string packet = frame(
		link_ethernet, net4(ipv4(v4(1), v4(2), 17, udp(1111, 2222, "x"))));
	const auto at = [&](std::uint32_t seconds) {
		return Record{ .bytes = packet, .seconds = 1000 + seconds };
	};

	EXPECT_EQ(json(pcap_file(link_ethernet, { at(0), at(180) })).lines().size(), 1u);
	EXPECT_EQ(json(pcap_file(link_ethernet, { at(0), at(181) })).lines().size(), 2u);
	EXPECT_EQ(json(pcap_file(link_ethernet, { at(0), at(150), at(300) })).lines().size(),
		  1u);
}

TEST_F(Classify, ShortSnapshots)
{
	// only the headers and eight bytes of payload were kept
	std::vector<Record> packets;

	for (const auto &packet : bittorrent_connection()) {
		const std::string whole = frame(link_ethernet, packet);

		packets.push_back(
			{ .bytes = whole.substr(0, 14 + 40 + 8),
			  .wire_len = static_cast<std::uint32_t>(whole.size()) });
	}
	const Json flow = only_flow(pcap_file(link_ethernet, packets));
	EXPECT_EQ(flow["bytes"], 336); // as on the wire
	EXPECT_EQ(flow["packets"], 5);
}

TEST_F(Classify, EthernetPaddingIsNoPayload)
{
	auto packets = records(link_ethernet, bittorrent_connection());

	packets[0].bytes.resize(60);
	EXPECT_EQ(only_flow(pcap_file(link_ethernet, packets))["bytes"], 336);
}

TEST_F(Classify, WhatIsInNoFlowIsSaid)
{
	const std::string arp(28, '\1');
	const Result r = ctl(
		world,
		{ "classify",
		  dir.write("odd",
			    pcap_file(link_ethernet,
				 { { .bytes = frame(link_ethernet, { 0x0806, arp }) },
				   { .bytes = "short" } })) });

	EXPECT_EQ(r.code, 0);
	EXPECT_NE(r.out.find("1 packets in no flow: exempt"), std::string::npos)
		<< r.out;
	EXPECT_NE(r.out.find("1 packets in no flow: captured too short"),
		  std::string::npos)
		<< r.out;
}

TEST_F(Classify, ForPeople)
{
	const std::string path = dir.write(
		"site.pcap", pcap_file(link_ethernet, records(link_ethernet,
							 bittorrent_connection())));

	EXPECT_EQ(ctl(world, { "classify", path }).out,
		  path + ": 1 flows\n"
			 "L4  SOURCE -> DESTINATION           APPLICATION    WHY       PACKETS BYTES\n"
			 "tcp 10.0.0.1:51413 -> 10.0.0.2:6881 bittorrent/tcp payload@4       5   336\n"
			 "\n"
			 "APPLICATION    FLOWS PACKETS BYTES\n"
			 "bittorrent/tcp     1       5   336\n");
}

namespace
{

/** Cut @p whole at every byte; never a crash, and never a wrong success */
void cut_everywhere(Classify &test, const std::string &whole,
		    const std::vector<std::size_t> &ends)
{
	for (std::size_t size = 0; size < whole.size(); size++) {
		const Result r = test.json(whole.substr(0, size));
		std::size_t complete = 0; // packets, one flow each
		bool at_end = false;

		for (std::size_t i = 0; i < ends.size(); i++) {
			complete = size >= ends[i] ? i : complete;
			at_end |= size == ends[i];
		}
		EXPECT_EQ(r.code, at_end ? 0 : 1) << size;
		EXPECT_EQ(r.lines().size(), complete) << size;
		EXPECT_EQ(r.err.find("capture") == std::string::npos, at_end) << size;
	}
}

std::vector<Record> three_flows()
{
	std::vector<Record> packets;

	for (std::uint16_t port = 1; port <= 3; port++)
		packets.push_back(
			{ .bytes = frame(link_ethernet,
					 net4(ipv4(v4(1), v4(2), 17,
						   udp(port, 9999, "x")))) });
	return packets;
}

} // namespace

TEST_F(Classify, CutAtEveryByte)
{
	const auto packets = three_flows();
	const std::size_t record = 16 + packets[0].bytes.size();

	cut_everywhere(*this, pcap_file(link_ethernet, packets),
		       { 24, 24 + record, 24 + 2 * record });
}

TEST_F(Classify, CutAtEveryByteInPcapng)
{
	const auto packets = three_flows();
	const std::size_t head = 28 + 20;
	const std::size_t block = 32 + (packets[0].bytes.size() + 3) / 4 * 4;

	cut_everywhere(*this, pcapng_file(link_ethernet, packets),
		       { head, head + block, head + 2 * block });
}

TEST_F(Classify, ForeignFiles)
{
	for (const std::string &content :
	     { std::string(), std::string("\x7f" "ELF\2\1\1") + std::string(100, '\0'),
	       std::string("just some text\n"), std::string(3, '\xff'),
	       std::string("\xd4\xc3\xb2\xa1"),
	       pcap_file(static_cast<LinkType>(105), {}) }) { // 802.11
		const Result r = json(content);

		EXPECT_EQ(r.code, 1);
		EXPECT_EQ(r.out, "");
		EXPECT_EQ(r.err.rfind("p2padm-ctl: classify: ", 0), 0u) << r.err;
		EXPECT_NE(r.err.find("/capture: "), std::string::npos) << r.err;
	}
	// whole, but not for libpcap: what comes before is kept
	const std::string file = pcapng_file(link_ethernet, three_flows());
	for (const std::string &other :
	     { pcapng_interface(link_raw), pcapng_interface(link_ethernet, 128) }) {
		const Result r = json(file + other);

		EXPECT_EQ(r.code, 1);
		EXPECT_EQ(r.lines().size(), 3u);
		EXPECT_NE(r.err.find("not like the first"), std::string::npos) << r.err;
		EXPECT_EQ(r.err.find("damaged"), std::string::npos) << r.err;
	}
}

TEST_F(Classify, FilesThatCannotBeOpened)
{
	Result r = ctl(world, { "classify", (dir.path() / "absent").string() });
	EXPECT_EQ(r.code, 1);
	EXPECT_NE(r.err.find("No such file"), std::string::npos) << r.err;

	r = ctl(world, { "classify", dir.path().string() });
	EXPECT_EQ(r.code, 1);

	const std::string secret = dir.write("secret", "x");
	chmod(secret.c_str(), 0);
	r = ctl(world, { "classify", secret });
	EXPECT_EQ(r.code, 1);
	if (geteuid() != 0) {
		EXPECT_NE(r.err.find("Permission denied"), std::string::npos);
	}
}

TEST_F(Classify, OtherFilesAreStillRead)
{
	const std::string good = dir.write(
		"good", pcap_file(link_ethernet,
			     records(link_ethernet, bittorrent_connection())));
	const std::string bad = dir.write("bad", "nonsense");
	const Result r = ctl(world, { "classify", "-j", good, bad, good });

	EXPECT_EQ(r.code, 1);
	EXPECT_EQ(r.lines().size(), 2u);
	EXPECT_NE(r.err.find(bad), std::string::npos);
	EXPECT_EQ(r.err.find(good), std::string::npos);
}

TEST_F(Classify, NamesAreEscaped)
{
	const std::string path = dir.write("a\033[2Jb\xff", "nonsense");

	EXPECT_EQ(ctl(world, { "classify", path }).err.find('\033'),
		  std::string::npos);
	const std::string good = dir.write(
		"c\033\xff", pcap_file(link_ethernet,
				  records(link_ethernet, bittorrent_connection())));
	EXPECT_EQ(ctl(world, { "classify", good }).out.find('\033'),
		  std::string::npos);
	const auto flows = ctl(world, { "classify", "-j", good }).lines();
	ASSERT_EQ(flows.size(), 1u);
	EXPECT_NE(flows[0]["file"].get<std::string>().find("c\033\xef\xbf\xbd"),
		  std::string::npos);
}

TEST(FlowMap, IsBounded)
{
	FlowMap map(2);

	for (std::uint16_t port = 1; port <= 5; port++) {
		const std::string bytes =
			ipv4(v4(1), v4(2), 17, udp(port, 9999, "x"));
		Packet packet;

		ASSERT_TRUE(strip_link(12, // DLT_RAW
				       { reinterpret_cast<const u8 *>(bytes.data()),
					 static_cast<u32>(bytes.size()) },
				       static_cast<u32>(bytes.size()), packet));
		map.add(packet);
	}
	EXPECT_EQ(map.flows().size(), 2u);
	EXPECT_EQ(map.others().full, 3u);
	EXPECT_EQ(map.others().sum(), 3u);
}
