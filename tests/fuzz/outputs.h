/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * outputs.h - what the targets of recordings share: the command lines that one is shown by, and
 * what every output promises: text has no byte that could steer a terminal, JSON is JSON, however
 * somebody has named a process.
 */
#ifndef FUZZ_OUTPUTS_H
#define FUZZ_OUTPUTS_H

#include <jansson.h>

#include "cli/command_line.h"
#include "fuzz.h"

static const char *const outputs_lines[][8] = {
	{"trace", "-f", "text"},
	{"trace", "-f", "json"},
	{"trace", "-f", "csv"},
	{"trace", "-v"},
	{"trace", "-f", "json", "--raw"},
	{"hist", "-i", "100ms"},
	{"hist", "-f", "json"},
	{"hist", "-b", "comm,remote-port", "-f", "csv"},
	{"trace", "-L", "80", "--max-connections", "2"},
	{"trace", "-p", "101", "-s", "established,syn-sent"},
	{"trace", "-d", "3", "-m", "1ms"},
	{"stuck"},
	{"stuck", "-f", "json"},
	{"stuck", "-f", "csv", "--for", "1s"},
	{"stuck", "-v", "-s", "listen,established,close-wait,time-wait,syn-received,last-ack"},
	{"stuck", "-b", "comm,remote-port,cgroup,netns"},
	{"report", "/dev/null", "-q"},
	{"report", "/dev/null", "-q", "-d", "3", "-m", "1ms"},
	{"serve"},
	{"serve", "-b", "comm,cgroup,address", "--max-groups", "5"},
	{"top", "--by=comm,cgroup"},
	{"top"},
};

/* The options of line `i`, of a recording at `path`; NULL: of none. */
FUZZ_INLINE const struct options *outputs_options(unsigned i, const char *path)
{
	static struct options all[COUNT(outputs_lines)];
	char *argv[11] = {(char *)"tcpdwell"};
	int argc = 1;

	if (all[i].command)
		return &all[i];
	for (; argc < 8 && outputs_lines[i][argc - 1]; argc++)
		argv[argc] = (char *)outputs_lines[i][argc - 1];
	if (path) {
		argv[argc++] = (char *)"-r";
		argv[argc++] = (char *)path;
	}
	if (command_line_parse(&all[i], argc, argv))
		abort();
	return &all[i];
}

FUZZ_INLINE void outputs_check_json(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fprintf(stderr, "%s, in: %s\n", error.text, text);
	FUZZ_CHECK(json);
	json_decref(json);
}

/* Of all lines; in JSON each is a value. */
FUZZ_INLINE void outputs_check(const char *text, bool is_json)
{
	size_t len;

	FUZZ_CHECK(fuzz_is_clean(text, "\n"));
	for (; is_json && *text; text += len) {
		char *line;

		len = strcspn(text, "\n");
		line = fuzz_text((const uint8_t *)text, len);
		outputs_check_json(line);
		free(line);
		len += text[len] == '\n';
	}
}

#endif
