/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.c - see features.h. */
#include "commands/features.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/diag.h"
#include "kernel/features.h"
#include "kernel/privileges.h"
#include "output/fields.h"

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

static struct fields_way way_of(const struct features *features, enum feature f, int w)
{
	const struct way *way = &feature_rows[f].ways[w];
	int error = features->refused[f][w];

	return (struct fields_way){.way = way->name,
				   .words = way->words,
				   .status = status_of(features, f, w),
				   .number = (unsigned)error,
				   .error = error && features_is_errno(error) ? strerror(error)
									      : NULL,
				   .why = error ? features_meaning(error) : NULL,
				   .cure = error ? features_cure(error) : NULL};
}

static void print_json(const struct features *features, FILE *out)
{
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct feature_row *row = &feature_rows[f];
		struct fields_way ways[WAYS_MAX];
		struct fields_feature feature = {.feature = row->name,
						 .gives = row->gives,
						 .without = row->loss,
						 .ways = ways};

		for (int w = 0; ways_exist(f, w); w++)
			ways[feature.n_ways++] = way_of(features, f, w);
		fields_json(&(struct fields_source){.event = EVENT_FEATURE, .feature = &feature},
			    out);
	}
}

/* A row a way, unlike JSON. */
static void print_csv(const struct features *features, FILE *out)
{
	fputs("feature,way,status,errno,why\n", out);
	for (enum feature f = 0; f < FEATURES; f++)
		for (int w = 0; ways_exist(f, w); w++) {
			struct fields_way way = way_of(features, f, w);
			struct csv csv;

			csv_begin(&csv, out);
			csv_text(&csv, feature_rows[f].name);
			csv_text(&csv, way.way);
			csv_text(&csv, way.status);
			csv_number(&csv, way.number);
			csv_text(&csv, way.why ? way.why : "");
			csv_end(&csv);
		}
}

int features_run(const struct options *options, FILE *out)
{
	static void (*const printers[])(const struct features *, FILE *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv};
	struct features features;

	privileges_note_netns("a move from FIN-WAIT-2 to TIME-WAIT there may be told only when the "
			      "TIME-WAIT ends");
	features = features_of_kernel();
	printers[options->format](&features, out);
	return features.ways.chosen[FEATURE_TRANSITION] < 0 ? DIAG_FAILED : DIAG_OK;
}
