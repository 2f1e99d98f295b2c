/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_text.c - for people. A transition is one line of at most 79 columns where the remote address
 * is IPv4; -v appends what does not fit. A histogram is a heading, two lines of numbers, and bars.
 */
#include "output/format.h"

#include <inttypes.h>
#include <string.h>

#include "record/decode.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/line_buffer.h"
#include "base/name.h"
#include "model/age.h"
#include "base/tcpstate.h"

#define BAR_WIDTH    40
#define TO_AND_DWELL 25
#define DWELL_MAX    16 /* ">=213503d23h" is the longest */

static uint64_t wall(const struct sink *sink, uint64_t ts)
{
	return ts + (uint64_t)sink->meta->wall_offset;
}

static const char *time_of(const struct sink *sink, uint64_t ts, char text[CLOCK_TEXT_MAX])
{
	return sink->style.verbose ? clock_date_time(wall(sink, ts), text)
				   : clock_time_of_day(wall(sink, ts), text);
}

/* 1234567 as 1,234,567. */
static const char *grouped(uint64_t number, char text[CLOCK_TEXT_MAX])
{
	char digits[CLOCK_TEXT_MAX], *to = text;
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

/* What the head of a recording says is a name too. */
static void print_said(struct sink *sink, const char *before, const char *name)
{
	char text[NAME_ROOM(META_TEXT_MAX)];

	fprintf(sink->out, "%s%s\n", before, name_text(text, sizeof(text), name));
}

static void start(struct sink *sink)
{
	const struct meta *meta = sink->meta;
	char zone[CLOCK_TEXT_MAX];

	if (sink->style.quiet)
		return;
	print_said(sink, "# transitions: ", meta->transition_way);
	print_said(sink,
		   meta->sees_timewait ? "# time-wait: "
				       : "# time-wait: not visible on this kernel: ",
		   meta->timewait_way);
	fprintf(sink->out, "# times: %s\n", clock_zone(wall(sink, meta->attached), zone));
	if (meta->filter[0])
		print_said(sink, "# filter: ", meta->filter);
	if (!sink->style.moves)
		return;
	fprintf(sink->out, "%-*s %5s %-21s %-12s %-17s %7s%s\n",
		sink->style.verbose ? (int)sizeof("2026-11-22 16:00:35.123") - 1
				    : (int)sizeof("16:00:35.123") - 1,
		"TIME", "LPORT", "REMOTE", "FROM", "TO", "DWELL",
		sink->style.verbose ? "  LOCAL           PID      COMM             NETNS" : "");
}

/* ---- transitions ---- */

static const struct word unbound = WORD("*"); /* as ss writes what is not bound */

static char *put_local_port(char *to, uint16_t port, size_t width)
{
	return port ? append_number_right(to, port, width) : append_right(to, &unbound, width);
}

static char *put_remote(char *to, const struct conn *conn, size_t width)
{
	char *column = to + width;

	to = address_append_end(to, conn->id.raddr, NULL, conn->id.rport);
	return append_blanks(to, column);
}

/* A lower bound may be rounded down, so that it fits: 59s, 16m, 3h, 12d. */
static char *put_coarse(char *to, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		char unit;
	} units[] = {{86400 * NS_PER_S, 'd'}, {3600 * NS_PER_S, 'h'}, {60 * NS_PER_S, 'm'}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ns >= 4 * units[i].ns)
			return append_char(append_number(to, ns / units[i].ns), units[i].unit);
	return append_char(append_number(to, ns / NS_PER_S), 's');
}

/* `room` columns, or more if it is exact. */
static char *put_dwell(char *to, const struct conn_event *event, size_t room)
{
	char *end = age_append(to, event->dwell, event->dwell_known);

	if (event->dwell_known == DWELL_EXACT || (size_t)(end - to) <= room ||
	    event->dwell < NS_PER_S)
		return end;
	return put_coarse(to + strlen(">="), event->dwell);
}

static char *put_dwell_right(char *to, const struct sink *sink, const struct conn_event *event,
			     size_t width)
{
	static const struct word meaningless = WORD("-");
	char text[APPEND_ROOM];
	size_t len;

	if (sink->style.raw || !conn_event_is_dwell(event))
		return append_right(to, &meaningless, width);
	len = (size_t)(put_dwell(text, event, width) - text);
	to = append_blanks(to, to + (len < width ? width - len : 0));
	memcpy(to, text, DWELL_MAX);
	return to + len;
}

/* Blanks up to column `width` of what stands between `begin` and `to`, and one more. */
static char *put_columns(char *to, const char *begin, size_t width)
{
	size_t columns;

	*to = '\0';
	columns = name_columns(begin);
	return append_char(append_blanks(to, to + (columns < width ? width - columns : 0)), ' ');
}

/* Who got an answer to the first has nothing to tell. */
static char *put_syns(char *to, const struct conn_event *event)
{
	static const struct word syns = WORD(" SYNs"), syn_acks = WORD(" SYN-ACKs");

	if (event->syns <= 1)
		return to;
	to = append_number(append_char(append_char(to, ' '), ' '), event->syns);
	return append_word(to, event->from == WIRE_SYN_SENT ? &syns : &syn_acks);
}

static char *put_overflowed(char *to, const struct conn_event *event)
{
	static const struct word full = WORD("  ACK found no room");

	return event->overflowed ? append_word(to, &full) : to;
}

static char *put_verbose(char *to, const struct conn *conn)
{
	char *column;

	to = append_char(append_char(to, ' '), ' ');
	column = to + 15;
	to = append_char(append_blanks(address_append(to, conn->id.laddr), column), ' ');
	column = to + 8;
	to = append_char(append_blanks(group_append_value(to, GROUP_PID, conn), column), ' ');
	to = put_columns(group_append_value(to, GROUP_COMM, conn), to, 16);
	return append_number(to, conn->id.netns);
}

/* The two share 25 columns. */
static char *put_to_and_dwell(char *to, const struct sink *sink, const struct conn_event *event)
{
	bool named = event->cause != CAUSE_NONE && event->cause != CAUSE_NORMAL;
	const char *begin = to;

	to = append_char(append_word(to, tcpstate_word(event->to)), ' ');
	if (named)
		to = append_char(append_word(to, tcpstate_cause_word(event->cause)), ' ');
	return put_dwell_right(to, sink, event, TO_AND_DWELL - (size_t)(to - begin));
}

/* Of a wait too: it stands where the state before does. No row comes near LINE_BUFFER_BYTES. */
static void transition(struct sink *sink, const struct conn *conn, const struct conn_event *event)
{
	struct line_buffer line;
	char *to = line_buffer_begin(&line, sink->out);

	to = sink->style.verbose ? clock_append_date_time(to, wall(sink, event->ts))
				 : clock_append_time_of_day(to, wall(sink, event->ts));
	to = append_char(put_local_port(append_char(to, ' '), conn->id.lport, 5), ' ');
	to = append_char(put_remote(to, conn, 21), ' ');
	to = append_char(append_left(to, tcpstate_word(event->from), 12), ' ');
	to = put_to_and_dwell(to, sink, event);
	if (sink->style.verbose)
		to = put_overflowed(put_syns(put_verbose(to, conn), event), event);
	line_buffer_send(&line, append_char(to, '\n'));
}

/* ---- histograms ---- */

/* Rows people can read: 1, 2, 5 of each decade. Each is a bound of hist.h too, so no bucket is
 * split. */
static uint64_t next_row_bound(uint64_t bound)
{
	uint64_t decade = 1;

	while (decade * 10 <= bound)
		decade *= 10;
	return bound / decade == 1 ? 2 * decade : bound / decade == 2 ? 5 * decade : 10 * decade;
}

/* Both are bounds of buckets. */
static uint64_t count_between(const struct hist *hist, uint64_t above, uint64_t upto)
{
	unsigned last = hist_bucket(upto);
	uint64_t count = 0;

	for (unsigned i = above ? hist_bucket(above) + 1 : 0; i <= last; i++)
		count += hist->buckets[i];
	return count;
}

#define ROW_BOUND_MIN 1000ULL              /* 1 us */
#define ROW_BOUND_MAX 10000000000000000ULL /* 10^7 s */

static void row(struct sink *sink, uint64_t from, uint64_t to, uint64_t count, uint64_t most)
{
	static const char bar[] = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	char low[CLOCK_TEXT_MAX], high[CLOCK_TEXT_MAX], number[CLOCK_TEXT_MAX];
	int width = most ? (int)((count * BAR_WIDTH + most - 1) / most) : 0;

	if (to == UINT64_MAX)
		strcpy(high, "...");
	else
		clock_duration(to, high);
	fprintf(sink->out, "  %6s - %-6s %10s |%-*.*s|\n", clock_duration(from, low), high,
		grouped(count, number), BAR_WIDTH, width, bar);
}

/* From the first row that holds something to the last; what is empty in between is three dots. */
static void bars(struct sink *sink, const struct hist *hist)
{
	uint64_t from = 0, to = ROW_BOUND_MIN, first = UINT64_MAX, end = 0, most = 0, count;
	bool is_gap = false;

	for (; from < ROW_BOUND_MAX; from = to, to = next_row_bound(to)) {
		count = count_between(hist, from, to);
		if (count && first == UINT64_MAX)
			first = from;
		if (count)
			end = to;
		most = count > most ? count : most;
	}
	count = hist->buckets[HIST_BUCKETS - 1];
	most = count > most ? count : most;
	for (from = first; from != UINT64_MAX && from < end; from = to) {
		uint64_t here;

		to = from ? next_row_bound(from) : ROW_BOUND_MIN;
		here = count_between(hist, from, to);
		if (here && is_gap)
			fputs("     ...\n", sink->out);
		if (here)
			row(sink, from, to, here, most);
		is_gap = !here;
	}
	if (count)
		row(sink, ROW_BOUND_MAX, UINT64_MAX, count, most);
}

static void numbers(struct sink *sink, const struct hist *hist, bool may_end_unseen)
{
	const struct {
		const char *name;
		uint64_t ns;
	} stats[] = {
		{"p50", hist_quantile(hist, 0.50)}, {"p90", hist_quantile(hist, 0.90)},
		{"p99", hist_quantile(hist, 0.99)}, {"max", hist->max},
		{"mean", hist_mean(hist)},
	};
	char text[CLOCK_TEXT_MAX];

	fprintf(sink->out, "  %s ended", grouped(hist->count, text));
	for (size_t i = 0; hist->count && i < sizeof(stats) / sizeof(stats[0]); i++)
		fprintf(sink->out, "%s %s %s", i ? " " : ":", stats[i].name,
			clock_duration(stats[i].ns, text));
	if (hist->partial)
		fprintf(sink->out,
			"\n  %s more ended whose beginning %swas not seen: not counted above",
			grouped(hist->partial, text), may_end_unseen ? "or end " : "");
	putc('\n', sink->out);
}

/* Of all that ended. */
static void share(struct sink *sink, const char *what, uint64_t count, const struct hist *hist)
{
	uint64_t ended = hist->count + hist->partial;
	char number[CLOCK_TEXT_MAX], of[CLOCK_TEXT_MAX];

	if (count)
		fprintf(sink->out, "  %s: %s of %s (%.1f %%)\n", what, grouped(count, number),
			grouped(ended, of), 100.0 * (double)count / (double)ended);
}

static void trouble(struct sink *sink, const struct sink_histogram *histogram)
{
	const struct histset_cell *cell = histogram->cell;

	share(sink, histogram->state == WIRE_SYN_SENT ? "SYN sent again" : "SYN-ACK sent again",
	      cell->syns_resent, &cell->hist);
	share(sink, "last ACK found no room", cell->overflowed, &cell->hist);
}

static void still(struct sink *sink, const struct histset_still *still_there)
{
	const struct age oldest = {.ns = still_there->oldest, .known = still_there->oldest_known};
	char number[CLOCK_TEXT_MAX], text[AGE_TEXT_MAX];

	if (still_there->in_doubt)
		fprintf(sink->out, "  still there, or ended unseen: %s\n",
			grouped(still_there->in_doubt, number));
	if (!still_there->count)
		return;
	fprintf(sink->out, "  still there: %s, oldest %s\n", grouped(still_there->count, number),
		age_text(&oldest, text));
}

static void unaccepted(struct sink *sink, uint64_t count)
{
	char number[CLOCK_TEXT_MAX];

	if (count)
		fprintf(sink->out, "  of these, nobody had accepted when they ended: %s\n",
			grouped(count, number));
}

static void group_heading(struct sink *sink, const struct sink_histogram *histogram)
{
	char values[GROUP_TEXT_MAX], *rest = values, *value;

	snprintf(values, sizeof(values), "%s", histogram->values);
	for (unsigned i = 0; i < histogram->by->n; i++) {
		value = strsep(&rest, "\t");
		if (value)
			fprintf(sink->out, "  %s %s", group_key_name(histogram->by->keys[i]),
				value);
	}
}

static void histogram_of(struct sink *sink, const struct sink_histogram *histogram)
{
	const struct histset_cell *cell = histogram->cell;

	fprintf(sink->out, "\n%s", tcpstate_name(histogram->state));
	group_heading(sink, histogram);
	putc('\n', sink->out);
	if (histogram->state == WIRE_TIME_WAIT && !sink->meta->sees_timewait) {
		print_said(sink, "  not visible on this kernel: ", sink->meta->timewait_way);
		return;
	}
	if (histogram->state == TCPSTATE_ACCEPT_WAIT && !sink->meta->sees_accepts) {
		print_said(sink, "  not visible: ", meta_why_no_waits(sink->meta));
		return;
	}
	numbers(sink, &cell->hist,
		sink->meta->samples_timewait || histogram->state == TCPSTATE_ACCEPT_WAIT);
	trouble(sink, histogram);
	unaccepted(sink, cell->unaccepted);
	still(sink, &cell->still);
	bars(sink, &cell->hist);
}

static void idle_peak(struct sink *sink, const struct sink_idle_peak *told, unsigned nth)
{
	static const char *const by[IDLE_PEAKS_BYS] = {
		[IDLE_PEAKS_FIN] = "FIN", [IDLE_PEAKS_RESET] = "RST"};
	const struct idle_peak *peak = told->peak;
	char at[CLOCK_TEXT_MAX], count[CLOCK_TEXT_MAX], reached[CLOCK_TEXT_MAX];

	if (!nth)
		fputs("\nidle connections end at one time, by what comes from the peer's side\n",
		      sink->out);
	fprintf(sink->out, "  %s: %s of %s without data for so long, as far as seen, by %s\n",
		clock_duration(peak->at, at), grouped(peak->count, count),
		grouped(peak->reached, reached), by[peak->by]);
}

#define DATE_LEN 10 /* "2026-11-22" */

/* With dates where a time of day would not tell how long it is. */
static void interval(struct sink *sink, uint64_t begin, uint64_t end, bool whole)
{
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];

	clock_date_time(wall(sink, begin), from);
	clock_date_time(wall(sink, end), to);
	if (!strncmp(from, to, DATE_LEN)) {
		time_of(sink, begin, from);
		time_of(sink, end, to);
	}
	fprintf(sink->out, "\n--- %s%s to %s ---\n", whole ? "whole run: " : "", from, to);
}

/* ---- losses, summary ---- */

static void lost(struct sink *sink, const struct sink_lost *lost_records)
{
	char when[CLOCK_TEXT_MAX], number[CLOCK_TEXT_MAX];

	time_of(sink, lost_records->ts, when);
	grouped(lost_records->count, number);
	if (lost_records->kind == WIRE_SKIPPED)
		fprintf(sink->out,
			"%s up to %s events may be missing: the kernel skipped a program\n", when,
			number);
	else
		fprintf(sink->out, "%s lost %s %s records: dwells across the gap read >=\n", when,
			number, decode_kind_name(lost_records->kind));
}

static void summary(struct sink *sink, const struct sink_summary *sum)
{
	char number[CLOCK_TEXT_MAX], duration[CLOCK_TEXT_MAX];
	bool any = false;

	fprintf(sink->out, "\n%s transition%s seen in %s; lost:", grouped(sum->transitions, number),
		sum->transitions == 1 ? "" : "s", clock_duration(sum->end - sum->begin, duration));
	for (uint16_t kind = 0; kind < WIRE_KINDS; kind++) {
		if (!sum->lost[kind] || kind == WIRE_SKIPPED)
			continue;
		fprintf(sink->out, "%s %s %s", any ? "," : "", grouped(sum->lost[kind], number),
			decode_kind_name(kind));
		any = true;
	}
	if (any)
		fputs(" records", sink->out);
	if (sum->lost[WIRE_SKIPPED])
		fprintf(sink->out, "%s up to %s skipped", any ? ",\n " : "",
			grouped(sum->lost[WIRE_SKIPPED], number));
	else if (!any)
		fputs(" nothing", sink->out);
	fputc('\n', sink->out);
	if (sum->evicted)
		fprintf(sink->out,
			"%s connections forgotten for lack of room (see --max-connections)\n",
			grouped(sum->evicted, number));
}

const struct sink_ops sink_text = {
	.start = start,
	.transition = transition,
	.wait = transition,
	.interval = interval,
	.histogram = histogram_of,
	.idle_peak = idle_peak,
	.lost = lost,
	.summary = summary,
};
