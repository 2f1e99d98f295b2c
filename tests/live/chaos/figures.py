"""The judge of figures: what is made of the records of a run is what its lines say, which judge.py has judged.

`report -r` (the data in its page), `serve` (by metrics_of, which renders the metrics of a recording), `top` (by frame, which
draws its picture) and `stuck -r` are made from the recording of a trace. Its lines give every number anew: this shares no code
with the tool, not even the bounds of buckets.
"""
import bisect
import collections
import json
import math
import os
import re
import subprocess

from judge import load

BUILD = os.environ.get("BUILD", "build")
HELPERS = METRICS_OF, FRAME = [os.path.join(BUILD, "fuzz", name) for name in ("metrics_of", "frame")]
US, S = 1000, 1000000000
# Bounds of buckets. The page, as hist -f json: 70 bounds a decade from 1 us to 10^7 s. Scrapers: ten a decade from 10 us to 10^6 s.
FINE = [1000] + [step * 10 ** decade for decade in range(1, 14) for step in [*range(105, 201, 5), *range(210, 501, 10), *range(525, 1001, 25)]]
COARSE = [int(step * 10 ** decade) for decade in range(4, 15) for step in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)] + [10 ** 15]
GRID = [step * 10 ** decade for decade in range(0, 15) for step in (1000, 2000, 5000)]
COLUMNS = 160
STATES = ("LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT")


def is_dwell(o):
    """Not of what was in no state before, of a listener that goes on, or of a connect() that had no port and sent nothing."""
    return o["from"] != "CLOSED" and (o["from"], o["to"]) != ("LISTEN", "SYN-RECEIVED") and o["cause"] != "no-port"


def bucket(ns, bounds):
    at = bisect.bisect_left(bounds, ns)
    return bounds[at] if at < len(bounds) else None


def quantile(values, q, most):
    """Of values in order: the bound of its bucket, and no more than the longest."""
    found = bucket(values[max(1, math.ceil(q * len(values))) - 1], FINE)
    return most if found is None else min(found, most)


class Sums:
    """What the lines of a trace add up to."""

    def __init__(self, lines):
        self.moves, self.ends, self.partial, self.bare = (collections.Counter() for _ in range(4))
        self.exact, self.by_move, self.of_moves = collections.defaultdict(list), collections.defaultdict(list), []
        for o in lines:
            if o["event"] != "transition":
                continue
            move = o["from"], o["to"]
            self.moves[move] += 1
            if o["to"] == "CLOSED":
                self.ends[o["from"], o["cause"]] += 1
            if not is_dwell(o):
                continue
            if o["dwell_known"] == "exact":
                self.exact[o["from"]].append(o["dwell_ns"])
                self.by_move[move].append(o["dwell_ns"])
                self.of_moves.append((o["from"], int(o["ts_ns"]), o["dwell_ns"]))
            else:
                self.partial[o["from"]] += 1
                self.bare[move] += 1
        for values in [*self.exact.values(), *self.by_move.values()]:
            values.sort()
        self.start, self.summary = lines[0], lines[-1]


def samples(text):
    """Of the metrics' text: {name: {labels as a tuple of pairs: value}}."""
    found = collections.defaultdict(dict)
    for line in text.splitlines():
        match = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
        if match and not line.startswith("#"):
            found[match[1]][tuple(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))] = float(match[3])
    return found


def by(family, *names):
    """The samples of a family by the values of these labels."""
    return {tuple(dict(labels)[name] for name in names): value for labels, value in family.items()}


UNITS = {"us": US, "ms": 1000 * US, "s": S, "m": 60 * S, "h": 3600 * S, "d": 86400 * S}


def is_told(text, ns, ago=0):
    """Is that duration, as clock_duration() writes it, that many ns, or what they were so long ago?"""
    parts = re.findall(r"([0-9.]+)([a-z]+)", text)
    if not parts:
        return ns == 0 and text == "0"
    told = sum(float(number) * UNITS[unit] for number, unit in parts)
    step = 10.0 ** -len(parts[-1][0].partition(".")[2]) * UNITS[parts[-1][1]]
    return ns - ago - step * 1.01 <= told <= ns + step * 1.01


class Figures:
    def __init__(self, tcpdwell, name, tracer, verdict):
        self.tcpdwell, self.name, self.verdict = tcpdwell, name, verdict
        self.path = tracer["path"]
        self.sums = Sums(load(self.path + ".json"))
        self.hist = {o["state"]: o for o in load(self.path + ".hist.json") if o["event"] == "histogram"}

    def is_(self, kind, what, got, wanted):
        self.verdict.say(got == wanted, kind, None, lambda: "%s: %s: %s: %s, and by the lines %s" % (kind, self.name, what, got, wanted))

    def run(self, kind, suffix, *command):
        """Its output, or None."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"))
        with open("%s.%s" % (self.path, suffix), "w") as out:
            out.write(done.stdout)
        self.verdict.say(done.returncode == 0, kind, None, lambda: "%s: %s: status %d: %s" % (kind, self.name, done.returncode, done.stderr[:300]))
        return None if done.returncode else done.stdout

    def judge(self):
        page, metrics = self.page(), self.metrics()
        if page and metrics:
            self.agree(page, metrics)
        if metrics:
            # Metrics know of the last record, a picture of the last census.
            self.picture(metrics, page["census"]["before_end_ns"] if page and page["census"] else 0)

    # ---- the page ----

    def page(self):
        text = self.run("page", "html", self.tcpdwell, "report", "-", "-q", "-r", self.path + ".rec")
        if text is None:
            return None
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*)</script>', text)[1])
        sums, summary = self.sums, self.sums.summary
        lost = {kind: summary["lost_" + kind] for kind in ("transition", "timewait", "accepted", "skipped") if summary["lost_" + kind]}
        self.is_("page", "lost", {k: v for k, v in data["head"]["lost"].items() if k in lost or v}, dict(lost, **({"forgotten": summary["evicted"]} if summary["evicted"] else {})))
        self.is_("page", "duration", data["head"]["duration_ns"], int(summary["ts_ns"]) - int(sums.start["ts_ns"]))
        self.is_("page", "moves", {(m["from"], m["to"]): m["count"] for m in data["moves"]}, dict(sums.moves))
        for m in data["moves"]:
            move = m["from"], m["to"]
            values = sums.by_move[move]
            self.is_("page", "%s > %s" % move, (m["partial"] or 0, m["p50_ns"], m["p99_ns"], m["max_ns"]),
                     (sums.bare[move], *([quantile(values, q, values[-1]) for q in (0.5, 0.99)] + [values[-1]] if values else [None] * 3)))
            if m["to"] == "CLOSED":
                self.is_("page", "causes of %s" % m["from"], m["causes"], {cause: n for (state, cause), n in sums.ends.items() if state == m["from"]})
        for state, s in data["states"].items():
            if state in self.hist:  # accept-wait is of another histogram
                self.page_state(state, s)
        self.grid(data["grid"])
        return data

    def page_state(self, state, s):
        values, hist = self.sums.exact[state], self.hist[state]
        self.is_("page", state, (s["count"], s["partial"]), (len(values), self.sums.partial[state]))
        if values:
            self.is_("page", state + " percentiles", [s[k] for k in ("min_ns", "p50_ns", "p90_ns", "p99_ns", "max_ns")],
                     [values[0], *(quantile(values, q, values[-1]) for q in (0.5, 0.9, 0.99)), values[-1]])
            self.verdict.say(abs(s["mean_ns"] - sum(values) / len(values)) <= 1 + sum(values) * 1e-9, "page", None, lambda: "page: %s: mean %s" % (state, s["mean_ns"]))
        counts = collections.Counter(bucket(v, FINE) for v in values)
        told = dict(zip(s["buckets"][::2], s["buckets"][1::2]))
        self.is_("page", state + " buckets", told, dict(counts))
        self.is_("hist", state + " buckets", {b: n for b, n in hist["buckets"] or []}, dict(counts))
        for key in ("still", "still_in_doubt", "oldest_ns"):
            self.is_("page", "%s %s" % (state, key), s[key], hist[key])

    def grid(self, grid):
        """Each dwell in the column of its end and the row of its length."""
        begin, step, wanted = int(self.sums.start["ts_ns"]), grid["step_ns"], collections.Counter()
        for state, ts, ns in self.sums.of_moves:
            wanted[state, max(0, ts - begin) // step, bisect.bisect_left(GRID, ns)] += 1
        told = {(state, *cells[i:i + 2]): cells[i + 2] for state, cells in grid["states"].items() for i in range(0, len(cells), 3)}
        self.is_("page", "over time", told, dict(wanted))
        self.verdict.say(grid["columns"] <= COLUMNS, "page", None, "page: %d columns" % grid["columns"])

    # ---- what a scraper would have got ----

    def metrics(self):
        text = self.run("metrics", "metrics", METRICS_OF, self.path + ".rec", "prometheus")
        if text is None:
            return None
        told, sums, summary = samples(text), self.sums, self.sums.summary
        moves = by(told["tcpdwell_transitions_total"], "from", "to")
        self.is_("metrics", "transitions", {k: v for k, v in moves.items() if v}, dict(sums.moves))
        self.is_("metrics", "ends", {k: v for k, v in by(told["tcpdwell_ends_total"], "state", "cause").items() if v}, dict(sums.ends))
        self.is_("metrics", "partial", {k[0]: v for k, v in by(told["tcpdwell_partial_dwells_total"], "state").items() if v}, {k: v for k, v in sums.partial.items() if v})
        buckets = collections.defaultdict(dict)
        for (state, le), n in by(told["tcpdwell_state_duration_seconds_bucket"], "state", "le").items():
            buckets[state][le] = n
        for state in STATES:
            values = sums.exact[state]
            got = buckets[state]
            self.is_("metrics", state + " bounds", [round(float(le) * S) for le in got if le != "+Inf"], COARSE)
            self.is_("metrics", state + " buckets", list(got.values()), [*(bisect.bisect_right(values, b) for b in COARSE), len(values)])
            self.is_("metrics", state + " count", told["tcpdwell_state_duration_seconds_count"][("state", state),], len(values))
            total = told["tcpdwell_state_duration_seconds_sum"][("state", state),]
            self.verdict.say(abs(total * S - sum(values)) <= 1 + sum(values) * 1e-9, "metrics", None, lambda: "metrics: %s: %s: sum %s, by the lines %d ns" % (self.name, state, total, sum(values)))
        for kind, value in by(told["tcpdwell_lost_records_total"], "kind").items():
            if "lost_" + kind[0] in summary:
                self.is_("metrics", "lost " + kind[0], value, summary["lost_" + kind[0]])
        self.is_("metrics", "evicted", told["tcpdwell_evicted_connections_total"][()], summary["evicted"])
        return told

    def agree(self, page, metrics):
        """One census, told by the page, the metrics and `stuck -r`."""
        text = self.run("stuck", "stuck", self.tcpdwell, "stuck", "-r", self.path + ".rec", "-s", "all", "-f", "json")
        if text is None or page["census"] is None:
            return
        lines = [json.loads(line) for line in text.splitlines()]
        census = next(o for o in lines if o["event"] == "census")
        counts = {k[0]: v for k, v in by(metrics["tcpdwell_connections"], "state").items()}
        self.is_("agree", "page's census", page["census"]["states"], {k: v for k, v in census["states"].items() if v})
        if counts:
            self.is_("agree", "metrics' census", {k: v for k, v in counts.items() if v}, {k: v for k, v in census["states"].items() if v and k != "CLOSED"})
        found = collections.Counter(o["rule"] for o in lines if o["event"] == "stuck" and o["rule"])
        told = collections.Counter()
        for (rule, _), n in by(metrics["tcpdwell_findings"], "rule", "comm").items():
            told[rule] += n
        if counts:
            self.findings("metrics", told, found)
        told = collections.Counter()
        for finding in page["census"]["findings"]:
            told[finding["rule"]] += finding["count"]
        if page["census"]["sayings"] == len(page["census"]["findings"]):
            self.findings("page", told, found)
        rows = page["census"]["rows"]
        if page["census"]["groups"] == len(rows):
            self.is_("agree", "page's rows", sum(r["count"] for r in rows), page["census"]["stuck"])

    def findings(self, what, told, found):
        """Who has watched knows ages better than `stuck`, so it may find more that waits for a time; never less."""
        for rule in {*told, *found}:
            if rule in ("close-wait-held", "close-wait-leak", "fin-wait-2-held", "fin-wait-2-idle", "closed-held", "closed-leak"):
                continue  # with the age one becomes the other
            self.verdict.say(told[rule] >= found[rule], "agree", None, lambda: "%s: %s: %s: %d found, by stuck -r %d" % (self.name, what, rule, told[rule], found[rule]))

    # ---- a picture of `top` ----

    def picture(self, metrics, ago):
        text = self.run("top", "top", FRAME, self.path + ".rec", "40", "100")
        if text is None:
            return
        rows = picture(text)
        self.is_("top", "states", sorted(rows), sorted(STATES))
        lost = self.sums.summary
        lost = sum(lost["lost_" + k] for k in ("transition", "timewait", "accepted")) + lost["evicted"]
        self.is_("top", "nothing lost", "nothing lost" in text or "skipped" in text and "LOST" not in text, not lost)
        connections, oldest = by(metrics["tcpdwell_connections"], "state"), by(metrics["tcpdwell_oldest_seconds"], "state")
        for state, row in rows.items():
            values = self.sums.exact[state]
            self.is_("top", state + " ended", row["ENDED"], str(len(values)))
            if connections:
                self.is_("top", state + " now", row["NOW"], "%d" % connections[state,])
            wanted = [quantile(values, q, values[-1]) for q in (0.5, 0.9, 0.99)] + [values[-1]] if values else [None] * 4
            for key, ns in zip(("p50", "p90", "p99", "max"), wanted):
                self.verdict.say(row[key] == "-" if ns is None else is_told(row[key], ns), "top", None, lambda: "top: %s: %s: %s %s, by the lines %s ns" % (self.name, state, key, row[key], ns))
            if (state,) in oldest and row["OLDEST"] not in ("-", "?"):
                self.verdict.say(is_told(row["OLDEST"], oldest[state,] * S, ago), "top", None, lambda: "top: %s: %s: oldest %s, by the metrics %s s" % (self.name, state, row["OLDEST"], oldest[state,]))


def picture(text):
    """The table of states on the screen: {state: {column: word}}."""
    rows, names = {}, None
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["STATE", "NOW"]:
            names = words
        elif names and words and words[0] in STATES and len(words) == len(names):
            rows[words[0]] = dict(zip(names, words))
        elif rows:
            break
    return rows
