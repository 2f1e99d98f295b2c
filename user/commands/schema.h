/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* schema.h - the command `schema`: the JSON Schema of every line that `-f json` writes. */
#ifndef TCPDWELL_SCHEMA_H
#define TCPDWELL_SCHEMA_H

#include <stdio.h>

/* Returns the exit status; errors were told. */
int schema_run(FILE *out);

#endif
