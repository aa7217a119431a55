// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/module.h>

#include "event.h"
#include "gateway.h"
#include "helper.h"

/* Its socket is known, be it alive or silent: the module is pinned. */
static bool is_attached(const struct kp2p_gw *gw)
{
	return gw->helper_portid != 0;
}

static void become(struct kp2p_gw *gw, enum kp2padm_helper state)
{
	lockdep_assert_held(&gw->policy_lock);
	if (gw->helper == state)
		return;
	gw->helper = state;
	kp2p_event_helper(gw, state);
	kp2p_policy_renew(gw);
}

static void let_go(struct kp2p_gw *gw, enum kp2padm_helper state)
{
	gw->helper_portid = 0;
	module_put(THIS_MODULE);
	become(gw, state);
}

int kp2p_helper_attach(struct kp2p_gw *gw, u32 portid)
{
	int err = 0;

	mutex_lock(&gw->policy_lock);
	if (!is_attached(gw)) {
		if (!try_module_get(THIS_MODULE)) {
			mutex_unlock(&gw->policy_lock);
			return -ENODEV; /* it is on its way out */
		}
		gw->helper_portid = portid;
		WRITE_ONCE(gw->deaf_until, 0); /* whoever attaches listens */
	} else if (gw->helper_portid != portid) {
		err = -EBUSY;
	}
	if (!err) {
		gw->helper_beat = jiffies;
		WRITE_ONCE(gw->helper_refused, 0);
		become(gw, KP2PADM_HELPER_ALIVE);
	}
	mutex_unlock(&gw->policy_lock);
	return err;
}

void kp2p_helper_refuse(struct kp2p_gw *gw, u32 abi)
{
	mutex_lock(&gw->policy_lock);
	WRITE_ONCE(gw->helper_refused, abi);
	mutex_unlock(&gw->policy_lock);
}

int kp2p_helper_beat(struct kp2p_gw *gw, u32 portid)
{
	int err = -ENOTCONN;

	mutex_lock(&gw->policy_lock);
	if (is_attached(gw) && gw->helper_portid == portid) {
		gw->helper_beat = jiffies;
		become(gw, KP2PADM_HELPER_ALIVE);
		err = 0;
	}
	mutex_unlock(&gw->policy_lock);
	return err;
}

int kp2p_helper_detach(struct kp2p_gw *gw)
{
	int err = -ENOTCONN;

	mutex_lock(&gw->policy_lock);
	if (is_attached(gw)) {
		let_go(gw, KP2PADM_HELPER_NONE);
		err = 0;
	}
	mutex_unlock(&gw->policy_lock);
	return err;
}

void kp2p_helper_closed(struct kp2p_gw *gw, u32 portid)
{
	mutex_lock(&gw->policy_lock);
	if (is_attached(gw) && gw->helper_portid == portid)
		let_go(gw, KP2PADM_HELPER_LOST);
	mutex_unlock(&gw->policy_lock);
}

void kp2p_helper_tick(struct kp2p_gw *gw)
{
	if (gw->helper == KP2PADM_HELPER_ALIVE &&
	    time_after(jiffies, gw->helper_beat + KP2PADM_BEAT_TIMEOUT * HZ))
		become(gw, KP2PADM_HELPER_LOST);
}

void kp2p_helper_exit(struct kp2p_gw *gw)
{
	if (is_attached(gw))
		module_put(THIS_MODULE);
}
