/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_sources.h - local ports by address: what bind() to port 0 has left. See fillings.h. */
#ifndef TCPDWELL_FILLINGS_SOURCES_H
#define TCPDWELL_FILLINGS_SOURCES_H

#include "diagnosis/fillings_count.h"

/* Notes the port of a socket that has one; fillings_count.ports has room for it. */
void fillings_note_port(struct fillings_count *count, const struct wire_snapshot *s, bool is_asked);

/* Tells of what fills an address, and notes in fillings_count.bound what bind() has. 0 or -ENOMEM.
 */
int fillings_tell_sources(struct fillings_count *count);

#endif
