/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* negotiate.h - which of the two texts a scraper takes, by its Accept header (RFC 9110, 12.5.1). */
#ifndef TCPDWELL_NEGOTIATE_H
#define TCPDWELL_NEGOTIATE_H

#include "serve/metrics_text.h"

/*
 * The format of the highest quality; of equals the one that was named more precisely, then
 * OpenMetrics if it was named at all. Who names neither, or nothing that can be had (NULL: no
 * header), gets Prometheus' text, which is for people too.
 */
enum metrics_format negotiate_format(const char *accept);

#endif
