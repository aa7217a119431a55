# SPDX-License-Identifier: GPL-2.0-only
# Requests by the wrong people, malformed requests, random ones: refused with a
# reason, and nothing changed.
. "$(dirname "$0")/lib.sh"

bridge_up
# room for all flows below: nothing is evicted, nothing expires
load max_flows=16384 timeout_udp=600
silent
CTL=$CTL MUTATIONS=${KP2PADM_MUTATIONS:-4000} py <<'PY'
from lab import *
import json
import random
import subprocess
import threading
import nl
from nl import K, attr, nest, u8, u32, begin, rule, Refused

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
STATUS, NET, STATS, APP, FLOW, GET, RULES, SETS, CONTENTS, BEGIN, ADD, COMMIT, CONFIRM, ATTACH, BEAT, DETACH = (
    K["CMD_" + c] for c in (
        "STATUS_GET", "NET_SET", "STATS_GET", "APP_GET", "FLOW_GET", "POLICY_GET", "RULE_GET",
        "POLICY_SET_GET", "CONTENT_GET", "POLICY_BEGIN", "POLICY_ADD", "POLICY_COMMIT", "POLICY_CONFIRM",
        "HELPER_ATTACH", "HELPER_BEAT", "HELPER_DETACH"))
MODE, GENERATION, RULE, HOSTS, SCHEDULE, PORT = (
    K["A_POLICY_" + x] for x in ("MODE", "GENERATION", "RULE", "HOSTS", "SCHEDULE", "LOCAL_PORT"))
SIZE, CONTENT, CONTENT_NAME = (K["A_POLICY_CONTENT" + x] for x in ("_SIZE", "", "_NAME"))
NAME, APPS, VERDICT, VLAN = (K["A_RULE_" + x] for x in ("NAME", "APP", "VERDICT", "VLAN"))
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


def added(body, rules=1, hosts=0):
    """to a policy begun for that many"""
    def act():
        gw.call(BEGIN, begin("enforce", rules, hosts))
        gw.call(ADD, body)
    return act


def committed(*bodies, rules=1, hosts=0, **head):
    def act():
        gw.call(BEGIN, begin("enforce", rules, hosts, **head))
        for body in bodies:
            gw.call(ADD, body)
        gw.call(COMMIT)
    return act


def contents(blob, *names, size=None):
    """a policy of nothing but these content rules; names as attributes or texts"""
    def act():
        gw.call(BEGIN, begin("enforce", content_size=len(blob) if size is None else size))
        gw.call(ADD, attr(CONTENT, blob))
        gw.call(ADD, b"".join(n if isinstance(n, bytes) else attr(CONTENT_NAME, n) for n in names))
        gw.call(COMMIT)
    return act


def edited(at, form, *values):
    """two good content rules, but for what is there"""
    out = bytearray(two)
    struct.pack_into(form, out, at, *values)
    return bytes(out)


two = nl.content_of([(2, "drop", 0), (4, "reset", 1)])


def try_(call):
    try:
        call()
    except Refused:
        pass


def named(app, verdict=1):
    return nest(RULE, attr(NAME, "n") + attr(APPS, app) + u8(VERDICT, verdict))


def host(text, n=0):
    return nl.prefix(text) + struct.pack("H", n)


mode, drop = u8(MODE, K["MODE_ENFORCE"]), rule({"name": "n", "app": ["bittorrent"], "verdict": "drop"})
good = attr(NAME, "n") + u8(VERDICT, 1)
for what, err, call in (
        # what is not there
        ("no mode", "EINVAL", request(BEGIN)),
        ("a rule without a name", "EINVAL", added(nest(RULE, u8(VERDICT, 1)))),
        ("an empty rule", "EINVAL", added(nest(RULE, b""))),
        ("a rule that says nothing", "EINVAL", committed(nest(RULE, attr(NAME, "n")))),
        ("NET_SET without its attribute", "EINVAL", request(NET)),
        ("an attachment without its number", "EPROTO", request(ATTACH)),
        # out of turn
        ("a rule for no policy", "ENOENT", request(ADD, drop)),
        ("a commit of no policy", "ENOENT", request(COMMIT)),
        ("a commit behind an error", "ENOENT", lambda: [try_(added(named("nonesuch"))), gw.call(COMMIT)]),
        ("a confirmation without a trial", "ENOENT", request(CONFIRM)),
        ("fewer rules than announced", "EINVAL", committed(drop, rules=2)),
        ("more rules than announced", "EINVAL", added(drop + drop)),
        ("fewer hosts than announced", "EINVAL", committed(drop, hosts=1)),
        ("more hosts than announced", "EINVAL", added(attr(HOSTS, host("10.0.0.0/8")))),
        ("a beat of nobody", "ENOTCONN", request(BEAT)),
        ("nobody detaches", "ENOTCONN", request(DETACH)),
        ("another helper's number", "EPROTO", request(ATTACH, u32(K["A_HELPER_ABI"], 99))),
        # out of range
        ("mode 2", "ERANGE", request(BEGIN, u8(MODE, 2))),
        ("mode 255", "ERANGE", request(BEGIN, u8(MODE, 255))),
        ("a million rules", "ERANGE", request(BEGIN, begin("enforce", 1000000))),
        ("a million hosts", "EINVAL", request(BEGIN, begin("enforce", 0, 1000000))),
        ("a trial of a year", "ERANGE", lambda: [added(drop)(), gw.call(COMMIT, u32(K["A_POLICY_TRIAL"], 31536000))]),
        ("verdict 3", "ERANGE", added(nest(RULE, attr(NAME, "n") + u8(VERDICT, 3)))),
        ("confidence 101", "ERANGE", added(nest(RULE, good + u8(K["A_RULE_CONFIDENCE"], 101)))),
        ("direction 16", "ERANGE", added(nest(RULE, good + u8(K["A_RULE_DIRECTION"], 16)))),
        ("VLAN 4095", "EINVAL", committed(nest(RULE, good + attr(VLAN, struct.pack("HH", 1, 4095))))),
        ("VLANs backwards", "EINVAL", committed(nest(RULE, good + attr(VLAN, struct.pack("HH", 9, 8))))),
        ("nine VLANs", "EINVAL", added(nest(RULE, good + attr(VLAN, bytes(36))))),
        ("half a VLAN", "EINVAL", added(nest(RULE, good + attr(VLAN, bytes(6))))),
        ("a schedule that is not there", "EINVAL", committed(nest(RULE, good + attr(K["A_RULE_SCHEDULE"], b"\1\0")))),
        ("an empty schedule", "EINVAL", added(attr(SCHEDULE))),
        ("a schedule backwards", "EINVAL", added(attr(SCHEDULE, struct.pack("2q", 5, 5)))),
        ("half a moment", "EINVAL", added(attr(SCHEDULE, bytes(12)))),
        ("5000 moments", "EINVAL", added(attr(SCHEDULE, struct.pack("5000q", *range(5000))))),
        ("65 schedules", "EINVAL", added(attr(SCHEDULE, struct.pack("q", 1)) * 65)),
        ("a mark outside of its mask", "EINVAL", committed(nest(RULE, good + u32(K["A_RULE_MARK"], 3) + u32(K["A_RULE_MASK"], 1)))),
        ("a host of family 5", "EINVAL", committed(drop, attr(HOSTS, b"\5\0" + bytes(18)), hosts=1)),
        ("a prefix of 33 bits", "EINVAL", committed(drop, attr(HOSTS, b"\4\x21" + bytes(18)), hosts=1)),
        ("a host behind its prefix", "EINVAL", committed(drop, attr(HOSTS, b"\4\x08\x0a\x01" + bytes(16)), hosts=1)),
        ("an IPv4 host of 16 bytes", "EINVAL", committed(drop, attr(HOSTS, b"\4\x20" + bytes([10] * 16) + bytes(2)), hosts=1)),
        ("a host of no rule", "EINVAL", committed(drop, attr(HOSTS, host("10.0.0.0/8", 1)), hosts=1)),
        ("hosts backwards", "EINVAL", committed(drop, attr(HOSTS, host("11.0.0.0/8") + host("10.0.0.0/8")), hosts=2)),
        ("a host twice", "EINVAL", committed(drop, attr(HOSTS, host("10.0.0.0/8") * 2), hosts=2)),
        ("33 lengths", "EINVAL", committed(drop, attr(HOSTS, b"".join(host(f"::/{n}") for n in range(33))), hosts=33)),
        ("half a host", "EINVAL", added(attr(HOSTS, bytes(19)), hosts=2)),
        ("half an exempt prefix", "EINVAL", request(BEGIN, mode + attr(K["A_POLICY_EXEMPT_PREFIX"], bytes(17)))),
        ("an exempt prefix that is none", "EINVAL",
         lambda: [gw.call(BEGIN, mode + attr(K["A_POLICY_EXEMPT_PREFIX"], b"\7" + bytes(17))), gw.call(COMMIT)]),
        ("port 0 is exempt", "EINVAL", lambda: [gw.call(BEGIN, begin("enforce", exempt_ports=(0,))), gw.call(COMMIT)]),
        ("300 local prefixes", "EINVAL", request(BEGIN, mode + attr(K["A_POLICY_LOCAL_PREFIX"], bytes(18 * 300)))),
        ("65 exempt ports", "EINVAL", request(BEGIN, mode + attr(K["A_POLICY_EXEMPT_PORT"], bytes(130)))),
        ("65 exempt MACs", "EINVAL", request(BEGIN, mode + attr(K["A_POLICY_EXEMPT_MAC"], bytes(390)))),
        ("33 local ports", "EINVAL", request(BEGIN, mode + attr(PORT, "p") * 33)),
        ("a port's name of 16 characters", "ERANGE|EINVAL", request(BEGIN, mode + attr(PORT, "x" * 16))),
        ("an identity of 31 bytes", "ERANGE|EINVAL", request(BEGIN, mode + attr(K["A_POLICY_ID"], bytes(31)))),
        ("enabled 2", "ERANGE", request(NET, u8(K["A_NET_ENABLED"], 2))),
        # wrong lengths
        ("a mode of no byte", "ERANGE|EINVAL", request(BEGIN, attr(MODE))),
        ("a mode of two bytes", "ERANGE|EINVAL", request(BEGIN, attr(MODE, b"\1\0"))),
        ("a mode of four bytes", "ERANGE|EINVAL", request(BEGIN, attr(MODE, b"\1\0\0\0"))),
        ("a verdict of two bytes", "ERANGE|EINVAL", added(nest(RULE, attr(NAME, "n") + attr(VERDICT, b"\1\0")))),
        ("an attribute longer than the message", "ERANGE|EINVAL", added(b"\xff\0" + drop[2:])),
        ("an attribute shorter than its header", "ERANGE|EINVAL", added(b"\3\0" + drop[2:])),
        ("trailing bytes", "ERANGE|EINVAL", added(drop + b"\1\2\3")),
        ("a nest longer than it is", "ERANGE|EINVAL", added(nest(RULE, attr(NAME, "n") + b"\xff\0\1\0"))),
        ("garbage in a nest", "ERANGE|EINVAL", added(nest(RULE, b"\1\2\3\4\5\6\7"))),
        ("a nest without its flag", "ERANGE|EINVAL", added(attr(RULE, drop[4:]))),
        ("a nested mode", "ERANGE|EINVAL", request(BEGIN, nest(MODE, b"\1"))),
        # content rules
        ("33 MiB of them", "EINVAL", request(BEGIN, begin("enforce", content_size=33 << 20))),
        ("4 GiB of them", "EINVAL", request(BEGIN, begin("enforce", content_size=0xffffffff))),
        ("bytes that were not announced", "EINVAL", added(attr(CONTENT, b"x"), rules=0)),
        ("more bytes than announced", "EINVAL", contents(two, "a", "b", size=len(two) - 1)),
        ("fewer bytes than announced", "EINVAL", contents(two, "a", "b", size=len(two) + 1)),
        ("no bytes", "EINVAL", lambda: [gw.call(BEGIN, begin("enforce", content_size=8)), gw.call(COMMIT)]),
        ("no names", "EINVAL", contents(two)),
        ("a name that is missing", "EINVAL", contents(two, "a")),
        ("a name too many", "EINVAL", contents(two, "a", "b", "c")),
        ("a name without content rules", "EINVAL", added(attr(CONTENT_NAME, "a"), rules=0)),
        ("1025 names", "EINVAL", contents(two, *["a"] * 1025)),
        ("an empty name", "EINVAL", contents(two, "a", "")),
        ("a name of two lines", "EINVAL", contents(two, "a", "b\nc")),
        ("a name of 64 characters", "ERANGE|EINVAL", contents(two, "a", "x" * 64)),
        ("a name without its end", "ERANGE|EINVAL", contents(two, "a", attr(CONTENT_NAME, b"x" * 64))),
        ("bytes of nothing", "EINVAL", contents(bytes(len(two)), "a", "b")),
        ("one byte", "EINVAL", contents(b"2", "a", "b")),
        ("a head alone", "EINVAL", contents(two[:56], "a", "b")),
        ("half of them", "EINVAL", contents(two[:-8], "a", "b")),
        ("more than they say", "EINVAL", contents(two + bytes(8), "a", "b")),
        ("another version", "EINVAL", contents(edited(4, "I", 1), "a", "b")),
        ("no rules", "EINVAL", contents(edited(12, "I", 0), "a", "b")),
        ("a million ids", "EINVAL", contents(edited(24, "I", 1000000), "a", "b")),
        ("counts that overflow", "EINVAL", contents(edited(12, "10I", *[0xffffffff] * 10), "a", "b")),
        ("keywords without an automaton", "EINVAL", contents(edited(44, "2I", 1, 32), "a", "b")),
        ("a verdict that is none", "EINVAL", contents(edited(56 + 48, "B", 3), "a", "b")),
        ("a rule without a condition", "EINVAL", contents(edited(56 + 16, "Q", 0), "a", "b")),
        ("a list that is not there", "EINVAL", contents(edited(56 + 16, "Q", 9), "a", "b")),
        ("a type that is not there", "EINVAL", contents(edited(56 + 2 * 56, "Q", 1 << 60), "a", "b")),
        ("how many content rules, which is ours to say", "EINVAL",
         request(BEGIN, mode + u32(K["A_POLICY_CONTENT_RULES"], 1))),
        ("bytes to begin with", "EINVAL", request(BEGIN, mode + attr(CONTENT, two))),
        ("a size in mid-policy", "EINVAL", added(u32(SIZE, 8))),
        ("a size to commit", "EINVAL", lambda: [added(drop)(), gw.call(COMMIT, u32(SIZE, 8))]),
        # names
        ("a rule's name of 64 characters", "ERANGE|EINVAL", added(nest(RULE, attr(NAME, "x" * 64) + u8(VERDICT, 1)))),
        ("a rule without letters", "EINVAL", added(nest(RULE, attr(NAME, "") + u8(VERDICT, 1)))),
        ("a rule of two lines", "EINVAL", added(nest(RULE, attr(NAME, "a\nb") + u8(VERDICT, 1)))),
        ("a name of 32 characters", "ERANGE|EINVAL", added(named("x" * 32))),
        ("a name of 5000 characters", "ERANGE|EINVAL", added(named("x" * 5000))),
        ("an empty name", "ENOENT", added(named(""))),
        ("a name without its end", "ERANGE|EINVAL", added(nest(RULE, good + attr(APPS, b"bittorrent")))),
        ("a name of no byte", "ERANGE|EINVAL", added(nest(RULE, good + attr(APPS, b"")))),
        ("an unknown name", "ENOENT", added(named("nonesuch"))),
        ("the unknown application", "ENOENT", added(named("unknown"))),
        ("capitals", "ENOENT", added(named("BitTorrent"))),
        ("flows of an unknown name", "ENOENT", request(FLOW, attr(K["A_FLOW_APP"], "nonesuch"), dump=True)),
        ("flows of too long a name", "ERANGE|EINVAL", request(FLOW, attr(K["A_FLOW_APP"], "x" * 40), dump=True)),
        # what nobody knows
        ("attribute 0", "EINVAL", request(BEGIN, mode + attr(0, b"\1\0\0\0"))),
        ("attribute 40", "EINVAL", request(BEGIN, mode + attr(40, b"\1\0\0\0"))),
        ("attribute 16383", "EINVAL", request(BEGIN, mode + attr(0x3fff, b"\1\0\0\0"))),
        ("the generation, which is ours to say", "EINVAL", request(BEGIN, mode + attr(GENERATION, bytes(4)))),
        ("a mode in mid-policy", "EINVAL", added(mode)),
        ("a rule to begin with", "EINVAL", request(BEGIN, mode + drop)),
        ("an unknown one in a nest", "EINVAL", added(nest(RULE, drop[4:] + attr(60, b"\1\0\0\0")))),
        ("a counter, which is ours to say", "EINVAL", added(nest(RULE, drop[4:] + attr(K["A_RULE_FLOWS"], bytes(8))))),
        ("POLICY_SET_GET with an attribute", "EINVAL", request(SETS, attr(K["A_POLICY_LOCAL_PORT"], "pa"), dump=True)),
        ("CONTENT_GET with an attribute", "EINVAL", request(CONTENTS, u8(1, 1), dump=True)),
        ("RULE_GET with an attribute", "EINVAL", request(RULES, u8(1, 1), dump=True)),
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
        ("an event", "ENOTSUP", request(K["CMD_EVENT"])),
        ("a command beyond", "ENOTSUP", request(K["CMD_CONTENT_GET"] + 1)),
        ("command 255", "ENOTSUP", request(255)),
        ("flows, not as a dump", "ENOTSUP", request(FLOW)),
        ("sets, not as a dump", "ENOTSUP", request(SETS)),
        ("content rules, not as a dump", "ENOTSUP", request(CONTENTS)),
        ("a dump of what is none", "ENOTSUP", request(STATUS, dump=True)),
):
    refused(what, err, call, False)
gw.send(gw.message(BEGIN)[:18])  # half a header
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
    assert gw.stats()["packets"] >= 0 and gw.apps() and gw.policy_head()["mode"] == 0
    try:
        gw.listen()
        raise AssertionError("events may be heard")
    except PermissionError:
        pass
    for what, call in (("flows", gw.flows), ("policy set", lambda: gw.set("enforce")),
                       ("rules", lambda: gw.call(RULES, dump=True)), ("sets", gw.sets), ("content", gw.content),
                       ("add", request(ADD)), ("commit", request(COMMIT)), ("confirm", request(CONFIRM)),
                       ("attach", request(ATTACH)), ("beat", request(BEAT)), ("detach", request(DETACH)),
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


def its_own_network(allowed):
    os.setresuid(65534, 65534, 65534)
    assert libc.unshare(0x50000000) == 0  # and CLONE_NEWNET
    own = nl.Genl()
    assert own.status()["enabled"] == 0
    if allowed:
        own.enable()
        own.set("enforce", bittorrent="drop")
        assert own.flows() == [] and own.policy()["mode"] == 1
        return
    try:
        own.enable()
    except Refused as e:
        assert e.err == E.EPERM and "user_namespaces" in e.text, e
    else:
        raise AssertionError("a user's namespace has a gateway")


as_nobody(drop_all)
as_nobody(root_of_another)
as_nobody(lambda: its_own_network(False))
parameter("user_namespaces", 1)
as_nobody(lambda: its_own_network(True))
parameter("user_namespaces", 0)
expect("the policy", gw.policy(), before)

# -- whom and what it calls local and exempt ----------------------------------------
gw.install("observe")
expect("of none", gw.sets(), {"local_ports": [], "local": [], "exempt": [], "exempt_ports": [], "exempt_macs": [],
                              "generations": {gw.policy()["generation"]}})


def most(n):
    """as much of each as a policy may have; n tells it from others"""
    return {"local_ports": [f"port{n}-{i:08}" for i in range(32)],
            "local": [f"10.{n}.{i}.0/24" for i in range(128)] + [f"fd00:{n}:{i:x}::/48" for i in range(1, 129)],
            "exempt": [f"192.0.{n}.{i}/32" for i in range(256)],
            "exempt_ports": [n, *range(1000, 1063)],
            "exempt_macs": [f"02:00:00:00:{n:02x}:{i:02x}" for i in range(64)]}


for head in most(1), {"exempt": most(2)["exempt"][:33]}, {"local": most(3)["local"][:32]}, {"exempt_ports": [5]}:
    generation = gw.install("observe", **head)["generation"]
    expect("told as it was installed", gw.sets(), dict.fromkeys(most(0), []) | head | {"generations": {generation}})
gw.install("observe", [{"name": "n", "app": ["bittorrent"], "verdict": "drop"}], **most(1))
shown = json.loads(subprocess.run([os.environ["CTL"], "policy", "show", "-j"], check=True, capture_output=True).stdout)
expect("policy show", [shown["local"], shown["exempt"]],
       [{"ports": most(1)["local_ports"], "prefixes": most(1)["local"]},
        {"prefixes": most(1)["exempt"], "ports": most(1)["exempt_ports"], "macs": most(1)["exempt_macs"]}])
# a dump shows one policy, whatever is installed meanwhile
generation = gw.install("observe", **most(4))["generation"]
half = nl.Genl(rcvbuf=4096)
half.send(half.message(SETS, flags=nl.REQUEST | nl.DUMP))
for n in range(5, 15):
    gw.install("observe", **most(n))
expect("of one policy", nl.sets_of(half.finish()), most(4) | {"generations": {generation}})
half.send(half.message(SETS, flags=nl.REQUEST | nl.DUMP))
gw.set("observe")
half.close()

# -- content rules ----------------------------------------------------------------
def names_of(n):
    return [f"content {i}" for i in range(n)]


expect("of none", (gw.content(), "content_rules" in gw.policy_head()), ([], False))
many = [(2 << i % 8, ("pass", "drop", "reset")[i % 3], i % 2) for i in range(256)]
for rules in many[:1], many[:3], many:
    blob = nl.content_of(rules)
    told = gw.install("observe", content=(blob, names_of(len(rules))))
    expect("told in short", (told["content_size"], told["content_rules"]), (len(blob), len(rules)))
    expect("told as they were installed", gw.content(),
           [{"number": i, "name": f"content {i}", "verdict": nl.VERDICTS.index(verdict),
             "objects": 0, "would_objects": 0} | ({"observe": 0} if observe else {})
            for i, (_, verdict, observe) in enumerate(rules)])
# byte by byte, in as many messages
gw.call(BEGIN, begin("observe", content_size=len(two)))
for i in range(len(two)):
    gw.call(ADD, attr(CONTENT, two[i:i + 1]) + (attr(CONTENT_NAME, f"n{i}") if i < 2 else attr(CONTENT)))
gw.call(COMMIT)
expect("in pieces", [c["name"] for c in gw.content()], ["n0", "n1"])
# a dump shows one policy
gw.install("observe", content=(nl.content_of(many), names_of(256)))
half = nl.Genl(rcvbuf=4096)
half.send(half.message(CONTENTS, flags=nl.REQUEST | nl.DUMP))
gw.install("observe")
expect("content rules of one policy", len(half.finish()), 256)
expect("the next has none", gw.content(), [])
# what the command makes of a text: keywords and ids, some megabytes
text = "\n".join([
    'mode = "observe"', "[[content]]", 'name = "words"', 'verdict = "drop"',
    "match = { keyword = [%s] }" % ", ".join(f'"keyword {i * 2654435761 % 2**32:08x}"' for i in range(20000)),
    "[[content]]", 'name = "ids"', 'verdict = "reset"', 'mode = "observe"',
    "match = { id = [%s] }" % ", ".join(f'"urn:btih:{i:040x}"' for i in range(50000))]) + "\n"


def ctl(*words):
    return subprocess.run([os.environ["CTL"], "policy", *words], input=text, check=True, capture_output=True, text=True).stdout


expect("loaded", ctl("load", "-f", "-").startswith("mode observe, 0 rules, 2 content rules, "), True)
large = gw.policy_head()
check(f"it is large: {large['content_size']}", large["content_size"] > 3 << 20)
shown = json.loads(ctl("show", "-j"))["content"]
expect("shown", [(c["name"], c["verdict"], c["mode"]) for c in shown],
       [("words", "drop", "enforce"), ("ids", "reset", "observe")])
for _ in range(8):
    ctl("load", "-f", "-")
# eight drafts that never come to an end, and go with their sockets
drafts = [nl.Genl() for _ in range(9)]
for one in drafts[:8]:
    one.call(BEGIN, begin("observe", content_size=32 << 20))
try:
    drafts[8].call(BEGIN, begin("observe", content_size=8))
    fail("a ninth draft")
except Refused as e:
    expect("a ninth draft", e.err, E.EBUSY)
for one in drafts:
    one.close()
# some bits of two, and of what the kernel would have to follow
rng = random.Random(20070326)
good = bad = 0
for _ in range(int(os.environ["MUTATIONS"]) // 4):
    blob = bytearray(nl.content_of(many[:rng.choice((1, 2, 9))]))
    for _ in range(rng.choice((1, 1, 2, 4))):
        blob[rng.randrange(len(blob))] ^= 1 << rng.randrange(8)
    try:
        contents(bytes(blob), *names_of(blob[12] if blob[12] < 200 else 0))()
        gw.content()
        good += 1
    except Refused as e:
        check(f"a reason is given for {e}", e.err == E.EINVAL and e.text)
        bad += 1
check(f"spoilt content rules: {good} taken, {bad} refused", good > 10 and bad > 100)
gw.set("observe")

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
full = rule({"name": "n", "app": ["bittorrent"], "category": ["p2p"], "vlan": [(1, 9)], "mark": 1,
             "mask": 3, "schedule": 1, "scan": 1, "verdict": "drop", "observe": True})
valid = [(BEGIN, begin("enforce", 2, 2, "drop", "drop", bytes(32), ("pa",), ("10.0.0.0/8",),
                       ("fd00::/8",), (5,), ("02:00:00:00:00:01",))), (BEGIN, begin("observe", 1)),
         (BEGIN, mode), (ADD, full), (ADD, drop + full), (ADD, attr(HOSTS, host("10.0.0.0/8"))),
         (ADD, attr(SCHEDULE, struct.pack("2q", 5, 9))), (COMMIT, b""), (CONFIRM, b""),
         (COMMIT, u32(K["A_POLICY_TRIAL"], 1)), (BEAT, b""), (DETACH, b""), (RULES, b""), (SETS, b""), (CONTENTS, b""),
         (BEGIN, begin("observe", content_size=len(two))), (ADD, attr(CONTENT, two) + attr(CONTENT_NAME, "a")),
         (ATTACH, u32(K["A_HELPER_ABI"], 1)), (NET, u8(K["A_NET_ENABLED"], 1)), (FLOW, attr(K["A_FLOW_APP"], "bittorrent")),
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
                                 (nl.DUMP if cmd in (FLOW, APP, RULES, SETS, CONTENTS) else 0)))
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
