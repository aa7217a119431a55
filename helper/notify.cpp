// SPDX-License-Identifier: GPL-2.0-only
#include "notify.hpp"

#include <ctime>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace p2padm::notify
{

void ready()
{
	sd_notify(0, "READY=1");
}

void reloading()
{
	timespec now{};

	// Type=notify-reload asks for the time
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
				 now.tv_sec * 1'000'000LL + now.tv_nsec / 1000)
			     .c_str());
}

void stopping()
{
	sd_notify(0, "STOPPING=1");
}

void alive()
{
	sd_notify(0, "WATCHDOG=1");
}

} // namespace p2padm::notify
