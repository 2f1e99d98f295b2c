/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.c - see features.h. */
#include "commands/features.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/diag.h"
#include "kernel/features.h"
#include "kernel/privileges.h"

static const char *status_of(const struct features *features, enum feature f, int way)
{
	if (features->ways.chosen[f] == way)
		return "chosen";
	return features->refused[f][way] ? "refused" : "works";
}

static void print_refusal(int error, FILE *out)
{
	fprintf(out, "           why: %s", features_meaning(error));
	if (features_is_errno(error))
		fprintf(out, " (%s)", strerror(error));
	fprintf(out, "\n           cure: %s\n", features_cure(error));
}

static void print_text(const struct features *features, FILE *out)
{
	struct utsname host;

	uname(&host);
	fprintf(out, "Linux %s %s\n\n", host.release, host.machine);
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct feature_row *row = &feature_rows[f];

		fprintf(out, "%-12s %s\n", row->name, row->gives);
		for (int w = 0; ways_exist(f, w); w++) {
			fprintf(out, "  %-8s %-10s %s\n", status_of(features, f, w),
				row->ways[w].name, row->ways[w].words);
			if (features->refused[f][w])
				print_refusal(features->refused[f][w], out);
		}
		if (features->ways.chosen[f] < 0)
			fprintf(out, "  lost:    %s\n", row->loss);
		fputc('\n', out);
	}
}

static json_t *way_to_json(const struct features *features, enum feature f, int w)
{
	const struct way *way = &feature_rows[f].ways[w];
	int error = features->refused[f][w];

	return json_pack("{ss ss ss si so so so}", "way", way->name, "words", way->words, "status",
			 status_of(features, f, w), "errno", error, "error",
			 error ? json_string(strerror(error)) : json_null(), "why",
			 error ? json_string(features_meaning(error)) : json_null(), "cure",
			 error ? json_string(features_cure(error)) : json_null());
}

static void print_json(const struct features *features, FILE *out)
{
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct feature_row *row = &feature_rows[f];
		json_t *ways = json_array(), *line;

		for (int w = 0; ways_exist(f, w); w++)
			json_array_append_new(ways, way_to_json(features, f, w));
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
	for (enum feature f = 0; f < FEATURES; f++)
		for (int w = 0; ways_exist(f, w); w++) {
			int error = features->refused[f][w];

			fprintf(out, "%s,%s,%s,%d,\"%s\"\n", feature_rows[f].name,
				feature_rows[f].ways[w].name, status_of(features, f, w), error,
				error ? features_meaning(error) : "");
		}
}

int features_run(const struct options *options, FILE *out)
{
	static void (*const printers[])(const struct features *, FILE *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv};
	struct features features;

	signal(SIGPIPE, SIG_IGN);
	privileges_note_netns("a move from FIN-WAIT-2 to TIME-WAIT there may be told only when the "
			      "TIME-WAIT ends");
	features = features_of_kernel();
	printers[options->format](&features, out);
	return features.ways.chosen[FEATURE_TRANSITION] < 0 ? DIAG_FAILED : DIAG_OK;
}
