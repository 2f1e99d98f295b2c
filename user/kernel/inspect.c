/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect.c - see inspect.h. */
#include "kernel/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/notify.h"
#include "base/shortage.h"
#include "match.h"
#include "kernel/iter.h"
#include "kernel/limits.h"
#include "kernel/netns.h"
#include "kernel/pid_namespace.h"
#include "kernel/unheld.h"
#include "kernel/way.h"
#include "wire.h"

#define DEVICES_MAX 256
#define UNSEEN_MAX  256

struct pass {
	const struct inspect *inspect;
	record_fn fn;
	void *ctx;
	uint32_t home;               /* the namespace that we are in */
	uint32_t missing;            /* namespaces that could not be looked into */
	uint32_t unseen[UNSEEN_MAX]; /* of these the ones that no way led to */
	uint32_t n_unseen;
	bool has_looked;               /* into one of them */
	uint64_t devices[DEVICES_MAX]; /* WIRE_DEVICE_ID() of those whose names were asked for */
	size_t n_devices;
	uint64_t begun, next_progress; /* ns */
	size_t met;                    /* sockets */
};

/* ---- how far it is ---- */

#define PROGRESS_AFTER_NS (1 * NS_PER_S)
#define PROGRESS_EVERY_NS (200 * NS_PER_MS)

/* Whoever waits for a second wants to know for what. */
static void tell_progress(struct pass *pass, const char *what)
{
	uint64_t now = clock_now();

	notify_alive();
	if (now < pass->begun + PROGRESS_AFTER_NS || now < pass->next_progress)
		return;
	pass->next_progress = now + PROGRESS_EVERY_NS;
	diag_progress("looking %s %zu sockets", what, pass->met);
}

static void count_met(struct pass *pass, const struct records *found)
{
	struct wire_head head;

	for (size_t at = 0; at < found->len; at += head.len) {
		memcpy(&head, found->bytes + at, sizeof(head));
		pass->met += head.kind == WIRE_SNAPSHOT;
	}
}

/* ---- interfaces ---- */

struct device {
	const struct pass *pass;
	uint32_t netns, number;
	int err; /* what pass->fn said */
};

/* One that is gone meanwhile has no name. */
static int tell_device(void *ctx)
{
	struct device *device = ctx;
	struct wire_name name = {
		.head = {.ts = clock_now(), .kind = WIRE_NAME, .len = sizeof(name)},
		.id = WIRE_DEVICE_ID(device->netns, device->number),
		.of = WIRE_NAME_DEVICE};

	_Static_assert(IF_NAMESIZE <= sizeof(name.text), "a name fits");
	if (if_indextoname(device->number, name.text))
		device->err = device->pass->fn(device->pass->ctx, &name, sizeof(name));
	return 0;
}

/* Of further ones the number is shown. */
static bool is_new_device(struct pass *pass, uint64_t id)
{
	for (size_t i = pass->n_devices; i > 0; i--)
		if (pass->devices[i - 1] == id)
			return false;
	if (pass->n_devices == DEVICES_MAX)
		return false;
	pass->devices[pass->n_devices++] = id;
	return true;
}

/* The interfaces that these sockets are bound to: their numbers mean something in their namespace
 * alone. */
static int tell_devices(struct pass *pass, const struct records *found)
{
	struct wire_snapshot s;

	for (size_t at = 0; at < found->len; at += s.head.len) {
		struct device device = {.pass = pass};

		memcpy(&s.head, found->bytes + at, sizeof(s.head));
		if (s.head.kind != WIRE_SNAPSHOT)
			continue;
		memcpy(&s, found->bytes + at, sizeof(s));
		device.netns = s.id.netns;
		device.number = s.device;
		if (!s.device || !is_new_device(pass, WIRE_DEVICE_ID(s.id.netns, s.device)))
			continue;
		netns_call(device.netns, tell_device, &device);
		if (device.err)
			return device.err;
	}
	return 0;
}

/* ---- a namespace ---- */

static __u32 begins_with(void)
{
	return WIRE_C_BEGINS | (pid_namespace() ? WIRE_C_HIDDEN : 0) |
	       (pid_namespace_is_not_of_proc() ? WIRE_C_PROC : 0);
}

static int tell_bounds(const struct pass *pass, bool begins)
{
	struct wire_census census = {
		.head = {.ts = clock_now(), .kind = WIRE_CENSUS, .len = sizeof(census)},
		.begins = begins ? begins_with() : 0,
		.missing = pass->missing};

	return pass->fn(pass->ctx, &census, sizeof(census));
}

/* What was not told of this namespace was not there when its iterator began. */
static int tell_swept(const struct pass *pass, uint32_t netns, uint64_t begun)
{
	struct wire_swept swept = {.head = {.ts = begun, .kind = WIRE_SWEPT, .len = sizeof(swept)},
				   .netns = netns};

	return pass->fn(pass->ctx, &swept, sizeof(swept));
}

/* What was read, merged with the events until now; without it if they are `ret_late`. */
static int hand_over(const struct pass *pass, const struct records *found, bool *ret_late)
{
	static const struct records none;
	const struct inspect *inspect = pass->inspect;
	int err = inspect->merge ? inspect->merge(inspect->source, found, pass->fn, pass->ctx)
				 : records_merge(&none, found, pass->fn, pass->ctx);

	*ret_late = err > 0;
	return err > 0 ? 0 : err;
}

/* Keeps what is told now. Is it something that was not told before? */
static bool note_news(int *told, int now)
{
	bool is_new = now && now != *told;

	*told = now;
	return is_new;
}

static bool is_asked(void *ctx, uint32_t netns)
{
	const struct pass *pass = ctx;
	const struct match_config *match = pass->inspect->match;

	return !match || !match->n_netns || match_netns(match, netns);
}

static bool is_among(const uint32_t *all, uint32_t n, uint32_t netns)
{
	while (n && all[n - 1] != netns)
		n--;
	return n;
}

/* False if it is noted already. */
static bool note_unseen(struct pass *pass, uint32_t netns)
{
	if (pass->n_unseen == UNSEEN_MAX || is_among(pass->unseen, pass->n_unseen, netns))
		return false;
	pass->unseen[pass->n_unseen++] = netns;
	pass->missing++;
	return true;
}

/* Once a namespace is gone another one gets its name, and maybe its number. */
static bool is_gone(const struct inspect *inspect, uint32_t i)
{
	uint32_t netns = inspect->match->netns[i];
	uint64_t cookie = inspect->netns_cookies[i], now;

	if (!netns_is_known(netns))
		return true;
	now = cookie ? netns_cookie(netns) : 0;
	return now && now != cookie;
}

static void look_for_gone(struct pass *pass)
{
	const struct match_config *match = pass->inspect->match;
	uint32_t last = 0;
	int gone = 0;

	for (uint32_t i = 0; match && i < match->n_netns; i++)
		if (is_gone(pass->inspect, i) && note_unseen(pass, match->netns[i])) {
			last = match->netns[i];
			gone++;
		}
	if (!note_news(&pass->inspect->told->gone, gone))
		return;
	diag_warn("network namespace %u (--netns) is gone, or only sockets keep it: not looked at",
		  last);
	diag_hint("start again if there is a new one of that name");
}

static void tell_blind(int err)
{
	const char *cure = shortage_cure(-err, NULL);

	diag_error("cannot look at the sockets here: %s", strerror(-err));
	if (cure)
		diag_hint("%s", cure);
}

static uint64_t cookie_of(const void *record, uint16_t kind)
{
	struct wire_snapshot s;
	struct wire_holder h;

	if (kind == WIRE_SNAPSHOT)
		return memcpy(&s, record, sizeof(s)), s.id.cookie;
	return kind == WIRE_HOLDER ? (memcpy(&h, record, sizeof(h)), h.cookie) : 0;
}

static void keep_unheld(const struct unheld *unheld, struct records *found)
{
	struct wire_head head;
	size_t kept = 0;

	for (size_t at = 0; at < found->len; at += head.len) {
		memcpy(&head, found->bytes + at, sizeof(head));
		if (!unheld_has(unheld, cookie_of(found->bytes + at, head.kind)))
			continue;
		memmove(found->bytes + kept, found->bytes + at, head.len);
		kept += head.len;
	}
	found->len = kept;
}

/* One look at the sockets of the namespace that we are in. */
struct look {
	struct pass *pass;
	uint32_t netns;
	struct asker *asker;
	const struct unheld *among; /* only these; NULL: all */
	bool has_begun;
	bool is_late; /* what it found since is left out */
	int err;      /* of handing over: no fault of the iterator's */
};

static int take_sockets(void *ctx, struct records *found)
{
	struct look *look = ctx;
	struct pass *pass = look->pass;

	if (look->among)
		keep_unheld(look->among, found);
	else if (!look->has_begun)
		look->err = limits_tell(look->netns, pass->fn, pass->ctx);
	look->has_begun = true;
	count_met(pass, found);
	tell_progress(pass, "at");
	way_tell(look->asker, found);
	if (!look->err)
		look->err = tell_devices(pass, found);
	if (!look->err)
		look->err = hand_over(pass, found, &look->is_late);
	return look->err || look->is_late;
}

/* Where nobody may ask, what this host lacks is told as a peer that does not answer. */
static void warn_of_ways(const struct pass *pass, int err)
{
	if (err && note_news(&pass->inspect->told->ways, err))
		diag_warn("cannot ask for routes, addresses and neighbours (rtnetlink): %s: if "
			  "this host lacks one, that is not told",
			  strerror(-err));
}

/* 0, or why the iterator could not be read. look->err tells of the rest. */
static int look_at_sockets(struct look *look)
{
	int err;

	look->asker = way_begin();
	if (!look->asker)
		return -ENOMEM;
	err = iter_each(look->pass->inspect->socks, take_sockets, look);
	warn_of_ways(look->pass, way_end(look->asker));
	return look->err || look->is_late ? 0 : err;
}

static void warn_of_blindness(const struct pass *pass, uint32_t netns, int err)
{
	struct inspect_told *told = pass->inspect->told;

	if (netns == pass->home && note_news(&told->here, err))
		tell_blind(err);
	else if (netns != pass->home && err && note_news(&told->elsewhere, err))
		diag_warn("cannot look at the sockets of network namespace %u: %s", netns,
			  strerror(-err));
}

static int look_into(void *ctx, uint32_t netns)
{
	struct pass *pass = ctx;
	struct look look = {.pass = pass, .netns = netns};
	uint64_t begun = clock_now();
	int err;

	pass->has_looked = true;
	tell_progress(pass, "at");
	err = look_at_sockets(&look);
	warn_of_blindness(pass, netns, err);
	pass->missing += err || look.is_late;
	if (err)
		return netns == pass->home ? err : 0;
	return look.err || look.is_late ? look.err : tell_swept(pass, netns, begun);
}

/* ---- holders ---- */

/* Takes what tells of namespaces out of the records, and notes those that nobody looked into. */
static void take_unseen(struct pass *pass, struct records *found)
{
	struct wire_met met;
	size_t kept = 0;

	for (size_t at = 0; at < found->len; at += met.head.len) {
		memcpy(&met, found->bytes + at, sizeof(met));
		if (met.head.kind != WIRE_MET) {
			memmove(found->bytes + kept, found->bytes + at, met.head.len);
			kept += met.head.len;
		} else if (!netns_is_known(met.netns) && is_asked(pass, met.netns)) {
			note_unseen(pass, met.netns);
		}
	}
	found->len = kept;
}

static int note_all(struct unheld *left, const struct records *found)
{
	struct wire_head head;
	int err = 0;

	for (size_t at = 0; at < found->len && !err; at += head.len) {
		memcpy(&head, found->bytes + at, sizeof(head));
		err = unheld_note(left, found->bytes + at);
	}
	return err;
}

/* One look at the descriptors of all processes. */
struct holding {
	struct pass *pass;
	struct unheld *among; /* only these, which are noted; NULL: all */
	bool is_late;
	int err; /* of handing over */
};

static int take_holders(void *ctx, struct records *found)
{
	struct holding *holding = ctx;

	tell_progress(holding->pass, "for the processes of");
	take_unseen(holding->pass, found);
	if (holding->among) {
		keep_unheld(holding->among, found);
		holding->err = note_all(holding->among, found);
	}
	if (!holding->err)
		holding->err = tell_devices(holding->pass, found);
	if (!holding->err)
		holding->err = hand_over(holding->pass, found, &holding->is_late);
	return holding->err || holding->is_late;
}

static int look_at_holders(struct pass *pass)
{
	struct holding holding = {.pass = pass};
	int err;

	if (!pass->inspect->holders)
		return 0;
	err = iter_each(pass->inspect->holders, take_holders, &holding);
	if (holding.err || holding.is_late)
		err = 0;
	if (note_news(&pass->inspect->told->holders, err))
		diag_warn("cannot see which processes hold a socket: %s", strerror(-err));
	return holding.err;
}

/* Some are gone before they are entered: only more than ever are worth a word. */
static void warn_of_missing(const struct pass *pass)
{
	struct inspect_told *told = pass->inspect->told;
	uint32_t missing = pass->missing - (uint32_t)told->gone;

	if (missing > told->missing)
		diag_warn("%u network namespace%s could not be entered: not looked at", missing,
			  missing == 1 ? "" : "s");
	if (missing > told->missing)
		told->missing = missing;
	if (pid_namespace() && !told->hidden)
		diag_warn("processes of other pid namespaces are out of sight: the owner of their "
			  "sockets is '?'");
	if (pid_namespace_is_not_of_proc() && !told->hidden)
		diag_warn("/proc is that of another pid namespace: no command about a process is "
			  "given");
	told->hidden = true;
}

struct taker {
	struct names *names;
	struct unheld *unheld; /* NULL: not asked for */
	record_fn fn;
	void *ctx;
};

static int note_and_take(void *ctx, const void *record, size_t len)
{
	const struct taker *taker = ctx;

	names_meet(taker->names, record);
	if (taker->unheld && unheld_note(taker->unheld, record))
		return -ENOMEM;
	return taker->fn(taker->ctx, record, len);
}

/* ---- again ---- */

struct again {
	struct pass *pass;
	const struct unheld *unheld;
	struct unheld *left; /* notes which of these are there still; NULL: they are told */
	int err;             /* of handing over, or noting */
};

static int note_left(void *ctx, struct records *found)
{
	struct again *again = ctx;

	keep_unheld(again->unheld, found);
	again->err = note_all(again->left, found);
	return again->err;
}

static int look_once_more(void *ctx)
{
	struct again *again = ctx;
	struct look look = {.pass = again->pass, .among = again->unheld};

	if (again->left) {
		iter_each(again->pass->inspect->socks, note_left, again);
	} else {
		look_at_sockets(&look);
		again->err = look.err;
	}
	return 0;
}

/* In each namespace that has one of them. */
static int look_at_sockets_again(struct again *again)
{
	const struct unheld *unheld = again->unheld;
	uint32_t done[UNSEEN_MAX], n = 0;

	for (size_t i = 0; i < unheld->n && n < UNSEEN_MAX && !again->err; i++) {
		uint32_t netns = unheld->sockets[i].netns;

		if (is_among(done, n, netns))
			continue;
		done[n++] = netns;
		netns_call(netns, look_once_more, again);
	}
	return again->err;
}

/* Tells who holds one of them after all. False if that could not be looked at. */
static bool look_at_holders_again(struct pass *pass, struct unheld *left, int *ret_err)
{
	struct holding holding = {.pass = pass, .among = left};
	int err = iter_each(pass->inspect->holders, take_holders, &holding);

	*ret_err = holding.err;
	return !err;
}

/*
 * What is there still, and no orphan, has a file that no process has: most are not there any more.
 * A descriptor that was passed on during the look may have been with each process when it was not
 * its turn; so where there are any, all descriptors are looked at once more. What cannot be looked
 * at again is not said to be held by nobody.
 */
static int look_again(struct pass *pass, struct unheld *unheld)
{
	struct unheld left = {0};
	struct again first = {.pass = pass, .unheld = unheld, .left = &left};
	struct again last = {.pass = pass, .unheld = &left};
	int err;

	unheld_settle(unheld);
	err = look_at_sockets_again(&first);
	unheld_settle(&left);
	if (!err && left.n && look_at_holders_again(pass, &left, &err)) {
		unheld_settle(&left);
		err = err ?: look_at_sockets_again(&last);
	}
	unheld_release(&left);
	return err;
}

static int look_at_all(struct pass *pass, struct taker *taker)
{
	struct unheld *unheld = taker->unheld;
	int err, closed;

	pass->has_looked = false;
	closed = netns_each(is_asked, look_into, pass);
	if (closed < 0) {
		/* No way to any of them. What look_into() met it has told, and -EIO is told. */
		if (!pass->has_looked && closed != -EIO &&
		    note_news(&pass->inspect->told->here, closed))
			tell_blind(closed);
		return closed;
	}
	pass->missing += (uint32_t)closed;
	look_for_gone(pass);
	err = look_at_holders(pass);
	taker->unheld = NULL;
	if (err || !unheld || pass->inspect->told->holders)
		return err;
	return look_again(pass, unheld);
}

static int find_home(struct pass *pass)
{
	int err;

	pass->home = netns_current();
	if (pass->home)
		return 0;
	err = -errno;
	diag_error("cannot find network namespaces: /proc/self/ns/net: %s", strerror(-err));
	diag_hint("mount /proc");
	return err;
}

int inspect_run(const struct inspect *inspect, record_fn fn, void *ctx)
{
	struct unheld unheld = {0};
	bool sees_all = inspect->holders && !pid_namespace();
	struct taker taker = {
		.names = inspect->names, .unheld = sees_all ? &unheld : NULL, .fn = fn, .ctx = ctx};
	struct pass pass = {
		.inspect = inspect, .fn = note_and_take, .ctx = &taker, .begun = clock_now()};
	int err = find_home(&pass);

	if (!err)
		err = tell_bounds(&pass, true);
	if (!err)
		err = limits_tell_host(pass.fn, pass.ctx);
	if (!err)
		err = look_at_all(&pass, &taker);
	unheld_release(&unheld);
	diag_progress_end();
	if (!err)
		warn_of_missing(&pass);
	if (!err)
		err = names_tell(inspect->names, fn, ctx);
	return err ? err : tell_bounds(&pass, false);
}
