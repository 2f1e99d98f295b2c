"""whose.py NAME - plays who may own a connection in a network namespace of its own, asks tcpdwell whose it is, and
prints a result line for each answer. TCPDWELL names the program. With `hold NAME` it plays in the namespace it is in,
asks nothing, prints "ready", and keeps it until its standard input ends."""
import ctypes, json, os, re, resource, select, signal, socket, struct, subprocess, sys, tempfile, threading, time

from common import HOLDS, LIBC, TCPDWELL, called, child, keep, played, typed, unshare

TCP_REPAIR = 19
MPTCP = 262
V4, V6 = socket.AF_INET, socket.AF_INET6


def result(name, right, seen=""):
    print("%s field-whose: %s: %s" % ("ok" if right else "FAIL", name, seen))


def stop(pid):
    """It has stopped: until then it may still accept what comes, although the signal is there."""
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, os.WUNTRACED)


def listen(port, addr="0.0.0.0", family=V4, options=(), protocol=0, backlog=64):
    sock = socket.socket(family, socket.SOCK_STREAM, protocol)
    for level, option, value in [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), *options]:
        sock.setsockopt(level, option, value)
    sock.bind((addr, port))
    sock.listen(backlog)
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
    played()
    time.sleep(1.3)
    out = subprocess.run([TCPDWELL, "stuck", "-f", "json", "--netns", str(os.getpid())], stdout=subprocess.PIPE, text=True).stdout
    return [o for o in map(json.loads, out.splitlines()) if o["event"] == "stuck"]


def stuck_all(pause=1.3):
    """All that is there, and the findings."""
    time.sleep(pause)
    return [json.loads(line) for line in asked("-f", "json", "--netns", str(os.getpid()), "-s", "all").splitlines()]


def asked(*args):
    return subprocess.run([TCPDWELL, "stuck", *args], stdout=subprocess.PIPE, text=True).stdout


def owners(lines, port, **fields):
    return {o["owner"] for o in lines if o["lport"] == port and all(o[k] == v for k, v in fields.items())}


def listeners():
    four = idle("four", 7001)
    six = idle("six", 7001, "::", V6, [V6ONLY])
    connect(7001), connect(7001, "::1", V6)
    this = idle("this", 7002, "127.0.0.2", V4, [REUSE])
    idle("any", 7002, options=[REUSE])
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


def by(device):
    return socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode()


def ip(*args):
    return subprocess.run(["ip", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def accepted_from(lines, port, **fields):
    return owners([o for o in lines if o["event"] == "stuck"], port, rule="not-accepted", **fields)


def devices():
    """What a listener at another device has is not its, however well its address fits: not what waits, nor what is
    refused an answer."""
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for device in "v0", "v1":
        ip("link", "set", device, "up")
    idle("elsewhere", 7011, "127.0.0.1", V4, [REUSE, by("v0")])
    plain = idle("plain", 7011, "0.0.0.0", V4, [REUSE])
    idle("at-lo", 7012)
    idle("this", 7013, "127.0.0.1", V4, [REUSE])
    idle("any", 7013, options=[REUSE])

    def script():
        connect(7011), connect(7013)
        time.sleep(1)

    lines = [o for o in run("trace", script) if o["event"] == "transition"]
    seen, this = ({(o["comm"], o["pid_known"]) for o in lines if o["lport"] == port} for port in (7011, 7013))
    result("trace: an address that fits, at another device", seen and not any(comm == "elsewhere" for comm, _ in seen), seen)
    result("trace: its address before any", this == {("this", "inherited")}, this)
    away = socket.socket()
    away.setsockopt(*by("v0"))
    away.setblocking(False)
    away.connect_ex(("127.0.0.1", 7012))
    keep.append(away)
    lines = stuck_all(2.5)
    seen = accepted_from(lines, 7011)
    result("an address that fits, at another device", seen == {"~plain[%d]" % plain}, seen)
    told = [(o["rule"], o["peer_owner"]) for o in lines if o["event"] == "stuck" and o["rport"] == 7012 and o["state"] == "SYN-SENT"]
    result("a SYN that left by another device", told and told[0][1] is None, told)


def vrf(device="vrf0"):
    """One listener in a VRF, one outside of it, at the same port, and one that takes both: the one that the kernel chose,
    whatever tcp_l3mdev_accept is. With another device it is the same, and plays where no VRF can be made."""
    if device == "vrf0":
        made = ip("link", "add", device, "type", "vrf", "table", "10")
        if made.returncode:
            print("note field-whose: this kernel makes no VRF: %s" % made.stdout.strip())
            return
        ip("link", "set", device, "up")
        ip("addr", "add", "127.0.0.1/8", "dev", device)
    # Outside of a VRF two at one port take SO_REUSEPORT; there the group of the one that listened last is asked first.
    shares = [] if device == "vrf0" else [REUSE]
    both = idle("both", 7023)
    outside = idle("outside", 7021, options=shares)
    inside = idle("inside", 7021, options=[*shares, by(device)])
    for accept in "0", "1":
        with open("/proc/sys/net/ipv4/tcp_l3mdev_accept", "w") as file:
            file.write(accept)
        wanted = {}
        for name, port, option in ("inside", 7021, by(device)), ("outside", 7021, None), ("both", 7023, by(device)):
            sock = socket.socket()
            sock.settimeout(2)
            if option:
                sock.setsockopt(*option)
            try:
                sock.connect(("127.0.0.1", port))
            except OSError:
                continue  # outside a VRF nobody takes what comes within
            keep.append(sock)
            wanted[sock.getsockname()[1]] = name
        if device == "lo":  # it is bound to the device by which all comes
            wanted = {port: "inside" if name == "outside" else name for port, name in wanted.items()}
        lines = stuck()
        pids = {"inside": inside, "outside": outside, "both": both}
        seen = {o["rport"]: o["owner"] for o in lines if o["rule"] == "not-accepted" and o["rport"] in wanted}
        right = len(wanted) >= 2 and seen == {port: "~%s[%d]" % (name, pids[name]) for port, name in wanted.items()}
        result("%s, tcp_l3mdev_accept %s" % (device, accept), right, seen)


def same_device():
    vrf("lo")


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
    # Which of the four gets it is chance: with so many, that one gets none happens once in 10**14 runs.
    for _ in range(120):
        connect(7101, "::1", V6)
    seen = owners(stuck(), 7101, rule="not-accepted")
    named = {int(o.split("[")[1].rstrip("]")) for o in seen if o.startswith("~frozen")}
    result("two of a group of four are frozen", named == frozen and len(seen) == 2, seen)


def all_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def works_at(port, options=[REUSE]):
    def work(ready):
        sock = listen(port, options=options, backlog=1000)
        ready()
        while True:
            keep.append(sock.accept())
    return work


def counted(lines, port):
    """How many connections that wait each owner has."""
    counts = {}
    for o in lines:
        if o["event"] == "stuck" and o["lport"] == port and o["rule"] == "not-accepted":
            counts[o["owner"]] = counts.get(o["owner"], 0) + 1
    return counts


def crowded():
    """More wait than are told of a queue: at the frozen member of a group; at two of them; at one listener; at one of two
    listeners of which the other one has the better address."""
    all_descriptors()
    frozen = idle("frozen", 7131, options=[REUSE], backlog=1000)
    child("works", works_at(7131))
    pair = [idle("frozen-%d" % i, 7132, options=[REUSE], backlog=1000) for i in range(2)]
    alone = idle("alone", 7133, backlog=1000)
    for _ in range(1240):
        connect(7131)
    for _ in range(1240):
        connect(7132)
    for _ in range(600):
        connect(7133)
    lines = stuck()
    seen = counted(lines, 7131)
    # How many of 1,240 it got is chance.
    queues = [int(line.split()[1]) for line in subprocess.run(["ss", "-ltnH", "sport = :7131"], stdout=subprocess.PIPE, text=True).stdout.splitlines()]
    result("some 600 wait at the frozen one of two", max(queues) > 512 and seen == {"~frozen[%d]" % frozen: max(queues)}, "%s of %s" % (seen, queues))
    seen = counted(lines, 7132)
    right = all(seen.get("~frozen-%d[%d]" % (i, pid), 0) == 512 for i, pid in enumerate(pair)) and seen.get("?", 0) == 1240 - 1024
    result("1,240 wait at two", right, seen)
    seen = counted(lines, 7133)
    result("600 wait at one", seen == {"~alone[%d]" % alone: 600}, seen)


def polled():
    """Groups of two, whose every member both workers and their parent hold; each worker waits at its own, by epoll,
    as those of nginx do, or by two instances of it. One worker of each group is stopped."""
    called("master")
    stopped = {}

    def works(listener, instances):
        def work(ready):
            polls = [select.epoll() for _ in range(instances)]
            for poll in polls:
                poll.register(listener, select.EPOLLIN | select.EPOLLET)
            ready()
            while True:
                for poll in polls:
                    for _ in poll.poll(0.2):
                        listener.setblocking(False)
                        try:
                            while True:
                                keep.append(listener.accept())
                        except BlockingIOError:
                            pass
        return work

    for port, instances in ((7111, 1), (7112, 2)):
        sockets = [listen(port, options=[REUSE]) for _ in range(2)]
        workers = [child("worker-%d" % i, works(sock, instances)) for i, sock in enumerate(sockets)]
        stop(workers[1])
        for _ in range(50):
            connect(port)
        stopped[port] = workers[1]
    lines = stuck()
    for port, pid in stopped.items():
        seen = owners(lines, port, rule="not-accepted")
        result("the stopped one of two workers that hold all listeners, %d" % port, seen == {"~worker-1[%d]" % pid}, seen)


def shared():
    """One listener at which the parent waits by epoll, as that of PHP-FPM does to start children; these accept, and are
    stopped, one of them in accept(). It is any of them."""
    called("master")
    listener = listen(7121)
    busy = child("child", lambda ready: (ready(), signal.pause()))
    waiting = child("child", lambda ready: (ready(), listener.accept(), signal.pause()))
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    for pid in (busy, waiting):
        stop(pid)
    connect(7121)
    time.sleep(1.3)
    lines = [o for o in stuck() if o["lport"] == 7121 and o["rule"] == "not-accepted"]
    named = lines and lines[0]["owner"]
    right = named == "~master[%d] +2" % os.getpid() and {h["pid"] for h in lines[0]["listener_holders"]} == {os.getpid(), busy, waiting}
    result("one listener of several: any of them", right, named)


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
    """`tcpdwell COMMAND` over script(); the lines it wrote. What is held stands after it."""
    if HOLDS:
        script()
        played()
    ready = tempfile.mktemp()
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
    ended, ends = os.pipe()

    def end_with_us():
        """Its parent is not there to end it."""
        os.read(ended, 1)
        os._exit(0)

    def work(ready):
        os.close(ends)
        sock = listen(7301)
        if os.fork():
            ready()
            os._exit(0)
        thread(end_with_us)
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
    half = socket.socket(V4, socket.SOCK_STREAM, MPTCP)
    half.connect(("127.0.0.1", 7402))
    half.shutdown(socket.SHUT_WR)
    keep.extend((client, half, server.accept()[0]))
    keep[-1].recv(1)
    lines = stuck()
    seen = owners(lines, 7401, rule="not-accepted")
    result("waits at an MPTCP listener", seen == {"~mptcp[%d]" % pid}, seen)
    seen = {o["pid"] for o in lines if o["rport"] == 7402 and o["state"] == "CLOSE-WAIT"}
    result("an MPTCP socket's subflow", seen == {os.getpid()}, seen)
    seen = {(o["rule"], o["pid"]) for o in lines if o["rport"] == 7402 and o["state"] == "FIN-WAIT-2"}
    result("one that is half closed", seen == {("fin-wait-2-held", os.getpid())}, seen)


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


# ---- io_uring ----

def ring():
    """A leak that only a ring has, as one of its registered files: no descriptor leads there, and the next command does."""

    def work(ready):
        listener = listen(7601)
        ready()
        server, _ = listener.accept()
        server.recv(1)
        made = LIBC.syscall(425, 4, ctypes.create_string_buffer(120))  # io_uring_setup
        file = ctypes.c_int(server.fileno())
        if made < 0 or LIBC.syscall(427, made, 2, ctypes.byref(file), 1):  # io_uring_register(IORING_REGISTER_FILES)
            os.write(told, os.strerror(ctypes.get_errno()).encode())
        server.close()
        os.close(told)
        signal.pause()

    tells, told = os.pipe()
    pid = child("ringed", work)
    os.close(told)
    leak_at(7601)
    why = os.read(tells, 100).decode()
    if why:
        print("skip field-whose: io_uring: %s" % why, flush=True)
        if HOLDS:
            sys.stdin.read()
        return
    rules = [o["rule"] for o in stuck() if o["lport"] == 7601 and o["state"] == "CLOSE-WAIT"]
    lines = map(json.loads, asked("-f", "json", "--netns", str(os.getpid())).splitlines())
    next_of = [o["next"] for o in lines if o["event"] == "finding" and o["rule"] == "no-process"]
    shown = typed(next_of[0].split(";")[0]) if next_of else ""
    result("what only an io_uring has", rules == ["no-process"] and "/proc/%d/" % pid in shown, "%s: %s: %s" % (rules, next_of, shown.strip()))


# ---- threads ----

CLONE_FILES = 0x400


def thread(work):
    threading.Thread(target=work, daemon=True).start()


def leave():
    """The first thread alone ends: exit(2), and not exit_group(2)."""
    LIBC.syscall(60 if os.uname().machine == "x86_64" else 93, 0)


def serve_one(listener):
    sock = listener.accept()[0]
    keep.append(sock)
    sock.recv(1)
    time.sleep(1000)


def has_own_table(port):
    """Its thread accepts, in a table that it made before; where the process itself has something else, or nothing."""

    def work(ready):
        def serve():
            LIBC.unshare(CLONE_FILES)
            listener = listen(port)
            ready()
            serve_one(listener)
        thread(serve)
        while True:
            time.sleep(1)

    return work


def keeps_a_copy(port):
    """A thread copies the table that has the connection; the process has closed it since."""

    def work(ready):
        listener = listen(port)
        ready()
        sock = listener.accept()[0]
        copied = threading.Event()
        thread(lambda: (LIBC.unshare(CLONE_FILES), copied.set(), time.sleep(1000)))
        copied.wait()
        sock.recv(1)
        sock.close()
        time.sleep(1000)

    return work


def leader_gone(port):
    """The first thread has exited; four others live, with one table."""

    def work(ready):
        listener = listen(port)
        for _ in range(3):
            thread(lambda: time.sleep(1000))
        thread(lambda: serve_one(listener))
        ready()
        leave()

    return work


def leader_gone_tables(port):
    """The first thread has exited, and one of the others has a table of its own: the one that accepts."""

    def work(ready):
        listener = listen(port)
        thread(lambda: time.sleep(1000))
        thread(lambda: (LIBC.unshare(CLONE_FILES), serve_one(listener)))
        ready()
        leave()

    return work


def split(port):
    """Process and thread hold it, and a child that was made in between: its number is between theirs."""

    def work(ready):
        listener = listen(port)
        ready()
        sock = listener.accept()[0]
        child("between", lambda ready: (ready(), signal.pause()))
        copied = threading.Event()
        thread(lambda: (LIBC.unshare(CLONE_FILES), os.dup(sock.fileno()), copied.set(), time.sleep(1000)))
        copied.wait()
        sock.recv(1)
        time.sleep(1000)

    return work


def inode_at(port, state):
    """Of the socket at this port, as /proc/PID/fd names it; states by the kernel's numbers."""
    with open("/proc/net/tcp") as file:
        for line in file:
            cell = line.split()
            if cell[1].endswith(":%04X" % port) and cell[3] == "%02X" % state:
                return cell[9]
    return None


def leads_to(holder, inode):
    path = "/proc/%d/task/%d/fd/%s" % (holder["pid"], holder["tid"], holder["fd"])
    try:
        return os.readlink(path) == "socket:[%s]" % inode
    except OSError:
        return False


def threads():
    """Descriptors that /proc/PID/fd does not show."""
    CLOSE_WAIT, held = 8, {"own": has_own_table, "copy": keeps_a_copy, "gone": leader_gone, "gone-own": leader_gone_tables, "split": split}
    pids = {}
    for port, (name, work) in enumerate(held.items(), 7801):
        pids[name] = child(name, work(port))
        leak_at(port)
    lines = stuck()
    recording = tempfile.mktemp()
    asked("-q", "-w", recording, "--netns", str(os.getpid()))
    again = [o for o in map(json.loads, asked("-r", recording, "-f", "json").splitlines()) if o["event"] == "stuck"]
    text = asked("--netns", str(os.getpid()))
    os.unlink(recording)
    for port, (name, pid) in enumerate(pids.items(), 7801):
        inode = inode_at(port, CLOSE_WAIT)
        told = [o for o in lines if o["lport"] == port]
        holders = told[0]["holders"] if told else []
        mine = [h for h in holders if h["pid"] == pid]
        right = told and told[0]["owner"] == "%s[%d]%s" % (name, pid, " +1" if name == "split" else "")
        right = right and len(mine) == (2 if name == "split" else 1) and all(leads_to(h, inode) for h in holders)
        right = right and all(h["doing"] == "sleeping" and h["threads"] for h in mine)
        right = right and leads_to(told[0], inode)
        result("threads: %s" % name, right, "%s: %s" % (told and told[0]["owner"], [(h["pid"], h["tid"], h["fd"], h["doing"]) for h in holders]))
        result("threads: %s, from a recording" % name, [o["holders"] for o in again if o["lport"] == port] == [holders])
        next_of = re.search(r"^\S+: 1 of %s\[.*?^  next: (.*?)$" % name, text, re.M | re.S)
        result("threads: %s, to type next" % name, next_of and "socket:[%s]" % inode in typed(next_of[1]), next_of and next_of[1])
    os.kill(pids["gone"], signal.SIGSTOP)
    time.sleep(0.2)
    told = [o for o in map(json.loads, asked("-f", "json", "--netns", str(os.getpid())).splitlines()) if o["event"] == "finding" and "gone[" in o["owner"]]
    right = told and "stopped by a signal" in told[0]["evidence"] and "(stopped)" in typed(told[0]["next"])
    result("threads: one without its first is stopped", right, told and (told[0]["evidence"], told[0]["next"], typed(told[0]["next"]).strip()))


# ---- close() ----

DROP_ALL = [(0x06, 0, 0, 0)]  # return 0
LINGERS = 900 if HOLDS else 40


def lingers(sock, seconds):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))


def deaf(sock):
    """It takes nothing any more."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in DROP_ALL))
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", len(DROP_ALL), ctypes.addressof(code)))


def silent(client, server, seconds=LINGERS):
    """(What is to be closed, the other end)"""
    deaf(server)
    client.send(b"x" * 1000)
    lingers(client, seconds)
    return client, server


def shut(client, server):
    client.setblocking(False)
    try:
        while True:
            client.send(b"x" * 65536)
    except BlockingIOError:
        pass
    lingers(client, LINGERS)
    return client, server


def closed_by_peer(client, server):
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    time.sleep(0.3)  # the acknowledgment of the FIN may be delayed
    return silent(server, client)


def no_linger(client, server):
    silent(client, server)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
    return client, server


def close(sock):
    sock.close()


def close_by_thread(sock):
    thread(sock.close)


def close_by_dup2(sock):
    os.dup2(os.open("/dev/null", os.O_RDONLY), sock.fileno())


def close_by_exec(sock):
    os.execvp("sleep", ["sleep", "1000"])


def shut_down(sock):
    sock.shutdown(socket.SHUT_RDWR)


def close_while_read(sock):
    """The one who waits in recv() keeps it, and no descriptor does."""
    thread(lambda: sock.recv(1))
    time.sleep(0.3)
    os.close(sock.fileno())


def closer(name, port, prepare, how):
    """A process of this name that gets one end for itself, and closes it by how(); its pid and the two ports."""
    listener = listen(port)
    client = socket.create_connection(("127.0.0.1", port))
    mine, other = prepare(client, listener.accept()[0])
    listener.close()
    keep.append(other)
    wait, go = os.pipe()

    def work(ready):
        for sock in keep:
            sock.close()
        ready()
        os.read(wait, 1)
        how(mine)
        time.sleep(1000)

    pid = child(name, work)
    ports = mine.getsockname()[1], other.getsockname()[1]
    mine.close()
    os.write(go, b"x")
    return pid, ports


# ---- on the way ----

def half_closed(port):
    """The end of it whose peer has closed."""
    listener = listen(port)
    client = socket.create_connection(("127.0.0.1", port))
    server = listener.accept()[0]
    client.close()
    server.recv(1)
    return server


def hands_on(talk, pause):
    """Receives it, keeps it for a moment, and passes it on."""
    def work(ready):
        ready()
        while True:
            fds = socket.recv_fds(talk, 1, 1)[1]
            time.sleep(pause)
            socket.send_fds(talk, [b"x"], fds)
            os.close(fds[0])
    return work


def many_descriptors(ready):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for _ in range(15000):
        os.dup(1)
    ready()
    signal.pause()


def transit():
    """Passed on in a message: until it is received no process has a descriptor, and somebody is about to have one. And
    passed to and fro all the time: whoever has it when he is looked at, or nobody, but never is it said that nobody has
    it."""
    mine, theirs = socket.socketpair(socket.AF_UNIX)
    late = half_closed(7951)
    wait, go = os.pipe()

    def receives(ready):
        ready()
        os.read(wait, 1)
        keep.append(socket.recv_fds(theirs, 1, 1)[1])
        signal.pause()

    late_fd = late.detach()
    def receives_later(ready):
        os.close(late_fd)
        receives(ready)

    receiver = child("receiver", receives_later)
    socket.send_fds(mine, [b"x"], [late_fd])
    os.close(late_fd)
    lines = stuck_all()
    told = [o for o in lines if o["event"] == "stuck" and o["lport"] == 7951 and o["state"] == "CLOSE-WAIT"]
    found = [o for o in lines if o["event"] == "finding" and o["rule"] == "no-process"]
    right = told and told[0]["owner"] in ("?", "(no descriptor)")
    if sees_all():
        right = right and len(found) == 1 and "on its way" in found[0]["says"] and "no process" not in found[0]["says"]
    result("in a message that nobody has received yet", right, (told and told[0]["owner"], found and found[0]["says"]))
    typed_out = typed(found[0]["next"]) if found else ""
    result("in a message: to type next", not sees_all() or "/proc/%d/fdinfo/" % receiver in typed_out, (found and found[0]["next"], typed_out.split()))
    os.write(go, b"x")
    time.sleep(0.3)
    told = {o["owner"] for o in stuck_all() if o["event"] == "stuck" and o["lport"] == 7951 and o["state"] == "CLOSE-WAIT"}
    result("received", told == {"receiver[%d]" % receiver}, told)
    passed = listen(7953)
    keep.remove(passed)
    socket.send_fds(mine, [b"x"], [passed.fileno()])
    passed.close()
    connect(7953)
    lines = stuck_all()
    told = [o for o in lines if o["event"] == "stuck" and o["lport"] == 7953 and o["rule"] == "not-accepted"]
    found = [o for o in lines if o["event"] == "finding" and o["rule"] == "not-accepted"]
    right = len(told) == 1 and len(found) == 1 and told[0]["owner"] == "?"
    if sees_all():
        right = right and "listener is not among anybody's descriptors" in told[0]["evidence"]
        right = right and "/proc/%d/fdinfo/" % receiver in typed(found[0]["next"])
    result("a listener in a message", right, (told and (told[0]["owner"], told[0]["evidence"]), found and found[0]["next"]))
    left, right_end = socket.socketpair(socket.AF_UNIX)
    ball = half_closed(7952).detach()

    def plays(end, pause):
        return lambda ready: (os.close(ball), hands_on(end, pause)(ready))

    ping = child("ping", plays(left, 0.001))
    child("between", lambda ready: (os.close(ball), many_descriptors(ready)))  # the look at it takes as long as it is passed several times
    players = {"ping[%d]" % ping, "pong[%d]" % child("pong", plays(right_end, 0.001))}
    socket.send_fds(left, [b"x"], [ball])
    os.close(ball)
    seen = {}
    for _ in range(15):
        for o in stuck_all(0):
            if o["event"] == "stuck" and o["lport"] == 7952 and o["state"] == "CLOSE-WAIT":
                name = "a player" if o["owner"] in players or o["owner"].rsplit(" ", 1)[0] in players else o["owner"]
                seen[name] = seen.get(name, 0) + 1
    result("passed to and fro", seen.get("a player", 0) >= 5 and not set(seen) - {"a player", "?", "(no descriptor)"}, seen)


def sees_all():
    """Is this the first pid namespace? From another one nobody is said to have no process."""
    return os.stat("/proc/self/ns/pid").st_ino == 0xEFFFFFFC


def of_ports(lines, ports):
    return [o for o in lines if o["event"] == "stuck" and (o["lport"], o["rport"]) == ports]


def check_closer(name, pid, ports, wanted, lines, again):
    """`wanted`: rule and state, and whether its first thread waits."""
    told = of_ports(lines, ports)
    seen = told and (told[0]["owner"], told[0]["state"], told[0]["rule"], told[0]["evidence"], told[0]["holders"])
    comm = "sleep" if name == "execs" else name
    right = len(told) == 1 and told[0]["owner"] == "%s[%d]" % (comm, pid) and (told[0]["state"], told[0]["rule"]) == wanted[:2]
    right = right and "waits in close() (SO_LINGER)" in told[0]["evidence"] and told[0]["fd"] is None and not told[0]["orphan"]
    holders = told[0]["holders"] if right else []
    right = right and len(holders) == 1 and holders[0]["pid"] == pid and holders[0]["fd"] is None and holders[0]["doing"] == "sleeping"
    right = right and (holders[0]["tid"] == pid) == wanted[2]
    result("close(): %s" % name, right, seen)
    found = [o for o in of_ports(again, ports) if o["holders"] == holders]
    result("close(): %s, from a recording" % name, right and len(found) == 1)
    mine = [json.loads(line) for line in asked("-f", "json", "--netns", str(os.getpid()), "-p", str(pid)).splitlines()]
    result("close(): %s, by -p" % name, len(of_ports(mine, ports)) == 1)
    next_of = [o["next"] for o in mine if o["event"] == "finding" and "in close()" in o["evidence"]]
    shown = typed(next_of[0].split("; ")[-1]) if next_of else ""
    result("close(): %s, to type next" % name, "tcp_close" in shown or not os.path.exists("/proc/self/stack"), next_of)


def closing():
    """What is in close() has no descriptor, and an owner all the same; and what is not, but looks like it."""
    if HOLDS:
        open("/proc/sys/net/ipv4/tcp_orphan_retries", "w").write("15")
    closers = [("thread", silent, close_by_thread, ("FIN-WAIT-1", "peer-silent", False)),
               ("nonblocking", shut, close, ("FIN-WAIT-1", "peer-window-shut", True)),
               ("dup2", closed_by_peer, close_by_dup2, ("LAST-ACK", "peer-silent", True)),
               ("execs", silent, close_by_exec, ("FIN-WAIT-1", "peer-silent", True))]
    others = [("orphan", no_linger, close, "(orphan)"),
              ("exits", silent, lambda sock: os._exit(0), "(orphan)"),
              ("killed", silent, close, "(orphan)"),
              ("shut-down", silent, shut_down, None),
              ("reset", lambda c, s: silent(c, s, 0), close, "nothing"),
              ("reads", lambda c, s: (c, s), close_while_read, "(no descriptor)" if sees_all() else "?")]
    started = [(row, *closer(row[0], port, *row[1:3])) for port, row in enumerate(closers + others, 7901)]
    time.sleep(0.5)
    for row, pid, _ in started:
        if row[0] == "killed":
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    time.sleep(1.5)
    recording = tempfile.mktemp()
    stuck()
    args = "-f", "json", "--netns", str(os.getpid()), "-s", "all"
    lines = [json.loads(line) for line in asked(*args, "-w", recording).splitlines()]
    again = [json.loads(line) for line in asked(*args[:2], *args[4:], "-r", recording).splitlines()]
    os.unlink(recording)
    for row, pid, ports in started:
        if isinstance(row[3], tuple):
            check_closer(row[0], pid, ports, row[3], lines, again)
            continue
        told = of_ports(lines, ports)
        seen = told and (told[0]["owner"], told[0]["state"], told[0]["evidence"], told[0]["holders"])
        if row[3] == "nothing":
            right = not told
        elif row[3]:
            right = told and told[0]["owner"] == row[3] and not told[0]["holders"]
        else:
            right = told and told[0]["owner"] == "%s[%d]" % (row[0], pid) and told[0]["holders"][0]["fd"] is not None
        result("not in close(): %s" % row[0], right and "close()" not in str(seen), seen)


if not HOLDS:
    unshare()
globals()[sys.argv[-1]]()
