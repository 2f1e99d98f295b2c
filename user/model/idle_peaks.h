/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * idle_peaks.h - at which idle time do connections end, if many of them end at one? A NAT, a
 * firewall or a load balancer that ends what has been idle for 60 s shows so, and so does a timer
 * of the peers.
 *
 * Counted is what left ESTABLISHED by a FIN or a RST from outside, by how long it had been idle
 * (conn_event.idle), if a census met it idle: what nobody looked at may have been busy to its end.
 * There is one a minute, so of short times it takes more connections. What this side ended never
 * counts: that is its own timer, or its work was done. Nor what ended because nobody answered: then
 * the timers of this host decided when. So who drops packets and tells neither end is not found.
 *
 * A peak is told only if all of this holds of a window, 2 % wide, and of its surroundings, 14
 * windows to each side:
 *
 * - By the clock the run is cut into moments, each longer than the window is wide: of connections
 *   that began together and were ended together, as by a load test or by a peer that stops, all
 *   ends are in one or two of them. In each moment that has an end in window or surroundings the
 *   window wins if it has more than all but two windows of either side. If the window is none but
 *   one of the 15 that it and one side of it are, this happens by chance in 3 of 15 at most. So
 *   many wins among so many moments are less likely than one in a million, as the binomial
 *   distribution has it, multiplied by how many windows are looked at.
 * - Over the whole run the window has three times as much as all but two windows of either side: a
 *   broad hump, whatever made it, is no peak. (All but two: another peak nearby hides none.)
 * - 20 connections or more ended in it, and a twentieth or more of all that had been idle for so
 *   long, whoever ended them.
 * - Most of them are not of one age, unless that is the time that they were idle: else a lifetime
 * is what they have in common, and data at equal distances may make idle times look alike.
 *
 * Its memory does not grow with the run: 100 kB.
 */
#ifndef TCPDWELL_IDLE_PEAKS_H
#define TCPDWELL_IDLE_PEAKS_H

#include "model/connection.h"

/* How they ended. */
enum idle_peaks_by {
	IDLE_PEAKS_FIN,   /* the peer's, as this side sees it: ESTABLISHED -> CLOSE-WAIT */
	IDLE_PEAKS_RESET, /* the same of a RST */
	IDLE_PEAKS_BYS,
};

struct idle_peak {
	uint64_t at;      /* ns: the mean of those that ended there */
	uint64_t count;   /* that ended there, and so */
	uint64_t reached; /* that had been idle for so long, in whatever way they ended then, or
			   * later; all of these as censuses met them */
	uint8_t by;       /* IDLE_PEAKS_* */
};

struct idle_peaks;

/* NULL if out of memory. */
struct idle_peaks *idle_peaks_new(void);
void idle_peaks_free(struct idle_peaks *peaks);

/* Counts a move from ESTABLISHED; ignores others. */
void idle_peaks_add(struct idle_peaks *peaks, const struct conn_event *event);

/* That with most ends first; how many, at most IDLE_PEAKS_MAX. */
#define IDLE_PEAKS_MAX 4
unsigned idle_peaks_find(const struct idle_peaks *peaks, struct idle_peak ret[IDLE_PEAKS_MAX]);

/* "fin", "reset". */
const char *idle_peaks_by_name(unsigned by);
const struct word *idle_peaks_by_word(unsigned by);

#endif
