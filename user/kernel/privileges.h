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
 * For good: root becomes CONFINE_NOBODY; every capability goes, in every set, and the way back by
 * exec; and where there is Landlock no file is opened any more outside of /proc and /sys. With
 * `elsewhere` what it takes to enter other network namespaces stays. CAP_BPF stays only if `works`,
 * called without it, returns false. `works` NULL: no namespace is looked into any more, not even
 * ours; else they are found by another process from here on (netns_delegate()). 0, or -errno after
 * the error was told; what only this kernel or container refuses is no error.
 */
int privileges_drop(bool elsewhere, bool (*works)(void *ctx), void *ctx);

/* What privileges_drop() may be refused, for `features`. The table ends with a name of NULL. */
struct privileges_limit {
	const char *name, *gives, *loss;
	const char *way, *words;
	const char *why, *cure; /* where it does not work */
	int (*try)(void);
};

extern const struct privileges_limit privileges_limits[];

/* Tries it, in a process of its own. 0, or the errno. */
int privileges_try(const struct privileges_limit *limit);

#endif
