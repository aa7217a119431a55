// SPDX-License-Identifier: GPL-2.0-only
#include "capture.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "error.hpp"

namespace p2padm
{

namespace
{

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

/** Where the network header begins, and what stands there */
struct Network {
	std::uint32_t offset;
	std::uint16_t ethertype;
};

std::uint16_t by_version(p2p_bytes ip)
{
	switch (p2p_u8(ip, 0) >> 4) {
	case 4:
		return ethertype_ipv4;
	case 6:
		return ethertype_ipv6;
	default:
		return 0;
	}
}

// BSD loopback: an address family in somebody's byte order, whose number for
// IPv6 depends on the system (Linux, NetBSD, FreeBSD, Darwin).
std::uint16_t by_family(p2p_bytes header)
{
	std::uint32_t family = p2p_be32(header, 0);

	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return ethertype_ipv4;
	case 10:
	case 24:
	case 28:
	case 30:
		return ethertype_ipv6;
	default:
		return 0;
	}
}

Network network(int link, p2p_bytes frame)
{
	switch (link) {
	case DLT_EN10MB:
		return { 14, p2p_be16(frame, 12) };
	case DLT_LINUX_SLL:
		return { 16, p2p_be16(frame, 14) };
	case DLT_LINUX_SLL2:
		return { 20, p2p_be16(frame, 0) };
	case DLT_RAW:
		return { 0, by_version(frame) };
	case DLT_IPV4:
		return { 0, ethertype_ipv4 };
	case DLT_IPV6:
		return { 0, ethertype_ipv6 };
	case DLT_NULL:
	case DLT_LOOP:
		return { 4, by_family(frame) };
	default: // link_supported() was asked before
		return { 0, 0 };
	}
}

// libpcap reads no pcapng file whose interfaces differ in link type or snapshot length, and says so
// by nothing but its words.
bool interfaces_differ(const char *why)
{
	return std::strstr(why, "of the first interface");
}

struct CloseFile {
	void operator()(std::FILE *file) const noexcept
	{
		if (file != stdin)
			std::fclose(file);
	}
};

} // namespace

bool link_supported(int link)
{
	static constexpr int known[] = { DLT_EN10MB, DLT_LINUX_SLL,
					 DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4,
					 DLT_IPV6, DLT_NULL, DLT_LOOP };

	return std::find(std::begin(known), std::end(known), link) !=
	       std::end(known);
}

bool strip_link(int link, p2p_bytes frame, std::uint32_t wire_len,
		Packet &packet)
{
	const Network at = network(link, frame);

	if (at.offset > frame.len || frame.len == 0)
		return false;
	packet.win = p2p_slice(frame, at.offset, frame.len);
	packet.ethertype = at.ethertype;
	packet.wire_len = std::max(wire_len, frame.len) - at.offset;
	return true;
}

void Capture::Close::operator()(pcap *handle) const noexcept
{
	pcap_close(handle);
}

Capture::Capture(const std::string &path) : path_(path)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	std::unique_ptr<std::FILE, CloseFile> file(
		path == "-" ? stdin : std::fopen(path.c_str(), "rb"));

	if (!file)
		throw SystemError("opening capture " + path, errno);
	handle_.reset(pcap_fopen_offline(file.get(), why));
	if (!handle_)
		throw CaptureError(fmt::format(
			"{}: no pcap or pcapng capture: {}", path, why));
	(void)file.release(); // the handle's now
	link_ = pcap_datalink(handle_.get());
	if (!link_supported(link_)) {
		const char *name = pcap_datalink_val_to_name(link_);

		throw CaptureError(fmt::format(
			"{}: link type {} is not supported (Ethernet, Linux "
			"SLL and SLL2, raw IP and loopback are)",
			path, name ? std::string(name) : std::to_string(link_)));
	}
}

Capture::Next Capture::next(Packet &packet)
{
	pcap_pkthdr *header;
	const u_char *data;

	switch (pcap_next_ex(handle_.get(), &header, &data)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return Next::end;
	default: {
		const char *why = pcap_geterr(handle_.get());

		throw CaptureError(fmt::format(
			"{}: {}: {}", path_,
			interfaces_differ(why) ?
				"read up to an interface that is not like the first" :
				"damaged or cut off",
			why));
	}
	}
	packet.time = std::int64_t{ header->ts.tv_sec } * 1'000'000 +
		      header->ts.tv_usec;
	return strip_link(link_, { data, header->caplen }, header->len, packet) ?
		       Next::packet :
		       Next::cut;
}

} // namespace p2padm
