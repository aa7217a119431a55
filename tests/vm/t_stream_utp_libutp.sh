# SPDX-License-Identifier: GPL-2.0-only
# uTP that is read in order, by libutp: transmission to libtorrent, which calls it, and to
# another transmission. Every byte of each is read, once, and nothing is dropped.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
third_host
offloads off
load timeout_udp=300
ports SEEDER LEECHER LEECH TRACKER
content one 1 "http://$C4:$TRACKER/announce"
content other 1

tracker c $C4 "$TRACKER" one
refuse="add table inet t; add chain inet t o { type filter hook output priority 0; };
	add rule inet t o tcp dport { $SEEDER, $LEECHER } reject with tcp reset"
c nft "$refuse"
a nft "$refuse"
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "nothing there"
	match = { id = "urn:btih:$(printf '42%.0s' {1..20})" }
	verdict = "drop"
END
transmission a "$SEEDER" '"utp-enabled": true'
transmission c "$LEECHER" '"utp-enabled": true'
for name in one other; do transmission_seed a $name; done

peer b leech other $B4:"$LEECH" --transport utp --peer $A4:"$SEEDER"
eventually 60 arrived other
say "to libtorrent: arrived after $SECONDS s"
is "its bytes" "$(counter object_bytes)" $((1 << 20))
transmission_leech c one
eventually 90 arrived one
say "to transmission: arrived after $SECONDS s"
named "transmission's" utp 5 l4=udp port="$SEEDER" port="$LEECHER"
is "bytes of both" "$(counter object_bytes)" $((2 << 20))
for name in dropped stream_utp_skipped streams_desynced; do is "$name" "$(counter $name)" 0; done
