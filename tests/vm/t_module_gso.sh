# SPDX-License-Identifier: GPL-2.0-only
# Super packets: with offloads on the bridge carries skbs of up to 64 KiB, with
# payload in pages. They are counted as the packets and bytes that the wire
# carries, and their payload is read.
#
# The other count: the bridge's ports have their segmentation off, so behind the
# hook every super packet is cut, and a host's receive counters (minus 14 bytes
# of Ethernet a packet) are the wire's.
. "$(dirname "$0")/lib.sh"

bridge_up
load
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
for p in pa pb; do ethtool -K $p tso off gso off gro off tx-udp-segmentation off >/dev/null; done
for h in a b; do
	ip netns exec $h ethtool -K eth0 tx on sg on tso on gso on gro off tx-udp-segmentation on >/dev/null
	# no ARP and no ND amid the counting
	ip -n $h -6 addr flush dev eth0 scope link
done
ip -n a neigh replace $B4 lladdr "$(b cat /sys/class/net/eth0/address)" dev eth0 nud permanent
ip -n b neigh replace $A4 lladdr "$(a cat /sys/class/net/eth0/address)" dev eth0 nud permanent
nft -f - <<'NFT'
table bridge t {
	chain f {
		type filter hook forward priority 0;
		counter
	}
}
NFT
py <<'PY'
from lab import *
import fcntl
import json
import subprocess
import tempfile
import nl

gw = nl.Genl()
A4, B4 = "10.77.0.1", "10.77.0.2"


def received():
    packets = size = 0
    for ns in "ab":
        got = subprocess.run(["ip", "-n", ns, "-j", "-s", "link", "show", "eth0"],
                             capture_output=True, text=True, check=True).stdout
        rx = json.loads(got)[0]["stats64"]["rx"]
        packets, size = packets + rx["packets"], size + rx["bytes"]
    return packets, size - 14 * packets


def skbs():
    got = json.loads(subprocess.run(["nft", "-j", "list", "table", "bridge", "t"],
                                    capture_output=True, text=True, check=True).stdout)
    return next(e["counter"]["packets"] for r in got["nftables"] if "rule" in r
                for e in r["rule"]["expr"] if "counter" in e)


def ours():
    c = counters()
    return c["packets"], c["bytes"]


def stream(port, send):
    """send(socket) on a's side of a connection to b; what b got"""
    with inside("b"):
        server = socket.create_server((B4, port))
    with inside("a"):
        client = socket.create_connection((B4, port))
    peer, _ = server.accept()
    peer.settimeout(30)
    pid = os.fork()
    if not pid:
        try:
            send(client)
            client.close()
        finally:
            os._exit(0)
    client.close()
    got = bytearray()
    while part := peer.recv(1 << 20):
        got += part
    os.waitpid(pid, 0)
    peer.close()
    server.close()
    return bytes(got)


def settle():
    last = None
    while last != (last := received()):  # the last ACK arrives
        time.sleep(0.3)


def compare(what, act, factor):
    settle()
    wire, mine, bunches = received(), ours(), skbs()
    act()
    settle()
    wire = tuple(x - y for x, y in zip(received(), wire))
    mine = tuple(x - y for x, y in zip(ours(), mine))
    expect(f"{what}: packets and bytes", mine, wire)
    bunches = skbs() - bunches
    check(f"{what}: {mine[0]} packets in {bunches} skbs are no super packets", bunches * factor < mine[0])
    print(f"# {what}: {mine[0]} packets, {mine[1]} bytes, {bunches} skbs")


def flow(port):
    [f] = [f for f in gw.flows() if f["dport"] == port]
    return f


DATA = HANDSHAKE + bytes(range(256)) * 4000


def at_once(sock):
    # corked: the handshake is the head of a packet of many segments
    sock.setsockopt(socket.IPPROTO_TCP, 3, 1)
    sock.sendall(DATA)


def from_pages(sock):
    with tempfile.TemporaryFile() as f:
        f.write(DATA)
        f.flush()
        sock.setsockopt(socket.IPPROTO_TCP, 3, 1)
        at = 0
        while at < len(DATA):
            at += os.sendfile(sock.fileno(), f.fileno(), at, len(DATA) - at)


def from_pipe(sock):
    r, w = os.pipe()
    libc.splice.restype = ctypes.c_ssize_t
    at = 0
    while at < len(DATA):
        n = os.write(w, DATA[at:at + 65536])
        at += n
        while n:
            n -= libc.splice(r, None, sock.fileno(), None, ctypes.c_size_t(n), 4)  # MORE


for port, (what, send) in enumerate({"send": at_once, "sendfile": from_pages,
                                     "splice": from_pipe}.items(), 7000):
    def act(port=port, send=send):
        check("it arrived", stream(port, send) == DATA)
    compare(what, act, 2)
    f = flow(port)
    expect(f"{what}: name", (f["app"], f.get("variant"), f["decided"] <= 50), ("bittorrent", "tcp", True))
    # the flow's own counters: all payload, and headers of 20 + 20 at least
    check("its bytes", f["bytes"] >= len(DATA) + 40 * f["packets"])

# UDP_SEGMENT: one send, fifty datagrams
def datagrams():
    with inside("b"):
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind((B4, 7200))
        sink.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    with inside("a"):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect((B4, 7200))
    s.setsockopt(socket.SOL_UDP if hasattr(socket, "SOL_UDP") else 17, 103, 1000)
    for _ in range(20):
        s.send(LSD.ljust(50000, b"\0"))
    sink.settimeout(10)
    expect("bytes", sum(len(sink.recv(65535)) for _ in range(1000)), 1000000)


compare("UDP_SEGMENT", datagrams, 10)
expect("its flow", (flow(7200)["app"], flow(7200)["packets"], flow(7200)["bytes"]),
       ("bittorrent", 1000, 1000 * 1028))

# they are read one by one, though the first is of nothing
PING = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"
with inside("b"):
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind((B4, 7201))
with inside("a"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((B4, 7201))
s.setsockopt(17, 103, len(PING))
bunches = skbs()
s.send(bytes(len(PING)) + PING * 9)
sink.settimeout(10)
expect("datagrams", [sink.recv(1000) for _ in range(10)], [bytes(len(PING))] + [PING] * 9)
expect("in one", skbs() - bunches, 1)
expect("their flow", (flow(7201)["app"], flow(7201).get("variant"), flow(7201)["packets"]),
       ("bittorrent", "dht", 10))

# A virtual machine's tap: what it sends says how it is to be cut, but not into
# how many packets.
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", b"tap0", 0x5002))  # TAP, NO_PI, VNET_HDR
subprocess.run("ip link set tap0 master br0 up", shell=True, check=True)
b = Port("b")


def super_packet():
    src = "10.77.0.9"
    seg = tcp(src, B4, 5, 7300, PSH | ACK, 1, 1, bytes(10000))
    frame = eth(b.mac, "02:00:00:00:00:09", IPV4, ip4(src, B4, TCP, seg))
    # csum: the pseudo header's sum, completed from byte 34 on, at 16 behind it
    pseudo = ~csum(addr(src) + addr(B4) + struct.pack("!BBH", 0, 6, len(seg))) & 0xffff
    frame = frame[:50] + struct.pack("!H", pseudo) + frame[52:]
    vnet = struct.pack("=BBHHHH", 1, 1, 54, 1000, 34, 16)
    os.write(tap, vnet + frame)


subprocess.run("ip netns exec b nft -f -", shell=True, check=True, text=True,
               input="table ip t { chain i { type filter hook prerouting priority -300; ip saddr 10.77.0.9 drop\n}\n}\n")
eventually(10, "the tap is up", lambda: "state forwarding" in subprocess.run(
    ["bridge", "link", "show", "dev", "tap0"], capture_output=True, text=True).stdout)
compare("tap", super_packet, 5)
expect("its flow", [(f["packets"], f["bytes"]) for f in gw.flows() if f["dport"] == 7300], [(10, 10400)])

# enforced: the first super packet is dropped whole, and counted as what it is
gw.set("enforce", bittorrent="drop")
before = counters()
with inside("b"):
    server = socket.create_server((B4, 7100))
with inside("a"):
    client = socket.create_connection((B4, 7100))
peer, _ = server.accept()
client.setsockopt(socket.IPPROTO_TCP, 3, 1)
client.setblocking(False)
client.send(DATA)
eventually(10, "dropped", lambda: counters()["dropped"] > before["dropped"])
peer.settimeout(1)
try:
    fail(f"{len(peer.recv(100))} bytes arrived")
except TimeoutError:
    pass
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
for s in client, peer, server:
    s.close()
PY
