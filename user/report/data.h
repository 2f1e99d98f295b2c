/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * report/data.h - what a report shows, as JSON: gathered while a overview is fed, its size bounded
 * however much that is. Pure: the same records, the same JSON. The page (user/report/) draws it;
 * its keys are described there, in script.js, and are no interface for anybody else.
 */
#ifndef TCPDWELL_REPORT_DATA_H
#define TCPDWELL_REPORT_DATA_H

#include <jansson.h>

#include "diagnosis/overview.h"

struct report_data;

/* Where the records came from. */
struct report_source {
	const char *host;      /* NULL: a recording, which does not say */
	const char *recording; /* its name; NULL: live */
	const char *broken;    /* why the recording could not be read to its end; NULL: it was */
};

/* From here on looks at all that the overview is fed: it becomes its observer. The overview must
 * outlive it. NULL if out of memory. */
struct report_data *report_data_new(struct overview *overview);
void report_data_free(struct report_data *data);

/* As it is now. NULL if out of memory. */
json_t *report_data_json(struct report_data *data, const struct report_source *source);

#endif
