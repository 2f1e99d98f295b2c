"""soak.py RATE - connections that come and go, RATE a second, in the network namespace it is started in, until its standard
input says "stop" (no new ones; what ends, ends) and then until it ends. Closed by the client, by the server, by both at
once, by a RST, after a half-close of a while, and as orphans whose peer closes late or never; beside 300 that stay: open,
half-closed on either side, and listeners. Prints "ready", and "stopped N" when all that was to be closed is."""
import heapq
import os
import random
import select
import socket
import struct
import sys
import time

RATE = float(sys.argv[1])
PORTS = range(7001, 7017)
RST = struct.pack("ii", 1, 0)
now = time.monotonic


def listener(port):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(64)
    return made


def join(listener):
    client = socket.socket()
    # Spread over many addresses: a port is used again a minute later at the earliest.
    client.bind(("127.0.%d.%d" % (random.randrange(1, 5), random.randrange(1, 250)), 0))
    client.connect(listener.getsockname())
    return client, listener.accept()[0]


def reset(end):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    end.close()


# What becomes of a pair: [seconds after it was made, which end, what].
def life(kind):
    late = random.uniform(0.001, 2)
    return {"client": [(late, 0, "close"), (late + 0.002, 1, "close")],
            "server": [(late, 1, "close"), (late + 0.002, 0, "close")],
            "both": [(late, 0, "close"), (late, 1, "close")],
            "reset": [(late, random.randrange(2), "reset"), (late + 0.01, 0, "close"), (late + 0.01, 1, "close")],
            "half": [(late, 0, "shut"), (late + random.uniform(0.1, 20), 1, "close"), (late + 20.1, 0, "close")],
            "orphan": [(late, 0, "close"), (late + random.uniform(1, 90), 1, "close")]}[kind]


KINDS = ["client"] * 40 + ["server"] * 40 + ["both"] * 5 + ["reset"] * 5 + ["half"] * 5 + ["orphan"] * 5
DO = {"close": lambda end: end.close(), "reset": reset, "shut": lambda end: end.shutdown(socket.SHUT_WR)}


def keep(listeners):
    kept = [join(random.choice(listeners)) for _ in range(150)]
    for i, (client, server) in enumerate(kept):
        if i % 3 == 1:
            client.shutdown(socket.SHUT_WR)
        elif i % 3 == 2:
            server.shutdown(socket.SHUT_WR)
    return kept


def main():
    listeners = [listener(port) for port in PORTS]
    kept = keep(listeners)
    print("ready", flush=True)
    waiting, n, begun, stops = [], 0, now(), False
    while not stops or waiting:
        pause = 0.005 if not waiting else max(0, min(0.005, waiting[0][0] - now()))
        if not stops and select.select([sys.stdin], [], [], pause)[0]:
            stops = not os.read(0, 100).startswith(b"x")
        elif stops:
            time.sleep(pause)
        while not stops and n < (now() - begun) * RATE:
            pair = join(random.choice(listeners))
            for after, end, what in life(random.choice(KINDS)):
                heapq.heappush(waiting, (now() + after, n, end, what, pair))
            n += 1
        while waiting and waiting[0][0] <= now():
            _, _, end, what, pair = heapq.heappop(waiting)
            try:
                DO[what](pair[end])
            except OSError:
                pass  # a RST came first
    print("stopped %d" % n, flush=True)
    sys.stdin.read()
    del kept


main()
