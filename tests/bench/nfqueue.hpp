// SPDX-License-Identifier: GPL-2.0-only
/** The kernel's queue of packets for user space (nfnetlink_queue), of a bridge. */
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "wire.hpp"

namespace bench
{

/** A packet that waits for its verdict. */
struct Queued {
	std::uint32_t id;	 /* in network order; later ones are higher */
	std::uint16_t ethertype; /* in host order */
	std::span<const std::uint8_t> bytes; /* from the network header on */
};

class Queue
{
public:
	/** Every packet whole. */
	explicit Queue(std::uint16_t number);

	/**
	 * Show the packets of the next message, and @wait for it.
	 *
	 * Return: false where there was none, or a signal came.
	 */
	bool receive(const std::function<void(const Queued &)> &show, bool wait = true);

	void accept(std::uint32_t id);
	/** This one and all that were queued before it. */
	void accept_all_to(std::uint32_t id);
	void drop(std::uint32_t id);

private:
	void verdict(int type, std::uint32_t id, std::uint32_t what);

	Fd fd_;
	std::uint16_t number_;
	alignas(8) std::array<char, 0x10000 + 4096> buffer_;
};

} // namespace bench
