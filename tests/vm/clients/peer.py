#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A BitTorrent peer for tests: libtorrent with one torrent and its trackers.

peer.py seed|leech TORRENT|MAGNET DIR --listen ADDRESS:PORT[,...] [option ...]

A seed trusts what is in DIR and serves until it is ended. A leech exits with 0
when all is there, with 1 after its time. Both tell when something changed, at
most each second: `progress BYTES of BYTES, N peers`; a leech ends with `done
SECONDS`.
"""
import argparse
import sys
import time

import libtorrent as lt


def endpoint(text):
    """ADDRESS:PORT or [ADDRESS]:PORT"""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


# what goes into the log
TOLD = lt.alert.category_t.error_notification | lt.alert.category_t.connect_notification


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("role", choices=("seed", "leech"))
    p.add_argument("source", metavar="TORRENT|MAGNET")
    p.add_argument("dir")
    p.add_argument("--listen", required=True, metavar="ADDRESS:PORT[,...]")
    p.add_argument("--peer", action="append", default=[], metavar="ADDRESS:PORT",
                   help="connect to this one")
    p.add_argument("--transport", choices=("tcp", "utp"), default="tcp")
    p.add_argument("--encryption", choices=("off", "rc4"), default="off")
    p.add_argument("--dht", metavar="ADDRESS:PORT",
                   help="take part in the DHT, entered there; or: alone")
    p.add_argument("--lsd", action="store_true", help="local service discovery")
    p.add_argument("--rate", type=int, default=0, help="upload limit, bytes a second")
    p.add_argument("--timeout", type=float, default=1e9, help="seconds")
    return p.parse_args()


def settings(o):
    """What the session is to do; everything that acts by itself is off."""
    forced = o.encryption == "rc4"
    policy = lt.enc_policy.pe_forced if forced else lt.enc_policy.pe_disabled
    level = lt.enc_level.rc4 if forced else lt.enc_level.plaintext
    udp = o.transport == "utp"
    return {
        "listen_interfaces": o.listen,
        "outgoing_interfaces": "" if "," in o.listen else endpoint(o.listen)[0],
        "enable_outgoing_tcp": not udp,
        "enable_incoming_tcp": not udp,
        "enable_outgoing_utp": udp,
        "enable_incoming_utp": udp,
        "in_enc_policy": int(policy),
        "out_enc_policy": int(policy),
        "allowed_enc_level": int(level),
        "enable_dht": bool(o.dht),
        "dht_bootstrap_nodes": "" if o.dht in (None, "alone") else o.dht,
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_announce_interval": 10,
        "enable_lsd": o.lsd,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
        "unchoke_slots_limit": -1,
        "min_reconnect_time": 2,
        "upload_rate_limit": o.rate,
        "rate_limit_ip_overhead": False,
        "alert_mask": TOLD | lt.alert.category_t.status_notification,
    }


def torrent(o):
    if o.source.startswith("magnet:"):
        params = lt.parse_magnet_uri(o.source)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(o.source)
    params.save_path = o.dir
    if o.role == "seed":
        params.flags |= lt.torrent_flags.seed_mode
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return params


def main():
    o = arguments()
    session = lt.session(settings(o))
    if o.dht not in (None, "alone"):
        session.add_dht_node(endpoint(o.dht))
    handle = session.add_torrent(torrent(o))
    # rate limits spare the local network unless told otherwise
    if o.rate:
        handle.set_upload_limit(o.rate)
    for peer in o.peer:
        handle.connect_peer(endpoint(peer))

    start = told = time.monotonic()
    last = None
    while time.monotonic() - start < o.timeout:
        # a torrent that is finished is an alert: to ask many times a second costs the lab
        # machine more than the transfer
        session.wait_for_alert(1000)
        now = time.monotonic()
        for alert in session.pop_alerts():
            if alert.category() & TOLD:
                print(f"{now - start:.1f} {alert.message()[:160]}", flush=True)
        status = handle.status()
        progress = (status.total_done, status.total_wanted, status.num_peers)
        if now - told >= 1 and progress != last:
            told, last = now, progress
            print("progress %d of %d, %d peers" % progress, flush=True)
        if o.role == "leech" and status.is_seeding:
            print(f"done {now - start:.1f}", flush=True)
            return 0
    return 0 if o.role == "seed" else 1


if __name__ == "__main__":
    sys.exit(main())
