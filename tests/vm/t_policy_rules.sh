# SPDX-License-Identifier: GPL-2.0-only
# Every field of a rule, every verdict, modifier and mode: what the module does
# with packets is compared with a plain reading of the rules, on policies and
# flows drawn at random.
. "$(dirname "$0")/lib.sh"

bridge_up
load timeout_udp=600 timeout_tcp_closed=600
silent
POLICIES=${KP2PADM_POLICIES:-80} py <<'PY'
from lab import *
import random
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
seed = int(os.environ.get("SEED", "20070326"))
rng = random.Random(seed)
WEB = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(200)
HOSTS = ["10.1.0.1", "10.1.0.2", "10.1.7.1", "10.2.0.1", "192.0.2.9"]
HOSTS6 = ["fd01::1", "fd01::2", "fd01:0:0:7::1", "fd02::1", "2001:db8::9"]


class Flow:
    """one flow: its first packets are sent here, others by packet()"""

    def __init__(self, n):
        self.v6 = n % 3 == 2
        hosts = HOSTS6 if self.v6 else HOSTS
        self.src, self.dst = rng.sample(hosts, 2)
        self.sport = 1000 + n
        self.vid = rng.choice((0, 0, 5, 10, 20))
        self.back = rng.random() < .3  # b began it
        self.app = rng.choice(("bittorrent", "unknown", None))  # None: not decided yet
        self.seq = 1
        self.start()

    def frame(self, flags, data=b"", seq=None):
        me, to = (b, a) if self.back else (a, b)
        seg = tcp(self.src, self.dst, self.sport, 80, flags, self.seq if seq is None else seq, 1, data)
        frame = me.to(to, ip(self.src, self.dst, TCP, seg), kind_of(self.src))
        if self.vid:
            frame = frame[:12] + struct.pack("!HH", 0x8100, self.vid) + frame[12:]
        return frame

    def start(self):
        self.send(self.frame(SYN, seq=0))
        if self.app:
            self.send(self.frame(PSH | ACK, HANDSHAKE if self.app == "bittorrent" else WEB))
            self.seq += 300
        if self.app == "unknown":
            for _ in range(14):  # until every protocol has had enough
                self.send(self.frame(PSH | ACK, WEB))
                self.seq += len(WEB)

    def send(self, frame):
        me, to = (b, a) if self.back else (a, b)
        to.drain()  # resets that it was sent
        return len(offer(me, [frame], to))

    def passes(self):
        """does one more packet without payload pass?"""
        return bool(self.send(self.frame(ACK)))


# -- the rules, read plainly --------------------------------------------------------

def inside_of(address, prefixes):
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(p) for p in prefixes
               if ipaddress.ip_network(p).version == ipaddress.ip_address(address).version)


def direction(flow, head):
    ports = head.get("local_ports", ())
    came, went = ("pb", "pa") if flow.back else ("pa", "pb")
    src = came in ports or inside_of(flow.src, head.get("local", ()))
    dst = went in ports or inside_of(flow.dst, head.get("local", ()))
    return {(1, 0): "out", (0, 1): "in", (1, 1): "local", (0, 0): "transit"}[src, dst]


def matches(rule, flow, head, holding):
    """True, False, or None: it depends on the application"""
    if "host" in rule and not (inside_of(flow.src, rule["host"]) or inside_of(flow.dst, rule["host"])):
        return False
    if "vlan" in rule and not any(x <= flow.vid <= y for x, y in rule["vlan"]):
        return False
    if "direction" in rule and direction(flow, head) not in rule["direction"]:
        return False
    if "schedule" in rule and rule["schedule"] not in holding:
        return False
    asks = any((rule.get("app"), rule.get("category"), rule.get("confidence"), "encrypted" in rule))
    if asks and flow.app is None:
        return None
    if rule.get("app") and flow.app not in rule["app"]:
        return False
    if rule.get("category") and ("p2p" if flow.app == "bittorrent" else "none") not in rule["category"]:
        return False
    if rule.get("confidence", 0) > (100 if flow.app == "bittorrent" else 0):
        return False
    return not rule.get("encrypted")  # nothing here is


def reading(flow, rules, head, holding, mode):
    """(passes, deciding rule, observing rule's (number, verdict), marking rule)"""
    if flow.src in head.get("exempt_hosts", ()) or flow.dst in head.get("exempt_hosts", ()):
        return True, None, None, None
    verdict = decided = would = marker = None
    open_mark = True
    for n, rule in enumerate(rules):
        hit = matches(rule, flow, head, holding)
        if hit is False:
            continue
        if "verdict" in rule and verdict is None:
            if rule.get("observe"):
                if would is None:
                    would = (n, rule["verdict"]) if hit else (None, None)
            else:
                verdict = rule["verdict"] if hit else "open"
                decided = n if hit else None
        if "mark" in rule and open_mark and not rule.get("observe"):
            open_mark, marker = False, n if hit else None
    if verdict is None and flow.app == "bittorrent":
        verdict = head.get("default")
    stops = verdict in ("drop", "reset")
    if would and would[0] is None:
        would = None
    return (not stops or mode == "observe"), decided, would, marker


# -- drawing ------------------------------------------------------------------------

def some(choices, most):
    return rng.sample(choices, rng.randint(1, most))


def draw_rule(n):
    rule = {"name": f"rule {n}"}
    if rng.random() < .4:
        rule["app"] = ["bittorrent"]
    if rng.random() < .2:
        rule["category"] = some(["none", "p2p", "im"], 2)
    if rng.random() < .2:
        rule["confidence"] = rng.choice((1, 60, 100))
    if rng.random() < .1:
        rule["encrypted"] = rng.random() < .3
    if rng.random() < .5:
        rule["host"] = some(["10.0.0.0/8", "10.1.0.0/16", "10.1.0.1/32", "10.1.7.0/24", "0.0.0.0/0", "fd01::/16",
                             "fd01::/64", "fd01::2/128", "::/0", "192.0.2.0/25", "10.2.0.1/32"], 4)
    if rng.random() < .3:
        rule["direction"] = some(["out", "in", "local", "transit"], 2)
    if rng.random() < .3:
        rule["vlan"] = some([(0, 0), (5, 5), (4, 12), (20, 4094)], 2)
    if rng.random() < .2:
        rule["schedule"] = rng.randint(1, 3)
    if rng.random() < .8:
        rule["verdict"] = rng.choice(("pass", "drop", "drop", "reset"))
    if rng.random() < .25 or "verdict" not in rule:
        rule["mark"] = rng.randrange(1, 1 << 16)
    if rng.random() < .2:
        rule["observe"] = True
    return rule


now = int(time.time())
SCHEDULES = ((now - 100,), (now + 86400,), (now - 900, now - 800, now - 700, now + 86400))
HOLDING = {1, 3}
flows = [Flow(n) for n in range(30)]
decided = {f["sport"]: f["app"] for f in gw.flows()}
for flow in flows:
    expect(f"flow {flow.sport}", decided[flow.sport], flow.app or "unknown")
expect("decided", sorted(f["sport"] for f in gw.flows() if not f["flags"] & 1),
       [f.sport for f in flows if f.app is None])

stopped = passed = 0
for turn in range(int(os.environ["POLICIES"])):
    head, exempt = {}, ()
    if rng.random() < .5:
        head["default"] = rng.choice(("drop", "pass", "reset"))
    if rng.random() < .6:
        head["local"] = some(["10.1.0.0/16", "fd01::/32", "192.0.2.9/32", "10.2.0.0/16"], 3)
    if rng.random() < .3:
        head["local_ports"] = [rng.choice(("pa", "pb"))]
    if rng.random() < .2:
        exempt = some(HOSTS + HOSTS6, 2)
    mode = rng.choice(("enforce", "enforce", "enforce", "observe"))
    rules = [draw_rule(n) for n in range(rng.choice((0, 1, 3, 8, 30)))]
    gw.install(mode, rules, schedules=SCHEDULES,
               exempt=[f"{h}/{128 if ':' in h else 32}" for h in exempt], **head)
    head["exempt_hosts"] = exempt
    expect("rules as told", [{k: v for k, v in r.items() if k not in nl.COUNTS} for r in gw.rules()],
           [nl.told(r) for r in rules])
    for flow in rng.sample(flows, 12):
        want, rule, would, marker = reading(flow, rules, head, HOLDING, mode)
        got = flow.passes()
        [told] = [f for f in gw.flows() if f["sport"] == flow.sport]
        case = f"seed {seed}, policy {turn}: {mode} {head} {rules}; flow {vars(flow)}: {told}"
        expect(f"passes; {case}", got, want)
        expect(f"by rule; {case}", told.get("rule"), rule)
        expect(f"would; {case}", (told["would_rule"], nl.VERDICTS[told["would"]]) if "would_rule" in told else None,
               would)
        expect(f"marked by; {case}", told.get("mark_rule"), marker if want and mode == "enforce" else None)
        if not exempt:
            expect(f"direction; {case}", told["direction"], nl.DIRECTIONS[direction(flow, head)])
        stopped += not want
        passed += want
check(f"both happen: {stopped} stopped, {passed} passed", min(stopped, passed) > 50)
print(f"# {turn + 1} policies: {stopped} packets stopped, {passed} passed, as the rules read")

# -- a rule's own counters, by hand -----------------------------------------------------
gw.install("enforce", [
    {"name": "try", "app": ["bittorrent"], "verdict": "reset", "observe": True},
    {"name": "stop", "app": ["bittorrent"], "verdict": "drop"},
    {"name": "mark", "category": ["none"], "mark": 7}])
bt = [f for f in flows if f.app == "bittorrent"]
web = [f for f in flows if f.app == "unknown"]
for flow in bt + web:
    for _ in range(3):
        expect("passes", flow.passes(), flow in web)
rules = {r["name"]: r for r in gw.rules()}
size = {f: 60 if f.v6 else 40 for f in bt}
for name, want in (("try", (len(bt), 0, 3 * len(bt), 0)), ("stop", (len(bt), 3 * len(bt), 0, 0)),
                   ("mark", (0, 0, 0, 3 * len(web)))):
    got = rules[name]
    expect(name, (got["flows"], got["packets"], got["would_packets"], got["marked"]), want)
expect("bytes", rules["stop"]["bytes"], 3 * sum(size.values()))
expect("bytes that would", rules["try"]["would_bytes"], 3 * sum(size.values()))

# -- a schedule that begins and ends while packets come ---------------------------------
flow = web[0]
now = time.time()
begins, ends = int(now) + 3, int(now) + 6
gw.install("enforce", [{"name": "for three seconds", "schedule": 1, "verdict": "drop"}],
           schedules=((begins, ends),))
generation = gw.policy()["generation"]
expect("until", gw.policy_head()["until"], ends)
seen = []
while time.time() < ends + 2:
    at = time.time()
    seen.append((at, flow.passes()))
    time.sleep(.05)
check(f"before it begins: {seen}", all(p for at, p in seen if at < begins))
check(f"while it holds: {seen}", not any(p for at, p in seen if begins + 1 < at < ends))
check(f"behind its end: {seen}", all(p for at, p in seen if at > ends + 1))
expect("each has its generation", gw.policy()["generation"], generation + 2)

# -- a rule that asks for no application acts at the first packet -------------------------
gw.install("enforce", [{"name": "not these", "host": ["10.2.0.0/16"], "verdict": "drop"}])
syn = a.to(b, ip4("10.1.0.9", "10.2.0.9", TCP, tcp("10.1.0.9", "10.2.0.9", 9, 80, SYN)))
expect("its SYN", len(offer(a, [syn], b)), 0)
gw.install("enforce", [{"name": "p2p", "category": ["p2p"], "verdict": "pass"},
                       {"name": "not these", "host": ["10.2.0.0/16"], "verdict": "drop"}])
syn = a.to(b, ip4("10.1.0.9", "10.2.0.9", TCP, tcp("10.1.0.9", "10.2.0.9", 10, 80, SYN)))
expect("the SYN of what may be P2P", len(offer(a, [syn], b)), 1)
[told] = [f for f in gw.flows() if f["sport"] == 10]
check("its verdict is open", told["flags"] & nl.K["FLOW_OPEN"])

# -- exempt by port and by MAC address ------------------------------------------------------
everything = [{"name": "all", "verdict": "drop"}]
for head, sport, src, passes in (({}, 20, a, 0), ({"exempt_ports": (21,)}, 21, a, 1),
                                 ({"exempt_macs": (a.mac,)}, 22, a, 1),
                                 ({"exempt_macs": (b.mac,)}, 23, a, 1),
                                 ({"exempt_macs": ("02:00:00:00:00:77",)}, 24, a, 0)):
    gw.install("enforce", everything, **head)
    frames = [a.to(b, ip4("10.1.0.9", "10.2.0.9", TCP, tcp("10.1.0.9", "10.2.0.9", sport, 80, SYN))),
              a.to(b, ip4("10.1.0.9", "10.2.0.9", UDP, udp("10.1.0.9", "10.2.0.9", sport, 99, b"x")))]
    frames += [a.to(b, p) for p in fragments4("10.1.0.9", "10.2.0.9", TCP,
                                               tcp("10.1.0.9", "10.2.0.9", sport, 80, ACK, 1, 1, bytes(80)), 48, sport)]
    got = len(offer(a, frames, b))
    # a port says nothing of a later fragment, which has none
    expect(f"{head}", got, passes * (3 if "exempt_ports" in head else 5))
gw.install("observe")
PY
