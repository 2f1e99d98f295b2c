"""The witness: an ftrace instance of our own (see tests/live/witness.sh.inc for why), read as the kernel keeps it.

It has every move of a TCP socket on our ports, the timers of mini-sockets and those of full sockets that expire, the resets
and retransmissions, with CLOCK_MONOTONIC in ns, the CPU, the task and whether it happened in softirq. Text is not read: it
leaves out the sockets' addresses, or those of IPv6.
"""
import atexit
import collections
import os
import re
import struct
import subprocess
import tempfile

SOFTIRQ = 0x10  # TRACE_FLAG_SOFTIRQ
STATES = dict(enumerate("ESTABLISHED SYN-SENT SYN-RECEIVED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED CLOSE-WAIT LAST-ACK LISTEN CLOSING".split(), 1))
EVENTS = ("sock/inet_sock_set_state", "timer/timer_start", "timer/timer_expire_entry", "tcp/tcp_send_reset", "tcp/tcp_receive_reset",
          "tcp/tcp_retransmit_skb")

# What happened: `kind` is the event's name, `f` its fields as numbers or bytes.
Event = collections.namedtuple("Event", "ts cpu pid softirq kind f")


def tracefs():
    """Where it is; mounted by us if need be. Mounts of other tests go when those end."""
    if "TRACEFS" in os.environ:
        return os.environ["TRACEFS"]
    with open("/proc/mounts") as file:
        found = [line.split()[1] for line in file if line.split()[2] == "tracefs" and not line.split()[1].startswith("/tmp/tcpdwell-")]
    if not found:
        found = [tempfile.mkdtemp(prefix="tcpdwell-tracing.")]
        subprocess.run(["mount", "-t", "tracefs", "tracefs", found[0]], check=True)
        os.environ["TRACEFS"] = found[0]
        atexit.register(lambda: (subprocess.run(["umount", "-l", found[0]]), os.rmdir(found[0])))
    return found[0]


def functions(*names):
    """Their addresses in the kernel."""
    with open("/proc/kallsyms") as file:
        at = {line.split()[2]: int(line.split()[0], 16) for line in file}
    return {at[name]: name for name in names if at.get(name)}


def host_tasks():
    """Threads of process 1: on top of them this host may let no BPF program run (WITNESS=strict: nothing is withheld)."""
    return set() if os.environ.get("WITNESS") == "strict" else {int(task) for task in os.listdir("/proc/1/task")}


class Witness:
    def __init__(self, ports, kb=49152):
        """PORTS: ranges, both ends inclusive."""
        self.tasks = host_tasks()
        self.timers = functions("tw_timer_handler", "tcp_write_timer", "tcp_keepalive_timer")
        self.root = root = tracefs()
        self.remove_stale(root)
        self.dir = "%s/instances/tcpdwell-%d-0" % (root, os.getpid())
        os.mkdir(self.dir)
        self.formats = {}
        ours = " || ".join("(sport >= %d && sport <= %d) || (dport >= %d && dport <= %d)" % (r * 2) for r in ports)
        timer = " || ".join("function == 0x%x" % at for at in self.timers)
        tw = next(at for at, name in self.timers.items() if name == "tw_timer_handler")
        filters = {
            # Of all sockets those moves by which a mini-socket takes over: its timer was armed right before.
            "inet_sock_set_state": "protocol == 6 && ((newstate == 7 && (oldstate == 5 || oldstate == 11)) || %s)" % ours,
            "timer_start": "function == 0x%x" % tw, "timer_expire_entry": timer,
            "tcp_receive_reset": ours, "tcp_retransmit_skb": ours}
        try:
            self.put("trace_clock", "mono")
            self.put("options/record-tgid", 1)
            self.put("buffer_size_kb", kb)
            for path in EVENTS:
                name = path.split("/")[1]
                self.formats.update([self.format_of(path, name)])
                if name in filters:
                    self.put("events/%s/filter" % path, filters[name])
                self.put("events/%s/enable" % path, 1)
        except BaseException:
            self.remove()
            raise

    @staticmethod
    def remove_stale(root):
        """Of tests that were killed."""
        for name in os.listdir(root + "/instances"):
            match = re.match(r"tcpdwell-(\d+)-", name)
            if match and not os.path.exists("/proc/" + match.group(1)):
                try:
                    os.rmdir("%s/instances/%s" % (root, name))
                except OSError:
                    pass

    def put(self, file, value):
        with open("%s/%s" % (self.dir, file), "w") as out:
            out.write(str(value))

    def format_of(self, path, name):
        with open("%s/events/%s/format" % (self.dir, path)) as file:
            text = file.read()
        fields = re.findall(r"field:[^;]*?(\w+)(?:\[\d+\])?;\s*offset:(\d+);\s*size:(\d+)", text)
        return int(re.search(r"^ID: (\d+)", text, re.M).group(1)), (name, [(f, int(o), int(s)) for f, o, s in fields if not f.startswith("common_")])

    def stop(self):
        """All events in order of time. Raises where some were lost."""
        self.put("tracing_on", 0)
        self.tasks |= host_tasks()
        if self.tasks:
            # Those too that came and went.
            with open(self.root + "/saved_tgids") as file:
                self.tasks |= {int(line.split()[0]) for line in file if line.split()[1] == "1"}
        events, lost = [], 0
        for name in os.listdir(self.dir + "/per_cpu"):
            with open("%s/per_cpu/%s/stats" % (self.dir, name)) as file:
                lost += sum(int(n) for n in re.findall(r"(?:overrun|dropped events): (\d+)", file.read()))
            fd = os.open("%s/per_cpu/%s/trace_pipe_raw" % (self.dir, name), os.O_RDONLY | os.O_NONBLOCK)
            while True:
                try:
                    page = os.read(fd, os.sysconf("SC_PAGESIZE"))
                except BlockingIOError:
                    break
                if not page:
                    break
                events += self.page(page, int(name[3:]))
            os.close(fd)
        self.remove()
        if lost:
            raise RuntimeError("the witness lost %d events" % lost)
        events.sort(key=lambda e: e.ts)
        return events

    def page(self, data, cpu):
        """Events of a page of the ring buffer: include/linux/ring_buffer.h."""
        ts, commit = struct.unpack_from("=QQ", data)
        at, end = 16, 16 + (commit & 0xfffff)
        while at < end:
            head, first = struct.unpack_from("=II", data, at) if at + 8 <= end else (*struct.unpack_from("=I", data, at), 0)
            kind, delta = head & 31, head >> 5
            at += 4
            if kind == 29:  # padding
                if not delta:
                    return
                ts += delta
                at += first
                continue
            if kind == 30:
                ts += (first << 27) + delta
                at += 4
                continue
            if kind == 31:
                ts = ((first << 27) + delta) | (ts & 0xf8 << 56)
                at += 4
                continue
            ts += delta
            if kind == 0:
                length, body = first - 4, at + 4
            else:
                length, body = kind * 4, at
            at = body + length
            number, flags, _, pid = struct.unpack_from("=HBBi", data, body)
            if number in self.formats:
                name, fields = self.formats[number]
                yield Event(ts, cpu, pid, bool(flags & SOFTIRQ), name,
                            {f: int.from_bytes(data[body + o:body + o + s], "little") if s <= 8 and f not in ("saddr", "daddr") else data[body + o:body + o + s]
                             for f, o, s in fields})

    def remove(self):
        try:
            self.put("events/enable", 0)
            os.rmdir(self.dir)
        except OSError:
            pass
