"""names.py - names that others chose cannot leave their place. One table of names, each through every way in (process,
cgroup, network namespace, head of a recording, file, command line) and every output (text, JSON, CSV, `top`, the page,
metrics, stderr). What comes out is printable UTF-8, and names its bytes: see user/base/name.h.
"""
import concurrent.futures
import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata

BUILD, TESTS, WORK = os.environ["BUILD"], os.environ["TESTS"], sys.argv[1]
TCPDWELL = BUILD + "/tcpdwell"

NAMES = [
    b"\x1b[31mred\x1b[0m",              # colours
    b"\x1b]0;title\x07",                # the title of a terminal's window
    b"\x1b[2J\x1b[H",                   # its screen, emptied
    b"\x1bP+q544e\x1b\\",               # a terminal's answer as typed input
    b"\x9b31mred",                      # C1 as a byte
    b"\xc2\x9b31mred",                  # C1 in UTF-8
    b"\xc2\x85next",                    # NEL
    b"del\x7f\x7f\x7f",
    b"\x08\x08\x08back",
    b"bell\x07",
    b"new\nline",
    b"\nerror: forged",
    b"carriage\rreturn",
    b"\r\nSet-Cookie: a",
    b"tab\there",
    b"\x0b\x0c",
    b"latin\xe9",
    b"\xc0\xaf\xe0\x80\xaf",            # overlong
    b"\xed\xa0\x80",                    # a surrogate
    b"cut\xe2\x82",
    b"\xf4\x90\x80\x80",                # beyond Unicode
    b"\xff\xfe",
    b"\"quoted\"",
    b"'single'",
    b"a,b;c",
    b"\"},{\"event\":\"forged\"",
    b"</script><img>",
    b"{a=\"b\"} 1",
    b"=cmd|' /C calc'!A0",
    b"+1+1",
    b"-2-2",
    b"@SUM(1)",
    "\uff1d1+1".encode(),               # a wide equals sign
    "\u202egpj.exe".encode(),           # right to left
    "\u2066iso\u2069".encode(),
    "\u200f\u061cmark".encode(),
    "a\u200bb\ufeff".encode(),          # zero width
    "line\u2028sep\u2029".encode(),
    b"\\",
    b"\\x41",
    b"\\\\x1b",
    b"$(reboot)`id`",
    b"; rm -rf '",
    b" ",
    b"",
    "caf\u00e9 \u670d\u52a1 \U0001f600".encode(),
    b"A" * 300 + b"\x1b",
]
COMM, NAME = 15, 103                    # bytes that the kernel, and a record, keep of one

failed = 0


def result(name, problems, what):
    """One line of a test: ok, or FAIL with the first problems."""
    global failed
    problems = [p for p in problems if p]
    failed |= bool(problems)
    print(f"FAIL {name}: {'; '.join(problems[:5])}" if problems else f"ok {name}: {what}")


def run(*arguments, status=0, **options):
    """stdout and stderr of a command, which ends as it should."""
    done = subprocess.run(arguments, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False, **options)
    if status is not None and done.returncode != status:
        raise RuntimeError(f"{arguments[:4]} ended with {done.returncode}: {done.stderr[:300]!r}")
    return done.stdout, done.stderr


def is_forbidden(character):
    """By Unicode's own tables, not by ours."""
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")


def unclean(what, output):
    """What is wrong with the bytes of an output, or nothing."""
    try:
        text = output.decode()
    except UnicodeDecodeError as error:
        return f"{what}: no UTF-8: {output[max(0, error.start - 20):error.end + 10]!r}"
    for at, character in enumerate(text):
        if is_forbidden(character):
            return f"{what}: {text[max(0, at - 20):at + 10]!r}"
    return ""


def unname(text):
    """The bytes that a text names."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def lacks(what, got, wanted):
    """Both are sets of names."""
    if got == wanted:
        return ""
    return f"{what}: lacks {sorted(wanted - got)[:3]}, has {sorted(got - wanted)[:3]}"


def lines(output):
    return [json.loads(line) for line in output.decode().splitlines()]


def cell(text):
    """What a reader makes of a cell: one apostrophe is taken off."""
    return text[1:] if text.startswith("'") else text


def is_formula(text):
    return text[:1] in "=+-@\t\r\uff1d\uff0b\uff0d\uff20" and text != ""


comms = {name[:COMM] for name in NAMES}
known = {name[:NAME] for name in NAMES}
record = f"{WORK}/hostile.rec"


def check_text():
    problems = []
    for arguments in (("trace", "-v"), ("hist", "-b", "comm"), ("stuck",), ("stuck", "-v"), ("stuck", "-b", "comm,cgroup")):
        out, err = run(TCPDWELL, *arguments, "-r", record)
        problems += [unclean(" ".join(arguments), out), unclean("stderr", err)]
        if arguments[0] != "stuck" or "-v" in arguments:
            missing = [n for n in comms if "".join(named(n)) not in out.decode()]
            problems.append(f"{' '.join(arguments)} does not tell {missing[:3]}" if missing else "")
    result("names-text", problems, f"{len(NAMES)} names in trace, hist -b comm, stuck")


def named(name):
    """A name as it is to be printed, by Unicode's own tables."""
    at = 0
    while at < len(name):
        for size in (1, 2, 3, 4):
            try:
                character = name[at:at + size].decode()
            except UnicodeDecodeError:
                continue
            if len(character) == 1 and not is_forbidden(character) and character != "\n" and \
                    (character != "\\" or name[at + 1:at + 2] != b"x"):
                break
        else:
            size, character = 1, f"\\x{name[at]:02x}"
        yield character
        at += size


def check_json():
    problems = []
    out, _ = run(TCPDWELL, "trace", "-f", "json", "-r", record)
    problems += [unclean("trace", out), lacks("trace", {unname(e["comm"]) for e in lines(out) if e["event"] == "transition"}, comms)]
    out, _ = run(TCPDWELL, "hist", "-b", "comm", "-f", "json", "-r", record)
    problems += [unclean("hist", out), lacks("hist", {unname(e["by"]["comm"]) for e in lines(out) if e["event"] == "histogram"}, comms)]
    out, _ = run(TCPDWELL, "stuck", "-f", "json", "-r", record)
    events = lines(out)
    stuck = [e for e in events if e["event"] == "stuck"]
    problems += [unclean("stuck", out),
                 lacks("stuck comm", {unname(e["comm"]) for e in stuck}, comms),
                 lacks("holders", {unname(h["comm"]) for e in stuck for h in e["holders"]}, comms),
                 lacks("netns_name", {unname(e["netns_name"] or "") for e in stuck}, known),
                 lacks("cgroup_name", {unname(e["cgroup_name"] or "") for e in stuck}, known),
                 lacks("events", {e["event"] for e in events}, {"census", "stuck", "finding"})]
    with open(f"{WORK}/names.json", "wb") as file:
        for arguments in (("trace",), ("hist", "-b", "comm"), ("stuck",)):
            file.write(run(TCPDWELL, *arguments, "-f", "json", "-r", record)[0])
    done = subprocess.run([sys.executable, TESTS + "/schema.py", f"{WORK}/schema", f"{WORK}/names.json"], capture_output=True, check=False)
    problems.append("" if done.returncode in (0, 77) else done.stdout.decode())
    result("names-json", problems, f"{len(comms)} processes, {len(known)} cgroups and namespaces, each read back")


def check_commands():
    """`next` is typed into a shell: the name of a namespace is one word of it, and the right one."""
    out, _ = run(TCPDWELL, "stuck", "-f", "json", "-r", record)
    nexts = [e["next"] for e in lines(out) if e["event"] == "finding" and "ip netns exec" in (e["next"] or "")]
    problems, words = [], set()
    for command in nexts:
        got, _ = run("bash", "-c", "ip() { printf '%s\\0' \"$3\"; }; ping() { :; }; " + command)
        words |= set(got.split(b"\0")[:-1])
    problems.append(f"words that are no names: {sorted(words - known)[:3]}" if words - known else "")
    problems.append("" if len(nexts) > 30 else f"only {len(nexts)} commands")
    result("names-commands", problems, f"{len(words)} namespaces in {len(nexts)} commands, as bash reads them")


def check_csv():
    problems = []
    for arguments, column, wanted in ((("trace",), "comm", comms), (("stuck",), "comm", comms), (("stuck",), "netns_name", known),
                                      (("stuck",), "cgroup_name", known)):
        out, _ = run(TCPDWELL, *arguments, "-f", "csv", "-r", record)
        rows = list(csv.reader(io.StringIO(out.decode(), newline="")))
        problems.append(unclean(arguments[0], out))
        problems += [f"{len(row)} columns, not {len(rows[0])}" for row in rows if len(row) != len(rows[0])]
        problems += [f"a formula: {text}" for row in rows for text in row if is_formula(text)]
        at = rows[0].index(column)
        got = {unname(cell(row[at])) for row in rows[1:] if arguments == ("stuck",) or row[0] == "transition"}
        problems.append(lacks(f"{arguments[0]} {column}", got, wanted))
    out, _ = run(TCPDWELL, "hist", "-b", "comm", "-f", "csv", "-r", record)
    problems.append(unclean("hist", out))
    result("names-csv", problems, f"{len(comms)} processes, {len(known)} cgroups and namespaces, each read back, no formula")


def check_top():
    problems = []
    for keys in ((), ("Enter",), ("Down", "Down", "Enter"), ("s", "s", "s"), ("g",)):
        for columns in ("40", "80", "200"):
            out, err = run(BUILD + "/fuzz/frame", "--by=comm,cgroup", record, "110", columns, *keys)
            problems += [unclean(f"{keys} {columns}", out), unclean("stderr", err)]
            picture = out.decode().split("----\n")[0].splitlines()
            problems += [f"{len(line)} columns, not {columns}" for line in picture if len(line) > int(columns)]
    result("names-top", problems, "15 pictures")


def check_page():
    page = f"{WORK}/page.html"
    run(TCPDWELL, "report", "-q", "-r", record, page)
    with open(page, "rb") as file:
        text = file.read()
    data = json.loads(re.search(rb'id="data">(.*?)</script>', text, re.S)[1])
    owners = {unname(re.sub(r"\[\d+\]$", "", row["owner"])) for row in data["census"]["rows"]}
    problems = [unclean("page", text.replace(b"\t", b"")), unclean("data", json.dumps(data, ensure_ascii=False).encode()), lacks("owners", owners, comms)]
    result("names-page", problems, f"{len(owners)} owners read back from {len(text)} bytes")


def check_metrics():
    problems = []
    for kind in ("prometheus", "openmetrics"):
        for keys in ("comm", "comm,cgroup"):
            out, err = run(BUILD + "/fuzz/metrics_of", record, kind, "-b", keys, "--max-groups", "1000")
            problems += [unclean(kind, out), unclean("stderr", err)]
            labels = re.findall(r'^tcpdwell_state_duration_seconds_count\{.*comm="((?:[^"\\]|\\.)*)"', out.decode(), re.M)
            got = {unname(re.sub(r"\\(.)", r"\1", label)) for label in labels}
            problems.append(lacks(kind, got, comms))
            if kind == "prometheus":
                done = subprocess.run(["promtool", "check", "metrics"], input=out, capture_output=True, check=False)
                problems.append((done.stdout + done.stderr).decode()[:200])
    result("names-metrics", problems, "Prometheus and OpenMetrics, promtool has nothing to say")


def check_heads():
    """What the head of a recording says. It is JSON: what is no UTF-8 is \\xNN there already."""
    problems = []
    head = f"{WORK}/head.rec"
    for name in NAMES:
        kept = name[:255] if name.decode(errors="replace").encode() == name else "".join(named(name)).encode()[:255]
        run(BUILD + "/fuzz/hostile", head, name, b"plain")
        for arguments in (("trace",), ("trace", "-f", "csv"), ("trace", "-f", "json"), ("stuck", "-f", "json")):
            out, err = run(TCPDWELL, *arguments, "-r", head)
            problems += [unclean(" ".join(arguments), out), unclean("stderr", err)]
            if arguments[1:] == ("-f", "json"):
                problems.append("" if unname(lines(out)[0]["kernel"]) == kept else f"the kernel is not {kept!r}")
        for command in ((BUILD + "/fuzz/metrics_of", head, "prometheus"), (BUILD + "/fuzz/frame", head, "24", "100")):
            out, err = run(*command)
            problems += [unclean(command[0], out), unclean("stderr", err)]
        run(TCPDWELL, "report", "-q", "-r", head, f"{WORK}/head.html")
        with open(f"{WORK}/head.html", "rb") as file:
            data = json.loads(re.search(rb'id="data">(.*?)</script>', file.read(), re.S)[1])
        problems.append("" if unname(data["head"]["kernel"] or "") == kept else f"the page's kernel is not {kept!r}")
    result("names-heads", problems, f"{len(NAMES)} heads of recordings, each in seven outputs")


def check_messages():
    """On the command line, as what an error is about; and as the name of a file."""
    with open(record, "rb") as file:
        cut = file.read(2000)
    os.mkdir(f"{WORK}/files")

    def say(name):
        problems, said = [], 0
        for arguments in ((b"-r", b"/none/" + name), (b"report", b"/none/" + name), (b"-c", name + b"1234567890123456"),
                          (b"-s", name), (b"-b", name), (b"-L", name), (b"-a", name), (b"-d", name), (b"-f", name), (b"--netns", name),
                          (b"--cgroup", name), (b"serve", name), (name,), (b"--" + name,), (b"-" + name,), (b"stuck", b"dport", name),
                          (b"hist", name, name)):
            out, err = run(TCPDWELL, *arguments, b"-r", b"/none/x", status=None)
            problems += [unclean(f"{arguments} stderr", err), unclean(f"{arguments} stdout", out)]
            said += bool(err)
        path = f"{WORK}/files/".encode() + name
        if not name or len(name) > 255 or b"/" in name:
            return problems, said
        with open(path, "wb") as file:
            file.write(cut)
        for arguments in ((), ("stuck",), ("report", "-q", path + b".html")):
            out, err = run(TCPDWELL, *arguments, "-r", path, status=1)
            problems += [unclean("file, stdout", out), unclean("file, stderr", err)]
            problems.append("" if name in unname(err.decode()) else f"{name} is not named: {err}")
            said += 1
        return problems, said

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(say, NAMES))
    result("names-messages", [p for problems, _ in told for p in problems], f"{sum(said for _, said in told)} messages")


run(BUILD + "/fuzz/hostile", record, "6.18", *NAMES)
with open(f"{WORK}/schema", "wb") as schema:
    schema.write(run(TCPDWELL, "schema")[0])
for check in (check_text, check_json, check_commands, check_csv, check_top, check_page, check_metrics, check_heads, check_messages):
    try:
        check()
    except (RuntimeError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        result(check.__name__.replace("check_", "names-"), [f"{type(error).__name__}: {error}"], "")
sys.exit(failed)
