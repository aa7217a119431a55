// SPDX-License-Identifier: GPL-2.0-only
/**
 * user_gateway POLICY [QUEUE]
 *
 * The module's content filter as a program behind NFQUEUE: the same core, over the
 * content rules of the same policy. Verdicts go out together where nothing is dropped:
 * one that accepts all that came before it. Prints "ready"; at SIGTERM what was done,
 * as one JSON object.
 */
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "nfqueue.hpp"
#include "policy.hpp"
#include "user_flow.hpp"

namespace
{

using namespace bench;

volatile std::sig_atomic_t stopped;

/** Verdicts that are to come. */
class Verdicts
{
public:
	explicit Verdicts(Queue &queue) : queue_(queue) {}

	void accept(std::uint32_t id)
	{
		last_ = id;
		if (++waiting_ == most)
			flush();
	}
	void drop(std::uint32_t id)
	{
		flush();
		queue_.drop(id);
	}
	void flush()
	{
		if (waiting_)
			queue_.accept_all_to(last_);
		waiting_ = 0;
	}
	bool empty() const { return !waiting_; }

private:
	static constexpr unsigned most = 64;

	Queue &queue_;
	std::uint32_t last_ = 0;
	unsigned waiting_ = 0;
};

void work(Queue &queue, UserTable &table)
{
	Verdicts verdicts(queue);
	const auto show = [&](const Queued &packet) {
		if (table.packet(packet.ethertype, packet.bytes))
			verdicts.accept(packet.id);
		else
			verdicts.drop(packet.id);
	};

	while (!stopped)
		if (!queue.receive(show, verdicts.empty()))
			verdicts.flush();
}

p2padm::CompiledContent read_rules(const char *path)
{
	std::ifstream file(path);
	const std::string text{ std::istreambuf_iterator<char>(file), {} };
	p2padm::Problems problems;
	const p2padm::Policy policy = p2padm::parse_policy(text, problems);
	auto content = p2padm::compile_content(policy.content, problems);

	if (!file || !problems.errors.empty())
		throw std::runtime_error(std::string(path) + " is no policy");
	return content;
}

void print(const Tally &tally)
{
	std::printf("{\"bytes_read\": %llu, \"ordered\": %llu, \"other\": %llu, \"dropped\": %llu, "
		    "\"named\": %llu}\n",
		    static_cast<unsigned long long>(tally.bytes_read),
		    static_cast<unsigned long long>(tally.ordered),
		    static_cast<unsigned long long>(tally.other),
		    static_cast<unsigned long long>(tally.dropped),
		    static_cast<unsigned long long>(tally.named));
}

void stop_at_sigterm()
{
	struct sigaction action {};

	action.sa_handler = [](int) { stopped = 1; };
	sigaction(SIGTERM, &action, nullptr); /* without SA_RESTART: it ends a wait */
}

} // namespace

int main(int argc, char **argv)
try {
	if (argc < 2)
		throw std::invalid_argument("which policy?");
	const p2padm::CompiledContent content = read_rules(argv[1]);
	UserTable table(content.core().rules ? &content.core() : nullptr);
	Queue queue(static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 0));

	stop_at_sigterm();
	std::puts("ready");
	std::fflush(stdout);
	work(queue, table);
	print(table.tally());
	return 0;
} catch (const std::exception &error) {
	std::fprintf(stderr, "user_gateway: %s\n", error.what());
	return 1;
}
