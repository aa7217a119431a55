// SPDX-License-Identifier: GPL-2.0-only
/** That the helper lives, told to the module, whatever the helper waits for. */
#ifndef P2PADM_HELPER_HEARTBEAT_HPP
#define P2PADM_HELPER_HEARTBEAT_HPP

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway.hpp"

namespace p2padm
{

/** Who beats */
class Pulse
{
public:
	virtual ~Pulse() = default;

	/** Beat on @p line, which is attached, until end() */
	virtual void begin(std::unique_ptr<Gateway> line) = 0;
	/** The line is closed; when it returns no beat is on its way */
	virtual void end() = 0;
	/** The helper lives. @throw what the last beat threw; there is none behind it */
	virtual void witness() = 0;
};

/**
 * A thread that beats and does nothing else, so that a slow disk or a long
 * computation does not make the helper look lost
 *
 * It beats for as long as witness() is called at least every Times::patience: a
 * helper that hangs is lost, by that much later.
 */
class Heartbeat : public Pulse
{
public:
	struct Times {
		std::chrono::milliseconds every;
		std::chrono::milliseconds patience;
	};

	/** The thread has what its creator has: signals that are blocked, capabilities */
	explicit Heartbeat(Times times);
	~Heartbeat() override;

	void begin(std::unique_ptr<Gateway> line) override;
	void end() override;
	void witness() override;

private:
	using Clock = std::chrono::steady_clock;

	void run();
	void beat();

	const Times times_;
	std::mutex mutex_; ///< of all below but the thread
	std::condition_variable changed_;
	std::unique_ptr<Gateway> line_;
	std::exception_ptr failure_;
	Clock::time_point witnessed_{};
	bool running_ = false;
	bool stop_ = false;
	std::thread thread_;
};

} // namespace p2padm

#endif
