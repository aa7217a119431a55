# SPDX-License-Identifier: GPL-2.0-only
# qBittorrent, its discovery on, to libtorrent by TCP and uTP over IPv4 and
# IPv6, by LSD, and from libtorrent.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
load timeout_tcp_closed=300 timeout_udp=300
global_addresses
ports SEEDER SEED TCP4 TCP6 UTP4 UTP6 LSD DHT6
content file 1
content lsd 1
content back 1

qbittorrent a $SEEDER Both 'Session\DHTEnabled=true' 'Session\LSDEnabled=true'
say "up after $SECONDS s"
qbittorrent_add a seed file
qbittorrent_add a seed lsd
peer b seed back $B4:$SEED
eventually 60 listening a $SEEDER
eventually 60 listening b $SEED

INTO=$WORK/tcp4 peer b leech file $B4:$TCP4 --peer $A4:$SEEDER --dht alone
INTO=$WORK/tcp6 peer b leech file "[$B6]:$TCP6" --peer "[$A6]:$SEEDER"
INTO=$WORK/utp4 peer b leech file $B4:$UTP4 --transport utp --peer $A4:$SEEDER
INTO=$WORK/utp6 peer b leech file "[$B6]:$UTP6" --transport utp --peer "[$A6]:$SEEDER"
INTO=$WORK/dht6 peer b leech file "[$G6B]:$DHT6" --peer "[$G6A]:$SEEDER" --dht "[$G6A]:$SEEDER"
peer b leech lsd $B4:$LSD --lsd
qbittorrent_add a leech back
qbittorrent_peer a back $B4:$SEED
for name in tcp4 tcp6 utp4 utp6 dht6; do eventually 60 arrived file "$WORK/$name"; done
eventually 60 arrived lsd
eventually 60 arrived back

all_named "TCP over IPv4" tcp 4 l4=tcp port=$SEEDER src~.
all_named "TCP over IPv6" tcp 4 l4=tcp port=$SEEDER src~:
named "uTP over IPv4" utp 3 l4=udp port=$SEEDER port=$UTP4
named "uTP over IPv6" utp 3 l4=udp port=$SEEDER port=$UTP6
named "DHT" dht 1 l4=udp port=$SEEDER port=$TCP4
named "DHT over IPv6" dht 1 l4=udp port=$SEEDER port=$DHT6 src~2001 dst~2001
all_named "LSD" lsd 1 l4=udp dport=6771 src=$A4
all_named "TCP from libtorrent" tcp 4 l4=tcp port=$SEED
is "flows that are not BitTorrent's" "$(flows app=unknown flags~settled)" ""
is "packets lost" "$(counter dropped)" 0
