"""page.py FOLDER PAGE... - the page of `report` in a real browser: prints a result line each, as the shell tests do.

The first page is looked at most closely; all are loaded. Pictures of them are left in FOLDER, to be looked at.
"""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from browser import Browser  # noqa: E402

status = 0


def check(name, good, text):
    global status
    print(f"{'ok' if good else 'FAIL'} page-{name}: {text}")
    status |= not good


STATES = ("CLOSED LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSING TIME-WAIT CLOSE-WAIT "
          "LAST-ACK").split()
# What the box of the accept queue says, and the arrow that leads there; by page.
QUEUES = {
    "queued": (["accept queue", "p50 12.0ms", "max 1.50s", "6 waited", "2 still"], "87.00ms"),
    "backlog": (["accept queue", "p50 20.0ms", "max 30.0ms", "2 waited", "130 still"], "37.00ms"),
    "accepted": (["accept queue", "time not seen"], "1?"),
    "unasked": (["accept queue", "not in --state", "2 still"], "87.00ms"),
    "page": (["accept queue", "time not seen", "129 still"], "1?"),
    "many": (["accept queue", "time not seen"], None),
}
DETAIL = "document.getElementById('detail')"


def text_of(browser, selector):
    return browser.value(f"document.querySelector({json.dumps(selector)}).textContent")


def box_of(browser, selector):
    return browser.value(f"""(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: "center"}});
        const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()""")


def data_of(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    return text, json.loads(re.search(r'<script type="application/json" id="data">(.*)</script>', text).group(1))


def check_quiet(browser, name, page):
    """Nothing on the console, nothing asked for but the page itself."""
    others = [url for url in browser.requests if url != "file://" + page and not url.startswith("data:")]
    check(f"{name}-quiet", not browser.problems and not others,
          f"nothing on the console, nothing asked for {browser.problems[:3]} {others[:3]}")
    browser.problems.clear()
    browser.requests.clear()


def check_diagram(browser, data):
    drawn = browser.value("[...new Set([...document.querySelectorAll('[data-state]')].map((e) => e.dataset.state))]")
    check("all-states", sorted(drawn) == sorted(STATES + ["accept-wait"]), f"{len(drawn)} states")
    edges = browser.value("[...document.querySelectorAll('[data-move]')].map((e) => e.dataset.move)")
    missing = [m for m in data["moves"] if f"{m['from']}>{m['to']}" not in edges and m["from"] != m["to"]]
    check("all-edges", not missing and len(edges) == len(set(edges)), f"{len(edges)} edges, {len(data['moves'])} of them seen {missing}")
    labels = browser.value("document.querySelectorAll('.edge text').length")
    check("all-counts", labels == len(data["moves"]), f"{labels} numbers at edges")


def check_queue(browser, name, data):
    lines, arrow = QUEUES[name]
    shown = browser.value("[...document.querySelectorAll('[data-state=accept-wait] text')].map((e) => e.textContent)")
    check(f"{name}-queue", shown == lines, ", ".join(shown))
    label = browser.value("""(() => { const edge = document.querySelector('[data-move="SYN-RECEIVED>ESTABLISHED"]'), title = edge.querySelector('title').textContent;
        const drawn = [...document.querySelectorAll('#diagram .edge text')].map((e) => [e.textContent, e.getBoundingClientRect()]), box = edge.getBoundingClientRect();
        const meets = ([, b]) => b.right > box.left && b.left < box.right && b.bottom > box.top && b.top < box.bottom;
        return [title, drawn.filter(meets).map(([text]) => text)]; })()""")
    if arrow:
        check(f"{name}-handshake", arrow in label[1], f"SYN-RECEIVED to ESTABLISHED: {label}")
    queues = data["queues"]["rows"]
    rows = browser.value("[...document.querySelectorAll('#queues tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))")
    good = len(rows) == len(queues) and all(
        row[0].startswith(queue["listener"]) and row[1] == f"{queue['waiting']:,}" and row[3] == f"{queue['backlog']:,}" and
        row[4] == ("?" if queue["peak"] is None else str(queue["peak"])) for row, queue in zip(rows, queues))
    check(f"{name}-queues", good and (rows or text_of(browser, "#queues")), f"{rows}")
    browser.value("document.querySelector('[data-state=accept-wait]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    bars, told = browser.value(DETAIL + ".querySelectorAll('.bar').length"), browser.value(DETAIL + ".innerText")
    check(f"{name}-queue-chosen", (bars > 0) == (data["states"]["accept-wait"]["count"] > 0) and "Accept queue" in told,
          f"{bars} bars, {told.splitlines()[-1]}")


OVERLAPS = """(() => {
    const boxes = (selector) => [...document.querySelectorAll(selector)].map((e) => [e.textContent, e.getBoundingClientRect()]);
    const labels = boxes('#diagram .edge text'), states = boxes('#diagram .state rect'), found = [];
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    labels.forEach(([text, box], i) => {
        labels.slice(i + 1).forEach(([other, its]) => meet(box, its) && found.push(text + ' on ' + other));
        states.forEach(([, its], k) => meet(box, its) && found.push(text + ' on box ' + k));
        const all = document.querySelector('#diagram').getBoundingClientRect();
        if (box.left < all.left - 8 || box.right > all.right + 8) found.push(text + ' beside the picture');
    });
    document.querySelectorAll('#diagram .state').forEach((state) => {
        const rect = state.querySelector('rect').getBoundingClientRect();
        state.querySelectorAll('text').forEach((text) => { const b = text.getBoundingClientRect();
            if (b.left < rect.left || b.right > rect.right || b.top < rect.top - 1 || b.bottom > rect.bottom + 1) found.push(text.textContent + ' leaves its box'); });
    });
    return found;
})()"""


def crowded(data):
    """The same with every edge of the textbook and every way out in use, and wide numbers."""
    states = [s for s in STATES if s != "CLOSED"]
    data["queues"].update(waiting=12345)
    for name in states + ["accept-wait"]:
        data["states"][name].update(count=123456, p50_ns=12300000, still=12345, oldest_ns=5, visible=True, wanted=True,
                                    p90_ns=12300000, p99_ns=12300000, max_ns=12300000, mean_ns=12300000,
                                    buckets=[12500000, 123456])
    pairs = ("CLOSED>LISTEN LISTEN>CLOSED CLOSED>SYN-SENT SYN-SENT>CLOSED LISTEN>SYN-RECEIVED SYN-RECEIVED>LISTEN "
             "LISTEN>SYN-SENT SYN-SENT>SYN-RECEIVED SYN-RECEIVED>ESTABLISHED SYN-SENT>ESTABLISHED "
             "ESTABLISHED>FIN-WAIT-1 ESTABLISHED>CLOSE-WAIT SYN-RECEIVED>FIN-WAIT-1 FIN-WAIT-1>FIN-WAIT-2 "
             "FIN-WAIT-1>CLOSING FIN-WAIT-1>TIME-WAIT FIN-WAIT-2>TIME-WAIT CLOSING>TIME-WAIT TIME-WAIT>CLOSED "
             "CLOSE-WAIT>LAST-ACK LAST-ACK>CLOSED SYN-RECEIVED>CLOSED ESTABLISHED>CLOSED FIN-WAIT-1>CLOSED "
             "FIN-WAIT-2>CLOSED CLOSE-WAIT>CLOSED CLOSING>CLOSED").split()
    data["moves"] = []
    for i, pair in enumerate(pairs):
        before, after = pair.split(">")
        data["moves"].append({"from": before, "to": after, "count": 123456 if i % 3 else 99,
                              "partial": None if before == "CLOSED" else 0,
                              "p50_ns": None if before == "CLOSED" or (before == "LISTEN" and after != "CLOSED") else 123000000,
                              "p99_ns": None, "max_ns": None, **({"causes": {"reset": 30, "normal": 69}} if after == "CLOSED" else {})})
    return data


def check_choice(browser, mobile):
    x, y = box_of(browser, '[data-state="CLOSE-WAIT"]')
    browser.click(x, y)
    check(f"click{mobile}", text_of(browser, "#detail h3") == "CLOSE-WAIT" and browser.value(DETAIL + ".querySelectorAll('.bar').length") > 0,
          "a click on CLOSE-WAIT shows its histogram")
    check(f"click-pressed{mobile}", browser.value("[...document.querySelectorAll('[aria-pressed=true]')].map((e) => e.dataset.state).join()") == "CLOSE-WAIT",
          "and it alone is pressed")


def check_tabs(browser):
    met = []
    for _ in range(20):
        browser.key("Tab", "Tab", 9)
        met.append(browser.value("document.activeElement.dataset.state || document.activeElement.id || document.activeElement.className"))
    check("tab-order", met[:2] == ["skip", "theme"] and all(state in met for state in STATES), " ".join(met[:8]) + " ...")


def check_keyboard(browser):
    for key, code, number, text in (("Enter", "Enter", 13, "\r"), (" ", "Space", 32, " ")):
        name = "LAST-ACK" if key == "Enter" else "FIN-WAIT-2"
        browser.value(f"document.querySelector('[data-state=\"{name}\"]').focus()")
        browser.key("Shift", "ShiftLeft", 16)
        visible = browser.value("document.activeElement.matches(':focus-visible')")
        browser.key(key, code, number, text)
        check(f"key-{code.lower()}", text_of(browser, "#detail h3") == name and visible,
              f"{code} on {name} shows it; the focus can be seen: {visible}")
    check("key-keeps-focus", browser.value("document.activeElement.dataset.state") == "FIN-WAIT-2", "the focus stays where it was")


def check_histogram(browser, data):
    for name in STATES[1:]:
        browser.value(f"document.querySelector('[data-state=\"{name}\"]').dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
        state, shown = data["states"][name], browser.value(DETAIL + ".innerText")
        words = ["ended", "median", "p90", "p99", "longest"] if state["count"] else []
        words += ["Still there"] if state["still"] else []
        words += ["beginning was not seen"] if state["partial"] else []
        missing = [w for w in words if w not in shown]
        if missing or f"{state['count']:,}" not in shown and state["count"]:
            check("histogram", False, f"{name}: {missing} not in {shown!r}")
            return
    check("histogram", True, "all states tell what their data have")


def check_hostile(browser):
    foreign = browser.value("document.querySelectorAll('b, img, body > script:last-of-type ~ *').length")
    check("hostile", foreign == 0 and "</script><b>[4711]" in text_of(browser, "#findings"),
          f"'</script><b>' is read as text, {foreign} elements are not ours")


def check_idle_peaks(browser, peaks):
    """Beside the causes of ends, and in ESTABLISHED."""
    said = browser.value("[...document.querySelectorAll('#ends p, #detail p')].map((e) => e.textContent)"
                         ".filter((text) => text.startsWith('Many idle'))")
    wanted = [f" {peaks[0]['count']} were ended then by a ", f" {peaks[0]['may_idle']} connections here have no keepalive below that."]
    check("idle-peaks", len(said) == 2 * len(peaks) and all(part in said[0] for part in wanted), said[0] if said else "nothing")


def background(browser):
    return browser.value("getComputedStyle(document.body).backgroundColor")


def check_colours(browser):
    browser.media(prefers_color_scheme="light")
    light = background(browser)
    browser.media(prefers_color_scheme="dark")
    dark = background(browser)
    x, y = box_of(browser, "#theme")
    browser.click(x, y)
    toggled = background(browser)
    browser.media("print", prefers_color_scheme="dark")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    printed, shut = background(browser), browser.value("document.querySelectorAll('details:not(.alt):not([open])').length")
    check("colours", light == toggled == printed == "rgb(255, 255, 255)" and dark not in (light, toggled), f"light {light}, dark {dark}, by the button {toggled}, printed {printed}")
    check("print-opens", shut == 0, f"{shut} sections are shut on paper")
    browser.value("dispatchEvent(new Event('afterprint'))")
    check("print-shuts", browser.value("document.querySelectorAll('details[open]').length") == 0, "and shut again")
    browser.media()


CONTRAST = """(() => {
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
    const found = [];
    for (const e of document.querySelectorAll('main *, header *, footer')) {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.closest('noscript, svg, .skip')) continue;
        const a = light(rgb(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push(e.textContent.slice(0, 30) + ' ' + ratio.toFixed(1));
    }
    return found;
})()"""


def check_contrast(browser):
    for scheme in ("light", "dark"):
        browser.value("document.documentElement.removeAttribute('data-theme')")
        browser.media(prefers_color_scheme=scheme)
        found = browser.value(CONTRAST)
        check(f"contrast-{scheme}", not found, f"text is at least 4.5 : 1 {found[:4]}")
    browser.media()


def check_phone(browser, name):
    for width in (360, 768, 1920):
        browser.size(width, 800, mobile=width < 500)
        wide = browser.value("document.documentElement.scrollWidth")
        check(f"{name}-width-{width}", wide <= width, f"{wide} of {width} pixels")


def pictures(browser, folder, name):
    for shot, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light"), ("wall", 1920, "dark")):
        browser.media(prefers_color_scheme=scheme)
        browser.size(width, 900, 2 if width < 500 else 1, width < 500)
        browser.size(width, min(browser.value("document.documentElement.scrollHeight"), 7000), 2 if width < 500 else 1, width < 500)
        browser.screenshot(f"{folder}/{name}-{shot}.png", whole=False)
    browser.size(1280, 900)
    browser.media()
    browser.pdf(f"{folder}/{name}.pdf")


def main():
    folder, pages = os.path.abspath(sys.argv[1]), [os.path.abspath(page) for page in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            for page in pages:
                look_at(browser, page, folder, page == pages[0])
        finally:
            browser.close()
    return status


def look_at(browser, page, folder, closely):
    name = os.path.splitext(os.path.basename(page))[0]
    text, data = data_of(page)
    browser.size(1280, 900)
    browser.open("file://" + page)
    check_quiet(browser, name, page)
    check_phone(browser, name)
    browser.size(1280, 900)
    if data["idle_peaks"]:
        check_idle_peaks(browser, data["idle_peaks"])
    if name in QUEUES:
        check_queue(browser, name, data)
    if closely:
        check_tabs(browser)
        check_diagram(browser, data)
        check_histogram(browser, data)
        check_choice(browser, "")
        check_keyboard(browser)
        check_hostile(browser)
        check_colours(browser)
        check_contrast(browser)
        browser.size(360, 800, mobile=True)
        check_choice(browser, "-phone")
        check_quiet(browser, name + "-used", page)
        all_in_use = os.path.join(folder, "crowded.html")
        with open(all_in_use, "w", encoding="utf-8") as file:
            file.write(text.replace(re.search(r'id="data">(.*)</script>', text).group(1),
                                    json.dumps(crowded(data)).replace("<", "\\u003c")))
        browser.open("file://" + all_in_use)
        for width in (1280, 360):
            browser.size(width, 900, mobile=width < 500)
            found, labels = browser.value(OVERLAPS), browser.value("document.querySelectorAll('#diagram .edge text').length")
            check(f"labels-{width}", labels == 27 and not found, f"of {labels} numbers none covers another or a box {found[:6]}")
        pictures(browser, folder, "crowded")
        browser.open("file://" + page)
        browser.requests.clear()
    if closely or name not in QUEUES or name == "queued":
        pictures(browser, folder, name)
    check_quiet(browser, name + "-pictures", page)


if __name__ == "__main__":
    sys.exit(main())
