/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_print.c - JSON and CSV, by the table of fields; see stuck_print.h. Text is stuck_text.c's.
 */
#include "output/stuck_print.h"

#include "base/clock.h"
#include "output/fields.h"
#include "output/stuck_text.h"

struct print {
	const struct verdict *verdict;
	const struct meta *meta;
	FILE *out;
	char text[RULES_TEXT_MAX];
};

/* What is as of the whole census. */
static struct fields_source source_of(struct print *print, enum fields_event event)
{
	const struct census *census = print->verdict->census;

	return (struct fields_source){.event = event,
				      .meta = print->meta,
				      .ts = census->ts ? census->ts : print->meta->attached,
				      .verdict = print->verdict,
				      .text = print->text};
}

static struct fields_source source_of_socket(struct print *print, enum fields_event event,
					     size_t number)
{
	struct fields_source source = source_of(print, event);

	source.it = &print->verdict->sockets[number];
	source.ts = source.it->socket->s.head.ts;
	return source;
}

static void print_json(struct print *print)
{
	const struct verdict *verdict = print->verdict;
	struct fields_source source = source_of(print, EVENT_CENSUS);

	fields_json(&source, print->out);
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		source = source_of_socket(print, EVENT_STUCK, i);
		fields_json(&source, print->out);
	}
	for (struct verdict_finding *finding = verdict->findings; finding;
	     finding = finding->hh.next) {
		source = source_of_socket(print, EVENT_FINDING, finding->first);
		source.finding = finding;
		fields_json(&source, print->out);
	}
	for (size_t i = 0; i < verdict->fillings.n; i++) {
		source = source_of(print, EVENT_FINDING);
		source.filling = &verdict->fillings.all[i];
		fields_json(&source, print->out);
	}
}

static void print_csv(struct print *print, const struct stuck_style *style)
{
	if (!style->quiet && !style->again)
		fields_csv_heading(EVENT_STUCK, print->out);
	for (size_t i = 0; i < print->verdict->n_sockets; i++) {
		struct fields_source source = source_of_socket(print, EVENT_STUCK, i);

		fields_csv(&source, print->out);
	}
}

static void print_time(struct print *print, const struct stuck_style *style)
{
	const struct fields_source source = source_of(print, EVENT_CENSUS);
	uint64_t wall = source.ts + (uint64_t)print->meta->wall_offset;
	char when[CLOCK_TEXT_MAX], zone[CLOCK_TEXT_MAX];

	if (style->timed)
		fprintf(print->out, "%s# %s %s\n", style->again ? "\n" : "",
			clock_date_time(wall, when), clock_zone(wall, zone));
}

void stuck_print(const struct verdict *verdict, enum format format, const struct stuck_style *style,
		 const struct meta *meta, FILE *out)
{
	struct print print = {.verdict = verdict, .meta = meta, .out = out};

	if (format == FORMAT_JSON)
		print_json(&print);
	else if (format == FORMAT_CSV)
		print_csv(&print, style);
	else {
		print_time(&print, style);
		stuck_text_print(verdict, style, out);
	}
}
