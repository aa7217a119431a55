# SPDX-License-Identifier: GPL-2.0-only
# Transfers that are older than the gateway: it is loaded while they run, with
# and without offloads, and names them from their middle.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

# has BYTES: the transfer with the log $log is so far
has() { awk -v want="$1" '/^progress/ && $2 >= want { f = 1 } END { exit !f }' "$log"; }

# midstream WHAT VARIANT PACKET [peer.py's options]
midstream() {
	local what=$1 variant=$2 packet=$3 log
	shift 3
	ports SEED LEECH
	rm -rf "$WORK/leech"
	peer a seed film $A4:"$SEED" --rate 1000000 "$@"
	eventually 60 listening a "$SEED"
	peer b leech film $B4:"$LEECH" --peer $A4:"$SEED" "$@"
	log=$LOG
	eventually 60 has 500000
	load timeout_tcp_closed=300
	eventually 30 any_flow port="$SEED" app=bittorrent
	eventually 60 arrived film
	named "$what" "$variant" "$packet" port="$SEED" flags~midstream
	say "$what: named at packet ${FLOW[decided_packet]}"
	stop_all
	unload
}

bridge_up
content film 6
offloads off
midstream "TCP" tcp 64
offloads on
midstream "TCP with offloads" tcp 2000
