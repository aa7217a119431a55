# SPDX-License-Identifier: GPL-2.0-only
# What an administrator sees of flows that are read: gaps, what is ahead of them, what is
# held, what has passed, per direction and exactly; nothing of flows that are not read.
. "$(dirname "$0")/lib.sh"

N=37
# a_flow PORT [FILL]: it shakes hands, answered late; then N segments of 3 bytes that are behind a gap of
# one byte, backwards, and with FILL that byte, too. Prints how many of them came to b.
a_flow() {
	N=$N PORT=$1 FILL=${2-} py <<-'PY'
		from lab import *
		n, port = int(os.environ["N"]), int(os.environ["PORT"])
		a, b = Port("a"), Port("b")
		learn(a, b)
		out, back = ("10.9.0.1", "10.9.0.2", port, 80), ("10.9.0.2", "10.9.0.1", 80, port)
		def to_b(*segment): return a.to(b, ip4(*out[:2], TCP, tcp(*out, *segment)))
		if os.environ["FILL"]:
		    print(len(offer(a, [to_b(ACK, 1068, 5000, b"x")], b)))
		    sys.exit()
		offer(a, [to_b(SYN, 999)] * 3, b)
		offer(b, [b.to(a, ip4(*back[:2], TCP, tcp(*back, SYN | ACK, 4999, 1000)))], a)
		offer(a, [to_b(ACK, 1000, 5000, HANDSHAKE)], b)
		print(len(offer(a, [to_b(ACK, 1069 + 3 * i, 5000, b"abc") for i in reversed(range(n))], b)))
	PY
}
# stream WHAT PORT FIELD=WANT...: of the flow from that port, what its source has sent
stream() {
	local what=$1 port=$2 pair
	shift 2
	flow "$what" sport="$port"
	for pair; do is "$what: ${pair%%=*}" "${FLOW[stream.${pair%%=*}]-absent}" "${pair#*=}"; done
}

bridge_up
offloads off
load timeout_tcp=600 timeout_tcp_new=600
silent
is "not read: passed" "$(a_flow 5000)" $N
is "not read: told" "$("$CTL" flows --read)" "no flows"
py <<<'import nl; nl.Genl().install("enforce", [{"name": "read", "audit": True}])'

is "fast pass: passed" "$(a_flow 5001)" $N
stream "ahead of a gap" 5001 gaps=1 ahead_segments=$N ahead_bytes=$((3 * N)) fast_passed=$N \
	held=0 holding_segments=0 ordered_segments=1 ordered_bytes=68 bytes_read=68 conflicts=0
is "read from its first byte" "$(counter streams_desynced)" 0
holds "since when" "${FLOW[stream.gap_ms]} < 60000"
is "the other direction" "${FLOW[reply_stream.gaps]} ${FLOW[reply_stream.bytes_read]}" "0 0"
sleep 1
before=${FLOW[stream.gap_ms]}
flow "a second later" sport=5001
holds "it ages" "${FLOW[stream.gap_ms]} >= $before + 1000"
[[ $("$CTL" flows --gaps) == *"10.9.0.1:5001 -> 10.9.0.2:80"*" $N/$((3 * N)) "* ]] || fail "not in the table"
is "the gap's filler" "$(a_flow 5001 fill)" 1
stream "whole" 5001 gaps=0 gap_ms=None ahead_segments=0 ahead_bytes=0 fast_passed=$N \
	ordered_segments=$((N + 2)) ordered_bytes=$((69 + 3 * N)) bytes_read=$((69 + 3 * N))
is "no gap any more" "$("$CTL" flows --gaps)" "no flows"

echo hold >/sys/module/kp2padm/parameters/queue
is "held: passed" "$(a_flow 5002)" 0
stream "held" 5002 gaps=1 ahead_segments=$N fast_passed=0 held=$N holding_segments=$N \
	holding_bytes=$((3 * N)) bytes_read=68
is "all goes on" "$(a_flow 5002 fill)" $((N + 1))
stream "released" 5002 gaps=0 ahead_segments=0 held=$N holding_segments=0 holding_bytes=0 \
	bytes_read=$((69 + 3 * N))

say "a segment that differs"
N=$N py <<'PY'
from lab import *
a, b = Port("a"), Port("b")
learn(a, b)
out = ("10.9.0.1", "10.9.0.2", 5002, 80)
expect("what differs", offer(a, [a.to(b, ip4(*out[:2], TCP, tcp(*out, ACK, 1069, 5000, b"aXc")))], b), [])
PY
stream "differs" 5002 conflicts=1
is "flows that are read" "$("$CTL" flows --read --json | "$TOP/tests/vm/flows.py" | wc -l)" 2
