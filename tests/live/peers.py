"""peers.py - plays connections whose both ends are on this host, in network namespaces of their own, and prints
"NAME COOKIE PEER [OWNER]" for each end that is to be told with its other end: PEER 0 is none, '?' one whose cookie
nobody knows; OWNER where it is not us. Keeps them until its standard input ends."""
import ctypes, os, signal, socket, struct, subprocess, sys

LIBC = ctypes.CDLL(None, use_errno=True)
SO_COOKIE = 57
socket.setdefaulttimeout(20)
V4, V6 = socket.AF_INET, socket.AF_INET6
keep = []


def into_new_namespace():
    if LIBC.unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if not os.fork():  # somebody lives there
        LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)
        signal.pause()
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def enter(namespace):
    if LIBC.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "setns")


def cookie(sock):
    return struct.unpack("Q", sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]


def say(name, one, other):
    print(name, cookie(one), cookie(other) if other else 0)
    if other:
        print(name, cookie(other), cookie(one))


def listen(addr, port, family=V4, backlog=64):
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    sock.listen(backlog)
    keep.append(sock)
    return sock


def connect(addr, port, family=V4, source=None):
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if source:
        sock.bind(source)
    sock.connect((addr, port))
    keep.append(sock)
    return sock


def accept(listener):
    sock = listener.accept()[0]
    keep.append(sock)
    return sock


def within():
    """Both ends in one namespace: half closed, by IPv6, by an IPv6 socket towards IPv4, with data on its way."""
    into_new_namespace()
    for name, family, addr, to in (("ipv4", V4, "127.0.0.1", "127.0.0.1"), ("ipv6", V6, "::1", "::1"), ("mapped", V6, "::", "::ffff:127.0.0.1")):
        listener = listen(addr, 7001 if name != "mapped" else 7002, family)
        client = connect(to, 7001 if name != "mapped" else 7002, family)
        server = accept(listener)
        client.send(b"x" * 100000)
        client.shutdown(socket.SHUT_WR)
        say(name, client, server)


def closed():
    """One end is a mini-socket."""
    listener = listen("127.0.0.1", 7004)
    client = connect("127.0.0.1", 7004)
    server = accept(listener)
    print("closed", cookie(server), cookie(client), "(orphan)")
    client.close()


def deferred():
    """One end is a request socket, whose cookie nobody knows."""
    listener = listen("127.0.0.1", 7005)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
    print("deferred", cookie(connect("127.0.0.1", 7005)), "?")


def across():
    """Two pairs of hosts that have the same addresses and ports, in four namespaces; of each pair also one whose peer
    no longer exists, so that the one of the other pair looks like it."""
    for pair in (1, 2):
        left = into_new_namespace()
        right = into_new_namespace()
        subprocess.run(["ip", "link", "add", "left", "type", "veth", "peer", "name", "right"], check=True)
        subprocess.run(["ip", "link", "set", "left", "netns", "/proc/self/fd/%d" % left], check=True, pass_fds=[left])
        subprocess.run(["ip", "addr", "add", "10.9.0.2/24", "dev", "right"], check=True)
        subprocess.run(["ip", "link", "set", "right", "up"], check=True)
        listener = listen("10.9.0.2", 7000)
        enter(left)
        subprocess.run(["ip", "addr", "add", "10.9.0.1/24", "dev", "left"], check=True)
        subprocess.run(["ip", "link", "set", "left", "up"], check=True)
        for port in (40001, 40002):
            client = connect("10.9.0.2", 7000, source=("10.9.0.1", port))
            server = accept(listener)
            if port == 40001:
                say("across-%d" % pair, client, server)
            elif pair == 1:
                say("lost", client, None)
                subprocess.run(["ip", "link", "set", "left", "down"], check=True)
                server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                server.close()
            else:
                say("not-lost", client, server)


def waiting():
    """One that nobody has accepted; one whose SYN a full queue drops."""
    into_new_namespace()
    listener = listen("0.0.0.0", 7003, backlog=0)
    first = connect("127.0.0.1", 7003)
    late = socket.socket()
    late.setblocking(False)
    late.connect_ex(("127.0.0.1", 7003))
    keep.append(late)
    print("queue-full", cookie(late), cookie(listener))
    print("not-accepted", cookie(first), "?")


within()
closed()
deferred()
across()
waiting()
print("ready", flush=True)
sys.stdin.read()
