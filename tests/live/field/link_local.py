"""link_local.py - run in the namespace `near`, whose va1 and va2 lead to fe80::2 each: makes sockets by these,
prints `ready` and keeps them until its standard input ends. Arguments: the namespace of fe80::2, an odd device."""
import ctypes, os, socket, struct, sys

LIBC = ctypes.CDLL(None, use_errno=True)
FAR, ODD = sys.argv[1:3]
keep = []


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def in_far(make):
    """A socket belongs where it was made."""
    enter(FAR)
    made = make()
    enter(HOME)
    return made


def listen(port, addr="::"):
    sock = socket.socket(socket.AF_INET6)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    sock.listen(8)
    keep.append(sock)
    return sock


def deaf(sock):
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))


def connect(port, device, addr="fe80::2", wait=True, bound=None, filtered=False):
    sock = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
    keep.append(sock)
    if filtered:
        deaf(sock)
    if bound:
        sock.setsockopt(socket.SOL_SOCKET, 25, bound.encode())
    sock.setblocking(wait)
    sock.connect_ex((addr, port, 0, socket.if_nametoindex(device)) if device else (addr, port))
    return sock


home = os.open("/proc/self/ns/net", os.O_RDONLY)
HOME = "/proc/self/fd/%d" % home
# Nobody is at fe80::9 and 10.9.9.9.
for device in "va1", "va2", ODD, "gone":
    connect(18501, device, "fe80::9", wait=False)
connect(18502, None, "10.9.9.9", wait=False, bound="va2")
connect(18503, None, "10.9.9.9", wait=False)
connect(18504, None, "2001:db8::9", wait=False)
# The far end has closed, both have the same name.
far = in_far(lambda: listen(18505))
for device in "va1", "va2":
    sock = connect(18505, device)
    peer, _ = far.accept()
    peer.close()
    sock.recv(1)
# We have closed.
far = in_far(lambda: listen(18506))
for device in "va1", "va2":
    sock = connect(18506, device)
    peer, _ = far.accept()
    sock.close()
    peer.recv(1)
    peer.close()
# Requests at a listener of ours, which do not run out after a minute, to be made anew by the next SYN.
with open("/proc/sys/net/ipv4/tcp_synack_retries", "w") as file:
    file.write("12")
listen(18507)
for device in "vb1", "vb2":
    in_far(lambda device=device: connect(18507, device, "fe80::1", wait=False, filtered=True))
print("ready", flush=True)
sys.stdin.read()
