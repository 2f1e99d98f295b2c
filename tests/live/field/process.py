"""process.py NAME - plays processes that do not do what their sockets wait for, and such as only seem so, in a network
namespace of its own; asks tcpdwell why, live and from a recording, types the next command that it gives, and prints a
result line for each answer. TCPDWELL names the program. With `hold NAME` it plays in the namespace it is in, asks
nothing, prints "ready" (or "skip" and why), and keeps it until its standard input ends."""
import ctypes, json, os, re, resource, signal, socket, subprocess, sys, tempfile, threading, time

from common import HOLDS, LIBC, TCPDWELL, typed

REUSEPORT = (socket.SO_REUSEPORT,)
NAME = sys.argv[-1]
keep, cleanups = [], []
# What is never said of who is well.
WORDS = r"process is|processes that hold|one of \d+ that hold"


def result(right, seen):
    print("%s field-process-%s: %s" % ("ok" if right else "FAIL", NAME.replace("_", "-"), seen))


def end():
    sys.stdout.flush()
    for cleanup in reversed(cleanups):
        cleanup()
    os._exit(0)


def skip(why):
    print("skip field-process-%s: %s" % (NAME.replace("_", "-"), why), flush=True)
    if HOLDS:
        sys.stdin.read()
    end()


def played():
    """It stands: from here on it is asked about."""
    if HOLDS:
        print("ready", flush=True)
        sys.stdin.read()
        end()
    time.sleep(1.5)


# ---- processes ----

def child(name, work):
    """A process of this name that does work(tell); its pid, and what it told."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        cleanups.append(lambda: (os.kill(pid, signal.SIGKILL), os.waitpid(pid, 0)))
        told = os.read(reader, 100).decode()
        os.close(reader)
        return pid, told
    LIBC.prctl(1, signal.SIGKILL)
    # Of a rule not so many names are told apart by all faces.
    LIBC.prctl(15, b"held" if HOLDS else name.encode(), 0, 0, 0)
    os.close(reader)
    work(lambda text="x": os.write(writer, str(text).encode()))
    os._exit(0)


def listen(port, backlog=64, options=()):
    sock = socket.socket()
    for option in (socket.SO_REUSEADDR, *options):
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(backlog)
    keep.append(sock)
    return sock


def accepts(port, options=(), prepare=lambda: None):
    """Accepts all that it can, and reads nothing."""
    def work(tell):
        listener = listen(port, options=options)
        prepare()
        tell()
        while True:
            try:
                keep.append(listener.accept())
            except OSError:
                time.sleep(0.05)
    return work


def sleeps(port, backlog=64):
    def work(tell):
        listen(port, backlog)
        tell()
        while True:
            time.sleep(1000)
    return work


def shares(port, name):
    """With a process of this name, whose pid it tells."""
    def work(tell):
        listen(port)
        if not os.fork():
            LIBC.prctl(1, signal.SIGKILL)
            LIBC.prctl(15, name.encode(), 0, 0, 0)
            tell(os.getpid())
        while True:
            time.sleep(1000)
    return work


def connect(port, n):
    for _ in range(n):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", port))
        keep.append(sock)


def state_is(pid, letter):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[0] == letter


def until(what):
    for _ in range(400):
        if what():
            return True
        time.sleep(0.02)
    return False


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
    assert until(lambda: state_is(pid, "T")), "it does not stop"


# ---- asking ----

def stuck(*args):
    out = subprocess.run([TCPDWELL, "stuck", "-f", "json", *args], stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def says(evidence, said):
    return re.search(said, evidence or "") if said else not re.search(WORDS, evidence or "")


looks = {}


def look(args):
    """One for all that is asked of a situation, live; its recording says the same."""
    if args not in looks:
        with tempfile.NamedTemporaryFile() as rec:
            looks[args] = stuck("-w", rec.name, "--netns", str(os.getpid()), *args)
            result(looks[args] == stuck("-r", rec.name, *args), "a recording says the same")
    return looks[args]


def judge(port, rule, pid, said=None, shows=None, args=(), doing=None, out=None):
    """Of the sockets at this port: the rule, the owner, the evidence (None: nothing is said of its process), and what the next command shows."""
    live = look(args)
    rows = [o for o in live if o["event"] == "stuck" and o["lport"] == port and o["rule"]]
    right = rows and all(o["rule"] == rule and o["pid"] == pid and says(o["evidence"], said) for o in rows if o["rule"] == rule)
    right = right and any(o["rule"] == rule for o in rows)
    for key, value in ("doing", doing), ("out_of_descriptors", out):
        right = right and (value is None or all(o[key] == value for o in rows))
    seen = ["%s %s: %s" % (o["rule"], o["owner"], o["evidence"]) for o in rows]
    result(right, "port %d, %d rows: %s, wanted %s of %d: %s" % (port, len(rows), sorted(set(seen))[:3], rule, pid, said))
    for o in (o for o in live if o["event"] == "finding" and o["rule"] == rule and o["lport"] == port):
        # Others may wait for ever, as strace does.
        text = typed(o["next"]) if shows else "not typed"
        right = says(o["evidence"], said) and (not shows or (str(pid) in o["next"] and re.search(shows, text)))
        result(right, "finding %s: %s; next: %s: %s" % (rule, o["evidence"], o["next"], " | ".join(text.splitlines())[:200]))
        break
    else:
        result(False, "no finding of %s at port %d" % (rule, port))


def silent(*ports):
    rows = [o for o in look(()) if o["event"] == "stuck" and o["lport"] in ports and o["rule"]]
    result(not rows, "nothing of %s: %s" % (ports, [(o["rule"], o["evidence"]) for o in rows] or "nothing"))


# ---- situations ----

STOPPED = r"^its listener's process is stopped by a signal"
T = r"State:\s*T"


def stopped():
    """A server that was stopped, alone or with threads, has connections in its backlog; the queue of another runs over."""
    def with_threads(tell):
        for _ in range(3):
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        accepts(7602)(tell)
    one, _ = child("one", accepts(7601))
    three, _ = child("three", with_threads)
    over, _ = child("over", sleeps(7603, 2))
    empty, _ = child("empty", accepts(7604))
    for pid in one, three, over, empty:
        stop(pid)
    connect(7601, 5)
    connect(7602, 5)
    connect(7603, 8)
    played()
    judge(7601, "not-accepted", one, STOPPED, T, doing="stopped")
    judge(7602, "not-accepted", three, STOPPED, T, doing="stopped")
    judge(7603, "accept-queue-full", over, "^its process is stopped", T)
    silent(7604)


def stopped_worker():
    """One of two that share a port (SO_REUSEPORT) is stopped; one of two that share a listener."""
    healthy, _ = child("healthy", accepts(7611, REUSEPORT))
    halted, _ = child("halted", accepts(7611, REUSEPORT))
    stop(halted)
    connect(7611, 40)
    master, worker = child("master", shares(7612, "worker"))
    stop(int(worker))
    connect(7612, 3)
    first, second = child("both", shares(7613, "both"))
    stop(first)
    stop(int(second))
    connect(7613, 3)
    played()
    judge(7611, "not-accepted", halted, STOPPED, T)
    judge(7612, "not-accepted", master, r"^worker\[%s\], one of 2 that hold its listener, is stopped" % worker)
    told = next(o for o in look(()) if o["event"] == "finding" and o["lport"] == 7612)
    result(re.search(T, typed(told["next"])) and worker in told["next"], told["next"])
    judge(7613, "not-accepted", first, "^the 2 processes that hold its listener are stopped", T)


def cgroup(root, freeze, thaw, file, port):
    """A server in a frozen cgroup of its own, which the test makes."""
    name = os.path.join(root, "tcpdwell-test-%d" % os.getpid())
    try:
        os.mkdir(name)
    except OSError as error:
        return "no cgroup can be made: %s" % error
    cleanups.append(lambda: until(lambda: not subprocess.run(["rmdir", name], stderr=subprocess.DEVNULL).returncode))
    pid, _ = child("frosty", accepts(port))
    try:
        for at, what in ("cgroup.procs", pid), (file, freeze):
            with open(os.path.join(name, at), "w") as to:
                to.write(str(what))
    except OSError as error:
        return "no process can be frozen: %s" % error
    def end_frost():
        with open(os.path.join(name, file), "w") as to:
            to.write(thaw)
    cleanups.append(end_frost)
    connect(port, 3)
    return pid


def mounted(kind, options=""):
    for line in open("/proc/self/mounts"):
        words = line.split()
        if words[2] == kind and options in words[3].split(",") + [""]:
            return words[1]
    return None


def frozen():
    """By cgroup v2, as `docker pause` and `systemctl freeze` do."""
    root = mounted("cgroup2")
    pid = root and cgroup(root, "1", "0", "cgroup.freeze", 7621)
    if not isinstance(pid, int):
        skip(pid or "cgroup2 is not mounted")
    # One that is stopped in a cgroup that nobody has frozen counts as frozen for the kernel.
    halted, _ = child("halted", accepts(7622))
    stop(halted)
    connect(7622, 3)
    played()
    judge(7621, "not-accepted", pid, "^its listener's process is frozen by its cgroup", r"cgroup.events:frozen 1", doing="frozen")
    judge(7622, "not-accepted", halted, STOPPED, T, doing="stopped")


def frozen_v1():
    """By the freezer of cgroup v1."""
    root = mounted("cgroup", "freezer")
    pid = root and cgroup(root, "FROZEN", "THAWED", "freezer.state", 7623)
    if not isinstance(pid, int):
        skip(pid or "the cgroup v1 freezer is not mounted")
    played()
    judge(7623, "not-accepted", pid, "^its listener's process is frozen by its cgroup", r"freezer.state:FROZEN", doing="frozen")


def hung():
    """In uninterruptible sleep: it waits in vfork() for a child that does not get on."""
    fifo = os.path.join(tempfile.mkdtemp(), "fifo")
    os.mkfifo(fifo)
    def free():
        until(lambda: not os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)))
        os.unlink(fifo)
        os.rmdir(os.path.dirname(fifo))
    def work(threads):
        def of(tell):
            listener = listen(7631 + bool(threads))
            for _ in range(threads):
                threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
            tell()
            os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_CLOSE, listener.fileno()), (os.POSIX_SPAWN_OPEN, 9, fifo, os.O_RDONLY, 0)])
        return of
    alone, _ = child("alone", work(0))
    many, _ = child("many", work(2))
    cleanups.append(free)
    for pid in alone, many:
        if not until(lambda: state_is(pid, "D")):
            skip("posix_spawn() does not wait in D here")
    connect(7631, 3)
    connect(7632, 3)
    played()
    judge(7631, "not-accepted", alone, "^its listener's process is in uninterruptible sleep now", r"State:\s*D", doing="uninterruptible")
    judge(7632, "not-accepted", many, "^a thread of its listener's process is in uninterruptible sleep now", r"State:\s*D", doing="uninterruptible")


def traced():
    """A debugger keeps it."""
    pid, _ = child("traced", accepts(7641))
    if LIBC.ptrace(16, pid, 0, 0):  # PTRACE_ATTACH
        skip("ptrace() is not allowed here")
    assert until(lambda: state_is(pid, "t")), "it is not traced"
    connect(7641, 3)
    played()
    judge(7641, "not-accepted", pid, "^its listener's process is stopped by a debugger now", r"TracerPid:\s*%d" % os.getpid(), doing="traced")


def fill(limit, but=()):
    """Takes every descriptor below the limit, but these."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    while True:
        try:
            os.dup(0)
        except OSError:
            break
    for fd in but:
        os.close(fd)


def lower(opened, limit):
    def prepare():
        fill(opened)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return prepare


def out_of_descriptors():
    """At the limit of its descriptors: reached in order, or by filling a hole, or lowered below what is open."""
    most = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, most), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    cases = {
        7651: ("in-order", 16, lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))),
        7652: ("hole", 130, lambda: fill(130, [70])),
        7653: ("lowered", 20, lower(50, 20)),
        7654: ("hole-above", 100, lambda: (fill(200, [150]), resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200)))),
        7655: ("words", 128, lambda: fill(128, [5])),
        7656: ("many", 5000, lambda: fill(5000, [64])),
        7657: ("most", most, lambda: fill(most, [4097])),
    }
    pids = {port: child(name, accepts(port, prepare=prepare))[0] for port, (name, _, prepare) in cases.items()}
    # One is left, in the middle or at the end, and nobody calls accept().
    def left(port, limit, but):
        def work(tell):
            listen(port)
            fill(limit, but)
            tell()
            while True:
                time.sleep(1000)
        return work
    well = {7661: child("middle", left(7661, 5000, [4097]))[0], 7662: child("last", left(7662, 129, [128]))[0],
            7663: child("beginning", left(7663, 64, [0]))[0], 7664: child("small", sleeps(7664))[0]}
    for port in [*pids, *well]:
        connect(port, 20)
    played()
    for port, pid in pids.items():
        judge(port, "not-accepted", pid, r"^its listener's process is out of descriptors \(limit %d\): accept\(\) fails with EMFILE" % cases[port][1],
              "Max open files +%d " % cases[port][1], out=True)
    for port, pid in well.items():
        judge(port, "not-accepted", pid, out=False)


def reader():
    """A reader that is stopped: data, or the end of it, is unread; or it has read all and cannot close. Others are not stopped."""
    done, does = os.pipe()

    def work(tell, port, reads):
        listener = listen(port)
        tell()
        sock, _ = listener.accept()
        keep.append(sock)
        if reads:
            sock.recv(100)
        os.write(does, b"x")
        while True:
            time.sleep(1000)
    pids = {}
    for port in 7671, 7672, 7673, 7674, 7675:
        pids[port], _ = child("reader-%d" % port, lambda tell, port=port: work(tell, port, port == 7673))
        client = socket.create_connection(("127.0.0.1", port))
        keep.append(client)
        if port in (7671, 7674):
            client.send(b"x" * 100)
        else:
            client.shutdown(socket.SHUT_WR)
    # All have what they take.
    for _ in pids:
        os.read(done, 1)
    for port in 7671, 7672, 7673:
        stop(pids[port])
    played()
    words = "^its process is stopped by a signal"
    judge(7671, "established-unread", pids[7671], words, T)
    judge(7672, "close-wait-unread", pids[7672], words, T)
    judge(7673, "close-wait-held", pids[7673], words, T)
    time.sleep(1)
    judge(7673, "close-wait-held", pids[7673], words, T, args=("--patience", "1s"))
    judge(7674, "established-unread", pids[7674])
    judge(7675, "close-wait-unread", pids[7675])


if not HOLDS:
    if LIBC.unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
globals()[NAME]()
end()
