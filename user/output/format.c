/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* format.c - see format.h. */
#include "output/format.h"

const char *const format_names[FORMATS] = {
	[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

const struct sink_ops *format_sink(enum format format)
{
	static const struct sink_ops *const sinks[FORMATS] = {
		[FORMAT_TEXT] = &sink_text, [FORMAT_JSON] = &sink_json, [FORMAT_CSV] = &sink_csv};

	return sinks[format];
}
