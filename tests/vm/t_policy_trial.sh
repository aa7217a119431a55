# SPDX-License-Identifier: GPL-2.0-only
# A policy on trial goes by itself, whoever is there or not; confirmed, it stays.
. "$(dirname "$0")/lib.sh"

bridge_up
load
py <<'PY'
from lab import *
import nl

gw = nl.Genl()
listener = nl.Genl()
listener.listen()
WHY = {v: k[4:].lower() for k, v in nl.K.items() if k.startswith("WHY_")}


def why():
    """what put policies in force since the last time"""
    return [WHY[e["why"]] for e in listener.events(.2) if e["type"] == nl.K["EVENT_POLICY"]]


A, B = bytes([1]) * 32, bytes([2]) * 32
DROP = [{"name": "d", "app": ["bittorrent"], "verdict": "drop"}]
FILES = nl.content_of([(2, "drop", 0)]), ["no archives"]
gw.install("enforce", DROP, ident=A, content=FILES, conflict="reset")
expect("conflicts", gw.policy_head()["conflict"], nl.K["VERDICT_RESET"])
expect("told", why(), ["commit"])
before = gw.policy_head()
told = gw.install("observe", trial=2, ident=B)
expect("none of its content rules", gw.content(), [])
expect("nor what it says of conflicts", told["conflict"], nl.K["VERDICT_DROP"])
expect("on trial", (told["id"], told["trial"] in (1, 2), told["mode"]), (B, True, 0))
eventually(4, "it goes", lambda: gw.policy_head()["id"] == A)
now = gw.policy_head()
expect("what was before is back", {k: v for k, v in now.items() if k != "generation"},
       {k: v for k, v in before.items() if k != "generation"})
expect("its rules", [r["name"] for r in gw.rules()], ["d"])
expect("its content rules", [r["name"] for r in gw.content()], ["no archives"])
check("as another generation", now["generation"] > told["generation"])
expect("told", why(), ["commit", "revert"])

gw.install("observe", trial=2, ident=B)
gw.call(nl.K["CMD_POLICY_CONFIRM"])
time.sleep(3)
expect("confirmed, it stays", (gw.policy_head()["id"], "trial" in gw.policy_head()), (B, False))
expect("told", why(), ["commit", "confirm"])

# a trial within a trial: what comes back is what was there before the first
gw.install("enforce", DROP, ident=A)
gw.install("observe", trial=60, ident=B)
gw.install("observe", trial=2, ident=bytes([3]) * 32)
eventually(4, "both go", lambda: gw.policy_head()["id"] == A)
# a policy that is loaded for good ends the trial
gw.install("observe", trial=2, ident=B)
gw.install("observe", ident=bytes([4]) * 32)
time.sleep(3)
expect("it stays", gw.policy_head()["id"], bytes([4]) * 32)
# whoever installed it may be gone
gw.install("enforce", DROP, ident=A)
pid = os.fork()
if not pid:
    nl.Genl().install("observe", trial=2, ident=B)
    os.kill(os.getpid(), 9)
os.waitpid(pid, 0)
expect("on trial", gw.policy_head()["id"], B)
eventually(4, "it goes", lambda: gw.policy_head()["id"] == A)
# nor does it matter that the clock is set
gw.install("observe", trial=3, ident=B)
time.clock_settime(time.CLOCK_REALTIME, time.time() - 86400)
eventually(5, "it goes", lambda: gw.policy_head()["id"] == A)
time.clock_settime(time.CLOCK_REALTIME, time.time() + 86400)

# a draft goes with its socket, and there are not many of them
drafts = [nl.Genl() for _ in range(9)]
for n, sock in enumerate(drafts):
    try:
        sock.call(nl.K["CMD_POLICY_BEGIN"], nl.begin("enforce", 1000, 1000))
        check("the ninth", n < 8)
    except nl.Refused as e:
        check(f"the ninth: {n} {e}", n == 8 and e.text)
drafts[0].close()
drafts[8].call(nl.K["CMD_POLICY_BEGIN"], nl.begin("enforce", 1))
for sock in drafts[1:]:
    sock.close()
expect("none of them is in force", gw.policy_head()["id"], A)
PY
# a policy on trial ends with the module
py <<<'import nl; nl.Genl().install("enforce", trial=600)'
unload
load
is "after a reload" "$(py <<<'import nl; print(nl.Genl().policy_head()["mode"])')" 0
