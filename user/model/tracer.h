/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracer.h - records in, results out: what the commands `trace` and `hist` do with a stream of
 * records, whether a kernel or a recording feeds it. It knows no clock but the records' own, so the
 * same records give the same output, byte for byte.
 */
#ifndef TCPDWELL_TRACER_H
#define TCPDWELL_TRACER_H

#include <stddef.h>

#include "model/conn.h"
#include "model/selection.h"
#include "record/meta.h"
#include "model/sink.h"

struct tracer_config {
	const struct selection *selection;
	struct group_by by; /* histograms of each of these groups */
	uint64_t
		interval_ns; /* histograms of each such stretch as well; 0: of the whole run only */
	uint64_t count;      /* moves told, or intervals if none are, then it is over; 0: never */
	size_t max_connections; /* as conn_config.max */
	size_t max_groups;      /* as histset_new() takes it */
	uint16_t told_states;   /* as conn_config.told */
	bool tells_moves;       /* to sink_ops.transition */
	bool wants_waits;       /* of the accept queue */
	bool raw;               /* as sink_style.raw */
};

struct tracer;

/*
 * Writes the head of the output. The selection, `meta` and `sink` must outlive it, and nobody else
 * writes to the sink's stream. Where the wall clock is set, it changes meta->wall_offset. NULL if
 * out of memory.
 */
struct tracer *tracer_new(const struct tracer_config *config, struct meta *meta, struct sink *sink);
void tracer_free(struct tracer *tracer);

/*
 * Takes one record. Returns its length, or -EBADMSG if it is none: then nothing has changed. Once
 * it is over, records change nothing.
 */
int tracer_feed(struct tracer *tracer, const void *record, size_t len);

/* Is it over: did it tell as many as tracer_config.count asks for? */
bool tracer_is_over(const struct tracer *tracer);

/* Flushes the output. 0, or the negative errno of the stream: -EPIPE when nobody reads. */
int tracer_flush(struct tracer *tracer);

/*
 * Ends it: tells histograms and summary. After it only tracer_lost() and tracer_free() may follow.
 */
int tracer_finish(struct tracer *tracer);

/* How many records were lost and connections evicted so far: what --strict asks. */
uint64_t tracer_lost(const struct tracer *tracer);

/* Does this dwell count: is it one, in a state that is selected, and long enough? */
bool tracer_counts(const struct tracer *tracer, const struct conn_event *event);

/* ns: the latest time of all records. */
uint64_t tracer_now(const struct tracer *tracer);

/* Calls `fn` for each group and state with its histogram since the beginning: see overview.h. */
void tracer_each_histogram(struct tracer *tracer,
			   void (*fn)(void *ctx, const char *values, uint8_t state,
				      const struct histset_cell *cell),
			   void *ctx);

/* At which idle time many connections ended; none where ESTABLISHED is not selected. How many, at
 * most IDLE_PEAKS_MAX. */
unsigned tracer_idle_peaks(const struct tracer *tracer, struct idle_peak ret[IDLE_PEAKS_MAX]);

/* From now on the peaks of accept queues are what is to come. */
void tracer_forget_peaks(struct tracer *tracer);

/* The model, for those who look after it: see conn_unsettled(). */
const struct conn_table *tracer_connections(const struct tracer *tracer);

#endif
