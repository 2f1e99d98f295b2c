/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* quote.h - text that is not ours (process names), quoted for the formats that machines read. */
#ifndef TCPDWELL_QUOTE_H
#define TCPDWELL_QUOTE_H

#include <stdio.h>

/* With its quotes. A name is bytes in no known encoding: each that is not ASCII reads \u00xx. */
void quote_json(FILE *out, const char *text);

/* RFC 4180: quotes only where they are needed. */
void quote_csv(FILE *out, const char *text);

#endif
