/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* confine.c - see confine.h. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- who we are ---- */

int confine_user(uid_t uid, gid_t gid)
{
	cap_value_t needed[] = {CAP_SETUID, CAP_SETGID};
	int err = 0;

	if (confine_held(needed, 2) < 2)
		return -EPERM;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		err = -errno;
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	/* The kernel sees to it only if the user has changed. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return err;
}

/* ---- capabilities ---- */

int confine_held(cap_value_t *list, int n)
{
	cap_t held = cap_get_proc();
	int left = 0;

	for (int i = 0; i < n; i++) {
		cap_flag_value_t value = CAP_CLEAR;

		if (held && !cap_get_flag(held, list[i], CAP_PERMITTED, &value) && value == CAP_SET)
			list[left++] = list[i];
	}
	cap_free(held);
	return left;
}

/* libcap refuses an empty list. */
static bool add(cap_t caps, cap_flag_t set, const cap_value_t *list, int n)
{
	return !n || !cap_set_flag(caps, set, n, list, CAP_SET);
}

int confine_capabilities(const cap_value_t *list, int n_effective, int n_permitted)
{
	cap_t caps = cap_init();
	bool ok = caps && add(caps, CAP_PERMITTED, list, n_permitted) &&
		  add(caps, CAP_EFFECTIVE, list, n_effective) && !cap_set_proc(caps);
	int err = ok ? 0 : errno ? -errno : -EPERM;

	cap_free(caps);
	return err;
}

int confine_exec(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* ---- files ---- */

/* The numbers are those of the kernel's include/uapi/linux/landlock.h and of its table of system
 * calls, which are the same for every architecture that we build for: what we are built with may be
 * older than what we run on. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446
#define ASK_VERSION    1u
#define BELOW_PATH     1

struct ruleset {
	uint64_t files;
	uint64_t net;    /* bind TCP, connect TCP */
	uint64_t scoped; /* abstract sockets, signals */
};

struct rule {
	uint64_t rights;
	int32_t folder;
} __attribute__((packed));

/* All that each version knows, the first version first. */
static const struct ruleset versions[] = {
	{.files = 0x1fff},
	{.files = 0x3fff}, /* to another folder */
	{.files = 0x7fff}, /* truncate */
	{.files = 0x7fff, .net = 0x3},
	{.files = 0xffff, .net = 0x3}, /* ioctl() of devices */
	{.files = 0xffff, .net = 0x3, .scoped = 0x3},
};

#define VERSIONS ((long)(sizeof(versions) / sizeof(versions[0])))

static void allow(int rules, const struct confine_place *place)
{
	struct rule rule = {.rights = place->rights};

	rule.folder = place->path ? open(place->path, O_PATH | O_CLOEXEC) : -1;
	if (rule.folder < 0)
		return;
	syscall(ADD_RULE, rules, BELOW_PATH, &rule, 0);
	close(rule.folder);
}

int confine_files(const struct confine_place *places, size_t n)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	int rules, err = 0;

	if (version < 1)
		return version ? -errno : -ENOSYS;
	if (version > VERSIONS)
		version = VERSIONS;
	for (size_t i = 0; i < n; i++)
		if (places[i].rights & ~versions[version - 1].files)
			return -EOPNOTSUPP;
	rules = (int)syscall(CREATE_RULESET, &versions[version - 1], sizeof(versions[0]), 0);
	if (rules < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		allow(rules, &places[i]);
	if (syscall(RESTRICT_SELF, rules, 0))
		err = -errno;
	close(rules);
	return err;
}

int confine_to_folder(uint64_t rights)
{
	cap_value_t for_root[] = {CAP_DAC_OVERRIDE, CAP_FOWNER};
	int n = confine_held(for_root, 2);
	struct confine_place here = {".", rights};

	confine_capabilities(for_root, 0, n);
	if (!faccessat(AT_FDCWD, here.path, W_OK | X_OK, AT_EACCESS))
		n = 0;
	confine_capabilities(for_root, n, n);
	confine_exec();
	confine_files(&here, 1);
	return faccessat(AT_FDCWD, here.path, W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}
