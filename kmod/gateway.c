// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "draft.h"
#include "gateway.h"
#include "hook.h"
#include "proc.h"

/* What a namespace has while it is not enabled: a pointer. */
struct kp2p_net {
	struct kp2p_gw *gw;
};

static unsigned int max_gateways = 64;
module_param(max_gateways, uint, 0644);
MODULE_PARM_DESC(max_gateways, "namespaces that may have a gateway at a time");

/* Where anybody may make user namespaces, anybody could take a table's memory,
 * for which no control group is charged.
 */
static bool user_namespaces;
module_param(user_namespaces, bool, 0644);
MODULE_PARM_DESC(user_namespaces, "let network namespaces of user namespaces have gateways, too (default: no)");

/* Held while a device's end is told to a gateway, which must not end meanwhile */
static DEFINE_MUTEX(forsake_lock);

static atomic_t gateways = ATOMIC_INIT(0);
static unsigned int net_id;

static struct kp2p_net *kp2p_net(const struct net *net)
{
	return net_generic(net, net_id);
}

struct kp2p_gw *kp2p_gateway(const struct net *net)
{
	return READ_ONCE(kp2p_net(net)->gw);
}

static void cpus_init(struct kp2p_gw *gw)
{
	u64 secret[3];
	int cpu;

	get_random_bytes(secret, sizeof(secret));

	for_each_possible_cpu(cpu) {
		struct kp2p_cpu *c = per_cpu_ptr(gw->cpu, cpu);

		c->gw = gw;
		c->hot.buckets = gw->buckets;
		c->hot.mask = gw->mask;
		memcpy(c->hot.secret, secret, sizeof(secret));
	}
}

static struct kp2p_gw *gateway_new(struct net *net)
{
	struct kp2p_gw *gw = kzalloc(sizeof(*gw), GFP_KERNEL_ACCOUNT);

	if (!gw)
		return NULL;
	gw->net = net;
	gw->identity = get_random_u64() ?: 1;
	gw->enabled_at = ktime_get_boottime_seconds();
	gw->totals_next = jiffies - 1; /* there are none */
	INIT_LIST_HEAD(&gw->drafts);
	spin_lock_init(&gw->event_lock);
	kp2p_fifo_init(&gw->fifo);
	gw->cpu = alloc_percpu_gfp(struct kp2p_cpu, GFP_KERNEL_ACCOUNT);
	if (!gw->cpu)
		goto err_cpu;
	if (kp2p_flow_table_init(gw))
		goto err_table;
	cpus_init(gw);
	if (kp2p_policy_init(gw))
		goto err_policy;
	return gw;

err_policy:
	kp2p_flow_table_destroy(gw);
err_table:
	free_percpu(gw->cpu);
err_cpu:
	kfree(gw);
	return NULL;
}

static void gateway_free(struct kp2p_gw *gw)
{
	kp2p_flow_table_destroy(gw);
	kp2p_policy_destroy(gw);
	kp2p_clone_flush(gw);
	free_percpu(gw->cpu);
	kfree(gw);
}

static int gateway_start(struct kp2p_gw *gw)
{
	int err;

	if (kp2p_proc_init(gw))
		return -ENOMEM;
	err = kp2p_hook_register(gw);
	if (err) {
		kp2p_proc_exit(gw);
		return err;
	}
	kp2p_flow_table_start(gw);
	WRITE_ONCE(kp2p_net(gw->net)->gw, gw);
	return 0;
}

int kp2p_gateway_enable(struct net *net)
{
	struct kp2p_gw *gw;
	int err = -EMFILE;

	if (kp2p_net(net)->gw)
		return -EALREADY;
	if (net->user_ns != &init_user_ns && !READ_ONCE(user_namespaces))
		return -EPERM;
	if ((unsigned int)atomic_inc_return(&gateways) > READ_ONCE(max_gateways))
		goto err_count;
	err = -ENOMEM;
	gw = gateway_new(net);
	if (!gw)
		goto err_count;
	err = gateway_start(gw);
	if (err)
		goto err_start;
	return 0;

err_start:
	gateway_free(gw);
err_count:
	atomic_dec(&gateways);
	return err;
}

int kp2p_gateway_disable(struct net *net)
{
	struct kp2p_gw *gw = kp2p_net(net)->gw;

	if (!gw)
		return -EALREADY;
	mutex_lock(&forsake_lock);
	WRITE_ONCE(kp2p_net(net)->gw, NULL);
	mutex_unlock(&forsake_lock);
	kp2p_hook_unregister(gw);
	kp2p_proc_exit(gw);
	kp2p_helper_exit(gw);
	kp2p_draft_exit(gw);
	gateway_free(gw);
	atomic_dec(&gateways);
	return 0;
}

static void __net_exit net_exit(struct net *net)
{
	kp2p_gateway_disable(net);
}

static struct pernet_operations net_ops = {
	.exit = net_exit,
	.id = &net_id,
	.size = sizeof(struct kp2p_net),
};

/* The module goes, and with it all that is held: what the notifier's end tells of every
 * device once more would have each table walked as often. forsake_lock
 */
static bool leaving;

/* What is held of a device's packets must not keep it from going. Under RTNL. */
static int on_device(struct notifier_block *block, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct kp2p_gw *gw;

	switch (event) {
	case NETDEV_DOWN:
	case NETDEV_UNREGISTER: /* told again while somebody still has it */
	case NETDEV_CHANGEUPPER:
		break;
	default:
		return NOTIFY_DONE;
	}
	mutex_lock(&forsake_lock);
	gw = leaving ? NULL : kp2p_gateway(dev_net(dev));
	if (gw)
		kp2p_flow_forsake(gw, dev);
	mutex_unlock(&forsake_lock);
	return NOTIFY_DONE;
}

static struct notifier_block device_block = {
	.notifier_call = on_device,
};

int kp2p_gateway_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&device_block);
	if (err)
		goto err_notifier;
	/* whoever loads the module wants it here */
	err = kp2p_gateway_enable(current->nsproxy->net_ns);
	if (err)
		goto err_enable;
	return 0;

err_enable:
	unregister_netdevice_notifier(&device_block);
err_notifier:
	unregister_pernet_subsys(&net_ops);
	return err;
}

void kp2p_gateway_exit(void)
{
	mutex_lock(&forsake_lock);
	leaving = true;
	mutex_unlock(&forsake_lock);
	unregister_netdevice_notifier(&device_block);
	unregister_pernet_subsys(&net_ops);
}
