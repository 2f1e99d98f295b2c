/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* live_records.c - see live_records.h. */
#include "commands/live_records.h"

#include <errno.h>

#include "base/clock.h"
#include "base/notify.h"
#include "wire.h"

#define TICK_NS (100 * NS_PER_MS)
/* Twice a second, so that a move which needs a second look is told within a second all the same. */
#define SWEEP_NS (500 * NS_PER_MS)

#define NETNS_MAX 256

/*
 * A census when one would settle what is in doubt, at most a twentieth of the time; and one a
 * minute anyway, at most a two-hundredth, for what is missing without a trace.
 */
#define CENSUS_OWED_NS   (1 * NS_PER_S)
#define CENSUS_OWED_PART 20
#define CENSUS_RARE_NS   (60 * NS_PER_S)
#define CENSUS_RARE_PART 200

/* How long a full socket's last word is waited for: it may have been lost. */
#define CUT_PATIENCE_NS (1 * NS_PER_S)

static int tick(struct live_records *records)
{
	struct wire_head head = {.ts = clock_now(), .kind = WIRE_TICK, .len = sizeof(head)};
	int err = records->take(records->ctx, &head, sizeof(head));

	records->last_tick = head.ts;
	return err ? err : session_clock(records->session, records->take, records->ctx);
}

/*
 * At most a twentieth of the time goes into sweeps: with a million sockets one takes half a second.
 * Who is kept from running spends nothing, and must not look less often for that: 18 s were seen.
 */
static int sweep(struct live_records *records)
{
	uint64_t begun = clock_now(), spent = clock_cpu(), cost;
	uint32_t netns[NETNS_MAX];
	size_t n;
	int err = 0;

	if (conn_stats(records->conns).unsettled) {
		n = conn_unsettled(records->conns, netns, NETNS_MAX);
		err = session_sweep(records->session, netns, n, records->take, records->ctx);
	}
	cost = clock_cpu() - spent;
	records->next_sweep = begun + (20 * cost > SWEEP_NS ? 20 * cost : SWEEP_NS);
	return err;
}

static uint64_t at_least(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int take_of_census(void *ctx, const void *record, size_t len)
{
	struct live_records *records = ctx;

	records->take_err = records->take(records->ctx, record, len);
	return records->take_err;
}

int live_records_census(struct live_records *records)
{
	uint64_t begun = clock_now(), ended, cost;
	int err;

	records->take_err = 0;
	err = session_census(records->session, take_of_census, records);
	ended = clock_now();
	cost = ended - begun;
	records->next_owed_census = ended + at_least(CENSUS_OWED_NS, CENSUS_OWED_PART * cost);
	records->next_census = ended + at_least(CENSUS_RARE_NS, CENSUS_RARE_PART * cost);
	return err;
}

/* Where the sockets cannot be looked at (no descriptor is left, say), events go on. */
static int census_if_due(struct live_records *records)
{
	uint64_t now = clock_now();

	if (!records->takes_censuses ||
	    (now < records->next_census &&
	     (now < records->next_owed_census || !conn_stats(records->conns).owed)))
		return 0;
	live_records_census(records);
	return records->take_err;
}

bool live_records_may_be_cut(struct live_records *records)
{
	uint64_t now = clock_now();

	if (now < records->next_part)
		return false;
	if (!records->cut_wanted)
		records->cut_wanted = now;
	if (conn_stats(records->conns).husks && now < records->cut_wanted + CUT_PATIENCE_NS)
		return false;
	records->cut_wanted = 0;
	return true;
}

int live_records_begin_part(struct live_records *records)
{
	uint64_t begun = clock_now(), ended;

	live_records_census(records);
	ended = clock_now();
	records->next_part = ended + at_least(CENSUS_OWED_NS, CENSUS_OWED_PART * (ended - begun));
	return records->take_err;
}

int live_records_look(struct live_records *records)
{
	int drained, err;

	notify_alive();
	drained = session_drain(records->session, records->take, records->ctx);
	err = drained < 0 ? drained
			  : session_losses(records->session, false, records->take, records->ctx);
	if (!err && clock_now() >= records->next_sweep)
		err = sweep(records);
	if (!err && clock_now() >= records->last_tick + TICK_NS)
		err = tick(records);
	if (!err)
		err = census_if_due(records);
	return err ? err : drained;
}

int live_records_settle(struct live_records *records)
{
	int err = session_drain_all(records->session, records->take, records->ctx);

	if (err >= 0 || err == -ECANCELED)
		err = session_losses(records->session, true, records->take, records->ctx);
	/* Two sweeps have to miss a mini-socket that is gone: see conn_sample.h. */
	for (int i = 0; !err && i < 2; i++)
		err = sweep(records);
	if (err == -ECANCELED)
		err = 0;
	return err ? err : tick(records);
}
