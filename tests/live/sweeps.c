/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweeps RECORDING: when a tracer swept through which network namespace, "NS NETNS" a line, on the
 * clock of its records. What two sweeps could know of a mini-socket depends on when they really
 * came: see verify.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/recording.h"
#include "wire.h"

static int print_swept(void *ctx, const void *record, size_t len)
{
	struct wire_swept swept;

	(void)ctx;
	memcpy(&swept.head, record, sizeof(swept.head));
	if (swept.head.kind != WIRE_SWEPT || len < sizeof(swept))
		return swept.head.len;
	memcpy(&swept, record, sizeof(swept));
	if (!swept.blind)
		printf("%" PRIu64 " %u\n", (uint64_t)swept.head.ts, swept.netns);
	return swept.head.len;
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	return recording_each(ctx, records, len, UINT64_MAX, print_swept, NULL);
}

int main(int argc, char **argv)
{
	struct recording_reader *reader;
	struct meta meta;
	int err;

	if (argc != 2) {
		fputs("usage: sweeps RECORDING\n", stderr);
		return 2;
	}
	reader = recording_open(argv[1], &meta);
	if (!reader)
		return 1;
	err = recording_read(reader, take_frame, argv[1]);
	recording_close(reader);
	return err ? 1 : 0;
}
