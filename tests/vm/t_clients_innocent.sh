# SPDX-License-Identifier: GPL-2.0-only
# What is no P2P passes without a name, also where all that has one is dropped: HTTP
# (a .torrent file too), TLS, DTLS, DNS, TFTP, iperf3 by TCP and UDP.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
load timeout_tcp_closed=300 timeout_udp=300
"$CTL" policy set bittorrent=drop edonkey=drop gnutella=drop >/dev/null
content file 2
cp "$WORK/file.torrent" "$WORK/seed/"
ports HTTP HTTP6 TLS DTLS DNS IPERF

web a $A4:"$HTTP"
web a "[$A6]:$HTTP6"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
for server in "-accept $TLS -WWW" "-accept $DTLS -dtls -listen"; do
	bg a sh -c "cd '$WORK/seed' && exec openssl s_server -quiet -cert ../cert.pem -key ../key.pem $server"
done
bg a dnsmasq --keep-in-foreground --no-resolv --no-hosts --port="$DNS" --bind-interfaces --user=root \
	--listen-address=$A4 --address=/example.test/192.0.2.1 --address=/example.test/2001:db8::1 \
	--enable-tftp --tftp-root="$WORK/seed" --pid-file
bg a iperf3 -s -p "$IPERF"
for port in "$TLS" "$DTLS" "$DNS" "$IPERF"; do eventually 60 listening a "$port"; done

fetch b "http://$A4:$HTTP/file" file
fetch b "http://[$A6]:$HTTP6/file" file
fetch b "http://$A4:$HTTP/file.torrent" file.torrent
fetch b "https://$A4:$TLS/file" file -k
(sleep 2; echo 'a line of text'; sleep 1) |
	b timeout 20 openssl s_client -dtls -quiet -connect $A4:"$DTLS" >/dev/null 2>&1 || true
b busybox nslookup -port="$DNS" www.example.test $A4 >/dev/null
b busybox tftp -g -r file.torrent -l "$WORK/got" $A4
cmp "$WORK/file.torrent" "$WORK/got"
b iperf3 -c $A4 -p "$IPERF" -t 1 >/dev/null
b iperf3 -c $A4 -p "$IPERF" -u -b 5M -t 1 >/dev/null

is "named flows" "$(flows app!=unknown)" ""
is "packets lost" "$(counter dropped)" 0
# questions of one or two datagrams end before a refusal over UDP is final
for port in "$DNS" 69; do
	holds "flows of port $port" "$(nflows port="$port") > 0"
done
for port in "$HTTP" "$HTTP6" "$TLS" "$DTLS" "$IPERF"; do
	holds "flows of port $port" "$(nflows port="$port" flags~settled) > 0"
done
