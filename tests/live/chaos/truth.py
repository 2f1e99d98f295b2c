"""The truth: lives of sockets, put together from what the witness saw and what the stage knows.

A Life is what one full socket went through from CLOSED to CLOSED, and the mini-socket that took over. Its states have
intervals [low, high] in which they began: a point where the witness saw the move, wider where a mini-socket went from
FIN-WAIT-2 to TIME-WAIT, which no event tells: then the FIN of the peer came, which left after the peer's move to LAST-ACK
and was acknowledged before the peer's last move.
"""
import collections
import ipaddress

from stage import NEVER
from witness import STATES

SK_SIZE = 4096
US, MS = 1000, 1000000
Move = collections.namedtuple("Move", "ts frm to pid softirq cpu withheld")


def sock_size():
    """Of a full socket in the kernel: its timers lie within it."""
    with open("/proc/slabinfo") as file:
        sizes = [int(line.split()[3]) for line in file if line.split()[0] in ("TCP", "TCPv6")]
    return max(sizes, default=2600)


SOCK_SIZE = sock_size()


def address(raw):
    ip = ipaddress.ip_address(raw)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return None if ip.is_unspecified else str(ip)


class Mini:
    """`born` at the full socket's end; `expired` if its timer ran out; it is there until `least`, and gone by `until`."""

    def __init__(self, timer, born):
        self.timer, self.born, self.expired, self.until, self.least = timer, born, None, NEVER, None
        self.withheld = False


class Life:
    def __init__(self, sk, first):
        self.sk, self.moves, self.mini, self.sock, self.peer, self.listener = sk, [], None, None, None, None
        self.sent, self.received, self.again, self.fired = [], [], [], []
        self.fin_is_sure = True
        self.fin = None  # [low, high] in which the peer's FIN reached the mini-socket
        self.first = first
        self.tuple = None
        self.withheld = False

    def begin(self):
        return self.moves[0].ts

    def end(self):
        """[low, high] in which it ended."""
        last = self.moves[-1]
        if last.to != "CLOSED":
            return NEVER, NEVER
        if not self.mini:
            return last.ts, last.ts
        if self.mini.expired:
            return self.mini.expired, self.mini.expired
        return self.mini.least or self.mini.born, self.mini.until

    def states(self):
        """[state, low and high of its begin, low and high of its end] in order."""
        found = []
        for move, after in zip(self.moves, self.moves[1:] + [None]):
            if move.to != "CLOSED":
                found.append([move.to, move.ts, move.ts, *((after.ts, after.ts) if after else (NEVER, NEVER))])
        if self.mini and found:
            low, high = self.end()
            if self.fin:
                found[-1][3:5] = min(self.fin[0], low), self.fin[1]  # it may have been killed before
                found.append(["TIME-WAIT", *self.fin, low, high])
            else:
                found[-1][3:5] = low, high
        return found


def build(stage):
    events, tasks = stage.events, stage.tasks
    lives, open_at, minis, last, by_tuple = [], {}, {}, {}, collections.defaultdict(list)
    loose = []  # resets that no full socket sent
    pages = collections.defaultdict(set)
    for e in events:
        f = e.f
        withheld = e.softirq and e.pid in tasks
        # A task's calls are one thread of events, what interrupts it on a CPU is another.
        thread = e.pid, e.softirq, e.cpu if e.softirq or not e.pid else None
        before, last[thread] = last.get(thread), e
        if e.kind == "timer_start":
            mini = minis.get(f["timer"])
            if mini:
                mini.withheld |= withheld
        elif e.kind == "timer_expire_entry":
            if stage.timers[f["function"]] == "tw_timer_handler":
                mini = minis.pop(f["timer"], None)
                if mini:
                    mini.expired = mini.until = e.ts
                    mini.withheld |= withheld
            else:
                near = [sk for page in (f["timer"] // SK_SIZE, f["timer"] // SK_SIZE - 1) for sk in pages[page] if 0 < f["timer"] - sk < SOCK_SIZE]
                if near:
                    open_at[max(near)].fired.append((e.ts, e.cpu))
        elif e.kind == "tcp_send_reset":
            # Of the connection, not of who has the same memory after it.
            if f["skaddr"] in open_at and open_at[f["skaddr"]].tuple[1::2] == (end_of(f["saddr"])[1], end_of(f["daddr"])[1]):
                open_at[f["skaddr"]].sent.append((e.ts, e.pid))
            loose.append((e.ts, end_of(f["saddr"]), end_of(f["daddr"])))
        elif e.kind == "tcp_receive_reset":
            if f["skaddr"] in open_at:
                open_at[f["skaddr"]].received.append((e.ts, e.pid))
        elif e.kind == "tcp_retransmit_skb":
            if f["skaddr"] in open_at:
                open_at[f["skaddr"]].again.append(e.ts)
        elif e.kind == "inet_sock_set_state":
            frm, to = STATES[f["oldstate"]], STATES[f["newstate"]]
            sk = f["skaddr"]
            # tcp_time_wait() arms the mini-socket and then ends the full one. Where a task works off the backlog, softirqs may come between.
            timer = before and before.kind == "timer_start" and (before.f["timer"], before.ts)
            takes_over = to == "CLOSED" and frm in ("FIN-WAIT-2", "CLOSING") and bool(timer)
            if takes_over:
                # Another one had that timer: it is gone, or ftrace missed the start of ours (once in ten thousand), and nobody knows.
                minis.pop(timer[0], None)
            if not ours(stage, f):
                if open_at.pop(sk, None):
                    pages[sk // SK_SIZE].discard(sk)
                continue
            life = open_at.get(sk)
            if frm in ("CLOSED", "LISTEN") and to in ("SYN-SENT", "SYN-RECEIVED", "LISTEN", "ESTABLISHED") or life is None:
                life = Life(sk, frm)
                open_at[sk] = life
                pages[sk // SK_SIZE].add(sk)
                lives.append(life)
            life.moves.append(Move(e.ts, frm, to, e.pid, e.softirq, e.cpu, withheld))
            life.withheld |= withheld
            life.tuple = (address(f["saddr_v6"]), f["sport"], address(f["daddr_v6"]), f["dport"])
            if to == "CLOSED":
                # Its RST may follow, and is said of this socket.
                life.closed = e.ts
                if takes_over:
                    life.mini = minis[timer[0]] = Mini(timer[0], e.ts)
            elif frm == to:
                life.moves.pop()  # no move: design fact 7
    # What was there before us is of other namespaces, that are gone: orphans outlive them.
    lives = [life for life in lives if life.first in ("CLOSED", "LISTEN")]
    for life in lives:
        if life.tuple:
            by_tuple[life.tuple].append(life)
    for life in lives:
        marry(life, by_tuple)
    cast(stage, lives, by_tuple)
    for life in lives:
        fin_of(life)
        until_of(life, by_tuple)
    resets = collections.defaultdict(list)
    for ts, src, dst in loose:
        for end in (src, dst):
            resets[end[1]].append(ts)
    for life in lives:
        least_of(stage, life, by_tuple, resets)
    return lives, by_tuple, loose


def end_of(raw):
    """Of a struct sockaddr: (address, port)."""
    port = int.from_bytes(raw[2:4], "big")
    if int.from_bytes(raw[:2], "little") == 2:
        return address(b"\0" * 10 + b"\xff\xff" + raw[4:8]), port
    return address(raw[8:24]), port


def ours(stage, f):
    return any(low <= f[p] <= high for which in "AB" for low, high in stage.ports[which] for p in ("sport", "dport"))


def overlap(a, b):
    return a.begin() <= b.end()[1] and b.begin() <= a.end()[1]


def marry(life, by_tuple):
    """The other end: the one that lived at the same time, and began last if there are several."""
    laddr, lport, raddr, rport = life.tuple
    if life.moves[0].to == "LISTEN":
        return
    others = [o for o in by_tuple.get((raddr, rport, laddr, lport), []) if o is not life and overlap(life, o)]
    # A connection is begun by one SYN: both begin together, but for what a full queue or a lost segment delays. Who sent it was first.
    if life.first == "LISTEN":
        others = [o for o in others if o.begin() <= life.begin()]
    elif any(o.first == "LISTEN" for o in others):
        others = [o for o in others if o.begin() >= life.begin()]
    if others:
        life.peer = min(others, key=lambda o: abs(o.begin() - life.begin()))


def timer_ended(life, move, before):
    """A timer of the socket fired, on that CPU, in that state, sent nothing again, and then it ended."""
    return move.softirq and any(max(before, move.ts - 5 * MS) <= t <= move.ts and cpu == move.cpu and not any(t <= a <= move.ts for a in life.again) for t, cpu in life.fired)


def fin_of(life):
    """When the peer's FIN reached the mini-socket."""
    mini = life.mini
    if not mini:
        return
    if life.moves[-1].frm == "CLOSING":
        life.fin = mini.born, mini.born
        return
    peer = life.peer
    sent = peer and next((m.ts for m in peer.moves if (m.frm, m.to) in (("CLOSE-WAIT", "LAST-ACK"), ("ESTABLISHED", "FIN-WAIT-1"), ("SYN-RECEIVED", "FIN-WAIT-1"))), None)
    if not sent or sent > (mini.expired or NEVER):
        return
    if mini.expired and mini.expired - sent < 55 * 1000 * MS:
        # TIME-WAIT lasts 60 s: it has not come, or while the timer ran out.
        if any(abs(t - mini.expired) <= MS for t in [sent, *peer.again]):
            life.fin, life.fin_is_sure = (mini.expired - MS, mini.expired), False
        return
    acked = next((m.ts for m in peer.moves if m.frm in ("LAST-ACK", "CLOSING") or (m.frm, m.to) == ("FIN-WAIT-1", "FIN-WAIT-2")), NEVER)
    last = peer.moves[-1]
    before = peer.moves[-2].ts if len(peer.moves) > 1 else 0
    refused = last.to == "CLOSED" and last.frm == "LAST-ACK" and (any(before <= t <= last.ts for t, _ in peer.received) or timer_ended(peer, last, before))
    life.fin = max(sent, mini.born), max(mini.born, min(acked, mini.expired or NEVER))
    # Nobody may have heard it: a RST answered, or nothing did.
    life.fin_is_sure = acked != NEVER and not refused
    if not life.fin_is_sure:
        life.fin = life.fin[0], NEVER


def until_of(life, by_tuple):
    """A mini-socket ends at the latest when another one has its addresses and ports."""
    mini = life.mini
    if not mini or mini.expired:
        return
    after = [o for o in by_tuple[life.tuple] if o is not life and o.begin() > mini.born - MS and not has_no_port(o)]
    if after:
        # A bound socket has its ports when it connects, another one with its next move.
        mini.until = min(mini.until, min(o.moves[min(1, len(o.moves) - 1)].ts for o in after))


def least_of(stage, life, by_tuple, resets):
    """A mini-socket is there until something comes that may end it: its timer, a RST, a SYN, a connect(), `ss -K`, or its namespace goes."""
    mini = life.mini
    if not mini:
        return
    laddr, lport, raddr, rport = life.tuple
    ends = [mini.expired or NEVER, *(t for port in (lport, rport) for t in resets[port])]
    ends += [o.begin() for ends in ((laddr, lport, raddr, rport), (raddr, rport, laddr, lport)) for o in by_tuple.get(ends, []) if o is not life and o is not life.peer]
    ends += [max(begin, mini.born) for begin, end, sock in stage.kills if end >= mini.born and lport == sock.local[1]]
    ends += [stage.gone[0]] if stage.gone else []
    # A packet filter sends a RST that nobody sees.
    ends += [mini.born] if stage.disturbed(mini.born, mini.born) else [b for b, _, what, _ in stage.changes if what in ("filter", "address")]
    mini.least = max(mini.born, min([t for t in ends if t >= mini.born - MS], default=NEVER) - MS)


def has_no_port(life):
    """connect() failed with EADDRNOTAVAIL: it took nobody's ports."""
    return life.moves[0].to == "SYN-SENT" and life.sock and any(b <= life.begin() <= e and number == 99 for b, e, number in life.sock.errors)


def cast(stage, lives, by_tuple):
    """Which socket of an actor is which life."""
    starts, connects = collections.defaultdict(list), collections.defaultdict(list)
    for life in lives:
        starts[life.moves[0].to].append(life)
        if life.moves[0].to == "SYN-SENT":
            connects[life.moves[0].pid].append(life)
    for sock in stage.all:
        sock.lives = []
        if sock.kind == "listener":
            found = [l for l in starts["LISTEN"] if sock.began[0] <= l.begin() <= sock.began[1] and l.tuple[1] == sock.local[1]]
        elif sock.kind == "client":
            found = [l for l in connects[sock.pid] if any(b <= l.begin() <= e for b, e in sock.connects)]
        elif sock.kind == "child":
            same = [l for l in by_tuple.get((*sock.local, *sock.remote), []) if l.first == "LISTEN" and l.begin() <= sock.accepted[1]]
            found = same[-1:]
        else:
            continue
        for life in found:
            life.sock = sock
            sock.lives.append(life)
