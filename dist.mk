# dist.mk: what is delivered beside the program: the systemd unit, the Debian package. Included by the Makefile.
#
# `make deb` leaves tcpdwell_VERSION-1_ARCH.deb in build/deb. It assembles there what a source package unpacks to, with
# dist/debian as debian/, and runs dpkg-buildpackage in it.

# Beyond what the build needs: who only wants to trace installs none of it.
DEB_PACKAGES   := debhelper dpkg-dev lintian
DEB_SENTINELS  := /usr/bin/dh /usr/bin/dpkg-buildpackage /usr/bin/lintian
TEST_PACKAGES  := systemd crun prometheus python3 python3-yaml python3-jsonschema curl chromium tmux \
	iputils-ping nftables
TEST_SENTINELS := /usr/bin/systemd-analyze /lib/systemd/systemd /usr/bin/crun /usr/bin/prometheus /usr/bin/promtool \
	/usr/bin/python3 /usr/lib/python3/dist-packages/yaml \
	/usr/lib/python3/dist-packages/jsonschema /usr/bin/curl /usr/bin/chromium /usr/bin/tmux \
	/bin/ping /usr/sbin/nft
FUZZ_PACKAGES  := libclang-rt-dev
FUZZ_SENTINELS := $(firstword $(wildcard /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a) no-fuzzer)

.PHONY: deb deps-deb deps-tests install-dist uninstall-dist

deps-deb: deps-build
	@tests/packages.sh 'to make a package' $(DEB_PACKAGES) -- $(DEB_SENTINELS)

deps-tests: deps-build
	@tests/packages.sh 'for tests only' $(DEB_PACKAGES) $(TEST_PACKAGES) $(FUZZ_PACKAGES) -- \
		$(DEB_SENTINELS) $(TEST_SENTINELS) $(FUZZ_SENTINELS) || \
		echo "going on: tests that need them are skipped"

DEB      := build/deb
DEB_TREE := $(DEB)/tcpdwell-$(VERSION)
DEB_WHAT := $(wildcard bpf user vmlinux man completions docs dist tests Makefile *.mk *.md LICENSE)

deb: deps-deb
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
