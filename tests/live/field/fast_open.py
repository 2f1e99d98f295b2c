"""fast_open.py SITUATION - plays a situation of TCP Fast Open in a network namespace of its own, asks tcpdwell about it,
and prints a result line for each thing asked. TCPDWELL names the program. With `hold SITUATION` it plays in the
namespace it is in, asks nothing, prints "ready", and keeps it until its standard input ends."""
import ctypes, json, os, random, signal, socket, struct, subprocess, sys, tempfile, time

from common import HOLDS, TCPDWELL, keep, played, unshare

DROP_ALL = [(0x06, 0, 0, 0)]  # return 0
MSG_FASTOPEN = 0x20000000
PLAYS = 5  # something may be withheld from us: see withheld()


def result(name, right, seen=""):
    print("%s field-fast-open-%s: %s" % ("ok" if right else "FAIL", name, seen))


def fast_open(flags):
    """1, 2: clients, servers; 4: clients need no cookie; 0x200: servers ask for none."""
    with open("/proc/sys/net/ipv4/tcp_fastopen", "w") as file:
        file.write(str(flags))


def own_namespace():
    if HOLDS:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    else:
        unshare()
    fast_open(0x207)
    if HOLDS:  # longer than a minute
        with open("/proc/sys/net/ipv4/tcp_synack_retries", "w") as file:
            file.write("12")


def listen(port, addr="127.0.0.1", backlog=16):
    sock = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
    sock.bind((addr, port))
    sock.listen(backlog)
    keep.append(sock)
    return sock


def client(listener, data=b"hello", deaf=True):
    """Sends a SYN with this data; if it is deaf, no answer to it arrives."""
    sock = socket.socket(listener.family)
    sock.setblocking(False)
    if deaf:
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in DROP_ALL))
        sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", len(DROP_ALL), ctypes.addressof(code)))
    try:
        sock.sendto(data, MSG_FASTOPEN, listener.getsockname()[:2]) if data else sock.connect(listener.getsockname()[:2])
    except BlockingIOError:
        pass
    keep.append(sock)
    return sock


def stuck(port, *args):
    out = subprocess.run([TCPDWELL, "stuck", "--netns", str(os.getpid()), "-f", "json", "-L", str(port), *args], stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def row(port, *args):
    return next((o for o in stuck(port, *args) if o["event"] == "stuck" and o["state"] != "LISTEN"), {})


class Trace:
    def __init__(self, port):
        self.ready, self.port = tempfile.mktemp(), port
        self.out = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([TCPDWELL, "trace", "-f", "json", "--netns", str(os.getpid()), "-P", str(port), "--ready-file", self.ready],
                                        stdout=self.out, stderr=subprocess.DEVNULL)
        for _ in range(400):
            if os.path.exists(self.ready) and os.path.getsize(self.ready):
                break
            time.sleep(0.05)

    def end(self):
        """The moves of the server's socket."""
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        os.unlink(self.ready)
        self.out.seek(0)
        lines = [json.loads(line) for line in self.out if line.startswith("{")]
        return [o for o in lines if o["event"] == "transition" and o["lport"] == self.port]


def moves_of(port, play, of=lambda o: True):
    """What is told of a play: those of its moves that are asked for, and its time of the SYN at least and at most. Again, if its first move was
    withheld."""
    for _ in range(PLAYS):
        trace = Trace(port)
        before, after = play()
        moves = [o for o in trace.end() if of(o)]
        if [o["to"] for o in moves[:1]] == ["SYN-RECEIVED"] and len(moves) > 1:
            break
    return moves, before, after


def judge_dwell(name, moves, before, after, to):
    """SYN-RECEIVED began with the SYN, was witnessed, and ended so."""
    end = next((o for o in moves if o["from"] == "SYN-RECEIVED"), {})
    seen = "%s > %s, %s ns, %s" % (end.get("from"), end.get("to"), end.get("dwell_ns"), end.get("dwell_known"))
    if end and moves[0]["ts_ns"] == end["ts_ns"]:
        print("skip field-fast-open-%s: this kernel does not tell of the child when it is made" % name)
        return end
    began = int(end["ts_ns"]) - (end["dwell_ns"] or 0) if end else 0
    result(name, end and end["to"] == to and end["dwell_known"] == "exact" and before <= began <= after, seen)
    return end


def vanishes(port, addr):
    """A client of whom nothing is heard but its SYN, looked at at moments of no order: never older than it is."""
    name = "vanishes-v%d" % (6 if ":" in addr else 4)
    listener = listen(port, addr)
    before = time.monotonic_ns()
    client(listener)
    server, _ = listener.accept()
    after = time.monotonic_ns()
    server.recv(5)
    if HOLDS:
        keep.append(server)
        return
    wrong, looks = [], 12
    for _ in range(looks):
        time.sleep(random.uniform(0, 0.5))
        told = row(port, "-s", "syn-recv")
        began = int(told["ts_ns"]) - (told["age_ns"] or 0) if told else 0
        # A bound gives a millisecond away.
        if not before <= began <= after + 1000001:
            wrong.append((told.get("age_ns"), began - before, began - after))
    result(name + "-age", not wrong, wrong or "%d looks in %.1f s" % (looks, (time.monotonic_ns() - before) / 1e9))
    time.sleep(max(0, 2.3 - (time.monotonic_ns() - before) / 1e9))
    told = row(port, "--for", "2s")
    result(name, told.get("rule") == "syn-received-unanswered" and told.get("pid") == os.getpid() and not told.get("inherited"),
           "%s, %s, %s" % (told.get("rule"), told.get("owner"), told.get("evidence")))
    server.close()


def not_accepted():
    """It waits in a full queue: that is not what keeps it in SYN-RECEIVED."""
    listener = listen(7310, backlog=0)
    client(listener)
    played()
    time.sleep(1.6)
    told = row(7310)
    result("not-accepted", told.get("rule") == "syn-received-unanswered" and told.get("inherited") and told.get("pid") == os.getpid(),
           "%s, %s, %s" % (told.get("rule"), told.get("owner"), told.get("age_from")))


def client_resets():
    """The client has closed: its host answers the next SYN-ACK with a RST."""
    listener = listen(7311)

    def play():
        before = time.monotonic_ns()
        sock = client(listener)
        server, _ = listener.accept()
        keep.append(server)
        after = time.monotonic_ns()
        sock.close()
        time.sleep(2.5)
        return before, after
    moves, before, after = moves_of(7311, play)
    end = judge_dwell("reset", moves, before, after, "CLOSED")
    result("reset-cause", end.get("cause") == "reset", end.get("cause"))


def server_closes():
    """Closed while its SYN-ACK is not acknowledged."""
    listener, looks, times = listen(7312), [], []
    if HOLDS:
        client(listener)
        listener.accept()[0].recv(5)
        played()

    def play():
        before = time.monotonic_ns()
        client(listener)
        server, _ = listener.accept()
        after = time.monotonic_ns()
        server.recv(5)
        time.sleep(random.uniform(1, 1.5))
        closed = time.monotonic_ns()
        server.close()
        for _ in range(6):
            time.sleep(random.uniform(0, 0.5))
            looks.append(next((o for o in stuck(7312, "-s", "fin-wait-1") if o["event"] == "stuck"), {}))
            times.append(closed)
        return before, after
    moves, before, after = moves_of(7312, play)
    judge_dwell("closes", moves, before, after, "FIN-WAIT-1")
    wrong = [o["age_ns"] for o, closed in zip(looks, times) if o and o["age_ns"] and int(o["ts_ns"]) - o["age_ns"] < closed]
    result("closes-age", any(looks) and not wrong, wrong or [o.get("age_ns") for o in looks])


def closed_then_reset():
    """The server's program closes it before the handshake is over, then the client's host answers the SYN-ACK with a RST."""
    listener = listen(7316)

    def play():
        before = time.monotonic_ns()
        sock = client(listener)
        server, _ = listener.accept()
        server.recv(5)
        server.close()
        after = time.monotonic_ns()
        sock.close()
        time.sleep(2.5)
        return before, after
    judge_end("closed-then-reset", *moves_of(7316, play), ["FIN-WAIT-1", "CLOSED"], "reset")


def listener_closes():
    """Over a child that nobody has accepted, whose handshake is not over: it is reset."""
    def play():
        listener = listen(7317)
        before = time.monotonic_ns()
        client(listener)
        after = time.monotonic_ns()
        time.sleep(0.2)
        keep.remove(listener)
        listener.close()
        return before, after
    judge_end("listener-closes", *moves_of(7317, play, lambda o: o["rport"]), ["CLOSED"], "reset-sent")


def judge_end(name, moves, before, after, states, cause):
    told = [o["to"] for o in moves[1:]]
    result(name, told == states and moves[-1]["cause"] == cause, "%s, %s" % (told, moves[-1]["cause"] if moves else None))


def normal():
    """The handshake is completed: nothing is wrong, and its SYN-RECEIVED was from the SYN to the last ACK."""
    for port, flags, data, what in (7313, 0x207, b"hello", "data"), (7314, 0x203, b"hello", "a cookie asked for"), (7315, 0x207, b"", "none of it"):
        listener = listen(port)
        fast_open(flags)

        def play():
            before = time.monotonic_ns()
            sock = client(listener, data, deaf=False)
            server, _ = listener.accept()
            after = time.monotonic_ns()
            server.settimeout(1.2)
            try:
                server.recv(5)
            except TimeoutError:
                pass
            time.sleep(1.2)
            told.append([o["rule"] for o in stuck(port) if o["event"] == "finding"])
            sock.close()
            server.close()
            return before, after
        told = []
        moves, before, after = moves_of(port, play)
        result("normal", told and not any(told), "findings with %s: %s" % (what, told))
        end = next((o for o in moves if o["from"] == "SYN-RECEIVED"), {})
        if flags == 0x207 and data:
            judge_dwell("normal-dwell", moves, before, after, "ESTABLISHED")
        elif data:
            # Before 6.16 nothing of the socket tells that it was one.
            result("cookie-dwell", end.get("to") == "ESTABLISHED", "%s, %s ns, %s" % (end.get("to"), end.get("dwell_ns"), end.get("dwell_known")))
        else:
            # Of a usual handshake the kernel tells when the SYN-ACK went out.
            result("handshake-dwell", end.get("to") == "ESTABLISHED" and end.get("dwell_known") == "exact", "%s, %s" % (end.get("to"), end.get("dwell_known")))


if __name__ == "__main__":
    own_namespace()
    {"vanishes": lambda: (vanishes(7301, "127.0.0.1"), vanishes(7302, "::1"), played()), "not_accepted": not_accepted, "client_resets": client_resets,
     "server_closes": server_closes, "closed_then_reset": closed_then_reset, "listener_closes": listener_closes, "normal": normal}[sys.argv[-1]]()
