/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* second_process.c - see second_process.h. */
#include "base/second_process.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Nobody shall wait for our output, or meet a socket of ours, because it is open here too. */
static void close_all_but(int fd)
{
	struct dirent *entry;
	DIR *open_here;

	dup2(fd, SECOND_PROCESS_SOCKET);
	if (!syscall(SYS_close_range, SECOND_PROCESS_SOCKET + 1, ~0u, 0))
		return;
	/* An old kernel, or a filter of system calls. The limit may be a thousand million. */
	open_here = opendir("/proc/self/fd");
	while (open_here && (entry = readdir(open_here)))
		if (atoi(entry->d_name) > SECOND_PROCESS_SOCKET &&
		    atoi(entry->d_name) != dirfd(open_here))
			close(atoi(entry->d_name));
	if (open_here)
		closedir(open_here);
}

pid_t second_process_start(int *ret_socket)
{
	sigset_t all;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (!pid) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		close_all_but(ends[1]);
		return 0;
	}
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	else
		*ret_socket = ends[0];
	return pid;
}

int second_process_send(int socket, const void *bytes, size_t len, int fd)
{
	struct iovec part = {.iov_base = (void *)bytes, .iov_len = len};
	union control control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS,
						.cmsg_len = CMSG_LEN(sizeof(fd))};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.bytes);
	}
	return TEMP_FAILURE_RETRY(sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 ? -errno : 0;
}

/* -1: none came with the message. */
static int descriptor_of(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

ssize_t second_process_receive(int socket, void *bytes, size_t room, int *ret_fd)
{
	struct iovec part = {.iov_base = bytes, .iov_len = room};
	union control control;
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t len = TEMP_FAILURE_RETRY(recvmsg(socket, &message, MSG_CMSG_CLOEXEC));

	if (len < 0)
		return -errno;
	if (ret_fd)
		*ret_fd = descriptor_of(&message);
	return len;
}

void second_process_stop(int socket, pid_t pid)
{
	close(socket);
	TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
}
