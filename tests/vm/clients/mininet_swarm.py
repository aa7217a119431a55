#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A swarm of three hosts on a Mininet switch that is a Linux bridge.

mininet_swarm.py PEER TORRENT SEED-DIR LEECH-DIR PORT PORT

The first host seeds on the first PORT. The second fetches from it into
LEECH-DIR/h2 and seeds on the second PORT; the third fetches from the second.
Exits with 0 when both have everything.
"""
import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo


class Swarm:
    """PEER's processes for one torrent"""

    def __init__(self, program, torrent):
        self.program, self.torrent = program, torrent
        self.seeds = []

    def start(self, host, role, directory, port, *options):
        return host.popen([self.program, role, self.torrent, directory,
                           "--listen", f"{host.IP()}:{port}", *options])

    def seed(self, host, directory, port):
        self.seeds.append(self.start(host, "seed", directory, port))
        for _ in range(300):
            if host.cmd(f"ss -Hltn sport = :{port}").strip():
                return f"{host.IP()}:{port}"
            time.sleep(0.1)
        raise SystemExit(f"{host.name}: the seed does not listen")

    def fetch(self, host, directory, port, peer):
        leech = self.start(host, "leech", directory, port, "--peer", peer, "--timeout", "60")
        if leech.wait():
            raise SystemExit(f"{host.name}: nothing came")

    def end(self):
        for seed in self.seeds:
            seed.terminate()
            seed.wait()


def main(program, torrent, seed_dir, leech_dir, first_port, second_port):
    net = Mininet(topo=SingleSwitchTopo(3), switch=LinuxBridge, controller=None)
    net.start()
    swarm = Swarm(program, torrent)
    try:
        first, second, third = net.hosts
        if net.ping(net.hosts, timeout="2"):
            raise SystemExit("the hosts do not reach each other")
        peer = swarm.seed(first, seed_dir, first_port)
        swarm.fetch(second, f"{leech_dir}/h2", second_port, peer)
        peer = swarm.seed(second, f"{leech_dir}/h2", second_port)
        swarm.fetch(third, f"{leech_dir}/h3", first_port, peer)
    finally:
        swarm.end()
        net.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
