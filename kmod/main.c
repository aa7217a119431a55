// SPDX-License-Identifier: GPL-2.0-only
/* The order of things; nothing else. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "bridge.h"
#include "classify.h"
#include "custody.h"
#include "flow.h"
#include "gateway.h"
#include "genl.h"
#include "reader.h"
#include "stream.h"

static int __init kp2p_init(void)
{
	int err;

	kp2p_bridge_init();
	err = kp2p_custody_init();
	if (err)
		goto err_custody;
	err = kp2p_reader_init();
	if (err)
		goto err_reader;
	err = kp2p_stream_init();
	if (err)
		goto err_stream;
	err = kp2p_flow_init();
	if (err)
		goto err_flow;
	err = kp2p_classify_init();
	if (err)
		goto err_classify;
	err = kp2p_gateway_init();
	if (err)
		goto err_gateway;
	err = kp2p_genl_init();
	if (err)
		goto err_genl;
	pr_info("version %s, observing\n", KP2PADM_VERSION);
	return 0;

err_genl:
	kp2p_gateway_exit();
err_gateway:
	kp2p_classify_exit();
err_classify:
	kp2p_flow_exit();
err_flow:
	kp2p_stream_exit();
err_stream:
	kp2p_reader_exit();
err_reader:
	kp2p_custody_exit();
err_custody:
	kp2p_bridge_exit();
	return err;
}

static void __exit kp2p_exit(void)
{
	kp2p_genl_exit();
	kp2p_gateway_exit();
	kp2p_classify_exit();
	kp2p_flow_exit();
	kp2p_stream_exit();
	kp2p_reader_exit();
	kp2p_custody_exit();
	kp2p_bridge_exit();
}

module_init(kp2p_init);
module_exit(kp2p_exit);

MODULE_DESCRIPTION("Gateway for peer-to-peer and chat traffic on a bridge");
MODULE_LICENSE("GPL");
MODULE_VERSION(KP2PADM_VERSION);
