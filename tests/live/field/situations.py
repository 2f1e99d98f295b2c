"""situations.py NAME - plays a situation of other people's programs in a network namespace of its own, asks tcpdwell
about it in several ways, and prints a result line for each. TCPDWELL names the program. With `hold NAME` it plays in
the namespace it is in, asks nothing, prints "ready", and keeps it until its standard input ends."""
import json, os, re, resource, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

from common import DROP_ALL, HOLDS, LIBC, TCPDWELL, fill, filtered, keep, played, sysctl, unshare

DROP_LARGE = [(0x80, 0, 0, 0), (0x25, 0, 1, 600), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]  # if len > 600 return 0


def result(name, right, seen=""):
    print("%s field-%s: %s" % ("ok" if right else "FAIL", name, seen))


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


def finding(rule, *args):
    return next((o for o in stuck(*args) if o["event"] == "finding" and o["rule"] == rule), None)


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


def streams():
    """What works in its own time: a fetch that is thought about and then flows, an exchange with pauses, an answer whose
    parts come seconds apart; and a leak that keepalive is going to end, or not."""
    c, s = pair(listen(7601))
    c.send(b"want"); c.shutdown(socket.SHUT_WR); s.recv(9); s.recv(1); eat(c)
    thought = threading.Event()

    def answer(s=s):
        thought.wait()
        again(0.01, lambda: s.send(b"x" * 9000))
    threading.Thread(target=answer, daemon=True).start()
    if HOLDS:
        threading.Timer(3, thought.set).start()
    c, s = pair(listen(7602))
    for one, other in (c, s), (s, c):
        eat(one)
        again(1.5, lambda one=one: one.send(b"block"))
    c, s = pair(listen(7603))
    # What is to be held may not change its mind: between two parts the client waits, and that is told.
    c.shutdown(socket.SHUT_WR); s.recv(1); eat(c); again(0.3 if HOLDS else 3, lambda s=s: s.send(b"part"))
    c, s = pair(listen(7604))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300)
    c.shutdown(socket.SHUT_WR); s.recv(1)
    played()
    time.sleep(1.5)
    told = rules(7601)
    result("streams", told == ["close-wait-held", "fin-wait-2-held"], "a fetch that is thought about: %s" % told)
    thought.set()
    told = [o["evidence"] for o in stuck("-s", "close-wait") if o["event"] == "stuck" and o["lport"] == 7604]
    result("streams", told and "keepalive in" in told[0], "what keepalive will end: %s" % told)
    seen = set()
    for _ in range(10):
        time.sleep(0.6)
        seen |= set(rules(7603, "--patience", "5s"))
    result("streams", not seen & {"close-wait-leak", "fin-wait-2-idle"}, "parts of an answer, 3 s apart, before a patience of 5 s: %s" % sorted(seen))
    for port, what in (7601, "a fetch that flows"), (7602, "an exchange with pauses"):
        told = rules(port)
        result("streams", not told, "%s: %s" % (what, told or "nothing"))


def one_way():
    """What we send is lost, and the peer talks; or it is gone indeed."""
    for port, program, talks in (7101, DROP_LARGE, True), (7102, DROP_ALL, True), (7103, DROP_ALL, False), (7104, DROP_LARGE, True), (7105, DROP_LARGE, False):
        c, s = pair(listen(port))
        eat(c)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        filtered(s, program)
        c.send(b"x" * (30 if port == 7103 else 1200))
        if talks:
            again(2 if port == 7104 else 0.3, lambda s=s: s.send(b"beat"))
    played()
    time.sleep(4)
    for port, wanted in (7101, "segments-lost"), (7102, "segments-lost"), (7103, "peer-silent"), (7104, "segments-lost"), (7105, "peer-silent"):
        told = rules(port)
        # Of 7102 the end that is heard nothing of is told as well, and rightly so.
        right = wanted in told if port == 7102 else told == [wanted]
        result("one-way", right, "%d: %s, wanted %s" % (port, told, wanted))
    # A peer that waits for what is lost has nothing to say: small pings have an answer all the same.
    for port, large in (7103, False), (7105, True):
        told = finding("peer-silent", "-D", str(port))
        right = told and "ping -c 3 127" in told["next"] and ("-M do -s 1472" in told["next"]) == large
        result("one-way", right, "%s and unanswered: %s" % ("large" if large else "small", told and told["next"]))
    told = finding("segments-lost")
    result("one-way", told and "heard" in told["evidence"] and "ping" in told["next"], told and told["evidence"])


def alike():
    """Many that are alike are one row, whichever end they share."""
    sysctl("ip_local_port_range", "32768 40000")
    # All listen before anyone connects: a client may be given 36000.
    for listener in [listen(port) for port in (50051, 7201, 36000)]:
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


def alike_without_port():
    """Of a swarm, or of passive FTP, no two have a port in common; some have a port that somebody listens at."""
    for n in range(12):
        listener = listen(0)
        c, s = pair(listener)
        keep.remove(listener)
        listener.close()
        c.close(); s.recv(1)
    for port in range(7761, 7771):
        c, s = pair(listen(port))
        c.close(); s.recv(1)
    played()
    time.sleep(1.5)
    out = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    for face, rows in ("stuck", None), ("the page", on_page()), ("top", on_screen()):
        if face == "top" and rows is None:
            print("skip field-alike-without-port: top: no tmux")
            continue
        for state in "FIN-WAIT-2", "CLOSE-WAIT":
            if face == "stuck":
                counts = [[word for word in line.split()[2:4] if word.isdigit()] for line in out.splitlines() if line.startswith(state)]
                told = [int(count[0]) if count else 1 for count in counts]
            else:
                told = [row[3] for row in rows if row[0] == state]
            result("alike-without-port", sorted(told) == [1] * 10 + [12], "%s: %s: %s" % (face, state, sorted(told)))


def on_page():
    """The rows of the page, as (state, local port, remote port, how many)."""
    page = tempfile.mktemp()
    subprocess.run([TCPDWELL, "report", page, "-q", "-d", "0.1", "--netns", str(os.getpid())], check=True)
    with open(page) as file:
        text = file.read()
    os.unlink(page)
    rows = json.JSONDecoder().raw_decode(text, text.index('{"head":'))[0]["census"]["rows"]
    return [(o["state"], o["lport"], o["rport"], o["count"]) for o in rows]


def on_screen():
    """The same of `top`; None if there is no terminal to be had."""
    name, ready = "tcpdwell-alike-%d" % os.getpid(), tempfile.mktemp()
    tmux = ["tmux", "-L", name, "-f", "/dev/null"]
    if not shutil.which("tmux"):
        return None
    subprocess.run([*tmux, "new-session", "-d", "-x", "200", "-y", "100", "%s top --netns %d --ready-file %s" % (TCPDWELL, os.getpid(), ready)], check=True)
    rows, before = [], None
    for _ in range(200):
        time.sleep(0.1)
        screen = subprocess.run([*tmux, "capture-pane", "-p"], stdout=subprocess.PIPE, text=True).stdout
        rows = re.findall(r"^.([A-Z0-9-]+) +\S+ +([0-9]+) +(?:\S+:)?([0-9*]+) +(?:\S+:)?([0-9*]+) ", screen, re.M)
        # A screen that is being drawn has some of them: it is the same twice.
        if re.search(r"^.CLOSE-WAIT +\S+ +[0-9]+ +\S+:", screen, re.M) and rows == before:
            break
        before = rows
    subprocess.run([*tmux, "kill-server"])
    return [(state, *(0 if port == "*" else int(port) for port in (local, remote)), int(count)) for state, count, local, remote in rows]


def alike_everywhere():
    """One port for many servers, many addresses for one server, one server's port for all addresses: the end that repeats
    is the one they share, on every face."""
    def leak(to, source=None):
        listener = listen(to[1], to[0])
        c = socket.socket()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if source:
            c.bind(source)
        c.connect(to)
        keep.append(listener.accept()[0])
        c.close(); keep[-1].recv(1)
    for n in range(23):
        leak(("127.0.0.1", 7711 + n), ("127.0.0.1", 7700))      # one port of ours, 23 of theirs
        leak(("127.0.%d.1" % n, 50052), ("127.0.%d.2" % n, 0))  # an address each
        leak(("127.0.%d.1" % n, 7750), ("127.0.0.3", 40000 + n))
    played()
    time.sleep(1.5)
    faces = [("the page", on_page()), ("top", on_screen())]
    for face, rows in faces:
        if rows is None:
            print("skip field-alike-everywhere: %s: no tmux" % face)
            continue
        for port in 7700, 50052, 7750:
            for state in "FIN-WAIT-2", "CLOSE-WAIT":
                told = [row for row in rows if row[0] == state and port in row[1:3]]
                result("alike-everywhere", [row[3] for row in told] == [23], "%s: port %d, %s: %s" % (face, port, state, told))
    # Dwells that last: who is in the state now.
    for key, port in ("local-port", 7700), ("remote-port", 50052), ("remote-port", 7750):
        out = subprocess.run([TCPDWELL, "hist", "-d", "0.1", "-q", "-f", "json", "--netns", str(os.getpid()), "-s", "fin-wait-2", "-b", key],
                             stdout=subprocess.PIPE, text=True).stdout
        told = [o["still"] for o in map(json.loads, out.splitlines()) if o["event"] == "histogram" and o["by"][key] == str(port)]
        result("alike-everywhere", told == [23], "hist -b %s: %d: %s" % (key, port, told))


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


def has_an_answer(port):
    """One who has asked, shut down its side, and has the whole answer to read."""
    c, s = pair(listen(port))
    c.shutdown(socket.SHUT_WR); s.recv(1); s.send(b"x" * 100000); s.close()


def closed():
    """Descriptors of connections that are over; a socket that was never connected is none."""
    listener = listen(7401)
    for _ in range(20):
        c, s = pair(listener)
        reset(c)
    for _ in range(5):
        keep.append(socket.socket())
    if HOLDS:
        has_an_answer(7402)
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
    has_an_answer(7402)
    time.sleep(1.5)
    told = [(o["rule"], o["says"]) for o in stuck("--patience", "1s", "-D", "7402", "-s", "closed") if o["event"] == "finding"]
    result("closed", [rule for rule, _ in told] == ["closed-held"] and "closed by both" in told[0][1], "an answer that is not read yet: %s" % told)


def one_byte():
    """The end of file counts 1 in the kernel's numbers, and so does the urgent byte, which read() passes over."""
    wanted = {}

    def case(port, rule, words, what):
        wanted[port] = rule, words, what
        return pair(listen(port))
    c, s = case(7411, "closed-held", "1 byte unread", "a byte, then a reset")
    c.send(b"x"); time.sleep(0.1); reset(c)
    c, s = case(7412, "closed-held", "end of file unread", "the end of file, then a reset")
    c.shutdown(socket.SHUT_WR); s.send(b"x" * 10); time.sleep(0.1); reset(c)
    c, s = case(7413, "closed-held", "5 bytes unread", "5 bytes, then a reset")
    c.send(b"12345"); time.sleep(0.1); reset(c)
    c, s = case(7414, "closed-leak", "", "all read, then a reset")
    c.send(b"x"); s.recv(1); reset(c)
    c, s = case(7415, "close-wait-unread", "1 byte unread", "a byte and the end of file")
    c.send(b"x"); c.shutdown(socket.SHUT_WR)
    c, s = case(7416, "close-wait-unread", "end of file unread", "the end of file")
    c.shutdown(socket.SHUT_WR)
    c, s = case(7417, "established-unread", "1 byte unread", "a byte of an open connection")
    c.send(b"x")
    c, s = case(7419, None, "", "an urgent byte")
    c.send(b"!", socket.MSG_OOB)
    c, s = case(7420, "established-unread", "3 bytes unread", "an urgent byte amid others")
    c.send(b"ab!", socket.MSG_OOB); time.sleep(0.1); c.send(b"c")
    c, s = case(7421, "close-wait-unread", "end of file unread", "an urgent byte and the end of file")
    c.send(b"!", socket.MSG_OOB); c.shutdown(socket.SHUT_WR)
    c, s = case(7422, "established-unread", "1 byte unread", "an urgent byte among the others (SO_OOBINLINE)")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    c.send(b"!", socket.MSG_OOB)
    full = listen(7418, backlog=0)
    for _ in range(2):  # the second one finds no place, and its SYN counts one, too
        opening = socket.socket()
        opening.setblocking(False)
        opening.connect_ex(full.getsockname())
        keep.append(opening)
    played()
    time.sleep(2.2)
    told = {o["lport"]: o for o in stuck("--patience", "2s", "-s", "all") if o["event"] == "stuck" and o["state"] != "LISTEN"}
    syn = [o["evidence"] for o in told.values() if o["state"] == "SYN-SENT" and o["rport"] == 7418]
    result("one-byte", len(syn) == 1 and "byte" not in syn[0], "a SYN: %s" % syn)
    for port, (rule, words, what) in wanted.items():
        seen = told[port]["rule"], told[port]["evidence"] or ""
        result("one-byte", seen[0] == rule and seen[1].startswith(words) and (words or "unread" not in seen[1]), "%s: %s" % (what, seen))


def early_answer():
    """A server that answers early, half closes, and reads nothing more: it keeps its client from going on."""
    c, s = pair(listen(7431))
    c.setblocking(False)
    try:
        while True:
            c.send(b"x" * 65536)
    except BlockingIOError:
        pass
    s.send(b"too large"); s.shutdown(socket.SHUT_WR)
    c, s = pair(listen(7432))  # its like, who reads on
    c.send(b"x" * 65536); s.send(b"wait"); s.shutdown(socket.SHUT_WR); eat(s); c.recv(9); c.recv(1)
    played()
    time.sleep(2.5)
    told = {(o["state"], o["rule"]) for o in stuck() if o["event"] == "stuck" and 7431 in (o["lport"], o["rport"])}
    result("early-answer", told == {("FIN-WAIT-2", "fin-wait-2-unread"), ("CLOSE-WAIT", "peer-window-shut")}, "an early answer: %s" % told)
    told = finding("fin-wait-2-unread")
    result("early-answer", told and re.search(r"[0-9]+ bytes unread, the last came [0-9.]+s ago", told["evidence"]), told and told["evidence"])
    told = rules(7432)
    result("early-answer", "fin-wait-2-unread" not in told, "one who reads on: %s" % told)


def other_end():
    """Who is waited for is on this host, and cannot go on: it is said where its peer is told of, whoever is asked about."""
    done = {}  # tells when it has done what it does, and only sleeps from then on

    def server(port, name, backlog, do):
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            LIBC.prctl(1, signal.SIGKILL)
            # Of a rule not so many names are told apart by all faces.
            LIBC.prctl(15, b"held" if HOLDS else name, 0, 0, 0)
            listener = listen(port, backlog=backlog)
            os.write(writer, b"x")
            do(listener)
            os.write(writer, b"x")
            while True:
                time.sleep(1000)
        os.read(reader, 1)
        done[port] = reader
        return pid

    def halt(pid):
        os.kill(pid, signal.SIGSTOP)
        while "T (stopped)" not in open("/proc/%d/status" % pid).read():
            time.sleep(0.02)

    def out_of_descriptors(listener):
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        try:
            while True:
                keep.append(os.dup(0))
        except OSError:
            pass

    def accepts(listener):
        keep.append(listener.accept())

    def opening(port, n):
        for _ in range(n):
            sock = socket.socket()
            if port == 7448:
                filtered(sock, DROP_ALL)
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
            keep.append(sock)
    pids = {port: server(port, *rest) for port, *rest in (
        (7441, b"reads-not", 8, accepts), (7442, b"closes-not", 8, accepts), (7443, b"accepts-not", 0, lambda _: None),
        (7444, b"is-full", 0, out_of_descriptors), (7445, b"thinks", 8, accepts), (7446, b"sleeps", 8, accepts), (7447, b"waits", 8, lambda _: None),
        (7448, b"has-room", 8, lambda _: None), (7449, b"slow", 0, lambda _: None))}
    clients = {port: socket.create_connection(("127.0.0.1", port)) for port in (7441, 7442, 7445, 7446, 7447)}
    keep.extend(clients.values())
    for reader in done.values():
        os.read(reader, 1)
    for port in 7441, 7442, 7443, 7447, 7448:
        halt(pids[port])
    for port in 7442, 7445:
        clients[port].shutdown(socket.SHUT_WR)
    for port in 7441, 7446, 7447:
        fill(clients[port])
    for port in 7443, 7444, 7448, 7449:
        opening(port, 3)
    played()
    time.sleep(2.5)
    stopped, state = "which is stopped by a signal (T)", "State:\tT (stopped)"
    for port, rule, words, shows in ((7441, "peer-window-shut", stopped, state), (7442, "fin-wait-2-held", stopped, state),
                                     (7443, "syn-unanswered", stopped, state), (7444, "syn-unanswered", "which is out of descriptors (limit 16)", "Max open files"),
                                     (7445, "fin-wait-2-held", None, None), (7446, "peer-window-shut", None, None),
                                     (7447, "peer-window-shut", stopped, state), (7448, "syn-unanswered", None, None),
                                     (7449, "syn-unanswered", "LISTEN of slow[%d], 1 wait" % pids[7449], "users:((\"slow\",pid=%d" % pids[7449])):
        told = finding(rule, "-P", str(port))
        typed = subprocess.run(["sh", "-c", told["next"]], stdout=subprocess.PIPE, text=True).stdout if told and shows else ""
        right = told and ("which is" not in told["evidence"] if not words else words in told["evidence"] and shows in typed and
                          (str(pids[port]) in told["next"] or "users:" in shows))
        result("other-end", right, "%d: %s" % (port, told and (told["evidence"], told["next"])))
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)


def readers():
    """One who reads all every few seconds, one who reads a little at a time while more comes or cannot come, one who
    reads at once: nobody is said not to read. What is said is how long the last byte has waited."""
    sent = {port: [] for port in (7421, 7422, 7423, 7424)}

    def reads(port, every, much, send, pause):
        c, s = pair(listen(port))
        s.setblocking(False)
        c.setblocking(False)

        def some():
            try:
                s.recv(much)
            except BlockingIOError:
                pass

        def more():
            try:
                c.send(b"x" * send)
                sent[port].append(time.monotonic())
            except BlockingIOError:
                pass
        again(pause, more)
        time.sleep(0.2)
        again(every, some)
        return c, s
    reads(7421, 5, 1 << 20, 100, 2.1)     # all, every 5 s; more comes meanwhile
    reads(7422, 1, 100, 1000, 0.3)        # a little a second while more comes
    reads(7423, 1, 100, 1 << 20, 0.05)    # the same where no more finds room
    reads(7424, 0.01, 1 << 20, 100, 0.3)  # at once
    played()
    lines, waits = [], []
    for _ in range(8):
        time.sleep(0.7)
        began = time.monotonic()
        look = stuck()
        ended = time.monotonic()
        lines += look
        waits += [(o["evidence"], began, ended) for o in look if o["event"] == "stuck" and o["lport"] == 7421]
    says = {o["says"] for o in lines if o["event"] == "finding"}
    result("readers", not [words for words in says if "not read" in words], "nobody is said not to read: %s" % sorted(says))
    for port, wanted in (7421, {None, "established-unread"}), (7422, {None}), (7424, {None}):
        told = {o["rule"] for o in lines if o["event"] == "stuck" and o["lport"] == port}
        result("readers", told <= wanted, "%d: %s" % (port, told or "nothing"))

    def is_true(evidence, began, ended):
        """It came when we sent it: some time before the look, which took from `began` to `ended`."""
        wait = re.search(r"^[1-9]00 bytes unread, the last came (\d\.\d+)s ago", evidence or "")
        return wait and float(wait[1]) >= 1 and any(began - at - 0.1 < float(wait[1]) < ended - at + 0.1 for at in sent[7421])
    result("readers", waits and all(is_true(*wait) for wait in waits), "how long it waits: %s" % [evidence for evidence, _, _ in waits])


def user_timeout():
    """TCP_USER_TIMEOUT cuts the timer short: no age is more than the truth."""
    began = {}
    for port, ms in (7501, 600000 if HOLDS else 3000), (7502, 900000 if HOLDS else 5000), (7503, 0):
        c, s = pair(listen(port))
        c.setsockopt(socket.IPPROTO_TCP, 18, ms)
        filtered(s, DROP_ALL)
        began[port] = time.monotonic()
        c.close()
    played()
    seen, wrong = 0, []
    # Until both timeouts are over; and, however long a look takes, until it has been looked often enough.
    while time.monotonic() < began[7501] + 6 or (seen <= 5 and time.monotonic() < began[7501] + 60):
        time.sleep(0.3)
        for o in stuck("-s", "fin-wait-1"):
            if o["event"] == "stuck" and o["rport"] in began:
                real = time.monotonic() - began[o["rport"]]
                seen += 1
                if (o["age_ns"] or 0) > real * 1e9:
                    wrong.append("%.1f s at %.1f s" % (o["age_ns"] / 1e9, real))
    result("user-timeout", seen > 5 and not wrong, "%d bounds, more than the truth: %s" % (seen, wrong or "none"))


if not HOLDS:
    unshare()
globals()[sys.argv[-1]]()
sys.stdout.flush()
os._exit(0)
