"""situations.py NAME - plays a situation of other people's programs in a network namespace of its own, asks tcpdwell
about it in several ways, and prints a result line for each. TCPDWELL names the program. With `hold NAME` it plays in
the namespace it is in, asks nothing, prints "ready", and keeps it until its standard input ends."""
import ctypes, json, os, resource, signal, socket, struct, subprocess, sys, tempfile, threading, time

TCPDWELL = os.environ["TCPDWELL"]
LIBC = ctypes.CDLL(None, use_errno=True)
DROP_ALL = [(0x06, 0, 0, 0)]  # return 0
DROP_LARGE = [(0x80, 0, 0, 0), (0x25, 0, 1, 600), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]  # if len > 600 return 0
HOLDS = sys.argv[1] == "hold"
keep = []


def result(name, right, seen=""):
    print("%s field-%s: %s" % ("ok" if right else "FAIL", name, seen))


def played():
    """It stands: from here on it is asked about."""
    if HOLDS:
        print("ready", flush=True)
        sys.stdin.read()
        os._exit(0)


def own_namespace():
    if LIBC.unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def sysctl(name, value):
    with open("/proc/sys/net/ipv4/" + name, "w") as file:
        file.write(str(value))


def listen(port, addr="127.0.0.1", backlog=64):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    sock.listen(backlog)
    keep.append(sock)
    return sock


def pair(listener):
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    keep.extend((client, server))
    return client, server


def filtered(sock, program):
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in program))
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))


def again(every, do):
    def loop():
        try:
            while True:
                do()
                time.sleep(every)
        except OSError:
            pass
    threading.Thread(target=loop, daemon=True).start()


def eat(sock):
    again(0, lambda: sock.recv(65536) or time.sleep(1))


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def stuck(*args):
    out = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid()), "-f", "json", *args], stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def rules(port, *args):
    """Rules of the sockets of this port, as `stuck` has them."""
    return sorted(o["rule"] for o in stuck(*args) if o["event"] == "stuck" and port in (o["lport"], o["rport"]) and o["rule"])


def finding(rule):
    return next((o for o in stuck() if o["event"] == "finding" and o["rule"] == rule), None)


class Exporter:
    """`serve`, which has seen it all from the beginning."""

    def __init__(self, port, *args):
        self.port, self.ready = port, tempfile.mktemp()
        self.process = subprocess.Popen([TCPDWELL, "serve", "127.0.0.1:%d" % port, "--netns", str(os.getpid()), "--ready-file", self.ready, *args],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(400):
            if os.path.exists(self.ready):
                break
            time.sleep(0.05)

    def rules(self):
        text = subprocess.run(["curl", "-s", "http://127.0.0.1:%d/metrics" % self.port], stdout=subprocess.PIPE, text=True).stdout
        lines = [line for line in text.splitlines() if line.startswith("tcpdwell_findings{") and not line.endswith(" 0")]
        return sorted(line.split('"')[1] for line in lines)

    def end(self):
        self.process.terminate()
        self.process.wait()
        os.unlink(self.ready)


def half_closed():
    """Half closed and flowing one way or the other, fast or slowly; and one who thinks."""
    exporter = None if HOLDS else Exporter(29801)
    c, s = pair(listen(7001))  # a long answer
    c.shutdown(socket.SHUT_WR); s.recv(1); eat(c); again(0.01, lambda s=s: s.send(b"x" * 9000))
    c, s = pair(listen(7002))  # a line now and then
    c.shutdown(socket.SHUT_WR); s.recv(1); eat(c); again(0.3, lambda s=s: s.send(b"line\n"))
    c, s = pair(listen(7003))  # the server has shut down its side, the client uploads
    s.shutdown(socket.SHUT_WR); c.recv(1); eat(s); again(0.1, lambda c=c: c.send(b"x" * 900))
    c, s = pair(listen(7004))  # one who thinks before it answers
    c.shutdown(socket.SHUT_WR); s.recv(1)
    c, s = pair(listen(7005))  # one who never reads the end of file, and answers
    c.send(b"x"); c.shutdown(socket.SHUT_WR); eat(c); again(0.3, lambda s=s: s.send(b"line\n"))
    played()
    time.sleep(4)
    for port, what in (7001, "an answer that flows"), (7002, "a line now and then"), (7003, "an upload"), (7005, "an answer to what was not read"):
        told = rules(port)
        result("half-closed", not told, "stuck: %s: %s" % (what, told or "nothing"))
    told = rules(7004)
    result("half-closed", told == ["close-wait-held", "fin-wait-2-held"], "stuck: one who thinks: %s" % told)
    told = rules(7004, "--patience", "2s")
    result("half-closed", told == ["close-wait-leak", "fin-wait-2-idle"], "stuck --patience 2s: %s" % told)
    told = exporter.rules()
    result("half-closed", told == ["close-wait-held", "fin-wait-2-held"], "serve: %s" % told)
    exporter.end()


def one_way():
    """What we send is lost, and the peer talks; or it is gone indeed."""
    for port, program, talks in (7101, DROP_LARGE, True), (7102, DROP_ALL, True), (7103, DROP_ALL, False), (7104, DROP_LARGE, True):
        c, s = pair(listen(port))
        eat(c)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        filtered(s, program)
        c.send(b"x" * 1200)
        if talks:
            again(2 if port == 7104 else 0.3, lambda s=s: s.send(b"beat"))
    played()
    time.sleep(4)
    for port, wanted in (7101, "segments-lost"), (7102, "segments-lost"), (7103, "peer-silent"), (7104, "segments-lost"):
        told = rules(port)
        # Of 7102 the end that is heard nothing of is told as well, and rightly so.
        right = wanted in told if port == 7102 else told == [wanted]
        result("one-way", right, "%d: %s, wanted %s" % (port, told, wanted))
    told = finding("segments-lost")
    result("one-way", told and "heard" in told["evidence"] and "ping" in told["next"], told and told["evidence"])


def alike():
    """Many that are alike are one row, whichever end they share."""
    sysctl("ip_local_port_range", "32768 40000")
    for port in 50051, 7201, 36000:
        listener = listen(port)
        for _ in range(23):
            c, s = pair(listener)
            c.close(); s.recv(1)
    played()
    time.sleep(1.5)
    out = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    for port in 50051, 7201, 36000:
        for state in "FIN-WAIT-2", "CLOSE-WAIT":
            rows = [line for line in out.splitlines() if line.startswith(state) and ":%d" % port in line]
            result("alike", len(rows) == 1, "port %d, %s: %d rows" % (port, state, len(rows)))


def no_descriptors():
    """A process at its limit of descriptors: what to type next shows it."""
    def server(ready):
        listener = listen(7301)
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        os.write(ready, b"x")
        while True:
            try:
                keep.append(listener.accept())
            except OSError:
                time.sleep(0.05)
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        LIBC.prctl(1, signal.SIGKILL)
        server(writer)
    os.read(reader, 1)
    for _ in range(30):
        keep.append(socket.create_connection(("127.0.0.1", 7301)))
    played()
    time.sleep(1.5)
    told = finding("not-accepted")
    typed = subprocess.run(["sh", "-c", told["next"]], stdout=subprocess.PIPE, text=True).stdout if told else ""
    result("no-descriptors", "Max open files" in typed and " 16 " in typed and "/proc/%d/" % pid in told["next"], told and told["next"])
    os.kill(pid, signal.SIGKILL)


def closed():
    """Descriptors of connections that are over; a socket that was never connected is none."""
    listener = listen(7401)
    for _ in range(20):
        c, s = pair(listener)
        reset(c)
    for _ in range(5):
        keep.append(socket.socket())
    played()
    time.sleep(1.5)
    lines = stuck()
    told = [o for o in lines if o["event"] == "finding" and o["rule"] == "closed-held"]
    result("closed", len(told) == 1 and told[0]["count"] == 20, told)
    result("closed", lines[0]["states"]["CLOSED"] == 20, "%d in CLOSED" % lines[0]["states"]["CLOSED"])
    told = [o for o in stuck("-s", "closed") if o["event"] == "stuck"]
    result("closed", told and all(o["pid"] == os.getpid() and o["lport"] == 7401 and o["rport"] for o in told), "%d with their owner" % len(told))
    told = [o["rule"] for o in stuck("--patience", "1s") if o["event"] == "finding"]
    result("closed", told == ["closed-leak"], "--patience 1s: %s" % told)


def user_timeout():
    """TCP_USER_TIMEOUT cuts the timer short: no age is more than the truth."""
    began = {}
    for port, ms in (7501, 3000), (7502, 5000), (7503, 0):
        c, s = pair(listen(port))
        c.setsockopt(socket.IPPROTO_TCP, 18, ms)
        filtered(s, DROP_ALL)
        began[port] = time.monotonic()
        c.close()
    seen, wrong = 0, []
    while time.monotonic() < began[7501] + 6:
        time.sleep(0.3)
        for o in stuck("-s", "fin-wait-1"):
            if o["event"] == "stuck" and o["rport"] in began:
                real = time.monotonic() - began[o["rport"]]
                seen += 1
                if (o["age_ns"] or 0) > real * 1e9:
                    wrong.append("%.1f s at %.1f s" % (o["age_ns"] / 1e9, real))
    result("user-timeout", seen > 5 and not wrong, "%d bounds, more than the truth: %s" % (seen, wrong or "none"))


if not HOLDS:
    own_namespace()
globals()[sys.argv[-1]]()
sys.stdout.flush()
os._exit(0)
