/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stream.h - stdio over what may keep us waiting: a pipe that nothing comes through, a reader that
 * takes nothing. Once a stop is asked (stop.h) nobody is waited for any longer: reading fails with
 * EINTR at once, writing with EPIPE when nothing was taken for STREAM_PATIENCE_MS, as if the reader
 * had gone.
 */
#ifndef TCPDWELL_STREAM_H
#define TCPDWELL_STREAM_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define STREAM_PATIENCE_MS 500

/* Over a descriptor; fclose() closes it. NULL with errno: it is still open. */
FILE *stream_reading(int fd);
FILE *stream_writing(int fd);

/* Over a copy of a descriptor, for writing, close-on-exec: whose it is closes it, too. */
FILE *stream_copy(int fd);

/* Over standard error, likewise; for one caller, who never closes it. */
FILE *stream_errors(void);

/* Opens a file for reading, close-on-exec. A FIFO without a writer is waited for when it is read.
 * NULL with errno. */
FILE *stream_open(const char *path);

/* The same for writing, with these flags of open() besides. A FIFO's reader is waited for. */
FILE *stream_create(const char *path, int flags, mode_t mode);

/*
 * Waits until `fd` (-1: none) is readable, a stop is asked, nobody reads what `out` (a descriptor,
 * -1: none) leads to, or the time is over; a signal ends it early. True if the reader has gone. A
 * terminal that went is no reader that went: with nohup we go on.
 */
bool stream_wait(int fd, int out, int ms);

#endif
