# SPDX-License-Identifier: GPL-2.0-only
# transmission, its discovery on: to libtorrent by TCP over IPv4 and IPv6, and to
# another transmission by an HTTP tracker and uTP. It has no setting for uTP
# alone: TCP between the two is refused by a packet filter.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
third_host
global_addresses
load timeout_tcp_closed=300 timeout_udp=300
ports SEEDER LEECHER LEECH4 LEECH6 DHT6 TRACKER
content tcp4 1
content tcp6 1
content other 1
content utp 1 "http://$C4:$TRACKER/announce"

tracker c $C4 $TRACKER utp
refuse="add table inet t; add chain inet t o { type filter hook output priority 0; };
	add rule inet t o tcp dport { $SEEDER, $LEECHER } reject with tcp reset"
c nft "$refuse"
a nft "$refuse"
transmission a $SEEDER '"utp-enabled": true, "dht-enabled": true, "lpd-enabled": true'
transmission c $LEECHER '"utp-enabled": true'
for name in tcp4 tcp6 utp; do transmission_seed a $name; done
say "seeds after $SECONDS s"

transmission_leech c utp
peer b leech tcp4 $B4:$LEECH4 --peer $A4:$SEEDER --dht alone
peer b leech tcp6 "[$B6]:$LEECH6" --peer "[$A6]:$SEEDER"
INTO=$WORK/dht6 peer b leech other "[$G6B]:$DHT6" --dht "[$G6A]:$SEEDER"
for name in tcp4 tcp6 utp; do
	eventually 90 arrived $name
	say "$name arrived after $SECONDS s"
done

all_named "TCP over IPv4" tcp 4 l4=tcp dport=$SEEDER src=$B4
all_named "TCP over IPv6" tcp 4 l4=tcp dport=$SEEDER src=$B6
named "uTP" utp 3 l4=udp port=$SEEDER port=$LEECHER
named "DHT" dht 1 l4=udp port=$SEEDER port=$LEECH4
eventually 60 any_flow l4=udp port=$SEEDER port=$DHT6 reply_packets\>=1
named "DHT over IPv6" dht 1 l4=udp port=$SEEDER port=$DHT6
all_named "LSD" lsd 1 l4=udp dport=6771 src=$A4
all_named "HTTP tracker" tracker 4 l4=tcp dport=$TRACKER
is "flows that are not BitTorrent's" "$(flows app=unknown flags~settled)" ""
is "packets lost" "$(counter dropped)" 0
