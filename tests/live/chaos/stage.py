"""The stage: namespaces, actors and tracers; plays a plan, and keeps account of who held which socket when.

A plan is what plan.py makes: {"seed", "lives": [{"id", "start", "kind", "ops": [[at, verb, actor, argument...]...]}], "events":
[[at, verb, argument...]...]}, times in ms. Each call is made by one actor at a time, in the order of the plan, so an interval
[begin, end] of CLOCK_MONOTONIC holds all that it caused at once.
"""
import fcntl
import heapq
import http.client
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import actor
from witness import Witness

NEVER = 1 << 62
now = time.monotonic_ns
BLOCK = 64
PORTS_DIR = "/tmp/tcpdwell-ports"


def last_used(port):
    try:
        return os.stat("%s/%d" % (PORTS_DIR, port)).st_mtime
    except FileNotFoundError:
        return 0


def plain(addr):
    """An address as text, IPv4-mapped as IPv4, that of nobody as None."""
    ip = ipaddress.ip_address(addr.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return None if ip.is_unspecified else str(ip)


class Hold:
    """PID has a descriptor from somewhere in `since` to somewhere in `until`."""

    def __init__(self, pid, since):
        self.pid, self.since, self.until = pid, since, (NEVER, NEVER)

    def may(self, begin, end):
        return self.since[0] <= end and begin <= self.until[1]

    def must(self, begin, end):
        return self.since[1] <= begin and end <= self.until[0]


class Sock:
    """A socket that some actor has had: where it is, and all who held it. `refs`: descriptors by process."""

    def __init__(self, sid, life, netns, kind):
        self.sid, self.life, self.netns, self.kind = sid, life, netns, kind
        self.holds, self.refs, self.calls = [], {}, []
        self.local = self.remote = self.bound = self.began = self.accepted = None
        self.parked = []  # intervals in which it was on its way between processes
        self.errors = []  # [begin, end, errno] of what the kernel said of it

    def take(self, pid, since):
        self.refs[pid] = self.refs.get(pid, 0) + 1
        if self.refs[pid] == 1:
            self.holds.append(Hold(pid, since))

    def drop(self, pid, until):
        self.refs[pid] -= 1
        if not self.refs[pid]:
            del self.refs[pid]
            next(h for h in self.holds if h.pid == pid and h.until[0] == NEVER).until = until


class Stage:
    def __init__(self, plan, work, tcpdwell, log=lambda text: None):
        self.plan, self.work, self.tcpdwell, self.log = plan, work, tcpdwell, log
        self.netns, self.inodes, self.actors, self.pids = {}, {}, {}, {}
        self.socks, self.alias, self.names, self.all = {}, {}, {}, []
        self.tracers, self.looks, self.done, self.skipped = {}, [], [], 0
        self.exporter, self.scrapes, self.top, self.screens = None, [], None, []
        with open("/proc/self/comm") as file:
            self.names[os.getpid()] = [((0, 0), file.read().strip())]
        self.changes, self.kills, self.locks, self.ports = [], [], [], {}
        self.witness = self.gone = None
        self.stopped = set()

    # ---- before and after ----

    def ranges(self, n):
        """N blocks of ports that no other test on this machine has: see our_ports() in live.sh.inc."""
        os.makedirs(PORTS_DIR, exist_ok=True)
        found = []
        for port in sorted(range(3000, 5001 - BLOCK, BLOCK), key=last_used):
            lock = open("%s/%d" % (PORTS_DIR, port), "a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            self.locks.append(lock)
            found.append((port, port + BLOCK - 1))
            if len(found) == n:
                return found
        raise RuntimeError("no ports")

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True)

    def put_sysctl(self, which, name, value):
        self.run_in(which, "sysctl", "-qw", "%s=%s" % (name, value))

    def run_in(self, which, *command, text=None):
        return subprocess.run(["ip", "netns", "exec", self.netns[which], *command], check=True, input=text, text=True)

    def set(self):
        a, b = (self.netns.setdefault(w, "tcpdwell-%d-chaos%s" % (os.getpid(), w)) for w in "AB")
        for name in (a, b):
            self.ip("netns", "add", name)
        for which, name in self.netns.items():
            self.ip("-n", name, "link", "set", "lo", "up")
            self.inodes[os.stat("/run/netns/" + name).st_ino] = which
        self.ip("-n", a, "link", "add", "v0", "type", "veth", "peer", "name", "v0", "netns", b)
        for which, name, n in (("A", a, 1), ("B", b, 2)):
            for text in ("10.77.1.%d/24" % n, "fd77::%d/64" % n, "10.77.1.1%d/24" % n):
                self.ip("-n", name, "addr", "add", text, "dev", "v0", *(["nodad"] if ":" in text else []))
            self.ip("-n", name, "link", "set", "v0", "up")
            self.put_sysctl(which, "net.ipv4.tcp_fastopen", "0x207")
            # Ports that connect() chooses: few enough to come again, and none of ours.
            self.put_sysctl(which, "net.ipv4.ip_local_port_range", "20000 24999")
        ports = self.ranges(4)
        self.ports = {"A": ports[:2], "B": ports[2:]}
        for name, which in self.plan["actors"]:
            pid, channel = actor.start(name, self.netns[which])
            self.enlist(name, which, pid, channel, (now(), now()))
        self.witness = Witness(ports)

    def enlist(self, name, which, pid, channel, since):
        self.actors[name] = (channel, which, pid)
        self.pids[pid] = name
        self.names[pid] = [(since, name)]

    def port(self, which, index):
        """The index-th of ours in that namespace."""
        first, second = self.ports[which]
        return first[0] + index if index < BLOCK else second[0] + index - BLOCK

    def strike(self):
        for lock in self.locks:
            os.utime(lock.fileno())
        for process in [t["process"] for t in [*self.tracers.values(), *filter(None, [self.exporter])]] + [l["process"] for l in self.looks]:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.top:
            self.tmux("kill-server")
        for channel, _, _ in self.actors.values():
            channel.close()
        # Those that we started end when their channel does.
        for pid in [pid for pid in self.pids]:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                pass
        if self.witness:
            self.witness.remove()
        if not self.gone:
            for name in self.netns.values():
                subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)

    # ---- calls ----

    def ask(self, name, *message, fds=()):
        """[begin, end, result, errno], and a descriptor if there came one."""
        channel = self.actors[name][0]
        data = json.dumps(message).encode()
        if fds:
            socket.send_fds(channel, [data], list(fds))
        else:
            channel.send(data)
        data, got, _, _ = socket.recv_fds(channel, 1 << 16, 1)
        if not data:
            raise RuntimeError("%s is gone" % name)
        return json.loads(data), got

    def sock(self, sid):
        return self.socks.get(self.alias.get(sid, sid))

    def act(self, life, verb, who, *args):
        """One call of a plan. What cannot be done any more is left out."""
        if who not in self.actors:
            self.skipped += 1
            return
        try:
            begin, end, result, number = getattr(self, "act_" + verb, self.act_plain)(life, verb, who, *args)
        except KeyError:
            self.skipped += 1
            return
        self.done.append((begin, end, life, verb, who, args, result, number))

    def held(self, sid, who):
        """The socket, if that actor has it; else KeyError."""
        sock = self.socks[self.alias.get(sid, sid)]
        if self.actors[who][2] not in sock.refs:
            raise KeyError(sid)
        return sock

    def act_plain(self, life, verb, who, sid, *args):
        sock = self.held(sid, who)
        told, _ = self.ask(who, verb, sock.sid, *args)
        sock.calls.append((told[0], told[1], verb, args, told[2], told[3]))
        if told[3] and verb in ("send", "recv", "shutdown"):
            sock.errors.append((told[0], told[1], told[3]))
        if verb == "error" and told[2]:
            sock.errors.append((told[0], told[1], told[2]))
        return told

    def act_socket(self, life, verb, who, sid, *args):
        _, which, pid = self.actors[who]
        told, _ = self.ask(who, verb, sid, *args)
        if not told[3]:
            self.socks[sid] = sock = Sock(sid, life, which, "socket")
            self.all.append(sock)
            sock.take(pid, told[:2])
        return told

    def act_bind(self, life, verb, who, sid, addr, index=None):
        sock = self.held(sid, who)
        told, _ = self.ask(who, verb, sid, [addr, self.port(sock.netns, index) if index is not None else 0])
        if not told[3]:
            sock.bound = told[2]
        return told

    def act_bind_same(self, life, verb, who, sid, other):
        """To the address and port that another one has or had."""
        sock, former = self.held(sid, who), self.sock(other)
        if not former or not former.local:
            raise KeyError(other)
        return self.ask(who, "bind", sock.sid, former.raw_local)[0]

    def act_listen(self, life, verb, who, sid, backlog):
        sock = self.held(sid, who)
        if not sock.bound:
            raise KeyError(sid)  # somebody has that port
        told = self.act_plain(life, verb, who, sid, backlog)
        if not told[3]:
            sock.kind, sock.began, sock.local = "listener", told[:2], (plain(sock.bound[0]), sock.bound[1])
        return told

    def begun(self, sock, who, told, addr):
        number, local = told[2]
        sock.kind = "client"
        sock.connects = getattr(sock, "connects", []) + [told[:2]]
        sock.began, sock.pid = told[:2], self.actors[who][2]
        sock.local, sock.raw_local = (plain(local[0]), local[1]), local
        sock.remote = (plain(addr[0]), addr[1])
        if number not in (0, 115):
            sock.errors.append((told[0], told[1], number))
        return told

    def act_connect(self, life, verb, who, sid, addr, which, index):
        sock = self.held(sid, who)
        to = [addr, self.port(which, index)]
        return self.begun(sock, who, self.ask(who, "connect", sock.sid, to)[0], to)

    def act_fastopen(self, life, verb, who, sid, addr, which, index, size):
        sock = self.held(sid, who)
        to = [addr, self.port(which, index)]
        return self.begun(sock, who, self.ask(who, "fastopen", sock.sid, to, size)[0], to)

    def act_accept(self, life, verb, who, listener, sid, client):
        """Until the connection of `client` is accepted: others that come before are those of their lives."""
        door = self.held(listener, who)
        for _ in range(64):
            if sid in self.alias:
                break
            name = "a%d" % len(self.all)
            told, _ = self.ask(who, "accept", door.sid, name)
            if told[3]:
                return told
            sock = self.socks[name] = Sock(name, life, door.netns, "child")
            self.all.append(sock)
            peer, local = told[2]
            sock.local, sock.raw_local, sock.remote = (plain(local[0]), local[1]), local, (plain(peer[0]), peer[1])
            sock.began = sock.accepted = told[:2]
            sock.listener = door
            sock.take(self.actors[who][2], told[:2])
            other = next((s for s in reversed(self.all) if s.kind == "client" and s.local == sock.remote and s.remote == sock.local), None)
            if other:
                sock.life = other.life
                self.alias["%s.s" % other.life] = name
        else:
            raise KeyError(sid)
        return now(), now(), None, 0

    def act_close(self, life, verb, who, sid):
        sock = self.held(sid, who)
        told = self.act_plain(life, verb, who, sid)
        sock.drop(self.actors[who][2], told[:2])
        return told

    def act_close_in_thread(self, life, verb, who, sid, name):
        sock = self.held(sid, who)
        told = self.act_plain(life, verb, who, sid, name)
        sock.drop(self.actors[who][2], told[:2])
        return told

    def act_dup(self, life, verb, who, sid, copy):
        sock = self.held(sid, who)
        told, _ = self.ask(who, "dup", sock.sid, copy)
        self.socks[copy] = Double(sock, copy)
        sock.take(self.actors[who][2], told[:2])
        return told

    def act_pass(self, life, verb, who, sid, to):
        """A copy, through us: we hold it for a moment too."""
        sock = self.held(sid, who)
        if to not in self.actors or self.actors[to][2] in sock.refs:
            raise KeyError(to)
        told, got = self.ask(who, "give", sock.sid)
        sock.take(os.getpid(), told[:2])
        self.ask_taken, _ = self.ask(to, "take", sock.sid, fds=got)
        sock.take(self.actors[to][2], self.ask_taken[:2])
        begin = now()
        os.close(got[0])
        sock.drop(os.getpid(), (begin, now()))
        return told

    def act_park(self, life, verb, who, sid):
        sock = self.held(sid, who)
        if isinstance(sock, Double) or len(sock.refs) > 1 or sock.refs[self.actors[who][2]] > 1:
            raise KeyError(sid)
        told = self.act_plain(life, verb, who, sid)
        sock.drop(self.actors[who][2], told[:2])
        sock.parked.append([told[0], NEVER])
        return told

    def act_unpark(self, life, verb, who, sid):
        sock = self.socks[self.alias.get(sid, sid)]
        if not sock.parked or sock.parked[-1][1] != NEVER:
            raise KeyError(sid)
        told, _ = self.ask(who, "unpark", sock.sid)
        sock.take(self.actors[who][2], told[:2])
        sock.parked[-1][1] = told[1]
        return told

    def act_fork(self, life, verb, who, name, keep, command=None):
        """A child that holds some sockets of its parent, after a moment in which it holds all."""
        _, which, parent = self.actors[who]
        keep = [self.alias.get(sid, sid) for sid in keep]
        keep = [sid for sid in keep if sid in self.socks and parent in self.socks[sid].refs]
        fds, ours = (), None
        if not command:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            fds = [theirs.fileno()]
        told, _ = self.ask(who, "fork", name, keep, command, fds=fds)
        if told[3]:
            raise RuntimeError("fork: %d" % told[3])
        pid = told[2]
        if command:
            self.wait_comm(pid, os.path.basename(command[0]))
        else:
            theirs.close()
            ours.recv(1 << 16)
        end = now()
        self.enlist(name, which, pid, ours, (told[0], end))
        self.names[pid].append(((told[0], end), who))
        if command:
            self.names[pid].append(((told[0], end), os.path.basename(command[0])))
        for sid, sock in self.socks.items():
            if isinstance(sock, Double) or parent not in sock.refs:
                continue
            sock.take(pid, (told[0], end))
            if sid not in keep:
                sock.drop(pid, (told[0], end))
        self.kin = getattr(self, "kin", {})
        self.kin[name] = who
        return told

    @staticmethod
    def wait_comm(pid, comm):
        """Until exec() is done."""
        for _ in range(5000):
            with open("/proc/%d/comm" % pid) as file:
                if file.read().strip() == comm:
                    return
            time.sleep(0.001)
        raise RuntimeError("no exec")

    def act_reap(self, life, verb, who):
        """Killed by its parent: all that it held is closed."""
        channel, _, pid = self.actors[who]
        told, _ = self.ask(self.kin[who], "reap", pid)
        if channel:
            channel.close()
        del self.actors[who]
        for sock in self.all:
            while pid in sock.refs:
                sock.drop(pid, told[:2])
        return told

    def act_end(self, life, verb, who):
        """Whoever still has a socket of this life closes it."""
        for sock in [s for s in self.all if s.life == life]:
            for pid in list(sock.refs):
                name = self.pids.get(pid)
                if name in self.actors and self.actors[name][0]:
                    for _ in range(sock.refs[pid] - 1):
                        copy = next((c for c, d in self.socks.items() if isinstance(d, Double) and d.of is sock and not d.closed), None)
                        if copy:
                            self.act(life, "close", name, copy)
                    self.act(life, "close", name, sock.sid)
        for name in [n for n, p in getattr(self, "kin", {}).items() if n in self.actors and n.startswith("%s." % life)]:
            self.act(life, "reap", name)
        return now(), now(), None, 0

    def act_rename(self, life, verb, who, name):
        told, _ = self.ask(who, "rename", name)
        self.names[self.actors[who][2]].append((told[:2], name))
        return told

    def act_kill(self, life, verb, who, sid):
        """As `ss -K` does."""
        sock = self.socks[self.alias.get(sid, sid)]
        if not sock.local or not sock.local[0] or not sock.remote:
            raise KeyError(sid)
        begin = now()
        ends = ["[%s]:%d" % e if ":" in e[0] else "%s:%d" % e for e in (sock.local, sock.remote)]
        subprocess.run(["ip", "netns", "exec", self.netns[sock.netns], "ss", "-KtnaH", "src", ends[0], "dst", ends[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = now()
        self.kills.append((begin, end, sock))
        return begin, end, None, 0

    # ---- what happens to all ----

    def event(self, verb, *args):
        begin = now()
        getattr(self, "event_" + verb)(*args)
        self.changes.append((begin, now(), verb, args))

    def event_sysctl(self, which, name, value):
        self.put_sysctl(which, name, value)

    def event_filter(self, which, rules):
        """nft rules of the input of one namespace, or none."""
        text = "table inet chaos\ndelete table inet chaos\n"
        if rules:
            text += "table inet chaos {\nchain in {\ntype filter hook input priority 0\n%s\n}\n}\n" % rules.replace("PORT", "{%s}" % ",".join("%d-%d" % r for r in self.ports[which]))
        self.run_in(which, "nft", "-f", "-", text=text)

    def event_address(self, which, add, text):
        self.ip("-n", self.netns[which], "addr", "add" if add else "del", text, "dev", "v0", *(["nodad"] if ":" in text and add else []))

    def event_trace(self, name, *options):
        path = "%s/%s" % (self.work, name)
        command = [self.tcpdwell, *options, "-f", "json", "--ready-file", path + ".ready", *self.scope()]
        if options[0] == "trace":
            command += ["-w", path + ".rec"]
        begin = now()
        with open(path + ".json", "w") as out, open(path + ".err", "w") as err:
            process = subprocess.Popen(command, stdout=out, stderr=err)
        self.tracers[name] = {"process": process, "options": options, "begin": begin, "path": path, "ready": None, "stops": []}

    def watchers(self):
        return [*self.tracers.values(), *filter(None, [self.exporter, self.top])]

    @staticmethod
    def wait_ready(tracer, seconds=20):
        for _ in range(seconds * 500):
            if os.path.exists(tracer["path"] + ".ready") and os.path.getsize(tracer["path"] + ".ready"):
                break
            if tracer["process"] and tracer["process"].poll() is not None:
                break
            time.sleep(0.002)
        else:
            raise RuntimeError("%s was not ready" % os.path.basename(tracer["path"]))
        tracer["ready"] = now()

    def poll(self):
        for tracer in self.watchers():
            if not tracer["ready"] and os.path.exists(tracer["path"] + ".ready") and os.path.getsize(tracer["path"] + ".ready"):
                tracer["ready"] = now()
        for look in self.looks:
            if look["end"] is None and look["process"].poll() is not None:
                look["end"] = now()
                self.try_next(look)

    def event_halt(self, name):
        process = self.tracers[name]["process"]
        process.send_signal(signal.SIGSTOP)
        self.stopped.add(name)

    def event_go(self, name):
        self.tracers[name]["process"].send_signal(signal.SIGCONT)
        self.stopped.discard(name)

    def event_serve(self):
        path = self.work + "/serve"
        begin, wall = now(), time.time_ns()
        with open(path + ".err", "w") as err:
            process = subprocess.Popen([self.tcpdwell, "serve", "127.0.0.1:0", "--buffer", "32M", "--ready-file", path + ".ready", *self.scope()], stdout=subprocess.DEVNULL, stderr=err)
        self.exporter = {"process": process, "begin": begin, "wall": wall, "path": path, "ready": None}

    def event_scrape(self):
        """Asked beside the play."""
        scrape, number = {"begin": now(), "end": None}, len(self.scrapes)

        def ask():
            try:
                with open(self.exporter["path"] + ".err") as file:
                    port = int((re.search(r"127\.0\.0\.1:(\d+)", file.read()) or [0, 0])[1])
                client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                client.request("GET", "/metrics")
                scrape["text"] = client.getresponse().read().decode()
                client.close()
                with open("%s.%d" % (self.exporter["path"], number), "w") as out:
                    out.write(scrape["text"])
            except OSError as error:
                scrape["error"] = str(error)
            scrape["end"] = now()

        scrape["thread"] = threading.Thread(target=ask)
        self.scrapes.append(scrape)
        scrape["thread"].start()

    def tmux(self, *command):
        return subprocess.run(["tmux", "-L", "tcpdwell-chaos-%d" % os.getpid(), "-f", "/dev/null", *command], env=dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm", TZ="UTC"),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def event_top(self):
        """In a terminal that nobody sees, and that ends when nobody strikes the stage."""
        if not shutil.which("tmux"):
            return
        path = self.work + "/top"
        self.top = {"process": None, "begin": now(), "path": path, "ready": None}
        self.tmux("new-session", "-d", "-x", "120", "-y", "40", "exec timeout --foreground 900 %s top -i 1s --buffer 32M --ready-file %s.ready %s 2>%s.err" % (os.path.abspath(self.tcpdwell), path, " ".join(self.scope()), path))

    def event_screen(self):
        if self.top:
            text = self.tmux("capture-pane", "-p")
            with open("%s.%d" % (self.top["path"], len(self.screens)), "w") as out:
                out.write(text)
            self.screens.append({"end": now(), "text": text, "wall": time.time_ns() - now()})

    def event_look(self, *options):
        path = "%s/look%d" % (self.work, len(self.looks))
        begin = now()
        with open(path + ".json", "w") as out, open(path + ".err", "w") as err:
            process = subprocess.Popen([self.tcpdwell, "stuck", "-f", "json", *options, *self.scope()], stdout=out, stderr=err)
        self.looks.append({"process": process, "begin": begin, "end": None, "path": path, "options": options})

    def try_next(self, look):
        """Runs one of its next commands, to see whether it runs at all."""
        with open(look["path"] + ".json") as file:
            lines = [json.loads(line) for line in file if '"event":"finding"' in line]
        # strace may not be installed, and would hold up an actor.
        commands = sorted({line["next"] for line in lines if line["next"] and "strace" not in line["next"]})
        if commands:
            command = commands[len(self.looks) % len(commands)]
            with open(look["path"] + ".next", "w") as out:
                look["next"] = command, subprocess.Popen(["timeout", "-s", "INT", "0.5", "sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)

    def scope(self):
        return [text for name in self.netns.values() for text in ("--netns", name)]

    def disturbed(self, begin, end, verb=None, word=""):
        """Was there a packet filter (whose rule has WORD), or was an address away, at some time between?"""
        since = {}
        for b, e, what, args in self.changes:
            if what not in ("filter", "address") or verb not in (None, what):
                continue
            on = args[1] and word in args[1] if what == "filter" else not args[1]
            if on:
                since[what, args[0]] = b
            elif (what, args[0]) in since and since.pop((what, args[0])) <= end and begin <= e:
                return True
        return any(b <= end for b in since.values())

    # ---- the play ----

    def play(self):
        heap = []
        for life in self.plan["lives"]:
            for number, op in enumerate(life["ops"]):
                heap.append((life["start"] + op[0], life["id"], number, op))
        for number, event in enumerate(self.plan["events"]):
            heap.append((event[0], "", number, event))
        heapq.heapify(heap)
        first = 0
        while heap:
            at, life, _, op = heap[0]
            if not first and at >= 0:
                # What comes before has no time of its own.
                for tracer in self.watchers():
                    self.wait_ready(tracer)
                self.began = first = now()
            left = at * 1000000 - (now() - first) if first else 0
            if left > 0:
                self.poll()
                time.sleep(min(left / 1e9, 0.005))
                continue
            heapq.heappop(heap)
            if life:
                self.act(life, *op[1:])
            else:
                self.event(*op[1:])
        for name in list(self.stopped):
            self.event_go(name)
        self.played = now()

    def finish(self):
        """The end of the run: what is silent is told within a second; then everything stops, the witness last."""
        self.wait(1.5)
        self.event_look("-s", "all")
        self.ask_all()
        self.wait_looks()
        if self.plan["ending"] == "netns":
            self.end_of_actors = now()
            for channel, _, _ in self.actors.values():
                if channel:
                    channel.close()
            for pid in self.pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                except OSError:
                    pass
            self.ended_actors = now()
            self.wait(0.3)
            begin = now()
            for name in self.netns.values():
                subprocess.run(["ip", "netns", "del", name], check=True)
            self.gone = (begin, now())
            self.wait(2)
            self.ask_all()
        traced = [t for t in self.watchers() if t["process"]]
        for tracer in traced:
            tracer["stop"] = now()
            tracer["process"].send_signal(signal.SIGTERM)
        for tracer in traced:
            tracer["status"] = tracer["process"].wait()
            tracer["end"] = now()
        self.events = self.witness.stop()
        self.tasks, self.timers = self.witness.tasks, self.witness.timers
        self.witness = None

    def ask_all(self):
        if self.exporter:
            self.event_scrape()
            self.event_screen()
        for scrape in self.scrapes:
            scrape["thread"].join()

    def wait(self, seconds):
        end = now() + int(seconds * 1e9)
        while now() < end:
            self.poll()
            time.sleep(0.01)

    def wait_looks(self):
        for look in self.looks:
            look["status"] = look["process"].wait(120)
            look["end"] = look["end"] or now()
            if "next" in look:
                look["next"] = look["next"][0], look["next"][1].wait(20)


class Double:
    """A second descriptor in one process: what is said of it is said of the socket."""

    def __init__(self, of, sid):
        self.__dict__.update(of=of, sid=sid, closed=False)

    def __getattr__(self, name):
        return getattr(self.of, name)

    def __setattr__(self, name, value):
        if name == "closed":
            self.__dict__[name] = value
        else:
            setattr(self.of, name, value)

    def drop(self, pid, until):
        self.__dict__["closed"] = True
        self.of.drop(pid, until)
