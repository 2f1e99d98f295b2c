/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_lists.c - see fields_lists.h. */
#include "output/fields_lists.h"

#include <string.h>

#include "base/tcpstate.h"
#include "diagnosis/process.h"

#define KEY(name) (&(const struct word)WORD("\"" name "\":"))

static void text_or_null(struct jsonl *json, const struct word *key, const char *text)
{
	jsonl_key(json, key);
	if (text)
		jsonl_text(json, text);
	else
		jsonl_null(json);
}

/* ---- buckets ---- */

static void buckets_json(struct jsonl *json, const struct fields_source *source)
{
	const struct hist *hist = &source->histogram->cell->hist;

	jsonl_open(json, '[');
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		jsonl_open(json, '[');
		if (hist_bound(i) == UINT64_MAX)
			jsonl_null(json);
		else
			jsonl_number(json, hist_bound(i));
		jsonl_number(json, hist->buckets[i]);
		jsonl_close(json, ']');
	}
	jsonl_close(json, ']');
}

static void buckets_csv(struct csv *csv, const struct fields_source *source)
{
	const struct hist *hist = &source->histogram->cell->hist;

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (hist->buckets[i])
			csv_pair(csv, hist_bound(i), hist->buckets[i]);
	csv_pairs_end(csv);
}

const struct fields_list fields_buckets = {
	buckets_json, buckets_csv,
	"{\"type\":\"array\",\"items\":{\"type\":\"array\",\"prefixItems\":["
	"{\"type\":[\"integer\",\"null\"],\"description\":\"upper bound, ns, inclusive; null: "
	"none\"},"
	"{\"type\":\"integer\",\"minimum\":1,\"description\":\"dwells\"}],"
	"\"minItems\":2,\"maxItems\":2}}"};

/* ---- groups ---- */

/* The group of all others has its one value for every key. */
static const char *next_value(char **rest)
{
	const char *value = strsep(rest, "\t");

	return value ? value : HISTSET_OTHER;
}

static void by_json(struct jsonl *json, const struct fields_source *source)
{
	const struct group_by *by = source->histogram->by;
	char values[GROUP_TEXT_MAX], *rest = values;

	snprintf(values, sizeof(values), "%s", source->histogram->values);
	jsonl_open(json, '{');
	for (unsigned i = 0; i < by->n; i++) {
		jsonl_key_text(json, group_key_name(by->keys[i]));
		jsonl_text(json, next_value(&rest));
	}
	jsonl_close(json, '}');
}

static void by_csv(struct csv *csv, const struct fields_source *source)
{
	const struct group_by *by = source->histogram->by;
	char values[GROUP_TEXT_MAX], text[2 * GROUP_TEXT_MAX] = "", *rest = values;
	size_t len = 0;

	snprintf(values, sizeof(values), "%s", source->histogram->values);
	for (unsigned i = 0; i < by->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", i ? " " : "",
					group_key_name(by->keys[i]), next_value(&rest));
	csv_text(csv, text);
}

const struct fields_list fields_by = {
	by_json, by_csv, "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"};

/* ---- sockets ---- */

static void states_json(struct jsonl *json, const struct fields_source *source)
{
	jsonl_open(json, '{');
	for (unsigned i = 0; i < TCPSTATE_STATES; i++) {
		jsonl_key_text(json, tcpstate_name(tcpstate_order[i]));
		jsonl_number(json, source->verdict->census->states[tcpstate_order[i]]);
	}
	jsonl_close(json, '}');
}

const struct fields_list fields_states = {
	states_json, NULL,
	"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\",\"minimum\":0}}"};

static void list_descriptors(struct jsonl *json, const struct census_holder *holder)
{
	jsonl_key(json, KEY("out_of_descriptors"));
	if (holder->flags & (WIRE_H_FULL | WIRE_H_FREE))
		jsonl_bool(json, holder->flags & WIRE_H_FULL);
	else
		jsonl_null(json);
	jsonl_key(json, KEY("descriptor_limit"));
	jsonl_number(json, holder->limit);
}

static void list_holders(struct jsonl *json, const struct census_holder *holder)
{
	jsonl_open(json, '[');
	for (; holder; holder = holder->next) {
		jsonl_open(json, '{');
		jsonl_key(json, KEY("pid"));
		jsonl_number(json, holder->pid);
		jsonl_key(json, KEY("tid"));
		jsonl_number(json, holder->tid);
		jsonl_key(json, KEY("comm"));
		jsonl_name(json, holder->comm);
		jsonl_key(json, KEY("fd"));
		if (census_is_closing(holder))
			jsonl_null(json);
		else
			jsonl_number(json, holder->fd);
		text_or_null(json, KEY("doing"), process_doing_name(holder->doing));
		jsonl_key(json, KEY("threads"));
		jsonl_bool(json, holder->flags & WIRE_H_THREADS);
		list_descriptors(json, holder);
		jsonl_close(json, '}');
	}
	jsonl_close(json, ']');
}

static void holders_json(struct jsonl *json, const struct fields_source *source)
{
	list_holders(json, source->it->socket->holders);
}

static void listener_holders_json(struct jsonl *json, const struct fields_source *source)
{
	const struct verdict_socket *it = source->it;

	list_holders(json, it->inherited
				   ? census_listener(source->verdict->census, it->socket)->holders
				   : NULL);
}

#define HOLDERS_SCHEMA                                                                     \
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"              \
	"\"pid\":{\"type\":\"integer\",\"minimum\":0},"                                    \
	"\"tid\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"whose fd it is\"}," \
	"\"comm\":{\"type\":\"string\"},"                                                  \
	"\"fd\":{\"type\":[\"integer\",\"null\"],\"minimum\":0,"                           \
	"\"description\":\"null: it waits in close()\"},"                                  \
	"\"doing\":{\"type\":[\"string\",\"null\"]},"                                      \
	"\"threads\":{\"type\":\"boolean\",\"description\":\"has it several?\"},"          \
	"\"out_of_descriptors\":{\"type\":[\"boolean\",\"null\"]},"                        \
	"\"descriptor_limit\":{\"type\":\"integer\",\"minimum\":0,"                        \
	"\"description\":\"RLIMIT_NOFILE\"}},"                                             \
	"\"required\":[\"pid\",\"tid\",\"comm\",\"fd\",\"doing\",\"threads\","             \
	"\"out_of_descriptors\",\"descriptor_limit\"]}}"

const struct fields_list fields_holders = {holders_json, NULL, HOLDERS_SCHEMA};
const struct fields_list fields_listener_holders = {listener_holders_json, NULL, HOLDERS_SCHEMA};

/* ---- ways ---- */

static void ways_json(struct jsonl *json, const struct fields_source *source)
{
	jsonl_open(json, '[');
	for (size_t i = 0; i < source->feature->n_ways; i++) {
		const struct fields_way *way = &source->feature->ways[i];

		jsonl_open(json, '{');
		text_or_null(json, KEY("way"), way->way);
		text_or_null(json, KEY("words"), way->words);
		text_or_null(json, KEY("price"), way->price);
		text_or_null(json, KEY("status"), way->status);
		jsonl_key(json, KEY("errno"));
		jsonl_number(json, way->number);
		text_or_null(json, KEY("error"), way->error);
		text_or_null(json, KEY("why"), way->why);
		text_or_null(json, KEY("cure"), way->cure);
		jsonl_close(json, '}');
	}
	jsonl_close(json, ']');
}

const struct fields_list fields_ways = {
	ways_json, NULL,
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
	"\"way\":{\"type\":\"string\"},\"words\":{\"type\":\"string\"},"
	"\"price\":{\"type\":[\"string\",\"null\"],\"description\":\"null: it is chosen by "
	"itself\"},"
	"\"status\":{\"enum\":[\"chosen\",\"works\",\"refused\"]},"
	"\"errno\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"of the refusal; 0: "
	"none\"},"
	"\"error\":{\"type\":[\"string\",\"null\"]},\"why\":{\"type\":[\"string\",\"null\"]},"
	"\"cure\":{\"type\":[\"string\",\"null\"]}},"
	"\"required\":[\"way\",\"words\",\"price\",\"status\",\"errno\",\"error\",\"why\",\"cure\"]"
	"}}"};
