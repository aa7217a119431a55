// SPDX-License-Identifier: GPL-2.0-only
#include "daemon.hpp"

#include <net/if.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>

#include "error.hpp"
#include "log.hpp"
#include "netlink_gateway.hpp"
#include "notify.hpp"

namespace p2padm
{

namespace
{

/** Four beats in the time after which the module takes us for lost */
constexpr long tick_nanoseconds = KP2PADM_BEAT_TIMEOUT * 1'000'000'000L / 4;

/**
 * How long the loop may wait for a disk, or compute, before the module takes us for
 * lost. Events wait in their socket meanwhile.
 */
constexpr std::chrono::seconds patience{ 10 };

/** A minute: how often it is asked whether a schedule nears its end */
constexpr unsigned int renewal_ticks = 60 / KP2PADM_BEAT_TIMEOUT * 4;

FileDescriptor owned(int fd, const char *what)
{
	if (fd < 0)
		throw SystemError(what, errno);
	return FileDescriptor(fd);
}

FileDescriptor make_signals()
{
	sigset_t set;

	sigemptyset(&set);
	for (const int number : { SIGTERM, SIGINT, SIGHUP })
		sigaddset(&set, number);
	if (sigprocmask(SIG_BLOCK, &set, nullptr))
		throw SystemError("blocking signals", errno);
	return owned(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "waiting for signals");
}

FileDescriptor make_clock()
{
	FileDescriptor fd = owned(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
				  "making a timer");
	const timespec tick{ 0, tick_nanoseconds };
	const itimerspec every{ tick, tick };

	if (timerfd_settime(fd.get(), 0, &every, nullptr))
		throw SystemError("setting the timer", errno);
	return fd;
}

/**
 * Asking netlink for a family that is not there makes the kernel look for a
 * module with that name, each time: look first.
 */
std::unique_ptr<Gateway> open_gateway()
{
	if (!std::filesystem::exists("/sys/module/kp2padm"))
		throw NoGateway("the module kp2padm is not loaded");
	return std::make_unique<NetlinkGateway>();
}

std::string interface_name(std::uint32_t index)
{
	char name[IF_NAMESIZE];

	return if_indextoname(index, name) ? name : "";
}

/** Locked, so that nobody writes to it any more when its last event is looked for */
EveFile open_events(const Options &options)
{
	EveFile file(options.eve, options.eve_limits);

	file.open();
	return file;
}

/** Of the event that was written last, in this file or the one before */
EventPlace last_written(const std::string &path)
{
	const EventPlace last = last_place(path);

	return last.seq ? last : last_place(path + ".1");
}

} // namespace

Daemon::Daemon(const Options &options)
	: epoll_(owned(epoll_create1(EPOLL_CLOEXEC), "making an epoll")),
	  signals_(make_signals()), clock_(make_clock()), eve_(open_events(options)),
	  recorder_([this](const std::string &lines) { eve_.append(lines); }, interface_name,
		    log_line, last_written(options.eve)),
	  policy_(options.policy,
		  PolicyHistory(std::filesystem::path(options.state) / "policies"), log_line),
	  heartbeat_({ .every = std::chrono::milliseconds(tick_nanoseconds / 1'000'000),
		       .patience = patience }),
	  link_(host())
{
	watch(signals_.get());
	watch(clock_.get());
}

Link::Host Daemon::host()
{
	return {
		.gateway = open_gateway,
		.events = [] { return std::make_unique<NetlinkEvents>(); },
		.attached = [this] { attached(); },
		.heard = [this](const std::vector<Heard> &some) { heard(some); },
		.watch = [this](int fd) { watch(fd); },
		.forget = [this](int fd) { forget(fd); },
		.log = log_line,
		.pulse = heartbeat_,
	};
}

/** Do something about the policy, if attached. The gateway may go meanwhile: the next beat
 * finds out. @return was it done? */
bool Daemon::keep(const std::function<void(Gateway &)> &deed)
{
	if (!link_.gateway())
		return false;
	try {
		deed(*link_.gateway());
		return true;
	} catch (const std::runtime_error &error) {
		log_line(error.what());
		return false;
	}
}

void Daemon::attached()
{
	recorder_.resume();
	tend();
}

/** What is to be in force? The beginning's answer is another one, until it has been given. */
void Daemon::tend()
{
	if (began_)
		keep([this](Gateway &gateway) { policy_.resume(gateway); });
	else
		began_ = keep([this](Gateway &gateway) { policy_.begin(gateway); });
}

void Daemon::heard(const std::vector<Heard> &some)
{
	recorder_.heard(some);
	for (const auto &what : some)
		if (const auto *event = std::get_if<Event>(&what))
			policy_.heard(*event);
}

void Daemon::watch(int fd)
{
	epoll_event event{ .events = EPOLLIN, .data = { .fd = fd } };

	if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event))
		throw SystemError("watching a descriptor", errno);
}

void Daemon::forget(int fd)
{
	epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Daemon::run()
{
	policy_.read();
	link_.tick();
	notify::ready();
	while (!stop_)
		wait();
	notify::stopping();
	link_.detach();
	recorder_.retry();
}

void Daemon::wait()
{
	// one at a time: what one does may be the end of another
	epoll_event event{};
	const int n = epoll_wait(epoll_.get(), &event, 1, -1);

	if (n < 0 && errno != EINTR)
		throw SystemError("waiting", errno);
	if (n <= 0)
		return;
	if (event.data.fd == signals_.get())
		on_signal();
	else if (event.data.fd == clock_.get())
		on_tick();
	else
		link_.readable();
}

void Daemon::on_signal()
{
	signalfd_siginfo info{};

	if (read(signals_.get(), &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload();
	else
		stop_ = true;
}

void Daemon::on_tick()
{
	std::uint64_t ticks;

	if (read(clock_.get(), &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	link_.tick();
	if (++ticks_ % renewal_ticks == 0)
		keep([this](Gateway &gateway) { policy_.renew(gateway, std::time(nullptr)); });
	recorder_.retry();
	notify::alive();
}

void Daemon::reload()
{
	notify::reloading();
	try {
		eve_.open();
	} catch (const SystemError &error) {
		log_line(error.what()); // append() tries again
	}
	policy_.read();
	link_.attach_again();
	tend();
	notify::ready();
}

} // namespace p2padm
