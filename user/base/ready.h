/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ready.h - the file of --ready-file: who waits for it may rely on every event from then on. */
#ifndef TCPDWELL_READY_H
#define TCPDWELL_READY_H

/* Removes that of an earlier run, which would speak for this one. `path` NULL does nothing. */
void ready_forget(const char *path);

/* Writes our pid into it, whole or not at all. 0, or -EIO after the error was told. */
int ready_tell(const char *path);

#endif
