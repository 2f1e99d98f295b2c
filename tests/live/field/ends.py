"""ends.py - sockets of known settings whose peer says nothing more: what ends each, and when? Asked while they wait; then it
is seen when the kernel really ends them. TCPDWELL names the program."""
import array, fcntl, json, os, re, socket, struct, subprocess, sys, threading, time

from common import DROP_ALL, TCPDWELL, fill, filtered, keep, sysctl, unshare

SOON, LATER, NEVER = range(3)  # within ten seconds; not here; not while its peer is there
TCP = socket.IPPROTO_TCP
ALIVE = {(socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1, (TCP, socket.TCP_KEEPIDLE): 2, (TCP, socket.TCP_KEEPINTVL): 1, (TCP, socket.TCP_KEEPCNT): 3}
USER_TIMEOUT = {(TCP, 18): 3000}


def result(name, right, seen=""):
    print("%s field-ends-%s: %s" % ("ok" if right else "FAIL", name, seen), flush=True)


def deaf(sock):
    """Nothing that comes to it is let in: it answers nothing."""
    filtered(sock, DROP_ALL)


def made(options):
    sock = socket.socket()
    for (level, name), value in options.items():
        sock.setsockopt(level, name, value)
    return sock


def pair(port, options):
    """The client, which is asked about, and its peer."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    client = made(options)
    client.connect(("127.0.0.1", port))
    peer, _ = listener.accept()
    keep.extend((listener, client, peer))
    return client, peer


# ---- what happens to a pair ----


def idle(client, peer):
    deaf(peer)


def sends(client, peer):
    deaf(peer)
    client.send(b"x" * 1000)


def closes(client, peer):
    deaf(peer)
    client.close()


def behind_window(client, peer):
    fill(client)


def behind_window_of_the_silent(client, peer):
    fill(client)
    time.sleep(0.5)  # until all that has room has been acknowledged
    deaf(peer)


def closes_behind_window(client, peer):
    behind_window_of_the_silent(client, peer)
    client.close()


def half_closed(client, peer):
    client.close()


def close_wait(client, peer):
    peer.shutdown(socket.SHUT_WR)
    client.recv(1)


def time_wait(client, peer):
    client.close()
    peer.recv(1)
    peer.close()


# port, name, options, what happens, what ends it, when, keepalive
PAIRS = (
    (7801, "idle", {}, idle, "nothing", NEVER, "off"),
    (7802, "idle-with-user-timeout", USER_TIMEOUT, idle, "nothing", NEVER, "off"),
    (7803, "keepalive", ALIVE, idle, "keepalive", SOON, "2s/1s/3"),
    (7804, "keepalive-and-user-timeout", {**ALIVE, **USER_TIMEOUT}, idle, "user-timeout", SOON, "2s/1s/3"),
    (7805, "keepalive-of-the-namespace", {(socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1}, idle, "keepalive", LATER, "7200s/75s/9"),
    (7806, "sends", {}, sends, "retransmission", SOON, "off"),
    (7807, "sends-with-user-timeout", USER_TIMEOUT, sends, "user-timeout", SOON, "off"),
    (7808, "sends-with-keepalive", ALIVE, sends, "retransmission", SOON, "2s/1s/3"),
    (7809, "closes", {}, closes, "retransmission", SOON, "off"),
    (7810, "window-shut", {}, behind_window, "probes", NEVER, "off"),
    (7811, "window-shut-and-silent", {}, behind_window_of_the_silent, "probes", SOON, "off"),
    (7812, "window-shut-and-user-timeout", USER_TIMEOUT, behind_window, "user-timeout", SOON, "off"),
    (7813, "closes-behind-window", {}, closes_behind_window, "probes", SOON, "off"),
    (7814, "half-closed", {}, half_closed, "fin-timeout", SOON, None),
    (7815, "close-wait", {}, close_wait, "nothing", NEVER, "off"),
    (7816, "close-wait-with-keepalive", ALIVE, close_wait, "keepalive", NEVER, "2s/1s/3"),
    (7817, "time-wait", {}, time_wait, "time-wait", LATER, None),
    (7818, "syn", {(TCP, socket.TCP_SYNCNT): 1}, None, "retransmission", SOON, "off"),
    (7819, "syn-with-user-timeout", USER_TIMEOUT, None, "user-timeout", SOON, "off"),
    (7820, "syn-ack", {}, None, "retransmission", SOON, None),
)
PORTS = {pair[0]: pair for pair in PAIRS}


# ---- a host that is silent ----


def silent_host():
    """10.9.9.2, behind a tunnel that this process holds, which says nothing but what is written into it."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"silent", 0x1001))
    for command in "addr add 10.9.9.1/24 dev silent", "link set silent up":
        subprocess.run(["ip", *command.split()], check=True)
    return tun


def checksum(data):
    total = sum(array.array("H", data + b"\0" * (len(data) % 2)))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def syn(port):
    """From 10.9.9.2, port 4000."""
    ends = socket.inet_aton("10.9.9.2") + socket.inet_aton("10.9.9.1")
    head = struct.pack("!HHIIBBHHH", 4000, port, 1000, 0, 5 << 4, 2, 65535, 0, 0)
    head = head[:16] + struct.pack("=H", checksum(ends + struct.pack("!BBH", 0, 6, len(head)) + head)) + head[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(head), 1, 0, 64, 6, 0) + ends
    return ip[:10] + struct.pack("=H", checksum(ip)) + ip[12:] + head


def play_handshakes(tun):
    for port in 7818, 7819:
        client = made(PORTS[port][2])
        client.setblocking(False)
        client.connect_ex(("10.9.9.2", port))
        keep.append(client)
    listener = socket.create_server(("10.9.9.1", 7820))
    keep.append(listener)
    os.write(tun, syn(7820))


# ---- what is there ----


def is_ours(state, lport, rport):
    """The end that is asked about; its port, else 0."""
    if state in ("LISTEN", "CLOSED"):
        return 0
    if lport == 7820 and state == "SYN-RECEIVED":
        return lport
    return rport if rport in PORTS else 0


STATES = (None, "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN",
          "CLOSING", "SYN-RECEIVED")


def there():
    """Ports whose end is there, as the kernel lists them."""
    with open("/proc/self/net/tcp") as file:
        rows = [line.split() for line in file][1:]
    ports = {is_ours(STATES[int(row[3], 16)], int(row[1][-4:], 16), int(row[2][-4:], 16)) for row in rows}
    return ports - {0}


def asked(*args):
    """What `stuck` says of each port: (moment, line)."""
    out = subprocess.run([TCPDWELL, "stuck", "-s", "all", "--netns", str(os.getpid()), "-f", "json", *args], stdout=subprocess.PIPE, text=True).stdout
    lines = [line for line in map(json.loads, out.splitlines()) if line["event"] == "stuck"]
    told = {is_ours(line["state"], line["lport"], line["rport"] or 0): (int(line["ts_ns"]) / 1e9, line) for line in lines}
    told.pop(0, None)
    return told


def watch(ended, stop):
    while not stop.is_set():
        gone = set(PORTS) - there()
        now = time.monotonic()
        for port in gone:
            ended.setdefault(port, now)
        time.sleep(0.01)


def seconds(text):
    """Of ss: 1min20sec, 119min, 3.2sec, 800ms."""
    return sum(float(n) * {"min": 60, "sec": 1, "ms": 0.001, "hour": 3600, "day": 86400}[unit] for n, unit in re.findall(r"([0-9.]+)(day|hour|min|sec|ms)", text))


def timers():
    """The same ports, with the timer that `ss -o` shows."""
    out = subprocess.run(["ss", "-Htano"], stdout=subprocess.PIPE, text=True).stdout
    return {int(port): seconds(timer) for port, timer in re.findall(r":(78\d\d) +timer:\(\w+,([^,]+),", out)}


def play():
    tun = silent_host()
    made_at = {}

    def one(port, options, happens):
        client, peer = pair(port, options)
        happens(client, peer)
        made_at[port] = time.monotonic()
    threads = [threading.Thread(target=one, args=(port, options, happens)) for port, _, options, happens, *_ in PAIRS if happens]
    for thread in threads:
        thread.start()
    play_handshakes(tun)
    for thread in threads:
        thread.join()


def judge_end(name, told, port, ended, when):
    """At the time told, or later by what timers may be late: an eighth. Or not at all."""
    at, line = told
    left = line["ends_in_ns"] and line["ends_in_ns"] / 1e9
    if when == NEVER:
        result(name, port not in ended, "it is still there" if port not in ended else "it ended %.2f s after it was asked about" % (ended[port] - at))
        return
    if when == LATER:
        return
    real = ended.get(port, float("inf")) - at
    result(name, left is not None and left - 0.1 <= real <= left * 9 / 8 + 0.4, "told: in %s s, ended in %.2f s" % (left and "%.2f" % left, real))


def main():
    for name, value in ("tcp_retries2", 3), ("tcp_orphan_retries", 2), ("tcp_syn_linear_timeouts", 0), ("tcp_synack_retries", 1), ("tcp_fin_timeout", 4):
        try:
            sysctl(name, value)
        except FileNotFoundError:
            pass  # tcp_syn_linear_timeouts is of 6.5
    play()
    ended, stop = {}, threading.Event()
    watcher = threading.Thread(target=watch, args=(ended, stop))
    watcher.start()
    time.sleep(0.3)
    told, shown = asked(), timers()
    again = asked()
    time.sleep(10)
    stop.set()
    watcher.join()
    for port, name, _, _, by, when, keepalive in PAIRS:
        if port not in told:
            print("skip field-ends-%s: it ended before it was asked about: this machine is busy" % name if port in ended else
                  "FAIL field-ends-%s: not told of" % name)
            continue
        line = told[port][1]
        result(name, line["ends_by"] == by and line["keepalive"] == keepalive, "%s, keepalive %s: %s" % (line["ends_by"], line["keepalive"], line["evidence"]))
        judge_end(name, told[port], port, ended, when)
        if port in again and when == SOON:
            judge_end(name + "-again", again[port], port, ended, when)
    idle_ones = sorted(asked("--ends-by", "nothing"))
    result("--ends-by", idle_ones == [port for port, *_, by, _, _ in PAIRS if by == "nothing"], "nothing: %s" % idle_ones)
    for port, more in (7805, 9 * 75), (7817, 0):
        left = told[port][1]["ends_in_ns"] / 1e9
        result(PORTS[port][1], port in shown and abs(left - shown[port] - more) < (70 if shown[port] > 600 else 1.5), "told: in %.1f s; ss: %s and %s s" % (left, shown.get(port), more))


unshare()
main()
sys.stdout.flush()
os._exit(0)
