# SPDX-License-Identifier: GPL-2.0-only
# A helper of another tree, built with another KP2PADM_ABI: it is refused, says so, and
# goes on asking; the module keeps its policy, doctor tells of it, and the right helper
# is attached all the same.
. "$(dirname "$0")/lib.sh"

HELPER=$TOP/build/p2padm-helper
OTHER=$TOP/build/p2padm-helper-other-abi
[ -x "$HELPER" ] && [ -x "$OTHER" ] || fail "no $HELPER, or no $OTHER: make lab-tools"
id kp2padm >/dev/null 2>&1 || useradd --system --no-create-home kp2padm
bridge_up
load timeout_udp=600
silent
export HELPER OTHER CTL
py "$LOGS" <<'PY'
import atexit
import json
import signal
import subprocess

from lab import *
import nl

LOGS = sys.argv[1]
HELPER, OTHER, CTL = (os.environ[x] for x in ("HELPER", "OTHER", "CTL"))
NONE, ALIVE, LOST = (nl.K["HELPER_" + x] for x in ("NONE", "ALIVE", "LOST"))
SRC, DST = "10.9.0.1", "10.9.0.2"
os.chmod(LOGS, 0o755)
a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()


def write(name, text):
    with open(f"{LOGS}/{name}", "w") as f:
        f.write(text)
    os.chmod(f"{LOGS}/{name}", 0o644)


def start(program, name):
    """each with files of its own; both with the same policy's file"""
    os.mkdir(f"{LOGS}/{name}")
    os.chmod(f"{LOGS}/{name}", 0o777)
    with open(f"{LOGS}/{name}.log", "a") as out:
        process = subprocess.Popen([program, "--policy", f"{LOGS}/{name}.toml", "--eve", f"{LOGS}/{name}/eve.json",
                                    "--state", f"{LOGS}/{name}/state"], stdout=out, stderr=out)
    atexit.register(process.kill)
    return process


def log(name):
    with open(f"{LOGS}/{name}.log") as f:
        return f.read()


def end(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def swarm(sport):
    """does a handshake arrive?"""
    def packet(flags, seq, data=b""):
        return a.to(b, ip4(SRC, DST, TCP, tcp(SRC, DST, sport, 80, flags, seq, 1, data)))
    return len(offer(a, [packet(SYN, 0), packet(PSH | ACK, 1, HANDSHAKE)], b)) == 2


def doctor():
    found = json.loads(subprocess.run([CTL, "doctor", "-j"], capture_output=True, text=True).stdout)["findings"]
    return {f["check"]: (f["level"], f["message"]) for f in found if f["check"] in ("abi", "helper")}


BLOCK = 'mode = "enforce"\n[gateway]\non_helper_loss = "block"\n[[rule]]\nname = "%s"\n' \
        'match = { app = "bittorrent" }\n%s\n'
write("right.toml", BLOCK % ("scanned", "scan = true"))
write("wrong.toml", BLOCK % ("all pass", 'verdict = "pass"'))

# -- the right one leaves a policy ------------------------------------------------------
right = start(HELPER, "right")
eventually(10, "attached", lambda: gw.status()["helper"] == ALIVE)
eventually(5, "its policy", lambda: [r["name"] for r in gw.rules()] == ["scanned"])
check("what is scanned passes", swarm(1))
expect("well", {k: v[0] for k, v in doctor().items()}, {"abi": "ok", "helper": "ok"})
expect("its end", (end(right), gw.status()["helper"]), (0, NONE))
before = gw.policy_head()

# -- the other is refused, with a reason -------------------------------------------------
wrong = start(OTHER, "wrong")
eventually(10, "it says so", lambda: "not attached" in log("wrong"))
check(f"why: {log('wrong')}", "KP2PADM_ABI differs" in log("wrong"))
expect("what is in force", gw.policy_head(), before)
expect("is obeyed", swarm(2), False)
expect("told", (gw.status()["helper"], gw.status()["refused"]), (NONE, 999))
expect("doctor", doctor()["abi"], ("bad", "a helper whose is 999 asked and was refused: the module's is 1"))
check("status", "refused (ABI 999)" in subprocess.run([CTL, "status"], capture_output=True, text=True).stdout)

# -- the right one comes beside it --------------------------------------------------------
os.rename(f"{LOGS}/right", f"{LOGS}/before")
right = start(HELPER, "right")
eventually(10, "attached", lambda: gw.status()["helper"] == ALIVE)
check("what is scanned passes", swarm(3))
eventually(15, "the other asks again", lambda: gw.status().get("refused") == 999)
expect("nothing comes of it", (gw.status()["helper"], [r["name"] for r in gw.rules()]), (ALIVE, ["scanned"]))
expect("it says it once", log("wrong").count("not attached"), 1)
check("it waits", wrong.poll() is None)
expect("its end", (end(wrong), gw.status()["helper"]), (0, ALIVE))
expect("the end", end(right), 0)
write("last.toml", BLOCK % ("scanned", "scan = true"))
right = start(HELPER, "last")
eventually(10, "attached", lambda: gw.status()["helper"] == ALIVE)
expect("forgotten", ("refused" in gw.status(), doctor()["abi"][0]), (False, "ok"))
expect("the end", end(right), 0)
PY
