/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* schema.c - see schema.h. Made from the tables of fields.h, in JSON Schema's draft 2020-12. */
#include "commands/schema.h"

#include <jansson.h>
#include <string.h>

#include "base/diag.h"
#include "output/fields.h"
#include "output/format.h"

static json_t *words_of(const struct fields_row *row)
{
	json_t *words = json_array();

	for (unsigned i = 0; row->words(i); i++)
		json_array_append_new(words, json_string(row->words(i)));
	return words;
}

/* Its type alone. */
static json_t *type_of(const struct fields_row *row)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "{\"type\":\"string\"}",
		[FIELD_NAME] = "{\"type\":\"string\"}",
		[FIELD_WORD] = "{\"type\":\"string\"}",
		[FIELD_NUMBER] = "{\"type\":\"integer\",\"minimum\":0}",
		[FIELD_NS] = "{\"type\":\"integer\",\"minimum\":0}",
		[FIELD_ID] = "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}",
		[FIELD_BOOL] = "{\"type\":\"boolean\"}",
		[FIELD_TIME] = "{\"type\":\"string\",\"format\":\"date-time\"}",
		[FIELD_ADDRESS] = "{\"type\":\"string\"}",
	};

	return json_loads(row->list ? row->list->schema : types[row->type], 0, NULL);
}

static void allow_null(json_t *field)
{
	json_t *words = json_object_get(field, "enum");

	json_object_set_new(field, "type",
			    json_pack("[Os]", json_object_get(field, "type"), "null"));
	if (words)
		json_array_append_new(words, json_null());
}

/* What is to be known of a type besides: a unit, or how names are written. */
static const char *remark_of(const struct fields_row *row)
{
	if (row->type == FIELD_NS)
		return " In nanoseconds; above 2^53 it is rounded down to what a double holds.";
	if (row->type == FIELD_ID)
		return " The digits of a number of 64 bits.";
	if (row->type == FIELD_NAME)
		return " A byte that is not printable is written as \\xNN.";
	return "";
}

static json_t *field_schema(const struct fields_row *row)
{
	json_t *field = type_of(row);

	if (row->words)
		json_object_set_new(field, row->list ? "propertyNames" : "enum",
				    row->list ? json_pack("{so}", "enum", words_of(row))
					      : words_of(row));
	if (row->may_be_null)
		allow_null(field);
	json_object_set_new(field, "description", json_sprintf("%s%s", row->about, remark_of(row)));
	return field;
}

static json_t *event_schema(const struct fields_event_row *event)
{
	json_t *properties = json_object(), *required = json_array();

	for (const uint8_t *field = event->fields; *field; field++) {
		const struct fields_row *row = &fields[*field];

		json_object_set_new(properties, row->name, field_schema(row));
		json_array_append_new(required, json_string(row->name));
	}
	json_object_set_new(properties, "event", json_pack("{ss}", "const", event->name.text));
	return json_pack("{ss ss so so}", "type", "object", "description", event->about,
			 "properties", properties, "required", required);
}

static json_t *make_schema(void)
{
	json_t *events = json_object(), *any = json_array();

	for (unsigned i = 0; i < EVENTS; i++) {
		const char *name = fields_events[i].name.text;

		json_object_set_new(events, name, event_schema(&fields_events[i]));
		json_array_append_new(any,
				      json_pack("{so}", "$ref", json_sprintf("#/$defs/%s", name)));
	}
	return json_pack("{ss so ss so so}", "$schema",
			 "https://json-schema.org/draft/2020-12/schema", "title",
			 json_sprintf("tcpdwell, schema %d", FORMAT_SCHEMA), "description",
			 "One line of the output of tcpdwell -f json. Fields may be added to an "
			 "event without another number of the schema.",
			 "oneOf", any, "$defs", events);
}

int schema_run(FILE *out)
{
	json_t *schema = make_schema();
	int err = schema ? json_dumpf(schema, out, JSON_INDENT(2)) : -1;

	json_decref(schema);
	if (!schema) {
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	/* Who owns the stream tells that it cannot be written. */
	if (!err)
		fputc('\n', out);
	return DIAG_OK;
}
