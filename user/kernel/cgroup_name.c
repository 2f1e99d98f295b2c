/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cgroup_name.c - see cgroup_name.h. */
#include "kernel/cgroup_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_DIGITS   64
#define ID_SHOWN    12
#define PART_MAX    256
#define UNIT_SUFFIX ".scope"

/* How runtimes write a container's id, by systemd and by cgroupfs. */
static const struct {
	const char *before, *called;
} runtimes[] = {
	{"docker-", "docker"}, {"cri-containerd-", "containerd"}, {"crio-", "crio"},
	{"libpod-", "podman"}, {"nerdctl-", "nerdctl"},           {"containerd-", "containerd"},
};

static bool is_id(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdef");

	return digits == ID_DIGITS && (!text[digits] || !strcmp(text + digits, UNIT_SUFFIX));
}

/* Below these a container's id stands alone. */
static const char *called_by_parent(const char *parent)
{
	if (!strcmp(parent, "docker"))
		return "docker";
	return strncmp(parent, "libpod", 6) ? "container" : "podman";
}

static bool name_container(const char *part, const char *parent, char *text)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		size_t len = strlen(runtimes[i].before);

		if (!strncmp(part, runtimes[i].before, len) && is_id(part + len)) {
			snprintf(text, CGROUP_NAME_MAX, "%s:%.*s", runtimes[i].called, ID_SHOWN,
				 part + len);
			return true;
		}
	}
	if (is_id(part)) {
		snprintf(text, CGROUP_NAME_MAX, "%s:%.*s", called_by_parent(parent), ID_SHOWN,
			 part);
		return true;
	}
	return false;
}

/* systemd writes what may not stand in a unit's name as \x2d. What cannot be seen stays written so.
 */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned byte;

		if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
		    isxdigit((unsigned char)text[3]) && sscanf(text + 2, "%2x", &byte) == 1 &&
		    byte > ' ' && byte < 0x7f) {
			*to++ = (char)byte;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static bool name_machine(const char *part, char *text)
{
	size_t len = strlen(part), tail = strlen(UNIT_SUFFIX);
	const char *name = NULL;

	if (!strncmp(part, "lxc.payload.", 12))
		name = part + 12;
	if (name) {
		snprintf(text, CGROUP_NAME_MAX, "lxc:%.*s", CGROUP_NAME_MAX - 5, name);
		return true;
	}
	if (strncmp(part, "machine-", 8) != 0 || len <= 8 + tail ||
	    strcmp(part + len - tail, UNIT_SUFFIX) != 0)
		return false;
	snprintf(text, CGROUP_NAME_MAX, "machine:%.*s", (int)(len - 8 - tail), part + 8);
	unescape(text);
	return true;
}

static bool name_unit(const char *part, char *text)
{
	static const char *const suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};
	const char *dot = strrchr(part, '.');

	for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strcmp(dot, suffixes[i])) {
			snprintf(text, CGROUP_NAME_MAX, "%.*s", CGROUP_NAME_MAX - 1, part);
			return true;
		}
	return false;
}

/* A container is named rather than what runs in it; of units within units, the innermost. */
const char *cgroup_name(const char *path, char text[CGROUP_NAME_MAX])
{
	char part[PART_MAX] = "", parent[PART_MAX];
	size_t len = strlen(path);
	bool found = false;

	for (const char *at = path; *at;) {
		size_t size = strcspn(at, "/");

		memcpy(parent, part, sizeof(parent));
		snprintf(part, sizeof(part), "%.*s", (int)size, at);
		if (name_container(part, parent, text) || name_machine(part, text))
			return text;
		found |= name_unit(part, text);
		at += size + (at[size] == '/');
	}
	if (!found)
		snprintf(text, CGROUP_NAME_MAX, "%s%s", len < CGROUP_NAME_MAX ? "" : "...",
			 len < CGROUP_NAME_MAX ? path : path + len - CGROUP_NAME_MAX + 4);
	return text;
}
