/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * shortage.h - what a process runs short of: descriptors, memory, room on a disk. It is never taken
 * for something that the kernel or a file lacks, and each has its cure.
 */
#ifndef TCPDWELL_SHORTAGE_H
#define TCPDWELL_SHORTAGE_H

#include <stdbool.h>

/* Is this errno (positive) one of a shortage that other attempts meet too: of descriptors or of
 * memory? */
bool shortage_is(int error);

/* What to do about this errno, for a hint; `otherwise` if it is no shortage. Valid until the next
 * call. */
const char *shortage_cure(int error, const char *otherwise);

/* How many descriptors may still be opened; at most `enough`, where counting ends. */
unsigned shortage_descriptors_left(unsigned enough);

#endif
