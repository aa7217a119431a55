# SPDX-License-Identifier: GPL-2.0-only
# The helper's end of the line, played: it attaches, beats, falls silent, dies;
# traffic that asks for it follows on_helper_loss. Events come in order, and a
# loss among them is seen.
. "$(dirname "$0")/lib.sh"

bridge_up
load timeout_udp=600 timeout_tcp_closed=1
silent
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
ATTACH, BEAT, DETACH = (nl.K["CMD_HELPER_" + x] for x in ("ATTACH", "BEAT", "DETACH"))
NONE, ALIVE, LOST = (nl.K["HELPER_" + x] for x in ("NONE", "ALIVE", "LOST"))
ABI = nl.u32(nl.K["A_HELPER_ABI"], nl.K["ABI"])
SRC, DST = "10.9.0.1", "10.9.0.2"


def packet(sport, flags=ACK, data=b"", seq=1):
    return a.to(b, ip4(SRC, DST, TCP, tcp(SRC, DST, sport, 80, flags, seq, 1, data)))


def passes(sport):
    return bool(offer(a, [packet(sport)], b))


def refused(what, err, act):
    try:
        act()
    except nl.Refused as e:
        expect(what, nl.errno.errorcode[e.err], err)
        check(f"{what}: no reason", e.text)
    else:
        fail(f"{what}: was taken")


offer(a, [packet(1, SYN, seq=0), packet(1, PSH | ACK, HANDSHAKE)], b)
offer(a, [packet(2, SYN, seq=0), packet(2, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n" + bytes(300))], b)
for loss in "pass", "drop":
    gw.install("enforce", [{"name": "scanned", "app": ["bittorrent"], "scan": True}], helper_loss=loss)
    expect("no helper yet", (gw.status()["helper"], passes(1), passes(2)), (NONE if loss == "pass" else LOST, loss == "pass", True))
    helper = nl.Genl()
    helper.call(ATTACH, ABI)
    expect("attached", (gw.status()["helper"], passes(1)), (ALIVE, True))
    refused("another one", "EBUSY", lambda: nl.Genl().call(ATTACH, ABI))
    refused("another one's beat", "ENOTCONN", lambda: nl.Genl().call(BEAT))
    expect("the module stays while it is there", os.system("rmmod kp2padm 2>/dev/null") != 0, True)
    for _ in range(6):
        time.sleep(.5)
        helper.call(BEAT)
        expect("beating", (gw.status()["helper"], passes(1)), (ALIVE, True))
    eventually(4, "its silence is noticed", lambda: gw.status()["helper"] == LOST)
    expect("silent", (passes(1), passes(2)), (loss == "pass", True))
    [flow] = [f for f in gw.flows() if f["sport"] == 1]
    expect("the flow says why", bool(flow["flags"] & nl.K["FLOW_HELPER_LOST"]), loss == "drop")
    helper.call(BEAT)
    expect("back again", (gw.status()["helper"], passes(1)), (ALIVE, True))
    helper.close()
    eventually(1, "its death is noticed", lambda: gw.status()["helper"] == LOST)
    expect("dead", (passes(1), passes(2)), (loss == "pass", True))
check("counted", counters()["helper_loss_dropped"] >= 3)
helper = nl.Genl()
helper.call(ATTACH, ABI)
expect("another one comes", passes(1), True)
nl.Genl().call(DETACH)
expect("sent away", (gw.status()["helper"], passes(1)), (NONE, False))
refused("its beat", "ENOTCONN", lambda: helper.call(BEAT))
gw.install("observe", [{"name": "scanned", "app": ["bittorrent"], "scan": True}], helper_loss="drop")
expect("an observing policy drops nothing", passes(1), True)

# -- events -----------------------------------------------------------------------------
TYPE = {v: k[6:].lower() for k, v in nl.K.items() if k.startswith("EVENT_")}
ear = nl.Genl()
ear.listen()
gw.install("enforce", [{"name": "try", "app": ["bittorrent"], "verdict": "drop", "observe": True},
                       {"name": "stop", "host": ["10.9.0.2/32"], "app": ["bittorrent"], "verdict": "reset"}])
b.drain(), a.drain()
offer(a, [packet(5, SYN, seq=0), packet(5, PSH | ACK, HANDSHAKE)], b)
got = ear.events(.5)
expect("types", [TYPE[e["type"]] for e in got], ["policy", "verdict"])
told = got[1]
expect("the flow", [told["flow"][x] for x in ("src", "dst", "sport", "app", "verdict", "would", "rule")],
       [SRC, DST, 5, "bittorrent", 2, 1, 1])
expect("its rule", told["rule_name"], "stop")
check("its time", abs(told["time"] / 1e9 - time.time()) < 5)
end = [e for e in ear.events(12) if TYPE[e["type"]] == "flow" and e["flow"]["sport"] == 5]
expect("its end", [(e["flow"]["packets"], e["flow_id"]) for e in end], [(2, told["flow_id"])])
helper = nl.Genl()
helper.call(ATTACH, ABI)
helper.close()
got = ear.events(.5)
expect("the helper", [e["helper"] for e in got if TYPE[e["type"]] == "helper"], [ALIVE, LOST])

# numbers follow each other; what an ear that is too small misses is a gap, and is counted
small = nl.Genl(rcvbuf=4096)
small.sock.setsockopt(nl.SOL_NETLINK, 4, 1)  # NETLINK_BROADCAST_ERROR: the sender is told, too
small.listen()
before = counters()
heard = []
for i in range(60):
    offer(a, [packet(100 + i, SYN, seq=0), packet(100 + i, PSH | ACK, HANDSHAKE)], b)
numbers = [e["seq"] for e in ear.events(.5)]
# sixty verdicts, and on a slow machine the first ends
check(f"how many: {len(numbers)}", len(numbers) >= 60)
expect("numbers", numbers, list(range(numbers[0], numbers[0] + len(numbers))))
few = []
for _ in range(5):
    try:
        few += [e["seq"] for e in small.events(.2)]
    except OSError as e:
        expect("the socket tells", nl.errno.errorcode[e.errno], "ENOBUFS")
check(f"it missed some: {len(few)}", 0 < len(few) < 60)
check("counted", counters()["events_lost"] > before["events_lost"])

# an ear in another namespace, which anybody may make, is told nothing, costs no event and no loss
ear.close(), small.close()
with inside("a"):
    elsewhere = nl.Genl()
elsewhere.listen()
before = counters()
for i in range(20):
    offer(a, [packet(300 + i, SYN, seq=0), packet(300 + i, PSH | ACK, HANDSHAKE)], b)
expect("events told to nobody", [counters()[n] - before[n] for n in ("events", "events_lost")], [0, 0])
expect("heard elsewhere", elsewhere.events(.5), [])


# but they have numbers, so that whoever listens again knows how many there were
def numbered():
    return sum(counters()[n] for n in ("events", "events_lost", "events_unheard"))


def first_heard():
    """what an ear hears first when a helper comes"""
    ear, helper = nl.Genl(), nl.Genl()
    ear.listen()
    helper.call(ATTACH, ABI)
    return ear.events(.5)[0]


check("counted", counters()["events_unheard"] - before["events_unheard"] >= 20)
earlier = numbered()
alive = first_heard()
check(f"its number: {alive['seq']} behind {earlier}", earlier < alive["seq"] <= numbered())
expect("whose it is", alive["gateway"], gw.status()["gateway"])
# another gateway has another identity, and begins to count
gw.enable(False)
gw.enable()
again = first_heard()
expect("whose it is", again["gateway"], gw.status()["gateway"])
check("another one's", again["gateway"] not in (0, alive["gateway"]))
expect("its first", (again["seq"], numbered() >= 1), (1, True))
PY
