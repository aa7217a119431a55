# SPDX-License-Identifier: GPL-2.0-only
# Flows that are read in order, by real TCP across the bridge: every byte arrives, also
# where packets are lost, come twice or in another order, before the gateway and behind
# it, with offloads and without, with fast pass and without. Nothing stays in custody.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

WIRE=$TOOLS/wire.py
MODE=/sys/module/kp2padm/parameters/queue
# disturbed HOST NETEM...: what HOST sends is; its TCP is not segmented behind that
disturbed() { ip netns exec "$1" tc qdisc replace dev eth0 root netem "${@:2}"; }
calm() { ip netns exec "$1" tc qdisc del dev eth0 root; }
since() { echo $(($(counter "$1") - ${BEFORE[$1]})); }
declare -A BEFORE
mark_counters() {
	local name value
	while read -r name value; do BEFORE[$name]=$value; done </proc/net/kp2padm/counters
}
# fetched HOST FROM PORT
fetched() {
	ip netns exec "$1" taskset "$CPUS" "$WIRE" fetch "$2" "$3" "$WORK/$1.film" && cmp "$WORK/seed/film" "$WORK/$1.film"
}
# moved WHAT: a file from a to b, and one from b to a, at once
moved() {
	mark_counters
	fetched a $B4 "$PORT_B" &
	fetched b $A6 "$PORT_A" || fail "$1: to b"
	wait $! || fail "$1: to a"
	is "$1: conflicts" "$(since stream_conflicts)" 0
	is "$1: holes" "$(since stream_holes)" 0
	is "$1: every byte was read, once" "$(since object_bytes)" $((2 * SIZE))
	is "$1: skipped" "$(since stream_bytes_skipped)" 0
	is "$1: the thread was lost" "$(since streams_desynced)" 0
	say "$1: ordered $(since stream_ordered) ahead $(since stream_fast_passed) again $(since stream_again)" \
		"held $(since stream_held) released $(since released) absorbed $(since stream_absorbed)" \
		"no room $(since stream_no_room)"
}

bridge_up
load timeout_tcp_closed=1
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[rule]]
	name = "all that can be read"
	audit = true
END
ports PORT_A PORT_B
SIZE=$((4 << 20))
head -c $SIZE /dev/urandom >"$WORK/seed/film"
# Who moves from one processor to another overtakes himself: veth has a line on each
CPUS=1
bg a taskset $CPUS "$WIRE" serve $A6 "$PORT_A" "$WORK/seed/film"
bg b taskset $CPUS "$WIRE" serve $B4 "$PORT_B" "$WORK/seed/film"
eventually 30 listening a "$PORT_A"
eventually 30 listening b "$PORT_B"

moved "offloads on"
is "offloads on: ahead" "$(since stream_fast_passed)" 0
CPUS=3
for server in "${PIDS[@]}"; do taskset -ap $CPUS "$server" >/dev/null; done
offloads off
moved "offloads off"
disturbed a loss 2%
disturbed b loss 2%
moved "lost before the gateway"
holds "ahead" "$(since stream_fast_passed) > 20"
is "held" "$(since stream_held)" 0
disturbed a delay 5ms reorder 25%
disturbed b delay 5ms duplicate 2%
moved "another order, and twice"
holds "ahead" "$(since stream_fast_passed) > 20"
calm a
calm b
tc qdisc replace dev pa root netem loss 2%
tc qdisc replace dev pb root netem loss 2%
moved "lost behind the gateway"
holds "again" "$(since stream_again) > 20"
tc qdisc del dev pa root
tc qdisc del dev pb root

echo hold >$MODE
disturbed a loss 2%
disturbed b delay 5ms reorder 25%
moved "held"
is "ahead" "$(since stream_fast_passed)" 0
holds "held" "$(since stream_held) > 20"
holds "went on" "$(since released) >= $(since stream_held)"
is "purged" "$(counter purged)" 0
for name in stream_no_room streams_full stream_bad_checksum stream_outside; do
	is "$name" "$(counter $name)" 0
done
