/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* privileges.c - see privileges.h. */
#include "kernel/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup_tree.h"
#include "base/confine.h"
#include "base/diag.h"
#include "base/shortage.h"
#include "kernel/netns.h"

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

/* So that no exec gives anything back. It takes CAP_SETPCAP; without that, no-new-privs does the
 * same. */
static void empty_bounding_set(void)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		cap_drop_bound(cap);
}

/* Root without capabilities still owns /etc. Where this is refused (a container that was not given
 * CAP_SETUID) we stay who we are: `features` tells. */
static int leave_root(void)
{
	return getuid() && geteuid() ? 0 : confine_user(CONFINE_NOBODY, CONFINE_NOBODY);
}

/* Of the process that finds namespaces: it reads /proc/PID/ns and goes, as root could, through
 * folders that others may not enter. It enters none. */
static int confine_finder(void *ctx)
{
	cap_value_t keep[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
	const bool *elsewhere = ctx;
	int n = *elsewhere ? confine_held(keep, 2) : 0, err;

	leave_root();
	err = confine_capabilities(keep, n, n);
	return err ? err : confine_exec();
}

/* /proc is for the namespaces' limits, /sys for the names of cgroups. */
static int give_up_files(void)
{
	const struct confine_place places[] = {
		{"/proc", CONFINE_READ}, {"/sys", CONFINE_READ}, {cgroup_tree(), CONFINE_READ}};

	tzset(); /* reads a file, once */
	return confine_files(places, sizeof(places) / sizeof(places[0]));
}

static int drop(bool elsewhere, bool (*works)(void *ctx), void *ctx)
{
	cap_value_t admin = CAP_SYS_ADMIN, keep[] = {CAP_SYS_ADMIN, CAP_BPF};
	int n, n_bpf, err = 0;

	empty_bounding_set();
	/* To find others' namespaces is of no use without a way into them. */
	elsewhere = elsewhere && confine_held(&admin, 1);
	/* Still as root, which may have as many processes as it wants. */
	if (works)
		err = netns_delegate(confine_finder, &elsewhere);
	leave_root();
	/* CAP_BPF last, so that a length says whether it is among them. */
	n = elsewhere;
	keep[n] = CAP_BPF;
	n_bpf = n + (works ? confine_held(&keep[n], 1) : 0);
	if (!err)
		err = confine_capabilities(keep, n, n_bpf);
	if (!err && n_bpf > n && !works(ctx))
		n = n_bpf;
	if (!err)
		err = confine_capabilities(keep, n, n);
	return err ? err : confine_exec();
}

int privileges_drop(bool elsewhere, bool (*works)(void *ctx), void *ctx)
{
	int err = drop(elsewhere, works, ctx);

	if (err) {
		diag_error("cannot give up privileges: %s", strerror(-err));
		diag_hint("%s", err == -EAGAIN
					? "a limit of processes is reached (`ulimit -u`, "
					  "TasksMax=, pids.max): a second process is needed"
					: shortage_cure(-err, "a seccomp filter that forbids "
							      "capset(), prctl() or fork() "
							      "is in the way"));
		return err;
	}
	err = give_up_files();
	if (err)
		diag_detail("no Landlock: %s", strerror(-err));
	return 0;
}

/* ---- what can be given up here ---- */

static int try_landlock(void)
{
	int err = confine_exec();

	return err ? err : give_up_files();
}

const struct privileges_limit privileges_limits[] = {
	{.name = "user",
	 .gives = "once it traces, it is not root and owns no file of root's",
	 .loss = "it stays root, without capabilities, while it traces",
	 .way = "nobody",
	 .words = "root becomes uid and gid 65534, with no other group",
	 .why = "CAP_SETUID or CAP_SETGID is missing, or uid 65534 is not mapped",
	 .cure = "give a container both; map 65534 in its user namespace",
	 .try = leave_root},
	{.name = "files",
	 .gives = "once it traces, it opens no file outside /proc and /sys, and runs none",
	 .loss = "it may open what its user may open",
	 .way = "landlock",
	 .words = "Landlock, as far as this kernel's version of it goes",
	 .why = "no Landlock in this kernel, or not permitted",
	 .cure = "Linux 5.13 or later, CONFIG_SECURITY_LANDLOCK=y, landlock in the boot option "
		 "lsm=, and a seccomp filter that permits it",
	 .try = try_landlock},
	{0}};

int privileges_try(const struct privileges_limit *limit)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(-limit->try());
	if (pid < 0)
		return errno;
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}
