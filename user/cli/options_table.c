/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options_table.c - see options_table.h. */
#include "cli/options_table.h"

#include <errno.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/tcpstate.h"
#include "cli/on.h"
#include "cli/suggest.h"
#include "diagnosis/ends.h"
#include "base/cgroup_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STREAMS   (COMMAND_TRACE | COMMAND_HIST)
#define VIEWS     (COMMAND_TOP | COMMAND_SERVE | COMMAND_REPORT)
#define RECORDS   (STREAMS | COMMAND_STUCK | COMMAND_GUARD)
#define LIVES     (STREAMS | VIEWS | COMMAND_GUARD)
#define REPLAYS   (STREAMS | COMMAND_STUCK | COMMAND_REPORT)
#define ANY       (LIVES | COMMAND_STUCK)
#define ALL       (ANY | COMMAND_FEATURES | COMMAND_SCHEMA)
#define CHOOSE    (ANY | OPTIONS_EDIT)
#define FILTER    (CHOOSE | OPTIONS_FILTER)
#define GROUPS    (STREAMS | COMMAND_STUCK | COMMAND_TOP | COMMAND_SERVE)
#define INTERVALS (STREAMS | COMMAND_STUCK | COMMAND_TOP | COMMAND_GUARD)
#define COUNTS    (STREAMS | COMMAND_STUCK)
#define LINES     (STREAMS | COMMAND_STUCK | COMMAND_FEATURES)

#define BUFFER_MAX      (1ULL << 30)
#define CONNECTIONS_MAX 100000000
#define GROUPS_MAX      100000
#define ROTATE_MIN      (64 << 10)
#define KEEP_MAX        1000000
#define KEEP_BYTES_MIN  (16 << 20)
#define KEEP_NS_MIN     (10 * NS_PER_S)
#define INCIDENTS_MAX   1000

const struct options_command_row options_commands[] = {
	{"trace", COMMAND_TRACE, "print every transition, then histograms (the default)", NULL},
	{"hist", COMMAND_HIST, "print histograms: at the end, and with -i every interval", NULL},
	{"stuck", COMMAND_STUCK, "show sockets that are not established: how long, whose, why",
	 NULL},
	{"top", COMMAND_TOP, "show what stuck shows, live, and how long states last", NULL},
	{"report", COMMAND_REPORT, "write a page: states and dwells in pictures, what is stuck",
	 "FILE.html"},
	{"serve", COMMAND_SERVE, "serve metrics to Prometheus (default on 127.0.0.1:9798)",
	 "[ADDR:PORT]"},
	{"guard", COMMAND_GUARD,
	 "record always, and keep what was before and after a condition "
	 "held (-w DIR)",
	 NULL},
	{"features", COMMAND_FEATURES, "show what this kernel lets tcpdwell see, and what not",
	 NULL},
	{"schema", COMMAND_SCHEMA, "print the JSON Schema of what -f json writes", NULL},
	{0},
};

const struct options_command_row *options_command_named(const char *name)
{
	const struct options_command_row *row = options_commands;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row;
}

const struct options_command_row *options_command_row(enum options_command command)
{
	const struct options_command_row *row = options_commands;

	while (row->name && row->command != command)
		row++;
	return row;
}

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
	return set_one_side(&o->selection.match.local, &o->selection.match.by_local, value, why);
}

static bool set_remote_port(struct options *o, const char *value, char *why)
{
	return set_one_side(&o->selection.match.remote, &o->selection.match.by_remote, value, why);
}

static bool set_port(struct options *o, const char *value, char *why)
{
	struct parse_ports ports = {0};

	if (!parse_ports(value, &ports, why))
		return false;
	o->selection.match.either = ports.included;
	o->selection.match.neither = ports.excluded;
	o->selection.match.by_either = ports.has_included;
	o->selection.match.by_neither = ports.has_excluded;
	return true;
}

bool options_set_family(struct options *o, uint8_t family, char *why)
{
	if (o->selection.match.family && o->selection.match.family != family)
		return parse_refuse(why, "-4 and -6 exclude each other");
	o->selection.match.family = family;
	return true;
}

static bool set_ipv4(struct options *o, const char *value, char *why)
{
	(void)value;
	return options_set_family(o, 4, why);
}

static bool set_ipv6(struct options *o, const char *value, char *why)
{
	(void)value;
	return options_set_family(o, 6, why);
}

static bool add_address(void *ctx, const char *piece, char *why)
{
	struct match_config *match = &((struct options *)ctx)->selection.match;

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
	uint16_t states = tcpstate_parse_states(piece);

	if (!states)
		return suggest_state(piece, why);
	if (!o->selection.has_states)
		o->selection.states = 0;
	o->selection.has_states = true;
	o->selection.states |= states;
	return true;
}

static bool set_state(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_state, o, why);
}

#define DEFINE_NUMBER_LIST(name, list, count, min, max)                                       \
	static bool add_##name(void *ctx, const char *piece, char *why)                       \
	{                                                                                     \
		struct options *o = ctx;                                                      \
		uint64_t number;                                                              \
                                                                                              \
		if (o->selection.count >= SELECTION_LIST_MAX)                                 \
			return parse_refuse(why, "more than %d entries", SELECTION_LIST_MAX); \
		if (!parse_number(piece, min, max, &number, why))                             \
			return false;                                                         \
		o->selection.list[o->selection.count++] = (uint32_t)number;                   \
		return true;                                                                  \
	}                                                                                     \
	static bool set_##name(struct options *o, const char *value, char *why)               \
	{                                                                                     \
		return parse_list(value, add_##name, o, why);                                 \
	}

DEFINE_NUMBER_LIST(pid, pids, n_pids, 1, INT32_MAX)
DEFINE_NUMBER_LIST(uid, uids, n_uids, 0, UINT32_MAX - 1)

static bool add_comm(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;

	if (o->selection.n_comms >= SELECTION_LIST_MAX)
		return parse_refuse(why, "more than %d names", SELECTION_LIST_MAX);
	if (strlen(piece) >= sizeof(o->selection.comms[0]))
		return parse_refuse(why, "the kernel keeps 15 characters of a name, '%s' is longer",
				    piece);
	strcpy(o->selection.comms[o->selection.n_comms++], piece);
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
	struct match_config *match = &((struct options *)ctx)->selection.match;
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

/* A path below the tree, from its root or from where it is mounted elsewhere. */
static const char *below_tree(const char *path)
{
	static const char *const mounts[] = {"/sys/fs/cgroup/unified/", "/sys/fs/cgroup/", "/"};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (!strncmp(path, mounts[i], strlen(mounts[i])))
			return path + strlen(mounts[i]);
	return path;
}

static bool add_cgroup(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	uint64_t *id = &o->selection.cgroups[o->selection.n_cgroups];
	const char *tree;
	char in_tree[300];
	const char *const paths[] = {in_tree, piece, NULL};

	if (o->selection.n_cgroups >= SELECTION_LIST_MAX)
		return parse_refuse(why, "more than %d cgroups", SELECTION_LIST_MAX);
	if (!parse_number(piece, 1, UINT64_MAX, id, why)) {
		tree = cgroup_tree();
		snprintf(in_tree, sizeof(in_tree), "%s/%s", tree ? tree : "", below_tree(piece));
		if (!inode_of(paths, CGROUP2_SUPER_MAGIC, id))
			return tree ? parse_refuse(why, "no cgroup '%s' below /sys/fs/cgroup",
						   piece)
				    : parse_refuse(why,
						   "the cgroup file system is not mounted here");
	}
	o->selection.n_cgroups++;
	return true;
}

static bool set_cgroup(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_cgroup, o, why);
}

static bool set_min(struct options *o, const char *value, char *why)
{
	return parse_duration(value, true, &o->selection.min_ns, why);
}

/* 0 is not "as the rules have it". */
static bool set_patience(struct options *o, const char *value, char *why)
{
	if (!parse_duration(value, true, &o->selection.patience_ns, why))
		return false;
	o->selection.patience_ns = o->selection.patience_ns ?: 1;
	return true;
}

static bool add_ends_by(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	char names[PARSE_WHY] = "";

	for (unsigned by = 1; ends_by_name(by); by++) {
		if (!strcmp(piece, ends_by_name(by))) {
			o->selection.ends_by |= (uint16_t)(1u << by);
			return true;
		}
		strcat(names, by > 1 ? ", " : "");
		strcat(names, ends_by_name(by));
	}
	return parse_refuse(why, "'%s' is none of %s", piece, names);
}

static bool set_ends_by(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_ends_by, o, why);
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
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(format_names[i], value)) {
			o->format = (enum format)i;
			return true;
		}
	return parse_refuse(why, "not text, json or csv");
}

/* The first is to choose none. */
static const char *const timewait_ways[] = {"auto", "fentry", "kprobe", "timer", "sample"};

static bool set_timewait(struct options *o, const char *value, char *why)
{
	for (size_t i = 0; i < COUNT(timewait_ways); i++)
		if (!strcmp(timewait_ways[i], value)) {
			o->timewait_way = i ? timewait_ways[i] : NULL;
			return true;
		}
	return parse_refuse(why, "no such way");
}

static const char *const accept_ways[] = {"auto", "fexit", "kretprobe", "syscalls", "inherit"};

static bool set_accept(struct options *o, const char *value, char *why)
{
	for (size_t i = 0; i < COUNT(accept_ways); i++)
		if (!strcmp(accept_ways[i], value)) {
			o->accept_way = i ? accept_ways[i] : NULL;
			return true;
		}
	return parse_refuse(why, "no such way");
}

/* `-w -L 80` is an option without its file. */
static bool set_path(const char **path, const char *value, char *why)
{
	if (!*value)
		return parse_refuse(why, "empty");
	if (value[0] == '-' && value[1])
		return parse_refuse(why, "write ./%s for a file of that name", value);
	*path = value;
	return true;
}

static bool set_write(struct options *o, const char *value, char *why)
{
	if (!strcmp(value, "-"))
		return parse_refuse(why, "standard output is for results: name a file");
	return set_path(&o->write_path, value, why);
}

static bool set_read(struct options *o, const char *value, char *why)
{
	return set_path(&o->read_path, value, why);
}

/* "64M" is a size, "10m" a time: the unit says which. */
static bool set_rotate(struct options *o, const char *value, char *why)
{
	const char *unit = value + strlen(value) - (*value != 0);

	if (strchr("kKMGg", *unit) && *unit) {
		if (!parse_size(value, &o->rotate_bytes, why))
			return false;
		return o->rotate_bytes >= ROTATE_MIN || parse_refuse(why, "smaller than 64k");
	}
	if (!strchr("smhd", *unit) || !*unit)
		return parse_refuse(why,
				    "needs a unit: k, M or G of a size; s, m, h or d of a time");
	if (!parse_duration(value, false, &o->rotate_ns, why))
		return false;
	return o->rotate_ns >= NS_PER_S || parse_refuse(why, "shorter than 1s");
}

/* Of files a number; of `guard` a size, a time, or both. */
static bool add_keep(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;
	const char *unit = piece + strlen(piece) - 1;

	if (strchr("0123456789", *unit))
		return parse_number(piece, 2, KEEP_MAX, &o->keep, why);
	if (strchr("kKMGg", *unit))
		return parse_size(piece, &o->keep_bytes, why) &&
		       (o->keep_bytes >= KEEP_BYTES_MIN || parse_refuse(why, "smaller than 16M"));
	return parse_duration(piece, false, &o->keep_ns, why) &&
	       (o->keep_ns >= KEEP_NS_MIN || parse_refuse(why, "shorter than 10s"));
}

static bool set_keep(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_keep, o, why);
}

static bool add_on(void *ctx, const char *piece, char *why)
{
	struct options *o = ctx;

	if (o->n_on >= CONDITIONS_MAX)
		return parse_refuse(why, "more than %d conditions", CONDITIONS_MAX);
	return on_parse(piece, &o->on[o->n_on], why) && ++o->n_on;
}

static bool set_on(struct options *o, const char *value, char *why)
{
	return parse_list(value, add_on, o, why);
}

static bool set_on_exit(struct options *o, const char *value, char *why)
{
	if (o->on_exit)
		return parse_refuse(why, "given twice: one program at a time");
	o->on_exit = value;
	return *value || parse_refuse(why, "empty");
}

static bool set_after(struct options *o, const char *value, char *why)
{
	return parse_duration(value, false, &o->after_ns, why);
}

static bool set_incidents(struct options *o, const char *value, char *why)
{
	return parse_number(value, 1, INCIDENTS_MAX, &o->incidents, why);
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

static bool set_count(struct options *o, const char *value, char *why)
{
	return parse_number(value, 1, UINT64_MAX, &o->count, why);
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

/* clang-format off: one option, one place */
const struct options_row options_rows[] = {
	{'L', SECTION_FILTER, FILTER | OPTIONS_ONCE, "local-port", NULL, "LIST", set_local_port,
	 "local port: 80,443,8000-8999,!8080"},
	{'D', SECTION_FILTER, FILTER | OPTIONS_ONCE, "remote-port", NULL, "LIST", set_remote_port,
	 "remote port: 443,!8080"},
	{'P', SECTION_FILTER, FILTER | OPTIONS_ONCE, "port", NULL, "LIST", set_port,
	 "local or remote port: 80,443"},
	{'4', SECTION_FILTER, FILTER, "ipv4", NULL, NULL, set_ipv4,
	 "IPv4 only (IPv4-mapped IPv6 is IPv4)"},
	{'6', SECTION_FILTER, FILTER, "ipv6", NULL, NULL, set_ipv6, "IPv6 only"},
	{'a', SECTION_FILTER, FILTER, "address", NULL, "CIDR", set_address,
	 "local or remote address: 10.0.0.0/8,::1"},
	{'p', SECTION_FILTER, CHOOSE, "pid", NULL, "LIST", set_pid,
	 "processes that own the connection: 4711,4712"},
	{'c', SECTION_FILTER, CHOOSE, "comm", NULL, "LIST", set_comm,
	 "names of these processes: nginx,sshd"},
	{'u', SECTION_FILTER, CHOOSE, "uid", NULL, "LIST", set_uid, "users, by number: 0,1000"},
	{0, SECTION_FILTER, FILTER, "netns", NULL, "LIST", set_netns,
	 "network namespaces: name, path, pid or inode"},
	{0, SECTION_FILTER, CHOOSE, "cgroup", NULL, "LIST", set_cgroup, "cgroups v2: path or id"},
	{'s', SECTION_FILTER, CHOOSE, "state", NULL, "LIST", set_state,
	 "states, or sets of ss such as all or connected (default of histograms in "
	 "trace and hist: fin-wait-2,time-wait,close-wait; of stuck: all but "
	 "listen,established,time-wait; of others: all)"},
	{'m', SECTION_FILTER, CHOOSE | OPTIONS_ONCE, "min", "for", "DURATION", set_min,
	 "only what stays in its state at least this long: 500ms, 1h30m"},
	{0, SECTION_FILTER, COMMAND_STUCK | VIEWS | COMMAND_GUARD | OPTIONS_EDIT, "patience", NULL,
	 "DURATION", set_patience,
	 "call a connection a leak after it has been idle for this long (default 5m)"},
	{0, SECTION_FILTER, COMMAND_STUCK, "ends-by", NULL, "LIST", set_ends_by,
	 "only what ends by this if its peer is silent: nothing, keepalive, ..."},

	{'b', SECTION_OUTPUT, GROUPS, "by", NULL, "KEYS", set_by,
	 "group by local-port, remote-port, address, comm, pid, uid, cgroup or netns; stuck, top: "
	 "or keepalive"},
	{'i', SECTION_OUTPUT, INTERVALS, "interval", NULL, "DURATION", set_interval,
	 "print histograms every interval as well; top, stuck --watch, guard: look this often "
	 "(default 2s; guard 10s)"},
	{0, SECTION_OUTPUT, COMMAND_STUCK, "watch", NULL, NULL, set_watch,
	 "look again and again until interrupted"},
	{'f', SECTION_OUTPUT, LINES, "format", NULL, "FORMAT", set_format,
	 "text, json (one object a line) or csv"},
	{0, SECTION_OUTPUT, COMMAND_TRACE, "raw", NULL, NULL, set_raw,
	 "print what the tracepoint says, uncorrected"},
	{'q', SECTION_OUTPUT, ALL, "quiet", NULL, NULL, set_quiet, "no header lines, no notes"},
	{'v', SECTION_OUTPUT, ALL, "verbose", NULL, NULL, set_verbose,
	 "all columns, times with their date, details on stderr"},

	{'d', SECTION_END, STREAMS | COMMAND_REPORT | COMMAND_GUARD, "duration", NULL, "DURATION",
	 set_duration, "stop after this time: 30, 5m"},
	{'n', SECTION_END, COUNTS, "count", NULL, "N", set_count,
	 "stop after N transitions; hist -i: N intervals; stuck --watch: N looks"},
	{0, SECTION_END, COMMAND_STUCK, "fail", NULL, NULL, set_fail,
	 "exit with 4 if stuck finds anything wrong, or if -s or --for finds a socket"},
	{0, SECTION_END, STREAMS | COMMAND_REPORT, "strict", NULL, NULL, set_strict,
	 "exit with 3 if anything was lost"},
	{0, SECTION_END, LIVES, "ready-file", NULL, "FILE", set_ready_file,
	 "create FILE once tracing has begun"},

	{'w', SECTION_RECORDING, RECORDS, "write", NULL, "FILE", set_write,
	 "record to FILE, for -r; guard: to a folder"},
	{'r', SECTION_RECORDING, REPLAYS, "read", NULL, "FILE", set_read,
	 "replay FILE ('-': standard input), or a folder of segments, without root"},
	{0, SECTION_RECORDING, STREAMS | COMMAND_STUCK, "rotate", NULL, "LIMIT", set_rotate,
	 "with -w: go on in a new file, FILE.000001 and so on, at a size (64M) or after a time "
	 "(10m)"},
	{0, SECTION_RECORDING, RECORDS, "keep", NULL, "LIMIT", set_keep,
	 "with --rotate: remove all but the last N files; guard: keep as much of the past as a "
	 "time (30m), a size (512M), or both say (default 30m,512M)"},
	{0, SECTION_RECORDING, COMMAND_GUARD, "on", NULL, "LIST", set_on,
	 "what an incident is: rules (close-wait-leak), or 'STATE > N'"},
	{0, SECTION_RECORDING, COMMAND_GUARD, "on-exit", NULL, "COMMAND", set_on_exit,
	 "start COMMAND, by the shell, and end with it: that it fails is an incident, too"},
	{0, SECTION_RECORDING, COMMAND_GUARD, "after", NULL, "DURATION", set_after,
	 "record an incident for so long after it began (default 1m)"},
	{0, SECTION_RECORDING, COMMAND_GUARD, "incidents", NULL, "N", set_incidents,
	 "keep the last N incidents (default 8)"},

	{0, SECTION_LIMITS, LIVES, "buffer", NULL, "SIZE", set_buffer,
	 "buffer for all CPUs, a power of two; default: 2M a CPU, 64M at most"},
	{0, SECTION_LIMITS, LIVES, "timewait", NULL, "WAY", set_timewait,
	 "see TIME-WAIT this way only: auto, fentry, kprobe, timer or sample"},
	{0, SECTION_LIMITS, LIVES, "accept", NULL, "WAY", set_accept,
	 "see who accepts this way only: auto, fexit, kretprobe, syscalls (slows all system calls) "
	 "or inherit"},
	{0, SECTION_LIMITS, LIVES, "max-connections", NULL, "N", set_max_connections,
	 "remember at most N connections (default 1000000)"},
	{0, SECTION_LIMITS, STREAMS | COMMAND_TOP | COMMAND_SERVE, "max-groups", NULL, "N",
	 set_max_groups, "keep at most N groups of --by (default 1000, serve 25)"},

	{'h', SECTION_ABOUT, ALL, "help", NULL, NULL, set_help,
	 "print this; after a command, what that command takes"},
	{'V', SECTION_ABOUT, ALL, "version", NULL, NULL, set_version, "print the version"},
	{0},
};
/* clang-format on */

_Static_assert(COUNT(options_rows) <= OPTIONS_ROWS_MAX, "room for all rows");

bool options_command_filters(enum options_command command)
{
	bool found = false;

	for (const struct options_row *row = options_rows; row->name; row++)
		found |= row->commands & OPTIONS_FILTER && row->commands & command;
	return found;
}

const char *options_choice(const char *option, unsigned i)
{
	static const struct {
		const char *option;
		const char *const *values;
		size_t n;
	} choices[] = {
		{"format", format_names, COUNT(format_names)},
		{"timewait", timewait_ways, COUNT(timewait_ways)},
		{"accept", accept_ways, COUNT(accept_ways)},
	};

	for (size_t k = 0; k < COUNT(choices); k++)
		if (!strcmp(choices[k].option, option) && i < choices[k].n)
			return choices[k].values[i];
	return NULL;
}
