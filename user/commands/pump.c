/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pump.c - see pump.h. */
#include "commands/pump.h"

#include <errno.h>

#include "base/clock.h"
#include "wire.h"

#define TICK_NS (100 * NS_PER_MS)
/* Twice a second, so that a move which needs a second look is told within a second all the same. */
#define SWEEP_NS (500 * NS_PER_MS)

#define NETNS_MAX 256

static int tick(struct pump *pump)
{
	struct wire_head head = {.ts = clock_now(), .kind = WIRE_TICK, .len = sizeof(head)};

	pump->last_tick = head.ts;
	return pump->take(pump->ctx, &head, sizeof(head));
}

/* At most a twentieth of the time goes into sweeps: with a million sockets one takes half a second.
 */
static int sweep(struct pump *pump)
{
	uint64_t begun = clock_now(), cost;
	uint32_t netns[NETNS_MAX];
	size_t n;
	int err = 0;

	if (conn_stats(pump->conns).unsettled) {
		n = conn_unsettled(pump->conns, netns, NETNS_MAX);
		err = session_sweep(pump->session, netns, n, pump->take, pump->ctx);
	}
	cost = clock_now() - begun;
	pump->next_sweep = begun + (20 * cost > SWEEP_NS ? 20 * cost : SWEEP_NS);
	return err;
}

int pump_look(struct pump *pump)
{
	int drained = session_drain(pump->session, pump->take, pump->ctx);
	int err = drained < 0 ? drained : session_losses(pump->session, pump->take, pump->ctx);

	if (!err && clock_now() >= pump->next_sweep)
		err = sweep(pump);
	if (!err && clock_now() >= pump->last_tick + TICK_NS)
		err = tick(pump);
	return err ? err : drained;
}

int pump_settle(struct pump *pump)
{
	int err;

	do
		err = session_drain(pump->session, pump->take, pump->ctx);
	while (err >= SESSION_DRAIN_MAX);
	if (err >= 0 || err == -ECANCELED)
		err = session_losses(pump->session, pump->take, pump->ctx);
	/* Two sweeps have to miss a mini-socket that is gone: see conn_sample.h. */
	for (int i = 0; !err && i < 2; i++)
		err = sweep(pump);
	if (err == -ECANCELED)
		err = 0;
	return err ? err : tick(pump);
}

int pump_census(struct pump *pump)
{
	return session_census(pump->session, pump->take, pump->ctx);
}
