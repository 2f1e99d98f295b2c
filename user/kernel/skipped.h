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

/*
 * The most transitions that both programs on the tracepoint were skipped for: the first was skipped
 * `first` times, the second `second` times, and the second told `by_second` transitions that the
 * first had not told. 7.3 skips four or eight at a time where it preempts the first (once in 700
 * connections, on one CPU), and the second tells them all.
 */
uint64_t skipped_by_both(uint64_t first, uint64_t second, uint64_t by_second);

/* The most events that may be missing for it since the attach. `by_second`: see above. */
uint64_t skipped_events(const struct tcpdwell_bpf *skel, const struct ways *ways,
			uint64_t by_second);

#endif
