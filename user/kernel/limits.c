/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* limits.c - see limits.h. */
#include "kernel/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kernel/proc_text.h"
#include "wire.h"

#define SYS        "/proc/sys/net/ipv4/"
#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Where it is no sysctl yet (before 6.14): tcp_twsk_unique() wants a second on. */
#define TW_REUSE_DELAY_MS 1000

/* /proc/sys/net shows the network namespace of the reader. 0: not readable. */
static void read_numbers(const char *name, uint32_t *first, uint32_t *second)
{
	char path[128], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), SYS "%s", name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, sizeof(text), file))
		sscanf(text, "%" SCNu32 " %" SCNu32, first, second);
	fclose(file);
}

/* Adds a range to the list, if there is room. */
static void add_reserved(struct wire_name *list, uint32_t first, uint32_t last)
{
	size_t used = strlen(list->text);
	int len = snprintf(NULL, 0, ",%u-%u", first, last);

	if (used + (size_t)len < sizeof(list->text))
		sprintf(list->text + used, "%s%u-%u", used ? "," : "", first, last);
}

/* How many ports from `low` to `high` are in a list such as "8080,9000-9100", and which. */
static __u16 count_reserved(uint32_t low, uint32_t high, struct wire_name *list)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_reserved_ports", "re");
	uint32_t count = 0, first, last;
	int matched = 0;

	while (file && (matched = fscanf(file, "%" SCNu32 "-%" SCNu32, &first, &last)) > 0) {
		if (matched == 1)
			last = first;
		first = first > low ? first : low;
		last = last < high ? last : high;
		count += first <= last ? last - first + 1 : 0;
		if (first <= last)
			add_reserved(list, first, last);
		if (fgetc(file) != ',')
			break;
	}
	if (file)
		fclose(file);
	return (__u16)count;
}

/* Of how long the kernel tries. */
static void read_patience(struct wire_limits *limits)
{
	const struct {
		const char *name;
		uint32_t *number;
	} rows[] = {{"tcp_retries2", &limits->retries2},
		    {"tcp_orphan_retries", &limits->orphan_retries},
		    {"tcp_syn_retries", &limits->syn_retries},
		    {"tcp_syn_linear_timeouts", &limits->syn_linear_timeouts},
		    {"tcp_synack_retries", &limits->synack_retries},
		    {"tcp_keepalive_time", &limits->keepalive_s},
		    {"tcp_keepalive_intvl", &limits->keepalive_every_s},
		    {"tcp_keepalive_probes", &limits->keepalive_probes}};
	uint32_t thin = 0, none;

	for (size_t i = 0; i < ROWS(rows); i++)
		read_numbers(rows[i].name, rows[i].number, &none);
	read_numbers("tcp_thin_linear_timeouts", &thin, &none);
	limits->thin = thin != 0;
}

/* The namespace of the thread that reads, which may be another one than its process's. */
static void read_refused(struct wire_limits *limits)
{
	const struct {
		const char *name;
		__u64 *number;
	} rows[] = {{"ListenOverflows", &limits->listen_overflows},
		    {"ListenDrops", &limits->listen_drops},
		    {"SyncookiesSent", &limits->cookies_sent},
		    {"TCPReqQFullDrop", &limits->half_open_drops}};
	FILE *file = fopen("/proc/thread-self/net/netstat", "re");
	char *names = NULL, *numbers = NULL;
	size_t names_room = 0, numbers_room = 0;

	for (size_t i = 0; i < ROWS(rows); i++)
		*rows[i].number = UINT64_MAX;
	while (file && limits->listen_drops == UINT64_MAX &&
	       getline(&names, &names_room, file) > 0 && getline(&numbers, &numbers_room, file) > 0)
		for (size_t i = 0; i < ROWS(rows); i++)
			*rows[i].number = proc_text_counter(names, numbers, "TcpExt", rows[i].name);
	free(names);
	free(numbers);
	if (file)
		fclose(file);
}

int limits_tell(uint32_t netns, record_fn fn, void *ctx)
{
	struct wire_limits limits = {
		.head = {.ts = clock_now(), .kind = WIRE_LIMITS, .len = sizeof(limits)},
		.netns = netns};
	struct wire_name reserved = {
		.head = {.ts = limits.head.ts, .kind = WIRE_NAME, .len = sizeof(reserved)},
		.id = netns,
		.of = WIRE_NAME_RESERVED};
	int err;
	uint32_t low = 0, high = 0, reuse = 0, autobind = 0, none = 0;

	read_numbers("tcp_max_tw_buckets", &limits.max_tw_buckets, &none);
	read_numbers("tcp_fin_timeout", &limits.fin_timeout, &none);
	read_numbers("ip_local_port_range", &low, &high);
	limits.port_low = (__u16)low;
	limits.port_high = (__u16)high;
	limits.ports_reserved = count_reserved(low, high, &reserved);
	read_numbers("tcp_tw_reuse", &reuse, &none);
	limits.tw_reuse = (__u8)reuse;
	read_numbers("ip_autobind_reuse", &autobind, &none);
	limits.autobind_reuse = autobind != 0;
	limits.tw_reuse_delay_ms = TW_REUSE_DELAY_MS;
	read_numbers("tcp_tw_reuse_delay", &limits.tw_reuse_delay_ms, &none);
	read_patience(&limits);
	read_refused(&limits);
	err = fn(ctx, &limits, sizeof(limits));
	if (!err && limits.ports_reserved)
		err = fn(ctx, &reserved, sizeof(reserved));
	return err;
}

/*
 * What /proc/net/sockstat counts of orphans and of memory is the same in each namespace: that of
 * the machine. Their limits are seen in the first one alone (ipv4_table,
 * net/ipv4/sysctl_net_ipv4.c).
 */
int limits_tell_host(record_fn fn, void *ctx)
{
	struct wire_host host = {
		.head = {.ts = clock_now(), .kind = WIRE_HOST, .len = sizeof(host)}};
	FILE *sockstat = fopen("/proc/net/sockstat", "re"), *limits = fopen(SYS "tcp_mem", "re");
	uint32_t none = 0;
	char line[128];

	read_numbers("tcp_max_orphans", &host.max_orphans, &none);
	if (limits && fscanf(limits, "%*u %llu %llu", &host.memory_pressure, &host.memory_max) != 2)
		host.memory_pressure = host.memory_max = 0;
	while (sockstat && fgets(line, sizeof(line), sockstat))
		sscanf(line, "TCP: inuse %*u orphan %u tw %*u alloc %*u mem %llu", &host.orphans,
		       &host.memory);
	if (limits)
		fclose(limits);
	if (sockstat)
		fclose(sockstat);
	return fn(ctx, &host, sizeof(host));
}
