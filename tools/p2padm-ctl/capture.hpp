// SPDX-License-Identifier: GPL-2.0-only
/** Packets from capture files, pcap and pcapng, down to the network header. */
#ifndef P2PADM_CTL_CAPTURE_HPP
#define P2PADM_CTL_CAPTURE_HPP

#include <core/bytes.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

struct pcap;

namespace p2padm
{

/** Not a capture, a damaged one, or one of a link type not read here */
class CaptureError : public std::runtime_error
{
	using std::runtime_error::runtime_error;
};

/** A packet from its network header on */
struct Packet {
	p2p_bytes win{};	    ///< what was captured of it
	std::uint16_t ethertype = 0; ///< what stands there; 0: nothing known
	std::uint32_t wire_len = 0; ///< what it had on the wire
	std::int64_t time = 0;	    ///< microseconds since 1970
};

/**
 * Take the link header off
 *
 * @param link DLT_* of libpcap
 * @param frame the captured bytes
 * @param wire_len what the frame had on the wire
 * @return false when the link header is cut off
 */
bool strip_link(int link, p2p_bytes frame, std::uint32_t wire_len,
		Packet &packet);

/** Is it one of the link types that strip_link() knows? */
bool link_supported(int link);

/** An open capture file; "-" is standard input */
class Capture
{
public:
	/** @throw SystemError when it cannot be opened, CaptureError */
	explicit Capture(const std::string &path);

	enum class Next {
		packet, ///< set
		cut,	///< a packet too short for its link header
		end,	///< no more
	};

	/**
	 * @param packet points into memory that the next call reuses
	 * @throw CaptureError when the file ends inside a packet, or has interfaces that differ
	 */
	Next next(Packet &packet);

private:
	struct Close {
		void operator()(pcap *handle) const noexcept;
	};

	std::string path_;
	std::unique_ptr<pcap, Close> handle_;
	int link_ = 0;
};

} // namespace p2padm

#endif
