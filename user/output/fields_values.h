/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_values.h - where the values of the table of fields come from. */
#ifndef TCPDWELL_FIELDS_VALUES_H
#define TCPDWELL_FIELDS_VALUES_H

#include "output/fields_source.h"

/* What the kernel's object is called; NULL past the last. */
const char *fields_kind_name(unsigned i);

/* A WIRE_WAY_*, from 1 on; NULL past the last. */
const char *fields_way_name(unsigned i);

/* An ENDS_*, from 1 on; NULL past the last. */
const char *fields_ends_name(unsigned i);

/* What a process may be doing; NULL past the last. */
const char *fields_doing_name(unsigned i);

#define FIELDS_GET(of) struct fields_value fields_get_##of(const struct fields_source *source)

FIELDS_GET(ts);
FIELDS_GET(time);
FIELDS_GET(schema);
FIELDS_GET(version);
FIELDS_GET(kernel);
FIELDS_GET(transition_way);
FIELDS_GET(timewait_way);
FIELDS_GET(sees_timewait);
FIELDS_GET(filter);
FIELDS_GET(from);
FIELDS_GET(to);
FIELDS_GET(laddr);
FIELDS_GET(lport);
FIELDS_GET(raddr);
FIELDS_GET(rport);
FIELDS_GET(device);
FIELDS_GET(family);
FIELDS_GET(cookie);
FIELDS_GET(socket);
FIELDS_GET(netns);
FIELDS_GET(netns_name);
FIELDS_GET(pid);
FIELDS_GET(comm);
FIELDS_GET(pid_known);
FIELDS_GET(uid);
FIELDS_GET(cgroup);
FIELDS_GET(cgroup_name);
FIELDS_GET(dwell);
FIELDS_GET(dwell_known);
FIELDS_GET(cause);
FIELDS_GET(syns);
FIELDS_GET(overflowed);
FIELDS_GET(state);
FIELDS_GET(by);
FIELDS_GET(begin);
FIELDS_GET(whole);
FIELDS_GET(visible);
FIELDS_GET(count);
FIELDS_GET(partial);
FIELDS_GET(syns_resent);
FIELDS_GET(overflowed_count);
FIELDS_GET(min);
FIELDS_GET(p50);
FIELDS_GET(p90);
FIELDS_GET(p99);
FIELDS_GET(max);
FIELDS_GET(mean);
FIELDS_GET(still);
FIELDS_GET(still_in_doubt);
FIELDS_GET(oldest);
FIELDS_GET(oldest_known);
FIELDS_GET(buckets);
FIELDS_GET(peak);
FIELDS_GET(peak_by);
FIELDS_GET(reached);
FIELDS_GET(lost_kind);
FIELDS_GET(lost_count);
FIELDS_GET(transitions);
FIELDS_GET(connections);
FIELDS_GET(lost_transition);
FIELDS_GET(lost_timewait);
FIELDS_GET(lost_accepted);
FIELDS_GET(lost_handshake);
FIELDS_GET(lost_skipped);
FIELDS_GET(evicted);
FIELDS_GET(sockets);
FIELDS_GET(namespaces);
FIELDS_GET(missing_namespaces);
FIELDS_GET(states);
FIELDS_GET(age);
FIELDS_GET(age_known);
FIELDS_GET(age_from);
FIELDS_GET(rule);
FIELDS_GET(evidence);
FIELDS_GET(owner);
FIELDS_GET(because_rule);
FIELDS_GET(because_owner);
FIELDS_GET(inherited);
FIELDS_GET(orphan);
FIELDS_GET(fd);
FIELDS_GET(tid);
FIELDS_GET(kind);
FIELDS_GET(unread);
FIELDS_GET(unsent);
FIELDS_GET(unacked);
FIELDS_GET(window);
FIELDS_GET(probes);
FIELDS_GET(retransmits);
FIELDS_GET(soft_error);
FIELDS_GET(peer_state);
FIELDS_GET(peer_owner);
FIELDS_GET(peer_cookie);
FIELDS_GET(peer_netns);
FIELDS_GET(way);
FIELDS_GET(timer);
FIELDS_GET(ends_by);
FIELDS_GET(ends_in);
FIELDS_GET(keepalive);
FIELDS_GET(user_timeout);
FIELDS_GET(waiting);
FIELDS_GET(backlog);
FIELDS_GET(half_open);
FIELDS_GET(doing);
FIELDS_GET(out_of_descriptors);
FIELDS_GET(holders);
FIELDS_GET(listener_holders);
FIELDS_GET(room);
FIELDS_GET(gone_in);
FIELDS_GET(says);
FIELDS_GET(next);
FIELDS_GET(feature);
FIELDS_GET(gives);
FIELDS_GET(without);
FIELDS_GET(ways);

#undef FIELDS_GET

#endif
