/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* program.c - see program.h. */
#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/second_process.h"
#include "base/shortage.h"

#define SHELL     "/bin/sh"
#define NOT_FOUND 127
#define BY_SIGNAL 128

struct program {
	pid_t pid;   /* of the program */
	pid_t asker; /* of who asks it to end */
	int socket;  /* to that one */
	int status;  /* -1: it runs */
	bool is_asked;
};

/* What main() ignores is not the program's. */
static void run(const char *command)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(SHELL, "sh", "-c", command, (char *)NULL);
	_exit(NOT_FOUND);
}

/* Of the second process. The program has not been waited for, so its number is its own. */
static void ask_when_told(pid_t pid)
{
	cap_value_t keep[] = {CAP_KILL};
	int n = confine_held(keep, 1);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int32_t err = fd < 0 ? -errno : 0;
	char byte;

	if (!err)
		err = confine_capabilities(keep, n, n);
	if (!err)
		err = confine_exec();
	second_process_send(SECOND_PROCESS_SOCKET, &err, sizeof(err), -1);
	if (!err && second_process_receive(SECOND_PROCESS_SOCKET, &byte, 1, NULL) == 1)
		syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	_exit(0);
}

static int start_asker(struct program *program)
{
	int32_t err;

	program->asker = second_process_start(&program->socket);
	if (!program->asker)
		ask_when_told(program->pid);
	if (program->asker < 0)
		return program->asker;
	return second_process_receive(program->socket, &err, sizeof(err), NULL) == sizeof(err)
		       ? err
		       : -EPIPE;
}

static struct program *refuse(struct program *program, const char *command, int err)
{
	diag_error("cannot start '%s': %s", command, strerror(-err));
	diag_hint("%s", err == -EAGAIN ? "a limit of processes is reached (`ulimit -u`, TasksMax=, "
					 "pids.max)"
				       : shortage_cure(-err, "a second process is needed for it"));
	program_free(program);
	return NULL;
}

struct program *program_start(const char *command)
{
	struct program *program = calloc(1, sizeof(*program));
	int err;

	if (!program)
		return refuse(program, command, -ENOMEM);
	program->status = -1;
	program->pid = fork();
	if (!program->pid)
		run(command);
	if (program->pid < 0)
		return refuse(program, command, -errno);
	err = start_asker(program);
	if (!err)
		return program;
	kill(program->pid, SIGTERM);
	return refuse(program, command, err);
}

void program_ask_to_end(struct program *program)
{
	if (!program->is_asked)
		second_process_send(program->socket, "", 1, -1);
	program->is_asked = true;
}

int program_status(struct program *program)
{
	int status;

	if (program->status < 0 && waitpid(program->pid, &status, WNOHANG) == program->pid)
		program->status = WIFEXITED(status) ? WEXITSTATUS(status)
						    : BY_SIGNAL + WTERMSIG(status);
	return program->status;
}

void program_free(struct program *program)
{
	if (program && program->asker > 0)
		second_process_stop(program->socket, program->asker);
	free(program);
}
