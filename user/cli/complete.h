/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * complete.h - all that the command line takes, as lines of columns between tabs: what the shell's
 * completion is made of (completions/generate.sh) and the documentation compared with.
 *
 *	-s --state LIST    COMMAND,COMMAND...    VALUES
 *	COMMAND            command               [filter] [file]
 *	state              words                 STATE...
 *
 * VALUES: "one WORD...", "list WORD..." (several between commas), "file", or the name of what the
 * host has such of: "netns", "pid", "comm", "uid", "cgroup"; nothing where there is nothing to
 * offer. Of a command: whether an expression may follow, and whether a file does.
 */
#ifndef TCPDWELL_COMPLETE_H
#define TCPDWELL_COMPLETE_H

#include <stdio.h>

void complete_print(FILE *out);

#endif
