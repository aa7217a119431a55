# SPDX-License-Identifier: GPL-2.0-only
# Fragments: UDP's pass; TCP's pass and are counted, but where the policy
# blocks they are dropped and counted.
. "$(dirname "$0")/lib.sh"

bridge_up
load max_flows=4096
# real ones, by a real stack, put together again by another
bg b socat -u UDP4-RECVFROM:5000,fork OPEN:/tmp/got,creat,append
bg b socat -u UDP6-RECVFROM:5001,fork OPEN:/tmp/got6,creat,append
head -c 6000 /dev/urandom >/tmp/sent
eventually 5 b sh -c 'ss -lun | grep -q :5000 && ss -lun | grep -q :5001'
before=$(counter fragments)
a socat -u -b 6000 OPEN:/tmp/sent UDP4:$B4:5000
a socat -u -b 6000 OPEN:/tmp/sent "UDP6:[$B6]:5001"
eventually 5 cmp /tmp/sent /tmp/got
eventually 5 cmp /tmp/sent /tmp/got6
is "later fragments of two datagrams" $(($(counter fragments) - before)) 8
silent
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
port = 1000


def pieces(family, proto, size=64):
    global port
    port += 1
    src, dst = ("10.9.0.1", "10.9.0.2") if family == 4 else ("fd09::1", "fd09::2")
    whole = (tcp(src, dst, port, 7777, PSH | ACK, 1, 1, HANDSHAKE + bytes(104)) if proto == TCP
             else udp(src, dst, port, 7777, bytes(184)))
    cut = (fragments4 if family == 4 else fragments6)(src, dst, proto, whole, size, port)
    return [a.to(b, p, kind_of(src)) for p in cut]


def case(what, frames, arrive, **want):
    with Counted() as n:
        got = offer(a, frames, b)
    expect(f"{what}: what arrives", got, frames if arrive else [])
    n.expect(what, packets=len(frames), **want)


def both(policy, family):
    for mode, arrive in policy:
        name = f"IPv{family}, {mode}"
        udp_, tcp_ = pieces(family, UDP), pieces(family, TCP)
        expect("pieces", (len(udp_), len(tcp_)), (3, 3))
        case(f"UDP, {name}", udp_, True, fragments=2, flows_created=1)
        size = sum(len(f) - 14 for f in tcp_)
        if arrive:
            # what the first fragment holds is read: a handshake
            case(f"TCP, {name}", tcp_, True, fragments=2, flows_created=1, flows_named=1,
                 would_drop=int(mode == "observe drop"))
        else:
            case(f"TCP, {name}", tcp_, False, fragments_dropped=3, dropped=3, dropped_bytes=size,
                 flows_created=1)


for family in 4, 6:
    gw.set("observe")
    both([("observe", True)], family)
    gw.set("observe", bittorrent="drop")
    both([("observe drop", True)], family)
    gw.set("enforce")
    both([("enforce nothing", True)], family)
    gw.set("enforce", bittorrent="drop")
    both([("enforce drop", False)], family)
    # in any order, later ones first; and with the header torn in two
    case(f"IPv{family}, backwards", pieces(family, TCP)[::-1], False, fragments_dropped=3,
         dropped=3, dropped_bytes=3 * (20 if family == 4 else 48) + 192, flows_created=1)
    torn = pieces(family, TCP, 8)[:2]
    case(f"IPv{family}, a torn header", torn, False, fragments_dropped=2, dropped=2,
         dropped_bytes=sum(len(f) - 14 for f in torn), flows_created=1)
    gw.set("observe")
    case(f"IPv{family}, a torn header, observed", pieces(family, TCP, 8)[:2], True, fragments=1,
         flows_created=1)
flags = {f["sport"]: f["flags"] for f in gw.flows() if f["sport"] > 1000 and f["l4"] == TCP}
check("flows whose fragments passed say so", any(v & nl.K["FLOW_FRAGMENTS"] for v in flags.values()))
PY
