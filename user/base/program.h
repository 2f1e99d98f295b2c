/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * program.h - a program that we start, as who we are by then, and whose end we wait for. It has our
 * standard files, and nothing else of ours; if we are killed, it goes on.
 *
 * Once we have given up our privileges we can send it no signal any more. A second process, which
 * has no file open, keeps the right to ask it to end, and nothing else.
 */
#ifndef TCPDWELL_PROGRAM_H
#define TCPDWELL_PROGRAM_H

#include <stdbool.h>

struct program;

/* `command` is for /bin/sh -c. NULL after the error was told. */
struct program *program_start(const char *command);

/* Asks it to end, by SIGTERM: the first call does. */
void program_ask_to_end(struct program *program);

/* Its exit status, as a shell has it: 128 and the signal that killed it; -1: it runs. */
int program_status(struct program *program);

/* It may run on. NULL does nothing. */
void program_free(struct program *program);

#endif
