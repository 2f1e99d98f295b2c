/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top/data.h - what `top` draws: of a overview, the connections that its filter shows. Dwells and
 * moves are counted as they come; everything else is as of the last top_data_refresh(), so that a
 * picture can stand still while events go on.
 */
#ifndef TCPDWELL_TOP_DATA_H
#define TCPDWELL_TOP_DATA_H

#include "diagnosis/verdict.h"
#include "diagnosis/overview.h"

enum top_sort { TOP_BY_AGE, TOP_BY_COUNT, TOP_BY_STATE, TOP_BY_OWNER, TOP_SORTS };

/* One state. */
struct top_state {
	size_t now;                  /* in it, by the census */
	double per_second;           /* moves into it since the last refresh; < 0: not known yet */
	uint64_t ended;              /* dwells witnessed from begin to end, since `since` */
	uint64_t p50, p90, p99, max; /* ns, of those */
	uint64_t oldest;             /* ns: of the one longest in it */
	uint8_t oldest_known; /* DWELL_*; unknown while nothing is in it, or nothing is proven */
	bool visible;         /* this kernel shows its beginning and its end */
};

/* One line of the list: what is alike, or what fills up. */
struct top_row {
	const struct verdict_group *group;   /* NULL: it is a filling */
	const struct filling *filling;       /* NULL: it is a group */
	const struct verdict_socket *oldest; /* of the group */
	uint8_t state;
	size_t count;
};

#define TOP_KEY_MAX 640

struct top_data {
	struct overview *overview;
	struct selection shown; /* the filter in force */
	struct group_by by;     /* the grouping in force */
	enum top_sort sort;

	/* As events come. */
	struct hist dwells[WIRE_STATES];
	uint64_t entered[WIRE_STATES];
	uint64_t since, entered_since; /* ns: what is counted came after that */

	/* As of the last refresh. */
	struct top_state states[WIRE_STATES];
	struct verdict verdict;
	struct top_row *rows;
	size_t n_rows;
	struct waits_queue *queues; /* of the listeners shown, the busiest first */
	size_t n_queues;
	uint64_t refreshed; /* ns; 0: never */
	uint64_t lost;      /* records */
	uint64_t forgotten; /* connections, for lack of room */
	uint64_t skipped;   /* at most so many events, see WIRE_SKIPPED */
};

/* NULL if out of memory. `overview` must outlive it, and is watched from here on. */
struct top_data *top_data_new(struct overview *overview, const struct selection *shown,
			      const struct group_by *by);
void top_data_free(struct top_data *data);

/* To be called before the overview's census is replaced: what was drawn of it is gone. */
void top_data_forget(struct top_data *data);

/* The picture of what is known now. 0 or -ENOMEM. */
int top_data_refresh(struct top_data *data);

/*
 * Another filter, or another grouping (NULL: none asked), for the same census. Dwells begin anew
 * with another filter. 0; -EINVAL after the error was told, nothing has changed; -ENOMEM.
 */
int top_data_filter(struct top_data *data, const char *text);
int top_data_group(struct top_data *data, const struct group_by *by);

void top_data_sort(struct top_data *data, enum top_sort sort);

/* Dwells begin anew. */
void top_data_reset(struct top_data *data);

/* What a row is found by after a refresh. */
const char *top_row_key(const struct top_row *row, char text[TOP_KEY_MAX]);

#endif
