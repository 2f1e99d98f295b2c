# dist.mk: what is delivered beside the program: the systemd unit. Included by the Makefile.

# Beyond what the build needs, for `make check` alone: who only wants to trace installs none of it.
DIST_PACKAGES  := systemd crun prometheus python3-yaml curl
DIST_SENTINELS := /lib/systemd/systemd /usr/bin/systemd-analyze \
	/usr/bin/crun /usr/bin/prometheus /usr/bin/promtool /usr/lib/python3/dist-packages/yaml /usr/bin/curl

.PHONY: deps-dist install-dist uninstall-dist

check check-unit check-live: deps-dist

deps-dist: deps
	@for file in $(DIST_SENTINELS); do [ -e $$file ] || missing="$$missing $$file"; done; \
	if [ -n "$$missing" ]; then \
		echo "installing packages, missing:$$missing"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DIST_PACKAGES) >/dev/null; \
	fi

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
