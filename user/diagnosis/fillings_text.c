/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_text.c - see fillings_text.h. */
#include "diagnosis/fillings_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/name.h"
#include "base/tcpstate.h"

const char *fillings_ends(const struct filling *filling, char text[FILLINGS_ENDS_MAX])
{
	const struct wire_id *id = &filling->id;
	const char *device = filling->device[0] ? filling->device : NULL;
	bool any = filling->fill.any_address;
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX];

	text[0] = '\0';
	if (!id->netns || filling->kind == RULES_TABLE)
		return text;
	strcpy(text, address_end_text(any ? NULL : id->laddr, device, 0, local));
	if (id->rport)
		sprintf(text + strlen(text), " > %s",
			address_end_text(id->raddr, NULL, id->rport, remote));
	if (device && !address_is_link_local(id->laddr))
		sprintf(text + strlen(text), " dev %s", device);
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

/* No more exact than it is known. */
static void add_gone_in(uint64_t ns, char *text)
{
	uint64_t seconds = ns / NS_PER_S + 1;
	bool in_minutes = seconds >= 120;

	add(text, ", gone in about %" PRIu64 "%c at this rate",
	    in_minutes ? (seconds + 30) / 60 : seconds, in_minutes ? 'm' : 's');
}

static void add_left(const struct filling *filling, char *text)
{
	const struct rules_fill *fill = &filling->fill;

	if (filling->rule->fills == RULES_MEMORY)
		add(text, "in pages; the kernel saves memory from %zu on, ", fill->alarm);
	if (fill->count < fill->room)
		add(text, "%zu left", fill->room - fill->count);
	else if (filling->rule->fills == RULES_DESTINATION)
		add(text, "none left: connect() fails with EADDRNOTAVAIL");
	else if (filling->rule->fills == RULES_SOURCE)
		add(text, "none left: bind() to port 0 fails with EADDRINUSE");
	else if (filling->rule->fills == RULES_ORPHANS)
		add(text, "none left: close() resets");
	else
		add(text, "none left");
	if (filling->gone_in_ns)
		add_gone_in(filling->gone_in_ns, text);
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

static void add_holders(const struct filling *filling, char *text)
{
	char comm[NAME_ROOM(sizeof(filling->most->who->comm))];

	for (size_t i = 0; i < FILLINGS_HOLDERS && filling->most[i].who; i++)
		add(text, "%s%zu %sby %s[%u]", i ? ", " : "; ", filling->most[i].count,
		    i ? "" : "held ", name_text(comm, sizeof(comm), filling->most[i].who->comm),
		    filling->most[i].who->pid);
	if (filling->held_by_others)
		add(text, ", %zu by others", filling->held_by_others);
}

const char *fillings_evidence(const struct filling *filling, char text[RULES_TEXT_MAX])
{
	text[0] = '\0';
	add_left(filling, text);
	add_states(&filling->fill, text);
	add_holders(filling, text);
	return text;
}
