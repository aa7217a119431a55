// SPDX-License-Identifier: GPL-2.0-only
#include "core/decode.h"

#include <gtest/gtest.h>

#include <cstring>

#include "frames.h"

using namespace p2p;

namespace {

struct Result {
	p2p_decoded what;
	p2p_pkt pkt;
};

/// Decode a copy of exact size, so that the sanitizer sees a read behind it.
Result decode(const Octets &packet, unsigned type = 0x0800, unsigned vid = 0,
	      std::size_t window = ~std::size_t{0}, std::size_t wire = 0)
{
	Octets win = prefix(packet, std::min(window, packet.size()));
	Result r;
	std::memset(&r.pkt, 0xa5, sizeof(r.pkt));
	r.what = p2p_decode(view(win), std::uint16_t(type),
			    std::uint32_t(wire ? wire : packet.size()), std::uint16_t(vid), &r.pkt);
	return r;
}

p2p_decoded what(const Octets &packet, unsigned type = 0x0800)
{
	return decode(packet, type).what;
}

void expect_same(const p2p_pkt &a, const p2p_pkt &b, unsigned shift = 0)
{
	EXPECT_EQ(std::memcmp(&a.key.addr, &b.key.addr, sizeof(a.key.addr)), 0);
	EXPECT_EQ(a.key.port[0], b.key.port[0]);
	EXPECT_EQ(a.key.port[1], b.key.port[1]);
	EXPECT_EQ(a.key.l4, b.key.l4);
	EXPECT_EQ(a.key.family, b.key.family);
	EXPECT_EQ(a.dir, b.dir);
	EXPECT_EQ(a.frag, b.frag);
	EXPECT_EQ(a.flags, b.flags);
	EXPECT_EQ(a.seq, b.seq);
	EXPECT_EQ(a.payload_off + shift, b.payload_off);
	EXPECT_EQ(a.payload_len, b.payload_len);
}

const Octets payload = text("hello, peer");

} // namespace

TEST(Decode, KeyHasNoPadding)
{
	EXPECT_EQ(sizeof(p2p_key), 48u);
}

TEST(Decode, Ipv4Tcp)
{
	auto r = decode(Ipv4{}(tcp(6881, 50000, payload, 0x01020304, 0x18)));
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.key.family, 4);
	EXPECT_EQ(r.pkt.key.l4, P2P_TCP);
	EXPECT_EQ(r.pkt.key.bridge, 0u);
	EXPECT_EQ(r.pkt.key.vid, 0);
	EXPECT_EQ(r.pkt.key.cvid, 0);
	EXPECT_EQ(r.pkt.key.session, 0);
	EXPECT_EQ(r.pkt.key.addr.word[1], 0u);
	EXPECT_EQ(r.pkt.key.addr.word[2], 0u);
	EXPECT_EQ(r.pkt.key.addr.word[3], 0u);
	EXPECT_EQ(r.pkt.flags, 0x18);
	EXPECT_EQ(r.pkt.seq, 0x01020304u);
	EXPECT_EQ(r.pkt.payload_off, 40u);
	EXPECT_EQ(r.pkt.payload_len, payload.size());
	EXPECT_FALSE(r.pkt.frag);
}

TEST(Decode, EndpointsKeepTheirPorts)
{
	auto r = decode(Ipv4{}(tcp(6881, 50000)));
	Octets src(4), dst(4);
	std::memcpy(src.data(), &r.pkt.key.addr.v4[r.pkt.dir], 4);
	std::memcpy(dst.data(), &r.pkt.key.addr.v4[!r.pkt.dir], 4);
	EXPECT_EQ(src, v4(10, 0, 0, 1));
	EXPECT_EQ(dst, v4(192, 0, 2, 2));
	Octets port(2);
	std::memcpy(port.data(), &r.pkt.key.port[r.pkt.dir], 2);
	EXPECT_EQ(port, be16(6881));
}

TEST(Decode, BothDirectionsAreOneFlow)
{
	Octets a = v4(10, 0, 0, 1), b = v4(10, 0, 0, 2);
	Octets c = v6(0x20010db8, 9), d = v6(0x20010db8, 8);
	for (auto [x, y] : {std::pair{1u, 2u}, {2u, 1u}, {5u, 5u}})
		for (bool same : {false, true}) {
			auto one = decode(Ipv4{.src = a, .dst = same ? a : b}(tcp(1000 + x, 1000 + y)));
			auto two = decode(Ipv4{.src = same ? a : b, .dst = a}(tcp(1000 + y, 1000 + x)));
			ASSERT_EQ(one.what, P2P_PKT_FLOW);
			EXPECT_TRUE(p2p_key_equal(&one.pkt.key, &two.pkt.key));
			EXPECT_TRUE((same && x == y) || one.pkt.dir != two.pkt.dir);

			one = decode(Ipv6{.src = c, .dst = same ? c : d}(tcp(1000 + x, 1000 + y)), 0x86dd);
			two = decode(Ipv6{.src = same ? c : d, .dst = c}(tcp(1000 + y, 1000 + x)), 0x86dd);
			ASSERT_EQ(one.what, P2P_PKT_FLOW);
			EXPECT_TRUE(p2p_key_equal(&one.pkt.key, &two.pkt.key));
			EXPECT_TRUE((same && x == y) || one.pkt.dir != two.pkt.dir);
		}
}

TEST(Decode, OtherFlowsHaveOtherKeys)
{
	auto base = decode(Ipv4{}(tcp(1000, 2000))).pkt.key;
	auto differs = [&](const Result &r) {
		ASSERT_EQ(r.what, P2P_PKT_FLOW);
		EXPECT_FALSE(p2p_key_equal(&base, &r.pkt.key));
	};
	differs(decode(Ipv4{}(tcp(1000, 2001))));
	differs(decode(Ipv4{.src = v4(10, 0, 0, 2)}(tcp(1000, 2000))));
	differs(decode(Ipv4{.proto = 17}(udp(1000, 2000))));
	differs(decode(Ipv4{}(tcp(1000, 2000)), 0x0800, 5));
	differs(decode(tag(7, 0x0800) + Ipv4{}(tcp(1000, 2000)), 0x8100));
	differs(decode(pppoe(Ipv4{}(tcp(1000, 2000)), 0x21), 0x8864));
	auto six = decode(Ipv6{}(tcp(1000, 2000)), 0x86dd).pkt.key;
	auto other = decode(Ipv6{.dst = v6(0x20010db8, 3)}(tcp(1000, 2000)), 0x86dd).pkt.key;
	EXPECT_FALSE(p2p_key_equal(&six, &other));
}

TEST(Decode, Udp)
{
	auto r = decode(Ipv4{.proto = 17}(udp(6881, 6882, payload)));
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.key.l4, P2P_UDP);
	EXPECT_EQ(r.pkt.payload_off, 28u);
	EXPECT_EQ(r.pkt.payload_len, payload.size());
	EXPECT_EQ(r.pkt.flags, 0);
	EXPECT_EQ(r.pkt.seq, 0u);
	EXPECT_EQ(decode(Ipv4{.proto = 17}(udp(1, 2))).pkt.payload_len, 0u);
}

TEST(Decode, UdpLength)
{
	auto with = [](unsigned len) {
		return Ipv4{.proto = 17}(be16(1000) + be16(2000) + be16(len) + fill(2) + payload);
	};
	EXPECT_EQ(decode(with(8 + 4)).pkt.payload_len, 4u);
	EXPECT_EQ(what(with(8)), P2P_PKT_FLOW);
	EXPECT_EQ(what(with(7)), P2P_PKT_BAD);
	EXPECT_EQ(what(with(0)), P2P_PKT_BAD);
	EXPECT_EQ(what(with(unsigned(8 + payload.size() + 1))), P2P_PKT_BAD);
	EXPECT_EQ(what(with(0xffff)), P2P_PKT_BAD);
}

TEST(Decode, OptionsMovePayload)
{
	for (unsigned ip = 0; ip <= 40; ip += 4)
		for (unsigned t = 0; t <= 40; t += 4) {
			auto r = decode(Ipv4{.options = ip}(tcp(1000, 2000, payload, 1, 0x18, t)));
			ASSERT_EQ(r.what, P2P_PKT_FLOW);
			EXPECT_EQ(r.pkt.payload_off, 40 + ip + t);
			EXPECT_EQ(r.pkt.payload_len, payload.size());
		}
}

TEST(Decode, HeaderLengthsThatLie)
{
	Octets short_ihl = Ipv4{}(tcp(1, 2));
	short_ihl[0] = 0x44;
	EXPECT_EQ(what(short_ihl), P2P_PKT_BAD);
	short_ihl[0] = 0x4f; /* 60 bytes of header in 40 of packet */
	EXPECT_EQ(what(short_ihl), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv4{.version = 5}(tcp(1, 2))), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv4{.version = 6}(tcp(1, 2))), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv6{.version = 4}(tcp(1, 2)), 0x86dd), P2P_PKT_BAD);

	Octets offset = Ipv4{}(tcp(1, 2, payload));
	offset[32] = 0x40;
	EXPECT_EQ(what(offset), P2P_PKT_BAD);
	offset[32] = 0xf0; /* 60 bytes of TCP header, 31 there */
	EXPECT_EQ(what(offset), P2P_PKT_BAD);
}

TEST(Decode, TotalLength)
{
	Octets packet = Ipv4{}(tcp(1, 2, payload));
	auto padded = decode(packet + fill(9)); /* Ethernet pads */
	ASSERT_EQ(padded.what, P2P_PKT_FLOW);
	EXPECT_EQ(padded.pkt.payload_len, payload.size());
	EXPECT_EQ(what(Ipv4{.total = int(packet.size()) + 1}(tcp(1, 2, payload))), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv4{.total = 39}(tcp(1, 2, payload))), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv4{.total = 19}(tcp(1, 2, payload))), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv4{.total = 0}(tcp(1, 2, payload))), P2P_PKT_BAD);
}

TEST(Decode, SuperPackets)
{
	/* A buffer of 100000 bytes whose headers are all that is shown */
	auto big4 = decode(Ipv4{.total = 0}(tcp(1, 2, payload)), 0x0800, 0, 60, 100000);
	ASSERT_EQ(big4.what, P2P_PKT_FLOW);
	EXPECT_EQ(big4.pkt.payload_len, 100000u - 40);
	auto big6 = decode(Ipv6{.size = 0}(tcp(1, 2, payload)), 0x86dd, 0, 80, 100000);
	ASSERT_EQ(big6.what, P2P_PKT_FLOW);
	EXPECT_EQ(big6.pkt.payload_len, 100000u - 60);
	/* RFC 2675 with its option, and a UDP length of 0 */
	auto jumbo = decode(Ipv6{.next = 0, .size = 0}(extension(17) + be16(1) + be16(2) + be16(0) + fill(2)),
			    0x86dd, 0, 60, 100000);
	ASSERT_EQ(jumbo.what, P2P_PKT_FLOW);
	EXPECT_EQ(jumbo.pkt.payload_len, 100000u - 56);
	EXPECT_EQ(what(Ipv6{.size = 0}(tcp(1, 2, payload)), 0x86dd), P2P_PKT_BAD);
	/* Up to 64 KiB the lengths are there and hold */
	auto gso = decode(Ipv4{.total = 60000}(tcp(1, 2, payload)), 0x0800, 0, 60, 60000);
	ASSERT_EQ(gso.what, P2P_PKT_FLOW);
	EXPECT_EQ(gso.pkt.payload_len, 60000u - 40);
}

TEST(Decode, Ipv6UdpWithoutALength)
{
	/* not as RFC 2460 wants it, but end hosts take it */
	Octets datagram = be16(1000) + be16(2000) + be16(0) + fill(2) + payload;
	auto r = decode(Ipv6{.next = 17}(datagram), 0x86dd);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.payload_len, payload.size());
	EXPECT_EQ(what(Ipv4{.proto = 17}(datagram)), P2P_PKT_BAD);
}

TEST(Tcp, BeginsAndEnds)
{
	EXPECT_TRUE(p2p_tcp_begins(P2P_SYN));
	EXPECT_FALSE(p2p_tcp_begins(P2P_SYN | P2P_ACK));
	EXPECT_FALSE(p2p_tcp_begins(P2P_ACK));
	EXPECT_TRUE(p2p_tcp_closed(P2P_SYN | P2P_FIN, P2P_SYN | P2P_FIN, false));
	EXPECT_FALSE(p2p_tcp_closed(P2P_SYN | P2P_FIN, P2P_SYN, false));
	EXPECT_TRUE(p2p_tcp_closed(0, P2P_RST, false));
	/* whose other direction takes another path */
	EXPECT_TRUE(p2p_tcp_closed(P2P_FIN, 0, true));
	EXPECT_TRUE(p2p_tcp_closed(0, P2P_FIN, true));
	EXPECT_FALSE(p2p_tcp_closed(P2P_SYN | P2P_ACK, 0, true));
}

TEST(Decode, ShortWindowIsNotABadPacket)
{
	for (const auto &packet : {Ipv4{}(tcp(1000, 2000, payload, 1, 0x18, 12)),
				   Ipv4{.proto = 17, .options = 8}(udp(1000, 2000, payload)),
				   Ipv4{.dst = v4(239, 192, 152, 143), .proto = 17}(udp(6771, 6771, payload))}) {
		auto whole = decode(packet);
		ASSERT_EQ(whole.what, P2P_PKT_FLOW);
		for (std::size_t n = 0; n < packet.size(); n++) {
			auto r = decode(packet, 0x0800, 0, n);
			if (r.what == P2P_PKT_FLOW)
				expect_same(whole.pkt, r.pkt);
			else
				EXPECT_EQ(r.what, P2P_PKT_SHORT) << n;
			/* The packet itself ends there: that is bad. */
			EXPECT_EQ(decode(prefix(packet, n)).what, P2P_PKT_BAD) << n;
		}
	}
}

TEST(Decode, Ipv6)
{
	auto r = decode(Ipv6{}(tcp(6881, 50000, payload)) + fill(5), 0x86dd);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.key.family, 6);
	EXPECT_EQ(r.pkt.payload_off, 60u);
	EXPECT_EQ(r.pkt.payload_len, payload.size());
	r = decode(Ipv6{.next = 17}(udp(1, 2, payload)), 0x86dd);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.payload_off, 48u);
	EXPECT_EQ(what(Ipv6{.size = 32}(tcp(1, 2)), 0x86dd), P2P_PKT_BAD);
}

TEST(Decode, Ipv6Extensions)
{
	Octets l4 = tcp(1000, 2000, payload);
	Octets ah = be8(6) + be8(4) + fill(22); /* RFC 4302: (4 + 2) * 4 bytes */
	auto check = [&](unsigned first, const Octets &chain) {
		auto r = decode(Ipv6{.next = first}(chain + l4), 0x86dd);
		ASSERT_EQ(r.what, P2P_PKT_FLOW);
		EXPECT_EQ(r.pkt.payload_off, 60 + chain.size());
		EXPECT_EQ(r.pkt.payload_len, payload.size());
		EXPECT_EQ(r.pkt.key.l4, P2P_TCP);
	};
	check(0, extension(6));
	check(43, extension(6, 3));
	check(60, extension(6, 32));
	check(51, ah);
	check(44, fragment(6, 0, false)); /* an atomic fragment, RFC 6946 */
	check(0, extension(60) + extension(43) + extension(51) + ah);

	Octets seven;
	for (int i = 0; i < 7; i++)
		seven += extension(60);
	check(60, seven + extension(6));
	EXPECT_EQ(what(Ipv6{.next = 60}(seven + extension(60) + extension(6) + l4), 0x86dd), P2P_PKT_DEEP);
	EXPECT_EQ(what(Ipv6{.next = 60}(extension(6, 200)), 0x86dd), P2P_PKT_BAD);
}

TEST(Decode, Ipv6ExtensionBeyondPacketIsBad)
{
	Octets lies = be8(6) + be8(40) + fill(6);
	EXPECT_EQ(what(Ipv6{.next = 60}(lies + tcp(1, 2)), 0x86dd), P2P_PKT_BAD);
	EXPECT_EQ(decode(Ipv6{.next = 60}(extension(6, 32) + tcp(1, 2)), 0x86dd, 0, 100).what, P2P_PKT_SHORT);
}

TEST(Decode, NotTcpOrUdp)
{
	for (unsigned proto : {1u, 2u, 4u, 41u, 47u, 50u, 51u, 58u, 88u, 89u, 103u, 112u, 132u})
		EXPECT_EQ(what(Ipv4{.proto = proto}(fill(40))), P2P_PKT_EXEMPT_NOT_L4) << proto;
	for (unsigned next : {1u, 4u, 41u, 47u, 50u, 58u, 59u, 89u, 132u, 135u})
		EXPECT_EQ(what(Ipv6{.next = next}(fill(40)), 0x86dd), P2P_PKT_EXEMPT_NOT_L4) << next;
	/* MLD comes behind a hop-by-hop header */
	EXPECT_EQ(what(Ipv6{.next = 0}(extension(58) + fill(20)), 0x86dd), P2P_PKT_EXEMPT_NOT_L4);
	EXPECT_EQ(what(Ipv6{.next = 59, .size = 0}({}) + fill(6), 0x86dd), P2P_PKT_EXEMPT_NOT_L4);
}

TEST(Decode, NotIp)
{
	for (unsigned type : {0x0806u, 0x88ccu, 0x8863u, 0x888eu, 0x0026u, 0x8847u, 0x0000u})
		EXPECT_EQ(what(Ipv4{}(tcp(1, 2)), type), P2P_PKT_EXEMPT_NOT_IP) << type;
	EXPECT_EQ(what(tag(5, 0x0806) + fill(28), 0x8100), P2P_PKT_EXEMPT_NOT_IP);
	EXPECT_EQ(what({}, 0x0806), P2P_PKT_EXEMPT_NOT_IP);
}

TEST(Decode, Fragments)
{
	Octets seg = tcp(1000, 2000, noise(100));
	auto first = decode(Ipv4{.frag = 0x2000}(seg));
	ASSERT_EQ(first.what, P2P_PKT_FLOW);
	EXPECT_TRUE(first.pkt.frag);
	EXPECT_EQ(first.pkt.payload_len, 100u);

	for (unsigned frag : {0x0001u, 0x2001u, 0x3fffu, 0x1fffu}) {
		auto later = decode(Ipv4{.frag = frag}(noise(64)));
		EXPECT_EQ(later.what, P2P_PKT_FRAGMENT) << frag;
		EXPECT_EQ(later.pkt.key.l4, P2P_TCP);
		EXPECT_EQ(later.pkt.key.family, 4);
		auto back = decode(Ipv4{.src = v4(192, 0, 2, 2), .dst = v4(10, 0, 0, 1), .frag = frag}(noise(64)));
		EXPECT_EQ(std::memcmp(&later.pkt.key, &back.pkt.key, sizeof(p2p_key)), 0);
	}
	EXPECT_EQ(what(Ipv4{.proto = 1, .frag = 1}(noise(64))), P2P_PKT_EXEMPT_NOT_L4);
	EXPECT_EQ(what(Ipv4{.proto = 17, .frag = 1}({})), P2P_PKT_FRAGMENT);

	/* A first fragment's UDP length is that of the whole datagram */
	Octets udp_first = be16(1000) + be16(2000) + be16(4000) + fill(2) + noise(64);
	auto u = decode(Ipv4{.proto = 17, .frag = 0x2000}(udp_first));
	ASSERT_EQ(u.what, P2P_PKT_FLOW);
	EXPECT_EQ(u.pkt.payload_len, 64u);
}

TEST(Decode, TinyFirstFragments)
{
	for (unsigned proto : {6u, 17u})
		for (std::size_t n = 0; n < 20; n++) {
			Octets l4 = proto == 6 ? tcp(1000, 2000, noise(8)) : udp(1000, 2000, noise(64));
			auto r = decode(Ipv4{.proto = proto, .frag = 0x2000}(prefix(l4, n)));
			EXPECT_EQ(r.what, n < 4 ? P2P_PKT_BAD : P2P_PKT_FLOW) << proto << " " << n;
			if (r.what != P2P_PKT_FLOW)
				continue;
			EXPECT_TRUE(r.pkt.frag);
			EXPECT_LE(r.pkt.payload_off + r.pkt.payload_len, 20 + n);
			auto six = decode(Ipv6{.next = 44}(fragment(proto, 0, true) + prefix(l4, n)), 0x86dd);
			EXPECT_EQ(six.what, P2P_PKT_FLOW);
			EXPECT_TRUE(six.pkt.frag);
		}
}

TEST(Decode, Ipv6Fragments)
{
	auto first = decode(Ipv6{.next = 44}(fragment(6, 0, true) + tcp(1, 2, payload)), 0x86dd);
	ASSERT_EQ(first.what, P2P_PKT_FLOW);
	EXPECT_TRUE(first.pkt.frag);
	EXPECT_EQ(first.pkt.payload_len, payload.size());
	auto later = decode(Ipv6{.next = 44}(fragment(17, 10, true) + noise(64)), 0x86dd);
	EXPECT_EQ(later.what, P2P_PKT_FRAGMENT);
	EXPECT_EQ(later.pkt.key.l4, P2P_UDP);
	EXPECT_EQ(later.pkt.key.family, 6);
	EXPECT_EQ(what(Ipv6{.next = 44}(fragment(60, 10, false) + noise(64)), 0x86dd), P2P_PKT_EXEMPT_NOT_L4);
	EXPECT_EQ(what(Ipv6{.next = 44}(fragment(58, 0, true) + noise(64)), 0x86dd), P2P_PKT_EXEMPT_NOT_L4);
}

TEST(Decode, LinkLocalAndUnspecified)
{
	Octets l4 = udp(5000, 5000, payload);
	for (const auto &a : {v4(169, 254, 0, 1), v4(169, 254, 255, 255), v4(0, 0, 0, 0)}) {
		EXPECT_EQ(what(Ipv4{.src = a, .proto = 17}(l4)), P2P_PKT_EXEMPT_LINK);
		EXPECT_EQ(what(Ipv4{.dst = a, .proto = 17}(l4)), P2P_PKT_EXEMPT_LINK);
	}
	for (const auto &a : {v4(169, 253, 1, 1), v4(169, 255, 1, 1), v4(223, 255, 255, 255), v4(1, 0, 0, 0),
			      v4(0, 0, 0, 1), v4(127, 0, 0, 1), v4(240, 0, 0, 1)}) {
		EXPECT_EQ(what(Ipv4{.src = a, .proto = 17}(l4)), P2P_PKT_FLOW);
		EXPECT_EQ(what(Ipv4{.dst = a, .proto = 17}(l4)), P2P_PKT_FLOW);
	}
	for (const auto &a : {v6(0xfe800000, 1), v6(0xfebfffff, 1), fill(16)}) {
		EXPECT_EQ(what(Ipv6{.src = a, .next = 17}(l4), 0x86dd), P2P_PKT_EXEMPT_LINK);
		EXPECT_EQ(what(Ipv6{.dst = a, .next = 17}(l4), 0x86dd), P2P_PKT_EXEMPT_LINK);
	}
	for (const auto &a : {v6(0xfe7f0000, 1), v6(0xfec00000, 1), v6(0xfd000000, 1), v6(0, 1), v6(0x0064ff9b, 1)}) {
		EXPECT_EQ(what(Ipv6{.src = a, .next = 17}(l4), 0x86dd), P2P_PKT_FLOW);
		EXPECT_EQ(what(Ipv6{.dst = a, .next = 17}(l4), 0x86dd), P2P_PKT_FLOW);
	}
}

TEST(Decode, MulticastButForTheDiscoveryGroups)
{
	Octets lsd = udp(6771, 6771, payload);
	Octets group4 = v4(239, 192, 152, 143);
	Octets group6 = be16(0xff15) + fill(10) + be32(0xefc0988f);

	EXPECT_EQ(what(Ipv4{.dst = group4, .proto = 17}(lsd)), P2P_PKT_FLOW);
	EXPECT_EQ(what(Ipv6{.dst = group6, .next = 17}(lsd), 0x86dd), P2P_PKT_FLOW);
	EXPECT_EQ(what(Ipv4{.dst = group4, .proto = 17}(udp(40000, 6771, payload))), P2P_PKT_FLOW);
	/* BEP 14 from a host that has but a link-local address */
	EXPECT_EQ(what(Ipv6{.src = v6(0xfe800000, 1), .dst = group6, .next = 17}(lsd), 0x86dd), P2P_PKT_FLOW);

	EXPECT_EQ(what(Ipv4{.dst = group4, .proto = 17}(udp(6771, 6772, payload))), P2P_PKT_EXEMPT_MULTICAST);
	EXPECT_EQ(what(Ipv4{.dst = group4}(tcp(6771, 6771, payload))), P2P_PKT_EXEMPT_MULTICAST);
	EXPECT_EQ(what(Ipv4{.dst = group4, .proto = 17, .frag = 1}(lsd)), P2P_PKT_EXEMPT_MULTICAST);
	for (const auto &a : {v4(224, 0, 0, 1), v4(239, 255, 255, 250), v4(255, 255, 255, 255), v4(239, 192, 152, 144)})
		EXPECT_EQ(what(Ipv4{.dst = a, .proto = 17}(lsd)), P2P_PKT_EXEMPT_MULTICAST);
	for (const auto &a : {v6(0xff020000, 1), v6(0xff150000, 1), be16(0xff14) + fill(10) + be32(0xefc0988f)})
		EXPECT_EQ(what(Ipv6{.dst = a, .next = 17}(lsd), 0x86dd), P2P_PKT_EXEMPT_MULTICAST);
	EXPECT_EQ(what(Ipv4{.src = v4(224, 0, 0, 1), .proto = 17}(lsd)), P2P_PKT_BAD);
	EXPECT_EQ(what(Ipv6{.src = v6(0xff020000, 1), .next = 17}(lsd), 0x86dd), P2P_PKT_BAD);
}

TEST(Decode, ControlProtocols)
{
	for (unsigned port : {67u, 68u, 520u, 521u, 546u, 547u, 646u, 1985u, 2029u, 3222u, 3784u, 3785u, 4784u}) {
		EXPECT_EQ(what(Ipv4{.proto = 17}(udp(port, 40000, payload))), P2P_PKT_EXEMPT_CONTROL) << port;
		EXPECT_EQ(what(Ipv4{.proto = 17}(udp(40000, port))), P2P_PKT_EXEMPT_CONTROL) << port;
		EXPECT_EQ(what(Ipv6{.next = 17}(udp(40000, port, payload)), 0x86dd), P2P_PKT_EXEMPT_CONTROL) << port;
		EXPECT_EQ(what(Ipv4{}(tcp(port, 40000))), port == 646 ? P2P_PKT_EXEMPT_CONTROL : P2P_PKT_FLOW) << port;
	}
	for (unsigned port : {179u, 646u}) {
		EXPECT_EQ(what(Ipv4{}(tcp(port, 40000))), P2P_PKT_EXEMPT_CONTROL);
		EXPECT_EQ(what(Ipv6{}(tcp(40000, port)), 0x86dd), P2P_PKT_EXEMPT_CONTROL);
	}
	for (unsigned port : {53u, 66u, 69u, 179u, 519u, 522u, 545u, 548u, 1984u, 3783u, 6881u})
		EXPECT_EQ(what(Ipv4{.proto = 17}(udp(port, 40000))), P2P_PKT_FLOW) << port;
	for (unsigned port : {22u, 80u, 178u, 180u, 443u, 645u, 647u, 6881u})
		EXPECT_EQ(what(Ipv4{}(tcp(port, 40000))), P2P_PKT_FLOW) << port;
}

TEST(Decode, Vlans)
{
	Octets ip = Ipv4{}(tcp(1000, 2000, payload));
	auto plain = decode(ip).pkt;

	auto one = decode(tag(0xa123, 0x0800) + ip, 0x8100);
	ASSERT_EQ(one.what, P2P_PKT_FLOW);
	EXPECT_EQ(one.pkt.key.vid, 0x123); /* without the priority */
	EXPECT_EQ(one.pkt.key.cvid, 0);
	expect_same(plain, one.pkt, 4);

	for (unsigned outer : {0x8100u, 0x88a8u, 0x9100u}) {
		auto two = decode(tag(5, 0x8100) + tag(6, 0x0800) + ip, outer);
		ASSERT_EQ(two.what, P2P_PKT_FLOW);
		EXPECT_EQ(two.pkt.key.vid, 5);
		EXPECT_EQ(two.pkt.key.cvid, 6);
		expect_same(plain, two.pkt, 8);
	}
	/* The outer one was taken out by the hardware */
	auto inner = decode(tag(6, 0x0800) + ip, 0x8100, 5);
	ASSERT_EQ(inner.what, P2P_PKT_FLOW);
	EXPECT_EQ(inner.pkt.key.vid, 5);
	EXPECT_EQ(inner.pkt.key.cvid, 6);
	auto taken = decode(ip, 0x0800, 5);
	EXPECT_EQ(taken.pkt.key.vid, 5);
	EXPECT_EQ(taken.pkt.key.cvid, 0);
	expect_same(plain, taken.pkt);

	/* VLAN 0 is a priority, not a VLAN */
	auto priority = decode(tag(0xe000, 0x0800) + ip, 0x8100);
	EXPECT_EQ(priority.pkt.key.vid, 0);
	EXPECT_TRUE(p2p_key_equal(&priority.pkt.key, &plain.key));

	EXPECT_EQ(what(tag(1, 0x8100) + tag(2, 0x8100) + tag(3, 0x0800) + ip, 0x8100), P2P_PKT_EXEMPT_NOT_IP);
	EXPECT_EQ(decode(tag(1, 0x8100) + tag(2, 0x0800) + ip, 0x8100, 9).what, P2P_PKT_EXEMPT_NOT_IP);
	for (std::size_t n = 0; n < 8; n++) {
		Octets two = tag(5, 0x8100) + tag(6, 0x0800) + ip;
		EXPECT_EQ(decode(two, 0x88a8, 0, n).what, P2P_PKT_SHORT);
		EXPECT_EQ(decode(prefix(two, n), 0x88a8).what, P2P_PKT_BAD);
	}
}

TEST(Decode, Pppoe)
{
	Octets four = Ipv4{}(tcp(1000, 2000, payload)), six = Ipv6{}(tcp(1000, 2000, payload));
	auto r = decode(pppoe(four, 0x0021), 0x8864);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.key.session, 77);
	expect_same(decode(four).pkt, r.pkt, 8);
	r = decode(pppoe(six, 0x0057) + fill(4), 0x8864);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	expect_same(decode(six, 0x86dd).pkt, r.pkt, 8);
	r = decode(tag(9, 0x8864) + pppoe(four, 0x0021), 0x8100);
	ASSERT_EQ(r.what, P2P_PKT_FLOW);
	EXPECT_EQ(r.pkt.key.vid, 9);
	expect_same(decode(four).pkt, r.pkt, 12);

	for (unsigned protocol : {0xc021u, 0x8021u, 0x8057u, 0xc023u})
		EXPECT_EQ(what(pppoe(fill(20), protocol), 0x8864), P2P_PKT_EXEMPT_NOT_IP);
	Octets bad = pppoe(four, 0x0021);
	bad[0] = 0x21;
	EXPECT_EQ(what(bad, 0x8864), P2P_PKT_BAD);
	bad = pppoe(four, 0x0021);
	bad[1] = 0xa7;
	EXPECT_EQ(what(bad, 0x8864), P2P_PKT_BAD);
	bad = pppoe(four, 0x0021);
	bad[4] = 0xff;
	EXPECT_EQ(what(bad, 0x8864), P2P_PKT_BAD);
	EXPECT_EQ(what(prefix(pppoe(four, 0x0021), 7), 0x8864), P2P_PKT_BAD);
	EXPECT_EQ(decode(pppoe(four, 0x0021), 0x8864, 0, 7).what, P2P_PKT_SHORT);
}

/* The plain way is an abbreviation of the general one, which a tag takes. */
TEST(Decode, PlainAndGeneralWayAgree)
{
	for (std::uint32_t seed = 1; seed <= 100000; seed++) {
		Octets r = noise(90, seed);
		Octets l4 = r[0] & 1 ? tcp(r[1] << 8 | r[2], r[3] << 8 | r[4], prefix(r, r[5] % 24), seed, r[6])
				     : udp(r[1] << 8 | r[2], r[3] << 8 | r[4], prefix(r, r[5] % 24));
		Octets ip = r[0] & 2 ? Ipv4{.src = prefix(r, 4), .proto = r[0] & 1 ? 6u : 17u}(l4)
				     : Ipv6{.dst = prefix(suffix(r, 40), 16), .next = r[0] & 1 ? 6u : 17u}(l4);
		for (unsigned n = r[7] % 3; n; n--) /* damage */
			ip[r[8 + n] % ip.size()] ^= std::uint8_t(1 << r[12 + n] % 8);
		unsigned type = r[0] & 2 ? 0x0800 : 0x86dd;
		auto plain = decode(ip, type), general = decode(tag(0, type) + ip, 0x8100);
		ASSERT_EQ(plain.what, general.what) << seed;
		if (plain.what == P2P_PKT_FLOW)
			expect_same(plain.pkt, general.pkt, 4);
	}
}
