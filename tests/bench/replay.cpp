// SPDX-License-Identifier: GPL-2.0-only
/**
 * replay WORKLOAD [--family 4|6] [--payload BYTES] [--flows N] [--space N]
 *        [--batches N] [--warmup N] [--no-setup] [--drain SECONDS]
 *
 * Sends a fixed packet sequence across the bridge between the namespaces a and
 * b, in batches, and prints one JSON object: nanoseconds for each packet or
 * connection, which the counting machine makes instructions. Everything is
 * crafted before the clock starts. The median over batches leaves out what the
 * timer and other tasks took from some; the mean has it in.
 *
 * --drain: afterwards stay busy for so many seconds and say how much of them
 * others took: the timer, and whoever cleans up behind what was sent.
 */
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wire.hpp"
#include "workload.hpp"

namespace
{

using namespace bench;

struct Options {
	Shape shape;
	std::uint32_t batches = 200;
	std::uint32_t warmup = 10;
	bool setup = true;
	std::uint32_t drain = 0; /* seconds */
};

struct Result {
	std::vector<double> cost; /* of one unit, by batch */
	double idle;		  /* share of the time measured */
	std::uint64_t payload;	  /* bytes of it in what was measured */
	std::uint64_t sent;	  /* and in all that was sent */
	std::uint64_t drained;	  /* nanoseconds that others took afterwards */
};

std::uint32_t number(std::string_view text)
{
	std::uint32_t n = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);

	if (error != std::errc() || end != text.data() + text.size())
		throw std::invalid_argument(std::string(text) + " is no number");
	return n;
}

Options parse(const std::vector<std::string_view> &args)
{
	Options options;

	for (std::size_t i = 0; i < args.size(); i++) {
		const auto value = [&] {
			if (i + 1 == args.size())
				throw std::invalid_argument(std::string(args[i]) + " needs a value");
			return number(args[++i]);
		};

		if (args[i] == "--family")
			options.shape.ipv6 = value() == 6;
		else if (args[i] == "--payload")
			options.shape.payload = value();
		else if (args[i] == "--flows")
			options.shape.flows = std::max(1u, value());
		else if (args[i] == "--space")
			options.shape.space = static_cast<std::uint8_t>(value());
		else if (args[i] == "--batches")
			options.batches = std::max(1u, value());
		else if (args[i] == "--warmup")
			options.warmup = value();
		else if (args[i] == "--drain")
			options.drain = value();
		else if (args[i] == "--no-setup")
			options.setup = false;
		else if (options.shape.workload.empty())
			options.shape.workload = args[i];
		else
			throw std::invalid_argument("unknown option " + std::string(args[i]));
	}
	return options;
}

/** Work without system calls in equal portions: what is late was interrupted. */
std::uint64_t taken_by_others(std::uint32_t seconds)
{
	const std::uint64_t end = now() + seconds * 1000000000ull;
	std::uint64_t start = now(), fastest = UINT64_MAX, total = 0, portions = 0;

	while (start < end) {
		for (int i = 0; i < 10000; i++)
			asm volatile("");
		const std::uint64_t then = now();

		fastest = std::min(fastest, then - start);
		total += then - start;
		portions++;
		start = then;
	}
	return total - portions * fastest;
}

std::uint64_t payload_of(const std::vector<Frame> &frames)
{
	std::uint64_t sum = 0;

	for (const auto &frame : frames)
		sum += frame.payload.size();
	return sum;
}

Result measure(Wire &wire, Workload &workload, const Options &options)
{
	Result result{};
	std::uint64_t total = 0;
	const auto send = [&](const std::vector<Frame> &frames) {
		result.sent += payload_of(frames);
		return wire.timed(frames);
	};

	if (options.setup)
		for (auto frames = workload.setup(); !frames.empty(); frames = workload.setup())
			send(frames);
	for (std::uint32_t i = 0; i < options.warmup; i++)
		send(workload.next());

	const std::uint64_t idle_before = idle();
	for (std::uint32_t i = 0; i < options.batches; i++) {
		const auto frames = workload.next();
		const std::uint64_t took = send(frames);

		total += took;
		result.payload += payload_of(frames);
		result.cost.push_back(static_cast<double>(took) / workload.units());
	}
	result.idle = static_cast<double>(idle() - idle_before) / static_cast<double>(total);
	if (options.drain)
		result.drained = taken_by_others(options.drain);
	return result;
}

void print(const Options &options, const Workload &workload, Result result)
{
	auto &cost = result.cost;
	const double n = static_cast<double>(cost.size());
	const double mean = std::accumulate(cost.begin(), cost.end(), 0.0) / n;

	std::ranges::sort(cost);
	std::printf("{\"workload\": \"%s\", \"family\": %d, \"payload\": %u, \"flows\": %u, "
		    "\"unit\": \"%s\", \"batches\": %zu, \"warmup\": %u, \"units\": %u, "
		    "\"median\": %.1f, \"mean\": %.1f, \"p10\": %.1f, \"p90\": %.1f, "
		    "\"idle\": %.4f, \"drained\": %llu, \"payload_bytes\": %llu, "
		    "\"sent_bytes\": %llu}\n",
		    options.shape.workload.c_str(), options.shape.ipv6 ? 6 : 4,
		    options.shape.payload, options.shape.flows, workload.unit().c_str(),
		    cost.size(), options.warmup, workload.units(), cost[cost.size() / 2], mean,
		    cost[cost.size() / 10], cost[cost.size() * 9 / 10], result.idle,
		    static_cast<unsigned long long>(result.drained),
		    static_cast<unsigned long long>(result.payload),
		    static_cast<unsigned long long>(result.sent));
}

} // namespace

int main(int argc, char **argv)
try {
	const Options options = parse({ argv + 1, argv + argc });
	const auto workload = make_workload(options.shape);

	if (!workload)
		throw std::invalid_argument("which workload?");
	Wire wire;
	print(options, *workload, measure(wire, *workload, options));
	return 0;
} catch (const std::exception &error) {
	std::fprintf(stderr, "replay: %s\n", error.what());
	return 1;
}
