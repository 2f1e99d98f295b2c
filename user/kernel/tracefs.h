/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracefs.h - programs on events that only tracefs knows by name, as those of system calls. Where
 * it is not mounted (in a container, behind `ip netns exec`) libbpf does not find them.
 */
#ifndef TCPDWELL_TRACEFS_H
#define TCPDWELL_TRACEFS_H

#include <errno.h>

/* An errno that nothing here gives: tracefs cannot be read, nor mounted. */
#define TRACEFS_NONE ENOLINK

struct bpf_link;
struct bpf_program;

/* Attaches a loaded program of SEC("tracepoint/GROUP/EVENT"), on all processors. NULL with errno
 * set, to TRACEFS_NONE too. */
struct bpf_link *tracefs_attach(struct bpf_program *prog);

#endif
