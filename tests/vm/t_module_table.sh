# SPDX-License-Identifier: GPL-2.0-only
# The flow table's bounds: never more than its limit, what was refused is
# counted, connections in use survive a flood, and each flow has its time.
. "$(dirname "$0")/lib.sh"

bridge_up
load max_flows=1024 timeout_udp=1000 timeout_udp_stream=1000 timeout_tcp_new=1000
silent
refused insmod "$KO" # once is enough

params=/sys/module/kp2padm/parameters
is "parameters shown" "$(ls $params)" "$(modinfo -F parm "$KO" | cut -d: -f1 | sort)"
for p in "$params"/*; do
	is "${p##*/}: mode" "$(stat -c %a "$p")" 644
done
# set PARAMETER VALUE
set_param() { echo "$2" 2>/dev/null >"$params/$1"; }
for v in 1023 0 -1 16777217 many ''; do refused set_param max_flows "$v" 2>/dev/null; done
for p in timeout_tcp_new timeout_tcp timeout_tcp_closed timeout_udp timeout_udp_stream; do
	for v in 0 -1 604801 soon ''; do refused set_param $p "$v" 2>/dev/null; done
	set_param $p 604800
	is "$p: a week" "$(cat $params/$p)" 604800
	set_param $p 1000
done
is "max_flows as loaded" "$(cat $params/max_flows)" 1024
unload
for bad in max_flows=5 timeout_udp=0 timeout_tcp=9999999; do refused load $bad 2>/dev/null; done
load max_flows=1024 timeout_udp=1000 timeout_udp_stream=1000 timeout_tcp_new=1000 timeout_tcp_closed=1000

py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
A, B = "10.9.0.1", "10.9.0.2"
serial = 0


def there(sport, dport=7777, src=A):
    return a.to(b, ip4(src, B, UDP, udp(src, B, sport, dport, b"hello")))


def back(sport, dport=7777):
    return b.to(a, ip4(B, A, UDP, udp(B, A, dport, sport, b"hello")))


def fresh():
    """a packet of a flow that never was"""
    global serial
    serial += 1
    return there(9000, 9000, f"10.{10 + (serial >> 16)}.{serial >> 8 & 255}.{serial & 255}")


# -- a flood of single packets, forty connections in use ----------------------
active = range(100, 140)
offer(a, [there(p) for p in active], b)
offer(b, [back(p) for p in active], a)
most, rounds, flooded, passed = 0, 0, 0, 0
with Counted() as n:
    while rounds < 100 or flooded < 5000:
        arrived = offer(a, [fresh() for _ in range(50)] + [there(p) for p in active], b)
        flooded, passed, rounds = flooded + 50, passed + len(arrived), rounds + 1
        most = max(most, gw.status()["flows"])
status = gw.status()
check(f"never more flows than the limit, but {most}", most <= status["max_flows"] == 1024)
expect("nothing is dropped for a full table by default", passed, flooded + rounds * len(active))
check("flows were evicted", n["flows_evicted"] >= max(256, n["flows_created"] - 1024))
expect("every flow was created or refused", n["flows_created"] + n["untracked_full"], flooded)
kept = {f["sport"]: f for f in gw.flows() if f["dport"] == 7777}
lost = [p for p in active if p not in kept or kept[p]["packets"] != 1 + rounds]
expect("connections in use that the flood drove out", lost, [])
expect("buckets", status["buckets"], 1024)
chains = gw.stats()["chains"]
expect("all buckets are in the histogram", sum(chains), 1024)
print(f"# {flooded} flows flooded, at most {most} at a time, {n['flows_evicted']} evicted, "
      f"{n['untracked_full']} untracked; chains {chains}")

# -- full: the policy for what there is no room for ----------------------------
# One burst, faster than RCU frees: more new flows than the table has room for.
def burst(sets):
    for _ in range(40):
        with Counted() as n:
            got = len(offer(a, [fresh() for _ in range(4000)], b))
        check("never more flows than the limit", gw.status()["flows"] <= 1024)
        expect("created or refused", n["flows_created"] + n["untracked_full"], 4000)
        expect("arrived", got, 4000 - (n["untracked_full"] if sets else 0))
        expect("dropped", n["dropped"], n["untracked_full"] if sets else 0)
        if n["untracked_full"]:
            return
    fail("the table was never full")


burst(False)
parameter("block_when_full", 1)
burst(False)  # it only observes
gw.set("enforce")
burst(True)
gw.set("observe")
burst(False)
parameter("block_when_full", 0)
PY
unload

# -- each flow has its time, and a tuple its second life -----------------------
load timeout_tcp_new=1000 timeout_udp=1000
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
A, B = "10.9.0.1", "10.9.0.2"


def t(sport, flags, seq=0, data=b""):
    return a.to(b, ip4(A, B, TCP, tcp(A, B, sport, 80, flags, seq, 1, data)))


def r(sport, flags, seq=0, data=b""):
    return b.to(a, ip4(B, A, TCP, tcp(B, A, 80, sport, flags, seq, 1, data)))


def established(sport):
    offer(a, [t(sport, SYN)], b)
    offer(b, [r(sport, SYN | ACK)], a)
    offer(a, [t(sport, ACK, 1)], b)


def live():
    return sorted(f["sport"] for f in gw.flows())


def flow(sport):
    [f] = [f for f in gw.flows() if f["sport"] == sport]
    return f


NEW, OPEN, FINS, RESET, ONE, TWO, HALF = 1, 2, 3, 4, 5, 6, 7
offer(a, [t(NEW, SYN)], b)
for p in OPEN, FINS, RESET, HALF:
    established(p)
offer(a, [t(FINS, FIN | ACK, 1), t(HALF, FIN | ACK, 1)], b)
offer(b, [r(FINS, FIN | ACK, 1), r(RESET, RST)], a)
for p in ONE, TWO:
    offer(a, [a.to(b, ip4(A, B, UDP, udp(A, B, p, 80, b"x")))], b)
offer(b, [b.to(a, ip4(B, A, UDP, udp(B, A, 80, TWO, b"x")))], a)
everyone = [NEW, OPEN, FINS, RESET, ONE, TWO, HALF]
expect("flows", live(), everyone)
closed = nl.K["FLOW_CLOSED"]
expect("closed", [p for p in everyone if flow(p)["flags"] & closed], [FINS, RESET])
for name in "timeout_tcp_closed", "timeout_udp", "timeout_tcp_new":
    parameter(name, 1)
eventually(30, "others go", lambda: live() == [OPEN, TWO, HALF])
parameter("timeout_udp_stream", 1)
parameter("timeout_tcp", 1)
eventually(30, "all have gone", lambda: live() == [])
expect("expired", counters()["flows_expired"], 7)
expect("evicted", counters()["flows_evicted"], 0)
eventually(30, "their memory too", lambda: gw.status()["flows"] == 0)
parameter("timeout_tcp", 1000)
parameter("timeout_tcp_closed", 1000)

# a closed connection's tuple is used again: nothing of the first life sticks
gw.set("enforce", bittorrent="drop")
established(9)
expect("its handshake", offer(a, [t(9, PSH | ACK, 1, HANDSHAKE)], b), [])
expect("is named", flow(9)["app"], "bittorrent")
expect("a SYN does not help an open one", offer(a, [t(9, SYN, 5000)], b), [])
expect("nor make it anew", flow(9)["app"], "bittorrent")
offer(b, [r(9, RST)], a)
with Counted() as n:
    for frame, to in ((t(9, SYN, 9000), b), (r(9, SYN | ACK, 9000), a), (t(9, ACK, 9001), b),
                      (t(9, PSH | ACK, 9001, b"GET / HTTP/1.1\r\n\r\n" + bytes(200)), b),
                      (r(9, PSH | ACK, 9001, b"HTTP/1.1 200 OK\r\n\r\n" + bytes(200)), a)):
        expect("of the second life arrives", offer(b if to is a else a, [frame], to), [frame])
n.expect("a second life", packets=5, flows_created=1, flows_expired=1, flows_refused=1)
f = flow(9)
expect("the second life", (f["app"], f["packets"], f["reply_packets"]), ("unknown", 3, 2))
expect("the first one's packets are not forgotten", gw.apps()["bittorrent"]["packets"], 6)

# however often: it is one flow in one place
lives = []
for seq in range(0, 4000, 2):
    lives += [t(10, SYN, seq), t(10, RST, seq + 1)]
with Counted() as n:
    offer(a, lives, b)
n.expect("two thousand lives", packets=4000, flows_created=2000, flows_expired=1999)
expect("one flow", sum(f["sport"] == 10 for f in gw.flows()), 1)
check("no chain of them", sum(gw.stats()["chains"][3:]) == 0)

# one-sided: its own FIN ends it, and the tuple may begin again
gw.set("enforce", bittorrent="drop")
offer(a, [t(11, SYN), t(11, ACK, 1)], b)
expect("its handshake", offer(a, [t(11, PSH | ACK, 1, HANDSHAKE), t(11, FIN | ACK, 69)], b), [])
check("closed and one-sided", flow(11)["flags"] & closed and flow(11)["flags"] & nl.K["FLOW_ASYMMETRIC"])
web = [t(11, SYN, 500), t(11, ACK, 501), t(11, PSH | ACK, 501, b"GET / HTTP/1.1\r\n\r\n" + bytes(200))]
expect("another life", offer(a, web, b), web)
expect("is another flow", flow(11)["app"], "unknown")

# -- inspection: half of it at most for what nobody answers, and not for ever ----
parameter("max_inspected", 20)
with Counted() as n:
    offer(a, [t(p, PSH | ACK, 1, b"\0") for p in range(2000, 2030)], b)
expect("one-sided flows under inspection", (gw.status()["inspected"], n["uninspected_full"]), (10, 20))
for p in range(2030, 2040):
    established(p)
offer(a, [t(p, PSH | ACK, 1, b"\x13Bit") for p in range(2030, 2040)], b)
expect("answered ones have the rest", gw.status()["inspected"], 20)
parameter("timeout_tcp_new", 1)
eventually(30, "inspections of the silent are given up", lambda: gw.status()["inspected"] == 0)
offer(a, [t(2030, PSH | ACK, 5, HANDSHAKE[4:])], b)
parameter("timeout_tcp_new", 1000)
parameter("max_inspected", 65536)
expect("a second inspection has lost the beginning", flow(2030)["app"], "unknown")
offer(b, [r(2030, PSH | ACK, 1, HANDSHAKE)], a)
expect("but sees the other side's", flow(2030)["app"], "bittorrent")

# a flow that passes because the policy observes says so, idle or not
gw.set("observe", bittorrent="drop")
would = nl.K["FLOW_WOULD_DROP"]
expect("it would be dropped", (flow(2030)["verdict"], flow(2030)["flags"] & would), (0, would))
gw.set("enforce", bittorrent="drop")
expect("it will be", (flow(2030)["verdict"], flow(2030)["flags"] & would), (1, 0))
gw.set("observe")
PY
