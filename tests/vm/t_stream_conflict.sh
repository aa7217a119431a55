# SPDX-License-Identifier: GPL-2.0-only
# A segment that says something else than what had passed: by the policy it is dropped,
# its receiver reads the first copy and the flow goes on; or the flow is ended, and both
# ends are told. The policy's word survives a rollback (a trial: t_policy_trial.sh).
. "$(dirname "$0")/lib.sh"

# policy WHAT: in force from now on
policy() {
	"$CTL" policy load -f - >/dev/null <<-END
		mode = "enforce"
		$1
		[[rule]]
		name = "read"
		audit = true
	END
}
# on_conflict: as the module tells it
on_conflict() { "$CTL" policy show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["on_conflict"])'; }
# differ PORT: a connection from there whose sender says two things of the same bytes; how it
# ends, what its receiver's application reads, whether its sender sees a reset, which verdicts
# are told
differ() {
	PORT=$1 py <<-'PY'
		import evade, nl
		from lab import *
		port, good, bad = int(os.environ["PORT"]), evade.good, evade.bad
		listener = nl.Genl()
		listener.listen()
		with inside("b"):
		    server = socket.create_server(("10.77.0.2", port))
		a, b = Port("a"), Port("b")
		c = evade.Attack(port, "10.77.0.2", port, a, b.mac)
		c.open()
		conn = server.accept()[0]
		conn.settimeout(20)
		c.send(28, good[28:])
		a.drain()
		c.send(28, bad[28:])
		c.send(0, good[:28])
		read = end = b""
		try:
		    while len(read) < len(good):
		        got = conn.recv(4096)
		        check("closed", got)
		        read += got
		    c.send(len(good), b"and on")
		    read += conn.recv(4096)
		    end = "goes on"
		except ConnectionResetError:
		    end = "reset"
		resets = 0
		while select.select([a.sock], [], [], 0)[0]:
		    frame = a.sock.recv(1 << 16)
		    resets += frame[12:14] == b"\x08\x00" and frame[23] == TCP and bool(frame[47] & RST)
		told = [e["flow"] for e in listener.events(.5) if e["type"] == nl.K["EVENT_VERDICT"]]
		told = [(f["verdict"], bool(f["flags"] & nl.K["FLOW_DIFFERED"])) for f in told]
		print(end, "read", ["nothing", "the good ones"][read == good + b"and on"] if read else "nothing",
		      "resets", bool(resets), "told", told)
	PY
}

bridge_up
offloads off
load
b ip neigh add 10.77.0.9 lladdr "$(ip netns exec a cat /sys/class/net/eth0/address)" dev eth0

policy ""
is "by itself" "$(on_conflict)" drop
is "dropped" "$(differ 7001)" "goes on read the good ones resets False told []"
is "counted" "$(counter stream_conflicts) $(counter streams_ended) $(counter flows_reset)" "1 0 0"

policy '[gateway]
on_conflict = "end"'
is "told back" "$(on_conflict)" end
is "ended" "$(differ 7002)" "reset read nothing resets True told [(2, True)]"
is "counted" "$(counter stream_conflicts) $(counter streams_ended) $(counter flows_reset)" "2 1 1"
is "blocked" "$(counter stream_blocked)" 0
flow "ended" sport=7002
is "ended" "${FLOW[verdict]} ${FLOW[flags]}" "reset settled,closed,differed"
[[ $("$CTL" policy show --rules) == *"conflicts end flows"* ]] || fail "policy show does not say it"
"$CTL" policy rollback >/dev/null
is "rolled back" "$(on_conflict)" drop
"$CTL" policy rollback >/dev/null
is "and back" "$(on_conflict)" end
