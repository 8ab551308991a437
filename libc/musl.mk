# musl.mk - the C library: musl, built from its sources with the flags of this
# program, which makes the binary 12 KB smaller than Debian's; part of the
# Makefile. It is put into OBJ/musl, with its headers.

MUSL_FILE = musl_1.2.5.orig.tar.gz
MUSL_SUM = a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4

# A compiler of its own libc is asked for it; else its own headers and the
# library of its arithmetic are all we take from it.
ifneq ($(MUSL),system)
MUSL_DIR = $(or $(MUSL),$(OBJ)/musl)
MUSL_A = $(MUSL_DIR)/lib/libc.a
MUSL_H = $(MUSL_DIR)/include/stdio.h
INCLUDES = $(eval INCLUDES := -nostdinc -isystem $(MUSL_DIR)/include \
	-isystem $(shell $(CC) -print-file-name=include))$(INCLUDES)
START_1 = r
LIBC_A = $(MUSL_DIR)/lib/$(START_$(HARDEN))crt1.o $(MUSL_A) \
	$(MUSL_DIR)/lib/libgcc.a $(MUSL_A)
STATIC += -nostdlib -nostartfiles
BEARSSL_CFLAGS += $(INCLUDES)
$(OBJ)/flags: | $(MUSL_H)
endif

# Its resolver knows UDP only, and so cannot read a long answer.
MUSL_OLD = $(filter 1.0.% 1.1.% 1.2.0 1.2.1 1.2.2 1.2.3,$(MUSL_VERSION))

# What another build is given: as MUSL, one with the same flags; as MUSL_SRC.
MUSL_MADE = $(if $(MUSL_DIR),$(call absolute,$(MUSL_DIR)),$(MUSL))
MUSL_TREE = $(or $(MUSL_SRC),$(OBJ)/musl-src)
MUSL_FOUND = $(if $(MUSL),$(MUSL_SRC),$(call absolute,$(MUSL_TREE)))

ifneq ($(MUSL),)
MUSL_VERSION = $(eval MUSL_VERSION := $(shell sh libc/version.sh '$(CC)' $(AR) \
	$(MUSL_DIR)))$(MUSL_VERSION)
else
MUSL_VERSION := $(if $(MUSL_SRC),$(shell cat $(MUSL_SRC)/VERSION),$(subst \
	.orig.tar.gz,,$(MUSL_FILE:musl_%=%)))
MUSL_CFLAGS = $(OZ) $(PIE_$(HARDEN)) -ffunction-sections -fdata-sections \
	-fno-ident -w

# No program here needs these: wide characters, mathematics, C11's threads.
MUSL_LEAVES = $(patsubst %,obj/src/%,aio/% complex/% crypt/% ipc/% mq/% \
	regex/% search/% locale/iconv% ctype/isw% ctype/tow% string/wc% \
	string/wmem% stdlib/wcs% multibyte/mbsn% multibyte/wcsn% \
	stdio/%wprintf.o stdio/%wscanf.o thread/cnd_% thread/mtx_% \
	thread/thrd_% thread/tss_% thread/pthread_barrier% \
	thread/pthread_mutexattr% thread/pthread_rwlockattr%)
MUSL_MATH = $(patsubst %,\%/%.o,__fpclassify __fpclassifyl __signbit \
	__signbitl copysign copysignl fabs fabsl fmod fmodl frexp frexpl \
	scalbln scalblnl scalbn scalbnl)
# In the words of musl's own Makefile.
MUSL_MEMBERS = $$(filter-out $(MUSL_LEAVES),$$(filter-out \
	obj/src/math/%,$$(LIBC_OBJS)) $$(filter $(MUSL_MATH),$$(LIBC_OBJS)))

MUSL_MAKE = $(MAKE) -s -C $(OBJ)/musl-build AR=$(AR) RANLIB=:

$(MUSL_H): libc/get-musl.sh libc/prepare.sh $(OBJ)/musl.flags
	$(if $(MUSL_SRC),,$Qsh libc/get-musl.sh $(MUSL_TREE) $(MUSL_FILE) \
	    $(MUSL_SUM))
	@echo MUSL $(MUSL_VERSION)
	$QCC='$(CC)' CFLAGS='$(MUSL_CFLAGS)' sh libc/prepare.sh \
	    '$(call absolute,$(MUSL_TREE))' $(OBJ)/musl-build $(MUSL_DIR)
	@touch $@

$(MUSL_A): $(MUSL_H) libc/musl.mk
	+$Q$(MUSL_MAKE) AOBJS='$(MUSL_MEMBERS)' lib/libc.a lib/crt1.o lib/rcrt1.o
	$Qcp $(OBJ)/musl-build/lib/*crt1.o $(OBJ)/musl-build/lib/libc.a \
	    $$($(CC) -print-libgcc-file-name) $(MUSL_DIR)/lib
	$Qtest -f $(MUSL_DIR)/lib/libgcc.a
$(addprefix $(MUSL_DIR)/lib/,crt1.o rcrt1.o libgcc.a): $(MUSL_A)
endif
