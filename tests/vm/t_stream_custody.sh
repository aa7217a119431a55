# SPDX-License-Identifier: GPL-2.0-only
# Packets in custody by the ten thousand, and their clones, while what they hang on goes:
# devices, bridge, policy, namespace, module. Each goes on once, in order, or is purged;
# none keeps a device from going. KP2PADM_HELD: how many at a time (8000).
. "$(dirname "$0")/lib.sh"

HELD=${KP2PADM_HELD:-8000}
SECONDS_TO_GO=${KP2PADM_GO:-20}

reading() {
	echo hold >/sys/module/kp2padm/parameters/queue
	py <<-PY
		import nl
		nl.Genl().install("enforce", [{"name": "read", "audit": True}])
	PY
}
# fill N: HELD segments ahead of gaps, from a to b, in flows from number N on; 500 each,
# since a device takes no more than 1,000 at once
fill() {
	HELD=$HELD FLOW=$1 py <<-'PY'
		from lab import *
		held, first = int(os.environ["HELD"]), int(os.environ["FLOW"])
		a, b = Port("a"), Port("b")
		learn(a, b)
		before = counters()["stream_held"]
		flows = -(-held // 500)
		for f in range(flows):
		    n, port = min(500, held - 500 * f), 5000 + first + f
		    out, back = ("10.9.0.1", "10.9.0.2", port, 80), ("10.9.0.2", "10.9.0.1", 80, port)
		    frames = [a.to(b, ip4(out[0], out[1], TCP, tcp(*out, SYN, 999)))]
		    offer(a, frames, b)
		    offer(b, [b.to(a, ip4(back[0], back[1], TCP, tcp(*back, SYN | ACK, 4999, 1000)))], a)
		    offer(a, [a.to(b, ip4(out[0], out[1], TCP, tcp(*out, ACK, 1000, 5000, HANDSHAKE)))], b)
		    # backwards, and the byte before the first is missing
		    got = offer(a, [a.to(b, ip4(out[0], out[1], TCP, tcp(*out, ACK, 1069 + 3 * i, 5000, b"abc")))
		                    for i in reversed(range(n))], b)
		    expect("segments ahead of a gap that passed", len(got), 0)
		expect("held", counters()["stream_held"] - before, held)
	PY
}
# gone WHAT: all that was held is purged by now
gone() {
	local want=$((PURGED + HELD))
	eventually "$SECONDS_TO_GO" purged_all $want
	is "$1: went on" "$(counter released)" "$RELEASED"
	PURGED=$want
}
purged_all() { [ "$(counter purged)" = "$1" ]; }

bridge_up
offloads off
load stream_packets=4096 stream_kib=65536 streams_mib=1024 timeout_tcp=600 timeout_tcp_new=600
silent
reading
PURGED=0 RELEASED=0

fill 0
HELD=$HELD py <<'PY'
from lab import *
held = int(os.environ["HELD"])
a, b = Port("a"), Port("b")
learn(a, b)
before = counters()
for f in range(-(-held // 500)):
    n, out = min(500, held - 500 * f), ("10.9.0.1", "10.9.0.2", 5000 + f, 80)
    got = offer(a, [a.to(b, ip4(out[0], out[1], TCP, tcp(*out, ACK, 1068, 5000, b"x")))], b)
    seqs = [struct.unpack_from("!I", frame, 38)[0] for frame in got]
    expect("the gap's filler, then all in order", seqs, [1068] + [1069 + 3 * i for i in range(n)])
PY
RELEASED=$(counter released)
holds "went on" "RELEASED >= HELD"
is "purged" "$(counter purged)" 0
say "went on in order after $SECONDS s"

fill 1000
ip link set pb down
gone "a port goes down"
ip link set pb up

fill 2000
ip link set pa nomaster
gone "a port leaves the bridge"
ip link set pa master br0

fill 3000
py <<<'import nl; nl.Genl().install("enforce", [{"name": "not any more", "mark": 1}])'
# each flow's next packet notices, and follows them
RELEASED=$((RELEASED + HELD + (HELD + 499) / 500))
HELD=$HELD py <<'PY'
from lab import *
held = int(os.environ["HELD"])
a, b = Port("a"), Port("b")
learn(a, b)
for f in range(-(-held // 500)):
    n, out = min(500, held - 500 * f), ("10.9.0.1", "10.9.0.2", 8000 + f, 80)
    for turn in range(2):
        got = offer(a, [a.to(b, ip4(out[0], out[1], TCP, tcp(*out, ACK, 1068 + turn, 5000, b"x")))], b)
        seqs = [struct.unpack_from("!I", frame, 38)[0] for frame in got]
        expect("what was held, then what came", seqs,
               [1069] if turn else [1069 + 3 * i for i in range(n)] + [1068])
PY
is "the policy has no use for them: went on" "$(counter released)" $RELEASED
reading
say "policy after $SECONDS s"

fill 4000
ip netns del a # takes a's end of its link away, and with it the port
gone "a namespace dies"
ip link del pa 2>/dev/null || true
host a pa $A4 $A6
silent

fill 5000
ip link del pb
gone "a device goes"
ip -n b link del eth0 2>/dev/null || true
ip link add pb type veth peer name eth0 netns b
ip -n b link set eth0 up
ip link set pb master br0 up

fill 6000
timeout "$SECONDS_TO_GO" "$CTL" disable >/dev/null
say "the gateway has gone after $SECONDS s"
"$CTL" enable >/dev/null
reading
fill 7000
timeout "$SECONDS_TO_GO" rmmod kp2padm
ip link del pa
ip link del pb
say "the module has gone after $SECONDS s"
