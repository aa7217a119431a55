// SPDX-License-Identifier: GPL-2.0-only
/**
 * link DEVICE DEVICE PATTERN SEED
 *
 * A long line between two network devices: what comes out of one goes into the other, both
 * ways, 20 Mbit/s and 10 ms each. Of the frames with data that go from the first to the
 * second the k-th has a fate that PATTERN and SEED decide before any has come, whatever is
 * done to the others: it arrives, is lost, comes twice, or is overtaken. So two runs meet
 * the same losses. A burst of losses is over when nothing was sent for 100 ms: it would last
 * for minutes where each of its losses is one that a timer repeats. Prints "ready" and works
 * until it is killed.
 */
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <arpa/inet.h>

namespace
{

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t bit = second / 20'000'000;
constexpr std::uint64_t delay = second / 100;
constexpr std::uint64_t shortcut = delay / 2; /* what overtakes others takes so much less */
constexpr std::uint64_t silence = second / 10;
constexpr std::size_t pattern_length = 1 << 14;
constexpr std::size_t data_frame = 200; /* bytes: a smaller one has no data to speak of */

[[noreturn]] void fail(const char *what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t now()
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return static_cast<std::uint64_t>(t.tv_sec) * second + static_cast<std::uint64_t>(t.tv_nsec);
}

/* -- fates --------------------------------------------------------------------- */

enum class Fate : std::uint8_t { arrives, lost, twice, early };

using Pattern = std::vector<Fate>;

/** Draws that are the same for the same seed, on every machine. */
class Dice
{
public:
	explicit Dice(std::uint32_t seed) : engine_(seed) {}
	bool operator()(double chance) { return engine_() < chance * 4294967296.0; }

private:
	std::mt19937 engine_;
};

Pattern independent(Dice dice, double chance, Fate fate)
{
	Pattern pattern(pattern_length);

	for (auto &one : pattern)
		one = dice(chance) ? fate : Fate::arrives;
	return pattern;
}

/** Two states: from good to loss by @worse, back by @better; a bad state loses all. */
Pattern gilbert(Dice dice, double worse, double better)
{
	Pattern pattern(pattern_length);
	bool bad = false;

	for (auto &one : pattern) {
		bad = bad ? !dice(better) : dice(worse);
		one = bad ? Fate::lost : Fate::arrives;
	}
	return pattern;
}

/** A Markov chain of order 2: the chance of a loss by what became of the two before. */
Pattern markov(Dice dice)
{
	constexpr std::array<double, 4> chance = { 0.01, 0.2, 0.05, 0.4 };
	Pattern pattern(pattern_length);
	unsigned int past = 0; /* bit 0: the last was lost, bit 1: the one before */

	for (auto &one : pattern) {
		const bool lost = dice(chance[past]);

		one = lost ? Fate::lost : Fate::arrives;
		past = (past << 1 | (lost ? 1U : 0U)) & 3;
	}
	return pattern;
}

Pattern pattern_of(std::string_view name, std::uint32_t seed)
{
	const Dice dice(seed);

	if (name == "none")
		return Pattern(pattern_length);
	if (name == "bernoulli")
		return independent(dice, 0.01, Fate::lost);
	if (name == "gilbert-short")
		return gilbert(dice, 0.01, 0.3);
	if (name == "gilbert-long")
		return gilbert(dice, 0.005, 0.1);
	if (name == "markov")
		return markov(dice);
	if (name == "reorder")
		return independent(dice, 0.25, Fate::early);
	if (name == "duplicate")
		return independent(dice, 0.01, Fate::twice);
	errno = EINVAL;
	fail("pattern");
}

/* -- the line ------------------------------------------------------------------ */

int open_device(const char *name)
{
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	const int on = 1, room = 32 << 20;
	sockaddr_ll to{};

	to.sll_family = AF_PACKET;
	to.sll_protocol = htons(ETH_P_ALL);
	to.sll_ifindex = static_cast<int>(if_nametoindex(name));
	if (fd < 0 || !to.sll_ifindex || bind(fd, reinterpret_cast<sockaddr *>(&to), sizeof(to)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		fail(name);
	return fd;
}

struct Frame {
	std::uint64_t due;
	std::vector<std::uint8_t> bytes;
};

/** One way of it */
class Way
{
public:
	Way(int from, int to, Pattern pattern) : from_(from), to_(to), pattern_(std::move(pattern)) {}

	/** Take what has come. */
	void take()
	{
		std::array<std::uint8_t, 2048> buffer;

		for (;;) {
			const auto n = recv(from_, buffer.data(), buffer.size(), 0);

			if (n < 0 && (errno == EAGAIN || errno == ENETDOWN))
				return;
			if (n < 0)
				fail("recv");
			put({ buffer.begin(), buffer.begin() + n });
		}
	}

	/** Let out what has come to the end. Return: when there will be more. */
	std::uint64_t give()
	{
		std::uint64_t next = UINT64_MAX;

		for (auto *queue : { &queue_, &short_ }) {
			while (!queue->empty() && queue->front().due <= now()) {
				send_frame(queue->front().bytes);
				queue->pop_front();
			}
			if (!queue->empty())
				next = std::min(next, queue->front().due);
		}
		return next;
	}

private:
	void put(std::vector<std::uint8_t> bytes)
	{
		const Fate fate = bytes.size() >= data_frame ? next_fate() : Fate::arrives;

		free_ = std::max(free_, now()) + bytes.size() * 8 * bit;
		if (fate == Fate::lost)
			return;
		if (fate == Fate::early) {
			short_.push_back({ free_ + delay - shortcut, std::move(bytes) });
			return;
		}
		if (fate == Fate::twice)
			queue_.push_back({ free_ + delay, bytes });
		queue_.push_back({ free_ + delay, std::move(bytes) });
	}

	Fate next_fate()
	{
		const std::uint64_t at = now();

		if (at - last_ > silence)
			while (next_ < pattern_.size() && pattern_[next_] == Fate::lost)
				next_++;
		last_ = at;
		return next_ < pattern_.size() ? pattern_[next_++] : Fate::arrives;
	}

	void send_frame(const std::vector<std::uint8_t> &bytes)
	{
		if (send(to_, bytes.data(), bytes.size(), 0) < 0 && errno != ENETDOWN)
			fail("send");
	}

	int from_, to_;
	Pattern pattern_;
	std::size_t next_ = 0;
	std::uint64_t last_ = 0; /* when there was data */
	std::uint64_t free_ = 0; /* when the line has taken what came before */
	std::deque<Frame> queue_, short_;
};

void wait_until(std::uint64_t when, std::array<pollfd, 2> &fds)
{
	const std::uint64_t at = now();
	const std::uint64_t left = when > at ? when - at : 0;
	const timespec limit = { static_cast<time_t>(left / second),
				 static_cast<long>(left % second) };

	ppoll(fds.data(), fds.size(), when == UINT64_MAX ? nullptr : &limit, nullptr);
}

void run(const char *a, const char *b, Pattern pattern)
{
	const int fd[2] = { open_device(a), open_device(b) };
	Way there(fd[0], fd[1], std::move(pattern)), back(fd[1], fd[0], Pattern(1));
	std::array<pollfd, 2> fds = { pollfd{ fd[0], POLLIN, 0 }, pollfd{ fd[1], POLLIN, 0 } };

	prctl(PR_SET_TIMERSLACK, 1);
	std::puts("ready");
	std::fflush(stdout);
	for (;;) {
		there.take();
		back.take();
		const std::uint64_t first = there.give(), second_one = back.give();

		wait_until(std::min(first, second_one), fds);
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 5) {
		std::fputs("usage: link DEVICE DEVICE PATTERN SEED\n", stderr);
		return 2;
	}
	try {
		run(argv[1], argv[2],
		    pattern_of(argv[3], static_cast<std::uint32_t>(std::atoi(argv[4]))));
	} catch (const std::exception &e) {
		std::fprintf(stderr, "link: %s\n", e.what());
		return 1;
	}
}
