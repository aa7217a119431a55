// SPDX-License-Identifier: GPL-2.0-only
/** The daemon: signals, a clock and events, in one loop. */
#ifndef P2PADM_HELPER_DAEMON_HPP
#define P2PADM_HELPER_DAEMON_HPP

#include <functional>
#include <vector>

#include "eve_file.hpp"
#include "heartbeat.hpp"
#include "link.hpp"
#include "options.hpp"
#include "policy_keeper.hpp"
#include "recorder.hpp"

namespace p2padm
{

class Daemon
{
public:
	/** @throw SystemError */
	explicit Daemon(const Options &options);

	/** Until SIGTERM or SIGINT. @throw SystemError */
	void run();

private:
	Link::Host host();
	bool keep(const std::function<void(Gateway &)> &deed);
	void tend();
	void attached();
	void heard(const std::vector<Heard> &some);
	void watch(int fd);
	void forget(int fd);
	void wait();
	void on_signal();
	void on_tick();
	void reload();

	FileDescriptor epoll_;
	FileDescriptor signals_;
	FileDescriptor clock_;
	EveFile eve_;
	Recorder recorder_;
	PolicyKeeper policy_;
	Heartbeat heartbeat_; ///< a thread: behind what blocks signals
	Link link_;
	bool began_ = false; ///< the policy of the beginning is settled
	bool stop_ = false;
	unsigned int ticks_ = 0;
};

} // namespace p2padm

#endif
