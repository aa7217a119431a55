// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "gateway.h"
#include "policy.h"

static struct kp2p_policy *current_policy(const struct kp2p_gw *gw)
{
	/* genl_mutex, or the gateway's begin or end */
	return rcu_dereference_protected(gw->policy, true);
}

/* Packets on another CPU may meet a moment of the old generation; each is
 * judged by one policy as a whole all the same.
 */
static void announce(struct kp2p_gw *gw, u32 generation)
{
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(gw->cpu, cpu)->hot.pass,
			   kp2p_state(generation, 0, KP2P_PASS, true));
}

static bool blocks(enum kp2padm_mode mode, const u8 verdict[P2P_APP_COUNT])
{
	return mode == KP2PADM_MODE_ENFORCE &&
	       memchr(verdict, KP2PADM_VERDICT_DROP, P2P_APP_COUNT);
}

int kp2p_policy_install(struct kp2p_gw *gw, enum kp2padm_mode mode,
			const u8 verdict[P2P_APP_COUNT])
{
	struct kp2p_policy *old = current_policy(gw), *new;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->generation = old ? old->generation + 1 : 1;
	if (!new->generation)
		new->generation = 1;
	new->mode = mode;
	new->blocks = blocks(mode, verdict);
	memcpy(new->verdict, verdict, sizeof(new->verdict));

	rcu_assign_pointer(gw->policy, new);
	announce(gw, new->generation);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

int kp2p_policy_init(struct kp2p_gw *gw)
{
	static const u8 pass_all[P2P_APP_COUNT];

	return kp2p_policy_install(gw, KP2PADM_MODE_OBSERVE, pass_all);
}

void kp2p_policy_destroy(struct kp2p_gw *gw)
{
	kfree(current_policy(gw));
}

const struct kp2p_policy *kp2p_policy_get(const struct kp2p_gw *gw)
{
	return rcu_dereference(gw->policy);
}

enum kp2p_action kp2p_policy_judge(const struct kp2p_gw *gw, unsigned int app,
				   u32 *generation)
{
	const struct kp2p_policy *policy = kp2p_policy_get(gw);

	*generation = policy->generation;
	if (policy->verdict[app] == KP2PADM_VERDICT_PASS)
		return KP2P_PASS;
	return policy->mode == KP2PADM_MODE_ENFORCE ? KP2P_DROP : KP2P_WOULD_DROP;
}
