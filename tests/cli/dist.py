"""What is in dist/, read: do names, numbers and commands in it agree with the program and with each other?

    dist.py check METRICS LIST...   result lines; METRICS: what the exporter exports, by `tcpdwell --list-metrics`;
                                    LIST: rules=FILE states=FILE, one name a line
    dist.py queries                 a line for each query of the dashboard: panel, kind, expression; tabs between
    dist.py pod ROOT NETNS          the manifest's container as a runtime is told of it (OCI config.json)
"""
import json
import os
import re
import subprocess
import sys

import yaml

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# What Prometheus adds itself.
TARGET_LABELS = {"job", "instance"}
OWN_SERIES = {"up": TARGET_LABELS, "ALERTS": TARGET_LABELS | {"alertname", "alertstate", "severity"}}
WORDS = {"and", "or", "unless", "by", "on", "offset", "bool", "ignoring", "without", "group_left"}
VARIABLES = {"$instance": ".+", "$state": "CLOSE-WAIT", "$__rate_interval": "5m", "$__range": "5m"}


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def result(problems, what):
    """One line: ok, or FAIL with the first problems."""
    if problems:
        print(f"FAIL dist: {what}: " + "; ".join(str(p) for p in problems[:5]))
    else:
        print(f"ok dist: {what}")


# ---- the files ----


def dashboard():
    return json.loads(read("dist/grafana/tcpdwell.json"))


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries():
    """(where, kind, expression) of each query of the dashboard, with Grafana's variables filled in."""
    board = dashboard()
    found = [
        (panel["title"], "instant" if target.get("instant") else "range", target["expr"])
        for panel in panels()
        for target in panel["targets"]
    ]
    found += [(one["name"], "annotation", one["target"]["expr"]) for one in board["annotations"]["list"]]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            series = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            found.append((variable["name"], "variable", f"count by ({series[2]}) ({series[1]})"))
    for variable, value in VARIABLES.items():
        found = [(where, kind, expr.replace(variable, value)) for where, kind, expr in found]
    return found


def rules():
    return [rule for group in yaml.safe_load(read("dist/prometheus/alerts.yml"))["groups"] for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


# ---- names ----


def exposed_series(path):
    """Series and their labels, from `tcpdwell --list-metrics`."""
    series = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, kind, labels = line.rstrip("\n").split("\t")[:3]
            labels = set(labels.split(",")) - {""}
            if kind == "histogram":
                series.update({name + "_bucket": labels | {"le"}, name + "_sum": labels, name + "_count": labels})
            else:
                series[name] = labels
    return series


def used_in(expr):
    """([(series, its labels in matchers)], labels that groupings name)."""
    selectors = [(m[1], set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', m[2]))) for m in re.finditer(r"([\w:]+)\s*\{([^}]*)\}", expr)]
    rest = re.sub(r'[\w:]+\s*\{[^}]*\}|"[^"]*"|\[[^]]*\]', " ", expr)
    grouped = {label.strip() for m in re.finditer(r"\b(?:by|on|group_left)\s*\(([^)]*)\)", rest) for label in m[1].split(",") if label.strip()}
    rest = re.sub(r"\b(?:by|on|group_left)\s*\([^)]*\)", " ", rest)
    for match in re.finditer(r"[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()", rest):
        if match[0] not in WORDS:
            selectors.append((match[0], set()))
    return selectors, grouped


def check_names(metrics):
    series = exposed_series(metrics)
    recorded = {}
    for rule in rules():
        if "record" in rule:
            recorded[rule["record"]] = used_in(rule["expr"])[1] - {"le"}
    everything = {**{name: labels | TARGET_LABELS for name, labels in {**series, **recorded}.items()}, **OWN_SERIES}
    problems, names = [], set()
    sources = [(f"dashboard '{where}'", expr) for where, _, expr in queries()]
    sources += [(f"rule '{rule.get('alert') or rule['record']}'", rule["expr"]) for rule in rules()]
    for where, expr in sources:
        selectors, grouped = used_in(expr)
        problems += [f"{where}: no series in '{expr}'"] if not selectors else []
        known = set()
        for name, labels in selectors:
            names.add(name)
            if name not in everything:
                problems.append(f"{where}: '{name}' is not exported")
                continue
            known |= everything[name]
            problems += [f"{where}: '{name}' has no label '{label}'" for label in sorted(labels - everything[name])]
        problems += [f"{where}: no series of it has a label '{label}'" for label in sorted(grouped - known)]
    result(problems, f"{len(names)} metrics of {len(sources)} expressions are exported, with the labels that are used")
    unused = {n for n in series if n.startswith("tcpdwell_") and not n.endswith(("_sum", "_count"))} - names
    result([f"{n} is nowhere on it" for n in sorted(unused)], "the dashboard and the rules use every metric")


def check_values(lists):
    """Rule ids and states that matchers name."""
    problems, n = [], 0
    texts = [expr for _, _, expr in queries()] + [rule["expr"] for rule in rules()]
    for label, known in (("rule", lists["rules"]), ("state", lists["states"])):
        for text in texts:
            for _, value in re.findall(r"\b%s\s*(=~|!~|!=|=)\s*\"([^\"]*)\"" % label, text):
                for one in value.split("|"):
                    n += 1
                    if one not in known:
                        problems.append(f"{label} '{one}' does not exist")
    result(problems, f"{n} times a rule or state by its right name")


# ---- alerts ----


def check_alerts():
    tests = yaml.safe_load(read("dist/prometheus/alerts_test.yml"))["tests"]
    fired = {t["alertname"] for test in tests for t in test.get("alert_rule_test", []) if t.get("exp_alerts")}
    problems = [f"no test in which '{a['alert']}' fires" for a in alerts() if a["alert"] not in fired]
    problems += [f"'{a['alert']}' has no severity" for a in alerts() if a["labels"].get("severity") not in ("critical", "warning", "info")]
    problems += [f"'{a['alert']}' says nothing" for a in alerts() if not {"summary", "description"} <= a["annotations"].keys()]
    problems += [f"'{a['alert']}' names no next command" for a in alerts() if "`" not in a["annotations"]["description"]]
    result(problems, f"{len(alerts())} alerts, each with severity, summary, description, next command and a test in which it fires")


def check_commands():
    """What alerts tell people to type is understood: --help comes last, so that what is before it is parsed."""
    texts = [a["annotations"]["description"] for a in alerts()] + [p.get("description", "") for p in panels()]
    commands = sorted({c for text in texts for c in re.findall(r"`(tcpdwell [^`]*)`", text)})
    problems = []
    for command in commands:
        run = subprocess.run([os.environ["TCPDWELL"], *command.split()[1:], "--help"], capture_output=True, text=True, check=False)
        if run.returncode or run.stderr:
            problems.append(f"'{command}': {run.stderr.strip()}")
    result(problems or ([] if commands else ["no command"]), f"{len(commands)} commands that alerts and panels name are understood")


# ---- dashboard ----


def check_dashboard():
    board, problems, taken = dashboard(), [], {}
    ids = [panel["id"] for panel in board["panels"]]
    problems += ["panel ids are not unique"] if len(ids) != len(set(ids)) else []
    for panel in board["panels"]:
        pos = panel["gridPos"]
        if pos["x"] + pos["w"] > 24:
            problems.append(f"'{panel['title']}' is too wide")
        for cell in [(x, y) for x in range(pos["x"], pos["x"] + pos["w"]) for y in range(pos["y"], pos["y"] + pos["h"])]:
            if cell in taken:
                problems.append(f"'{panel['title']}' lies on '{taken[cell]}'")
                break
            taken[cell] = panel["title"]
    for panel in panels():
        sources = [panel["datasource"]] + [target["datasource"] for target in panel["targets"]]
        if any(source != {"type": "prometheus", "uid": "${datasource}"} for source in sources):
            problems.append(f"'{panel['title']}' has a data source of its own")
        problems += [f"'{panel['title']}' has no unit" for _ in [0] if panel["type"] in ("stat", "timeseries") and "unit" not in panel["fieldConfig"]["defaults"]]
    defined = {"$" + variable["name"] for variable in board["templating"]["list"]} | {"$__rate_interval", "$__range"}
    used = {name for panel in panels() for target in panel["targets"] for name in re.findall(r"\$\w+", target["expr"])}
    problems += [f"variable {name} is not defined" for name in sorted(used - defined)]
    height = max(y for _, y in taken) + 1
    problems += [] if len(taken) == 24 * height else [f"{24 * height - len(taken)} cells of the grid are empty"]
    result(problems, f"the dashboard: {len(panels())} panels on a full grid of 24 x {height}")


# ---- container, unit ----

# As containerd has it for every container that is not privileged.
MASKED = "/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/sched_debug /proc/scsi /sys/firmware"
READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"


def mount(destination, kind, source, *options):
    return {"destination": destination, "type": kind, "source": source, "options": list(options)}


def pod(root, netns):
    """What a node makes of the manifest, but for the filter on system calls and AppArmor."""
    spec = list(yaml.safe_load_all(read("dist/kubernetes/daemonset.yaml")))[1]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    security = container["securityContext"]
    held = ["CAP_" + name for name in security["capabilities"]["add"]]
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"]}
    spaces = ["mount", "ipc", "uts", "cgroup"] + ([] if spec["hostPID"] else ["pid"])
    mounts = [
        mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
        mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
    ]
    for one in container["volumeMounts"]:
        mounts.append(mount(one["mountPath"], "bind", paths[one["name"]], "rbind", "ro" if one["readOnly"] else "rw"))
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": security["runAsUser"], "gid": 0},
            "args": ["/tcpdwell", *container["args"]],
            "cwd": "/",
            "capabilities": {"bounding": held, "effective": held, "permitted": held},
            "noNewPrivileges": not security.get("allowPrivilegeEscalation", True),
        },
        "root": {"path": root, "readonly": security["readOnlyRootFilesystem"]},
        "hostname": "pod",
        "mounts": mounts,
        "linux": {
            "namespaces": [{"type": space} for space in spaces] + [{"type": "network", "path": netns}],
            "maskedPaths": MASKED.split(),
            "readonlyPaths": READ_ONLY.split(),
        },
    }


def check_kubernetes():
    namespace, daemonset = yaml.safe_load_all(read("dist/kubernetes/daemonset.yaml"))
    version = re.search(r"^VERSION := (\S+)", read("Makefile"), re.M)[1]
    pod = daemonset["spec"]["template"]
    container, = pod["spec"]["containers"]
    port = container["ports"][0]["containerPort"]
    unit = re.search(r"^CapabilityBoundingSet=(.*)", read("dist/tcpdwell.service"), re.M)[1].replace("CAP_", "").split()
    docker = read("dist/Dockerfile")
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    probes = [container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
    facts = {
        "namespace": daemonset["metadata"]["namespace"] == namespace["metadata"]["name"],
        "selector": daemonset["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"],
        "port": container["args"][1].endswith(f":{port}") and pod["metadata"]["annotations"]["prometheus.io/port"] == str(port),
        "probes": all(probe == {"path": "/healthz", "port": container["ports"][0]["name"]} for probe in probes),
        "capabilities": container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": unit},
        "not privileged": container["securityContext"]["privileged"] is False,
        "image": container["image"].endswith(f":{version}") and f":{version} ." in docker,
        "image's command": f"CMD {json.dumps(container['args'])}" in docker,
        "volumes": {mount["name"] for mount in container["volumeMounts"]} == volumes,
        "read only": all(mount["readOnly"] for mount in container["volumeMounts"]),
    }
    result([fact for fact, holds in facts.items() if not holds], "daemonset, image, unit and version agree: " + ", ".join(facts))


def check_debian():
    """What the Makefile builds with is what the package builds with."""
    packages = re.search(r"^PACKAGES := ((?:.*\\\n)*.*)", read("Makefile"), re.M)[1].replace("\\", " ").split()
    needed = {name for name in packages if name.endswith("-dev") and name != "libc6-dev"} | {"bpftool", "clang", "llvm"}
    declared = set(re.findall(r"[a-z0-9-]+", re.search(r"^Build-Depends:\n((?: .*\n)*)", read("dist/debian/control"), re.M)[1]))
    version = re.search(r"^VERSION := (\S+)", read("Makefile"), re.M)[1]
    problems = [f"Build-Depends lacks {name}" for name in sorted(needed - declared)]
    problems += [] if read("dist/debian/changelog").startswith(f"tcpdwell ({version}-") else [f"changelog is not of {version}"]
    result(problems, f"the package is of {version} and builds with the {len(needed)} packages that the Makefile builds with")


def main(arguments):
    if arguments[0] == "queries":
        for where, kind, expr in queries():
            print(where, kind, " ".join(expr.split()), sep="\t")
        return
    if arguments[0] == "pod":
        print(json.dumps(pod(*arguments[1:])))
        return
    lists = {}
    for argument in arguments[2:]:
        name, path = argument.split("=")
        with open(path, encoding="utf-8") as file:
            lists[name] = set(file.read().split())
    check_names(arguments[1])
    check_values(lists)
    check_alerts()
    check_commands()
    check_dashboard()
    check_kubernetes()
    check_debian()


main(sys.argv[1:])
