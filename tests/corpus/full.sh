#!/usr/bin/env bash
set -euo pipefail
cd /tmp/wt-dissect/tests/corpus
. /tmp/wt-dissect/tests/vm/lib.sh
. /tmp/wt-dissect/tests/vm/clients/clients.sh
OUT=${RECORD_OUT:-/out}

version() { "$@" 2>&1 | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1 || true; }
LIBTORRENT="libtorrent $(/usr/bin/python3 -c 'import libtorrent; print(libtorrent.__version__)')"
TRANSMISSION="transmission $(version transmission-daemon --version)"
ARIA2="aria2 $(version aria2c --version)"
AMULE="aMule $(version amuled --version)"
QBITTORRENT="qBittorrent $(version qbittorrent-nox --version)"

# dissected PCAP DISSECTOR L4:PORT...: tshark takes each port's packets for it, and
# finds none malformed: an oracle that we did not write
dissected() {
	local pcap=$1 dissector=$2 place as=() seen
	shift 2
	for place; do as+=(-d "${place%:*}.port==${place#*:},$dissector"); done
	for place; do
		seen=$(tshark -r "$pcap" "${as[@]}" -Y "$dissector && ${place%:*}.port == ${place#*:}" 2>/dev/null | wc -l)
		holds "$pcap: packets of $place that tshark takes for $dissector" "$seen > 0"
	done
	is "$pcap: malformed" "$(tshark -r "$pcap" "${as[@]}" -Y _ws.malformed 2>/dev/null)" ""
}

# record NAME WHAT [cut.py's options and rules]: what TRAFFIC_name does. ORIGIN=played: not by
# a program that others use. ORACLE="DISSECTOR L4:PORT...": tshark has to agree, ports as below.
record() {
	local name=$1 what=$2 origin=${ORIGIN:-recorded} flows dump place port checked=()
	local pcap=$origin-$1.pcap
	shift 2
	[ "${WANTED-}" = '' ] || [[ " $WANTED " = *" $name "* ]] || return 0
	DRAWN=' '
	ports P Q R S T
	tcpdump --immediate-mode -B 16384 -U -i pa -w "$LOGS/$pcap" ip or ip6 2>/dev/null &
	dump=$!
	eventually 5 test -s "$LOGS/$pcap"
	"TRAFFIC_${name//-/_}"
	sleep 1
	kill -INT $dump
	wait $dump || true
	stop_all
	# the rules name ports as variables: P is 'P'
	set -- "${@//:P=/:$P=}"; set -- "${@//:Q=/:$Q=}"; set -- "${@//:R=/:$R=}"
	set -- "${@//:S=/:$S=}"; set -- "${@//:T=/:$T=}"
	flows=$(./cut.py "$LOGS/$pcap" "$OUT/$pcap" "$@")
	if [ "${ORACLE-}" ]; then
		for place in ${ORACLE#* }; do
			port=${place#*:}
			checked+=("${place%:*}:${!port}")
		done
		dissected "$OUT/$pcap" "${ORACLE%% *}" "${checked[@]}"
	fi
	printf '%s\t%s\t%s\t%s\n' "$pcap" "$origin" "$what" "$flows" | tee -a "$OUT/labels"
	rm -rf "${WORK:?}/leech" "${LOGS:?}/$pcap"
	mkdir "$WORK/leech"
}

TCP=tcp:P=bittorrent/tcp
UTP=udp:P=bittorrent/utp
DHT=udp:P=bittorrent/dht
LSD=udp:6771=bittorrent/lsd
TRACKER="tcp:T=bittorrent/tracker udp:T=bittorrent/tracker"

# libtorrent_pair SOURCE SEED LEECH [options of both]
libtorrent_pair() {
	local source=$1 seed=$2 leech=$3
	shift 3
	peer a seed file "$seed" "$@"
	eventually 60 listening a "${seed##*:}"
	peer b leech "$source" "$leech" --peer "$seed" "$@"
	eventually 60 arrived file
}
TRAFFIC_libtorrent_tcp() { libtorrent_pair file $A4:$P $B4:$Q; }
TRAFFIC_libtorrent_tcp_v6() { libtorrent_pair file "[$A6]:$P" "[$B6]:$Q"; }
TRAFFIC_libtorrent_utp() { libtorrent_pair file $A4:$P $B4:$Q --transport utp; }
TRAFFIC_libtorrent_utp_v6() { libtorrent_pair file "[$A6]:$P" "[$B6]:$Q" --transport utp; }
TRAFFIC_libtorrent_magnet() { libtorrent_pair "magnet:?xt=urn:btih:$(hash_of file)" $A4:$P $B4:$Q; }
TRAFFIC_libtorrent_midstream() { TRAFFIC_libtorrent_tcp; }
TRAFFIC_libtorrent_one_sided() { TRAFFIC_libtorrent_tcp; }
TRAFFIC_libtorrent_one_sided_leech() { TRAFFIC_libtorrent_tcp; }
TRAFFIC_libtorrent_dht() {
	peer a seed file $A4:$P --dht alone
	eventually 60 listening a $P
	peer b leech "magnet:?xt=urn:btih:$(hash_of file)" $B4:$Q --dht $A4:$P
	eventually 60 arrived file
}
TRAFFIC_libtorrent_lsd() {
	peer a seed file $A4:$P --lsd
	eventually 60 listening a $P
	peer b leech file $B4:$Q --lsd
	eventually 60 arrived file
}
tracked() {
	content tracked 1 "$1://$C4:$T/announce"
	tracker c $C4 $T tracked
	peer a seed tracked $A4:$P
	eventually 60 listening a $P
	peer b leech tracked $B4:$Q
	eventually 60 arrived tracked
}
TRAFFIC_libtorrent_http_tracker() { tracked http; }
TRAFFIC_libtorrent_udp_tracker() { tracked udp; }

TRAFFIC_transmission_aria2() {
	content tracked 1 "http://$C4:$T/announce"
	tracker c $C4 $T tracked
	aria2 b seed tracked $Q
	eventually 60 listening b $Q
	sleep 1
	transmission a $P
	transmission_leech a tracked
	eventually 60 arrived tracked
}
TRAFFIC_transmission_utp() {
	content tracked 1 "http://$C4:$T/announce"
	tracker c $C4 $T tracked
	local ns refuse="add table inet t; add chain inet t o { type filter hook output priority 0; };
		add rule inet t o tcp dport { $P, $Q } reject with tcp reset"
	for ns in a b; do ip netns exec $ns nft "$refuse"; done
	transmission a $P '"utp-enabled": true'
	transmission b $Q '"utp-enabled": true'
	transmission_seed a tracked
	transmission_leech b tracked
	eventually 90 arrived tracked
	for ns in a b; do ip netns exec $ns nft flush ruleset; done
}
TRAFFIC_transmission_dht_lsd() {
	transmission a $P '"dht-enabled": true, "lpd-enabled": true'
	transmission_seed a file
	peer b leech file $B4:$Q --peer $A4:$P --dht alone
	eventually 60 arrived file
}
TRAFFIC_aria2_dht_lsd() {
	aria2 a seed file $P --enable-dht=true --dht-listen-port=$P --bt-enable-lpd=true \
		--dht-file-path="$WORK/dht" --bt-lpd-interface=eth0
	eventually 60 listening a $P
	peer b leech file $B4:$Q --peer $A4:$P --dht alone
	eventually 60 arrived file
}
TRAFFIC_qbittorrent_tcp() {
	qbittorrent a $P TCP 'Session\DHTEnabled=true' 'Session\LSDEnabled=true'
	qbittorrent_add a seed file
	eventually 60 listening a $P
	peer b leech file $B4:$Q --peer $A4:$P --dht alone
	eventually 60 arrived file
}
TRAFFIC_qbittorrent_utp() {
	qbittorrent a $P UTP
	qbittorrent_add a seed file
	eventually 60 listening a $P
	peer b leech file "[$B6]:$Q" --transport utp --peer "[$A6]:$P"
	eventually 60 arrived file
}


# -- eDonkey: P and Q are a's TCP and UDP ports, R and S b's, T the server's
amule_pair() {
	rm -rf "$WORK"/amule-?
	mkdir -p "$WORK/amule-a/Incoming"
	head -c 300000 "$WORK/seed/file" >"$WORK/amule-a/Incoming/file"
	amule a $P $Q "${@//NODE/$KAD_B4:$R:$S:b}"
	amule b $R $S "${@//NODE/$KAD_A4:$P:$Q:a}"
}
# captured BYTES: more than those; an aMule may take minutes to begin, or to end
captured() { [ "$(stat -c %s "$LOGS"/recorded-amule*.pcap)" -gt "$1" ]; }
TRAFFIC_amule() {
	public_addresses
	ed2kd c $KAD_C4 $T
	amule_pair --node NODE --server $KAD_C4:$T
	eventually 60 amule_is b 'Kad: Connected'
	eventually 60 amule_is b 'eD2k: Connected'
	eventually 120 shares a file
	amule_do b "search local file" >/dev/null
	amule_do b "add $(amule_link "$WORK/amule-a/Incoming/file" $KAD_A4:$P)" >/dev/null
	eventually 120 captured "${CAPTURED:-60000}"
}
TRAFFIC_amule_one_sided() { TRAFFIC_amule; }
TRAFFIC_amule_midstream() { CAPTURED=200000 TRAFFIC_amule; }

# -- Gnutella: P is the server's port, Q the leaf's
TRAFFIC_gnutella() {
	gnutella_serve a $A4:$P "$WORK/seed/file"
	gnutella_fetch b $A4:$P "$WORK/leech/file" --listen $B4:$Q
	eventually 60 arrived file
}
TRAFFIC_gnutella_push() {
	gnutella_serve a $A4:$P "$WORK/seed/file"
	gnutella_fetch b $A4:$P "$WORK/leech/file" --listen $B4:$Q --push
	eventually 60 arrived file
}

# -- and what must never have a name
TRAFFIC_curl_http() {
	web a $A4:$P
	fetch b "http://$A4:$P/file" file
	fetch b "http://$A4:$P/file" file --http1.0
	b curl -s "http://$A4:$P/none" || true
	b curl -s -X POST --data-binary "@$WORK/file.torrent" "http://$A4:$P/cgi-bin/none" || true
	# a torrent by the web is the web
	cp "$WORK/file.torrent" "$WORK/seed/"
	fetch b "http://$A4:$P/file.torrent" file.torrent
}
tls_server() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab \
		-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
	bg a sh -c "cd '$WORK/seed' && exec openssl s_server -quiet -cert ../cert.pem -key ../key.pem $*"
	eventually 30 listening a $P
}
TRAFFIC_openssl_tls() {
	tls_server -accept $P -WWW
	fetch b "https://$A4:$P/file" file -k --tls-max 1.2
	fetch b "https://$A4:$P/file" file -k
}
TRAFFIC_openssl_dtls() {
	tls_server -accept $P -dtls -listen
	(sleep 1; for _ in 1 2 3 4; do echo 'a line of text'; sleep 0.2; done) |
		b timeout 10 openssl s_client -dtls -quiet -connect $A4:$P >/dev/null 2>&1 || true
}
TRAFFIC_dns() {
	bg a dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=$P --bind-interfaces --user=root \
		--listen-address=$A4 --address=/example.test/192.0.2.1 --txt-record=t.test,d1:ad2:id20 --pid-file
	eventually 10 listening a $P
	b /usr/bin/python3 - $A4 $P <<-'END'
		import socket, struct, sys
		def name(text):
		    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"
		where = (sys.argv[1], int(sys.argv[2]))
		for n, (text, kind) in enumerate((("www.example.test", 1), ("www.example.test", 28), ("t.test", 16),
		                                  ("none.test", 1))):
		    query = struct.pack(">6H", 0x1234 + n, 0x100, 1, 0, 0, 0) + name(text) + struct.pack(">2H", kind, 1)
		    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
		        s.settimeout(2)
		        s.sendto(query, where)
		        s.recv(4096)
		    with socket.create_connection(where) as s:
		        s.sendall(struct.pack(">H", len(query)) + query)
		        s.recv(4096)
	END
}
TRAFFIC_iperf3() {
	bg a iperf3 -s -p $P
	eventually 10 listening a $P
	b iperf3 -c $A4 -p $P -t 1 >/dev/null
	b iperf3 -c $A4 -p $P -t 1 -R >/dev/null
	b iperf3 -c $A4 -p $P -u -b 5M -l 1200 -t 1 >/dev/null
}
TRAFFIC_tftp() {
	mkdir -p "$WORK/tftp"
	head -c 20000 "$WORK/seed/file" >"$WORK/tftp/file"
	bg a dnsmasq --keep-in-foreground --no-resolv --port=0 --bind-interfaces --user=root \
		--listen-address=$A4 --enable-tftp --tftp-root="$WORK/tftp" --pid-file
	eventually 10 listening a 69
	b busybox tftp -g -r file -l "$WORK/got" $A4
	b busybox tftp -b 1400 -g -r file -l "$WORK/got" $A4
	cmp "$WORK/tftp/file" "$WORK/got"
}


bridge_up
third_host
offloads off
content file 1
mkdir -p /out
cp "$WORK/seed/file" "$WORK/file.torrent" /out/
whole() {
	local name=$1 dump
	DRAWN=' '
	ports P Q R S T
	tcpdump --immediate-mode -B 65536 -U -i pa -w "$LOGS/recorded-$name.pcap" ip or ip6 2>/dev/null &
	dump=$!
	eventually 5 test -s "$LOGS/recorded-$name.pcap"
	"TRAFFIC_$2" || echo "failed $name"
	sleep 2
	kill -INT $dump
	wait $dump || true
	stop_all
	cp "$LOGS/recorded-$name.pcap" /out/whole-$name.pcap
	ls -l /out
	rm -rf "${WORK:?}/leech"; mkdir "$WORK/leech"
}
whole gnutella gnutella
whole gnutella-push gnutella_push
whole libtorrent-tcp libtorrent_tcp
whole libtorrent-magnet libtorrent_magnet
whole transmission-dht transmission_dht_lsd
whole aria2 aria2_dht_lsd
CAPTURED=340000 whole amule amule
