"""accept_wait.py serve TRUTH | judge TRUTH OUTPUT.json - a server that lets its connections wait, and whether a tracer knew
for how long.

serve: prints "ready", plays when it reads a line, prints a word behind each act and waits for a line before the next. A line
of TRUTH for each connection: the client's port, the state in which its wait ended, and between which two durations in ns it
was, by the clocks on both sides of connect() and of what ended it.
"""
import json
import socket
import struct
import sys
import time

PORT = 7461
BACKLOG = 128
DELAYS_MS = [0] * 300 + [1] * 100 + [10] * 40 + [100] * 5
BURST = 30
LEFT = 7
# A record is made before the system call returns, so it lies between our two looks at the clock.
now = time.monotonic_ns


class Server:
    def __init__(self, path):
        self.truth = open(path, "w", encoding="ascii")
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", PORT))
        self.listener.listen(BACKLOG)
        self.began = {}  # by port: the looks at the clock around connect()
        self.clients = {}

    def connect(self):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        before = now()
        client.connect(("127.0.0.1", PORT))
        after = now()
        port = client.getsockname()[1]
        self.began[port] = before, after
        self.clients[port] = client
        return port

    def tell(self, port, state, before, after):
        began = self.began.pop(port)
        self.truth.write(f"{port} {state} {max(0, before - began[1])} {after - began[0]}\n")
        self.truth.flush()

    def accept(self, state="ESTABLISHED"):
        before = now()
        accepted, peer = self.listener.accept()
        after = now()
        if peer[1] in self.began:
            self.tell(peer[1], state, before, after)
        return accepted, peer[1]

    def finish(self, accepted, port):
        """The client first, so that no TIME-WAIT of the server's is left."""
        self.clients.pop(port).close()
        accepted.close()

    def reset(self, port):
        """While it waits: accept() returns it all the same."""
        client = self.clients.pop(port)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        before = now()
        client.close()
        self.tell(port, "CLOSED", before, now())


def say(word):
    print(word, flush=True)
    sys.stdin.readline()


def play(server):
    for delay in DELAYS_MS:
        port = server.connect()
        time.sleep(delay / 1000)
        server.finish(*server.accept())
    # Many at once, the first one waits longest.
    for _ in range(BURST):
        server.connect()
    for _ in range(BURST):
        server.finish(*server.accept())
    say("burst")
    # What the peer has closed meanwhile.
    for port in [server.connect() for _ in range(5)]:
        server.clients[port].shutdown(socket.SHUT_WR)
    time.sleep(0.02)
    for _ in range(5):
        server.finish(*server.accept("CLOSE-WAIT"))
    # What is reset before anybody accepts it stays in the queue.
    ports = [server.connect() for _ in range(5)]
    time.sleep(0.02)
    for port in ports:
        server.reset(port)
    say("reset")
    for _ in range(5):
        server.accept()[0].close()
    left = [server.connect() for _ in range(LEFT)]
    say("left")
    time.sleep(0.05)
    before = now()
    server.listener.close()
    after = now()
    for port in left:
        server.tell(port, "CLOSED", before, after)
    say("done")


def serve(path):
    server = Server(path)
    say("ready")
    play(server)


def judge(truth_path, output_path):
    """What each connection waited, told once, exactly, and within its two durations."""
    told = {}
    with open(output_path, encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            if event["event"] == "accept-wait" and event["lport"] == PORT:
                told.setdefault(event["rport"], []).append(event)
    problems, count, widest = [], 0, 0
    with open(truth_path, encoding="ascii") as lines:
        for line in lines:
            port, state, low, high = line.split()
            count += 1
            # After a second a port is given again (tcp_tw_reuse): both are in the order of their ends.
            events = told.get(int(port), [])
            widest = max(widest, int(high) - int(low))
            if not events or events[0]["dwell_known"] != "exact" or events[0]["state"] != state:
                problems.append((line.strip(), [(e["state"], e["dwell_known"], e["dwell_ns"]) for e in events]))
            elif not int(low) <= events.pop(0)["dwell_ns"] <= int(high):
                problems.append((line.strip(), "not so long"))
    problems += [(port, "never waited") for port, events in told.items() if events]
    if problems:
        print(f"{len(problems)} of {count} are wrong: {problems[:4]}")
        sys.exit(1)
    print(f"{count} waits are exact, each between two looks at the clock that are at most {widest / 1e6:.2f} ms apart")


if __name__ == "__main__":
    {"serve": serve, "judge": judge}[sys.argv[1]](*sys.argv[2:])
