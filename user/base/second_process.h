/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * second_process.h - a process of ours that keeps a privilege which we give up, and does one thing
 * with it when it is asked. It has no file open but its end of a socket, which carries whole
 * messages, each with a descriptor or without; signals do not end it (those from a terminal reach
 * it too), but it ends when we do, however that is: then its socket is closed.
 */
#ifndef TCPDWELL_SECOND_PROCESS_H
#define TCPDWELL_SECOND_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/* Its end of the socket, in that process. */
#define SECOND_PROCESS_SOCKET 0

/* Returns twice, as fork() does: 0 in the second process; its pid, with our end of the socket; or
 * -errno. */
pid_t second_process_start(int *ret_socket);

/* With a descriptor, unless `fd` is -1. 0, or -errno. */
int second_process_send(int socket, const void *bytes, size_t len, int fd);

/* One message, and the descriptor that came with it, else -1; `ret_fd` NULL: none is expected. Its
 * length, 0 if the other process has ended, or -errno. */
ssize_t second_process_receive(int socket, void *bytes, size_t room, int *ret_fd);

/* Closes our end and waits until it has ended. */
void second_process_stop(int socket, pid_t pid);

#endif
