"""An actor: a process that does what it is told over a socket, one call at a time, and says when each began and ended.

A message is a JSON array [verb, argument...], perhaps with a descriptor; the answer [begin, end, result, errno], in ns of
CLOCK_MONOTONIC around the system call alone. Sockets have the numbers that the stage gave them.
"""
import ctypes
import errno
import json
import os
import signal
import socket
import struct
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
SO_COOKIE, SO_ATTACH_FILTER, SO_DETACH_FILTER = 57, 26, 27
MSG_FASTOPEN = 0x20000000
now = time.monotonic_ns


def own_death():
    """With whoever started us."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def called(name):
    LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


def enter(netns):
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def connected(sock, addr):
    """connect(), without Python's own ideas of errors: 0 or an errno."""
    return sock.connect_ex(addr)


class Actor:
    def __init__(self, channel):
        self.channel = channel
        self.socks = {}
        self.parked = {}

    def run(self):
        while True:
            data, fds, _, _ = socket.recv_fds(self.channel, 1 << 16, 4)
            if not data:
                os._exit(0)
            verb, *args = json.loads(data)
            begin, result, number, out = now(), None, 0, []
            try:
                begin, end, result = getattr(self, "do_" + verb)(fds, out, *args)
            except OSError as error:
                end, number = now(), error.errno or errno.EIO
            answer = json.dumps([begin, end, result, number]).encode()
            if out:
                socket.send_fds(self.channel, [answer], out)
            else:
                self.channel.send(answer)

    @staticmethod
    def timed(call, *args):
        begin = now()
        result = call(*args)
        return begin, now(), result

    def do_socket(self, fds, out, sid, family, protocol, options):
        begin = now()
        sock = socket.socket(family, socket.SOCK_STREAM, protocol)
        sock.setblocking(False)
        for level, name, value in options:
            sock.setsockopt(level, name, bytes.fromhex(value) if isinstance(value, str) else value)
        self.socks[sid] = sock
        return begin, now(), None

    def do_bind(self, fds, out, sid, addr):
        begin, end, _ = self.timed(self.socks[sid].bind, tuple(addr))
        return begin, end, self.socks[sid].getsockname()

    def do_listen(self, fds, out, sid, backlog):
        return self.timed(self.socks[sid].listen, backlog)

    def do_connect(self, fds, out, sid, addr):
        begin, end, number = self.timed(connected, self.socks[sid], tuple(addr))
        return begin, end, [number, self.socks[sid].getsockname()]

    def do_fastopen(self, fds, out, sid, addr, size):
        begin = now()
        try:
            self.socks[sid].sendto(b"f" * size, MSG_FASTOPEN, tuple(addr))
            number = 0
        except OSError as error:
            number = error.errno
        end = now()
        return begin, end, [number, self.socks[sid].getsockname()]

    def do_unconnect(self, fds, out, sid):
        """connect() to AF_UNSPEC."""
        begin = now()
        if LIBC.connect(self.socks[sid].fileno(), b"\0" * 16, 16):
            raise OSError(ctypes.get_errno(), "connect")
        return begin, now(), None

    def do_accept(self, fds, out, listener, sid):
        begin, end, (sock, peer) = self.timed(self.socks[listener].accept)
        sock.setblocking(False)
        self.socks[sid] = sock
        return begin, end, [peer, sock.getsockname()]

    def do_send(self, fds, out, sid, size):
        return self.timed(self.socks[sid].send, b"x" * size)

    def do_recv(self, fds, out, sid, size):
        begin, end, data = self.timed(self.socks[sid].recv, size)
        return begin, end, len(data)

    def do_shutdown(self, fds, out, sid, how):
        return self.timed(self.socks[sid].shutdown, how)

    def do_option(self, fds, out, sid, level, name, value):
        return self.timed(self.socks[sid].setsockopt, level, name, bytes.fromhex(value) if isinstance(value, str) else value)

    def do_deaf(self, fds, out, sid, on):
        """Whatever arrives for it is dropped, as on a line that is cut."""
        if not on:
            return self.timed(self.socks[sid].setsockopt, socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        return self.timed(self.socks[sid].setsockopt, socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))

    def do_cookie(self, fds, out, sid):
        begin, end, data = self.timed(self.socks[sid].getsockopt, socket.SOL_SOCKET, SO_COOKIE, 8)
        return begin, end, str(struct.unpack("Q", data)[0])

    def do_error(self, fds, out, sid):
        return self.timed(self.socks[sid].getsockopt, socket.SOL_SOCKET, socket.SO_ERROR)

    def do_close(self, fds, out, sid):
        return self.timed(self.socks.pop(sid).close)

    def do_closeall(self, fds, out, keep):
        """All but these, of which no other call needs to know the time: somebody else still holds them."""
        begin = now()
        for sid in [sid for sid in self.socks if sid not in keep]:
            self.socks.pop(sid).close()
        return begin, now(), None

    def do_close_in_thread(self, fds, out, sid, name):
        """By a thread of another name."""
        told = []

        def work():
            called(name)
            told.extend(self.timed(self.socks.pop(sid).close))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return told

    def do_dup(self, fds, out, sid, copy):
        begin, end, self.socks[copy] = self.timed(self.socks[sid].dup)
        return begin, end, None

    def do_rename(self, fds, out, name):
        return self.timed(called, name)

    def do_give(self, fds, out, sid):
        """A copy travels with the answer."""
        out.append(self.socks[sid].fileno())
        return now(), now(), None

    def do_take(self, fds, out, sid):
        begin = now()
        self.socks[sid] = socket.socket(fileno=fds[0])
        return begin, now(), None

    def do_park(self, fds, out, sid):
        """Into a UNIX socket that nobody reads yet."""
        left, right = socket.socketpair()
        begin = now()
        socket.send_fds(left, [b"x"], [self.socks[sid].fileno()])
        self.socks.pop(sid).close()
        end = now()
        self.parked[sid] = left, right
        return begin, end, None

    def do_unpark(self, fds, out, sid):
        left, right = self.parked.pop(sid)
        begin, end, (_, got, _, _) = self.timed(socket.recv_fds, right, 1, 1)
        self.socks[sid] = socket.socket(fileno=got[0])
        return begin, end, None

    def do_fork(self, fds, out, name, keep, command):
        """A child with that channel, and of the sockets with those to keep; or one that becomes `command`."""
        begin = now()
        pid = os.fork()
        if pid == 0:
            try:
                own_death()
                called(name)
                self.channel.close()
                if command:
                    for sid, sock in self.socks.items():
                        sock.set_inheritable(sid in keep)
                    os.execvp(command[0], command)
                for sid in [sid for sid in self.socks if sid not in keep]:
                    self.socks.pop(sid).close()
                self.channel = socket.socket(fileno=fds[0])
                self.channel.send(json.dumps([now(), now(), os.getpid(), 0]).encode())
                self.run()
            finally:
                os._exit(1)
        for fd in fds:
            os.close(fd)
        return begin, now(), pid

    def do_reap(self, fds, out, pid):
        begin = now()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return begin, now(), None


def start(name, netns):
    """A process of this name in that namespace: its pid and its channel."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        own_death()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ours.close()
        called(name)
        enter(netns)
        Actor(theirs).run()
    finally:
        os._exit(1)
