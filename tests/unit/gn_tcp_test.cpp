// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "gn.h"
#include "talk.h"

using namespace p2p;

namespace {

const std::string urn = "urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB";

bool is_tcp(const Talk &t) { return t.is(P2P_PROTO_gn_tcp); }
bool begun(const Octets &payload, unsigned dir = 0)
{
	auto t = Talk::tcp();
	t.send(dir, payload);
	return is_tcp(t);
}
bool midstream(const Octets &payload, unsigned dir = 0)
{
	auto t = Talk::midstream();
	t.send(dir, payload);
	return is_tcp(t);
}
/// One byte a segment
bool by_drops(const Octets &payload)
{
	auto t = Talk::tcp();
	for (auto byte : payload)
		t.send(0, {byte});
	return is_tcp(t);
}

} // namespace

TEST(GnTcp, Handshakes)
{
	for (const auto *s : {"GNUTELLA CONNECT/0.4\n\n", "GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\n\r\n", "GNUTELLA OK\n\n",
			      "GNUTELLA/0.6 200 OK\r\n", "GNUTELLA/0.6 503 Full\r\n\r\n"}) {
		for (unsigned dir : {0u, 1u}) {
			EXPECT_TRUE(begun(text(s), dir)) << s;
			EXPECT_TRUE(midstream(text(s), dir)) << s;
		}
		EXPECT_TRUE(by_drops(text(s))) << s;
	}
	for (const auto *s : {"GNUTELLA is a network", "GNUTELLAS", "gnutella connect/0.6", "GNUTELLA CONNECTED"}) {
		auto t = Talk::tcp();
		t.send(0, text(s));
		EXPECT_TRUE(t.refused()) << s;
	}
}

TEST(GnTcp, HandshakeAtEveryLength)
{
	Octets all = text("GNUTELLA CONNECT/0.6\r\n");
	for (std::size_t n = 1; n <= all.size(); n++) {
		auto t = Talk::tcp();
		EXPECT_EQ(t.send(0, prefix(all, n)), n < 17 ? P2P_MORE : P2P_YES) << n;
	}
}

TEST(GnTcp, Giv)
{
	auto giv = text("GIV 17:0123456789abcdefABCDEF0123456789/film.avi\n\n");
	EXPECT_TRUE(begun(giv));
	EXPECT_TRUE(midstream(giv, 1));
	EXPECT_TRUE(by_drops(giv));
	for (const auto *s : {"GIV :0123456789abcdefABCDEF0123456789/film.avi", "GIV 17:0123456789abcdefABCDEF012345678x/film.avi",
			      "GIV me a good reason why this should be one of yours", "GIV 17 0123456789abcdefABCDEF0123456789/film.avi"})
		EXPECT_FALSE(begun(text(s))) << s;
}

TEST(GnTcp, Transfers)
{
	const std::string end = "\r\n\r\n";
	for (const auto &s : {"GET /get/1/film.avi HTTP/1.1\r\nUser-Agent: x\r\nX-Queue: 0.1" + end,
			      "GET /uri-res/N2R?" + urn + " HTTP/1.1\r\nX-Gnutella-Content-URN: " + urn + end,
			      "HEAD /uri-res/N2R?" + urn + " HTTP/1.1\r\nHost: x\r\nX-NAlt: 10.0.0.1:5" + end,
			      "HTTP/1.1 206 Partial\r\nX-Gnutella-Content-URN: " + urn + end,
			      "HTTP/1.1 503 Queued\r\nX-Queue: position=2,length=9" + end}) {
		EXPECT_TRUE(begun(text(s))) << s;
		EXPECT_TRUE(midstream(text(s), 1)) << s;
		auto t = Talk::tcp(); /* header by header */
		for (std::size_t at = 0; at < s.size(); at += 40)
			t.send(0, text(s.substr(at, 40)));
		EXPECT_TRUE(is_tcp(t)) << s;
	}
}

TEST(GnTcp, TheWebIsRefused)
{
	const std::string end = "\r\n\r\n", body = "X-Gnutella-Content-URN:\nX-Queue: 0.1\r\nX-Gnutella-";
	for (const auto &s : {"GET / HTTP/1.1\r\nHost: x" + end, "GET /get/1/film HTTP/1.1\r\nHost: x" + end,
			      "GET /get/me HTTP/1.1\r\nX-Queue: 0.1" + end, "GET /get/12 HTTP/1.1\r\nX-Queue: 0.1" + end,
			      "GET /uri-res/N2R?" + urn + " HTTP/1.1\r\nHost: x" + end, "POST / HTTP/1.1\r\nX-Queue: 1" + end,
			      "HTTP/1.1 200 OK\r\nContent-Length: 60" + end + body}) {
		auto t = Talk::tcp();
		t.send(0, text(s));
		EXPECT_TRUE(t.refused()) << s;
	}
	auto t = Talk::tcp();
	t.send(0, text("HTTP/1.1 200 OK\r\nContent-Length: 60" + end));
	EXPECT_EQ(t.send(0, text("\r\n" + body)), P2P_NO);
}

TEST(GnTcp, DescriptorsInMidstream)
{
	auto ping = descriptor(guid(1), 0x00), question = descriptor(guid(2), 0x80, query());
	EXPECT_TRUE(midstream(ping));
	EXPECT_TRUE(midstream(question + ping + descriptor(guid(3), 0x01, pong()), 1));
	EXPECT_TRUE(midstream(descriptor(guid(3), 0x30, be8(0) + le32(65536) + be8(7), 1)));
	EXPECT_TRUE(midstream(descriptor(guid(3), 0x81, hit())));
	EXPECT_FALSE(midstream(question + be8(1)));
	EXPECT_FALSE(midstream(be8(1) + question));
	EXPECT_FALSE(midstream(prefix(question, question.size() - 1)));
	EXPECT_FALSE(begun(ping)); /* nobody begins like that */
}

TEST(GnTcp, OlderDescriptorsByTwo)
{
	auto one = descriptor(guid(1, false), 0x00), other = descriptor(guid(2, false), 0x01, pong());
	EXPECT_FALSE(midstream(one));
	EXPECT_FALSE(midstream(one + one));
	EXPECT_TRUE(midstream(one + other));
	auto t = Talk::midstream();
	t.send(0, one);
	t.send(1, other);
	EXPECT_TRUE(is_tcp(t));
}

TEST(GnTcp, ZerosAreNeverEvidence)
{
	for (std::size_t n : {1u, 22u, 23u, 46u, 1448u})
		for (unsigned value : {0u, 1u, 0xffu}) {
			auto t = Talk::midstream();
			for (int i = 0; i < 40; i++)
				t.send(unsigned(i & 1), fill(n, std::uint8_t(value)));
			EXPECT_FALSE(is_tcp(t)) << n;
		}
}

TEST(GnTcp, TruncatedAtEveryLength)
{
	for (const auto &all : {text("GET /uri-res/N2R?" + urn + " HTTP/1.1\r\nX-Queue: 0.1\r\n\r\n"), text("GIV 17:0123456789abcdefABCDEF0123456789/x"),
				descriptor(guid(1), 0x81, hit()) + descriptor(guid(2), 0x31, text("LIME") + fill(4))})
		for (std::size_t n = 0; n < all.size(); n++) {
			auto t = Talk::midstream();
			t.at(0, 5000, all, n);
			auto u = Talk::tcp();
			u.at(0, u.next(0), prefix(all, n), n);
		}
}
