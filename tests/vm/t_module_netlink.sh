# SPDX-License-Identifier: GPL-2.0-only
# Requests by the wrong people, malformed requests, random ones: refused with a
# reason, and nothing changed.
. "$(dirname "$0")/lib.sh"

bridge_up
# room for all flows below: nothing is evicted, nothing expires
load max_flows=16384 timeout_udp=600
silent
MUTATIONS=${KP2PADM_MUTATIONS:-4000} py <<'PY'
from lab import *
import random
import threading
import nl
from nl import K, attr, nest, u8, entry, policy_attrs, Refused

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
STATUS, NET, STATS, APP, FLOW, GET, SET = (
    K["CMD_" + c] for c in ("STATUS_GET", "NET_SET", "STATS_GET", "APP_GET", "FLOW_GET",
                            "POLICY_GET", "POLICY_SET"))
MODE, GENERATION, ENTRY = (K["A_POLICY_" + x] for x in ("MODE", "GENERATION", "ENTRY"))
NAME, VERDICT = K["A_ENTRY_APP"], K["A_ENTRY_VERDICT"]
E = errno = __import__("errno")
gw.set("observe", bittorrent="drop")
before = gw.policy()


def refused(what, err, call, text=True):
    try:
        call()
    except Refused as e:
        check(f"{what}: error: got {e}, want {err}", errno.errorcode.get(e.err) in err.split("|"))
        check(f"{what}: no reason is given", e.text or not text)
    else:
        fail(f"{what}: was taken")
    expect(f"{what}: the policy", gw.policy(), before)


def request(cmd, body=b"", **kw):
    return lambda: gw.call(cmd, body, **kw)


mode, drop = u8(MODE, K["MODE_ENFORCE"]), entry("bittorrent", K["VERDICT_DROP"])
for what, err, call in (
        # what is not there
        ("no mode", "EINVAL", request(SET, drop)),
        ("no attribute at all", "EINVAL", request(SET)),
        ("an entry without a name", "EINVAL", request(SET, mode + nest(ENTRY, u8(VERDICT, 1)))),
        ("an entry without a verdict", "EINVAL", request(SET, mode + nest(ENTRY, attr(NAME, "bittorrent")))),
        ("an empty entry", "EINVAL", request(SET, mode + nest(ENTRY, b""))),
        ("NET_SET without its attribute", "EINVAL", request(NET)),
        # out of range
        ("mode 2", "ERANGE", request(SET, u8(MODE, 2) + drop)),
        ("mode 255", "ERANGE", request(SET, u8(MODE, 255) + drop)),
        ("verdict 2", "ERANGE", request(SET, mode + entry("bittorrent", 2))),
        ("enabled 2", "ERANGE", request(NET, u8(K["A_NET_ENABLED"], 2))),
        # wrong lengths
        ("a mode of no byte", "ERANGE|EINVAL", request(SET, attr(MODE) + drop)),
        ("a mode of two bytes", "ERANGE|EINVAL", request(SET, attr(MODE, b"\1\0") + drop)),
        ("a mode of four bytes", "ERANGE|EINVAL", request(SET, attr(MODE, b"\1\0\0\0") + drop)),
        ("a verdict of two bytes", "ERANGE|EINVAL", request(SET, mode + nest(ENTRY, attr(NAME, "bittorrent") + attr(VERDICT, b"\1\0")))),
        ("an attribute longer than the message", "ERANGE|EINVAL", request(SET, mode + b"\xff\0" + drop[2:])),
        ("an attribute shorter than its header", "ERANGE|EINVAL", request(SET, mode + b"\3\0" + drop[2:])),
        ("trailing bytes", "ERANGE|EINVAL", request(SET, mode + drop + b"\1\2\3")),
        ("a nest longer than it is", "ERANGE|EINVAL", request(SET, mode + nest(ENTRY, drop[4:8] + b"\xff\0\1\0"))),
        ("garbage in a nest", "ERANGE|EINVAL", request(SET, mode + nest(ENTRY, b"\1\2\3\4\5\6\7"))),
        ("a nest without its flag", "ERANGE|EINVAL", request(SET, mode + attr(ENTRY, drop[4:]))),
        ("a nested mode", "ERANGE|EINVAL", request(SET, nest(MODE, b"\1") + drop)),
        # names
        ("a name of 32 characters", "ERANGE|EINVAL", request(SET, mode + entry("x" * 32, 1))),
        ("a name of 5000 characters", "ERANGE|EINVAL", request(SET, mode + entry("x" * 5000, 1))),
        ("an empty name", "ENOENT", request(SET, mode + entry("", 1))),
        ("a name without its end", "ERANGE|EINVAL", request(SET, mode + nest(ENTRY, attr(NAME, b"bittorrent") + u8(VERDICT, 1)))),
        ("a name of no byte", "ERANGE|EINVAL", request(SET, mode + nest(ENTRY, attr(NAME, b"") + u8(VERDICT, 1)))),
        ("an unknown name", "ENOENT", request(SET, mode + entry("nonesuch", 1))),
        ("the unknown application", "ENOENT", request(SET, mode + entry("unknown", 1))),
        ("capitals", "ENOENT", request(SET, mode + entry("BitTorrent", 1))),
        ("flows of an unknown name", "ENOENT", request(FLOW, attr(K["A_FLOW_APP"], "nonesuch"), dump=True)),
        ("flows of too long a name", "ERANGE|EINVAL", request(FLOW, attr(K["A_FLOW_APP"], "x" * 40), dump=True)),
        # twice
        ("an application twice", "EINVAL", request(SET, mode + drop + drop)),
        ("twice, differently", "EINVAL", request(SET, mode + drop + entry("bittorrent", 0))),
        # what nobody knows
        ("attribute 0", "EINVAL", request(SET, mode + attr(0, b"\1\0\0\0"))),
        ("attribute 4", "EINVAL", request(SET, mode + attr(4, b"\1\0\0\0"))),
        ("attribute 16383", "EINVAL", request(SET, mode + attr(0x3fff, b"\1\0\0\0"))),
        ("the generation, which is ours to say", "EINVAL", request(SET, mode + attr(GENERATION, bytes(4)))),
        ("an unknown one in a nest", "EINVAL", request(SET, mode + nest(ENTRY, drop[4:] + attr(9, b"\1\0\0\0")))),
        ("NET_SET, unknown attribute", "EINVAL", request(NET, u8(K["A_NET_ENABLED"], 1) + attr(2, b"\1\0\0\0"))),
        ("STATUS_GET with an attribute", "EINVAL", request(STATUS, attr(1, b"\1\0\0\0"))),
        ("STATS_GET with an attribute", "EINVAL", request(STATS, attr(7, b"\1\0\0\0"))),
        ("POLICY_GET with an attribute", "EINVAL", request(GET, u8(1, 1))),
        ("APP_GET with an attribute", "EINVAL", request(APP, u8(1, 1), dump=True)),
        ("FLOW_GET with an unknown attribute", "EINVAL", request(FLOW, attr(2, bytes(4)), dump=True)),
        ("a reserved field that is not 0", "EINVAL", request(STATUS, reserved=7)),
        ("enabled twice", "EALREADY", request(NET, u8(K["A_NET_ENABLED"], 1))),
):
    refused(what, err, call)
# these the kernel refuses before they reach us, without a reason
for what, err, call in (
        ("command 0", "ENOTSUP", request(0)),
        ("a command beyond", "ENOTSUP", request(K["CMD_POLICY_SET"] + 1)),
        ("command 255", "ENOTSUP", request(255)),
        ("flows, not as a dump", "ENOTSUP", request(FLOW)),
        ("a dump of what is none", "ENOTSUP", request(STATUS, dump=True)),
):
    refused(what, err, call, False)
gw.send(gw.message(SET)[:18])  # half a header
gw.send(b"\xff" * 7)
gw.set("observe", bittorrent="drop")
before = gw.policy()

# -- who may -------------------------------------------------------------------
def as_nobody(act):
    """act() without privilege, in a child; its exit status"""
    pid = os.fork()
    if not pid:
        try:
            act()
            os._exit(0)
        except BaseException as e:
            print(f"FAIL: as nobody: {e!r}", file=sys.stderr)
            os._exit(1)
    expect("a child's status", os.waitpid(pid, 0)[1], 0)


def unprivileged(gw):
    assert gw.status()["enabled"] == 1
    assert gw.stats()["packets"] >= 0 and gw.apps() and gw.policy()["mode"] == 0
    for what, call in (("flows", gw.flows), ("policy set", lambda: gw.set("enforce")),
                       ("disable", lambda: gw.enable(False)), ("enable", lambda: gw.enable())):
        try:
            call()
        except Refused as e:
            assert e.err == E.EPERM, f"{what}: {e}"
        else:
            raise AssertionError(f"{what} was allowed")


def drop_all():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    unprivileged(nl.Genl())
    for name, allowed in (("counters", True), ("protocols", True), ("flows", False)):
        try:
            open(f"/proc/net/kp2padm/{name}").close()
            got = True
        except PermissionError:
            got = False
        assert got == allowed, name


def root_of_another():
    """CAP_NET_ADMIN, but over another user namespace than this network's"""
    os.setresuid(65534, 65534, 65534)
    assert libc.unshare(0x10000000) == 0  # CLONE_NEWUSER: all capabilities in it
    unprivileged(nl.Genl())


def its_own_network():
    os.setresuid(65534, 65534, 65534)
    assert libc.unshare(0x50000000) == 0  # and CLONE_NEWNET
    own = nl.Genl()
    assert own.status()["enabled"] == 0
    own.enable()
    own.set("enforce", bittorrent="drop")
    assert own.flows() == [] and own.policy()["mode"] == 1


as_nobody(drop_all)
as_nobody(root_of_another)
as_nobody(its_own_network)
expect("the policy", gw.policy(), before)

# -- dumps amid churn, left in the middle, and several at a time -----------------
A, B = "10.9.0.1", "10.9.0.2"


def datagrams(n, start):
    return [a.to(b, ip4(f"10.20.{i >> 8 & 255}.{i & 255}", B, UDP,
                        udp(f"10.20.{i >> 8 & 255}.{i & 255}", B, 5000, 5001, b"some bytes")))
            for i in range(start, start + n)]


offer(a, datagrams(3000, 0), b)
flows = gw.flows()
expect("flows in a dump of many messages", len({f["src"] for f in flows}), 3000)
expect("none twice", len(flows), 3000)
half = nl.Genl(rcvbuf=4096)
half.send(half.message(FLOW, flags=nl.REQUEST | nl.DUMP))
half.sock.recv(1 << 16)
expect("in mid-dump the module cannot be unloaded", os.system("rmmod kp2padm 2>/dev/null") != 0, True)
again = nl.Genl()
expect("meanwhile another", len(again.flows()), 3000)
half.close()
stop = threading.Event()
found = []


def dump():
    mine = nl.Genl()
    while not stop.is_set():
        one = mine.flows()
        if not {f["src"] for f in flows} <= {f["src"] for f in one}:
            found.append("a flow that was there all along is missing")
        if not mine.stats() or not mine.apps():
            found.append("no answer")


threads = [threading.Thread(target=dump, daemon=True) for _ in range(2)]
for t in threads:
    t.start()
with Counted() as n:
    for i in range(6):
        offer(a, datagrams(500, 4000 + 500 * i), b)
expect("all of them stayed", (n["flows_created"], n["flows_evicted"], n["flows_expired"]), (3000, 0, 0))
stop.set()
for t in threads:
    t.join()
expect("dumps amid churn", found, [])

# -- random ----------------------------------------------------------------------
n = int(os.environ["MUTATIONS"])
seed = int(os.environ.get("SEED", "20070326"))
rng = random.Random(seed)
valid = [(SET, mode + drop), (SET, u8(MODE, 0) + entry("bittorrent", 0)), (SET, mode),
         (NET, u8(K["A_NET_ENABLED"], 1)), (FLOW, attr(K["A_FLOW_APP"], "bittorrent")),
         (STATUS, b""), (STATS, b""), (GET, b""), (APP, b"")]
taken = refusals = 0
sock = nl.Genl()
sock.sock.setblocking(False)


def drain(seq):
    """the answer's end, if there is one: a mangled header may get none"""
    global taken, refusals
    while True:
        try:
            data = sock.sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            continue
        kind = struct.unpack_from("H", data, 4)[0]
        if kind == nl.NLMSG_ERROR and len(data) >= 20:
            if struct.unpack_from("i", data, 16)[0]:
                refusals += 1
            else:
                taken += 1


for i in range(n):
    cmd, body = rng.choice(valid)
    raw = bytearray(sock.message(cmd, body, flags=nl.REQUEST | nl.ACK |
                                 (nl.DUMP if cmd in (FLOW, APP) else 0)))
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        what = rng.randrange(5)
        if what == 0 and len(raw) > 20:  # a byte of the attributes
            raw[rng.randrange(20, len(raw))] = rng.choice((0, 1, 4, 0x7f, 0x80, 0xff, rng.randrange(256)))
        elif what == 1:  # a bit anywhere behind the type
            raw[rng.choice([*range(6, 8), *range(16, len(raw))])] ^= 1 << rng.randrange(8)
        elif what == 2:  # cut
            del raw[rng.randrange(16, len(raw) + 1):]
        elif what == 3:  # go on with something
            raw += rng.randbytes(rng.randrange(1, 40))
        elif what == 4 and len(raw) > 24:  # a piece again
            at = rng.randrange(20, len(raw))
            raw[at:at] = raw[at:at + rng.randrange(1, 24)]
        if len(raw) < 20:
            raw += bytes(20 - len(raw))
    raw[0:4] = struct.pack("I", len(raw) + (rng.choice((-1, 4, 100)) if rng.random() < .05 else 0))
    sock.send(bytes(raw))
    drain(i)
    # a NET_SET that survived may have ended the gateway
    if i % 50 == 0 and not gw.status()["enabled"]:
        gw.enable()
check(f"mutations reach us: {taken} taken, {refusals} refused", refusals > n // 4 and taken > n // 50)
if not gw.status()["enabled"]:
    gw.enable()
gw.set("observe")
check("alive", gw.policy()["mode"] == 0 and gw.status()["enabled"])
print(f"# {n} mutations, seed {seed}: {taken} taken, {refusals} refused")
PY
