// SPDX-License-Identifier: GPL-2.0-only
#include "heartbeat.hpp"

#include <utility>

namespace p2padm
{

Heartbeat::Heartbeat(Times times) : times_(times), thread_([this] { run(); })
{
	// what a thread asks of the kernel to begin with, no filter allows later
	std::unique_lock lock(mutex_);

	changed_.wait(lock, [this] { return running_; });
}

Heartbeat::~Heartbeat()
{
	{
		const std::lock_guard lock(mutex_);
		stop_ = true;
	}
	changed_.notify_all();
	thread_.join();
}

void Heartbeat::begin(std::unique_ptr<Gateway> line)
{
	const std::lock_guard lock(mutex_);

	line_ = std::move(line);
	failure_ = nullptr;
	witnessed_ = Clock::now();
}

void Heartbeat::end()
{
	const std::lock_guard lock(mutex_);

	line_.reset();
	failure_ = nullptr;
}

void Heartbeat::witness()
{
	const std::lock_guard lock(mutex_);

	witnessed_ = Clock::now();
	if (failure_)
		std::rethrow_exception(failure_);
}

void Heartbeat::run()
{
	std::unique_lock lock(mutex_);

	running_ = true;
	changed_.notify_all();
	while (!stop_) {
		if (line_ && !failure_ && Clock::now() - witnessed_ <= times_.patience)
			beat();
		changed_.wait_for(lock, times_.every);
	}
}

/** The lock is held: a beat is short, and no line is closed under it */
void Heartbeat::beat()
{
	try {
		line_->beat();
	} catch (...) {
		failure_ = std::current_exception();
	}
}

} // namespace p2padm
