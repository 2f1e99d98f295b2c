# static.mk: one file to copy onto any host. Included by the Makefile.
#
# `make static` and `make static ARCH=arm64` leave tcpdwell, with libbpf, libelf, zlib, jansson, libcap, ncurses and
# libmicrohttpd inside, in build/static/ARCH/, and beside it the helpers that the tests in virtual machines need. Another
# architecture's libraries come from Debian's packages, unpacked into build/sysroot-ARCH, and libmicrohttpd from Debian's
# source package; the system's own packages stay as they are.

ARCH   ?= x86_64
STATIC := build/static/$(ARCH)

STATIC_PACKAGES  := file dpkg-dev
STATIC_SENTINELS := /usr/bin/file /usr/bin/dpkg-source

ifeq ($(ARCH),x86_64)
STATIC_CC      := $(CC)
STATIC_STRIP   := strip
STATIC_TARGET  := x86
STATIC_SYSROOT :=
STATIC_PKGCONF := pkg-config
else ifeq ($(ARCH),arm64)
STATIC_CC      := aarch64-linux-gnu-gcc
STATIC_STRIP   := aarch64-linux-gnu-strip
STATIC_TARGET  := arm64
STATIC_TRIPLET := aarch64-linux-gnu
STATIC_SYSROOT := build/sysroot-$(ARCH)
STATIC_PKGCONF := PKG_CONFIG_LIBDIR=$(STATIC_SYSROOT)/usr/lib/$(STATIC_TRIPLET)/pkgconfig pkg-config
STATIC_PACKAGES  += gcc-aarch64-linux-gnu libc6-dev-arm64-cross
STATIC_SENTINELS += /usr/bin/aarch64-linux-gnu-gcc /usr/aarch64-linux-gnu/lib/libc.a
# Behind the cross compiler's own, which are the C library's.
STATIC_PATHS   := -idirafter $(STATIC_SYSROOT)/usr/include -idirafter $(STATIC_SYSROOT)/usr/include/$(STATIC_TRIPLET)
STATIC_LDFLAGS := -L$(STATIC_SYSROOT)/usr/lib/$(STATIC_TRIPLET)
else
STATIC_CC = $(error ARCH is x86_64 or arm64, not '$(ARCH)')
endif

# What `make check-vm` needs beyond all that.
VM_PACKAGES  := qemu-system-x86 qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio xz-utils zstd lz4 file
VM_SENTINELS := /usr/bin/qemu-system-x86_64 /usr/bin/qemu-system-aarch64 /usr/bin/aarch64-linux-gnu-gcc \
	/usr/aarch64-linux-gnu/lib/libc.a /usr/bin/cpio /usr/bin/xz /usr/bin/zstd /usr/bin/lz4 /usr/bin/file

# And 6.12-bare, which is built (own.sh).
KERNEL_PACKAGES  := flex bison bc dwarves libelf-dev libssl-dev
KERNEL_SENTINELS := /usr/bin/flex /usr/bin/bison /usr/bin/bc /usr/bin/pahole /usr/include/gelf.h /usr/include/openssl/ssl.h

SYSROOT_PACKAGES := libbpf-dev libelf-dev zlib1g-dev libzstd-dev libjansson-dev libcap-dev uthash-dev libncurses-dev

# One file that is copied about: without functions that nobody calls, and without tables for C++ exceptions.
STATIC_SMALL  := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -Wl,--gc-sections
STATIC_CFLAGS = -isystem $(STATIC) $(STATIC_SMALL) $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS)) $(STATIC_PATHS)
STATIC_LIBS   = $$($(STATIC_PKGCONF) --static --libs libbpf libelf zlib jansson libcap ncursesw) -lm
STATIC_O     := $(USER_C:user/%.c=$(STATIC)/user/%.o)
STATIC_BINS  := $(addprefix $(STATIC)/,tcpdwell traffic verify verifier)

.PHONY: static static-all deps-static deps-vm deps-kernel check-vm

static: deps-build deps-static
	$(call build,static-all ARCH=$(ARCH))
	@tests/vm/is-static.sh $(STATIC_BINS)

static-all: $(STATIC_BINS)

check-vm: deps-build deps-vm
	@tests/vm/matrix.sh

deps-static:
	@tests/packages.sh 'to link statically' $(STATIC_PACKAGES) -- $(STATIC_SENTINELS)

deps-vm:
	@tests/packages.sh 'for tests in virtual machines' $(VM_PACKAGES) -- $(VM_SENTINELS)

deps-kernel:
	@tests/packages.sh 'to build a kernel' $(KERNEL_PACKAGES) -- $(KERNEL_SENTINELS)

$(STATIC)/user:
	mkdir -p $@

$(STATIC_SYSROOT)/.complete: static.mk
	tests/vm/sysroot.sh $(STATIC_SYSROOT) $(ARCH) $(SYSROOT_PACKAGES)
	touch $@

$(STATIC)/tcpdwell.bpf.o: bpf/tcpdwell.bpf.c $(wildcard bpf/*) vmlinux/vmlinux.h | $(STATIC)/user
	$(CLANG) $(filter-out -D__TARGET_ARCH_%,$(BPF_CFLAGS)) -D__TARGET_ARCH_$(STATIC_TARGET) -c $< -o $@.tmp
	llvm-strip -g $@.tmp
	mv $@.tmp $@

$(STATIC)/tcpdwell.skel.h: $(STATIC)/tcpdwell.bpf.o
	(echo '/* NOLINTBEGIN */'; $(BPFTOOL) gen skeleton $< name tcpdwell_bpf; echo '/* NOLINTEND */') >$@.tmp
	mv $@.tmp $@

STATIC_NEEDS := $(if $(STATIC_SYSROOT),$(STATIC_SYSROOT)/.complete)

$(STATIC)/user/%.o: user/%.c $(STATIC)/tcpdwell.skel.h $(STATIC_NEEDS)
	@mkdir -p $(@D)
	$(STATIC_CC) $(STATIC_CFLAGS) -MMD -MP -c $< -o $@

$(STATIC)/user/commands/report.o: $(BUILD)/report_page.h

$(STATIC)/libmicrohttpd.a: tests/vm/libmicrohttpd.sh
	$< $(@D) $(STATIC_TRIPLET)

# Its header comes with it.
$(STATIC)/user/serve/http.o: $(STATIC)/libmicrohttpd.a

$(STATIC)/tcpdwell: $(STATIC_O) $(STATIC)/libmicrohttpd.a
	$(STATIC_CC) $(STATIC_CFLAGS) -static $(LDFLAGS) $(STATIC_LDFLAGS) $^ $(STATIC_LIBS) -lpthread -o $@.tmp
	$(STATIC_STRIP) $@.tmp
	mv $@.tmp $@

$(STATIC)/traffic: $(wildcard tests/live/traffic*.[ch] tests/live/rawtcp.[ch]) | $(STATIC)/user
	$(STATIC_CC) $(STATIC_CFLAGS) -static $(filter %.c,$^) -lpthread -o $@

$(STATIC)/verify: tests/live/verify.c $(STATIC_NEEDS) | $(STATIC)/user
	$(STATIC_CC) $(STATIC_CFLAGS) -static $(STATIC_LDFLAGS) $< -ljansson -o $@

$(STATIC)/verifier: tests/vm/verifier.c bpf/config.h bpf/match.h bpf/wire.h $(STATIC_NEEDS) | $(STATIC)/user
	$(STATIC_CC) $(STATIC_CFLAGS) -static $(STATIC_LDFLAGS) $(filter %.c,$^) $(STATIC_LIBS) -o $@

-include $(STATIC_O:.o=.d)
