"""whose.py NAME - plays who may own a connection in a network namespace of its own, asks tcpdwell whose it is, and
prints a result line for each answer. TCPDWELL names the program. With `hold NAME` it plays in the namespace it is in,
asks nothing, prints "ready", and keeps it until its standard input ends."""
import ctypes, json, os, signal, socket, subprocess, sys, time

TCPDWELL = os.environ["TCPDWELL"]
LIBC = ctypes.CDLL(None, use_errno=True)
TCP_REPAIR = 19
MPTCP = 262
HOLDS = sys.argv[1] == "hold"
V4, V6 = socket.AF_INET, socket.AF_INET6
keep = []


def result(name, right, seen=""):
    print("%s field-whose: %s: %s" % ("ok" if right else "FAIL", name, seen))


def own_namespace():
    if LIBC.unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def called(name):
    LIBC.prctl(15, name.encode(), 0, 0, 0)


def child(name, work):
    """A process of this name that does work(ready); its pid, once it has called ready()."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        os.read(read, 1)
        os.close(read)
        return pid
    LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)
    called(name)
    work(lambda: os.write(write, b"x"))
    os._exit(0)


def listen(port, addr="0.0.0.0", family=V4, options=(), protocol=0):
    sock = socket.socket(family, socket.SOCK_STREAM, protocol)
    for level, option, value in [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), *options]:
        sock.setsockopt(level, option, value)
    sock.bind((addr, port))
    sock.listen(64)
    keep.append(sock)
    return sock


REUSE = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
V6ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
ON_LO = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")


def idle(name, *args, **kw):
    """A process of this name that listens and never accepts."""

    def work(ready):
        listen(*args, **kw)
        ready()
        signal.pause()

    return child(name, work)


def connect(port, addr="127.0.0.1", family=V4):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.connect((addr, port))
    keep.append(sock)
    return sock


def stuck():
    if HOLDS:
        print("ready", flush=True)
        sys.stdin.read()
        os._exit(0)
    time.sleep(1.3)
    out = subprocess.run([TCPDWELL, "stuck", "-f", "json", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    return [o for o in map(json.loads, out.splitlines()) if o["event"] == "stuck"]


def owners(lines, port, **fields):
    return {o["owner"] for o in lines if o["lport"] == port and all(o[k] == v for k, v in fields.items())}


def listeners():
    four = idle("four", 7001)
    six = idle("six", 7001, "::", V6, [V6ONLY])
    connect(7001), connect(7001, "::1", V6)
    this = idle("this", 7002, "127.0.0.2")
    idle("any", 7002)
    connect(7002, "127.0.0.2")
    idle("plain", 7003, "0.0.0.0", V4, [REUSE])
    device = idle("device", 7003, "0.0.0.0", V4, [REUSE, ON_LO])
    connect(7003)
    lines = stuck()
    for name, port, owner, fields in [
        ("IPv4 beside [::] with IPV6_V6ONLY", 7001, "~four[%d]" % four, {"laddr": "127.0.0.1"}),
        ("IPv6 beside 0.0.0.0", 7001, "~six[%d]" % six, {"laddr": "::1"}),
        ("its address before any", 7002, "~this[%d]" % this, {}),
        ("its device before any", 7003, "~device[%d]" % device, {}),
    ]:
        seen = owners(lines, port, rule="not-accepted", **fields)
        result(name, seen == {owner}, seen)


def group():
    """A group of four of which two are frozen, over IPv6."""

    def works(ready):
        sock = listen(7101, "::", V6, [REUSE])
        ready()
        while True:
            keep.append(sock.accept())

    frozen = {idle("frozen-%d" % i, 7101, "::", V6, [REUSE]) for i in range(2)}
    for i in range(2):
        child("works-%d" % i, works)
    for _ in range(40):
        connect(7101, "::1", V6)
    seen = owners(stuck(), 7101, rule="not-accepted")
    named = {int(o.split("[")[1].rstrip("]")) for o in seen if o.startswith("~frozen")}
    result("two of a group of four are frozen", named == frozen and len(seen) == 2, seen)


def holders():
    """A listener that its parent has as well; one whose parent has gone."""
    called("parent")
    listen(7201)
    heir = child("heir", lambda ready: (ready(), signal.pause()))
    connect(7201)
    time.sleep(1.3)
    lines = [o for o in stuck() if o["lport"] == 7201 and o["rule"] == "not-accepted"]
    pids = {h["pid"] for o in lines for h in o["listener_holders"]}
    result("both who hold it", pids == {os.getpid(), heir} and lines[0]["owner"].endswith(" +1"), [o["owner"] for o in lines])


def run(command, script, *options):
    """`tcpdwell COMMAND` over script(); the lines it wrote."""
    ready = "/tmp/whose-ready.%d" % os.getpid()
    tracer = subprocess.Popen([TCPDWELL, command, "-f", "json", "--ready-file", ready, "--netns", str(os.getpid()), *options],
                              stdout=subprocess.PIPE, text=True)
    for _ in range(600):
        if os.path.exists(ready) and os.path.getsize(ready):
            break
        time.sleep(0.05)
    os.unlink(ready)
    script()
    time.sleep(0.3)
    tracer.terminate()
    return [json.loads(line) for line in tracer.communicate()[0].splitlines()]


def leak_at(port):
    client = socket.create_connection(("127.0.0.1", port))
    time.sleep(0.5)
    client.close()


def accept_and_keep(sock, ready=lambda: None):
    ready()
    keep.append(sock.accept()[0])
    keep[-1].recv(1)
    signal.pause()


def still(lines):
    return {o["by"]["comm"] for o in lines if o["event"] == "histogram" and o["state"] == "CLOSE-WAIT" and o["still"]}


def daemon():
    """It listens, forks twice, and its parent is gone before the first connection."""

    def work(ready):
        sock = listen(7301)
        if os.fork():
            ready()
            os._exit(0)
        signal.alarm(30)  # nobody is left to end it
        called("orphaned")
        accept_and_keep(sock)

    def script():
        child("launcher", work)
        time.sleep(0.5)
        leak_at(7301)

    seen = still(run("hist", script, "-b", "comm", "-s", "close-wait", "-L", "7301"))
    result("a daemon whose parent has gone", seen == {"orphaned"}, seen)


def renamed():
    """prctl(PR_SET_NAME) after listen(), as setproctitle does."""

    def work(ready):
        sock = listen(7302)
        called("new-name")
        accept_and_keep(sock, ready)

    def script():
        child("old-name", work)
        leak_at(7302)

    seen = still(run("hist", script, "-b", "comm", "-s", "close-wait", "-L", "7302"))
    result("a process that has another name now", seen == {"new-name"}, seen)


def mptcp():
    try:
        socket.socket(V4, socket.SOCK_STREAM, MPTCP).close()
    except OSError as error:
        print("skip field-whose: MPTCP: %s" % error)
        return
    pid = idle("mptcp", 7401, "0.0.0.0", V4, (), MPTCP)
    connect(7401)
    server = listen(7402)
    client = socket.socket(V4, socket.SOCK_STREAM, MPTCP)
    client.connect(("127.0.0.1", 7402))
    server.accept()[0].close()
    client.recv(1)
    keep.append(client)
    lines = stuck()
    seen = owners(lines, 7401, rule="not-accepted")
    result("waits at an MPTCP listener", seen == {"~mptcp[%d]" % pid}, seen)
    seen = {o["pid"] for o in lines if o["rport"] == 7402 and o["state"] == "CLOSE-WAIT"}
    result("an MPTCP socket's subflow", seen == {os.getpid()}, seen)


def repair():
    """A socket that is taken away half closed."""
    server = listen(7501)
    client = socket.create_connection(("127.0.0.1", 7501))
    peer, _ = server.accept()
    keep.append(peer)

    def script():
        client.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        client.close()

    port = client.getsockname()[1]
    seen = [o["cause"] for o in run("trace", script) if o["event"] == "transition" and o["lport"] == port and o["to"] == "CLOSED"]
    result("closed in TCP_REPAIR from FIN-WAIT-2", seen == ["repair"], seen)


if not HOLDS:
    own_namespace()
globals()[sys.argv[-1]]()
