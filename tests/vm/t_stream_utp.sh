# SPDX-License-Identifier: GPL-2.0-only
# uTP that is read in order, by real clients: a torrent that is forbidden by its info hash
# does not come, another does, every byte of it read once; also where packets are lost,
# before the gateway and behind it, and in hold mode.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

declare -A BEFORE
mark_counters() {
	local name value
	while read -r name value; do BEFORE[$name]=$value; done </proc/net/kp2padm/counters
}
since() { echo $(($(counter "$1") - ${BEFORE[$1]})); }
# moved WHAT NAME SEED LEECH: it comes, and every byte of it was read, once
moved() {
	local size name
	mark_counters
	peer b leech "$2" $B4:"$4" --transport utp --peer $A4:"$3"
	eventually 60 arrived "$2"
	size=$(stat -c %s "$WORK/seed/$2")
	is "$1: bytes of the content" "$(since object_bytes)" "$size"
	for name in stream_conflicts stream_utp_refused stream_utp_skipped streams_desynced stream_no_room stream_bad_checksum; do
		is "$1: $name" "$(since $name)" 0
	done
	flow "$1" l4=udp sport="$4" dport="$3"
	is "$1: named" "${FLOW[app]}/${FLOW[variant]}" bittorrent/utp
	holds "$1: read" "${FLOW[reply_stream.bytes_read]} > size && ${FLOW[stream.bytes_read]} > 68"
	say "$1: arrived after $SECONDS s, ordered $(since stream_ordered) ahead $(since stream_fast_passed)" \
		"again $(since stream_again) old $(since stream_old) held $(since stream_held)" \
		"of the seed $(since stream_bytes_read) bytes"
}

bridge_up
load timeout_udp=300
ports SEED1 SEED2 SEED3 SEED4 L1 L2 L3 L4
content good 1
content evil 1
content lossy 1
content held 1
peer a seed good $A4:"$SEED1" --transport utp
peer a seed evil $A4:"$SEED2" --transport utp
peer a seed lossy $A4:"$SEED3" --transport utp
peer a seed held $A4:"$SEED4" --transport utp
for port in $SEED1 $SEED2 $SEED3 $SEED4; do eventually 30 listening a "$port"; done
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "that torrent"
	match = { id = "urn:btih:$(hash_of evil)" }
	verdict = "reset"
END

moved "plain" good "$SEED1" "$L1"
mark_counters
peer b leech evil $B4:"$L2" --transport utp --peer $A4:"$SEED2"
eventually 30 any_flow l4=udp sport="$L2" dport="$SEED2" verdict=reset
is "of what is forbidden" "$(since object_bytes)" 0

ip netns exec a tc qdisc replace dev eth0 root netem loss 2%
tc qdisc replace dev pb root netem loss 2%
moved "lost before the gateway and behind it" lossy "$SEED3" "$L3"
holds "ahead" "$(since stream_fast_passed) > 3"
holds "again or old" "$(since stream_again) + $(since stream_old) > 3"
[[ $("$CTL" flows --read) == *":$L3 "* ]] || fail "not in the table"

tc qdisc del dev pb root
echo hold >/sys/module/kp2padm/parameters/queue
moved "held" held "$SEED4" "$L4"
is "purged" "$(counter purged)" 0
! arrived evil || fail "the forbidden torrent came"
