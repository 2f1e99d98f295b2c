/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cgroup_name.c - paths of real hosts, and what people call them. */
#include "kernel/cgroup_name.h"

#include "test.h"

#define ID "3f4e5d6c7b8a90123f4e5d6c7b8a90123f4e5d6c7b8a90123f4e5d6c7b8a9012"

static const struct {
	const char *what, *path, *name;
} cases[] = {
	{"root", "/", "/"},
	{"service", "/system.slice/nginx.service", "nginx.service"},
	{"service-of-an-instance", "/system.slice/system-getty.slice/getty@tty1.service",
	 "getty@tty1.service"},
	{"login", "/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
	{"innermost-unit",
	 "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.service",
	 "app-firefox.service"},
	{"below-a-unit", "/system.slice/nginx.service/workers", "nginx.service"},
	{"slice-alone", "/user.slice", "/user.slice"},
	{"docker-systemd", "/system.slice/docker-" ID ".scope", "docker:3f4e5d6c7b8a"},
	{"docker-cgroupfs", "/docker/" ID, "docker:3f4e5d6c7b8a"},
	{"systemd-in-docker", "/system.slice/docker-" ID ".scope/system.slice/sshd.service",
	 "docker:3f4e5d6c7b8a"},
	{"kubernetes-containerd",
	 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab12.slice/"
	 "cri-containerd-" ID ".scope",
	 "containerd:3f4e5d6c7b8a"},
	{"kubernetes-crio", "/kubepods.slice/kubepods-podab12.slice/crio-" ID ".scope",
	 "crio:3f4e5d6c7b8a"},
	{"kubernetes-cgroupfs", "/kubepods/besteffort/pod1234/" ID, "container:3f4e5d6c7b8a"},
	{"podman", "/machine.slice/libpod-" ID ".scope/container", "podman:3f4e5d6c7b8a"},
	{"podman-of-a-user",
	 "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	 "podman:3f4e5d6c7b8a"},
	{"lxc", "/lxc.payload.web1/system.slice/nginx.service", "lxc:web1"},
	{"nspawn", "/machine.slice/machine-web\\x2done.scope/payload", "machine:web-one"},
	{"escape", "/machine.slice/machine-a\\x1b\\x5b31m\\x00\\x9b\\x20b.scope",
	 "machine:a\\x1b[31m\\x00\\x9b\\x20b"},
	{"id-too-short", "/docker/3f4e5d6c", "/docker/3f4e5d6c"},
	{"id-too-long", "/docker/" ID "0", "/docker/" ID "0"},
	{"own", "/batch/job-17", "/batch/job-17"},
	{"too-long",
	 "/a123456789/b123456789/c123456789/d123456789/e123456789/f123456789/g123456789/"
	 "h123456789/i123456789/j123456789",
	 "...9/b123456789/c123456789/d123456789/e123456789/f123456789/g123456789/"
	 "h123456789/i123456789/j123456789"},
	{"empty", "", ""},
};

int main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[CGROUP_NAME_MAX], name[64];

		snprintf(name, sizeof(name), "cgroup-name-%s", cases[i].what);
		test_begin(name);
		CHECK(strlen(cgroup_name(cases[i].path, text)) < CGROUP_NAME_MAX);
		CHECK(!strcmp(text, cases[i].name) || (printf("    %s\n", text), 0));
		test_end("%s", text);
	}
	return test_status();
}
