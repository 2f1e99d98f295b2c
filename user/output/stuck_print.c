/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stuck_print.c - JSON and CSV; see stuck_print.h. Text is stuck_text.c's. JSON is written by hand
 * for the reason that sink_json.c gives.
 */
#include "output/stuck_print.h"

#include <inttypes.h>

#include "base/address.h"
#include "base/clock.h"
#include "output/quote.h"
#include "output/stuck_fields.h"
#include "output/stuck_text.h"
#include "base/tcpstate.h"

static void write_quoted(const char *text, bool json, FILE *out)
{
	struct line_buffer line;
	char *to = line_buffer_begin(&line, out);

	line_buffer_send(&line, (json ? quote_json : quote_csv)(&line, to, text));
}

static void write_name(const char *name, bool json, FILE *out)
{
	struct line_buffer line;
	char *to = line_buffer_begin(&line, out);

	line_buffer_send(&line, (json ? quote_json_name : quote_csv_name)(&line, to, name));
}

static void write_value(const struct fields_value *value, bool json, FILE *out)
{
	if (value->type == VALUE_NAME)
		write_name(value->text, json, out);
	else if (value->type == VALUE_TEXT)
		write_quoted(value->text, json, out);
	else if (value->type == VALUE_NUMBER)
		fprintf(out, "%" PRIu64, value->number);
	else if (value->type == VALUE_BOOL)
		fputs(value->number ? "true" : "false", out);
	else if (json)
		fputs("null", out);
}

/* ---- JSON ---- */

static void add_text(const char *name, const char *text, FILE *out)
{
	fprintf(out, ",\"%s\":", name);
	if (text && text[0])
		write_quoted(text, true, out);
	else
		fputs("null", out);
}

static void add_number(const char *name, uint64_t number, FILE *out)
{
	fprintf(out, ",\"%s\":%" PRIu64, name, number);
}

static void add_ends(const struct wire_id *id, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	add_text("laddr", address_text(id->laddr, text), out);
	add_number("lport", id->lport, out);
	add_text("raddr", address_text(id->raddr, text), out);
	add_number("rport", id->rport, out);
	add_number("netns", id->netns, out);
}

static void census_json(const struct verdict *verdict, const struct meta *meta, FILE *out)
{
	const struct census *census = verdict->census;
	char when[CLOCK_TEXT_MAX];
	uint64_t taken = census->ts ? census->ts : meta->attached;

	fputs("{\"event\":\"census\",\"schema\":1", out);
	add_text("time", clock_iso8601(taken + (uint64_t)meta->wall_offset, when), out);
	fputs(",\"kernel\":", out);
	write_name(meta->kernel, true, out);
	add_number("sockets", census->count, out);
	add_number("namespaces", census->namespaces, out);
	add_number("missing_namespaces", census->missing, out);
	fputs(",\"states\":{", out);
	for (unsigned i = 0; i < TCPSTATE_STATES; i++)
		fprintf(out, "%s\"%s\":%zu", i ? "," : "", tcpstate_name(tcpstate_order[i]),
			census->states[tcpstate_order[i]]);
	fputs("}}\n", out);
}

static void socket_json(const struct verdict *verdict, const struct verdict_socket *it, FILE *out)
{
	struct stuck_fields_source source = {.verdict = verdict, .it = it};
	const struct census_holder *holder = it->socket->holders;
	const struct stuck_fields_row *row;

	fputs("{\"event\":\"stuck\"", out);
	for (unsigned i = 0; (row = stuck_fields_row(i)); i++) {
		struct fields_value value = row->get(&source);

		fprintf(out, ",\"%s\":", row->name);
		write_value(&value, true, out);
	}
	fputs(",\"holders\":[", out);
	for (; holder; holder = holder->next) {
		fprintf(out, "{\"pid\":%" PRIu32 ",\"comm\":", holder->pid);
		write_name(holder->comm, true, out);
		fprintf(out, ",\"fd\":%" PRIu32 "}%s", holder->fd, holder->next ? "," : "");
	}
	fputs("]}\n", out);
}

static void finding_json(const struct verdict *verdict, const struct verdict_finding *finding,
			 FILE *out)
{
	const struct verdict_socket *worst = &verdict->sockets[finding->first];
	char owner[VERDICT_OWNER_MAX], text[RULES_TEXT_MAX];

	fputs("{\"event\":\"finding\"", out);
	add_text("rule", worst->rule->id, out);
	add_number("count", finding->count, out);
	add_text("owner", verdict_owners(worst, finding->differs, owner), out);
	fputs(",\"oldest_ns\":", out);
	if (worst->age.known == DWELL_UNKNOWN)
		fputs("null", out);
	else
		fprintf(out, "%" PRIu64, worst->age.ns);
	add_text("oldest_known", tcpstate_known_name(worst->age.known), out);
	add_text("evidence", stuck_text_evidence(verdict, worst, text), out);
	add_text("says", worst->rule->says, out);
	add_text("next", rules_next(worst->rule, verdict->census, worst->socket, text), out);
	add_ends(&worst->socket->s.id, out);
	fputs("}\n", out);
}

static void filling_json(const struct verdict *verdict, const struct filling *filling, FILE *out)
{
	char text[RULES_TEXT_MAX];

	fputs("{\"event\":\"finding\"", out);
	add_text("rule", filling->rule->id, out);
	add_number("count", filling->count, out);
	add_number("room", filling->room, out);
	add_text("says", filling->rule->says, out);
	add_text("next", rules_filling_next(filling->rule, verdict->census, &filling->id, text),
		 out);
	add_ends(&filling->id, out);
	fputs("}\n", out);
}

static void print_json(const struct verdict *verdict, const struct meta *meta, FILE *out)
{
	census_json(verdict, meta, out);
	for (size_t i = 0; i < verdict->n_sockets; i++)
		socket_json(verdict, &verdict->sockets[i], out);
	for (struct verdict_finding *f = verdict->findings; f; f = f->hh.next)
		finding_json(verdict, f, out);
	for (size_t i = 0; i < verdict->fillings.n; i++)
		filling_json(verdict, &verdict->fillings.all[i], out);
}

/* ---- CSV ---- */

static void print_csv(const struct verdict *verdict, bool quiet, FILE *out)
{
	const struct stuck_fields_row *row;

	for (unsigned i = 0; !quiet && (row = stuck_fields_row(i)); i++)
		fprintf(out, "%s%s", i ? "," : "", row->name);
	if (!quiet)
		fputc('\n', out);
	for (size_t n = 0; n < verdict->n_sockets; n++) {
		struct stuck_fields_source source = {.verdict = verdict,
						     .it = &verdict->sockets[n]};

		for (unsigned i = 0; (row = stuck_fields_row(i)); i++) {
			struct fields_value value = row->get(&source);

			if (i)
				putc_unlocked(',', out);
			write_value(&value, false, out);
		}
		fputc('\n', out);
	}
}

void stuck_print(const struct verdict *verdict, enum format format, const struct stuck_style *style,
		 const struct meta *meta, FILE *out)
{
	if (format == FORMAT_JSON)
		print_json(verdict, meta, out);
	else if (format == FORMAT_CSV)
		print_csv(verdict, style->quiet, out);
	else
		stuck_text_print(verdict, style, out);
}
