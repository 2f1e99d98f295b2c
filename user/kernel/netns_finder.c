/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns_finder.c - see netns_finder.h. */
#include "kernel/netns_finder.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/second_process.h"

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

static int to_finder = -1;
static pid_t finder;

/* ---- the finder ---- */

/* With a descriptor, if it is one. */
static int send_answer(const struct answer *answer, int fd)
{
	return second_process_send(SECOND_PROCESS_SOCKET, answer,
				   offsetof(struct answer, text) + strlen(answer->text) + 1, fd);
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

static void find(const struct netns_finder_work *work, int (*confine)(void *ctx), void *ctx)
{
	static struct answer answer;
	struct question question;
	int err = confine(ctx);

	if (send_end(&answer, err, -1) || err)
		_exit(1);
	while (second_process_receive(SECOND_PROCESS_SOCKET, &question, sizeof(question), NULL) ==
		       sizeof(question) &&
	       !answer_one(work, &question))
		;
	_exit(0);
}

/* ---- asking it ---- */

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
	ssize_t len = second_process_receive(to_finder, ret_answer, sizeof(*ret_answer), ret_fd);

	if (len <= (ssize_t)offsetof(struct answer, text))
		return gone();
	((char *)ret_answer)[len - 1] = '\0';
	return 0;
}

static int ask(enum op op, uint32_t inode)
{
	struct question question = {.op = op, .inode = inode};

	return second_process_send(to_finder, &question, sizeof(question), -1) ? gone() : 0;
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
	int err;

	finder = second_process_start(&to_finder);
	if (!finder)
		find(work, confine, ctx);
	if (finder < 0)
		return finder;
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
	second_process_stop(to_finder, finder);
	to_finder = -1;
}
