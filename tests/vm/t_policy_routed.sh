# SPDX-License-Identifier: GPL-2.0-only
# A router instead of a bridge, and both at once, with br_netfilter and without:
# flows are named, dropped, reset at both ends and marked, and no packet is
# counted twice.
. "$(dirname "$0")/lib.sh"

# bridged: a - pa [br0] pb - b; routed: c - pc (10.80.1.1) box (10.80.2.1) pd - d,
# and from the bridge's hosts to c by the box's own address on br0
bridge_up
ip addr add 10.77.0.9/24 dev br0
ip addr add fd77::9/64 dev br0 nodad
for n in a b; do
	ip -n $n route replace default via 10.77.0.9
	ip -n $n route replace default via fd77::9
done
routed() { # NS PORT NET
	ip netns add $1
	ip -n $1 link set lo up
	ip link add $2 type veth peer name eth0 netns $1
	ip addr add 10.80.$3.1/24 dev $2
	ip addr add fd80:$3::1/64 dev $2 nodad
	ip link set $2 up
	ip -n $1 addr add 10.80.$3.2/24 dev eth0
	ip -n $1 addr add fd80:$3::2/64 dev eth0 nodad
	ip -n $1 link set eth0 up
	ip -n $1 route add default via 10.80.$3.1
	ip -n $1 route add default via fd80:$3::1
}
routed c pc 1
routed d pd 2
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
eventually 10 ip netns exec c ping -c1 -W1 10.80.2.2
eventually 10 ip netns exec c ping -6 -c1 -W1 fd80:2::2
eventually 10 a ping -c1 -W1 10.80.1.2
load timeout_tcp_closed=600

try() { # WHAT FROM ADDRESS TO ADDRESS
	WHAT=$1 FROM=$2 A=$3 TO=$4 B=$5 py <<'PY'
from lab import *
import errno
import nl

WHAT, FROM, A, TO, B = (os.environ[x] for x in ("WHAT", "FROM", "A", "TO", "B"))
FAMILY = socket.AF_INET6 if ":" in A else socket.AF_INET
gw = nl.Genl()
state = {"port": 21000 + os.getpid() % 1000 * 10}


def pair():
    state["port"] += 1
    with inside(TO):
        server = socket.socket(FAMILY)
        server.bind((B, state["port"]))
        server.listen()
    with inside(FROM):
        client = socket.socket(FAMILY)
        client.settimeout(10)
        client.bind((A, 0))
        client.connect((B, state["port"]))
    served, _ = server.accept()
    server.close()
    served.settimeout(2)
    return client, served


def error(sock):
    # its next packet may be the repetition of what was dropped
    end = time.monotonic() + 8
    while time.monotonic() < end:
        got = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if got:
            return errno.errorcode[got]
        time.sleep(.01)


gw.install("observe")
client, served = pair()
client.send(HANDSHAKE)
expect(f"{WHAT}: observed, it passes", served.recv(100), HANDSHAKE)
mine = [f for f in gw.flows() if f["dport"] == state["port"]]
expect(f"{WHAT}: one flow", [(f["app"], f["by"]) for f in mine], [("bittorrent", 1)])
gw.install("enforce", [{"name": "d", "app": ["bittorrent"], "verdict": "drop"}])
client.send(b"more")
try:
    served.recv(10)
    fail(f"{WHAT}: dropped, it arrives")
except TimeoutError:
    pass
gw.install("enforce", [{"name": "r", "app": ["bittorrent"], "verdict": "reset"}])
client.send(b"again")
got = error(client), error(served)
for end in got:
    check(f"{WHAT}: both ends are told: {got}", end in ("ECONNRESET", "EPIPE"))
# each packet once: datagrams of a flow of their own
gw.install("observe")
with inside(TO):
    there = socket.socket(FAMILY, socket.SOCK_DGRAM)
    there.bind((B, state["port"]))
with inside(FROM):
    here = socket.socket(FAMILY, socket.SOCK_DGRAM)
    here.bind((A, 0))
for _ in range(50):
    here.sendto(b"x" * 30, (B, state["port"]))
[flow] = [f for f in gw.flows() if f["dport"] == state["port"] and f["l4"] == 17]
expect(f"{WHAT}: counted once", (flow["packets"], flow["bytes"]),
       (50, 50 * (78 if FAMILY == socket.AF_INET6 else 58)))
expect(f"{WHAT}: its bridge", bool(flow["bridge"]), "bridged" in WHAT)
PY
}

every() {
	try "$1: bridged" a $A4 b $B4
	try "$1: bridged, IPv6" a $A6 b $B6
	try "$1: routed" c 10.80.1.2 d 10.80.2.2
	try "$1: routed, IPv6" c fd80:1::2 d fd80:2::2
	try "$1: from the bridge, by the router" a $A4 c 10.80.1.2
	try "$1: by the router, to the bridge" c fd80:1::2 b $B6
}
every plain
holds "routed packets are counted" "$(counter routed) > 200"
modprobe br_netfilter
sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
nft 'add table ip seen; add chain ip seen f { type filter hook forward priority 0; }; add rule ip seen f counter'
every br_netfilter
holds "br_netfilter shows bridged packets to the IP families" \
	"$(nft list table ip seen | awk '/packets/ { print $3 }') > 100"
nft delete table ip seen
sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
