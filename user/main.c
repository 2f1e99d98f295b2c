/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c - from the command line to a command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/complete.h"
#include "base/diag.h"
#include "base/shortage.h"
#include "base/stream.h"
#include "commands/features.h"
#include "commands/files.h"
#include "commands/guard.h"
#include "commands/trace.h"
#include "cli/command_line.h"
#include "cli/help.h"
#include "commands/replay.h"
#include "commands/report.h"
#include "diagnosis/rules.h"
#include "commands/schema.h"
#include "commands/serve.h"
#include "serve/metrics.h"
#include "commands/stuck.h"
#include "commands/top.h"

/* Results that were not written are a failure too, however they came about; a closed pipe is not.
 */
static int close_output(FILE *out, int status)
{
	int error;

	errno = 0;
	if (!fclose(out) || errno == EPIPE || status)
		return status;
	error = errno;
	diag_error("cannot write the output: %s", strerror(error));
	diag_hint("%s", shortage_cure(error, "the output is not complete"));
	return DIAG_FAILED;
}

static int run_command(const struct options *options, FILE *out)
{
	if (options->help)
		help_print(options->command, out);
	else if (options->version)
		fprintf(out, "tcpdwell %s\n", TCPDWELL_VERSION);
	else if (files_check(options))
		return DIAG_USAGE;
	else if (options->command == COMMAND_FEATURES)
		return features_run(options, out);
	else if (options->command == COMMAND_REPORT)
		return report_run(options);
	else if (options->command == COMMAND_SCHEMA)
		return schema_run(out);
	else if (options->command == COMMAND_STUCK)
		return stuck_run(options, out);
	else if (options->command == COMMAND_SERVE)
		return serve_run(options);
	else if (options->command == COMMAND_GUARD)
		return guard_run(options);
	else if (options->command == COMMAND_TOP)
		return top_run(options);
	else if (options->read_path)
		return replay_run(options, out);
	else
		return live_run(options, out);
	return DIAG_OK;
}

static int run(const struct options *options, FILE *out)
{
	bool prints = options->help || options->version;
	enum files_standard standard = prints ? FILES_OPEN : files_check_standard(options);
	int status;

	if (standard == FILES_CLOSED)
		return DIAG_FAILED;
	status = run_command(options, out);
	return standard == FILES_RECORDING_ALONE ? DIAG_FAILED : status;
}

/* For completion, and for the tests that compare the documentation with the tables. */
static bool print_list(const char *which, FILE *out)
{
	static const struct {
		const char *word;
		void (*print)(FILE *out);
	} lists[] = {{"--list-options", complete_print},
		     {"--list-rules", rules_print_list},
		     {"--list-metrics", metrics_list}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(which, lists[i].word)) {
			lists[i].print(out);
			return true;
		}
	return false;
}

/*
 * A file that we open must not become the output of a program that was started without one. What
 * takes the place of a descriptor that is closed can be neither read nor written: that stays an
 * error, as it would have been. (/dev/null would take what is written, and need not be there.) If
 * no descriptor is left, none of these is closed.
 */
static bool fill_standard_files(void)
{
	int fd;

	do
		fd = open("/", O_PATH);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? errno == EMFILE || errno == ENFILE : !close(fd);
}

int main(int argc, char **argv)
{
	static struct options options; /* 32 KiB of port sets: not for the stack */
	static char buffer[64 << 10];  /* its own would be a page, whatever size is asked */
	FILE *out = fill_standard_files() ? stream_writing(STDOUT_FILENO) : NULL;

	if (!out) {
		diag_error("cannot begin: %s", strerror(errno));
		return DIAG_FAILED;
	}
	/* A closed pipe, and a file at its size limit, are errors of write() to be told. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Whoever started us may have it ignored: nobody could wait for a second process then. */
	signal(SIGCHLD, SIG_DFL);
	/* Whoever prints flushes when it has something to show. */
	setvbuf(out, buffer, _IOFBF, sizeof(buffer));
	if (argc == 2 && print_list(argv[1], out))
		return close_output(out, DIAG_OK);
	if (command_line_parse(&options, argc, argv))
		return close_output(out, DIAG_USAGE);
	diag_init(options.quiet, options.verbose);
	return close_output(out, run(&options, out));
}
