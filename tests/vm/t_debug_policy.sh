# SPDX-License-Identifier: GPL-2.0-only
# Policies are replaced, dumps and /proc read, parameters set, all at once and
# under traffic; between them a gateway is ended and started.
. "$(dirname "$0")/lib.sh"

bridge_up
host c pc 10.77.0.3 fd77::3
load max_flows=2048
storm a
storm b
SECONDS_=${KP2PADM_POLICY_SECONDS:-40} py <<'PY'
from lab import *
import random
import threading
import nl

os.sched_setaffinity(0, range(os.cpu_count()))
end = time.monotonic() + float(os.environ["SECONDS_"])
bad, done = [], {}
GONE = "ENODEV", "EALREADY"


def loop(act):
    name = act.__name__
    gw, rng, n = nl.Genl(), random.Random(name), 0
    while time.monotonic() < end and not bad:
        try:
            act(gw, rng)
            n += 1
        except nl.Refused as e:
            import errno
            if errno.errorcode.get(e.err) not in GONE:
                bad.append(f"{name}: {e}")
        except OSError as e:  # /proc while the gateway is ended
            if not isinstance(e, FileNotFoundError) and e.errno not in (5,):
                bad.append(f"{name}: {e!r}")
        except Exception as e:
            bad.append(f"{name}: {e!r}")
    done[name] = n


def policies(gw, rng):
    mode = rng.choice(("observe", "enforce"))
    gw.set(mode, **({"bittorrent": rng.choice(("drop", "pass"))} if rng.random() < .7 else {}))


FILES = nl.content_of([(2, "drop", 0), (4, "reset", 1)]), ["a", "b"]


def more_policies(gw, rng):
    policies(gw, rng)
    gw.policy(), gw.sets()
    gw.install("observe", content=FILES)
    if len(gw.content()) not in (0, 2):
        bad.append("half of the content rules")


def dumps(gw, rng):
    for f in gw.flows(rng.choice((None, "bittorrent", "unknown"))):
        if f["app"] not in ("unknown", "bittorrent"):
            bad.append(f"a flow of {f}")


def sums(gw, rng):
    gw.stats(), gw.apps(), gw.status()


def files(gw, rng):
    name = rng.choice(("flows", "counters", "protocols"))
    with open(f"/proc/thread-self/net/kp2padm/{name}", "rb", buffering=0) as f:
        while f.read(rng.choice((1, 100, 5000, 65536))):
            pass


def parameters(gw, rng):
    parameter(rng.choice(("timeout_udp", "timeout_tcp", "timeout_tcp_closed", "timeout_tcp_new")),
              rng.choice((1, 2, 1000)))
    parameter("block_when_full", rng.randrange(2))
    parameter("max_inspected", rng.choice((0, 10, 65536)))
    parameter("max_flows", rng.choice((1024, 2000, 5000)))
    time.sleep(0.05)


def off_and_on(gw, rng):
    time.sleep(rng.random() * 3)
    gw.enable(False)
    time.sleep(rng.random() / 10)
    gw.enable()


threads = [threading.Thread(target=loop, args=(f,), daemon=True)
           for f in (policies, more_policies, dumps, sums, files, parameters, off_and_on)]
for t in threads:
    t.start()
for t in threads:
    t.join(float(os.environ["SECONDS_"]) + 60)
    check("a loop hangs", not t.is_alive())
expect("what went wrong", bad, [])
check(f"all got their turn: {done}", len(done) == 7 and all(done.values()))
print("#", ", ".join(f"{k} {v}" for k, v in done.items()))
PY
# it still does what it is for
for limit in max_inspected=65536 timeout_udp=30 timeout_tcp=3600 timeout_tcp_new=60 timeout_tcp_closed=10; do
	echo "${limit#*=}" >/sys/module/kp2padm/parameters/"${limit%=*}"
done
eventually 20 some_flows
py <<<'import nl; nl.Genl().set("enforce", bittorrent="drop")'
eventually 20 some_drops
