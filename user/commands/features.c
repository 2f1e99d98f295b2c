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

/* What is given up has one way each: it works or it does not. */
static struct fields_way way_of_limit(const struct privileges_limit *limit)
{
	int error = privileges_try(limit);

	return (struct fields_way){.way = limit->way,
				   .words = limit->words,
				   .status = error ? "refused" : "chosen",
				   .number = (unsigned)error,
				   .error = error ? strerror(error) : NULL,
				   .why = error ? limit->why : NULL,
				   .cure = error ? limit->cure : NULL};
}

static void print_refusal(int error, FILE *out)
{
	fprintf(out, "           why: %s", features_meaning(error));
	if (features_is_errno(error))
		fprintf(out, " (%s)", strerror(error));
	fprintf(out, "\n           cure: %s\n", features_cure(error));
}

static void print_limit(const struct privileges_limit *limit, FILE *out)
{
	struct fields_way way = way_of_limit(limit);

	fprintf(out, "%-12s %s\n", limit->name, limit->gives);
	fprintf(out, "  %-8s %-10s %s\n", way.status, way.way, way.words);
	if (way.error)
		fprintf(out, "           why: %s (%s)\n           cure: %s\n  lost:    %s\n",
			way.why, way.error, way.cure, limit->loss);
	fputc('\n', out);
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
			if (row->ways[w].price)
				fprintf(out, "           only by --%s %s: %s\n", row->name,
					row->ways[w].name, row->ways[w].price);
			if (features->refused[f][w])
				print_refusal(features->refused[f][w], out);
		}
		if (features->ways.chosen[f] < 0)
			fprintf(out, "  lost:    %s\n", row->loss);
		fputc('\n', out);
	}
	for (const struct privileges_limit *limit = privileges_limits; limit->name; limit++)
		print_limit(limit, out);
}

static struct fields_way way_of(const struct features *features, enum feature f, int w)
{
	const struct way *way = &feature_rows[f].ways[w];
	int error = features->refused[f][w];

	return (struct fields_way){.way = way->name,
				   .words = way->words,
				   .price = way->price,
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
	for (const struct privileges_limit *limit = privileges_limits; limit->name; limit++) {
		struct fields_way way = way_of_limit(limit);
		struct fields_feature feature = {.feature = limit->name,
						 .gives = limit->gives,
						 .without = limit->loss,
						 .ways = &way,
						 .n_ways = 1};

		fields_json(&(struct fields_source){.event = EVENT_FEATURE, .feature = &feature},
			    out);
	}
}

static void print_csv_row(const char *feature, const struct fields_way *way, FILE *out)
{
	struct csv csv;

	csv_begin(&csv, out);
	csv_text(&csv, feature);
	csv_text(&csv, way->way);
	csv_text(&csv, way->status);
	csv_number(&csv, way->number);
	csv_text(&csv, way->why ? way->why : "");
	csv_end(&csv);
}

/* A row a way, unlike JSON. */
static void print_csv(const struct features *features, FILE *out)
{
	fputs("feature,way,status,errno,why\n", out);
	for (enum feature f = 0; f < FEATURES; f++)
		for (int w = 0; ways_exist(f, w); w++) {
			struct fields_way way = way_of(features, f, w);

			print_csv_row(feature_rows[f].name, &way, out);
		}
	for (const struct privileges_limit *limit = privileges_limits; limit->name; limit++) {
		struct fields_way way = way_of_limit(limit);

		print_csv_row(limit->name, &way, out);
	}
}

int features_run(const struct options *options, FILE *out)
{
	static void (*const printers[])(const struct features *, FILE *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv};
	struct features features;
	int shortage;

	privileges_note_netns("a move from FIN-WAIT-2 to TIME-WAIT there may be told only when the "
			      "TIME-WAIT ends");
	features = features_of_kernel();
	printers[options->format](&features, out);
	shortage = features_shortage(&features);
	if (shortage) {
		diag_error("cannot find out all that this kernel allows: %s",
			   features_meaning(shortage));
		diag_hint("%s", features_cure(shortage));
		return DIAG_FAILED;
	}
	return features.ways.chosen[FEATURE_TRANSITION] < 0 ? DIAG_FAILED : DIAG_OK;
}
