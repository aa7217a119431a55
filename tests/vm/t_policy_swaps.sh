# SPDX-License-Identifier: GPL-2.0-only
# Two policies take each other's place under traffic, again and again, and no
# packet sees half of one: what one of them drops, the other passes, with a mark
# of its own that another rule sets. KP2PADM_SWAPS: how often (400).
. "$(dirname "$0")/lib.sh"

bridge_up
offloads off
load
silent
# without named counters, which the debug kernel has not
nft -f - <<-NFT
	table bridge behind {
		chain post {
			type filter hook postrouting priority 0
			ip saddr 10.9.0.1 meta mark 0xb counter return comment "first"
			ip saddr 10.9.0.2 meta mark 0xa counter return comment "second"
			ip saddr 10.9.0.0/24 counter comment "half"
		}
	}
NFT
# seen COMMENT: packets that the rule met
seen() {
	nft list chain bridge behind post | awk -v w="\"$1\"" 'index($0, w) {
		for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }'
}

SWAPS=${KP2PADM_SWAPS:-400} py <<'PY'
from lab import *
import threading
import nl

SWAPS = int(os.environ["SWAPS"])
a, b = Port("a"), Port("b")
learn(a, b)
# so many that there is a while in which half of them are there
FILLING = [{"name": f"{n}", "app": ["gnutella"], "host": [f"10.{n >> 8}.{n & 255}.0/24"], "verdict": "drop"}
           for n in range(1000, 1200)]


def policy(drops, passes, mark):
    return [{"name": "drops", "host": [drops], "verdict": "drop"}, *FILLING,
            {"name": "passes", "host": [passes], "verdict": "pass"}, {"name": "marks", "mark": mark}]


A = policy("10.9.0.1/32", "10.9.0.2/32", 0xa)
B = policy("10.9.0.2/32", "10.9.0.1/32", 0xb)
frames = [a.to(b, ip4(src, "10.8.0.1", UDP, udp(src, "10.8.0.1", sport, 9000, b"hello")))
          for sport in range(4000, 4040) for src in ("10.9.0.1", "10.9.0.2")]
done = False
sent = 0


def traffic():
    global sent
    os.sched_setaffinity(0, range(os.cpu_count()))
    while not done:
        for frame in frames:
            a.send(frame)
        sent += len(frames)
        b.drain()
        time.sleep(0.001)  # leave the policies a turn


gw = nl.Genl()
swap = [nl.requests("enforce", rules) for rules in (A, B)]
gw.put(swap[0])
sender = threading.Thread(target=traffic, daemon=True)
sender.start()
for n in range(SWAPS):
    gw.put(swap[(n + 1) % 2])
done = True
sender.join(20)
check("the sender ended", not sender.is_alive())
check(f"packets between them: {sent}", sent > SWAPS)
print(f"# {SWAPS} policies of {len(A)} rules, {sent} packets")
PY
is "packets that saw half a policy" "$(seen half)" 0
for policy in first second; do holds "packets that passed by the $policy" "$(seen $policy) > 20"; done
eventually 5 some_drops
