# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Real programs on the hosts of tests/vm/lib.sh, each started by one function.
#
# Sourced behind lib.sh. They run in the background until stop_all, with their
# discovery, port mapping and encryption off unless a test asks for it. Ports
# are random, drawn from a seed that the log shows: KP2PADM_SEED=N draws the
# same again.

CLIENTS=$TOP/tests/vm/clients
WORK=$LOGS/work
mkdir -p "$WORK/seed" "$WORK/leech"
C4=10.77.0.3 C6=fd77::3

SEED=${KP2PADM_SEED:-$RANDOM}
RANDOM=$SEED
DRAWN=
say "random ports: KP2PADM_SEED=$SEED"

# apart PORT: no port drawn is nearer than 5; some programs use one beside theirs, too: aMule
# its TCP port + 3, ed2kd.py + 4
apart() {
	local other
	for other in $DRAWN; do
		(($1 - other > 4 || other - $1 > 4)) || return 1
	done
}
# ports NAME...: a port for each, all apart, below the ephemeral ones
ports() {
	local name port
	for name; do
		port=$((10000 + RANDOM % 20000))
		until apart "$port"; do port=$((port + 1)); done
		DRAWN+=" $port"
		printf -v "$name" %s "$port"
	done
}

c() { ip netns exec c "$@"; }
# third_host: c, for trackers: what is sent to the box itself passes no bridge
third_host() { host c pc $C4 $C6; }

# A node of the DHT over IPv6 wants an address that is global; transmission takes
# the one that a route to the rest of the world would use.
G6A=2001:db8::1 G6B=2001:db8::2
global_addresses() {
	local ns
	ip -n a addr add $G6A/64 dev eth0 nodad
	ip -n b addr add $G6B/64 dev eth0 nodad
	for ns in a b; do ip -n $ns -6 route add default dev eth0; done
}

# content NAME MIB [TRACKER]: the file $WORK/seed/NAME and $WORK/NAME.torrent
content() {
	head -c $(($2 << 20)) /dev/urandom >"$WORK/seed/$1"
	rm -f "$WORK/$1.torrent"
	mktorrent -l 16 ${3:+-a "$3"} -o "$WORK/$1.torrent" "$WORK/seed/$1" >/dev/null
}

# hash_of NAME: the info hash
hash_of() { transmission-show "$WORK/$1.torrent" | awk '$1 == "Hash:" { print $2 }'; }

# arrived NAME [DIR]: it is there, every byte
arrived() { cmp -s "$WORK/seed/$1" "${2:-$WORK/leech}/$1"; }

# listening NS PORT: somebody does, TCP or UDP
listening() { [ "$(ip netns exec "$1" ss -Hltun "sport = :$2")" ]; }

# -- libtorrent: one process a peer ------------------------------------------

# peer NS seed|leech NAME|MAGNET LISTEN [peer.py's options]; INTO=DIR: not to $WORK/leech
peer() {
	local ns=$1 role=$2 source=$3 listen=$4 dir
	shift 4
	dir=${INTO:-$WORK/$role}
	mkdir -p "$dir"
	[[ $source = magnet:* ]] || source=$WORK/$source.torrent
	bg "$ns" "$CLIENTS/peer.py" "$role" "$source" "$dir" --listen "$listen" "$@"
}

# -- transmission -------------------------------------------------------------

# transmission NS PORT [JSON]: the daemon; JSON: settings that differ
transmission() {
	local dir=$WORK/transmission-$1
	rm -rf "$dir"
	mkdir -p "$dir"
	cat >"$dir/settings.json" <<-END
	{
		"download-dir": "$WORK/leech", "incomplete-dir-enabled": false, "preallocation": 0,
		"peer-port": $2, "port-forwarding-enabled": false, "encryption": 0,
		"rpc-port": 9091, "rpc-bind-address": "127.0.0.1", "rpc-whitelist-enabled": false,
		"dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false${3:+, $3}
	}
	END
	bg "$1" transmission-daemon --foreground --config-dir "$dir"
	eventually 60 listening "$1" 9091
}

remote() { ip netns exec "$1" transmission-remote 127.0.0.1:9091 "${@:2}" >/dev/null; }

transmission_seeds() {
	[[ $(ip netns exec "$1" transmission-remote 127.0.0.1:9091 --list) =~ 100%.*(Idle|Seeding)\ +$2 ]]
}

# transmission_seed NS NAME, transmission_leech NS NAME
transmission_seed() {
	remote "$1" --add "$WORK/$2.torrent" --download-dir "$WORK/seed"
	remote "$1" --torrent all --verify
	eventually 60 transmission_seeds "$1" "$2"
}
transmission_leech() { remote "$1" --add "$WORK/$2.torrent" --download-dir "$WORK/leech"; }

# -- aria2 ----------------------------------------------------------------------

# aria2 NS seed|leech NAME PORT [options]; INTO=DIR as above
aria2() {
	local ns=$1 role=$2 name=$3 port=$4
	shift 4
	bg "$ns" aria2c --no-conf --dir="${INTO:-$WORK/$role}" --listen-port="$port" \
		--check-integrity=true --bt-hash-check-seed=true --seed-ratio=0 --seed-time=60 \
		--file-allocation=none --enable-dht=false --enable-dht6=false --bt-enable-lpd=false \
		--enable-peer-exchange=false --bt-min-crypto-level=plain "$@" "$WORK/$name.torrent"
}

# -- qBittorrent ------------------------------------------------------------------

# qbittorrent NS PORT TCP|UTP [LINE...]: LINEs go into its section [BitTorrent]
qbittorrent() {
	local ns=$1 port=$2 protocol=$3 dir=$WORK/qbittorrent-$1
	shift 3
	rm -rf "$dir"
	mkdir -p "$dir/qBittorrent/config"
	cat >"$dir/qBittorrent/config/qBittorrent.conf" <<-END
	[LegalNotice]
	Accepted=true
	[BitTorrent]
	Session\\Port=$port
	Session\\BTProtocol=$protocol
	Session\\Encryption=2
	Session\\DHTEnabled=false
	Session\\LSDEnabled=false
	Session\\PeXEnabled=false
	Session\\QueueingSystemEnabled=false
	Session\\MultiConnectionsPerIp=true
	$(printf '%s\n' "$@")
	[Preferences]
	Connection\\UPnP=false
	WebUI\\Address=127.0.0.1
	WebUI\\LocalHostAuth=false
	END
	bg "$ns" env HOME="$dir" qbittorrent-nox --profile="$dir" --webui-port=8080
	eventually 90 listening "$ns" 8080
}

# qbittorrent_add NS seed|leech NAME
qbittorrent_add() {
	local known=false
	[ "$2" = leech ] || known=true
	ip netns exec "$1" curl -sSf -m 30 -F "torrents=@$WORK/$3.torrent" -F "savepath=$WORK/$2" \
		-F "skip_checking=$known" http://127.0.0.1:8080/api/v2/torrents/add >/dev/null
}

# qbittorrent_peer NS NAME ADDRESS:PORT: connect to this one
qbittorrent_peer() {
	ip netns exec "$1" curl -sSf -m 30 -d "hashes=$(hash_of "$2")" -d "peers=$3" \
		http://127.0.0.1:8080/api/v2/torrents/addPeers >/dev/null
}

# -- aMule --------------------------------------------------------------------------

# Kad takes no contact with a private address: the hosts get public ones, of TEST-NET-2
KAD_A4=198.51.100.1 KAD_B4=198.51.100.2 KAD_C4=198.51.100.3
public_addresses() {
	local ns
	for ns in a b c; do
		[ ! -e /etc/netns/$ns ] || ip -n $ns addr replace "$(public_address $ns)/24" dev eth0
	done
}
public_address() {
	case $1 in
	a) echo $KAD_A4 ;;
	b) echo $KAD_B4 ;;
	c) echo $KAD_C4 ;;
	esac
}

# aMule 2.3.3 takes a socket for closed, and reads nothing from it any more, if it is woken
# for data that another of its threads has read: nearly always without a download limit, at
# times with one. On one processor, in real time, none of its threads overtakes another.

# amule NS TCP UDP [amule_home.py's options]: all in $WORK/amule-NS; shares what is in Incoming
amule() {
	local ns=$1 tcp=$2 udp=$3 dir=$WORK/amule-$1
	shift 3
	"$CLIENTS/amule_home.py" "$dir" "$ns" --tcp "$tcp" --udp "$udp" "$@"
	bg "$ns" env HOME="$dir" taskset -c 0 chrt -f 1 amuled -c "$dir" -o
	eventually 180 listening "$ns" 4712
}

# amule_do NS COMMAND...: what amulecmd says to it
amule_do() { ip netns exec "$1" timeout 60 amulecmd -h 127.0.0.1 -p 4712 -P lab -c "${*:2}"; }
amule_is() { amule_do "$1" status | grep -q "$2"; }

# shares NS FILE: it has found and hashed it; told to look again, since one that is
# busy when it starts may miss its files
shares() { amule_do "$1" show shared | grep -qw "$2" || { amule_do "$1" reload shared; false; }; }

# amule_link FILE ADDRESS:PORT: the link to it, with one who has it
amule_link() { alcc "$1" 2>/dev/null | sed -n "s,^ed2k:.*/$,&|sources\\,$2|/,p" | head -n 1; }

# ed2kd NS ADDRESS PORT: a server
ed2kd() {
	bg "$1" "$CLIENTS/ed2kd.py" "$2" "$3"
	eventually 90 listening "$1" "$3"
}

# -- Gnutella, played: gnutella.py --------------------------------------------------

# gnutella_serve NS ADDRESS:PORT FILE; gnutella_fetch NS ADDRESS:PORT FILE [options]
gnutella_serve() {
	bg "$1" "$CLIENTS/gnutella.py" serve "$2" "$3"
	eventually 30 listening "$1" "${2##*:}"
}
gnutella_fetch() { bg "$1" "$CLIENTS/gnutella.py" fetch "${@:2}"; }

# -- trackers and the web ---------------------------------------------------------

# tracker NS ADDRESS PORT NAME...: opentracker, HTTP and UDP; it knows these alone
tracker() {
	local ns=$1 address=$2 port=$3 dir=$WORK/tracker name
	shift 3
	mkdir -p "$dir"
	chmod 755 "$LOGS" "$WORK" "$dir"
	for name; do hash_of "$name"; done >"$dir/whitelist"
	bg "$ns" opentracker -i "$address" -p "$port" -P "$port" -d "$dir" -u nobody -w /whitelist
	eventually 30 listening "$ns" "$port"
}

# web NS ADDRESS:PORT: what $WORK/seed holds, by HTTP
web() {
	bg "$1" busybox httpd -f -p "$2" -h "$WORK/seed"
	eventually 30 listening "$1" "${2##*:}"
}

# fetch NS URL NAME [curl's options]: download it and compare
fetch() {
	local ns=$1 url=$2 name=$3
	shift 3
	ip netns exec "$ns" curl -sSfg -o "$WORK/$name.$ns.fetched" "$@" "$url" &&
		cmp "$WORK/seed/$name" "$WORK/$name.$ns.fetched"
}
