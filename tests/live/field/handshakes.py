"""handshakes.py PLAY DIR - a peer behind a tun device, in a network namespace of its own, opens connections by the thousand
and answers the SYN-ACKs when it likes, or not. What tcpdwell tells of each SYN-RECEIVED is compared with the peer's own
clock. TCPDWELL names the program."""
import fcntl, heapq, json, os, random, select, socket, struct, subprocess, sys, time

from common import TCPDWELL, sysctl, unshare

OURS, PEERS, PORT = "10.99.0.1", "10.99.1.%d", 7900
FIN, SYN, RST, ACK = 1, 2, 4, 16
MS = 1000000
LATE = 50 * MS  # a segment that the peer has written may wait for a softirq
# Some hosts run no program for a timer or a segment that interrupts certain tasks (design fact 19): so many at most.
WITHHELD = 0.02


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def result(right, seen):
    print("%s field-handshakes-%s: %s" % ("ok" if right else "FAIL", sys.argv[1], seen), flush=True)


# ---- the peer ----


def folded(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(source, sport, flags, seq, ack=0):
    src, dst = socket.inet_aton(source), socket.inet_aton(OURS)
    tcp = struct.pack("!HHIIBBHHH", sport, PORT, seq, ack, 5 << 4, flags, 65535, 0, 0)
    sum_ = folded(src + dst + struct.pack("!HH", 6, len(tcp)) + tcp)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, src, dst)
    return ip[:10] + struct.pack("!H", folded(ip)) + ip[12:] + tcp[:16] + struct.pack("!H", sum_) + tcp[18:]


class Peer:
    def __init__(self):
        self.tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.tun, 0x400454CA, struct.pack("16sH", b"peer", 0x0001 | 0x1000))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
        for command in ("link set lo up", "addr add %s/16 dev peer" % OURS, "link set peer up"):
            subprocess.run(["ip"] + command.split(), check=True)
        self.opened, self.due, self.order = {}, [], 0

    def open(self, end, answer):
        """`answer(seq of the SYN-ACK)` is (seconds, flags, ack) of the segment that answers it, or None."""
        self.opened[end] = {"answer": answer, "first": now(), "syn_acks": 0}
        os.write(self.tun, segment(*end, SYN, 100))

    def hear(self, packet):
        if packet[9] != socket.IPPROTO_TCP:
            return
        _, port, seq, _, _, flags = struct.unpack("!HHIIBB", packet[20:34])
        end = socket.inet_ntoa(packet[16:20]), port
        if flags & (SYN | ACK) != SYN | ACK or end not in self.opened:
            return
        seen = self.opened[end]
        seen["syn_acks"] += 1
        if seen["syn_acks"] > 1:
            return
        seen["heard"] = now()
        seen["ack"] = seq + 1
        answer = seen["answer"](seq)
        if answer:
            self.order += 1
            heapq.heappush(self.due, (time.monotonic() + answer[0], self.order, end, answer[1], answer[2]))

    def pump(self, seconds):
        """Takes in and answers for so long; the opened ends have their times afterwards."""
        end_of = time.monotonic() + seconds
        while time.monotonic() < end_of:
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, end, flags, ack = heapq.heappop(self.due)
                self.opened[end]["before"] = now()
                os.write(self.tun, segment(*end, flags, 101, ack))
                self.opened[end]["after"] = now()
            if select.select([self.tun], [], [], 0.0005)[0]:
                self.hear(os.read(self.tun, 2048))


def ends(count):
    return [(PEERS % (1 + i // 20000), 10000 + i % 20000) for i in range(count)]


# ---- the tracer ----


class Tracer:
    def __init__(self, *command):
        self.out, ready = os.path.join(sys.argv[2], "handshakes.json"), os.path.join(sys.argv[2], "handshakes.ready")
        if os.path.exists(ready):
            os.unlink(ready)
        self.process = subprocess.Popen([TCPDWELL, *command, "-f", "json", "-L", str(PORT), "--netns", NETNS, "--ready-file", ready], stdout=open(self.out, "w"))
        while not os.path.exists(ready):
            if self.process.poll() is not None:
                sys.exit("tcpdwell ended with %d" % self.process.returncode)
            time.sleep(0.02)

    def resident(self):
        return next(int(l.split()[1]) for l in open("/proc/%d/status" % self.process.pid) if l.startswith("VmRSS"))

    def stop(self):
        """Moves out of SYN-RECEIVED by the end they are told of, and what was lost."""
        self.process.terminate()
        self.process.wait()
        told, lost = {}, 0
        for line in open(self.out):
            o = json.loads(line)
            if o["event"] == "summary":
                lost = sum(v for k, v in o.items() if k.startswith("lost_"))
            if o["event"] == "transition" and o["from"] == "SYN-RECEIVED":
                told.setdefault((o["raddr"], o["rport"]), []).append(o)
        return told, lost


def look(peer):
    """What `stuck` says of the listener, while the peer goes on."""
    stuck = subprocess.Popen([TCPDWELL, "stuck", "-s", "listen", "-L", str(PORT), "--netns", NETNS, "-f", "json"], stdout=subprocess.PIPE, text=True)
    while stuck.poll() is None:
        peer.pump(0.02)
    return next(o for o in map(json.loads, stuck.stdout) if o["event"] == "stuck")


def listener(synacks=1, backlog=4096):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, 7, synacks)  # TCP_SYNCNT
    sock.bind((OURS, PORT))
    sock.listen(backlog)
    return sock


def is_within(o, seen):
    """Between the SYN-ACK and the answer, as the peer knows both."""
    least, most = seen["before"] - seen["heard"], seen["after"] - seen["first"]
    return o["dwell_known"] == "exact" and least - MS <= o["dwell_ns"] <= most + LATE


def judge(peer, told, lost, expected, cause):
    wrong = [(e, o) for e in peer.opened for o in told.get(e, []) if not expected(o, peer.opened[e]) or o["cause"] != cause(e)]
    missing = [e for e in peer.opened if e not in told]
    twice = [e for e, moves in told.items() if len(moves) > 1]
    right = not wrong and not twice and len(missing) <= WITHHELD * len(peer.opened) + lost
    result(right, "%d handshakes, %d told, %d wrong, %d twice%s" % (len(peer.opened), len(told), len(wrong), len(twice), (", such as %s" % (wrong[0],)) if wrong else ""))


# ---- the plays ----


def late(peer):
    """The last segment comes after 5 to 600 ms."""
    keep, tracer = listener(), Tracer()
    for i, end in enumerate(ends(2000)):
        delay = random.choice((5, 20, 100, 300, 600)) / 1000
        peer.open(end, lambda seq, delay=delay: (delay, ACK, seq + 1))
        if i % 20 == 19:
            peer.pump(0.02)
    peer.pump(1.5)
    time.sleep(0.3)
    told, lost = tracer.stop()
    keep.close()
    judge(peer, told, lost, is_within, lambda end: None)


def failing(peer):
    """A third is reset, a third gives no answer, of a third the listener goes."""
    keep, tracer = listener(), Tracer()
    some = ends(303)
    kinds = {end: i % 3 for i, end in enumerate(some)}
    causes = ("reset", "timed-out", "no-listener")
    for end in some:
        if kinds[end] < 2:
            peer.open(end, lambda seq, end=end: (random.uniform(0.005, 0.5), RST, 0) if kinds[end] == 0 else None)
    peer.pump(4.5)
    keep.close()
    keep = listener()
    for end in some:
        if kinds[end] == 2:
            peer.open(end, lambda seq: None)
    peer.pump(0.2)
    keep.close()
    peer.pump(2)
    told, lost = tracer.stop()
    judge(peer, told, lost, lambda o, seen: o["dwell_known"] == "exact" and ("after" not in seen or is_within(o, seen)), lambda end: causes[kinds[end]])


def cookies(peer):
    """Of a SYN cookie nobody knows when the SYN came: never an exact time."""
    sysctl("tcp_syncookies", 2)
    keep, tracer = listener(), Tracer()
    for end in ends(200):
        peer.open(end, lambda seq: (0.2, ACK, seq + 1))
    peer.pump(1)
    # With time stamps the kernel has a round trip of its own, which has part of the cookie in it.
    with_stamps = set()
    for _ in range(200):
        sock = socket.create_connection((OURS, PORT))
        with_stamps.add(sock.getsockname())
        sock.close()
    time.sleep(0.3)
    told, lost = tracer.stop()
    keep.close()
    stamped = [o for end in with_stamps for o in told.pop(end, [])]
    exact = [o for o in stamped if o["dwell_known"] == "exact"]
    result(not exact and len(stamped) >= 200 * (1 - WITHHELD) - lost, "%d with time stamps, %d exact" % (len(stamped), len(exact)))
    judge(peer, told, lost, lambda o, seen: o["dwell_known"] != "exact", lambda end: None)


def kernel(counter):
    lines = [l.split() for l in open("/proc/net/netstat") if l.startswith("TcpExt:")]
    return int(dict(zip(*lines))[counter])


def send_syns(peer, count):
    for i in range(count):
        os.write(peer.tun, segment("10.99.%d.%d" % (2 + (i >> 8) % 200, 1 + i % 250), 1024 + i % 60000, SYN, 100))
        if i % 64 == 0:
            while select.select([peer.tun], [], [], 0)[0]:
                os.read(peer.tun, 2048)


def flood(peer):
    """Requests are few, and all that there were end; the others got a cookie. Memory does not grow with them. Their timers run
    out together, and all may fall on one task that the host keeps programs from (design fact 19): then once more."""
    count = 100000
    sysctl("tcp_max_syn_backlog", 4096)
    for _ in range(3):
        keep, tracer = listener(synacks=1), Tracer()
        before, cookies = tracer.resident(), kernel("SyncookiesSent")
        send_syns(peer, count)
        peer.pump(5)
        grown = tracer.resident() - before
        told, lost = tracer.stop()
        keep.close()
        requests, timed_out = count - (kernel("SyncookiesSent") - cookies), sum(len(m) for m in told.values())
        is_whole = timed_out >= requests * (1 - WITHHELD) - lost
        if is_whole:
            break
    right = is_whole and timed_out <= requests and grown < 8192 and all(o["cause"] == "timed-out" for m in told.values() for o in m)
    result(right, "%d SYNs, %d requests, %d told as timed out, %d lost, %d kB more" % (count, requests, timed_out, lost, grown))


def flooded(peer):
    """What is said of a listener while the clients of all handshakes that it has room for do not answer."""
    keep = listener(synacks=5, backlog=512)
    send_syns(peer, 1000)
    for _ in range(10):
        peer.pump(0.5)
        seen = look(peer)
        if seen["rule"]:
            break
    keep.close()
    says = "its namespace answered %d SYNs by cookies, and dropped %d" % (kernel("SyncookiesSent"), kernel("TCPReqQFullDrop"))
    result(seen["rule"] == "syn-queue-full" and seen["half_open"] >= seen["backlog"] == 512 and says in seen["evidence"], "%s: %s" % (seen["rule"], seen["evidence"]))


def burst(peer):
    """As many half-open handshakes as there may be, and each is answered: no flood. The look has to come before that."""
    keep, some = listener(backlog=64), ends(320)
    for i in range(5):
        begun = now()
        for end in some[64 * i : 64 * i + 64]:
            peer.open(end, lambda seq: (0.9, ACK, seq + 1))
        seen = look(peer)
        if now() - begun < 900 * MS:
            break
        peer.pump(2)
        while select.select([keep], [], [], 0)[0]:
            keep.accept()
    keep.close()
    result(seen["rule"] is None and seen["half_open"] == seen["backlog"] == 64, "%s, %s" % (seen["rule"], seen["evidence"]))


def young(peer):
    """Half-open handshakes of less than a second, of which no event tells, are there still as `hist` ends."""
    keep, tracer = listener(synacks=5), Tracer("hist", "-s", "syn-received")
    for end in ends(20):
        peer.open(end, lambda seq: None)
    peer.pump(0.3)
    tracer.process.terminate()
    tracer.process.wait()
    keep.close()
    cell = next(o for o in map(json.loads, open(tracer.out)) if o["event"] == "histogram" and o["state"] == "SYN-RECEIVED")
    right = cell["still"] == 20 and not cell["still_in_doubt"] and cell["oldest_ns"] >= 300 * MS
    result(right, "%s there still, the oldest for %s ns" % (cell["still"], cell["oldest_ns"]))


def full(peer):
    """Room for 41, and 70 complete their handshakes. Who finds no room is known one by one, and tries again."""
    sysctl("tcp_syncookies", 1)
    keep, tracer, some = listener(synacks=3, backlog=40), Tracer(), ends(70)
    for end in some[:30]:
        peer.open(end, lambda seq: (0.01, ACK, seq + 1))
    peer.pump(0.2)
    for end in some[30:]:
        peer.open(end, lambda seq: (0.2, ACK, seq + 1))
    peer.pump(0.4)
    overflows = kernel("ListenOverflows")
    first = {keep.accept()[1] for _ in range(41)}
    for end in some:
        if end not in first:
            peer.due.append((time.monotonic(), peer.order + 1, end, ACK, peer.opened[end]["ack"]))
            peer.order += 1
    peer.pump(0.3)
    told, lost = tracer.stop()
    keep.close()
    result(overflows == 29, "%d without room, by the kernel's count" % overflows)
    judge(peer, told, lost, lambda o, seen: o["overflowed"] == (None if (o["raddr"], o["rport"]) in first else True), lambda end: None)


random.seed(1)
unshare()
NETNS = str(os.stat("/proc/self/ns/net").st_ino)
{"late": late, "failing": failing, "cookies": cookies, "flood": flood, "flooded": flooded, "burst": burst, "young": young, "full": full}[sys.argv[1]](Peer())
