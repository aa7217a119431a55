// SPDX-License-Identifier: GPL-2.0-only
/** Packets and capture files, byte by byte. Strings are byte strings here. */
#ifndef P2PADM_TESTS_CLI_CAPTURE_BUILDER_HPP
#define P2PADM_TESTS_CLI_CAPTURE_BUILDER_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace p2padm::test
{

std::string be16(std::uint16_t value);
std::string be32(std::uint32_t value);
std::string le16(std::uint16_t value);
std::string le32(std::uint32_t value);

/** LINKTYPE_* as files have them; libpcap's DLT_* differ for raw IP */
enum LinkType : std::uint32_t {
	link_null = 0,
	link_ethernet = 1,
	link_raw = 101,
	link_loop = 108,
	link_sll = 113,
	link_ipv4 = 228,
	link_ipv6 = 229,
	link_sll2 = 276,
};

enum : std::uint8_t { fin = 1, syn = 2, rst = 4, ack = 16 };

/** 10.0.0.@p host */
std::uint32_t v4(std::uint8_t host);

std::string ipv4(std::uint32_t src, std::uint32_t dst, std::uint8_t protocol,
		 const std::string &payload);
/** Between 2001:db8::@p src and 2001:db8::@p dst */
std::string ipv6(std::uint8_t src, std::uint8_t dst, std::uint8_t protocol,
		 const std::string &payload);
std::string tcp(std::uint16_t sport, std::uint16_t dport, std::uint32_t seq,
		std::uint8_t flags, const std::string &payload = {});
std::string udp(std::uint16_t sport, std::uint16_t dport,
		const std::string &payload);

/** A network packet with what every link needs to know of it */
struct Net {
	std::uint16_t ethertype;
	std::string bytes;
};

Net net4(const std::string &packet);
Net net6(const std::string &packet);
/** One tag more in front; @p type 0x8100 or 0x88a8 */
Net tagged(std::uint16_t type, std::uint16_t vid, const Net &inner);
/** In a PPPoE session */
Net pppoe(std::uint16_t session, const Net &inner);

std::string frame(LinkType link, const Net &packet);

/** One captured packet */
struct Record {
	std::string bytes;
	std::uint32_t wire_len = 0; ///< 0: as captured
	std::uint32_t seconds = 1'700'000'000;
};

std::string pcap_file(LinkType link, const std::vector<Record> &records);
std::string pcapng_file(LinkType link, const std::vector<Record> &records);
/** A pcapng file's block that tells of an interface */
std::string pcapng_interface(LinkType link, std::uint32_t snaplen = 65535);

/** BitTorrent's handshake, 68 bytes (BEP 3) */
std::string handshake();

/** A connection from host 1 to host 2 that opens with handshake() */
std::vector<Net> bittorrent_connection(std::uint16_t sport = 51413);

std::vector<Record> records(LinkType link, const std::vector<Net> &packets);

} // namespace p2padm::test

#endif
