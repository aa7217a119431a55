# SPDX-License-Identifier: GPL-2.0-only
# /proc/net/kp2padm: who may read, what stands there, in reads of any size,
# while flows come and go, and when the module goes.
. "$(dirname "$0")/lib.sh"

bridge_up
load
silent
P=/proc/net/kp2padm
is "directory" "$(stat -c '%A %U' $P)" 'dr-xr-xr-x root'
for f in counters:444 protocols:444 flows:440; do
	is "$f" "$(stat -c %a $P/${f%:*})" "${f#*:}"
	# shellcheck disable=SC2016
	refused bash -c 'echo 1 >"$1"' - "$P/${f%:*}" 2>/dev/null
done
is "files" "$(echo $P/*)" "$P/counters $P/flows $P/protocols"
is "flows, none yet" "$(cat $P/flows)" ""

py <<'PY'
from lab import *
import re
import nl

a, b = Port("a"), Port("b")
learn(a, b)
P = "/proc/net/kp2padm/"
LINE = re.compile(r"(tcp|udp) (\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+ "
                  r"(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+ vlan=\d+\.\d+ pppoe=\d+ "
                  r"app=[a-z0-9]+(/[a-z0-9]+)? decided=\d+ flags=(0|0x[0-9a-f]+)"
                  r"( packets=\d+ bytes=\d+){2}")


def flood(first, n):
    frames = []
    for i in range(first, first + n):
        src = f"10.9.{i >> 8 & 255}.{i & 255}"
        frames.append(a.to(b, ip4(src, "10.8.0.1", UDP, udp(src, "10.8.0.1", 5000, 5001, b"x" * 20))))
        if i % 8 == 0:
            frames.append(a.to(b, ip6(f"fd09::{i:x}", "fd08::1", TCP,
                                      tcp(f"fd09::{i:x}", "fd08::1", 5000, 80, PSH | ACK, 1, 1, HANDSHAKE)), IPV6))
    offer(a, frames, b)


def text(name, size):
    """the file in reads of @size bytes"""
    out = []
    fd = os.open(P + name, os.O_RDONLY)
    while True:
        part = os.read(fd, size)
        if not part:
            break
        out.append(part)
    os.close(fd)
    return b"".join(out).decode()


def right(what, lines):
    for line in lines:
        check(f"{what}: {line!r}", LINE.fullmatch(line))


flood(0, 800)
names = [line.split()[0] for line in text("counters", 4096).splitlines()]
expect("counters, as the header lists them", names, nl.COUNTERS)
protocols = text("protocols", 4096).splitlines()
expect("heading", protocols[0].split(), ["application", "variant", "l4", "category", "flows_named"])
for line in protocols[1:]:
    check(line, re.fullmatch(r"[a-z0-9]+ +[a-z0-9]+ +(tcp|udp) +(p2p|im|none) +\d+ *", line))
found = {(w[0], w[1], w[2]): int(w[4]) for w in map(str.split, protocols[1:])}
for (app, variant, l4), n in found.items():
    expect(f"flows that {app}/{variant}/{l4} found", n,
           sum(f["app"] == app and f.get("variant") == variant and f["l4"] == (6 if l4 == "tcp" else 17)
               for f in nl.Genl().flows()))
for name in "counters", "protocols", "flows":
    whole = text(name, 1 << 20)
    for size in 1, 2, 7, 100, 4096:
        check(f"{name} in reads of {size}", text(name, size) == whole)
lines = text("flows", 4096).splitlines()
expect("flows", len(lines), 900)
right("flows", lines)
expect("named", sum("app=bittorrent/tcp " in l and l.startswith("tcp [fd09::") for l in lines), 100)
fd = os.open(P + "flows", os.O_RDONLY)
whole = text("flows", 65536).encode()
for at in 5000, 0, 60000, 123, len(whole) - 3, len(whole) + 50:
    expect(f"flows from {at} on", os.pread(fd, 300, at), whole[at:at + 300])
os.close(fd)
PY
dd if=$P/counters bs=1 status=none | cmp - $P/counters

py <<'PY'
from lab import *
import re
import threading
a, b = Port("a"), Port("b")
stop, bad = threading.Event(), []
GOOD = re.compile(rb"(udp|tcp) \S+ \S+ vlan=0\.0 pppoe=0 app=\S+ decided=\d+ flags=\S+( packets=\d+ bytes=\d+){2}")


def reader(size):
    while not stop.is_set():
        fd = os.open("/proc/net/kp2padm/flows", os.O_RDONLY)
        data = b""
        while part := os.read(fd, size):
            data += part
        os.close(fd)
        bad.extend(l for l in data.splitlines() if not GOOD.fullmatch(l))


readers = [threading.Thread(target=reader, args=(n,), daemon=True) for n in (1000, 50000)]
for t in readers:
    t.start()
for i in range(4000):
    src = f"10.7.{i >> 8 & 255}.{i & 255}"
    a.send(a.to(b, ip4(src, "10.8.0.1", UDP, udp(src, "10.8.0.1", 5000, 5001, b"x" * 20))))
offer(a, [], b)
stop.set()
for t in readers:
    t.join()
expect("lines torn while flows come", bad[:3], [])
PY

# A reader that stays open neither stops the removal nor survives it.
python3 - <<'PY' &
import os, sys, time
fds = [os.open("/proc/net/kp2padm/" + n, os.O_RDONLY) for n in ("flows", "counters", "protocols")]
for fd in fds:
    os.read(fd, 100)
open("/tmp/reading", "w").close()
while not os.path.exists("/tmp/gone"):
    time.sleep(0.05)
for fd in fds:
    try:
        if os.read(fd, 100000):
            sys.exit("FAIL: what is gone can still be read")
    except OSError:
        pass
    os.close(fd)
PY
reader=$!
eventually 20 test -e /tmp/reading
timeout 30 rmmod kp2padm || fail "an open file keeps the module"
touch /tmp/gone
wait $reader
refused test -e $P
# and while they are being read
load
for _ in 1 2 3; do
	(while cat $P/counters $P/flows $P/protocols; do :; done >/dev/null 2>&1) &
	sleep 0.3
	timeout 30 rmmod kp2padm
	wait $!  || true
	load
done
