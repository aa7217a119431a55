// SPDX-License-Identifier: GPL-2.0-only
#include <linux/proc_fs.h>
#include <linux/rcupdate_wait.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "gateway.h"
#include "proc.h"

static struct kp2p_gw *gw_of(const struct seq_file *seq)
{
	return pde_data(file_inode(seq->file));
}

static int counters_show(struct seq_file *seq, void *v)
{
	u64 count[KP2P_COUNTERS];
	unsigned int i;

	kp2p_stats_sum(gw_of(seq), count);
	for (i = 0; i < KP2P_COUNTERS; i++)
		seq_printf(seq, "%-20s %llu\n", kp2p_counter_name(i), count[i]);
	return 0;
}

static int protocols_show(struct seq_file *seq, void *v)
{
	unsigned int i, app;

	seq_puts(seq, "application      variant    l4   category flows_named\n");
	for (i = 0; i < P2P_PROTO_COUNT; i++) {
		app = p2p_proto_app(i);
		seq_printf(seq, "%-16s %-10s %-4s %-8s %llu\n", p2p_app_name(app),
			   p2p_proto_variant(i),
			   p2p_proto_mask(P2P_TCP) >> i & 1 ? "tcp" : "udp",
			   p2p_category_name(p2p_app_category(app)),
			   kp2p_stats_named(gw_of(seq), i));
	}
	return 0;
}

/* A position of the flows file is a bucket; a chain is shown at once. */
static void *flows_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	if (*pos == 0)
		return SEQ_START_TOKEN;
	return *pos <= (loff_t)gw_of(seq)->mask + 1 ? pos : NULL;
}

static void *flows_next(struct seq_file *seq, void *v, loff_t *pos)
{
	const struct kp2p_gw *gw = gw_of(seq);

	/* skip what is empty: most of a large table. No flow is held here. */
	while (++*pos <= (loff_t)gw->mask + 1) {
		if (rcu_access_pointer(gw->buckets[*pos - 1]))
			return pos;
		if (*pos % 1024 == 0)
			cond_resched_rcu();
	}
	return NULL;
}

static void flows_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static void show_endpoint(struct seq_file *seq, const struct p2p_key *key, int end)
{
	if (key->family == 4)
		seq_printf(seq, "%pI4:%u ", &key->addr.v4[end], ntohs((__force __be16)key->port[end]));
	else
		seq_printf(seq, "[%pI6c]:%u ", key->addr.v6[end], ntohs((__force __be16)key->port[end]));
}

static void show_flow(struct seq_file *seq, const struct kp2p_flow *flow)
{
	const struct p2p_key *key = &flow->key;
	u64 state = READ_ONCE(flow->state);
	int i;

	seq_puts(seq, key->l4 == P2P_TCP ? "tcp " : "udp ");
	show_endpoint(seq, key, flow->first);
	show_endpoint(seq, key, !flow->first);
	seq_printf(seq, "vlan=%u.%u pppoe=%u app=%s", key->vid, key->cvid, key->session,
		   p2p_app_name(kp2p_state_app(state)));
	if (READ_ONCE(flow->proto) != P2P_PROTO_NONE)
		seq_printf(seq, "/%s", p2p_proto_variant(READ_ONCE(flow->proto)));
	seq_printf(seq, " decided=%u flags=%#x", READ_ONCE(flow->decided),
		   kp2p_flow_notes(flow));
	for (i = 0; i < 2; i++) {
		const struct kp2p_dir *dir = &flow->dir[i ^ flow->first];

		seq_printf(seq, " packets=%llu bytes=%llu",
			   (u64)atomic64_read(&dir->packets), (u64)atomic64_read(&dir->bytes));
	}
	seq_putc(seq, '\n');
}

static int flows_show(struct seq_file *seq, void *v)
{
	const struct kp2p_flow *flow;

	if (v == SEQ_START_TOKEN)
		return 0;
	for (flow = rcu_dereference(gw_of(seq)->buckets[*(loff_t *)v - 1]); flow;
	     flow = rcu_dereference(flow->next))
		if (!(READ_ONCE(flow->notes) & KP2P_NOTE_OVER))
			show_flow(seq, flow);
	return 0;
}

static const struct seq_operations flows_ops = {
	.start = flows_start,
	.next = flows_next,
	.stop = flows_stop,
	.show = flows_show,
};

int kp2p_proc_init(struct kp2p_gw *gw)
{
	gw->proc = proc_mkdir("kp2padm", gw->net->proc_net);
	if (!gw->proc)
		return -ENOMEM;
	if (!proc_create_single_data("counters", 0444, gw->proc, counters_show, gw) ||
	    !proc_create_single_data("protocols", 0444, gw->proc, protocols_show, gw) ||
	    !proc_create_seq_data("flows", 0440, gw->proc, &flows_ops, gw)) {
		kp2p_proc_exit(gw);
		return -ENOMEM;
	}
	return 0;
}

void kp2p_proc_exit(struct kp2p_gw *gw)
{
	proc_remove(gw->proc);
}
