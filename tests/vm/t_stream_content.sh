# SPDX-License-Identifier: GPL-2.0-only
# Content rules and real clients: a torrent that is forbidden by its info hash does not
# come, another does; a Gnutella file does not by its hash; a rule about words that only
# observes counts searches and lets them pass. What each rule did, or would have, is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

# counted NAME FIELD: what the content rule has counted
counted() { "$CTL" policy show --json | python3 -c 'import json, sys
print(next(r for r in json.load(sys.stdin)["content"] if r["name"] == sys.argv[1])[sys.argv[2]])' "$@"; }
# sha1_of FILE: in hexadecimal digits
sha1_of() { sha1sum "$WORK/seed/$1" | cut -d' ' -f1; }

# told RULE did|would VERDICT MET [ID]: is there such an event? What a rule did is told once
# of its flow, and by no other event; what one would have done changes no verdict.
told() {
	python3 - "$LOGS/events" "$@" <<-'PY'
		import json, sys
		rule, what, verdict, met, *ident = sys.argv[2:]
		want = {"rule": rule, what: verdict, "met": [met]} | ({"id": ident[0]} if ident else {})
		events = [e for e in map(json.loads, open(sys.argv[1])) if e["kp2padm"].get("event") == "verdict"]
		found = [e for e in events if e["kp2padm"].get("content") == want]
		if not found:
		    sys.exit(1)
		for event in found:
		    ends = [e for e in events if e["flow_id"] == event["flow_id"]
		            and "would" not in e["kp2padm"].get("content", {})]
		    if what == "did" and (len(ends) != 1 or event["kp2padm"]["verdict"] != verdict) or \
		            what == "would" and event["kp2padm"]["verdict"] != "pass":
		        sys.exit(f"FAIL: {event}, {ends}")
	PY
}

bridge_up
offloads off
load timeout_tcp_closed=300
ports SEED1 SEED2 L1 L2 GN1 GN2 L3 L4
content good 1
content evil 1
mkdir -p "$WORK/push"
head -c 300000 /dev/urandom >"$WORK/seed/song.mp3"
head -c 300000 /dev/urandom >"$WORK/seed/game.exe"
peer a seed good $A4:"$SEED1"
peer a seed evil $A4:"$SEED2"
gnutella_serve a $A4:"$GN1" "$WORK/seed/song.mp3"
gnutella_serve a $A4:"$GN2" "$WORK/seed/game.exe"

"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "would stop songs"
	mode = "observe"
	match = { keyword = "song" }
	verdict = "drop"
	[[content]]
	name = "that torrent"
	match = { id = "urn:btih:$(hash_of evil)" }
	verdict = "reset"
	[[content]]
	name = "that program"
	match = { id = "urn:sha1:$(sha1_of game.exe)", app = "gnutella" }
	verdict = "drop"
END
"$CTL" events -j >"$LOGS/events" 2>/dev/null &
PIDS+=($!)
peer b leech good $B4:"$L1" --peer $A4:"$SEED1"
peer b leech evil $B4:"$L2" --peer $A4:"$SEED2"
gnutella_fetch b $A4:"$GN1" "$WORK/leech/song.mp3" --listen $B4:"$L3"
gnutella_fetch b $A4:"$GN2" "$WORK/leech/game.exe" --listen $B4:"$L4"
eventually 60 arrived good
eventually 60 arrived song.mp3
say "what is allowed is there after $SECONDS s"
eventually 30 any_flow l4=tcp src=$B4 dport="$SEED2" verdict=reset
! arrived evil || fail "the forbidden torrent came"
! arrived game.exe || fail "the forbidden program came"
holds "that torrent" "$(counted "that torrent" objects) > 0"
holds "that program" "$(counted "that program" objects) > 0"
holds "would stop songs" "$(counted "would stop songs" would_objects) > 0"
holds "blocked" "$(counter stream_blocked) > 1"
is "conflicts" "$(counter stream_conflicts)" 0
eventually 10 told "that torrent" did reset id "urn:btih:$(hash_of evil)"
eventually 10 told "that program" did drop id "urn:sha1:$(sha1_of game.exe)"
eventually 10 told "would stop songs" would drop search

# let go again: the torrent's next connection passes
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "nothing there"
	match = { keyword = "nothing like this" }
	verdict = "drop"
END
eventually 60 arrived evil
say "all is there after $SECONDS s"
