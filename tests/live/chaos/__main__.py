"""chaos: random lives of TCP connections at both ends, played before tcpdwell; every statement of its output is judged
against what happened.

  python3 tests/live/chaos [--seed N]... [--lives N] [--rate N] [--kinds A,B] [--calm] [--lossless]
      [--shrink] [--table] [--keep DIR]

A seed makes the plan of a run, and the same plan again; times differ from run to run. --shrink looks for the fewest lives
that still fail; --lossless plays without the tracer whose buffer overflows, --calm without packet filters and without
addresses that go. Prints a result line for each seed, with what is false below it; --table prints what is not known, and
how far bounds are from the truth. BUILD names the build folder, with fuzz/metrics_of and fuzz/frame in it. See plan.py (what is
played), stage.py (how), witness.py and truth.py (what happened), and who judges what is said of it: judge.py (trace, hist),
looks.py (stuck), scrapes.py (serve, top), figures.py (report, serve and top, made from a trace's recording).
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # root's files in the source would be in others' way

import figures
import judge
import looks
import plan
import scrapes
import stage
import truth

TCPDWELL = os.path.join(os.environ.get("BUILD", "build"), "tcpdwell")


def replayed(tracer, name, verdict):
    """A recording says what the live run said."""
    command = [TCPDWELL, tracer["options"][0], "-r", tracer["path"] + ".rec", "-f", "json"]
    again = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines()
    with open(tracer["path"] + ".json") as file:
        live = file.read().splitlines()
    n = max(len(live), len(again))
    verdict.judged += n
    verdict.told["replay"] += n
    for i in range(n):
        one, other = (lines[i] if i < len(lines) else "nothing" for lines in (live, again))
        if one != other:
            verdict.false.append(("replay", None, "%s: line %d: live:     %s\n        replayed: %s" % (name, i + 1, one, other)))
            break


def summed(tracer, name, the, verdict):
    """The recording's histograms of all states against the truth."""
    command = [TCPDWELL, "hist", "-r", tracer["path"] + ".rec", "-s", "all", "-f", "json"]
    with open(tracer["path"] + ".hist.json", "w") as out:
        subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL)
    lines = judge.load(tracer["path"] + ".hist.json")
    the.histograms("hist -r " + name, tracer, lines, lines[-1], verdict)


def run(made, work):
    """Plays a plan; the verdict, and how many lives were played."""
    play = stage.Stage(made, work, TCPDWELL)
    try:
        play.set()
        play.play()
        play.finish()
    finally:
        play.strike()
    lives, by_tuple, loose = truth.build(play)
    verdict = judge.Verdict()
    the = judge.Judge(play, lives, by_tuple, loose)
    for name, tracer in play.tracers.items():
        if tracer["options"][0] == "trace":
            the.trace(name, verdict)
            replayed(tracer, name, verdict)
            summed(tracer, name, the, verdict)
            figures.Figures(TCPDWELL, name, tracer, verdict).judge()
        else:
            lines = judge.load(tracer["path"] + ".json")
            the.histograms(name, tracer, lines, lines[-1], verdict)
    looking = looks.Looks(play, lives, by_tuple)
    for look in play.looks:
        looking.judge(look, verdict)
    tally = scrapes.Tally(play, lives, the)
    scrapes.Scrapes(play, tally, looking, verdict).judge()
    scrapes.Screens(play, tally, verdict).judge()
    withheld = sum(l.withheld for l in lives)
    return verdict, withheld


def tell(seed, lives, verdict, withheld, file=sys.stdout):
    what = "%d lives, %d statements judged" % (lives, verdict.judged)
    if withheld:
        what += "; of %d sockets the host withheld an event" % withheld
    if verdict.false:
        print("FAIL chaos-%s: %s, %d false" % (seed, what, len(verdict.false)), file=file)
        shown = {}
        for kind, life, text in verdict.false:
            shown[kind] = shown.get(kind, 0) + 1
            if shown[kind] <= 4:
                print("    %s, life %s: %s" % (kind, life, text), file=file)
        print("    in all: %s" % ", ".join("%d of %s" % (n, kind) for kind, n in sorted(shown.items())), file=file)
    else:
        print("ok chaos-%s: %s" % (seed, what), file=file)
    file.flush()


def table(verdict):
    print("what is said       exact    bound  unknown   bounds below the truth: median, 90 %, most, ms")
    for what in sorted(verdict.shares):
        counts = verdict.shares[what]
        if what.split()[0] not in ("dwell", "age"):
            continue
        values = sorted(verdict.short.get(what, []))
        far = ", ".join("%.1f" % (values[min(len(values) - 1, int(len(values) * p))] / 1e6) for p in (0.5, 0.9, 1)) if values else "-"
        print("%-17s %7d  %7d  %7d   %s" % (what, counts["exact"], counts["at-least"], counts["unknown"], far))
    for what in sorted(verdict.shares):
        if what.split()[0] not in ("dwell", "age"):
            print("%-17s %s" % (what, ", ".join("%d %s" % (n, k) for k, n in sorted(verdict.shares[what].items(), key=lambda i: -i[1]))))
    print("statements judged: " + ", ".join("%d of %s" % (n, k) for k, n in sorted(verdict.told.items(), key=lambda i: -i[1])))


def shrink(made, work, kinds, tries=3):
    """The fewest lives with which one of these kinds of statements is still false: by halves, then by smaller parts."""
    def fails(lives):
        for _ in range(tries):
            verdict, _ = run(dict(made, lives=made["lives"][:1] + lives), fresh(work))
            found = [f for f in verdict.false if f[0] in kinds]
            if found:
                return verdict
        return None

    lives, parts, last = made["lives"][1:], 2, None
    while len(lives) > 1:
        size = -(-len(lives) // parts)
        for at in range(0, len(lives), size):
            # Of many lives one part may do; of few, all but one.
            for kept in ([lives[at:at + size]] if parts == 2 else [lives[:at] + lives[at + size:]]):
                verdict = fails(kept)
                if verdict:
                    lives, last = kept, verdict
                    parts = max(2, parts - 1)
                    break
            else:
                continue
            break
        else:
            if parts >= len(lives):
                break
            parts = min(len(lives), parts * 2)
        print("note chaos: %d lives still fail" % len(lives) if last else "note chaos: parts of %d" % size, flush=True)
    return lives, last


def fresh(work):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    return work


def main():
    options = argparse.ArgumentParser(prog="chaos")
    options.add_argument("--seed", type=int, action="append")
    options.add_argument("--lives", type=int, default=500)
    options.add_argument("--rate", type=float, default=90.0)
    options.add_argument("--ending", choices=["stop", "netns"])
    options.add_argument("--kinds", type=lambda text: text.split(","))
    options.add_argument("--shrink", action="store_true")
    options.add_argument("--table", action="store_true")
    options.add_argument("--lossless", action="store_true")
    options.add_argument("--calm", action="store_true")
    options.add_argument("--keep")
    args = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in figures.HELPERS:
        if not os.path.exists(name):
            sys.exit("error: '%s' is not built\nhint: `make all units`" % name)
    root = args.keep or tempfile.mkdtemp(prefix="tcpdwell-chaos.")
    total, status = judge.Verdict(), 0
    try:
        for seed in args.seed or [1]:
            made = plan.make(seed, args.lives, args.rate, args.ending, args.kinds)
            if args.lossless:
                made["events"] = [event for event in made["events"] if "lossy" not in event]
            if args.calm:
                made["events"] = [event for event in made["events"] if event[1] not in ("filter", "address")]
            work = os.path.join(root, "seed-%d" % seed)
            verdict, withheld = run(made, fresh(work))
            tell(seed, args.lives, verdict, withheld)
            total.add(verdict)
            if verdict.false:
                status = 1
                if args.shrink:
                    lives, last = shrink(made, work, {f[0] for f in verdict.false})
                    print("smallest: lives %s" % ",".join(l["id"] for l in lives))
                    if last:
                        tell(seed, len(lives), last, 0)
                    for life in lives[:3]:
                        print("    life %s, %s, from %.1f ms:" % (life["id"], life["kind"], life["start"]))
                        for op in life["ops"]:
                            print("        %9.1f %s" % (op[0], " ".join(map(str, op[1:]))))
        if args.table:
            table(total)
    finally:
        if not args.keep:
            shutil.rmtree(root, ignore_errors=True)
    return status


sys.exit(main())
