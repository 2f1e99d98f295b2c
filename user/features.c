/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.c - the table of ways, the trying, the telling. See features.h. */
#include "features.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "session.h"

const struct features_row features_rows[FEATURES] = {
	[FEATURE_TRANSITION] = {.name = "transitions",
				.gives = "every state a socket is given",
				.loss = "everything",
				.ways = {{"tp_btf",
					  "BTF tracepoint sock:inet_sock_set_state",
					  {"transition", "transition_nested"}}}},
	[FEATURE_TIMEWAIT] =
		{.name = "time-wait",
		 .gives = "FIN-WAIT-2 after close(), TIME-WAIT, and their ends",
		 .loss = "TIME-WAIT is not visible, FIN-WAIT-2 after close() has no duration",
		 .ways = {{"timer",
			   "timer tracepoints",
			   {"timewait_timer_start", "timewait_timer_expire",
			    "timewait_timer_cancel"}}}},
	[FEATURE_SWEEP] =
		{.name = "sweep",
		 .gives = "FIN-WAIT-2 to TIME-WAIT within a second where no event tells it",
		 .loss = "such a move is told only when the TIME-WAIT ends",
		 .ways = {{"iter", "iter/tcp twice a second", {"sweep"}}}},
};

/* The last two are not what a system call said: session.c found out before asking. */
#define NOT_OF_THE_KERNEL(error) ((error) == ENODATA || (error) == EADDRNOTAVAIL)

static const struct {
	int error;
	const char *meaning;
	const char *cure;
} errors[] = {
	{EPERM, "not permitted",
	 "run as root, or with CAP_BPF and CAP_PERFMON; lockdown forbids too"},
	{EACCES, "refused by the verifier or a security module", "run with -v for its words"},
	{EINVAL, "the kernel does not know this kind of program", "a newer kernel"},
	{E2BIG, "too complex for this kernel's verifier", "a newer kernel"},
	{ESRCH, "the tracepoint is not in this kernel's BTF", "a kernel with this tracepoint"},
	{ENOENT, "this kernel does not have it", "a kernel that has it"},
	{ENOTSUP, "not supported on this architecture or kernel", "a newer kernel"},
	{524, "not supported on this architecture or kernel", "a newer kernel"},
	{ENOMEM, "out of memory", "free memory, or a smaller --buffer"},
	{ENOSYS, "this kernel has no BPF", "CONFIG_BPF_SYSCALL=y"},
	{ENODATA, "this kernel has no BTF", "CONFIG_DEBUG_INFO_BTF=y, and /sys mounted"},
	{EADDRNOTAVAIL, "kernel addresses are hidden",
	 "CAP_SYSLOG, with sysctl kernel.kptr_restrict below 2"},
};

const char *features_meaning(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].meaning;
	return strerror(error);
}

const char *features_cure(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].cure;
	return "run with -v for details";
}

struct features features_hoped(void)
{
	return (struct features){0};
}

struct features features_found(void)
{
	struct features features = {0};

	for (unsigned c = 0; c < FEATURES; c++) {
		features.chosen[c] = -1;
		for (int w = 0; w < FEATURES_WAYS_MAX && features_rows[c].ways[w].name; w++) {
			features.refused[c][w] = -session_try(&features_rows[c].ways[w]);
			if (!features.refused[c][w] && features.chosen[c] < 0)
				features.chosen[c] = w;
		}
	}
	return features;
}

void features_describe(const struct features *features, enum features_capability which,
		       uint64_t tick_ns, char *text)
{
	const struct features_row *row = &features_rows[which];
	int way = features->chosen[which];
	char tick[CLOCK_TEXT_MAX];

	if (way < 0)
		snprintf(text, META_TEXT_MAX, "%s: %s", row->ways[0].words,
			 features_meaning(features->refused[which][0]));
	else if (which != FEATURE_TIMEWAIT)
		snprintf(text, META_TEXT_MAX, "%s", row->ways[way].words);
	else
		snprintf(text, META_TEXT_MAX, "%s%s%s (to a jiffy, %s)", row->ways[way].words,
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
					NOT_OF_THE_KERNEL(error) ? "" : " (",
					NOT_OF_THE_KERNEL(error) ? "" : strerror(error),
					NOT_OF_THE_KERNEL(error) ? "" : ")", features_cure(error));
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
	struct features features = features_found();

	printers[options->format](&features, out);
	return features.chosen[FEATURE_TRANSITION] < 0 ? -EPERM : 0;
}
