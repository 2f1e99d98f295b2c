/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stories.h - which findings are one story: sockets that wait for what another finding is about.
 * The FIN-WAIT-2 of one process waits for the CLOSE-WAIT that another one does not close; a shut
 * window for the process that does not read; a SYN, and a connection that nobody has accepted, for
 * the accept queue that is full. Only where that is true of each socket of a finding, by its own
 * other end or its own listener on this host, and of one other finding.
 */
#ifndef TCPDWELL_STORIES_H
#define TCPDWELL_STORIES_H

#include "diagnosis/verdict_alike.h"

/* Sets verdict_finding.because and .story, and puts each story together. The verdict has its peers
 * and its findings. 0 or -ENOMEM. */
int stories_find(struct verdict *verdict);

#endif
