// SPDX-License-Identifier: GPL-2.0-only
/**
 * nfq_accept [QUEUE]
 *
 * The least that a gateway in user space does: it is given every packet whole,
 * looks at none and accepts each with a verdict of its own. Prints "ready" and
 * works until it is killed.
 */
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "nfqueue.hpp"

int main(int argc, char **argv)
try {
	bench::Queue queue(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));

	std::puts("ready");
	std::fflush(stdout);
	while (true)
		queue.receive([&](const bench::Queued &packet) { queue.accept(packet.id); });
} catch (const std::exception &error) {
	std::fprintf(stderr, "nfq_accept: %s\n", error.what());
	return 1;
}
