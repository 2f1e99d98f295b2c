"""accept.py serve TRUTH | judge TRUTH OUTPUT.json - servers that accept in many ways, and whether a tracer knew who.

serve: prints "ready" once some servers sleep in accept(), plays when it reads a line, prints "done". A line of TRUTH for
each connection that was accepted: its two ports, who accepted it, and how. The client closes first, after it was told that
its connection is accepted, so the server's move to CLOSE-WAIT is made by a segment and has the owner that accept() showed.
"""
import ctypes
import json
import os
import socket
import sys
import threading
import traceback

LIBC = ctypes.CDLL(None, use_errno=True)
PORT = 7401
IPPROTO_MPTCP = 262
PR_SET_NAME = 15


def call_me(name):
    LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


def listen(port, protocol=0):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def by_accept4(listener):
    return listener.accept()[0]


def by_accept(listener):
    return of_libc(LIBC.accept(listener.fileno(), None, None))


def not_blocking(listener):
    accepted = of_libc(LIBC.accept4(listener.fileno(), None, None, socket.SOCK_NONBLOCK))
    assert not os.get_blocking(accepted.fileno())
    os.set_blocking(accepted.fileno(), True)
    return accepted


def of_libc(fd):
    if fd < 0:
        raise OSError(ctypes.get_errno(), "accept")
    return socket.socket(fileno=fd)


class Truth:
    """Appends to one file from many processes: a line is one write."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(self, how, ports):
        with open("/proc/self/comm", encoding="ascii") as comm:
            name = comm.read().strip()
        os.write(self.fd, f"{ports[0]} {ports[1]} {os.getpid()} {name} {how}\n".encode())


def serve_one(truth, how, listener, accept):
    """Until its client is gone."""
    with accept(listener) as accepted:
        truth.tell(how, (accepted.getsockname()[1], accepted.getpeername()[1]))
        accepted.send(b"x")
        accepted.recv(1)


def serve(truth, how, listener, accept, count=None):
    while count is None or count > 0:
        serve_one(truth, how, listener, accept)
        count = None if count is None else count - 1


def start(name, work):
    """A process of this name that does it, and nothing else. It holds no more than it needs of ours."""
    pid = os.fork()
    if pid:
        return pid
    try:
        call_me(name)
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def connect(port, count, protocol=0):
    for _ in range(count):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as client:
            client.connect(("127.0.0.1", port))
            client.recv(1)


def connect_at_once(port, threads, count):
    all_of_them = [threading.Thread(target=connect, args=(port, count)) for _ in range(threads)]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()


def play_forks(truth, port, count):
    """Who listens forks a child for each connection, which accepts it."""
    with listen(port) as listener:
        for i in range(count):
            child = start(f"fork-{i}", lambda: serve_one(truth, "fork-and-accept", listener, by_accept4))
            connect(port, 1)
            os.waitpid(child, 0)


def play_threads(truth, port, count):
    """A thread of another name than its process."""

    def work(listener):
        call_me("a-thread")
        serve(truth, "thread", listener, by_accept4, count)

    def process():
        with listen(port) as listener:
            thread = threading.Thread(target=work, args=(listener,))
            thread.start()
            connect(port, count)
            thread.join()

    os.waitpid(start("has-threads", process), 0)


def play_inherited(truth, port, count, path):
    """Another program, that was given a listener."""
    with listen(port) as listener:
        os.set_inheritable(listener.fileno(), True)
        pid = os.fork()
        if not pid:
            os.execv(sys.executable, [sys.executable, __file__, "inherit", path, str(listener.fileno()), str(count)])
        connect(port, count)
        os.waitpid(pid, 0)


def play_many_descriptors(truth, port, count):
    """Descriptors beyond the table that a process begins with, and sockets of others between them."""

    def process():
        others = [os.dup(0) for _ in range(300)]
        ends = socket.socketpair()
        path = f"\0tcpdwell-accept-{os.getpid()}"
        with listen(port) as listener, socket.socket(socket.AF_UNIX) as local, socket.socket(socket.AF_UNIX) as peer:
            local.bind(path)
            local.listen()
            for _ in range(count):
                client = start("a-client", lambda: connect(port, 1))
                serve_one(truth, "many descriptors", listener, by_accept)
                os.waitpid(client, 0)
            peer.connect(path)
            local.accept()[0].close()
        del others, ends

    os.waitpid(start("has-many", process), 0)


def play_mptcp(truth, port, count):
    try:
        listener = listen(port, IPPROTO_MPTCP)
    except OSError:
        return
    with listener:
        server = start("mptcp", lambda: serve(truth, "mptcp", listener, by_accept4, 2 * count))
        connect(port, count, IPPROTO_MPTCP)
        connect(port, count)
        os.waitpid(server, 0)


def play_ways(truth, port, count):
    for i, (how, accept) in enumerate((("accept", by_accept), ("accept4 SOCK_NONBLOCK", not_blocking))):
        with listen(port + i) as listener:
            server = start(f"way-{i}", lambda h=how, a=accept: serve(truth, h, listener, a, count))
            connect(port + i, count)
            os.waitpid(server, 0)


def main_serve(path):
    truth = Truth(path)
    pool = listen(PORT)
    workers = [start(f"pool-{i}", lambda: serve(truth, "pool", pool, by_accept4)) for i in range(3)]
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        connect_at_once(PORT, 4, 50)
        play_forks(truth, PORT + 1, 20)
        play_threads(truth, PORT + 2, 20)
        play_inherited(truth, PORT + 3, 20, path)
        play_ways(truth, PORT + 4, 20)
        play_many_descriptors(truth, PORT + 6, 20)
        play_mptcp(truth, PORT + 7, 20)
    finally:
        for worker in workers:
            os.kill(worker, 9)
    print("done", flush=True)


def main_inherit(path, fd, count):
    call_me("another-program")
    serve(Truth(path), "inherited listener", socket.socket(fileno=int(fd)), by_accept4, int(count))


def known(path):
    """Of each pair of ports, as the server has them, the lives one after another: what moves say of the owner."""
    lives = {}
    with open(path, encoding="utf-8") as lines:
        for move in map(json.loads, lines):
            if move["event"] == "transition":
                of_ports = lives.setdefault((move["lport"], move["rport"]), [])
                if move["to"] == "SYN-RECEIVED" or not of_ports:
                    of_ports.append([])
                of_ports[-1].append((move["to"], move["pid"], move["comm"], move["pid_known"]))
    return lives


def main_judge(path, output):
    """A line of what is wrong; of each way to accept, how many were told right."""
    lives, right, wrong = known(output), {}, []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            lport, rport, pid, comm, how = line.rstrip("\n").split(" ", 4)
            of_ports = lives.get((int(lport), int(rport)))
            moves = of_ports.pop(0) if of_ports else []
            exact = [(move[1], move[2]) for move in moves if move[3] == "exact"]
            at_fin = [move for move in moves if move[0] == "CLOSE-WAIT"]
            if len(at_fin) == 1 and at_fin[0][3] == "exact" and set(exact) == {(int(pid), comm)}:
                right[how] = right.get(how, 0) + 1
            else:
                wrong.append(f"{how}, {lport} {rport}, accepted by {pid} {comm}: {moves}")
    for line in wrong[:10]:
        print("wrong:", line)
    print(f"{sum(right.values())} right, {len(wrong)} wrong:", ", ".join(f"{how} {n}" for how, n in sorted(right.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit({"serve": main_serve, "inherit": main_inherit, "judge": main_judge}[sys.argv[1]](*sys.argv[2:]))
