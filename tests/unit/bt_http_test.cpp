// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <string>

#include "talk.h"

using namespace p2p;

namespace {

const std::string hash = "info_hash=%e4%be%9eM%b8v%e3%e3%17%97x%b0%3e%90b%97%be%5c%8d%be";
const std::string announce = "GET /announce?" + hash +
			     "&peer_id=-DE13F0-VnpZRF8ZP9iv&port=63448&left=1&compact=1 HTTP/1.1\r\n"
			     "Host: tracker.example\r\n\r\n";
const std::string header = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n";
const std::string answer = "d8:completei1e10:incompletei2e8:intervali1800e5:peers6:\1\2\3\4\5\6e";

bool named(const std::string &payload, unsigned dir = 0)
{
	auto t = Talk::tcp();
	t.send(dir, text(payload));
	return t.is(P2P_PROTO_bt_http);
}

} // namespace

TEST(HttpTracker, Requests)
{
	EXPECT_TRUE(named(announce));
	EXPECT_TRUE(named("GET /abc/announce.php?passkey=1&port=1&uploaded=0&" + hash + " HTTP/1.0\r\n"));
	EXPECT_TRUE(named("GET /scrape?" + hash + " HTTP/1.1\r\n\r\n"));
	EXPECT_TRUE(named("GET /x/scrape.php?" + hash + "&info_hash=aaa HTTP/1.1\r\n\r\n"));
	EXPECT_TRUE(named("GET http://tracker.example/announce?" + hash + "&peer_id=x HTTP/1.1\r\n"));
}

TEST(HttpTracker, RequestsOfOthers)
{
	for (const char *s : {"GET / HTTP/1.1\r\n\r\n", "GET /announce HTTP/1.1\r\n",
			      "GET /?q=info_hash+peer_id HTTP/1.1\r\nReferer: ?info_hash=1&port=2\r\n",
			      "GET /?xinfo_hash=1&port=2 HTTP/1.1\r\n", "GET /?info_hash=1 HTTP/1.1\r\n",
			      "GET /?info_hash=1&support=2 HTTP/1.1\r\n", "POST /announce?info_hash=1&port=2 HTTP/1.1\r\n",
			      "HEAD / HTTP/1.1\r\n", "GETX", "SSH-2.0-OpenSSH"}) {
		auto t = Talk::tcp();
		t.send(0, text(s));
		EXPECT_TRUE(t.refused()) << s;
	}
}

TEST(HttpTracker, RequestCutAnywhere)
{
	for (std::size_t cut = 1; cut < announce.size(); cut++) {
		auto t = Talk::tcp();
		t.send(0, text(announce.substr(0, cut)));
		t.send(0, text(announce.substr(cut)));
		EXPECT_TRUE(t.is(P2P_PROTO_bt_http)) << cut;
	}
}

TEST(HttpTracker, AnswerAlone)
{
	EXPECT_TRUE(named(header + answer, 1));
	EXPECT_TRUE(named(header + answer, 0));
	EXPECT_TRUE(named(header + "d14:failure reason9:not founde"));
	EXPECT_TRUE(named(header + "d5:filesd20:abcdefghij0123456789d8:completei1eeee"));
	EXPECT_TRUE(named("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n" + answer));
}

TEST(HttpTracker, AnswersOfOthers)
{
	EXPECT_FALSE(named(header + "<html>8:intervali</html>"));
	EXPECT_FALSE(named(header + "data: 8:intervali1800e"));
	EXPECT_FALSE(named("HTTP/1.1 304 Not Modified\r\nX: 8:intervali\r\n\r\n"));
	auto t = Talk::tcp();
	t.send(1, text(header + "<html><body>"));
	EXPECT_TRUE(t.refused());
}

TEST(HttpTracker, AnswerCutAnywhere)
{
	const std::string all = header + answer;
	for (std::size_t cut = 1; cut < all.size(); cut++) {
		auto t = Talk::tcp();
		t.send(1, text(all.substr(0, cut)));
		t.send(1, text(all.substr(cut)));
		/* A cut amid the body's keys may hide them: the head has 128 bytes. */
		EXPECT_TRUE(t.is(P2P_PROTO_bt_http)) << cut;
	}
}

TEST(HttpTracker, Midstream)
{
	auto t = Talk::midstream();
	t.send(0, noise(300));
	t.send(1, text(header + answer));
	EXPECT_TRUE(t.is(P2P_PROTO_bt_http));
	auto u = Talk::midstream();
	u.send(0, text(announce));
	EXPECT_TRUE(u.is(P2P_PROTO_bt_http));
}

TEST(HttpTracker, TruncatedAtEveryLength)
{
	for (std::size_t n = 1; n < announce.size(); n++) {
		auto t = Talk::tcp();
		t.at(0, 1000, text(announce), n);
		EXPECT_FALSE(t.refused()) << n;
	}
}
