/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* foreign.c - tables of what others call it. See foreign.h. */
#include "cli/foreign.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char tcp_only[] = "tcpdwell sees TCP only";

/*
 * ss shows what is there now, as `stuck` does: its options have a translation, `adds`, to options
 * of that command ("": it does so by itself), or `says` why there is none, or ask for other
 * protocols.
 */
static const struct ss_option {
	char letter;
	const char *name, *adds, *says;
} ss_options[] = {
	{'t', "tcp", "", NULL},
	{'n', "numeric", "", NULL},
	{'p', "processes", "", NULL},
	{'O', "oneline", "", NULL},
	{'a', "all", " -s all", NULL},
	{'l', "listening", " -s listen", NULL},
	{'o', "options", " -v", NULL},
	{'e', "extended", " -v", NULL},
	{'i', "info", " -v", NULL},
	{'m', "memory", " -v", NULL},
	{'H', "no-header", " -q", NULL},
	{'r', "resolve", "", NULL},
	{'N', "net", " --netns NAME", NULL},
	{'E', "events", NULL, "`tcpdwell trace` shows every change as it happens"},
	{'K', "kill", NULL, "tcpdwell changes nothing; only `ss -K` closes sockets"},
	{'u', "udp", NULL, NULL},
	{'x', "unix", NULL, NULL},
	{'A', "query", NULL, NULL},
	{'M', "mptcp", NULL, NULL},
	{'S', "sctp", NULL, NULL},
};

static const struct {
	char letter;
	bool takes_value;
	const char *name, *says;
} other_options[] = {
	{'T', false, "time", "tcpstates -T: TIME is always shown"},
	{'t', false, "timestamp", "tcpstates -t: TIME is always shown"},
	{'w', false, "wide", "tcpstates -w: addresses are never cut; -v shows all columns"},
	{'s', false, "csv", "tcpstates -s is '-f csv'"},
	{'Y', false, "journal", "tcpstates -Y is '-f json', piped into systemd-cat"},
	{'i', true, NULL, "tcpdump -i: tcpdwell sees all interfaces; -a chooses addresses"},
	{'A', false, NULL, "tcpdump -A: tcpdwell sees no packets"},
	{'C', false, NULL, "tcpdump -C: '--rotate 100M' goes on in a new file at a size"},
	{'G', false, NULL, "tcpdump -G: '--rotate 60s' goes on in a new file after a time"},
	{'W', false, NULL, "tcpdump -W: '--keep N' removes all but the last N files"},
	{'X', false, NULL, "tcpdump -X: tcpdwell sees no packets"},
};

static const struct {
	const char *word, *says;
} words[] = {
	{"help", "did you mean '--help'?"},
	{"version", "did you mean '--version'?"},
	{"port", "did you mean '-P PORT', 'sport = :PORT' or 'dport = :PORT'?"},
	{"host", "did you mean '-a ADDRESS', 'src ADDRESS' or 'dst ADDRESS'?"},
	{"net", "did you mean '-a CIDR', 'src CIDR' or 'dst CIDR'?"},
	{"tcp", "tcpdwell sees TCP only: leave it out"},
	{"ip", "did you mean '-4'?"},
	{"ip6", "did you mean '-6'?"},
	{"udp", tcp_only},
};

/* Appends, once only, behind `between` if there is something already. */
static void add(char hint[FOREIGN_HINT], const char *between, const char *text)
{
	size_t used = strlen(hint);

	if (!strstr(hint, text))
		snprintf(hint + used, FOREIGN_HINT - used, "%s%s", used ? between : "", text);
}

static const struct ss_option *find_ss(char letter, const char *name)
{
	for (size_t i = 0; i < COUNT(ss_options); i++)
		if (name ? !strcmp(ss_options[i].name, name) : ss_options[i].letter == letter)
			return &ss_options[i];
	return NULL;
}

/* All of it has to be of ss: one letter that is not, and it is somebody else's. */
static bool translate_ss(const char *typed, char hint[FOREIGN_HINT])
{
	const char *name = typed[1] == '-' ? typed + 2 : NULL;
	char ours[FOREIGN_HINT] = "", says[FOREIGN_HINT] = "";
	bool has_translation = false;

	for (const char *c = typed + 1; *c; c++) {
		const struct ss_option *option = find_ss(*c, name);

		if (!option)
			return false;
		has_translation |= option->adds != NULL;
		if (option->adds && option->adds[0])
			add(ours, "", option->adds);
		if (option->says)
			add(says, "; ", option->says);
		if (name)
			break;
	}
	if (has_translation)
		snprintf(hint, FOREIGN_HINT,
			 "ss %.40s: `tcpdwell stuck%.60s` shows TCP only, as numbers, with "
			 "owners%s%.60s",
			 typed, ours, says[0] ? "; " : "", says);
	else
		snprintf(hint, FOREIGN_HINT, "ss %.40s: %.180s", typed, says[0] ? says : tcp_only);
	return true;
}

bool foreign_option(const char *typed, bool has_value, char hint[FOREIGN_HINT])
{
	char ss[FOREIGN_HINT];

	hint[0] = '\0';
	if (typed[0] != '-' || !typed[1])
		return false;
	if (!has_value && translate_ss(typed, ss))
		add(hint, "", ss);
	for (size_t i = 0; i < COUNT(other_options); i++) {
		const char *name = other_options[i].name;
		bool same = typed[1] == '-' ? name && !strcmp(name, typed + 2)
					    : !typed[2] && typed[1] == other_options[i].letter;

		if (same && other_options[i].takes_value == has_value)
			add(hint, "; ", other_options[i].says);
	}
	return hint[0] != '\0';
}

bool foreign_word(const char *word, char hint[FOREIGN_HINT])
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcmp(words[i].word, word)) {
			snprintf(hint, FOREIGN_HINT, "%s", words[i].says);
			return true;
		}
	return false;
}
