# SPDX-License-Identifier: GPL-2.0-only
# For the tests that run in the lab machine: two hosts, a bridge box between.
#
#   a (eth0 10.77.0.1, fd77::1) -- pa [br0] pb -- b (eth0 10.77.0.2, fd77::2)
#
# The bridge is in the machine's own namespace, where the module is loaded, as
# on a real box; the hosts are namespaces. A test is a file t_*.sh that sources
# this and runs to its end; any command that fails ends it (set -e).
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is started again and again lies in the machine's own memory: from the host's files it
# takes three times as long. Python keeps there what it compiled.
TOOLS=/run/kp2padm/tests/vm/tools
if [ ! -d $TOOLS ]; then
	mkdir /run/kp2padm
	(cd "$TOP" && cp --parents -t /run/kp2padm tests/vm/{flows.py,tools/*.py} include/uapi/linux/kp2padm.h)
	cp -L "$TOP/build/p2padm-ctl" /run/kp2padm
fi
CTL=/run/kp2padm/p2padm-ctl
export PYTHONPATH=$TOOLS
case $(uname -r) in
*deb12-*) KERNEL=next ;;
*-amd64) KERNEL=stock ;;
*) KERNEL=debug ;;
esac
KO=${KP2PADM_KO:-$TOP/build/kmod-$KERNEL/kp2padm.ko}
A4=10.77.0.1 B4=10.77.0.2 A6=fd77::1 B6=fd77::2

say() { echo "# $*"; }
fail() { echo "FAIL: $*" >&2; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# is WHAT GOT WANT: equal, or the test fails
is() { [ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"; }
# holds WHAT EXPR: an arithmetic or awk-free [[ ]] expression holds
holds() { (($2)) || fail "$1: not $2"; }
# refused CMD...: it must fail
refused() { if "$@"; then fail "succeeded, though it must not: $*"; fi; }
# eventually SECONDS CMD...: until it succeeds; to ask starts programs, too
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not within the time: $*"
		sleep 0.5
	done
}

a() { ip netns exec a "$@"; }
b() { ip netns exec b "$@"; }

# host NS PORT V4 V6 [MAC-suffix]: a namespace with eth0, its other end PORT on br0
host() {
	ip netns add "$1"
	mkdir -p "/etc/netns/$1"
	echo 'nameserver 127.0.0.1' >"/etc/netns/$1/resolv.conf"
	ip link add "$2" type veth peer name eth0 netns "$1"
	ip -n "$1" -batch - <<-END
	link set lo up
	addr add $3/24 dev eth0
	addr add $4/64 dev eth0 nodad
	link set eth0 up
	route add default dev eth0
	END
	ip link set "$2" master br0 up
}

# bridge_up [bridge options]: the bridge and both hosts
bridge_up() {
	ip link add br0 type bridge forward_delay 0 mcast_snooping 0 "$@"
	ip link set br0 up
	host a pa $A4 $A6
	host b pb $B4 $B6
	eventually 5 a ping -c1 -W1 $B4
}

bridge_down() {
	local ns port
	# a namespace's end takes its devices away some time later: not what the next test needs
	for port in /sys/class/net/br0/brif/*; do
		[ ! -e "$port" ] || ip link del "${port##*/}"
	done
	for ns in $(ip netns list | cut -d' ' -f1); do
		# a process that forked away would keep the namespace
		ip netns pids "$ns" | xargs -r kill -9
		ip netns del "$ns"
		rm -rf "/etc/netns/$ns"
	done
	ip link del br0 2>/dev/null || true
	sysctl -qw net.ipv6.conf.all.disable_ipv6=0 # which silent sets
	# it would take the next test's packets through iptables' hooks
	rmmod br_netfilter 2>/dev/null || true
}

# offloads on|off: on both hosts and both ports; off: packets as on a wire
offloads() {
	local ns
	for ns in a b; do ip netns exec $ns ethtool -K eth0 tx "$1" tso "$1" gso "$1" gro "$1" >/dev/null; done
	ethtool -K pa tx "$1" tso "$1" gso "$1" gro "$1" >/dev/null
	ethtool -K pb tx "$1" tso "$1" gso "$1" gro "$1" >/dev/null
}

# silent: from here on no host and no port says anything by itself (no ARP, no
# ND, no MLD), so that what tools/lab.py sends is all that passes
silent() {
	local ns
	for ns in $(ip netns list | cut -d' ' -f1); do
		ip -n "$ns" addr flush dev eth0
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
}
# py [ARG...] <<EOF: a Python program that can import tools/lab.py and tools/nl.py
py() { python3 - "$@"; }

load() { insmod "$KO" "$@"; }
unload() { rmmod kp2padm; }
# counter NAME: one of the gateway's counters
counter() { awk -v n="$1" '$1 == n { print $2; f = 1 } END { exit !f }' /proc/net/kp2padm/counters; }

# flows CONDITION...: the gateway's flows of which all hold; see flows.py
flows() { "$CTL" flows --json | $TOOLS/../flows.py "$@"; }
# nflows CONDITION...: how many they are
nflows() { flows "$@" | wc -l; }
# any_flow CONDITION...: is there one?
any_flow() { [ "$(flows "$@")" ]; }
# flow WHAT CONDITION...: exactly one, or the test fails; ${FLOW[FIELD]} is what it has
declare -A FLOW=()
flow() {
	local what=$1 found word
	shift
	found=$(flows "$@")
	[[ $found && $found != *$'\n'* ]] || fail "$what: not one flow with $*: '$found'"
	FLOW=()
	for word in $found; do FLOW[${word%%=*}]=${word#*=}; done
}
# The application that named and all_named expect; a test of another one sets it.
APP=bittorrent
# named WHAT VARIANT PACKET CONDITION...: exactly one flow, APP in this wire form by its
# payload, decided at that packet or before
named() {
	local what=$1 variant=$2 packet=$3
	shift 3
	flow "$what" "$@"
	[ "${FLOW[app]}/${FLOW[variant]} by ${FLOW[by]}" = "$APP/$variant by payload" ] ||
		fail "$what: not named $APP/$variant by payload: $(flows "$@")"
	holds "$what: decided at packet ${FLOW[decided_packet]}" "${FLOW[decided_packet]} <= packet"
}
# all_named WHAT VARIANT PACKET CONDITION...: the same of several flows; at least one. A
# connection that was refused, or in which nobody has said a word yet, cannot be named.
all_named() {
	local what=$1 variant=$2 packet=$3
	shift 3
	set -- "$@" refused=no mute=no
	holds "$what: flows" "$(nflows "$@") > 0"
	is "$what: other applications" "$(flows "$@" app!="$APP")" ""
	is "$what: other wire forms" "$(flows "$@" variant!="$variant")" ""
	is "$what: otherwise" "$(flows "$@" by!=payload)" ""
	is "$what: late" "$(flows "$@" decided_packet\>=$((packet + 1)))" ""
}

PIDS=()
# bg NS CMD...: run CMD in a namespace in the background; its output in $LOG
LOGS=$(mktemp -d)
bg() {
	local ns=$1
	shift
	LOG=$LOGS/$ns-$(basename "$1")-${#PIDS[@]}.log
	ip netns exec "$ns" "$@" >"$LOG" 2>&1 </dev/null &
	PIDS+=($!)
}
# storm NS [DEV]: packets of every kind begin to come from there, until stop_all
storm() {
	python3 $TOOLS/storm.py "$@" >"$LOGS/storm-$1.log" 2>&1 &
	PIDS+=($!)
	# its packets are made first, which takes a while on the debug kernel
	eventually 120 grep -q begun "$LOGS/storm-$1.log"
}
some_flows() { [ "$(counter flows_named)" -gt 20 ]; }
some_drops() { [ "$(counter dropped)" -gt 20 ]; }
# stop_all: end what bg started
stop_all() {
	local p
	for p in ${PIDS[@]+"${PIDS[@]}"}; do kill "$p" 2>/dev/null || true; done
	for p in ${PIDS[@]+"${PIDS[@]}"}; do
		for _ in $(seq 20); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
		kill -9 "$p" 2>/dev/null || true
		wait "$p" 2>/dev/null || true
	done
	PIDS=()
}

cleanup() {
	local rc=$?
	set +e
	if [ $rc -ne 0 ] && [ $rc -ne 77 ] && [ -d /sys/module/kp2padm ]; then
		"$CTL" flows | head -n 30
		awk '$2' /proc/net/kp2padm/counters # what counts nothing tells nothing
	fi
	stop_all
	bridge_down
	if [ -d /sys/module/kp2padm ]; then rmmod kp2padm || rc=1; fi
	if [ $rc -ne 0 ] && [ $rc -ne 77 ]; then tail -n 15 "$LOGS"/*.log 2>/dev/null; fi
	rm -rf "$LOGS"
	exit $rc
}
trap cleanup EXIT
