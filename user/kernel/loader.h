/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loader.h - one set of ways into the kernel: configure, load, attach, detach. It knows libbpf, and
 * how a way's programs differ from kernel to kernel; which ways to take is decided by features.c
 * and session.c.
 */
#ifndef TCPDWELL_LOADER_H
#define TCPDWELL_LOADER_H

#include "kernel/features.h"
#include "cli/options.h"

#define LOADER_BTF_PATH    "/sys/kernel/btf/vmlinux"
#define LOADER_KPROBE_PATH "/sys/bus/event_source/devices/kprobe/type"

struct tcpdwell_bpf;
struct bpf_link;

/*
 * Loads the programs of the chosen ways, all of them or none. `options` may be NULL: then without
 * filters and with the smallest ring buffer, for a trial. 0, with the skeleton to be freed by
 * tcpdwell_bpf__destroy() in ret_skel, or -errno.
 */
int loader_load(const struct features *features, const struct options *options,
		struct tcpdwell_bpf **ret_skel);

/* Attaches a loaded way. 0, or -errno; what was attached is in `links` (FEATURES_PROGRAMS_MAX)
 * either way. */
int loader_attach(struct tcpdwell_bpf *skel, const struct features_way *way,
		  struct bpf_link **links);

void loader_detach(struct bpf_link **links);

/* Does this kernel refuse such programs, whatever they are? 0: not at once; or -errno. */
int loader_try_kind(enum features_kind kind);

/* Loads, and perhaps attaches, one way alone, and undoes it. 0, or the -errno that refused it. */
int loader_try(enum features_capability capability, int way, bool attaching);

#endif
