# Makefile - lists and rules; config.mk has the knobs.
include config.mk

APPLETS = applets/main.o applets/cli.o applets/inject.o applets/mailq.o \
	applets/queue.o applets/send.o applets/sendmail.o applets/smtp.o \
	applets/smtpd.o
LIB = lib/buf.o lib/chr.o lib/conf.o lib/date.o lib/err.o lib/mem.o \
	lib/opt.o lib/path.o lib/str.o
TLS_none = ssl/none.o
TLS_bear = ssl/none.o
OBJS = $(APPLETS:%=$(OBJ)/%) $(LIB:%=$(OBJ)/%) $(TLS_$(SSL):%=$(OBJ)/%)
HDR = $(wildcard applets/*.h lib/*.h ssl/*.h)

RULES_debian = 1
RULES_upstream = 0
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings -Werror
DEFS = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DBUILD_DATE=$(BUILD_DATE) \
	-DBIN_DIR='"$(BIN)"' -DSBIN_DIR='"$(SBIN)"' \
	-DMODULES_DIR='"$(MODULES)"' -DCONFIG_DIR='"$(CONFIG)"' \
	-DSPOOL_DIR='"$(SPOOL)"' -DDEBIAN_RULES=$(RULES_$(LAYOUT))
LEAN = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-unwind-tables -fno-ident -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS = -std=c99 $(WARN) $(LEAN) $(CFLAGS) $(DEFS)
LINK = -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
	-Wl,-z,noseparate-code -s

nullmailer: $(OBJS)
	$(CC) $(LINK) $(LDFLAGS) -o $@ $(OBJS) $(LIBS)

$(OBJ)/%.o: %.c $(HDR) config.mk Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

UNIT = $(patsubst tests/unit/%.c,$(OBJ)/tests/unit/%,$(wildcard tests/unit/*.c))
TOOLS = $(OBJ)/tests/peer

$(OBJ)/tests/unit/%: tests/unit/%.c $(OBJS) $(HDR) tests/unit/t.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -static -o $@ $< \
	    $(filter-out $(OBJ)/applets/main.o,$(OBJS)) $(LIBS)

$(OBJ)/tests/%: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -static -o $@ $<

check: nullmailer $(UNIT) $(TOOLS) ## unit, applet and dialogue tests
	tests/run $(UNIT) $(sort $(wildcard tests/*.sh))

clean: ## remove what was built
	rm -rf $(OBJ) nullmailer

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

.PHONY: check clean help
