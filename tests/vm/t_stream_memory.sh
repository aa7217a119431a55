# SPDX-License-Identifier: GPL-2.0-only
# 100,000 flows that should be read, with a gap each: no more are read than max_streams, no
# more is kept of them than streams_mib, by the gateway's own words and by the kernel's. What
# is past that is counted, and passes unread or is dropped, as the policy says; all is given
# back. KP2PADM_GAPS: how many flows (100000; on the debug kernel 4000), four packets each.
. "$(dirname "$0")/lib.sh"

GAPS=${KP2PADM_GAPS:-$([ "$KERNEL" = debug ] && echo 4000 || echo 100000)}
STREAMS=$((GAPS * 4 / 5)) MIB=$((GAPS / 2000))

bridge_up
offloads off
load max_streams=$STREAMS streams_mib=$MIB max_inspected=200000 timeout_tcp=600 timeout_tcp_new=600
silent
GAPS=$GAPS STREAMS=$STREAMS MIB=$MIB py <<'PY'
import nl
from lab import *

gaps, streams, limit = (int(os.environ[n]) for n in ("GAPS", "STREAMS", "MIB"))
limit <<= 20
a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
FIRST, BATCH = 1024, 500  # no port that is exempt


class Flows:
    """of one host, from ports FIRST on. As a port goes up its flow's first number goes down, so
    that no checksum changes."""

    def __init__(self, net):
        me, isn = f"10.9.{net}.1", 60000
        out, back = (me, "10.9.0.2", 1, 80), ("10.9.0.2", me, 80, 1)
        self.kinds = [(a, b, 34, 40, a.to(b, ip4(me, "10.9.0.2", TCP, tcp(*out, *segment)))) for segment in (
            (SYN, isn), (ACK, isn + 1, 5000, HANDSHAKE), (ACK, isn + 70, 5000, b"ahead" * 40))]
        answer = b.to(a, ip4("10.9.0.2", me, TCP, tcp(*back, SYN | ACK, 4999, isn + 1)))
        self.kinds.insert(1, (b, a, 36, 44, answer))

    def send(self, which, ports):
        """a packet of each; what arrives"""
        here, there, port_at, number_at, frame = self.kinds[which]
        number = struct.unpack_from("!H", frame, number_at)[0]
        made = []
        for port in ports:
            one = bytearray(frame)
            struct.pack_into("!H", one, port_at, port)
            struct.pack_into("!H", one, number_at, number + 1 - port)
            made.append(one)
        return offer(here, made, there)


def batches(n):
    return (range(start, min(start + BATCH, FIRST + n)) for start in range(FIRST, FIRST + n, BATCH))


def slabs(*names):
    """bytes of these caches, as the kernel counts them"""
    total = 0
    for line in open("/proc/slabinfo"):
        word = line.split()
        if word[0] in names:
            total += int(word[1]) * int(word[3])
    return total


def flood(net):
    """all flows from two hosts; what came through, and what was counted"""
    with Counted() as n:
        came = 0
        for flows in (Flows(net), Flows(net + 1)):
            for ports in batches(gaps // 2):
                came += len([flows.send(which, ports) for which in range(4)][3])
    now = gw.status()
    print(f"# {gaps} flows: {now['streams']} are read, {now['stream_bytes'] >> 20} MiB kept, ahead of a "
          f"gap {n['stream_fast_passed']}, no room {n['stream_no_room']}, packets unread {n['streams_full']}, "
          f"dropped {n['unread_dropped']}; slabs {slabs('kp2p_stream', 'kp2p_reader', 'kp2p_clone') >> 20} MiB")
    expect("flows", now["flows"] >= gaps, True)
    expect("flows that are read", now["streams"], streams)
    check(f"kept {now['stream_bytes']}", limit // 3 < now["stream_bytes"] <= limit)
    # SYN-ACK, handshake and what is ahead of the gap: each asks for a stream
    expect("packets of those that are not", n["streams_full"], 3 * (gaps - streams))
    # of those that are read: no word of a segment but that it passed or had no room
    expect("their segments", n["stream_fast_passed"] + n["stream_ordered"] + n["stream_no_room"], 2 * streams)
    check("room was short", n["stream_no_room"])
    expect("no memory", n["streams_nomem"], 0)
    return came, n


gw.install("enforce", [{"name": "read", "audit": True}])
came, n = flood(16)
expect("unread pass; what has no room does not", came, n["stream_fast_passed"] + gaps - streams)
expect("none dropped", n["unread_dropped"], 0)

gw.install("enforce", [{"name": "not any more", "mark": 1}])
for net in (16, 17):  # each flow's next packet notices
    for ports in batches(gaps // 2):
        Flows(net).send(2, ports)
now = gw.status()
expect("given back", (now["streams"], now["stream_bytes"]), (0, 0))

gw.install("enforce", [{"name": "read", "audit": True}], unread="drop")
expect("told back", gw.policy_head()["unread"], nl.K["VERDICT_DROP"])
came, n = flood(18)
expect("only what is read passes", came, n["stream_fast_passed"])
# those whose SYN-ACK was dropped have no answer, but go on: each packet with data asks again
expect("dropped", n["unread_dropped"], n["streams_full"])
PY
