/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ksyms.h - kernel functions by name, from /proc/kallsyms, for the programs' configuration: which
 * functions are those of a mini-socket's and of a request's timer, and what a function on the stack
 * means (see stack.bpf.h).
 */
#ifndef TCPDWELL_KSYMS_H
#define TCPDWELL_KSYMS_H

#include "config.h"

/*
 * Fills tw_timer_handler, reqsk_timer_handler, n_ranges and ranges. 0; -ENOENT if the kernel lacks
 * one of the two; -EPERM if it hides its addresses (kernel.kptr_restrict, or CAP_SYSLOG is
 * missing); -ENODATA if the file cannot be read or has no symbols; -ENOMEM.
 */
int ksyms_fill(struct config *ret_config);

#endif
