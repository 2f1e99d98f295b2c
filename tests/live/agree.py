"""agree.py NAME PATIENCE_S NONE-PORTS LEAST BEFORE AFTER FACE=FILE... - does each face say the same of every socket?

BEFORE and AFTER are what `stuck -f json` said just before the faces were asked and just after: what is the same in both
has to be in each face, what is in neither may be in none. FACE is `stuck` (its JSON), `report` (its page), `top` (a
screen, by local-port,remote-port) or `serve` (metrics); with `watched-` before it, a face that was there before, and may
know an age that the sockets do not prove; with `exact-`, one that was fed the same. NONE-PORTS: sockets that come and go. LEAST: fewer rows to compare are a failure.

Prints a result line for each, and below it both rows of every disagreement.
"""
import collections
import json
import re
import sys

SECOND = 10**9
NAME, PATIENCE = sys.argv[1], float(sys.argv[2]) * SECOND
OTHER = "(other)"
NONE = {int(port) for port in sys.argv[3].split(",") if port}
LEAST = int(sys.argv[4])

# A row: sockets that are alike. What is not the same in all of them, or not told, is None.
Row = collections.namedtuple("Row", "state rule owner lport rport laddr raddr count oldest youngest")
# What is filled. `room` is None where only the percentage is told.
Filling = collections.namedtuple("Filling", "rule laddr raddr rport count percent room")
# An age: ns, or None; is it exact?
Age = collections.namedtuple("Age", "ns exact")


def text_of(row):
    def age(a):
        return "?" if a.ns is None else "%s%.2fs" % ("" if a.exact else ">=", a.ns / SECOND)
    return "%s %s %s, %s:%s %s:%s, %d of age %s" % (
        row.state, row.rule or "-", row.owner, row.laddr or "*", row.lport or "*", row.raddr or "*", row.rport or "*",
        row.count, age(row.oldest) if row.count == 1 or not row.youngest else age(row.oldest) + " to " + age(row.youngest))


# ---- what the faces say: rows, and what is filled ----

def with_device(addr, device):
    """A link-local address means nothing without its device."""
    return "%s%%%s" % (addr, device) if device and addr and re.match("fe[89ab]", addr) else addr


def of_end(text):
    """"*", "*:*", "10.0.0.1:*", "[::1]:443": an address or None, a port or 0."""
    addr, _, port = text.rpartition(":")
    addr = addr.strip("[]")
    return addr if addr not in ("", "*") else None, int(port) if port.isdigit() else 0


def filling_of(rule, local, remote, count, percent, room):
    (laddr, _), (raddr, rport) = of_end(local), of_end(remote.split(" dev ")[0])
    return Filling(rule, laddr, raddr, rport, count, percent, room)


def of_stuck(path):
    with open(path) as file:
        lines = [json.loads(line) for line in file]
    rows, filled = [], []
    for o in lines:
        if o["event"] == "stuck":
            age = Age(o["age_ns"], o["age_known"] == "exact")
            rows.append(Row(o["state"], o["rule"], o["owner"], o["lport"], o["rport"] or 0,
                            *(with_device(o[end], o["device"]) for end in ("laddr", "raddr")), 1, age, age))
        elif o["event"] == "finding" and o.get("room") is not None:
            filled.append(Filling(o["rule"], with_device(o["laddr"], o["device"]), o["raddr"], o["rport"] or 0, o["count"], min(o["count"] * 100 // o["room"], 100), o["room"]))
    return rows, filled


def of_report(path):
    with open(path) as file:
        page = file.read()
    at = page.index('{"head":')
    census = json.JSONDecoder().raw_decode(page, at)[0]["census"]
    assert census["groups"] == len(census["rows"]), "the page leaves out some of %d rows" % census["groups"]
    rows = [Row(o["state"], o["rule"] or None, o["owner"], o["lport"], o["rport"], o["laddr"], o["raddr"], o["count"],
                Age(o["age_ns"], o["age_exact"]), Age(o["youngest_ns"], False)) for o in census["rows"]]
    return rows, [filling_of(o["rule"], *((o["ends"] or "").split(" > ") + [""])[:2], o["count"], min(o["count"] * 100 // o["room"], 100), o["room"])
                  for o in census["fillings"]]


UNITS = {"us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9}


def age_of(text):
    if text == "?":
        return Age(None, False)
    return Age(sum(float(n) * UNITS[u] for n, u in re.findall(r"([0-9.]+)(us|ms|s|m|h|d)", text)), not text.startswith(">="))


def of_top(path):
    with open(path) as file:
        lines = [line.rstrip("\n") for line in file]
    head = next(i for i, line in enumerate(lines) if re.match(r" STATE +AGE", line))
    columns = {title: lines[head].index(title) for title in ("BY", "LOCAL", "REMOTE", "OWNER", "WHY")}
    rows, filled = [], []
    for line in lines[head + 1:]:
        if not line.strip() or line.startswith("why:"):
            break
        full = re.match(r".[A-Z0-9-]+ +(?:([0-9]+)% )?full +([0-9]+) ", line)
        state, age, count = line[1:columns["BY"]].split(None, 2) if not full else (None, None, None)
        rule = line[columns["WHY"]:].split()[0]
        if state is None:
            local, remote = (line[columns[title]:].split()[0] for title in ("LOCAL", "REMOTE"))
            filled.append(filling_of(rule, local, remote, int(full.group(2)), int(full.group(1) or 100), None))
            continue
        lport, rport = (0 if port == "?" else int(port) for port in line[columns["BY"]:].split()[:2])
        owner = line[columns["OWNER"]:columns["WHY"]].strip()
        rows.append(Row(state, None if rule == "-" else rule, owner, lport, rport, None, None, int(count), age_of(age), None))
    return rows, filled


def of_serve(path):
    """Findings alone, by rule and name."""
    with open(path) as file:
        return {m.group(1, 2): int(m.group(3)) for m in
                re.finditer(r'^tcpdwell_findings\{rule="([^"]*)",comm="([^"]*)"\} ([0-9]+)$', file.read(), re.M) if m.group(3) != "0"}


# ---- comparing ----

def is_transient(row):
    return row.lport in NONE or row.rport in NONE


def same_end(face, socket):
    return all(a is None or a == b for a, b in ((face.lport, socket.lport), (face.rport, socket.rport), (face.laddr, socket.laddr), (face.raddr, socket.raddr)))


def same_owner(face, socket):
    if face == "*":
        return True
    pattern = re.escape(face).replace(re.escape("[*]"), r"\[[0-9]+\]( \+[0-9]+)?").replace(re.escape(" +*"), r"( \+[0-9]+)?")
    return re.fullmatch(pattern, socket) is not None


def covers(face, socket):
    return (face.state, face.rule) == (socket.state, socket.rule) and same_end(face, socket) and same_owner(face.owner, socket.owner)


def is_above(age):
    return age.ns is not None and age.ns >= PATIENCE


def ages_disagree(face, sockets, how):
    """Of the oldest, and of the youngest where it is told: above patience or not; to the nanosecond in `exact-`."""
    for told, of in (face.oldest, max), (face.youngest, min):
        if told is None:
            continue
        ours = of((s.oldest for s in sockets), key=lambda a: a.ns or 0)
        if how == "exact" and told.ns != ours.ns:
            return True
        if how == "watched" and is_above(told) and not ours.exact:
            continue
        if is_above(told) != is_above(ours):
            return True
    return False


def key(row):
    return row.state, row.lport, row.rport, row.laddr, row.raddr


def compare_rows(told, before, after, how):
    """Lines, of what is not as it should be."""
    wrong = []
    unchanged = {(key(s), s.rule, s.owner, is_above(s.oldest)) for s in after}
    stable = [s for s in before if (key(s), s.rule, s.owner, is_above(s.oldest)) in unchanged]
    # Two that are over may have had the same ends.
    then, now = (collections.Counter((key(s), s.rule, s.owner) for s in sockets) for sockets in (before, after))
    some = {(key(s), s.rule, s.owner): s for s in before + after}
    seen = [some[k] for k, n in (then | now).items() for _ in range(n)]
    how_many = collections.Counter(row._replace(oldest=None, youngest=None) for row in told)
    for row in told:
        must = [s for s in stable if covers(row, s)]
        may = [s for s in seen if covers(row, s)]
        if row.count == 1 and len(may) > 1 and how_many[row._replace(oldest=None, youngest=None)] == len(must):
            continue
        if not len(must) <= row.count <= len(may):
            near = [s for s in before + after if same_end(row, s) and s.state == row.state][:1]
            wrong.append("told: %s; stuck has %d to %d of these, such as: %s" % (text_of(row), len(must), len(may), text_of(near[0]) if near else "nothing there"))
        elif must and len(must) == row.count and len(may) == row.count and ages_disagree(row, must, how):
            wrong.append("told: %s; stuck has: %s" % (text_of(row), text_of(max(must, key=lambda s: s.oldest.ns or 0))))
    for socket in stable:
        if not any(covers(row, socket) for row in told):
            near = [row for row in told if same_end(row, socket)][:1]
            wrong.append("stuck has: %s; told: %s" % (text_of(socket), text_of(near[0]) if near else "nothing there"))
    return wrong, len(stable)


def name_of(owner):
    match = re.match(r"~?(.*)\[[0-9]+\]", owner)
    return match.group(1) if match else ""


def counts(sockets, filled):
    n = collections.Counter((s.rule, name_of(s.owner)) for s in sockets if s.rule)
    for filling in filled:
        n[(filling.rule, "")] += 1
    return n


def compare_counts(told, before, after):
    low = [counts(*before), counts(*after)]
    wrong = []
    # Of a rule so many names are told, and the others as one.
    for rule in {rule for rule, name in told if name == OTHER}:
        named = {name for other, name in told if other == rule and name != OTHER}
        for n in low:
            for name in [name for other, name in n if other == rule and name not in named]:
                n[(rule, OTHER)] += n.pop((rule, name))
    for pair in sorted(set(told) | set(low[0]) | set(low[1])):
        ends = sorted((low[0][pair], low[1][pair]))
        if not ends[0] <= told.get(pair, 0) <= ends[1]:
            wrong.append("told: %d of %s by '%s'; stuck has %d, then %d" % (told.get(pair, 0), *pair, low[0][pair], low[1][pair]))
    return wrong, sum(low[0].values())


def compare_filled(told, before, after):
    """What stuck finds both times has to be told, what is told has to be found once."""
    def known(fillings):
        all_told = all(f.room is not None for f in told)
        return collections.Counter(f if all_told else f._replace(room=None) for f in fillings)
    told_now, first, last = known(told), known(before), known(after)
    wrong = ["told: %s; stuck does not have it" % (f,) for f in told_now - (first | last)]
    return wrong + ["stuck has: %s; it is not told" % (f,) for f in (first & last) - told_now]


def main():
    before, after = ((list(filter(lambda s: not is_transient(s), rows)), filled) for rows, filled in map(of_stuck, sys.argv[5:7]))
    status = 0
    for face, path in (argument.split("=", 1) for argument in sys.argv[7:]):
        how, _, kind = face.partition("-")
        if how not in ("watched", "exact"):
            how, kind = "", face
        try:
            if kind.split("-")[0] == "serve":
                wrong, n = compare_counts(of_serve(path), before, after)
            else:
                rows, filled = {"stuck": of_stuck, "report": of_report, "top": of_top}[kind.split("-")[0]](path)
                wrong, n = compare_rows([row for row in rows if not is_transient(row)], before[0], after[0], how)
                wrong += compare_filled(filled, before[1], after[1])
                n += len(filled)
        except (AssertionError, AttributeError, IndexError, StopIteration, ValueError, KeyError, OSError) as error:
            wrong, n = ["%s cannot be read: %r" % (path, error)], 0
        if n < LEAST and not wrong:
            wrong.append("told: only %d to compare, where %d and more are played" % (n, LEAST))
        if wrong:
            print("FAIL %s: %s: %d disagreements" % (NAME, face, len(wrong)))
        else:
            print("ok %s: %s: the same of %d" % (NAME, face, n))
        for line in wrong:
            print("    " + line)
        status |= bool(wrong)
    return status


sys.exit(main())
