# SPDX-License-Identifier: GPL-2.0-only
# No flow waits for another: while one that is read lacks a segment for a second, another's
# packets are as fast as before, with fast pass and with hold. In one line for all
# (queue=fifo) they wait, and come, in order and each once, when the gap is filled, when the
# flow that has it ends, or not at all where a device goes. scripts/bench holds the delays
# to 5 %, in a machine where they repeat; here they are told from a stall.
. "$(dirname "$0")/lib.sh"

# delays QUEUE PORT: sets the variables that hol.py's figures are
delays() {
	local line
	echo "$1" >/sys/module/kp2padm/parameters/queue
	line=$(python3 $TOOLS/hol.py "$2") || fail "$1: $line"
	read -r ALONE BESIDE IN_TIME LOST AHEAD BEHIND < <(python3 -c '
import json, sys
d = json.loads(sys.argv[1])
print(d["alone"]["p99"], d["beside"]["p99"], d["arrived_in_time"],
      d["alone"]["lost"] + d["beside"]["lost"], d["passed_ahead"], ",".join(map(str, d["behind"])))' "$line")
	say "$1: 99th percentile $((ALONE / 1000)) us alone, $((BESIDE / 1000)) us beside a gap"
}

bridge_up
offloads off
load timeout_tcp=600 timeout_tcp_new=600
silent
py <<<'import nl; nl.Genl().install("enforce", [{"name": "read", "audit": True}])'

delays fast 7000
is "fast: in time, lost" "$IN_TIME $LOST" "900 0"
is "fast: ahead of the gap, behind it" "$AHEAD $BEHIND" "5 0"
holds "fast: no stall" "BESIDE < 300000000"
delays hold 7100
is "hold: in time, lost" "$IN_TIME $LOST" "900 0"
is "hold: ahead of the gap, behind it" "$AHEAD $BEHIND" "0 0,1,2,3,4,5"
holds "hold: no stall" "BESIDE < 300000000"
delays fifo 7200
is "fifo: what came in time" "$IN_TIME" 0
is "fifo: ahead of the gap, behind it" "$AHEAD $BEHIND" "0 0,1,2,3,4,5"
holds "fifo: the stall" "BESIDE > 800000000"
is "fifo: lost" "$LOST" 0
is "no room" "$(counter stream_no_room)" 0

# fill PORT N: a flow from there lacks a segment, and N are in line, half of them another's
fill() {
	PORT=$1 N=$2 py <<-'PY'
		import hol
		from lab import *
		a, b = Port("a"), Port("b")
		learn(a, b)
		gap, other = hol.Flow(int(os.environ["PORT"]), a, b), hol.Flow(int(os.environ["PORT"]) + 1, a, b)
		gap.begin()
		other.begin()
		for i in range(int(os.environ["N"]) // 2):
		    a.send(gap.frame(b"a" * 100, seq=gap.next + 100 + 100 * i))
		    a.send(other.frame(b"b" * 100, seq=other.next + 100 * i))
	PY
}
went_on() { [ $(($(counter released) - RELEASED)) = "$1" ]; }
purged() { [ $(($(counter purged) - PURGED)) = "$1" ]; }
RELEASED=$(counter released) PURGED=$(counter purged)
fill 7300 1200
is "no room: it has a thousand places" "$(counter stream_no_room)" 200
is "in line" "$(($(counter released) - RELEASED))" 0
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[rule]]
	name = "nothing is read any more"
	match = { app = "gnutella" }
	verdict = "drop"
END
# the next packet of each notices
py <<-'PY'
	import hol
	from lab import *
	a, b = Port("a"), Port("b")
	learn(a, b)
	a.send(hol.Flow(7300, a, b).frame())
PY
# and the one that was noticed by
eventually 10 went_on 1001
py <<<'import nl; nl.Genl().install("enforce", [{"name": "read", "audit": True}])'
RELEASED=$(counter released)
fill 7400 200
ip link set pb down
eventually 10 purged 200
is "purged: went on" "$(counter released)" "$RELEASED"
ip link set pb up
fill 7500 200
timeout 20 rmmod kp2padm
