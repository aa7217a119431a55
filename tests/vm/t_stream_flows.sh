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

say "a tuple that begins another connection, while what was read of the one before is remembered"
PORT=5003 py <<'PY'
from lab import *
port = int(os.environ["PORT"])
a, b = Port("a"), Port("b")
learn(a, b)
out, back = ("10.9.0.1", "10.9.0.2", port, 80), ("10.9.0.2", "10.9.0.1", 80, port)


def to_b(*segment): return a.to(b, ip4(*out[:2], TCP, tcp(*out, *segment)))
def to_a(*segment): return b.to(a, ip4(*back[:2], TCP, tcp(*back, *segment)))
def passed(frames, sender, to): return len(offer(sender, frames, to))
def since(name): return counters()[name] - before[name]


def connection(isn):
    """Return: how many of its frames passed"""
    return (passed([to_b(SYN, isn)], a, b) + passed([to_a(SYN | ACK, 4999, isn + 1)], b, a) +
            passed([to_b(ACK, isn + 1, 5000, HANDSHAKE)], a, b) + passed([to_a(ACK, 5000, isn + 69)], b, a))


expect("the first one passes", connection(999), 4)
before = counters()
expect("its end", passed([to_b(RST | ACK, 1068, 5000)], a, b), 1)
expect("the next one passes", connection(900000), 4)
expect("another flow, with its name, and read", [since(n) for n in ("flows_created", "flows_named", "stream_bytes_read")],
       [1, 1, 68])
expect("its end", passed([to_b(RST | ACK, 900069, 5000)], a, b), 1)
expect("a SYN with data is for TCP to send again", passed([to_b(SYN, 70000, 0, b"data")], a, b), 0)
expect("nobody answers: the one before is not forgotten", passed([to_b(SYN, 70000), to_b(SYN, 80000)], a, b), 2)
expect("nor by an answer to another one", passed([to_a(SYN | ACK, 4999, 70001)], b, a), 1)
expect("but by an answer", passed([to_a(SYN | ACK, 4999, 80001)], b, a), 1)
expect("flows", since("flows_created"), 2)
PY
