/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.c - see features.h. */
#include "kernel/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/shortage.h"
#include "kernel/loader.h"
#include "kernel/privileges.h"

/* ---- reasons, in words ---- */

static const struct {
	int error;
	bool is_errno; /* a system call gave it */
	const char *meaning;
	const char *cure;
} errors[] = {
	{EACCES, true, "refused by the verifier, a security module or a seccomp filter",
	 "run with -v for the verifier's words"},
	{EINVAL, true, "the kernel does not know this kind of program, or what it calls",
	 "a newer kernel"},
	{E2BIG, true, "too complex for this kernel's verifier", "a newer kernel"},
	{ESRCH, true, "not in this kernel's BTF: a function or tracepoint of that name",
	 "a kernel that has it"},
	{ENOENT, true, "this kernel does not have it: no such function, tracepoint or probe",
	 "CONFIG_KPROBES=y for kprobes, CONFIG_FTRACE_SYSCALLS=y for system calls"},
	{ENOTSUP, true, "not supported on this architecture or kernel", "a newer kernel"},
	{524, true, "not supported on this architecture or kernel", "a newer kernel"},
	{EMFILE, true, "too many open files", NULL},
	{ENFILE, true, "too many open files on this host", NULL},
	{ENOMEM, true, "out of memory", NULL},
	{ENOSYS, true, "bpf(2) is forbidden by a seccomp filter, or not in this kernel",
	 "a container's seccomp profile that permits bpf(2), or CONFIG_BPF_SYSCALL=y"},
	{LOADER_NO_BTF, false, "this kernel has no BTF",
	 "CONFIG_DEBUG_INFO_BTF=y, and /sys mounted"},
	{LOADER_ADDRESSES_HIDDEN, false, "kernel addresses are hidden", NULL},
	{LOADER_NO_SYMBOLS, false, "kernel symbols cannot be read: /proc/kallsyms",
	 "run where no container or unit (ProtectKernelTunables=) hides the file"},
	{LOADER_NO_REGISTERS, false, "built for an architecture whose registers it does not know",
	 "x86-64 or arm64"},
	{LOADER_NO_TRACEFS, false, "tracefs cannot be read, nor mounted",
	 "root or CAP_DAC_READ_SEARCH, and tracefs at /sys/kernel/tracing or CAP_SYS_ADMIN"},
	{FEATURES_NO_MINIS, false, "mini-sockets are not seen at all",
	 "what would let a way of time-wait work"},
	{FEATURES_SAMPLED, false,
	 "mini-sockets are only met by sweeps, which come after one has gone",
	 "what would let a better way of time-wait work"},
};

const char *features_meaning(int error)
{
	if (error == EPERM)
		return privileges_refusal();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].meaning;
	return strerror(error);
}

const char *features_cure(int error)
{
	if (error == EPERM)
		return privileges_refusal_cure();
	if (error == LOADER_ADDRESSES_HIDDEN)
		return privileges_addresses_cure();
	if (shortage_is(error))
		return shortage_cure(error, NULL);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].cure;
	return "run with -v for details";
}

bool features_is_errno(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].is_errno;
	return true;
}

/* ---- choosing ---- */

static bool has_way(enum feature feature, const char *name)
{
	for (int way = 0; ways_exist(feature, way); way++)
		if (!strcmp(feature_rows[feature].ways[way].name, name))
			return true;
	return false;
}

/* NULL: any. Request sockets are seen as mini-sockets are, where they can be. */
static const char *forced_way(enum feature feature, const struct kernel_request *request)
{
	const char *forced = request->timewait_way;

	if (feature == FEATURE_ACCEPT)
		return request->accept_way;
	if (feature == FEATURE_TIMEWAIT)
		return forced;
	return feature == FEATURE_HANDSHAKE && forced && has_way(feature, forced) ? forced : NULL;
}

/* The first from this one on that the request allows; -1: none. */
static int allowed_from(int way, enum feature feature, const struct kernel_request *request)
{
	const char *forced = forced_way(feature, request);

	for (; ways_exist(feature, way); way++) {
		const struct way *it = &feature_rows[feature].ways[way];

		if (forced ? !strcmp(it->name, forced) : !it->price)
			return way;
	}
	return -1;
}

/* Only SYN-RECEIVED has request sockets. */
static bool tells_handshakes(const struct kernel_request *request)
{
	return !request->told_states || request->told_states & 1 << WIRE_SYN_RECV;
}

static bool is_needed(enum feature feature, const struct kernel_request *request)
{
	if (feature == FEATURE_HANDSHAKE && !tells_handshakes(request))
		return false;
	return !request->only_looks || feature == FEATURE_IDENTITY || feature == FEATURE_SOCKETS ||
	       feature == FEATURE_HOLDERS;
}

enum feature features_essential(const struct kernel_request *request)
{
	return request->only_looks ? FEATURE_SOCKETS : FEATURE_TRANSITION;
}

/* Where no event tells of mini-sockets, nothing can tell what ended one early. */
static void judge_causes(struct features *features)
{
	int way = features->ways.chosen[FEATURE_TIMEWAIT];

	if (way >= 0 && way != TIMEWAIT_BY_SAMPLE)
		return;
	features->ways.chosen[FEATURE_CAUSE] = -1;
	if (!features->refused[FEATURE_CAUSE][0])
		features->refused[FEATURE_CAUSE][0] = way < 0 ? FEATURES_NO_MINIS
							      : FEATURES_SAMPLED;
}

static void choose_next(struct features *features, enum feature f, int error,
			const struct kernel_request *request)
{
	int way = features->ways.chosen[f];

	features->refused[f][way] = error;
	features->ways.chosen[f] = allowed_from(way + 1, f, request);
}

void features_refuse(struct features *features, enum feature which, int error,
		     const struct kernel_request *request)
{
	enum way_kind kind = ways_get(&features->ways, which)->kind;

	for (enum feature f = 0; f < FEATURES; f++) {
		const struct way *way = ways_get(&features->ways, f);

		if (f == which || (way && kind != WAY_OF_ANY_KIND && way->kind == kind))
			choose_next(features, f, error, request);
	}
	judge_causes(features);
}

/* A kind that is refused as a whole is asked about once, which is cheaper than to try each way. */
static void skip_refused_kinds(struct features *features, const struct kernel_request *request)
{
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct way *way;
		int err;

		while ((way = ways_get(&features->ways, f)) && (err = loader_try_kind(way->kind)))
			choose_next(features, f, -err, request);
	}
}

struct features features_expected(const struct kernel_request *request)
{
	struct features features = {.ways = ways_none()};

	for (enum feature f = 0; f < FEATURES; f++)
		if (is_needed(f, request))
			features.ways.chosen[f] = allowed_from(0, f, request);
	skip_refused_kinds(&features, request);
	judge_causes(&features);
	return features;
}

static void try(struct features *features, enum feature f, int way, bool attaching)
{
	features->refused[f][way] = -loader_try(f, way, attaching);
	if (!features->refused[f][way] && features->ways.chosen[f] < 0)
		features->ways.chosen[f] = way;
}

/* As if nobody had named a way. */
static void try_unasked(struct features *features, enum feature f, int way)
{
	int chosen = features->ways.chosen[f];

	try(features, f, way, true);
	if (feature_rows[f].ways[way].price)
		features->ways.chosen[f] = chosen;
}

static void find(struct features *features, enum feature f, const struct kernel_request *request,
		 bool attaching)
{
	int way = allowed_from(0, f, request);

	if (f == FEATURE_TRANSITION && !attaching)
		features->ways.chosen[f] = way;
	for (; way >= 0 && features->ways.chosen[f] < 0; way = allowed_from(way + 1, f, request))
		try(features, f, way, attaching);
}

struct features features_found(const struct kernel_request *request, bool attaching)
{
	struct features features = {.ways = ways_none()};

	for (enum feature f = 0; f < FEATURES; f++)
		if (is_needed(f, request))
			find(&features, f, request, attaching);
	judge_causes(&features);
	return features;
}

int features_shortage(const struct features *features)
{
	for (enum feature f = 0; f < FEATURES; f++)
		for (int way = 0; way < WAYS_MAX; way++)
			if (shortage_is(features->refused[f][way]))
				return features->refused[f][way];
	return 0;
}

struct features features_of_kernel(void)
{
	struct features features = {.ways = ways_none()};

	for (enum feature f = 0; f < FEATURES; f++)
		for (int way = 0; ways_exist(f, way); way++)
			try_unasked(&features, f, way);
	judge_causes(&features);
	return features;
}

/* ---- the choice, in words ---- */

/* Why there is none: the reason for each way. */
static void describe_refusals(const struct features *features, enum feature which, char *text)
{
	const struct feature_row *row = &feature_rows[which];
	size_t used = 0;

	for (int w = 0; ways_exist(which, w) && used < META_TEXT_MAX; w++)
		if (features->refused[which][w])
			used += (size_t)snprintf(text + used, META_TEXT_MAX - used, "%s%s: %s",
						 used ? "; " : "", row->ways[w].name,
						 features_meaning(features->refused[which][w]));
}

void features_describe(const struct features *features, enum feature which, uint64_t tick_ns,
		       char *text)
{
	const struct way *way = ways_get(&features->ways, which);
	char tick[CLOCK_TEXT_MAX];

	if (!way)
		describe_refusals(features, which, text);
	else if (!way->needs_addresses)
		snprintf(text, META_TEXT_MAX, "%s", way->words);
	else
		snprintf(text, META_TEXT_MAX, "%s%s%s (to a jiffy, %s)", way->words,
			 features->ways.chosen[FEATURE_SWEEP] < 0 ? "" : ", and ",
			 features->ways.chosen[FEATURE_SWEEP] < 0
				 ? ""
				 : feature_rows[FEATURE_SWEEP].ways[0].words,
			 clock_duration(tick_ns, tick));
}
