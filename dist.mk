# dist.mk: what is delivered beside the program: the systemd unit, the Debian package. Included by the Makefile.
#
# `make deb` leaves tcpdwell_VERSION-1_ARCH.deb in build/deb. It assembles there what a source package unpacks to, with
# dist/debian as debian/, and runs dpkg-buildpackage in it.

# Beyond what the build needs, for `make deb` and `make check` alone: who only wants to trace installs none of it.
DIST_PACKAGES  := debhelper dpkg-dev lintian systemd crun prometheus python3 python3-yaml python3-jsonschema curl bsdutils chromium tmux
DIST_SENTINELS := /usr/bin/script /usr/bin/tmux /usr/bin/chromium /usr/bin/python3 /usr/bin/dh /usr/bin/dpkg-buildpackage /usr/bin/lintian /lib/systemd/systemd /usr/bin/systemd-analyze \
	/usr/bin/crun /usr/bin/prometheus /usr/bin/promtool /usr/lib/python3/dist-packages/yaml /usr/lib/python3/dist-packages/jsonschema /usr/bin/curl

.PHONY: deb deps-dist install-dist uninstall-dist

check check-unit check-live: deps-dist

deps-dist: deps
	@for file in $(DIST_SENTINELS); do [ -e $$file ] || missing="$$missing $$file"; done; \
	if [ -n "$$missing" ]; then \
		echo "installing packages, missing:$$missing"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DIST_PACKAGES) >/dev/null; \
	fi

DEB      := build/deb
DEB_TREE := $(DEB)/tcpdwell-$(VERSION)
DEB_WHAT := $(wildcard bpf user vmlinux man completions docs dist tests Makefile *.mk *.md LICENSE)

deb: deps-dist
	rm -rf $(DEB)
	mkdir -p $(DEB_TREE)
	cp -a $(DEB_WHAT) $(DEB_TREE)
	cp -a dist/debian $(DEB_TREE)/debian
	cd $(DEB_TREE) && dpkg-buildpackage -us -uc -b
	lintian --fail-on error,warning $(DEB)/tcpdwell_$(VERSION)-1_*.changes
	@echo $(DEB)/tcpdwell_$(VERSION)-1_*.deb

UNITS ?= $(PREFIX)/lib/systemd/system
UNIT   = $(DESTDIR)$(UNITS)/tcpdwell.service

install: install-dist
uninstall: uninstall-dist

install-dist:
	install -d $(DESTDIR)$(UNITS)
	sed 's|/usr/sbin/|$(PREFIX)/sbin/|' dist/tcpdwell.service >$(UNIT)
	chmod 644 $(UNIT)

uninstall-dist:
	rm -f $(UNIT)
