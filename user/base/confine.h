/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * confine.h - what a process gives up, for good, before it goes on: its user, its capabilities, its
 * right to open files. Each by itself; call them in this order.
 */
#ifndef TCPDWELL_CONFINE_H
#define TCPDWELL_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/types.h>

/* The user and the group that own nothing. By number: a static binary cannot ask for names. */
#define CONFINE_NOBODY 65534

/* Makes this the real, effective and saved user and group, with no other group. Capabilities stay
 * permitted, but none is in effect. 0, or -errno: EPERM without CAP_SETUID and CAP_SETGID, and we
 * stay who we are; EINVAL: this user namespace does not have them, and we may have no other group.
 */
int confine_user(uid_t uid, gid_t gid);

/* Takes out of the list what is not permitted to us. How many are left. */
int confine_held(cap_value_t *list, int n);

/* Keeps exactly these: the first `n_effective` in effect, the rest only permitted. 0, or -errno. */
int confine_capabilities(const cap_value_t *list, int n_effective, int n_permitted);

/* No exec gives anything back (no-new-privs). 0, or -errno. */
int confine_exec(void);

/*
 * What is left to a process whose work is files of the folder that we are in: these rights there,
 * CONFINE_REPLACE, _MAKE, _WRITE or _KEEP, and, where root may write there by them alone,
 * CAP_DAC_OVERRIDE and CAP_FOWNER. Without Landlock capabilities go all the same. 0, or -errno: we
 * may not write there.
 */
int confine_to_folder(uint64_t rights);

/* What may be done below a folder. */
#define CONFINE_READ    0x0cu  /* read files, list folders */
#define CONFINE_REPLACE 0x120u /* rename and remove regular files within the folder */
#define CONFINE_MAKE    0x122u /* and make and write some */
#define CONFINE_WRITE   0x102u /* make and write some, and neither rename nor remove any */
#define CONFINE_KEEP                                                           \
	0x21beu /* CONFINE_MAKE and CONFINE_READ, in folders that are made and \
		 * removed there too, and links from one to the other */

struct confine_place {
	const char *path; /* of a folder; NULL, and one that is not there, are passed over */
	uint64_t rights;  /* CONFINE_* */
};

/*
 * By Landlock: from here on nothing else is opened, made, removed or run; no TCP port is bound, no
 * connection made, and no process outside looked into or signalled, as far as this kernel's version
 * of it goes. What is open stays open. It takes confine_exec() first.
 * 0, or -errno: nothing is changed, and ENOSYS or EOPNOTSUPP: this kernel has no Landlock, or one
 * that cannot permit a right that is to be kept (before 5.19, links from one folder to another).
 */
int confine_files(const struct confine_place *places, size_t n);

#endif
