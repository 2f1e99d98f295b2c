"""The judge of what is asked at random moments: the metrics of `serve`, and the screen of `top`.

A Tally has the truth as intervals: each move, dwell and stay with the times in which it began and ended, and whether it is
sure. What was told of a moment is judged by what had certainly happened a little earlier and what may have happened by then.
"""
import bisect
import collections
import os
import platform
import re

from figures import COARSE, S, STATES, by, is_told, picture, samples
from judge import JIFFY, STALL, STALLS, TOL
from looks import SECOND
from plan import FIN_TIMEOUTS
from stage import NEVER
from truth import MS, has_no_port

# What leaves no event is told within a second: see "Silent moves" in the manual.
LATE = 1200 * MS
# Of a reply, how long the same is given to everybody; of a census, which part of the time it may take.
FRESH, SHARE = SECOND, 20
# A screen says the second of its look, which takes a moment. The next one comes in a second, or later where looks take long.
LOOK, OLD = 500 * MS, 20 * SECOND
DAY = 86400 * SECOND

Told = collections.namedtuple("Told", "frm to low high sure causes")
Stay = collections.namedtuple("Stay", "life begin end sure")  # begin, end: [low, high]

FILLINGS = {"time-wait-ports", "connect-ports", "bind-ports", "time-wait-table"}  # a play uses up nothing
OF_HOST = {"orphan-limit", "tcp-memory"}


class Tally:
    """All that happened, and when."""

    def __init__(self, stage, lives, judge):
        self.stage, self.lives, self.judge = stage, lives, judge
        self.told, self.stays = [], collections.defaultdict(list)
        for life in lives:
            self.count(life)
        # Any move may be told of a socket of which the host withheld one, or its end alone.
        self.loose = sum(len(l.moves) + 2 for l in lives if l.withheld or l.mini and l.mini.withheld)

    def count(self, life):
        sure = not life.withheld and not (life.mini and life.mini.withheld)
        for i, move in enumerate(life.moves):
            if not (life.mini and move.to == "CLOSED"):
                causes = self.judge.causes(life, i) if move.to == "CLOSED" else set()
                self.told.append(Told(move.frm, move.to, move.ts, move.ts, sure, causes))
        if life.mini:
            self.count_mini(life, sure)
        if has_no_port(life):
            return
        for s in life.states():
            begin = s[1:3]
            if s[0] == "SYN-RECEIVED" and life.first == "LISTEN" and life.peer:
                begin = [life.peer.begin(), begin[1]]
            self.stays[s[0]].append(Stay(life, begin, s[3:5], sure and (not life.mini or life.fin is None or life.fin_is_sure)))

    def count_mini(self, life, sure):
        frm, (low, high) = life.moves[-1].frm, life.end()
        if life.fin:
            self.told.append(Told(frm, "TIME-WAIT", life.fin[0], min(life.fin[1], high), sure and life.fin_is_sure, set()))
            self.told.append(Told("TIME-WAIT", "CLOSED", max(low, life.fin[0]), high, sure and life.fin_is_sure, self.causes(life, "TIME-WAIT")))
        if not life.fin or not life.fin_is_sure or frm == "CLOSING":
            self.told.append(Told(frm, "CLOSED", low, high, sure and not life.fin, self.causes(life, frm)))

    def causes(self, life, frm):
        """What may have ended a mini-socket; None: anything."""
        mini = life.mini
        if mini.expired:
            return {"normal"} if frm in ("TIME-WAIT", "CLOSING") else {"timed-out"}
        if self.stage.disturbed(life.begin(), NEVER):
            return None
        one, other = life.tuple[:2], life.tuple[2:]
        found = {"netns-gone"} if self.stage.gone else set()
        for src, dst, cause in ((other, one, "reset"), (one, other, "reset-sent")):
            if self.judge.was_reset(src, dst, mini.born - TOL, NEVER):
                found.add(cause)
        if any((sock.local, sock.remote) == (one, other) for _, _, sock in self.stage.kills):
            found.add("killed")
        for o in self.judge.by_tuple[life.tuple]:
            if o is not life and mini.born < o.begin() + TOL and not has_no_port(o):
                found.add("reused-conn" if o.moves[0].to == "SYN-SENT" else "reused-syn")
        if any(o.first == "CLOSED" and mini.born < o.begin() + TOL for o in self.judge.by_tuple.get((*other, *one), [])):
            found.add("reused-syn")
        # The witness may lose an event of a timer: then what lived that long may be told as timed out, and need not.
        if frm == "FIN-WAIT-2" and not life.fin and mini.until - mini.born >= min(FIN_TIMEOUTS) * SECOND - JIFFY:
            found |= {"timed-out", "unknown"}
        return found

    # ---- at a moment, between what is sure by `past` and what may be by `now`; told since `since` ----

    def moves(self, since, past, now, ready):
        least, most = collections.Counter(), collections.Counter()
        for t in self.told:
            if t.low <= now + TOL and t.high >= since - TOL:
                most[t.frm, t.to] += 1
            if t.sure and t.high <= past and t.low >= ready:
                least[t.frm, t.to] += 1
        return least, most

    def ends(self, since, past, now, ready):
        """By state and cause. What is told as unknown may be any of them."""
        least, most, open_to = collections.Counter(), collections.Counter(), collections.Counter()
        for t in self.told:
            if t.to != "CLOSED":
                continue
            if t.low <= now + TOL and t.high >= since - TOL:
                if t.causes is None:
                    open_to[t.frm] += 1
                for cause in t.causes or ():
                    most[t.frm, cause] += 1
            if t.sure and t.high <= past and t.low >= ready and t.causes and len(t.causes) == 1:
                least[t.frm, *t.causes] += 1
        return least, most, open_to

    def dwells(self, state, since, past, now, ready):
        """[shortest, longest] of those that may have ended, and of those that surely have; both in order of what they are counted by."""
        may, sure, unseen = [], [], 0
        for s in self.stays[state]:
            if s.end[0] <= now + TOL and s.end[1] >= since - TOL:
                may.append(s.end[0] - s.begin[1] if s.end[0] != NEVER else 0)
                # Without timestamps nothing notes when a mini-socket goes on to TIME-WAIT: both are bounds.
                quiet = state in ("FIN-WAIT-2", "TIME-WAIT") and s.life.mini and s.life.fin
                unseen += bool(s.begin[0] < ready + TOL or not s.sure or quiet)
            if s.sure and s.end[1] <= past and s.end[0] >= ready:
                sure.append(s.end[1] - s.begin[0])
        return sorted(may), sorted(sure), unseen

    def there(self, state, begin, end, late=0):
        """How many sockets were in it all the time, and at some time between; since when the oldest of these."""
        low = high = 0
        since = NEVER
        for s in self.stays[state]:
            if s.begin[0] <= end + TOL and begin - TOL - late <= s.end[1]:
                high += 1
                since = min(since, s.begin[0])
            low += s.sure and s.begin[1] + TOL + late < begin and end + TOL < s.end[0]
        return low, high, since


class Scrapes:
    def __init__(self, stage, tally, looks, verdict):
        self.stage, self.tally, self.looks, self.verdict = stage, tally, looks, verdict

    def judge(self):
        before = None
        for number, scrape in enumerate(self.stage.scrapes):
            self.name = "serve, scrape %d" % number
            if not self.say(scrape.get("text") is not None, "whole", "no reply: %s" % scrape.get("error")):
                continue
            self.date(scrape, before)
            told = samples(scrape["text"])
            self.scrape(scrape, told)
            if before:
                self.grows(before["told"], told)
            scrape["told"], before = told, scrape
        exporter = self.stage.exporter
        self.name = "serve"
        self.say(exporter["status"] == 0, "whole", "ended with %s" % exporter["status"])

    def say(self, right, what, text):
        return self.verdict.say(right, "serve " + what, None, lambda: "%s: %s" % (self.name, text))

    @staticmethod
    def date(scrape, before):
        """From when its events and its census may be: the reply of one who asked before is given again for a second."""
        scrape["since"] = scrape["census"] = scrape["begin"]
        if before and scrape["begin"] < before["end"] + FRESH:
            scrape["since"] = before["since"]
        if before and scrape["begin"] < before["next"]:
            scrape["census"] = before["census"]
        # Its census took no longer than its reply; if it had one.
        scrape["next"] = max(scrape["end"] + max(FRESH, SHARE * (scrape["end"] - scrape["begin"])), before["next"] if before else 0)

    def grows(self, before, told):
        for name in told:
            if name.endswith(("_total", "_bucket", "_count", "_sum")):
                for labels, value in before[name].items():
                    self.say(told[name].get(labels, -1) >= value, "counter", "%s%s was %s, and is %s" % (name, labels, value, told[name].get(labels)))

    def scrape(self, scrape, told):
        exporter = self.stage.exporter
        lost = sum(n for (kind,), n in by(told["tcpdwell_lost_records_total"], "kind").items() if kind != "skipped")
        skipped = by(told["tcpdwell_lost_records_total"], "kind").get(("skipped",), 0)
        span = exporter["begin"], scrape["since"] - LATE, scrape["end"], exporter["ready"] + TOL
        # Of those that the host withheld it knows no more than that.
        slack = self.tally.loose + int(lost + skipped)
        self.say(not lost or slack > lost, "lost", "%d told as lost, nothing is missing" % lost)
        self.moves(told, span, slack)
        self.ends(told, span, slack)
        for state in STATES:
            self.dwells(state, told, span, slack)
        self.census(scrape, told)
        self.findings(scrape, told)
        self.self_(scrape, told)

    def between(self, what, name, least, value, most, slack):
        self.say(least - slack <= value <= most + slack, what, "%s: %d told, and were %d to %d" % (name, value, least, most))

    def moves(self, told, span, slack):
        least, most = self.tally.moves(*span)
        moves = by(told["tcpdwell_transitions_total"], "from", "to")
        for move in {*moves, *most}:
            self.between("transitions", "%s > %s" % move, least[move], moves.get(move, 0), most[move], slack)
        out = collections.Counter()
        for (frm, to), n in moves.items():
            if (frm, to) != ("LISTEN", "SYN-RECEIVED"):
                out[frm] += n
        ends = by(told["tcpdwell_ends_total"], "state", "cause")
        count, partial = (by(told[name], "state") for name in ("tcpdwell_state_duration_seconds_count", "tcpdwell_partial_dwells_total"))
        for state in STATES:
            self.say(sum(n for (s, _), n in ends.items() if s == state) == moves.get((state, "CLOSED"), 0), "sum", "the ends of %s are not its moves to CLOSED" % state)
            dwells = count[state,] + partial[state,] + ends[state, "no-port"]
            self.say(dwells == out[state], "sum", "%d dwells in %s, and %d moves out of it" % (dwells, state, out[state]))

    def ends(self, told, span, slack):
        least, most, open_to = self.tally.ends(*span)
        ends = by(told["tcpdwell_ends_total"], "state", "cause")
        for (state, cause), value in ends.items():
            if cause != "unknown":
                self.between("ends", "%s, %s" % (state, cause), least[state, cause] - ends[state, "unknown"], value, most[state, cause] + open_to[state], slack)

    def dwells(self, state, told, span, slack):
        may, sure, unseen = self.tally.dwells(state, *span)
        buckets = {le: n for (s, le), n in by(told["tcpdwell_state_duration_seconds_bucket"], "state", "le").items() if s == state}
        count = told["tcpdwell_state_duration_seconds_count"][("state", state),]
        partial = told["tcpdwell_partial_dwells_total"][("state", state),]
        total = told["tcpdwell_state_duration_seconds_sum"][("state", state),] * S
        self.between("dwells", state, len(sure), count + partial, len(may), slack)
        # Of most SYN-RECEIVED nobody sees the SYN come; and a gap makes dwells partial that it may touch.
        if state != "SYN-RECEIVED" and not slack:
            self.between("partial", state, 0, partial, unseen, slack)
        values = list(buckets.values())
        self.say(values == sorted(values) and values[-1] == count and [round(float(le) * S) for le in buckets if le != "+Inf"] == COARSE, "buckets", "%s: they do not grow to the count" % state)
        near, low, high, last = TOL + JIFFY, 0, 0, 0
        for bound, n in zip([*COARSE, NEVER], values):
            # So many may be as short, so many must.
            most, least = bisect.bisect_right(may, bound + near), bisect.bisect_right(sure, bound - near)
            # The machine stands still between the witness and the program: seldom, as in Judge.stall().
            most = min(most + STALLS, bisect.bisect_right(may, bound + STALL))
            least = max(least - STALLS, bisect.bisect_right(sure, bound - STALL))
            self.say(least - partial - slack <= n <= most + slack, "buckets", "%s: %d up to %d ns, and were %d to %d" % (state, n, bound, least, most))
            in_it, before = n - last, COARSE[COARSE.index(bound) - 1] if bound in COARSE[1:] else 0 if bound == COARSE[0] else COARSE[-1]
            low, high, last = low + in_it * before, high + in_it * bound if in_it else high, n
        self.say(low * (1 - 1e-9) <= total <= high * (1 + 1e-9), "sum", "%s: %d ns in all, of the buckets %d to %d" % (state, total, low, high))

    # ---- as of its census ----

    def census(self, scrape, told):
        connections, oldest = by(told["tcpdwell_connections"], "state"), by(told["tcpdwell_oldest_seconds"], "state")
        self.verdict.share("census of serve", "whole" if connections else "none")
        begin, end = scrape["census"], scrape["end"]
        gone = self.stage.gone and self.stage.gone[0] <= end
        self.say(gone or not told["tcpdwell_unseen_namespaces"][()], "connections", "namespaces are missing")
        for state in STATES:
            low, high, since = self.tally.there(state, begin, end)
            low = 0 if gone else low  # what its orphans hold has no name and no process
            if connections and state != "SYN-RECEIVED":  # requests are no sockets of ours
                self.between("connections", state, low, connections[state,], high, self.tally.loose)
            elif connections:
                self.say(connections[state,] >= low - self.tally.loose, "connections", "%d in %s, and were %d at least" % (connections[state,], state, low))
            if (state,) in oldest and state != "SYN-RECEIVED":
                # The model may know of a mini-socket that has just ended.
                _, _, since = self.tally.there(state, begin, end, LATE)
                told_ns = oldest[state,] * S
                self.say(self.tally.loose or told_ns <= max(0, end - since) + TOL + 2 * JIFFY, "oldest", "%s: %d ns, and was %d" % (state, told_ns, max(0, end - since)))
        all_of = [self.tally.there(state, begin, end, LATE) for state in STATES]
        remembered = told["tcpdwell_remembered_connections"][()]
        self.say(sum(a[0] for a in all_of) - self.tally.loose <= remembered, "remembered", "%d, and were %d" % (remembered, sum(a[0] for a in all_of)))
        self.verdict.say(told["tcpdwell_evicted_connections_total"][()] == 0, "serve evicted", None, "serve: evicted some")

    def findings(self, scrape, told):
        found = collections.defaultdict(dict)
        for (rule, comm), n in by(told["tcpdwell_findings"], "rule", "comm").items():
            found[rule][comm] = n
        begin, end = scrape["census"], scrape["end"]
        for rule, counts in found.items():
            total = sum(counts.values())
            if rule in OF_HOST:
                self.say(total <= 1, "findings", "%s: %d" % (rule, total))
            elif not total or rule in FILLINGS:
                self.say(not total, "findings", "%s: %d, and nothing was filled" % (rule, total))
            else:
                may = self.looks.may_find(rule, begin, end)
                if may is None:
                    continue
                self.say(total <= len(may) + self.tally.loose, "findings", "%s: %s, and that may be true of %d" % (rule, counts, len(may)))
                for comm, n in counts.items():
                    owners = sum(comm == "" or comm in names for names in may)
                    self.say(n <= owners + self.tally.loose, "findings", "%s of '%s': %d, and that may be true of %d" % (rule, comm, n, owners))

    # ---- of itself ----

    def self_(self, scrape, told):
        exporter = self.stage.exporter
        (labels, one), = told["tcpdwell_build_info"].items()
        labels = dict(labels)
        self.say(one == 1 and labels["kernel"] == platform.release(), "build", "%s" % labels)
        start = told["process_start_time_seconds"][()] * S
        self.say(exporter["wall"] - SECOND <= start <= exporter["wall"] + (exporter["ready"] - exporter["begin"]) + SECOND, "process", "began at %d, and was started at %d" % (start, exporter["wall"]))
        cpu = told["process_cpu_seconds_total"][()] * S
        self.say(0 <= cpu <= scrape["end"] - exporter["begin"], "process", "%d ns of CPU, in %d ns" % (cpu, scrape["end"] - exporter["begin"]))
        self.say(told["tcpdwell_label_overflow_total"][()] == 0, "overflow", "without -b")


class Screens:
    """The table of states that `top` shows: of its last look, every half a second."""

    def __init__(self, stage, tally, verdict):
        self.stage, self.tally, self.verdict = stage, tally, verdict

    def judge(self):
        for number, screen in enumerate(self.stage.screens):
            self.name = "top, screen %d" % number
            rows = picture(screen["text"])
            if self.say(bool(rows), "whole", "no table of states: %s" % screen["text"][:300]):
                self.screen(screen, rows)

    def say(self, right, what, text):
        return self.verdict.say(right, "top " + what, None, lambda: "%s: %s" % (self.name, text))

    def screen(self, screen, rows):
        end = screen["end"]
        time = re.search(r"(\d\d):(\d\d):(\d\d)$", screen["text"].splitlines()[0].rstrip())
        if not self.say(bool(time), "whole", "no time: %s" % screen["text"][:200]):
            return
        since_midnight = (int(time[1]) * 3600 + int(time[2]) * 60 + int(time[3])) * SECOND
        ago = (end + screen["wall"] - since_midnight) % DAY
        if not self.say(ago < OLD, "time", "%s, which is %d ns ago" % (time[0], ago)):
            return
        begin, end = end - ago - LOOK, min(end, end - ago + SECOND + LOOK)
        top = self.stage.top
        lost = re.search(r"LOST (\d+)|up to (\d+) skipped", screen["text"])
        slack = self.tally.loose + (int(lost[1] or lost[2]) if lost else 0)
        self.say(not lost or not lost[1] or self.tally.loose, "lost", lost and lost[0])
        span = top["begin"], begin - LATE, end, top["ready"] + TOL
        for state, row in rows.items():
            low, high, since = self.tally.there(state, begin, end)
            low = 0 if self.stage.gone and self.stage.gone[0] <= end else low
            if state != "SYN-RECEIVED":
                self.say(low - slack <= int(row["NOW"]) <= high + slack, "now", "%s: %s, and were %d to %d" % (state, row["NOW"], low, high))
            may, sure, unseen = self.tally.dwells(state, *span)
            ended = int(row["ENDED"])
            # Not those that a gap may touch, nor handshakes of which nobody saw the SYN come.
            low = 0 if slack or state == "SYN-RECEIVED" else len(sure) - unseen
            self.say(low <= ended <= len(may) + slack, "ended", "%s: %d, and were %d to %d" % (state, ended, low, len(may)))
            if ended and may:
                # The longest of all, but for what rounds it.
                self.say(slack or is_longest(row["max"], may[0], max(self.longest(state, span), 0)), "max", "%s: longest %s, and was %d" % (state, row["max"], self.longest(state, span)))
            if row["OLDEST"] not in ("-", "?") and state != "SYN-RECEIVED":
                _, _, since = self.tally.there(state, begin, end, LATE)
                self.say(slack or is_longest(row["OLDEST"], 0, end - since + TOL), "oldest", "%s: %s, and was %d" % (state, row["OLDEST"], end - since))

    def longest(self, state, span):
        return max([min(s.end[1], span[2]) - s.begin[0] for s in self.tally.stays[state] if s.end[0] <= span[2] + TOL], default=0)


def is_longest(text, least, most):
    """Is a duration on the screen, a bound or not, within these ns?"""
    return is_told(text, most + TOL + 2 * JIFFY, most + TOL + 2 * JIFFY - max(0, least - TOL))
