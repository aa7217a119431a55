# SPDX-License-Identifier: GPL-2.0-only
# The helper itself, on a real module: what it installs, writes and gives up, and
# that traffic follows on_helper_loss whatever becomes of it.
# KP2PADM_HELPER_ROUNDS: how often something becomes of it (20).
. "$(dirname "$0")/lib.sh"

HELPER=$TOP/build/p2padm-helper
[ -x "$HELPER" ] || fail "no $HELPER: make tools"
id kp2padm >/dev/null 2>&1 || useradd --system --no-create-home kp2padm
bridge_up
load timeout_udp=600 timeout_tcp_closed=1
silent
export HELPER CTL KO
py "$LOGS" <<'PY'
import atexit
import errno
import glob
import json
import pwd
import random
import signal
import subprocess

from lab import *
import nl

LOGS = sys.argv[1]
HELPER, CTL, KO = (os.environ[x] for x in ("HELPER", "CTL", "KO"))
ROUNDS = int(os.environ.get("KP2PADM_HELPER_ROUNDS", 20))
NONE, ALIVE, LOST = (nl.K["HELPER_" + x] for x in ("NONE", "ALIVE", "LOST"))
SRC, DST = "10.9.0.1", "10.9.0.2"
WORK = f"{LOGS}/work"
os.chmod(LOGS, 0o755)
os.mkdir(WORK)
USER = pwd.getpwnam("kp2padm")
os.chown(WORK, USER.pw_uid, USER.pw_gid)
POLICY, EVE, STATE = f"{WORK}/policy.toml", f"{WORK}/eve.json", f"{WORK}/state"
LOG = f"{LOGS}/helper.log"
BLOCK = """mode = "enforce"
[gateway]
on_helper_loss = "%s"
[[rule]]
name = "scanned"
match = { app = "bittorrent" }
scan = true
[[rule]]
name = "stop 99"
match = { app = "bittorrent", host = "10.9.0.99" }
verdict = "drop"
"""
a, b = Port("a"), Port("b")
learn(a, b)


def write(text):
    with open(POLICY, "w") as f:
        f.write(text)


def packet(sport, flags=ACK, data=b"", seq=1, dst=DST):
    return a.to(b, ip4(SRC, dst, TCP, tcp(SRC, dst, sport, 80, flags, seq, 1, data)))


def swarm(sport, dst=DST):
    """a flow named BitTorrent; does its handshake arrive?"""
    return len(offer(a, [packet(sport, SYN, seq=0, dst=dst),
                         packet(sport, PSH | ACK, HANDSHAKE, dst=dst)], b)) == 2


def passes(sport):
    return bool(offer(a, [packet(sport)], b))


def status():
    try:
        return nl.Genl().status()["helper"]
    except (nl.Refused, KeyError):
        return None


def policy_id():
    return nl.Genl().policy_head()["id"].hex()


def text_id(path=POLICY):
    return json.loads(subprocess.run([CTL, "policy", "check", "-j", "-f", path], check=True,
                                     capture_output=True, text=True).stdout)["id"]


def ctl(*words):
    subprocess.run([CTL, *words], check=True, capture_output=True, env=os.environ | {"KP2PADM_STATE": STATE})


def records():
    """every record of the file and of those that were rotated, oldest first; each line whole"""
    names = [f"{EVE}.{n}" for n in range(9, 0, -1)] + [EVE]
    out = []
    for name in filter(os.path.exists, names):
        with open(name) as f:
            text = f.read()
        check(f"{name} ends with a line", not text or text.endswith("\n"))
        out += [json.loads(line) for line in text.splitlines()]
    return out


def listeners():
    """sockets that take part in a group of generic netlink's"""
    with open("/proc/net/netlink") as f:
        rows = [line.split() for line in f][1:]
    return sum(row[1] == str(nl.NETLINK_GENERIC) and int(row[3], 16) != 0 for row in rows)


def of(kind, **ours):
    return [r for r in records() if r["event_type"] == kind and
            all(r["kp2padm"].get(k) == v for k, v in ours.items())]


def lost_for(reason):
    return [r["kp2padm"] for r in of("lost", reason=reason)]


def numbered():
    """how many numbers the gateway has given to events"""
    return sum(counters()[n] for n in ("events", "events_lost", "events_unheard"))


def log():
    with open(LOG) as f:
        return f.read()


class Helper:
    def start(self, *options):
        with open(LOG, "a") as out:
            self.process = subprocess.Popen(
                [HELPER, "--policy", POLICY, "--eve", EVE, "--state", STATE, *options],
                stdout=out, stderr=out)
        atexit.register(self.process.kill)  # it would keep the module
        return self

    def kill(self, number):
        self.process.send_signal(number)

    def end(self, number):
        self.kill(number)
        return self.process.wait(20)

    def proc(self, name, task=""):
        with open(f"/proc/{self.process.pid}/{task and 'task/' + task + '/'}status") as f:
            return next(line.split()[1] for line in f if line.startswith(name + ":"))

    def waits_to_open(self):
        """is it in openat(2)?"""
        with open(f"/proc/{self.process.pid}/syscall") as f:
            return f.read().startswith("257 ")


def comes():
    """it is attached; a program starts slowly on a loaded machine"""
    try:
        eventually(60, "alive", lambda: helper.process.poll() is not None or status() == ALIVE)
    except SystemExit:
        for task in glob.glob(f"/proc/{helper.process.pid}/task/*"):
            with open(task + "/stat") as stat, open(task + "/syscall") as call:
                fields = stat.read().split()
                print(f"{task}: {fields[2]}, {fields[13]}+{fields[14]} ticks, in {call.read()}")
        raise
    expect("it runs", helper.process.poll(), None)


# -- it begins: policy, privileges, file ------------------------------------------------
write(BLOCK % "block")
helper = Helper().start()
comes()
eventually(5, "its policy is in force", lambda: policy_id() == text_id())
expect("capabilities", int(helper.proc("CapEff"), 16) | int(helper.proc("CapPrm"), 16), 1 << 12)
expect("bounds", int(helper.proc("CapBnd"), 16) | int(helper.proc("CapInh"), 16) | int(helper.proc("CapAmb"), 16), 0)
expect("who it is", (helper.proc("Uid"), helper.proc("Gid")), (str(USER.pw_uid), str(USER.pw_gid)))
expect("filter", (helper.proc("Seccomp"), helper.proc("NoNewPrivs")), ("2", "1"))
for task in os.listdir(f"/proc/{helper.process.pid}/task"):
    expect("in each thread", [helper.proc(x, task) for x in ("Seccomp", "NoNewPrivs", "CapEff", "CapPrm")],
           ["2", "1"] + ["0000000000001000"] * 2)
expect("threads", len(os.listdir(f"/proc/{helper.process.pid}/task")), 2)
expect("mode of the file", oct(os.stat(EVE).st_mode & 0o7777), "0o640")
expect("kept", len(os.listdir(f"{STATE}/policies")), 1)
for _ in range(4):
    time.sleep(.6)
    expect("it beats", status(), ALIVE)

# -- what it writes ---------------------------------------------------------------------
check("a swarm passes", swarm(1))
expect("one that is blocked does not", swarm(2, "10.9.0.99"), False)
# (1): kept open, for what follows; (2) and (3) end
check("another", swarm(3))
offer(a, [packet(3, RST, seq=69)], b)
eventually(10, "a verdict is written", lambda: of("policy", event="verdict"))
[verdict] = of("policy", event="verdict")
expect("the verdict", [verdict[k] for k in ("src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto", "in_iface")],
       [SRC, 2, "10.9.0.99", 80, "TCP", "bittorrent", "pa"])
expect("ours", [verdict["kp2padm"][k] for k in ("verdict", "rule", "variant", "category")],
       ["drop", "stop 99", "tcp", "p2p"])
eventually(20, "a flow's end is written", lambda: [r for r in of("flow") if r["src_port"] == 3])
[end] = [r for r in of("flow") if r["src_port"] == 3]
expect("its counts", [end["flow"][k] for k in ("pkts_toserver", "pkts_toclient", "bytes_toserver", "state")],
       [3, 0, 3 * 40 + len(HANDSHAKE), "closed"])
check(f"its name {end['community_id']}", end["community_id"].startswith("1:") and len(end["community_id"]) == 30)
expect("why it ended", end["kp2padm"]["end"], "closed")
check("its times", end["flow"]["start"] <= end["flow"]["end"] <= end["timestamp"])
check("its id", end["flow_id"] < 1 << 53)
expect("policies", [r["kp2padm"]["id"] for r in of("policy", event="policy")], [text_id()])
expect("itself", [r["kp2padm"]["helper"] for r in of("policy", event="helper")], ["alive"])

# -- a policy that is none, one that is ---------------------------------------------------
before = policy_id()
write(BLOCK % "block" + "\nverdict = \"dorp\"\n[[rule]\n")
helper.kill(signal.SIGHUP)
eventually(5, "it is refused with its place", lambda: f"{POLICY}:13:" in log())
expect("the other one stays", (policy_id(), status()), (before, ALIVE))
write(BLOCK % "block" + "# another\n")
os.rename(EVE, EVE + ".9")  # as logrotate does
helper.kill(signal.SIGHUP)
eventually(5, "the new one", lambda: policy_id() == text_id() != before)
eventually(5, "the file is opened again", lambda: of("policy", event="policy", id=policy_id()))
check("the new file has it", os.path.getsize(EVE) > 0)

# -- a disk that does not answer: it waits, and beats meanwhile, but not for ever ---------------
os.unlink(POLICY)
os.mkfifo(POLICY)
os.chmod(POLICY, 0o644)
helper.kill(signal.SIGHUP)
eventually(5, "it waits for its policy's file", helper.waits_to_open)
began, seen = time.monotonic(), records()[-1]["kp2padm"]["seq"]
swarm(10, "10.9.0.99")
while time.monotonic() < began + 8:
    expect("it beats", status(), ALIVE)
    time.sleep(.5)
expect("nothing is written", records()[-1]["kp2padm"]["seq"], seen)
eventually(8, "one that hangs is lost", lambda: status() == LOST)
check("not before its time", time.monotonic() > began + 9)
check("it waits still", helper.waits_to_open())
write(BLOCK % "block" + "# from a slow disk\n")
eventually(5, "back", lambda: status() == ALIVE)
os.unlink(POLICY)
write(BLOCK % "block" + "# from a slow disk\n")
eventually(5, "the policy that it waited for", lambda: policy_id() == text_id())
eventually(5, "what it heard meanwhile", lambda: [r for r in of("policy", event="verdict") if r["src_port"] == 10])
expect("nothing is lost", of("lost"), [])

# -- killed; back -------------------------------------------------------------------------
check("while it lives they pass", passes(1))
helper.end(signal.SIGKILL)
eventually(2, "its death is noticed", lambda: status() == LOST)
expect("then they do not", passes(1), False)
for n in range(7):
    swarm(20 + n, "10.9.0.99")
seen = records()[-1]["kp2padm"]
helper.start()
comes()
check("they pass", passes(1))

# -- what happened while it was away is told as lost: its loss and seven verdicts, at least ----
eventually(5, "what it missed", lambda: lost_for("away") and lost_for("away")[-1]["after"] == seen["seq"])
told = lost_for("away")[-1]
check(f"how many: {told}", told["events"] == told["before"] - told["after"] - 1 >= 8)
expect("of this gateway", (told["gateway"], seen["gateway"]), (f"{nl.Genl().status()['gateway']:016x}",) * 2)

# -- a module that was loaded anew meanwhile, and has told more than the one before ----------
helper.end(signal.SIGKILL)
eventually(2, "its death is noticed", lambda: status() == LOST)
seen = records()[-1]["kp2padm"]
subprocess.run(["rmmod", "kp2padm"], check=True)
subprocess.run(["insmod", KO, "timeout_udp=600", "timeout_tcp_closed=1"], check=True)
nl.Genl().install("enforce", [{"name": "stop", "app": ["bittorrent"], "verdict": "drop"}])
while numbered() < seen["seq"] + 10:
    swarm(4000 + numbered(), "10.9.0.98")
missed = numbered()
helper.start()
comes()
eventually(5, "the other gateway", lambda: lost_for("gateway"))
expect("its end", [[x[k] for k in ("gateway", "events", "after", "before")] for x in lost_for("gateway")],
       [[seen["gateway"], None, seen["seq"], None]])
eventually(5, "what the new one told nobody", lambda: lost_for("away")[-1]["after"] == 0)
told = lost_for("away")[-1]
check(f"how many: {told}", told["events"] == told["before"] - 1 >= missed)
check("not the one before", told["gateway"] != seen["gateway"])
eventually(5, "and the policy", lambda: policy_id() == text_id())
check("a swarm passes", swarm(1))

# -- sent away; the module goes and comes ---------------------------------------------------
out = subprocess.run([CTL, "unload", "-j"], capture_output=True, text=True)
expect(f"unload: {out.stderr}", (out.returncode, json.loads(out.stdout)["helper_detached"]), (0, True))
check("it is gone", not os.path.exists("/sys/module/kp2padm"))
time.sleep(1)
check("the helper waits", helper.process.poll() is None)
subprocess.run(["insmod", KO, "timeout_udp=600", "timeout_tcp_closed=1"], check=True)
eventually(5, "it is back", lambda: status() == ALIVE)
eventually(5, "and the policy", lambda: policy_id() == text_id())
subprocess.run(["rmmod", "kp2padm"], stderr=subprocess.DEVNULL)
check("a bare rmmod is refused", os.path.exists("/sys/module/kp2padm"))
nl.Genl().call(nl.K["CMD_HELPER_DETACH"])
time.sleep(2)
expect("sent away it stays away", status(), NONE)
helper.kill(signal.SIGHUP)
eventually(5, "until it is told", lambda: status() == ALIVE)

# -- trials ---------------------------------------------------------------------------------
write(BLOCK % "pass" + "# third\n")
settled = policy_id()
for fate, trial in (None, "3s"), (signal.SIGKILL, "12s"):
    ctl("policy", "load", "-f", POLICY, "--confirm", trial)
    expect("on trial", policy_id(), text_id())
    if fate:
        helper.end(fate)
        helper.start()  # what its file says is on trial, and stays so
        comes()
        check("the trial goes on", nl.Genl().policy_head().get("trial"))
    eventually(15, "it is taken back", lambda: policy_id() == settled)
    helper.kill(signal.SIGHUP)  # a rotation of logs
    time.sleep(1)
    expect("and stays away", (policy_id(), status()), (settled, ALIVE))
check("it says why", "was not confirmed" in log())

# -- what an administrator loaded stays ------------------------------------------------------
with open(f"{LOGS}/other.toml", "w") as f:
    f.write(BLOCK % "block" + "# other\n")
ctl("policy", "load", "-f", f"{LOGS}/other.toml")
others = text_id(f"{LOGS}/other.toml")
helper.kill(signal.SIGHUP)
time.sleep(1)
expect("with a signal", policy_id(), others)
helper.end(signal.SIGTERM)
helper.start()
comes()
expect("with a new helper", policy_id(), others)
ctl("unload")
subprocess.run(["insmod", KO, "timeout_udp=600", "timeout_tcp_closed=1"], check=True)
eventually(5, "it is back", lambda: status() == ALIVE)
eventually(5, "with a new module", lambda: policy_id() == others)

# -- doctor, and an end in order ---------------------------------------------------------------
found = json.loads(subprocess.run([CTL, "doctor", "-j"], capture_output=True, text=True).stdout)["findings"]
expect("doctor", [f["level"] for f in found if f["check"] in ("helper", "abi", "policy")], ["ok"] * 3)
ears = subprocess.Popen([CTL, "events", "-j", "--count", "1"], stdout=subprocess.PIPE, text=True)
eventually(20, "it listens, too", lambda: listeners() == 2)
expect("an end in order", (helper.end(signal.SIGTERM), status()), (0, NONE))
expect("events tells it", json.loads(ears.communicate(timeout=10)[0])["kp2padm"]["helper"], "none")
expect("so does the file", of("policy", event="helper")[-1]["kp2padm"]["helper"], "none")

# -- the disk is full ---------------------------------------------------------------------------
full = f"{LOGS}/full"
os.mkdir(full)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "tmpfs", full], check=True)
told, EVE = EVE, f"{full}/eve.json"
write(BLOCK % "block" + "# written where there is room\n")
helper.start()
comes()
eventually(5, "its policy is written", lambda: of("policy", event="policy"))
with open(f"{full}/filler", "wb", buffering=0) as f:
    try:
        while True:
            f.write(bytes(4096))
    except OSError:
        pass
for n in range(200):
    swarm(1000 + n, "10.9.0.99")
eventually(10, "it says so", lambda: "events are lost" in log())
os.unlink(f"{full}/filler")
eventually(5, "it is written when there is room", lambda: of("lost", reason="write"))
eventually(5, "all are accounted for", lambda: sum(r["kp2padm"]["events"] for r in of("lost", reason="write")) +
           len(of("policy", event="verdict")) >= 200)
for told_lost in (r["kp2padm"] for r in of("lost", reason="write")):
    expect("how many, and where", told_lost["events"], told_lost["before"] - told_lost["after"] - 1)
expect("alive", (status(), helper.end(signal.SIGTERM)), (ALIVE, 0))
EVE = told
subprocess.run(["umount", "-l", full], check=True)

# -- another user, a small file ---------------------------------------------------------------
home = f"{LOGS}/nobody"
os.mkdir(home)
os.chown(home, 65534, 65534)
os.chmod(POLICY, 0o644)
told, EVE = EVE, f"{home}/eve.json"
told_state, STATE = STATE, f"{home}/state"
helper.start("--user", "nobody", "--eve-max-size", "4KiB", "--eve-keep", "2")
comes()
expect("who it is", (helper.proc("Uid"), helper.proc("Gid"), int(helper.proc("CapEff"), 16)), ("65534", "65534", 1 << 12))
for n in range(30):
    swarm(2000 + n, "10.9.0.99")
eventually(5, "rotated", lambda: os.path.exists(EVE + ".2"))
check("no more are kept", not os.path.exists(EVE + ".3"))
records()
helper.kill(signal.SIGHUP)
time.sleep(1)
expect("alive", (status(), helper.end(signal.SIGTERM)), (ALIVE, 0))
EVE, STATE = told, told_state

# -- in any order ---------------------------------------------------------------------------------
rng = random.Random(3)
write(BLOCK % "block" + "# in any order\n")
helper.start()
comes()
eventually(5, "policy", lambda: policy_id() == text_id())
sport = 3000


# what the deeds so far make of it
running, stopped, away = True, False, False


def attached():
    return running and not stopped and not away


def follows(alive):
    """traffic that asks for the helper, and traffic that does not"""
    global sport
    sport += 2
    named = packet(sport, SYN, seq=0), packet(sport, PSH | ACK, HANDSHAKE)
    offer(a, named, b)
    expect("what asks for it", passes(sport), alive)
    other = packet(sport + 1, SYN, seq=0), packet(sport + 1, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n" + bytes(300))
    expect("what does not", len(offer(a, other, b)), 2)


def lost():
    eventually(5, "not alive", lambda: status() in (LOST, NONE))


def back():
    if attached():
        comes()
        eventually(5, "policy", lambda: policy_id() == text_id())


def do_kill():
    global running
    if running:
        helper.end(signal.SIGKILL)
        running = False
        lost()


def do_stop():
    global stopped
    if running:
        helper.kill(signal.SIGSTOP)
        stopped = True
        lost()


def do_cont():
    global stopped
    if running:
        helper.kill(signal.SIGCONT)
        stopped = False
        back()


def do_restart():
    global running, stopped, away
    do_kill()
    helper.start()
    running, stopped, away = True, False, False
    back()


def do_end():
    global running
    if running:
        helper.kill(signal.SIGCONT)
        expect("an end in order", helper.end(signal.SIGTERM), 0)
        running = False


def do_reload():
    """the module"""
    global stopped, away
    if running:
        helper.kill(signal.SIGCONT)  # it has to let go
        stopped = False
    subprocess.run([CTL, "unload"], capture_output=True)
    check("unload did", not os.path.exists("/sys/module/kp2padm"))
    subprocess.run(["insmod", KO, "timeout_udp=600", "timeout_tcp_closed=1"], check=True)
    away = False
    back() if running else do_restart()


def do_hup():
    global away
    if running and not stopped:
        helper.kill(signal.SIGHUP)
        away = False
        back()


def do_dismiss():
    global away
    if not attached():
        return
    nl.Genl().call(nl.K["CMD_HELPER_DETACH"])
    away = True
    time.sleep(1)  # it does not come back


def do_off_and_on():
    """the gateway"""
    do_cont()
    subprocess.run([CTL, "disable"], check=True, capture_output=True)
    subprocess.run([CTL, "enable"], check=True, capture_output=True)
    # the new one has its policy from a helper
    if not running:
        do_restart()
    elif away:
        do_hup()
    else:
        back()


def do_mismatch():
    """one of another tree wants to attach, whoever is there"""
    before = status()
    try:
        nl.Genl().call(nl.K["CMD_HELPER_ATTACH"], nl.u32(nl.K["A_HELPER_ABI"], nl.K["ABI"] + 1))
        fail("another ABI was taken")
    except nl.Refused as e:
        expect("why", e.err, errno.EPROTO)
    expect("nothing changed", status(), before)


DEEDS = do_kill, do_stop, do_cont, do_restart, do_end, do_reload, do_hup, do_dismiss, do_mismatch, do_off_and_on
for n in range(ROUNDS):
    deed = rng.choice(DEEDS)
    try:
        deed()
        expect("alive", status() == ALIVE, attached())
        follows(attached())
        check("it runs", not running or helper.process.poll() is None)
    except SystemExit as e:
        fail(f"round {n}, {deed.__name__}: {e}")
do_restart()
swarm(9, "10.9.0.99")
eventually(5, "the last is written", lambda: [r for r in of("policy", event="verdict") if r["src_port"] == 9])
expect("its end", helper.end(signal.SIGTERM), 0)

# every number of every gateway is there once, or told to be lost, and no gateway's end is passed over
last, cover, over, gaps, gateways = None, None, None, 0, 1
whole = records()
for r in whole:
    ours = r["kp2padm"]
    if r["event_type"] == "lost":
        if ours["reason"] == "gateway":
            over = ours["gateway"], ours["after"]
        elif ours["events"]:
            gaps += 1
            cover = ours["gateway"], ours["after"], ours["before"]
            expect("how many are lost", ours["events"], ours["before"] - ours["after"] - 1)
        continue
    gateway, seq = ours["gateway"], ours["seq"]
    if last and last[0] != gateway:
        gateways += 1
        expect(f"event {seq} of another gateway", over, last)
        last = None
    behind = last[1] if last else 0
    expect(f"lost before event {seq}", cover, None if seq == behind + 1 else (gateway, behind, seq))
    last, cover, over = (gateway, seq), None, None
check("gateways came and went", gateways > 1)
print(f"# {len(whole)} records, {gaps} told losses, {gateways} gateways")
PY
