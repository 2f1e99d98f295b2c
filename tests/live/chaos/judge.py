"""The judge: every statement of an output against the truth. It shares no code with the tool.

A statement is judged as `right` or `false`; what says that it does not know is counted apart. False statements are kept
with the life that they are about, so that a plan can be shrunk to it.
"""
import bisect
import collections
import json

from plan import FIN_TIMEOUTS
from stage import NEVER, plain
from truth import MS, has_no_port, timer_ended

# The tool's clock and the witness's are one, read by two programs on one tracepoint: between them there may be an
# interrupt, or whatever else the host runs meanwhile. tests/live/traffic.h has the same number.
TOL = 5 * MS
STALL, STALLS = 200 * MS, 3  # how long the host of this machine may keep a CPU from it, and how often in a play
NEIGHBOUR = 3000 * MS  # what waits for the address of a neighbour goes out after so long at the latest
JIFFY = 4 * MS  # replaced by what the tool's first line says
CLOSING = {"FIN-WAIT-2", "TIME-WAIT", "CLOSING"}


class Verdict:
    def __init__(self):
        self.judged, self.false, self.shares = 0, [], collections.defaultdict(collections.Counter)
        self.short = collections.defaultdict(list)  # by how much bounds are below the truth, in ns
        self.told = collections.Counter()

    def say(self, is_right, what, who, text):
        """One statement. WHO: the life of the plan, or None."""
        self.judged += 1
        self.told[what] += 1
        if not is_right:
            self.false.append((what, who, text() if callable(text) else text))
        return is_right

    def share(self, what, known):
        self.shares[what][known] += 1

    def add(self, other):
        self.judged += other.judged
        self.false += other.false
        self.told += other.told
        for what, counts in other.shares.items():
            self.shares[what] += counts
        for what, values in other.short.items():
            self.short[what] += values


def who(life):
    sock = life.sock or (life.peer and life.peer.sock)
    return sock.life if sock else None


def brief(o):
    keys = ("ts_ns", "state", "from", "to", "laddr", "lport", "raddr", "rport", "pid", "comm", "pid_known", "owner", "age_ns", "age_known", "age_from", "dwell_ns", "dwell_known", "cause", "rule", "kind")
    return " ".join("%s=%s" % (k, o[k]) for k in keys if o.get(k) is not None)


def story(life):
    """What happened, in words."""
    t0 = life.begin()
    moves = " ".join("%s@%.3fms[%s%d]" % (m.to, (m.ts - t0) / 1e6, "s" if m.softirq else "", m.pid) for m in life.moves)
    mini = ""
    if life.mini:
        at = lambda t: "?" if t is None or t == NEVER else "%.3fms" % ((t - t0) / 1e6)
        mini = " mini born@%s fin@%s..%s expired@%s until@%s" % (at(life.mini.born), at(life.fin and life.fin[0]), at(life.fin and life.fin[1]), at(life.mini.expired), at(life.mini.until))
    return "truth: life %s %s:%s>%s:%s t0=%d %s %s%s%s" % (
        who(life), *life.tuple, t0, life.first, moves, mini, " withheld" if life.withheld else "")


def load(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def end_key(o):
    return plain(o["laddr"]), o["lport"] or 0, plain(o["raddr"]), o["rport"] or 0


class Judge:
    def __init__(self, stage, lives, by_tuple, loose):
        self.stage, self.lives, self.by_tuple, self.loose = stage, lives, by_tuple, loose
        self.moves, self.stalls = collections.defaultdict(list), []
        for life in lives:
            for i, m in enumerate(life.moves):
                if not (life.mini and m.to == "CLOSED"):
                    self.moves[self.move_key(m.frm, m.to, *life.tuple)].append((m.ts, life, i))
        for found in self.moves.values():
            found.sort(key=lambda f: f[0])
        for life in lives:
            # What a filter dropped is sent again, and may meet something else by then.
            if life.mini and life.fin and stage.disturbed(life.begin(), min(life.fin[1], life.end()[1])):
                life.fin, life.fin_is_sure = (life.fin[0], NEVER), False
        self.resets = collections.defaultdict(list)
        for ts, src, dst in loose:
            self.resets[(src, dst)].append(ts)

    @staticmethod
    def move_key(frm, to, laddr, lport, raddr, rport):
        # A socket that is about to connect has its port, or that of its former life, or none yet.
        if to == "SYN-SENT":
            laddr, lport = None, 0
        return frm, to, laddr, lport, raddr, rport

    def was_reset(self, src, dst, begin, end):
        """Did SRC send DST a RST? A stray segment may be answered by who listens there, whose addresses are then told."""
        told = self.resets[(src, dst)] + self.resets[((None, src[1]), (None, 0))] + self.resets[((src[0], src[1]), (None, 0))]
        return any(begin <= t <= end for t in told)

    # ---- trace ----

    def trace(self, name, verdict):
        tracer = self.stage.tracers[name]
        lines = load(tracer["path"] + ".json")
        self.lossy = name == "lossy"
        ended, seen, minis = set(), set(), collections.defaultdict(list)
        summary = lines[-1] if lines and lines[-1]["event"] == "summary" else None
        if not verdict.say(summary is not None, "whole", None, "%s: no summary" % name):
            return
        self.where = name
        for o in lines:
            if o["event"] != "transition":
                continue
            o["ts"] = int(o["ts_ns"])
            life, i = self.find(o, seen)
            if i is None and o["to"] == "CLOSED" and o["cause"] == "unknown" and o["dwell_known"] != "exact":
                self.unseen(name, o, ended, verdict)
                continue
            if life is None:
                verdict.say(False, "move", None, lambda: "%s: told, and did not happen: %s\n        %s" % (name, brief(o), self.near(o)))
                continue
            verdict.say(True, "move", None, "")
            if i is None:
                minis[life].append(o)
            self.line(o, life, i, verdict)
        self.complete(name, tracer, seen, minis, summary, lines, verdict)
        self.histograms(name, tracer, lines, summary, verdict)

    def unseen(self, name, o, ended, verdict):
        """An end that no event told: a look did not meet it any more."""
        if o["lport"]:
            found = self.by_tuple.get(end_key(o), [])
        else:
            found = [l for l in self.lives if l.tuple[2:] == end_key(o)[2:]]
        found = [l for l in found if self.has_ended(l, o["ts"]) and any(s[0] == o["from"] for s in l.states()) and id(l) not in ended]
        verdict.share("end", "unseen")
        if verdict.say(bool(found), "unseen", None, lambda: "%s: told as ended, and was not: %s\n        %s" % (name, brief(o), self.near(o))) and o["lport"]:
            ended.add(id(found[0]))  # without a port of its own it may be any of several

    def has_ended(self, life, ts):
        """Surely, or there was a RST, which may have ended a mini-socket."""
        if life.end()[1] <= ts + TOL:
            return True
        one, other = life.tuple[:2], life.tuple[2:]
        return bool(life.mini) and (self.was_killed(life, ts) or any(self.was_reset(*ends, life.mini.born, ts) for ends in ((one, other), (other, one)))
                                    or bool(self.stage.gone and ts >= self.stage.gone[0]))

    def near(self, o):
        found = self.by_tuple.get(end_key(o), [])
        found = sorted(found, key=lambda l: abs(l.begin() - o["ts"]))[:3]
        return "\n        ".join(map(story, found)) or "no such connection"

    def find(self, o, seen):
        """The life, and which of its moves; None for a move of its mini-socket."""
        key = self.move_key(o["from"], o["to"], *end_key(o))
        found = self.moves.get(key, [])
        at = bisect.bisect_left(found, o["ts"], key=lambda f: f[0])
        best = [f for f in found[max(0, at - 2):at + 2] if abs(f[0] - o["ts"]) <= TOL and (id(f[1]), f[2]) not in seen]
        if best:
            ts, life, i = min(best, key=lambda f: abs(f[0] - o["ts"]))
            seen.add((id(life), i))
            return life, i
        late = [f for f in found[max(0, at - 1):at] if o["ts"] - f[0] <= STALL and (id(f[1]), f[2]) not in seen]
        if late and self.stall(late[0], o["ts"]):
            seen.add((id(late[0][1]), late[0][2]))
            return late[0][1:]
        if o["from"] in CLOSING:
            slack = TOL + JIFFY
            outside = lambda l: max(0, l.mini.born - o["ts"], o["ts"] - l.end()[1])
            alive = [l for l in self.by_tuple.get(end_key(o), []) if l.mini and outside(l) <= slack]
            if alive:
                return min(alive, key=lambda l: (outside(l), -l.mini.born)), None
        return None, None

    def stall(self, found, ts):
        """The machine stood still between the witness and the programs, which the tracepoint calls one after the other: seldom, or it is no stall."""
        _, life, i = found
        self.stalls.append(ts)
        if len(self.stalls) > STALLS:
            return False
        life.moves[i] = life.moves[i]._replace(ts=ts)
        found_at = self.moves[self.move_key(life.moves[i].frm, life.moves[i].to, *life.tuple)]
        found_at[found_at.index(found)] = (ts, life, i)
        found_at.sort(key=lambda f: f[0])
        return True

    def line(self, o, life, i, verdict):
        say = lambda right, what, text: verdict.say(right, what, who(life), lambda: "%s: %s: %s\n        %s" % (self.where, text, brief(o), story(life)))
        states = life.states()
        if i is None:
            begin, end = self.mini_move(o, life, states, say)
        else:
            end = (life.moves[i].ts,) * 2
            begin = (life.moves[i - 1].ts,) * 2 if i else None
            if o["from"] == "SYN-RECEIVED" and begin and life.first == "LISTEN" and life.peer:
                # The SYN came no earlier than it was sent.
                begin = life.peer.begin(), begin[1]
        slack = TOL if i is not None else TOL + JIFFY  # times of a mini-socket's moves may come from its timer: DURATIONS
        if begin:
            self.dwell(o, begin, end, slack, say, verdict, life)
        else:
            say(o["dwell_ns"] is None, "dwell", "a dwell where there is none")
        if o["to"] == "CLOSED":
            self.cause(o, life, i, say, verdict)
        else:
            say(o["cause"] is None, "cause", "a cause, and it has not ended")
        self.owner(o, life, begin, say, verdict)
        netns = self.netns_of(life)
        if netns:
            say(self.stage.inodes.get(o["netns"]) == netns, "netns", "not in its namespace %s" % netns)

    def netns_of(self, life):
        if life.sock:
            return life.sock.netns
        for which, ranges in self.stage.ports.items():
            if any(low <= life.tuple[1] <= high for low, high in ranges):
                return which

    def mini_move(self, o, life, states, say):
        """When the state began and ended, and whether the move could be at all."""
        low, high = life.end()
        fin = life.fin
        if o["to"] == "TIME-WAIT":
            if not say(fin is not None, "move", "the peer has sent no FIN"):
                return None, (o["ts"], o["ts"])
            begin = next(((s[1], s[2]) for s in states if s[0] == o["from"]), None)
            end = fin[0], min(fin[1], high)
            # Where nothing proves when, it is told when it was noticed.
            say(end[0] - TOL - JIFFY <= o["ts"] <= end[1] + TOL + JIFFY or (o["dwell_known"] == "unknown" and o["ts"] >= end[0]), "time", "not when the peer's FIN came")
            return begin, end
        if o["from"] == "TIME-WAIT":
            if not say(fin is not None, "move", "was never in TIME-WAIT"):
                return None, (low, high)
            begin = fin[0], min(fin[1], high)
        else:
            say(not (fin and life.fin_is_sure) or o["from"] == "CLOSING", "move", "it was in TIME-WAIT")
            begin = next(((s[1], s[2]) for s in states if s[0] == o["from"]), None)
        say(low - TOL - JIFFY <= o["ts"] <= high + TOL + JIFFY or o["dwell_known"] != "exact", "time", "not when it ended")
        # Where it ended early, what the line says is judged by its cause.
        if low != high:
            low = high = o["ts"]
        return begin, (low, high)

    def dwell(self, o, begin, end, slack, say, verdict, life):
        least, most = end[0] - begin[1], (end[1] - begin[0]) if end[1] != NEVER else NEVER
        known, ns = o["dwell_known"], o["dwell_ns"]
        verdict.share("dwell " + o["from"], known)
        if o["from"] in ("CLOSED",) or known == "unknown":
            return
        if known == "exact":
            say(least - slack <= ns <= most + slack, "dwell", "exact, and was %.3f to %.3f ms" % (least / 1e6, most / 1e6))
        else:
            # What the host withheld, nobody counts: a bound "since nothing was lost" may be wrong then.
            if self.lossy and (life.withheld or (life.peer and life.peer.withheld)):
                return
            if say(ns <= most + slack, "bound", "at least, and was %.3f ms" % (most / 1e6)):
                verdict.short["dwell " + o["from"]].append(max(0, least - ns))

    # ---- why it ended ----

    def cause(self, o, life, i, say, verdict):
        verdict.share("cause " + o["from"], o["cause"] if o["cause"] == "unknown" else "known")
        if o["cause"] == "unknown":
            return
        allowed = self.causes_of_mini(o, life) if i is None else self.causes(life, i)
        if allowed is None:
            verdict.share("cause " + o["from"], "not judged")
            return
        say(o["cause"] in allowed, "cause", "the cause was %s" % " or ".join(sorted(allowed)))

    def was_killed(self, life, ts):
        return any(begin - TOL <= ts <= end + TOL and (sock.local, sock.remote) == (life.tuple[:2], life.tuple[2:]) for begin, end, sock in self.stage.kills)

    def causes_of_mini(self, o, life):
        ts = o["ts"]
        mini = life.mini
        found = set()
        if mini.expired and abs(mini.expired - ts) <= TOL + JIFFY:
            return {"normal"} if o["from"] in ("TIME-WAIT", "CLOSING") else {"timed-out"}
        laddr, lport, raddr, rport = life.tuple
        if self.was_reset((raddr, rport), (laddr, lport), ts - TOL, ts + TOL):
            found.add("reset")
        if self.was_reset((laddr, lport), (raddr, rport), ts - TOL, ts + TOL):
            found.add("reset-sent")
        for other in self.by_tuple[life.tuple]:
            if other is not life and other.begin() <= ts + TOL and mini.born < other.begin() + TOL and not has_no_port(other):
                found.add("reused-conn" if other.moves[0].to == "SYN-SENT" else "reused-syn")
        if self.stage.disturbed(life.begin(), ts):
            found |= {"reset", "reset-sent"}
            # A SYN that came ended it, whatever becomes of the handshake; it may have waited for the neighbour, and its socket is gone.
            if any(o.first == "CLOSED" and o.begin() <= ts + TOL and ts - NEIGHBOUR <= o.moves[min(1, len(o.moves) - 1)].ts for o in self.by_tuple.get((raddr, rport, laddr, lport), [])):
                found.add("reused-syn")
        if self.was_killed(life, ts):
            found.add("killed")
        if self.stage.gone and ts >= self.stage.gone[0] - TOL:
            found.add("netns-gone")
        if o["dwell_known"] != "exact" and mini.expired and ts > mini.expired:
            found.add("normal" if o["from"] in ("TIME-WAIT", "CLOSING") else "timed-out")
        # The witness misses a timer once in ten thousand: then its time says whether it may have run out.
        if not found and not mini.expired and o["from"] == "FIN-WAIT-2" and any(s * 1000 * MS - JIFFY <= ts - mini.born <= s * 1125 * MS + TOL for s in FIN_TIMEOUTS):
            found.add("timed-out")
        return found

    def causes(self, life, i):
        move = life.moves[i]
        before = life.moves[i - 1].ts if i else 0
        ts = move.ts
        received = any(before <= t <= ts for t, _ in life.received)
        sent = any(before <= t <= ts + TOL for t, _ in life.sent)
        fired = timer_ended(life, move, before) and not received
        if self.was_killed(life, ts) and not move.softirq and move.pid not in self.stage.pids:
            return {"killed"}
        if move.frm == "LISTEN":
            return {"normal"}
        if move.frm == "SYN-SENT":
            if received:
                return {"refused"}
            # In softirq a segment or its timer ends it, and the witness may lose an event of a timer.
            if fired or move.softirq:
                return {"timed-out", "unreachable"} if self.stage.disturbed(before, ts) else {"timed-out"}
            errors = self.errors_of(life, before, ts)
            if 99 in errors:
                return {"no-port"}
            if self.stage.disturbed(before, ts):
                return {"normal", "unreachable", "refused"}
            return {"normal"}
        disturbed = self.stage.disturbed(life.begin(), ts)
        if disturbed:
            return None
        if fired:
            return {"timed-out"}
        laddr, lport, raddr, rport = life.tuple
        if received and sent and not self.was_reset((raddr, rport), (laddr, lport), ts - TOL, ts):
            return {"reset-sent"}  # data for an orphan: the kernel calls tcp_reset() although it is who sends the RST
        if received:
            return {"reset"}
        if sent:
            return {"reset-sent"}
        if move.frm == "LAST-ACK":
            return {"normal"}
        return None

    def errors_of(self, life, begin, end):
        return {number for b, e, number in life.sock.errors if b - TOL <= end and begin <= e + TOL} if life.sock else set()

    # ---- whose it is ----

    def names_of(self, pid, until):
        return {name for since, name in self.stage.names.get(pid, []) if since[0] <= until + TOL}

    def listeners_of(self, life):
        """All that could have been its listener."""
        if life.sock and life.sock.kind == "child":
            return [life.sock.listener]
        return [s for s in self.stage.all if s.kind == "listener" and s.local[1] == life.tuple[1] and s.local[0] in (None, life.tuple[0]) and s.began[0] <= life.begin() + TOL]

    def owner(self, o, life, begin, say, verdict):
        verdict.share("owner", o["pid_known"])
        if o["pid"] is None:
            return
        ts, pid = o["ts"], o["pid"]
        if o["pid_known"] == "inherited":
            holds = [h for s in self.listeners_of(life) for h in s.holds]
        else:
            holds = life.sock.holds if life.sock else []
        held = [h for h in holds if h.pid == pid and h.since[0] <= ts + TOL]
        if not say(bool(held), "owner", "it never held it; that did %s" % sorted({self.stage.pids.get(h.pid, h.pid) for h in holds}, key=str)):
            return
        say(o["comm"] in self.names_of(pid, ts), "name", "it was called %s" % self.names_of(pid, ts))
        if o["pid_known"] == "exact" and begin and not any(h.may(begin[0], ts) for h in held) and any(h.must(begin[0], ts) for h in holds):
            verdict.share("owner", "stale: others held it in that dwell")

    # ---- what is missing ----

    def complete(self, name, tracer, seen, minis, summary, lines, verdict):
        """With nothing lost no move may be missing; and no more may be told as lost than is missing."""
        first, last = tracer["ready"], int(summary["ts_ns"]) - TOL
        missing, whole = [], 0
        withheld = sum(m.withheld for l in self.lives for m in l.moves if tracer["begin"] <= m.ts)
        withheld += sum(l.mini.withheld for l in self.lives if l.mini)
        for life in self.lives:
            for i, m in enumerate(life.moves):
                if not first <= m.ts <= last or life.mini and m.to == "CLOSED":
                    continue
                whole += 1
                if (id(life), i) not in seen:
                    if not m.withheld:
                        missing.append((life, "%s > %s" % (m.frm, m.to)))
        gone = []
        for life in self.lives:
            if not life.mini or life.withheld or life.mini.withheld:
                continue
            told = [o["to"] for o in minis[life]]
            since = life.begin() >= first
            if life.fin and life.fin_is_sure and since and life.fin[1] + 1500 * MS <= last:
                verdict.say(told.count("TIME-WAIT") == 1 or bool(summary["lost_transition"] + summary["lost_timewait"]), "told", who(life), lambda: "%s: its TIME-WAIT is told %d times\n        %s" % (name, told.count("TIME-WAIT"), story(life)))
            low, high = life.end()
            if first <= low and high + 1500 * MS <= last:
                gone.append(life)
                verdict.say(told.count("CLOSED") == 1 or bool(summary["lost_transition"] + summary["lost_timewait"]), "told", who(life), lambda: "%s: its end is told %d times\n        %s" % (name, told.count("CLOSED"), story(life)))
        lost = summary["lost_transition"] + summary["lost_skipped"]
        verdict.share("moves", "withheld") if withheld else None
        for life, text in missing if not lost else []:
            verdict.say(False, "told", who(life), "%s: missing, and nothing is lost: %s\n        %s" % (name, text, story(life)))
        verdict.say(len(missing) <= lost or self.lossy is False and not missing, "lost", None, "%s: %d moves are missing, %d withheld, %d told as lost" % (name, len(missing), withheld, lost))
        if not missing and not withheld:
            # What is skipped is the most that may be missing, of all sockets of the host.
            verdict.say(not summary["lost_transition"], "lost", None, "%s: %d told as lost, none is missing of %d: %s" % (name, lost, whole, [o["ts_ns"] for o in lines if o["event"] == "lost"]))
        sums = collections.Counter()
        for o in lines:
            if o["event"] == "lost":
                sums[o["lost_kind"]] += o["lost_count"]
        for kind in ("transition", "timewait", "accepted"):
            verdict.say(sums[kind] == summary["lost_" + kind], "lost", None, "%s: %d %s told as lost, %d in the summary" % (name, sums[kind], kind, summary["lost_" + kind]))
        if "--strict" in tracer["options"]:
            any_lost = any(summary["lost_" + kind] for kind in ("transition", "timewait", "accepted", "skipped")) or summary["evicted"]
            verdict.say(tracer["status"] == (3 if any_lost else 0), "lost", None, "%s: --strict ended with %s, lost: %s" % (name, tracer["status"], summary))

    # ---- sums ----

    def histograms(self, name, tracer, lines, summary, verdict):
        sums = collections.defaultdict(lambda: [0, 0, 0])
        for o in lines:
            if o["event"] == "transition" and o["from"] not in ("CLOSED",) and not (o["from"] == "LISTEN" and o["to"] == "SYN-RECEIVED"):
                s = sums[o["from"]]
                s[0 if o["dwell_known"] == "exact" else 1] += 1
                if o["dwell_known"] == "exact":
                    s[2] = max(s[2], o["dwell_ns"])
        first, last = tracer["ready"], int(summary["ts_ns"])
        lossless = not (summary["lost_transition"] + summary["lost_timewait"] + summary["lost_skipped"])
        has_lines = any(o["event"] == "transition" for o in lines)
        for o in lines:
            if o["event"] != "histogram":
                continue
            state = o["state"]
            least, most, stay = self.counts(state, first, last, tracer["begin"])
            if has_lines:
                s = sums[state]
                verdict.say((o["count"], o["partial"], o["max_ns"] or 0) == tuple(s), "sum", None, "%s: %s: %d exact, %d partial, longest %s; of the lines %s" % (name, state, o["count"], o["partial"], o["max_ns"], s))
            if not lossless or any(l.withheld for l in self.lives):
                continue
            ended = o["count"] + o["partial"]
            verdict.say(least <= ended <= most, "sum", None, "%s: %s: %d ended, and were %d to %d" % (name, state, ended, least, most))
            verdict.say(stay[0] <= o["still"] + o["still_in_doubt"] <= stay[1], "still", None, "%s: %s: %d still there, and are %d to %d" % (name, state, o["still"] + o["still_in_doubt"], *stay))
            if o["oldest_ns"] is not None:
                old = max([last - s[1] for l in self.lives for s in l.states() if s[0] == state and s[4] >= last - TOL] or [0])
                verdict.say(o["oldest_ns"] <= old + TOL + JIFFY, "oldest", None, "%s: %s: oldest %s, and is %d" % (name, state, o["oldest_ns"], old))

    def counts(self, state, first, last, begin):
        """How many dwells ended between, at least and at most; how many were there at the end."""
        least = most = low = high = 0
        for life in self.lives:
            for s in life.states():
                if s[0] != state or has_no_port(life):
                    continue  # no SYN, no dwell
                sure = not life.mini or life.fin is None or life.fin_is_sure
                if begin - TOL <= s[4] and s[3] <= last + TOL:
                    most += 1
                    if first + TOL <= s[3] and s[4] + 1200 * MS <= last and sure:
                        least += 1
                if s[1] <= last and s[4] >= last - 1200 * MS:
                    high += 1
                    if sure and s[2] + 1200 * MS <= last and s[3] > last + TOL:
                        low += 1
        return least, most, (low, high)
