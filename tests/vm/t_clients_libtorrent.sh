# SPDX-License-Identifier: GPL-2.0-only
# libtorrent to libtorrent on random ports: TCP and uTP over IPv4 and IPv6, and
# peers that find each other by DHT (a magnet link), LSD and trackers. Every
# flow that crosses the bridge belongs to BitTorrent, and each is named so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
third_host
load timeout_tcp_closed=300 timeout_udp=300
ports SEED4 SEED6 USEED4 USEED6 DSEED LSEED TSEED HSEED TRACKER
ports DSEED6 DLEECH6
ports LEECH4 LEECH6 ULEECH4 ULEECH6 DLEECH LLEECH TLEECH HLEECH

for name in tcp4 tcp6 utp4 utp6 lsd; do content $name 2; done
content dht 1
content dht6 1
content udptracker 1 "udp://$C4:$TRACKER/announce"
content httptracker 1 "http://$C4:$TRACKER/announce"
tracker c $C4 $TRACKER udptracker httptracker

peer a seed tcp4 $A4:$SEED4
peer a seed tcp6 "[$A6]:$SEED6"
peer a seed utp4 $A4:$USEED4 --transport utp
peer a seed utp6 "[$A6]:$USEED6" --transport utp
peer a seed dht $A4:$DSEED --dht alone
peer a seed dht6 "[$A6]:$DSEED6" --dht alone
peer a seed lsd $A4:$LSEED --lsd
peer a seed udptracker $A4:$TSEED
peer a seed httptracker $A4:$HSEED
for port in $SEED4 $SEED6 $USEED4 $USEED6 $DSEED $DSEED6 $LSEED $TSEED $HSEED; do
	eventually 60 listening a $port
done

peer b leech tcp4 $B4:$LEECH4 --peer $A4:$SEED4
peer b leech tcp6 "[$B6]:$LEECH6" --peer "[$A6]:$SEED6"
peer b leech utp4 $B4:$ULEECH4 --transport utp --peer $A4:$USEED4
peer b leech utp6 "[$B6]:$ULEECH6" --transport utp --peer "[$A6]:$USEED6"
peer b leech "magnet:?xt=urn:btih:$(hash_of dht)" $B4:$DLEECH --dht $A4:$DSEED
peer b leech dht6 "[$B6]:$DLEECH6" --peer "[$A6]:$DSEED6" --dht "[$A6]:$DSEED6"
peer b leech lsd $B4:$LLEECH --lsd
peer b leech udptracker $B4:$TLEECH
peer b leech httptracker $B4:$HLEECH
for name in tcp4 tcp6 utp4 utp6 lsd udptracker httptracker dht dht6; do
	eventually 90 arrived $name
	say "$name arrived after $SECONDS s"
done

named "TCP over IPv4" tcp 4 l4=tcp port=$SEED4 src=$B4
named "TCP over IPv6" tcp 4 l4=tcp port=$SEED6 src=$B6
named "uTP over IPv4" utp 3 l4=udp port=$USEED4 sport=$ULEECH4
named "uTP over IPv6" utp 3 l4=udp port=$USEED6 sport=$ULEECH6
named "DHT" dht 1 l4=udp port=$DSEED
named "DHT over IPv6" dht 1 l4=udp port=$DSEED6
# either may be the first to call the other
all_named "TCP of peers found by DHT" tcp 4 l4=tcp port=$DSEED,$DLEECH
named "LSD" lsd 1 sport=6771 src=$A4
named "UDP tracker, seed" tracker 1 l4=udp src=$A4 dport=$TRACKER
named "UDP tracker, leech" tracker 1 l4=udp src=$B4 dport=$TRACKER
named "HTTP tracker, seed" tracker 4 l4=tcp src=$A4 dport=$TRACKER app=bittorrent
is "flows that are not BitTorrent's" "$(flows app=unknown flags~settled)" ""
is "packets lost" "$(counter dropped)" 0
