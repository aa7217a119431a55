# SPDX-License-Identifier: GPL-2.0-only
# Gnutella, played over real sockets on random ports: the handshake, descriptors,
# transfers by hash and by push, pings by UDP. Each flow is named; dropped, a
# transfer under way stands still, and nobody gets in.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"
APP=gnutella

# progress LOG: bytes the transfer has
progress() { awk '/^progress/ { n = $2 } END { print n + 0 }' "$1"; }
has() { [ "$(progress "$1")" -ge "$2" ]; }

bridge_up
offloads off
load timeout_tcp_closed=300 timeout_udp=300
ports SERVER LEAF PUSHED SLOW LATE
content film 4
mkdir -p "$WORK/push" "$WORK/slow" "$WORK/late"

gnutella_serve a $A4:"$SERVER" "$WORK/seed/film"
gnutella_fetch b $A4:"$SERVER" "$WORK/leech/film" --listen $B4:"$LEAF"
eventually 60 arrived film
gnutella_fetch b $A4:"$SERVER" "$WORK/push/film" --listen $B4:"$PUSHED" --push
eventually 60 arrived film "$WORK/push"
is "flows by TCP" "$(nflows l4=tcp)" 4
all_named "TCP" tcp 4 l4=tcp
named "the server calls" tcp 4 l4=tcp src=$A4 dport="$PUSHED"
named "UDP" udp 1 l4=udp sport="$LEAF" dport="$SERVER"
is "packets lost" "$(counter dropped)" 0
say "fetched after $SECONDS s"

gnutella_fetch b $A4:"$SERVER" "$WORK/slow/film" --listen $B4:"$SLOW" --rate 200000
SLOW_LOG=$LOG
eventually 30 has "$SLOW_LOG" 200000
"$CTL" policy set gnutella=drop >/dev/null
gnutella_fetch b $A4:"$SERVER" "$WORK/late/film" --listen $B4:"$LATE"
eventually 30 any_flow l4=udp sport="$LATE" verdict=drop
# what the sockets' buffers hold is still read
sleep 15
before=$(progress "$SLOW_LOG")
sleep 4
is "the transfer under way" "$(progress "$SLOW_LOG")" "$before"
holds "it is not whole" "before < 4 << 20"
[ ! -e "$WORK/late/film" ] || fail "a new one got in"
holds "drops" "$(counter dropped) > 0"
say "stands still at $before bytes after $SECONDS s"
