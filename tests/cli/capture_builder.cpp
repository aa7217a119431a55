// SPDX-License-Identifier: GPL-2.0-only
#include "capture_builder.hpp"

#include <stdexcept>

namespace p2padm::test
{

namespace
{

std::string bytes(std::uint64_t value, int count, bool big)
{
	std::string out;

	for (int i = 0; i < count; i++)
		out += static_cast<char>(value >> 8 * (big ? count - 1 - i : i));
	return out;
}

std::string address6(std::uint8_t host)
{
	return be32(0x20010db8) + std::string(11, '\0') +
	       static_cast<char>(host);
}

} // namespace

std::string be16(std::uint16_t value)
{
	return bytes(value, 2, true);
}

std::string be32(std::uint32_t value)
{
	return bytes(value, 4, true);
}

std::string le16(std::uint16_t value)
{
	return bytes(value, 2, false);
}

std::string le32(std::uint32_t value)
{
	return bytes(value, 4, false);
}

std::uint32_t v4(std::uint8_t host)
{
	return 0x0a000000u | host;
}

std::string ipv4(std::uint32_t src, std::uint32_t dst, std::uint8_t protocol,
		 const std::string &payload)
{
	return be16(0x4500) + be16(static_cast<std::uint16_t>(20 + payload.size())) +
	       be32(0) + static_cast<char>(64) + static_cast<char>(protocol) +
	       be16(0) + be32(src) + be32(dst) + payload;
}

std::string ipv6(std::uint8_t src, std::uint8_t dst, std::uint8_t protocol,
		 const std::string &payload)
{
	return be32(0x60000000) + be16(static_cast<std::uint16_t>(payload.size())) +
	       static_cast<char>(protocol) + static_cast<char>(64) +
	       address6(src) + address6(dst) + payload;
}

std::string tcp(std::uint16_t sport, std::uint16_t dport, std::uint32_t seq,
		std::uint8_t flags, const std::string &payload)
{
	return be16(sport) + be16(dport) + be32(seq) + be32(0) +
	       static_cast<char>(0x50) + static_cast<char>(flags) + be16(0xffff) +
	       be32(0) + payload;
}

std::string udp(std::uint16_t sport, std::uint16_t dport,
		const std::string &payload)
{
	return be16(sport) + be16(dport) +
	       be16(static_cast<std::uint16_t>(8 + payload.size())) + be16(0) +
	       payload;
}

Net net4(const std::string &packet)
{
	return { 0x0800, packet };
}

Net net6(const std::string &packet)
{
	return { 0x86dd, packet };
}

Net tagged(std::uint16_t type, std::uint16_t vid, const Net &inner)
{
	return { type, be16(vid) + be16(inner.ethertype) + inner.bytes };
}

Net pppoe(std::uint16_t session, const Net &inner)
{
	const std::string ppp =
		be16(inner.ethertype == 0x86dd ? 0x0057 : 0x0021) + inner.bytes;

	return { 0x8864, be16(0x1100) + be16(session) +
				 be16(static_cast<std::uint16_t>(ppp.size())) +
				 ppp };
}

std::string frame(LinkType link, const Net &packet)
{
	switch (link) {
	case link_ethernet:
		return std::string(12, '\x02') + be16(packet.ethertype) +
		       packet.bytes;
	case link_sll:
		return be16(0) + be16(1) + be16(6) + std::string(8, '\0') +
		       be16(packet.ethertype) + packet.bytes;
	case link_sll2:
		return be16(packet.ethertype) + be16(0) + be32(1) + be16(1) +
		       std::string(10, '\0') + packet.bytes;
	case link_null:
		return le32(packet.ethertype == 0x86dd ? 10 : 2) + packet.bytes;
	case link_loop:
		return be32(packet.ethertype == 0x86dd ? 24 : 2) + packet.bytes;
	case link_raw:
	case link_ipv4:
	case link_ipv6:
		return packet.bytes;
	}
	throw std::logic_error("no such link type");
}

std::string pcap_file(LinkType link, const std::vector<Record> &packets)
{
	std::string out = le32(0xa1b2c3d4) + le16(2) + le16(4) + le32(0) +
			  le32(0) + le32(65535) + le32(link);

	for (const auto &r : packets) {
		const auto size = static_cast<std::uint32_t>(r.bytes.size());

		out += le32(r.seconds) + le32(0) + le32(size) +
		       le32(r.wire_len ? r.wire_len : size) + r.bytes;
	}
	return out;
}

namespace
{

std::string block(std::uint32_t type, std::string body)
{
	body.resize((body.size() + 3) / 4 * 4);
	const std::string length =
		le32(static_cast<std::uint32_t>(body.size() + 12));
	return le32(type) + length + body + length;
}

} // namespace

std::string pcapng_interface(LinkType link, std::uint32_t snaplen)
{
	return block(1, le16(static_cast<std::uint16_t>(link)) + le16(0) + le32(snaplen));
}

std::string pcapng_file(LinkType link, const std::vector<Record> &packets)
{
	std::string out = block(0x0a0d0d0a, le32(0x1a2b3c4d) + le16(1) + le16(0) +
						    std::string(8, '\xff')) +
			  pcapng_interface(link);

	for (const auto &r : packets) {
		const auto size = static_cast<std::uint32_t>(r.bytes.size());
		const std::uint64_t us = std::uint64_t{ r.seconds } * 1'000'000;

		out += block(6, le32(0) + le32(static_cast<std::uint32_t>(us >> 32)) +
					le32(static_cast<std::uint32_t>(us)) +
					le32(size) +
					le32(r.wire_len ? r.wire_len : size) +
					r.bytes);
	}
	return out;
}

std::string handshake()
{
	return "\x13" "BitTorrent protocol" + std::string(8, '\0') +
	       "aaaaaaaaaaaaaaaaaaaa" "-XX0001-123456789012";
}

std::vector<Net> bittorrent_connection(std::uint16_t sport)
{
	const auto to = [&](const std::string &segment) {
		return net4(ipv4(v4(1), v4(2), 6, segment));
	};
	const auto from = [&](const std::string &segment) {
		return net4(ipv4(v4(2), v4(1), 6, segment));
	};

	return {
		to(tcp(sport, 6881, 1000, syn)),
		from(tcp(6881, sport, 9000, syn | ack)),
		to(tcp(sport, 6881, 1001, ack)),
		to(tcp(sport, 6881, 1001, ack, handshake())),
		from(tcp(6881, sport, 9001, ack, handshake())),
	};
}

std::vector<Record> records(LinkType link, const std::vector<Net> &packets)
{
	std::vector<Record> out;

	for (const auto &packet : packets)
		out.push_back({ .bytes = frame(link, packet) });
	return out;
}

} // namespace p2padm::test
