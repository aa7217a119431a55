# SPDX-License-Identifier: GPL-2.0-only
# A reset ends both ends at once, whatever the connection's state, IPv4 and
# IPv6, untagged, tagged, from an access port to a trunk, with two tags; else hears of it, and what follows is swallowed.
. "$(dirname "$0")/lib.sh"

bridge_up
host c pc 10.77.0.3 fd77::3
load timeout_tcp_closed=2

# ends ADDRESS-A ADDRESS-B WHAT: every state, between the two
ends() {
	A=$1 B=$2 WHAT=$3 py <<'PY'
from lab import *
import errno
import select
import threading
import nl

A, B, WHAT = os.environ["A"], os.environ["B"], os.environ["WHAT"]
FAMILY = socket.AF_INET6 if ":" in A else socket.AF_INET
gw = nl.Genl()
spy = Port("c")
BIT = [{"name": "no BitTorrent", "app": ["bittorrent"], "verdict": "reset"}]
HOST = [{"name": "not there", "host": [f"{B}/{128 if ':' in B else 32}"], "verdict": "reset"}]
port = 20000


def sockets():
    """a connection from a to b"""
    global port
    port += 1
    with inside("b"):
        server = socket.socket(FAMILY)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((B, port))
        server.listen()
    with inside("a"):
        client = socket.socket(FAMILY)
        client.settimeout(10)
        client.bind((A, 0))
        client.connect((B, port))
    served, _ = server.accept()
    server.close()
    return client, served


def error(sock, seconds=1.5):
    """what the socket reports, within that time; 0: nothing"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if got:
            return errno.errorcode[got]
        time.sleep(.01)
    return 0


def both_end(what, client, served, within=1.5):
    got = error(client, within), error(served, within)
    for end in got:
        check(f"{WHAT}, {what}: both ends report it: {got}", end in ("ECONNRESET", "EPIPE"))
    client.close()
    served.close()


def quiet():
    """acknowledgements that are still owed have passed"""
    time.sleep(.3)


def flushed():
    gw.install("observe")


def when_named(what, back=False):
    """reset when it is named: at its first payload"""
    gw.install("enforce", BIT)
    client, served = sockets()
    speaker = served if back else client
    speaker.send(HANDSHAKE)
    both_end(what, client, served)
    flushed()


def established(what, act, first=b"hello", within=1.5):
    """reset by a policy that comes later, when act() brings the next packet"""
    client, served = sockets()
    client.send(first)
    expect("it arrives", served.recv(100), first)
    served.send(b"you too")
    expect("it arrives", client.recv(100), b"you too")
    quiet()
    gw.install("enforce", HOST)
    act(client, served)
    both_end(what, client, served, within)
    flushed()


when_named("named by the first one's payload")


when_named("named by the second one's payload", back=True)
established("idle, then the first one speaks", lambda c, s: c.send(b"more"))
established("idle, then the second one speaks", lambda c, s: s.send(b"more"))
established("the first one closes", lambda c, s: c.shutdown(socket.SHUT_WR))


def keepalive(client, served):
    for name, value in (("SO_KEEPALIVE", 1),):
        served.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    served.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    served.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)


# its segment repeats the last number: what the other end expects is only known by its last ACK
established("idle, then a keepalive", keepalive, within=4)


def half(what):
    client, served = sockets()
    client.send(b"x")
    served.recv(10)
    served.shutdown(socket.SHUT_WR)
    expect("end of file", client.recv(10), b"")
    quiet()
    gw.install("enforce", HOST)
    client.send(b"more")
    both_end(what, client, served)
    flushed()


half("half closed")


def bulk(what, back):
    """in full flight: windows are on their way in one direction"""
    client, served = sockets()
    source, sink = (served, client) if back else (client, served)
    done = threading.Event()

    def push():
        try:
            while not done.is_set():
                source.send(bytes(60000))
        except OSError:
            pass

    def pull():
        try:
            while sink.recv(1 << 16):
                pass
        except OSError as e:
            pulled.append(errno.errorcode[e.errno])

    pulled = []
    threads = [threading.Thread(target=f, daemon=True) for f in (push, pull)]
    for t in threads:
        t.start()
    time.sleep(.4)
    gw.install("enforce", HOST)
    for t in threads:
        t.join(3)
        check(f"{WHAT}, {what}: an end hangs", not t.is_alive())
    expect(f"{WHAT}, {what}: the receiver is told", pulled, ["ECONNRESET"])
    done.set()
    source.close()
    sink.close()
    flushed()


bulk("in full flight", False)
bulk("in full flight, backwards", True)


def refused_at_once(what):
    """reset at the SYN: connect() says so at once"""
    gw.install("enforce", HOST)
    with inside("a"):
        client = socket.socket(FAMILY)
        client.settimeout(5)
        client.bind((A, 0))
        start = time.monotonic()
        try:
            client.connect((B, 9))
            fail("connected")
        except ConnectionRefusedError:
            pass
    check(f"{WHAT}, {what}: at once", time.monotonic() - start < 1)
    flushed()


refused_at_once("refused at its SYN")


def forget():
    """the bridge knows nobody any more, and floods"""
    with open("/sys/class/net/br0/bridge/flush", "w") as flush:
        flush.write("1")


def send_flooded(client, served):
    forget()
    client.send(b"more")


established("the bridge has forgotten where the other end is", send_flooded)


def spied():
    """what a third host has seen of the two so far"""
    frames = []
    while select.select([spy.sock], [], [], 0)[0]:
        frames.append(spy.sock.recv(1 << 17))
    return [f for f in frames if addr(B) in f[:80] and addr(A) in f[:80]]


# who is told nothing, though what is flooded comes there
spied_so_far = spied()
client, served = sockets()
client.send(b"hello")
served.recv(10)
quiet()
send_flooded(client, served)
expect("flooded", served.recv(10), b"more")
check(f"{WHAT}: a third host sees nothing of what is flooded", spied())
client.close()
served.close()
spied = spied_so_far
resets = [f for f in spied if f[-20 + 13] & RST and len(f) < 90]
expect(f"{WHAT}: a third host sees resets", len(resets), 0)

# what follows is swallowed
gw.install("enforce", BIT)
client, served = sockets()
before = counters()
client.send(HANDSHAKE)
both_end("once more", client, served)
now = counters()
expect(f"{WHAT}: flows reset", now["flows_reset"] - before["flows_reset"], 1)
check(f"{WHAT}: {now['resets_sent'] - before['resets_sent']} resets for one connection",
      2 <= now["resets_sent"] - before["resets_sent"] <= 8)
expect(f"{WHAT}: none failed", now["resets_failed"], 0)
flushed()
print(f"# {WHAT}: {now['resets_sent']} resets so far")
PY
}

for mode in on off; do
	offloads $mode
	ends $A4 $B4 "IPv4, offloads $mode"
	ends $A6 $B6 "IPv6, offloads $mode"
done

# -- tagged: a trunk on both sides, without and with filtering; access to trunk; two tags
link() { # NS DEV ID HOST [PROTOCOL]
	ip -n $1 link add link $2 name $2.$3 up type vlan protocol ${5-802.1Q} id $3
	[ -z "$4" ] || ip -n $1 addr add 10.78.0.$4/24 dev $2.$3
	[ -z "$4" ] || ip -n $1 addr add fd78::$4/64 dev $2.$3 nodad
}
link a eth0 10 1
link b eth0 10 2
eventually 10 a ping -c1 -W1 10.78.0.2
ends 10.78.0.1 10.78.0.2 "a trunk, not filtered"
ends fd78::1 fd78::2 "a trunk, not filtered, IPv6"
ip link set br0 type bridge vlan_filtering 1
for p in pa pb pc; do bridge vlan add dev $p vid 10; done
eventually 10 a ping -c1 -W1 10.78.0.2
ends 10.78.0.1 10.78.0.2 "a trunk"
ends fd78::1 fd78::2 "a trunk, IPv6"
ip -n a link del eth0.10
ip -n a addr add 10.78.0.1/24 dev eth0
ip -n a addr add fd78::1/64 dev eth0 nodad
bridge vlan add dev pa vid 10 pvid untagged
eventually 10 a ping -c1 -W1 10.78.0.2
ends 10.78.0.1 10.78.0.2 "access to trunk"
ends fd78::1 fd78::2 "access to trunk, IPv6"
# two tags
ip link set br0 type bridge vlan_filtering 0
ip -n a addr del 10.78.0.1/24 dev eth0
ip -n a addr del fd78::1/64 dev eth0
ip -n b link del eth0.10
link a eth0 10 ""
link b eth0 10 ""
link a eth0.10 20 1
link b eth0.10 20 2
eventually 10 a ping -c1 -W1 10.78.0.2
ends 10.78.0.1 10.78.0.2 "two tags"
