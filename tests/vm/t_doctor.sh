# SPDX-License-Identifier: GPL-2.0-only
# doctor on a real box: each condition that can be made here is made, told, and
# no longer told when it is undone. What needs hardware (LRO, tc and switch chips
# that forward by themselves) is with tests/cli/doctor_test.cpp.
. "$(dirname "$0")/lib.sh"

# told CHECK OBJECT: level and message of its finding
told() {
	{ "$CTL" doctor --json || true; } | python3 -c '
import json, sys
for f in json.load(sys.stdin)["findings"]:
    if f["check"] == sys.argv[1] and f["object"] == sys.argv[2]:
        print(f["level"], f["message"], "ADVICE" if f["advice"] else "", sep="|")' "$1" "$2"
}
# says WHAT CHECK OBJECT LEVEL WORDS: it does; what is not well has advice
says() {
	local got
	got=$(told "$2" "$3")
	[[ $got = "$4|"*"$5"* ]] || fail "$1: $2 $3: '$got', want $4 ... $5"
	[ "$4" = ok ] || [[ $got = *"|ADVICE" ]] || fail "$1: no advice: $got"
}
# leaves STATUS: how doctor ends
leaves() {
	local rc=0
	"$CTL" doctor >/dev/null || rc=$?
	is "$1: exit status" $rc "$2"
}

says "no module" module "" bad "not loaded"
says "no bridge" bridge "" warn "there is none"
leaves "no module" 1
ip link add br0 type bridge forward_delay 0 mcast_snooping 0
says "down" bridge br0 warn "is down"
ip link set br0 up
says "no ports" bridge br0 warn "no ports"
host a pa $A4 $A6
says "one port" bridge br0 warn "one port only: pa"
host b pb $B4 $B6
says "two ports" bridge br0 ok "pa, pb"
load max_flows=1024
says "loaded" module "" ok "loaded, version"
says "enabled" gateway "" ok ""
says "room" table "" ok ""
eventually 5 a ping -c1 -W1 $B4
"$CTL" disable >/dev/null
says "no gateway" gateway "" bad ""
leaves "no gateway" 1
"$CTL" enable >/dev/null
says "gateway again" gateway "" ok ""

ip -n b link set eth0 down
says "link down" state pb warn "disabled"
ip -n b link set eth0 up
eventually 5 grep -qx 3 /sys/class/net/pb/brport/state
says "link up" state pb ok "forwarding"
bridge link set dev pa hairpin on
says "hairpin" hairpin pa warn "leave by the port"
bridge link set dev pa hairpin off
says "no hairpin" hairpin pa ok "off"
says "plain" vlan br0 ok "filtering off"
ip link set br0 type bridge vlan_filtering 1 stp_state 1
says "VLANs" vlan br0 ok "filtering on, default PVID 1"
says "STP" stp br0 ok "exempt"
ip link set br0 type bridge vlan_filtering 0 stp_state 0

says "no br_netfilter" br_netfilter "" ok "not loaded"
modprobe br_netfilter
sysctl -qw net.bridge.bridge-nf-call-iptables=1
says "br_netfilter" br_netfilter "" warn "bridge-nf-call-iptables"
sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0
says "br_netfilter, idle" br_netfilter "" ok ""

tc qdisc add dev pa clsact
says "no filter" tc pa ok "nothing"
tc filter add dev pa ingress matchall action mirred egress redirect dev pb
says "redirected" tc pa bad "redirects packets around the bridge"
tc qdisc del dev pa clsact
says "no filter" tc pa ok "nothing"

nft 'add table inet t; add flowtable inet t f { hook ingress priority 0; devices = { pa }; }'
says "flowtable" flowtable "t f" warn "pa"
nft delete table inet t
says "no flowtable" flowtable "" ok "none"

# an XDP program of two instructions that lets everything pass, as long as FD is open
coproc python3 -c '
import ctypes, os, struct, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(attr, 128)
    fd = libc.syscall(321, cmd, buf, 128)
    if fd < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return fd
code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 2, 0x95, 0, 0, 0))
gpl = ctypes.create_string_buffer(b"GPL")
prog = bpf(5, struct.pack("<IIQQ", 6, 2, ctypes.addressof(code), ctypes.addressof(gpl)))
link = bpf(28, struct.pack("<IIII", prog, socket.if_nametoindex("pa"), 37, 2))
print("attached", flush=True)
sys.stdin.read()'
read -r line <&"${COPROC[0]}"
is "an XDP program" "$line" attached
says "XDP" xdp pa warn "meets packets before the bridge"
exec {COPROC[1]}>&-
wait "$COPROC_PID"
says "no XDP" xdp pa ok "no program"

# a table that was too small
silent
py <<'PY'
from lab import *
a, b = Port("a"), Port("b")
learn(a, b)
parameter("timeout_udp", 600)
for turn in range(6):
    offer(a, [a.to(b, ip4(f"10.{turn}.{i >> 8}.{i & 255}", "10.9.0.2", UDP,
                          udp(f"10.{turn}.{i >> 8}.{i & 255}", "10.9.0.2", 9, 9, b"x"))) for i in range(1000)], b)
PY
says "too small" table "" warn ""
"$CTL" doctor | grep -q '^ *warn.*table' || fail "doctor without --json does not tell of the table"
parameters=/sys/module/kp2padm/parameters
echo 30 >$parameters/timeout_udp
