/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report/stuck.c - see report/stuck.h. */
#include "report/stuck.h"

#include <string.h>

#include "diagnosis/fillings_text.h"
#include "diagnosis/next.h"
#include "base/address.h"
#include "base/clock.h"
#include "output/stuck_text.h"
#include "report/values.h"
#include "base/tcpstate.h"

static void set(json_t *to, const char *key, json_t *value)
{
	json_object_set_new(to, key, value);
}

static void set_number(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void set_age(json_t *to, const struct age *age)
{
	set(to, "age_ns",
	    age->known == DWELL_UNKNOWN ? json_null() : json_integer((json_int_t)age->ns));
	set(to, "age_exact", json_boolean(age->known == DWELL_EXACT));
}

/* What differs in a group is null. `device`: of link-local addresses, NULL if there is none. */
static void set_ends(json_t *to, const struct wire_id *id, const char *device, uint16_t differs)
{
	char text[ADDRESS_TEXT_MAX];

	set(to, "laddr",
	    differs & VERDICT_LADDR ? json_null()
				    : json_string(address_device_text(id->laddr, device, text)));
	set(to, "raddr",
	    differs & VERDICT_RADDR ? json_null()
				    : json_string(address_device_text(id->raddr, device, text)));
	set(to, "lport", differs & VERDICT_LPORT ? json_null() : json_integer(id->lport));
	set(to, "rport", differs & VERDICT_RPORT ? json_null() : json_integer(id->rport));
}

json_t *report_netns_json(const struct census *census, uint32_t netns)
{
	const char *name = census_name(census, WIRE_NAME_NETNS, netns);
	char number[16];

	if (!netns || census_name(census, WIRE_NAME_HOME, netns))
		return json_null();
	snprintf(number, sizeof(number), "%u", netns);
	return values_name(name && name[0] ? name : number);
}

/* ---- what is alike ---- */

static json_t *group_json(const struct verdict *verdict, const struct verdict_group *group)
{
	const struct verdict_socket *it = &verdict->sockets[group->first];
	char owner[VERDICT_OWNER_MAX], device[CENSUS_DEVICE_MAX];
	json_t *row = json_object();

	set(row, "state", json_string(tcpstate_name(it->socket->s.state)));
	set_age(row, &it->age);
	set(row, "youngest_ns",
	    group->youngest.known == DWELL_UNKNOWN ? json_null()
						   : json_integer((json_int_t)group->youngest.ns));
	set_number(row, "count", group->count);
	set_ends(row, &it->socket->s.id, census_device(verdict->census, &it->socket->s, device),
		 group->differs);
	set(row, "owner", values_text(verdict_owners(it, group->differs, owner)));
	set(row, "rule", values_text(it->rule ? it->rule->id : ""));
	return row;
}

static json_t *groups_json(const struct verdict *verdict)
{
	json_t *rows = json_array();

	for (struct verdict_group *group = verdict->groups;
	     group && json_array_size(rows) < REPORT_STUCK_ROWS; group = group->hh.next)
		json_array_append_new(rows, group_json(verdict, group));
	return rows;
}

/* ---- findings ---- */

/* Of several, none. */
static json_t *unit_json(const struct census *census, const struct verdict_finding *finding,
			 uint64_t cgroup)
{
	return finding->cgroups > 1 ? json_null()
				    : values_name(census_name(census, WIRE_NAME_CGROUP, cgroup));
}

static json_t *finding_json(const struct verdict *verdict, const struct verdict_finding *finding)
{
	const struct verdict_socket *worst = &verdict->sockets[finding->first];
	const struct wire_snapshot *s = &worst->socket->s;
	char owner[VERDICT_OWNER_MAX], evidence[RULES_TEXT_MAX], next[RULES_TEXT_MAX];
	char device[CENSUS_DEVICE_MAX];
	bool is_held = worst->owner && !worst->inherited && !census_is_closing(worst->owner);
	json_t *json = json_object();

	set(json, "rule", json_string(worst->rule->id));
	set_number(json, "count", finding->count);
	set(json, "owner", values_text(verdict_owners(worst, finding->differs, owner)));
	set(json, "unit", unit_json(verdict->census, finding, s->cgroup));
	set_number(json, "cgroups", finding->cgroups);
	set(json, "netns",
	    finding->namespaces > 1 ? json_null()
				    : report_netns_json(verdict->census, s->id.netns));
	set_number(json, "namespaces", finding->namespaces);
	set_age(json, &worst->age);
	set_ends(json, &s->id, census_device(verdict->census, s, device), 0);
	set(json, "fd", is_held ? json_integer(worst->owner->fd) : json_null());
	set(json, "evidence", values_text(stuck_text_evidence(verdict, worst, evidence)));
	set(json, "says", json_string(worst->rule->says));
	set(json, "next",
	    values_text(
		    next_command(worst->rule, verdict->census, worst->socket, worst->peer, next)));
	return json;
}

static json_t *findings_json(const struct verdict *verdict)
{
	json_t *findings = json_array();

	for (struct verdict_finding *finding = verdict->findings;
	     finding && json_array_size(findings) < REPORT_STUCK_FINDINGS;
	     finding = finding->hh.next)
		json_array_append_new(findings, finding_json(verdict, finding));
	return findings;
}

static json_t *filling_json(const struct verdict *verdict, const struct filling *filling)
{
	char next[RULES_TEXT_MAX], evidence[RULES_TEXT_MAX], ends[FILLINGS_ENDS_MAX];
	json_t *json = json_object();

	set(json, "rule", json_string(filling->rule->id));
	set_number(json, "count", filling->fill.count);
	set_number(json, "room", filling->fill.room);
	set(json, "netns", report_netns_json(verdict->census, filling->id.netns));
	set(json, "ends", values_text(fillings_ends(filling, ends)));
	set(json, "evidence", values_text(fillings_evidence(filling, evidence)));
	set(json, "says", json_string(filling->rule->says));
	set(json, "next",
	    values_text(next_command_of_room(filling->rule, verdict->census, &filling->id, next)));
	return json;
}

static json_t *fillings_json(const struct verdict *verdict)
{
	json_t *fillings = json_array();

	for (size_t i = 0; i < verdict->fillings.n && i < REPORT_STUCK_FINDINGS; i++)
		json_array_append_new(fillings, filling_json(verdict, &verdict->fillings.all[i]));
	return fillings;
}

/* ---- all ---- */

static json_t *counts_json(const struct census *census)
{
	json_t *states = json_object();

	for (uint8_t state = 1; state < WIRE_STATES; state++)
		if (census->states[state])
			set_number(states, tcpstate_name(state), census->states[state]);
	return states;
}

json_t *report_stuck_json(const struct overview *overview)
{
	const struct verdict *verdict = &overview->verdict;
	const struct census *census = &overview->census;
	json_t *json;

	if (!census->ts && !census->count)
		return json_null();
	json = json_object();
	set(json, "time_ms",
	    json_integer((json_int_t)(census->ts / NS_PER_MS) +
			 overview->meta->wall_offset / (int64_t)NS_PER_MS));
	set_number(json, "before_end_ns", overview_now(overview) - census->ts);
	set_number(json, "sockets", census->count);
	set_number(json, "namespaces", census->namespaces);
	set_number(json, "missing", census->missing);
	set(json, "whole", json_boolean(census->is_whole));
	set(json, "states", counts_json(census));
	set_number(json, "stuck", verdict->n_sockets);
	set_number(json, "groups", HASH_COUNT(verdict->groups));
	set(json, "rows", groups_json(verdict));
	set_number(json, "sayings", HASH_COUNT(verdict->findings) + verdict->fillings.n);
	set(json, "findings", findings_json(verdict));
	set(json, "fillings", fillings_json(verdict));
	return json;
}
