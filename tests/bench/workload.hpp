// SPDX-License-Identifier: GPL-2.0-only
/** Fixed, seeded packet sequences: what is sent does not depend on answers. */
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "packet.hpp"

namespace bench
{

/** What the command line says of a sequence. */
struct Shape {
	std::string workload;
	bool ipv6 = false;
	std::uint32_t payload = 1448; /* bytes of a data segment, or of several merged */
	std::uint32_t flows = 1000;
	std::uint8_t space = 0; /* sequences of different spaces share no tuple */
};

class Workload
{
public:
	virtual ~Workload() = default;

	/** What a figure is of: "packet" or "connection". */
	virtual std::string unit() const { return "packet"; }
	/** Units in a batch. */
	virtual std::uint32_t units() const = 0;
	/** Frames that go before all measurement; empty when there are no more. */
	virtual std::vector<Frame> setup() { return {}; }
	/** The next batch. */
	virtual std::vector<Frame> next() = 0;
};

/**
 * settled  data segments of TCP flows that began, in setup(), like TLS
 * bt       whole short connections: a BitTorrent handshake each way, 2 KB
 * tls      the same with 68 bytes of TLS each way
 * random   the same with 68 random bytes each way
 * new      SYNs, each of another tuple
 * swarm    what a BitTorrent client sends and gets: peers over TCP and uTP,
 *          DHT; peers come and go
 * transfer BitTorrent transfers in clear: blocks of 16 KiB, asked for and cut
 *          into segments of 1,448 bytes, each two of them acknowledged
 * merged   the same as a network card and GRO hand them on: checksums are verified,
 *          segments merged to @payload bytes
 *
 * Return: null for a name that is none of these.
 */
std::unique_ptr<Workload> make_workload(const Shape &shape);

} // namespace bench
