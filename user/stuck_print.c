/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_print.c - see stuck_print.h. */
#include "stuck_print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "clock.h"
#include "match.h"
#include "tcpstate.h"

/* The order of a life. */
static const uint8_t life_order[] = {
	WIRE_LISTEN,    WIRE_SYN_SENT,  WIRE_SYN_RECV,   WIRE_ESTABLISHED,
	WIRE_FIN_WAIT1, WIRE_FIN_WAIT2, WIRE_CLOSE_WAIT, WIRE_CLOSING,
	WIRE_LAST_ACK,  WIRE_TIME_WAIT, WIRE_CLOSE,
};

#define END_MAX (INET6_ADDRSTRLEN + 16)

/* `port` 0 reads '*', as ss writes it. */
static const char *end_text(const uint8_t addr[16], uint16_t port, char text[END_MAX])
{
	char address[INET6_ADDRSTRLEN], number[8] = "*";
	bool v4 = match_is_ipv4(addr);

	if (port)
		snprintf(number, sizeof(number), "%u", port);
	snprintf(text, END_MAX, "%s%s%s:%s", v4 ? "" : "[", group_address(addr, address),
		 v4 ? "" : "]", number);
	return text;
}

static const char *age_text(const struct age *age, char text[CLOCK_TEXT_MAX + 2])
{
	char duration[CLOCK_TEXT_MAX];

	if (age->known == DWELL_UNKNOWN)
		strcpy(text, "?");
	else
		snprintf(text, CLOCK_TEXT_MAX + 2, "%s%s",
			 age->known == DWELL_EXACT ? "" : ">=", clock_duration(age->ns, duration));
	return text;
}

static const char *rule_id(const struct verdict_socket *it)
{
	return it->rule ? it->rule->id : "-";
}

/* ---- text ---- */

static void print_census(const struct census *census, FILE *out)
{
	fprintf(out, "# %zu socket%s in %zu network namespace%s:", census->count,
		census->count == 1 ? "" : "s", census->namespaces,
		census->namespaces == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(life_order); i++)
		if (census->states[life_order[i]])
			fprintf(out, " %s %zu", tcpstate_name(life_order[i]),
				census->states[life_order[i]]);
	fputc('\n', out);
}

/* Of a group the ends are those of its oldest, with a star where they differ. */
static void print_group(const struct verdict *verdict, const struct verdict_group *group,
			const struct options *options, FILE *out)
{
	const struct verdict_socket *it = &verdict->sockets[group->first];
	const struct wire_id *id = &it->socket->s.id;
	char local[END_MAX], remote[END_MAX], owner[VERDICT_OWNER_MAX];
	char age[CLOCK_TEXT_MAX + 2], range[CLOCK_TEXT_MAX] = "";
	bool many = group->count > 1, local_same = true, remote_same = true;

	for (size_t i = group->first; many && i < verdict->n_sockets; i++) {
		const struct verdict_socket *other = &verdict->sockets[i];

		if (other->group != it->group)
			continue;
		local_same &= other->socket->s.id.lport == id->lport;
		remote_same &= other->socket->s.id.rport == id->rport;
	}
	if (many && group->youngest != it->age.ns)
		clock_duration(group->youngest, range);
	fprintf(out, "%-12s %8s %6s %6zu %-21s %-21s %-22s %s", tcpstate_name(it->socket->s.state),
		age_text(&it->age, age), range[0] ? range : "", group->count,
		end_text(id->laddr, local_same ? id->lport : 0, local),
		end_text(id->raddr, remote_same ? id->rport : 0, remote), verdict_owner(it, owner),
		rule_id(it));
	if (options->verbose)
		fprintf(out, "  netns %u uid %u since: %s", id->netns, it->socket->s.uid,
			it->age.from[0] ? it->age.from : "-");
	fputc('\n', out);
}

static void print_finding(const struct verdict *verdict, const struct verdict_socket *worst,
			  size_t count, FILE *out)
{
	const struct wire_snapshot *s = &worst->socket->s;
	char local[END_MAX], remote[END_MAX], owner[VERDICT_OWNER_MAX], text[RULES_TEXT_MAX];
	char age[CLOCK_TEXT_MAX + 2];

	(void)verdict;
	fprintf(out, "\n%s: %zu of %s\n  %s\n", worst->rule->id, count, verdict_owner(worst, owner),
		worst->rule->says);
	fprintf(out, "  oldest: %s, %s > %s", age_text(&worst->age, age),
		end_text(s->id.laddr, s->id.lport, local),
		end_text(s->id.raddr, s->id.rport, remote));
	if (worst->owner && !worst->inherited)
		fprintf(out, ", fd %u", worst->owner->fd);
	rules_evidence(s, text);
	fprintf(out, "%s%s\n", text[0] ? "; " : "", text);
	fprintf(out, "  next: %s\n", rules_next(worst->rule, worst->socket, text));
}

static void print_filling(const struct rules_filling *filling, FILE *out)
{
	char local[END_MAX], remote[END_MAX];

	fprintf(out, "\n%s: %zu of %zu (%zu %%)", filling->id, filling->count, filling->room,
		filling->count * 100 / filling->room);
	if (filling->id_of.rport)
		fprintf(out, ", %s > %s", end_text(filling->id_of.laddr, 0, local),
			end_text(filling->id_of.raddr, filling->id_of.rport, remote));
	fprintf(out, "\n  %s\n  next: %s\n", filling->says, filling->next);
}

/* Calls `fn` once for each rule and owner, with the worst of them. */
static void each_finding(const struct verdict *verdict, FILE *out,
			 void (*fn)(const struct verdict *, const struct verdict_socket *, size_t,
				    FILE *))
{
	char owner[VERDICT_OWNER_MAX];
	size_t count;

	for (struct verdict_group *group = verdict->groups; group; group = group->hh.next) {
		const struct verdict_socket *it = &verdict->sockets[group->first];

		if (it->rule &&
		    verdict_worst(verdict, it->rule, verdict_owner(it, owner), &count) == it)
			fn(verdict, it, count, out);
	}
}

static void print_text(const struct verdict *verdict, const struct options *options,
		       const struct meta *meta, FILE *out)
{
	bool well = true;

	(void)meta;
	if (!options->quiet)
		print_census(verdict->census, out);
	if (verdict->n_sockets && !options->quiet)
		fprintf(out, "%-12s %8s %6s %6s %-21s %-21s %-22s %s\n", "STATE", "AGE", "TO",
			"COUNT", "LOCAL", "REMOTE", "OWNER", "WHY");
	for (struct verdict_group *group = verdict->groups; group; group = group->hh.next) {
		print_group(verdict, group, options, out);
		well &= !verdict->sockets[group->first].rule;
	}
	each_finding(verdict, out, print_finding);
	for (size_t i = 0; i < verdict->n_fillings; i++)
		print_filling(&verdict->fillings[i], out);
	if (well && !verdict->n_fillings && !options->quiet)
		fputs("nothing is found to be wrong\n", out);
}

/* ---- JSON ---- */

static json_t *known_text(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *age_json(const struct age *age)
{
	return age->known == DWELL_UNKNOWN ? json_null() : json_integer((json_int_t)age->ns);
}

static json_t *holders_json(const struct census_holder *holder)
{
	json_t *all = json_array();

	for (; holder; holder = holder->next)
		json_array_append_new(all, json_pack("{sI ss sI}", "pid", (json_int_t)holder->pid,
						     "comm", holder->comm, "fd",
						     (json_int_t)holder->fd));
	return all;
}

static void add_ends(json_t *line, const struct wire_id *id)
{
	char text[INET6_ADDRSTRLEN];

	json_object_set_new(line, "laddr", json_string(group_address(id->laddr, text)));
	json_object_set_new(line, "lport", json_integer(id->lport));
	json_object_set_new(line, "raddr", json_string(group_address(id->raddr, text)));
	json_object_set_new(line, "rport", json_integer(id->rport));
	json_object_set_new(line, "netns", json_integer(id->netns));
}

static void dump(json_t *line, FILE *out)
{
	json_dumpf(line, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(line);
}

static json_t *socket_json(const struct verdict_socket *it)
{
	const struct wire_snapshot *s = &it->socket->s;
	static const char *const kinds[WIRE_OF_KINDS] = {"full", "mini", "request"};
	char owner[VERDICT_OWNER_MAX];
	json_t *line = json_pack("{ss ss so ss so ss so ss sb so}", "event", "stuck", "state",
				 tcpstate_name(s->state), "age_ns", age_json(&it->age), "age_known",
				 tcpstate_known_name(it->age.known), "age_from",
				 known_text(it->age.from), "socket", kinds[s->kind], "rule",
				 known_text(it->rule ? it->rule->id : ""), "owner",
				 verdict_owner(it, owner), "inherited", it->inherited, "holders",
				 holders_json(it->socket->holders));

	add_ends(line, &s->id);
	json_object_set_new(line, "orphan",
			    json_boolean(s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN));
	if (s->kind == WIRE_FULL) {
		json_object_set_new(line, "uid", json_integer(s->uid));
		json_object_set_new(line, "cgroup", json_integer((json_int_t)s->cgroup));
		json_object_set_new(line, "unread", json_integer(s->unread));
		json_object_set_new(line, "unsent", json_integer(s->unsent));
		json_object_set_new(line, "unacked", json_integer(s->unacked));
		json_object_set_new(line, s->state == WIRE_LISTEN ? "backlog" : "window",
				    json_integer(s->room));
		json_object_set_new(line, "probes", json_integer(s->probes));
	}
	json_object_set_new(line, "retransmits", json_integer(s->retransmits));
	json_object_set_new(line, "timer_ns",
			    s->timer > s->head.ts
				    ? json_integer((json_int_t)(s->timer - s->head.ts))
				    : json_null());
	return line;
}

static void finding_json(const struct verdict *verdict, const struct verdict_socket *worst,
			 size_t count, FILE *out)
{
	char owner[VERDICT_OWNER_MAX], evidence[RULES_TEXT_MAX], next[RULES_TEXT_MAX];
	json_t *line = json_pack(
		"{ss ss sI ss so ss so ss ss}", "event", "finding", "rule", worst->rule->id,
		"count", (json_int_t)count, "owner", verdict_owner(worst, owner), "oldest_ns",
		age_json(&worst->age), "oldest_known", tcpstate_known_name(worst->age.known),
		"evidence", known_text(rules_evidence(&worst->socket->s, evidence)), "says",
		worst->rule->says, "next", rules_next(worst->rule, worst->socket, next));

	(void)verdict;
	add_ends(line, &worst->socket->s.id);
	dump(line, out);
}

static void filling_json(const struct rules_filling *filling, FILE *out)
{
	json_t *line = json_pack("{ss ss sI sI ss ss}", "event", "finding", "rule", filling->id,
				 "count", (json_int_t)filling->count, "room",
				 (json_int_t)filling->room, "says", filling->says, "next",
				 filling->next);

	add_ends(line, &filling->id_of);
	dump(line, out);
}

static void census_json(const struct verdict *verdict, const struct meta *meta, FILE *out)
{
	char when[CLOCK_TEXT_MAX];
	json_t *states = json_object();

	for (size_t i = 0; i < sizeof(life_order); i++)
		json_object_set_new(
			states, tcpstate_name(life_order[i]),
			json_integer((json_int_t)verdict->census->states[life_order[i]]));
	dump(json_pack("{ss si ss ss sI sI so}", "event", "census", "schema", 1, "time",
		       clock_iso8601(meta->attached + (uint64_t)meta->wall_offset, when), "kernel",
		       meta->kernel, "sockets", (json_int_t)verdict->census->count, "namespaces",
		       (json_int_t)verdict->census->namespaces, "states", states),
	     out);
}

static void print_json(const struct verdict *verdict, const struct options *options,
		       const struct meta *meta, FILE *out)
{
	(void)options;
	census_json(verdict, meta, out);
	for (size_t i = 0; i < verdict->n_sockets; i++)
		dump(socket_json(&verdict->sockets[i]), out);
	each_finding(verdict, out, finding_json);
	for (size_t i = 0; i < verdict->n_fillings; i++)
		filling_json(&verdict->fillings[i], out);
}

/* ---- CSV ---- */

static void print_csv(const struct verdict *verdict, const struct options *options,
		      const struct meta *meta, FILE *out)
{
	(void)meta;
	if (!options->quiet)
		fputs("state,age_ns,age_known,laddr,lport,raddr,rport,netns,pid,comm,fd,rule\n",
		      out);
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		const struct verdict_socket *it = &verdict->sockets[i];
		const struct wire_id *id = &it->socket->s.id;
		char left[INET6_ADDRSTRLEN], right[INET6_ADDRSTRLEN], age[CLOCK_TEXT_MAX] = "";

		if (it->age.known != DWELL_UNKNOWN)
			snprintf(age, sizeof(age), "%" PRIu64, it->age.ns);
		fprintf(out, "%s,%s,%s,%s,%u,%s,%u,%u,", tcpstate_name(it->socket->s.state), age,
			tcpstate_known_name(it->age.known), group_address(id->laddr, left),
			id->lport, group_address(id->raddr, right), id->rport, id->netns);
		if (it->owner && !it->inherited)
			fprintf(out, "%u,\"%s\",%u", it->owner->pid, it->owner->comm,
				it->owner->fd);
		else
			fputs(",,", out);
		fprintf(out, ",%s\n", it->rule ? it->rule->id : "");
	}
}

void stuck_print(const struct verdict *verdict, const struct options *options,
		 const struct meta *meta, FILE *out)
{
	static void (*const printers[])(const struct verdict *, const struct options *,
					const struct meta *, FILE *) = {
		[FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_CSV] = print_csv};

	printers[options->format](verdict, options, meta, out);
}
