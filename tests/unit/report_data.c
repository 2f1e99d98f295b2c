/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report_data.c - what the page says of a move. */
#include "report/data.h"

#include "commands/configure.h"
#include "feeder.h"

static struct meta meta = {.attached = FEEDER_ATTACHED * NS_PER_MS,
			   .tick_ns = FEEDER_TICK * NS_PER_MS,
			   .transition_way = "tracepoint",
			   .sees_timewait = true};

struct move {
	uint8_t from, to;
	json_int_t count, partial;
};

static const json_t *find_move(const json_t *moves, const struct move *wanted)
{
	for (size_t i = 0; i < json_array_size(moves); i++) {
		const json_t *move = json_array_get(moves, i);
		const char *from = json_string_value(json_object_get(move, "from"));
		const char *to = json_string_value(json_object_get(move, "to"));

		if (!strcmp(from, tcpstate_name(wanted->from)) &&
		    !strcmp(to, tcpstate_name(wanted->to)))
			return move;
	}
	return NULL;
}

/* A connect() that found no port has sent nothing: it was in no state whose beginning could be seen
 * or not. */
static void test_moves(void)
{
	struct rec records[] = {
		MOVE(2000, CLOSE, SYN_SENT, .cookie = 7),
		MOVE(2001, SYN_SENT, CLOSE, .cookie = 7, .lport = NONE,
		     .flags = WIRE_F_HELD | WIRE_F_UNSENT),
		MOVE(3000, CLOSE, SYN_SENT, .cookie = 8),
		MOVE(3010, SYN_SENT, CLOSE, .cookie = 8, .error = 111),
		MOVE(4000, CLOSE_WAIT, LAST_ACK, .cookie = 9),
	};
	static const struct move moves[] = {
		{WIRE_SYN_SENT, WIRE_CLOSE, 2, 0},
		{WIRE_CLOSE_WAIT, WIRE_LAST_ACK, 1, 1},
	};
	struct options options;
	struct tracer_config config;
	struct overview *overview;
	struct report_data *data;
	json_t *json;

	test_begin("report-moves");
	feeder_options(&options, "report -");
	config = configure_tracer(&options);
	overview = overview_new(&config, &meta);
	data = overview ? report_data_new(overview) : NULL;
	if (!data)
		abort();
	for (size_t i = 0; i < COUNT(records); i++) {
		union decode_record rec = feeder_record(&records[i]);

		if (overview_feed(overview, &rec, rec.head.len) != rec.head.len)
			abort();
	}
	json = report_data_json(data, &(struct report_source){0});
	for (size_t i = 0; i < COUNT(moves); i++) {
		const json_t *move = find_move(json_object_get(json, "moves"), &moves[i]);

		test_context("move %zu", i);
		CHECK_EQ(json_integer_value(json_object_get(move, "count")), moves[i].count);
		CHECK_EQ(json_integer_value(json_object_get(move, "partial")), moves[i].partial);
	}
	json_decref(json);
	report_data_free(data);
	overview_free(overview);
	test_end("%zu moves", COUNT(moves));
}

int main(void)
{
	test_moves();
	return test_status();
}
