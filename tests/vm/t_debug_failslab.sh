# SPDX-License-Identifier: GPL-2.0-only
# Memory is refused: to each allocation of a load, of a new gateway, of every
# request in turn, and to a third of all that packets ask for. What follows is
# an error or a counter, and nothing stays behind.
. "$(dirname "$0")/lib.sh"

inject=/sys/kernel/debug/failslab
[ -e $inject/require-start ] || skip "this kernel has no fault injection"
for f in $inject /sys/kernel/debug/fail_page_alloc; do
	echo 0 >$f/probability
	echo 0 >$f/verbose
	echo -1 >$f/times
	echo N >$f/ignore-gfp-wait
	echo Y >$f/task-filter
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
bridge_up
host c pc 10.77.0.3 fd77::3

# -- loads: the last allocations of each, one after the other -------------------
# once before they are counted: to read the file for the first time takes allocations, too
load max_flows=1024
unload
LOADS=${KP2PADM_FAILS:-160} KO=$KO py <<'PY'
from lab import *
SYS_finit_module, SYS_delete_module = 313, 176
how_many = int(os.environ["LOADS"])
fd = os.open(os.environ["KO"], os.O_RDONLY)


def loaded():
    return os.path.exists("/sys/module/kp2padm")


def load(n):
    """(errno or 0, whether the n-th allocation was there to be refused)"""
    os.lseek(fd, 0, 0)
    args = ctypes.c_char_p(b"max_flows=1024")
    nth(n)
    rc = libc.syscall(SYS_finit_module, fd, args, 0)
    err = ctypes.get_errno() if rc else 0
    return err, left() == 0


def unload():
    if libc.syscall(SYS_delete_module, ctypes.c_char_p(b"kp2padm"), os.O_NONBLOCK):
        fail(f"the module is stuck: {os.strerror(ctypes.get_errno())}")


MANY = 10 ** 6
os.lseek(fd, 0, 0)
nth(MANY)
if libc.syscall(SYS_finit_module, fd, ctypes.c_char_p(b"max_flows=1024"), 0):
    fail("it does not load")
total = MANY - left()
unload()
refused = 0
for n in range(max(1, total - how_many), total + 1):
    err, hit = load(n)
    if err:
        expect(f"allocation {n} of {total}: error", os.strerror(err), "Cannot allocate memory")
        check("a failed load leaves nothing", not loaded() and not os.path.exists("/proc/net/kp2padm"))
        refused += 1
    else:
        check("a load that succeeds has a gateway", os.path.exists("/proc/net/kp2padm/flows"))
        unload()
check(f"loads were refused memory: {refused}", refused > how_many // 4)
print(f"# a load makes {total} allocations; of the last {how_many}, {refused} fail the load")
PY

# -- requests: each of their allocations -----------------------------------------
load max_flows=1024
py <<'PY'
from lab import *
import nl

quiet = nl.Genl()


def each(what, act, after):
    """act() with its 1st, 2nd ... allocation refused, until it has no more"""
    refused = 0
    for n in range(1, 3000):
        nth(n)
        try:
            act()
            err = None
        except (nl.Refused, OSError) as e:
            err = e
        over = left() != 0
        after(err)
        refused += err is not None
        if over:
            check(f"{what}: without a refusal it works, but {err}", err is None)
            break
    else:
        fail(f"{what} never ends")
    print(f"# {what}: {n - 1} allocations, {refused} fail it")


def fresh(method, *args, **kw):
    """on a socket of its own: a refused receive loses the answer"""
    def act():
        gw = nl.Genl.__new__(nl.Genl)
        gw.sock, gw.seq, gw.family = socket.socket(16, 3, 16), 0, quiet.family
        gw.sock.settimeout(1)
        for opt in nl.CAP_ACK, nl.EXT_ACK, nl.GET_STRICT:
            gw.sock.setsockopt(nl.SOL_NETLINK, opt, 1)
        try:
            getattr(gw, method)(*args, **kw)
        finally:
            gw.close()
    return act


a, b = Port("a"), Port("b")
learn(a, b)
offer(a, [a.to(b, ip4(f"10.9.1.{i}", "10.9.0.2", UDP, udp(f"10.9.1.{i}", "10.9.0.2", 5, 6, b"x")))
          for i in range(1, 200)], b)
for method in "status", "stats", "apps", "flows", "policy", "sets", "content":
    each(method, fresh(method), lambda err: None)
state = {"generation": quiet.policy()["generation"]}


def whole(err):
    now = quiet.policy()
    check(f"a policy is in force or not: {now}", now["generation"] - state["generation"] in (0, 1))
    if now["generation"] != state["generation"]:
        expect("the new policy", (now["mode"], now["entry"]), (1, {"bittorrent": 1}))
    state["generation"] = now["generation"]


each("policy set", fresh("set", "enforce", bittorrent="drop"), whole)
files = nl.content_of([(2, "drop", 0), (4, "reset", 1)]), ["a", "b"]
each("a policy with content rules", fresh("install", "enforce", content=files),
     lambda err: expect("all of them or none", len(quiet.content()) in (0, 2), True))
each("content", fresh("content"), lambda err: None)
quiet.set("observe")


def proc():
    for name in "counters", "flows", "protocols":
        with open(f"/proc/thread-self/net/kp2padm/{name}", "rb", buffering=0) as f:
            while f.read(4096):
                pass


each("reading /proc", proc, lambda err: None)
subprocess = __import__("subprocess")
subprocess.run("ip netns add g", shell=True, check=True)
setns("/run/netns/g")
inner = nl.Genl()


def enabled(err):
    on = inner.status()["enabled"]
    expect("its files", os.path.exists("/proc/thread-self/net/kp2padm/flows"), bool(on))
    if on:
        inner.enable(False)


each("enable", fresh("enable"), enabled)
PY
ip netns del g

# -- packets: a third of what they ask for, and nothing else's --------------------
py <<'PY'
from lab import *
import nl

a, b, c = Port("a"), Port("b"), Port("c")
learn(a, b, c)
gw = nl.Genl()
with open("/proc/modules") as f:
    size, start = next((int(l.split()[1]), l.split()[5]) for l in f if l.startswith("kp2padm "))
D = "/sys/kernel/debug/failslab/"


def knob(name, value):
    with open(D + name, "w") as f:
        f.write(str(value))


knob("require-start", int(start, 16))
knob("require-end", int(start, 16) + size)
knob("stacktrace-depth", 16)
knob("task-filter", "N")
N = 600
frames = []
for i in range(N):
    src = f"10.11.{i >> 8}.{i & 255}"
    frames.append(a.to(b, ip4(src, "10.9.0.2", TCP, tcp(src, "10.9.0.2", 9, 80, SYN))))
    frames.append(a.to(b, ip4(src, "10.9.0.2", TCP, tcp(src, "10.9.0.2", 9, 80, PSH | ACK, 1, 1, HANDSHAKE))))
for again in range(3):
    knob("probability", 30)
    with Counted(ports=3) as n:
        got, _ = offer(a, frames, b, c)
    knob("probability", 0)
    # hosts that are not silent say something now and then
    expect("all pass", len([f for f in got if f[12:14] == b"\x08\0"]), 2 * N)
    check("refusals are counted", again or n["untracked_nomem"] * n["uninspected_nomem"])
    expect("none is counted otherwise", n["untracked_full"] + n["uninspected_full"], 0)
# memory is back: what was refused is read now
offer(a, frames, b)
expect("flows with a name", len(gw.flows("bittorrent")), N)
expect("under inspection", gw.status()["inspected"], 0)
print(f"# of {2 * N} packets {n['untracked_nomem']} without a flow, {n['uninspected_nomem']} unread")

# flows that are read: what there is no memory for waits, and is sent again; or it passes
M = 100
for unread in "drop", "pass":
    gw.install("enforce", [{"name": "read", "audit": True}], unread=unread)
    there, back = [], []
    for i in range(M):
        src, dst = f"10.{12 + (unread == 'pass')}.{i >> 8}.{i & 255}", "10.9.0.2"
        there += [a.to(b, ip4(src, dst, TCP, tcp(src, dst, 9, 80, flags, seq, 1, data))) for flags, seq, data in
                  ((SYN, 0, b""), (ACK, 1, HANDSHAKE), (ACK, 70, b"ahead"), (ACK, 69, b"x"))]
        back.append(b.to(a, ip4(dst, src, TCP, tcp(dst, src, 80, 9, SYN | ACK, 0, 1))))
    arrived = set()
    with Counted(ports=3) as n:
        for again in range(12):
            knob("probability", 30 if again < 3 else 0)
            arrived.update(offer(a, there[::4], b, c)[0])
            offer(b, back, a, c)
            arrived.update(offer(a, [f for i, f in enumerate(there) if i % 4], b, c)[0])
    expect(f"{unread}: all of it passes in the end", len(arrived & set(there)), 4 * M)
    check(f"{unread}: refusals are counted", n["streams_nomem"] and n["stream_no_room"])
    check(f"{unread}: what is dropped: {n['unread_dropped']}", bool(n["unread_dropped"]) == (unread == "drop"))
    print(f"# {unread}: {n['streams_nomem']} packets without a stream or reader, {n['stream_no_room']} without room")
PY
# the same under a storm, with the module going meanwhile
echo 30 >$inject/probability
storm a
storm b
for _ in 1 2 3 4 5; do
	sleep 1
	"$CTL" stats >/dev/null || true
	unload
	echo 0 >$inject/probability
	load max_flows=2048
	echo 30 >$inject/probability
done
echo 0 >$inject/probability
stop_all
