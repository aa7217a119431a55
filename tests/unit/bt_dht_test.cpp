// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <string>

#include "talk.h"

using namespace p2p;

namespace {

const std::string id = "abcdefghij0123456789";
const std::string ping = "d1:ad2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:qe";

bool named(const std::string &message)
{
	auto t = Talk::udp();
	t.send(0, text(message));
	return t.is(P2P_PROTO_bt_dht);
}

} // namespace

TEST(Dht, MessagesOfTheSpecifications)
{
	const std::string r = "d1:rd2:id20:" + id;
	const std::string tail = "e1:t2:aa1:y1:re";
	for (const auto &m : {
		     ping,
		     "d1:ad2:id20:" + id + "6:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
		     "d1:ad2:id20:" + id + "9:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe",
		     "d1:ad2:id20:" + id + "12:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e"
			     "5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
		     r + tail,
		     r + "5:nodes26:" + std::string(26, '\0') + "5:token8:aoeusnth" + tail,
		     r + "5:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re",
		     /* BEP 32, 42, 43, 44, 51; client versions */
		     "d1:ad2:id20:" + id + "4:wantl2:n42:n6ee1:q4:ping1:t2:aa1:v4:LT\1\2" "1:y1:qe",
		     "d2:ip6:\1\2\3\4\5\6" "1:rd2:id20:" + id + "e1:t2:aa1:y1:re",
		     "d1:ad2:id20:" + id + "e1:q4:ping2:roi1e1:t4:abcd1:y1:qe",
		     "d1:rd2:id20:" + id + "1:k32:" + std::string(32, 'k') + "3:seqi-4e1:vd1:al1:xi3eeee1:t2:aa1:y1:re",
		     r + "8:intervali60e3:numi7e7:samples20:" + id + tail,
		     /* a key order that nobody should use */
		     "d1:y1:q1:t2:aa1:q4:ping1:ad2:id20:" + id + "ee",
		     std::string("d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee"),
	     })
		EXPECT_TRUE(named(m)) << m;
}

TEST(Dht, EitherSideAlone)
{
	auto t = Talk::udp();
	t.send(1, text("d1:rd2:id20:" + id + "e1:t2:aa1:y1:re"));
	EXPECT_TRUE(t.is(P2P_PROTO_bt_dht));
}

TEST(Dht, TruncatedAtEveryLength)
{
	for (std::size_t n = 1; n < ping.size(); n++)
		EXPECT_FALSE(named(ping.substr(0, n))) << n;
	EXPECT_FALSE(named(ping + "x"));
	EXPECT_FALSE(named(ping + ping));
}

TEST(Dht, CutByTheCapture)
{
	Octets m = text(ping);
	for (std::size_t n = 1; n <= m.size(); n++) {
		auto t = Talk::udp();
		t.at(0, 0, m, n);
		EXPECT_EQ(t.is(P2P_PROTO_bt_dht), n >= 12) << n; /* d1:ad2:id20: */
	}
}

TEST(Dht, WhatIsNoMessage)
{
	for (const auto &m : {
		     std::string("d1:t2:aa1:y1:qe"),                            /* no id, no method */
		     "d1:ad2:id19:" + id.substr(1) + "e1:q4:ping1:t2:aa1:y1:qe", /* no node id */
		     "d1:ad2:id20:" + id + "e1:q4:ping1:y1:qe",                 /* no transaction */
		     "d1:ad2:id20:" + id + "e1:q4:ping1:t2:aae",                /* no kind */
		     "d1:ad2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:re",          /* a response with a */
		     "d1:ad2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:xe",
		     "d1:bd2:id20:" + id + "e1:q4:ping1:t2:aa1:y1:qe",
		     std::string("d1:eli201e1:xe1:t2:aa1:y1:e"),
		     std::string("d1:ai5e1:q4:ping1:t2:aa1:y1:qe"),
		     std::string("de"),
		     std::string("d"),
		     std::string("d1"),
		     std::string("d1:"),
		     std::string("d8:announce3:abce"),
		     "di1e2:id20:" + id + "e",  /* a key that is no string */
		     "d2:id20:" + id + "1:ae",  /* a key without a value */
		     std::string("li1ei2ee"),
		     std::string("d99999999999999999999:xe"),
		     std::string("d4294967295:xe"),
		     std::string("d1:ai--1ee"),
		     std::string("d1:aiee"),
	     })
		EXPECT_FALSE(named(m)) << m;
}

TEST(Dht, DepthIsBounded)
{
	for (unsigned depth = 0; depth < 1500; depth += depth < 20 ? 1 : 370) {
		std::string m = "d1:ad2:id20:" + id + "1:x" + std::string(depth, 'l') + "i1e" +
				std::string(depth, 'e') + "e1:q4:ping1:t2:aa1:y1:qe";
		EXPECT_EQ(named(m), depth <= 10) << depth;
		named(std::string(depth, 'd'));
		named("d1:a" + std::string(depth, 'l'));
	}
}

TEST(Dht, ForeignTrafficIsRefusedAtOnce)
{
	for (const Octets &o : {noise(200), text("GET / HTTP/1.1"), text("dns"), fill(40), fill(40, 0xff)}) {
		auto t = Talk::udp();
		t.send(0, o);
		EXPECT_TRUE(t.refused());
	}
}

TEST(Dht, BehindUtpOnTheSameSocket)
{
	auto t = Talk::udp();
	t.send(0, be8(0x41) + be8(0) + be16(9) + be32(77) + be32(0) + be32(100000) + be16(1) + be16(0));
	t.send(1, text(ping));
	EXPECT_TRUE(t.is(P2P_PROTO_bt_dht));
}
