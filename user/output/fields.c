/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c - the tables. See fields.h. */
#include "output/fields.h"

#include "base/tcpstate.h"
#include "output/fields_lists.h"
#include "output/fields_values.h"
#include "record/decode.h"

/* ---- words that a field can have ---- */

static const char *event_word(unsigned i)
{
	return i < EVENTS ? fields_events[i].name.text : NULL;
}

static struct fields_value fields_get_event(const struct fields_source *source)
{
	return (struct fields_value){.is_known = true, .word = &fields_events[source->event].name};
}

static const char *state_word(unsigned i)
{
	return i < TCPSTATE_STATES ? tcpstate_name(tcpstate_order[i]) : NULL;
}

/* Of a state in which something was measured. */
static const char *measured_word(unsigned i)
{
	if (i == TCPSTATE_STATES)
		return tcpstate_name(TCPSTATE_ACCEPT_WAIT);
	return state_word(i);
}

static const char *family_word(unsigned i)
{
	static const char *const names[] = {"ipv4", "ipv6", NULL};

	return names[i];
}

static const char *cause_word(unsigned i)
{
	return i + 1 < CAUSES ? tcpstate_cause_name((uint8_t)(i + 1)) : NULL;
}

static const char *known_word(unsigned i)
{
	return i < DWELL_KNOWNS ? tcpstate_known_name((uint8_t)i) : NULL;
}

static const char *pid_known_word(unsigned i)
{
	return i < OWNER_KNOWNS ? conn_owner_known_name((uint8_t)i) : NULL;
}

static const char *rule_word(unsigned i)
{
	return rules_rule(i) ? rules_rule(i)->id : NULL;
}

static const char *lost_word(unsigned i)
{
	uint16_t kind = decode_kind_that_may_be_lost(i);

	return kind ? decode_kind_name(kind) : NULL;
}

/* ---- fields ---- */

enum field {
	F_NONE,
	F_EVENT,
	F_TS_NS,
	F_TIME,
	F_SCHEMA,
	F_VERSION,
	F_KERNEL,
	F_TRANSITIONS_BY,
	F_TIMEWAIT_BY,
	F_TIMEWAIT_VISIBLE,
	F_FILTER,
	F_FROM,
	F_TO,
	F_LADDR,
	F_LPORT,
	F_RADDR,
	F_RPORT,
	F_DEVICE,
	F_FAMILY,
	F_COOKIE,
	F_SOCKET,
	F_NETNS,
	F_NETNS_NAME,
	F_PID,
	F_COMM,
	F_PID_KNOWN,
	F_UID,
	F_CGROUP,
	F_CGROUP_NAME,
	F_DWELL_NS,
	F_DWELL_KNOWN,
	F_CAUSE,
	F_SYNS,
	F_OVERFLOWED,
	F_STATE,
	F_BY,
	F_BEGIN_NS,
	F_WHOLE_RUN,
	F_VISIBLE,
	F_COUNT,
	F_PARTIAL,
	F_SYNS_RESENT,
	F_OVERFLOWED_COUNT,
	F_MIN_NS,
	F_P50_NS,
	F_P90_NS,
	F_P99_NS,
	F_MAX_NS,
	F_MEAN_NS,
	F_STILL,
	F_STILL_IN_DOUBT,
	F_OLDEST_NS,
	F_OLDEST_KNOWN,
	F_BUCKETS,
	F_PEAK_NS,
	F_PEAK_BY,
	F_REACHED,
	F_LOST_KIND,
	F_LOST_COUNT,
	F_TRANSITIONS,
	F_CONNECTIONS,
	F_LOST_TRANSITION,
	F_LOST_TIMEWAIT,
	F_LOST_ACCEPTED,
	F_LOST_HANDSHAKE,
	F_LOST_SKIPPED,
	F_EVICTED,
	F_SOCKETS,
	F_NAMESPACES,
	F_MISSING_NAMESPACES,
	F_STATES,
	F_AGE_NS,
	F_AGE_KNOWN,
	F_AGE_FROM,
	F_RULE,
	F_EVIDENCE,
	F_OWNER,
	F_BECAUSE_RULE,
	F_BECAUSE_OWNER,
	F_INHERITED,
	F_ORPHAN,
	F_FD,
	F_TID,
	F_KIND,
	F_UNREAD,
	F_UNSENT,
	F_UNACKED,
	F_WINDOW,
	F_PROBES,
	F_RETRANSMITS,
	F_SOFT_ERROR,
	F_WAY,
	F_PEER_STATE,
	F_PEER_OWNER,
	F_PEER_COOKIE,
	F_PEER_NETNS,
	F_TIMER_NS,
	F_ENDS_BY,
	F_ENDS_IN_NS,
	F_KEEPALIVE,
	F_USER_TIMEOUT_NS,
	F_WAITING,
	F_BACKLOG,
	F_HALF_OPEN,
	F_DOING,
	F_OUT_OF_DESCRIPTORS,
	F_HOLDERS,
	F_LISTENER_HOLDERS,
	F_ROOM,
	F_GONE_IN_NS,
	F_SAYS,
	F_NEXT,
	F_FEATURE,
	F_GIVES,
	F_WITHOUT,
	F_WAYS,
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a string, and a part of names */
#define ROW(text, of_type, value)                                            \
	.name = text, .key = WORD("\"" text "\":"), .type = FIELD_##of_type, \
	.get = fields_get_##value
/* NOLINTEND(bugprone-macro-parentheses) */
#define OR_NULL .may_be_null = true

const struct fields_row fields[] = {
	[F_EVENT] = {ROW("event", WORD, event), .words = event_word,
		     .about = "What this line tells."},
	[F_TS_NS] = {ROW("ts_ns", ID, ts),
		     .about = "When it happened, in ns on CLOCK_MONOTONIC; of a histogram and of "
			      "the summary, the end of its stretch of time."},
	[F_TIME] = {ROW("time", TIME, time),
		    .about = "The same moment as UTC, ISO 8601, with nanoseconds."},
	[F_SCHEMA] = {ROW("schema", NUMBER, schema),
		      .about = "Version of these fields. It is raised when a field changes its "
			       "name, its type or its meaning."},
	[F_VERSION] = {ROW("version", NAME, version),
		       .about = "Version of the tcpdwell that traced this."},
	[F_KERNEL] = {ROW("kernel", NAME, kernel),
		      .about = "Release of the kernel, as `uname -r` prints it."},
	[F_TRANSITIONS_BY] = {ROW("transitions_by", NAME, transition_way),
			      .about = "How transitions are seen, in words."},
	[F_TIMEWAIT_BY] = {ROW("timewait_by", NAME, timewait_way),
			   .about = "How mini-sockets (TIME-WAIT, and FIN-WAIT-2 after close()) "
				    "are seen, or why they are not, in words."},
	[F_TIMEWAIT_VISIBLE] = {ROW("timewait_visible", BOOL, sees_timewait),
				.about = "Are mini-sockets seen?"},
	[F_FILTER] = {ROW("filter", NAME, filter), OR_NULL,
		      .about = "The filter that the kernel applies: no other event is reported. "
			       "Null if there is none."},
	[F_FROM] = {ROW("from", WORD, from), .words = state_word, .about = "The state before."},
	[F_TO] = {ROW("to", WORD, to), .words = state_word, .about = "The state after."},
	[F_LADDR] = {ROW("laddr", ADDRESS, laddr), OR_NULL,
		     .about = "Local address. IPv4-mapped IPv6 is written as IPv4. Null where a "
			      "finding is about a whole network namespace."},
	[F_LPORT] = {ROW("lport", NUMBER, lport), OR_NULL,
		     .about = "Local port. Null if it is not known, or not one."},
	[F_RADDR] = {ROW("raddr", ADDRESS, raddr), OR_NULL,
		     .about = "Remote address; 0.0.0.0 or :: of a listener. Null where a finding "
			      "is about a whole network namespace."},
	[F_RPORT] = {ROW("rport", NUMBER, rport), OR_NULL,
		     .about = "Remote port. Null if there is none, as of a listener."},
	[F_DEVICE] = {ROW("device", TEXT, device), OR_NULL,
		      .about = "The interface that the socket is bound to, which link-local "
			       "addresses need: its name, or its number. Null if there is none."},
	[F_FAMILY] = {ROW("family", WORD, family), .words = family_word,
		      .about = "Address family; IPv4-mapped IPv6 is ipv4."},
	[F_COOKIE] = {ROW("cookie", ID, cookie), OR_NULL,
		      .about = "The kernel's socket cookie, the same through all of a connection's "
			       "life. Null if the socket has none."},
	[F_SOCKET] = {ROW("socket", ID, socket), OR_NULL,
		      .about = "What this trace tells the socket by: its cookie, or a hash of its "
			       "address in the kernel. Means nothing outside of this trace."},
	[F_NETNS] = {ROW("netns", NUMBER, netns), OR_NULL,
		     .about =
			     "Inode number of the network namespace. Null where a finding is about "
			     "several."},
	[F_NETNS_NAME] =
		{ROW("netns_name", NAME, netns_name), OR_NULL,
		 .about = "Its name, as `ip netns` has it. Null if it has none, or where a "
			  "finding is about several."},
	[F_PID] =
		{ROW("pid", NUMBER, pid), OR_NULL,
		 .about = "The owner's process number, in the pid namespace that tcpdwell runs in. "
			  "Null if no owner is known, or if it has no number there."},
	[F_COMM] = {ROW("comm", NAME, comm), OR_NULL,
		    .about = "The name of that process. Null if no owner is known."},
	[F_PID_KNOWN] = {ROW("pid_known", TEXT, pid_known), .words = pid_known_word,
			 .about = "How the owner is known: exact if it accepted or held the "
				  "socket, inherited if it owns the listener."},
	[F_UID] = {ROW("uid", NUMBER, uid), OR_NULL,
		   .about = "The socket's user, in the initial user namespace. Null of a "
			    "mini-socket."},
	[F_CGROUP] = {ROW("cgroup", ID, cgroup), OR_NULL,
		      .about = "Id of the socket's cgroup in the version 2 hierarchy. Null if it "
			       "is not known, or where a finding is about several."},
	[F_CGROUP_NAME] = {ROW("cgroup_name", NAME, cgroup_name), OR_NULL,
			   .about = "The container or systemd unit that the cgroup's path names. "
				    "Null if it is not known, or where a finding is about "
				    "several."},
	[F_DWELL_NS] = {ROW("dwell_ns", NS, dwell), OR_NULL,
			.about = "Time spent in the state before, or waiting for accept(). Null "
				 "if dwell_known is unknown."},
	[F_DWELL_KNOWN] = {ROW("dwell_known", WORD, dwell_known), .words = known_word,
			   .about = "What dwell_ns is: the whole time, a lower bound, or nothing."},
	[F_CAUSE] = {ROW("cause", WORD, cause), OR_NULL, .words = cause_word,
		     .about = "Why the connection ended. Null unless it ended with this event."},
	[F_SYNS] = {ROW("syns", NUMBER, syns), OR_NULL,
		    .about = "How often the SYN was sent, or the SYN-ACK: of a transition from "
			     "SYN-SENT or SYN-RECEIVED; at most 256. Null of others, and if it is "
			     "not known."},
	[F_OVERFLOWED] = {ROW("overflowed", BOOL, overflowed), OR_NULL,
			  .about = "True: the last ACK of its handshake was put off: the accept "
				   "queue was full or, rarely, memory or a route was missing. Null "
				   "if it was not, or that is not known."},
	[F_STATE] = {ROW("state", WORD, state), .words = measured_word,
		     .about = "The TCP state, named as in RFC 9293. Of a histogram also "
			      "accept-wait; of the event accept-wait the state in which accept() "
			      "returned it, or CLOSED if it ended before."},
	[F_BY] = {ROW("by", LIST, by), OR_NULL, .words = group_key_name, .list = &fields_by,
		  .about = "The group: a text for each key of --by. Null without --by."},
	[F_BEGIN_NS] = {ROW("begin_ns", ID, begin),
			.about = "Where its stretch of time begins, in ns on CLOCK_MONOTONIC; "
				 "ts_ns is its end."},
	[F_WHOLE_RUN] = {ROW("whole_run", BOOL, whole),
			 .about = "Is it of the whole run, not of an interval?"},
	[F_VISIBLE] = {ROW("visible", BOOL, visible),
		       .about = "Can this kernel show the state at all?"},
	[F_COUNT] =
		{ROW("count", NUMBER, count), OR_NULL,
		 .about = "Of a histogram: dwells that ended, with both ends witnessed; null "
			  "if the state is not visible. Of an idle-peak: connections that ended at "
			  "it. Of a finding: sockets."},
	[F_PARTIAL] = {ROW("partial", NUMBER, partial), OR_NULL,
		       .about = "Dwells that ended and whose beginning was not witnessed: they are "
				"in no other number. Null if the state is not visible."},
	[F_SYNS_RESENT] = {ROW("syns_resent", NUMBER, syns_resent), OR_NULL,
			   .about = "How many of count and partial had to send the SYN, or the "
				    "SYN-ACK, again. Null but of SYN-SENT and SYN-RECEIVED."},
	[F_OVERFLOWED_COUNT] = {ROW("overflowed_count", NUMBER, overflowed_count), OR_NULL,
				.about = "Of how many of count and partial the last ACK was put "
					 "off, as in overflowed. Null but of SYN-RECEIVED."},
	[F_MIN_NS] = {ROW("min_ns", NS, min), OR_NULL,
		      .about = "The shortest of those in count. Null if there is none."},
	[F_P50_NS] = {ROW("p50_ns", NS, p50), OR_NULL,
		      .about = "Half of them were at most this long: the upper bound of a bucket."},
	[F_P90_NS] = {ROW("p90_ns", NS, p90), OR_NULL,
		      .about = "90 % of them were at most this long: the upper bound of a bucket."},
	[F_P99_NS] = {ROW("p99_ns", NS, p99), OR_NULL,
		      .about = "99 % of them were at most this long: the upper bound of a bucket."},
	[F_MAX_NS] = {ROW("max_ns", NS, max), OR_NULL, .about = "The longest of them."},
	[F_MEAN_NS] = {ROW("mean_ns", NS, mean), OR_NULL, .about = "Their mean."},
	[F_STILL] = {ROW("still", NUMBER, still), OR_NULL,
		     .about = "Connections in this state at the end of the stretch of time. Null "
			      "if the state is not visible."},
	[F_STILL_IN_DOUBT] = {ROW("still_in_doubt", NUMBER, still_in_doubt), OR_NULL,
			      .about = "Connections that were in this state and may have left it "
				       "unseen: records were lost since, or the last census did "
				       "not find them there; not in still."},
	[F_OLDEST_NS] = {ROW("oldest_ns", NS, oldest), OR_NULL,
			 .about = "How long the oldest of them has been in its state. Null if "
				  "there is none, or it is not known."},
	[F_OLDEST_KNOWN] = {ROW("oldest_known", WORD, oldest_known), OR_NULL, .words = known_word,
			    .about = "What oldest_ns is. Null if there is none."},
	[F_BUCKETS] = {ROW("buckets", LIST, buckets), OR_NULL, .list = &fields_buckets,
		       .about = "The histogram: pairs of an upper bound in ns and a number of "
				"dwells, without empty ones. Null if count is 0."},
	[F_PEAK_NS] = {ROW("peak_ns", NS, peak),
		       .about = "How long they had been idle, as far as censuses saw: the mean of "
				"those in count, all within 2 % of each other."},
	[F_PEAK_BY] = {ROW("peak_by", WORD, peak_by), .words = idle_peaks_by_name,
		       .about = "What came and ended them: from the peer, or from something on "
				"the way."},
	[F_REACHED] = {ROW("reached", NUMBER, reached),
		       .about = "Connections that a census met idle and that had been so for that "
				"long as they left ESTABLISHED, in whatever way, then or later: "
				"those in count among them."},
	[F_LOST_KIND] = {ROW("lost_kind", TEXT, lost_kind), .words = lost_word,
			 .about = "The kind of the records that were lost."},
	[F_LOST_COUNT] =
		{ROW("lost_count", NUMBER, lost_count),
		 .about = "How many records of this kind were lost since the last such line; of "
			  "skipped, the most events that may be missing."},
	[F_TRANSITIONS] = {ROW("transitions", NUMBER, transitions),
			   .about = "Transitions of the selected connections, shown or not."},
	[F_CONNECTIONS] = {ROW("connections", NUMBER, connections),
			   .about = "Connections remembered at the end."},
	[F_LOST_TRANSITION] = {ROW("lost_transition", NUMBER, lost_transition),
			       .about = "Transition records lost in the whole run."},
	[F_LOST_TIMEWAIT] = {ROW("lost_timewait", NUMBER, lost_timewait),
			     .about = "Records of mini-sockets lost in the whole run."},
	[F_LOST_ACCEPTED] =
		{ROW("lost_accepted", NUMBER, lost_accepted),
		 .about = "Records of who accepted a connection, lost in the whole run."},
	[F_LOST_HANDSHAKE] =
		{ROW("lost_handshake", NUMBER, lost_handshake),
		 .about = "Records of handshakes that did not succeed at once, lost in the whole "
			  "run."},
	[F_LOST_SKIPPED] =
		{ROW("lost_skipped", NUMBER, lost_skipped),
		 .about = "The most events that may be missing because the kernel did not "
			  "run a program, in the whole run."},
	[F_EVICTED] = {ROW("evicted", NUMBER, evicted),
		       .about = "Connections forgotten for lack of room."},
	[F_SOCKETS] = {ROW("sockets", NUMBER, sockets),
		       .about = "Sockets found in all network namespaces."},
	[F_NAMESPACES] = {ROW("namespaces", NUMBER, namespaces),
			  .about = "Network namespaces that were looked into."},
	[F_MISSING_NAMESPACES] = {ROW("missing_namespaces", NUMBER, missing_namespaces),
				  .about = "Network namespaces that could not be looked into."},
	[F_STATES] = {ROW("states", LIST, states), .words = state_word, .list = &fields_states,
		      .about = "How many sockets are in each state."},
	[F_AGE_NS] = {ROW("age_ns", NS, age), OR_NULL,
		      .about = "How long the socket has been in its state. Null if age_known is "
			       "unknown."},
	[F_AGE_KNOWN] = {ROW("age_known", WORD, age_known), .words = known_word,
			 .about = "What age_ns is: the whole time, a lower bound, or nothing."},
	[F_AGE_FROM] = {ROW("age_from", TEXT, age_from), OR_NULL,
			.about = "What age_ns is known by, in words. Null if it is not known."},
	[F_RULE] = {ROW("rule", TEXT, rule), OR_NULL, .words = rule_word,
		    .about = "The rule that says what is wrong. Null if none does."},
	[F_EVIDENCE] = {ROW("evidence", TEXT, evidence), OR_NULL,
			.about = "What proves it, in words. Null if there is nothing "
				 "to add."},
	[F_OWNER] = {ROW("owner", TEXT, owner), OR_NULL,
		     .about = "Whose it is, in words: comm[pid], ~comm[pid] for the owner of its "
			      "listener, * for what is not the same for all. Null where a finding "
			      "is about what fills up."},
	[F_BECAUSE_RULE] = {ROW("because_rule", TEXT, because_rule), OR_NULL,
			    .about = "The rule of another finding, of this host too, whose sockets "
				     "all of these wait for. Null if there is none."},
	[F_BECAUSE_OWNER] = {ROW("because_owner", TEXT, because_owner), OR_NULL,
			     .about = "The owner of that finding, as in owner."},
	[F_INHERITED] =
		{ROW("inherited", BOOL, inherited),
		 .about = "Is the owner that of its listener, because nobody has accepted it?"},
	[F_ORPHAN] = {ROW("orphan", BOOL, orphan), .about = "Did its process close it?"},
	[F_FD] = {ROW("fd", NUMBER, fd), OR_NULL,
		  .about = "A descriptor of it in that process. Null if it has none, or its "
			   "process waits in close()."},
	[F_TID] = {ROW("tid", NUMBER, tid), OR_NULL,
		   .about = "The thread that has this descriptor, or waits in close(): "
			    "/proc/PID/task/TID/fd/FD. It is pid, unless the first thread has "
			    "exited, or the thread has a table of its own."},
	[F_KIND] = {ROW("kind", TEXT, kind), .words = fields_kind_name,
		    .about = "Which of the kernel's objects it is: a full socket, a mini-socket "
			     "(TIME-WAIT, FIN-WAIT-2), a request socket (SYN-RECEIVED)."},
	[F_UNREAD] = {ROW("unread", NUMBER, unread), OR_NULL,
		      .about = "Bytes received and not read; a FIN counts 1."},
	[F_UNSENT] = {ROW("unsent", NUMBER, unsent), OR_NULL,
		      .about = "Bytes written and never sent; a FIN counts 1."},
	[F_UNACKED] = {ROW("unacked", NUMBER, unacked), OR_NULL,
		       .about = "Bytes sent and not acknowledged; a FIN counts 1."},
	[F_WINDOW] = {ROW("window", NUMBER, window), OR_NULL,
		      .about = "The peer's receive window, in bytes."},
	[F_PROBES] = {ROW("probes", NUMBER, probes), OR_NULL,
		      .about = "Window probes or keepalives without an answer."},
	[F_RETRANSMITS] = {ROW("retransmits", NUMBER, retransmits), OR_NULL,
			   .about = "Retransmissions of the oldest segment."},
	[F_SOFT_ERROR] = {ROW("soft_error", TEXT, soft_error), OR_NULL,
			  .about = "Why a packet found no way since the last answer, here or as "
				   "ICMP told: the name of an errno. Null if all went out."},
	[F_WAY] = {ROW("way", TEXT, way), OR_NULL, .words = fields_way_name,
		   .about = "Of one that gets no answer: what the tables of this host say of the "
			    "way to the peer. Null if they were not asked."},
	[F_PEER_STATE] = {ROW("peer_state", TEXT, peer_state), OR_NULL, .words = state_word,
			  .about = "The state of the other end, where that is a socket of this "
				   "host that was looked at; else null."},
	[F_PEER_OWNER] = {ROW("peer_owner", TEXT, peer_owner), OR_NULL,
			  .about = "Whose the other end is, written as owner is."},
	[F_PEER_COOKIE] = {ROW("peer_cookie", ID, peer_cookie), OR_NULL,
			   .about = "The cookie of the other end."},
	[F_PEER_NETNS] = {ROW("peer_netns", NUMBER, peer_netns), OR_NULL,
			  .about = "The network namespace of the other end."},
	[F_TIMER_NS] = {ROW("timer_ns", NS, timer), OR_NULL,
			.about = "Time until its timer fires: the next try, or its end. Null if "
				 "none runs."},
	[F_ENDS_BY] = {ROW("ends_by", TEXT, ends_by), OR_NULL, .words = fields_ends_name,
		       .about = "What of the kernel ends it, if nothing comes any more and no "
				"process does anything to it. Null of a listener, of what is "
				"over, and of a subflow of MPTCP."},
	[F_ENDS_IN_NS] = {ROW("ends_in_ns", NS, ends_in), OR_NULL,
			  .about = "In how long that ends it at the latest, if its timers fire on "
				   "time: they may be late by an eighth. Null if nothing will, or "
				   "that cannot be told."},
	[F_KEEPALIVE] = {ROW("keepalive", TEXT, keepalive), OR_NULL,
			 .about = "off, or as 7200s/75s/9: after how long without a segment "
				  "keepalive probes it, how often, and how many without an answer "
				  "end it. Null if it can have none, or that is not known."},
	[F_USER_TIMEOUT_NS] = {ROW("user_timeout_ns", NS, user_timeout), OR_NULL,
			       .about = "Its TCP_USER_TIMEOUT. Null if it has none."},
	[F_WAITING] = {ROW("waiting", NUMBER, waiting), OR_NULL,
		       .about = "Of a listener: connections that wait for accept()."},
	[F_BACKLOG] = {ROW("backlog", NUMBER, backlog), OR_NULL,
		       .about = "Of a listener: how many may wait."},
	[F_HALF_OPEN] = {ROW("half_open", NUMBER, half_open), OR_NULL,
			 .about = "Of a listener: handshakes that are half open."},
	[F_DOING] = {ROW("doing", TEXT, doing), OR_NULL, .words = fields_doing_name,
		     .about = "What the process of pid was doing as it was looked at. Stopped and "
			      "frozen are the whole of it; else it may be one of several threads."},
	[F_OUT_OF_DESCRIPTORS] =
		{ROW("out_of_descriptors", BOOL, out_of_descriptors), OR_NULL,
		 .about = "Has that process taken all descriptors that it may have? Null if it is "
			  "not known."},
	[F_HOLDERS] = {ROW("holders", LIST, holders), .list = &fields_holders,
		       .about =
			       "Every process that holds it, and by which descriptor: null for one "
			       "that waits in close()."},
	[F_LISTENER_HOLDERS] =
		{ROW("listener_holders", LIST, listener_holders), .list = &fields_listener_holders,
		 .about = "Of one that nobody has accepted: every process that holds its "
			  "listener."},
	[F_ROOM] = {ROW("room", NUMBER, room), OR_NULL,
		    .about = "How many there can be, where a finding is about what fills up; else "
			     "null."},
	[F_GONE_IN_NS] = {ROW("gone_in_ns", NS, gone_in), OR_NULL,
			  .about = "In how long nothing is left of what fills up, if it goes on as "
				   "it has been seen to. Null if it does not grow, or that is not "
				   "known."},
	[F_SAYS] = {ROW("says", TEXT, says), .about = "What is wrong, in words."},
	[F_NEXT] = {ROW("next", TEXT, next), OR_NULL,
		    .about = "The next command to type. Null if no way is known into the "
			     "network namespace where it would have to run."},
	[F_FEATURE] = {ROW("feature", TEXT, feature),
		       .about = "A capability that the kernel may have."},
	[F_GIVES] = {ROW("gives", TEXT, gives), .about = "What it lets tcpdwell show."},
	[F_WITHOUT] = {ROW("without", TEXT, without), .about = "What is missing without it."},
	[F_WAYS] = {ROW("ways", LIST, ways), .list = &fields_ways,
		    .about = "The ways to have it, the best first; one at most is chosen."},
};

/* ---- events ---- */

#define FIELDS(...)                          \
	(const uint8_t[])                    \
	{                                    \
		F_EVENT, __VA_ARGS__, F_NONE \
	}

const struct fields_event_row fields_events[EVENTS] = {
	[EVENT_START] = {.name = WORD("start"),
			 .about = "The first line of trace and hist: what is traced, and how.",
			 .fields = FIELDS(F_TS_NS, F_TIME, F_SCHEMA, F_VERSION, F_KERNEL,
					  F_TRANSITIONS_BY, F_TIMEWAIT_BY, F_TIMEWAIT_VISIBLE,
					  F_FILTER)},
	[EVENT_TRANSITION] = {.name = WORD("transition"),
			      .about = "A connection went from a state to another.",
			      .fields = FIELDS(F_TS_NS, F_TIME, F_FROM, F_TO, F_LADDR, F_LPORT,
					       F_RADDR, F_RPORT, F_FAMILY, F_COOKIE, F_SOCKET,
					       F_NETNS, F_PID, F_COMM, F_PID_KNOWN, F_UID, F_CGROUP,
					       F_DWELL_NS, F_DWELL_KNOWN, F_CAUSE, F_SYNS,
					       F_OVERFLOWED)},
	[EVENT_WAIT] = {.name = WORD("accept-wait"),
			.about = "accept() returned a connection, or it ended before; told only "
				 "where -s names accept-wait. CLOSED with dwell_known unknown: "
				 "whether it was accepted is not known.",
			.fields = FIELDS(F_TS_NS, F_TIME, F_LADDR, F_LPORT, F_RADDR, F_RPORT,
					 F_FAMILY, F_COOKIE, F_SOCKET, F_NETNS, F_PID, F_COMM,
					 F_PID_KNOWN, F_UID, F_CGROUP, F_DWELL_NS, F_DWELL_KNOWN,
					 F_CAUSE, F_STATE)},
	[EVENT_HISTOGRAM] = {.name = WORD("histogram"),
			     .about = "How long connections were in a state, of one group, over a "
				      "stretch of time.",
			     .fields = FIELDS(F_TS_NS, F_TIME, F_STATE, F_BY, F_BEGIN_NS,
					      F_WHOLE_RUN, F_VISIBLE, F_COUNT, F_PARTIAL,
					      F_SYNS_RESENT, F_OVERFLOWED_COUNT, F_MIN_NS, F_P50_NS,
					      F_P90_NS, F_P99_NS, F_MAX_NS, F_MEAN_NS, F_STILL,
					      F_STILL_IN_DOUBT, F_OLDEST_NS, F_OLDEST_KNOWN,
					      F_BUCKETS)},
	[EVENT_IDLE_PEAK] = {.name = WORD("idle-peak"),
			     .about = "Many connections were ended from outside after one and the "
				      "same time without data: told behind the histograms of the "
				      "whole run, if ESTABLISHED is selected.",
			     .fields = FIELDS(F_TS_NS, F_TIME, F_BEGIN_NS, F_COUNT, F_PEAK_NS,
					      F_PEAK_BY, F_REACHED)},
	[EVENT_LOST] = {.name = WORD("lost"),
			.about = "Records were lost: dwells across the gap are lower bounds.",
			.fields = FIELDS(F_TS_NS, F_TIME, F_LOST_KIND, F_LOST_COUNT)},
	[EVENT_SUMMARY] = {.name = WORD("summary"),
			   .about = "The last line of trace and hist.",
			   .fields = FIELDS(F_TS_NS, F_TIME, F_BEGIN_NS, F_TRANSITIONS,
					    F_CONNECTIONS, F_LOST_TRANSITION, F_LOST_TIMEWAIT,
					    F_LOST_ACCEPTED, F_LOST_HANDSHAKE, F_LOST_SKIPPED,
					    F_EVICTED)},
	[EVENT_CENSUS] = {.name = WORD("census"),
			  .about = "The first line of a look of stuck: what was looked at.",
			  .fields = FIELDS(F_TS_NS, F_TIME, F_SCHEMA, F_KERNEL, F_SOCKETS,
					   F_NAMESPACES, F_MISSING_NAMESPACES, F_STATES)},
	[EVENT_STUCK] = {.name = WORD("stuck"),
			 .about = "A socket that is stuck, or in a selected state.",
			 .fields = FIELDS(F_TS_NS, F_TIME, F_STATE, F_AGE_NS, F_AGE_KNOWN,
					  F_AGE_FROM, F_RULE, F_EVIDENCE, F_OWNER, F_INHERITED,
					  F_ORPHAN, F_PID, F_COMM, F_FD, F_TID, F_LADDR, F_LPORT,
					  F_RADDR, F_RPORT, F_DEVICE, F_NETNS, F_NETNS_NAME,
					  F_COOKIE, F_UID, F_CGROUP, F_CGROUP_NAME, F_KIND,
					  F_UNREAD, F_UNSENT, F_UNACKED, F_WINDOW, F_PROBES,
					  F_RETRANSMITS, F_SOFT_ERROR, F_WAY, F_TIMER_NS, F_ENDS_BY,
					  F_ENDS_IN_NS, F_KEEPALIVE, F_USER_TIMEOUT_NS, F_WAITING,
					  F_BACKLOG, F_HALF_OPEN, F_DOING, F_OUT_OF_DESCRIPTORS,
					  F_PEER_STATE, F_PEER_OWNER, F_PEER_COOKIE, F_PEER_NETNS,
					  F_HOLDERS, F_LISTENER_HOLDERS)},
	[EVENT_FINDING] = {.name = WORD("finding"),
			   .about =
				   "What is wrong with sockets that one rule found and that belong "
				   "to processes of one name in one cgroup and network namespace "
				   "(in all, if there are more than 8), or what so many sockets "
				   "fill up.",
			   .fields = FIELDS(F_TS_NS, F_TIME, F_RULE, F_COUNT, F_ROOM, F_GONE_IN_NS,
					    F_OWNER, F_BECAUSE_RULE, F_BECAUSE_OWNER, F_OLDEST_NS,
					    F_OLDEST_KNOWN, F_EVIDENCE, F_SAYS, F_NEXT, F_LADDR,
					    F_LPORT, F_RADDR, F_RPORT, F_DEVICE, F_NETNS,
					    F_NETNS_NAME, F_CGROUP, F_CGROUP_NAME)},
	[EVENT_FEATURE] = {.name = WORD("feature"),
			   .about = "A capability of this kernel, as features tells it.",
			   .fields = FIELDS(F_FEATURE, F_GIVES, F_WITHOUT, F_WAYS)},
};
