# SPDX-License-Identifier: GPL-2.0-only
# A policy is replaced as a whole, counts what it would do before it does it,
# reaches flows that are long settled, and belongs to one namespace.
. "$(dirname "$0")/lib.sh"

bridge_up
load max_flows=4096
silent
# a second gateway box, in a namespace of its own
ip netns add g
ip -n g link add br0 type bridge forward_delay 0 mcast_snooping 0
ip netns exec g sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip -n g link set br0 up
for h in x y; do
	ip netns add $h
	ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n g link add p$h type veth peer name eth0 netns $h
	ip -n $h link set eth0 up
	ip -n g link set p$h master br0 up
done
g() { ip netns exec g "$@"; }

# not enabled: nothing is there
refused g test -e /proc/net/kp2padm

py <<'PY'
from lab import *
import errno
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
A, B = "10.9.0.1", "10.9.0.2"
OBSERVE, ENFORCE = nl.K["MODE_OBSERVE"], nl.K["MODE_ENFORCE"]


def t(sport, data=b"more", flags=PSH | ACK, seq=1):
    return a.to(b, ip4(A, B, TCP, tcp(A, B, sport, 80, flags, seq, 1, data)))


def sent(what, frames, arrive, **want):
    with Counted() as n:
        got = offer(a, frames, b)
    expect(f"{what}: arrive", len(got), arrive)
    n.expect(what, packets=len(frames), **want)


def flow(sport):
    [f] = [f for f in gw.flows() if f["sport"] == sport]
    return f


expect("after a bare insmod", gw.policy(), {"mode": OBSERVE, "generation": 1, "entry": {}})
sent("BitTorrent, no policy", [t(1, b"", SYN, 0), t(1, HANDSHAKE), t(1)], 3, flows_created=1,
     flows_named=1)

gw.set("observe", bittorrent="drop")
expect("generation", gw.policy(), {"mode": OBSERVE, "generation": 2, "entry": {"bittorrent": 1}})
sent("settled, observed", [t(1)] * 4, 4, would_drop=4)
sent("new, observed", [t(2, b"", SYN, 0), t(2, HANDSHAKE), t(2)], 3, flows_created=1,
     flows_named=1, would_drop=2)
sent("unknown, observed", [t(3, b"", SYN, 0), t(3, b"GET / HTTP/1.1\r\n\r\n" + bytes(200))], 2,
     flows_created=1, flows_refused=1)
app = gw.apps()["bittorrent"]
expect("its application's", (app["would_drop"], app["dropped"], app["flows"], app["named"]), (6, 0, 2, 2))
expect("verdict in force while it observes", flow(1)["verdict"], 0)
[rule] = gw.rules()
expect("its rule's", (rule["name"], rule["flows"], rule["packets"], rule["would_packets"]),
       ("bittorrent", 2, 0, 6))

gw.set("enforce", bittorrent="drop")
expect("generation", gw.policy()["generation"], 3)
sent("settled, enforced: from the next packet on", [t(1)] * 3, 0, dropped=3, dropped_bytes=3 * 44)
sent("new, enforced", [t(4, b"", SYN, 0), t(4, HANDSHAKE), t(4)], 1, flows_created=1,
     flows_named=1, dropped=2, dropped_bytes=108 + 44)
sent("unknown, enforced", [t(3)] * 3, 3)
app = gw.apps()["bittorrent"]
expect("its application's", (app["would_drop"], app["dropped"], app["dropped_bytes"]),
       (6, 5, 5 * 44 + 108 - 44))
[rule] = gw.rules()
expect("its rule's", (rule["flows"], rule["packets"], rule["bytes"], rule["would_packets"]),
       (2, 5, 5 * 44 + 108 - 44, 0))
expect("verdict of the flow", [flow(1)["verdict"], flow(3)["verdict"]], [1, 0])
expect("packets dropped are the application's too", app["packets"], 3 + 4 + 3 + 3 + 3)

# refused as a whole: nothing of it holds
for bad in ({"name": "x", "app": ["nonesuch"], "verdict": "drop"},
            {"name": "neither verdict nor modifier", "app": ["bittorrent"]},
            {"name": "no such VLAN", "vlan": [(1, 4095)], "verdict": "drop"}):
    try:
        gw.install("observe", [{"name": "well", "verdict": "pass"}, bad])
        fail("a policy with a fault was taken")
    except nl.Refused as e:
        check("it says why", e.text)
expect("still", gw.policy(), {"mode": ENFORCE, "generation": 3, "entry": {"bittorrent": 1}})
sent("still dropped", [t(1)], 0, dropped=1, dropped_bytes=44)

gw.set("enforce")
expect("flushed", gw.policy(), {"mode": ENFORCE, "generation": 4, "entry": {}})
sent("settled, flushed", [t(1)] * 2 + [t(4)], 3)
for i in range(50):
    gw.set("enforce", **({"bittorrent": "drop"} if i % 2 else {}))
    expect("generation", gw.policy()["generation"], 5 + i)
    expect("obeyed at once", len(offer(a, [t(1)], b)), (i + 1) % 2)
gw.set("observe")

# -- another namespace ---------------------------------------------------------
x, y = Port("x"), Port("y")
learn(x, y)
handshake = x.to(y, ip4(A, B, TCP, tcp(A, B, 1, 80, PSH | ACK, 1, 1, HANDSHAKE)))
with inside("g"):
    other = nl.Genl()
expect("not enabled", (other.status()["enabled"], other.status().get("mode")), (0, None))
for what, err in ((other.stats, "ENODEV"), (other.policy, "ENODEV"), (other.apps, "ENODEV"),
                  (other.flows, "ENODEV"), (lambda: other.set("observe"), "ENODEV"),
                  (lambda: other.enable(False), "EALREADY")):
    try:
        what()
        fail("a namespace that is not enabled answers")
    except nl.Refused as e:
        expect("not enabled", errno.errorcode[e.err], err)
        check("it says why", "enabled" in e.text)
parameter("max_gateways", 1)
try:
    other.enable()
    fail("there are more gateways than max_gateways")
except nl.Refused as e:
    expect("too many gateways", (errno.errorcode[e.err], "max_gateways" in e.text), ("EMFILE", True))
parameter("max_gateways", 64)
before = counters()
expect("it passes", len(offer(x, [handshake], y)), 1)
expect("and nobody counts it", counters(), before)
other.enable()
try:
    other.enable()
    fail("it was enabled twice")
except nl.Refused as e:
    check("it says why", e.text)
expect("starts as an insmod does", other.policy(), {"mode": OBSERVE, "generation": 1, "entry": {}})
other.set("enforce", bittorrent="drop")
before = gw.stats()
with Counted("g") as n:
    expect("its own policy", len(offer(x, [handshake], y)), 0)
n.expect("its own counters", packets=1, flows_created=1, flows_named=1, dropped=1, dropped_bytes=108)
expect("its own flows", [f["app"] for f in other.flows()], ["bittorrent"])
now = gw.stats()
expect("nothing changed here", {k: v for k, v in now.items() if v != before[k]}, {})
expect("nor the policy", gw.policy()["mode"], OBSERVE)

# a flow is judged whenever more is known of it, and counts once
gw.install("enforce", [{"name": "that host", "host": [f"{B}/32"], "verdict": "pass"}])
sent("named by its second packet", [t(5, b"", SYN, 0), t(5, HANDSHAKE), t(5)], 3, flows_created=1, flows_named=1)
sent("refused", [t(6, b"", SYN, 0), t(6, b"GET / HTTP/1.1\r\n\r\n" + bytes(200))], 2, flows_created=1, flows_refused=1)
expect("flows that the rule decided", [r["flows"] for r in gw.rules()], [2])
sent("an earlier one", [t(1)], 1)
expect("and one more", [r["flows"] for r in gw.rules()], [3])
PY
g test -r /proc/net/kp2padm/counters
g "$CTL" status >/dev/null
g "$CTL" disable
refused g test -e /proc/net/kp2padm
g "$CTL" enable
g test -r /proc/net/kp2padm/counters

# a namespace that ends amid its traffic
storm x
flows_in_g() { g grep -Eq '^flows_created +[0-9]{3}' /proc/net/kp2padm/counters; }
eventually 60 flows_in_g
ip netns del g
sleep 1
test -r /proc/net/kp2padm/counters
