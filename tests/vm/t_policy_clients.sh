# SPDX-License-Identifier: GPL-2.0-only
# A policy as an administrator writes it, and real clients: libtorrent by TCP and by
# uTP, in clear and encrypted, a web download, Gnutella played. Who it names, and in
# which form, is stopped, told, marked or only counted; everybody else is served.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

# policy: the file, of standard input
policy() { "$CTL" policy load -f - >/dev/null; }
# counted NAME FIELD: what the rule has counted
counted() { "$CTL" policy show --json | python3 -c 'import json, sys
print(next(r for r in json.load(sys.stdin)["rules"] if r["name"] == sys.argv[1])[sys.argv[2]])' "$@"; }
marked() { nft list chain bridge clients post | awk '{ for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }'; }
to() { INTO=$WORK/$1 peer "${@:2}"; }

bridge_up
third_host
offloads off
load timeout_tcp_closed=300 timeout_udp=300
nft 'table bridge clients { chain post { type filter hook postrouting priority 0; meta mark 0x5 counter; }; }'
ports TCP UTP SEALED WEB GNUTELLA LEAF L1 L2 L3 L4
content film 1
web a $A4:"$WEB"
gnutella_serve a $A4:"$GNUTELLA" "$WORK/seed/film"
peer a seed film $A4:"$TCP"
peer a seed film $A4:"$UTP" --transport utp
peer a seed film $A4:"$SEALED" --transport utp --encryption rc4

policy <<-END
	mode = "enforce"
	default = "pass"
	[gateway]
	bridge = "br0"
	local = { prefixes = ["$A4/32"] }
	[[rule]]
	name = "would stop uploads"
	mode = "observe"
	match = { category = "p2p", direction = "in", min_confidence = 60, hours = "00:00-24:00" }
	verdict = "drop"
	[[rule]]
	name = "what can be read is marked"
	match = { app = ["bittorrent"], encrypted = false, vlan = [0] }
	mark = 5
	[[rule]]
	name = "nothing that cannot be read"
	match = { app = ["bittorrent"], encrypted = true }
	verdict = "drop"
	[[rule]]
	name = "not for c"
	match = { app = ["bittorrent", "gnutella"], host = "$C4/32" }
	verdict = "reset"
END
for pair in "plain $L1 --peer $A4:$TCP" "utp $L2 --transport utp --peer $A4:$UTP" \
	"sealed $L3 --transport utp --encryption rc4 --peer $A4:$SEALED"; do
	# shellcheck disable=SC2086 # words
	set -- $pair
	to "$1" b leech film $B4:"$2" "${@:3}"
	[ "$1" != sealed ] || SEALED_LOG=$LOG
done
to reset c leech film $C4:"$L4" --peer $A4:"$TCP"
gnutella_fetch c $A4:"$GNUTELLA" "$WORK/leech/gnutella" --listen $C4:"$LEAF"
eventually 60 arrived film "$WORK/plain"
eventually 60 arrived film "$WORK/utp"
fetch c http://$A4:"$WEB"/film film
say "served after $SECONDS s"

eventually 30 any_flow l4=udp port="$SEALED" verdict=drop
named "encrypted uTP" utp 3 l4=udp port="$SEALED" port="$L3"
[[ ${FLOW[flags]} = *encrypted* ]] || fail "not called encrypted: ${FLOW[flags]}"
named "uTP in clear" utp 3 l4=udp port="$UTP" port="$L2"
[[ ${FLOW[flags]} != *encrypted* ]] || fail "called encrypted: ${FLOW[flags]}"
is "verdict in clear" "${FLOW[verdict]}" pass
eventually 30 any_flow l4=tcp src=$C4 dport="$TCP" verdict=reset
eventually 30 any_flow app=gnutella src=$C4 dport="$GNUTELLA" verdict=reset # its ping, by UDP
for dir in sealed reset; do
	! arrived film "$WORK/$dir" || fail "$dir: it arrived"
done
[ ! -e "$WORK/leech/gnutella" ] || fail "gnutella: it arrived"
holds "resets" "$(counter resets_sent) >= 2"
for rule in "nothing that cannot be read" "not for c"; do
	holds "$rule: drops" "$(counted "$rule" packets) > 0"
done
holds "would stop" "$(counted "would stop uploads" would_packets) > 100"
is "it stops nothing" "$(counted "would stop uploads" packets)" 0
holds "marked, as nftables sees it" "$(marked) > 100"

# what was stopped is let go by the next policy, and by one that observes
policy <<-END
	mode = "observe"
	[[rule]]
	name = "nothing"
	match = { category = "p2p" }
	verdict = "reset"
END
eventually 90 arrived film "$WORK/sealed"
eventually 90 arrived film "$WORK/reset"
grep -q '^done' "$SEALED_LOG" || eventually 10 grep -q '^done' "$SEALED_LOG"
say "all is there after $SECONDS s"
