#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The module's generic netlink family, spoken byte by byte.

Own code on an AF_NETLINK socket, so that a test can send what no library
would. Numbers come from include/uapi/linux/kp2padm.h. As a program:

    nl.py status | stats | apps | flows [APP] | policy | rules | content | sets
    nl.py enable | disable | set observe|enforce [APP=pass|drop|reset ...]
"""
import errno
import ipaddress
import json
import os
import re
import socket
import struct
import sys

NETLINK_GENERIC = 16
SOL_NETLINK = 270
CAP_ACK, EXT_ACK, GET_STRICT = 10, 11, 12
REQUEST, MULTI, ACK, ECHO, DUMP = 1, 2, 4, 8, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
CAPPED, ACK_TLVS = 0x100, 0x200
GENL_ID_CTRL, CTRL_GETFAMILY, CTRL_A_ID, CTRL_A_NAME = 16, 3, 1, 2
NESTED = 0x8000


def _constants():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../../include/uapi/linux/kp2padm.h")) as f:
        text = f.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    counters = re.findall(r'\bX\((\w+), (\w+),\s*"', text)
    value = {name: int(n) for name, n in re.findall(r"#define KP2PADM_(\w+) (\d+)\b", text)}
    for body in re.findall(r"enum \w+ \{(.*?)\};", text, flags=re.S):
        body = re.sub(r"#define.*|#undef.*", "", body)
        body = body.replace(
            "KP2PADM_COUNTERS(KP2PADM_X)",
            "".join(f"KP2PADM_A_STATS_{i},\n" for i, _ in counters))
        n = -1
        for item in body.split(","):
            item = item.strip()
            if not item:
                continue
            name, _, expr = item.partition("=")
            # nothing but shifts of numbers stands there
            n = int(eval(expr, {"__builtins__": {}})) if expr else n + 1
            value[name.strip().removeprefix("KP2PADM_")] = n
    return value, [name for _, name in counters]


K, COUNTERS = _constants()


def attr(kind, data=b""):
    if isinstance(data, str):
        data = data.encode() + b"\0"
    head = struct.pack("HH", 4 + len(data), kind)
    return head + data + b"\0" * (-len(data) % 4)


def u8(kind, n):
    return attr(kind, bytes([n]))


def nest(kind, data):
    return attr(kind | NESTED, data)


def attrs(data):
    """[(type, bytes)] of a run of attributes"""
    out, at = [], 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("HH", data, at)
        if size < 4:
            break
        out.append((kind & 0x3fff, data[at + 4:at + size]))
        at += (size + 3) & ~3
    return out


class Refused(Exception):
    def __init__(self, err, text):
        super().__init__(f"{errno.errorcode.get(err, err)}: {text}")
        self.err, self.text = err, text


class Genl:
    """A socket to the gateway of the namespace it is opened in"""

    def __init__(self, rcvbuf=None):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.settimeout(60)
        for opt in CAP_ACK, EXT_ACK, GET_STRICT:
            self.sock.setsockopt(SOL_NETLINK, opt, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.bind((0, 0))
        self.seq = 0
        got = self.call(CTRL_GETFAMILY, attr(CTRL_A_NAME, "kp2padm"), kind=GENL_ID_CTRL)
        self.family = struct.unpack("H", dict(got[0])[CTRL_A_ID])[0]

    def close(self):
        self.sock.close()

    def message(self, cmd, body=b"", flags=REQUEST | ACK, kind=None, version=1, reserved=0):
        self.seq += 1
        if kind is None:
            kind = self.family
        body = struct.pack("BBH", cmd, version, reserved) + body
        return struct.pack("IHHII", 16 + len(body), kind, flags, self.seq, 0) + body

    def send(self, raw):
        self.sock.sendto(raw, (0, 0))

    def answers(self, seq=None):
        """yields (type, flags, payload) until the answer ends"""
        seq = self.seq if seq is None else seq
        while True:
            data, at = self.sock.recv(1 << 18), 0
            while at + 16 <= len(data):
                size, kind, flags, got, _ = struct.unpack_from("IHHII", data, at)
                if got == seq:
                    yield kind, flags, data[at + 16:at + size]
                    if kind in (NLMSG_ERROR, NLMSG_DONE):
                        return
                at += (size + 3) & ~3

    @staticmethod
    def _error(flags, payload):
        err = -struct.unpack_from("i", payload)[0]
        text = ""
        if flags & ACK_TLVS:
            at = 4 + (16 if flags & CAPPED else struct.unpack_from("I", payload, 4)[0])
            for kind, data in attrs(payload[at:]):
                if kind == 1:
                    text = data.rstrip(b"\0").decode()
        return err, text

    def finish(self, seq=None):
        """the answer to what was sent: its messages' attributes, or Refused"""
        out = []
        for kind, flags, payload in self.answers(seq):
            if kind == NLMSG_ERROR:
                err, text = self._error(flags, payload)
                if err:
                    raise Refused(err, text)
            elif kind == NLMSG_DONE:
                # an error in mid-dump comes in the end's payload
                err = -struct.unpack_from("i", payload)[0] if len(payload) >= 4 else 0
                text = ""
                if flags & ACK_TLVS:
                    text = dict(attrs(payload[4:])).get(1, b"").rstrip(b"\0").decode()
                if err:
                    raise Refused(err, text)
            else:
                out.append(attrs(payload[4:]))
        return out

    def call(self, cmd, body=b"", dump=False, **kw):
        flags = REQUEST | (DUMP if dump else ACK)
        self.send(self.message(cmd, body, **({"flags": flags} | kw)))
        return self.finish()

    # -- what the requests say ------------------------------------------

    def status(self):
        return _decode("A_STATUS_", self.call(K["CMD_STATUS_GET"])[0])

    def stats(self):
        return _decode("A_STATS_", self.call(K["CMD_STATS_GET"])[0])

    def apps(self):
        got = self.call(K["CMD_APP_GET"], dump=True)
        return {f["name"]: f for f in (_decode("A_APP_", m) for m in got)}

    def flows(self, app=None):
        body = attr(K["A_FLOW_APP"], app) if app else b""
        return [_decode("A_FLOW_", m) for m in self.call(K["CMD_FLOW_GET"], body, dump=True)]

    def policy(self):
        """mode, generation, and the verdict of each rule that does not let pass"""
        got = self.policy_head()
        return {"mode": got["mode"], "generation": got["generation"],
                "entry": {r["name"]: r["verdict"] for r in self.rules() if r.get("verdict")}}

    def policy_head(self):
        return _decode("A_POLICY_", self.call(K["CMD_POLICY_GET"])[0])

    def rules(self):
        got = self.call(K["CMD_RULE_GET"], dump=True)
        return [_decode("A_RULE_", m) for m in got]

    def content(self):
        got = self.call(K["CMD_CONTENT_GET"], dump=True)
        return [_decode("A_CONTENT_", m) for m in got]

    def sets(self):
        """what begin() was told of sets, and the generation"""
        return sets_of(self.call(K["CMD_POLICY_SET_GET"], dump=True))

    def enable(self, on=True):
        self.call(K["CMD_NET_SET"], u8(K["A_NET_ENABLED"], int(on)))

    def set(self, mode, **verdicts):
        """a rule for each application, named after it"""
        return self.install(mode, [{"name": app, "app": [app], "verdict": verdict}
                                   for app, verdict in verdicts.items()])

    def install(self, mode, rules=(), trial=None, schedules=(), **head):
        """a whole policy, as rule(), hosts_of() and begin() say it; returns what is then in force"""
        return self.put(requests(mode, rules, trial, schedules, **head))

    def put(self, requests):
        """a policy by its requests(); returns what is then in force"""
        for cmd, body in requests:
            got = self.call(cmd, body)
        return _decode("A_POLICY_", got[0])

    # -- events ------------------------------------------------------------

    def listen(self):
        """from now on events() has something to tell"""
        got = self.call(CTRL_GETFAMILY, attr(CTRL_A_NAME, "kp2padm"), kind=GENL_ID_CTRL)
        groups = attrs(dict(got[0])[7])
        group = struct.unpack("I", dict(attrs(groups[0][1]))[2])[0]
        self.sock.setsockopt(SOL_NETLINK, 1, group)

    def events(self, seconds):
        """what is told within that time"""
        out = []
        self.sock.settimeout(seconds)
        try:
            while True:
                data = self.sock.recv(1 << 18)
                event = _decode("A_EVENT_", attrs(data[20:]))
                for name in "flow", "policy":
                    if name in event:
                        event[name] = _decode(f"A_{name.upper()}_", attrs(event[name]))
                out.append(event)
        except TimeoutError:
            pass
        self.sock.settimeout(60)
        return out


VERDICTS = ("pass", "drop", "reset")
DIRECTIONS = {"out": 1, "in": 2, "local": 4, "transit": 8}
CATEGORIES = {"none": 1, "p2p": 2, "im": 4}


def u32(kind, n):
    return attr(kind, struct.pack("I", n))


def prefix(text):
    """struct kp2padm_prefix"""
    net = ipaddress.ip_network(text)
    return bytes([net.version, net.prefixlen]) + net.network_address.packed.ljust(16, b"\0")


def hosts_of(rules):
    """[struct kp2padm_host], in order, of the rules' "host" lists"""
    every = {(p[:2], p[2:], n) for n, r in enumerate(rules) for p in map(prefix, r.get("host", []))}
    return [head + addr + struct.pack("H", n) for head, addr, n in sorted(every)]


def begin(mode, rules=0, hosts=0, default=None, helper_loss=None, ident=None, local_ports=(),
          local=(), exempt=(), exempt_ports=(), exempt_macs=(), content_size=0, conflict=None,
          unread=None):
    body = u8(K["A_POLICY_MODE"], K["MODE_" + mode.upper()])
    body += u32(K["A_POLICY_RULES"], rules) + u32(K["A_POLICY_HOST_COUNT"], hosts)
    if default:
        body += u8(K["A_POLICY_DEFAULT"], K["VERDICT_" + default.upper()])
    if helper_loss:
        body += u8(K["A_POLICY_HELPER_LOSS"], K["VERDICT_" + helper_loss.upper()])
    if conflict:
        body += u8(K["A_POLICY_CONFLICT"], K["VERDICT_" + conflict.upper()])
    if unread:
        body += u8(K["A_POLICY_UNREAD"], K["VERDICT_" + unread.upper()])
    if ident:
        body += attr(K["A_POLICY_ID"], ident)
    for port in local_ports:
        body += attr(K["A_POLICY_LOCAL_PORT"], port)
    body += attr(K["A_POLICY_LOCAL_PREFIX"], b"".join(map(prefix, local))) if local else b""
    body += attr(K["A_POLICY_EXEMPT_PREFIX"], b"".join(map(prefix, exempt))) if exempt else b""
    if exempt_ports:
        body += attr(K["A_POLICY_EXEMPT_PORT"], struct.pack(f"{len(exempt_ports)}H", *exempt_ports))
    if exempt_macs:
        body += attr(K["A_POLICY_EXEMPT_MAC"], b"".join(bytes.fromhex(m.replace(":", ""))
                                                        for m in exempt_macs))
    if content_size:
        body += u32(K["A_POLICY_CONTENT_SIZE"], content_size)
    return body


def sets_of(messages):
    """the parts of a POLICY_SET_GET's answer, put together"""
    out = {name: [] for name in ("local_ports", "local", "exempt", "exempt_ports", "exempt_macs")}
    for kind, data in [one for message in messages for one in message]:
        if kind == K["A_POLICY_LOCAL_PORT"]:
            out["local_ports"].append(data.rstrip(b"\0").decode())
        elif kind in (K["A_POLICY_LOCAL_PREFIX"], K["A_POLICY_EXEMPT_PREFIX"]):
            out["local" if kind == K["A_POLICY_LOCAL_PREFIX"] else "exempt"] += [
                f"{ipaddress.ip_address(data[at + 2:at + (6 if data[at] == 4 else 18)])}/{data[at + 1]}"
                for at in range(0, len(data), 18)]
        elif kind == K["A_POLICY_EXEMPT_PORT"]:
            out["exempt_ports"] += struct.unpack(f"{len(data) // 2}H", data)
        elif kind == K["A_POLICY_EXEMPT_MAC"]:
            out["exempt_macs"] += [data[at:at + 6].hex(":") for at in range(0, len(data), 6)]
        elif kind == K["A_POLICY_GENERATION"]:
            out.setdefault("generations", set()).add(int.from_bytes(data, sys.byteorder))
    return out


def rule(r):
    """A rule as a dictionary: name, app [..], category [..], confidence, encrypted, direction
    [..], vlan [(first, last)], schedule, verdict, observe, mark, mask, priority, scan, audit"""
    body = attr(K["A_RULE_NAME"], r["name"])
    body += b"".join(attr(K["A_RULE_APP"], app) for app in r.get("app", []))
    for name, bits in ("category", CATEGORIES), ("direction", DIRECTIONS):
        if name in r:
            body += u8(K["A_RULE_" + name.upper()], sum(bits[x] for x in r[name]))
    for name in "confidence", "encrypted", "scan", "audit":
        if name in r:
            body += u8(K["A_RULE_" + name.upper()], int(r[name]))
    for name in "mark", "mask", "priority":
        if name in r:
            body += u32(K["A_RULE_" + name.upper()], r[name])
    if "vlan" in r:
        body += attr(K["A_RULE_VLAN"], b"".join(struct.pack("HH", *v) for v in r["vlan"]))
    if "schedule" in r:
        body += attr(K["A_RULE_SCHEDULE"], struct.pack("H", r["schedule"]))
    if "verdict" in r:
        body += u8(K["A_RULE_VERDICT"], K["VERDICT_" + r["verdict"].upper()])
    if r.get("observe"):
        body += attr(K["A_RULE_OBSERVE"])
    return nest(K["A_POLICY_RULE"], body)


def content_of(rules):
    """kmod/core/content_blob.h: content rules that ask for types alone, as [(types, verdict, observe)]"""
    terms = bytes([8]) * len(rules)  # P2P_FACT_TYPE
    body = b"".join(struct.pack("2Q4Q2B6x", 0, 0, *[1 << n % 64 if n // 64 == w else 0 for w in range(4)],
                                VERDICTS.index(verdict), observe) for n, (_, verdict, observe) in enumerate(rules))
    body += b"".join(struct.pack("QH6x", types, n) for n, (types, _, _) in enumerate(rules))
    body += terms + bytes(-len(terms) % 8)
    return struct.pack("14I", 0x43325032, 2, 56 + len(body), len(rules), 0, 0, 0, 0, len(rules), len(rules),
                       0, 0, 0, 0) + body


def requests(mode, rules=(), trial=None, schedules=(), content=None, **head):
    """[(command, attributes)] that install a policy; to be made once where it is installed often.
    content: (what content_of() makes, names)"""
    hosts = hosts_of(rules)
    blob, names = content or (b"", ())
    out = [(K["CMD_POLICY_BEGIN"], begin(mode, len(rules), len(hosts), content_size=len(blob), **head))]
    for moments in schedules:
        out.append((K["CMD_POLICY_ADD"], attr(K["A_POLICY_SCHEDULE"],
                                              struct.pack(f"{len(moments)}q", *moments))))
    for at in range(0, len(rules), 50):
        out.append((K["CMD_POLICY_ADD"], b"".join(map(rule, rules[at:at + 50]))))
    for at in range(0, len(hosts), 500):
        out.append((K["CMD_POLICY_ADD"], attr(K["A_POLICY_HOSTS"], b"".join(hosts[at:at + 500]))))
    for at in range(0, len(blob), 32768):
        out.append((K["CMD_POLICY_ADD"], attr(K["A_POLICY_CONTENT"], blob[at:at + 32768])))
    for at in range(0, len(names), 100):
        out.append((K["CMD_POLICY_ADD"], b"".join(attr(K["A_POLICY_CONTENT_NAME"], n) for n in names[at:at + 100])))
    return out + [(K["CMD_POLICY_COMMIT"], u32(K["A_POLICY_TRIAL"], trial) if trial else b"")]


def told(r):
    """What the module has to tell of rule(r), but for what it counts"""
    out = _decode("A_RULE_", attrs(rule(r)[4:]))
    if "mark" in out:
        out.setdefault("mask", 0xffffffff)
    if r.get("host"):
        out["by_host"] = 0  # a flag has no value
    return out


COUNTS = {"number", "active", "flows", "packets", "bytes", "would_packets", "would_bytes", "marked"}


def _decode(prefix, message):
    names = {n: k[len(prefix):].lower() for k, n in K.items()
             if k.startswith(prefix) and not k.startswith("__")}
    out = {}
    for kind, data in message:
        name = names.get(kind, str(kind))
        if name in ("src", "dst"):
            out[name] = str(ipaddress.ip_address(data))
        elif name in ("sport", "dport"):
            out[name] = struct.unpack("!H", data)[0]
        elif name in ("name", "app", "variant", "version", "rule_name"):
            out[name] = data.rstrip(b"\0").decode()
        elif name == "id" or prefix == "A_EVENT_" and name in ("flow", "policy"):
            out[name] = data
        elif name == "chains":
            out[name] = list(struct.unpack(f"{len(data) // 4}I", data))
        else:
            out[name] = int.from_bytes(data, sys.byteorder)
    return out


def main(what="status", *args):
    nl = Genl()
    if what in ("enable", "disable"):
        nl.enable(what == "enable")
    elif what == "set":
        nl.set(args[0], **dict(a.split("=") for a in args[1:]))
    elif what in ("status", "stats", "apps", "flows", "policy", "rules", "content", "sets"):
        print(json.dumps(getattr(nl, what)(*args), indent=1, default=list))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as e:
        sys.exit(f"refused: {e}")
