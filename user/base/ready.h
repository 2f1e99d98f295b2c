/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ready.h - tells who waits for us that we are ready, and that we are about to end: by the file of
 * --ready-file, and a service manager (notify.h). They may rely on every event from then on.
 */
#ifndef TCPDWELL_READY_H
#define TCPDWELL_READY_H

/* To be called at the start, once or more: removes the file of an earlier run, which would speak
 * for this one, and finds the service manager. `path` NULL: there is no file. */
void ready_begin(const char *path);

/* We are. Writes our pid into the file, whole or not at all; `status` is what we do, for people. 0,
 * or -EIO after the error was told. */
int ready_tell(const char *path, const char *status);

/* From here on nothing more is taken in. The file stays. */
void ready_end(void);

#endif
