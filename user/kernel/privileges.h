/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * privileges.h - the Linux capabilities that tracing uses: which are missing, in words, and giving
 * up those that are not needed any more.
 *
 * The kernel is asked at each call. What root of a user namespace holds counts for nothing outside
 * of it, and is taken for missing.
 */
#ifndef TCPDWELL_PRIVILEGES_H
#define TCPDWELL_PRIVILEGES_H

#include <stdbool.h>

/* Why the kernel said EPERM to a program, and what to do about it. The text lasts till the next
 * call. */
const char *privileges_refusal(void);
const char *privileges_refusal_cure(void);

/* What it takes to see kernel addresses that are hidden. */
const char *privileges_addresses_cure(void);

/* One note that other network namespaces are out of sight, for want of which capability, and what
 * is lost by it. Nothing if none is missing. */
void privileges_note_netns(const char *loss);

/*
 * For good: gives up every capability, in every set, and the way back by exec. With `netns` those
 * that it takes to enter other network namespaces stay. CAP_BPF stays only if `works` (may be
 * NULL), called without it, returns false. 0, or -errno after the error was told.
 */
int privileges_drop(bool netns, bool (*works)(void *ctx), void *ctx);

#endif
