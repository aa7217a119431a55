# SPDX-License-Identifier: GPL-2.0-only
# Beside a rule that queues the bridge's packets to user space: they come to us
# afterwards, in process context, while others come in softirq.
. "$(dirname "$0")/lib.sh"

bridge_up
load max_flows=4096
silent
nft -f - <<'NFT'
table bridge t {
	chain f {
		type filter hook forward priority 0;
		ether type ip udp dport 7001 queue num 5
	}
}
NFT
py <<'PY'
from lab import *
import threading
import nl

# nfnetlink_queue: message 2 configures, 0 is a packet, 1 a verdict
CONFIG, PACKET, VERDICT = 0x302, 0x300, 0x301
q = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
q.bind((0, 0))
q.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
q.settimeout(1)


def ask(kind, body, flags=nl.REQUEST):
    body = struct.pack("!BBH", 0, 0, 5) + body
    q.send(struct.pack("IHHII", 16 + len(body), kind, flags, 0, 0) + body)


ask(CONFIG, nl.attr(1, struct.pack("!BxH", 1, 7)))         # bind, for AF_BRIDGE
ask(CONFIG, nl.attr(2, struct.pack("!IB", 0, 1)))          # no payload
ask(CONFIG, nl.attr(3, struct.pack("!I", 65535)))          # as long a queue
seen, stop = 0, threading.Event()


def serve():
    global seen
    while not stop.is_set():
        try:
            data = q.recv(1 << 16)
        except TimeoutError:
            continue
        at = 0
        while at + 16 <= len(data):
            size, kind = struct.unpack_from("IH", data, at)
            if kind == PACKET:
                packet = dict(nl.attrs(data[at + 20:at + size]))[1][:4]
                ask(VERDICT, nl.attr(2, struct.pack("!I", 1) + packet))
                seen += 1
            elif kind == nl.NLMSG_ERROR and struct.unpack_from("i", data, at + 16)[0]:
                fail(f"nfnetlink: {struct.unpack_from('i', data, at + 16)[0]}")
            at += (size + 3) & ~3


server = threading.Thread(target=serve, daemon=True)
server.start()
a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
A, B, N = "10.9.0.1", "10.9.0.2", 1000


def frame(sport, dport, data):
    return a.to(b, ip4(A, B, UDP, udp(A, B, sport, dport, data)))


# queued and not queued by turns: the same flows' table, the same CPU's counters
with Counted() as n:
    offer(a, [frame(1 + i % 40, 7001 + i % 2, b"nothing known") for i in range(N)], b)
    eventually(30, "every queued packet was seen", lambda: seen == N // 2)
    eventually(30, "and went on", lambda: counters()["packets"] - n.before["packets"] > N)
n.expect("both", packets=N, flows_created=40, flows_refused=40)
gw.set("enforce", bittorrent="drop")
with Counted() as n:
    offer(a, [frame(100, 7001, LSD)] * 3, b)
    eventually(30, "dropped behind the queue", lambda: counters()["dropped"] == 3)
n.expect("enforced", packets=3, flows_created=1, flows_named=1, dropped=3,
         dropped_bytes=3 * (28 + len(LSD)))
stop.set()
server.join()
PY
nft delete table bridge t
