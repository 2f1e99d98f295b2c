/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * next.h - the next command to type: rules_rule.next with the numbers, addresses and names of a
 * socket filled in, each taken for one word by a shell, and run in the namespace of that socket.
 */
#ifndef TCPDWELL_NEXT_H
#define TCPDWELL_NEXT_H

#include "diagnosis/rules.h"

/* About this socket, and its other end (NULL: not here, or not known). "": it would have to be
 * typed in a network namespace that no way is known into. */
const char *next_command(const struct rules_rule *rule, const struct census *census,
			 const struct census_socket *socket, const struct census_socket *peer,
			 char text[RULES_TEXT_MAX]);

/* About what fills up, of which one socket has this identity. */
const char *next_command_of_room(const struct rules_rule *rule, const struct census *census,
				 const struct wire_id *id, char text[RULES_TEXT_MAX]);

#endif
