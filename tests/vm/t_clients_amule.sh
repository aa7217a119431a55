# SPDX-License-Identifier: GPL-2.0-only
# aMule to aMules, plain, on random ports: they meet by Kad, a server knows two of
# them, two fetch a file each from a link with a source. Each flow is named; dropped,
# a transfer under way stands still.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"
APP=edonkey

# share FILE BYTES: a file that a shares from its start on
share() { head -c "$2" /dev/urandom >"$WORK/amule-a/Incoming/$1"; }
# ask NS FILE
ask() { amule_do "$1" "add $(amule_link "$WORK/amule-a/Incoming/$2" "$KAD_A4:$TCP_A")" >/dev/null; }
fetched() { cmp -s "$WORK/amule-a/Incoming/clip" "$WORK/amule-b/Incoming/clip"; }
# to_c: the bytes that a sent to c
to_c() { flows l4=tcp src=$KAD_C4 dport="$TCP_A" | grep -o 'reply_bytes=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }'; }
has() { [ "$(to_c)" -ge "$1" ]; }
# so_far: how much of the film c has, as it says
so_far() { amule_do c show dl | grep -o '[0-9.]*%'; }

bridge_up
third_host
offloads off
public_addresses
load timeout_tcp_closed=600 timeout_udp=600 timeout_udp_stream=600
ports TCP_A UDP_A TCP_B UDP_B TCP_C UDP_C SERVER
mkdir -p "$WORK/amule-a/Incoming"
share clip 300000
share film 8000000
ed2kd c $KAD_C4 "$SERVER"
SERVER_LOG=$LOG
amule a "$TCP_A" "$UDP_A" --node "$KAD_B4:$TCP_B:$UDP_B:b" --server "$KAD_C4:$SERVER"
amule b "$TCP_B" "$UDP_B" --node "$KAD_A4:$TCP_A:$UDP_A:a" --server "$KAD_C4:$SERVER"
amule c "$TCP_C" "$UDP_C" --node "$KAD_A4:$TCP_A:$UDP_A:a" --max-download 50
eventually 90 amule_is b 'Kad: Connected'
eventually 90 amule_is b 'eD2k: Connected'
eventually 90 amule_is c 'Kad: Connected'
# a has hashed both files, and told the server
eventually 120 shares a clip
eventually 120 shares a film
eventually 60 grep -q '^files 2' "$SERVER_LOG"
say "connected after $SECONDS s"

ask b clip
ask c film
eventually 120 fetched
say "clip arrived after $SECONDS s"
eventually 120 has 300000
before=$(to_c)
eventually 20 has $((before + 50000))
"$CTL" policy set edonkey=drop >/dev/null
say "film under way after $SECONDS s"
sleep 3
before=$(so_far) dropped=$(counter dropped)
[ "$before" ] || fail "c does not say how much it has"
sleep 12
is "the transfer under way" "$(so_far)" "$before"
any_flow l4=tcp src=$KAD_C4 dport="$TCP_A" verdict=drop || fail "no flow is dropped"
holds "drops" "$(counter dropped) > dropped"
say "stands still at $before after $SECONDS s"

all_named "TCP between clients" tcp 4 l4=tcp dport="$TCP_A"
all_named "TCP to the server" tcp 4 l4=tcp dport="$SERVER"
named "Kad" kad 4 l4=udp port="$UDP_A" port="$UDP_B"
is "flows of others" "$(flows app!=unknown app!=edonkey)" ""
is "flows that are not eDonkey's" "$(flows app=unknown flags~settled)" ""
