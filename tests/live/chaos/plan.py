"""Plans: random lives of connections, by a seed. What a plan looks like is in stage.py; the same seed makes the same one.

A life is a client "N.c", its accepted child "N.s", and perhaps a listener "N.l" of its own. Each kind below is a function
that writes one life; all that is random comes from the life's own generator, so that leaving lives out (--shrink) changes
no other.
"""
import random
import socket

V4, V6 = int(socket.AF_INET), int(socket.AF_INET6)
SOL, TCP, IP6 = socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.IPPROTO_IPV6
REUSEADDR, REUSEPORT, KEEPALIVE, LINGER = (SOL, socket.SO_REUSEADDR, 1), (SOL, 15, 1), (SOL, socket.SO_KEEPALIVE, 1), socket.SO_LINGER
USER_TIMEOUT, SYNCNT, KEEPIDLE, KEEPINTVL, KEEPCNT, LINGER2, FASTOPEN, QUICKACK = 18, 7, 4, 5, 6, 8, 23, 12
FIN_TIMEOUTS = [1, 2, 3, 60]  # s, net.ipv4.tcp_fin_timeout
RESET = "0100000000000000"  # struct linger: on, 0 s
MPTCP = 262
SHUT_RD, SHUT_WR = 0, 1

ACTORS = [("chaos-a1", "A"), ("chaos-a2", "A"), ("chaos-a3", "A"), ("chaos-b1", "B"), ("chaos-b2", "B")]
# Listeners that are shared by lives, in each namespace: index of the port, family, address, who of its actors holds them.
V6ONLY, DUAL = (int(IP6), 26, 1), (int(IP6), 26, 0)
SHARED = [(0, V4, "0.0.0.0", 0, []), (1, V6, "::", 0, [V6ONLY]), (2, V6, "::", 0, [DUAL]),
          (3, V4, "0.0.0.0", 1, []), (4, V6, "::", 1, [V6ONLY]), (5, V6, "::", 1, [DUAL])]
GROUP, FAST, MULTI = 6, 7, 8
PRIVATE, NOBODY = range(10, 100), range(100, 127)


def of(which):
    return [name for name, where in ACTORS if where == which]


class Life:
    def __init__(self, number, start, seed):
        self.id, self.start, self.random = str(number), start, random.Random("%s/%d" % (seed, number))
        self.ops, self.t, self.kind = [], 0.0, None

    def do(self, verb, who, *args, after=0.0):
        self.t += after
        self.ops.append([round(self.t, 3), verb, who, *args])

    def one(self, choices):
        return self.random.choice(choices)

    def often(self, p):
        return self.random.random() < p

    def pause(self):
        """Nothing, a moment, or long enough for a rule that waits a second."""
        kind = self.random.random()
        if kind < 0.3:
            return 0
        if kind < 0.7:
            return self.random.uniform(0.5, 20)
        return self.random.uniform(20, 400) if kind < 0.9 else self.random.uniform(1000, 2600)

    def long(self):
        return self.random.uniform(1100, 3000)

    # ---- the parts of a life ----

    def route(self):
        """Who speaks to whom, by which addresses."""
        self.there = self.one("AB")
        self.speaks = self.one([V4, V4, V6, "mapped"])
        if self.often(0.3):
            self.here = "B" if self.there == "A" else "A"
            n = {"A": 1, "B": 2}
            self.to, self.mine = ("10.77.1.%d" % n[self.there], "10.77.1.%d" % n[self.here]) if self.speaks != V6 else ("fd77::%d" % n[self.there], "fd77::%d" % n[self.here])
        else:
            self.here = self.there
            self.to = self.mine = "::1" if self.speaks == V6 else "127.0.0.%d" % self.random.randint(1, 6)
        self.family = V4 if self.speaks == V4 else V6
        if self.speaks == "mapped":
            self.to, self.mine = "::ffff:" + self.to, "::ffff:" + self.mine
        self.c, self.s = self.one(of(self.here)), self.one(of(self.there))

    def name(self, role):
        return "%s.%s" % (self.id, role)

    def client(self, *options, protocol=0):
        self.do("socket", self.c, self.name("c"), self.family, protocol, [[int(l), o, v] for l, o, v in options])

    def listener(self, *options, backlog=16, index=None, protocol=0):
        """One of its own."""
        self.index = self.one(PRIVATE) if index is None else index
        self.door = self.name("l")
        self.do("socket", self.s, self.door, self.family, protocol, [[int(l), o, v] for l, o, v in (REUSEADDR, *options)])
        self.do("bind", self.s, self.door, self.one([self.to, "0.0.0.0" if self.family == V4 else "::"]), self.index)
        self.do("listen", self.s, self.door, backlog)

    def shared(self):
        """One of those that are always there: who holds it is the server."""
        offset = 0 if self.s == of(self.there)[0] else 3
        self.s = of(self.there)[1 if offset else 0]
        self.index = offset + (0 if self.family == V4 else 1 if self.speaks == V6 else 2)
        self.door = "%s%d" % (self.there, self.index)

    def connect(self, after=0.0):
        self.do("connect", self.c, self.name("c"), self.to, self.there, self.index, after=after)

    def accept(self, after=0.0):
        self.do("accept", self.s, self.door, self.name("s"), self.name("c"), after=after)

    def pair(self, *options, own=0.15):
        """Both ends, connected and accepted."""
        self.route()
        if self.often(own):
            self.listener()
        else:
            self.shared()
        self.client(*options)
        self.connect(after=self.pause() if self.often(0.1) else 0)
        self.accept(after=self.pause() if self.often(0.3) else 0)
        if self.often(0.3):
            self.do("cookie", *self.end())
        if self.index in PRIVATE and self.often(0.5):
            self.do("close", self.s, self.door)

    def end(self, which=None):
        which = which or self.one("cs")
        return (self.c, self.name("c")) if which == "c" else (self.s, self.name("s"))

    def ends(self):
        """In an order."""
        return (self.end("c"), self.end("s")) if self.often(0.5) else (self.end("s"), self.end("c"))

    def talk(self):
        for _ in range(self.random.randint(0, 3)):
            one, other = self.ends()
            self.do("send", *one, self.one([1, 100, 5000, 40000]), after=self.pause() / 4)
            self.do("recv", *other, 1 << 16)

    def finish(self, after=0.0):
        self.do("end", self.s, after=after)
        return {"id": self.id, "start": self.start, "kind": self.kind, "ops": self.ops}


# ---- kinds of lives ----

def close_close(l):
    """One closes, then the other."""
    l.pair()
    l.talk()
    one, other = l.ends()
    l.do("recv", *one, 1 << 17)
    l.do("close", *one, after=l.pause())
    l.do("recv", *other, 1 << 17, after=l.pause() if l.often(0.5) else 0)
    l.do("recv", *other, 1 << 17)
    l.do("close", *other, after=l.pause())


def half_close(l):
    """One shuts down, the other streams, and both close."""
    l.pair()
    one, other = l.ends()
    l.do("shutdown", *one, SHUT_WR, after=l.pause())
    for _ in range(l.random.randint(0, 4)):
        l.do("send", *other, l.one([1, 1000, 20000]), after=l.pause() / 3)
        l.do("recv", *one, 1 << 17)
    if l.often(0.5):
        l.do("recv", *other, 1 << 16)
    first = l.often(0.3)
    if first:
        l.do("close", *one, after=l.pause())
    if l.often(0.3):
        l.do("shutdown", *other, SHUT_WR, after=l.pause())
    l.do("close", *other, after=l.pause())
    if not first:
        l.do("recv", *one, 1 << 17)
        l.do("close", *one, after=l.pause())


def reset_by_linger(l):
    l.pair()
    l.talk()
    one, other = l.ends()
    if l.often(0.3):
        l.do("shutdown", *(one if l.often(0.5) else other), SHUT_WR)
    l.do("option", *one, int(SOL), LINGER, RESET)
    l.do("close", *one, after=l.pause())
    l.do("error", *other, after=l.pause())
    if l.often(0.3):
        l.do("send", *other, 10)
    l.do("close", *other, after=l.pause())


def unread(l):
    """Closed with data that nobody read."""
    l.pair()
    one, other = l.ends()
    l.do("send", *other, l.one([1, 3000]))
    l.do("close", *one, after=l.pause())
    l.do("error", *other, after=l.pause())
    l.do("close", *other, after=l.pause())


def refused(l):
    l.route()
    l.index = l.one(NOBODY)
    l.client()
    l.connect()
    l.do("error", *l.end("c"), after=l.pause())
    if l.often(0.3):
        l.connect(after=l.pause())
        l.do("error", *l.end("c"))
    l.do("close", *l.end("c"), after=l.pause())


def never_accepted(l):
    """The listener closes over it, or its client does first."""
    l.route()
    l.listener()
    l.client()
    l.connect()
    if l.often(0.4):
        l.do("send", *l.end("c"), 100)
    if l.often(0.4):
        l.do(*(("close",) + l.end("c") if l.often(0.5) else ("shutdown",) + l.end("c") + (SHUT_WR,)), after=l.pause())
    l.do("close", l.s, l.door, after=l.pause())
    l.do("error", *l.end("c"), after=l.pause())
    l.do("close", *l.end("c"), after=l.pause())


def held(l):
    """Half closed for longer than a rule waits; read or not."""
    l.pair()
    one, other = l.ends()
    l.do(*(("close",) + one) if l.often(0.5) else ("shutdown",) + one + (SHUT_WR,))
    if l.often(0.5):
        l.do("recv", *other, 1 << 16, after=l.pause())
    if l.often(0.2):
        l.do("send", *other, 100, after=l.pause())
    l.do("close", *other, after=l.long())
    l.do("recv", *one, 1 << 16)


def data_after_close(l):
    """The peer is gone: what it is sent is answered by a RST."""
    l.pair()
    one, other = l.ends()
    l.do("close", *one, after=l.pause())
    l.do("send", *other, 10, after=l.pause())
    l.do("error", *other, after=l.pause())
    l.do("send", *other, 10)
    l.do("close", *other, after=l.pause())


def unconnected(l):
    """connect() to AF_UNSPEC, and perhaps connected again."""
    l.pair()
    l.talk()
    if l.often(0.3):
        l.do("shutdown", *l.end(), SHUT_WR, after=l.pause())
    l.do("unconnect", *l.end("c"), after=l.pause())
    if l.often(0.5):
        l.connect(after=l.pause())
    l.do("close", *l.end("s"), after=l.pause())
    l.do("close", *l.end("c"), after=l.pause())


def tuple_again(l):
    """The same addresses and ports, while the former one may be in TIME-WAIT."""
    l.pair(REUSEADDR)
    l.do("close", *l.end("c"), after=l.pause())
    l.do("close", *l.end("s"), after=l.pause())
    l.client_again = "%s.d" % l.id
    l.do("socket", l.c, l.client_again, l.family, 0, [[int(a), b, c] for a, b, c in [REUSEADDR]], after=l.pause())
    l.do("bind_same", l.c, l.client_again, l.name("c"))
    l.do("connect", l.c, l.client_again, l.to, l.there, l.index)
    if l.often(0.5):
        l.do("send", l.c, l.client_again, 10)
    l.do("close", l.c, l.client_again, after=l.pause())


def server_closes_first(l):
    """TIME-WAIT at the server; a SYN from the same port ends it."""
    l.pair(REUSEADDR)
    l.do("close", *l.end("s"), after=l.pause())
    l.do("close", *l.end("c"), after=l.pause())
    again = "%s.d" % l.id
    l.do("socket", l.c, again, l.family, 0, [[int(a), b, c] for a, b, c in [REUSEADDR]], after=l.pause())
    l.do("bind_same", l.c, again, l.name("c"))
    l.do("connect", l.c, again, l.to, l.there, l.index)
    l.do("close", l.c, again, after=l.pause())


def timed_out(l):
    """The client's answers are cut off, and TCP_USER_TIMEOUT or keepalive gives up."""
    l.pair()
    one, other = l.ends()
    if l.often(0.5):
        l.do("option", *one, int(TCP), USER_TIMEOUT, l.one([300, 700, 1500]))
    else:
        for name, value in ((KEEPIDLE, 1), (KEEPINTVL, 1), (KEEPCNT, 1)):
            l.do("option", *one, int(TCP), name, value)
        l.do("option", *one, *map(int, KEEPALIVE))
    l.do("deaf", *one, 1, after=l.pause())
    kind = l.random.random()
    if kind < 0.5:
        l.do("send", *one, 10, after=l.pause())
    elif kind < 0.7:
        l.do("shutdown", *one, SHUT_WR, after=l.pause())
    elif kind < 0.8:
        l.do("close", *one, after=l.pause())
    l.do("error", *one, after=l.long())
    if l.often(0.3):
        l.do("deaf", *one, 0)
    l.do("close", *one, after=l.pause())
    l.do("error", *other, after=l.pause())
    l.do("close", *other)


def cut_off(l):
    """One end hears nothing for a while; then all goes on."""
    l.pair()
    one, other = l.ends()
    l.do("deaf", *one, 1, after=l.pause())
    l.do(*(("close",) + other) if l.often(0.5) else ("send",) + other + (10,))
    if l.often(0.4):
        l.do("shutdown", *one, SHUT_WR, after=l.pause())
    l.do("deaf", *one, 0, after=l.long() if l.often(0.3) else l.pause())
    l.do("recv", *one, 1 << 16, after=l.pause())
    l.do("close", *one, after=l.pause())
    l.do("close", *other, after=l.pause())


def syn_unanswered(l):
    """A queue that is full, or ears that are shut: given up by the kernel, or by its program."""
    l.route()
    l.listener(backlog=0)
    for n in range(3):
        l.do("socket", l.c, "%s.f%d" % (l.id, n), l.family, 0, [])
        l.do("connect", l.c, "%s.f%d" % (l.id, n), l.to, l.there, l.index)
    l.client((TCP, SYNCNT, 1), *([(TCP, USER_TIMEOUT, 1500)] if l.often(0.5) else []))
    l.connect(after=l.pause())
    l.do("error", *l.end("c"), after=l.long())
    if l.often(0.5):
        l.do("close", *l.end("c"))
    else:
        l.do("error", *l.end("c"), after=2500)
        l.do("close", *l.end("c"))


def copied(l):
    """Two descriptors in a process: closed when the last is."""
    l.pair()
    one, other = l.ends()
    l.do("dup", *one, one[1] + "2")
    l.do("close", *one, after=l.pause())
    l.do("send", one[0], one[1] + "2", 10)
    l.do("close", one[0], one[1] + "2", after=l.pause())
    l.do("close", *other, after=l.pause())


def passed(l):
    """A descriptor goes to another process, which closes it."""
    l.pair()
    one, other = l.ends()
    to = l.one([a for a in of(l.here if one[1].endswith("c") else l.there) if a != one[0]])
    l.do("pass", *one, to, after=l.pause())
    if l.often(0.6):
        l.do("close", *one, after=l.pause())
    l.do("send", to, one[1], 10, after=l.pause())
    if l.often(0.5):
        l.do("close", *other, after=l.pause())
    l.do("close", to, one[1], after=l.pause())
    l.do("close", *one, after=l.pause())
    l.do("close", *other)


def parked(l):
    """It is on its way in a UNIX socket for a while: no process has it."""
    l.pair()
    one, other = l.ends()
    l.do("park", *one, after=l.pause())
    if l.often(0.6):
        l.do("close", *other, after=l.pause())
    l.do("unpark", *one, after=l.long() if l.often(0.5) else l.pause())
    l.do("close", *one, after=l.pause())
    l.do("close", *other, after=l.pause())


def forked(l):
    """A child shares it, or gets it alone; the child closes, or is killed."""
    l.pair()
    one, other = l.ends()
    child = "%s.k" % l.id
    command = ["sleep", "60"] if l.often(0.4) else None
    l.do("fork", one[0], child, [one[1]], command, after=l.pause())
    if l.often(0.7):
        l.do("close", *one, after=l.pause())
    if not command and l.often(0.6):
        l.do("send", child, one[1], 10, after=l.pause())
        l.do("close", child, one[1], after=l.pause())
    if l.often(0.5):
        l.do("close", *other, after=l.pause())
    l.do("reap", child, after=l.pause())
    l.do("close", *one, after=l.pause())
    l.do("close", *other, after=l.pause())


def threads(l):
    """Closed by a thread of another name."""
    l.pair()
    one, other = l.ends()
    l.do("close_in_thread", *one, "t-%s" % l.id, after=l.pause())
    l.do("close_in_thread", *other, "t-%s" % l.id, after=l.pause())


def fast_open(l):
    l.route()
    l.family, l.speaks = V4, V4
    l.to = l.to.replace("::ffff:", "") if "." in l.to else "127.0.0.1"
    if ":" not in l.mine and l.here != l.there and l.to.startswith("127"):
        l.here = l.there
    if l.to.startswith("127"):
        l.here = l.there
        l.c = l.one(of(l.here))
    l.s, l.index, l.door = of(l.there)[0], FAST, "%s%d" % (l.there, FAST)
    l.client()
    l.do("fastopen", l.c, l.name("c"), l.to, l.there, FAST, l.one([1, 500]))
    l.accept(after=l.pause())
    l.do("recv", *l.end("s"), 1000)
    one, other = l.ends()
    l.do("close", *one, after=l.pause())
    l.do("close", *other, after=l.pause())


def multipath(l):
    l.route()
    l.family, l.speaks = V4, V4
    l.to = l.to.replace("::ffff:", "") if "." in l.to else "127.0.0.1"
    if l.to.startswith("127"):
        l.here = l.there
        l.c = l.one(of(l.here))
    l.s, l.index, l.door = of(l.there)[0], MULTI, "%s%d" % (l.there, MULTI)
    l.client(protocol=MPTCP if l.often(0.7) else 0)
    l.connect()
    l.accept(after=l.pause())
    l.talk()
    one, other = l.ends()
    l.do("close", *one, after=l.pause())
    l.do("close", *other, after=l.pause())


def group(l):
    """Whoever of two the kernel gives it to."""
    l.route()
    l.family, l.speaks = V4, V4
    l.to = l.to.replace("::ffff:", "") if "." in l.to else "127.0.0.1"
    if l.to.startswith("127"):
        l.here = l.there
        l.c = l.one(of(l.here))
    l.index = GROUP
    l.client()
    l.connect()
    for n, l.s in enumerate(of(l.there)[:2]):
        l.door = "%s%d.%d" % (l.there, GROUP, n)
        l.accept(after=l.pause() if not n else 0)
    l.do("close", *l.end("c"), after=l.pause())
    for l.s in of(l.there)[:2]:
        l.do("close", *l.end("s"), after=l.pause())


def killed(l):
    """As `ss -K` does, at any moment."""
    l.pair()
    one, other = l.ends()
    if l.often(0.5):
        l.do("close", *one, after=l.pause())
    l.do("kill", l.c, l.one([one, other])[1], after=l.pause())
    l.do("error", *other, after=l.pause())
    l.do("close", *other, after=l.pause())
    l.do("close", *one)


def waits(l):
    """Open, and nothing more: until the end of the run, or so."""
    l.pair()
    l.talk()
    l.do("recv", *l.end("s"), 1 << 17)
    l.do("recv", *l.end("c"), 1 << 17)
    if l.often(0.3):
        l.do("send", *l.end("c"), 1000)
    l.do("error", *l.end(), after=l.long())
    l.do("error", *l.end(), after=l.long())


KINDS = [(close_close, 20), (half_close, 14), (reset_by_linger, 8), (unread, 6), (refused, 5), (never_accepted, 6), (held, 6), (data_after_close, 6),
         (unconnected, 4), (tuple_again, 8), (server_closes_first, 4), (timed_out, 5), (cut_off, 5), (syn_unanswered, 2), (copied, 4), (passed, 6),
         (parked, 3), (forked, 4), (threads, 3), (fast_open, 4), (multipath, 3), (group, 4), (killed, 3), (waits, 3)]


def listeners(start):
    """A life that lasts: the listeners that others share."""
    ops = []
    for which in "AB":
        names = of(which)
        for index, family, addr, who, options in SHARED:
            ops.append((names[who], "%s%d" % (which, index), family, 0, [REUSEADDR, *options], addr, index))
        for n in (0, 1):
            ops.append((names[n], "%s%d.%d" % (which, GROUP, n), V4, 0, [REUSEADDR, REUSEPORT], "0.0.0.0", GROUP))
        ops.append((names[0], "%s%d" % (which, FAST), V4, 0, [REUSEADDR, (int(TCP), FASTOPEN, 64)], "0.0.0.0", FAST))
        ops.append((names[0], "%s%d" % (which, MULTI), V4, MPTCP, [REUSEADDR], "0.0.0.0", MULTI))
    done = []
    for who, sid, family, protocol, options, addr, index in ops:
        done += [[0, "socket", who, sid, family, protocol, [[int(l), int(o), v] for l, o, v in options]], [0, "bind", who, sid, addr, index], [0, "listen", who, sid, 512]]
    return {"id": "listeners", "start": start, "kind": "listeners", "ops": done}


def events(seed, span):
    """What happens to all, and who watches."""
    r = random.Random("%s/events" % seed)
    made = [[-2000, "trace", "first", "trace", "--buffer", "32M", "--strict"], [-2000, "trace", "hist", "hist", "-s", "all", "--buffer", "32M"],
            [-2000, "trace", "lossy", "trace", "--buffer", "4k", "--strict"], [-500, "look", "-s", "all"],
            [r.uniform(0.2, 0.6) * span, "trace", "late", "trace", "--buffer", "32M"]]
    for _ in range(3):
        at = r.uniform(0.1, 0.8) * span
        made += [[at, "halt", "lossy"], [at + r.uniform(100, 600), "go", "lossy"]]
    at = 300.0
    while at < span:
        made.append([at, "look", *r.choice([["-s", "all"], [], ["-s", "all", "--patience", "1500ms"], ["-s", "close-wait,fin-wait-2"]])])
        at += r.uniform(600, 2500)
    for which in "AB":
        made += [[r.uniform(0, span), "sysctl", which, "net.ipv4.tcp_tw_reuse", str(r.choice([0, 1, 2]))] for _ in range(3)]
        made += [[r.uniform(0, span), "sysctl", which, "net.ipv4.tcp_fin_timeout", str(r.choice(FIN_TIMEOUTS))] for _ in range(4)]
        made += [[r.uniform(0, span), "sysctl", which, "net.ipv4.tcp_timestamps", str(r.choice([0, 1, 1]))] for _ in range(2)]
    for which in "AB":
        made += made_for_a_while(r, span, which, "filter", [r.choice(["tcp dport PORT drop", "tcp dport PORT reject with tcp reset", "tcp sport PORT drop"])], [""])
        made += made_for_a_while(r, span, which, "address", [False, "10.77.1.%d/24" % (1 if which == "A" else 2)], [True, "10.77.1.%d/24" % (1 if which == "A" else 2)])
    return sorted(made + asked(seed, span), key=lambda e: e[0])


def asked(seed, span):
    """Who is asked at random moments; by a generator of its own, so that plans are those of before."""
    r = random.Random("%s/asked" % seed)
    made = [[-2000, "serve"], [-2000, "top"]]
    for what, pause in (("scrape", 1500), ("screen", 1000)):
        at = r.uniform(0, pause)
        while at < span:
            made.append([at, what])
            at += r.uniform(0.1, 2) * pause
    return made


def made_for_a_while(r, span, which, verb, begins, ends):
    """Twice, without overlap, for up to two seconds."""
    made = []
    for at in (r.uniform(0.05, 0.4) * span, r.uniform(0.5, 0.85) * span):
        made += [[at, verb, which, *begins], [at + r.uniform(100, min(2000, 0.1 * span)), verb, which, *ends]]
    return made


def make(seed, lives, rate=90.0, ending=None, kinds=None):
    """RATE: lives a second."""
    span = lives / rate * 1000
    r = random.Random(seed)
    chosen = [(f, w) for f, w in KINDS if not kinds or f.__name__ in kinds]
    # Before anybody watches, or not.
    made = [listeners(r.choice([-3000, -1]))]
    for number in range(lives):
        life = Life(number, round(r.uniform(0, span), 3), seed)
        kind = r.choices([f for f, _ in chosen], [w for _, w in chosen])[0]
        life.kind = kind.__name__
        kind(life)
        made.append(life.finish(after=life.pause()))
    return {"seed": seed, "actors": ACTORS, "lives": made, "events": events(seed, span), "ending": ending or r.choice(["stop", "netns"])}
