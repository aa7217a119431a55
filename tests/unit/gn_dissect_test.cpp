// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "gn.h"
#include "told.h"

using namespace p2p;

namespace {

constexpr auto gn = P2P_PROTO_gn_tcp;
/* SHA-1 of nothing, as RFC 4648 writes it */
const std::string letters = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";
const std::string sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const std::string urn = "urn:sha1:" + letters;
const std::string id = " id=" + sha1;

using Lines = std::vector<std::string>;
Lines lines(const std::vector<Told> &told)
{
	Lines out;
	for (const auto &t : told)
		out.push_back(line(t));
	return out;
}
std::vector<Told> tells(const Flow &flow, std::size_t stride = 1)
{
	EXPECT_EQ(depends_on_cuts(gn, flow, stride), "");
	return heard(gn, flow);
}
std::vector<Told> tells(const Octets &bytes) { return tells(Flow{{0, bytes}}); }
std::vector<Told> tells(const std::string &bytes) { return tells(text(bytes)); }

const std::string accept = "GNUTELLA/0.6 200 OK\r\nUser-Agent: Lab/1.0\r\n\r\n";
/// Told by descriptors behind a handshake
std::vector<Told> descriptors(const Octets &bytes) { return tells(text(accept) + bytes); }
Octets word(std::string_view s) { return text(s) + be8(0); }

const std::string get = "GET /uri-res/N2R?" + urn + " HTTP/1.1\r\nHost: x\r\n\r\n";
std::string answer(const std::string &headers, const std::string &first = "200 OK")
{
	return "HTTP/1.1 " + first + "\r\nServer: Lab/1.0\r\n" + headers + "\r\n";
}

} // namespace

TEST(GnDissect, Handshake)
{
	auto told = tells(Flow{{0, text("GNUTELLA CONNECT/0.6\r\nListen-IP: 198.51.100.1:6346\r\nX-Ultrapeer: False\r\n\r\n")},
			       {1, text("GNUTELLA/0.6 200 OK\r\nX-Try-Ultrapeers: 198.51.100.2:6347, 198.51.100.3,"
					"300.1.1.1:5,1.2.3:4\r\nContent-Length: 5\r\n\r\n")},
			       {0, text(accept) + descriptor(guid(1), 0x01, pong())},
			       {1, descriptor(guid(2), 0x01, pong())}});
	EXPECT_EQ(lines(told), (Lines{
		"0 peer 0-52 c6336401:6346/6",
		"1 peer 0-57 c6336402:6347/6",
		"1 peer 0-71 c6336403:6346/6",
		"0 peer 118-147 0a4d0001:6346/6",
		"1 peer 113-142 0a4d0001:6346/6",
	}));
	EXPECT_EQ(told[0].app, unsigned(P2P_APP_GNUTELLA));
}

TEST(GnDissect, TheOldHandshake)
{
	auto told = tells(Flow{{0, text("GNUTELLA CONNECT/0.4\n\n") + descriptor(guid(1), 0x01, pong())},
			       {1, text("GNUTELLA OK\n\n") + descriptor(guid(2), 0x01, pong())}});
	EXPECT_EQ(told.size(), 2u);
}

TEST(GnDissect, RefusedHandshake)
{
	auto told = tells(Flow{{1, text("GNUTELLA/0.6 503 Full\r\nX-Try: 198.51.100.2:6347\r\n\r\n")}});
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].port, 6347u);
}

TEST(GnDissect, Deflated)
{
	auto told = tells(text("GNUTELLA/0.6 200 OK\r\ncontent-encoding:deflate\r\n\r\n") + (Octets{0x78, 0x9c} + noise(60)));
	EXPECT_EQ(lines(told), Lines{"0 encrypted 0-49 flags=4"});
}

TEST(GnDissect, Tls)
{
	auto told = tells(text("GNUTELLA/0.6 200 OK\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n") + Octets{0x16, 3, 1} + noise(60));
	EXPECT_EQ(lines(told), Lines{"0 encrypted 62-85"});
	/* offered, and not taken */
	told = tells(text("GNUTELLA/0.6 200 OK\r\nUpgrade: TLS/1.0\r\n\r\n") + descriptor(guid(1), 0x01, pong()));
	EXPECT_EQ(told.size(), 1u);
}

TEST(GnDissect, Descriptors)
{
	const auto at = text(accept).size();
	auto told = descriptors(descriptor(guid(1), 0x00) + descriptor(guid(2), 0x31, text("BEAR") + le16(7) + le16(1) + be16(1)) +
				descriptor(guid(3), 0x40, noise(16) + le32(1) + be32(0x0a4d0002) + le16(6347)) +
				descriptor(guid(4), 0x01, pong()) + descriptor(guid(5), 0x80, query()));
	EXPECT_EQ(lines(told), (Lines{
		"0 peer " + std::to_string(at + 56) + "-" + std::to_string(at + 105) + " 0a4d0002:6347/6",
		"0 peer " + std::to_string(at + 105) + "-" + std::to_string(at + 134) + " 0a4d0001:6346/6",
		"0 search " + std::to_string(at + 142) + "-" + std::to_string(at + 172) + " film",
	}));
}

TEST(GnDissect, Queries)
{
	auto told = descriptors(descriptor(guid(1), 0x80, be16(0x8000) + word("some film") + text(urn + "\x1c" + "urn:\x1curn:sha1:short") + be8(0)) +
				descriptor(guid(2), 0x80, be16(0x8000) + word("") + word(urn)) +
				descriptor(guid(3), 0x80, be16(0x8000) + text("no zero")) +
				descriptor(guid(4), 0x80, be16(0x8000) + word(std::string(300, 'x'))));
	ASSERT_EQ(told.size(), 5u);
	EXPECT_EQ(told[0].text(), "some film");
	EXPECT_EQ(hex(told[1].id), sha1);
	EXPECT_TRUE(told[1].bytes.empty());
	EXPECT_EQ(hex(told[2].id), sha1);
	EXPECT_EQ(told[3].text(), "no zero");
	EXPECT_EQ(told[4].text(), std::string(255, 'x'));
	EXPECT_EQ(told[4].flags, unsigned(P2P_EVENT_CUT));
}

TEST(GnDissect, Hits)
{
	auto results = le32(1) + le32(4096) + word("a film.avi") + word(urn) + le32(2) + le32(0xffffffff) + word("song") +
		       word("something\x1c" + urn + "\x1c" + urn + "x") + le32(3) + le32(7) + word("") + word("");
	auto told = descriptors(descriptor(guid(1), 0x81, be8(3) + le16(6346) + be32(0x0a4d0001) + le32(350) + results + noise(16)));
	ASSERT_EQ(told.size(), 4u);
	EXPECT_EQ(told[0].type, unsigned(P2P_EVENT_PEER));
	EXPECT_EQ(hex(told[0].address), "0a4d0001");
	EXPECT_EQ(told[1].text(), "a film.avi");
	EXPECT_EQ(hex(told[1].id), sha1);
	EXPECT_EQ(told[1].size, 4096u);
	EXPECT_EQ(told[1].content, unsigned(P2P_CONTENT_TOLD));
	EXPECT_EQ(told[2].text(), "song");
	EXPECT_EQ(hex(told[2].id), sha1);
	EXPECT_EQ(told[2].size, P2P_SIZE_UNKNOWN);
	EXPECT_EQ(told[3].size, 7u);
	EXPECT_EQ(told[3].kind, unsigned(P2P_ID_NONE)); /* not the one before's */
	/* a count that is a lie */
	EXPECT_EQ(descriptors(descriptor(guid(1), 0x81, be8(255) + le16(6346) + be32(0x0a4d0001) + le32(350) + results) +
			      descriptor(guid(4), 0x01, pong())).size(), 5u);
}

TEST(GnDissect, Transfer)
{
	Octets body = noise(3000);
	auto reply = answer("X-Gnutella-Content-URN: " + urn + "\r\nContent-Range: bytes 1000-3999/9000\r\nContent-Length: 3000\r\n"
			    "X-Alt: 198.51.100.1:6346,198.51.100.2,198.51.100.3:1\r\n", "206 Partial Content");
	auto told = tells({{0, text("GET /uri-res/N2R?" + urn + " HTTP/1.1\r\nRange: bytes=1000-3999\r\nX-Alt: 1.2.3.4:5\r\n\r\n")},
			   {1, text(reply) + body}}, 61);
	auto at = reply.size();
	EXPECT_EQ(lines(told), (Lines{
		"0 object 0-69" + id + " index=0 offset=0 size=? way=2",
		"0 request 0-93" + id + " index=0 offset=1000 size=3000 way=0",
		"0 peer 0-111 01020304:5/6",
		"1 peer 0-" + std::to_string(at - 31) + " c6336401:6346/6",
		"1 peer 0-" + std::to_string(at - 18) + " c6336402:6346/6",
		"1 peer 0-" + std::to_string(at - 2) + " c6336403:1/6",
		"1 object 0-" + std::to_string(at) + id + " index=0 offset=0 size=9000 way=1",
		"1 data " + std::to_string(at) + "-" + std::to_string(at + 3000) + id + " index=0 offset=1000 size=0 way=0 bytes=3000",
	}));
	EXPECT_EQ(told.back().bytes, body);
}

TEST(GnDissect, ByName)
{
	auto told = tells("GET /get/42/a film of 2002.avi HTTP/1.1\r\nX-Gnutella-Content-URN: " + urn + "\r\nRange: bytes=0-\r\n\r\n");
	ASSERT_EQ(told.size(), 3u);
	EXPECT_EQ(told[0].text(), "a film of 2002.avi");
	EXPECT_EQ(told[0].content, unsigned(P2P_CONTENT_THERE));
	EXPECT_EQ(told[0].kind, unsigned(P2P_ID_NONE));
	EXPECT_EQ(hex(told[1].id), sha1);
	EXPECT_EQ(told[2].offset, 0u);
	EXPECT_EQ(told[2].size, P2P_SIZE_UNKNOWN);
	told = tells("GET /get/42/" + std::string(400, 'x') + " HTTP/1.1\r\n\r\n");
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0].text(), std::string(255 - 12, 'x'));
	EXPECT_EQ(told[0].flags, unsigned(P2P_EVENT_CUT));
	/* a path that names nothing */
	for (auto path : {"/", "/get/42", "/uri-res/N2X?urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "/uri-res/N2R?urn:sha1:1111"})
		EXPECT_TRUE(tells(std::string{"GET "} + path + " HTTP/1.1\r\n\r\n").empty()) << path;
}

TEST(GnDissect, SeveralTransfersInOneConnection)
{
	Octets a = noise(700, 1), b = noise(300, 2);
	auto told = tells({{0, text(get + "GET /get/7/other HTTP/1.1\r\n\r\nHEAD /get/8/third HTTP/1.1\r\n\r\n" + get)},
			   {1, text(answer("Content-Length: 700\r\n")) + a + text(answer("Content-Length: 9\r\n", "503 Busy") + "try later") +
				       text(answer("Content-Length: 5000\r\n")) + text(answer("", "100 Continue")) +
				       text(answer("Content-Length: 300\r\n")) + b}}, 7);
	Lines asked, told_of, data;
	for (const auto &t : told) {
		auto what = std::to_string(t.index) + " " + std::to_string(t.size);
		if (t.type == P2P_EVENT_OBJECT)
			(t.dir ? told_of : asked).push_back(t.dir ? what : std::to_string(t.index) + " " + t.text());
		else if (t.type == P2P_EVENT_DATA)
			data.push_back(std::to_string(t.index) + " " + std::to_string(t.bytes.size()));
	}
	EXPECT_EQ(asked, (Lines{"0 ", "1 other", "2 third", "3 "}));
	EXPECT_EQ(told_of, (Lines{"0 700", "2 5000", "3 300"}));
	EXPECT_EQ(data, (Lines{"0 700", "3 300"}));
	EXPECT_EQ(told.back().bytes, b);
}

TEST(GnDissect, AnswersAlone)
{
	Octets a = noise(70, 1);
	auto told = tells({{1, text(answer("Content-Length: 70\r\n")) + a + text(answer("", "204 No Content") + answer("Content-Length: 70\r\n")) + a}});
	ASSERT_EQ(told.size(), 5u);
	EXPECT_EQ(told[1].bytes, a);
	EXPECT_EQ(told[4].bytes, a);
	EXPECT_EQ(told[4].index, 2u);
}

TEST(GnDissect, Chunked)
{
	Octets a = noise(300, 1), b = noise(16, 2);
	auto reply = answer("Transfer-Encoding: chunked\r\nContent-Range: bytes 100-415/1000\r\n", "206 OK");
	auto told = tells({{1, text(reply + "12C\r\n") + a + text("\r\n10;name=value\r\n") + b + text("\r\n0\r\nTrailer: x\r\n\r\n" + answer("Content-Length: 0\r\n"))}});
	ASSERT_EQ(told.size(), 4u);
	EXPECT_EQ(told[0].size, 1000u);
	EXPECT_EQ(told[1].bytes, a);
	EXPECT_EQ(told[1].offset, 100u);
	EXPECT_EQ(told[2].bytes, b);
	EXPECT_EQ(told[2].offset, 400u);
	EXPECT_EQ(told[3].type, unsigned(P2P_EVENT_OBJECT));
	told = tells(answer("Transfer-Encoding: chunked\r\n") + "xyz\r\n");
	EXPECT_EQ(told.back().type, unsigned(P2P_EVENT_DESYNC));
}

TEST(GnDissect, Bodies)
{
	/* to the end of the connection */
	auto told = tells(answer("") + "all that follows\r\n\r\nHTTP/1.1 200 OK\r\n");
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(told[1].text(), "all that follows\r\n\r\nHTTP/1.1 200 OK\r\n");
	EXPECT_EQ(told[0].size, P2P_SIZE_UNKNOWN);
	/* packed, or not the content at all */
	told = tells(answer("Content-Encoding: deflate\r\nContent-Length: 4\r\n") + "abcd");
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(told[1].flags, unsigned(P2P_EVENT_PACKED));
	told = tells(answer("Content-Type: application/dime\r\nContent-Length: 4\r\n") + "abcd" + answer("Content-Length: 1\r\n") + "x");
	ASSERT_EQ(told.size(), 2u);
	EXPECT_EQ(told[1].text(), "x");
	/* the length follows from the range alone; sizes that nobody has */
	told = tells(answer("Content-Range: bytes=5-8/*\r\n", "206 OK") + "abcd" + answer("Content-Length: 1\r\n") + "x");
	ASSERT_EQ(told.size(), 4u);
	EXPECT_EQ(told[1].text(), "abcd");
	EXPECT_EQ(told[1].offset, 5u);
	for (auto range : {"bytes 9-1/10", "bytes", "bytes */10", "bytes 1", "lines 1-2/3", "bytes 0-99999999999999999999999/5"})
		tells(answer(std::string{"Content-Range: "} + range + "\r\nContent-Length: 2\r\n") + "ab");
}

TEST(GnDissect, Giv)
{
	auto told = tells({{0, text("GIV 350:0123456789ABCDEF0123456789ABCDEF/a film.avi\n\n")},
			   {1, text("GET /get/350/a film.avi HTTP/1.1\r\n\r\n")},
			   {0, text(answer("Content-Length: 4\r\n") + "abcd")}});
	ASSERT_EQ(told.size(), 4u);
	EXPECT_EQ(line(told[0]), "0 object 0-52 index=0 offset=0 size=? way=1 a film.avi");
	EXPECT_EQ(told[3].text(), "abcd");
	EXPECT_EQ(told[3].dir, 0u);
}

TEST(GnDissect, Loss)
{
	EXPECT_EQ(lines(tells("POST / HTTP/1.1\r\n\r\n")), Lines{"0 desync 0-17"});
	EXPECT_EQ(lines(descriptors(noise(100))), Lines{"0 desync 44-67"});
	/* found again by an id of these days */
	auto late = descriptor(guid(1), 0x80, query()) + descriptor(guid(2, false), 0x01, pong());
	for (std::size_t before : {0u, 1u, 22u, 23u, 24u, 300u}) {
		auto told = tells(Flow{{1, noise(before, 3) + late, P2P_GAP_UNKNOWN}});
		ASSERT_EQ(told.size(), 3u) << before;
		EXPECT_EQ(told[1].text(), "film");
		EXPECT_EQ(told[1].flags, unsigned(P2P_EVENT_RESYNCED));
		EXPECT_EQ(told[1].begin, before);
	}
}

TEST(GnDissect, Holes)
{
	Octets body = noise(3000);
	auto head = text(answer("Content-Length: 3000\r\n"));
	auto told = tells(Flow{{1, head + prefix(body, 10)}, {1, suffix(body, 1470) + text(answer("Content-Length: 1\r\n") + "x"), 1460}}, 61);
	ASSERT_EQ(told.size(), 5u);
	EXPECT_EQ(told[1].bytes, prefix(body, 10));
	EXPECT_EQ(told[2].offset, 1470u);
	EXPECT_EQ(told[2].bytes, suffix(body, 1470));
	EXPECT_EQ(told[4].text(), "x");
	auto hit = descriptor(guid(1), 0x81, be8(1) + le16(6346) + be32(0x0a4d0001) + le32(350) + noise(500));
	auto next = descriptor(guid(2), 0x01, pong());
	auto all = text(accept) + hit + next;
	told = tells(Flow{{0, prefix(all, 100)}, {0, suffix(all, 300), 200}});
	ASSERT_EQ(told.size(), 2u); /* the rest of the hit is passed over */
	EXPECT_EQ(told[1].end, all.size() - 8);
	told = tells(Flow{{0, text("GNUTELLA CONN")}, {0, text("/0.6\r\n\r\n"), 3}});
	EXPECT_EQ(told.size(), 1u);
}
