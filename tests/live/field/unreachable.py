"""unreachable.py NAME - connections whose packets find no way: the local address is gone, or the route, or the next hop
does not answer, or a router turns them back; and what looks like it. Asks `stuck` about each, live and from a recording,
types the next command, and prints a result line for each. TCPDWELL names the program. With `hold NAME` it plays in the
namespace it is in, asks nothing, prints "ready", and keeps it until its standard input ends."""
import ctypes, errno, json, os, re, signal, socket, struct, subprocess, sys, tempfile, time

from common import HOLDS, LIBC, TCPDWELL, keep, played, typed, unshare

PORT = 7001
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # return 0
TCP_DEFER_ACCEPT = 9


def result(name, right, seen=""):
    print("%s field-%s: %s" % ("ok" if right else "FAIL", name, seen))


def run(command):
    subprocess.run(command.split(), check=True, stderr=subprocess.PIPE)


def own_namespace():
    if not HOLDS:
        unshare()
    prepare()


def prepare():
    run("ip link set lo up")
    setting("ipv6/conf/default/accept_dad", 0)  # or the first packets of a link wait for seconds


def setting(name, value):
    with open("/proc/sys/net/" + name, "w") as file:
        file.write(str(value))


class Elsewhere:
    """A host of its own: a process in a network namespace that dies with us. `commands` go to it by nsenter."""

    def __init__(self, serves=False):
        reader, writer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            LIBC.prctl(1, signal.SIGKILL)
            unshare()
            prepare()
            setting("ipv4/ip_forward", 1)
            setting("ipv6/conf/all/forwarding", 1)
            if serves:
                os.write(writer, b"x")
                self.serve()
            os.write(writer, b"x")
            while True:
                signal.pause()
        os.read(reader, 1)

    def run(self, command):
        run("nsenter -t %d -n %s" % (self.pid, command))

    def serve(self):
        """Keeps each connection, and closes its side of those that say `c`."""
        listener = socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True)
        while True:
            connection, _ = listener.accept()
            keep.append(connection)
            if connection.recv(1) == b"c":
                connection.shutdown(socket.SHUT_WR)
            else:
                connection.send(b".")


def link(near, far, far_name, net):
    """Both ends of a cable: NET.1 here, NET.2 there, of both families, without waiting for duplicates."""
    run("ip link add %s type veth peer name %s netns %d" % (near, far_name, far.pid))
    for prefix, end, do in (near, 1, run), (far_name, 2, far.run):
        do("ip addr add 10.77.%d.%d/24 dev %s" % (net, end, prefix))
        do("ip addr add fd77:%d::%d/64 dev %s nodad" % (net, end, prefix))
        do("ip link set %s up" % prefix)


def connect(addr, source=None, says=b"k", options=()):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    client = socket.socket(family)
    for level, name, value in options:
        client.setsockopt(level, name, value)
    if source:
        client.bind((source, 0))
    client.settimeout(10)
    client.connect((addr, PORT))
    client.send(says)
    client.recv(1)
    keep.append(client)
    return client


def try_to_connect(addr):
    client = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
    client.setblocking(False)
    client.connect_ex((addr, PORT))
    keep.append(client)


# ---- asking ----

def look(*args, recording=None):
    where = ["-r", recording] if recording else ["--netns", str(os.getpid())]
    out = subprocess.run([TCPDWELL, "stuck", *where, "-f", "json", *args], stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def judge(name, addr, state, rule, evidence, shows, recording):
    """What is said of the socket towards this address, live and recorded; and what the next command prints."""
    wrong = []
    if rule == "no-neighbour":  # between two tries, which come ever later, the kernel may forget that it did not answer
        for _ in range(15):
            if any(o["way"] == rule for o in look("-a", addr, "-s", "all") if o["event"] == "stuck"):
                break
            time.sleep(1)
    for how, lines in ("live", look("-a", addr, "-s", "all")), ("recorded", look("-a", addr, "-s", "all", recording=recording)):
        told = [o for o in lines if o["event"] == "stuck" and o["rport"] == PORT]
        found = [o for o in lines if o["event"] == "finding"]
        said = ["%s %s (%s)" % (o["state"], o["rule"], o["evidence"]) for o in told if o["rule"]]
        if not rule:
            if said:
                wrong.append("%s: %s" % (how, said))
            continue
        if not said or told[0]["rule"] != rule or told[0]["state"] != state or evidence not in told[0]["evidence"]:
            wrong.append("%s: %s" % (how, said or told or "nothing"))
            continue
        out = typed(found[0]["next"], re.escape(shows))
        if shows not in out:
            wrong.append("%s: `%s` shows: %s" % (how, found[0]["next"], out))
    result(name, not wrong, "; ".join(wrong) or "%s %s" % (state, rule or "nothing"))


# ---- situations ----

def v6(number):
    return "fd77:2::%d" % number


def v4(number):
    return "10.77.2.%d" % number


CASES = []  # name, number of the far address, its family, state, rule, evidence, what the next command shows


def case(name, addr, rule, evidence="", shows="", state="ESTABLISHED"):
    CASES.append((name, addr, state, rule, evidence, shows))


def far_away():
    """A router, a host behind it that has many addresses, and a route of its own to each of them."""
    router, far = Elsewhere(), Elsewhere(serves=True)
    link("h0", router, "r0", 1)
    router.run("ip link add r1 type veth peer name f0 netns %d" % far.pid)
    for net, host, do, device in (2, "254", router.run, "r1"), (2, "1", far.run, "f0"):
        do("ip addr add 10.77.%d.%s/24 dev %s" % (net, host, device))
        do("ip addr add fd77:%d::%s/64 dev %s nodad" % (net, host, device))
        do("ip link set %s up" % device)
    far.run("ip route add default via 10.77.2.254")
    far.run("ip -6 route add default via fd77:2::254")
    for number in range(10, 40):
        far.run("ip addr add %s/24 dev f0" % v4(number))
        far.run("ip addr add %s/64 dev f0 nodad" % v6(number))
        run("ip route add %s via 10.77.1.2" % v4(number))
        run("ip -6 route add %s via fd77:1::2" % v6(number))
    # Neighbours are found now, and no round trip that is measured later has that in it: three of them are a first RTO.
    for addr in v4(39), v6(39):
        connect(addr, says=b"c").close()
    return router, far


def refusing(number, kind, error, words):
    """A route of this host's own that refuses, or none."""
    for addr in v4(number), v6(number):
        client = connect(addr)
        six = "-6 " if ":" in addr else ""
        run("ip %sroute %s %s" % (six, "replace " + kind if kind else "del", addr))
        client.send(b"hello")
        case("route-%s%s" % (kind or "gone", six.strip()), addr, "no-route", "%s (%s)" % (words, error),
             kind + " " if kind else "unreachable")


def closing():
    """Without a route while it closes."""
    client = connect(v4(14))
    run("ip route del " + v4(14))
    client.shutdown(socket.SHUT_WR)
    case("route-gone-fin", v4(14), "no-route", "no route (ENETUNREACH)", "unreachable", "FIN-WAIT-1")
    client = connect(v4(15))
    run("ip route del " + v4(15))
    client.close()
    case("route-gone-orphan", v4(15), "no-route", "no route (ENETUNREACH)", "unreachable", "FIN-WAIT-1")
    for addr in v4(16), v6(16):
        client = connect(addr, says=b"c")
        run("ip %sroute del %s" % ("-6 " if ":" in addr else "", addr))
        client.shutdown(socket.SHUT_WR)
        case("route-gone-last-ack", addr, "no-route", "(ENETUNREACH)", "unreachable", "LAST-ACK")


def keepalive():
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
               (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 100)]
    connect(v4(17), options=options)
    run("ip route del " + v4(17))
    case("route-gone-keepalive", v4(17), "no-route", "no route (ENETUNREACH)", "unreachable")


def opening(router):
    """The SYN is out, nobody answers, and then the route goes."""
    for addr in v4(18), v6(18):
        six = "-6 " if ":" in addr else ""
        router.run("ip %sroute add blackhole %s" % (six, addr))
        try_to_connect(addr)
        run("ip %sroute replace prohibit %s" % (six, addr))
        case("route-gone-syn", addr, "no-route", "route prohibited (EACCES)", "prohibit ", "SYN-SENT")


def address_gone():
    for source, addr in ("10.77.1.20/24", v4(19)), ("fd77:1::20/64", v6(19)):
        run("ip addr add %s dev h0%s" % (source, " nodad" if ":" in source else ""))
        client = connect(addr, source.split("/")[0])
        run("ip addr del %s dev h0" % source)
        client.send(b"hello")
        case("address-gone", addr, "address-gone", source.split("/")[0] + " is no local address", "10.77.1.1/24")


def nonlocal_bind():
    """An address that moved to another host; here anybody may bind to any."""
    setting("ipv4/ip_nonlocal_bind", 1)
    run("ip addr add 10.77.1.21/24 dev h0")
    client = connect(v4(20), "10.77.1.21")
    run("ip addr del 10.77.1.21/24 dev h0")
    client.send(b"hello")
    case("address-moved", v4(20), "address-gone", "10.77.1.21 is no local address", "10.77.1.1/24")


def interface_gone():
    """As of a VPN that ends, and of one that is switched off only."""
    for net, what, rule, evidence in (5, "del", "address-gone", "10.77.5.1 is no local address"), (6, "set down", "no-route", "(ENETUNREACH)"):
        host = Elsewhere(serves=True)
        link("h%d" % net, host, "p0", net)
        client = connect("10.77.%d.2" % net)
        run("ip link %s h%d" % (what.replace(" down", ""), net) + (" down" if "down" in what else ""))
        client.send(b"hello")
        case("interface-" + what.split()[-1], "10.77.%d.2" % net, rule, evidence, "nreachable" if rule == "no-route" else "10.77.1.1/24")


def neighbour_gone():
    """A host on this link that is switched off; and the router to one."""
    hosts = {}
    for net, addr, via in (3, "10.77.3.2", None), (3, "fd77:3::2", None), (4, "10.77.40.2", "10.77.4.2"), (7, "fd77:7::2", None):
        if net not in hosts:
            hosts[net] = Elsewhere(serves=True)
            link("h%d" % net, hosts[net], "p0", net)
        host = hosts[net]
        if via:
            host.run("ip addr add %s/32 dev p0" % addr)
            run("ip route add %s via %s" % (addr, via))
        client = connect(addr)
        if net == 7:
            host.run("ip link set p0 down")  # the cable is out
        else:
            host.run("ip addr del %s dev p0" % ((via or addr) + ("/64" if ":" in addr else "/24")))
        run("ip neigh flush dev h%d" % net)
        client.send(b"hello")
        case("neighbour-gone", addr, "no-neighbour", "host unreachable (EHOSTUNREACH)", via or addr)


def turned_back(router):
    """By a router on the way: it has no route, or one that refuses."""
    for number, kind, error4, error6 in (21, "unreachable", "EHOSTUNREACH", "ENETUNREACH"), (22, "prohibit", "EHOSTUNREACH", "EACCES"):
        for addr in v4(number), v6(number):
            six = "-6 " if ":" in addr else ""
            client = connect(addr)
            router.run("ip %sroute add %s %s" % (six, kind, addr))
            client.send(b"hello")
            case("router-%s%s" % (kind, six.strip()), addr, "unreachable", "(%s)" % (error6 if six else error4), "DestUnreachs")


def silent(router):
    """Nobody says anything: a packet filter that drops; and two whose local address is not that of an interface."""
    client = connect(v4(23))
    router.run("ip route add blackhole " + v4(23))
    client.send(b"hello")
    case("silent", v4(23), "peer-silent", "retransmit", v4(23))
    router.run("ip route add 10.77.8.0/24 via 10.77.1.1")
    router.run("ip -6 route add fd77:8::/64 via fd77:1::1")
    run("ip route add local 10.77.8.0/24 dev lo")
    run("ip -6 route add local fd77:8::/64 dev lo")
    for addr, source, options in (v4(24), "10.77.8.9", []), (v6(24), "fd77:8::9", [(socket.IPPROTO_IPV6, 78, 1)]):
        client = connect(addr, source, options=options)
        router.run("ip %sroute add blackhole %s" % ("-6 " if ":" in addr else "", addr))
        client.send(b"hello")
        case("silent-any-address", addr, "peer-silent", "retransmit", addr)
    router.run("ip route add 10.77.9.9 via 10.77.1.1")
    run("ip rule add iif h0 to 10.77.9.9 lookup 177")
    run("ip route add local 10.77.9.9 dev lo table 177")
    client = connect(v4(25), "10.77.9.9", options=[(socket.IPPROTO_IP, 19, 1)])
    router.run("ip route add blackhole " + v4(25))
    client.send(b"hello")
    case("silent-transparent", v4(25), "peer-silent", "retransmit", v4(25))


def marked(router):
    """Its mark chooses a route; without one there is none."""
    run("ip rule add fwmark 0x77 lookup 178")
    run("ip route add %s via 10.77.1.2 table 178" % v4(26))
    run("ip route del " + v4(26))
    client = connect(v4(26), options=[(socket.SOL_SOCKET, 36, 0x77)])
    router.run("ip route add blackhole " + v4(26))
    client.send(b"hello")
    case("silent-marked", v4(26), "peer-silent", "retransmit")


def ruled():
    """A rule refuses one port; one that looks alike is for another."""
    for addr in v4(28), v6(28):
        client = connect(addr)
        for port, net in (PORT, addr), (PORT + 1, "0.0.0.0/0" if "." in addr else "::/0"):
            run("ip %srule add to %s ipproto tcp dport %d prohibit" % ("-6 " if ":" in addr else "", net, port))
        client.send(b"hello")
        case("rule-for-port" + ("-6" if ":" in addr else ""), addr, "no-route", "route prohibited (EACCES)", "dport 7001 prohibit")


def flaps():
    """The route is back within a second."""
    for addr in v4(27), v6(27):
        six = "-6 " if ":" in addr else ""
        client = connect(addr)
        run("ip %sroute del %s" % (six, addr))
        client.send(b"hello")
        time.sleep(0.5)
        run("ip %sroute add %s via %s" % (six, addr, "fd77:1::2" if six else "10.77.1.2"))
        case("route-flaps", addr, None)


def ways():
    own_namespace()
    router, _ = far_away()
    refusing(10, "", "ENETUNREACH", "no route")
    refusing(11, "prohibit", "EACCES", "route prohibited")
    refusing(12, "unreachable", "EHOSTUNREACH", "route unreachable")
    refusing(13, "blackhole", "EINVAL", "blackhole route")
    closing()
    keepalive()
    opening(router)
    address_gone()
    nonlocal_bind()
    interface_gone()
    neighbour_gone()
    turned_back(router)
    silent(router)
    marked(router)
    ruled()
    flaps()
    played()
    await_all()
    recording = tempfile.mktemp()
    look("-w", recording)
    for row in CASES:
        judge(*row, recording)
    os.unlink(recording)


def await_all():
    """How long it takes until something was sent again depends on the round trips that were measured."""
    wanted = {row[1] for row in CASES if row[3]}
    until = time.monotonic() + 100
    time.sleep(4)
    while time.monotonic() < until and wanted - {o["raddr"] for o in look() if o["event"] == "stuck" and o["rule"]}:
        time.sleep(0.5)


def nobody_there():
    """An address of this link that nobody has: the SYN waits for the neighbour."""
    own_namespace()
    link("h0", Elsewhere(), "r0", 1)
    run("ip neigh flush dev h0")
    setting("ipv4/neigh/h0/mcast_solicit", 900)  # or connect() fails after three requests
    try_to_connect("10.77.1.99")
    played()
    time.sleep(1.6)
    told = [o for o in look("-a", "10.77.1.99") if o["event"] == "finding"]
    right = [o["rule"] for o in told] == ["no-neighbour"]
    result("nobody-there", right and "10.77.1.99" in typed(told[0]["next"], "10.77.1.99"), told)


def loopback_down():
    """What a host sends to itself goes by lo, whichever address it is; in some namespaces nobody has set that up."""
    own_namespace()
    link("h0", Elsewhere(), "r0", 1)
    for addr in "127.0.0.1", "10.77.1.1", "::1":
        listener = socket.create_server((addr, PORT), family=socket.AF_INET6 if ":" in addr else socket.AF_INET)
        client = socket.create_connection((addr, PORT))
        keep.extend((listener, client, listener.accept()[0]))
    run("ip link set lo down")
    for client in keep[1], keep[4]:
        client.send(b"hello")
    try_to_connect("10.77.1.1")
    played()
    time.sleep(4)
    for args in (), ("-s", "syn-sent"):
        lines = look(*args)
        told = {(o["state"], o["raddr"], o["rule"]) for o in lines if o["event"] == "stuck" and o["rport"] == PORT and o["rule"]}
        wanted = {("SYN-SENT", "10.77.1.1", "no-route")} | ({("ESTABLISHED", addr, "no-route") for addr in ("127.0.0.1", "10.77.1.1")} if not args else set())
        found = [o for o in lines if o["event"] == "finding" and o["rule"] == "no-route"]
        right = told == wanted and found and "loopback interface is down (ENETDOWN)" in found[0]["evidence"] and "lo               DOWN" in typed(found[0]["next"], "lo  ")
        result("loopback-down", right, "%s, %s" % (told, found and (found[0]["evidence"], found[0]["next"])))
    run("ip link set lo up")
    for _ in range(100):
        told = [o["raddr"] for o in look() if o["event"] == "stuck" and o["rule"] == "no-route"]
        if not told:
            break
        time.sleep(0.1)
    result("loopback-down", not told, "lo is up again: %s" % (told or "nothing"))


def defer(port, backlog=64):
    listener = socket.create_server(("127.0.0.1", port), backlog=backlog)
    # The requests of who is held for long do not run out, to be made anew by the next SYN.
    listener.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 600 if HOLDS else 30)
    keep.append(listener)
    return listener


def join(port, data=None, filtered=False):
    client = socket.socket()
    if filtered:
        code = ctypes.create_string_buffer(DROP_ALL)
        client.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))
    keep.append(client)
    if data:
        time.sleep(0.1)
        client.send(data)
    return client


def deferred():
    """TCP_DEFER_ACCEPT: clients that have sent nothing, one that has, one whose SYN is a flood's, and a queue that is full."""
    own_namespace()
    defer(7601)
    for _ in range(3):
        join(7601)
    served = defer(7602)
    late = join(7602)
    defer(7603)
    join(7603, filtered=True)
    defer(7604, backlog=0)
    join(7604)
    time.sleep(0.1)
    join(7604, b"hello")
    time.sleep(0.5)
    late.send(b"hello")
    keep.append(served.accept()[0])
    keep[-1].recv(10)
    played()
    time.sleep(2.5)
    recording = tempfile.mktemp()
    look("-w", recording)
    for how, lines in ("live", look()), ("recorded", look(recording=recording)):
        for port, rules in (7601, ["syn-received-deferred"] * 3), (7602, []), (7603, ["syn-received-unanswered"]), (7604, ["syn-received-queue-full"]):
            told = [o["rule"] for o in lines if o["event"] == "stuck" and o["lport"] == port and o["state"] == "SYN-RECEIVED" and o["rule"]]
            result("deferred", told == rules, "%s, port %d: %s" % (how, port, told))
        found = [o for o in lines if o["event"] == "finding" and o["rule"] == "syn-received-deferred"]
        shown = typed(found[0]["next"], "7601") if found else ""
        result("deferred", "7601" in shown, "%s: %s" % (how, found and found[0]["next"]))
    os.unlink(recording)


def forbid_rtnetlink():
    """As a filter of system calls, or RestrictAddressFamilies= of systemd, does: socket(AF_NETLINK) fails."""
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, socket.AF_NETLINK),
            (0x06, 0, 0, 0x50000 | errno.EAFNOSUPPORT), (0x06, 0, 0, 0x7FFF0000)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in code))
    if LIBC.prctl(22, 2, ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))):
        raise OSError(ctypes.get_errno(), "seccomp")


def refused():
    """Nobody may ask for routes: that is said, once, and what has no route is told as what it looks like then."""
    unshare()
    prepare()
    router, _ = far_away()
    for addr in v4(11), v6(11):
        client = connect(addr)
        run("ip %sroute replace prohibit %s" % ("-6 " if ":" in addr else "", addr))
        client.send(b"hello")
    time.sleep(4)
    watch = subprocess.Popen(["timeout", "60", TCPDWELL, "stuck", "--watch", "-i", "500ms", "-f", "json", "--netns", str(os.getpid()), "--netns", str(router.pid)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=forbid_rtnetlink)
    lines, looks = [], 0
    for line in watch.stdout:
        lines.append(json.loads(line))
        looks += lines[-1]["event"] == "census"
        if looks == 2:
            watch.terminate()
    err = watch.stderr.read()
    watch.wait()
    warned = [line for line in err.splitlines() if "rtnetlink" in line]
    result("rtnetlink-refused", len(warned) == 1 and "Address family not supported" in warned[0], err or "nothing is said")
    # The kernel told the socket itself.
    told = {o["rule"] for o in lines if o["event"] == "stuck" and o["rport"] == PORT}
    result("rtnetlink-refused", looks > 1 and told and told <= {"unreachable", "peer-silent"}, "%s, %d looks" % (told, looks))


globals()[sys.argv[-1]]()
sys.stdout.flush()
os._exit(0)
