"""The judge of looks: what `stuck` says of the sockets that there were between its start and its end."""
import collections
import os
import re

from judge import JIFFY, TOL, brief, end_key, load, story, who
from stage import NEVER, plain
from truth import MS

SECOND = 1000 * MS
PATIENCE = {"close-wait-leak", "fin-wait-2-idle", "closed-leak"}
# What a rule of a socket needs: see docs/rules.md. Rules that wait for a second are not said of what is younger.
WAITS = {"not-accepted", "no-process", "close-wait-unread", "close-wait-held", "fin-wait-2-held", "fin-wait-2-unread", "fin-wait-2-orphan", "closed-held", "syn-received-deferred"}

# What a shell or a tool says of a command that cannot be; a trace of system calls may have any word.
BAD_COMMAND = "(?im)^[a-z/]+: .*(syntax|not found|invalid|usage:|unrecognized|bad |illegal|unknown|cannot open network)"


class Looks:
    def __init__(self, stage, lives, by_tuple):
        self.stage, self.lives, self.by_tuple = stage, lives, by_tuple
        self.states = {id(l): l.states() for l in lives}
        self.in_state = collections.defaultdict(list)
        for life in lives:
            for s in self.states[id(life)]:
                self.in_state[s[0]].append((life, s))
        self.fast = {d[2] for d in stage.done if d[3] == "fastopen"}
        self.listeners = collections.defaultdict(list)
        for sock in stage.all:
            if sock.kind == "listener":
                self.listeners[sock.local[1]].append(sock)

    def judge(self, look, verdict):
        name = os.path.basename(look["path"])
        if not verdict.say(look["status"] == 0, "whole", None, "%s: ended with %s" % (name, look["status"])):
            return
        lines = load(look["path"] + ".json")
        begin, end = look["begin"], look["end"]
        patience = 300 * SECOND
        if "--patience" in look["options"]:
            patience = int(look["options"][look["options"].index("--patience") + 1].rstrip("ms")) * MS
        told = collections.Counter()
        for o in lines:
            if o["event"] == "stuck":
                o["ts"] = int(o["ts_ns"])
                self.line(name, o, begin, end, patience, told, verdict)
            elif o["event"] == "census":
                self.census(name, o, begin, end, verdict)
        if "next" in look:
            with open(look["path"] + ".next") as file:
                said = file.read()
            verdict.say(not re.search(BAD_COMMAND, said), "next", None, "%s: `%s` says: %s" % (name, look["next"][0], said[:300]))
        if "all" in look["options"]:
            self.shown(name, begin, end, told, verdict)

    def shown(self, name, begin, end, told, verdict):
        """Whatever is in one state all the time is there, and nothing twice. Several may have the same ends: listeners of a group."""
        low, high, some = collections.Counter(), collections.Counter(), {}
        for life in self.lives:
            for s in self.states[id(life)]:
                at = life.tuple, s[0]
                if s[1] <= end + TOL and begin - TOL <= s[4]:
                    high[at] += 1
                    some[at] = life
                if s[2] + TOL < begin and end + TOL < s[3] and (not life.mini or life.fin_is_sure):
                    low[at] += 1
        for at, life in some.items():
            verdict.say(low[at] <= told[at] <= high[at], "shown", who(life), lambda: "%s: told %d times in %s, and were %d to %d\n        %s" % (name, told[at], at[1], low[at], high[at], story(life)))

    # ---- one socket ----

    def line(self, name, o, begin, end, patience, told, verdict):
        found = self.candidates(o, begin, end)
        life = found[0][0] if found else None
        say = lambda right, what, text: verdict.say(right, what, life and who(life), lambda: "%s: %s: %s\n        %s" % (name, text, brief(o), story(life) if life else self.near(o)))
        if o["kind"] == "request":
            peers = self.by_tuple.get((*end_key(o)[2:], *end_key(o)[:2]), [])
            # Behind a filter nobody hears that the peer has gone.
            say(any(p.begin() <= end and p.end()[1] >= begin for p in peers) or self.stage.disturbed(begin - 70 * SECOND, end), "state", "nobody connects to it")
            return
        if o["state"] == "CLOSED" and not found:
            mine = [s for s in self.stage.all if {s.local, s.bound and (plain(s.bound[0]), s.bound[1])} & {end_key(o)[:2]} and any(h.may(begin, end) for h in s.holds)]
            say(bool(mine), "state", "nobody had such a socket")
            return
        if not say(bool(found), "state", "it was not in that state between %d and %d" % (begin, end)):
            return
        told[(end_key(o), o["state"])] += 1
        say(begin <= o["ts"] <= end, "time", "looked at before it began or after it ended")
        self.age(o, found, say, verdict)
        self.owner(o, found, begin, end, say, verdict)
        if o["rule"]:
            self.rule(o, found, begin, end, patience, say, verdict)
        if o["peer_state"] and life.peer and o["state"] != "SYN-SENT":
            states = {s[0] for s in self.states[id(life.peer)] if s[1] <= end and begin <= s[4]}
            if life.peer.end()[0] <= end:
                states.add("CLOSED")
            say(o["peer_state"] in states, "peer", "its other end was in %s" % sorted(states))

    def near(self, o):
        found = self.by_tuple.get(end_key(o), [])
        return "\n        ".join(story(l) for l in found[-3:]) or "no such connection"

    def candidates(self, o, begin, end):
        """[life, state]: those that may be meant, the last first."""
        found = []
        key = end_key(o)
        for life in self.by_tuple.get(key, []):
            for s in self.states[id(life)]:
                if s[0] == o["state"] and s[1] <= end + TOL and begin - TOL <= s[4]:
                    found.append((life, s))
            if o["state"] == "CLOSED" and life.moves[-1].to == "CLOSED" and life.moves[-1].ts <= end + TOL and life.sock and any(h.may(begin, end) for h in life.sock.holds):
                found.append((life, ["CLOSED", life.moves[-1].ts, life.moves[-1].ts, NEVER, NEVER]))
        # Of several the one that was in it when the line says that it was looked at.
        then = [(l, s) for l, s in found if s[1] <= o["ts"] <= s[4]] or [(l, s) for l, s in found if s[1] - TOL <= o["ts"] <= s[4] + TOL]
        return (then or found)[::-1]

    def age(self, o, found, say, verdict):
        verdict.share("age " + o["state"], o["age_known"])
        if o["age_known"] == "unknown" or o["age_ns"] is None:
            return
        least = o["ts"] - max(s[2] for _, s in found)
        most = o["ts"] - min(s[1] for _, s in found)
        ns = o["age_ns"]
        # The kernel's stamps count jiffies or ms, and begin with the segment: a SYN, or the FIN, before the state that it makes.
        slack = TOL + 2 * JIFFY
        if o["state"] == "SYN-RECEIVED":
            most = max(most, max((o["ts"] - l.peer.begin() for l, _ in found if l.peer), default=most))
        if o["age_known"] == "exact":
            say(least - slack <= ns <= most + slack, "age", "exact, and was %.3f to %.3f ms" % (least / 1e6, most / 1e6))
        elif say(ns <= most + slack, "age bound", "at least, and was %.3f ms" % (most / 1e6)):
            verdict.short["age " + o["state"]].append(max(0, least - ns))

    def owner(self, o, found, begin, end, say, verdict):
        verdict.share("holder", "?" if o["owner"] == "?" else "known")
        socks = [l.sock for l, _ in found if l.sock]
        holds = [h for s in socks for h in s.holds]
        may = {h.pid for h in holds if h.may(begin, end)}
        must = {h.pid for h in holds if h.must(begin, end)} if len(found) == 1 else set()
        if o["kind"] == "mini":
            return  # the full socket that it replaced may be held still, and is another line
        if o["orphan"]:
            say(not must, "orphan", "%s had it all the time" % [self.stage.pids.get(p, p) for p in must])
            return
        if o["inherited"]:
            doors = self.doors(found[0][0])
            may = {h.pid for s in doors for h in s.holds if h.may(begin, end)}
        told = {h["pid"] for h in (o["listener_holders"] if o["inherited"] else o["holders"])}
        say(told <= may, "holder", "held by %s" % sorted(str(self.stage.pids.get(p, p)) for p in may))
        if not o["inherited"] and o["owner"] != "?" and len(found) == 1:
            say(must <= told, "holder", "not all are told that held it: %s" % sorted(str(self.stage.pids.get(p, p)) for p in must - told))
        for h in o["holders"]:
            names = {n for since, n in self.stage.names.get(h["pid"], []) if since[0] <= end}
            say(h["comm"] in names or h["pid"] == os.getpid(), "name", "it was called %s" % names)
        if o["pid"] is not None:
            say(o["pid"] in may, "holder", "held by %s" % sorted(str(self.stage.pids.get(p, p)) for p in may))

    def doors(self, life):
        if life.sock and life.sock.kind == "child":
            return [life.sock.listener]
        return [s for s in self.listeners[life.tuple[1]] if s.local[0] in (None, life.tuple[0])]

    # ---- rules ----

    def rule(self, o, found, begin, end, patience, say, verdict):
        verdict.share("rule", o["rule"])
        test = getattr(self, "rule_" + o["rule"].replace("-", "_"), None)
        why = []
        for life, s in found:
            age = o["ts"] - s[1] + TOL
            if o["rule"] in WAITS and age < SECOND:
                why.append("it was younger than a second")
            elif o["rule"] in PATIENCE and age < patience:
                why.append("it was younger than the patience")
            elif test is None:
                why.append("nothing of that kind was played")
            elif not test(life, o, begin, end):
                why.append("that was not so")
            else:
                why = []
                break
        say(not why, "rule", "rule: " + ", ".join(sorted(set(why))))

    @staticmethod
    def may_be_held(life, begin, end):
        return bool(life.sock) and any(h.may(begin, end) for h in life.sock.holds)

    @staticmethod
    def calls(sock, *verbs):
        return [c for c in sock.calls if c[2] in verbs and not c[5]] if sock else []

    def read_end(self, life, by):
        """Whether a process has read the end of file by then."""
        return any(c[0] <= by and c[4] == 0 for c in self.calls(life.sock, "recv"))

    def idle(self, life, ts, patience):
        ends = [life.sock, life.peer.sock if life.peer else None]
        # Who reads what came long ago makes nothing flow; what a filter drops never comes, however often it is sent.
        return self.stage.disturbed(ts - patience, ts) or not any(ts - patience + TOL < c[0] and c[1] < ts - TOL for s in ends for c in self.calls(s, "send") if c[4])

    def unread(self, life, begin):
        """Bytes that may be unread then."""
        sent = sum(c[4] for c in self.calls(life.peer.sock if life.peer else None, "send"))
        fast = 1000 if life.peer and life.peer.sock and life.peer.sock.life in self.fast else 0
        return sent + fast - sum(c[4] for c in self.calls(life.sock, "recv") if c[1] < begin)

    def rule_not_accepted(self, life, o, begin, end):
        return life.first == "LISTEN" and not (life.sock and life.sock.accepted and life.sock.accepted[1] < begin)

    def rule_close_wait_unread(self, life, o, begin, end):
        return self.may_be_held(life, begin, end) and not self.read_end(life, begin)

    def rule_close_wait_held(self, life, o, begin, end):
        return self.may_be_held(life, begin, end) and self.read_end(life, end)

    def rule_close_wait_leak(self, life, o, begin, end):
        return self.rule_close_wait_held(life, o, begin, end) and self.idle(life, o["ts"], 1500 * MS)

    def rule_fin_wait_2_unread(self, life, o, begin, end):
        return self.may_be_held(life, begin, end) and self.unread(life, begin) > 0

    def rule_fin_wait_2_held(self, life, o, begin, end):
        return self.may_be_held(life, begin, end)

    def rule_fin_wait_2_idle(self, life, o, begin, end):
        return self.may_be_held(life, begin, end) and self.idle(life, o["ts"], 1500 * MS)

    def rule_fin_wait_2_orphan(self, life, o, begin, end):
        return not (life.sock and any(h.must(begin, end) for h in life.sock.holds))

    def rule_closed_held(self, life, o, begin, end):
        return self.may_be_held(life, begin, end)

    def rule_closed_leak(self, life, o, begin, end):
        return self.may_be_held(life, begin, end)

    def rule_no_process(self, life, o, begin, end):
        return bool(life.sock) and any(b <= end and begin <= e for b, e in life.sock.parked)

    def rule_established_unread(self, life, o, begin, end):
        return self.may_be_held(life, begin, end) and self.unread(life, begin) > 0

    def rule_peer_silent(self, life, o, begin, end):
        return sum(t <= o["ts"] + TOL for t in life.again) >= 2 or sum(t <= o["ts"] + TOL for t, _ in life.fired) >= 2

    def rule_segments_lost(self, life, o, begin, end):
        return sum(t <= o["ts"] + TOL for t in life.again) >= 2

    def rule_syn_unanswered(self, life, o, begin, end):
        return any(t <= o["ts"] + TOL for t in life.again)

    def rule_syn_received_unanswered(self, life, o, begin, end):
        # A child of Fast Open, whose client has gone or does not hear it: SYN-ACK goes out again after a second.
        return any(s[0] == "SYN-RECEIVED" and s[1] + 900 * MS < end and begin - TOL <= s[4] for s in self.states[id(life)])

    def rule_peer_window_shut(self, life, o, begin, end):
        return bool(life.peer) and self.unread(life.peer, begin) > 30000

    def rule_unsent_data(self, life, o, begin, end):
        return bool(life.peer) and self.unread(life.peer, begin) > 30000

    def rule_address_gone(self, life, o, begin, end):
        return self.stage.disturbed(begin, end, "address")

    rule_no_route = rule_no_neighbour = rule_address_gone

    def rule_unreachable(self, life, o, begin, end):
        return self.stage.disturbed(life.begin(), end)

    def rule_accept_queue_full(self, life, o, begin, end):
        waiting = [l for l in self.lives if l.first == "LISTEN" and l.tuple[1] == life.tuple[1] and l.begin() <= end and not (l.sock and l.sock.accepted and l.sock.accepted[1] < begin)]
        return len(waiting) > o["backlog"]

    # ---- all that a rule may be true of ----

    STATES = {"not-accepted": {"CLOSE-WAIT", "ESTABLISHED"}, "no-process": {"CLOSE-WAIT", "FIN-WAIT-2"}, "accept-queue-full": {"LISTEN"},
              "syn-unanswered": {"SYN-SENT"}, "established-unread": {"ESTABLISHED"}}
    OTHERS = {"FIN-WAIT-1", "LAST-ACK", "CLOSING", "ESTABLISHED", "CLOSE-WAIT", "SYN-SENT"}

    def may_find(self, rule, begin, end, patience=300 * SECOND):
        """The names of the owners of each; None: of requests nobody keeps account."""
        if rule.startswith("syn-received"):
            return None
        if rule.startswith("closed"):
            return [self.names_of(s.holds, begin, end) for s in self.stage.all if any(h.may(begin, end) for h in s.holds)]
        test = getattr(self, "rule_" + rule.replace("-", "_"), None)
        states = self.STATES.get(rule) or {state for state in ("CLOSE-WAIT", "FIN-WAIT-2") if rule.startswith(state.lower())} or self.OTHERS
        waits = SECOND if rule in WAITS else patience if rule in PATIENCE else 0
        found, seen = [], set()
        for life, s in [row for state in states for row in self.in_state[state]] if test else []:
            if s[1] > end + TOL or begin - TOL > s[4] or end - s[1] + TOL < waits or id(life) in seen:
                continue
            if test(life, {"ts": end, "backlog": self.backlog(life)}, begin, end):
                seen.add(id(life))
                holds = (life.sock.holds if life.sock else []) + [h for door in self.doors(life) for h in door.holds]
                found.append(self.names_of(holds, begin, end))
        return found

    def names_of(self, holds, begin, end):
        return {name for h in holds if h.may(begin, end) for since, name in self.stage.names.get(h.pid, []) if since[0] <= end}

    @staticmethod
    def backlog(life):
        return min((c[3][0] for c in (life.sock.calls if life.sock else []) if c[2] == "listen"), default=0)

    # ---- sums ----

    def census(self, name, o, begin, end, verdict):
        verdict.say(o["missing_namespaces"] == 0, "state", None, "%s: %d namespaces are missing" % (name, o["missing_namespaces"]))
        for state, count in o["states"].items():
            if state in ("CLOSED", "SYN-RECEIVED"):
                continue  # who has none of these in the table of connections: no count of ours
            mine = self.in_state[state]
            high = len({id(life) for life, s in mine if s[1] <= end + TOL and begin - TOL <= s[4]})
            low = len({id(life) for life, s in mine if s[2] + TOL < begin and end + TOL < s[3] and (not life.mini or life.fin_is_sure)})
            verdict.say(low <= count <= high, "count", None, "%s: %d in %s, and were %d to %d" % (name, count, state, low, high))
