/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* incident.c - see incident.h. */
#include "commands/incident.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/clock.h"
#include "base/diag.h"
#include "report/values.h"

/* Bytes. Escaped, and with as many conditions as there may be, it fits into the text. */
#define PROGRAM_MAX 1000

void incident_init(struct incident *incident, const struct overview *overview,
		   const struct condition *conditions, unsigned n, uint64_t patience_ns)
{
	*incident = (struct incident){.overview = overview, .n = n, .patience_ns = patience_ns};
	for (unsigned i = 0; i < n; i++)
		incident->conditions[i].what = &conditions[i];
}

/* ---- looking ---- */

/* Sorted by its name, it is sorted by time. */
static void name_it(struct incident *incident, const char *what)
{
	time_t seconds = (time_t)(incident->wall / (int64_t)NS_PER_S);
	char text[32];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	snprintf(incident->name, sizeof(incident->name), INCIDENT_FILES_PREFIX "%s-%s", text, what);
}

static void tell(const struct incident *incident, const struct incident_condition *it,
		 const char *folder)
{
	char text[CONDITION_TEXT_MAX];

	diag_warn("%s: %" PRIu64 "%s%s: kept in '%s/%s'", condition_text(it->what, text), it->count,
		  *it->owner ? ", the oldest of " : "", it->owner, folder, incident->name);
}

/* It did not hold before. */
static bool begin(struct incident *incident, struct incident_condition *it)
{
	bool is_first = !incident->name[0];

	it->is_part = true;
	it->wall = (int64_t)clock_now() + clock_wall_offset();
	condition_owner(it->what, incident->overview, it->owner);
	if (!is_first)
		return false;
	incident->wall = it->wall;
	name_it(incident, it->what->word);
	return true;
}

static void note_missed(struct incident_condition *it, uint64_t now, uint64_t patience_ns)
{
	if (!it->missed)
		it->missed = now;
	it->holds = it->holds && now - it->missed < patience_ns;
}

bool incident_look(struct incident *incident, uint64_t now, const char *folder)
{
	bool begins = false;

	for (unsigned i = 0; i < incident->n; i++) {
		struct incident_condition *it = &incident->conditions[i];
		uint64_t count = condition_count(it->what, incident->overview);

		if (count < it->what->least) {
			note_missed(it, now, incident->patience_ns);
			continue;
		}
		it->missed = 0;
		if (it->holds)
			continue;
		it->holds = true;
		it->count = count;
		begins |= begin(incident, it);
		tell(incident, it, folder);
	}
	return begins;
}

bool incident_exit(struct incident *incident, const char *program, int status, const char *folder)
{
	bool begins = !incident->name[0];
	char what[16];

	incident->program = program;
	incident->status = status;
	if (begins) {
		incident->wall = (int64_t)clock_now() + clock_wall_offset();
		snprintf(what, sizeof(what), "exit-%d", status);
		name_it(incident, what);
	}
	diag_warn("'%s' ended with %d: kept in '%s/%s'", program, status, folder, incident->name);
	return begins;
}

void incident_end(struct incident *incident)
{
	incident->name[0] = '\0';
	for (unsigned i = 0; i < incident->n; i++)
		incident->conditions[i].is_part = false;
}

/* ---- what is said of it ---- */

static json_t *time_json(int64_t wall)
{
	char text[CLOCK_TEXT_MAX];

	return json_string(clock_iso8601((uint64_t)wall, text));
}

static json_t *conditions_json(const struct incident *incident)
{
	json_t *all = json_array();
	char text[CONDITION_TEXT_MAX];

	for (unsigned i = 0; i < incident->n; i++) {
		const struct incident_condition *it = &incident->conditions[i];

		if (it->is_part)
			json_array_append_new(all, json_pack("{ss sI so ss*}", "condition",
							     condition_text(it->what, text),
							     "count", (json_int_t)it->count, "time",
							     time_json(it->wall), "owner",
							     *it->owner ? it->owner : NULL));
	}
	return all;
}

/* Of a long one, where it begins. */
static json_t *program_json(const char *program)
{
	char text[PROGRAM_MAX + 64];

	if (strlen(program) <= PROGRAM_MAX)
		return values_name(program);
	snprintf(text, sizeof(text), "%.*s... (cut, of %zu bytes)", PROGRAM_MAX, program,
		 strlen(program));
	return values_name(text);
}

static json_t *to_json(const struct incident *incident, bool is_over)
{
	struct utsname host = {0};
	json_t *json;

	uname(&host);
	json = json_pack(
		"{so so so so so ss}", "began", time_json(incident->wall), "ended",
		is_over ? time_json((int64_t)clock_now() + clock_wall_offset()) : json_null(),
		"conditions", conditions_json(incident), "host", values_name(host.nodename),
		"kernel", values_name(host.release), "tcpdwell", TCPDWELL_VERSION);
	if (json && incident->program) {
		json_object_set_new(json, "program", program_json(incident->program));
		json_object_set_new(json, "exit_status", json_integer(incident->status));
	}
	return json;
}

bool incident_text(const struct incident *incident, bool is_over,
		   char ret_text[INCIDENT_FILES_TEXT_MAX])
{
	json_t *json = to_json(incident, is_over);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	int len = -1;

	json_decref(json);
	if (text)
		len = snprintf(ret_text, INCIDENT_FILES_TEXT_MAX, "%s\n", text);
	free(text);
	return len >= 0 && len < INCIDENT_FILES_TEXT_MAX;
}
