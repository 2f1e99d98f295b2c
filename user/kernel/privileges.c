/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* privileges.c - see privileges.h. */
#include "kernel/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/diag.h"

/* Of the first user namespace: PROC_USER_INIT_INO in the kernel's include/linux/proc_ns.h. */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDu

/* What capabilities are for. */
enum use {
	USE_TRACE, /* load and attach programs: without it nothing works */
	USE_NETNS, /* look into other network namespaces */
};

#define TEXT_MAX 64

/* What each is needed for was found out by leaving it out (6.18). */
static const struct {
	enum use use;
	cap_value_t cap;
	const char *name;
	bool as_admin; /* CAP_SYS_ADMIN does as well */
} rows[] = {
	{USE_TRACE, CAP_BPF, "CAP_BPF", true},
	{USE_TRACE, CAP_PERFMON, "CAP_PERFMON", true},
	{USE_NETNS, CAP_SYS_ADMIN, "CAP_SYS_ADMIN", false},   /* setns() */
	{USE_NETNS, CAP_SYS_PTRACE, "CAP_SYS_PTRACE", false}, /* /proc/PID/ns/net */
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- what is held ---- */

static bool in_first_user_namespace(void)
{
	struct stat st;

	/* Without /proc there is no telling; nearly everybody is in it. */
	return stat("/proc/self/ns/user", &st) || (unsigned)st.st_ino == FIRST_USER_NAMESPACE;
}

static bool holds(cap_value_t cap)
{
	cap_t held = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (held && cap_get_flag(held, cap, CAP_EFFECTIVE, &value))
		value = CAP_CLEAR;
	cap_free(held);
	return value == CAP_SET;
}

static bool counts(cap_value_t cap)
{
	return in_first_user_namespace() && holds(cap);
}

/* "CAP_BPF and CAP_PERFMON are missing": those of this use that we do not hold. False if none is.
 */
static bool missing_for(enum use use, char ret_text[TEXT_MAX])
{
	const char *missing[ROWS];
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].use == use && !counts(rows[i].cap) &&
		    !(rows[i].as_admin && counts(CAP_SYS_ADMIN)))
			missing[n++] = rows[i].name;
	if (!n)
		return false;
	snprintf(ret_text, TEXT_MAX, "%s%s%s %s missing", missing[0], n > 1 ? " and " : "",
		 n > 1 ? missing[1] : "", n > 1 ? "are" : "is");
	return true;
}

/* ---- in words ---- */

const char *privileges_refusal(void)
{
	static char text[TEXT_MAX];

	if (!in_first_user_namespace())
		return "not permitted in a user namespace, whatever it holds";
	return missing_for(USE_TRACE, text) ? text
					    : "not permitted, though no capability is missing";
}

const char *privileges_refusal_cure(void)
{
	char text[TEXT_MAX];

	if (!in_first_user_namespace())
		return "run as root outside of it";
	if (missing_for(USE_TRACE, text))
		return "run as root, or `setcap cap_bpf,cap_perfmon,cap_syslog=ep` the program";
	return "look at lockdown (/sys/kernel/security/lockdown), a container's seccomp filter, "
	       "and before Linux 5.11 at `ulimit -l`";
}

static int kptr_restrict(void)
{
	FILE *file = fopen("/proc/sys/kernel/kptr_restrict", "re");
	int value = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

const char *privileges_addresses_cure(void)
{
	bool hidden_from_all = kptr_restrict() >= 2;

	if (counts(CAP_SYSLOG))
		return "sysctl kernel.kptr_restrict=1";
	return hidden_from_all ? "CAP_SYSLOG is missing, and sysctl kernel.kptr_restrict=1"
			       : "CAP_SYSLOG is missing";
}

void privileges_note_netns(const char *loss)
{
	char text[TEXT_MAX];

	if (missing_for(USE_NETNS, text))
		diag_note("%s: %s network namespaces cannot be looked into; %s", text,
			  counts(CAP_SYS_ADMIN) ? "unnamed" : "other", loss);
}

/* ---- giving up ---- */

/* libcap refuses an empty list. */
static bool add(cap_t caps, cap_flag_t set, const cap_value_t *list, int n)
{
	return !n || !cap_set_flag(caps, set, n, list, CAP_SET);
}

/* To exactly these: the first `n_effective` in effect, the rest only permitted. False with errno.
 */
static bool set_to(const cap_value_t *list, int n_effective, int n_permitted)
{
	cap_t caps = cap_init();
	bool ok = caps && add(caps, CAP_PERMITTED, list, n_permitted) &&
		  add(caps, CAP_EFFECTIVE, list, n_effective) && !cap_set_proc(caps);

	cap_free(caps);
	return ok;
}

/* So that no exec gives anything back. It takes CAP_SETPCAP; without that, no-new-privs does the
 * same. */
static void empty_bounding_set(void)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		cap_drop_bound(cap);
}

static bool drop(bool netns, bool (*works)(void *ctx), void *ctx)
{
	/* CAP_BPF last, so that a length says whether it is among them. */
	cap_value_t keep[ROWS];
	int n = 0, n_bpf;

	/* To read others' namespaces is of no use without a way into them. */
	for (size_t i = 0; netns && holds(CAP_SYS_ADMIN) && i < ROWS; i++)
		if (rows[i].use == USE_NETNS && holds(rows[i].cap))
			keep[n++] = rows[i].cap;
	n_bpf = n + (works && holds(CAP_BPF));
	keep[n] = CAP_BPF;
	empty_bounding_set();
	if (!set_to(keep, n, n_bpf))
		return false;
	if (n_bpf > n && !works(ctx))
		n = n_bpf;
	return set_to(keep, n, n) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int privileges_drop(bool netns, bool (*works)(void *ctx), void *ctx)
{
	int err;

	errno = 0;
	if (drop(netns, works, ctx))
		return 0;
	err = errno ? -errno : -EPERM;
	diag_error("cannot give up privileges: %s", strerror(-err));
	diag_hint("a seccomp filter that forbids capset() or prctl() is in the way");
	return err;
}
