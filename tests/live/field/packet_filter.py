"""packet_filter.py NAME - plays what rules of nftables do to connections, in a network namespace of its own: sent to a
listener that has another port or address, or rejected by this host itself. Asks tcpdwell whose they are and why, live and
from a recording, types the next command, and prints a result line for each answer. TCPDWELL names the program. With
`hold NAME` it plays in the namespace it is in, asks nothing, prints "ready" (or "skip" and why), and keeps it until its
standard input ends."""
import json, os, re, resource, signal, socket, subprocess, sys, tempfile, time

from common import HOLDS, LIBC, TCPDWELL, child, keep, played, typed, unshare

NAME = sys.argv[-1]
V4, V6 = socket.AF_INET, socket.AF_INET6
IP_TRANSPARENT, IPV6_TRANSPARENT = (socket.IPPROTO_IP, 19, 1), (socket.IPPROTO_IPV6, 75, 1)


def result(name, right, seen=""):
    print("%s field-packet-filter: %s: %s" % ("ok" if right else "FAIL", name, seen))


def skip(why):
    print("skip field-packet-filter: %s: %s" % (NAME, why), flush=True)
    if HOLDS:
        sys.stdin.read()
    os._exit(0)


def own_namespace():
    if HOLDS:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    else:
        unshare()


def nft(rules, pid=os.getpid()):
    """In the namespace of that process."""
    done = subprocess.run(["nsenter", "-t", str(pid), "-n", "nft", "-f", "-"], input=rules, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        skip("the kernel does not take: %s" % " ".join(done.stderr.split())[:120])


def idle(name, port, addr="0.0.0.0", family=V4, options=(), backlog=64, uid=0):
    """Listens, and never accepts."""
    def work(ready):
        os.setresuid(uid, uid, 0)
        LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)  # which another user has not
        sock = socket.socket(family)
        for option in ((socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), *options):
            sock.setsockopt(*option)
        sock.bind((addr, port))
        sock.listen(backlog)
        ready()
        signal.pause()
    return child(name, work)


def connect(addr, port, n=2):
    for _ in range(n):
        sock = socket.socket(V6 if ":" in addr else V4)
        sock.settimeout(5)
        sock.connect((addr, port))
        keep.append(sock)


def pair(addr, port):
    listener = socket.create_server((addr, port), family=V6 if ":" in addr else V4)
    client = socket.create_connection((addr, port))
    server, _ = listener.accept()
    keep.extend((listener, client, server))
    return client, server


def look():
    """Live, and the same again from a recording. What is held stands before it."""
    played()
    with tempfile.NamedTemporaryFile() as rec:
        outs = [subprocess.run([TCPDWELL, "stuck", "-f", "json", *args], stdout=subprocess.PIPE, text=True).stdout
                for args in (("-w", rec.name, "--netns", str(os.getpid())), ("-r", rec.name))]
    result("a recording says the same", outs[0] == outs[1])
    return [json.loads(line) for line in outs[0].splitlines()]


def judge_listener(lines, what, port, name, pid, listens_at):
    """What waits at this port is of that process, and the next command shows the listener that it waits at."""
    rows = [o for o in lines if o["event"] == "stuck" and o["rule"] == "not-accepted" and o["lport"] == port]
    result(what, rows and {o["owner"] for o in rows} == {"~%s[%d]" % (name, pid)}, [(o["owner"], o["laddr"], o["lport"]) for o in rows])
    found = [o for o in lines if o["event"] == "finding" and o["rule"] == "not-accepted" and o["owner"].startswith("~" + name)]
    shows = r"LISTEN.*:%d .*pid=%d," % (listens_at, pid)
    result(what, found and re.search(shows, typed(found[0]["next"], shows)), "next: %s" % (found and found[0]["next"]))


def redirect():
    """To another port and to another address of this host; a listener at the port that was dialled is not the one."""
    own_namespace()
    pids = {name: idle(name, *where) for name, *where in (
        ("decoy", 80), ("proxy", 8080), ("other", 8081, "127.0.0.9"), ("six", 8082, "::1", V6))}
    nft("""
        table ip nat {
            chain output {
                type nat hook output priority -100;
                tcp dport 80 redirect to :8080
                tcp dport 81 dnat to 127.0.0.9:8081
            }
        }
        table ip6 nat {
            chain output {
                type nat hook output priority -100;
                tcp dport 82 dnat to [::1]:8082
            }
        }
        """)
    for addr, port in ("127.0.0.1", 80), ("127.0.0.1", 81), ("::1", 82):
        connect(addr, port)
    time.sleep(1.4)
    lines = look()
    judge_listener(lines, "redirect to another port", 8080, "proxy", pids["proxy"], 8080)
    judge_listener(lines, "dnat to another address", 8081, "other", pids["other"], 8081)
    judge_listener(lines, "dnat, IPv6", 8082, "six", pids["six"], 8082)
    result("nobody else", not [o for o in lines if o["event"] == "stuck" and o["owner"].startswith("~decoy")])


def traced(name, *addresses, comms={None}):
    """Owners of what waits at these, as `trace` has them."""
    ready = tempfile.mktemp()
    tracer = subprocess.Popen([TCPDWELL, "trace", "-f", "json", "--netns", str(os.getpid()), "--ready-file", ready], stdout=subprocess.PIPE, text=True)
    while not os.path.exists(ready):
        time.sleep(0.05)
    os.unlink(ready)
    for address in addresses:
        connect(*address, 1)
    time.sleep(1)
    tracer.terminate()
    lines = [o for o in map(json.loads, tracer.communicate()[0].splitlines()) if o["event"] == "transition"]
    seen = {o["comm"] for o in lines if o["lport"] in [port for _, port in addresses]}
    result(name, seen == comms, "trace: %s" % seen)


def tproxy():
    """As a transparent proxy takes what is sent to others: its children have the port that was dialled."""
    own_namespace()
    for command in ("ip rule add fwmark 1 lookup 100", "ip route add local 0.0.0.0/0 dev lo table 100",
                    "ip -6 rule add fwmark 1 lookup 100", "ip -6 route add local ::/0 dev lo table 100",
                    "ip route add 203.0.113.0/24 dev lo", "ip -6 route add 2001:db8::/32 dev lo", "ip addr add fd00::1/64 dev lo nodad"):
        subprocess.run(command.split(), check=True)
    nft("""
        table inet divert {
            chain out {
                type route hook output priority -150;
                ip daddr 203.0.113.0/24 tcp dport { 443, 1443, 8443, 9443 } meta mark set 1
                ip6 daddr 2001:db8::/32 tcp dport 443 meta mark set 1
            }
            chain in {
                type filter hook prerouting priority -150;
                meta nfproto ipv4 meta mark 1 tcp dport 443 tproxy ip to 127.0.0.1:15001 accept
                meta nfproto ipv4 meta mark 1 tcp dport 8443 tproxy ip to 127.0.0.1:15003 accept
                meta nfproto ipv4 meta mark 1 tcp dport 1443 tproxy ip to 127.0.0.1:15001 accept
                meta nfproto ipv4 meta mark 1 tcp dport 9443 tproxy ip to 127.0.0.1:15004 accept
                meta nfproto ipv6 meta mark 1 tcp dport 443 tproxy ip6 to [::1]:15002 accept
            }
        }
        """)
    decoy = idle("decoy", 443)
    envoy = idle("envoy", 15001, options=[IP_TRANSPARENT])
    six = idle("six", 15002, "::1", V6, [IPV6_TRANSPARENT])
    stopped = idle("full", 15003, options=[IP_TRANSPARENT])
    decoys = {decoy, idle("decoy", 9443), idle("decoy", 1443, uid=65534)}
    idle("taker", 7443, options=[IP_TRANSPARENT])
    traced("a transparent listener that is dialled itself", ("127.0.0.1", 7443), comms={"taker"})
    traced("a transparent proxy, and another user's listener at the port", ("203.0.113.7", 1443))
    crowd = idle("crowd", 15004, options=[IP_TRANSPARENT], backlog=1000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    traced("a transparent proxy, and the same user's listener at the port", ("203.0.113.7", 9443))
    connect("203.0.113.7", 9443, 599)
    connect("203.0.113.7", 443)
    connect("2001:db8::7", 443)
    connect("203.0.113.7", 8443)
    time.sleep(1.4)
    lines = look()
    told = {o["laddr"]: o["owner"] for o in lines if o["event"] == "stuck" and o["rule"] == "not-accepted" and o["lport"] == 443}
    many = [o["owner"] for o in lines if o["event"] == "stuck" and o["rule"] == "not-accepted" and o["lport"] == 9443]
    result("600 wait at a transparent proxy", len(many) == 600 and many.count("~crowd[%d]" % crowd) == 512 and many.count("?") == 88, {owner: many.count(owner) for owner in many})
    result("a transparent proxy, IPv6", told.get("2001:db8::7") == "~six[%d]" % six, told)
    judge_listener([o for o in lines if o["event"] != "stuck" or o["laddr"] == "203.0.113.7"], "a transparent proxy", 443, "envoy", envoy, 15001)
    judge_listener(lines, "one for another port", 8443, "full", stopped, 15003)
    result("nobody else", not [o for o in lines if any("[%d]" % pid in o.get("owner", "") for pid in decoys)])


REJECTS = (  # what is sent to whom, by rule; what it says, of which state
    ("icmp port-unreachable", V4, "ECONNREFUSED"),
    ("icmp host-unreachable", V4, "EHOSTUNREACH"),
    ("icmp net-unreachable", V4, "ENETUNREACH"),
    ("icmp admin-prohibited", V4, "EHOSTUNREACH"),
    ("icmpv6 port-unreachable", V6, "ECONNREFUSED"),
    ("icmpv6 no-route", V6, "ENETUNREACH"),
    ("icmpv6 admin-prohibited", V6, "EACCES"),
)


def reject():
    """A rule on the way out of this host, or into it, rejects what an established connection sends."""
    own_namespace()
    rows, rules = [], {"output": [], "input": []}
    for n, (how, family, error) in enumerate(REJECTS):
        for hook in rules:
            port = 7100 + n + 50 * (hook == "input")
            client, _ = pair("127.0.0.1" if family == V4 else "::1", port)
            rules[hook].append("meta nfproto %s tcp dport %d reject with %s" % ("ipv4" if family == V4 else "ipv6", port, how.replace("icmp ", "icmp type ").replace("icmpv6 ", "icmpv6 type ")))
            rows.append((client, port, how, hook, error))
    client, _ = pair("127.0.0.1", 7190)
    rows.append((client, 7190, "drop", "output", None))
    rules["output"].append("tcp dport 7190 drop")
    nft("table inet filter {\n%s}" % "".join("chain %s {\ntype filter hook %s priority 0\n%s\n}\n" % (hook, hook, "\n".join(all_)) for hook, all_ in rules.items()))
    for client, *_ in rows:
        client.send(b"hello")
    time.sleep(4)
    lines = look()
    for client, port, how, hook, error in rows:
        told = [o for o in lines if o["event"] == "stuck" and o["rport"] == port and o["rule"] != "established-unread"]
        rule = "unreachable" if error else "peer-silent"
        right = len(told) == 1 and told[0]["rule"] == rule and re.search(error or "retransmit|probe", told[0]["evidence"]) and told[0]["pid"] == os.getpid()
        result("%s on %s" % (how, hook), right, [(o["rule"], o["owner"], o["evidence"]) for o in told] or "nothing")
    found = [o for o in lines if o["event"] == "finding" and o["rule"] == "unreachable"]
    shown = typed(found[0]["next"], "DestUnreachs|PING") if found else ""
    result("reject", "DestUnreachs" in shown or "PING" in shown, "next: %s" % (found and found[0]["next"]))


def elsewhere(prepare, work=signal.pause):
    """A process in a network namespace of its own, once prepare() is done; its pid."""
    def of(ready):
        unshare()
        prepare()
        ready()
        work()
    return child("elsewhere", of)


def inside(pid, *commands):
    for command in commands:
        subprocess.run(["nsenter", "-t", str(pid), "-n", "sh", "-c", command], check=True)


def talk():
    """Takes what comes, and says something now and then."""
    server, _ = socket.create_server(("0.0.0.0", 7301)).accept()
    while True:
        server.send(b"beat")
        time.sleep(0.3)


def black_hole():
    """A router whose next link takes 1492 bytes, as PPPoE does, and whose ICMP is filtered: what is told to be typed shows
    that full packets get lost."""
    own_namespace()
    router, far = elsewhere(lambda: open("/proc/sys/net/ipv4/ip_forward", "w").write("1")), elsewhere(lambda: None, talk)
    subprocess.run(["sh", "-ec", "ip link add h0 type veth peer name r0 netns %d; ip addr add 10.78.1.1/24 dev h0; "
                    "ip link set h0 up; ip route add 10.78.2.0/24 via 10.78.1.2" % router], check=True)
    inside(router, "ip link add r1 type veth peer name f0 netns %d" % far, "ip addr add 10.78.1.2/24 dev r0; ip link set r0 up",
           "ip addr add 10.78.2.1/24 dev r1; ip link set r1 mtu 1492 up")
    inside(far, "ip addr add 10.78.2.2/24 dev f0; ip link set f0 up; ip route add default via 10.78.2.1")
    nft("table ip quiet {\nchain out {\ntype filter hook output priority 0\nicmp type destination-unreachable drop\n}\n}", router)
    connect("10.78.2.2", 7301, 1)
    keep[-1].send(b"x" * 5000)
    # Where the first SYN came before the router, each try waits three seconds or more.
    for _ in range(8):
        time.sleep(4)
        lines = look()
        told = [(o["rule"], o["evidence"]) for o in lines if o["event"] == "stuck" and o["rport"] == 7301 and o["rule"] != "established-unread"]
        if told:
            break
    result("a black hole of 1492 bytes", told and told[0][0] == "segments-lost", told)
    found = [o["next"] for o in lines if o["event"] == "finding" and o["rule"] == "segments-lost"]
    shown = typed(found[0], "100% packet loss") if found else ""
    result("a black hole of 1492 bytes", "100% packet loss" in shown, "next: %s: %s" % (found, shown.splitlines()[-2:]))


globals()[NAME]()
sys.stdout.flush()
os._exit(0)
