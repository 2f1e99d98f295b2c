/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.c - the option table and what each row does. See options.h. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "clock.h"
#include "diag.h"
#include "expr.h"
#include "parse.h"
#include "tcpstate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STREAMS (COMMAND_TRACE | COMMAND_HIST)
#define VIEWS   (COMMAND_TOP | COMMAND_SERVE | COMMAND_REPORT)
#define LIVES   (STREAMS | VIEWS)
#define REPLAYS (STREAMS | COMMAND_STUCK | COMMAND_REPORT)
#define ANY     (LIVES | COMMAND_STUCK)
#define FILTER  (CHOOSE | 1 << 8) /* asked in the kernel too, so a recording is narrowed by it */
#define ONCE    (1 << 9)          /* a second one would contradict the first */
#define EDIT    (1 << 10)         /* a word of the filter line of `top` as well */
#define CHOOSE  (ANY | EDIT)
#define ALL     (ANY | COMMAND_FEATURES)
#define NO_PAGE (~(unsigned)COMMAND_REPORT)                   /* what a page has no use for */
#define TALKS   (~(unsigned)(COMMAND_REPORT | COMMAND_SERVE)) /* writes to standard output */

#define BUFFER_MAX          (1ULL << 30)
#define CONNECTIONS_DEFAULT 1000000
#define CONNECTIONS_MAX     100000000
#define GROUPS_DEFAULT      1000
#define GROUPS_SERVED       100 /* a thousand series each: some scrapers take no more */
#define GROUPS_MAX          100000
#define STATES_ALL          (((1 << WIRE_STATES) - 1) & ~(1 << 0) & ~(1 << WIRE_CLOSE))
#define STATES_DEFAULT      (1 << WIRE_FIN_WAIT2 | 1 << WIRE_TIME_WAIT | 1 << WIRE_CLOSE_WAIT)

/* What a connection passes through, and should not stay in. */
#define STATES_STUCK                                                                           \
	(1 << WIRE_SYN_SENT | 1 << WIRE_SYN_RECV | 1 << WIRE_FIN_WAIT1 | 1 << WIRE_FIN_WAIT2 | \
	 1 << WIRE_CLOSE_WAIT | 1 << WIRE_CLOSING | 1 << WIRE_LAST_ACK)

static const struct {
	const char *name;
	enum options_command command;
	const char *help;
	const char *arg; /* NULL: takes none; in brackets: may be left away */
} commands[] = {
	{"trace", COMMAND_TRACE, "every transition as it happens, histograms at the end (default)",
	 NULL},
	{"hist", COMMAND_HIST, "histograms only; with -i, every interval", NULL},
	{"stuck", COMMAND_STUCK, "who sits in a closing or opening state now: how long, whose, why",
	 NULL},
	{"top", COMMAND_TOP, "the same and how long states last, live on the screen", NULL},
	{"report", COMMAND_REPORT,
	 "one page: the state diagram with its numbers, dwells over time, what is stuck",
	 "FILE.html"},
	{"serve", COMMAND_SERVE, "metrics for Prometheus and the like (default 127.0.0.1:9798)",
	 "[ADDR:PORT]"},
	{"features", COMMAND_FEATURES, "what this kernel lets us see, and why not", NULL},
};

static const char *const format_names[] = {
	[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

/* ---- what the rows do; `why` says what is wrong with `value` ---- */

/* A list for one side: what is excluded is simply not in the set, and alone it means all but that.
 */
static bool set_one_side(struct match_ports *set, uint8_t *asked, const char *value, char *why)
{
	struct parse_ports ports = {0};

	if (!parse_ports(value, &ports, why))
		return false;
	for (size_t i = 0; i < MATCH_PORT_WORDS; i++) {
		uint64_t included = ports.has_included ? ports.included.bits[i] : UINT64_MAX;

		set->bits[i] = included & ~ports.excluded.bits[i];
	}
	*asked = 1;
	return true;
}

static bool set_local_port(struct options *o, const char *value, char *why)
{
	return set_one_side(&o->match.local, &o->match.by_local, value, why);
}

static bool set_remote_port(struct options *o, const char *value, char *why)
{
	return set_one_side(&o->match.remote, &o->match.by_remote, value, why);
}

static bool set_port(struct options *o, const char *value, char *why)
{
	struct parse_ports ports = {0};

	if (!parse_ports(value, &ports, why))
		return false;
	o->match.either = ports.included;
	o->match.neither = ports.excluded;
	o->match.by_either = ports.has_included;
	o->match.by_neither = ports.has_excluded;
	return true;
}

static bool set_family(struct options *o, uint8_t family, char *why)
{
	if (o->match.family && o->match.family != family)
		return parse_refuse(why, "-4 and -6 exclude each other");
	o->match.family = family;
	return true;
}

static bool set_ipv4(struct options *o, const char *value, char *why)
{
	(void)value;
	return set_family(o, 4, why);
}

static bool set_ipv6(struct options *o, const char *value, char *why)
{
	(void)value;
	return set_family(o, 6, why);
}

static bool add_address(void *ctx, const char *piece, char *why)
{
	struct match_config *match = &((struct options *)ctx)->match;

	if (match->n_prefixes >= MATCH_PREFIXES_MAX)
		return parse_refuse(why, "more than %d addresses", MATCH_PREFIXES_MAX);
	if (!parse_cidr(piece, &match->prefixes[match->n_prefixes], why))
		return false;
	match->n_prefixes++;
	return true;
}

static bool set_address(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_address, o, why);
}

static bool add_state(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	uint8_t state = tcpstate_parse(piece);

	if (!state)
		return parse_refuse(why, "'%s' is no TCP state (such as close-wait or fin-wait-2)",
				    piece);
	if (!o->has_states)
		o->states = 0;
	o->has_states = true;
	o->states |= (uint16_t)(1 << state);
	return true;
}

static bool set_state(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_state, o, why);
}

#define DEFINE_NUMBER_LIST(name, list, count, min, max)                                     \
	static bool add_##name(void *ctx, const char *piece, char *why)                     \
	{                                                                                   \
		struct options *o = ctx;                                                    \
		uint64_t number;                                                            \
                                                                                            \
		if (o->count >= OPTIONS_LIST_MAX)                                           \
			return parse_refuse(why, "more than %d entries", OPTIONS_LIST_MAX); \
		if (!parse_number(piece, min, max, &number, why))                           \
			return false;                                                       \
		o->list[o->count++] = (uint32_t)number;                                     \
		return true;                                                                \
	}                                                                                   \
	static bool set_##name(struct options *o, const char *value, char *why)             \
	{                                                                                   \
		return parse_list(value, add_##name, o, why);                               \
	}

DEFINE_NUMBER_LIST(pid, pids, n_pids, 1, INT32_MAX)
DEFINE_NUMBER_LIST(uid, uids, n_uids, 0, UINT32_MAX - 1)

static bool add_comm(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;

	if (o->n_comms >= OPTIONS_LIST_MAX)
		return parse_refuse(why, "more than %d names", OPTIONS_LIST_MAX);
	if (strlen(piece) >= sizeof(o->comms[0]))
		return parse_refuse(why, "the kernel keeps 15 characters of a name, '%s' is longer",
				    piece);
	strcpy(o->comms[o->n_comms++], piece);
	return true;
}

static bool set_comm(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_comm, o, why);
}

/* The inode number of the first of these files that is there, on a file system of that kind. */
static bool inode_of(const char *const *paths, long magic, uint64_t *ret_inode)
{
	struct statfs fs;
	struct stat st;

	for (; *paths; paths++)
		if (!stat(*paths, &st) && !statfs(*paths, &fs) && (long)fs.f_type == magic) {
			*ret_inode = st.st_ino;
			return true;
		}
	return false;
}

static bool add_netns(void *ctx, const char *piece, char *why)
{
	struct match_config *match = &((struct options *)ctx)->match;
	char named[300], of_pid[300];
	const char *const paths[] = {strchr(piece, '/') ? piece : named, of_pid, NULL};
	uint64_t inode;

	if (match->n_netns >= MATCH_NETNS_MAX)
		return parse_refuse(why, "more than %d namespaces", MATCH_NETNS_MAX);
	snprintf(named, sizeof(named), "/run/netns/%s", piece);
	snprintf(of_pid, sizeof(of_pid), "/proc/%s/ns/net", piece);
	if (!inode_of(paths, NSFS_MAGIC, &inode) &&
	    !parse_number(piece, 0x10000000, UINT32_MAX, &inode, why))
		return parse_refuse(
			why,
			"no network namespace '%s' (a name of `ip netns`, a path, a pid, or "
			"an inode number)",
			piece);
	match->netns[match->n_netns++] = (uint32_t)inode;
	return true;
}

static bool set_netns(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_netns, o, why);
}

static bool add_cgroup(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	char unified[300], hybrid[300];
	const char *const paths[] = {unified, hybrid, piece, NULL};
	const char *relative = piece + strspn(piece, "/");

	if (o->n_cgroups >= OPTIONS_LIST_MAX)
		return parse_refuse(why, "more than %d cgroups", OPTIONS_LIST_MAX);
	snprintf(unified, sizeof(unified), "/sys/fs/cgroup/%s", relative);
	snprintf(hybrid, sizeof(hybrid), "/sys/fs/cgroup/unified/%s", relative);
	if (!parse_number(piece, 1, UINT64_MAX, &o->cgroups[o->n_cgroups], why) &&
	    !inode_of(paths, CGROUP2_SUPER_MAGIC, &o->cgroups[o->n_cgroups]))
		return parse_refuse(why, "no cgroup '%s' below /sys/fs/cgroup", piece);
	o->n_cgroups++;
	return true;
}

static bool set_cgroup(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_cgroup, o, why);
}

static bool set_min(struct options *o, const char *value, char *why)
{
	return parse_duration(value, true, &o->min_ns, why);
}

static bool add_by(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	int key = group_key_parse(piece);
	char names[PARSE_WHY] = "";

	for (unsigned i = 0; key < 0 && group_key_name(i); i++) {
		strcat(names, i ? ", " : "");
		strcat(names, group_key_name(i));
	}
	if (key < 0)
		return parse_refuse(why, "'%s' is none of %s", piece, names);
	if (o->by.n >= GROUP_KEYS_MAX)
		return parse_refuse(why, "more than %d keys", GROUP_KEYS_MAX);
	if (strcmp(piece, "state") != 0) /* histograms are by state in any case */
		o->by.keys[o->by.n++] = (uint8_t)key;
	return true;
}

static bool set_by(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_by, o, why);
}

static bool set_duration(struct options *o, const char *value, char *why)
{
	return parse_duration(value, false, &o->duration_ns, why);
}

static bool set_interval(struct options *o, const char *value, char *why)
{
	if (!parse_duration(value, false, &o->interval_ns, why))
		return false;
	return o->interval_ns >= 100 * NS_PER_MS || parse_refuse(why, "shorter than 100ms");
}

static bool set_format(struct options *o, const char *value, char *why)
{
	for (size_t i = 0; i < COUNT(format_names); i++)
		if (!strcmp(format_names[i], value)) {
			o->format = (enum options_format)i;
			return true;
		}
	return parse_refuse(why, "not text, json or csv");
}

static bool set_way(const char **way, const char *const *names, size_t n, const char *value,
		    char *why)
{
	*way = NULL;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], value) != 0)
			continue;
		*way = i ? names[i] : NULL;
		return true;
	}
	return parse_refuse(why, "no such way: see --help");
}

/* The first is to choose none. */
static const char *const transition_ways[] = {"auto", "tp_btf", "tp"};
static const char *const timewait_ways[] = {"auto", "fentry", "kprobe", "timer", "sample"};

static bool set_transitions(struct options *o, const char *value, char *why)
{
	return set_way(&o->transition_way, transition_ways, COUNT(transition_ways), value, why);
}

static bool set_timewait(struct options *o, const char *value, char *why)
{
	return set_way(&o->timewait_way, timewait_ways, COUNT(timewait_ways), value, why);
}

static bool set_path(const char **path, const char *value, char *why)
{
	if (!*value)
		return parse_refuse(why, "empty");
	*path = value;
	return true;
}

static bool set_write(struct options *o, const char *value, char *why)
{
	if (!strcmp(value, "-"))
		return parse_refuse(why, "standard output is for the results; name a file");
	return set_path(&o->write_path, value, why);
}

static bool set_read(struct options *o, const char *value, char *why)
{
	return set_path(&o->read_path, value, why);
}

static bool set_ready_file(struct options *o, const char *value, char *why)
{
	return set_path(&o->ready_path, value, why);
}

static bool set_buffer(struct options *o, const char *value, char *why)
{
	uint64_t bytes;

	if (!parse_size(value, &bytes, why))
		return false;
	if (bytes < 4096 || bytes > BUFFER_MAX || (bytes & (bytes - 1)))
		return parse_refuse(why, "must be a power of two from 4k to 1G, such as 8M");
	o->buffer_bytes = bytes;
	return true;
}

static bool set_max_groups(struct options *o, const char *value, char *why)
{
	return parse_number(value, 1, GROUPS_MAX, &o->max_groups, why);
}

static bool set_max_connections(struct options *o, const char *value, char *why)
{
	return parse_number(value, 1, CONNECTIONS_MAX, &o->max_connections, why);
}

#define DEFINE_FLAG(name)                                                       \
	static bool set_##name(struct options *o, const char *value, char *why) \
	{                                                                       \
		(void)value;                                                    \
		(void)why;                                                      \
		o->name = true;                                                 \
		return true;                                                    \
	}

DEFINE_FLAG(strict)
DEFINE_FLAG(watch)
DEFINE_FLAG(fail)
DEFINE_FLAG(raw)

DEFINE_FLAG(quiet)
DEFINE_FLAG(verbose)
DEFINE_FLAG(help)
DEFINE_FLAG(version)

static const struct {
	int letter; /* 0: none */
	unsigned commands;
	const char *name;
	const char *arg; /* NULL: takes none */
	bool (*set)(struct options *o, const char *value, char *why);
	const char *help;
} rows[] = {
	{'L', FILTER | ONCE, "local-port", "LIST", set_local_port,
	 "local port: 80,443,8000-8999,!8080"},
	{'D', FILTER | ONCE, "remote-port", "LIST", set_remote_port, "remote port"},
	{'P', FILTER | ONCE, "port", "LIST", set_port, "port on either side"},
	{'4', FILTER, "ipv4", NULL, set_ipv4, "IPv4 only (IPv4-mapped IPv6 is IPv4)"},
	{'6', FILTER, "ipv6", NULL, set_ipv6, "IPv6 only"},
	{'a', FILTER, "address", "CIDR", set_address, "address on either side: 10.0.0.0/8,::1"},
	{'p', CHOOSE, "pid", "LIST", set_pid, "owned by these processes"},
	{'c', CHOOSE, "comm", "LIST", set_comm, "owned by processes of these names"},
	{'u', CHOOSE, "uid", "LIST", set_uid, "sockets of these users, by number"},
	{0, FILTER, "netns", "LIST", set_netns, "network namespace: name, path, pid or inode"},
	{0, CHOOSE, "cgroup", "LIST", set_cgroup, "cgroup v2: path or id"},
	{'s', CHOOSE, "state", "LIST", set_state,
	 "states of interest (default fin-wait-2,time-wait,close-wait; stuck: all but\n"
	 "                              listen, established, time-wait)"},
	{'m', CHOOSE, "min", "DURATION", set_min, "only dwells at least this long: 500ms"},
	{0, COMMAND_STUCK | COMMAND_TOP | EDIT, "for", "DURATION", set_min,
	 "the same, as one says it of what is stuck"},
	{0, COMMAND_STUCK, "watch", NULL, set_watch, "again and again, every -i (default 2s)"},
	{0, COMMAND_STUCK, "fail", NULL, set_fail,
	 "exit 4 if there is a finding, or what -s or --for asks for"},
	{'b', ANY &NO_PAGE, "by", "KEYS", set_by,
	 "histograms per local-port, remote-port, address, comm, pid, uid, cgroup, netns"},
	{'d', STREAMS | COMMAND_REPORT, "duration", "DURATION", set_duration,
	 "stop after this time: 30, 5m"},
	{'i', ANY &TALKS, "interval", "DURATION", set_interval,
	 "histograms every interval as well; top: how often it looks (default 2s)"},
	{'f', ALL &TALKS & ~COMMAND_TOP, "format", "FORMAT", set_format,
	 "text, json (one object a line) or csv"},
	{'w', STREAMS | COMMAND_STUCK, "write", "FILE", set_write, "record to FILE, for -r"},
	{'r', REPLAYS, "read", "FILE", set_read, "replay FILE ('-': standard input), without root"},
	{0, STREAMS, "raw", NULL, set_raw, "transitions in the tracepoint's own words"},
	{0, LIVES, "buffer", "SIZE", set_buffer,
	 "buffer of all CPUs, a power of two (default 2M a CPU, 32M at most)"},
	{0, LIVES, "transitions", "WAY", set_transitions,
	 "auto, tp_btf or tp: how transitions are seen"},
	{0, LIVES, "timewait", "WAY", set_timewait,
	 "auto, fentry, kprobe, timer or sample: how TIME-WAIT is seen"},
	{0, LIVES, "max-connections", "N", set_max_connections,
	 "connections to remember (default 1000000)"},
	{0, STREAMS | VIEWS, "max-groups", "N", set_max_groups,
	 "groups of --by to tell apart (default 1000, serve 100)"},
	{0, STREAMS | COMMAND_REPORT, "strict", NULL, set_strict, "exit 3 if anything was lost"},
	{0, LIVES, "ready-file", "FILE", set_ready_file, "create FILE once events are complete"},
	{'q', ALL, "quiet", NULL, set_quiet, "no notes on stderr, no header line"},
	{'v', ALL, "verbose", NULL, set_verbose, "all columns; details on stderr"},
	{'h', ALL, "help", NULL, set_help, "this text"},
	{'V', ALL, "version", NULL, set_version, "the version"},
};

/* ---- parsing ---- */

/* Which options stood on the command line, and the words of the filter expression. */
struct given {
	bool rows[COUNT(rows)];
	char expr[EXPR_TEXT_MAX];
};

#define LONG_ONLY 256 /* getopt value of row i without a letter: LONG_ONLY + i */

static void build_getopt(char *letters, struct option *longs)
{
	*letters++ = '+'; /* we permute ourselves, to find the command */
	*letters++ = ':';
	for (size_t i = 0; i < COUNT(rows); i++) {
		longs[i] = (struct option){.name = rows[i].name,
					   .has_arg = rows[i].arg ? required_argument : no_argument,
					   .val = rows[i].letter ? rows[i].letter
								 : LONG_ONLY + (int)i};
		if (!rows[i].letter)
			continue;
		*letters++ = rows[i].letter;
		if (rows[i].arg)
			*letters++ = ':';
	}
	*letters = '\0';
}

static size_t row_of(int value)
{
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		if (value == (rows[i].letter ? rows[i].letter : LONG_ONLY + (int)i))
			break;
	return i;
}

static int unknown_option(char **argv, int value)
{
	if (value == ':')
		diag_error("option '%s' needs a value", argv[optind - 1]);
	else if (optopt && row_of(optopt) == COUNT(rows))
		diag_error("unknown option '-%c'", optopt);
	else if (optopt)
		diag_error("option '%s' takes no value", argv[optind - 1]);
	else
		diag_error("unknown option '%s'", argv[optind - 1]);
	diag_hint("`tcpdwell --help` lists the options");
	return -EINVAL;
}

/* What narrows a recording is said in its head; longer than that, it ends in dots. */
static void note_filter(struct options *o, const char *option, const char *value)
{
	size_t used = strlen(o->filter_text), room = sizeof(o->filter_text) - used;
	int len = snprintf(o->filter_text + used, room, "%s%s%s%s%s", used ? " " : "",
			   option ? "--" : "", option ? option : "", option && value ? " " : "",
			   value ? value : "");

	if (len >= (int)room)
		strcpy(o->filter_text + sizeof(o->filter_text) - 4, "...");
}

/* So that it can be typed again; `option` NULL: the words of an expression. */
static void note_edit(struct options *o, const char *option, const char *value)
{
	size_t used = strlen(o->edit_text), room = sizeof(o->edit_text) - used;
	bool spaced = option && value && strpbrk(value, " \t");
	const char *quote = !spaced ? "" : strchr(value, '\'') ? "\"" : "'";

	snprintf(o->edit_text + used, room, "%s%s%s%s%s%s%s", used ? " " : "", option ? "--" : "",
		 option ? option : "", option && value ? " " : "", quote, value ? value : "",
		 quote);
}

static int set_row(struct options *o, size_t row, const char *value, struct given *given)
{
	char why[PARSE_WHY] = "";
	bool ok;

	if (given->rows[row] && rows[row].commands & ONCE)
		ok = parse_refuse(why, "given twice: write one list");
	else
		ok = rows[row].set(o, value, why);
	given->rows[row] = true;
	if (!ok) {
		diag_error("--%s%s%s%s: %s", rows[row].name, value ? " '" : "", value ? value : "",
			   value ? "'" : "", why);
		diag_hint("`tcpdwell --help` shows what it takes");
		return -EINVAL;
	}
	if ((rows[row].commands & FILTER) == FILTER)
		note_filter(o, rows[row].name, value);
	if (rows[row].commands & EDIT)
		note_edit(o, rows[row].name, value);
	return 0;
}

static const char *command_arg(enum options_command command)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].command == command)
			return commands[i].arg;
	return NULL;
}

#define EXPR_HINT "a filter begins with state, exclude, src, dst, sport, dport, not or '('"

static int set_word(struct options *o, const char *word)
{
	char names[128] = "";

	if (o->command && command_arg(o->command) && !o->argument) {
		o->argument = word;
		return 0;
	}
	if (o->command) {
		diag_error("unexpected argument '%s' after the command", word);
		diag_hint("options begin with '-'; " EXPR_HINT);
		return -EINVAL;
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (!strcmp(commands[i].name, word)) {
			o->command = commands[i].command;
			return 0;
		}
		strcat(names, i ? ", " : "");
		strcat(names, commands[i].name);
	}
	diag_error("unknown command '%s'", word);
	diag_hint("commands are %s; options begin with '-'; " EXPR_HINT, names);
	return -EINVAL;
}

/* The words of an expression come one by one or all in one. */
static int add_to_expr(struct given *given, const char *text)
{
	size_t used = strlen(given->expr), room = sizeof(given->expr) - used;

	if (snprintf(given->expr + used, room, "%s%s", used ? " " : "", text) < (int)room) {
		for (char *c = given->expr + used; *c; c++)
			*c = isspace((unsigned char)*c) ? ' ' : *c;
		return 0;
	}
	diag_error("filter: longer than %zu characters", sizeof(given->expr) - 1);
	diag_hint("options such as -L and -a take lists");
	return -EINVAL;
}

static int apply_expr(struct options *o, const struct given *given)
{
	char why[PARSE_WHY] = "";
	struct expr expr;
	bool ok;

	if (!given->expr[0])
		return 0;
	ok = expr_parse(given->expr, &expr, why);
	if (ok && expr.family && !set_family(o, expr.family, why))
		ok = parse_refuse(
			why, "'%s' and -%c exclude each other",
			expr.family == 4 ? "inet:" : "inet6:", expr.family == 4 ? '6' : '4');
	if (ok && o->has_states && !(o->states & expr.states))
		ok = parse_refuse(why, "-s and 'state' have no state in common");
	if (!ok) {
		diag_error("filter: %s", why);
		diag_hint("the words are those of ss, such as: state close-wait dport = :443; see "
			  "tcpdwell(8)");
		return -EINVAL;
	}
	o->match.program = expr.program;
	if (expr.has_states)
		o->states = o->has_states ? o->states & expr.states : expr.states;
	o->has_states |= expr.has_states;
	if (*expr.condition)
		note_filter(o, NULL, expr.condition);
	note_edit(o, NULL, given->expr);
	return 0;
}

static int parse_words(struct options *o, int argc, char **argv, struct given *given)
{
	char letters[2 * COUNT(rows) + 3];
	struct option longs[COUNT(rows) + 1] = {0};
	int value, err;

	build_getopt(letters, longs);
	opterr = 0;
	optind = 0;
	for (;;) {
		value = getopt_long(argc, argv, letters, longs, NULL);
		if (value == -1) {
			if (optind >= argc)
				return 0;
			value = optind++;
			err = given->expr[0] || expr_begins(argv[value])
				      ? add_to_expr(given, argv[value])
				      : set_word(o, argv[value]);
		} else if (value == '?' || value == ':') {
			err = unknown_option(argv, value);
		} else {
			err = set_row(o, row_of(value), optarg, given);
		}
		if (err)
			return err;
	}
}

static const char *command_name(enum options_command command)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].command == command)
			return commands[i].name;
	return "?";
}

static int check_together(const struct options *o, const struct given *given)
{
	if (given->expr[0] && !(FILTER & o->command)) {
		diag_error("'%s' takes no filter: '%s'", command_name(o->command), given->expr);
		diag_hint("`tcpdwell --help` lists what it takes");
		return -EINVAL;
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		if (given->rows[i] && !(rows[i].commands & o->command)) {
			diag_error("'%s' does not take --%s", command_name(o->command),
				   rows[i].name);
			diag_hint("tcpdwell(8) says which options go with which command");
			return -EINVAL;
		}
	if (command_arg(o->command) && command_arg(o->command)[0] != '[' && !o->argument) {
		diag_error("'%s' needs %s", command_name(o->command), command_arg(o->command));
		diag_hint("`tcpdwell --help` shows the commands");
		return -EINVAL;
	}
	if (o->read_path && (o->write_path || o->ready_path)) {
		diag_error("%s and -r exclude each other", o->write_path ? "-w" : "--ready-file");
		diag_hint("a replay records nothing new, and nobody has to wait for it");
		return -EINVAL;
	}
	if (o->raw && o->command == COMMAND_HIST) {
		diag_error("--raw is for 'trace'");
		diag_hint("the tracepoint alone has no true dwell times to make histograms of");
		return -EINVAL;
	}
	return 0;
}

static int parse(struct options *o, int argc, char **argv, struct given *given)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->states = STATES_DEFAULT;
	o->max_connections = CONNECTIONS_DEFAULT;
	err = parse_words(o, argc, argv, given);
	if (err || o->help || o->version)
		return err;
	if (!o->command)
		o->command = COMMAND_TRACE;
	err = apply_expr(o, given);
	if (err)
		return err;
	if (!o->max_groups)
		o->max_groups = o->command == COMMAND_SERVE ? GROUPS_SERVED : GROUPS_DEFAULT;
	if (o->command & VIEWS && !o->has_states)
		o->states = STATES_ALL;
	o->stuck_states = o->has_states ? o->states : STATES_STUCK;
	o->filtered = o->match.by_local || o->match.by_remote || o->match.by_either ||
		      o->match.by_neither || o->match.family || o->match.n_prefixes ||
		      o->match.n_netns || o->match.program.n;
	return check_together(o, given);
}

int options_parse(struct options *o, int argc, char **argv)
{
	struct given given = {0};

	return parse(o, argc, argv, &given);
}

/* ---- a filter line ---- */

#define WORDS_MAX 64

/* One word, its quotes taken off, in place. What is behind it; NULL if there was none, or a quote
 * does not end. */
static char *next_word(char *text, char **ret_word)
{
	char quote = 0, *to;

	text += strspn(text, " \t");
	*ret_word = to = text;
	for (; *text && (quote || !strchr(" \t", *text)); text++) {
		if (quote ? *text == quote : *text == '\'' || *text == '"')
			quote = quote ? 0 : *text;
		else
			*to++ = *text;
	}
	if (quote || text == *ret_word)
		return NULL;
	text += *text != '\0';
	*to = '\0';
	return text;
}

int options_parse_filter(struct options *o, const char *text)
{
	static char tool[] = "tcpdwell", top[] = "top";
	char copy[OPTIONS_EDIT_MAX], *argv[WORDS_MAX + 1] = {tool, top}, *rest = copy;
	struct given given = {0};
	int argc = 2, err;

	snprintf(copy, sizeof(copy), "%s", text);
	while (argc < WORDS_MAX && (rest = next_word(rest, &argv[argc])))
		argc++;
	if (argc == WORDS_MAX || *argv[argc]) {
		diag_error("%s", argc == WORDS_MAX ? "too many words" : "a quote does not end");
		return -EINVAL;
	}
	argv[argc] = NULL;
	err = parse(o, argc, argv, &given);
	for (size_t i = 0; !err && i < COUNT(rows); i++)
		if (given.rows[i] && !(rows[i].commands & EDIT)) {
			diag_error("--%s is no filter", rows[i].name);
			err = -EINVAL;
		}
	return err;
}

static bool is_by(const struct options *o, const char *key)
{
	bool found = false;

	for (unsigned i = 0; i < o->by.n; i++)
		found |= !strcmp(group_key_name(o->by.keys[i]), key);
	return found;
}

uint16_t options_told_states(const struct options *o)
{
	const uint16_t waits = 1 << WIRE_FIN_WAIT2 | 1 << WIRE_TIME_WAIT;

	if (o->command != COMMAND_HIST || o->raw || o->write_path || o->read_path || o->n_pids ||
	    o->n_comms || is_by(o, "pid") || is_by(o, "comm"))
		return 0;
	/* Where a mini-socket comes from is told by what its full socket said last. */
	return o->states & waits ? o->states | 1 << WIRE_FIN_WAIT2 | 1 << WIRE_CLOSING : o->states;
}

bool options_want_cgroups(const struct options *o)
{
	if (o->n_cgroups || is_by(o, "cgroup") || o->write_path || !(o->command & STREAMS))
		return true;
	return o->command == COMMAND_TRACE && o->format != FORMAT_TEXT;
}

/* ---- help ---- */

void options_print_help(FILE *out)
{
	fputs("usage: tcpdwell [COMMAND] [OPTIONS] [FILTER]\n\n"
	      "Follows every TCP connection of the host through its states, TIME-WAIT included,\n"
	      "and tells how long it stayed in each.\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(out, "  %-8s %-11s %s\n", commands[i].name,
			commands[i].arg ? commands[i].arg : "", commands[i].help);
	fputs("\noptions:\n", out);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%c --%s %s", rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ',' : ' ',
			 rows[i].name, rows[i].arg ? rows[i].arg : "");
		fprintf(out, "  %-27s %s\n", left, rows[i].help);
	}
	fputs("\nfilter, in the words of ss:\n"
	      "  [state STATE | exclude STATE]... [EXPRESSION]\n"
	      "  state close-wait '( dport = :443 or sport = :8080 )' and not dst 10.0.0.0/8\n",
	      out);
	fputs("\nexit: 0 fine, 1 failed, 2 wrong usage, 3 lost something (--strict),\n"
	      "4 something is stuck (--fail). See tcpdwell(8).\n",
	      out);
}

/* ---- the tables, for completion ---- */

bool options_command(unsigned i, struct options_command_row *ret_row)
{
	if (i >= COUNT(commands))
		return false;
	*ret_row = (struct options_command_row){.name = commands[i].name,
						.arg = commands[i].arg,
						.bit = commands[i].command,
						.takes_filter = FILTER & commands[i].command};
	return true;
}

bool options_row(unsigned i, struct options_row *ret_row)
{
	if (i >= COUNT(rows))
		return false;
	*ret_row = (struct options_row){.letter = rows[i].letter,
					.commands = rows[i].commands,
					.name = rows[i].name,
					.arg = rows[i].arg};
	return true;
}

const char *options_choice(const char *option, unsigned i)
{
	static const struct {
		const char *option;
		const char *const *values;
		size_t n;
	} choices[] = {
		{"format", format_names, COUNT(format_names)},
		{"transitions", transition_ways, COUNT(transition_ways)},
		{"timewait", timewait_ways, COUNT(timewait_ways)},
	};

	for (size_t k = 0; k < COUNT(choices); k++)
		if (!strcmp(choices[k].option, option) && i < choices[k].n)
			return choices[k].values[i];
	return NULL;
}
