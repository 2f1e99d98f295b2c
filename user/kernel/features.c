/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.c - the table of ways, the trying, the telling. See features.h. */
#include "kernel/features.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "kernel/loader.h"
#include "kernel/privileges.h"

const struct features_row features_rows[FEATURES] = {
	[FEATURE_TRANSITION] = {.name = "transitions",
				.gives = "every state a socket is given",
				.loss = "everything",
				.ways = {{.name = "tp_btf",
					  .words = "BTF tracepoint sock:inet_sock_set_state",
					  .programs = {"transition", "transition_nested"}}}},
	[FEATURE_IDENTITY] = {.name = "identity",
			      .gives = "which socket is which, when ports and addresses return",
			      .loss = "nothing can be followed",
			      .ways = {{.name = "cookie",
					.words = "socket cookies, which no other socket ever has",
					.programs = {"identity_cookie"}},
				       {.name = "address",
					.words = "kernel addresses, hashed; with the ports where "
						 "they are used again"}}},
	[FEATURE_TIMEWAIT] =
		{.name = "time-wait",
		 .gives = "FIN-WAIT-2 after close(), TIME-WAIT, and their ends",
		 .loss = "TIME-WAIT is not visible, FIN-WAIT-2 after close() has no duration",
		 .ways = {{.name = "fentry",
			   .words = "fentry programs on the functions of a mini-socket's life",
			   .programs = {"timewait_fentry_born", "timewait_fentry_segment",
					"timewait_fexit_segment", "timewait_fentry_expire",
					"timewait_fentry_end"},
			   .kind = FEATURES_TRAMPOLINE},
			  {.name = "kprobe",
			   .words = "kprobes on the functions of a mini-socket's life",
			   .programs = {"timewait_kprobe_born", "timewait_kprobe_segment",
					"timewait_kretprobe_segment", "timewait_kprobe_expire",
					"timewait_kprobe_end"},
			   .kind = FEATURES_KPROBE},
			  {.name = "timer",
			   .words = "timer tracepoints",
			   .programs = {"timewait_timer_start", "timewait_timer_expire",
					"timewait_timer_cancel"},
			   .needs_addresses = true},
			  {.name = "sample",
			   .words = "iter/tcp twice a second: shorter lives are missed, ends are "
				    ">=",
			   .programs = {"sweep"}}}},
	[FEATURE_CAUSE] = {.name = "causes",
			   .gives =
				   "what ended a mini-socket early: reset, reuse, ss -K, namespace",
			   .loss = "such an end is told with the cause `unknown`",
			   .ways = {{.name = "stack",
				     .words = "the kernel stack at its end",
				     .needs_addresses = true}}},
	[FEATURE_SWEEP] =
		{.name = "sweep",
		 .gives = "FIN-WAIT-2 to TIME-WAIT within a second where no event tells it",
		 .loss = "such a move is told only when the TIME-WAIT ends",
		 .ways = {{.name = "iter",
			   .words = "iter/tcp twice a second",
			   .programs = {"sweep"}}}},
	[FEATURE_SOCKETS] = {.name = "sockets",
			     .gives = "every socket as it stands, those before us too",
			     .loss = "`stuck` does not work, and what was there before is not "
				     "seen",
			     .ways = {{.name = "iter",
				       .words = "iter/tcp in each network namespace",
				       .programs = {"socks"}}}},
	[FEATURE_HOLDERS] =
		{.name = "holders",
		 .gives = "which processes hold a socket, by which descriptor",
		 .loss = "whose a socket is that was there before is not known",
		 .ways = {{.name = "iter", .words = "iter/task_file", .programs = {"holders"}}}},
	[FEATURE_ACCEPT] =
		{.name = "accept",
		 .gives = "the owner of an accepted connection, from accept() on",
		 .loss = "an accepted connection has no owner until one is seen holding it",
		 .ways = {{.name = "fexit",
			   .words = "fexit program on the return of inet_csk_accept()",
			   .programs = {"accept_fexit"},
			   .kind = FEATURES_TRAMPOLINE},
			  {.name = "kretprobe",
			   .words = "kretprobe on inet_csk_accept()",
			   .programs = {"accept_kretprobe"},
			   .kind = FEATURES_KPROBE},
			  {.name = "inherit",
			   .words = "the owner of its listener, until one is seen holding it"}}},
	[FEATURE_BUFFER] = {.name = "buffer",
			    .gives = "how records come up",
			    .loss = "nothing can be told",
			    .ways = {{.name = "rings",
				      .words = "a ring for each CPU, without a lock",
				      .programs = {"buffer_rings"}},
				     {.name = "ringbuf",
				      .words = "the kernel's ring buffer, one for all CPUs"}}},
};

static const struct {
	int error;
	bool of_the_kernel; /* a system call said it */
	const char *meaning;
	const char *cure;
} errors[] = {
	{EACCES, true, "refused by the verifier or a security module", "run with -v for its words"},
	{EINVAL, true, "the kernel does not know this kind of program, or what it calls",
	 "a newer kernel"},
	{E2BIG, true, "too complex for this kernel's verifier", "a newer kernel"},
	{ESRCH, true, "not in this kernel's BTF: a function or tracepoint of that name",
	 "a kernel that has it"},
	{ENOENT, true, "this kernel does not have it: no such function, tracepoint or probe",
	 "CONFIG_KPROBES=y for kprobes"},
	{ENOTSUP, true, "not supported on this architecture or kernel", "a newer kernel"},
	{524, true, "not supported on this architecture or kernel", "a newer kernel"},
	{ENOMEM, true, "out of memory", "free memory, or a smaller --buffer"},
	{ENOSYS, true, "this kernel has no BPF", "CONFIG_BPF_SYSCALL=y"},
	{FEATURES_NO_BTF, false, "this kernel has no BTF",
	 "CONFIG_DEBUG_INFO_BTF=y, and /sys mounted"},
	{FEATURES_ADDRESSES_HIDDEN, false, "kernel addresses are hidden", NULL},
	{FEATURES_NO_MINIS, false, "mini-sockets are not seen at all",
	 "what would let a way of time-wait work"},
	{FEATURES_SAMPLED, false,
	 "mini-sockets are only met by sweeps, which come after one has gone",
	 "what would let a better way of time-wait work"},
	{FEATURES_NOT_ASKED, false, "another way was forced",
	 "the option that forced it, with auto"},
};

const char *features_meaning(int error)
{
	if (error == EPERM)
		return privileges_refusal();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].meaning;
	return strerror(error);
}

const char *features_cure(int error)
{
	if (error == EPERM)
		return privileges_refusal_cure();
	if (error == FEATURES_ADDRESSES_HIDDEN)
		return privileges_addresses_cure();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].cure;
	return "run with -v for details";
}

static bool is_of_the_kernel(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].of_the_kernel;
	return true;
}

/* ---- choosing ---- */

/* Not if the user forced another one. `options` may be NULL: then nothing is forced. */
static bool is_asked(enum features_capability capability, int way, const struct options *options)
{
	const char *forced = options && capability == FEATURE_TIMEWAIT ? options->timewait_way
								       : NULL;

	return !forced || !strcmp(features_rows[capability].ways[way].name, forced);
}

/* `stuck` only looks at what there is, the others also at what happens. */
static bool only_looks(const struct options *options)
{
	return options && options->command == COMMAND_STUCK;
}

static bool is_needed(enum features_capability capability, const struct options *options)
{
	return !only_looks(options) || capability == FEATURE_IDENTITY ||
	       capability == FEATURE_SOCKETS || capability == FEATURE_HOLDERS;
}

enum features_capability features_essential(const struct options *options)
{
	return only_looks(options) ? FEATURE_SOCKETS : FEATURE_TRANSITION;
}

const struct features_way *features_way(const struct features *features,
					enum features_capability which)
{
	int way = features->chosen[which];

	return way < 0 ? NULL : &features_rows[which].ways[way];
}

struct features features_none(void)
{
	struct features features = {0};

	for (unsigned c = 0; c < FEATURES; c++)
		features.chosen[c] = -1;
	return features;
}

/* What one choice means for another. */
static void judge(struct features *features)
{
	const struct features_way *way = features_way(features, FEATURE_TIMEWAIT);

	if (way && way != &features_rows[FEATURE_TIMEWAIT].ways[FEATURES_BY_SAMPLE])
		return;
	features->chosen[FEATURE_CAUSE] = -1;
	if (!features->refused[FEATURE_CAUSE][0])
		features->refused[FEATURE_CAUSE][0] = way ? FEATURES_SAMPLED : FEATURES_NO_MINIS;
}

static bool is_there(enum features_capability c, int way)
{
	return way < FEATURES_WAYS_MAX && features_rows[c].ways[way].name;
}

static void choose_next(struct features *features, enum features_capability c, int error,
			const struct options *options)
{
	int *way = &features->chosen[c];

	features->refused[c][*way] = error;
	do
		++*way;
	while (is_there(c, *way) && !is_asked(c, *way, options));
	if (!is_there(c, *way))
		*way = -1;
}

void features_refuse(struct features *features, enum features_capability which, int error,
		     const struct options *options)
{
	enum features_kind kind = features_way(features, which)->kind;

	for (enum features_capability c = 0; c < FEATURES; c++) {
		const struct features_way *way = features_way(features, c);

		if (c == which || (way && kind != FEATURES_ANY && way->kind == kind))
			choose_next(features, c, error, options);
	}
	judge(features);
}

/* Refused as a whole, which is cheaper asked at once than found out way by way. */
static void skip_refused_kinds(struct features *features, const struct options *options)
{
	for (enum features_capability c = 0; c < FEATURES; c++) {
		const struct features_way *way;
		int err;

		while ((way = features_way(features, c)) && (err = loader_try_kind(way->kind)))
			choose_next(features, c, -err, options);
	}
}

struct features features_hoped(const struct options *options)
{
	struct features features = {0};

	for (enum features_capability c = 0; c < FEATURES; c++)
		if (!is_needed(c, options))
			features.chosen[c] = -1;
		else
			while (!is_asked(c, features.chosen[c], options))
				features.chosen[c]++;
	skip_refused_kinds(&features, options);
	judge(&features);
	return features;
}

static void find(struct features *features, enum features_capability c,
		 const struct options *options, bool attaching)
{
	for (int w = 0; w < FEATURES_WAYS_MAX && features_rows[c].ways[w].name; w++) {
		if (features->chosen[c] >= 0 && options)
			return;
		if (!is_asked(c, w, options)) {
			features->refused[c][w] = FEATURES_NOT_ASKED;
			continue;
		}
		/* Its programs are the largest, and nothing works without: loading will tell. */
		if (c != FEATURE_TRANSITION || !options || attaching)
			features->refused[c][w] = -loader_try(c, w, attaching);
		if (!features->refused[c][w] && features->chosen[c] < 0)
			features->chosen[c] = w;
	}
}

struct features features_found(const struct options *options, bool attaching)
{
	struct features features = features_none();

	for (enum features_capability c = 0; c < FEATURES; c++)
		if (is_needed(c, options))
			find(&features, c, options, attaching);
	judge(&features);
	return features;
}

/* Why none: a word a way, in the order of the table. */
static void describe_refusals(const struct features *features, enum features_capability which,
			      char *text)
{
	const struct features_row *row = &features_rows[which];
	size_t used = 0;

	for (int w = 0; w < FEATURES_WAYS_MAX && row->ways[w].name && used < META_TEXT_MAX; w++)
		if (features->refused[which][w] &&
		    features->refused[which][w] != FEATURES_NOT_ASKED)
			used += (size_t)snprintf(text + used, META_TEXT_MAX - used, "%s%s: %s",
						 used ? "; " : "", row->ways[w].name,
						 features_meaning(features->refused[which][w]));
}

void features_describe(const struct features *features, enum features_capability which,
		       uint64_t tick_ns, char *text)
{
	const struct features_way *way = features_way(features, which);
	char tick[CLOCK_TEXT_MAX];

	if (!way)
		describe_refusals(features, which, text);
	else if (!way->needs_addresses)
		snprintf(text, META_TEXT_MAX, "%s", way->words);
	else
		snprintf(text, META_TEXT_MAX, "%s%s%s (to a jiffy, %s)", way->words,
			 features->chosen[FEATURE_SWEEP] < 0 ? "" : ", and ",
			 features->chosen[FEATURE_SWEEP] < 0
				 ? ""
				 : features_rows[FEATURE_SWEEP].ways[0].words,
			 clock_duration(tick_ns, tick));
}

/* ---- the command ---- */

static void print_text(const struct features *features, FILE *out)
{
	struct utsname host;

	uname(&host);
	fprintf(out, "Linux %s %s\n\n", host.release, host.machine);
	for (unsigned c = 0; c < FEATURES; c++) {
		const struct features_row *row = &features_rows[c];
		int chosen = features->chosen[c];

		fprintf(out, "%-12s %s\n", row->name, row->gives);
		for (int w = 0; w < FEATURES_WAYS_MAX && row->ways[w].name; w++) {
			int error = features->refused[c][w];

			fprintf(out, "  %-8s %-10s %s\n",
				w == chosen ? "chosen"
				: error     ? "refused"
					    : "works",
				row->ways[w].name, row->ways[w].words);
			if (error)
				fprintf(out, "           why: %s%s%s%s\n           cure: %s\n",
					features_meaning(error),
					is_of_the_kernel(error) ? " (" : "",
					is_of_the_kernel(error) ? strerror(error) : "",
					is_of_the_kernel(error) ? ")" : "", features_cure(error));
		}
		if (chosen < 0)
			fprintf(out, "  lost:    %s\n", row->loss);
		fputc('\n', out);
	}
}

static json_t *way_to_json(const struct features *features, unsigned c, int w)
{
	const struct features_way *way = &features_rows[c].ways[w];
	int error = features->refused[c][w];

	return json_pack("{ss ss ss si so so so}", "way", way->name, "words", way->words, "status",
			 w == features->chosen[c] ? "chosen"
			 : error                  ? "refused"
						  : "works",
			 "errno", error, "error",
			 error ? json_string(strerror(error)) : json_null(), "why",
			 error ? json_string(features_meaning(error)) : json_null(), "cure",
			 error ? json_string(features_cure(error)) : json_null());
}

static void print_json(const struct features *features, FILE *out)
{
	for (unsigned c = 0; c < FEATURES; c++) {
		const struct features_row *row = &features_rows[c];
		json_t *ways = json_array(), *line;

		for (int w = 0; w < FEATURES_WAYS_MAX && row->ways[w].name; w++)
			json_array_append_new(ways, way_to_json(features, c, w));
		line = json_pack("{ss ss ss ss so}", "event", "feature", "feature", row->name,
				 "gives", row->gives, "without", row->loss, "ways", ways);
		json_dumpf(line, out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(line);
	}
}

static void print_csv(const struct features *features, FILE *out)
{
	fputs("feature,way,status,errno,why\n", out);
	for (unsigned c = 0; c < FEATURES; c++)
		for (int w = 0; w < FEATURES_WAYS_MAX && features_rows[c].ways[w].name; w++) {
			int error = features->refused[c][w];

			fprintf(out, "%s,%s,%s,%d,\"%s\"\n", features_rows[c].name,
				features_rows[c].ways[w].name,
				w == features->chosen[c] ? "chosen"
				: error                  ? "refused"
							 : "works",
				error, error ? features_meaning(error) : "");
		}
}

int features_print(const struct options *options, FILE *out)
{
	static void (*const printers[])(const struct features *, FILE *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv};
	struct features features = features_found(NULL, true);

	printers[options->format](&features, out);
	return features.chosen[FEATURE_TRANSITION] < 0 ? -EPERM : 0;
}
