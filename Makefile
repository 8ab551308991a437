# Makefile - lists and rules; config.mk has the knobs.
include config.mk
.DEFAULT_GOAL = all
MAKEFLAGS += --no-print-directory $(JOBS_$(MAKELEVEL))
JOBS_0 := -j$(shell nproc 2>/dev/null || echo 1)

APPLETS = main cli dsn inject log module queue sendmail smtpd \
	$(SEND:%=send/%) $(CHECK:%=check/%) $(MAILQ:%=mailq/%)
MAILQ = list mailq verbs
CHECK = check files follow health probe
SEND = disk sender turns routes secrets journal reports dispatch judge deliver run loop events send

# lib/ in layers: each includes only what stands before it.
LAYERS = base conf mail queue net smtp send
LIB_base = base64 buf chr clock date err json mem opt str words $(LIBC)
LIB_conf = conf hostname path user
LIB_mail = addr addresses aliases content dsn envelope header identity pattern phrase wire
LIB_queue = census copy enqueue failed names owner progress rules settle spool spoolinit status store trigger \
	verbs
LIB_net = io net $(SANDBOX)
LIB_smtp = answer choose command connection fault login mistake options outgoing protocol qmqp \
	remote reply sasl secret session smtp transaction
LIB_send = agent bounce child delivery external history logger messages passcommand settings worker
LIBC = fork mbstowcs memmem printf qsort strstr strtoul synccall
SANDBOX = sandbox
TLS_none = ssl/nodigest.o ssl/none.o
TLS_bear = ssl/alert.o ssl/anchor.o ssl/bear.o ssl/bundle.o ssl/bytes.o \
	ssl/cert.o ssl/crl.o ssl/der.o ssl/digest.o ssl/dn.o ssl/ec.o \
	ssl/ed25519.o ssl/extension.o ssl/hello.o ssl/hs.o ssl/hs12.o \
	ssl/hs13.o ssl/kex.o ssl/key.o ssl/limits.o $(MLKEM_$(MLKEM)) \
	ssl/name.o ssl/path.o ssl/pem.o ssl/pss.o ssl/pubkey.o ssl/queue.o \
	ssl/record.o ssl/schedule.o ssl/scheme.o ssl/seed.o ssl/sig.o \
	ssl/skey.o ssl/suite.o ssl/verify.o ssl/why.o
LIB = $(foreach l,$(LAYERS),$(LIB_$l:%=lib/$l/%.o))
OBJS = $(addprefix $(OBJ)/,$(APPLETS:%=applets/%.o) $(LIB) $(TLS_$(SSL)))

# The commands of a build, as COMMAND=PACKAGE where the names differ.
NEED_cc = cc=gcc
NEED_musl-gcc = gcc musl-gcc=musl-tools
NEED_bear = patch $(if $(BEARSSL_SRC),,xz=xz-utils)
NEED = $(or $(NEED_$(CC)),$(firstword $(CC))) $(NEED_$(SSL))
NEED_TESTS = sed -n 's/^\# needs: //p'

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings $(WERROR)
DEFS = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DBUILD_DATE=$(BUILD_DATE) \
	-DBIN_DIR='"$(BIN)"' -DSBIN_DIR='"$(SBIN)"' \
	-DMODULES_DIR='"$(MODULES)"' -DCONFIG_DIR='"$(CONFIG)"' \
	-DSPOOL_DIR='"$(SPOOL)"' -DCA_FILES='"$(CA_FILES)"' \
	-DMUSL_NOTE='"$(if $(MUSL_OLD), (DNS by UDP only))"' \
	-DDEBIAN_RULES=$(RULES_$(LAYOUT)) -DMUSL_VERSION='"$(MUSL_VERSION)"'
LEAN = $(PIE) -ffunction-sections -fdata-sections -fno-ident \
	-fno-asynchronous-unwind-tables -fno-unwind-tables \
	-ffile-prefix-map='$(CURDIR)'=.
STATIC = $(PLACE) -Wl,--gc-sections -Wl,--build-id=none \
	-Wl,-z,noseparate-code -Wl,--sort-section=alignment

# SAN=1: the same programs with the build machine's compiler and sanitizers, for
# which gcc 12 takes a wiped struct for its first member and warns.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
ifeq ($(SAN),1)
CC = $(HOSTCC)
CFLAGS = -O1 -g -fno-omit-frame-pointer -Wno-stringop-overflow $(SANITIZE)
override OBJ := $(OBJ)/san
override BINARY := $(OBJ)/nullmailer
STATIC = -no-pie $(SANITIZE)
STRIP =
LIBC =
SANDBOX = nosandbox
override MUSL := system
BEARSSL_CFLAGS = $(SANITIZE) -DBR_LE_UNALIGNED=0
endif

LIBS = $(LIBS_$(SSL)) $(LIBC_A)
include libc/musl.mk
include ssl/tls.mk

# V=1 shows the commands.
Q = $(if $(V),,@)
COMPILE = $(CC) -std=c99 -MMD -MP $(WARN) $(LEAN) $(CFLAGS) $(DEFS) \
	$(INCLUDES) $(CPPFLAGS)
LINK = $(CC) $(STATIC) $(LDFLAGS)

all: $(BINARY) ## the binary

$(BINARY): $(OBJS) $(LIBS)
	@echo LINK $@$(MUSL_OLD:%=, with musl %: long answers of DNS are not read)
	$Q$(LINK) $(STRIP) -o $@ $(OBJS) $(LIBS)

$(OBJ)/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	@echo CC $<
	$Q$(COMPILE) -c -o $@ $<

FLAGS = $(addprefix $(OBJ)/,flags bearssl.flags bundle.flags musl.flags)
$(FLAGS): $(OBJ)/tools
$(OBJ)/tools: COMMAND = $(NEED)
# A stamp holds a command; a different command builds everything again.
$(OBJ)/flags: COMMAND = $(COMPILE) $(LINK) $(STRIP) $(SSL)
$(OBJ)/bearssl.flags: COMMAND = $(CC) $(BEARSSL_FLAGS) $(BEARSSL_CFLAGS) \
	$(BEARSSL_SRC)
$(OBJ)/bundle.flags: COMMAND = $(BUNDLE)
$(OBJ)/musl.flags: COMMAND = $(CC) $(MUSL_CFLAGS) $(MUSL_SRC)
$(FLAGS) $(OBJ)/tools: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$COMMAND" | cmp -s - $@ || { \
	    sh tests/need.sh $(NEED) && printf '%s\n' "$$COMMAND" >$@; }
export COMMAND

# Left out without TLS: the tests named after its modules, and ssl*.
WITHOUT_none = tests/ssl% tests/tls.sh tests/interop/tls.sh \
	tests/interop/profiles.sh tests/bearssl.sh tests/roots.sh \
	tests/vectors.sh $(TLS_bear:ssl/%.o=tests/unit/ssl/%.c)
WITHOUT_mlkem_0 = tests/unit/ssl/mlkem.c tests/unit/ssl/sha3.c
WITHOUT = $(WITHOUT_$(SSL)) $(WITHOUT_mlkem_$(MLKEM)) \
	$(SAN:1=tests/sandbox.sh tests/unit/net/sandbox.c)
tests = $(filter-out $(WITHOUT),$(sort $(wildcard $1)))
UNIT = $(patsubst %.c,$(OBJ)/%,$(call tests,tests/unit/*/*.c))
TOOLS = $(patsubst %.c,$(OBJ)/%,$(call tests,tests/*.c))
LINT_ = tests/binary.sh tests/divide.sh tests/install.sh tests/structure.sh \
	tests/man.sh tests/shell.sh tests/ssl_taint.sh
TESTS = $(filter-out $(LINT_) tests/lib.sh tests/need.sh tests/demo.sh \
	tests/repro.sh tests/measure.sh,$(call tests,tests/*.sh))
absolute = $(if $(filter /%,$1),,$(CURDIR)/)$1
export NM = $(call absolute,$(BINARY))
export PEER = $(call absolute,$(OBJ)/tests/peer)

# From an archive each test gets only the modules that it uses.
$(OBJ)/all.a: $(filter-out $(OBJ)/applets/main.o,$(OBJS))
	@rm -f $@
	@$(AR) qcs $@ $^

$(OBJ)/tests/%: tests/%.c $(OBJ)/all.a $(LIBS)
	@mkdir -p $(@D)
	@echo CC $<
	$Q$(COMPILE) -MF $@.d -MT $@ -isystem $(BEARSSL)/inc $(STATIC) -o $@ \
	    $< $(OBJ)/all.a $(LIBS)

# The headers of each object, written by the compiler (-MMD).
-include $(OBJS:.o=.d) $(UNIT:=.d) $(TOOLS:=.d)

check: $(BINARY) $(UNIT) $(TOOLS) ## unit, applet and dialogue tests
	@sh tests/need.sh $$($(NEED_TESTS) $(TESTS) $(LINT_$(SAN)))
	@TEST_JOBS=$$(nproc) tests/run $(UNIT) $(TESTS) $(LINT_$(SAN))

units: $(UNIT) ## unit tests alone: no network, no rights, seconds
	@TEST_JOBS=$$(nproc) tests/run $(UNIT)

demo: $(BINARY) $(OBJ)/tests/peer ## a message from sendmail to a server
	@sh tests/demo.sh

repro: $(BINARY) ## build again elsewhere and compare every byte
	+@sh tests/repro.sh

# The variables that install.sh takes.
PLACES = DESTDIR BINARY BIN SBIN MODULES MAN CONFIG SPOOL OWNER LAYOUT
INSTALL = $(foreach v,$(PLACES),$v='$($v)') sh applets/install.sh

install: $(BINARY) ## binary, links, pages, spool (DESTDIR, PREFIX, LAYOUT)
	@$(INSTALL) install

uninstall: ## what install put there, but not mail and configuration
	@$(INSTALL) uninstall

include initscripts/rules.mk tests/rules.mk

clean: ## remove what was built
	rm -rf $(OBJ) $(BINARY)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

show-%:
	@echo '$($*)'

.PHONY: all check units demo repro install uninstall clean help force
