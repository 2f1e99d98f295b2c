/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* next.c - see next.h. */
#include "diagnosis/next.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/name.h"
#include "diagnosis/process.h"
#include "diagnosis/rules_socket.h"

/* ---- words of a shell ---- */

#define SHELL_WORD_MAX (4 * sizeof(((struct wire_name *)0)->text) + 3)

/* Between $' and ' a shell reads \xNN as name.h writes it; other backslashes are to be doubled. */
static const char *shell_word_of_bytes(const char *text, char word[SHELL_WORD_MAX])
{
	char *to = stpcpy(word, "$'");

	for (; *text; text++) {
		if (*text == '\'' || (*text == '\\' && text[1] != 'x'))
			*to++ = '\\';
		*to++ = *text;
	}
	strcpy(to, "'");
	return word;
}

/* A name that anybody may choose, printable, and taken for one word by a shell. */
static const char *shell_word(const char *name, char word[SHELL_WORD_MAX])
{
	char text[NAME_ROOM(sizeof(((struct wire_name *)0)->text))], *to = word;

	if (name[0] != '-' &&
	    !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			       "0123456789_.:@%+/-")])
		return name;
	if (strcmp(name_text(text, sizeof(text), name), name) != 0)
		return shell_word_of_bytes(text, word);
	*to++ = '\'';
	for (; *name; name++)
		if (*name == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *name;
	strcpy(to, "'");
	return word;
}

/* ---- what is filled in ---- */

/* Of what nobody has accepted, where that is known; else the socket itself. */
static const struct census_socket *listener_of(const struct census *census,
					       const struct census_socket *socket)
{
	const struct census_socket *listener = NULL;

	if (!socket->holders && census_waits_for_accept(&socket->s))
		listener = census_listener(census, socket);
	return listener ?: socket;
}

#define TO_FILE "--net="

/* What enters the namespace of the socket, by its name or by a process that is in it: one that
 * holds the socket may be elsewhere. Who reads this may be elsewhere too: we were started behind
 * `ip netns exec`, or it is a recording that was taken there. False if no way is known. */
static bool put_entry(const struct census *census, const struct census_socket *socket, char *text,
		      size_t room)
{
	uint32_t netns = socket->s.id.netns;
	const char *name = census_name(census, WIRE_NAME_NETNS, netns);
	const char *way = census_name(census, WIRE_NAME_WAY, netns);
	char word[SHELL_WORD_MAX];

	text[0] = '\0';
	/* In a recording that has no names nothing tells which one is ours. */
	if (!census->knows_home)
		return true;
	if (name && !name[0])
		name = NULL;
	if (name)
		snprintf(text, room, "ip netns exec %s ", shell_word(name, word));
	else if (way && !strncmp(way, "-t ", 3))
		snprintf(text, room, "nsenter %s ", way);
	else if (way && !strncmp(way, TO_FILE, strlen(TO_FILE)))
		snprintf(text, room, "nsenter " TO_FILE "%s ",
			 shell_word(way + strlen(TO_FILE), word));
	/* Ours has a way only if commands are not typed there anyway: see netns_way(). */
	return text[0] || census_name(census, WIRE_NAME_HOME, netns);
}

/* A condition of ss; none if it may be any address. */
static void put_source(const uint8_t addr[16], char *text)
{
	char source[INET6_ADDRSTRLEN];

	if (match_addr_known(addr))
		sprintf(text, match_is_ipv4(addr) ? "src %s and " : "src [%s] and ",
			address_text(addr, source));
}

static const char *device_name(const struct census *census, const struct wire_snapshot *s)
{
	return s->device ? census_name(census, WIRE_NAME_DEVICE,
				       WIRE_DEVICE_ID(s->id.netns, s->device))
			 : NULL;
}

/* The remote address as `ip route get` wants it. */
static void put_route(const struct census *census, const struct wire_snapshot *s, char *text,
		      size_t room)
{
	const char *device = device_name(census, s);
	char address[INET6_ADDRSTRLEN], word[SHELL_WORD_MAX];

	address_text(s->id.raddr, address);
	if (device)
		snprintf(text, room, "%s dev %s", address, shell_word(device, word));
	else
		snprintf(text, room, "%s", address);
}

/* The same as ping wants it. */
static void put_host(const struct census *census, const struct wire_snapshot *s, char *text,
		     size_t room)
{
	const char *device = device_name(census, s);
	char address[INET6_ADDRSTRLEN], word[SHELL_WORD_MAX];

	address_text(s->id.raddr, address);
	if (!device)
		snprintf(text, room, "%s", address);
	else if (address_is_link_local(s->id.raddr))
		snprintf(text, room, "%s%%%s", address, shell_word(device, word));
	else
		snprintf(text, room, "-I %s %s", shell_word(device, word), address);
}

/* The first thread of a process is shown as the process itself. */
static void put_proc(const struct census_holder *holder, char *text)
{
	text += sprintf(text, "/proc/%" PRIu32, holder->pid);
	if (holder->tid != holder->pid)
		sprintf(text, "/task/%" PRIu32, holder->tid);
}

/* What a command is about. */
struct subject {
	const struct census *census;
	const struct census_socket *socket;
	const struct census_holder *holder; /* whose pid is filled in; NULL: nobody's */
};

/* An Ethernet's 1500 bytes without the headers of ping: the way may take a little less (PPPoE). */
#define FULL_IPV4 1472
#define FULL_IPV6 1452

/* What fits into every way: a packet of 576 bytes, without its headers. */
#define SMALL 536

/* Of fill_in(): typed here the command would speak of another namespace. */
#define NO_WAY SIZE_MAX

static size_t fill_in(const char *name, size_t len, const struct subject *subject, char *text,
		      size_t room)
{
	const struct census *census = subject->census;
	const struct census_socket *socket = subject->socket;
	const struct census_holder *holder = subject->holder;
	const struct wire_limits *limits = census_limits_of(census, socket->s.id.netns);
	const struct census_socket *listener = listener_of(census, socket);
	uint64_t full = match_is_ipv4(socket->s.id.raddr) ? FULL_IPV4 : FULL_IPV6;
	const struct {
		const char *name;
		uint64_t number;
	} numbers[] = {{"pid", holder ? holder->pid : 0},
		       {"tid", holder ? holder->tid : 0},
		       {"fd", holder ? holder->fd : 0},
		       {"lport", socket->s.id.lport},
		       {"listens", listener->s.id.lport},
		       {"rport", socket->s.id.rport},
		       {"full", full},
		       {"large", full},
		       {"low", limits ? limits->port_low : 0},
		       {"high", limits ? limits->port_high : 0},
		       {"inode", listener->s.inode}};
	char value[RULES_TEXT_MAX] = "";

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strncmp(numbers[i].name, name, len) && !numbers[i].name[len])
			snprintf(value, sizeof(value), "%" PRIu64, numbers[i].number);
	if (!strncmp("proc", name, len) && holder)
		put_proc(holder, value);
	if (!strncmp("raddr", name, len))
		address_text(socket->s.id.raddr, value);
	if (!strncmp("-6", name, len) && !match_is_ipv4(socket->s.id.raddr))
		strcpy(value, " -6");
	if (!strncmp("remote", name, len))
		address_end_text(socket->s.id.raddr, NULL, socket->s.id.rport, value);
	if (!strncmp("source", name, len))
		put_source(socket->s.id.laddr, value);
	if (!strncmp("route", name, len))
		put_route(census, &socket->s, value, sizeof(value));
	if (!strncmp("host", name, len))
		put_host(census, &socket->s, value, sizeof(value));
	if (!strncmp("in", name, len) && !put_entry(census, socket, value, sizeof(value)))
		return NO_WAY;
	return (size_t)snprintf(text, room, "%s", value);
}

static const char *fill_all(const char *from, const struct subject *subject,
			    char text[RULES_TEXT_MAX])
{
	size_t used = 0, len;

	while (*from && used < RULES_TEXT_MAX - 1) {
		const char *end = *from == '{' ? strchr(from, '}') : NULL;

		if (!end) {
			text[used++] = *from++;
			continue;
		}
		len = fill_in(from + 1, (size_t)(end - from - 1), subject, text + used,
			      RULES_TEXT_MAX - used);
		if (len == NO_WAY) {
			text[0] = '\0';
			return text;
		}
		used += len;
		from = end + 1;
	}
	text[used < RULES_TEXT_MAX ? used : RULES_TEXT_MAX - 1] = '\0';
	return text;
}

/* ---- the commands ---- */

/* By a listener of this host whose queue is full. */
#define DROPPED_SYN "{in}ss -tlnp 'sport = :{rport}'; {in}nstat -az TcpExtListenOverflows"

/* Takes out the commands that want what nobody knows. */
static void leave_out(char *commands, const char *what)
{
	char *to = commands, *end;

	for (char *from = commands; *from; from = end) {
		size_t len = strcspn(from, ";");

		end = from + len + (from[len] == ';') + (from[len] == ';' && from[len + 1] == ' ');
		if (memmem(from, len, what, strlen(what)))
			continue;
		memmove(to, from, (size_t)(end - from));
		to += end - from;
	}
	while (to > commands && strchr("; ", to[-1]))
		to--;
	*to = '\0';
}

/* Such an address means another host behind each device; ss may know the device. */
static void take_out_link_local(char *commands)
{
	bool had = strstr(commands, "{route}");

	leave_out(commands, "{route}");
	leave_out(commands, "{host}");
	if (had && !commands[0])
		strcpy(commands, "{in}ss -tnoi 'dst [{raddr}]:{rport}'");
}

static void leave_out_process(char *commands)
{
	leave_out(commands, "{pid}");
	leave_out(commands, "{tid}");
	leave_out(commands, "{proc}");
}

static void show_close(char commands[RULES_TEXT_MAX])
{
	size_t used;

	leave_out(commands, "{fd}");
	used = strlen(commands);
	snprintf(commands + used, RULES_TEXT_MAX - used, "%scat {proc}/stack", used ? "; " : "");
}

/* What shows why a process does not get on that is waited for; NULL: nothing is known. And whose
 * pid is filled in. */
static const char *process_command(const struct rules_rule *rule, const struct census *census,
				   const struct census_socket *socket,
				   const struct census_socket *peer,
				   const struct census_holder **ret_whose)
{
	const char *own = process_next(rule, census_acceptors(listener_of(census, socket)),
				       ret_whose);
	const char *there;

	if (own || !peer || rule->waits_for != RULES_PEER)
		return own;
	there = process_peer_next(rule, &peer->s, census_acceptors(listener_of(census, peer)),
				  ret_whose);
	if (!there && peer->s.state == WIRE_LISTEN && is_queue_full(&peer->s))
		there = DROPPED_SYN;
	return there;
}

const char *next_command(const struct rules_rule *rule, const struct census *census,
			 const struct census_socket *socket, const struct census_socket *peer,
			 char text[RULES_TEXT_MAX])
{
	struct subject subject = {.census = census, .socket = socket};
	const char *command = process_command(rule, census, socket, peer, &subject.holder);
	char next[RULES_TEXT_MAX];

	if (rule->waits_for == RULES_ACCEPT &&
	    census_is_unheld(census, listener_of(census, socket)))
		command = RULES_NEXT_UNHELD;
	snprintf(next, sizeof(next), "%s", command ? command : rule->next);
	if (!subject.holder || census->has_other_proc)
		leave_out_process(next);
	else if (census_is_closing(subject.holder))
		show_close(next);
	if (socket->s.unacked <= SMALL)
		leave_out(next, "{large}");
	if (address_is_link_local(socket->s.id.raddr) && !device_name(census, &socket->s))
		take_out_link_local(next);
	if (!next[0])
		strcpy(next, "{in}ss -tnpoe 'sport = :{lport}'");
	if (!put_entry(census, socket, text, RULES_TEXT_MAX))
		leave_out(next, "{in}");
	return fill_all(next, &subject, text);
}

const char *next_command_of_room(const struct rules_rule *rule, const struct census *census,
				 const struct wire_id *id, char text[RULES_TEXT_MAX])
{
	const struct census_socket one = {.s.id = *id};

	return fill_all(rule->next, &(struct subject){.census = census, .socket = &one}, text);
}
