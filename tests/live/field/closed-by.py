"""closed-by.py - who closes a socket owns it, unless it only let go of somebody else's: `trace` beside closes of each
kind, in a network namespace of its own. TCPDWELL names the program. A result line each."""
import ctypes, json, os, signal, socket, subprocess, sys, tempfile, time

TCPDWELL = os.environ["TCPDWELL"]
LIBC = ctypes.CDLL(None)


def result(name, right, seen):
    print("%s field-closed-by: %s: %s" % ("ok" if right else "FAIL", name, seen))


def child(name, work, *kept):
    """A process of this name, which has `kept` and no other socket of ours. It works once go() is called."""
    waits, goes = os.pipe()
    pid = os.fork()
    if pid:
        os.close(waits)
        return pid, lambda: os.close(goes)
    os.close(goes)
    LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)
    LIBC.prctl(15, name.encode(), 0, 0, 0)
    for sock in SOCKETS:
        if sock not in kept:
            sock.close()
    os.read(waits, 1)
    work()
    os._exit(0)


LISTENER = None
SOCKETS = []


def pair():
    """The accepted end and the other one, and the port of the latter."""
    client = socket.create_connection(LISTENER.getsockname())
    server = LISTENER.accept()[0]
    SOCKETS.extend((client, server))
    return server, client, client.getsockname()[1]


def closed_by(name, work):
    """`name` alone has the accepted end, and lets go of it."""
    server, client, port = pair()
    pid, go = child(name, lambda: work(server), server)
    server.close()
    go()
    os.waitpid(pid, 0)
    return port


def waits_at(pid, name):
    """Is it called so, and asleep in a system call on a socket?"""
    with open("/proc/%d/stat" % pid) as file:
        comm, _, rest = file.read().partition("(")[2].rpartition(")")
    with open("/proc/%d/syscall" % pid) as file:
        call = file.read().split()
    if comm != name or rest.split()[0] != "S" or len(call) < 2:
        return False
    try:
        return os.readlink("/proc/%d/fd/%d" % (pid, int(call[1], 16))).startswith("socket:")
    except (OSError, OverflowError):
        return False


def killed():
    """It reads as the signal comes."""
    server, client, port = pair()
    pid, go = child("killed", lambda: os.read(server.fileno(), 1), server)
    server.close()
    go()
    # It has its name, and waits for the other end.
    while not waits_at(pid, "killed"):
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return port


def dropped(take):
    """Sent in a message of a UNIX socket, and never received: take() reads the message without it."""
    server, client, port = pair()
    mine, theirs = socket.socketpair(socket.AF_UNIX)
    SOCKETS.extend((mine, theirs))
    pid, go = child("dropper", lambda: take(theirs), theirs)
    socket.send_fds(mine, [b"x"], [server.fileno()])
    server.close()
    go()
    os.waitpid(pid, 0)
    return port


def main():
    global LISTENER
    LIBC.unshare(0x40000000)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    LISTENER = socket.create_server(("127.0.0.1", 7501))
    SOCKETS.append(LISTENER)
    ready = tempfile.mktemp()
    tracer = subprocess.Popen([TCPDWELL, "trace", "-f", "json", "--netns", str(os.getpid()), "--ready-file", ready], stdout=subprocess.PIPE, text=True)
    while not os.path.exists(ready):
        time.sleep(0.05)
    os.unlink(ready)
    null = os.open("/dev/null", os.O_RDWR)
    owned = {
        "close": closed_by("close", lambda s: s.close()),
        "dup2": closed_by("dup2", lambda s: os.dup2(null, s.fileno())),
        "exit": closed_by("exit", lambda s: os._exit(0)),
        "exec": closed_by("exec", lambda s: (os.set_inheritable(s.fileno(), False), os.execvp("sleep", ["exec", "0"]))),
        "shutdown": closed_by("shutdown", lambda s: s.shutdown(socket.SHUT_WR)),
        "killed": killed(),
    }
    others = {
        "read": dropped(lambda s: os.read(s.fileno(), 9)),
        "recv": dropped(lambda s: s.recv(9)),
        "recvmsg": dropped(lambda s: s.recvmsg(9)),
    }
    time.sleep(1)
    tracer.terminate()
    lines = [o for o in map(json.loads, tracer.communicate()[0].splitlines()) if o["event"] == "transition"]

    def names(port):
        return {o["comm"] for o in lines if o["rport"] == port and o["from"] == "ESTABLISHED"}
    for how, port in owned.items():
        result(how, names(port) in ({how}, {"sleep"} if how == "exec" else {how}), names(port))
    for how, port in others.items():
        result("a descriptor that %s drops" % how, names(port) and "dropper" not in names(port), names(port))


main()
