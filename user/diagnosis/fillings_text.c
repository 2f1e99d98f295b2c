/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_text.c - see fillings_text.h. */
#include "diagnosis/fillings_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/tcpstate.h"

const char *fillings_ends(const struct filling *filling, char text[FILLINGS_ENDS_MAX])
{
	const struct wire_id *id = &filling->id;
	bool any = filling->fill.any_address;
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX];

	text[0] = '\0';
	if (filling->rule->fills == RULES_TABLE)
		return text;
	strcpy(text, address_end_text(any ? NULL : id->laddr, NULL, 0, local));
	if (id->rport)
		sprintf(text + strlen(text), " > %s",
			address_end_text(id->raddr, NULL, id->rport, remote));
	return text;
}

static void add(char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, RULES_TEXT_MAX - used, fmt, args);
	va_end(args);
}

static void add_left(const struct filling *filling, char *text)
{
	const struct rules_fill *fill = &filling->fill;

	if (fill->count < fill->room)
		add(text, "%zu left", fill->room - fill->count);
	else if (filling->rule->fills == RULES_DESTINATION)
		add(text, "none left: connect() fails with EADDRNOTAVAIL");
	else if (filling->rule->fills == RULES_SOURCE)
		add(text, "none left: bind() to port 0 fails with EADDRINUSE");
	else
		add(text, "none left");
	if (filling->none_connects)
		add(text, ", connect() without bind() fails with EADDRNOTAVAIL");
}

static void add_states(const struct rules_fill *fill, char *text)
{
	const char *between = "; ";

	for (unsigned i = 0; i < TCPSTATE_STATES; i++) {
		uint8_t state = tcpstate_order[i];

		if (!fill->states[state])
			continue;
		add(text, "%s%zu %s", between, fill->states[state], tcpstate_name(state));
		between = ", ";
	}
}

const char *fillings_evidence(const struct filling *filling, char text[RULES_TEXT_MAX])
{
	char comm[NAME_ROOM(sizeof(filling->most->comm))];

	text[0] = '\0';
	add_left(filling, text);
	add_states(&filling->fill, text);
	if (filling->most)
		add(text, "; %zu held by %s[%u]", filling->held,
		    name_text(comm, sizeof(comm), filling->most->comm), filling->most->pid);
	return text;
}
