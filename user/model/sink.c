/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sink.c - which sink writes which format. See sink.h. */
#include "model/sink.h"

const struct sink_ops *sink_ops_of(enum options_format format)
{
	static const struct sink_ops *const sinks[] = {
		[FORMAT_TEXT] = &sink_text, [FORMAT_JSON] = &sink_json, [FORMAT_CSV] = &sink_csv};

	return sinks[format];
}

const char *sink_lost_kind(uint16_t kind)
{
	static const char *const names[WIRE_KINDS] = {[WIRE_TRANSITION] = "transition",
						      [WIRE_TIMEWAIT] = "timewait",
						      [WIRE_SOCKET] = "socket",
						      [WIRE_ACCEPTED] = "accepted"};

	return kind < WIRE_KINDS && names[kind] ? names[kind] : "?";
}
