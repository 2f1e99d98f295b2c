# tcpdwell: build, check, install. `make help` lists the targets.

VERSION := 0.1.0
DESTDIR ?=
PREFIX  ?= /usr/local
BUILD   := build$(if $(SAN),-san)$(if $(FUZZ),-fuzz)

CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
ARGS    ?=

# What the build, lint and check-quick need beyond a base Debian, as Debian names it; files that tell that it is there.
# What only other tests need is in dist.mk.
PACKAGES := gcc clang llvm libc6-dev libbpf-dev libelf-dev zlib1g-dev libjansson-dev libcap-dev \
	libmicrohttpd-dev libncurses-dev uthash-dev bpftool pkg-config iproute2 netbase jq mandoc util-linux procps \
	clang-format clang-tidy cppcheck shellcheck binutils bsdutils
SENTINELS := /usr/bin/gcc /usr/bin/clang /usr/bin/llvm-strip /usr/include/bpf/libbpf.h /usr/include/gelf.h \
	/usr/include/zlib.h /usr/include/jansson.h /usr/include/microhttpd.h /usr/include/curses.h /usr/include/sys/capability.h /usr/include/uthash.h \
	/usr/sbin/bpftool /usr/bin/jq /usr/bin/mandoc /usr/bin/shellcheck /usr/bin/cppcheck /usr/bin/clang-tidy \
	/usr/bin/clang-format /sbin/ip /etc/services /sbin/sysctl /usr/bin/pkg-config /usr/bin/setpriv /usr/bin/readelf /usr/bin/script

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wpointer-arith -Wwrite-strings -Wundef -Werror
SANITIZE := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
CFLAGS   ?= -O2 -g

# FUZZ=1: by clang, which alone has the fuzzer. gcc and lint warn.
ifdef FUZZ
CC       := $(CLANG)
WARNINGS := -w
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) $(SANITIZE) -DTCPDWELL_VERSION='"$(VERSION)"' \
	-iquote bpf -iquote user -isystem $(BUILD)
LIBS     := -lbpf -lelf -lz -ljansson -lcap -lmicrohttpd -lncursesw -ltinfo -lm

# CO-RE needs no kernel headers; the uapi headers that libbpf's own include are the host's.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
# Whose registers kprobes read. On another machine the object has none of them: features says so.
MACHINE    := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
BPF_TARGET_x86_64  := x86
BPF_TARGET_aarch64 := arm64
BPF_TARGET := $(or $(BPF_TARGET_$(MACHINE)),other)
BPF_CFLAGS := -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_TARGET) -Ivmlinux -Ibpf \
	$(addprefix -I/usr/include/,$(MULTIARCH))

USER_C  := $(wildcard user/*.c user/*/*.c)
USER_O  := $(USER_C:user/%.c=$(BUILD)/user/%.o)
LIB_O   := $(filter-out $(BUILD)/user/main.o,$(USER_O))
UNIT_C  := $(wildcard tests/unit/*.c)
FUZZ_C  := $(wildcard tests/fuzz/*.c)
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter tests/fuzz/fuzz_%,$(FUZZ_C)))
HELPERS := $(BUILD)/traffic $(BUILD)/verify $(BUILD)/trouble $(BUILD)/mixed $(BUILD)/scraper $(BUILD)/sweeps
SOURCES := $(wildcard bpf/*.[ch] user/*.[ch] user/*/*.[ch] vmlinux/*.h tests/*/*.[ch])

.DEFAULT_GOAL := all
.PHONY: all help deps deps-build deps-bench run demo check check-quick check-live fuzz chaos lint format completions bench field-load soak kills days install uninstall clean

all: $(BUILD)/tcpdwell

help:
	@echo "Build and run"
	@echo "  make                  build build/tcpdwell"
	@echo "  make run [ARGS=...]   install what the build needs, build, run tcpdwell ARGS (as root)"
	@echo "  make demo             show tcpdwell at work on a small load of its own, for 15 seconds (as root)"
	@echo "  make static           build one static file for any host; ARCH=arm64 for another architecture"
	@echo "  make install          DESTDIR=, PREFIX=; make uninstall removes it"
	@echo "  make deb              build a Debian package in build/deb"
	@echo "  make clean            remove what was built"
	@echo "Test"
	@echo "  make check-quick      unit, golden and command line tests: under a minute, no root"
	@echo "  make check            all tests on this kernel, about 15 minutes (as root); V=1 shows every result"
	@echo "  make check SAN=1      the same under ASan and UBSan; also with check-quick and check-live"
	@echo "  make check-live       only the tests with real traffic (as root)"
	@echo "  make check-vm         the live tests on other kernels, in virtual machines"
	@echo "  make fuzz             look for input that breaks a parser or an output: TIME=60 seconds for each of the"
	@echo "                        $(words $(FUZZERS)) targets, as many side by side as there are CPUs"
	@echo "  make chaos            100,000 random lives of connections, all that is said of them judged (as root), about"
	@echo "                        50 minutes; LIVES=5000 for each seed, SEEDS=\"1 2\""
	@echo "  make lint             formatting, static analysis, shell scripts, man page"
	@echo "  make bench            measure what tracing costs (as root); SHORT=1 takes about 3 minutes"
	@echo "  make soak             churn of which 1 % of the records are lost: the model heals (as root); MINUTES=60"
	@echo "  make kills            1,000 recordings and 1,000 guards killed at random moments, 200 disks that fill, under"
	@echo "                        traffic (as root), about an hour and a half; KILLS=, DISKS="
	@echo "  make days             ten days of connections in half a minute, from a synthetic recording"
	@echo "  make field-load       real services under load: no false finding (as root); MINUTES=30"
	@echo "Maintain"
	@echo "  make deps             install everything that the build and the tests need"
	@echo "  make deps-bench       install the other tracers that 'make bench' compares with"
	@echo "  make format           run clang-format on the sources"
	@echo "  make completions      write completions/tcpdwell.bash from the option table"

# Everything; what only tests need is installed as far as it can be had.
deps: deps-build deps-tests

deps-build:
	@tests/packages.sh 'needed to build' $(PACKAGES) -- $(SENTINELS)

# $(call build,TARGETS): by another make, since this one has looked for headers before they were installed. With as many
# jobs as there are CPUs, unless the user has said how many.
define build
@+$(MAKE) --no-print-directory -sq $(1) 2>/dev/null || echo "building in $(BUILD)" >&2
@+$(MAKE) --no-print-directory -s $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) $(1)
endef

run: deps-build
	$(call build,all)
	@$(BUILD)/tcpdwell $(ARGS)

demo: deps-build
	$(call build,all $(HELPERS))
	@tests/demo.sh $(BUILD)

check check-live: deps
	$(call build,all $(HELPERS) units)
	@tests/run.sh $(BUILD) $(@:check-%=%)

check-quick: deps-build
	$(call build,all units)
	@tests/run.sh $(BUILD) quick

# Seconds for each target. What it finds stays in build-fuzz/corpus, for the next run to begin with.
TIME ?= 60
fuzz: deps-build
	@tests/packages.sh 'for the fuzzer' $(FUZZ_PACKAGES) -- $(FUZZ_SENTINELS)
	$(call build,FUZZ=1 fuzzers)
	@tests/fuzz/run.sh build-fuzz $(TIME)

# Plans are by their seed: `make chaos SEEDS=7` plays one again.
SEEDS ?= $(shell seq 101 120)
LIVES ?= 5000
chaos: deps
	$(call build,all $(addprefix $(BUILD)/fuzz/,metrics_of frame))
	@BUILD=$(CURDIR)/$(BUILD) python3 tests/live/chaos $(SEEDS:%=--seed=%) --lives $(LIVES) --table

lint: deps-build
	$(call build,$(BUILD)/tcpdwell.skel.h $(BUILD)/report_page.h)
	@tests/lint.sh $(BUILD) $(SOURCES)

format:
	clang-format -i $(SOURCES)

# Peers to compare with; nothing else needs them, and the benchmark does without.
deps-bench:
	@tests/packages.sh 'to compare with' libbpf-tools bpftrace linux-perf -- /usr/sbin/tcpstates /usr/bin/bpftrace /usr/bin/perf

# SHORT: does it work, and roughly how much? Its numbers spread too much to be quoted.
BENCH_SIZES = $(if $(SHORT),ROUNDS=1 CHURN=5000 LONG=20000 RECORDS=1000000)
bench: deps-build
	$(call build,all $(HELPERS) $(addprefix $(BUILD)/bench/,load empty synthetic) $(BUILD)/fuzz/many)
	@cp tests/bench/states.bt $(BUILD)/bench/
	@$(BENCH_SIZES) tests/bench/bench.sh $(BUILD)
	@tests/bench/report.sh $(BUILD)
	@$(BENCH_SIZES) tests/bench/snapshot.sh $(BUILD)

# Churn for an hour, with losses.
soak: deps
	$(call build,all)
	@tests/bench/soak.sh $(BUILD) $(MINUTES)

# Recordings that end before their time; `make check` has 20 and 10.
KILLS ?= 1000
DISKS ?= 200
kills: deps
	$(call build,all $(HELPERS))
	@BUILD=$(CURDIR)/$(BUILD) KILLS=$(KILLS) DISKS=$(DISKS) tests/live/kills.sh
	@BUILD=$(CURDIR)/$(BUILD) KILLS=$(KILLS) tests/live/guard.sh

# Ten days of connections, in half a minute.
days: deps
	$(call build,all $(BUILD)/bench/synthetic)
	@tests/bench/days.sh $(BUILD)

# Real services under a mixed load, in which nothing may be found; then what is planted has to be. 30 minutes.
field-load: deps-build
	@tests/packages.sh 'for the field load' nginx-light haproxy redis-server redis-tools postgresql pgbouncer apache2-utils \
		wrk socat git rsync curl -- /usr/sbin/nginx /usr/sbin/haproxy /usr/bin/redis-server /usr/sbin/pgbouncer /usr/bin/ab \
		/usr/bin/wrk /usr/bin/socat /usr/bin/git /usr/bin/rsync /usr/bin/curl $(firstword $(wildcard /usr/lib/postgresql/*/bin/initdb) /usr/bin/initdb)
	$(call build,all)
	@tests/bench/field-load.sh $(BUILD) $(MINUTES)

# ---- kernel side ----

$(BUILD)/tcpdwell.bpf.o: bpf/tcpdwell.bpf.c $(wildcard bpf/*) vmlinux/vmlinux.h | $(BUILD)/user
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp
	llvm-strip -g $@.tmp
	mv $@.tmp $@

$(BUILD)/tcpdwell.skel.h: $(BUILD)/tcpdwell.bpf.o
	(echo '/* NOLINTBEGIN */'; $(BPFTOOL) gen skeleton $< name tcpdwell_bpf; echo '/* NOLINTEND */') >$@.tmp
	mv $@.tmp $@

# ---- user side ----

$(BUILD)/user $(BUILD)/unit $(BUILD)/fuzz:
	mkdir -p $@

$(BUILD)/user/%.o: user/%.c $(BUILD)/tcpdwell.skel.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The page of `report`: its sources as strings.
$(BUILD)/report_page.h: user/report/page/make.sh $(wildcard user/report/page/*) | $(BUILD)/user
	user/report/page/make.sh >$@.tmp
	mv $@.tmp $@

$(BUILD)/user/commands/report.o: $(BUILD)/report_page.h

$(BUILD)/tcpdwell: $(USER_O)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

-include $(USER_O:.o=.d)

# ---- tests ----

.PHONY: units
units: $(UNIT_C:tests/unit/%.c=$(BUILD)/unit/%) $(FUZZ_C:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(LIB_O) | $(BUILD)/unit
	$(CC) $(ALL_CFLAGS) -iquote tests/unit $< $(LIB_O) $(LIBS) -o $@

$(BUILD)/fuzz/%: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) $(LIB_O) | $(BUILD)/fuzz
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $< $(LIB_O) $(LIBS) -o $@

# Without FUZZ=1 a target runs the files that it is given, and no more: tests/fuzz/fuzz.h.
.PHONY: fuzzers
fuzzers: $(FUZZERS)
$(BUILD)/fuzz/fuzz_proc: LDFLAGS += -Wl,--wrap=fopen # what is read is not /proc
ifdef FUZZ
$(FUZZERS): LDFLAGS += -fsanitize=fuzzer -DFUZZ
endif

$(BUILD)/traffic: $(wildcard tests/live/traffic*.[ch] tests/live/rawtcp.[ch]) | $(BUILD)/user
	$(CC) $(ALL_CFLAGS) $(filter %.c,$^) -lpthread -o $@

$(BUILD)/verify: tests/live/verify.c | $(BUILD)/user
	$(CC) $(ALL_CFLAGS) $< -ljansson -o $@

$(BUILD)/trouble: $(wildcard tests/live/trouble*.[ch]) | $(BUILD)/user
	$(CC) $(ALL_CFLAGS) $(filter %.c,$^) -o $@

$(BUILD)/mixed: tests/live/mixed.c | $(BUILD)/user
	$(CC) $(ALL_CFLAGS) $< -o $@

$(BUILD)/scraper: tests/live/scraper.c | $(BUILD)/user
	$(CC) $(ALL_CFLAGS) $< -lpthread -o $@

$(BUILD)/sweeps: tests/live/sweeps.c $(LIB_O)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $< $(LIB_O) $(LIBS) -o $@

# ---- benchmark ----

$(BUILD)/bench:
	mkdir -p $@

$(BUILD)/bench/empty.skel.h: tests/bench/empty.bpf.c | $(BUILD)/bench
	$(CLANG) $(BPF_CFLAGS) -c $< -o $(BUILD)/bench/empty.bpf.o
	$(BPFTOOL) gen skeleton $(BUILD)/bench/empty.bpf.o name empty_bpf >$@.tmp
	mv $@.tmp $@

$(BUILD)/bench/empty: tests/bench/empty.c $(BUILD)/bench/empty.skel.h
	$(CC) $(ALL_CFLAGS) -isystem $(BUILD)/bench $< -lbpf -lelf -lz -o $@

$(BUILD)/bench/load: tests/bench/load.c | $(BUILD)/bench
	$(CC) $(ALL_CFLAGS) $< -o $@

$(BUILD)/bench/synthetic: tests/bench/synthetic.c $(LIB_O) | $(BUILD)/bench
	$(CC) $(ALL_CFLAGS) $< $(LIB_O) $(LIBS) -o $@

$(BUILD)/bench/syscalls: tests/bench/syscalls.c | $(BUILD)/bench
	$(CC) $(ALL_CFLAGS) $< -o $@

# ---- install ----

completions: all
	completions/generate.sh $(BUILD)/tcpdwell >completions/tcpdwell.bash.tmp
	mv completions/tcpdwell.bash.tmp completions/tcpdwell.bash

BASH_COMPLETION := $(PREFIX)/share/bash-completion/completions/tcpdwell

install: all
	install -D -m 755 $(BUILD)/tcpdwell $(DESTDIR)$(PREFIX)/sbin/tcpdwell
	install -D -m 644 man/tcpdwell.8 $(DESTDIR)$(PREFIX)/share/man/man8/tcpdwell.8
	install -D -m 644 completions/tcpdwell.bash $(DESTDIR)$(BASH_COMPLETION)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/tcpdwell $(DESTDIR)$(PREFIX)/share/man/man8/tcpdwell.8 $(DESTDIR)$(BASH_COMPLETION)

clean:
	rm -rf build-san build-fuzz
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name vm-cache -exec rm -rf {} +

include static.mk
include dist.mk
