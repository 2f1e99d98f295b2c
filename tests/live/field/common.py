"""common.py - what the situations of this folder share. TCPDWELL names the program; `hold` as the first argument: the
situation is played in the namespace it is in, and nothing is asked."""
import ctypes, os, re, signal, socket, struct, subprocess, sys

TCPDWELL = os.environ["TCPDWELL"]
LIBC = ctypes.CDLL(None, use_errno=True)
HOLDS = len(sys.argv) > 1 and sys.argv[1] == "hold"
CLONE_NEWNET = 0x40000000
keep = []  # sockets that stay open


def unshare():
    """A network namespace of its own."""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


DROP_ALL = [(0x06, 0, 0, 0)]  # return 0


def filtered(sock, program):
    """What comes to it goes through this BPF program first (SO_ATTACH_FILTER)."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in program))
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))


def fill(sock):
    """Until nothing more can be sent."""
    sock.setblocking(False)
    try:
        while True:
            sock.send(b"x" * 65536)
    except BlockingIOError:
        pass


def called(name):
    LIBC.prctl(15, name.encode(), 0, 0, 0)


def played():
    """It stands: from here on it is asked about."""
    if HOLDS:
        print("ready", flush=True)
        sys.stdin.read()
        os._exit(0)


def child(name, work):
    """A process of this name that does work(ready); its pid, once it has called ready()."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        assert os.read(reader, 1), name + " has not come up"
        os.close(reader)
        return pid
    LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)
    called(name)
    work(lambda: os.write(writer, b"x"))
    os._exit(0)


def typed(command, shows=None):
    """What it prints, until that pattern is there: it may take long, or for ever. None: all."""
    shell = subprocess.Popen(["timeout", "-s", "INT", "30", "sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out = b""
    while shows is None or not re.search(shows, out.decode(errors="replace")):
        more = os.read(shell.stdout.fileno(), 65536)
        if not more:
            break
        out += more
    shell.terminate()
    shell.wait()
    shell.stdout.close()
    return out.decode(errors="replace")


def sysctl(name, value):
    with open("/proc/sys/net/ipv4/" + name, "w") as file:
        file.write(str(value))
