# SPDX-License-Identifier: GPL-2.0-only
# aria2, its discovery on, to libtorrent by TCP over IPv4 and IPv6 (it has no
# uTP), from libtorrent, and to transmission by an HTTP tracker. It is always the
# one that is called: it calls everybody with an encrypted handshake first.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
third_host
global_addresses
load timeout_tcp_closed=300 timeout_udp=300
ports SEEDER DHT DHT6 LEECHER LEECH4 LEECH6 SEED TRACKED TRANSMISSION TRACKER
content tcp4 1
content back 1
content other 1
content tracked 1 "http://$C4:$TRACKER/announce"

aria2 a seed tcp4 $SEEDER --enable-dht=true --dht-listen-port=$DHT --bt-enable-lpd=true \
	--dht-file-path="$WORK/dht" --bt-lpd-interface=eth0 \
	--enable-dht6=true --dht-listen-addr6=$G6A --dht-file-path6="$WORK/dht6"
aria2 a leech back $LEECHER
tracker c $C4 $TRACKER tracked
aria2 a seed tracked $TRACKED
eventually 60 any_flow src=$A4 dport=$TRACKER flags~closed
say "announced after $SECONDS s"
transmission b $TRANSMISSION
transmission_leech b tracked
eventually 60 listening a $SEEDER
eventually 60 listening a $LEECHER

INTO=$WORK/leech6 peer b leech tcp4 "[$B6]:$LEECH6" --peer "[$A6]:$SEEDER"
peer b leech tcp4 $B4:$LEECH4 --peer $A4:$SEEDER --dht alone
# what aria2 does not have: it would call whoever asks for what it has, encrypted
INTO=$WORK/dht6 peer b leech other "[$G6B]:$DHT6" --dht "[$G6A]:$DHT"
peer b seed back $B4:$SEED --peer $A4:$LEECHER
eventually 60 arrived tcp4
eventually 60 arrived tcp4 "$WORK/leech6"
eventually 60 arrived back
say "from libtorrent after $SECONDS s"
eventually 60 arrived tracked
say "to transmission after $SECONDS s"

all_named "TCP over IPv4" tcp 4 l4=tcp dst=$A4 dport=$SEEDER
all_named "TCP over IPv6" tcp 4 l4=tcp dst=$A6 dport=$SEEDER
named "DHT" dht 1 l4=udp port=$DHT port=$LEECH4
eventually 30 any_flow l4=udp port=$DHT port=$DHT6 reply_packets\>=1
named "DHT over IPv6" dht 1 l4=udp port=$DHT port=$DHT6
all_named "LSD" lsd 1 l4=udp dport=6771 src=$A4
all_named "TCP from libtorrent" tcp 4 l4=tcp src=$B4 dport=$LEECHER
all_named "TCP to transmission" tcp 4 l4=tcp dport=$TRACKED
all_named "HTTP tracker" tracker 4 l4=tcp dport=$TRACKER
is "flows that are not BitTorrent's" "$(flows app=unknown flags~settled)" ""
is "packets lost" "$(counter dropped)" 0
