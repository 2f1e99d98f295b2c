/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns_finder.c - see netns_finder.h. */
#include "kernel/netns_finder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"

#define TEXT_MAX (PATH_MAX + 64)

enum op { OP_READY, OP_EACH, OP_EACH_NAMED, OP_OPEN };

struct question {
	uint32_t op; /* enum op */
	uint32_t inode;
};

/* Of a list: one for each, then one without an inode. */
struct answer {
	int32_t err; /* -errno; 0 */
	uint32_t inode;
	char text[TEXT_MAX];
};

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int to_finder = -1;
static pid_t finder;

/* ---- the finder ---- */

/* Nobody shall wait for our output, or meet a socket of ours, because it is open here too. */
static void close_all_but(int fd)
{
	struct dirent *entry;
	DIR *open_here;

	dup2(fd, 0);
	if (!syscall(SYS_close_range, 1, ~0u, 0))
		return;
	/* An old kernel, or a filter of system calls. The limit may be a thousand million. */
	open_here = opendir("/proc/self/fd");
	while (open_here && (entry = readdir(open_here)))
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != dirfd(open_here))
			close(atoi(entry->d_name));
	if (open_here)
		closedir(open_here);
}

/* With a descriptor, if it is one. */
static int send_answer(const struct answer *answer, int fd)
{
	struct iovec part = {.iov_base = (void *)answer,
			     .iov_len = offsetof(struct answer, text) + strlen(answer->text) + 1};
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
	return TEMP_FAILURE_RETRY(sendmsg(0, &message, MSG_NOSIGNAL)) < 0 ? -errno : 0;
}

static int send_found(void *ctx, uint32_t inode, const char *text)
{
	struct answer *answer = ctx;

	answer->err = 0;
	answer->inode = inode;
	snprintf(answer->text, sizeof(answer->text), "%s", text);
	return send_answer(answer, -1);
}

/* What `err` the work ends with. */
static int send_end(struct answer *answer, int err, int fd)
{
	answer->err = err;
	answer->inode = 0;
	*answer->text = '\0';
	return send_answer(answer, fd);
}

static int answer_one(const struct netns_finder_work *work, const struct question *question)
{
	static struct answer answer;
	int fd, err;

	if (question->op == OP_EACH)
		return send_end(&answer, work->each(send_found, &answer), -1);
	if (question->op == OP_EACH_NAMED)
		return send_end(&answer, work->each_named(send_found, &answer), -1);
	fd = question->op == OP_OPEN ? work->open(question->inode) : -EINVAL;
	err = send_end(&answer, fd < 0 ? fd : 0, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Signals from the terminal reach it too: it ends when we do, and then its socket is closed. */
static void find(const struct netns_finder_work *work, int fd, int (*confine)(void *ctx), void *ctx)
{
	static struct answer answer;
	struct question question;
	sigset_t all;
	int err;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	close_all_but(fd);
	err = confine(ctx);
	if (send_end(&answer, err, -1) || err)
		_exit(1);
	while (recv(0, &question, sizeof(question), 0) == sizeof(question) &&
	       !answer_one(work, &question))
		;
	_exit(0);
}

/* ---- asking it ---- */

/* The descriptor that came with the message; -1: none. */
static int descriptor_of(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static int gone(void)
{
	static bool told;

	if (!told) {
		diag_error("cannot find network namespaces: the second process has ended");
		diag_hint("it was killed, perhaps because memory was short (`dmesg`)");
	}
	told = true;
	return -EIO;
}

/* `ret_fd` NULL: none is expected. 0, or -EIO after it was told. */
static int receive(struct answer *ret_answer, int *ret_fd)
{
	struct iovec part = {.iov_base = ret_answer, .iov_len = sizeof(*ret_answer)};
	union control control;
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t len = TEMP_FAILURE_RETRY(recvmsg(to_finder, &message, MSG_CMSG_CLOEXEC));

	if (len <= (ssize_t)offsetof(struct answer, text))
		return gone();
	((char *)ret_answer)[len - 1] = '\0';
	if (ret_fd)
		*ret_fd = descriptor_of(&message);
	return 0;
}

static int ask(enum op op, uint32_t inode)
{
	struct question question = {.op = op, .inode = inode};

	return send(to_finder, &question, sizeof(question), MSG_NOSIGNAL) == sizeof(question)
		       ? 0
		       : gone();
}

struct found {
	struct found *next;
	uint32_t inode;
	char text[];
};

/* The whole list, so that the finder can be asked again meanwhile. */
static int receive_list(struct found **ret_first)
{
	struct found **last = ret_first;
	struct answer answer;
	int err, missing = 0;

	while (!(err = receive(&answer, NULL)) && answer.inode) {
		size_t room = strlen(answer.text) + 1;
		struct found *found = malloc(sizeof(*found) + room);

		if (!found) {
			missing = -ENOMEM;
			continue;
		}
		*found = (struct found){.inode = answer.inode};
		memcpy(found->text, answer.text, room);
		*last = found;
		last = &found->next;
	}
	if (!err)
		err = answer.err;
	return err ? err : missing;
}

static int each(enum op op, netns_found_fn fn, void *ctx)
{
	struct found *first = NULL, *next;
	int err = ask(op, 0);

	if (!err)
		err = receive_list(&first);
	for (; first; first = next) {
		next = first->next;
		if (!err)
			err = fn(ctx, first->inode, first->text);
		free(first);
	}
	return err;
}

int netns_finder_each(netns_found_fn fn, void *ctx)
{
	return each(OP_EACH, fn, ctx);
}

int netns_finder_each_named(netns_found_fn fn, void *ctx)
{
	return each(OP_EACH_NAMED, fn, ctx);
}

/* Where we have no descriptor left for it, it does not come. */
int netns_finder_open(uint32_t inode)
{
	struct answer answer;
	int fd = -1, err = ask(OP_OPEN, inode);

	if (!err)
		err = receive(&answer, &fd);
	if (err)
		return err;
	if (answer.err)
		return answer.err;
	return fd < 0 ? -EMFILE : fd;
}

bool netns_finder_is_there(void)
{
	return to_finder >= 0;
}

int netns_finder_start(const struct netns_finder_work *work, int (*confine)(void *ctx), void *ctx)
{
	struct answer answer;
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	finder = fork();
	err = finder < 0 ? -errno : 0;
	if (!finder)
		find(work, ends[1], confine, ctx);
	close(ends[1]);
	to_finder = ends[0];
	if (!err)
		err = receive(&answer, NULL);
	if (!err)
		err = answer.err;
	if (err)
		netns_finder_stop();
	return err;
}

void netns_finder_stop(void)
{
	if (to_finder < 0)
		return;
	close(to_finder);
	to_finder = -1;
	if (finder > 0)
		TEMP_FAILURE_RETRY(waitpid(finder, NULL, 0));
}
