// SPDX-License-Identifier: GPL-2.0-only
/** What a service manager is told; nothing where there is none. */
#ifndef P2PADM_HELPER_NOTIFY_HPP
#define P2PADM_HELPER_NOTIFY_HPP

namespace p2padm::notify
{

/** It runs; also behind reloading() */
void ready();
void reloading();
void stopping();
/** To be called at least every second: the unit's WatchdogSec= is longer */
void alive();

} // namespace p2padm::notify

#endif
