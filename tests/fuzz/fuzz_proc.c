/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_proc.c - what /proc and cgroup paths may say. The first byte chooses who reads the rest;
 * each file that it opens has what comes up to the next NUL (the linker has put __wrap_fopen() in
 * place of fopen()), or is not there if nothing is left.
 */
#include "fuzz.h"

#include <errno.h>

#include "kernel/ksyms.h"
#include "kernel/limits.h"
#include "kernel/privileges.h"
#include "kernel/proc_text.h"
#include "wire.h"

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static struct {
	const char *at, *end;
} files;

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const char *begin = files.at;
	size_t len;

	if (!files.at || strncmp(path, "/proc/", 6) != 0)
		return __real_fopen(path, mode);
	if (begin == files.end) {
		errno = ENOENT;
		return NULL;
	}
	len = strnlen(begin, (size_t)(files.end - begin));
	files.at += len + (begin + len < files.end);
	return fmemopen((void *)begin, len, "r");
}

/* ---- who reads ---- */

static void read_symbols(const char *text)
{
	struct config config = {0};
	int err = ksyms_fill(&config);

	(void)text;
	FUZZ_CHECK(!err || err == -ENOENT || err == -EPERM || err == -ENODATA);
	FUZZ_CHECK(config.n_ranges <= CODE_RANGES_MAX && (!err || !config.n_ranges));
	for (uint32_t i = 0; i < config.n_ranges; i++)
		FUZZ_CHECK(config.ranges[i].begin < config.ranges[i].end ||
			   config.ranges[i].begin == UINT64_MAX);
}

static int check_limits(void *ctx, const void *record, size_t len)
{
	const struct wire_limits *limits = record;
	const struct wire_name *name = record;

	(void)ctx;
	FUZZ_CHECK(limits->head.len == len);
	if (limits->head.kind == WIRE_NAME)
		FUZZ_CHECK(strnlen(name->text, sizeof(name->text)) < sizeof(name->text));
	return 0;
}

static void read_limits(const char *text)
{
	(void)text;
	limits_tell(1, check_limits, NULL);
}

static int check_host(void *ctx, const void *record, size_t len)
{
	(void)ctx;
	FUZZ_CHECK(((const struct wire_host *)record)->head.len == len);
	return 0;
}

static void read_host(const char *text)
{
	(void)text;
	limits_tell_host(check_host, NULL);
}

static void read_kptr_restrict(const char *text)
{
	(void)text;
	privileges_addresses_cure();
}

static void read_stat(const char *text)
{
	proc_text_parent(text);
}

static void read_mountinfo(const char *text)
{
	char point[PATH_MAX];

	memset(point, 'x', sizeof(point));
	if (proc_text_netns_mount(text, point))
		FUZZ_CHECK(strlen(point) <= strlen(text));
}

static void (*const readers[])(const char *text) = {
	read_symbols, read_limits, read_host, read_kptr_restrict, read_stat, read_mountinfo,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text;

	if (!len)
		return 0;
	text = fuzz_text(bytes + 1, len - 1);
	files.at = text;
	files.end = text + len - 1;
	readers[bytes[0] % COUNT(readers)](text);
	files.at = NULL;
	free(text);
	return 0;
}
