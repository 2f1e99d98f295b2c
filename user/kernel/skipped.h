/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * skipped.h - how often the kernel did not run a program of ours, because it was running on that
 * CPU already (`recursion_misses`). Kernels before 5.12 do not count that, and some later ones not
 * for every kind of program. No kernel says which event it was: a timer of the host that is none of
 * ours counts as well.
 */
#ifndef TCPDWELL_SKIPPED_H
#define TCPDWELL_SKIPPED_H

#include <stdint.h>

#include "kernel/ways.h"

struct tcpdwell_bpf;

/* The most events that may be missing for it since the attach. */
uint64_t skipped_events(const struct tcpdwell_bpf *skel, const struct ways *ways);

#endif
