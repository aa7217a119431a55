#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The demo, inside the lab machine; scripts/demo boots it. Each step says what it
# does, shows it, and checks it: the first that does not happen ends the demo.
. "$(dirname "$0")/lib.sh"

# -- how it is told ------------------------------------------------------------------
bold='' plain='' green=''
if [ "${KP2PADM_COLOR-}" ]; then bold=$'\e[1m' green=$'\e[32m' plain=$'\e[0m'; fi
STEP=0
step() {
	STEP=$((STEP + 1))
	printf '\n%s── %d  %s %s%s\n\n' "$bold" $STEP "$*" \
		"$(printf '─%.0s' $(seq $((92 - ${#1}))))" "$plain"
}
say() { printf '   %s\n' "$*"; }
shown() { sed 's/^/ │ /'; }
happened() { printf '   %s✓%s %s\n' "$green" "$plain" "$*"; }
run() {
	printf '   $ %s%s%s\n' "$bold" "$*" "$plain"
	[ "$1" != p2padm-ctl ] || set -- "$CTL" "${@:2}"
	"$@" | shown
}

# -- what is measured ------------------------------------------------------------------
# packets and bytes of TCP and UDP that nftables sees before the gateway, and behind it
watch_bridge() {
	nft -f - <<-END
	table bridge demo {}
	delete table bridge demo
	table bridge demo {
		counter offered {}
		counter passed {}
		chain before { type filter hook forward priority 0; meta l4proto { tcp, udp } counter name offered; }
		chain behind { type filter hook postrouting priority 0; meta l4proto { tcp, udp } counter name passed; }
	}
	END
}
nft_count() { nft -j list counter bridge demo "$1" | number 'd["nftables"][1]["counter"]["'"$2"'"]'; }
ours() { "$CTL" stats --json | number "sum(app[\"$1\"] for app in d[\"apps\"])"; }
number() { python3 -c 'import json, sys; d = json.load(sys.stdin); print('"$1"')'; }
# bytes that the transfer log of a libtorrent leech told last
progress() { awk '/^progress/ { n = $2 } END { print n + 0 }' "$1"; }
at_least() { [ "$(progress "$1")" -ge "$2" ]; }
stands_still() {
	local before
	before=$(progress "$1")
	sleep 2
	[ "$(progress "$1")" = "$before" ]
}
# the packets at which flows were decided: 4, or 3,4
decided_at() { flows "$@" | grep -o 'decided_packet=[0-9]*' | cut -d= -f2 | sort -nu | paste -sd,; }
mb() { awk -v n="$1" 'BEGIN { printf "%.1f MB", n / 1e6 }'; }

cat <<END

   ${bold}kP2PADM${plain}: a gateway that names and manages peer-to-peer traffic on a bridge

     alice 10.77.0.1 ───┐                        ┌─── bob 10.77.0.2
     qBittorrent        │      ┌──────────┐      │    aria2, libtorrent, curl
     web server         ├── pa ┤   br0    ├ pb ──┘
                        │      │ kp2padm  │
     tracker 10.77.0.3 ─┼── pc ┤          │
     opentracker        ┘      └──────────┘
END

step "A bridge, three hosts, and the module"
. "$(dirname "$0")/clients/clients.sh"
bridge_up
third_host
offloads off
ethtool -K pc tx off tso off gso off gro off >/dev/null
c ethtool -K eth0 tx off tso off gso off gro off >/dev/null
watch_bridge
say "$(uname -sr), $(nproc) processors; br0 forwards between pa, pb and pc"
printf '   $ %sinsmod kp2padm.ko%s\n' "$bold" "$plain"
load timeout_tcp_closed=300
run p2padm-ctl status
is "the mode after insmod" "$("$CTL" status --json | number 'd["mode"]')" observe
happened "loaded; it observes, everything passes"

step "A swarm on random ports, and a web download beside it"
ports QB ARIA UTP TRACKER WEB SLOW SLOWLEECH EARLY LATE
content film 4 "http://$C4:$TRACKER/announce"
content album 4
content page 4
tracker c $C4 "$TRACKER" film
web a "$A4:$WEB"
aria2 b seed film "$ARIA"
qbittorrent a "$QB" Both
qbittorrent_add a seed album
eventually 30 listening a "$QB"
eventually 30 any_flow src=$B4 dport="$TRACKER" flags~closed
qbittorrent_add a leech film
peer b leech album "$B4:$UTP" --transport utp --peer "$A4:$QB"
say "bob:   aria2 on port $ARIA seeds 'film' and told the tracker"
say "alice: qBittorrent on port $QB asks the tracker, fetches 'film' by TCP, and seeds 'album'"
say "bob:   libtorrent on port $UTP fetches 'album' by uTP"
say "bob:   curl fetches 'page' from alice's web server on port $WEB"
fetch b "http://$A4:$WEB/page" page
happened "curl has 'page': 4.2 MB, every byte as sent"
eventually 60 arrived album
happened "libtorrent has 'album': 4.2 MB, every byte as sent"
eventually 60 arrived film
happened "qBittorrent has 'film': 4.2 MB, every byte as sent"

step "What the gateway saw"
run p2padm-ctl flows --limit 12
echo
flow "the web download" l4=tcp dport="$WEB"
is "the web download's application" "${FLOW[app]}" unknown
happened "the web download has no P2P name: refused at packet ${FLOW[decided_packet]}"
all_named "tracker" tracker 4 dport="$TRACKER"
happened "tracker: found by payload, at packet $(decided_at dport="$TRACKER") (the first three are TCP's handshake)"
all_named "TCP" tcp 4 l4=tcp port="$ARIA"
happened "BitTorrent over TCP: found by payload, at packet $(decided_at l4=tcp port="$ARIA")"
named "uTP" utp 3 l4=udp port="$QB" port="$UTP"
happened "BitTorrent over uTP: found by payload, at packet ${FLOW[decided_packet]}"

step "A slow transfer is under way, and the policy changes"
content series 32
peer a seed series "$A4:$SLOW" --rate 500000
seed=${PIDS[-1]}
eventually 30 listening a "$SLOW"
peer b leech series "$B4:$SLOWLEECH" --peer "$A4:$SLOW"
log=$LOG leech=${PIDS[-1]}
eventually 40 at_least "$log" 1000000
say "libtorrent to libtorrent, 0.5 MB/s, 33.6 MB in all: bob has $(mb "$(progress "$log")")"
run p2padm-ctl policy set bittorrent=drop
eventually 20 stands_still "$log"
before=$(progress "$log") since=$SECONDS
INTO=$WORK/tcp peer b leech album "$B4:$EARLY" --peer "$A4:$QB"
EARLY_LOG=$LOG
INTO=$WORK/utp peer b leech album "$B4:$LATE" --transport utp --peer "$A4:$QB"
LATE_LOG=$LOG
say "bob has $(mb "$before") and gets no more; he tries 'album' again, by TCP and by uTP, and 'page'"
fetch b "http://$A4:$WEB/page" page
happened "curl has 'page' again: 4.2 MB, the web is not concerned"
sleep 6
after=$(progress "$log")
is "what the transfer under way got after the policy" "$after" "$before"
kill -0 "$seed" "$leech" || fail "the transfer under way ended by itself"
flow "the transfer under way" port="$SLOW" verdict=drop
happened "the transfer under way stands still: $(mb "$after") still, $((SECONDS - since)) seconds later"
eventually 10 any_flow l4=tcp src=$B4 dport="$QB" verdict=drop
eventually 10 any_flow l4=udp port="$LATE" verdict=drop
for new in "$EARLY_LOG" "$LATE_LOG"; do is "what a new download got" "$(progress "$new")" 0; done
happened "both new downloads called, were named and dropped, and got nothing"

step "The counters agree with what crossed the bridge"
stop_all
# so that no late packet comes between one counter and the next
ip link set br0 down
offered=$(nft_count offered packets) passed=$(nft_count passed packets)
dropped=$(ours dropped)
printf ' │ %-34s %12s %14s\n' "TCP and UDP" packets bytes
printf ' │ %-34s %12s %14s\n' \
	"nftables, before the gateway" "$offered" "$(nft_count offered bytes)" \
	"p2padm-ctl, all flows" "$(ours packets)" "$(ours bytes)" \
	"nftables, behind the gateway" "$passed" "$(nft_count passed bytes)" \
	"p2padm-ctl, dropped" "$dropped" "$(ours dropped_bytes)"
echo
is "packets of all flows" "$(ours packets)" "$offered"
is "bytes of all flows" "$(ours bytes)" "$(nft_count offered bytes)"
happened "every packet and byte that came is in a flow's counters"
is "packets that the gateway dropped" "$dropped" $((offered - passed))
is "the gateway's own sum" "$(counter dropped)" "$dropped"
is "bytes that the gateway dropped" "$(ours dropped_bytes)" \
	$(($(nft_count offered bytes) - $(nft_count passed bytes)))
holds "packets were dropped" "dropped > 0"
happened "every packet and byte that did not go on is counted as dropped"

step "The module goes, the bridge stays"
printf '   $ %srmmod kp2padm%s\n' "$bold" "$plain"
unload
ip link set br0 up
eventually 5 a ping -c1 -W1 $B4
a ping -c2 -i0.2 -q $B4 >/dev/null
happened "alice still reaches bob"
nft delete table bridge demo
printf '\n   %sAll %d steps happened, in %d seconds.%s\n' "$bold" $STEP $SECONDS "$plain"
