"""leak.py WHERE [PORT] - one connection on loopback in CLOSE-WAIT whose end of file was read, kept until killed.

WHERE, the network namespace that it is in: `here`, the caller's; a new one without a name: `process`, that this
process is in; `thread`, that only a thread of it is in; `threads`, nine of these; `sockets`, that only its sockets keep; `away`, that another
process is in while we hold the socket; `mount FILE`, that is mounted on FILE; `descriptor`, that a descriptor of ours
keeps; `unmounted FILE`, the same, of a mount that is gone. In these two nobody accepts a connection to PORT + 1. Or
`passed`: here, but the socket lies in a unix socket of a new namespace, and no process has it. Prints
"ready INODE PID-OF-THE-NAMESPACE".
"""
import array, ctypes, os, socket, subprocess, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
where, port = sys.argv[1], int(sys.argv[2])
keep = []


def new():
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def leak():
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen()
    client = socket.create_connection(("127.0.0.1", port))
    server, _ = listener.accept()
    client.close()
    server.recv(1)
    keep.extend([listener, server])


def ready(pid=0):
    print("ready", os.stat("/proc/thread-self/ns/net").st_ino, pid, flush=True)


def pass_on(sock):
    ends = socket.socketpair(socket.AF_UNIX)
    ends[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sock.fileno()]))])
    sock.close()
    keep.extend(ends)


home = os.open("/proc/self/ns/net", os.O_RDONLY)
if where == "here":
    leak()
    ready(os.getpid())
elif where == "passed":
    leak()
    new()
    pass_on(keep[1])
    ready()
elif where == "process":
    new()
    leak()
    ready(os.getpid())
elif where in ("thread", "threads"):
    done = threading.Barrier(9 if where == "threads" else 1)

    def run():
        new()
        leak()
        if done.wait() == 0:
            ready(threading.get_native_id())
        time.sleep(1000)
    for _ in range(done.parties):
        threading.Thread(target=run, daemon=True).start()
elif where in ("descriptor", "unmounted"):
    new()
    leak()
    ignoring = socket.create_server(("127.0.0.1", port + 1))
    keep.extend([ignoring, socket.create_connection(("127.0.0.1", port + 1))])
    if where == "unmounted":
        open(sys.argv[3], "w").close()
        subprocess.run(["mount", "--bind", "/proc/self/ns/net", sys.argv[3]], check=True)
        keep.append(os.open(sys.argv[3], os.O_RDONLY))
        subprocess.run(["umount", "-l", sys.argv[3]], check=True)
    else:
        keep.append(os.open("/proc/self/ns/net", os.O_RDONLY))
    ready(os.getpid())
    libc.setns(home, CLONE_NEWNET)
elif where in ("sockets", "away", "mount"):
    new()
    leak()
    inside = subprocess.Popen(["sleep", "1000"], preexec_fn=lambda: libc.prctl(1, 9)).pid if where == "away" else 0
    if where == "mount":
        open(sys.argv[3], "w").close()
        subprocess.run(["mount", "--bind", "/proc/self/ns/net", sys.argv[3]], check=True)
    ready(inside)
    libc.setns(home, CLONE_NEWNET)
if where == "away":
    sys.stdin.read()
    os.kill(inside, 9)
else:
    sys.stdin.read()
os._exit(0)
