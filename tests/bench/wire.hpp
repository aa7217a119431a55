// SPDX-License-Identifier: GPL-2.0-only
/** The two hosts beside the bridge: frames in, arrivals counted, time read. */
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "packet.hpp"

namespace bench
{

/** Owns a file descriptor. */
class Fd
{
public:
	explicit Fd(int fd = -1) : fd_(fd) {}
	Fd(Fd &&from) noexcept : fd_(from.fd_) { from.fd_ = -1; }
	Fd &operator=(Fd &&from) noexcept;
	~Fd();
	int get() const { return fd_; }

private:
	int fd_;
};

/** Nanoseconds since some time; in the counting machine: instructions. */
std::uint64_t now();

/** Nanoseconds that the machine's CPUs have idled since boot. */
std::uint64_t idle();

/**
 * Sends frames from eth0 of the namespaces a and b and knows how many came out
 * of the bridge: by pb, the port to b, and by pa.
 */
class Wire
{
public:
	Wire();

	/** Send in order; returns when the kernel has taken them. */
	void send(std::span<const Frame> frames);

	/** Frames that came out of the bridge since the machine was built. */
	std::uint64_t arrived() const;

	/**
	 * Send @frames and wait until as many came out of the bridge.
	 *
	 * Return: nanoseconds that took. Throws when frames are lost.
	 */
	std::uint64_t timed(std::span<const Frame> frames);

private:
	Fd socket_[2];
	Fd counter_[2];
};

} // namespace bench
