"""ports.py NAME - local ports run short, or seem to, in a network namespace of its own, with 20 of them: what tcpdwell says of
bind() and connect() is judged by what they do there at that moment. Prints result lines. TCPDWELL names the program.
With `hold NAME [N]` it plays in the namespace it is in until it would ask for the Nth time, asks nothing, prints "ready", and keeps it until its
standard input ends."""
import ctypes, errno, json, os, shutil, socket, struct, subprocess, sys, tempfile, time

from common import HOLDS, TCPDWELL, sysctl

LOW, HIGH = 30000, 30019
SERVER = 7900  # and up: those that listen
V4, V6 = socket.AF_INET, socket.AF_INET6
NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT
RULES = "bind-ports", "connect-ports", "time-wait-ports"
asks_left = int(sys.argv[3]) if len(sys.argv) > 3 else 1
keep = []


def played():
    """It stands: from here on it is asked about."""
    global asks_left
    asks_left -= 1
    if HOLDS and not asks_left:
        print("ready", flush=True)
        sys.stdin.read()
        os._exit(0)


def result(name, right, seen):
    HOLDS or print("%s field-ports-%s: %s" % ("ok" if right else "FAIL", name, seen))


def has_sysctl(name):
    return os.path.exists("/proc/sys/net/ipv4/" + name)


def family(addr):
    return V6 if ":" in addr else V4


def listen(addr, port, **options):
    sock = opened(family(addr), **options)
    sock.bind((addr, port))
    sock.listen(128)
    keep.append(sock)
    return sock


def opened(kind, reuse=False, v6only=None, device=None):
    sock = socket.socket(kind)
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if reuse:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if v6only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    return sock


def connect(client, to):
    """While many namespaces come, a route of IPv6 that is there is not always found at once: that says nothing of ports."""
    for _ in range(100):
        try:
            return client.connect(to)
        except OSError as error:
            if error.errno != errno.ENETUNREACH:
                raise
        time.sleep(0.05)
    raise OSError(errno.ENETUNREACH, "connect")


servers = {}


def connected(to, source=None, port=0, no_port=False, **options):
    """An open connection to the server `to`, an address and a number. Bound before to a source, if there is one."""
    server = servers.setdefault(to, None) or listen(to[0], SERVER + to[1], reuse=True)
    servers[to] = server
    client = opened(family(to[0]), **options)
    if no_port:
        client.setsockopt(socket.SOL_IP, NO_PORT, 1)
    if source is not None:
        client.bind((source, port))
    connect(client, server.getsockname()[:2])
    accepted, _ = server.accept()
    return client, accepted


def hold(*args, **options):
    keep.extend(connected(*args, **options))


def close(*args, **options):
    """Leaves a TIME-WAIT with the client's port."""
    client, server = connected(*args, **options)
    client.close()
    server.recv(1)
    server.close()


def told(*args):
    if HOLDS:
        return []
    out = subprocess.run([TCPDWELL, "stuck", "-f", "json", *(args or ("--netns", str(os.getpid())))], stdout=subprocess.PIPE, text=True).stdout
    return [o for o in map(json.loads, out.splitlines()) if o["event"] == "finding" and o["rule"] in RULES]


def try_bind(addr, **options):
    if HOLDS:
        return False
    sock = opened(family(addr), **options)
    try:
        sock.bind((addr, 0))
        return True
    except OSError as error:
        assert error.errno == errno.EADDRINUSE, error
        return False
    finally:
        sock.close()


def try_connect(to, source=None, device=None):
    if HOLDS:
        return False
    sock = opened(family(to[0]), device=device)
    try:
        if source:
            sock.setsockopt(socket.SOL_IP, NO_PORT, 1)
            sock.bind((source, 0))
        sock.connect((to[0], SERVER + to[1]))
        return True
    except OSError as error:
        assert error.errno == errno.EADDRNOTAVAIL, error
        return False
    finally:
        sock.close()


def same(addr, other):
    return addr == other or (addr in ("", "::", None) and other in ("", "::", None))


def says_bind_fails(findings, addr):
    """Of a port that one address lacks, all addresses together lack it."""
    return any(f["rule"] == "bind-ports" and (same(f["laddr"], addr) or same(None, addr)) and "bind() to port 0 fails" in f["evidence"] for f in findings)


def says_connect_fails(findings, to, source):
    return any((f["raddr"], f["rport"], f["laddr"]) == (to[0], SERVER + to[1], source or to[0]) and "connect() fails" in f["evidence"] or
               "connect() without bind() fails" in f["evidence"] for f in findings)


def judge(name, binds=(), connects=(), wanted=None):
    """Of these addresses and destinations, what is told is what happens; and the findings, as (rule, count, room), are these."""
    played()
    if HOLDS:
        return []
    findings = told()
    for addr in binds:
        fails = not try_bind(addr)
        said = says_bind_fails(findings, addr)
        result(name, fails == said, "bind('%s', 0) %s, %s" % (addr, "fails" if fails else "works", "and so it is told" if fails == said else findings))
    for to, source in connects:
        fails = not try_connect(to, source)
        said = says_connect_fails(findings, to, source)
        result(name, fails == said, "connect(%s) %s, %s" % (to[0], "fails" if fails else "works", "and so it is told" if fails == said else findings))
    if wanted is not None:
        seen = [(f["rule"], f["count"], f["room"]) for f in findings]
        result(name, seen == wanted, "%s" % seen if seen == wanted else "%s, should be %s" % (seen, wanted))
    return findings


def five_destinations():
    """20 ports, 4 towards each of 5 destinations: none left, for none of them."""
    for _ in range(4):
        for n in range(5):
            close(("127.0.0.1", n), "127.0.0.2")
    found = judge("five-destinations", ["127.0.0.2", "127.0.0.1", ""], [(("127.0.0.1", 0), None), (("127.0.0.1", 0), "127.0.0.2")], [("bind-ports", 20, 20)])
    text = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    right = "bind-ports: 20 of 20 (100 %), 127.0.0.2:*" in text and "IP_BIND_ADDRESS_NO_PORT" in text and "20 TIME-WAIT" in text
    result("five-destinations", right, "its address, how many of how many, and the cure, in words")
    typed = subprocess.run(["sh", "-c", found[0]["next"]], stdout=subprocess.PIPE, text=True).stdout
    result("five-destinations", typed.count("127.0.0.2:300") == 20 and "30019" in typed, "what to type next shows them: %s" % found[0]["next"])


def faces():
    """All commands say the same, live and of a recording."""
    for n in range(18):
        hold(("127.0.0.1", n % 3), "127.0.0.2")
    work = tempfile.mkdtemp()
    here = ["--netns", str(os.getpid())]
    wanted = "bind-ports 18 20 127.0.0.2"

    def line(f):
        return "%s %s %s %s" % (f["rule"], f["count"], f["room"], f["laddr"])

    subprocess.run([TCPDWELL, "stuck", "-w", work + "/rec", *here], stdout=subprocess.DEVNULL)
    seen = [line(f) for f in told("-r", work + "/rec")]
    result("faces", seen == [wanted], "stuck -r: %s" % seen)
    subprocess.run([TCPDWELL, "-r", work + "/rec", "report", work + "/page.html"], stderr=subprocess.DEVNULL)
    page = open(work + "/page.html").read()
    result("faces", '"rule":"bind-ports","count":18,"room":20' in page and '"ends":"127.0.0.2:*"' in page, "report")
    server = subprocess.Popen([TCPDWELL, "serve", "127.0.0.1:29802", "--ready-file", work + "/ready", *here], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists(work + "/ready") and server.poll() is None:
        time.sleep(0.05)
    text = subprocess.run(["curl", "-s", "http://127.0.0.1:29802/metrics"], stdout=subprocess.PIPE, text=True).stdout
    server.terminate()
    server.wait()
    result("faces", 'tcpdwell_findings{rule="bind-ports",comm=""} 1' in text, "serve")
    shutil.rmtree(work)


def almost():
    """One port is left."""
    for n in range(19):
        hold(("127.0.0.1", n % 3), "127.0.0.2")
    found = judge("almost", ["127.0.0.2", "127.0.0.3", ""], [(("127.0.0.1", 0), None)], [("bind-ports", 19, 20)])
    right = found[0]["evidence"] == "1 left; 19 ESTABLISHED; 19 held by python3[%d]" % os.getpid()
    result("almost", right, found[0]["evidence"])


def open_ones():
    """Open connections take ports as those in TIME-WAIT do; what connect() chose takes one from bind() as well."""
    for n in range(20):
        hold(("127.0.0.1", n % 2), "127.0.0.2")
    judge("open", ["127.0.0.2", "127.0.0.3"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def ipv6():
    for n in range(20):
        hold(("fd00::1", n % 2), "fd00::2")
    judge("ipv6", ["fd00::2", "fd00::1", "127.0.0.1"], [(("fd00::1", 0), None), (("fd00::1", 1), "fd00::2")], [("bind-ports", 20, 20)])


def no_address():
    """Bound to no address, they have one once they are connected: from two addresses, half of the ports each."""
    for n in range(10):
        hold(("127.0.0.1", 0), "")
        hold(("10.9.8.7", 0), "")
    judge("no-address", ["127.0.0.1", "10.9.8.7", "127.0.0.9", ""], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def two_families():
    for n in range(10):
        hold(("127.0.0.1", 0), "127.0.0.2", port=LOW + n)
        hold(("fd00::1", 0), "fd00::2", port=LOW + 10 + n)
    judge("two-families", ["127.0.0.2", "fd00::2", "::"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def no_port():
    """With IP_BIND_ADDRESS_NO_PORT: 10 towards each of two, and nothing is short; then 20 towards one of them."""
    for _ in range(10):
        hold(("127.0.0.1", 0), "127.0.0.2", no_port=True)
        hold(("127.0.0.1", 1), "127.0.0.2", no_port=True)
    judge("no-port", [], [], [])
    for _ in range(10):
        hold(("127.0.0.1", 0), "127.0.0.2", no_port=True)
    judge("no-port", [], [(("127.0.0.1", 0), "127.0.0.2"), (("127.0.0.1", 1), "127.0.0.2"), (("127.0.0.1", 0), None)], [("connect-ports", 20, 20)])


def two_addresses():
    """Of two source addresses one has no port left."""
    for n in range(20):
        hold(("127.0.0.1", n % 3), "127.0.0.2")
    for n in range(3):
        hold(("127.0.0.1", n), "127.0.0.3")
    judge("two-addresses", ["127.0.0.2", "127.0.0.3"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def autobind():
    """With net.ipv4.ip_autobind_reuse as well, bind() to port 0 shares too; connect() does not."""
    if not has_sysctl("ip_autobind_reuse"):
        return result("autobind", True, "this kernel has no such sysctl")
    sysctl("ip_autobind_reuse", 1)
    for n in range(15):
        hold(("127.0.0.1", n % 3), "127.0.0.2", reuse=True, port=LOW + n)
    judge("autobind", [], [(("127.0.0.1", 0), None)], [])
    for n in range(5):
        hold(("127.0.0.1", n % 3), "127.0.0.2", port=LOW + 15 + n)
    findings = told()
    works = try_bind("127.0.0.2", reuse=True)
    result("autobind", works and not says_bind_fails(findings, "127.0.0.2"), "bind() %s, told: %s" % ("works" if works else "fails", findings))
    for n in range(20):
        hold(("127.0.0.1", n % 3), "127.0.0.3", port=LOW + n)
    judge("autobind", ["127.0.0.3"], [], [("bind-ports", 20, 20)])


def shared():
    """With SO_REUSEADDR a port that is named is shared; to port 0 none is left."""
    for n in range(20):
        hold(("127.0.0.1", 0), "127.0.0.2", port=LOW + n, reuse=True)
        hold(("127.0.0.1", 1), "127.0.0.2", port=LOW + n, reuse=True)
    judge("shared", ["127.0.0.2"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def half():
    """What bind() chose is nothing that connect() may choose: 12 of 20, and 8 towards one destination."""
    for n in range(12):
        hold(("127.0.0.1", n % 3), "127.0.0.2")
    for _ in range(8):
        hold(("127.0.0.1", 0))
    judge("half", ["127.0.0.2", "127.0.0.1"], [(("127.0.0.1", 0), None), (("127.0.0.1", 1), None)], [("connect-ports", 8, 8), ("bind-ports", 20, 20), ("bind-ports", 12, 20)])


def listeners():
    """What listens at any address has a port at each; what listens for IPv6 only, none at those of IPv4."""
    for n in range(5):
        listen("", LOW + n)
        listen("::", LOW + 5 + n, v6only=1)
    for n in range(15):
        hold(("127.0.0.1", 0), "127.0.0.2")
    judge("listeners", ["127.0.0.2", "127.0.0.3", "fd00::2"], [(("127.0.0.1", 0), None)])


def reserved():
    """Reserved ports are not chosen; 14 of the 15 others are taken, and a listener has a reserved one."""
    sysctl("ip_local_reserved_ports", "1000,%d-%d" % (LOW, LOW + 4))
    for n in range(14):
        hold(("127.0.0.1", n % 2), "127.0.0.2")
    judge("reserved", ["127.0.0.2"], [], [("bind-ports", 14, 15)])
    listen("127.0.0.2", LOW + 2)
    judge("reserved", ["127.0.0.2"], [(("127.0.0.1", 0), None)], [("bind-ports", 14, 15)])
    hold(("127.0.0.1", 0), "127.0.0.2")
    judge("reserved", ["127.0.0.2"], [(("127.0.0.1", 0), None)], [("bind-ports", 15, 15)])


def connects():
    """Open connections to one destination; another has plenty."""
    for _ in range(20):
        hold(("127.0.0.1", 0))
    listen("127.0.0.1", SERVER + 1)
    found = judge("connects", ["127.0.0.2"], [(("127.0.0.1", 0), None), (("127.0.0.1", 1), None)], [("connect-ports", 20, 20)])
    result("connects", "20 held by python3[%d]" % os.getpid() in found[0]["evidence"], found[0]["evidence"])
    typed = subprocess.run(["sh", "-c", found[0]["next"]], stdout=subprocess.PIPE, text=True).stdout
    result("connects", typed.count("127.0.0.1:%d" % SERVER) >= 20, "what to type next shows them: %s" % found[0]["next"])


def connects_ipv6():
    for _ in range(20):
        hold(("fd00::1", 0))
    found = judge("connects-ipv6", ["fd00::2"], [(("fd00::1", 0), None), (("fd00::1", 0), "fd00::2")], [("connect-ports", 20, 20)])
    typed = subprocess.run(["sh", "-c", found[0]["next"]], stdout=subprocess.PIPE, text=True).stdout
    result("connects-ipv6", typed.count("[fd00::1]:%d" % SERVER) >= 20, "what to type next shows them: %s" % found[0]["next"])


def devices():
    """What is bound to a device has its port by that one only; what is bound to none, by each."""
    to = ("127.0.0.1", 0)
    for n in range(20):
        hold(to, device="lo")
    played()
    seen = [(f["rule"], f["count"], f["room"], f["device"]) for f in told()]
    works = try_connect(to), try_connect(to, device="lo")
    result("devices", works == (True, False) and seen == [("connect-ports", 20, 20, "lo")], "connect() by any works: %s, by lo: %s; told: %s" % (*works, seen))
    text = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    result("devices", "20 of 20 (100 %), 127.0.0.1:* > 127.0.0.1:7900 dev lo" in text, "its device, in words")
    for _ in range(8):
        hold(to)
    seen = [(f["rule"], f["count"], f["room"], f["device"]) for f in told()]
    result("devices", seen == [("connect-ports", 20, 20, "lo")], "8 more that are bound to none have ports that these have: %s" % seen)
    # 6 by each of the two are less than half, together or not, for none of them.
    for n in range(6):
        hold(("127.0.0.2", 0), device="lo")
        hold(("127.0.0.2", 1))
    played()
    seen = [f["raddr"] for f in told()]
    result("devices", seen == ["127.0.0.1"], "6 towards each of two others: %s" % seen)


def half_closed():
    """An orphan in FIN-WAIT-2 is not taken over by connect(), whatever tcp_tw_reuse is."""
    sysctl("tcp_tw_reuse", 1)
    for _ in range(20):
        client, server = connected(("127.0.0.1", 0))
        keep.append(server)
        client.close()
    time.sleep(1.2)
    judge("half-closed", [], [(("127.0.0.1", 0), None)], [("connect-ports", 20, 20)])


def reuse():
    """A TIME-WAIT is taken over once it is old enough: after a second, or as tcp_tw_reuse_delay has it."""
    to = ("127.0.0.1", 0)
    sysctl("tcp_tw_reuse", 2)
    for _ in range(20):
        close(to)
    if has_sysctl("tcp_tw_reuse_delay"):
        time.sleep(1.5)
        sysctl("tcp_tw_reuse_delay", 60000)
        judge("reuse", [], [(to, None)], [("time-wait-ports", 20, 20)])
        sysctl("tcp_tw_reuse_delay", 1000)
    else:
        time.sleep(3)
    judge("reuse", [], [(to, None)], [])
    sysctl("tcp_tw_reuse", 0)
    judge("reuse", [], [(to, None)], [("time-wait-ports", 20, 20)])


def reuse_on_lo():
    """tcp_tw_reuse=2 is about loopback: addresses of 127/8 and ::1, mapped or not, and what is bound to lo. An address of this
    host that is none of these is not, though all of it goes through lo."""
    sysctl("tcp_tw_reuse", 2)
    for to, device in (("10.9.8.7", 0), None), (("10.9.8.7", 1), "lo"), (("::1", 2), None), (("fd00::1", 3), "lo"), (("fd00::1", 4), None):
        for _ in range(20):
            close(to, device=device)
    time.sleep(1.5 if has_sysctl("tcp_tw_reuse_delay") else 3)
    judge("reuse-on-lo", [], [(("10.9.8.7", 0), None), (("::1", 2), None), (("fd00::1", 4), None)],
          [("time-wait-ports", 20, 20), ("time-wait-ports", 20, 20)])
    for to in ("10.9.8.7", 1), ("fd00::1", 3):
        result("reuse-on-lo", HOLDS or try_connect(to, device="lo"), "connect(%s) by lo works, and nothing is told of it" % to[0])


def server():
    """A server's port is one, however many connections it has; its clients are elsewhere."""
    listener = listen("127.0.0.1", LOW + 3)
    sysctl("ip_local_port_range", "40000 40999")
    for _ in range(60):
        keep.append(socket.create_connection(("127.0.0.1", LOW + 3)))
        keep.append(listener.accept()[0])
    sysctl("ip_local_port_range", "%d %d" % (LOW, HIGH))
    judge("server", ["127.0.0.1"], [], [])


def named_and_reset():
    """A port that bind() named stays with its descriptor after a reset; one that it chose does not."""
    for n in range(20):
        client, server = connected(("127.0.0.1", n % 2), "127.0.0.2", port=LOW + n)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        keep.append(client)
    for n in range(10):
        client, server = connected(("127.0.0.1", n % 2), "127.0.0.3")
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        keep.append(client)
    judge("reset", ["127.0.0.2", "127.0.0.3"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


def not_connected():
    """Bound, and not connected yet, or never."""
    for _ in range(20):
        sock = socket.socket()
        sock.bind(("127.0.0.2", 0))
        keep.append(sock)
    hold(("127.0.0.1", 0), "127.0.0.3", no_port=True, port=40000)
    judge("not-connected", ["127.0.0.2", "127.0.0.3"], [(("127.0.0.1", 0), None)], [("bind-ports", 20, 20)])


class Watch:
    """`stuck --watch` in the background; what it told of ports, look by look."""

    def __init__(self):
        self.file = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([TCPDWELL, "stuck", "--watch", "-i", "0.4", "-f", "json", "--netns", str(os.getpid())], stdout=self.file)
        # It has looked once: how long it takes to begin is not what this is about.
        while not os.fstat(self.file.fileno()).st_size and self.process.poll() is None:
            time.sleep(0.02)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.file.seek(0)
        return [o for o in map(json.loads, self.file) if o["event"] == "finding" and o["rule"] in RULES]


def paced(per_second, seconds, do):
    """Calls do() so many times a second, by the clock. Ends when it returns False."""
    began = time.monotonic()
    for n in range(int(per_second * seconds)):
        time.sleep(max(0, began + n / per_second - time.monotonic()))
        if do() is False:
            break
    return time.monotonic_ns()


def used_up(name, rule, use, one_look):
    """200 ports that go at 20 a second: in how long they are gone is told right, by those that watch, and by one look if
    it can know."""
    sysctl("ip_local_port_range", "%d %d" % (LOW, LOW + 199))
    watch, looks, used = Watch(), [], 0

    def use_one():
        nonlocal used
        try:
            use(("127.0.0.1", 0))
        except OSError as error:
            assert error.errno in (errno.EADDRNOTAVAIL, errno.EADDRINUSE), error
            return False
        used += 1
        if used in (115, 135, 155):
            looks.append(subprocess.Popen([TCPDWELL, "stuck", "-f", "json", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True))
        return True

    failed = paced(20, 30, use_one)
    single = [json.loads(line) for look in looks for line in look.communicate()[0].splitlines()]
    for who, lines, wanted in ("stuck --watch", watch.end(), True), ("stuck", single, one_look):
        told = [(o["gone_in_ns"] / (failed - int(o["ts_ns"])), o["evidence"]) for o in lines
                if o.get("rule") == rule and o["gone_in_ns"] and int(o["ts_ns"]) < failed - 10**9]
        right = all(0.5 < ratio < 2 and "gone in about " in text for ratio, text in told) and bool(told) == wanted
        result(name, right and used == 200, "%s: told as %s of what it was, such as: %s" % (
            who, ", ".join("%.2f" % ratio for ratio, _ in told) or "nothing", told[-1][1] if told else "-"))


def used_up_by_time_waits():
    used_up("gone-in-time-wait", "time-wait-ports", close, True)


def used_up_by_open_ones():
    used_up("gone-in-open", "connect-ports", hold, False)


def used_up_by_bind():
    used_up("gone-in-bind", "bind-ports", lambda to: hold(to, "127.0.0.2"), False)


def drop_one():
    """The oldest, without a TIME-WAIT."""
    for _ in range(2):
        sock = pairs.pop(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


pairs = []


def not_used_up():
    """Most of 200 ports are taken: some come and go, then they get fewer, then there was a burst. Nobody foretells."""
    sysctl("ip_local_port_range", "%d %d" % (LOW, LOW + 199))
    pairs.extend(sock for _ in range(120) for sock in connected(("127.0.0.1", 0)))

    def come_and_go():
        drop_one()
        pairs.extend(connected(("127.0.0.1", 0)))

    for name, do in ("steady", come_and_go), ("shrinking", drop_one), ("still", lambda: None):
        watch = Watch()
        paced(5, 3, do)
        if name == "still":
            for _ in range(50):
                close(("127.0.0.1", 0))
            paced(5, 4, do)
        told_in = {o["gone_in_ns"] for o in told()}
        lines = watch.end()
        result("not-gone-" + name, len(lines) > 3 and {o["gone_in_ns"] for o in lines} | told_in == {None}, "%d looks" % len(lines))


def is_there(to, source):
    """A new address has its route a moment later."""
    with socket.socket(V6, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((source, 0))
            sock.connect((to, 9))
            return True
        except OSError:
            return False


if __name__ == "__main__":
    if not HOLDS and ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError("unshare")
    subprocess.run("ip link set lo up; ip addr add 10.9.8.7/32 dev lo; ip addr add fd00::1/128 dev lo nodad; ip addr add fd00::2/128 dev lo nodad",
                   shell=True, check=True)
    while not all(is_there(*ends) for ends in (("fd00::1", "fd00::2"), ("fd00::2", "fd00::1"), ("fd00::1", "::"), ("fd00::2", "::"))):
        time.sleep(0.05)
    sysctl("ip_local_port_range", "%d %d" % (LOW, HIGH))
    sysctl("tcp_tw_reuse", 0)
    globals()[sys.argv[1 + HOLDS]]()
    sys.stdout.flush()
    os._exit(0)
