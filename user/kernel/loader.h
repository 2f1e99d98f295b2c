/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loader.h - one set of ways into the kernel: configure, load, attach, detach. It knows libbpf, and
 * how a way's programs differ from kernel to kernel. features.c and session.c decide which ways to
 * take.
 */
#ifndef TCPDWELL_LOADER_H
#define TCPDWELL_LOADER_H

#include <errno.h>
#include <stdbool.h>

#include "kernel/request.h"
#include "kernel/tracefs.h"
#include "kernel/ways.h"

#define LOADER_BTF_PATH    "/sys/kernel/btf/vmlinux"
#define LOADER_KPROBE_PATH "/sys/bus/event_source/devices/kprobe/type"

/* Errors that no system call gives, in errnos that none of those called here gives. */
#define LOADER_NO_BTF           ENODATA
#define LOADER_ADDRESSES_HIDDEN EADDRNOTAVAIL
#define LOADER_NO_SYMBOLS       EBADMSG
#define LOADER_NO_REGISTERS     ENOEXEC
#define LOADER_NO_TRACEFS       TRACEFS_NONE

struct tcpdwell_bpf;
struct bpf_link;

/*
 * Loads the programs of the chosen ways, all of them or none. 0, with the skeleton to be freed by
 * tcpdwell_bpf__destroy() in ret_skel, or -errno or a negative LOADER_*.
 */
int loader_load(const struct ways *ways, const struct kernel_request *request,
		struct tcpdwell_bpf **ret_skel);

/* Attaches a loaded way. 0, or -errno; what was attached is in `links` (WAY_PROGRAMS_MAX)
 * either way. */
int loader_attach(struct tcpdwell_bpf *skel, const struct way *way, struct bpf_link **links);

void loader_detach(struct bpf_link **links);

/* Does this kernel refuse such programs, whatever they are? 0: not at once; or -errno. */
int loader_try_kind(enum way_kind kind);

/* Loads, and perhaps attaches, one way alone, and undoes it. 0, or the -errno that refused it. */
int loader_try(enum feature feature, int way, bool attaching);

#endif
