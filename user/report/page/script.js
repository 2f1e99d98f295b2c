/* script.js - draws the page from its data; no library, no network. Text from the host goes into text nodes only.
 *
 * The data, in the element #data, is what user/report/data.c, stuck.c and queues.c made:
 *   head    where, when and how; lost: {kind: records}; filters: what narrows the page; broken: the recording is not whole
 *   moves   [{from, to, count, partial, p50_ns, p99_ns, max_ns, causes: {cause: ends}}], those that happened
 *   states  {state: {visible, wanted, count, partial, p50_ns, ..., still, oldest_ns, buckets: [bound_ns, count, ...]}};
 *           "accept-wait" is among them, as on the command line
 *   idle_peaks  at which idle time connections end: [{at_ns, by: "fin" or "reset", count, reached, may_idle}]
 *   grid    dwells over time: {step_ns, columns, bounds_ns: [...], states: {state: [column, row, count, ...]}}
 *   census  the last look at all sockets, or null: {rows, findings, fillings, ...}
 *   queues  accept queues: {why, unaccepted, waiting, listeners, rows: [{listener, netns, waiting, backlog, peak, ...}]};
 *           why: how long anybody waited is not visible; waiting, by the census, is null without one
 * Names are printable: see user/base/name.h. Times that are not known are null, and are never drawn as 0. A bound that
 * is null is infinite.
 */
"use strict";
(function () {
const data = JSON.parse(document.getElementById("data").textContent);
const head = data.head;
const byId = (id) => document.getElementById(id);

/* ---- elements ---- */

function append(element, attributes, children) {
	for (const name of Object.keys(attributes || {}))
		if (attributes[name] !== null && attributes[name] !== undefined)
			element.setAttribute(name, attributes[name]);
	for (const child of children.flat())
		if (child !== null && child !== undefined && child !== "")
			element.append(child);
	return element;
}
const el = (name, attributes, ...children) => append(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
	append(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

/* Columns: {head, cell(row) -> text or element, num, wide}. */
function table(caption, columns, rows) {
	const kind = (column) => (column.num ? "num" : column.wide ? "wide" : null);
	return el("table", null, el("caption", null, caption),
		el("thead", null, el("tr", null, columns.map((c) => el("th", {scope: "col", class: kind(c)}, c.head)))),
		el("tbody", null, rows.map((row) => el("tr", null, columns.map((c, i) =>
			i ? el("td", {class: kind(c)}, c.cell(row)) : el("th", {scope: "row", class: kind(c)}, c.cell(row)))))));
}

/* ---- words ---- */

const plural = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many || one + "s"}`;
const grouped = (n) => n.toLocaleString("en-US");

function compact(n) {
	for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]])
		if (n >= size) {
			const value = n / size;
			return (value >= 100 ? Math.floor(value) : value.toPrecision(3).replace(/\.?0+$/, "")) + unit;
		}
	return String(n);
}

/* As tcpdwell prints it: three digits, rounded down, the unit that fits. */
function duration(ns) {
	const pad = (n) => String(n).padStart(2, "0");
	const digits = (unit, suffix) => {
		const value = ns / unit, places = value >= 100 ? 0 : value >= 10 ? 1 : 2, scale = 10 ** places;
		return (Math.floor(value * scale + 1e-9) / scale).toFixed(places) + suffix;
	};
	if (ns === null || ns === undefined)
		return "?";
	const s = Math.floor(ns / 1e9);
	if (ns === 0) return "0s";
	if (ns < 1e3) return `${ns}ns`;
	if (ns < 1e6) return digits(1e3, "us");
	if (ns < 1e9) return digits(1e6, "ms");
	if (s < 600) return digits(1e9, "s");
	if (s < 3600) return `${Math.floor(s / 60)}m${pad(s % 60)}s`;
	if (s < 4 * 86400) return `${Math.floor(s / 3600)}h${pad(Math.floor(s / 60) % 60)}m`;
	return `${Math.floor(s / 86400)}d${Math.floor(s / 3600) % 24}h`;
}
/* 1us 10ms 100s: of round bounds. */
const bound = (ns) => (ns === null ? "more" : duration(ns).replace(/\.0+(?=[a-z])/, ""));
const time = (ms) => new Date(ms).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
const percent = (part, whole) => {
	const share = (100 * part) / whole;
	return !part ? "0\u00a0%" : share < 0.1 ? "<0.1\u00a0%" : share >= 99.95 && part < whole ? ">99.9\u00a0%" : `${share.toFixed(share < 10 ? 1 : 0)}\u00a0%`;
};
/* What differs among those that are alike is null. */
const endpoint = (address, port) => `${address && address.includes(":") ? `[${address}]` : address || "*"}:${port || "*"}`;

/* ---- what the protocol says ---- */

const LIFE = ["LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT",
	"CLOSE-WAIT", "LAST-ACK"];
const CLOSING = ["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK"];
const QUEUE = "accept-wait";
const MEANING = {
	"CLOSED": "No connection. Every connection begins and ends here; nothing stays here.",
	"LISTEN": "The program waits for connections. It stays here as long as it wants.",
	"SYN-SENT": "connect() has sent a SYN and has no answer. One second or more: a SYN or its answer was lost.",
	"SYN-RECEIVED": "This side answered a SYN; the last segment of the handshake has not arrived.",
	"ESTABLISHED": "Both sides may send. There is no timeout unless the program sets one.",
	"FIN-WAIT-1": "This side closed first; its FIN is not acknowledged. If long, the peer is gone, or what it has is not read.",
	"FIN-WAIT-2": "The FIN is acknowledged; the peer has not closed. If long, look for the peer’s CLOSE-WAIT.",
	"CLOSING": "Both sides closed at the same time; this side’s FIN is not acknowledged.",
	"TIME-WAIT": "This side closed first and everything is done. The ports stay taken for about 60 seconds. This is normal.",
	"CLOSE-WAIT": "The peer closed; the program on this side has not. There is no timeout: if long, the program is the reason.",
	"LAST-ACK": "The peer closed first, then this side; its FIN is not acknowledged. If long, the peer is gone.",
	[QUEUE]: "The handshake is complete, so the connection is ESTABLISHED, and waits in its listener’s queue until accept() returns it. If long, the program on this side does not accept fast enough.",
};
const STEPS = { // RFC 9293, figure 5
	"CLOSED>LISTEN": "passive open", "LISTEN>CLOSED": "close", "CLOSED>SYN-SENT": "active open, SYN sent",
	"SYN-SENT>CLOSED": "close, or no connection", "LISTEN>SYN-RECEIVED": "SYN received", "SYN-RECEIVED>LISTEN": "RST received",
	"LISTEN>SYN-SENT": "send", "SYN-SENT>SYN-RECEIVED": "SYN received: simultaneous open",
	"SYN-RECEIVED>ESTABLISHED": "ACK of SYN received", "SYN-SENT>ESTABLISHED": "SYN and ACK received",
	"ESTABLISHED>FIN-WAIT-1": "close, FIN sent", "ESTABLISHED>CLOSE-WAIT": "FIN received",
	"SYN-RECEIVED>FIN-WAIT-1": "close, FIN sent", "FIN-WAIT-1>FIN-WAIT-2": "ACK of FIN received",
	"FIN-WAIT-1>CLOSING": "FIN received", "FIN-WAIT-1>TIME-WAIT": "FIN and ACK of FIN received",
	"FIN-WAIT-2>TIME-WAIT": "FIN received", "CLOSING>TIME-WAIT": "ACK of FIN received", "TIME-WAIT>CLOSED": "timeout",
	"CLOSE-WAIT>LAST-ACK": "close, FIN sent", "LAST-ACK>CLOSED": "ACK of FIN received",
};
const CAUSE = {
	"normal": "as the protocol or the program intends", "reset": "the peer sent a RST",
	"reset-sent": "this side sent a RST: closed with unread data, or with SO_LINGER 0",
	"refused": "connect(): nobody listens there", "timed-out": "nobody answered in time",
	"unreachable": "an ICMP message said so", "no-port": "connect(): no local port was free",
	"reused-syn": "a new SYN took the TIME-WAIT’s place", "reused-conn": "connect() took the TIME-WAIT’s place",
	"repair": "TCP_REPAIR: moved away, no segment was sent", "killed": "ss -K, or another SOCK_DESTROY", "table-full": "tcp_max_tw_buckets: no room for its TIME-WAIT",
	"netns-gone": "its network namespace went away", "queue-full": "the accept queue was full",
	"no-listener": "the listener closed before the handshake was complete", "unknown": "nothing told why",
};
const HARMLESS = ["normal", "reused-syn", "reused-conn", "repair"];

const moves = new Map(data.moves.map((move) => [`${move.from}>${move.to}`, move]));
const isHarmless = (cause) => HARMLESS.includes(cause);
const sum = (list) => list.reduce((a, b) => a + b, 0);
const bad = (move) => sum(Object.keys(move.causes || {}).filter((c) => !isHarmless(c)).map((c) => move.causes[c]));

/* cool: a step of RFC 9293; mild: some of its ends, or warm: a tenth or more, were not as intended, or it is no such step. */
function unusual(key) {
	const move = moves.get(key);
	if (!move)
		return "never";
	if (key in STEPS)
		return bad(move) >= move.count / 10 ? "warm" : bad(move) ? "mild" : "cool";
	return move.to === "CLOSED" && bad(move) < move.count / 10 ? "mild" : "warm";
}

/* What is known of the dwells that a move ended, in a word. */
function dwellOf(move) {
	if (move.p50_ns !== null)
		return duration(move.p50_ns);
	return move.partial ? "?" : "";
}

/* ---- head ---- */

const LOST = {
	transition: "transition records", timewait: "records of TIME-WAIT and of FIN-WAIT-2 after close()",
	accepted: "records of who accepted a connection", handshake: "records of handshakes",
	skipped: "events at most: the kernel skipped a program", forgotten: "connections forgotten: see --max-connections",
};

function losses() {
	return Object.keys(head.lost).map((kind) => `${grouped(head.lost[kind])} ${LOST[kind] || kind + " records"}`);
}

function unseen() {
	const all = [], census = data.census;
	if (!head.timewait_visible)
		all.push(`TIME-WAIT, and FIN-WAIT-2 after close(), are not visible: ${head.timewait_by || "this kernel does not show them"}.`);
	if (head.timewait_sampled)
		all.push("TIME-WAIT, and FIN-WAIT-2 after close(), were sampled twice a second: shorter ones were not seen, and the ends of the others are lower bounds.");
	if (!census)
		all.push("This recording has no census of the sockets, so it does not show what was stuck.");
	if (census && !census.whole)
		all.push("The census of the sockets is incomplete: more may be stuck.");
	if (census && census.missing)
		all.push(`${plural(census.missing, "network namespace")} could not be entered: what is stuck there is not shown.`);
	if (census && census.before_end_ns > 60e9)
		all.push(`The census of the sockets was taken at ${time(census.time_ms)}, ${duration(census.before_end_ns)} before the end.`);
	if (!data.states[QUEUE].visible && data.states[QUEUE].wanted && (data.queues.listeners || moves.has("SYN-RECEIVED>ESTABLISHED")))
		all.push(`How long connections waited for accept() is not visible: ${data.queues.why}.`);
	const doubt = sum(LIFE.map((state) => data.states[state].still_in_doubt));
	if (doubt)
		all.push(`${plural(doubt, "connection")} may have left ${doubt === 1 ? "its" : "their"} state unseen, and ${doubt === 1 ? "is" : "are"} not counted.`);
	return all;
}

function drawHead() {
	const where = head.host || head.recording || "this host";
	const notices = byId("notices");
	document.title = `TCP states of ${where}`;
	byId("title").textContent = document.title;
	byId("subtitle").textContent = `${time(head.begin_ms)}, for ${duration(head.duration_ns)}` +
		(head.kernel ? ` · Linux ${head.kernel}` : "");
	const lost = losses();
	if (head.broken)
		notices.append(el("p", {class: "notice bad"}, el("strong", null, "This recording is incomplete: "), head.broken + "."));
	if (lost.length)
		notices.append(el("p", {class: "notice bad"}, el("strong", null, "Lost: "), lost.join("; "),
			". All counts are lower bounds, and dwells that a loss may have changed are unknown. A larger --buffer or a narrower filter helps."));
	for (const text of unseen())
		notices.append(el("p", {class: "notice mild"}, text));
	if (head.filters.length)
		notices.append(el("p", {class: "notice mild"}, "Only ", el("code", null, head.filters.join(" ")),
			": this host may have more."));
	if (!notices.childElementCount)
		notices.append(el("p", {class: "notice good"}, "Nothing was lost and everything was visible."));
}

function drawTiles() {
	const ends = data.moves.filter((move) => move.to === "CLOSED" && move.from !== "LISTEN");
	const ended = sum(ends.map((move) => move.count)), notNormal = sum(ends.map(bad));
	const inClosing = sum(CLOSING.map((state) => data.states[state].still));
	const inDoubt = sum(CLOSING.map((state) => data.states[state].still_in_doubt));
	const least = head.lost.transition || head.lost.timewait || head.lost.forgotten || head.broken ? "≥\u2009" : "";
	const census = data.census;
	const findings = census ? census.sayings : null;
	const tile = (name, value, warm) => el("div", {class: warm ? "warm" : null}, el("dt", null, name), el("dd", null, value));
	byId("tiles").append(
		tile("transitions", least + grouped(sum(data.moves.map((move) => move.count)))),
		tile("connections ended", least + grouped(ended)),
		tile(ended && notNormal ? `unusual ends, ${percent(notNormal, ended)}` : "unusual ends", least + grouped(notNormal), notNormal * 10 >= ended && notNormal),
		tile("closing at the end", inDoubt ? `${grouped(inClosing)} – ${grouped(inClosing + inDoubt)}` : grouped(inClosing)),
		tile("stuck", census ? grouped(census.stuck) : "?", false),
		tile("findings", findings === null ? "?" : grouped(findings), findings));
}

/* ---- histograms ---- */

const bounds = data.grid.bounds_ns;
const rowOf = (ns) => (ns === null ? bounds.length - 1 : bounds.findIndex((b) => b === null || ns <= b));

/* The fine buckets in steps of 1, 2, 5. */
function rowsOf(state) {
	const rows = new Array(bounds.length).fill(0);
	for (let i = 0; i < state.buckets.length; i += 2)
		rows[rowOf(state.buckets[i])] += state.buckets[i + 1];
	return rows;
}

/* First and last row to show, some around what there is. */
function span(rows, least) {
	const used = rows.map((n, i) => (n ? i : -1)).filter((i) => i >= 0);
	let first = Math.max(0, used[0] - 1), last = Math.min(bounds.length - 1, used[used.length - 1] + 1);
	while (last - first + 1 < least && (first > 0 || last < bounds.length - 1)) {
		if (first > 0) first--;
		if (last - first + 1 < least && last < bounds.length - 1) last++;
	}
	return [first, last];
}

/* Where a duration lies among rows, as a fraction of them: 2.5 is in the middle of row 2. */
function place(ns) {
	const row = rowOf(ns), high = bounds[row], low = row ? bounds[row - 1] : high / 2;
	if (high === null)
		return row + 0.5;
	return row + Math.min(1, Math.max(0, Math.log(ns / low) / Math.log(high / low)));
}

const MARKS = [["p50", "p50_ns"], ["p90", "p90_ns"], ["p99", "p99_ns"]];

function histogram(name, state, width) {
	const rows = rowsOf(state), [first, last] = span(rows, 12), n = last - first + 1;
	const top = 18, plot = 110, height = top + plot + 20, step = width / n, most = Math.max(...rows);
	const x = (row) => (row - first) * step;
	const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
		`Histogram of ${name}: ${grouped(state.count)} dwells, half of them at most ${duration(state.p50_ns)}, the longest ${duration(state.max_ns)}`});
	for (let row = first; row <= last; row++) {
		const tall = rows[row] ? Math.max(2, (plot * rows[row]) / most) : 0;
		if (tall)
			picture.append(svg("rect", {class: "bar", x: x(row) + 1, y: top + plot - tall, width: Math.max(1, step - 2), height: tall, rx: 1.5},
				svg("title", null, `${row ? bound(bounds[row - 1]) : "0"} to ${bound(bounds[row])}: ${grouped(rows[row])}`)));
		if (row % 3 === 0 && bounds[row] !== null && row < last)
			picture.append(svg("line", {class: "axis", x1: x(row + 1), x2: x(row + 1), y1: top + plot, y2: top + plot + 4}),
				svg("text", {class: "tick", x: x(row + 1), y: height - 3, "font-size": 11, "text-anchor": "middle"}, bound(bounds[row])));
	}
	picture.append(svg("line", {class: "axis", x1: 0, x2: width, y1: top + plot, y2: top + plot}));
	let free = -1;
	for (const [label, key] of MARKS) {
		const at = x(place(state[key]));
		picture.append(svg("line", {class: "mark", x1: at, x2: at, y1: top - 4, y2: top + plot}));
		const left = Math.min(Math.max(at - 11, 0), width - 22);
		if (left > free) {
			picture.append(svg("text", {class: "tick", x: left, y: 11, "font-size": 11}, label));
			free = left + 24;
		}
	}
	return picture;
}

function stats(state) {
	const pair = (name, value) => el("div", null, el("dt", null, name), el("dd", null, value));
	return el("dl", {class: "stats"}, pair("ended", grouped(state.count)), pair("median", duration(state.p50_ns)),
		pair("p90", duration(state.p90_ns)), pair("p99", duration(state.p99_ns)), pair("longest", duration(state.max_ns)),
		pair("mean", duration(state.mean_ns)));
}

function bucketTable(name, state) {
	const rows = rowsOf(state).map((count, row) => ({count, row})).filter((r) => r.count);
	return el("details", {class: "alt"}, el("summary", null, "As a table"), table(`Dwells in ${name}`, [
		{head: "longer than", cell: (r) => (r.row ? bound(bounds[r.row - 1]) : "0")},
		{head: "up to", cell: (r) => bound(bounds[r.row])},
		{head: "dwells", num: true, cell: (r) => grouped(r.count)}], rows));
}

/* What ends idle connections at one time; it may be the peer, or something on the way: this host cannot tell. */
const idlePeaks = () => data.idle_peaks.map((peak) => el("p", {class: "line warm"},
	`Many idle connections end at ${duration(peak.at_ns)}: of ${grouped(peak.reached)} that had no data for so long, as far as seen, ` +
	`${grouped(peak.count)} were ended then by a ${peak.by === "fin" ? "FIN" : "RST"}. It came from the peer, or from ` +
	"something on the way such as a NAT, a firewall or a load balancer; a FIN may answer a farewell of this side." + (peak.may_idle === null ? "" :
		` ${plural(peak.may_idle, "connection")} here ${peak.may_idle === 1 ? "has" : "have"} no keepalive below that.`)));

/* All that is known of the time spent in a state. */
function dwells(name, width) {
	const state = data.states[name], parts = [];
	if (!state.visible)
		return [el("p", {class: "line warm"}, name === QUEUE ? `Not visible: ${data.queues.why}.` : "Not visible on this kernel.")];
	if (!state.wanted)
		parts.push(el("p", {class: "line muted"}, "Not in the list of --state."));
	else if (state.count)
		parts.push(stats(state), histogram(name, state, width), bucketTable(name, state));
	else
		parts.push(el("p", {class: "line muted"}, "No dwell was seen from begin to end."));
	if (name === "ESTABLISHED")
		parts.push(...idlePeaks());
	if (name === QUEUE && data.queues.unaccepted)
		parts.push(el("p", {class: "line"}, `${grouped(data.queues.unaccepted)} of all ended before anybody accepted them.`));
	if (state.partial)
		parts.push(el("p", {class: "line"}, `${plural(state.partial, "more dwell")} ended whose beginning ${head.timewait_sampled || name === QUEUE ? "or end " : ""}was not seen; no other number includes ${state.partial === 1 ? "it" : "them"}.`));
	if (state.still)
		parts.push(el("p", {class: "line" + (isWorrying(name, state) ? " warm" : "")},
			`Still there: ${grouped(state.still)}, the oldest for ${ageText(state.oldest_ns, state.oldest_exact)}.`));
	if (state.still_in_doubt)
		parts.push(el("p", {class: "line"}, `${grouped(state.still_in_doubt)} more may still be there or may have left unseen.`));
	return parts;
}

/* Longer in a state that is to be passed through than most others, or than anybody should be. */
function isWorrying(name, state) {
	return name !== "LISTEN" && name !== "ESTABLISHED" && name !== "TIME-WAIT" && state.still > 0 && state.oldest_ns > 10e9;
}

function drawClosing(width) {
	const cards = CLOSING.map((name) => el("article", {class: "card"}, el("h3", null, name), el("p", {class: "muted"}, MEANING[name]), dwells(name, width)));
	byId("closing").replaceChildren(...cards);
}

/* ---- the diagram ---- */

/* Box centres, edges as [from, to, path, label], ways out as [from, path, label]. A path is two points or a cubic; a label
 * x, y and how it stands there. CLOSED is drawn twice, as in the RFC. */
const WIDE = {
	width: 900, height: 832, box: [164, 58], font: [16, 12.5, 14.5], thick: 1.5, gap: 16.5,
	states: {"CLOSED": [450, 40], "LISTEN": [450, 165], "SYN-RECEIVED": [150, 290], "SYN-SENT": [750, 290],
		"ESTABLISHED": [450, 415], "FIN-WAIT-1": [150, 540], "CLOSE-WAIT": [750, 540], "FIN-WAIT-2": [150, 665],
		"CLOSING": [450, 665], "LAST-ACK": [750, 665], "TIME-WAIT": [450, 790], "CLOSED2": [750, 790]},
	queue: {box: [248, 379, 120, 73], font: [14, 11.5], leading: 13.5},
	edges: [
		["CLOSED", "LISTEN", [420, 69, 420, 136], [410, 107, "end"]],
		["LISTEN", "CLOSED", [480, 136, 480, 69], [490, 100, "start"]],
		["CLOSED", "SYN-SENT", [532, 34, 700, 34, 785, 110, 785, 261], [790, 170, "start"]],
		["SYN-SENT", "CLOSED", [715, 261, 715, 140, 650, 54, 532, 54], [682, 178, "end"]],
		["LISTEN", "SYN-RECEIVED", [368, 172, 250, 172, 180, 200, 180, 261], [206, 232, "start"]],
		["SYN-RECEIVED", "LISTEN", [120, 261, 120, 180, 190, 152, 368, 152], [122, 176, "end"]],
		["LISTEN", "SYN-SENT", [532, 165, 610, 165, 600, 280, 668, 280], [592, 240, "end"]],
		["SYN-SENT", "SYN-RECEIVED", [668, 290, 232, 290], [450, 282, "line"]],
		["SYN-RECEIVED", "ESTABLISHED", [232, 304, 330, 304, 420, 320, 420, 386], [382, 358, "end"]],
		["SYN-SENT", "ESTABLISHED", [668, 304, 570, 304, 480, 320, 480, 386], [518, 358, "start"]],
		["ESTABLISHED", "FIN-WAIT-1", [420, 444, 420, 510, 330, 530, 232, 530], [386, 474, "end"]],
		["ESTABLISHED", "CLOSE-WAIT", [480, 444, 480, 510, 570, 530, 668, 530], [514, 474, "start"]],
		["SYN-RECEIVED", "FIN-WAIT-1", [150, 319, 150, 511], [160, 415, "start"]],
		["FIN-WAIT-1", "FIN-WAIT-2", [150, 569, 150, 636], [162, 599, "start"]],
		["FIN-WAIT-1", "CLOSING", [232, 545, 340, 545, 430, 570, 430, 636], [424, 566, "start"]],
		["FIN-WAIT-1", "TIME-WAIT", [232, 558, 340, 560, 240, 778, 368, 778], [300, 660, "start"]],
		["FIN-WAIT-2", "TIME-WAIT", [150, 694, 150, 790, 240, 802, 368, 802], [186, 740, "start"]],
		["CLOSING", "TIME-WAIT", [450, 694, 450, 761], [462, 724, "start"]],
		["TIME-WAIT", "CLOSED2", [532, 790, 668, 790], [600, 775, "line"]],
		["CLOSE-WAIT", "LAST-ACK", [750, 569, 750, 636], [762, 599, "start"]],
		["LAST-ACK", "CLOSED2", [750, 694, 750, 761], [762, 724, "start"]],
	],
	outs: [
		["SYN-RECEIVED", [68, 290, 36, 290], [36, 312, "middle"]],
		["ESTABLISHED", [532, 415, 564, 415], [574, 412, "start"]],
		["FIN-WAIT-1", [68, 540, 36, 540], [36, 562, "middle"]],
		["FIN-WAIT-2", [68, 665, 36, 665], [36, 687, "middle"]],
		["CLOSE-WAIT", [832, 540, 864, 540], [864, 562, "middle"]],
		["CLOSING", [532, 665, 564, 665], [574, 662, "start"]],
	],
};
const NARROW = {
	width: 360, height: 762, box: [100, 50], font: [11.5, 10, 10.5], thick: 0.8, gap: 12,
	states: {"CLOSED": [180, 30], "LISTEN": [180, 142], "SYN-RECEIVED": [52, 254], "SYN-SENT": [308, 254],
		"ESTABLISHED": [180, 366], "FIN-WAIT-1": [52, 478], "CLOSE-WAIT": [308, 478], "FIN-WAIT-2": [52, 590],
		"CLOSING": [180, 590], "LAST-ACK": [308, 590], "TIME-WAIT": [180, 702], "CLOSED2": [308, 702]},
	queue: {box: [46, 334, 84, 64], font: [10, 10], leading: 11.5},
	edges: [
		["CLOSED", "LISTEN", [164, 55, 164, 117], [156, 88, "end"]],
		["LISTEN", "CLOSED", [196, 117, 196, 55], [204, 84, "start"]],
		["CLOSED", "SYN-SENT", [230, 22, 300, 22, 326, 80, 326, 229], [331, 140, "start"]],
		["SYN-SENT", "CLOSED", [290, 229, 290, 110, 270, 40, 230, 40], [280, 178, "end"]],
		["LISTEN", "SYN-RECEIVED", [130, 150, 90, 150, 66, 175, 66, 229], [74, 206, "start"]],
		["SYN-RECEIVED", "LISTEN", [32, 229, 32, 160, 60, 132, 130, 132], [4, 134, "start"]],
		["LISTEN", "SYN-SENT", [230, 150, 262, 150, 272, 180, 272, 229], [228, 212, "end"]],
		["SYN-SENT", "SYN-RECEIVED", [258, 254, 102, 254], [180, 248, "line"]],
		["SYN-RECEIVED", "ESTABLISHED", [102, 266, 145, 266, 160, 300, 160, 341], [146, 312, "end"]],
		["SYN-SENT", "ESTABLISHED", [258, 266, 215, 266, 200, 300, 200, 341], [214, 312, "start"]],
		["ESTABLISHED", "FIN-WAIT-1", [160, 391, 160, 440, 145, 468, 102, 468], [148, 420, "end"]],
		["ESTABLISHED", "CLOSE-WAIT", [200, 391, 200, 440, 215, 468, 258, 468], [212, 420, "start"]],
		["SYN-RECEIVED", "FIN-WAIT-1", [40, 279, 40, 453], [34, 366, "end"]],
		["FIN-WAIT-1", "FIN-WAIT-2", [24, 503, 24, 565], [31, 530, "start"]],
		["FIN-WAIT-1", "CLOSING", [102, 476, 150, 476, 170, 510, 170, 565], [178, 532, "start"]],
		["FIN-WAIT-1", "TIME-WAIT", [102, 490, 132, 490, 100, 694, 130, 694], [122, 524, "start"]],
		["FIN-WAIT-2", "TIME-WAIT", [24, 615, 24, 690, 80, 712, 130, 712], [31, 646, "start"]],
		["CLOSING", "TIME-WAIT", [152, 615, 152, 677], [159, 646, "start"]],
		["TIME-WAIT", "CLOSED2", [230, 702, 258, 702], [244, 740, "middle"]],
		["CLOSE-WAIT", "LAST-ACK", [308, 503, 308, 565], [315, 530, "start"]],
		["LAST-ACK", "CLOSED2", [308, 615, 308, 677], [315, 642, "start"]],
	],
	outs: [
		["SYN-RECEIVED", [84, 279, 84, 295], [84, 309, "middle"]],
		["ESTABLISHED", [230, 366, 248, 366], [256, 363, "start"]],
		["FIN-WAIT-1", [84, 503, 84, 519], [84, 533, "middle"]],
		["FIN-WAIT-2", [84, 615, 84, 631], [84, 645, "middle"]],
		["CLOSE-WAIT", [276, 503, 276, 519], [276, 533, "middle"]],
		["CLOSING", [216, 615, 216, 631], [216, 645, "middle"]],
	],
};

/* A path with its head: the line ends where the head begins. */
function arrow(points, thick, head) {
	const n = points.length, [x, y] = points.slice(n - 2), back = points.slice(n - 4, n - 2);
	const length = Math.hypot(x - back[0], y - back[1]) || 1, dx = (x - back[0]) / length, dy = (y - back[1]) / length;
	const ex = x - dx * head, ey = y - dy * head, half = thick / 2 + head * 0.32;
	const line = points.slice(0, n - 2).concat([ex, ey]);
	const d = n === 4 ? `M${line[0]} ${line[1]}L${line[2]} ${line[3]}` : `M${line[0]} ${line[1]}C${line.slice(2).join(" ")}`;
	return [svg("path", {d, "stroke-width": thick}),
		svg("polygon", {points: `${x},${y} ${ex - dy * half},${ey + dx * half} ${ex + dy * half},${ey - dx * half}`})];
}

function labelOf(move, [x, y, how], form) {
	const dwell = dwellOf(move), size = form.font[2], anchor = how === "line" ? "middle" : how;
	const text = svg("text", {x, y, "font-size": size, "text-anchor": anchor});
	const count = svg("tspan", {class: "count", x: how === "line" ? null : x}, compact(move.count));
	if (how === "line")
		text.append(count, svg("tspan", {class: "dwell"}, dwell ? ` · ${dwell}` : ""));
	else
		text.append(count, svg("tspan", {class: "dwell", x, dy: form.gap}, dwell));
	return text;
}

function edge(from, to, points, label, form, isOut) {
	const key = `${from}>${to.replace("2", to === "CLOSED2" ? "" : "2")}`, move = moves.get(key), kind = unusual(key);
	const thick = move ? form.thick * (0.9 + Math.log10(move.count)) : 1;
	const group = svg("g", {class: `edge ${kind}`, "data-move": key},
		svg("title", null, `${key.replace(">", " → ")}: ${move ? grouped(move.count) : "never seen"}` +
			(STEPS[key] ? ` (${STEPS[key]})` : "") + (move && dwellOf(move) ? `, median ${dwellOf(move)} in ${from}` : "")));
	group.append(...arrow(points, thick, form.font[0] * 0.55 + thick));
	if (isOut)
		group.append(svg("circle", {cx: points[2], cy: points[3], r: form.font[0] * 0.22 + thick / 2}));
	return [group, move ? svg("g", {class: `edge ${kind}`}, labelOf(move, label, form)) : null];
}

/* Moves that no textbook has: straight from box to box, a little aside. */
function strayEdge(move, form) {
	const [ax, ay] = form.states[move.from], [bx, by] = form.states[move.to], [w, h] = form.box;
	const clip = (dx, dy) => Math.min(w / 2 / Math.abs(dx || 1e-9), h / 2 / Math.abs(dy || 1e-9), 0.5);
	const length = Math.hypot(bx - ax, by - ay), bow = Math.min(0.5 * length, 0.27 * form.width) / length;
	const aside = (t) => [ax + (bx - ax) * t + (ay - by) * bow, ay + (by - ay) * t + (bx - ax) * bow];
	const f = clip(bx - ax, by - ay), at = (t) => [ax + (bx - ax) * t, ay + (by - ay) * t], [cx, cy] = aside(0.5), [mx, my] = at(0.5);
	return edge(move.from, move.to, [...at(f), ...aside(0.25), ...aside(0.75), ...at(1 - f)], [mx + (cx - mx) * 0.75, my + (cy - my) * 0.75, "line"], form);
}

function box(name, form) {
	const state = name.replace(/^CLOSED2$/, "CLOSED"), [x, y] = form.states[name], [w, h] = form.box, [big, small] = form.font;
	const dwell = data.states[state], isClosed = state === "CLOSED";
	const passed = data.moves.some((move) => move.from === state || move.to === state) || (dwell && dwell.still);
	const median = isClosed ? "" : !dwell.visible ? "not visible" : dwell.p50_ns !== null ? `p50 ${duration(dwell.p50_ns)}` : "";
	const there = dwell && dwell.still ? `${compact(dwell.still)} still` : "";
	const spoken = [isClosed ? "" : dwell.count ? `${grouped(dwell.count)} dwells, median ${duration(dwell.p50_ns)}` : "no dwell measured",
		dwell && dwell.still ? `${grouped(dwell.still)} still there` : ""].filter(Boolean).join(", ");
	const group = svg("g", {class: "state" + (passed ? "" : " unseen"), role: "button", tabindex: 0, "aria-pressed": "false",
		"data-state": state, "aria-label": `${state}${spoken ? ": " + spoken : ""}`});
	group.append(svg("rect", {x: x - w / 2, y: y - h / 2, width: w, height: h, rx: h / 7}));
	const warm = dwell && isWorrying(state, dwell) ? " warm" : "", lines = [median, there].filter(Boolean);
	const leading = small * 1.2, first = y + big * 0.33 - (lines.length * leading) / 2;
	group.append(svg("text", {class: "name", x, y: first, "font-size": big, "text-anchor": "middle"}, state));
	lines.forEach((line, i) => group.append(svg("text", {class: line === there ? "there" + warm : "sub", x, y: first + (i + 1) * leading + 1,
		"font-size": small, "text-anchor": "middle"}, line)));
	return group;
}

/* What is known of the accept queues, a line each: never a 0 for what was not seen. */
function queueLines() {
	const wait = data.states[QUEUE], all = wait.count + wait.partial, now = data.queues.waiting;
	const still = now ? `${compact(now)} still` : "";
	if (!wait.wanted)
		return ["not in --state", still];
	if (!wait.visible)
		return ["time not seen", still];
	if (!all)
		return [still ? "p50 ?" : "nobody waited", still];
	return [`p50 ${duration(wait.p50_ns)}`, `max ${duration(wait.max_ns)}`, `${compact(all)} waited`, still];
}

/* Between the end of the handshake and accept(): a part of ESTABLISHED, so it stands at its side. */
function queueBox(form) {
	const {box: [x, y, w, h], font: [big, small], leading} = form.queue, wait = data.states[QUEUE], lines = queueLines().filter(Boolean);
	const group = svg("g", {class: "state queue" + (wait.count + wait.partial || data.queues.waiting ? "" : " unseen"), role: "button", tabindex: 0,
		"aria-pressed": "false", "data-state": QUEUE, "aria-label": `accept queue: ${lines.join(", ")}`});
	const first = y + h / 2 + big * 0.4 - (lines.length * leading) / 2;
	group.append(svg("rect", {x, y, width: w, height: h, rx: h / 7}),
		svg("text", {class: "name", x: x + w / 2, y: first, "font-size": big, "text-anchor": "middle"}, "accept queue"));
	lines.forEach((line, i) => group.append(svg("text", {class: "sub", x: x + w / 2, y: first + (i + 1) * leading, "font-size": small,
		"text-anchor": "middle"}, line)));
	return group;
}

let chosen = null;

function drawDiagram(width) {
	const form = width < 560 ? NARROW : WIDE;
	const picture = svg("svg", {class: "whole", viewBox: `0 0 ${form.width} ${form.height}`, role: "group", "aria-label": "TCP state diagram; each state is a button"});
	const drawn = form.edges.map(([from, to, points, label]) => edge(from, to, points, label, form))
		.concat(form.outs.map(([from, points, label]) => edge(from, "CLOSED", points, label, form, true)));
	const known = new Set(form.edges.map(([from, to]) => `${from}>${to.replace("CLOSED2", "CLOSED")}`).concat(form.outs.map(([from]) => `${from}>CLOSED`)));
	for (const [key, move] of moves)
		if (!known.has(key) && move.from !== move.to)
			drawn.push(strayEdge(move, form));
	/* Never seen ones below, labels above all. */
	const order = (kind) => ["never", "cool", "mild", "warm"].indexOf(kind.getAttribute("class").split(" ")[1]);
	drawn.map(([group]) => group).sort((a, b) => order(a) - order(b)).forEach((group) => picture.append(group));
	for (const name of Object.keys(form.states)) {
		if (name === "ESTABLISHED")
			picture.append(queueBox(form));
		picture.append(box(name, form));
	}
	drawn.forEach(([, label]) => label && picture.append(label));
	const focused = document.activeElement && document.activeElement.getAttribute("data-state");
	byId("diagram").replaceChildren(picture);
	if (focused)
		picture.querySelector(`[data-state="${focused}"]`).focus();
	markChosen();
}

function markChosen() {
	document.querySelectorAll("[data-state]").forEach((group) =>
		group.setAttribute("aria-pressed", String(group.getAttribute("data-state") === chosen)));
}

function drawDetail(width) {
	const name = chosen, leaving = data.moves.filter((move) => move.from === name && move.to !== name);
	const entering = data.moves.filter((move) => move.to === name && move.from !== name);
	const line = (move, other) => el("li", {class: "num"}, el("span", {class: unusual(`${move.from}>${move.to}`)}, other), ` ${grouped(move.count)}`,
		move.from === name && dwellOf(move) ? `, after ${dwellOf(move)} (median)` : "",
		move.causes && move.from === name ? `: ${causesText(move)}` : "");
	const list = (title, all, other) => all.length ? [el("h3", null, title), el("ul", null, all.map((move) => line(move, other(move))))] : [];
	byId("detail").replaceChildren(el("h3", null, name === QUEUE ? "Accept queue" : name), el("p", {class: "muted"}, MEANING[name]),
		...(name === "CLOSED" ? [] : dwells(name, width)),
		...list("Left for", leaving, (move) => move.to), ...list("Entered from", entering, (move) => move.from));
}

function causesText(move) {
	return Object.keys(move.causes).sort((a, b) => move.causes[b] - move.causes[a])
		.map((cause) => `${cause} ${grouped(move.causes[cause])}`).join(", ");
}

function choose(name) {
	chosen = name;
	markChosen();
	drawDetail(widths().detail);
}

function listen() {
	const stateOf = (event) => event.target.closest && event.target.closest("[data-state]");
	byId("diagram").addEventListener("click", (event) => {
		const group = stateOf(event);
		if (!group)
			return;
		choose(group.getAttribute("data-state"));
		const panel = byId("detail").getBoundingClientRect();
		if (panel.top > window.innerHeight - 120)
			byId("detail").scrollIntoView({block: "nearest"});
	});
	byId("diagram").addEventListener("keydown", (event) => {
		const group = stateOf(event);
		if (!group || (event.key !== "Enter" && event.key !== " "))
			return;
		event.preventDefault();
		choose(group.getAttribute("data-state"));
	});
}

/* What a reader probably wants to see first: where most connections sit, else where most were. */
function firstChoice() {
	const score = (name) => data.states[name].still * 1e9 + data.states[name].count;
	const best = CLOSING.slice().sort((a, b) => score(b) - score(a))[0];
	return score(best) ? best : LIFE.slice().sort((a, b) => score(b) - score(a))[0];
}

function drawLegend() {
	const entry = (kind, text) => el("span", {class: kind}, text);
	byId("legend").append(entry("cool", "a step of RFC 9293"), entry("mild", "some ended by reset, timeout, refusal or the like"),
		entry("warm", "a tenth or more did, or no step of the RFC"), entry("never", "never seen"),
		el("div", null, "Short edges to a dot lead straight to CLOSED. ? : the begin was not seen."));
}

function drawMoves() {
	const rows = Object.keys(STEPS).filter((key) => !moves.has(key)).map((key) => ({from: key.split(">")[0], to: key.split(">")[1], count: 0}));
	const all = data.moves.slice().sort((a, b) => b.count - a.count).concat(rows);
	byId("moves").append(table("Number of each transition, and the time spent in the state before it", [
		{head: "from", cell: (m) => m.from}, {head: "to", cell: (m) => el("span", {class: unusual(`${m.from}>${m.to}`)}, m.to)},
		{head: "moves", num: true, cell: (m) => grouped(m.count)},
		{head: "median", num: true, cell: (m) => (m.count ? dwellOf(m) || "–" : "")},
		{head: "p99", num: true, cell: (m) => (m.p99_ns ? duration(m.p99_ns) : m.count ? "–" : "")},
		{head: "longest", num: true, cell: (m) => (m.max_ns ? duration(m.max_ns) : m.count ? "–" : "")},
		{head: "beginning not seen", num: true, cell: (m) => (m.partial ? grouped(m.partial) : "")},
		{head: "in RFC 9293", wide: true, cell: (m) => STEPS[`${m.from}>${m.to}`] || "no"},
		{head: "causes", wide: true, cell: (m) => (m.causes ? causesText(m) : "")}], all));
}

/* ---- over time ---- */

const TICKS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
	7200, 10800, 21600, 43200, 86400, 172800, 604800];

function timeLabel(ms, stepS) {
	const iso = new Date(ms).toISOString();
	return stepS >= 86400 ? iso.slice(5, 10) : stepS >= 60 ? iso.slice(11, 16) : stepS >= 1 ? iso.slice(11, 19) : iso.slice(17, 23);
}

const LEVELS = 8;

function heat(name, width) {
	const cells = data.grid.states[name], step = data.grid.step_ns, rows = new Array(bounds.length).fill(0);
	let most = 1;
	for (let i = 0; i < cells.length; i += 3) {
		rows[cells[i + 1]] += cells[i + 2];
		most = Math.max(most, cells[i + 2]);
	}
	const columns = Math.max(data.grid.columns, Math.ceil(head.duration_ns / step)), [first, last] = span(rows, 6);
	const left = 48, tall = 12, plotW = width - left - 8, plotH = (last - first + 1) * tall, height = plotH + 24;
	const x = (column) => left + (column / columns) * plotW, y = (row) => (last - row) * tall;
	const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
		`Dwells in ${name} over time: from ${bound(bounds[Math.max(0, first)])} to ${bound(bounds[last])}`});
	picture.append(svg("rect", {class: "frame", x: left, y: 0, width: plotW, height: plotH}));
	const paths = new Array(LEVELS).fill("");
	for (let i = 0; i < cells.length; i += 3) {
		const level = most === 1 ? LEVELS - 1 : Math.min(LEVELS - 1, Math.floor((LEVELS * Math.log(cells[i + 2])) / Math.log(most + 1)));
		const wide = Math.max(1, plotW / columns);
		paths[level] += `M${x(cells[i]).toFixed(1)} ${y(cells[i + 1])}h${wide.toFixed(1)}v${tall}h${(-wide).toFixed(1)}z`;
	}
	paths.forEach((d, level) => d && picture.append(svg("path", {class: "cell", d, "fill-opacity": ((level + 1.4) / (LEVELS + 0.4)).toFixed(2)})));
	for (let row = first; row < last; row++)
		if (row % 3 === 0)
			picture.append(svg("line", {class: "axis", x1: left, x2: width - 8, y1: y(row), y2: y(row)}),
				svg("text", {class: "tick", x: left - 6, y: y(row) + 4, "font-size": 11, "text-anchor": "end"}, bound(bounds[row])));
	const seconds = (columns * step) / 1e9, most_ticks = Math.max(2, Math.floor(plotW / 90));
	const tick = TICKS_S.find((t) => seconds / t <= most_ticks) || TICKS_S[TICKS_S.length - 1];
	for (let ms = Math.ceil(head.begin_ms / (tick * 1000)) * tick * 1000; ms < head.begin_ms + seconds * 1000; ms += tick * 1000) {
		const at = left + ((ms - head.begin_ms) / 1000 / seconds) * plotW;
		picture.append(svg("line", {class: "axis", x1: at, x2: at, y1: plotH, y2: plotH + 4}));
		if (at > left + 10 && at < width - 24)
			picture.append(svg("text", {class: "tick", x: at, y: height - 5, "font-size": 11, "text-anchor": "middle"}, timeLabel(ms, tick)));
	}
	return el("figure", {class: "heat"}, el("h3", null, name), picture, heatTable(name, cells, columns));
}

/* The same in at most twelve slices of time, for those who cannot see it. */
function heatTable(name, cells, columns) {
	const per = Math.ceil(columns / 12), slices = new Map();
	for (let i = 0; i < cells.length; i += 3) {
		const slice = Math.floor(cells[i] / per);
		if (!slices.has(slice))
			slices.set(slice, new Array(bounds.length).fill(0));
		slices.get(slice)[cells[i + 1]] += cells[i + 2];
	}
	const rows = [...slices].sort((a, b) => a[0] - b[0]).map(([slice, counts]) => ({slice, counts, total: sum(counts)}));
	const median = (r) => {
		let seen = 0;
		return bound(bounds[r.counts.findIndex((n) => (seen += n) * 2 >= r.total)]);
	};
	const longest = (r) => bound(bounds[r.counts.reduce((most, n, row) => (n ? row : most), 0)]);
	return el("details", {class: "alt"}, el("summary", null, "As a table"), table(`Dwells in ${name}, by when they ended`, [
		{head: "from, UTC", cell: (r) => new Date(head.begin_ms + (r.slice * per * data.grid.step_ns) / 1e6).toISOString().slice(0, 23).replace("T", " ")},
		{head: "ended", num: true, cell: (r) => grouped(r.total)},
		{head: "median at most", num: true, cell: median},
		{head: "longest at most", num: true, cell: longest}], rows));
}

function drawTime(width) {
	const names = LIFE.filter((name) => data.grid.states[name]);
	byId("time-lead").textContent = names.length ?
		`When dwells ended, and how long they were. A column is ${duration(data.grid.step_ns)}; darker means more (logarithmic, each picture by itself). Times are UTC.` :
		"No dwell was seen from begin to end.";
	byId("time").replaceChildren(...names.map((name) => heat(name, width)));
}

/* ---- stuck ---- */

function ageText(age, isExact) {
	return age === null ? "?" : (isExact ? "" : "≥ ") + duration(age);
}

function finding(f) {
	const unit = f.cgroups > 1 ? ` in ${grouped(f.cgroups)} cgroups` : f.unit && !f.unit.startsWith("/") ? ` in ${f.unit}` : "";
	const netns = f.namespaces > 1 ? `, ${grouped(f.namespaces)} network namespaces` : f.netns ? `, network namespace ${f.netns}` : "";
	const what = f.room === undefined ? `${grouped(f.count)} of ${f.owner}${unit}${netns}` : `${grouped(f.count)} of ${grouped(f.room)} (${percent(f.count, f.room)})${netns}`;
	const facts = f.room === undefined ? [`${f.count > 1 ? "oldest" : "age"} ${ageText(f.age_ns, f.age_exact)}: ${endpoint(f.laddr, f.lport)} > ${endpoint(f.raddr, f.rport)}`,
		f.fd === null ? "" : `fd ${f.fd}`, f.evidence || ""].filter(Boolean).join(", ") :
		[f.ends, f.evidence].filter(Boolean).join(", ");
	return el("article", {class: "finding"}, el("h3", null, `${f.rule}: ${what}`), el("p", null, f.says),
		facts ? el("p", {class: "muted num"}, facts) : null, f.next ? el("p", null, "next: ", el("code", null, f.next)) : null);
}

const ROWS_AT_ONCE = 12;

function drawStuck() {
	const census = data.census;
	if (!census) {
		byId("census").textContent = "This recording has no census of the sockets, so it does not show what was stuck at its end. " +
			"Recordings that trace and hist write with -w have one.";
		return;
	}
	const states = LIFE.filter((name) => census.states[name]).map((name) => `${name} ${grouped(census.states[name])}`).join(", ");
	byId("census").textContent = `At ${time(census.time_ms)} there were ${plural(census.sockets, "socket")} in ${plural(census.namespaces, "network namespace")}` +
		(states ? `: ${states}.` : ".");
	byId("findings").append(...census.findings.map(finding), ...census.fillings.map(finding));
	const unshown = census.sayings - census.findings.length - census.fillings.length;
	if (unshown)
		byId("findings").append(el("p", null, `${plural(unshown, "more finding")} not shown; tcpdwell stuck prints all.`));
	if (!census.findings.length && !census.fillings.length)
		byId("findings").append(el("p", {class: "notice good"}, "No findings."));
	if (!census.rows.length)
		return;
	const more = census.groups - census.rows.length;
	const lines = (rows, caption) => el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": caption},
		table(caption, [
			{head: "state", cell: (r) => r.state},
			{head: "age", num: true, cell: (r) => ageText(r.age_ns, r.age_exact)},
			{head: "to", num: true, cell: (r) => (r.count > 1 && r.youngest_ns !== r.age_ns ? duration(r.youngest_ns) : "")},
			{head: "count", num: true, cell: (r) => grouped(r.count)},
			{head: "local", cell: (r) => endpoint(r.laddr, r.lport)},
			{head: "remote", cell: (r) => endpoint(r.raddr, r.rport)},
			{head: "owner", cell: (r) => r.owner},
			{head: "why", cell: (r) => (r.rule ? el("span", {class: "warm"}, r.rule) : "–")}], rows));
	byId("stuck").append(lines(census.rows.slice(0, ROWS_AT_ONCE),
		"Sockets in a state that connections should only pass through, oldest first; similar sockets share a row"));
	if (census.rows.length > ROWS_AT_ONCE)
		byId("stuck").append(el("details", null, el("summary", null, plural(census.rows.length - ROWS_AT_ONCE, "more row")),
			lines(census.rows.slice(ROWS_AT_ONCE), "Younger sockets")));
	if (more > 0)
		byId("stuck").append(el("p", {class: "muted"}, `${plural(more, "more row")} not shown; tcpdwell stuck prints all.`));
}

/* ---- accept queues ---- */

function drawQueues() {
	const queues = data.queues, more = queues.listeners - queues.rows.length;
	if (queues.waiting === null) {
		byId("queues").append(el("p", {class: "muted"}, "This recording has no census of the sockets, so it does not show the listeners."));
		return;
	}
	if (!queues.rows.length) {
		byId("queues").append(el("p", {class: "muted"}, "No listener is selected, or was seen."));
		return;
	}
	const isFull = (r) => r.waiting > r.backlog;
	byId("queues").append(el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Accept queues"},
		table(`At ${time(data.census.time_ms)}, by address and port; ? is not known`, [
			{head: "listener", cell: (r) => r.listener + (r.netns ? `, network namespace ${r.netns}` : "")},
			{head: "waiting", num: true, cell: (r) => el("span", {class: isFull(r) ? "warm" : null}, grouped(r.waiting))},
			{head: "oldest", num: true, cell: (r) => (r.waiting ? ageText(r.oldest_ns, r.oldest_exact) : "–")},
			{head: "backlog", num: true, cell: (r) => grouped(r.backlog)},
			{head: "most at a time", num: true, cell: (r) => (r.peak === null ? "?" : grouped(r.peak))},
			{head: "half open", num: true, cell: (r) => grouped(r.half_open)},
			{head: "waited", num: true, cell: (r) => (r.count === null ? "?" : grouped(r.count + r.partial))},
			{head: "median", num: true, cell: (r) => (r.p50_ns !== null ? duration(r.p50_ns) : r.count === 0 && !r.partial ? "–" : "?")},
			{head: "longest", num: true, cell: (r) => (r.max_ns !== null ? duration(r.max_ns) : r.count === 0 && !r.partial ? "–" : "?")}], queues.rows)));
	if (more)
		byId("queues").append(el("p", {class: "muted"}, `${plural(more, "more listener")} not shown.`));
}

/* ---- ends, facts ---- */

function drawEnds() {
	const causes = new Map();
	for (const move of data.moves)
		for (const cause of Object.keys(move.causes || {})) {
			if (!causes.has(cause))
				causes.set(cause, {cause, count: 0, from: []});
			causes.get(cause).count += move.causes[cause];
			causes.get(cause).from.push([move.from, move.causes[cause]]);
		}
	const rows = [...causes.values()].sort((a, b) => b.count - a.count), total = sum(rows.map((r) => r.count));
	if (!rows.length) {
		byId("ends").append(el("p", {class: "muted"}, "No connection ended."));
		return;
	}
	byId("ends").append(...idlePeaks());
	const bar = (r) => svg("svg", {class: "share", viewBox: "0 0 100 10", "aria-hidden": "true", preserveAspectRatio: "none"},
		svg("rect", {class: "frame", width: 100, height: 10}),
		svg("g", {class: `edge ${isHarmless(r.cause) ? "cool" : "warm"}`}, svg("polygon", {points: `0,0 ${Math.max(0.6, (100 * r.count) / total)},0 ${Math.max(0.6, (100 * r.count) / total)},10 0,10`})));
	byId("ends").append(table("With listeners; share of all ends", [
		{head: "cause", cell: (r) => el("span", {class: isHarmless(r.cause) ? null : "warm"}, r.cause)},
		{head: "ends", num: true, cell: (r) => grouped(r.count)},
		{head: "share", num: true, cell: (r) => percent(r.count, total)},
		{head: "", cell: bar},
		{head: "from", wide: true, cell: (r) => r.from.sort((a, b) => b[1] - a[1]).map(([state, n]) => `${state} ${grouped(n)}`).join(", ")},
		{head: "what it means", wide: true, cell: (r) => CAUSE[r.cause] || ""}], rows));
}

function drawSeen() {
	const census = data.census, lost = losses();
	const fact = (name, value) => [el("dt", null, name), el("dd", null, value)];
	byId("seen").append(...[
		fact("host", head.host || "a recording does not say"),
		head.recording ? fact("recording", head.recording) : [],
		fact("kernel", head.kernel || "?"),
		fact("from", time(head.begin_ms)), fact("to", `${time(head.end_ms)} (${duration(head.duration_ns)})`),
		fact("transitions by", head.transitions_by || "?"), fact("TIME-WAIT by", head.timewait_by || "?"),
		fact("filter", head.filters.length ? head.filters.join(" ") : "none: the whole host, all network namespaces"),
		fact("census", census ? `${time(census.time_ms)}${census.whole ? "" : ", incomplete"}` : "none"),
		fact("lost", lost.length ? lost.join("; ") : "nothing"),
		fact("not seen", unseen().join(" ") || "nothing, as far as is known"),
	].flat());
	byId("foot").textContent = `Made by tcpdwell ${head.tcpdwell}` +
		(head.recorded_by && head.recorded_by !== head.tcpdwell ? `, recorded by ${head.recorded_by}` : "") + ". This file needs no network.";
}

/* ---- light and dark, sizes, paper ---- */

function isDark() {
	const asked = document.documentElement.getAttribute("data-theme");
	return asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function nameTheme() {
	byId("theme").textContent = isDark() ? "Light" : "Dark";
	byId("theme").setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
}

/* Pictures are drawn as wide as they are shown, so that their text has its size. */
function widths() {
	const inside = (id, otherwise) => {
		const element = byId(id), style = getComputedStyle(element);
		return Math.max(200, Math.floor(element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)) || otherwise);
	};
	const cards = byId("closing").querySelector(".card");
	return {diagram: inside("diagram", 700), detail: inside("detail", 360), time: byId("time").firstElementChild ? Math.max(200, byId("time").firstElementChild.clientWidth) : inside("time", 900),
		card: cards ? Math.max(200, cards.clientWidth - 36) : 380};
}

function drawAll(w) {
	drawDiagram(w.diagram);
	drawDetail(w.detail);
	drawClosing(w.card);
	drawTime(w.time);
}

function onPaper() {
	drawAll({diagram: 700, detail: 560, card: 330, time: 700});
	document.querySelectorAll("details:not(.alt):not([open])").forEach((details) => {
		details.open = true;
		details.setAttribute("data-was-shut", "");
	});
}

function offPaper() {
	document.querySelectorAll("[data-was-shut]").forEach((details) => {
		details.open = false;
		details.removeAttribute("data-was-shut");
	});
	drawAll(widths());
}

drawHead();
drawTiles();
drawLegend();
drawMoves();
drawStuck();
drawQueues();
drawEnds();
drawSeen();
chosen = firstChoice();
drawClosing(380);
drawTime(560);
drawAll(widths());
listen();
nameTheme();
byId("theme").addEventListener("click", () => {
	document.documentElement.setAttribute("data-theme", isDark() ? "light" : "dark");
	nameTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
addEventListener("beforeprint", onPaper);
addEventListener("afterprint", offPaper);
let width = document.documentElement.clientWidth;
addEventListener("resize", () => {
	if (document.documentElement.clientWidth !== width) {
		width = document.documentElement.clientWidth;
		drawAll(widths());
	}
});
})();
